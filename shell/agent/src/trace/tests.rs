//! Holds what comes of traces to the ledger.

use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

use proptest::prelude::*;
use prost::Message;
use serde::Serialize;
use serde_json::{Value, json};

use super::*;
use crate::payload::{Route, trace_proto as proto};

fn settings(variables: &[(&str, &str)]) -> Settings {
    let variables: Vec<(String, String)> =
        variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Settings::read(&variables).unwrap()
}

fn start() -> Time {
    Time::from_seconds(1_000_000)
}

fn span(service: &str, trace_id: u64, span_id: u64, parent_id: u64) -> Span {
    Span {
        service: service.into(),
        name: "web.request".into(),
        resource: "GET /".into(),
        trace_id,
        span_id,
        parent_id,
        start: start().0.cast_signed(),
        duration: 5_000_000,
        kind: "web".into(),
        ..Span::default()
    }
}

fn with_priority(mut span: Span, priority: f64) -> Span {
    span.metrics.insert("_sampling_priority_v1".into(), priority);
    span
}

/// A span as tracers write it, with what is not known to the reader besides.
fn written(trace_id: u64) -> Value {
    json!({
        "service": "web", "name": "web.request", "resource": "GET /", "trace_id": trace_id,
        "span_id": 1, "parent_id": 0, "start": 7, "duration": 5, "error": 0,
        "meta": {"env": "prod"}, "metrics": {"_sampling_priority_v1": 1}, "type": "web",
        "meta_struct": {"x": [1, 2]}, "span_links": null,
    })
}

const MSGPACK: &str = "application/msgpack";

fn packed(value: &impl Serialize) -> Vec<u8> {
    rmp_serde::to_vec_named(value).unwrap()
}

#[test]
fn dd_tr_02_traces_are_read_as_msgpack_and_as_json() {
    let body = json!([[written(1)], null, [written(u64::MAX)]]);
    let read = traces(Format::Spans, MSGPACK, &packed(&body)).unwrap();
    let ids: Vec<_> = read.iter().map(|trace| trace[0].trace_id).collect();
    assert_eq!(ids, [1, u64::MAX]);
    assert_eq!((read[0][0].meta["env"].as_str(), read[0][0].priority()), ("prod", Some(1)));
    let text = body.to_string();
    assert_eq!(
        traces(Format::Spans, "application/json; charset=utf-8", text.as_bytes()),
        Ok(read.clone())
    );
    assert_eq!(traces(Format::Json, "application/json", text.as_bytes()), Ok(read));
    assert_eq!(traces(Format::Json, MSGPACK, &packed(&body)), Err(Undecodable::MediaType));
    let nil = json!([[{"service": null, "meta": null, "trace_id": 5}]]);
    assert_eq!(traces(Format::Spans, MSGPACK, &packed(&nil)).unwrap()[0][0].trace_id, 5);
}

#[test]
fn dd_tr_02_the_form_with_a_table_of_texts() {
    let texts = ["", "web", "web.request", "GET /", "env", "prod", "n"];
    let row = (
        1,
        2,
        3,
        9_u64,
        1_u64,
        0_u64,
        7_i64,
        5_i64,
        0,
        BTreeMap::from([(4, 5)]),
        BTreeMap::from([(6, 1.5)]),
        1,
    );
    let read = traces(Format::Table, MSGPACK, &packed(&(texts, [[row]]))).unwrap();
    let span = &read[0][0];
    assert_eq!((span.service.as_str(), span.resource.as_str(), span.trace_id), ("web", "GET /", 9));
    assert_eq!((span.meta["env"].as_str(), span.metrics["n"]), ("prod", 1.5));
    let outside = (
        1,
        2,
        99,
        9_u64,
        1_u64,
        0_u64,
        7_i64,
        5_i64,
        0,
        BTreeMap::<u32, u32>::new(),
        BTreeMap::<u32, f64>::new(),
        1,
    );
    let body = packed(&(texts, [[outside]]));
    assert_eq!(traces(Format::Table, MSGPACK, &body), Err(Undecodable::Malformed));
}

#[test]
fn dd_tr_04_garbage_cannot_be_decoded() {
    for format in [Format::Spans, Format::Table] {
        assert_eq!(traces(format, MSGPACK, b"\xc1garbage"), Err(Undecodable::Malformed));
    }
    assert_eq!(traces(Format::Spans, "application/json", b"[["), Err(Undecodable::Malformed));
    assert_eq!(traces(Format::Spans, "text/html", b"[]"), Err(Undecodable::MediaType));
}

fn unzipped(payload: &Payload) -> Vec<u8> {
    let mut raw = Vec::new();
    flate2::read::GzDecoder::new(&payload.body[..]).read_to_end(&mut raw).unwrap();
    raw
}

/// The chunks that leave.
fn chunks(payloads: &[Payload]) -> Vec<proto::TraceChunk> {
    let traces = payloads.iter().filter(|one| one.route == Route::Traces);
    traces
        .flat_map(|one| {
            proto::AgentPayload::decode(unzipped(one).as_slice()).unwrap().tracer_payloads
        })
        .flat_map(|tracer| tracer.chunks)
        .collect()
}

