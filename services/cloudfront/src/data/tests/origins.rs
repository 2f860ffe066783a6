//! Tries, timeouts, and the secondary of an origin group.

use super::*;

#[test]
fn cf_org_01_to_07_what_a_viewer_sees_when_nobody_answers() {
    for (failure, status) in [
        (LinkFailure::NameNotFound, 502),
        (LinkFailure::Refused, 502),
        (LinkFailure::ConnectTimeout, 504),
        (LinkFailure::ResponseTimeout, 504),
        (LinkFailure::Tls, 502),
        (LinkFailure::Closed, 502),
        (LinkFailure::BadResponse, 502),
        (LinkFailure::HeadTooLarge, 502),
    ] {
        let mut bench = Bench::new(site());
        let exchange = bench.get("/");
        bench.origin_fails(failure);
        let (got, x_cache, body) = bench.got(exchange);
        assert_eq!((got, x_cache), (status, "Error"), "{failure:?}");
        assert!(body.contains(&format!("{status} ERROR")));
        assert_eq!(bench.headers(exchange).get("Server"), Some("CloudFront"));
    }
}

#[test]
fn cf_org_13_an_origins_error_keeps_its_server_and_body() {
    let mut bench = Bench::new(site());
    let exchange = bench.get("/");
    bench.origin(answer(404, &[("Server", "nginx")], "own"));
    assert_eq!(bench.got(exchange), (404, "Error", "own"));
    assert_eq!(bench.headers(exchange).get("Server"), Some("nginx"));
}

#[test]
fn cf_og_11_connections_are_tried_as_often_as_set() {
    let mut bench = Bench::new(site_with(|site| site.origins[0].connection_attempts = 3));
    let exchange = bench.send(head(Method::Post, "/", &[]));
    for _ in 0..3 {
        let leg = bench.origin_fails(LinkFailure::ConnectTimeout);
        assert_eq!(leg.connect_timeout, Duration::from_secs(2));
    }
    assert_eq!(bench.got(exchange).0, 504);
}

#[test]
fn cf_og_13_silence_is_retried_for_get_and_not_for_post() {
    let site = || site_with(|site| site.origins[0].connection_attempts = 3);
    let mut bench = Bench::new(site());
    let exchange = bench.get("/");
    for _ in 0..3 {
        let leg = bench.origin_fails(LinkFailure::ResponseTimeout);
        assert_eq!(leg.response_timeout, Duration::from_secs(10));
    }
    assert_eq!(bench.got(exchange).0, 504);
    let mut bench = Bench::new(site());
    let exchange = bench.send(head(Method::Post, "/", &[]));
    bench.origin_fails(LinkFailure::ResponseTimeout);
    assert_eq!(bench.got(exchange).0, 504);
}

#[test]
fn a_retry_that_is_answered_is_an_answer() {
    let mut bench = Bench::new(site_with(|site| site.origins[0].connection_attempts = 2));
    let exchange = bench.get("/");
    bench.origin_fails(LinkFailure::Refused);
    bench.origin(answer(200, &[], "x"));
    assert_eq!(bench.got(exchange), (200, "Miss", "x"));
}

#[test]
fn cf_og_16_the_completion_timeout_ends_all_tries() {
    let mut bench = Bench::new(site_with(|site| {
        site.origins[0].connection_attempts = 3;
        site.origins[0].completion_timeout = Some(Duration::from_secs(4));
    }));
    let exchange = bench.get("/");
    bench.wait(3);
    bench.origin_fails(LinkFailure::ResponseTimeout);
    bench.wait(1);
    assert_eq!(bench.got(exchange).0, 504);
    assert!(bench.asked.is_empty());
    let answered = bench.get("/other");
    bench.origin(answer(200, &[], "x"));
    bench.wait(60);
    assert_eq!(bench.got(answered).0, 200);
    assert!(bench.edge.deadline().is_none());
}

#[test]
fn cf_og_02_and_09_a_chosen_status_leads_to_the_secondary_with_the_same_path() {
    let mut bench = Bench::new(grouped(&[429, 503]));
    let exchange = bench.get("/shop/1");
    bench.origin(answer(429, &[], "x"));
    let leg = bench.origin(answer(200, &[], "second"));
    assert_eq!(host(&leg), "pages.s3.ap-northeast-1.amazonaws.com");
    assert_eq!(leg.head.target, "/shop/1");
    // CF-OG-18: its own Host.
    assert_eq!(leg.head.headers.get("Host"), Some("pages.s3.ap-northeast-1.amazonaws.com"));
    assert_eq!(bench.got(exchange), (200, "Miss", "second"));
}

#[test]
fn cf_og_03_writes_do_not_fail_over() {
    let mut site = grouped(&[503]);
    site.behaviors[1].allowed_methods = AllowedMethods::All;
    let mut bench = Bench::new(site);
    for (method, fails_over) in
        [(Method::Post, false), (Method::Options, false), (Method::Head, true), (Method::Get, true)]
    {
        bench.send(head(method, "/", &[]));
        bench.origin(answer(503, &[], "x"));
        assert_eq!(!bench.asked.is_empty(), fails_over);
        bench.asked.clear();
    }
    let mut site = grouped(&[503]);
    site.behaviors[1].caches_options = true;
    let mut bench = Bench::new(site);
    bench.send(head(Method::Options, "/", &[]));
    bench.origin(answer(503, &[], "x"));
    assert_eq!(bench.asked.len(), 1);
}

