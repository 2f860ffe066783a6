//! Maintenance and backup windows: their form, whether they overlap, when the next one opens.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use standin_kernel::{Duration, Rng, Time};

use crate::error::{Result, invalid};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MINUTES_A_DAY: u32 = 24 * 60;
const MINUTES_A_WEEK: u32 = 7 * MINUTES_A_DAY;
const LEAST_MINUTES: u32 = 30;

/// `sun:05:00-sun:05:30` in UTC (RDS-MW-01), in minutes from Monday 00:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct MaintenanceWindow {
    start: u32,
    minutes: u32,
}

/// `03:00-03:30` in UTC, every day (RDS-MW-02), in minutes from midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct BackupWindow {
    start: u32,
    minutes: u32,
}

impl MaintenanceWindow {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            invalid(format!(
                "Invalid maintenance window format: {text}. Should be specified as a range \
                 ddd:hh24:mi-ddd:hh24:mi (24H Clock UTC), at least 30 minutes long."
            ))
        };
        let lower = text.to_lowercase();
        let (from, to) = lower.split_once('-').ok_or_else(wrong)?;
        let (start, end) = (moment(from).ok_or_else(wrong)?, moment(to).ok_or_else(wrong)?);
        let minutes = (end + MINUTES_A_WEEK - start) % MINUTES_A_WEEK;
        // Most of a week is a window the wrong way round.
        if !(LEAST_MINUTES..=MINUTES_A_DAY).contains(&minutes) {
            return Err(wrong());
        }
        Ok(Self { start, minutes })
    }

    /// One of 30 minutes, somewhere in the week, that leaves `backup` alone (RDS-MW-03). Backups as
    /// long as the whole night leave no room within it; maintenance then begins as they end.
    pub(crate) fn by_chance(rng: &mut Rng, backup: &BackupWindow) -> Self {
        let day = below(rng, 7) * MINUTES_A_DAY;
        let window = Self { start: day + time_of_night(rng), minutes: LEAST_MINUTES };
        if !window.overlaps(backup) {
            return window;
        }
        let start = (day + backup.start + backup.minutes) % MINUTES_A_WEEK;
        Self { start, minutes: LEAST_MINUTES }
    }

    pub(crate) fn overlaps(&self, backup: &BackupWindow) -> bool {
        (0..7).any(|day| {
            let other = day * MINUTES_A_DAY + backup.start;
            let apart = (other + MINUTES_A_WEEK - self.start) % MINUTES_A_WEEK;
            apart < self.minutes || MINUTES_A_WEEK - apart < backup.minutes
        })
    }

    /// When it is open next: `now` when it is open already.
    pub(crate) fn next(&self, now: Time) -> Time {
        // The epoch was a Thursday.
        const EPOCH: u64 = 3 * MINUTES_A_DAY as u64 * 60;
        let week_s = u64::from(MINUTES_A_WEEK) * 60;
        let in_week_s = (now.seconds() + EPOCH) % week_s;
        let start_s = u64::from(self.start) * 60;
        let since_s = (in_week_s + week_s - start_s) % week_s;
        if since_s < u64::from(self.minutes) * 60 {
            return now;
        }
        Time::from_seconds(now.seconds()) + Duration::from_secs(week_s - since_s)
    }
}

impl BackupWindow {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            invalid(format!(
                "Invalid backup window format: {text}. Should be specified as a range \
                 hh24:mi-hh24:mi (24H Clock UTC), at least 30 minutes long."
            ))
        };
        let (from, to) = text.split_once('-').ok_or_else(wrong)?;
        let (start, end) = (clock(from).ok_or_else(wrong)?, clock(to).ok_or_else(wrong)?);
        let minutes = (end + MINUTES_A_DAY - start) % MINUTES_A_DAY;
        if minutes < LEAST_MINUTES {
            return Err(wrong());
        }
        Ok(Self { start, minutes })
    }

    /// One of 30 minutes that leaves `maintenance`, if any, alone (RDS-MW-03). Maintenance as long
    /// as the night leaves no room within it; backups then begin as it ends.
    pub(crate) fn by_chance(rng: &mut Rng, maintenance: Option<&MaintenanceWindow>) -> Self {
        let window = Self { start: time_of_night(rng), minutes: LEAST_MINUTES };
        match maintenance {
            Some(maintenance) if maintenance.overlaps(&window) => {
                let end = (maintenance.start + maintenance.minutes) % MINUTES_A_DAY;
                Self { start: end, minutes: LEAST_MINUTES }
            }
            _ => window,
        }
    }
}

/// Somewhere in the block of eight hours that is the region's night; 13:00 to 21:00 UTC.
fn time_of_night(rng: &mut Rng) -> u32 {
    const FROM: u32 = 13 * 60;
    const LAST: u32 = 8 * 60 - LEAST_MINUTES;
    FROM + below(rng, LAST)
}

fn below(rng: &mut Rng, bound: u32) -> u32 {
    u32::try_from(rng.below(u64::from(bound))).unwrap_or(0)
}

