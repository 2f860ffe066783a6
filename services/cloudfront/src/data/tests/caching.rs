//! What is reused, what is asked again, and who waits for whom.

use standin_kernel::BlobId;
use standin_kernel::limits::CACHED_BODY_BYTES_MAX;

use super::*;

fn says(cache_control: &str) -> Response {
    answer(200, &[("Cache-Control", cache_control)], "x")
}

#[test]
fn cf_ttl_02_a_hit_until_default_ttl_and_the_origin_after_it() {
    let mut bench = Bench::new(site());
    let (status, x_cache, body) = bench.visit("/a", answer(200, &[], "one"));
    assert_eq!((status, x_cache.as_str(), body.as_str()), (200, "Miss", "one"));
    bench.wait(59);
    let exchange = bench.get("/a");
    assert_eq!(bench.got(exchange), (200, "Hit", "one"));
    bench.wait(2);
    let (_, x_cache, body) = bench.visit("/a", answer(200, &[], "two"));
    assert_eq!((x_cache.as_str(), body.as_str()), ("Miss", "two"));
}

#[test]
fn cf_ttl_03_s_maxage_rules_the_edge_and_the_browser_gets_both() {
    let mut bench = Bench::new(site());
    bench.visit("/", says("max-age=10, s-maxage=60"));
    bench.wait(30);
    let exchange = bench.get("/");
    assert_eq!(bench.got(exchange).1, "Hit");
    let sent = bench.headers(exchange).get("Cache-Control");
    assert_eq!(sent, Some("max-age=10, s-maxage=60"));
}

#[test]
fn cf_ttl_05_private_answers_are_asked_for_each_time() {
    let mut bench = Bench::new(site());
    bench.visit("/", says("private"));
    assert!(bench.asks("/"));
}

#[test]
fn cf_ttl_07_min_ttl_overrides_no_store() {
    let mut bench = Bench::new(site_with(|site| site.behaviors[1].cache = ttl(30, 60, 3600)));
    bench.visit("/", says("no-store"));
    bench.wait(20);
    assert!(!bench.asks("/"));
    bench.wait(10);
    assert!(bench.asks("/"));
}

#[test]
fn cf_ttl_08_a_viewers_cache_control_never_passes_the_cache_by() {
    let mut bench = Bench::new(site());
    bench.visit("/", answer(200, &[], "x"));
    let lines = [("Cache-Control", "no-cache"), ("Pragma", "no-cache")];
    let exchange = bench.send(head(Method::Get, "/", &lines));
    assert_eq!(bench.got(exchange).1, "Hit");
}

#[test]
fn cf_ttl_09_a_stale_copy_is_asked_about_and_304_makes_it_fresh() {
    let mut bench = Bench::new(site());
    let modified = "Tue, 24 Nov 2026 08:30:00 GMT";
    let lines = [("ETag", "\"v1\""), ("Last-Modified", modified), ("Cache-Control", "max-age=5")];
    bench.visit("/", answer(200, &lines, "body"));
    bench.wait(6);
    let exchange = bench.get("/");
    let mut not_modified = answer(304, &[("Cache-Control", "max-age=100")], "");
    not_modified.body = Body::Empty;
    let leg = bench.origin(not_modified);
    assert_eq!(leg.head.headers.get("If-None-Match"), Some("\"v1\""));
    assert_eq!(leg.head.headers.get("If-Modified-Since"), Some(modified));
    assert_eq!(bench.got(exchange), (200, "RefreshHit", "body"));
    bench.wait(99);
    assert!(!bench.asks("/"));
    bench.wait(1);
    assert!(bench.asks("/"));
}

#[test]
fn cf_ttl_09_no_condition_where_cookies_are_forwarded() {
    let mut bench = Bench::new(site_with(|site| {
        site.behaviors[1].origin_request = all_viewer();
    }));
    bench.visit("/", answer(200, &[("ETag", "\"v1\""), ("Cache-Control", "max-age=5")], "body"));
    bench.wait(6);
    bench.get("/");
    assert!(!bench.take_asked().1.head.headers.contains("If-None-Match"));
}

