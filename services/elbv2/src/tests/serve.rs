//! What the engine asks: who serves under which name, on which ports, and who answers.

use std::net::SocketAddr;

use standin_kernel::{Address, Body, ExchangeId, Out, Request, Response, Service, json};

use super::{Bench, and, fixed, listener, request, rule};

/// The one answer, at once.
fn answer(bench: &mut Bench, at: &str, request: Request) -> Response {
    bench.outs.clear();
    bench.with(|elbv2, cx| elbv2.request_at(cx, ExchangeId(1), at, request));
    let mut answers = std::mem::take(&mut bench.outs).into_iter().filter_map(|out| match out {
        Out::Respond { response, .. } => Some(*response),
        _ => None,
    });
    let response = answers.next().expect("an answer");
    assert!(answers.next().is_none(), "one answer");
    response
}

#[test]
fn a_load_balancer_is_known_by_its_name() {
    let mut bench = Bench::new();
    let (balancer, ..) = bench.site();
    let host = bench.dns_name(&balancer);
    for name in [host.clone(), format!("{host}.localhost"), format!("dualstack.{host}")] {
        assert!(bench.elbv2.serves(&name), "{name}");
        assert!(bench.elbv2.has_listener(&name, 80));
        assert!(!bench.elbv2.has_listener(&name, 443));
    }
    for other in ["example.com", "other.ap-northeast-1.elb.amazonaws.com", ""] {
        assert!(!bench.elbv2.serves(other) && !bench.elbv2.has_listener(other, 80));
    }
}

#[test]
fn a_viewer_means_the_listener_on_the_port_else_80_else_the_lowest() {
    let mut bench = Bench::new();
    let balancer = bench.balancer();
    let host = bench.dns_name(&balancer);
    assert_eq!(bench.elbv2.viewer_port(&host, 8443, false), 8443, "there is none");
    let certificate = json!([{"CertificateArn": "arn:aws:acm:::certificate/1"}]);
    let https = json!({"Protocol": "HTTPS", "Certificates": certificate});
    bench.ok("CreateListener", and(listener(&balancer, 443, fixed("200")), https));
    assert_eq!(bench.elbv2.viewer_port(&host, 9999, false), 443);
    bench.ok("CreateListener", listener(&balancer, 8080, fixed("200")));
    bench.ok("CreateListener", listener(&balancer, 8081, fixed("200")));
    assert_eq!(bench.elbv2.viewer_port(&host, 9999, false), 8080);
    bench.ok("CreateListener", listener(&balancer, 80, fixed("200")));
    assert_eq!(bench.elbv2.viewer_port(&host, 9999, false), 80);
    assert_eq!(bench.elbv2.viewer_port(&host, 8081, false), 8081);
}

#[test]
fn rules_decide_as_soon_as_they_are_there() {
    let mut bench = Bench::new();
    let balancer = bench.balancer();
    let made = bench.ok("CreateListener", listener(&balancer, 80, fixed("200")));
    let arn = super::text(&made["Listeners"][0]["ListenerArn"]);
    let host = bench.dns_name(&balancer);
    let status = |bench: &mut Bench, target: &str| {
        answer(bench, &host, request(&host, target, 80)).head.status
    };
    assert_eq!(status(&mut bench, "/a"), 200);
    let made = bench.ok("CreateRule", rule(&arn, 5, "/a"));
    assert_eq!((status(&mut bench, "/a"), status(&mut bench, "/b")), (404, 200));
    let first = and(rule(&arn, 1, "/*"), json!({"Actions": [fixed("503")]}));
    bench.ok("CreateRule", first);
    assert_eq!(status(&mut bench, "/a"), 503);
    let priority = json!({"RuleArn": made["Rules"][0]["RuleArn"], "Priority": 1});
    assert_eq!(
        bench.refusal("SetRulePriorities", json!({"RulePriorities": [priority]})),
        "PriorityInUse"
    );
    bench.ok("DeleteRule", json!({"RuleArn": made["Rules"][0]["RuleArn"]}));
    bench.restart();
    assert_eq!(status(&mut bench, "/a"), 503);
}

#[test]
fn every_kind_of_condition_reaches_the_data_plane() {
    let mut bench = Bench::new();
    let balancer = bench.balancer();
    let made = bench.ok("CreateListener", listener(&balancer, 80, fixed("200")));
    let arn = super::text(&made["Listeners"][0]["ListenerArn"]);
    let host = bench.dns_name(&balancer);
    let conditions = json!([
        {"Field": "host-header", "Values": ["*.elb.amazonaws.com"]},
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["b"]}},
        {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "k", "Value": "v"}]}},
        {"Field": "source-ip", "SourceIpConfig": {"Values": ["203.0.113.0/24"]}},
    ]);
    let config = json!({"StatusCode": "HTTP_302", "Host": "b.example", "Query": "", "Port": "81"});
    let redirect = json!({"Type": "redirect", "RedirectConfig": config});
    let all = json!({"Conditions": conditions, "Actions": [redirect]});
    bench.ok("CreateRule", and(rule(&arn, 1, "/"), all));
    let mut asked = request(&host, "/x?k=v", 80);
    assert_eq!(answer(&mut bench, &host, asked.clone()).head.status, 200);
    asked.head.headers.append("X-A", "B");
    let answer = answer(&mut bench, &host, asked);
    assert_eq!(answer.head.status, 302);
    assert_eq!(answer.head.headers.get("Location"), Some("http://b.example:81/x"));
}

#[test]
fn a_request_is_forwarded_to_a_registered_target() {
    let mut bench = Bench::new();
    let (balancer, _, group) = bench.site();
    let host = bench.dns_name(&balancer);
    let target = json!({"Id": "127.77.0.2", "Port": 9000});
    bench.ok("RegisterTargets", json!({"TargetGroupArn": group, "Targets": [target]}));
    bench.outs.clear();
    let asked = request(&host, "/", 80);
    bench.with(|elbv2, cx| elbv2.request_at(cx, ExchangeId(1), &host, asked));
    let sent = bench.outs.iter().find_map(|out| match out {
        Out::Send { request, .. } => Some(request),
        _ => None,
    });
    let to = Address::Socket(SocketAddr::from(([127, 77, 0, 2], 9000)));
    assert_eq!(sent.map(|request| &request.to), Some(&to));
}

#[test]
fn where_nothing_listens_the_answer_says_so() {
    let mut bench = Bench::new();
    let (balancer, ..) = bench.site();
    let host = bench.dns_name(&balancer);
    let answer = answer(&mut bench, &host, request(&host, "/", 81));
    assert_eq!((answer.head.status, answer.close), (502, true));
    let Body::Bytes(body) = answer.body else { panic!("no body") };
    assert!(String::from_utf8_lossy(&body).contains("port 81"));
    assert_eq!(bench.facts.last().unwrap().step, "listener");
}
