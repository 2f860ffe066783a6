//! When a cron expression is due next: six fields, read once, and the calendar of a time zone.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::expression::moment;

const YEAR_MIN: i16 = 1970;
const YEAR_MAX: i16 = 2199;
/// Years beyond it are out of the calendar's reach for this purpose: 2199 - 1970 + 1 bits.
const YEARS: usize = 230;

/// A cron expression's fields. A set of numbers is a bit mask, bit 0 for the number 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cron {
    minutes: u64,
    hours: u64,
    days: Days,
    months: u64,
    years: Vec<bool>,
}

/// Which days of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Days {
    /// Of the month, from 1.
    OfMonth(u64),
    /// The last of the month (`L`).
    Last,
    /// The weekday nearest to a day, within the month (`15W`); `LW`: to the last day.
    NearestWeekday(Option<i8>),
    /// Of the week: 1 is Sunday.
    OfWeek(u64),
    /// The nth of a weekday (`3#2`: the second Tuesday).
    Nth(i8, i8),
    /// The last of a weekday (`6L`: the last Friday).
    LastOfWeek(i8),
}

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// One field's numbers: from, to, and the names of some.
#[derive(Clone, Copy)]
struct Range {
    low: i16,
    high: i16,
    names: &'static [&'static str],
}

const MINUTE: Range = Range { low: 0, high: 59, names: &[] };
const HOUR: Range = Range { low: 0, high: 23, names: &[] };
const DAY: Range = Range { low: 1, high: 31, names: &[] };
const MONTH: Range = Range { low: 1, high: 12, names: &MONTHS };
const WEEKDAY: Range = Range { low: 1, high: 7, names: &WEEKDAYS };
const YEAR: Range = Range { low: YEAR_MIN, high: YEAR_MAX, names: &[] };

impl Range {
    fn number(self, text: &str) -> Option<i16> {
        let upper = text.to_ascii_uppercase();
        if let Some(at) = self.names.iter().position(|name| *name == upper) {
            return i16::try_from(at).ok().map(|at| at + self.low);
        }
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        text.parse().ok().filter(|number| (self.low..=self.high).contains(number))
    }

    /// Every number that `1,3-5,*/15` means.
    fn numbers(self, text: &str) -> Option<Vec<i16>> {
        let mut all = Vec::new();
        for part in text.split(',') {
            let (span, step) = match part.split_once('/') {
                Some((span, step)) => (span, Some(step.parse::<u16>().ok().filter(|s| *s > 0)?)),
                None => (part, None),
            };
            let (from, to) = match span.split_once('-') {
                _ if span == "*" => (self.low, self.high),
                Some((from, to)) => (self.number(from)?, self.number(to)?),
                // `5/10`: from 5 on.
                None => {
                    let from = self.number(span)?;
                    (from, if step.is_some() { self.high } else { from })
                }
            };
            // Round the clock: FRI-MON, 22-2.
            let (end, round) = if from > to { (self.high, to) } else { (to, self.low - 1) };
            let span = (from..=end).chain(self.low..=round);
            all.extend(span.step_by(usize::from(step.unwrap_or(1))));
        }
        Some(all)
    }

    fn mask(self, text: &str) -> Option<u64> {
        Some(self.numbers(text)?.into_iter().fold(0, |mask, number| mask | 1 << number))
    }
}