/// The statistics that leave.
fn grouped(payloads: &[Payload]) -> Vec<stats::Grouped> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Posted {
        stats: Vec<ClientStats>,
    }
    let all = payloads.iter().filter(|one| one.route == Route::Stats);
    all.flat_map(|one| rmp_serde::from_slice::<Posted>(&unzipped(one)).unwrap().stats)
        .flat_map(|stats| stats.stats)
        .flat_map(|bucket| bucket.stats)
        .collect()
}

#[test]
fn dd_tr_08_the_users_word_counts_and_errors_are_kept_up_to_ten_a_second() {
    let settings = settings(&[]);
    let mut tracing = Tracing::new(&settings);
    let post = |tracing: &mut Tracing, span: Span| {
        tracing.take(start(), &Sender::default(), vec![vec![span]], &settings.control);
    };
    for (trace_id, priority) in [(1, -1.0), (2, 0.0), (3, 1.0), (4, 2.0)] {
        post(&mut tracing, with_priority(span("web", trace_id, 1, 0), priority));
    }
    for trace_id in 100..130 {
        let failed = Span { error: 1, ..span("web", trace_id, 1, 0) };
        post(&mut tracing, with_priority(failed, 0.0));
    }
    post(&mut tracing, with_priority(Span { error: 1, ..span("web", 200, 1, 0) }, -1.0));
    let ids: Vec<_> =
        chunks(&tracing.flush(start(), true)).iter().map(|chunk| chunk.spans[0].trace_id).collect();
    assert_eq!(ids[..2], [3, 4]);
    assert_eq!(ids[2..], (100..110).collect::<Vec<_>>());
}

#[test]
fn dd_tr_08_a_busy_service_is_told_a_rate_well_below_1() {
    let settings = settings(&[]);
    let mut tracing = Tracing::new(&settings);
    let mut now = start();
    let mut rate = 1.0;
    for _ in 0..30 {
        let busy = (0..1000).map(|id| vec![with_priority(span("web", id, 1, 0), 1.0)]);
        let quiet = vec![with_priority(span("batch", 7, 1, 0), 1.0)];
        let all = busy.chain([quiet]).collect();
        tracing.take(now, &Sender::default(), all, &settings.control);
        now = now + Duration::from_secs(1);
        let told: Value = serde_json::from_str(&tracing.rates(now).0).unwrap();
        let rates = &told["rate_by_service"];
        rate = rates["service:web,env:none"].as_f64().unwrap_or(1.0);
        assert_eq!(rates["service:,env:"], 1.0);
        assert_eq!(rates["service:batch,env:none"].as_f64().unwrap_or(1.0), 1.0);
    }
    assert!((0.005..0.02).contains(&rate), "{rate}");
}

#[test]
fn dd_tr_03_rates_keep_their_version_until_they_change() {
    let settings = settings(&[]);
    let mut tracing = Tracing::new(&settings);
    let first = tracing.rates(start());
    assert!(first.0.contains("rate_by_service"));
    assert_eq!(tracing.rates(start()), first);
    let busy = (0..1000).map(|id| vec![with_priority(span("web", id, 1, 0), 1.0)]).collect();
    tracing.take(start(), &Sender::default(), busy, &settings.control);
    assert_ne!(tracing.rates(start() + Duration::from_secs(5)).1, first.1);
}

#[test]
fn dd_tr_09_hits_are_counted_before_sampling_and_once() {
    let settings = settings(&[]);
    let mut tracing = Tracing::new(&settings);
    let trace = |id| {
        let root = with_priority(span("web", id, 1, 0), 0.0);
        vec![root, span("web", id, 2, 1), span("db", id, 3, 1)]
    };
    tracing.take(start(), &Sender::default(), (0..50).map(trace).collect(), &settings.control);
    let itself = Sender { counts_itself: true, ..Sender::default() };
    tracing.take(start(), &itself, vec![trace(99)], &settings.control);
    assert!(grouped(&tracing.flush(start(), false)).is_empty(), "the bucket is open");
    let payloads = tracing.flush(start() + Duration::from_secs(20), false);
    assert!(chunks(&payloads).is_empty());
    let hits: Vec<_> =
        grouped(&payloads).into_iter().map(|one| (one.service, one.hits, one.duration)).collect();
    let expected = [("db", 50, 250_000_000), ("web", 50, 250_000_000)];
    assert_eq!(hits, expected.map(|(service, hits, time)| (service.to_owned(), hits, time)));
}