#[test]
fn a_copy_that_is_gone_when_the_304_comes_is_fetched_whole() {
    let mut bench = Bench::new(site());
    bench.visit("/", answer(200, &[("ETag", "\"v1\""), ("Cache-Control", "max-age=5")], "body"));
    bench.wait(6);
    let exchange = bench.get("/");
    bench.edge.invalidate("E1", &["/*".to_owned()]);
    bench.origin(answer(304, &[], ""));
    let leg = bench.origin(answer(200, &[], "new"));
    assert!(!leg.head.headers.contains("If-None-Match"));
    assert_eq!(bench.got(exchange), (200, "Miss", "new"));
}

#[test]
fn cf_ttl_10_vary_star_is_fetched_in_full_each_time() {
    let mut bench = Bench::new(site());
    bench.visit("/", answer(200, &[("Vary", "*"), ("ETag", "\"v1\"")], "x"));
    bench.get("/");
    assert!(!bench.take_asked().1.head.headers.contains("If-None-Match"));
}

#[test]
fn cf_ttl_13_what_is_cached_keeps_its_time_when_the_settings_change() {
    let mut bench = Bench::new(site());
    bench.visit("/", answer(200, &[], "old"));
    bench.site = Arc::new(site_with(|site| {
        site.behaviors[1].cache = ttl(0, 1, 1);
        site.behaviors[1].target = Target::Origin(1);
    }));
    bench.wait(30);
    let exchange = bench.get("/");
    assert_eq!(bench.got(exchange), (200, "Hit", "old"));
}

#[test]
fn cf_ttl_15_simultaneous_requests_become_one() {
    let mut bench = Bench::new(site());
    let all: Vec<_> = (0..10).map(|_| bench.get("/")).collect();
    bench.origin(answer(200, &[], "x"));
    assert!(bench.asked.is_empty());
    assert_eq!(bench.got(all[0]).1, "Miss");
    for one in &all[1..] {
        assert_eq!(bench.got(*one), (200, "Hit", "x"));
    }
}

#[test]
fn cf_ttl_15_they_wait_for_a_long_body_too_but_not_for_ever() {
    let mut bench = Bench::new(site());
    let (first, second) = (bench.get("/"), bench.get("/"));
    let keep = bench.origin_relays(answer(200, &[], "")).expect("a copy is asked for");
    let third = bench.get("/");
    assert!(bench.asked.is_empty());
    bench.kept(keep, Some("whole"));
    bench.finish(first, Finish::Complete { body_bytes: 5 });
    assert_eq!(bench.got(second), (200, "Hit", "whole"));
    assert_eq!(bench.got(third), (200, "Hit", "whole"));

    let slow = bench.get("/slow");
    let waits = bench.get("/slow");
    let keep = bench.origin_relays(answer(200, &[], "")).unwrap();
    bench.wait(1);
    bench.origin(answer(200, &[], "own"));
    assert_eq!(bench.got(waits), (200, "Miss", "own"));
    bench.kept(keep, Some("late"));
    bench.finish(slow, Finish::Complete { body_bytes: 4 });
}

#[test]
fn cf_ttl_15_not_where_cookies_are_forwarded_nor_without_caching() {
    let with_cookies = site_with(|site| site.behaviors[1].origin_request.cookies = NameSet::All);
    let disabled = site_with(|site| site.behaviors[1].cache = ttl(0, 0, 0));
    for site in [with_cookies, disabled] {
        let mut bench = Bench::new(site);
        (0..10).for_each(|_| {
            bench.get("/");
        });
        assert_eq!(bench.asked.len(), 10);
    }
}

