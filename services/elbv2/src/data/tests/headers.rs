//! What targets read, and what is kept from them.

use super::*;
use crate::config::{DesyncMode, XffMode};

/// The head a target reads when the load balancer is set up like this.
fn read(request: Request, attributes: LoadBalancerAttributes, port: u16) -> RequestHead {
    let mut bench = Bench::healthy(1);
    bench.settings.attributes = attributes;
    let action = forward();
    bench.settings.listeners = vec![listener(port, action, Vec::new())];
    let exchange = bench.send(Request { port, ..request });
    bench.leg(exchange).expect("a target was asked").head.clone()
}

fn read_by_default(request: Request) -> RequestHead {
    read(request, LoadBalancerAttributes::default(), 80)
}

#[test]
fn alb_hd_01_the_address_of_the_client_is_appended_preserved_or_removed() {
    let came = || get_with("/", &[("X-Forwarded-For", "1.2.3.4")]);
    let mode = |xff_header_processing| LoadBalancerAttributes {
        xff_header_processing,
        ..LoadBalancerAttributes::default()
    };
    let value = |mode_is| {
        let head = read(came(), mode(mode_is), 80);
        head.headers.get_all("X-Forwarded-For").map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(value(XffMode::Append), ["1.2.3.4, 192.0.2.7"]);
    assert_eq!(value(XffMode::Preserve), ["1.2.3.4"]);
    assert!(value(XffMode::Remove).is_empty());
    assert_eq!(read_by_default(get("/")).headers.get("X-Forwarded-For"), Some("192.0.2.7"));
    let twice = get_with("/", &[("X-Forwarded-For", "1.1.1.1"), ("x-forwarded-for", "2.2.2.2")]);
    let chain = read_by_default(twice);
    let all: Vec<_> = chain.headers.get_all("X-Forwarded-For").collect();
    assert_eq!(all, ["1.1.1.1, 2.2.2.2, 192.0.2.7"]);
}

#[test]
fn alb_hd_02_the_client_port_can_be_added() {
    let attributes =
        LoadBalancerAttributes { xff_client_port: true, ..LoadBalancerAttributes::default() };
    let head = read(get("/"), attributes, 80);
    assert_eq!(head.headers.get("X-Forwarded-For"), Some("192.0.2.7:4444"));
}

#[test]
fn alb_hd_03_protocol_and_port_are_the_listeners() {
    let came = get_with("/", &[("X-Forwarded-Proto", "https"), ("X-Forwarded-Port", "1")]);
    let head = read(came, LoadBalancerAttributes::default(), 8080);
    assert_eq!(head.headers.get_all("X-Forwarded-Proto").collect::<Vec<_>>(), ["http"]);
    assert_eq!(head.headers.get_all("X-Forwarded-Port").collect::<Vec<_>>(), ["8080"]);
}

#[test]
fn alb_hd_04_a_trace_id_that_came_keeps_its_root() {
    let root = "Root=1-67891233-abcdef012345678912345678";
    let head = read_by_default(get_with("/", &[("X-Amzn-Trace-Id", root)]));
    let all: Vec<_> = head.headers.get_all("X-Amzn-Trace-Id").collect();
    assert_eq!(all.len(), 1);
    assert!(all[0].starts_with("Self=1-6b49d21e-") && all[0].ends_with(root), "{all:?}");
    let head = read_by_default(get("/"));
    assert!(head.headers.get("X-Amzn-Trace-Id").unwrap().starts_with("Root=1-6b49d21e-"));
}

#[test]
fn alb_hd_06_the_host_is_rewritten_unless_it_is_preserved() {
    let asking = |host: &str| {
        let mut request = get("/");
        request.head.headers.set("Host", host);
        request
    };
    let preserving =
        LoadBalancerAttributes { preserve_host_header: true, ..LoadBalancerAttributes::default() };
    let host = |sent, attributes: &LoadBalancerAttributes, port| {
        let head = read(asking(sent), attributes.clone(), port);
        head.headers.get_all("Host").map(str::to_owned).collect::<Vec<_>>()
    };
    let default = LoadBalancerAttributes::default();
    assert_eq!(host("Example.COM", &default, 8080), ["example.com:8080"]);
    assert_eq!(host("Example.COM:80", &default, 80), ["example.com"]);
    assert_eq!(host("Example.COM", &default, 443), ["example.com"]);
    assert_eq!(host("Example.COM", &preserving, 8080), ["Example.COM"]);
}

#[test]
fn alb_hd_07_a_request_without_host_gets_the_load_balancers_name() {
    let mut request = get("/");
    request.head.version = old();
    request.head.headers.remove("Host");
    let head = read_by_default(request);
    assert_eq!(head.headers.get("Host"), Some("front-1.r.elb.amazonaws.com"));
}

#[test]
fn alb_hd_09_expect_is_not_passed_on_and_neither_is_what_is_about_one_connection() {
    let came = [("Expect", "100-continue"), ("TE", "trailers"), ("Proxy-Connection", "close")];
    let head = read_by_default(get_with("/", &[&came[..], &[("Accept", "*/*")]].concat()));
    for (name, _) in came {
        assert!(!head.headers.contains(name), "{name}");
    }
    assert_eq!(head.headers.get("Accept"), Some("*/*"));
}

#[test]
fn alb_hd_10_names_that_are_not_plain_can_be_dropped() {
    let came = || get_with("/", &[("my_header", "x"), ("My-Header", "y")]);
    let dropping = LoadBalancerAttributes {
        drop_invalid_header_fields: true,
        ..LoadBalancerAttributes::default()
    };
    let head = read(came(), dropping, 80);
    assert!(!head.headers.contains("my_header") && head.headers.contains("My-Header"));
    assert!(read_by_default(came()).headers.contains("my_header"));
}

#[test]
fn alb_hd_11_alb_hd_12_a_get_with_a_body_is_forwarded_refused_or_forwarded_for_the_last_time() {
    let outcome = |desync_mitigation| {
        let mut bench = Bench::healthy(1);
        bench.settings.attributes.desync_mitigation = desync_mitigation;
        let exchange = bench.send(Request { has_body: true, ..get("/") });
        if bench.leg(exchange).is_some() {
            bench.target_answers(exchange, ok());
        }
        let why = "UndefinedContentLengthSemantics";
        assert!(bench.facts.iter().any(|fact| fact.says.contains(why)));
        let answer = bench.answer(exchange).unwrap();
        (answer.head.status, answer.close)
    };
    assert_eq!(outcome(DesyncMode::Monitor), (200, false));
    assert_eq!(outcome(DesyncMode::Defensive), (200, true));
    assert_eq!(outcome(DesyncMode::Strictest).0, 400);
    let mut bench = Bench::healthy(1);
    bench.settings.attributes.desync_mitigation = DesyncMode::Strictest;
    assert_eq!(bench.served(get("/")).1.head.status, 200);
    assert_eq!(bench.own(get_with("/", &[("Content_Length", "5")])).head.status, 400);
    assert_eq!(bench.own(get_with("/", &[("X-Name", "ü")])).head.status, 400);
}

#[test]
fn alb_er_10_more_than_30_addresses_are_463() {
    let chain = |count: usize| vec!["10.0.0.1"; count].join(", ");
    let mut bench = Bench::healthy(1);
    let asked = bench.own(get_with("/", &[("X-Forwarded-For", &chain(31))]));
    assert_eq!(asked.head.status, 463);
    assert_eq!(bench.served(get_with("/", &[("X-Forwarded-For", &chain(30))])).0, 1);
}

#[test]
fn the_answer_of_a_target_is_passed_on_without_what_is_about_its_connection() {
    let mut bench = Bench::healthy(1);
    let exchange = bench.send(get("/"));
    let mut response = ok();
    response.body = Body::Relay { length: None, keep: None };
    response.head.headers.append("Keep-Alive", "timeout=5");
    response.head.headers.append("Server", "own");
    response.close = true;
    bench.target_answers(exchange, response);
    let answer = bench.answer(exchange).unwrap();
    assert!(answer.body.is_relay() && !answer.close);
    let expected = [("Content-Type", "text/plain"), ("Server", "own")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(lines(&answer.head.headers), expected);
}

#[test]
fn a_leg_names_both_ends_and_carries_the_body() {
    let mut bench = Bench::healthy(1);
    bench.settings.attributes.idle_timeout = s(7);
    let exchange = bench.send(Request { has_body: true, ..method("POST") });
    let leg = bench.leg(exchange).unwrap();
    assert_eq!((&*leg.from, &*leg.link), ("front", "10.0.0.1:8080"));
    assert_eq!((leg.with_body, leg.tls), (true, false));
    assert_eq!((leg.connect_timeout, leg.response_timeout), (s(10), s(7)));
}