impl Cron {
    /// Reads `minutes hours day-of-month month day-of-week year` (SCH-EX-02).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split(' ').collect();
        let [minutes, hours, day, month, weekday, year] = fields.as_slice() else { return None };
        let mut years = vec![false; YEARS];
        for one in YEAR.numbers(year)? {
            *years.get_mut(usize::try_from(one - YEAR_MIN).ok()?)? = true;
        }
        Some(Self {
            minutes: MINUTE.mask(minutes)?,
            hours: HOUR.mask(hours)?,
            days: days(day, weekday)?,
            months: MONTH.mask(month)?,
            years,
        })
    }

    /// The first moment after `after` that the expression means in `zone`. A local time that a
    /// change of the clocks leaves out is no such moment, and of one that comes twice only the
    /// first is (SCH-EX-04).
    pub(super) fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        // A day earlier: clocks that go back make a local time come again.
        let first = zone.to_datetime(after).date().yesterday().ok()?;
        let mut date = first;
        while date.year() <= YEAR_MAX {
            if !self.year(date.year()) {
                date = Date::new(date.year() + 1, 1, 1).ok()?;
            } else if self.months & (1 << date.month()) == 0 {
                date = date.first_of_month().checked_add(jiff::Span::new().months(1)).ok()?;
            } else {
                if self.days.has(date) {
                    let next = self.moments(date, zone).find(|moment| *moment > after);
                    if next.is_some() {
                        return next;
                    }
                }
                date = date.tomorrow().ok()?;
            }
        }
        None
    }

    fn year(&self, year: i16) -> bool {
        let index = usize::try_from(year - YEAR_MIN).unwrap_or(usize::MAX);
        self.years.get(index).copied().unwrap_or(false)
    }

    /// The moments of one day, in order.
    fn moments(&self, date: Date, zone: &TimeZone) -> impl Iterator<Item = Timestamp> {
        let hours = (0..24i8).filter(|hour| self.hours & (1 << hour) != 0);
        let minutes = |hour| {
            let due = (0..60i8).filter(|minute| self.minutes & (1 << minute) != 0);
            due.map(move |minute| (hour, minute))
        };
        let local = move |(hour, minute)| date.at(hour, minute, 0, 0);
        hours.flat_map(minutes).filter_map(move |clock| moment(local(clock), zone))
    }
}

/// One of the two fields for days must be `?`.
fn days(day: &str, weekday: &str) -> Option<Days> {
    match (day, weekday) {
        ("?", "?") => None,
        (day, "?") => of_month(day),
        ("?", weekday) => of_week(weekday),
        _ => None,
    }
}

fn of_month(text: &str) -> Option<Days> {
    match text {
        "L" => return Some(Days::Last),
        "LW" => return Some(Days::NearestWeekday(None)),
        _ => {}
    }
    match text.strip_suffix('W') {
        Some(day) => {
            let day = i8::try_from(DAY.number(day)?).ok()?;
            Some(Days::NearestWeekday(Some(day)))
        }
        None => DAY.mask(text).map(Days::OfMonth),
    }
}

fn of_week(text: &str) -> Option<Days> {
    let weekday = |text| WEEKDAY.number(text).and_then(|day| i8::try_from(day).ok());
    if text == "L" {
        return Some(Days::OfWeek(1 << 7));
    }
    if let Some((day, nth)) = text.split_once('#') {
        let nth = nth.parse().ok().filter(|nth| (1..=5).contains(nth))?;
        return Some(Days::Nth(weekday(day)?, nth));
    }
    match text.strip_suffix('L') {
        Some(day) => weekday(day).map(Days::LastOfWeek),
        None => WEEKDAY.mask(text).map(Days::OfWeek),
    }
}

/// 1 for Sunday.
fn weekday(date: Date) -> i8 {
    date.weekday().to_sunday_one_offset()
}

impl Days {
    fn has(self, date: Date) -> bool {
        match self {
            Self::OfMonth(mask) => mask & (1 << date.day()) != 0,
            Self::Last => date == date.last_of_month(),
            Self::NearestWeekday(day) => nearest_weekday(date, day) == Some(date),
            Self::OfWeek(mask) => mask & (1 << weekday(date)) != 0,
            Self::Nth(day, nth) => weekday(date) == day && (date.day() - 1) / 7 + 1 == nth,
            Self::LastOfWeek(day) => {
                weekday(date) == day && date.day() + 7 > date.last_of_month().day()
            }
        }
    }
}

/// The weekday nearest to `day` in the month of `date`, never in another month; `None` when the
/// month has no such day.
fn nearest_weekday(date: Date, day: Option<i8>) -> Option<Date> {
    let last = date.last_of_month();
    let wanted = match day {
        Some(day) => Date::new(date.year(), date.month(), day).ok()?,
        None => last,
    };
    let shift = match wanted.weekday() {
        Weekday::Saturday if wanted.day() == 1 => 2,
        Weekday::Saturday => -1,
        Weekday::Sunday if wanted == last => -2,
        Weekday::Sunday => 1,
        _ => 0,
    };
    Date::new(date.year(), date.month(), wanted.day() + shift).ok()
}
