//! DescribeEvents: what has happened, of which things, in which time (RDS-EV-07).

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{Cx, Duration, Time, Value, ids, json};

use super::page;
use crate::Rds;
use crate::data::event::{Event, KEPT, SourceType};
use crate::error::{Result, combination, invalid};

const DEFAULT_MINUTES: u64 = 60;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct Describe {
    source_identifier: Option<String>,
    source_type: Option<String>,
    start_time: Option<String>,
    end_time: Option<String>,
    duration: Option<u64>,
    event_categories: Vec<String>,
    max_records: Option<i64>,
    marker: Option<String>,
}

pub(super) fn describe(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Describe = input("DescribeEvents", value)?;
    if asked.source_identifier.is_some() && asked.source_type.is_none() {
        return Err(combination("SourceType must be given with SourceIdentifier"));
    }
    let time = |text: &Option<String>| match text {
        Some(text) => parse_time(text).map(Some),
        None => Ok(None),
    };
    let (start, end) = (time(&asked.start_time)?, time(&asked.end_time)?);
    let length = Duration::from_secs(asked.duration.unwrap_or(DEFAULT_MINUTES) * 60);
    let (from, to) = match (start, end) {
        (Some(start), Some(end)) => (start, end),
        (Some(start), None) if asked.duration.is_some() => (start, start + length),
        (Some(start), None) => (start, cx.now),
        (None, end) => {
            let end = end.unwrap_or(cx.now);
            (Time(end.0.saturating_sub(nanos(length))), end)
        }
    };
    let fits = |event: &&Event| {
        (from..=to).contains(&event.at)
            && cx.now.since(event.at) <= KEPT
            && asked.source_type.as_deref().is_none_or(|kind| kind == event.source_type.as_str())
            && asked
                .source_identifier
                .as_deref()
                .is_none_or(|id| id.eq_ignore_ascii_case(&event.source))
            && (asked.event_categories.is_empty()
                || event.categories.iter().any(|one| asked.event_categories.contains(one)))
    };
    let found = rds.state.events.values().filter(fits).map(|event| shown(event, cx)).collect();
    page(found, "Events", asked.marker.as_deref(), asked.max_records)
}

fn nanos(length: Duration) -> u64 {
    u64::try_from(length.as_nanos()).unwrap_or(u64::MAX)
}

/// `2026-01-02T03:04:05Z`, as the wire writes times, or seconds since 1970.
fn parse_time(text: &str) -> Result<Time> {
    let wrong = || invalid(format!("Invalid timestamp: {text}"));
    if let Ok(seconds) = text.parse::<f64>() {
        return Ok(Time::default() + Duration::from_secs_f64(seconds.max(0.0)));
    }
    let time: jiff::Timestamp = text.parse().map_err(|_| wrong())?;
    u64::try_from(time.as_second()).map(Time::from_seconds).map_err(|_| wrong())
}

fn shown(event: &Event, cx: &Cx<'_>) -> Value {
    let kind = match event.source_type {
        SourceType::Instance => "db",
        SourceType::ParameterGroup => "pg",
        SourceType::Snapshot => "snapshot",
    };
    json!({
        "SourceIdentifier": event.source,
        "SourceType": event.source_type.as_str(),
        "Message": event.message,
        "EventCategories": event.categories,
        "Date": event.at.iso8601(),
        "SourceArn": ids::arn(cx.env, "rds", &format!("{kind}:{}", event.source)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for seconds in [0, 951_782_400, 1_709_210_096, 1_795_550_000] {
            let time = Time::from_seconds(seconds);
            assert_eq!(parse_time(&time.iso8601()), Ok(time));
        }
        assert!(parse_time("yesterday").is_err());
    }
}
