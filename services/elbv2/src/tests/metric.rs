//! What CloudWatch is told of requests, answers and targets.

use standin_kernel::{
    Caller, Duration, ExchangeId, Finish, LinkFailure, Out, Response, Service, Value, json,
};

use super::{Bench, listener, request};

/// A group with a healthy target behind a listener on port 80.
fn site() -> (Bench, String) {
    let mut bench = Bench::new();
    let (balancer, listener, group) = bench.site();
    bench.rule(&listener, 1, "/closed");
    let targets = json!([{"Id": "127.77.0.1"}]);
    bench.ok("RegisterTargets", json!({"TargetGroupArn": group, "Targets": targets}));
    check(&mut bench, Ok(200));
    let host = bench.dns_name(&balancer);
    (bench, host)
}

/// Lets ten seconds pass, in which checks are answered or fail within a second.
fn check(bench: &mut Bench, result: Result<u16, LinkFailure>) {
    for _ in 0..10 {
        bench.pass(Duration::from_secs(1));
        for out in std::mem::take(&mut bench.outs) {
            let Out::Send { caller, .. } = out else { continue };
            bench.with(|elbv2, cx| match result {
                Ok(status) => elbv2.response(cx, caller, Response::text(status, "text/plain", "")),
                Err(failure) => elbv2.failed(cx, caller, failure),
            });
        }
    }
}

/// One request, and what its target does if it is asked.
fn ask(bench: &mut Bench, number: u64, host: &str, target: &str, does: Result<u16, LinkFailure>) {
    let exchange = ExchangeId(number);
    let request = request(host, target, 80);
    bench.outs.clear();
    bench.with(|elbv2, cx| elbv2.request_at(cx, exchange, host, request));
    if bench.outs.iter().any(|out| matches!(out, Out::Send { .. })) {
        bench.now = bench.now + Duration::from_millis(250);
        let caller = Caller::Exchange(exchange);
        bench.with(|elbv2, cx| match does {
            Ok(status) => elbv2.response(cx, caller, Response::text(status, "text/plain", "")),
            Err(failure) => elbv2.failed(cx, caller, failure),
        });
    }
    let finish = Finish::Complete { body_bytes: 0 };
    bench.with(|elbv2, cx| elbv2.finished(cx, exchange, finish));
}

/// What the metrics of these dimensions say, by name.
fn told(bench: &Bench, dimensions: &[&str]) -> std::collections::BTreeMap<String, Value> {
    let names = |datum: &Value| -> Vec<String> {
        let all = datum["Dimensions"].as_array().unwrap().iter();
        all.map(|one| one["Name"].as_str().unwrap().to_owned()).collect()
    };
    let data = bench.metrics.iter().flat_map(|put| put["MetricData"].as_array().unwrap());
    let wanted = data.filter(|datum| names(datum) == dimensions);
    wanted.map(|datum| (datum["MetricName"].as_str().unwrap().to_owned(), datum.clone())).collect()
}

