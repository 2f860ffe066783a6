//! Targets through the operations: who is registered, and how they are said to be.

use standin_kernel::{Duration, Out, Value, json};

use super::{Bench, and, fixed, forward, group, text};

fn targets(group: &str, targets: &[(&str, Option<u16>)]) -> Value {
    let targets: Vec<Value> = targets
        .iter()
        .map(|(id, port)| match port {
            Some(port) => json!({"Id": id, "Port": port}),
            None => json!({"Id": id}),
        })
        .collect();
    json!({"TargetGroupArn": group, "Targets": targets})
}

/// `id:port state reason` of each target.
fn health(bench: &mut Bench, group: &str) -> Vec<String> {
    let shown = bench.ok("DescribeTargetHealth", json!({"TargetGroupArn": group}));
    shown["TargetHealthDescriptions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let reason = row["TargetHealth"]["Reason"].as_str().unwrap_or("-");
            let state = text(&row["TargetHealth"]["State"]);
            format!("{}:{} {state} {reason}", text(&row["Target"]["Id"]), row["Target"]["Port"])
        })
        .collect()
}

#[test]
fn alb_hc_12_alb_hc_13_targets_wait_for_a_listener() {
    let mut bench = Bench::new();
    let group = bench.group("app");
    bench.ok("RegisterTargets", targets(&group, &[("127.77.0.2", None)]));
    assert_eq!(health(&mut bench, &group), ["127.77.0.2:8080 unused Target.NotInUse"]);
    let balancer = bench.balancer();
    let listener = bench.listener(&balancer, 80, &group);
    let states = health(&mut bench, &group);
    assert!(states[0].starts_with("127.77.0.2:8080 initial Elb."), "{states:?}");
    bench.pass(Duration::from_secs(10));
    let probes = |bench: &mut Bench| {
        std::mem::take(&mut bench.outs).iter().filter(|out| matches!(out, Out::Send { .. })).count()
    };
    assert!(probes(&mut bench) > 0, "nothing was probed");
    let change = json!({"ListenerArn": listener, "DefaultActions": [fixed("200")]});
    bench.ok("ModifyListener", change);
    assert_eq!(health(&mut bench, &group), ["127.77.0.2:8080 unused Target.NotInUse"]);
    bench.outs.clear();
    bench.pass(Duration::from_secs(60));
    assert_eq!(probes(&mut bench), 0);
    let rule = and(super::rule(&listener, 1, "/a"), json!({"Actions": [forward(&group)]}));
    bench.ok("CreateRule", rule);
    assert!(health(&mut bench, &group)[0].contains(" initial "));
}

#[test]
fn alb_tg_02_public_addresses_are_refused() {
    let mut bench = Bench::new();
    let arn = bench.group("app");
    for id in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "::1", "i-0123456789abcdef0", "app"] {
        let error = bench.err("RegisterTargets", targets(&arn, &[("10.0.0.1", None), (id, None)]));
        assert_eq!(error.code, "InvalidTarget");
        assert!(error.message.contains(id), "{error}");
    }
    assert!(health(&mut bench, &arn).is_empty(), "all or nothing");
    let good = ["10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "127.77.0.3"];
    for id in good {
        bench.ok("RegisterTargets", targets(&arn, &[(id, None)]));
    }
    assert_eq!(health(&mut bench, &arn).len(), good.len());
    let made = bench.ok("CreateTargetGroup", and(group("i"), json!({"TargetType": "instance"})));
    let instances = text(&made["TargetGroups"][0]["TargetGroupArn"]);
    let error = bench.err("RegisterTargets", targets(&instances, &[("i-0abc", None)]));
    assert_eq!(error.message, "Instance ID 'i-0abc' is not valid");
}

#[test]
fn alb_tg_04_one_address_with_several_ports() {
    let mut bench = Bench::new();
    let arn = bench.group("app");
    let two = [("127.77.0.2", None), ("127.77.0.2", Some(9000))];
    bench.ok("RegisterTargets", targets(&arn, &two));
    bench.ok("RegisterTargets", targets(&arn, &two));
    let expected =
        ["127.77.0.2:8080 unused Target.NotInUse", "127.77.0.2:9000 unused Target.NotInUse"];
    assert_eq!(health(&mut bench, &arn), expected);
    // Without a port the group's is meant.
    bench.ok("DeregisterTargets", targets(&arn, &[("127.77.0.2", None)]));
    let left: Vec<String> =
        health(&mut bench, &arn).into_iter().filter(|row| !row.contains("draining")).collect();
    assert_eq!(left, expected[1..]);
}

