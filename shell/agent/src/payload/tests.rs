//! Holds the form of payloads to the ledger.

use std::io::Read;

use prost::Message;
use serde_json::Value;

use super::proto::{MetricSeries, Sketch};
use super::*;
use crate::aggregate::{self, Context, Kind, Series, SketchSeries};
use crate::dogstatsd::{self, Event, ServiceCheck};

/// A list of messages in field 1.
#[derive(Clone, PartialEq, Message)]
struct SeriesList {
    #[prost(message, repeated, tag = "1")]
    series: Vec<MetricSeries>,
}

#[derive(Clone, PartialEq, Message)]
struct SketchList {
    #[prost(message, repeated, tag = "1")]
    sketches: Vec<Sketch>,
}

fn context(name: &str, host: &str) -> Context {
    Context { name: name.into(), host: host.into(), tags: vec!["env:prod".into()] }
}

fn series(name: &str, kind: Kind, points: Vec<(u64, f64)>) -> Series {
    let interval_s = if kind == Kind::Rate { 10 } else { 0 };
    Series { context: context(name, "box"), kind, interval_s, points }
}

fn unpacked(payload: &Payload) -> Vec<u8> {
    let mut raw = Vec::new();
    match payload.encoding {
        None => raw.extend_from_slice(&payload.body),
        Some("zstd") => {
            let mut decoder = ruzstd::decoding::StreamingDecoder::new(&payload.body[..]).unwrap();
            decoder.read_to_end(&mut raw).unwrap();
        }
        Some("deflate") => {
            flate2::read::ZlibDecoder::new(&payload.body[..]).read_to_end(&mut raw).unwrap();
        }
        Some(other) => panic!("{other}"),
    }
    raw
}

#[test]
fn dd_in_02_dd_in_06_series_are_protobuf_with_type_points_host_and_interval() {
    let all = [
        series("c", Kind::Count, vec![(7, 1.5)]),
        series("r", Kind::Rate, vec![(10, 0.5), (20, 0.0)]),
        series("g", Kind::Gauge, vec![(10, 3.0)]),
    ];
    let (payloads, dropped) = series_v2(&all, Compression::Zstd);
    assert_eq!((payloads.len(), dropped, payloads[0].items), (1, 0, 4));
    assert_eq!(payloads[0].route.path(), "/api/v2/series");
    let list = SeriesList::decode(unpacked(&payloads[0]).as_slice()).unwrap();
    let kinds: Vec<_> = list.series.iter().map(|one| (one.kind, one.interval)).collect();
    assert_eq!(kinds, [(1, 0), (2, 10), (3, 0)]);
    let rate = &list.series[1];
    assert_eq!(
        (rate.metric.as_str(), rate.tags.as_slice()),
        ("r", ["env:prod".to_owned()].as_slice())
    );
    assert_eq!((rate.points[0].timestamp, rate.points[0].value), (10, 0.5));
    assert_eq!((rate.resources[0].kind.as_str(), rate.resources[0].name.as_str()), ("host", "box"));
}

#[test]
fn dd_in_04_ten_thousand_points_are_a_payload_and_one_more_is_two() {
    let all: Vec<_> = (0..10_001).map(|at| series("a", Kind::Gauge, vec![(at, 1.0)])).collect();
    let (payloads, _) = series_v2(&all, Compression::Deflate);
    let points: Vec<_> = payloads.iter().map(|one| one.items).collect();
    assert_eq!(points, [10_000, 1]);
    let (one, _) = series_v2(&all[1..], Compression::Deflate);
    assert_eq!(one.len(), 1);
}

#[test]
fn dd_in_04_what_is_too_large_goes_in_pieces_and_what_never_fits_is_dropped() {
    let limits = Limits { raw_bytes: 100, compressed_bytes: 40, points: 10 };
    let piece = |size: usize| Piece { bytes: vec![7; size], points: 1 };
    let pieces = [30, 30, 200, 30].map(piece);
    let (payloads, dropped) =
        pack(Route::SeriesV2, pieces, [b"", b"", b""], limits, Compression::None);
    let sizes: Vec<_> = payloads.iter().map(|one| one.body.len()).collect();
    assert_eq!((sizes, dropped), (vec![30, 30, 30], 1));
}

#[test]
fn every_compression_gives_the_same_back() {
    let all = [series("a", Kind::Gauge, vec![(1, 1.0)])];
    let raw = unpacked(&series_v2(&all, Compression::None).0[0]);
    for how in [Compression::Zstd, Compression::Deflate] {
        assert_eq!(unpacked(&series_v2(&all, how).0[0]), raw, "{how:?}");
    }
}

#[test]
fn dd_in_02_distributions_go_as_sketches() {
    let mut sketch = aggregate::Sketch::default();
    [1.0, 1.0, -2.0, 0.0].iter().for_each(|value| sketch.add(*value, 1.0));
    let all = [SketchSeries { context: context("d", ""), points: vec![(10, sketch)] }];
    let (payloads, _) = sketches(&all, Compression::Zstd);
    assert_eq!(payloads[0].route.path(), "/api/beta/sketches");
    let list = SketchList::decode(unpacked(&payloads[0]).as_slice()).unwrap();
    let point = &list.sketches[0].dogsketches[0];
    assert_eq!((point.ts, point.cnt, point.min, point.max, point.sum), (10, 4, -2.0, 1.0, 0.0));
    // Bins in order: -2, 0, 1.
    assert_eq!((point.n.as_slice(), point.k[1], point.k[2]), ([1, 1, 2].as_slice(), 0, 1338));
}

fn json(payload: &Payload) -> Value {
    serde_json::from_slice(&unpacked(payload)).unwrap()
}

fn read(line: &str) -> dogstatsd::Message {
    dogstatsd::read(line.as_bytes()).next().unwrap().unwrap()
}

#[test]
fn dd_in_02_events_service_checks_and_older_series_go_as_json() {
    let dogstatsd::Message::Event(event) = read("_e{5,4}:title|text|t:error|k:same") else {
        panic!("an event");
    };
    let event = Event { timestamp_s: Some(9), ..event };
    let (payloads, _) = events(&[event], "box", Compression::Deflate);
    assert_eq!(payloads[0].route.path(), "/intake/");
    let document = json(&payloads[0]);
    let event = &document["events"]["api"][0];
    assert_eq!((&event["msg_title"], &event["alert_type"]), (&"title".into(), &"error".into()));
    assert_eq!((&event["timestamp"], &event["aggregation_key"]), (&9.into(), &"same".into()));
    assert_eq!(document["internalHostname"], "box");

    let dogstatsd::Message::ServiceCheck(check) = read("_sc|db|2|#env:dev|m:down") else {
        panic!("a service check");
    };
    let check = ServiceCheck { timestamp_s: Some(9), ..check };
    let document = json(&service_checks(&[check], Compression::Zstd).0[0]);
    assert_eq!((&document[0]["status"], &document[0]["message"]), (&2.into(), &"down".into()));

    let all = [series("a", Kind::Rate, vec![(10, 0.5)])];
    let document = json(&series_v1(&all, Compression::Zstd).0[0]);
    let one = &document["series"][0];
    assert_eq!(
        (&one["type"], &one["interval"], &one["host"]),
        (&"rate".into(), &10.into(), &"box".into())
    );
    assert_eq!(one["points"], serde_json::json!([[10, 0.5]]));
}