#[test]
fn cf_ttl_15_after_an_uncacheable_answer_each_asks_for_itself() {
    let mut bench = Bench::new(site());
    let all: Vec<_> = (0..4).map(|_| bench.get("/")).collect();
    bench.origin(says("no-store"));
    assert_eq!(bench.got(all[0]).1, "Miss");
    assert_eq!(bench.asked.len(), 3);
}

#[test]
fn when_the_first_viewer_goes_away_the_next_takes_its_place() {
    let mut bench = Bench::new(site());
    let (first, second, third) = (bench.get("/"), bench.get("/"), bench.get("/"));
    bench.leave(second);
    bench.leave(first);
    bench.origin(answer(200, &[], "x"));
    assert_eq!(bench.got(third), (200, "Miss", "x"));
    assert!(bench.edge.open.is_empty() && bench.edge.flights.is_empty());
}

#[test]
fn cf_ttl_16_redirects_are_cached_and_not_followed() {
    let mut bench = Bench::new(site());
    let lines = [("Location", "/b"), ("Cache-Control", "max-age=60")];
    bench.visit("/a", answer(302, &lines, ""));
    let exchange = bench.get("/a");
    assert_eq!(bench.got(exchange).0, 302);
    assert_eq!(bench.headers(exchange).get("Location"), Some("/b"));
    assert!(bench.asked.is_empty());
}

#[test]
fn cf_ttl_17_age_on_hits_only() {
    let mut bench = Bench::new(site());
    let first = bench.get("/");
    bench.origin(answer(200, &[("Age", "77")], "x"));
    assert!(!bench.headers(first).contains("Age"));
    bench.wait(12);
    let second = bench.get("/");
    assert_eq!(bench.headers(second).get_all("Age").collect::<Vec<_>>(), ["12"]);
}

#[test]
fn cf_beh_11_posts_always_pass() {
    let mut bench = Bench::new(site());
    for _ in 0..2 {
        bench.send(head(Method::Post, "/", &[]));
        bench.origin(says("max-age=60"));
    }
    assert!(bench.asks("/"));
}

#[test]
fn cf_pol_02_without_caching_every_request_reaches_the_origin() {
    let mut bench = Bench::new(site_with(|site| site.behaviors[1].cache = ttl(0, 0, 0)));
    for _ in 0..3 {
        let (status, x_cache, _) = bench.visit("/", says("max-age=60"));
        assert_eq!((status, x_cache.as_str()), (200, "Miss"));
    }
}

#[test]
fn head_is_answered_from_a_cached_get_and_get_not_from_a_cached_head() {
    let mut bench = Bench::new(site());
    bench.visit("/a", answer(200, &[], "12345"));
    let exchange = bench.send(head(Method::Head, "/a", &[]));
    assert_eq!(bench.got(exchange), (200, "Hit", ""));
    assert_eq!(bench.answers[&exchange].head_length, Some(5));

    let mut response = answer(200, &[], "");
    response.body = Body::Empty;
    response.head_length = Some(9);
    bench.send(head(Method::Head, "/b", &[]));
    bench.origin(response);
    let exchange = bench.send(head(Method::Head, "/b", &[]));
    assert_eq!(bench.got(exchange).1, "Hit");
    assert_eq!(bench.answers[&exchange].head_length, Some(9));
    assert!(bench.asks("/b"));
}

#[test]
fn cf_rng_01_and_02_a_range_of_a_cached_object() {
    let mut bench = Bench::new(site());
    let range = [("Range", "bytes=0-3")];
    let exchange = bench.send(head(Method::Get, "/a", &range));
    let leg = bench.origin(answer(200, &[], "0123456789"));
    assert_eq!(leg.head.headers.get("Range"), Some("bytes=0-3"));
    assert_eq!(bench.got(exchange).0, 200);
    let exchange = bench.send(head(Method::Get, "/a", &range));
    assert_eq!(bench.got(exchange), (206, "Hit", "0123"));
    let exchange = bench.send(head(Method::Get, "/b", &range));
    bench.origin(answer(206, &[("Content-Range", "bytes 0-3/10")], "0123"));
    assert_eq!(bench.got(exchange), (206, "Miss", "0123"));
    assert!(bench.asks("/b"));
}