#[test]
fn alb_lg_06_alb_lg_07_codes_of_the_load_balancer_and_of_targets_are_counted_apart() {
    let (mut bench, host) = site();
    bench.pass(Duration::from_secs(60));
    bench.metrics.clear();
    for number in 1..=3 {
        ask(&mut bench, number, &host, "/closed", Ok(200));
    }
    ask(&mut bench, 4, &host, "/", Ok(500));
    ask(&mut bench, 5, &host, "/", Ok(200));
    ask(&mut bench, 6, &host, "/", Err(LinkFailure::Refused));
    bench.pass(Duration::from_secs(60));
    let whole = told(&bench, &["LoadBalancer"]);
    let sum = |name: &str| whole.get(name).map(|datum| datum["StatisticValues"]["Sum"].clone());
    assert_eq!(sum("HTTPCode_ELB_502_Count"), Some(json!(1.0)));
    assert_eq!(sum("HTTPCode_ELB_5XX_Count"), Some(json!(1.0)));
    assert_eq!(sum("HTTPCode_ELB_4XX_Count"), Some(json!(3.0)));
    assert_eq!(sum("HTTPCode_ELB_503_Count"), None, "nothing to report");
    assert_eq!(sum("HTTPCode_Target_5XX_Count"), Some(json!(1.0)));
    assert_eq!(sum("HTTPCode_Target_2XX_Count"), Some(json!(1.0)));
    assert_eq!(sum("TargetConnectionErrorCount"), Some(json!(1.0)));
    assert_eq!(sum("HTTP_Fixed_Response_Count"), Some(json!(3.0)));
    assert_eq!(sum("RequestCount"), Some(json!(3.0)), "without the fixed responses");
    assert_eq!(whole["TargetResponseTime"]["Values"], json!([0.25]));
    assert_eq!(whole["TargetResponseTime"]["Counts"], json!([2]));
    assert_eq!(told(&bench, &["LoadBalancer", "AvailabilityZone"]).len(), whole.len());
    let of_group = told(&bench, &["LoadBalancer", "TargetGroup"]);
    assert_eq!(of_group["RequestCount"]["StatisticValues"]["Sum"], 3.0);
    assert!(!of_group.contains_key("HTTPCode_ELB_502_Count"));
}

#[test]
fn alb_lg_05_a_minute_without_requests_has_no_counts() {
    let (mut bench, host) = site();
    ask(&mut bench, 1, &host, "/", Ok(200));
    bench.pass(Duration::from_secs(60));
    let dimensions = told(&bench, &["LoadBalancer"])["RequestCount"]["Dimensions"].clone();
    let value = dimensions[0]["Value"].as_str().unwrap().to_owned();
    assert!(value.starts_with("app/web/"), "{value}");
    assert!(bench.metrics.iter().all(|put| put["Namespace"] == "AWS/ApplicationELB"));
    bench.metrics.clear();
    bench.pass(Duration::from_secs(60));
    assert!(told(&bench, &["LoadBalancer"]).is_empty());
}

#[test]
fn alb_lg_08_hosts_are_told_every_minute_with_what_they_were_meanwhile() {
    let (mut bench, _) = site();
    for _ in 0..6 {
        check(&mut bench, Ok(200));
    }
    bench.metrics.clear();
    for _ in 0..6 {
        check(&mut bench, Err(LinkFailure::Refused));
    }
    let hosts = told(&bench, &["LoadBalancer", "TargetGroup"]);
    let of = |name: &str| hosts[name]["StatisticValues"].clone();
    assert_eq!(of("HealthyHostCount")["Maximum"], 1.0);
    assert_eq!(of("HealthyHostCount")["Minimum"], 0.0);
    assert_eq!(of("UnHealthyHostCount")["Sum"], 1.0);
    bench.metrics.clear();
    bench.pass(Duration::from_secs(60));
    let hosts = told(&bench, &["LoadBalancer", "TargetGroup"]);
    assert_eq!(hosts["HealthyHostCount"]["StatisticValues"]["Maximum"], 0.0);
}

#[test]
fn alb_fo_06_requests_to_targets_that_are_not_fit_are_counted() {
    let mut bench = Bench::new();
    let (balancer, group) = (bench.balancer(), bench.group("app"));
    let forward = super::forward(&group);
    bench.ok("CreateListener", listener(&balancer, 80, forward));
    let targets = json!([{"Id": "127.77.0.1"}]);
    bench.ok("RegisterTargets", json!({"TargetGroupArn": group, "Targets": targets}));
    let host = bench.dns_name(&balancer);
    for _ in 0..3 {
        check(&mut bench, Err(LinkFailure::Refused));
    }
    ask(&mut bench, 1, &host, "/", Ok(200));
    bench.pass(Duration::from_secs(60));
    let whole = told(&bench, &["LoadBalancer"]);
    assert_eq!(whole["UnhealthyRoutingRequestCount"]["StatisticValues"]["Sum"], 1.0);
}
