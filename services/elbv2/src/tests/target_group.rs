//! Target groups through the operations.

use standin_kernel::{Value, json};

use super::{Bench, and, group, text};

#[test]
fn a_target_group_is_shown_as_on_aws() {
    let mut bench = Bench::new();
    let arn = bench.group("app");
    let start = "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:targetgroup/app/";
    assert!(arn.starts_with(start) && arn.len() == start.len() + 16, "{arn}");
    let shown = bench.ok("DescribeTargetGroups", json!({"Names": ["app"]}));
    let expected = json!({
        "TargetGroupArn": arn,
        "TargetGroupName": "app",
        "Protocol": "HTTP",
        "Port": 8080,
        "VpcId": "vpc-1",
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": true,
        "HealthCheckIntervalSeconds": 10,
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 5,
        "UnhealthyThresholdCount": 2,
        "HealthCheckPath": "/",
        "Matcher": {"HttpCode": "200"},
        "LoadBalancerArns": [],
        "TargetType": "ip",
        "ProtocolVersion": "HTTP1",
        "IpAddressType": "ipv4",
    });
    assert_eq!(shown["TargetGroups"], json!([expected]));
    assert_eq!(bench.ok("DescribeTargetGroups", json!({})), shown);
    assert_eq!(bench.ok("DescribeTargetGroups", json!({"TargetGroupArns": [arn]})), shown);
    for nobody in [json!({"Names": ["x"]}), json!({"TargetGroupArns": ["x"]})] {
        assert_eq!(bench.refusal("DescribeTargetGroups", nobody), "TargetGroupNotFound");
    }
    let both = json!({"Names": ["app"], "TargetGroupArns": [arn]});
    assert_eq!(bench.refusal("DescribeTargetGroups", both), "ValidationError");
}

#[test]
fn alb_hc_01_alb_hc_02_alb_hc_03_health_checks_have_aws_defaults_and_bounds() {
    let mut bench = Bench::new();
    let mut plain = group("plain");
    plain.as_object_mut().unwrap().remove("HealthCheckIntervalSeconds");
    let made = bench.ok("CreateTargetGroup", plain);
    assert_eq!(made["TargetGroups"][0]["HealthCheckIntervalSeconds"], 30);
    assert_eq!(made["TargetGroups"][0]["HealthCheckTimeoutSeconds"], 5);
    for wrong in [
        json!({"HealthCheckIntervalSeconds": 4}),
        json!({"HealthCheckIntervalSeconds": 301}),
        json!({"HealthCheckTimeoutSeconds": 1}),
        json!({"HealthCheckIntervalSeconds": 300, "HealthCheckTimeoutSeconds": 121}),
        json!({"HealthyThresholdCount": 1}),
        json!({"UnhealthyThresholdCount": 11}),
        json!({"HealthCheckPath": "x"}),
        json!({"HealthCheckPath": format!("/{}", "x".repeat(1024))}),
        json!({"HealthCheckPort": "http"}),
        json!({"HealthCheckPort": "65536"}),
        json!({"HealthCheckProtocol": "TCP"}),
    ] {
        let code = bench.refusal("CreateTargetGroup", and(group("app"), wrong));
        assert_eq!(code, "ValidationError");
    }
    let tight = json!({"HealthCheckIntervalSeconds": 5});
    let error = bench.err("CreateTargetGroup", and(group("app"), tight));
    assert_eq!(error.message, "Health check timeout '5' must be smaller than the interval '5'");
}

#[test]
fn alb_hc_06_matchers_of_codes_and_ranges() {
    let mut bench = Bench::new();
    let with = |name: &str, code: &str| and(group(name), json!({"Matcher": {"HttpCode": code}}));
    for (name, code) in [("a", "200"), ("b", "200,202"), ("c", "200-299"), ("d", "200-299,404")] {
        let made = bench.ok("CreateTargetGroup", with(name, code));
        assert_eq!(made["TargetGroups"][0]["Matcher"]["HttpCode"], code);
    }
    for code in ["199", "500", "200-", "299-200", "ok", ""] {
        assert_eq!(bench.refusal("CreateTargetGroup", with("e", code)), "ValidationError");
    }
    let grpc = and(group("e"), json!({"Matcher": {"GrpcCode": "12"}}));
    assert!(bench.err("CreateTargetGroup", grpc).message.contains("GrpcCode"));
}

#[test]
fn alb_hc_14_health_checks_cannot_be_turned_off() {
    let mut bench = Bench::new();
    let off = json!({"HealthCheckEnabled": false});
    let error = bench.err("CreateTargetGroup", and(group("app"), off));
    let message = "Health check enabled must be true for target groups with target type 'ip'";
    assert_eq!((error.code.as_str(), error.message.as_str()), ("ValidationError", message));
}

