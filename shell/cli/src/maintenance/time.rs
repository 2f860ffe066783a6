//! The clock, and the zone in which the user thinks.

use std::time::{SystemTime, UNIX_EPOCH};

use diary_window::{Moment, zone};
use jiff::tz::TimeZone;

use crate::Failure;

pub(super) fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// The zone that was asked for, or this machine's, or UTC.
pub(super) fn home(asked: Option<&str>) -> Result<TimeZone, Failure> {
    if let Some(name) = asked {
        return zone(name).ok_or_else(|| format!("{name} is no time zone").into());
    }
    let named = std::env::var("TZ").ok().filter(|name| !name.is_empty());
    let linked = || {
        let path = std::fs::read_link("/etc/localtime").ok()?;
        path.to_str()?.split_once("zoneinfo/").map(|(_, name)| name.to_owned())
    };
    let name = named.map(|name| name.trim_start_matches(':').to_owned()).or_else(linked);
    Ok(name.and_then(|name| zone(&name)).unwrap_or(TimeZone::UTC))
}

/// The zone in which the diary's readers are told times.
pub(super) fn readers_zone() -> TimeZone {
    zone("Asia/Tokyo").unwrap_or(TimeZone::UTC)
}
