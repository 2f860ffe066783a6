//! Which errors are remembered, and which page stands in for them.

use super::*;
use crate::config::ErrorPage;

/// A page for 503 and one for 404, remembered for 10 s.
fn with_pages() -> Distribution {
    site_with(|site| {
        site.error_responses.push(page(503, 503, 10));
        site.error_responses.push(page(404, 200, 10));
    })
}

fn sorry() -> Response {
    answer(200, &[("Cache-Control", "max-age=60")], "sorry")
}

#[test]
fn cf_err_01_an_error_is_remembered_for_10_s() {
    let mut bench = Bench::new(site());
    let (status, x_cache, _) = bench.visit("/", answer(503, &[], "down"));
    assert_eq!((status, x_cache.as_str()), (503, "Error"));
    bench.wait(9);
    let exchange = bench.get("/");
    assert_eq!(bench.got(exchange), (503, "Error", "down"));
    bench.wait(1);
    assert_eq!(bench.visit("/", answer(200, &[], "up")).0, 200);
}

#[test]
fn cf_err_03_a_403_is_remembered_only_when_the_origin_says_so() {
    let mut bench = Bench::new(site());
    bench.visit("/a", answer(403, &[], "no"));
    assert!(bench.asks("/a"));
    bench.visit("/b", answer(403, &[("Cache-Control", "max-age=30")], "no"));
    bench.wait(29);
    assert!(!bench.asks("/b"));
}

#[test]
fn cf_err_06_a_503_with_no_store_is_remembered_all_the_same() {
    let mut bench = Bench::new(site());
    let no_store = [("Cache-Control", "no-store")];
    bench.visit("/a", answer(503, &no_store, "x"));
    assert!(!bench.asks("/a"));
    bench.visit("/b", answer(404, &no_store, "x"));
    assert!(bench.asks("/b"));
}

#[test]
fn cf_err_07_without_caching_neither_error_nor_page_is_remembered() {
    let mut bench = Bench::new(site_with(|site| {
        site.behaviors[1].cache = ttl(0, 0, 0);
        site.error_responses.push(CustomErrorResponse {
            page: Some(ErrorPage { path: "/sorry.html".into(), response_code: 503 }),
            ..page(503, 503, 10)
        });
    }));
    for _ in 0..3 {
        let exchange = bench.get("/");
        bench.origin(answer(503, &[], "x"));
        let leg = bench.origin(sorry());
        assert_eq!(leg.head.target, "/sorry.html");
        assert_eq!(bench.got(exchange), (503, "Error", "sorry"));
    }
}

#[test]
fn cf_err_09_an_entry_without_a_page_only_sets_the_time() {
    let mut bench = Bench::new(site_with(|site| {
        let entry = CustomErrorResponse { error_code: 503, caching_min_ttl_s: 0, page: None };
        site.error_responses.push(entry);
    }));
    let (status, _, body) = bench.visit("/", answer(503, &[], "own"));
    assert_eq!((status, body.as_str()), (503, "own"));
    assert!(bench.asks("/"));
}

#[test]
fn cf_err_10_errors_of_the_edge_itself_are_remembered_too() {
    let mut bench = Bench::new(site());
    let exchange = bench.get("/");
    bench.origin_fails(LinkFailure::ResponseTimeout);
    let (status, x_cache, first) = bench.got(exchange);
    assert_eq!((status, x_cache), (504, "Error"));
    let first = first.to_owned();
    bench.wait(9);
    let exchange = bench.get("/");
    let (status, _, second) = bench.got(exchange);
    assert_eq!(status, 504);
    let id = bench.headers(exchange).get("X-Amz-Cf-Id").unwrap();
    assert!(second.contains(id) && second != first);
    bench.wait(1);
    assert!(bench.asks("/"));
}

#[test]
fn cf_err_11_the_invalidated_url_is_asked_for_again() {
    let mut bench = Bench::new(with_pages());
    bench.get("/a");
    bench.origin(answer(503, &[], "x"));
    bench.origin(sorry());
    bench.edge.invalidate("E1", &["/errors/503.html".to_owned()]);
    let exchange = bench.get("/a");
    bench.origin(sorry());
    assert_eq!(bench.got(exchange).0, 503);
    bench.edge.invalidate("E1", &["/a".to_owned()]);
    assert_eq!(bench.visit("/a", answer(200, &[], "up")).0, 200);
}

