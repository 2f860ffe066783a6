//! Attributes of load balancers, listeners and target groups.

use standin_kernel::{Duration, Value, json};

use super::{Bench, text};
use crate::api::target_group_attribute;
use crate::config::{Algorithm, DesyncMode, Stickiness, XffMode};

fn pairs(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

fn value_of(answer: &Value, key: &str) -> String {
    let pairs = answer["Attributes"].as_array().unwrap();
    text(&pairs.iter().find(|pair| pair["Key"] == key).unwrap()["Value"])
}

#[test]
fn load_balancers_have_aws_defaults() {
    let mut bench = Bench::new();
    let arn = bench.balancer();
    let shown = bench.ok("DescribeLoadBalancerAttributes", json!({"LoadBalancerArn": arn}));
    for (key, value) in [
        ("idle_timeout.timeout_seconds", "60"),
        ("client_keep_alive.seconds", "3600"),
        ("deletion_protection.enabled", "false"),
        ("routing.http2.enabled", "true"),
        ("routing.http.desync_mitigation_mode", "defensive"),
        ("routing.http.xff_header_processing.mode", "append"),
        ("load_balancing.cross_zone.enabled", "true"),
        ("access_logs.s3.enabled", "false"),
    ] {
        assert_eq!(value_of(&shown, key), value, "{key}");
    }
    let nobody = json!({"LoadBalancerArn": "x"});
    let code = bench.refusal("DescribeLoadBalancerAttributes", nobody);
    assert_eq!(code, "LoadBalancerNotFound");
}

#[test]
fn alb_ls_08_load_balancer_attributes_change_within_bounds() {
    let mut bench = Bench::new();
    let arn = bench.balancer();
    let with = |set: &[(&str, &str)]| json!({"LoadBalancerArn": arn, "Attributes": pairs(set)});
    let idle = "idle_timeout.timeout_seconds";
    let answer = bench.ok("ModifyLoadBalancerAttributes", with(&[(idle, "4000")]));
    assert_eq!(value_of(&answer, idle), "4000");
    for (key, value) in [
        (idle, "0"),
        (idle, "4001"),
        (idle, "soon"),
        ("client_keep_alive.seconds", "59"),
        ("routing.http.desync_mitigation_mode", "lax"),
        ("deletion_protection.enabled", "yes"),
        ("load_balancing.cross_zone.enabled", "false"),
        ("moon.phase", "full"),
        ("dns_record.client_routing_policy", "any_availability_zone"),
    ] {
        let code = bench.refusal("ModifyLoadBalancerAttributes", with(&[(key, value)]));
        assert_eq!(code, "ValidationError", "{key}={value}");
    }
    let error = bench.err("ModifyLoadBalancerAttributes", with(&[("moon.phase", "full")]));
    assert_eq!(error.message, "Load balancer attribute key 'moon.phase' is not recognized");
    for wrong in [&[][..], &[(idle, "5"), (idle, "6")]] {
        let code = bench.refusal("ModifyLoadBalancerAttributes", with(wrong));
        assert_eq!(code, "ValidationError");
    }
}

#[test]
fn an_attribute_without_effect_says_so() {
    let mut bench = Bench::new();
    let arn = bench.balancer();
    let set = pairs(&[("connection_logs.s3.enabled", "true"), ("waf.fail_open.enabled", "false")]);
    bench.ok("ModifyLoadBalancerAttributes", json!({"LoadBalancerArn": arn, "Attributes": set}));
    let line = "connection_logs.s3.enabled=true has no effect: these logs are not written here";
    assert_eq!(bench.logs, [line]);
}

#[test]
fn alb_ls_05_alb_ls_06_listener_attributes() {
    let mut bench = Bench::new();
    let (_, arn, _) = bench.site();
    let with = |set: &[(&str, &str)]| json!({"ListenerArn": arn, "Attributes": pairs(set)});
    let frames = "routing.http.response.x_frame_options.header_value";
    let server = "routing.http.response.server.enabled";
    let answer = bench.ok("ModifyListenerAttributes", with(&[(frames, "DENY"), (server, "false")]));
    assert_eq!(
        (value_of(&answer, frames), value_of(&answer, server)),
        ("DENY".into(), "false".into())
    );
    let answer = bench.ok("ModifyListenerAttributes", with(&[(frames, "")]));
    assert_eq!(value_of(&answer, frames), "");
    let shown = bench.ok("DescribeListenerAttributes", json!({"ListenerArn": arn}));
    assert_eq!(value_of(&shown, server), "false");
    let long = "x".repeat(1025);
    for (key, value) in [(frames, long.as_str()), ("tcp.idle_timeout.seconds", "60")] {
        let code = bench.refusal("ModifyListenerAttributes", with(&[(key, value)]));
        assert_eq!(code, "ValidationError");
    }
    let tls = "routing.http.request.x_amzn_tls_version.header_name";
    let code = bench.refusal("ModifyListenerAttributes", with(&[(tls, "X-Tls")]));
    assert_eq!(code, "InvalidConfigurationRequest");
}

#[test]
fn alb_tg_06_alb_tg_11_target_group_attributes() {
    let mut bench = Bench::new();
    let arn = bench.group("app");
    let shown = bench.ok("DescribeTargetGroupAttributes", json!({"TargetGroupArn": arn}));
    for (key, value) in [
        ("deregistration_delay.timeout_seconds", "300"),
        ("slow_start.duration_seconds", "0"),
        ("load_balancing.algorithm.type", "round_robin"),
        ("stickiness.enabled", "false"),
        ("stickiness.type", "lb_cookie"),
        ("stickiness.lb_cookie.duration_seconds", "86400"),
        ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
        ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
        ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
    ] {
        assert_eq!(value_of(&shown, key), value, "{key}");
    }
    let with = |key: &str, value: &str| {
        let attributes = pairs(&[(key, value)]);
        json!({"TargetGroupArn": arn, "Attributes": attributes})
    };
    for (key, value) in [
        ("deregistration_delay.timeout_seconds", "3601"),
        ("slow_start.duration_seconds", "29"),
        ("slow_start.duration_seconds", "901"),
        ("load_balancing.algorithm.type", "best"),
        ("stickiness.type", "source_ip"),
        ("lambda.multi_value_headers.enabled", "true"),
    ] {
        let code = bench.refusal("ModifyTargetGroupAttributes", with(key, value));
        assert_eq!(code, "ValidationError", "{key}={value}");
    }
    let answer =
        bench.ok("ModifyTargetGroupAttributes", with("deregistration_delay.timeout_seconds", "0"));
    assert_eq!(value_of(&answer, "deregistration_delay.timeout_seconds"), "0");
}

#[test]
fn alb_tg_10_alb_tg_12_alb_tg_14_what_does_not_go_together() {
    let mut bench = Bench::new();
    let arn = bench.group("app");
    let with = |set: &[(&str, &str)]| json!({"TargetGroupArn": arn, "Attributes": pairs(set)});
    let algorithm = "load_balancing.algorithm.type";
    let dns = "target_group_health.dns_failover.minimum_healthy_targets.count";
    let routing = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count";
    let conflicts: &[&[(&str, &str)]] = &[
        &[("slow_start.duration_seconds", "60"), (algorithm, "least_outstanding_requests")],
        &[("slow_start.duration_seconds", "60"), (algorithm, "weighted_random")],
        &[("stickiness.enabled", "true"), (algorithm, "weighted_random")],
        &[("load_balancing.algorithm.anomaly_mitigation", "on")],
        &[("stickiness.enabled", "true"), ("load_balancing.cross_zone.enabled", "false")],
        &[(dns, "2"), (routing, "3")],
    ];
    for set in conflicts {
        let code = bench.refusal("ModifyTargetGroupAttributes", with(set));
        assert_eq!(code, "InvalidConfigurationRequest", "{set:?}");
    }
    let wrong: &[&[(&str, &str)]] = &[
        &[("stickiness.enabled", "true"), ("stickiness.type", "app_cookie")],
        &[("stickiness.app_cookie.cookie_name", "AWSALBX")],
    ];
    for set in wrong {
        let code = bench.refusal("ModifyTargetGroupAttributes", with(set));
        assert_eq!(code, "ValidationError", "{set:?}");
    }
    let app = [
        ("stickiness.enabled", "true"),
        ("stickiness.type", "app_cookie"),
        ("stickiness.app_cookie.cookie_name", "SID"),
    ];
    bench.ok("ModifyTargetGroupAttributes", with(&app));
    let weighted = [
        ("stickiness.enabled", "false"),
        (algorithm, "weighted_random"),
        (routing, "3"),
        (dns, "3"),
    ];
    bench.ok("ModifyTargetGroupAttributes", with(&weighted));
}

#[test]
fn alb_ls_11_quotas_are_shown() {
    let mut bench = Bench::new();
    let limits = bench.ok("DescribeAccountLimits", json!({}));
    let rules = json!({"Name": "rules-per-application-load-balancer", "Max": "100"});
    assert!(limits["Limits"].as_array().unwrap().contains(&rules));
}

#[test]
fn attributes_reach_the_data_plane() {
    let mut bench = Bench::new();
    let (balancer, listener, group) = bench.site();
    let host = bench.dns_name(&balancer);
    let set = pairs(&[
        ("idle_timeout.timeout_seconds", "7"),
        ("routing.http.drop_invalid_header_fields.enabled", "true"),
        ("routing.http.preserve_host_header.enabled", "true"),
        ("routing.http.xff_client_port.enabled", "true"),
        ("routing.http.xff_header_processing.mode", "remove"),
        ("routing.http.desync_mitigation_mode", "strictest"),
    ]);
    let change = json!({"LoadBalancerArn": balancer, "Attributes": set});
    bench.ok("ModifyLoadBalancerAttributes", change);
    let set = pairs(&[
        ("routing.http.response.server.enabled", "false"),
        ("routing.http.response.x_frame_options.header_value", "DENY"),
    ]);
    bench.ok("ModifyListenerAttributes", json!({"ListenerArn": listener, "Attributes": set}));
    let serving = &bench.elbv2.serving[&host];
    assert_eq!(serving.attributes.idle_timeout, Duration::from_secs(7));
    assert!(serving.attributes.drop_invalid_header_fields);
    assert!(serving.attributes.preserve_host_header);
    assert!(serving.attributes.xff_client_port);
    assert_eq!(serving.attributes.xff_header_processing, XffMode::Remove);
    assert_eq!(serving.attributes.desync_mitigation, DesyncMode::Strictest);
    let listener = serving.listener(80).unwrap();
    assert!(!listener.attributes.server_header);
    assert_eq!(listener.attributes.response_headers, [("X-Frame-Options".into(), "DENY".into())]);
    let set = pairs(&[
        ("deregistration_delay.timeout_seconds", "15"),
        ("load_balancing.algorithm.type", "least_outstanding_requests"),
        ("stickiness.enabled", "true"),
        ("stickiness.lb_cookie.duration_seconds", "60"),
        ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "2"),
        ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "50"),
    ]);
    bench.ok("ModifyTargetGroupAttributes", json!({"TargetGroupArn": group, "Attributes": set}));
    let kept = &bench.elbv2.state.target_groups[&group].attributes;
    let compiled = target_group_attribute::compiled(kept);
    assert_eq!(compiled.deregistration_delay, Duration::from_secs(15));
    assert_eq!(compiled.algorithm, Algorithm::LeastOutstandingRequests);
    let sticky = Stickiness::LbCookie { duration: Duration::from_secs(60) };
    assert_eq!(compiled.stickiness, Some(sticky));
    assert_eq!(compiled.minimum_healthy_count, 2);
    assert_eq!(compiled.minimum_healthy_percentage, Some(50));
    assert_eq!(compiled.slow_start, Duration::ZERO);
}
