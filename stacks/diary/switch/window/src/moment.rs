//! Moments in whole seconds, and how people write them: with a zone, or from now on.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment: whole seconds since 1970-01-01T00:00:00Z. Written `2026-11-24T11:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// How many seconds after `earlier` this is; negative before it.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// The time of day and date in a zone, and how far that is from UTC.
    pub fn local(self, zone: &TimeZone) -> (DateTime, Offset) {
        let timestamp = self.timestamp();
        (zone.to_datetime(timestamp), zone.to_offset(timestamp))
    }

    /// `2026-11-24 20:00:00 +09:00`
    pub fn in_zone(self, zone: &TimeZone) -> String {
        let (local, offset) = self.local(zone);
        format!("{} {}", local.strftime("%Y-%m-%d %H:%M:%S"), clock(offset))
    }

    /// `2026-11-24T20:00:00+09:00`, which `<time datetime>` takes.
    pub fn rfc3339(self, zone: &TimeZone) -> String {
        let (local, offset) = self.local(zone);
        format!("{}{}", local.strftime("%Y-%m-%dT%H:%M:%S"), clock(offset))
    }

    /// `2026-11-24T11:00:00`, in UTC, as `at(...)` of a schedule takes it.
    pub fn at(self) -> String {
        let (local, _) = self.local(&TimeZone::UTC);
        local.strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }

    fn timestamp(self) -> Timestamp {
        Timestamp::from_second(self.0).unwrap_or(Timestamp::MAX)
    }
}

/// `+09:00`
fn clock(offset: Offset) -> String {
    let minutes = offset.seconds().div_euclid(60);
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.abs();
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Z", self.at())
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let whole = text.parse::<Timestamp>().ok().filter(|at| at.subsec_nanosecond() == 0);
        let wrong = || format!("{text} is not a time like 2026-11-24T20:00:00+09:00");
        whole.map(|at| Self(at.as_second())).ok_or_else(wrong).map_err(serde::de::Error::custom)
    }
}

/// The zone of an IANA name (`Asia/Tokyo`), out of the program's own table.
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// A time that somebody wrote and nobody can read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongTime {
    #[error(
        "{0} is no time: write +90m, 22:00, 2026-11-24T22:00, 2026-11-24T22:00+09:00 or \
         \"2026-11-24 22:00 Europe/Paris\""
    )]
    Form(String),
    #[error("{0} is no time zone: write Asia/Tokyo, UTC or +09:00")]
    Zone(String),
    #[error("{0} does not exist there: the clocks are put forward over it")]
    Gap(String),
    #[error("{0} comes twice there, for the clocks are put back: write it with an offset, {1}")]
    Fold(String, String),
}

/// Reads a time: a span from `now` on (`+20s`, `+1h30m`), a time of day that comes next in
/// `home` (`22:00`), a date and time in `home`, or one with a zone or offset of its own.
pub fn parse_time(text: &str, now: Moment, home: &TimeZone) -> Result<Moment, WrongTime> {
    let wrong = || WrongTime::Form(text.to_owned());
    let trimmed = text.trim();
    if let Some(span) = trimmed.strip_prefix('+') {
        return seconds(span).map(|seconds| Moment(now.0 + seconds)).ok_or_else(wrong);
    }
    if let Ok(exact) = trimmed.replacen(' ', "T", 1).parse::<Timestamp>() {
        return Ok(Moment(exact.as_second()));
    }
    // The last word may be a zone.
    let (local, zone) = match trimmed.rsplit_once(' ') {
        Some((local, name)) if !name.starts_with(|first: char| first.is_ascii_digit()) => {
            let zone = zone(name).ok_or_else(|| WrongTime::Zone(name.to_owned()))?;
            (local.trim(), zone)
        }
        _ => (trimmed, home.clone()),
    };
    if let Some((hour, minute, second)) = time_of_day(local) {
        let (today, _) = now.local(&zone);
        let on = |date: Date| there(date.at(hour, minute, second, 0), &zone);
        let first = on(today.date())?;
        return match today.date().tomorrow() {
            Ok(tomorrow) if first <= now => on(tomorrow),
            _ => Ok(first),
        };
    }
    let local: DateTime = local.replacen(' ', "T", 1).parse().map_err(|_| wrong())?;
    there(local, &zone)
}

/// `1h30m`, `90m`, `20s`, `1d` in seconds.
fn seconds(span: &str) -> Option<i64> {
    let (mut total, mut digits) = (0i64, String::new());
    for character in span.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        let unit = match character {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        let count: i64 = digits.parse().ok()?;
        total = total.checked_add(count.checked_mul(unit)?)?;
        digits.clear();
    }
    (digits.is_empty() && !span.is_empty() && total < 10 * 366 * 86_400).then_some(total)
}

fn time_of_day(text: &str) -> Option<(i8, i8, i8)> {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |part: &&str, below: i8| {
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|number| digits && *number < below)
    };
    match parts.as_slice() {
        [hour, minute] => Some((number(hour, 24)?, number(minute, 60)?, 0)),
        [hour, minute, second] => {
            Some((number(hour, 24)?, number(minute, 60)?, number(second, 60)?))
        }
        _ => None,
    }
}

/// A local time as a moment; one that is not there, or there twice, is refused: a guess could
/// close the diary for an hour too long.
fn there(local: DateTime, zone: &TimeZone) -> Result<Moment, WrongTime> {
    let text = || local.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let moment = zone.to_ambiguous_timestamp(local);
    match moment.offset() {
        AmbiguousOffset::Gap { .. } => Err(WrongTime::Gap(text())),
        AmbiguousOffset::Fold { before, after } => {
            let offsets = format!("{} or {}", clock(before), clock(after));
            Err(WrongTime::Fold(text(), offsets))
        }
        AmbiguousOffset::Unambiguous { .. } => {
            let wrong = |_| WrongTime::Form(text());
            moment.earlier().map(|at| Moment(at.as_second())).map_err(wrong)
        }
    }
}
