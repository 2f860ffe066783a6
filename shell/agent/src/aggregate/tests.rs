//! Holds what comes of samples to the ledger, under a clock of the tests' own.

use std::time::Duration;

use super::*;
use crate::dogstatsd::{self, Message};

/// The beginning of a bucket.
const START: u64 = 1_000_000;

fn at(second: u64) -> Time {
    Time::from_seconds(START + second)
}

fn send(aggregator: &mut Aggregator, second: u64, lines: &str) {
    for message in dogstatsd::read(lines.as_bytes()) {
        let Ok(Message::Metric(metric)) = message else { panic!("{lines}") };
        let tags = metric.tags.clone();
        let context = Context { name: metric.name.clone(), host: String::new(), tags };
        aggregator.add(at(second), context, &metric);
    }
}

/// Name, kind, and the points with their seconds after [`START`].
type Shown = (String, Kind, Vec<(u64, f64)>);

fn shown(flush: &Flush) -> Vec<Shown> {
    let relative = |points: &[(u64, f64)]| points.iter().map(|(at, v)| (at - START, *v)).collect();
    let all = flush.series.iter();
    all.map(|one| (one.context.name.clone(), one.kind, relative(&one.points))).collect()
}

#[test]
fn dd_ds_13_only_buckets_that_are_over_are_sent() {
    let mut aggregator = Aggregator::default();
    send(&mut aggregator, 9, "a:1|c");
    send(&mut aggregator, 10, "a:2|c");
    assert_eq!(shown(&aggregator.flush(at(9), false)), []);
    let first = shown(&aggregator.flush(at(15), false));
    assert_eq!(first, [("a".into(), Kind::Rate, vec![(0, 0.1)])]);
    let second = shown(&aggregator.flush(at(30), false));
    assert_eq!(second[0].2[0], (10, 0.2));
    send(&mut aggregator, 31, "a:3|g");
    let whole = aggregator.flush(at(31), true);
    assert!(shown(&whole).contains(&("a".into(), Kind::Gauge, vec![(30, 3.0)])));
}

#[test]
fn dd_ds_14_each_type_is_sent_in_its_own_way() {
    let mut aggregator = Aggregator::default();
    send(&mut aggregator, 0, "a:1|c\na:1|c\na:1|c\na:1|c\na:1|c\ng:1|g\ng:7|g");
    send(&mut aggregator, 1, "h:1|h\nh:3|h\nt:5|ms\ns:x|s\ns:y|s\ns:x|s\nd:1:2|d");
    let flush = aggregator.flush(at(10), false);
    let point = |value: f64| vec![(0, value)];
    let expected = [
        ("a", Kind::Rate, 0.5),
        ("g", Kind::Gauge, 7.0),
        ("h.95percentile", Kind::Gauge, 3.0),
        ("h.avg", Kind::Gauge, 2.0),
        ("h.count", Kind::Rate, 0.2),
        ("h.max", Kind::Gauge, 3.0),
        ("h.median", Kind::Gauge, 1.0),
        ("s", Kind::Gauge, 2.0),
        ("t.95percentile", Kind::Gauge, 5.0),
        ("t.avg", Kind::Gauge, 5.0),
        ("t.count", Kind::Rate, 0.1),
        ("t.max", Kind::Gauge, 5.0),
        ("t.median", Kind::Gauge, 5.0),
    ];
    let expected: Vec<_> =
        expected.iter().map(|(name, kind, value)| ((*name).into(), *kind, point(*value))).collect();
    assert_eq!(shown(&flush), expected);
    assert!(
        flush.series.iter().all(|one| one.interval_s == u64::from(one.kind == Kind::Rate) * 10)
    );
    let [distribution] = &flush.sketches[..] else { panic!("{:?}", flush.sketches) };
    assert_eq!((distribution.context.name.as_str(), distribution.points[0].1.count), ("d", 2.0));
}