#[test]
fn alb_tg_07_alb_tg_09_draining_lasts_and_bars_the_way_back() {
    let mut bench = Bench::new();
    let (_, _, arn) = bench.site();
    let delay = json!({"Key": "deregistration_delay.timeout_seconds", "Value": "5"});
    let change = json!({"TargetGroupArn": arn, "Attributes": [delay]});
    bench.ok("ModifyTargetGroupAttributes", change);
    let one = targets(&arn, &[("127.77.0.2", None)]);
    bench.ok("DeregisterTargets", one.clone());
    bench.ok("RegisterTargets", one.clone());
    bench.ok("DeregisterTargets", one.clone());
    assert_eq!(
        health(&mut bench, &arn),
        ["127.77.0.2:8080 draining Target.DeregistrationInProgress"]
    );
    let error = bench.err("RegisterTargets", one.clone());
    assert_eq!(error.code, "InvalidTarget");
    assert!(error.message.contains("being deregistered"), "{error}");
    bench.pass(Duration::from_secs(5));
    assert!(health(&mut bench, &arn).is_empty());
    let asked = and(one.clone(), json!({}));
    let shown = bench.ok("DescribeTargetHealth", asked);
    let row = &shown["TargetHealthDescriptions"][0];
    let expected = json!({
        "State": "unused",
        "Reason": "Target.NotRegistered",
        "Description": "Target is not registered to the target group",
    });
    assert_eq!(row["TargetHealth"], expected);
    bench.ok("RegisterTargets", one);
}

#[test]
fn health_is_shown_for_those_asked_for() {
    let mut bench = Bench::new();
    let arn = bench.group("app");
    let with_zone = json!({"Id": "10.9.0.1", "AvailabilityZone": "all"});
    let both = json!({
        "TargetGroupArn": arn, "Targets": [with_zone, {"Id": "127.77.0.2", "Port": 81}],
    });
    bench.ok("RegisterTargets", both);
    let asked = targets(&arn, &[("127.77.0.2", Some(81))]);
    let asked = and(asked, json!({"Include": ["All"]}));
    let shown = bench.ok("DescribeTargetHealth", asked);
    let rows = shown["TargetHealthDescriptions"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["Target"], json!({"Id": "127.77.0.2", "Port": 81}));
    assert_eq!(rows[0]["HealthCheckPort"], "81");
    assert_eq!(rows[0]["AnomalyDetection"]["Result"], "normal");
    let shown = bench.ok("DescribeTargetHealth", json!({"TargetGroupArn": arn}));
    let first = &shown["TargetHealthDescriptions"][0];
    assert_eq!(first["Target"]["AvailabilityZone"], "all");
    assert!(first["AnomalyDetection"].is_null());
    let nobody = json!({"TargetGroupArn": "x"});
    assert_eq!(bench.refusal("DescribeTargetHealth", nobody), "TargetGroupNotFound");
    let odd = json!({"TargetGroupArn": arn, "Include": ["Weather"]});
    assert_eq!(bench.refusal("DescribeTargetHealth", odd), "ValidationError");
}

#[test]
fn alb_ls_11_a_load_balancer_has_a_thousand_targets() {
    let mut bench = Bench::new();
    let (_, listener, first) = bench.site();
    let many = |group: &str, network: u8| {
        let targets: Vec<Value> = (0..500_u32)
            .map(|number| json!({"Id": format!("10.{network}.{}.{}", number / 250, number % 250)}))
            .collect();
        json!({"TargetGroupArn": group, "Targets": targets})
    };
    bench.ok("RegisterTargets", many(&first, 0));
    let second = bench.group("second");
    let rule = and(super::rule(&listener, 1, "/a"), json!({"Actions": [forward(&second)]}));
    bench.ok("CreateRule", rule);
    bench.ok("RegisterTargets", many(&second, 1));
    bench.ok("RegisterTargets", many(&second, 1));
    let one_more = targets(&first, &[("10.9.0.0", None)]);
    assert_eq!(bench.refusal("RegisterTargets", one_more.clone()), "TooManyTargets");
    let third = bench.group("third");
    bench.ok("RegisterTargets", targets(&third, &[("10.9.0.0", None)]));
    let rule = and(super::rule(&listener, 2, "/b"), json!({"Actions": [forward(&third)]}));
    assert_eq!(bench.refusal("CreateRule", rule), "TooManyTargets");
}

#[test]
fn wrong_registrations_are_refused() {
    let mut bench = Bench::new();
    let arn = bench.group("app");
    assert_eq!(bench.refusal("RegisterTargets", targets(&arn, &[])), "ValidationError");
    let port = json!({"TargetGroupArn": arn, "Targets": [{"Id": "10.0.0.1", "Port": 0}]});
    assert_eq!(bench.refusal("RegisterTargets", port), "ValidationError");
    let nobody = targets("x", &[("10.0.0.1", None)]);
    assert_eq!(bench.refusal("RegisterTargets", nobody.clone()), "TargetGroupNotFound");
    assert_eq!(bench.refusal("DeregisterTargets", nobody), "TargetGroupNotFound");
    let thousand: Vec<Value> = (0..1001_u32)
        .map(|number| json!({"Id": format!("10.0.{}.{}", number / 250, number % 250)}))
        .collect();
    let many = json!({"TargetGroupArn": arn, "Targets": thousand});
    assert_eq!(bench.refusal("RegisterTargets", many), "TooManyTargets");
}