#[test]
fn alb_ls_12_the_same_group_again_is_the_same() {
    let mut bench = Bench::new();
    let first = bench.group("app");
    assert_eq!(bench.group("app"), first);
    let error = bench.err("CreateTargetGroup", and(group("app"), json!({"Port": 8081})));
    assert_eq!(error.code, "DuplicateTargetGroupName");
    let message = "A target group with the same name 'app' exists, but with different settings";
    assert_eq!(error.message, message);
}

#[test]
fn what_cannot_be_forwarded_to_is_refused_by_name() {
    let mut bench = Bench::new();
    for (wrong, word) in [
        (json!({"TargetType": "alb"}), "alb"),
        (json!({"Protocol": "TCP"}), "TCP"),
        (json!({"ProtocolVersion": "GRPC"}), "GRPC"),
        (json!({"ProtocolVersion": "HTTP2"}), "HTTP2"),
        (json!({"IpAddressType": "ipv6"}), "ipv6"),
        (json!({"TargetControlPort": 80}), "TargetControlPort"),
    ] {
        let error = bench.err("CreateTargetGroup", and(group("app"), wrong));
        assert_eq!(error.code, "InvalidConfigurationRequest");
        assert!(error.message.contains(word) && error.message.contains("Standin"), "{error}");
    }
    for missing in ["Protocol", "Port", "VpcId", "Name"] {
        let mut asked = group("app");
        asked.as_object_mut().unwrap().remove(missing);
        assert_eq!(bench.refusal("CreateTargetGroup", asked), "ValidationError");
    }
}

#[test]
fn alb_tg_01_a_change_reaches_the_health_check_only() {
    let mut bench = Bench::new();
    let arn = bench.group("app");
    let change = json!({
        "TargetGroupArn": arn,
        "HealthCheckPath": "/healthz",
        "HealthCheckPort": "9000",
        "HealthCheckProtocol": "HTTPS",
        "HealthyThresholdCount": 2,
        "Matcher": {"HttpCode": "204"},
    });
    let answer = bench.ok("ModifyTargetGroup", change);
    let shown = &answer["TargetGroups"][0];
    assert_eq!(shown["HealthCheckPath"], "/healthz");
    assert_eq!(shown["HealthCheckPort"], "9000");
    assert_eq!(shown["HealthCheckProtocol"], "HTTPS");
    assert_eq!(shown["HealthCheckIntervalSeconds"], 10);
    assert_eq!(shown["Matcher"]["HttpCode"], "204");
    let kind = json!({"TargetGroupArn": arn, "TargetType": "instance"});
    assert_eq!(bench.refusal("ModifyTargetGroup", kind), "ValidationError");
    let nobody = json!({"TargetGroupArn": "x"});
    assert_eq!(bench.refusal("ModifyTargetGroup", nobody), "TargetGroupNotFound");
    let name = "x".repeat(33);
    assert_eq!(bench.refusal("CreateTargetGroup", group(&name)), "ValidationError");
}

#[test]
fn alb_tg_03_a_group_in_use_stays() {
    let mut bench = Bench::new();
    let (balancer, listener, arn) = bench.site();
    let shown = bench.ok("DescribeTargetGroups", json!({"LoadBalancerArn": balancer}));
    assert_eq!(shown["TargetGroups"][0]["LoadBalancerArns"], json!([balancer]));
    let of = json!({"TargetGroupArn": arn});
    let error = bench.err("DeleteTargetGroup", of.clone());
    assert_eq!(error.code, "ResourceInUse");
    let message = format!("Target group '{arn}' is currently in use by a listener or a rule");
    assert_eq!(error.message, message);
    bench.ok("DeleteListener", json!({"ListenerArn": listener}));
    bench.ok("DeleteTargetGroup", of.clone());
    bench.ok("DeleteTargetGroup", of);
    let nonsense = json!({"TargetGroupArn": "app"});
    assert_eq!(bench.refusal("DeleteTargetGroup", nonsense), "ValidationError");
}

#[test]
fn groups_are_shown_in_pages() {
    let mut bench = Bench::new();
    for number in 0..5 {
        bench.group(&format!("app-{number}"));
    }
    let mut names: Vec<String> = Vec::new();
    let mut marker = Value::Null;
    loop {
        let page = bench.ok("DescribeTargetGroups", json!({"PageSize": 2, "Marker": marker}));
        let groups = page["TargetGroups"].as_array().unwrap();
        names.extend(groups.iter().map(|one| text(&one["TargetGroupName"])));
        marker = page["NextMarker"].clone();
        if marker.is_null() {
            break;
        }
    }
    assert_eq!(names, ["app-0", "app-1", "app-2", "app-3", "app-4"]);
}
