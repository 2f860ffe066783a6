//! What a diary entry is, what of a draft is accepted, and which day it is.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use crate::language::Language;

pub(crate) const TITLE_CHARS: usize = 80;
pub(crate) const TEXT_CHARS: usize = 2000;

/// The diary is written in Japan, wherever its server stands.
const JAPAN_OFFSET_S: i64 = 9 * 3600;

/// One line of the data file. A newer program may have written more into it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) day: Day,
    /// Counts the entries of a day from 1, in the order they were written.
    pub(crate) number: u32,
    /// The language the entry is written in.
    pub(crate) language: Language,
    pub(crate) title: String,
    /// Paragraphs are divided by empty lines.
    pub(crate) text: String,
}

impl Entry {
    /// The part of the address that names the entry: `2026-11-24-1`.
    pub(crate) fn id(&self) -> String {
        format!("{}-{}", self.day, self.number)
    }
}

/// A calendar day of the common era, written `2026-11-24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Day(Date);

impl Day {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let date: Date = text.parse().ok()?;
        // The parser takes other spellings too; the diary knows one.
        (date.to_string() == text && date.year() > 0).then_some(Self(date))
    }

    pub(crate) fn today() -> Self {
        Self::in_japan(seconds_now())
    }

    /// The day it is in Japan at a moment given in seconds since 1970.
    fn in_japan(seconds: i64) -> Self {
        let shifted = jiff::Timestamp::from_second(seconds + JAPAN_OFFSET_S).unwrap_or_default();
        Self(jiff::tz::Offset::UTC.to_datetime(shifted).date())
    }

    /// The day as a reader of that language writes it.
    pub(crate) fn written(self, language: Language) -> String {
        let (year, month, day) = (self.0.year(), self.0.month(), self.0.day());
        match language {
            Language::Ja => {
                format!("{year}年{month}月{day}日（{}）", weekday_ja(self.0.weekday()))
            }
            Language::En => {
                let (weekday, month) = (weekday_en(self.0.weekday()), month_en(month));
                format!("{weekday}, {day} {month} {year}")
            }
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("'{text}' is no day"))
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

/// Seconds since 1970; 0 on a machine that believes it is earlier.
pub(crate) fn seconds_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// What somebody wants to write, as the form sent it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) date: String,
    pub(crate) title: String,
    pub(crate) text: String,
}

/// A draft that was looked through; only its number is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) day: Day,
    pub(crate) language: Language,
    pub(crate) title: String,
    pub(crate) text: String,
}

/// Why a draft is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    NoDay,
    FutureDay,
    NoTitle,
    LongTitle,
    NoText,
    LongText,
}

impl Draft {
    /// Tidies the draft and takes it, or says what is wrong with it first.
    pub(crate) fn accept(&self, today: Day, language: Language) -> Result<Accepted, Refusal> {
        let day = Day::parse(self.date.trim()).ok_or(Refusal::NoDay)?;
        if day > today {
            return Err(Refusal::FutureDay);
        }
        let title = tidy(&self.title).replace('\n', " ");
        let text = tidy(&self.text);
        match (title.chars().count(), text.chars().count()) {
            (0, _) => Err(Refusal::NoTitle),
            (title_chars, _) if title_chars > TITLE_CHARS => Err(Refusal::LongTitle),
            (_, 0) => Err(Refusal::NoText),
            (_, text_chars) if text_chars > TEXT_CHARS => Err(Refusal::LongText),
            _ => Ok(Accepted { day, language, title, text }),
        }
    }
}

/// One kind of line end, no other control characters, nothing blank around it.
fn tidy(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace(['\r', '\t'], " ");
    let kept: String = lines.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    kept.trim().to_owned()
}

fn weekday_ja(weekday: Weekday) -> &'static str {
    ["月", "火", "水", "木", "金", "土", "日"][weekday_index(weekday)]
}

fn weekday_en(weekday: Weekday) -> &'static str {
    let names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    names[weekday_index(weekday)]
}

fn weekday_index(weekday: Weekday) -> usize {
    usize::try_from(weekday.to_monday_zero_offset()).unwrap_or(0)
}

fn month_en(month: i8) -> &'static str {
    let names = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    names[usize::try_from(month - 1).unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft {
            date: "2026-11-24".into(),
            title: " 散歩\t ".into(),
            text: "a\r\n\r\nb\u{7}".into(),
        }
    }

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn knows_one_spelling_of_a_day() {
        for text in ["20261124", "2026-11-24T10:00", "2026-02-29", "2026-1-2", "-000001-01-01", ""]
        {
            assert_eq!(Day::parse(text), None, "{text}");
        }
        assert_eq!(day("2024-02-29").to_string(), "2024-02-29");
    }

    #[test]
    fn a_day_begins_at_midnight_in_japan() {
        // 2026-11-24T14:59:59Z, the last second of that day in Japan.
        assert_eq!(Day::in_japan(1_795_532_399), day("2026-11-24"));
        assert_eq!(Day::in_japan(1_795_532_400), day("2026-11-25"));
    }

    #[test]
    fn writes_a_day_in_both_languages() {
        assert_eq!(day("2026-11-24").written(Language::Ja), "2026年11月24日（火）");
        assert_eq!(day("2026-11-24").written(Language::En), "Tuesday, 24 November 2026");
    }

    #[test]
    fn tidies_a_draft() {
        let taken = draft().accept(day("2026-11-24"), Language::Ja).unwrap();
        assert_eq!((taken.title.as_str(), taken.text.as_str()), ("散歩", "a\n\nb"));
    }

    #[test]
    fn says_what_is_wrong_with_a_draft() {
        let refusal = |change: fn(&mut Draft)| {
            let mut draft = draft();
            change(&mut draft);
            draft.accept(day("2026-11-24"), Language::Ja).unwrap_err()
        };
        assert_eq!(refusal(|draft| draft.date = "today".into()), Refusal::NoDay);
        assert_eq!(refusal(|draft| draft.date = "2026-11-25".into()), Refusal::FutureDay);
        assert_eq!(refusal(|draft| draft.title = " \r\n".into()), Refusal::NoTitle);
        assert_eq!(refusal(|draft| draft.title = "長".repeat(81)), Refusal::LongTitle);
        assert_eq!(refusal(|draft| draft.text = "\u{0}".into()), Refusal::NoText);
        assert_eq!(refusal(|draft| draft.text = "い".repeat(2001)), Refusal::LongText);
        let full = Draft { title: "長".repeat(80), text: "い".repeat(2000), ..draft() };
        assert!(full.accept(day("2026-11-24"), Language::Ja).is_ok());
    }
}
