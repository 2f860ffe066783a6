//! Health checks: who asks what how often, and what their opinions come to.

use super::*;

const FAST: u64 = 10;

fn http(members: Value) -> Value {
    with(json!({"Type": "HTTP", "IPAddress": "192.0.2.1", "RequestInterval": FAST}), members)
}

impl Bench {
    /// Whether a record with this check is answered while another would be in its place.
    fn is_healthy(&mut self, check: &str) -> bool {
        self.route53.checkers.is_healthy(check)
    }

    /// Seconds until the check turns.
    #[track_caller]
    fn turns_after_s(&mut self, check: &str, most_s: u64) -> u64 {
        let (begun, was) = (self.now, self.is_healthy(check));
        while self.is_healthy(check) == was {
            self.pass(Duration::from_millis(250));
            assert!(self.now.since(begun).as_secs() <= most_s, "it does not turn");
        }
        self.now.since(begun).as_secs()
    }
}

#[test]
fn r53_hc_01_types_that_are_not_there_are_refused() {
    let mut bench = Bench::new();
    for kind in ["PING", "RECOVERY_CONTROL"] {
        let input = json!({"CallerReference": kind, "HealthCheckConfig": {"Type": kind}});
        assert_eq!(bench.err("CreateHealthCheck", input).code, "InvalidInput");
    }
}

#[test]
fn r53_hc_02_sixteen_checkers_ask_on_phases_of_their_own() {
    let mut bench = Bench::new();
    bench.check(json!({"Type": "HTTP", "IPAddress": "192.0.2.1"}));
    bench.pass(Duration::from_secs(300));
    assert_eq!(bench.asked.len(), 160);
    let in_one = |at: &Time| at.since(Time::from_seconds(1_800_000_000)).as_secs() < 5;
    let first: usize = bench.asked.iter().filter(|(at, _)| in_one(at)).count();
    assert!(first < 10, "{first} of 16 in the first five seconds");
}

#[test]
fn r53_hc_03_a_checker_needs_several_results_in_a_row_both_ways() {
    let mut bench = Bench::new();
    let check = bench.check(http(json!({"FailureThreshold": 3})));
    bench.pass(Duration::from_secs(60));
    bench.endpoint = Endpoint::Says(500, "");
    bench.pass(Duration::from_secs(2 * FAST));
    assert!(bench.is_healthy(&check));
    bench.endpoint = Endpoint::Says(200, "");
    bench.pass(Duration::from_secs(FAST));
    bench.endpoint = Endpoint::Says(500, "");
    let down = bench.turns_after_s(&check, 60);
    assert!((2 * FAST..=3 * FAST).contains(&down), "{down}");
    bench.pass(Duration::from_secs(FAST));
    bench.endpoint = Endpoint::Says(200, "");
    let up = bench.turns_after_s(&check, 60);
    assert!((2 * FAST..=3 * FAST).contains(&up), "{up}");
}

#[test]
fn r53_hc_04_more_than_18_of_a_hundred_checkers_are_enough() {
    for (count, healthy) in [(3, true), (2, false)] {
        let mut bench = Bench::new();
        bench.endpoint = Endpoint::ReachedBy(count);
        let check = bench.check(http(json!({})));
        bench.pass(Duration::from_secs(120));
        assert_eq!(bench.is_healthy(&check), healthy, "{count} of 16");
    }
}

#[test]
fn r53_hc_05_four_seconds_to_connect_two_for_the_status_ten_for_tcp() {
    let mut bench = Bench::new();
    bench.check(http(json!({})));
    bench.check(json!({"Type": "TCP", "IPAddress": "192.0.2.1", "Port": 25}));
    bench.pass(Duration::from_secs(30));
    let seconds = |request: &LegRequest| {
        (request.connect_timeout.as_secs(), request.response_timeout.as_secs())
    };
    assert!(bench.asked.iter().any(|(_, request)| seconds(request) == (4, 2)));
    assert!(bench.asked.iter().any(|(_, request)| seconds(request) == (10, 2)));
}

