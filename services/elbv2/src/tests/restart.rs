//! What survives a restart: all settings, and who is registered.

use standin_kernel::control::Record;
use standin_kernel::{Service, json};

use super::{Bench, and, forward, rule};
use crate::Elbv2;

#[test]
fn everything_is_as_before_after_a_restart() {
    let mut bench = Bench::new();
    let (balancer, listener, group) = bench.site();
    let made = rule(&listener, 7, "/a");
    bench.ok("CreateRule", and(made, json!({"Actions": [forward(&group)]})));
    let attribute = json!({"Key": "idle_timeout.timeout_seconds", "Value": "7"});
    let change = json!({"LoadBalancerArn": balancer, "Attributes": [attribute]});
    bench.ok("ModifyLoadBalancerAttributes", change);
    let delay = json!({"Key": "deregistration_delay.timeout_seconds", "Value": "15"});
    let change = json!({"TargetGroupArn": group, "Attributes": [delay]});
    bench.ok("ModifyTargetGroupAttributes", change);
    let targets = json!([{"Id": "127.77.0.2"}, {"Id": "127.77.0.3", "Port": 81}]);
    bench.ok("RegisterTargets", json!({"TargetGroupArn": group, "Targets": targets}));
    bench.ok("DeregisterTargets", json!({"TargetGroupArn": group, "Targets": [targets[0]]}));
    let questions = [
        ("DescribeLoadBalancers", json!({})),
        ("DescribeLoadBalancerAttributes", json!({"LoadBalancerArn": balancer})),
        ("DescribeListeners", json!({"LoadBalancerArn": balancer})),
        ("DescribeRules", json!({"ListenerArn": listener})),
        ("DescribeTargetGroups", json!({})),
        ("DescribeTargetGroupAttributes", json!({"TargetGroupArn": group})),
    ];
    let seen = |bench: &mut Bench| {
        let answers = questions.iter().map(|(operation, input)| bench.ok(operation, input.clone()));
        answers.collect::<Vec<_>>()
    };
    let before = seen(&mut bench);
    let records = bench.records.clone();
    bench.restart();
    assert_eq!(seen(&mut bench), before);
    assert_eq!(bench.records, records);
    let health = bench.ok("DescribeTargetHealth", json!({"TargetGroupArn": group}));
    let rows = health["TargetHealthDescriptions"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["Target"], json!({"Id": "127.77.0.3", "Port": 81}));
    assert_eq!(rows[0]["TargetHealth"]["State"], "initial");
    let host = bench.dns_name(&balancer);
    assert!(bench.elbv2.has_listener(&host, 80));
    assert!(bench.elbv2.deadline().is_some(), "probes begin again");
}

#[test]
fn subnets_nobody_answered_for_are_asked_for_again() {
    let mut bench = Bench::new();
    bench.balancer();
    // As if the answer of EC2 had been lost with the process.
    let (_, document) = bench.records.iter_mut().next().unwrap();
    document["placement"] = json!({
        "vpc_id": "", "subnets": [], "wanted": ["subnet-a", "subnet-b"], "refused": null,
    });
    bench.restart();
    let shown = bench.ok("DescribeLoadBalancers", json!({}));
    assert_eq!(shown["LoadBalancers"][0]["State"]["Code"], "active");
}

#[test]
fn a_record_that_cannot_be_read_is_an_error() {
    for (kind, document) in [
        ("moon", Some(json!({}))),
        ("listener", Some(json!({"port": "x"}))),
        ("target-group", None),
    ] {
        let record = Record { kind: kind.into(), id: "x".into(), document };
        assert!(Elbv2::new().restore(&record).is_err());
    }
}