/// `sun:05:00` in minutes from Monday 00:00.
fn moment(text: &str) -> Option<u32> {
    let (day, time) = text.split_once(':')?;
    let day = DAYS.iter().position(|name| *name == day)?;
    Some(u32::try_from(day).ok()? * MINUTES_A_DAY + clock(time)?)
}

/// `05:00` in minutes.
fn clock(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str, bound: u32| {
        let two = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|number| two && *number < bound)
    };
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}

impl fmt::Display for MaintenanceWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |at: u32| {
            let at = at % MINUTES_A_WEEK;
            let day = DAYS[(at / MINUTES_A_DAY) as usize];
            format!("{day}:{:02}:{:02}", at % MINUTES_A_DAY / 60, at % 60)
        };
        write!(f, "{}-{}", show(self.start), show(self.start + self.minutes))
    }
}

impl fmt::Display for BackupWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |at: u32| format!("{:02}:{:02}", at % MINUTES_A_DAY / 60, at % 60);
        write!(f, "{}-{}", show(self.start), show(self.start + self.minutes))
    }
}

impl FromStr for MaintenanceWindow {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|error| error.message)
    }
}

impl TryFrom<String> for MaintenanceWindow {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl TryFrom<String> for BackupWindow {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|error| error.message)
    }
}

impl From<MaintenanceWindow> for String {
    fn from(window: MaintenanceWindow) -> Self {
        window.to_string()
    }
}

impl From<BackupWindow> for String {
    fn from(window: BackupWindow) -> Self {
        window.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rds_mw_01_the_form_of_a_maintenance_window() {
        assert!(MaintenanceWindow::parse("sun:05:00-sun:05:20").is_err());
        let window = MaintenanceWindow::parse("Sun:05:00-Sun:05:30").unwrap();
        assert_eq!(window.to_string(), "sun:05:00-sun:05:30");
        assert_eq!(
            MaintenanceWindow::parse("sun:23:45-mon:00:15").unwrap().to_string(),
            "sun:23:45-mon:00:15"
        );
        for wrong in
            ["05:00-05:30", "sun:5:00-sun:05:30", "sun:24:00-sun:24:30", "mon:05:30-mon:05:00"]
        {
            assert!(MaintenanceWindow::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn rds_mw_02_a_backup_window_leaves_maintenance_alone() {
        let maintenance = MaintenanceWindow::parse("sun:05:15-sun:05:45").unwrap();
        assert!(maintenance.overlaps(&BackupWindow::parse("05:00-05:30").unwrap()));
        assert!(maintenance.overlaps(&BackupWindow::parse("05:30-06:30").unwrap()));
        assert!(!maintenance.overlaps(&BackupWindow::parse("05:45-06:15").unwrap()));
        assert!(BackupWindow::parse("05:00-05:20").is_err());
        assert_eq!(BackupWindow::parse("23:45-00:30").unwrap().to_string(), "23:45-00:30");
    }

    #[test]
    fn rds_mw_03_windows_by_chance_do_not_overlap() {
        let mut rng = Rng::new(1);
        for _ in 0..200 {
            let backup = BackupWindow::by_chance(&mut rng, None);
            let window = MaintenanceWindow::by_chance(&mut rng, &backup);
            assert!(!window.overlaps(&backup));
            assert_eq!(MaintenanceWindow::parse(&window.to_string()).unwrap(), window);
        }
    }

    #[test]
    fn rds_mw_03_a_backup_window_by_chance_leaves_the_maintenance_asked_for_alone() {
        let mut rng = Rng::new(1);
        for asked in ["sun:17:00-sun:17:30", "mon:13:00-mon:21:00", "sun:23:50-mon:23:20"] {
            let maintenance = MaintenanceWindow::parse(asked).unwrap();
            for _ in 0..200 {
                let backup = BackupWindow::by_chance(&mut rng, Some(&maintenance));
                assert!(!maintenance.overlaps(&backup), "{asked} {backup}");
            }
        }
    }

    #[test]
    fn rds_mw_03_maintenance_by_chance_leaves_the_backups_asked_for_alone() {
        let mut rng = Rng::new(1);
        for asked in ["17:00-17:30", "13:00-21:00", "23:50-23:20"] {
            let backup = BackupWindow::parse(asked).unwrap();
            for _ in 0..200 {
                let maintenance = MaintenanceWindow::by_chance(&mut rng, &backup);
                assert!(!maintenance.overlaps(&backup), "{asked} {maintenance}");
            }
        }
    }

    #[test]
    fn the_next_window_is_found() {
        // 1970-01-01 was a Thursday.
        let window = MaintenanceWindow::parse("thu:01:00-thu:01:30").unwrap();
        let at = |minutes: u64| Time::from_seconds(minutes * 60);
        assert_eq!(window.next(at(0)), at(60));
        assert_eq!(window.next(at(70)), at(70));
        assert_eq!(window.next(at(90)), at(60 + 7 * 24 * 60));
    }
}