#[test]
fn dd_tr_09_what_a_tracer_has_counted_is_passed_on() {
    let body = json!({"Hostname": "h", "Env": "prod", "Service": "web", "Stats": [{
        "Start": 5, "Duration": 10, "Stats": [{"Service": "web", "Name": "n", "Resource": "r",
            "Hits": 7, "Errors": 1, "Duration": 9, "OkSummary": "x", "TopLevelHits": 7}]}]});
    let mut tracing = Tracing::new(&settings(&[]));
    tracing.take_stats(client_stats(&packed(&body)).unwrap());
    let payloads = tracing.flush(start(), false);
    let passed = &grouped(&payloads)[0];
    assert_eq!((passed.hits, passed.ok_summary.0.as_slice()), (7, b"x".as_slice()));
    assert_eq!(payloads[0].route.path(), "/api/v0.2/stats");
    assert_eq!(client_stats(b"\xc1"), Err(Undecodable::Malformed));
}

#[test]
fn dd_ct_05_ignored_traces_leave_no_trace_and_no_hit_and_texts_are_rewritten() {
    let settings = settings(&[
        ("DD_APM_IGNORE_RESOURCES", "GET /health"),
        ("DD_APM_REPLACE_TAGS", r#"[{"name": "user", "pattern": "[0-9]+", "repl": "?"}]"#),
        ("STANDIN_AGENT_CONTROL", r#"{"Services": {"Deny": ["batch"]}}"#),
    ]);
    let mut tracing = Tracing::new(&settings);
    let health = Span { resource: "GET /health".into(), ..span("web", 1, 1, 0) };
    let mut kept = span("web", 2, 1, 0);
    kept.meta.insert("user".into(), "u42".into());
    kept.meta.insert("http.url".into(), "http://h/?token=abc".into());
    let all = [health, span("batch", 3, 1, 0), kept].map(|span| vec![with_priority(span, 2.0)]);
    tracing.take(start(), &Sender::default(), all.to_vec(), &settings.control);
    let payloads = tracing.flush(start(), true);
    let left = chunks(&payloads);
    assert_eq!(left.len(), 1);
    let meta = &left[0].spans[0].meta;
    assert_eq!((meta["user"].as_str(), meta["http.url"].as_str()), ("u?", "http://h/?token=***"));
    assert_eq!(grouped(&payloads).iter().map(|one| one.hits).sum::<u64>(), 1);
    assert_eq!(tracing.counts.kept_back, 2);
}

#[test]
fn a_share_of_a_services_traces_is_kept_whole() {
    let rules = r#"{"Traces": [{"Service": "web", "Rate": 0.1}]}"#;
    let settings = settings(&[("STANDIN_AGENT_CONTROL", rules)]);
    let mut tracing = Tracing::new(&settings);
    for id in 0..1000 {
        let trace = vec![with_priority(span("web", id, 1, 0), 2.0), span("web", id, 2, 1)];
        tracing.take(start(), &Sender::default(), vec![trace], &settings.control);
    }
    let left = chunks(&tracing.flush(start(), true));
    assert!((60..140).contains(&left.len()), "{}", left.len());
    assert!(left.iter().all(|chunk| chunk.spans.len() == 2));
}

#[test]
fn dd_tr_10_a_large_flush_goes_in_payloads_of_a_few_megabytes() {
    let settings = settings(&[]);
    let mut tracing = Tracing::new(&settings);
    let trace = |id, size| {
        let mut root = with_priority(span("web", id, 1, 0), 2.0);
        root.name = "x".repeat(size);
        vec![root]
    };
    let all = (0..10).map(|id| trace(id, 1_000_000)).chain([trace(99, 4_000_000)]).collect();
    let python = Sender { language: "python".into(), ..Sender::default() };
    tracing.take(start(), &python, all, &settings.control);
    let payloads = tracing.flush(start(), false);
    let items: Vec<_> = payloads.iter().map(|one| one.items).collect();
    assert_eq!((items, tracing.counts.dropped), (vec![3, 3, 3, 1], 1));
    let first = proto::AgentPayload::decode(unzipped(&payloads[0]).as_slice()).unwrap();
    assert_eq!(first.tracer_payloads[0].language_name, "python");
    assert_eq!(first.target_tps, 10.0);
}

#[test]
fn dd_tr_01_dd_tr_07_dd_tr_13_info_tells_what_is_served_and_its_digest_follows_the_settings() {
    let document = info::document(&settings(&[]));
    let endpoints = document["endpoints"].as_array().unwrap();
    assert!(
        endpoints.contains(&json!("/v0.4/traces")) && endpoints.contains(&json!("/v0.5/traces"))
    );
    assert!(
        !endpoints.contains(&json!("/v0.2/traces")) && !endpoints.contains(&json!("/v0.7/config"))
    );
    assert_eq!(document["config"]["receiver_port"], 8126);
    let state = info::state(&document);
    assert_eq!((state.len(), &info::state(&info::document(&settings(&[])))), (64, &state));
    let other = info::document(&settings(&[("DD_APM_TARGET_TPS", "5")]));
    assert_ne!(info::state(&other), state);
}

proptest! {
    #[test]
    fn any_bytes_are_decoded_without_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        for format in [Format::Json, Format::Spans, Format::Table] {
            for media_type in [MSGPACK, "application/json"] {
                let _ = traces(format, media_type, &body);
            }
        }
        let _ = client_stats(&body);
    }
}
