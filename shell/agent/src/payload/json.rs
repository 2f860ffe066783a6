//! Writes what leaves as JSON: events, service checks, and series for `/api/v1/series`.

use serde_json::{Value, json};

use super::{Limits, Payload, Piece, Route, pack};
use crate::aggregate::{Kind, Series};
use crate::dogstatsd::{Event, ServiceCheck};
use crate::settings::Compression;

const LIMITS: Limits =
    Limits { raw_bytes: 4_000_000, compressed_bytes: 2_500_000, points: usize::MAX };

/// The payloads for `/api/v1/series`, and how many points fitted into none.
pub fn series_v1(all: &[Series], compression: Compression) -> (Vec<Payload>, u64) {
    let pieces = all.iter().map(|series| {
        let document = json!({
            "metric": series.context.name,
            "host": series.context.host,
            "tags": series.context.tags,
            "points": series.points.iter().map(|(at, value)| json!([at, value])).collect::<Value>(),
            "type": match series.kind {
                Kind::Count => "count",
                Kind::Rate => "rate",
                Kind::Gauge => "gauge",
            },
            "interval": series.interval_s,
            "source_type_name": "System",
        });
        Piece { bytes: document.to_string().into_bytes(), points: series.points.len() }
    });
    pack(Route::SeriesV1, pieces, [br#"{"series":["#, b",", b"]}"], LIMITS, compression)
}

/// The payloads for `/intake/`. Events have got their tags, host and time before.
pub fn events(all: &[Event], hostname: &str, compression: Compression) -> (Vec<Payload>, u64) {
    let host = json!(hostname).to_string();
    let before = r#"{"apiKey":"","events":{"api":["#;
    let behind = format!(r#"]}},"internalHostname":{host}}}"#);
    let pieces = all.iter().map(|event| one(&event_document(event)));
    pack(Route::Intake, pieces, [before.as_bytes(), b",", behind.as_bytes()], LIMITS, compression)
}

fn event_document(event: &Event) -> Value {
    let mut document = json!({
        "msg_title": event.title,
        "msg_text": event.text,
        "timestamp": event.timestamp_s,
        "priority": event.priority.name(),
        "host": event.host.clone().unwrap_or_default(),
        "tags": event.tags,
        "alert_type": event.alert_type.name(),
    });
    for (name, value) in
        [("aggregation_key", &event.aggregation_key), ("source_type_name", &event.source_type)]
    {
        if let Some(value) = value {
            document[name] = json!(value);
        }
    }
    document
}

/// The payloads for `/api/v1/check_run`.
pub fn service_checks(all: &[ServiceCheck], compression: Compression) -> (Vec<Payload>, u64) {
    let pieces = all.iter().map(|check| {
        one(&json!({
            "check": check.name,
            "host_name": check.host.clone().unwrap_or_default(),
            "timestamp": check.timestamp_s,
            "status": check.status.number(),
            "message": check.message,
            "tags": check.tags,
        }))
    });
    pack(Route::CheckRun, pieces, [b"[", b",", b"]"], LIMITS, compression)
}

fn one(document: &Value) -> Piece {
    Piece { bytes: document.to_string().into_bytes(), points: 1 }
}
