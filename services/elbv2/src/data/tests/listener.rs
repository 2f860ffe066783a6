//! Rules, their conditions, and the actions that ask nobody.

use super::*;
use crate::config::{Cidr, Condition, PathPattern, Pattern, QueryPair, Redirect};

fn rule(priority: u32, conditions: Vec<Condition>) -> Rule {
    let body: &'static str = match priority {
        10 => "10",
        20 => "20",
        _ => "other",
    };
    let arn = format!("arn:rule/{priority}").into();
    Rule { arn, priority, conditions, action: fixed(200, body) }
}

fn path(values: &[&str]) -> Condition {
    Condition::PathPattern(values.iter().map(|value| PathPattern::new(value)).collect())
}

fn host(value: &str) -> Condition {
    Condition::HostHeader(vec![Pattern::ignoring_case(value)])
}

/// Whether a rule with this condition applies.
fn applies(condition: Condition, request: Request) -> bool {
    let mut bench = Bench::rules(vec![rule(10, vec![condition])]);
    body(&bench.own(request)) == "10"
}

fn asking(host: &str) -> Request {
    let mut request = get("/");
    request.head.headers.set("Host", host);
    request
}

#[test]
fn alb_ru_01_the_lowest_priority_number_wins_and_the_default_rule_comes_last() {
    let mut bench =
        Bench::rules(vec![rule(10, vec![path(&["/a*"])]), rule(20, vec![path(&["/a/b"])])]);
    assert_eq!(body(&bench.own(get("/a/b"))), "10");
    assert!(bench.facts.iter().any(|fact| fact.says.contains("priority 10")));
    assert_eq!(body(&bench.own(get("/b"))), "default");
    let default = bench.facts.last().and_then(|fact| fact.setting.clone()).unwrap();
    assert_eq!(default.property, "DefaultActions[0].FixedResponseConfig");
}

#[test]
fn alb_ru_04_all_conditions_must_hold() {
    let mut bench = Bench::rules(vec![rule(10, vec![host("*.example.com"), path(&["/a"])])]);
    assert_eq!(body(&bench.own(get("/a"))), "10");
    assert_eq!(body(&bench.own(get("/b"))), "default");
    let mut elsewhere = asking("other.example.org");
    elsewhere.head.target = "/a".into();
    assert_eq!(body(&bench.own(elsewhere)), "default");
}

#[test]
fn alb_ru_05_any_one_value_is_enough() {
    for asked in ["/a", "/b", "/c/d"] {
        assert!(applies(path(&["/a", "/b", "/c/*"]), get(asked)), "{asked}");
    }
    assert!(!applies(path(&["/a", "/b", "/c/*"]), get("/c")));
}

#[test]
fn alb_ru_08_hosts_are_compared_without_case_and_port() {
    assert!(applies(host("*.example.com"), asking("WWW.Example.COM")));
    assert!(applies(host("*.example.com"), asking("www.example.com:8080")));
    assert!(!applies(host("*.example.com"), asking("example.com")));
}

#[test]
fn alb_ru_09_the_query_is_no_part_of_the_path() {
    assert!(applies(path(&["/a"]), get("/a?x=1")));
    assert!(!applies(path(&["/A"]), get("/a")));
    let mut bench = Bench::healthy(1);
    let exchange = bench.send(get("/%61?x=1"));
    assert_eq!(bench.leg(exchange).unwrap().head.target, "/%61?x=1");
}

#[test]
fn alb_ru_10_every_line_of_the_header_is_looked_at() {
    let condition = || Condition::HttpHeader {
        name: "X-Env".into(),
        values: vec![Pattern::ignoring_case("prod*")],
    };
    assert!(applies(condition(), get_with("/", &[("x-env", "PROD-1")])));
    assert!(applies(condition(), get_with("/", &[("X-Env", "test"), ("X-Env", "prod")])));
    assert!(!applies(condition(), get_with("/", &[("X-Env", "test")])));
    assert!(!applies(condition(), get("/")));
}

#[test]
fn alb_ru_11_keys_and_values_of_the_query_are_compared_without_case() {
    let pair = |key: Option<&str>, value: &str| {
        let key = key.map(Pattern::with_escapes);
        Condition::QueryString(vec![QueryPair { key, value: Pattern::with_escapes(value) }])
    };
    assert!(applies(pair(Some("version"), "v1"), get("/?a=b&VERSION=V1")));
    assert!(!applies(pair(Some("version"), "v1"), get("/?version=v2")));
    assert!(applies(pair(None, "*example*"), get("/?any=an-Example-of-it")));
    assert!(!applies(pair(None, "*example*"), get("/?example=1")));
    assert!(applies(pair(Some("star"), r"\*"), get("/?star=*")));
    assert!(!applies(pair(Some("star"), r"\*"), get("/?star=x")));
    assert!(!applies(pair(None, "*"), get("/")));
}

#[test]
fn alb_ru_12_methods_are_compared_exactly() {
    let get_only = || Condition::HttpRequestMethod(vec!["GET".into()]);
    assert!(applies(get_only(), method("GET")));
    assert!(!applies(get_only(), method("HEAD")));
    assert!(applies(Condition::HttpRequestMethod(vec!["PURGE".into()]), method("PURGE")));
    assert!(!applies(Condition::HttpRequestMethod(vec!["PURGE".into()]), method("purge")));
}

