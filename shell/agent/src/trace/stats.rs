//! Counts traces before they are sampled: hits, errors and durations of each resource in pieces of
//! ten seconds (DD-TR-09).

mod summary;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use standin_kernel::Time;

use super::span::Span;
use crate::payload::{AGENT_VERSION, Payload, Route, gzipped};
use summary::Summary;

/// The width of a bucket, in nanoseconds.
const BUCKET_NS: u64 = 10_000_000_000;
/// A bucket is sent when so many newer ones have begun: spans end late.
const OPEN_BUCKETS: u64 = 2;
/// So many resources are told apart in a bucket.
const MOST_RESOURCES: usize = 7_000;

/// What is counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    env: String,
    service: String,
    name: String,
    resource: String,
    kind: String,
    status: u32,
    synthetics: bool,
}

#[derive(Clone, Debug, Default)]
struct Group {
    hits: u64,
    top_level_hits: u64,
    errors: u64,
    duration_ns: u64,
    well: Summary,
    failed: Summary,
}

/// The agent's own counting.
#[derive(Debug, Default)]
pub(super) struct Concentrator {
    /// By their beginnings, in nanoseconds.
    buckets: BTreeMap<u64, BTreeMap<Key, Group>>,
}

/// What is sent of it, in the words of the protocol; tracers that count themselves post the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ClientStats {
    pub hostname: String,
    pub env: String,
    pub version: String,
    pub stats: Vec<Bucket>,
    pub lang: String,
    pub tracer_version: String,
    #[serde(rename = "RuntimeID")]
    pub runtime_id: String,
    pub sequence: u64,
    pub agent_aggregation: String,
    pub service: String,
    #[serde(rename = "ContainerID")]
    pub container_id: String,
    pub tags: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Bucket {
    /// Nanoseconds of the epoch.
    pub start: u64,
    /// Nanoseconds.
    pub duration: u64,
    pub stats: Vec<Grouped>,
    pub agent_time_shift: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Grouped {
    pub service: String,
    pub name: String,
    pub resource: String,
    #[serde(rename = "HTTPStatusCode")]
    pub http_status_code: u32,
    #[serde(rename = "Type")]
    pub kind: String,
    #[serde(rename = "DBType")]
    pub db_type: String,
    pub hits: u64,
    pub errors: u64,
    pub duration: u64,
    pub ok_summary: Bytes,
    pub error_summary: Bytes,
    pub synthetics: bool,
    pub top_level_hits: u64,
}

/// A sketch as it is written; passed on as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> serde::de::Visitor<'de> for Any {
            type Value = Bytes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_unit<E>(self) -> Result<Bytes, E> {
                Ok(Bytes::default())
            }

            fn visit_str<E>(self, text: &str) -> Result<Bytes, E> {
                Ok(Bytes(text.as_bytes().to_vec()))
            }
        }
        from.deserialize_any(Any)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct StatsPayload<'a> {
    agent_hostname: &'a str,
    agent_env: &'a str,
    stats: Vec<ClientStats>,
    agent_version: &'a str,
    client_computed: bool,
}

impl Concentrator {
    /// Counts the spans where a trace enters a service, and those that are to be measured.
    pub(super) fn add(&mut self, now: Time, env: &str, trace: &[Span]) {
        for span in trace.iter().filter(|span| span.is_top_level() || span.is_measured()) {
            let end = span.start.saturating_add(span.duration.max(0)).max(0).unsigned_abs();
            // A span of long ago is counted in the oldest bucket that is open.
            let oldest = (now.0 / BUCKET_NS).saturating_sub(OPEN_BUCKETS - 1) * BUCKET_NS;
            let newest = now.0 / BUCKET_NS * BUCKET_NS;
            let start = (end / BUCKET_NS * BUCKET_NS).clamp(oldest, newest);
            let bucket = self.buckets.entry(start).or_default();
            let key = Key::of(env, span);
            if bucket.len() < MOST_RESOURCES || bucket.contains_key(&key) {
                bucket.entry(key).or_default().add(span);
            }
        }
    }

    /// The buckets that are over.
    pub(super) fn flush(
        &mut self,
        now: Time,
        whole: bool,
        env: &str,
        hostname: &str,
    ) -> Vec<ClientStats> {
        let open_from = match whole {
            true => u64::MAX,
            false => (now.0 / BUCKET_NS).saturating_sub(OPEN_BUCKETS - 1) * BUCKET_NS,
        };
        let rest = self.buckets.split_off(&open_from);
        let mut by_env: BTreeMap<String, Vec<Bucket>> = BTreeMap::new();
        for (start, groups) in std::mem::replace(&mut self.buckets, rest) {
            let mut envs: BTreeMap<String, Vec<Grouped>> = BTreeMap::new();
            for (key, group) in groups {
                envs.entry(key.env.clone()).or_default().push(group.shown(key));
            }
            for (env, stats) in envs {
                let bucket = Bucket { start, duration: BUCKET_NS, stats, agent_time_shift: 0 };
                by_env.entry(env).or_default().push(bucket);
            }
        }
        let stats = |(of, stats): (String, Vec<Bucket>)| ClientStats {
            hostname: hostname.to_owned(),
            env: if of.is_empty() { env.to_owned() } else { of },
            stats,
            ..ClientStats::default()
        };
        by_env.into_iter().map(stats).collect()
    }
}

impl Key {
    fn of(env: &str, span: &Span) -> Self {
        let meta = |name: &str| span.meta.get(name).map(String::as_str);
        Self {
            env: meta("env").unwrap_or(env).to_owned(),
            service: span.service.clone(),
            name: span.name.clone(),
            resource: span.resource.clone(),
            kind: span.kind.clone(),
            status: meta("http.status_code").and_then(|text| text.parse().ok()).unwrap_or(0),
            synthetics: meta("_dd.origin").is_some_and(|from| from.starts_with("synthetics")),
        }
    }
}

impl Group {
    fn add(&mut self, span: &Span) {
        let duration = span.duration.max(0).unsigned_abs();
        self.hits += 1;
        self.top_level_hits += u64::from(span.is_top_level());
        self.duration_ns = self.duration_ns.saturating_add(duration);
        let summary = if span.error == 0 {
            &mut self.well
        } else {
            self.errors += 1;
            &mut self.failed
        };
        summary.add(duration);
    }

    fn shown(self, key: Key) -> Grouped {
        Grouped {
            service: key.service,
            name: key.name,
            resource: key.resource,
            http_status_code: key.status,
            kind: key.kind,
            db_type: String::new(),
            hits: self.hits,
            errors: self.errors,
            duration: self.duration_ns,
            ok_summary: Bytes(self.well.encoded()),
            error_summary: Bytes(self.failed.encoded()),
            synthetics: key.synthetics,
            top_level_hits: self.top_level_hits,
        }
    }
}

/// The payload for `/api/v0.2/stats`; none when nothing was counted.
pub(super) fn payload(
    hostname: &str,
    env: &str,
    stats: Vec<ClientStats>,
    client_computed: bool,
) -> Option<Payload> {
    if stats.is_empty() {
        return None;
    }
    let items = stats.len() as u64;
    let payload = StatsPayload {
        agent_hostname: hostname,
        agent_env: env,
        stats,
        agent_version: AGENT_VERSION,
        client_computed,
    };
    let raw = rmp_serde::to_vec_named(&payload).ok()?;
    Some(Payload { route: Route::Stats, body: gzipped(&raw), encoding: Some("gzip"), items })
}
