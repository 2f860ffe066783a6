//! How an end time is said in each language.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use crate::Moment;

/// The languages of the diary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Ja,
    En,
}

/// `11月24日（火）22:00（日本時間）` or `Tuesday, 24 November, 22:00 (UTC+9)`. Date and time are always
/// said in full: a page may lie open in a tab overnight.
pub fn until(moment: Moment, zone: &TimeZone, language: Language) -> String {
    let (local, offset) = moment.local(zone);
    let seconds = if local.second() == 0 { "" } else { ":%S" };
    let clock = local.strftime(&format!("%H:%M{seconds}")).to_string();
    let (month, day) = (local.month(), local.day());
    let named = zone_name(zone, offset.seconds(), language);
    match language {
        Language::Ja => {
            format!("{month}月{day}日（{}）{clock}（{named}）", weekday(local.date().weekday()))
        }
        Language::En => {
            let date = local.strftime("%A, %-d %B");
            format!("{date}, {clock} ({named})")
        }
    }
}

fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "月",
        Weekday::Tuesday => "火",
        Weekday::Wednesday => "水",
        Weekday::Thursday => "木",
        Weekday::Friday => "金",
        Weekday::Saturday => "土",
        Weekday::Sunday => "日",
    }
}

fn zone_name(zone: &TimeZone, offset_s: i32, language: Language) -> String {
    if zone.iana_name() == Some("Asia/Tokyo") {
        return match language {
            Language::Ja => "日本時間".into(),
            Language::En => "Japan time, UTC+9".into(),
        };
    }
    let (hours, minutes) = (offset_s / 3600, offset_s.abs() / 60 % 60);
    match (hours, minutes) {
        (0, 0) => "UTC".into(),
        (hours, 0) => format!("UTC{hours:+}"),
        (hours, minutes) => format!("UTC{hours:+}:{minutes:02}"),
    }
}
