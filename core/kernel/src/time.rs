//! What time is here: nanoseconds since 1970, a value that is passed in, stored, printed and made
//! from nothing; no machine ever reads a clock.

use std::fmt;
use std::ops::{Add, Sub};

pub use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment: nanoseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Time(pub u64);

impl Time {
    /// The moment `seconds` after 1970.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds * 1_000_000_000)
    }

    /// Whole seconds since 1970.
    pub const fn seconds(self) -> u64 {
        self.0 / 1_000_000_000
    }

    /// Whole milliseconds since 1970.
    pub const fn millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// `2026-11-24T08:30:00.123Z`, the form AWS's control planes print.
    pub fn iso8601(self) -> String {
        let text = self.timestamp().strftime("%Y-%m-%dT%H:%M:%S").to_string();
        format!("{text}.{:03}Z", self.millis() % 1000)
    }

    /// `Tue, 24 Nov 2026 08:30:00 GMT`, the form of the HTTP `Date` header (RFC 9110, 5.6.7).
    pub fn http_date(self) -> String {
        self.timestamp().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    /// Reads an HTTP date in the preferred form; `None` for anything else.
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let parsed =
            jiff::civil::DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", text.trim()).ok()?;
        let timestamp = jiff::tz::TimeZone::UTC.to_timestamp(parsed).ok()?;
        u64::try_from(timestamp.as_second()).ok().map(Self::from_seconds)
    }

    /// Reads the form of [`Time::iso8601`], with or without a fraction; `None` for anything else.
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        let timestamp: jiff::Timestamp = text.parse().ok()?;
        u64::try_from(timestamp.as_nanosecond()).ok().map(Self)
    }

    fn timestamp(self) -> jiff::Timestamp {
        let seconds = i64::try_from(self.seconds()).unwrap_or(i64::MAX);
        jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX)
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Time {
    type Output = Self;

    fn sub(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso8601())
    }
}

/// When a machine wants to be called again, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    pub at: Time,
    /// What is due then, in a few words: `"health check"`.
    pub why: &'static str,
}

impl Deadline {
    /// The earlier of two; `None` only when both are.
    pub fn earliest(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(a), Some(b)) => Some(if b.at < a.at { b } else { a }),
            (a, b) => a.or(b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_reads_http_dates() {
        let time = Time::from_seconds(1_795_509_000);
        let text = time.http_date();
        assert_eq!(text, "Tue, 24 Nov 2026 08:30:00 GMT");
        assert_eq!(Time::parse_http_date(&text), Some(time));
        assert_eq!(Time::parse_http_date("yesterday"), None);
    }

    #[test]
    fn prints_iso8601_with_milliseconds() {
        let time = Time::from_seconds(1_795_509_000) + Duration::from_millis(7);
        assert_eq!(time.iso8601(), "2026-11-24T08:30:00.007Z");
        assert_eq!(Time::parse_iso8601("2026-11-24T08:30:00.007Z"), Some(time));
        assert_eq!(Time::parse_iso8601("yesterday"), None);
    }

    #[test]
    fn since_never_goes_below_zero() {
        assert_eq!(Time(5).since(Time(9)), Duration::ZERO);
    }
}
