//! Holds the reader of DogStatsD to the ledger.

use proptest::prelude::*;

use super::*;

fn one(line: &str) -> Result<Message, Malformed> {
    let mut all: Vec<_> = read(line.as_bytes()).collect();
    assert_eq!(all.len(), 1, "{line}");
    all.remove(0)
}

fn metric(line: &str) -> Metric {
    match one(line) {
        Ok(Message::Metric(metric)) => metric,
        other => panic!("{line}: {other:?}"),
    }
}

fn event(line: &str) -> Event {
    match one(line) {
        Ok(Message::Event(event)) => event,
        other => panic!("{line}: {other:?}"),
    }
}

fn numbers(line: &str) -> Vec<f64> {
    match metric(line).values {
        Values::Numbers(numbers) => numbers,
        Values::Member(member) => panic!("{line}: {member}"),
    }
}

#[test]
fn dd_ds_01_a_packet_holds_messages_of_every_type_a_line_each() {
    let packet = b"a:1|c\nb:2|g\nt:3|ms\nh:4|h\ns:x|s\r\nd:5|d\n";
    let kinds: Vec<_> = read(packet)
        .map(|message| match message {
            Ok(Message::Metric(metric)) => (metric.name, metric.kind),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        ("a", MetricType::Count),
        ("b", MetricType::Gauge),
        ("t", MetricType::Timing),
        ("h", MetricType::Histogram),
        ("s", MetricType::Set),
        ("d", MetricType::Distribution),
    ];
    assert_eq!(kinds, expected.map(|(name, kind)| (name.to_owned(), kind)));
}

#[test]
fn dd_ds_02_what_cannot_be_read_is_dropped_and_the_next_line_is_read() {
    let packet = b"a|c\n:1|c\na:|c\na:1\na:1|x\na:one|c\na:nan|g\n\xff\xfe:1|c\nb:2|g";
    let all: Vec<_> = read(packet).collect();
    assert_eq!(all.len(), 9);
    assert!(all[..8].iter().all(Result::is_err), "{all:?}");
    assert!(matches!(&all[8], Ok(Message::Metric(metric)) if metric.name == "b"));
}

#[test]
fn dd_ds_03_fields_come_in_any_order_and_unknown_ones_are_skipped() {
    let metric = metric("a:1|c|#x|@0.5|zzz|card:high");
    assert_eq!((metric.tags.as_slice(), metric.sample_rate), (["x".to_owned()].as_slice(), 0.5));
    assert_eq!(metric.origin.cardinality, Some(Cardinality::High));
}

#[test]
fn dd_ds_05_and_06_values_are_packed_and_empty_ones_skipped() {
    assert_eq!(numbers("a:1:2:32|d"), [1.0, 2.0, 32.0]);
    assert_eq!(numbers("a:21::22|h"), [21.0, 22.0]);
    assert_eq!(metric("a:1:2|s").values, Values::Member("1:2".into()));
    assert_eq!(one("a:::|c"), Err(Malformed::Shape));
}

#[test]
fn dd_ds_07_fields_say_where_a_message_comes_from() {
    let origin = metric("a:1|c|c:ci-abc|e:it-false|card:none").origin;
    assert_eq!(origin.container_id.as_deref(), Some("abc"));
    assert_eq!(origin.external_data.as_deref(), Some("it-false"));
    assert_eq!(origin.cardinality, Some(Cardinality::None));
    assert_eq!(metric("a:1|c|c:in-42").origin.container_id.as_deref(), Some("in-42"));
}

#[test]
fn dd_ds_08_counts_and_gauges_may_have_a_timestamp() {
    assert_eq!(metric("a:15|c|T1656581400").timestamp_s, Some(1_656_581_400));
    assert_eq!(metric("a:15|g|T1").timestamp_s, Some(1));
    for wrong in ["a:15|c|T0", "a:15|c|T-5", "a:15|c|T1.5", "a:15|c|T", "a:15|h|T1"] {
        assert_eq!(one(wrong), Err(Malformed::Timestamp), "{wrong}");
    }
}

#[test]
fn dd_ds_09_an_event_has_its_lengths_in_bytes() {
    let plain = event("_e{5,4}:title|text");
    assert_eq!((plain.title.as_str(), plain.text.as_str()), ("title", "text"));
    assert_eq!((plain.priority, plain.alert_type), (Priority::Normal, AlertType::Info));
    let full = event("_e{6,9}:日記|one\\n|two|d:9|h:box|k:same|p:low|s:cron|t:error|#a:1,b");
    assert_eq!((full.title.as_str(), full.text.as_str()), ("日記", "one\n|two"));
    assert_eq!((full.timestamp_s, full.host.as_deref()), (Some(9), Some("box")));
    assert_eq!(full.aggregation_key.as_deref(), Some("same"));
    assert_eq!((full.priority, full.alert_type), (Priority::Low, AlertType::Error));
    assert_eq!(full.source_type.as_deref(), Some("cron"));
    assert_eq!(full.tags, ["a:1", "b"]);
    for wrong in ["_e{5,40}:title|text", "_e{5,3}:title|text", "_e{1,1}:日|x", "_e{5:title|text"] {
        assert_eq!(one(wrong), Err(Malformed::EventShape), "{wrong}");
    }
}

#[test]
fn dd_ds_10_no_title_is_an_error_and_a_wrong_field_is_skipped() {
    assert_eq!(one("_e{0,4}:|text"), Err(Malformed::EventShape));
    let kept = event("_e{5,4}:title|text|p:urgent|t:loud|d:soon");
    assert_eq!((kept.priority, kept.alert_type), (Priority::Normal, AlertType::Info));
    assert_eq!(kept.timestamp_s, None);
}

#[test]
fn dd_ds_11_a_service_check_ends_with_its_message() {
    let Ok(Message::ServiceCheck(check)) = one("_sc|db|2|d:7|h:box|#env:dev|m:down|hard") else {
        panic!("a service check");
    };
    assert_eq!((check.name.as_str(), check.status), ("db", Status::Critical));
    assert_eq!((check.timestamp_s, check.host.as_deref()), (Some(7), Some("box")));
    assert_eq!(
        (check.tags.as_slice(), check.message.as_str()),
        (["env:dev".to_owned()].as_slice(), "down|hard")
    );
    for wrong in ["_sc|db|4", "_sc|db", "_sc||1", "_scdb|1"] {
        assert_eq!(one(wrong), Err(Malformed::CheckShape), "{wrong}");
    }
}

#[test]
fn dd_ds_12_some_tags_say_something_else() {
    let metric = metric("a:1|c|#host:h1,a:b,dd.internal.card:high,dd.internal.entity_id:p1");
    assert_eq!((metric.host.as_deref(), metric.tags), (Some("h1"), vec!["a:b".to_owned()]));
    assert_eq!(metric.origin.cardinality, Some(Cardinality::High));
    assert_eq!(metric.origin.entity_id.as_deref(), Some("p1"));
    assert_eq!(self::metric("a:1|c|#host:").host.as_deref(), Some(""));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(packet in proptest::collection::vec(any::<u8>(), 0..400)) {
        let lines = packet.split(|byte| *byte == b'\n').count();
        prop_assert!(read(&packet).count() <= lines);
    }

    #[test]
    fn what_a_sender_writes_is_what_is_read(
        name in "[a-z][a-z0-9_.]{0,20}",
        values in proptest::collection::vec(-1e9f64..1e9, 1..5),
        tags in proptest::collection::vec("[a-z]{1,6}:[a-z0-9/-]{1,8}", 0..4),
        rate in 0.01f64..1.0,
    ) {
        let tags: Vec<String> =
            tags.into_iter().filter(|tag| !tag.starts_with("host:")).collect();
        let packed = values.iter().map(f64::to_string).collect::<Vec<_>>().join(":");
        let line = format!("{name}:{packed}|d|@{rate}|#{}", tags.join(","));
        let read = metric(&line);
        prop_assert_eq!(read.name, name);
        prop_assert_eq!(read.values, Values::Numbers(values));
        prop_assert_eq!(read.tags, tags);
        prop_assert_eq!(read.sample_rate, rate);
    }

    #[test]
    fn an_events_lengths_hold_whatever_it_says(
        title in "[^\\r\\n\\\\]{1,20}",
        text in "[^\\r\\n\\\\]{0,40}",
    ) {
        let line = format!("_e{{{},{}}}:{title}|{text}", title.len(), text.len());
        let read = event(&line);
        prop_assert_eq!((read.title, read.text), (title, text));
    }
}