#[test]
fn cf_err_12_a_post_neither_uses_nor_makes_a_remembered_error() {
    let mut bench = Bench::new(site());
    bench.send(head(Method::Post, "/a", &[]));
    bench.origin(answer(503, &[], "x"));
    bench.visit("/a", answer(503, &[], "x"));
    bench.send(head(Method::Post, "/a", &[]));
    assert_eq!(bench.asked.len(), 1);
}

#[test]
fn cf_err_13_a_429_is_passed_on() {
    let mut bench = Bench::new(site());
    bench.visit("/", answer(429, &[], "x"));
    assert!(bench.asks("/"));
}

#[test]
fn cf_err_14_each_failing_retry_begins_a_new_time() {
    let mut bench = Bench::new(site());
    let mut asked_at = Vec::new();
    for second in 0..=30 {
        bench.get("/");
        if !bench.asked.is_empty() {
            asked_at.push(second);
            let status = if second < 25 { 503 } else { 200 };
            bench.origin(answer(status, &[], "x"));
        }
        bench.wait(1);
    }
    assert_eq!(asked_at, [0, 10, 20, 30]);
}

#[test]
fn cf_cer_04_and_05_the_page_comes_through_the_behavior_of_its_own_path() {
    let mut bench = Bench::new(with_pages());
    let exchange = bench.get("/api/x?y=1");
    bench.origin(answer(503, &[("Content-Type", "application/json")], "{}"));
    let leg = bench.origin(sorry());
    assert_eq!(host(&leg), "pages.s3.ap-northeast-1.amazonaws.com");
    assert_eq!((leg.head.method, leg.head.target.as_str()), (Method::Get, "/errors/503.html"));
    assert_eq!(bench.got(exchange), (503, "Error", "sorry"));
    let noted = bench.facts.iter().find(|fact| fact.row.as_deref() == Some("CF-CER-05")).unwrap();
    let setting = noted.setting.as_ref().unwrap();
    assert_eq!(setting.resource, "E1");
    let property = "DistributionConfig.CustomErrorResponses[0].ResponsePagePath";
    assert_eq!(setting.property, property);
}

#[test]
fn cf_cer_06_a_page_on_the_same_dead_origin_cannot_be_had() {
    let mut bench = Bench::new(site_with(|site| {
        let page = Some(ErrorPage { path: "/sorry.html".into(), response_code: 200 });
        site.error_responses.push(CustomErrorResponse {
            error_code: 502,
            caching_min_ttl_s: 10,
            page,
        });
    }));
    let exchange = bench.get("/");
    bench.origin_fails(LinkFailure::Refused);
    bench.origin_fails(LinkFailure::ConnectTimeout);
    let (status, x_cache, body) = bench.got(exchange);
    assert_eq!((status, x_cache), (504, "Error"));
    assert!(body.contains("Generated by cloudfront"));
}

#[test]
fn cf_cer_07_and_09_a_missing_page_gives_its_own_status_and_no_second_page() {
    let mut bench = Bench::new(with_pages());
    let exchange = bench.get("/");
    bench.origin(answer(503, &[], "x"));
    bench.origin(answer(404, &[], "NoSuchKey"));
    assert_eq!(bench.got(exchange), (404, "Error", "NoSuchKey"));
    assert!(bench.asked.is_empty());
}

#[test]
fn cf_cer_08_and_29_a_private_bucket_hides_the_missing_page_behind_403() {
    let mut bench = Bench::new(with_pages());
    let exchange = bench.get("/");
    bench.origin(answer(503, &[], "x"));
    bench.origin(answer(403, &[], "AccessDenied"));
    assert_eq!(bench.got(exchange), (403, "Error", "AccessDenied"));
}

#[test]
fn cf_cer_10_and_11_the_code_is_replaced_and_x_cache_still_says_error() {
    let mut bench = Bench::new(with_pages());
    let exchange = bench.get("/missing");
    bench.origin(answer(404, &[], "x"));
    bench.origin(sorry());
    assert_eq!(bench.got(exchange), (200, "Error", "sorry"));
    let again = bench.get("/missing");
    assert_eq!(bench.got(again), (200, "Error", "sorry"));
    assert!(bench.asked.is_empty());
}

