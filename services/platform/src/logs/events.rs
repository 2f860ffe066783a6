//! The events of log streams: put, and read again by stream or by what they say. They are kept
//! while the program runs, the newest of each stream; a restart forgets them.

use std::collections::{BTreeMap, VecDeque};

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, json};

use super::api::{CODES, invalid, name_of, no_group, no_stream};
use super::state::Logs;
use crate::operation::{present, read};

/// How many events a stream keeps.
const EVENTS_MAX: usize = 10_000;
/// How many events one call gives at most.
const PAGE: usize = 10_000;
/// How many events, and how many bytes, one call may bring.
const BATCH_MAX: usize = 10_000;
const BATCH_BYTES_MAX: usize = 1_048_576;
/// What AWS counts for each event beside its message, in bytes.
const OVERHEAD_BYTES: usize = 26;

/// The events of a stream, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Events {
    events: VecDeque<Event>,
    /// How many have been put in all; the number of the next one.
    count: u64,
}

#[derive(Clone, Debug)]
struct Event {
    number: u64,
    /// Milliseconds since 1970.
    timestamp: u64,
    ingested: u64,
    message: String,
}

/// By `group:stream`.
pub(super) type Written = BTreeMap<String, Events>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Put {
    log_group_name: String,
    log_stream_name: String,
    log_events: Vec<Given>,
    /// Not needed any more, and not looked at.
    #[serde(rename = "sequenceToken")]
    _sequence_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Given {
    timestamp: u64,
    message: String,
}

pub(super) fn put(logs: &mut Logs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Put = read("PutLogEvents", value, CODES)?;
    if !logs.groups.has(&asked.log_group_name) {
        return Err(no_group());
    }
    let id = format!("{}:{}", asked.log_group_name, asked.log_stream_name);
    if !logs.streams.has(&id) {
        return Err(no_stream());
    }
    let sizes = asked.log_events.iter().map(|event| event.message.len() + OVERHEAD_BYTES);
    if asked.log_events.len() > BATCH_MAX || sizes.sum::<usize>() > BATCH_BYTES_MAX {
        return Err(invalid("Log event too large or too many in one batch"));
    }
    let in_order = asked.log_events.is_sorted_by_key(|event| event.timestamp);
    if !in_order {
        let message = "Log events in a single PutLogEvents request must be in chronological order.";
        return Err(invalid(message));
    }
    let ingested = cx.now.millis();
    let stream = logs.written.entry(id).or_default();
    for Given { timestamp, message } in asked.log_events {
        let number = stream.count;
        stream.count += 1;
        stream.events.push_back(Event { number, timestamp, ingested, message });
        if stream.events.len() > EVENTS_MAX {
            stream.events.pop_front();
        }
    }
    Ok(json!({"nextSequenceToken": "0"}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Get {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name: String,
    start_time: Option<u64>,
    end_time: Option<u64>,
    next_token: Option<String>,
    limit: Option<usize>,
    #[serde(default)]
    start_from_head: bool,
}

/// Forward tokens are `f/` and the number of the next event, backward ones `b/` and that of the
/// first one given.
pub(super) fn get(logs: &mut Logs, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Get = read("GetLogEvents", value, CODES)?;
    let group = asked.log_group_name.as_deref().or(asked.log_group_identifier.as_deref());
    let group = name_of(group.unwrap_or_default());
    let id = format!("{group}:{}", asked.log_stream_name);
    if !logs.groups.has(group) {
        return Err(no_group());
    }
    if !logs.streams.has(&id) {
        return Err(no_stream());
    }
    let limit = asked.limit.unwrap_or(PAGE).min(PAGE);
    let events = logs.written.get(&id).into_iter().flat_map(|stream| &stream.events);
    let in_time = |event: &&Event| {
        asked.start_time.is_none_or(|start| event.timestamp >= start)
            && asked.end_time.is_none_or(|end| event.timestamp < end)
    };
    let all: Vec<&Event> = events.filter(in_time).collect();
    let page = match asked.next_token.as_deref().and_then(|token| token.split_once('/')) {
        None if asked.start_from_head => &all[..limit.min(all.len())],
        None => &all[all.len().saturating_sub(limit)..],
        Some((way, number)) => {
            let number: u64 = number.parse().map_err(|_| wrong_token())?;
            let at = all.partition_point(|event| event.number < number);
            match way {
                "f" => &all[at..(at + limit).min(all.len())],
                "b" => &all[at.saturating_sub(limit)..at],
                _ => return Err(wrong_token()),
            }
        }
    };
    let given = asked.next_token.unwrap_or_default();
    let (backward, forward) = match (page.first(), page.last()) {
        (Some(first), Some(last)) => {
            (format!("b/{}", first.number), format!("f/{}", last.number + 1))
        }
        // At the end a token leads to itself.
        _ => {
            let own = |way: &str| match given.starts_with(way) {
                true => given.clone(),
                false => format!("{way}/0"),
            };
            (own("b"), own("f"))
        }
    };
    let shown: Vec<Value> = page.iter().map(|event| event.shown()).collect();
    Ok(json!({"events": shown, "nextForwardToken": forward, "nextBackwardToken": backward}))
}

fn wrong_token() -> ApiError {
    invalid("The specified nextToken is invalid.")
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Filter {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    #[serde(default)]
    log_stream_names: Vec<String>,
    log_stream_name_prefix: Option<String>,
    start_time: Option<u64>,
    end_time: Option<u64>,
    filter_pattern: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
    /// Streams are always interleaved.
    #[serde(rename = "interleaved")]
    _interleaved: Option<bool>,
}

pub(super) fn filter(logs: &mut Logs, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Filter = read("FilterLogEvents", value, CODES)?;
    let group = asked.log_group_name.as_deref().or(asked.log_group_identifier.as_deref());
    let group = name_of(group.unwrap_or_default());
    if !logs.groups.has(group) {
        return Err(no_group());
    }
    let terms = terms(asked.filter_pattern.as_deref().unwrap_or(""))?;
    let prefix = asked.log_stream_name_prefix.as_deref().unwrap_or("");
    let wanted = |name: &str| {
        name.starts_with(prefix)
            && (asked.log_stream_names.is_empty()
                || asked.log_stream_names.iter().any(|one| one == name))
    };
    let mut found = Vec::new();
    for (id, stream) in &logs.written {
        let Some((of, name)) = id.split_once(':') else { continue };
        if of != group || !wanted(name) {
            continue;
        }
        for event in &stream.events {
            let in_time = asked.start_time.is_none_or(|start| event.timestamp >= start)
                && asked.end_time.is_none_or(|end| event.timestamp <= end);
            if in_time && terms.iter().all(|term| term.fits(&event.message)) {
                found.push((event.timestamp, name, event));
            }
        }
    }
    found.sort_by_key(|(timestamp, ..)| *timestamp);
    let from = match asked.next_token.as_deref() {
        None => 0,
        Some(token) => token.parse().map_err(|_| wrong_token())?,
    };
    let limit = asked.limit.unwrap_or(PAGE).min(PAGE);
    let page = found.iter().skip(from).take(limit).map(|(_, name, event)| {
        let mut shown = event.shown();
        shown["logStreamName"] = json!(name);
        shown["eventId"] = json!(format!("{:020}{:020}", event.timestamp, event.number));
        shown
    });
    let next = (found.len() > from + limit).then(|| (from + limit).to_string());
    let page: Vec<Value> = page.collect();
    Ok(present(json!({"events": page, "searchedLogStreams": [], "nextToken": next})))
}

impl Event {
    fn shown(&self) -> Value {
        json!({
            "timestamp": self.timestamp,
            "ingestionTime": self.ingested,
            "message": self.message,
        })
    }
}

/// One word or phrase of a filter pattern.
#[derive(Debug)]
struct Term {
    text: String,
    excluded: bool,
}

impl Term {
    fn fits(&self, message: &str) -> bool {
        message.contains(&self.text) != self.excluded
    }
}

/// Unstructured patterns: words and phrases that must all be there, `-word` that must not. Others
/// are refused.
fn terms(pattern: &str) -> Result<Vec<Term>, ApiError> {
    let pattern = pattern.trim();
    if pattern.starts_with(['{', '[', '%']) || pattern.contains(" ?") || pattern.starts_with('?') {
        return Err(invalid("Standin's filter patterns are words, \"phrases\" and -words"));
    }
    let mut terms = Vec::new();
    let mut rest = pattern;
    while !rest.is_empty() {
        let (excluded, body) = match rest.strip_prefix('-') {
            Some(body) => (true, body),
            None => (false, rest),
        };
        let (text, after) = match body.strip_prefix('"') {
            Some(phrase) => {
                phrase.split_once('"').ok_or_else(|| invalid("Invalid filter pattern"))?
            }
            None => body.split_once(' ').unwrap_or((body, "")),
        };
        terms.push(Term { text: text.to_owned(), excluded });
        rest = after.trim_start();
    }
    Ok(terms)
}