#[test]
fn a_viewer_with_the_right_copy_gets_304_from_the_cache() {
    let mut bench = Bench::new(site());
    bench.visit("/", answer(200, &[("ETag", "\"v1\"")], "x"));
    let exchange = bench.send(head(Method::Get, "/", &[("If-None-Match", "\"v1\"")]));
    assert_eq!(bench.got(exchange), (304, "Hit", ""));
}

#[test]
fn a_304_to_the_viewers_own_condition_is_passed_on_and_not_stored() {
    let mut bench = Bench::new(site());
    let exchange = bench.send(head(Method::Get, "/", &[("If-None-Match", "\"v1\"")]));
    let leg = bench.origin(answer(304, &[], ""));
    assert_eq!(leg.head.headers.get("If-None-Match"), Some("\"v1\""));
    assert_eq!(bench.got(exchange).0, 304);
    assert!(bench.asks("/"));
}

#[test]
fn a_stored_body_is_cached_by_name() {
    let mut bench = Bench::new(site());
    let mut response = answer(200, &[], "");
    response.body = Body::Blob { id: BlobId([3; 32]), offset: 0, length: 700 };
    bench.visit("/errors/a.html", response);
    let exchange = bench.get("/errors/a.html");
    assert_eq!(bench.got(exchange), (200, "Hit", "(blob)"));
}

#[test]
fn cf_org_15_a_body_that_broke_off_is_not_cached() {
    let mut bench = Bench::new(site());
    let exchange = bench.get("/");
    let keep = bench.origin_relays(answer(200, &[], "")).unwrap();
    bench.kept(keep, None);
    bench.finish(exchange, Finish::OriginGone);
    assert!(bench.asks("/"));
    assert!(bench.edge.pending.is_empty() && bench.edge.relaying.is_empty());
}

#[test]
fn a_body_that_is_too_large_is_relayed_and_not_kept() {
    let mut bench = Bench::new(site());
    bench.get("/");
    let mut response = answer(200, &[], "");
    let length = Some(CACHED_BODY_BYTES_MAX + 1);
    response.body = Body::Relay { length, keep: None };
    let (caller, _) = bench.take_asked();
    bench.with(|edge, cx| edge.response(cx, caller, response));
    let body = &bench.answers[&ExchangeId(1)].body;
    assert!(matches!(body, Body::Relay { keep: None, .. }));
    assert!(bench.edge.pending.is_empty());
}

#[test]
fn cf_inv_04_an_invalidation_also_takes_what_is_on_its_way() {
    let mut bench = Bench::new(site());
    bench.visit("/a", answer(200, &[], "old"));
    bench.edge.invalidate("E1", &["/a".to_owned()]);
    let exchange = bench.get("/a");
    bench.edge.invalidate("E1", &["/a".to_owned()]);
    bench.origin(answer(200, &[], "old"));
    assert_eq!(bench.got(exchange).1, "Miss");
    let exchange = bench.get("/a");
    let keep = bench.origin_relays(answer(200, &[], "")).unwrap();
    bench.edge.forget("E1");
    bench.kept(keep, Some("old"));
    bench.finish(exchange, Finish::Complete { body_bytes: 3 });
    assert!(bench.asks("/a"));
}

#[test]
fn cf_hdr_01_and_05_what_the_edge_adds_and_what_it_leaves() {
    let mut bench = Bench::new(site());
    let lines = [("Server", "nginx"), ("Via", "1.1 own"), ("Trailer", "X"), ("Connection", "x")];
    let exchange = bench.get("/");
    bench.origin(answer(200, &lines, "x"));
    let headers = bench.headers(exchange);
    assert_eq!(headers.get("Server"), Some("nginx"));
    assert_eq!(headers.get("X-Cache"), Some("Miss from cloudfront"));
    let via = headers.get_all("Via").collect::<Vec<_>>();
    assert!(via.len() == 1 && via[0].ends_with("(CloudFront)"));
    assert!(!headers.contains("Trailer") && !headers.contains("Connection"));
    assert!(headers.contains("X-Amz-Cf-Pop") && headers.contains("X-Amz-Cf-Id"));
    assert!(headers.contains("Date"));
    let other = bench.get("/");
    assert_ne!(bench.headers(other).get("X-Amz-Cf-Id"), headers_id(&bench, exchange));
}