#[test]
fn alb_ru_13_the_source_is_the_other_end_of_the_connection() {
    let from = |block: &str| Condition::SourceIp(vec![Cidr::parse(block).unwrap()]);
    assert!(applies(from("192.0.2.0/24"), get("/")));
    assert!(applies(from("0.0.0.0/0"), get("/")));
    assert!(!applies(from("10.0.0.0/8"), get_with("/", &[("X-Forwarded-For", "10.1.1.1")])));
    assert!(!applies(from("2001:db8::/32"), get("/")));
    let mut six = get("/");
    six.peer = SocketAddr::new("2001:db8:1::1".parse().unwrap(), 1);
    assert!(applies(from("2001:db8::/32"), six));
    for wrong in ["10.0.0.0", "10.0.0.0/33", "x/8", "::/129"] {
        assert_eq!(Cidr::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn alb_ru_15_only_the_first_host_counts() {
    let mut request = asking("a.example");
    request.head.headers.append("Host", "b.example");
    assert!(!applies(host("b.example"), request.clone()));
    assert!(applies(host("a.example"), request));
}

#[test]
fn alb_ac_05_a_fixed_response_is_served_exactly() {
    let mut bench = Bench::with_action(fixed(503, "closed for now"));
    let answer = bench.own(get("/"));
    assert_eq!((answer.head.status, body(&answer).as_str()), (503, "closed for now"));
    assert_eq!(answer.head.headers.get("Content-Type"), Some("text/plain; charset=utf-8"));
    let to_head = bench.own(method("HEAD"));
    assert_eq!((body(&to_head).as_str(), to_head.head_length), ("", Some(14)));
}

#[test]
fn alb_ac_06_a_redirect_answers_with_location_and_a_small_page() {
    let to_https = Redirect::new(301, Some(Protocol::Https), None, Some("443"), None, None);
    let mut bench = Bench::with_action(Action::Redirect(to_https));
    let answer = bench.own(get("/a?b=c"));
    assert_eq!(answer.head.status, 301);
    let location = answer.head.headers.get("Location");
    assert_eq!(location, Some("https://www.example.com:443/a?b=c"));
    assert_eq!(body(&answer).len(), 134);
}

#[test]
fn alb_ac_09_too_long_a_location_is_507() {
    let longer = Redirect::new(302, None, None, None, Some("/#{path}/#{path}"), None);
    let mut bench = Bench::with_action(Action::Redirect(longer));
    let asked = format!("/{}", "x".repeat(5000));
    assert_eq!(bench.own(get(&asked)).head.status, 507);
    assert!(bench.says("ALB-AC-09"));
}

#[test]
fn alb_ls_04_trace_is_405_and_no_target_sees_it() {
    let mut bench = Bench::healthy(1);
    assert_eq!(bench.own(method("TRACE")).head.status, 405);
    for forwarded in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        assert_eq!(bench.served(method(forwarded)).0, 1, "{forwarded}");
    }
}

#[test]
fn alb_ls_05_the_server_header_can_be_turned_off() {
    let mut bench = Bench::with_action(fixed(200, ""));
    assert_eq!(bench.own(get("/")).head.headers.get("Server"), Some("awselb/2.0"));
    let attributes = ListenerAttributes { server_header: false, ..ListenerAttributes::default() };
    let quiet = Listener {
        arn: "arn:listener".into(),
        port: 80,
        protocol: Protocol::Http,
        default_action: fixed(200, ""),
        rules: Vec::new(),
        attributes,
    };
    bench.settings.listeners = vec![Arc::new(quiet)];
    assert_eq!(bench.own(get("/")).head.headers.get("Server"), None);
}

#[test]
fn alb_ls_06_inserted_headers_overwrite_what_the_target_sent() {
    let mut bench = Bench::healthy(1);
    let attributes = ListenerAttributes {
        server_header: true,
        response_headers: vec![("X-Frame-Options".into(), "DENY".into())],
    };
    let inserting = Listener {
        arn: "arn:listener".into(),
        port: 80,
        protocol: Protocol::Http,
        default_action: forward(),
        rules: Vec::new(),
        attributes,
    };
    bench.settings.listeners = vec![Arc::new(inserting)];
    let exchange = bench.send(get("/"));
    let mut response = ok();
    response.head.headers.append("x-frame-options", "SAMEORIGIN");
    bench.target_answers(exchange, response);
    let answer = bench.answer(exchange).unwrap();
    let all: Vec<_> = answer.head.headers.get_all("X-Frame-Options").collect();
    assert_eq!(all, ["DENY"]);
}

#[test]
fn a_port_without_a_listener_is_said_to_be_one() {
    let mut bench = Bench::new();
    let mut request = get("/");
    request.port = 81;
    let answer = bench.own(request);
    assert_eq!((answer.head.status, answer.close), (503, true));
    assert_eq!(body(&answer), "front has no listener on port 81\n");
}
