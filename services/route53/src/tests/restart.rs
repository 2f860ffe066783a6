//! What survives a restart.

use super::*;

#[test]
fn zones_records_addresses_and_checks_come_back() {
    let (mut bench, zone) = Bench::with_zone();
    let check = bench.fixed_check(false);
    let primary = json!({"Failover": "PRIMARY", "HealthCheckId": check});
    bench.upsert(&zone, one("f.example.com", "p", 1, primary));
    bench.upsert(&zone, one("f.example.com", "s", 2, json!({"Failover": "SECONDARY"})));
    bench.upsert(&zone, alias("*.example.com", ALB_ZONE, ALB, true));
    let tags = json!({"ResourceType": "hostedzone", "ResourceId": zone,
        "AddTags": [{"Key": "team", "Value": "diary"}]});
    bench.ok("ChangeTagsForResource", tags);
    let before = (bench.dig("www.example.com", "A"), bench.addresses("f.example.com"));
    bench.restart();
    let after = (bench.dig("www.example.com", "A"), bench.addresses("f.example.com"));
    assert_eq!(before, after);
    assert_eq!(before.1, ["192.0.2.2"]);
    let tags = json!({"ResourceType": "hostedzone", "ResourceId": zone});
    let listed = bench.ok("ListTagsForResource", tags);
    assert_eq!(listed["ResourceTagSet"]["Tags"], json!([{"Key": "team", "Value": "diary"}]));
}

#[test]
fn a_record_that_cannot_be_read_is_told_and_no_panic() {
    let mut route53 = Route53::new();
    let record = |kind: &str, id: &str, document: Value| Record {
        kind: kind.into(),
        id: id.into(),
        document: Some(document),
    };
    for wrong in [
        record("nothing", "1", json!({})),
        record("hosted-zone", "Z1", json!({"id": 1})),
        record("record-set", "Z1 a. A ", json!({})),
        record("health-check", "1", json!(null)),
        Record { kind: "change".into(), id: "C1".into(), document: None },
    ] {
        assert!(route53.restore(&wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn checkers_go_on_after_a_restart() {
    let mut bench = Bench::new();
    bench.check(json!({"Type": "HTTP", "IPAddress": "192.0.2.1"}));
    bench.restart();
    bench.asked.clear();
    bench.pass(Duration::from_secs(30));
    assert_eq!(bench.asked.len(), 16);
}
