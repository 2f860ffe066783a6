//! The messages of the intake's protobuf routes, as far as they are filled here: field numbers are
//! the protocol's.

use prost::Message;

/// A series of `/api/v2/series`; the payload is a list of them in field 1.
#[derive(Clone, PartialEq, Message)]
pub(super) struct MetricSeries {
    #[prost(message, repeated, tag = "1")]
    pub(super) resources: Vec<Resource>,
    #[prost(string, tag = "2")]
    pub(super) metric: String,
    #[prost(string, repeated, tag = "3")]
    pub(super) tags: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    pub(super) points: Vec<MetricPoint>,
    /// 1 count, 2 rate, 3 gauge (DD-IN-06).
    #[prost(int32, tag = "5")]
    pub(super) kind: i32,
    #[prost(string, tag = "7")]
    pub(super) source_type_name: String,
    #[prost(int64, tag = "8")]
    pub(super) interval: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Resource {
    #[prost(string, tag = "1")]
    pub(super) kind: String,
    #[prost(string, tag = "2")]
    pub(super) name: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct MetricPoint {
    #[prost(double, tag = "1")]
    pub(super) value: f64,
    #[prost(int64, tag = "2")]
    pub(super) timestamp: i64,
}

/// A series of `/api/beta/sketches`; the payload is a list of them in field 1.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Sketch {
    #[prost(string, tag = "1")]
    pub(super) metric: String,
    #[prost(string, tag = "2")]
    pub(super) host: String,
    #[prost(string, repeated, tag = "4")]
    pub(super) tags: Vec<String>,
    #[prost(message, repeated, tag = "7")]
    pub(super) dogsketches: Vec<Dogsketch>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Dogsketch {
    #[prost(int64, tag = "1")]
    pub(super) ts: i64,
    #[prost(int64, tag = "2")]
    pub(super) cnt: i64,
    #[prost(double, tag = "3")]
    pub(super) min: f64,
    #[prost(double, tag = "4")]
    pub(super) max: f64,
    #[prost(double, tag = "5")]
    pub(super) avg: f64,
    #[prost(double, tag = "6")]
    pub(super) sum: f64,
    /// Bin numbers.
    #[prost(sint32, repeated, tag = "7")]
    pub(super) k: Vec<i32>,
    /// How many fell into each.
    #[prost(uint32, repeated, tag = "8")]
    pub(super) n: Vec<u32>,
}

/// What the trace agent sends to `/api/v0.2/traces`.
pub(crate) mod traces {
    use std::collections::BTreeMap;

    use prost::Message;

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct AgentPayload {
        #[prost(string, tag = "1")]
        pub(crate) host_name: String,
        #[prost(string, tag = "2")]
        pub(crate) env: String,
        #[prost(message, repeated, tag = "5")]
        pub(crate) tracer_payloads: Vec<TracerPayload>,
        #[prost(btree_map = "string, string", tag = "6")]
        pub(crate) tags: BTreeMap<String, String>,
        #[prost(string, tag = "7")]
        pub(crate) agent_version: String,
        #[prost(double, tag = "8")]
        pub(crate) target_tps: f64,
        #[prost(double, tag = "9")]
        pub(crate) error_tps: f64,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct TracerPayload {
        #[prost(string, tag = "1")]
        pub(crate) container_id: String,
        #[prost(string, tag = "2")]
        pub(crate) language_name: String,
        #[prost(string, tag = "3")]
        pub(crate) language_version: String,
        #[prost(string, tag = "4")]
        pub(crate) tracer_version: String,
        #[prost(message, repeated, tag = "6")]
        pub(crate) chunks: Vec<TraceChunk>,
        #[prost(btree_map = "string, string", tag = "7")]
        pub(crate) tags: BTreeMap<String, String>,
        #[prost(string, tag = "8")]
        pub(crate) env: String,
        #[prost(string, tag = "9")]
        pub(crate) hostname: String,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct TraceChunk {
        #[prost(int32, tag = "1")]
        pub(crate) priority: i32,
        #[prost(string, tag = "2")]
        pub(crate) origin: String,
        #[prost(message, repeated, tag = "3")]
        pub(crate) spans: Vec<Span>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Span {
        #[prost(string, tag = "1")]
        pub(crate) service: String,
        #[prost(string, tag = "2")]
        pub(crate) name: String,
        #[prost(string, tag = "3")]
        pub(crate) resource: String,
        #[prost(uint64, tag = "4")]
        pub(crate) trace_id: u64,
        #[prost(uint64, tag = "5")]
        pub(crate) span_id: u64,
        #[prost(uint64, tag = "6")]
        pub(crate) parent_id: u64,
        #[prost(int64, tag = "7")]
        pub(crate) start: i64,
        #[prost(int64, tag = "8")]
        pub(crate) duration: i64,
        #[prost(int32, tag = "9")]
        pub(crate) error: i32,
        #[prost(btree_map = "string, string", tag = "10")]
        pub(crate) meta: BTreeMap<String, String>,
        #[prost(btree_map = "string, double", tag = "11")]
        pub(crate) metrics: BTreeMap<String, f64>,
        #[prost(string, tag = "12")]
        pub(crate) kind: String,
    }
}

/// A message as it stands in a list that is field 1 of another message.
pub(super) fn as_field_1(message: &impl Message) -> Vec<u8> {
    // Field 1, with a length.
    const KEY: u8 = 1 << 3 | 2;
    let mut bytes = vec![KEY];
    // A list of bytes takes any number of them.
    let _ = message.encode_length_delimited(&mut bytes);
    bytes
}