#[test]
fn cf_cer_12_a_page_without_a_behavior_lives_as_long_as_its_error() {
    let mut bench = Bench::new(site_with(|site| {
        let page = Some(ErrorPage { path: "/sorry.html".into(), response_code: 503 });
        site.error_responses.push(CustomErrorResponse {
            error_code: 503,
            caching_min_ttl_s: 5,
            page,
        });
    }));
    bench.get("/a");
    bench.origin(answer(503, &[("Cache-Control", "max-age=20")], "x"));
    bench.origin(sorry());
    bench.wait(19);
    let exchange = bench.get("/a");
    assert_eq!(bench.got(exchange), (503, "Error", "sorry"));
    bench.wait(1);
    bench.get("/a");
    bench.origin(answer(503, &[], "x"));
    assert_eq!(bench.take_asked().1.head.target, "/sorry.html");
}

#[test]
fn cf_cer_12_a_behavior_for_the_page_rules_its_time() {
    let mut bench = Bench::new(site_with(|site| {
        site.behaviors[0].cache = ttl(0, 5, 5);
        site.error_responses.push(page(503, 503, 60));
    }));
    bench.get("/");
    bench.origin(answer(503, &[], "x"));
    bench.origin(answer(200, &[], "sorry"));
    bench.wait(6);
    bench.get("/");
    assert_eq!(bench.take_asked().1.head.target, "/errors/503.html");
}

#[test]
fn cf_cer_13_error_and_page_are_two_entries() {
    let mut bench = Bench::new(site_with(|site| site.error_responses.push(page(503, 503, 0))));
    let mut pages = 0;
    for _ in 0..5 {
        bench.get("/");
        let leg = bench.origin(answer(503, &[], "x"));
        assert_eq!(host(&leg), "app.example.com");
        if !bench.asked.is_empty() {
            pages += 1;
            bench.origin(sorry());
        }
    }
    assert_eq!(pages, 1);
}

#[test]
fn cf_cer_16_the_policy_of_the_viewers_behavior_applies_to_the_page() {
    use crate::config::{HeaderLine, ResponseHeaders};
    let policy = |value: &str| {
        let line = HeaderLine { name: "X".into(), value: value.into(), overrides: true };
        Some(Arc::new(ResponseHeaders { set: vec![line], ..ResponseHeaders::default() }))
    };
    let mut site = with_pages();
    site.behaviors[0].response_headers = policy("page");
    site.behaviors[1].response_headers = policy("viewer");
    let mut bench = Bench::new(site);
    let exchange = bench.get("/");
    bench.origin(answer(503, &[], "x"));
    bench.origin(sorry());
    assert_eq!(bench.headers(exchange).get("X"), Some("viewer"));
}

#[test]
fn cf_cer_17_and_18_the_viewer_sees_the_pages_headers_and_no_retry_after() {
    let mut bench = Bench::new(with_pages());
    let exchange = bench.get("/");
    bench.origin(answer(503, &[("Retry-After", "120")], "x"));
    let lines = [("Cache-Control", "no-store"), ("Content-Language", "ja")];
    bench.origin(answer(200, &lines, "sorry"));
    let headers = bench.headers(exchange);
    assert_eq!(headers.get("Cache-Control"), Some("no-store"));
    assert_eq!(headers.get("Content-Language"), Some("ja"));
    assert!(!headers.contains("Retry-After"));
}

#[test]
fn cf_cer_21_which_codes_close_the_connection() {
    for (code, closes) in [(400, true), (500, true), (503, false), (404, false), (200, false)] {
        let mut bench =
            Bench::new(site_with(|site| site.error_responses.push(page(500, code, 10))));
        let exchange = bench.get("/");
        bench.origin(answer(500, &[], "x"));
        bench.origin(sorry());
        assert_eq!(bench.answers[&exchange].close, closes, "{code}");
    }
}