fn headers_id(bench: &Bench, exchange: ExchangeId) -> Option<&str> {
    bench.headers(exchange).get("X-Amz-Cf-Id")
}

#[test]
fn cf_hdr_06_cookies_only_where_they_are_forwarded_and_s3s_names_never() {
    let lines =
        [("Set-Cookie", "a=1"), ("x-amz-request-id", "1"), ("Vary", "Accept-Encoding, Origin")];
    let mut bench = Bench::new(site());
    let exchange = bench.get("/errors/a");
    bench.origin(answer(200, &lines, "x"));
    let headers = bench.headers(exchange);
    assert!(!headers.contains("Set-Cookie") && !headers.contains("x-amz-request-id"));
    assert_eq!(headers.get("Vary"), Some("Accept-Encoding"));
    let mut bench = Bench::new(site_with(|site| {
        site.behaviors[1].origin_request.cookies = NameSet::All;
    }));
    let exchange = bench.get("/");
    bench.origin(answer(200, &lines, "x"));
    assert!(bench.headers(exchange).contains("Set-Cookie"));
}

#[test]
fn cf_hdr_07_vary_outside_the_key_chooses_nothing() {
    let mut bench = Bench::new(site());
    bench.send(head(Method::Get, "/", &[("Accept-Language", "de")]));
    bench.origin(answer(200, &[("Vary", "Accept-Language")], "de"));
    let exchange = bench.send(head(Method::Get, "/", &[("Accept-Language", "en")]));
    assert_eq!(bench.got(exchange), (200, "Hit", "de"));
    assert!(!bench.headers(exchange).contains("Vary"));
}

#[test]
fn cf_hdr_08_http3_is_announced() {
    let mut bench = Bench::new(site_with(|site| site.http3 = true));
    let exchange = bench.get("/");
    bench.origin(answer(200, &[], "x"));
    assert_eq!(bench.headers(exchange).get("Alt-Svc"), Some("h3=\":443\"; ma=86400"));
}

#[test]
fn cf_rhp_04_a_policys_retry_after_goes_out_with_good_answers_too() {
    use crate::config::{HeaderLine, ResponseHeaders};
    let line = HeaderLine { name: "Retry-After".into(), value: "3600".into(), overrides: true };
    let policy = ResponseHeaders { set: vec![line], ..ResponseHeaders::default() };
    let mut bench = Bench::new(site_with(|site| {
        site.behaviors[1].response_headers = Some(Arc::new(policy));
    }));
    let exchange = bench.get("/");
    bench.origin(answer(200, &[], "x"));
    assert_eq!(bench.headers(exchange).get("Retry-After"), Some("3600"));
}

#[test]
fn cf_rhp_02_and_03_a_policys_cache_control_is_for_viewers_on_hits_too() {
    use crate::config::{HeaderLine, ResponseHeaders};
    let line =
        HeaderLine { name: "Cache-Control".into(), value: "no-store".into(), overrides: true };
    let policy = ResponseHeaders { set: vec![line], ..ResponseHeaders::default() };
    let mut bench = Bench::new(site_with(|site| {
        site.behaviors[1].response_headers = Some(Arc::new(policy));
    }));
    bench.visit("/", says("max-age=60"));
    let exchange = bench.get("/");
    assert_eq!(bench.got(exchange).1, "Hit");
    let sent = bench.headers(exchange).get_all("Cache-Control").collect::<Vec<_>>();
    assert_eq!(sent, ["no-store"]);
}