#[test]
fn r53_hc_05_statuses_from_200_to_399_pass_and_silence_does_not() {
    for (status, healthy) in [(200, true), (399, true), (400, false), (503, false)] {
        let mut bench = Bench::new();
        bench.endpoint = Endpoint::Says(status, "");
        let check = bench.check(http(json!({})));
        bench.pass(Duration::from_secs(60));
        assert_eq!(bench.is_healthy(&check), healthy, "{status}");
    }
    let mut bench = Bench::new();
    bench.endpoint = Endpoint::Silent;
    let check = bench.check(http(json!({})));
    bench.pass(Duration::from_secs(60));
    assert!(!bench.is_healthy(&check));
}

#[test]
fn a_tcp_check_needs_a_connection_and_nothing_else() {
    for (failure, healthy) in [
        (LinkFailure::BadResponse, true),
        (LinkFailure::ResponseTimeout, true),
        (LinkFailure::Refused, false),
        (LinkFailure::ConnectTimeout, false),
    ] {
        let mut bench = Bench::new();
        bench.endpoint = Endpoint::Fails(failure);
        let check = bench.check(json!({"Type": "TCP", "IPAddress": "192.0.2.1", "Port": 25}));
        bench.pass(Duration::from_secs(180));
        assert_eq!(bench.is_healthy(&check), healthy, "{failure:?}");
    }
}

#[test]
fn r53_hc_06_the_string_is_wholly_in_the_first_5120_bytes() {
    for (before, healthy) in [(5116, true), (5117, false)] {
        let mut bench = Bench::new();
        let body: &'static str = Box::leak(format!("{}well", "x".repeat(before)).into_boxed_str());
        bench.endpoint = Endpoint::Says(200, body);
        let members = json!({"Type": "HTTP_STR_MATCH", "SearchString": "well"});
        let check = bench.check(http(members));
        bench.pass(Duration::from_secs(60));
        assert_eq!(bench.is_healthy(&check), healthy, "{before}");
    }
    let mut bench = Bench::new();
    let input = json!({"CallerReference": "1", "HealthCheckConfig": http(json!({
        "Type": "HTTP_STR_MATCH", "SearchString": "x".repeat(256),
    }))});
    assert_eq!(bench.err("CreateHealthCheck", input).code, "InvalidInput");
}

#[test]
fn r53_hc_07_a_redirect_passes_unfollowed() {
    let mut bench = Bench::new();
    bench.endpoint = Endpoint::Says(302, "");
    let check = bench.check(http(json!({})));
    bench.pass(Duration::from_secs(60));
    assert!(bench.is_healthy(&check));
}

#[test]
fn r53_hc_10_a_new_check_is_healthy_and_so_is_one_that_is_disabled() {
    let mut bench = Bench::new();
    bench.endpoint = Endpoint::Fails(LinkFailure::Refused);
    let check = bench.check(http(json!({})));
    let inverted = bench.check(http(json!({"Inverted": true})));
    assert!(bench.is_healthy(&check) && !bench.is_healthy(&inverted));
    bench.pass(Duration::from_secs(60));
    assert!(!bench.is_healthy(&check) && bench.is_healthy(&inverted));
    bench.ok("UpdateHealthCheck", json!({"HealthCheckId": check, "Disabled": true}));
    bench.ok("DeleteHealthCheck", json!({"HealthCheckId": inverted}));
    bench.asked.clear();
    bench.pass(Duration::from_secs(60));
    assert!(bench.is_healthy(&check) && bench.asked.is_empty());
}