#[test]
fn cf_og_05_and_cf_org_04_no_connection_is_503_and_no_answer_is_504() {
    use LinkFailure::*;
    for (failure, criterion) in
        [(Refused, 503), (ConnectTimeout, 503), (NameNotFound, 503), (ResponseTimeout, 504)]
    {
        for criteria in [[503], [504], [500]] {
            let mut bench = Bench::new(grouped(&criteria));
            bench.get("/");
            bench.origin_fails(failure);
            let asked = !bench.asked.is_empty();
            assert_eq!(asked, criteria[0] == criterion, "{failure:?} {criteria:?}");
        }
    }
}

#[test]
fn cf_og_06_every_miss_begins_with_the_primary() {
    let mut bench = Bench::new(grouped(&[503]));
    for path in ["/1", "/2", "/3"] {
        bench.get(path);
        let leg = bench.origin_fails(LinkFailure::Refused);
        assert_eq!(host(&leg), "app.example.com");
        bench.origin(answer(200, &[], "second"));
    }
}

#[test]
fn cf_og_07_a_status_outside_the_criteria_is_the_primarys() {
    let mut bench = Bench::new(grouped(&[503]));
    let exchange = bench.get("/");
    bench.origin(answer(500, &[], "own"));
    assert_eq!(bench.got(exchange), (500, "Error", "own"));
}

#[test]
fn cf_og_08_when_both_fail_the_secondarys_error_counts() {
    let mut site = grouped(&[503]);
    site.error_responses.push(page(403, 503, 10));
    let mut bench = Bench::new(site);
    let exchange = bench.get("/");
    bench.origin_fails(LinkFailure::Refused);
    bench.origin(answer(403, &[], "x"));
    let leg = bench.origin(answer(200, &[], "sorry"));
    assert_eq!(leg.head.target, "/errors/403.html");
    assert_eq!(bench.got(exchange), (503, "Error", "sorry"));
}

#[test]
fn cf_og_10_the_secondarys_answer_outlives_the_outage() {
    let mut bench = Bench::new(grouped(&[503]));
    bench.get("/");
    bench.origin_fails(LinkFailure::Refused);
    bench.origin(answer(200, &[], "maintenance"));
    bench.wait(30);
    let exchange = bench.get("/");
    assert_eq!(bench.got(exchange), (200, "Hit", "maintenance"));
}

#[test]
fn cf_og_11_each_member_has_its_own_tries() {
    let mut site = grouped(&[503]);
    site.origins[0].connection_attempts = 2;
    site.origins[1].connection_attempts = 3;
    let mut bench = Bench::new(site);
    let exchange = bench.get("/");
    (0..2).for_each(|_| assert_eq!(&*bench.origin_fails(LinkFailure::Refused).link, "app"));
    (0..3).for_each(|_| assert_eq!(&*bench.origin_fails(LinkFailure::Refused).link, "pages"));
    assert_eq!(bench.got(exchange).0, 502);
}

#[test]
fn cf_og_14_a_black_hole_costs_its_connect_timeout_for_each_try() {
    let mut site = grouped(&[503]);
    site.origins[0].connection_attempts = 2;
    site.origins[0].connection_timeout = Duration::from_secs(1);
    let mut bench = Bench::new(site);
    let (exchange, began) = (bench.get("/"), bench.now);
    for _ in 0..2 {
        let connect_timeout = bench.asked[0].1.connect_timeout;
        bench.now = bench.now + connect_timeout;
        bench.origin_fails(LinkFailure::ConnectTimeout);
    }
    bench.origin(answer(200, &[], "second"));
    assert_eq!(bench.got(exchange).0, 200);
    assert_eq!(bench.now.since(began), Duration::from_secs(2));
}

#[test]
fn cf_og_18_and_cf_orp_03_a_bucket_sees_the_viewers_host_when_it_is_forwarded() {
    let mut site = grouped(&[503]);
    site.behaviors[1].origin_request = all_viewer();
    site.origins[0].path = "/app".into();
    site.origins[0].custom_headers.push(("X-Secret".into(), "app".into()));
    site.origins[1].path = "/pages".into();
    let mut bench = Bench::new(site);
    let exchange = bench.get("/a");
    let leg = bench.origin_fails(LinkFailure::Refused);
    assert_eq!(
        (leg.head.target.as_str(), leg.head.headers.get("X-Secret")),
        ("/app/a", Some("app"))
    );
    let leg = bench.origin(answer(403, &[], "AccessDenied"));
    assert_eq!((leg.head.target.as_str(), leg.head.headers.get("X-Secret")), ("/pages/a", None));
    assert_eq!(leg.head.headers.get("Host"), Some("www.example.com"));
    assert_eq!(bench.got(exchange).0, 403);
}

#[test]
fn cf_s3o_06_a_bucket_is_asked_for_the_folder_itself() {
    let mut bench = Bench::new(site());
    bench.get("/errors/");
    assert_eq!(bench.take_asked().1.head.target, "/errors/");
}

#[test]
fn cf_s3o_07_a_buckets_redirect_reaches_the_viewer() {
    let mut bench = Bench::new(site());
    let exchange = bench.get("/errors/a");
    let to = "https://pages.s3.ap-northeast-1.amazonaws.com/errors/a";
    bench.origin(answer(307, &[("Location", to)], ""));
    assert_eq!(bench.got(exchange).0, 307);
    assert_eq!(bench.headers(exchange).get("Location"), Some(to));
}