#[test]
fn cf_cer_22_a_page_for_an_origin_that_cannot_be_reached() {
    let mut bench = Bench::new(site_with(|site| {
        site.error_responses.push(page(502, 503, 10));
        site.error_responses.push(page(504, 503, 10));
    }));
    for (failure, path) in [
        (LinkFailure::Refused, "/errors/502.html"),
        (LinkFailure::ResponseTimeout, "/errors/504.html"),
    ] {
        let exchange = bench.get(path.trim_start_matches("/errors"));
        bench.origin_fails(failure);
        let leg = bench.origin(sorry());
        assert_eq!(leg.head.target, path);
        assert_eq!(bench.got(exchange), (503, "Error", "sorry"));
    }
}

#[test]
fn cf_cer_26_get_fetches_the_page_for_a_post_and_head_for_a_head() {
    let mut bench = Bench::new(with_pages());
    let exchange = bench.send(head(Method::Post, "/", &[]));
    bench.origin(answer(503, &[], "x"));
    let leg = bench.origin(sorry());
    assert_eq!((leg.head.method, leg.with_body), (Method::Get, false));
    assert_eq!(bench.got(exchange), (503, "Error", "sorry"));
    let exchange = bench.send(head(Method::Head, "/", &[]));
    bench.origin(answer(503, &[], ""));
    assert_eq!(bench.got(exchange), (503, "Error", ""));
    assert_eq!(bench.answers[&exchange].head_length, Some(5));
}

#[test]
fn cf_cer_30_an_asset_of_the_page_on_the_dead_origin_is_the_page_again() {
    let mut bench = Bench::new(with_pages());
    bench.get("/");
    bench.origin(answer(503, &[], "x"));
    bench.origin(sorry());
    let exchange = bench.get("/logo.png");
    bench.origin(answer(503, &[], "x"));
    assert_eq!(bench.got(exchange), (503, "Error", "sorry"));
}

#[test]
fn the_pages_of_many_viewers_are_fetched_once() {
    let mut bench = Bench::new(with_pages());
    let all: Vec<_> = (0..5).map(|one| bench.get(&format!("/{one}"))).collect();
    while let Some(at) = bench.asked.iter().position(|(_, leg)| host(leg) == "app.example.com") {
        let (caller, _) = bench.asked.remove(at);
        bench.with(|edge, cx| edge.response(cx, caller, answer(503, &[], "x")));
    }
    bench.origin(sorry());
    for one in all {
        assert_eq!(bench.got(one), (503, "Error", "sorry"));
    }
}

#[test]
fn a_long_page_is_relayed_under_its_new_code() {
    let mut bench = Bench::new(with_pages());
    let exchange = bench.get("/missing");
    bench.origin(answer(404, &[], "x"));
    let keep = bench.origin_relays(answer(200, &[], "")).expect("the page is kept");
    assert_eq!(bench.got(exchange), (200, "Error", "(relay)"));
    bench.kept(keep, Some("page"));
    bench.finish(exchange, Finish::Complete { body_bytes: 4 });
    let exchange = bench.get("/missing");
    assert_eq!(bench.got(exchange), (200, "Error", "page"));
}

#[test]
fn an_error_that_lost_its_page_is_asked_for_again() {
    let mut bench = Bench::new(with_pages());
    bench.get("/");
    bench.origin(answer(503, &[], "x"));
    bench.origin(sorry());
    bench.site = Arc::new(site());
    assert!(bench.asks("/"));
}

#[test]
fn cf_cer_25_neither_path_nor_query_of_the_failing_request_goes_along() {
    let mut site = with_pages();
    site.behaviors[0].origin_request = all_viewer();
    let mut bench = Bench::new(site);
    bench.get("/a?x=1");
    bench.origin(answer(503, &[], "x"));
    assert_eq!(bench.take_asked().1.head.target, "/errors/503.html");
}

#[test]
fn cf_err_15_each_edge_remembers_for_itself() {
    let (mut one, mut other) = (Bench::new(site()), Bench::new(site()));
    one.visit("/", answer(503, &[], "x"));
    assert!(!one.asks("/") && other.asks("/"));
}

#[test]
fn cf_org_17_a_load_balancers_503_is_an_origins_503() {
    let mut bench = Bench::new(with_pages());
    let exchange = bench.get("/");
    let lines = [("Server", "awselb/2.0"), ("Content-Type", "text/html")];
    bench.origin(answer(503, &lines, "<html>503</html>"));
    bench.origin(sorry());
    assert_eq!(bench.got(exchange), (503, "Error", "sorry"));
}