#[test]
fn r53_hc_11_disabled_and_inverted_is_a_switch_by_hand() {
    let (mut bench, zone) = Bench::with_zone();
    let check = bench.check(http(json!({})));
    let primary = json!({"Failover": "PRIMARY", "HealthCheckId": check});
    bench.upsert(&zone, one("www.example.com", "p", 1, primary));
    bench.upsert(&zone, one("www.example.com", "s", 2, json!({"Failover": "SECONDARY"})));
    assert_eq!(bench.addresses("www.example.com"), ["192.0.2.1"]);
    let off = json!({"HealthCheckId": check, "Disabled": true, "Inverted": true});
    bench.ok("UpdateHealthCheck", off);
    assert_eq!(bench.addresses("www.example.com"), ["192.0.2.2"]);
    let on = json!({"HealthCheckId": check, "Disabled": false, "Inverted": false});
    bench.ok("UpdateHealthCheck", on);
    assert_eq!(bench.addresses("www.example.com"), ["192.0.2.1"]);
}

#[test]
fn r53_hc_12_checkers_reach_no_private_address() {
    let mut bench = Bench::new();
    for address in ["10.0.0.1", "192.168.1.1", "169.254.1.1", "224.0.0.1", "fd00::1"] {
        let config = json!({"Type": "HTTP", "IPAddress": address});
        let input = json!({"CallerReference": address, "HealthCheckConfig": config});
        assert_eq!(bench.err("CreateHealthCheck", input).code, "InvalidInput", "{address}");
    }
}

#[test]
fn r53_hc_13_r53_hc_14_what_the_endpoint_reads() {
    let asked = |config: Value| {
        let mut bench = Bench::new();
        bench.check(config);
        bench.pass(Duration::from_secs(30));
        bench.asked.swap_remove(0).1
    };
    let named = asked(json!({
        "Type": "HTTP", "FullyQualifiedDomainName": "www.example.com", "Port": 8080,
        "ResourcePath": "health",
    }));
    assert_eq!(named.head.headers.get("Host"), Some("www.example.com:8080"));
    assert_eq!(named.head.target, "/health");
    let agent = named.head.headers.get("User-Agent").unwrap();
    assert!(agent.starts_with("Amazon-Route53-Health-Check-Service"), "{agent}");
    let usual = asked(json!({"Type": "HTTPS", "FullyQualifiedDomainName": "www.example.com"}));
    assert_eq!(usual.head.headers.get("Host"), Some("www.example.com"));
    assert!(usual.tls);
    let bare = asked(json!({"Type": "HTTP", "IPAddress": "192.0.2.1", "Port": 81}));
    assert_eq!(bare.head.headers.get("Host"), Some("192.0.2.1"));
}

#[test]
fn r53_hc_15_at_least_three_regions_check() {
    let mut bench = Bench::new();
    let regions = |regions: &[&str]| http(json!({"Regions": regions}));
    let two = regions(&["us-east-1", "eu-west-1"]);
    let input = json!({"CallerReference": "1", "HealthCheckConfig": two});
    assert_eq!(bench.err("CreateHealthCheck", input).code, "InvalidInput");
    let three = bench.check(regions(&["us-east-1", "eu-west-1", "sa-east-1"]));
    bench.pass(Duration::from_secs(60));
    let status = bench.ok("GetHealthCheckStatus", json!({"HealthCheckId": three}));
    let seen = status["HealthCheckObservations"].as_array().unwrap();
    assert_eq!(seen.len(), 6);
    assert!(
        seen.iter().all(|one| one["StatusReport"]["Status"] == "Success: HTTP Status Code 200, OK")
    );
}

#[test]
fn r53_hc_16_a_calculated_check_counts_its_children() {
    let mut bench = Bench::new();
    let children = [true, false, false].map(|healthy| bench.fixed_check(healthy));
    for (threshold, healthy) in [(0, true), (1, true), (2, false), (4, false)] {
        let check = bench.check(json!({
            "Type": "CALCULATED", "HealthThreshold": threshold, "ChildHealthChecks": children,
        }));
        assert_eq!(bench.is_healthy(&check), healthy, "{threshold}");
        let input = json!({"CallerReference": format!("n{threshold}"), "HealthCheckConfig": {
            "Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": [check],
        }});
        assert_eq!(bench.err("CreateHealthCheck", input).code, "InvalidInput");
    }
}