#[test]
fn dd_ds_04_samples_stand_for_those_that_were_not_sent() {
    let mut aggregator = Aggregator::default();
    send(&mut aggregator, 0, "a:1|c|@0.1\nh:4|h|@0.5\nd:4|d|@0.25");
    let flush = aggregator.flush(at(10), false);
    let all = shown(&flush);
    let value = |name: &str| all.iter().find(|one| one.0 == name).unwrap().2[0].1;
    assert_eq!((value("a") * 10.0, value("h.count") * 10.0), (10.0, 2.0));
    assert_eq!(value("h.avg"), 4.0);
    assert_eq!(flush.sketches[0].points[0].1.count, 4.0);
}

#[test]
fn dd_ds_08_a_value_with_a_time_is_sent_with_it_and_not_added_up() {
    let mut aggregator = Aggregator::default();
    send(&mut aggregator, 0, "a:15|c|T1656581400\na:2|c|T1656581400\ng:3|g|T1656581401");
    let flush = aggregator.flush(at(1), false);
    let all: Vec<_> = flush.series.iter().map(|one| (one.kind, one.points.clone())).collect();
    let counts = vec![(1_656_581_400, 15.0), (1_656_581_400, 2.0)];
    let gauges = vec![(1_656_581_401, 3.0)];
    assert_eq!(all, [(Kind::Count, counts), (Kind::Gauge, gauges)]);
}

#[test]
fn dd_ds_15_a_counter_goes_on_as_0_for_five_minutes() {
    let mut aggregator = Aggregator::default();
    send(&mut aggregator, 0, "a:1|c");
    let mut points = Vec::new();
    for flush in 1..=30 {
        let flushed = aggregator.flush(at(flush * 15), false);
        points.extend(shown(&flushed).into_iter().flat_map(|one| one.2));
    }
    let expected: Vec<_> =
        (0..=30).map(|bucket| (bucket * 10, if bucket == 0 { 0.1 } else { 0.0 })).collect();
    assert_eq!(points, expected);
}

#[test]
fn dd_ct_07_a_histogram_has_the_sub_series_that_are_asked_for() {
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    let aggregates = Aggregates::named(&words(&["min", "sum"]), &words(&["0.5", "0.99"])).unwrap();
    let mut aggregator = Aggregator::new(Settings { aggregates, ..Settings::default() });
    send(&mut aggregator, 0, "h:1:2:3|h");
    let names: Vec<_> = shown(&aggregator.flush(at(10), false))
        .into_iter()
        .map(|one| (one.0, one.2[0].1))
        .collect();
    let expected =
        [("h.50percentile", 2.0), ("h.99percentile", 3.0), ("h.min", 1.0), ("h.sum", 6.0)];
    assert_eq!(names, expected.map(|(name, value)| (name.to_owned(), value)));
    assert!(Aggregates::named(&words(&["mode"]), &[]).is_err());
}

#[test]
fn series_are_told_apart_by_their_tags() {
    let mut aggregator = Aggregator::default();
    send(&mut aggregator, 0, "a:1|g|#x:1\na:2|g|#x:2");
    assert_eq!(aggregator.flush(at(10), false).series.len(), 2);
}

#[test]
fn more_series_than_it_keeps_apart_are_dropped_and_counted() {
    let mut aggregator = Aggregator::default();
    for number in 0..MOST_SERIES + 5 {
        send(&mut aggregator, 0, &format!("a{number}:1|g"));
    }
    assert_eq!(aggregator.dropped, 5);
    assert_eq!(aggregator.flush(at(10), false).series.len(), MOST_SERIES);
}

#[test]
fn a_silent_hour_costs_no_more_than_the_counters_there_are() {
    let mut aggregator = Aggregator::default();
    send(&mut aggregator, 0, "a:1|c");
    aggregator.flush(at(15), false);
    let later = aggregator.flush(at(15) + Duration::from_secs(3600), false);
    let points: usize = later.series.iter().map(|one| one.points.len()).sum();
    assert_eq!(points, 30);
}
