//! What a schedule expression means: once, at a rate, or by the calendar of a time zone.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use standin_kernel::{Duration, Time};

use super::cron::Cron;

/// A schedule expression, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    /// A local time.
    At(DateTime),
    Rate(Duration),
    Cron(Box<Cron>),
}

/// Whose rules hold: both services write rates and crons almost alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `rate(1 minutes)` is fine, and there is `at`.
    Scheduler,
    /// `rate(1 minutes)` is not (EVR-EX-02), and there is no `at`.
    Rule,
}

impl Expression {
    /// Reads an expression; `None` when it is not one (SCH-EX-01).
    pub(crate) fn parse(text: &str, dialect: Dialect) -> Option<Self> {
        let (word, rest) = text.split_once('(')?;
        let inner = rest.strip_suffix(')')?;
        match word {
            "at" if dialect == Dialect::Scheduler => at(inner).map(Self::At),
            "rate" => rate(inner, dialect).map(Self::Rate),
            "cron" => Cron::parse(inner).map(|cron| Self::Cron(Box::new(cron))),
            _ => None,
        }
    }

    pub(crate) const fn is_once(&self) -> bool {
        matches!(self, Self::At(_))
    }

    /// The first moment after `after`; rates count from `anchor`, which is one of their moments.
    pub(crate) fn next(&self, after: Time, anchor: Time, zone: &TimeZone) -> Option<Time> {
        match self {
            Self::At(local) => moment(*local, zone).and_then(time).filter(|at| *at > after),
            Self::Rate(every) if anchor > after => Some(anchor).filter(|_| !every.is_zero()),
            Self::Rate(every) => {
                let (gone, every) = (after.since(anchor).as_nanos(), every.as_nanos());
                let ahead = u64::try_from((gone / every + 1) * every).ok()?;
                Some(anchor + Duration::from_nanos(ahead))
            }
            Self::Cron(cron) => cron.next(timestamp(after)?, zone).and_then(time),
        }
    }
}

/// `yyyy-mm-ddThh:mm:ss` and nothing else: no fraction, no zone.
fn at(text: &str) -> Option<DateTime> {
    const FORM: &str = "dddd-dd-ddTdd:dd:dd";
    let same = |(form, byte): (u8, u8)| match form {
        b'd' => byte.is_ascii_digit(),
        other => byte == other,
    };
    let formed = text.len() == FORM.len() && FORM.bytes().zip(text.bytes()).all(same);
    // A leap second is none of the service's.
    if !formed || text.ends_with(":60") {
        return None;
    }
    text.parse().ok()
}

fn rate(text: &str, dialect: Dialect) -> Option<Duration> {
    let (value, unit) = text.split_once(' ')?;
    if !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: u32 = value.parse().ok().filter(|value| *value > 0)?;
    let (name, seconds) = [("minute", 60u64), ("hour", 3600), ("day", 86400)]
        .into_iter()
        .find(|(name, _)| unit.strip_suffix('s').unwrap_or(unit) == *name)?;
    let plural = unit != name;
    if dialect == Dialect::Rule && plural != (value != 1) {
        return None;
    }
    Some(Duration::from_secs(seconds * u64::from(value)))
}

/// The zone of an IANA name, out of the program's own table: no machine's files decide.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// A local time as a moment. One that the clocks leave out never comes; of one that comes twice
/// the first counts (SCH-EX-04).
pub(super) fn moment(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let moment = zone.to_ambiguous_timestamp(local);
    match moment.offset() {
        AmbiguousOffset::Gap { .. } => None,
        _ => moment.earlier().ok(),
    }
}

fn timestamp(time: Time) -> Option<Timestamp> {
    Timestamp::from_nanosecond(i128::from(time.0)).ok()
}

fn time(timestamp: Timestamp) -> Option<Time> {
    u64::try_from(timestamp.as_nanosecond()).ok().map(Time)
}