#[test]
fn r53_hc_19_a_check_that_is_gone_counts_as_healthy() {
    let (mut bench, zone) = Bench::with_zone();
    let check = bench.fixed_check(false);
    let primary = json!({"Failover": "PRIMARY", "HealthCheckId": check});
    bench.upsert(&zone, one("www.example.com", "p", 1, primary));
    bench.upsert(&zone, one("www.example.com", "s", 2, json!({"Failover": "SECONDARY"})));
    assert_eq!(bench.addresses("www.example.com"), ["192.0.2.2"]);
    bench.ok("DeleteHealthCheck", json!({"HealthCheckId": check}));
    assert_eq!(bench.addresses("www.example.com"), ["192.0.2.1"]);
}

#[test]
fn r53_hc_20_name_servers_answer_by_health_as_it_is_now() {
    let (mut bench, zone) = Bench::with_zone();
    let check = bench.check(http(json!({"FailureThreshold": 1})));
    let primary = json!({"Failover": "PRIMARY", "HealthCheckId": check});
    bench.upsert(&zone, one("www.example.com", "p", 1, primary));
    bench.upsert(&zone, one("www.example.com", "s", 2, json!({"Failover": "SECONDARY"})));
    bench.endpoint = Endpoint::Fails(LinkFailure::Refused);
    for _ in 0..60 {
        bench.pass(Duration::from_millis(500));
        let answered = if bench.is_healthy(&check) { "192.0.2.1" } else { "192.0.2.2" };
        assert_eq!(bench.addresses("www.example.com"), [answered]);
    }
    assert!(!bench.is_healthy(&check));
}

#[test]
fn r53_hc_22_a_page_with_503_fails_over_and_one_with_200_hides_the_outage() {
    for (status, answered) in [(503, "192.0.2.2"), (200, "192.0.2.1")] {
        let (mut bench, zone) = Bench::with_zone();
        let check = bench.check(http(json!({"ResourcePath": "/"})));
        let primary = json!({"Failover": "PRIMARY", "HealthCheckId": check});
        bench.upsert(&zone, one("www.example.com", "p", 1, primary));
        bench.upsert(&zone, one("www.example.com", "s", 2, json!({"Failover": "SECONDARY"})));
        bench.endpoint = Endpoint::Says(status, "closed for maintenance");
        bench.pass(Duration::from_secs(60));
        assert_eq!(bench.addresses("www.example.com"), [answered]);
    }
}

#[test]
fn r53_tm_01_interval_times_threshold_and_up_to_one_interval_more() {
    for (interval, threshold, between) in [(10, 3, 20..=40), (30, 3, 60..=100), (10, 1, 1..=18)] {
        let mut bench = Bench::new();
        let members = json!({"RequestInterval": interval, "FailureThreshold": threshold});
        let check = bench.check(http(members));
        bench.pass(Duration::from_secs(90));
        bench.endpoint = Endpoint::Silent;
        let down = bench.turns_after_s(&check, 200);
        assert!(between.contains(&down), "{interval}/{threshold}: {down} s");
    }
}

#[test]
fn r53_rp_06_r53_tm_03_the_way_back_costs_the_threshold_again() {
    let (mut bench, zone) = Bench::with_zone();
    let check = bench.check(http(json!({})));
    let primary = json!({"Failover": "PRIMARY", "HealthCheckId": check, "TTL": 60});
    bench.upsert(&zone, one("www.example.com", "p", 1, primary));
    let secondary = json!({"Failover": "SECONDARY", "TTL": 60});
    bench.upsert(&zone, one("www.example.com", "s", 2, secondary));
    bench.endpoint = Endpoint::Says(500, "");
    bench.pass(Duration::from_secs(120));
    let kept = bench.dig("www.example.com", "A");
    assert_eq!(kept.addresses()[0].to_string(), "192.0.2.2");
    bench.endpoint = Endpoint::Says(200, "");
    let up = bench.turns_after_s(&check, 60);
    assert!((20..=30).contains(&up), "{up}");
    assert_eq!(bench.addresses("www.example.com"), ["192.0.2.1"]);
    // Who asked just before recovery keeps the standby this much longer.
    assert_eq!(kept.ttl_s(), 60);
}

#[test]
fn a_check_is_changed_only_by_who_has_seen_its_last_version() {
    let mut bench = Bench::new();
    let check = bench.check(http(json!({})));
    let update = |version: u64| {
        let version = json!({"HealthCheckVersion": version});
        with(json!({"HealthCheckId": check, "ResourcePath": "/x"}), version)
    };
    let changed = bench.ok("UpdateHealthCheck", update(1));
    assert_eq!(changed["HealthCheck"]["HealthCheckVersion"], 2);
    assert_eq!(bench.err("UpdateHealthCheck", update(1)).code, "HealthCheckVersionMismatch");
    let gone = json!({"HealthCheckId": "00000000-0000-0000-0000-000000000000"});
    assert_eq!(bench.err("GetHealthCheck", gone).code, "NoSuchHealthCheck");
}

#[test]
fn an_answer_that_is_no_http_or_has_too_large_a_head_fails() {
    for failure in [LinkFailure::BadResponse, LinkFailure::HeadTooLarge] {
        let mut bench = Bench::new();
        bench.endpoint = Endpoint::Fails(failure);
        let check = bench.check(http(json!({})));
        bench.pass(Duration::from_secs(60));
        assert!(!bench.is_healthy(&check), "{failure:?}");
    }
}

#[test]
fn cw_mt_10_how_checks_stand_is_told_every_minute() {
    let mut bench = Bench::new();
    let check = bench.check(http(json!({})));
    bench.pass(Duration::from_secs(60));
    bench.endpoint = Endpoint::Says(500, "");
    bench.pass(Duration::from_secs(120));
    let of = |put: &Value| put["MetricData"][0]["StatisticValues"].clone();
    let all: Vec<Value> = bench.metrics.iter().map(of).collect();
    assert_eq!(bench.metrics[0]["Namespace"], "AWS/Route53");
    let datum = &bench.metrics[0]["MetricData"][0];
    assert_eq!(datum["MetricName"], "HealthCheckStatus");
    assert_eq!(datum["Dimensions"], json!([{"Name": "HealthCheckId", "Value": check}]));
    assert_eq!(all[0]["Minimum"], 1.0);
    assert_eq!((&all[1]["Minimum"], &all[1]["Maximum"]), (&json!(0.0), &json!(1.0)));
    assert_eq!(all[2]["Maximum"], 0.0);
}

/// The alarm `errors`, as CloudWatch describes it.
fn errors() -> Value {
    json!({
        "AlarmName": "errors", "MetricName": "Errors", "Namespace": "Diary", "Statistic": "Sum",
        "Period": 60, "EvaluationPeriods": 2, "DatapointsToAlarm": 2, "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching",
        "Dimensions": [{"Name": "Site", "Value": "a"}], "StateValue": "ALARM",
    })
}

fn follows(members: Value) -> Value {
    let alarm = json!({"Name": "errors", "Region": "ap-northeast-1"});
    with(json!({"Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": alarm}), members)
}

fn create(config: Value) -> Value {
    json!({"CallerReference": config.to_string(), "HealthCheckConfig": config})
}

/// A bench with the alarm, and the id of a check that follows it.
fn following(members: Value) -> (Bench, String) {
    let mut bench = Bench::new();
    bench.alarm = errors();
    let made = bench.ok("CreateHealthCheck", create(follows(members)));
    (bench, made["HealthCheck"]["Id"].as_str().unwrap().to_owned())
}

#[test]
fn r53_hc_17_a_check_follows_the_metric_of_an_alarm_and_not_its_state() {
    let (mut bench, check) = following(json!({}));
    // The alarm has been set to ALARM; its metric says nothing yet.
    bench.pass(Duration::from_secs(30));
    assert!(bench.is_healthy(&check));
    bench.judged = json!("ALARM");
    assert_eq!(bench.turns_after_s(&check, 60), 31);
    bench.judged = json!("OK");
    assert_eq!(bench.turns_after_s(&check, 60), 60);
    // At once, then a second after every minute.
    let looks: Vec<u64> = bench.looks.iter().map(|at| at.seconds() - 1_800_000_000).collect();
    assert_eq!(looks, [0, 1, 61, 121]);
    assert_eq!(bench.err("GetHealthCheckStatus", by_id(&check)).code, "InvalidInput");
}

fn by_id(check: &str) -> Value {
    json!({"HealthCheckId": check})
}

#[test]
fn r53_hc_17_without_data_a_check_stands_as_it_is_told_to() {
    for (setting, of_ok, of_alarm) in [
        (json!("Healthy"), true, true),
        (json!("Unhealthy"), false, false),
        (json!("LastKnownStatus"), true, false),
        (Value::Null, true, false),
    ] {
        for (known, wanted) in [("OK", of_ok), ("ALARM", of_alarm)] {
            let members = match &setting {
                Value::Null => json!({}),
                setting => json!({"InsufficientDataHealthStatus": setting}),
            };
            let (mut bench, check) = following(members);
            bench.judged = json!(known);
            bench.pass(Duration::from_secs(62));
            assert_eq!(bench.is_healthy(&check), known == "OK", "{setting}");
            bench.judged = json!("INSUFFICIENT_DATA");
            bench.pass(Duration::from_secs(60));
            assert_eq!(bench.is_healthy(&check), wanted, "{setting} after {known}");
        }
    }
}

#[test]
fn r53_hc_17_alarms_that_a_check_cannot_follow_are_refused() {
    let mut bench = Bench::new();
    let mut refused = |alarm: Value, config: Value| {
        bench.alarm = alarm;
        let error = bench.err("CreateHealthCheck", create(config));
        assert_eq!(error.code, "InvalidInput");
        error.message
    };
    for (members, why) in [
        (json!({"MetricName": null}), "several metrics"),
        (json!({"Statistic": null}), "extended statistic"),
        (json!({"Threshold": null}), "anomaly detection"),
        (json!({"DatapointsToAlarm": 1}), "fewer data points"),
        (json!({"Period": 10}), "high resolution"),
    ] {
        let message = refused(with(errors(), members), follows(json!({})));
        assert!(message.contains(why), "{message}");
    }
    assert!(refused(Value::Null, follows(json!({}))).contains("does not exist"));
    let elsewhere = json!({"AlarmIdentifier": {"Name": "errors", "Region": "us-east-1"}});
    assert!(refused(errors(), follows(elsewhere)).contains("us-east-1"));
    refused(errors(), json!({"Type": "CLOUDWATCH_METRIC"}));
    refused(errors(), follows(json!({"IPAddress": "192.0.2.1"})));
    refused(errors(), http(json!({"InsufficientDataHealthStatus": "Healthy"})));
}

#[test]
fn r53_hc_24_what_is_taken_of_an_alarm_stays_until_the_check_is_updated() {
    let (mut bench, check) = following(json!({}));
    let taken = |bench: &mut Bench| {
        bench.ok("GetHealthCheck", by_id(&check))["HealthCheck"]["CloudWatchAlarmConfiguration"]
            .clone()
    };
    let first = json!({
        "EvaluationPeriods": 2, "Threshold": 5.0, "ComparisonOperator": "GreaterThanThreshold",
        "Period": 60, "MetricName": "Errors", "Namespace": "Diary", "Statistic": "Sum",
        "Dimensions": [{"Name": "Site", "Value": "a"}],
    });
    assert_eq!(taken(&mut bench), first);
    bench.alarm["Threshold"] = json!(9.0);
    assert_eq!(taken(&mut bench)["Threshold"], 5.0);
    bench.ok("UpdateHealthCheck", by_id(&check));
    assert_eq!(taken(&mut bench)["Threshold"], 9.0);
    bench.restart();
    assert_eq!(taken(&mut bench)["Threshold"], 9.0);
    bench.judged = json!("ALARM");
    bench.pass(Duration::from_secs(1));
    assert!(!bench.is_healthy(&check), "it looks at once after a restart");
}
