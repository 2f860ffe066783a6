//! When an expired copy stands in for the origin.

use super::*;

const GOOD: &str = "good";

/// A site with a page for 503, and `/` stored 10 s ago with this `Cache-Control`; MaxTTL 60.
fn expired(cache_control: &str) -> Bench {
    let mut bench = Bench::new(site_with(|site| {
        site.behaviors[1].cache = ttl(0, 5, 60);
        site.error_responses.push(page(503, 503, 10));
        site.error_responses.push(page(504, 503, 10));
    }));
    bench.visit("/", answer(200, &[("Cache-Control", cache_control)], GOOD));
    bench.wait(10);
    bench
}

#[test]
fn cf_stale_01_and_02_a_5xx_brings_the_old_copy_back_and_rests_for_error_ttl() {
    let mut bench = expired("max-age=5");
    let exchange = bench.get("/");
    bench.origin(answer(503, &[], "x"));
    assert_eq!(bench.got(exchange), (200, "Hit", GOOD));
    bench.wait(9);
    let exchange = bench.get("/");
    assert_eq!(bench.got(exchange), (200, "Hit", GOOD));
    bench.wait(1);
    assert!(bench.asks("/"));
}

#[test]
fn cf_stale_03_a_4xx_is_returned() {
    let mut bench = expired("max-age=5");
    assert_eq!(bench.visit("/", answer(404, &[], "gone")).0, 404);
    let exchange = bench.get("/");
    assert_eq!(bench.got(exchange), (404, "Error", "gone"));
}

#[test]
fn cf_stale_04_no_answer_counts_as_5xx() {
    for failure in [LinkFailure::ResponseTimeout, LinkFailure::Refused] {
        let mut bench = expired("max-age=5");
        let exchange = bench.get("/");
        bench.origin_fails(failure);
        assert_eq!(bench.got(exchange), (200, "Hit", GOOD));
    }
}

#[test]
fn cf_stale_05_until_max_ttl_at_most() {
    let mut bench = expired("max-age=5");
    bench.wait(49);
    let exchange = bench.get("/");
    bench.origin(answer(503, &[], "x"));
    assert_eq!(bench.got(exchange), (200, "Hit", GOOD));
    bench.wait(1);
    let exchange = bench.get("/");
    bench.origin(answer(503, &[], "x"));
    bench.origin(answer(200, &[], "sorry"));
    assert_eq!(bench.got(exchange), (503, "Error", "sorry"));
}

#[test]
fn cf_stale_06_while_it_is_revalidated_the_old_copy_is_sent_at_once() {
    let mut bench = expired("max-age=5, stale-while-revalidate=40");
    let first = bench.get("/");
    assert_eq!(bench.got(first), (200, "Hit", GOOD));
    let second = bench.get("/");
    assert_eq!(bench.got(second), (200, "Hit", GOOD));
    let (caller, _) = bench.take_asked();
    assert!(matches!(caller, Caller::Own(_)));
    let new = answer(200, &[("Cache-Control", "max-age=5")], "new");
    bench.with(|edge, cx| edge.response(cx, caller, new));
    let third = bench.get("/");
    assert_eq!(bench.got(third), (200, "Hit", "new"));
    assert!(bench.edge.background.is_empty());
}

#[test]
fn cf_stale_06_not_after_its_time() {
    let mut bench = expired("max-age=5, stale-while-revalidate=4");
    bench.get("/");
    assert!(matches!(bench.take_asked().0, Caller::Exchange(_)));
}

#[test]
fn cf_stale_06_a_304_in_the_background_makes_the_copy_fresh() {
    let mut bench = Bench::new(site());
    let lines = [("Cache-Control", "max-age=5, stale-while-revalidate=40"), ("ETag", "\"v1\"")];
    bench.visit("/", answer(200, &lines, GOOD));
    bench.wait(10);
    bench.get("/");
    let leg = bench.origin(answer(304, &[], ""));
    assert_eq!(leg.head.headers.get("If-None-Match"), Some("\"v1\""));
    bench.wait(4);
    let exchange = bench.get("/");
    assert_eq!(bench.got(exchange), (200, "Hit", GOOD));
    assert!(bench.asked.is_empty());
}

#[test]
fn a_long_body_is_refreshed_by_a_viewer_instead() {
    let mut bench = expired("max-age=5, stale-while-revalidate=40");
    bench.get("/");
    bench.origin_relays(answer(200, &[], ""));
    bench.get("/");
    assert!(matches!(bench.take_asked().0, Caller::Exchange(_)));
}

#[test]
fn a_failing_refresh_leaves_the_copy_in_use() {
    let mut bench = expired("max-age=5, stale-while-revalidate=40");
    bench.get("/");
    bench.origin_fails(LinkFailure::Refused);
    let exchange = bench.get("/");
    assert_eq!(bench.got(exchange), (200, "Hit", GOOD));
    assert!(bench.asked.is_empty());
}

#[test]
fn cf_stale_07_stale_if_error_then_the_page() {
    let mut bench = expired("max-age=5, stale-if-error=30");
    bench.wait(10);
    let exchange = bench.get("/");
    bench.origin(answer(503, &[], "x"));
    assert_eq!(bench.got(exchange), (200, "Hit", GOOD));
    bench.wait(20);
    let exchange = bench.get("/");
    bench.origin(answer(503, &[], "x"));
    bench.origin(answer(200, &[], "sorry"));
    assert_eq!(bench.got(exchange), (503, "Error", "sorry"));
}

#[test]
fn cf_stale_08_stale_if_error_0_switches_it_off() {
    let mut bench = expired("max-age=5, stale-if-error=0");
    let exchange = bench.get("/");
    bench.origin(answer(503, &[], "x"));
    bench.origin(answer(200, &[], "sorry"));
    assert_eq!(bench.got(exchange).0, 503);
}

#[test]
fn cf_stale_09_uncacheable_copies_only_when_nobody_answers() {
    let mut bench = expired("no-cache");
    let exchange = bench.get("/");
    bench.origin_fails(LinkFailure::ConnectTimeout);
    assert_eq!(bench.got(exchange), (200, "Hit", GOOD));
    let mut bench = expired("no-cache");
    let exchange = bench.get("/");
    bench.origin(answer(503, &[], "x"));
    bench.origin(answer(200, &[], "sorry"));
    assert_eq!(bench.got(exchange), (503, "Error", "sorry"));
    let mut bench = expired("no-cache, stale-if-error=0");
    let exchange = bench.get("/");
    bench.origin_fails(LinkFailure::ConnectTimeout);
    bench.origin(answer(200, &[], "sorry"));
    assert_eq!(bench.got(exchange), (503, "Error", "sorry"));
}

#[test]
fn cf_stale_10_a_stale_answer_says_hit_and_its_age() {
    let mut bench = expired("max-age=5");
    let exchange = bench.get("/");
    bench.origin(answer(500, &[], "x"));
    assert_eq!(bench.got(exchange).1, "Hit");
    assert_eq!(bench.headers(exchange).get("Age"), Some("10"));
}

#[test]
fn cf_og_22_the_stale_copy_also_stands_in_for_both_members() {
    let mut bench = Bench::new(grouped(&[503]));
    bench.visit("/", answer(200, &[("Cache-Control", "max-age=5")], GOOD));
    bench.wait(10);
    let exchange = bench.get("/");
    bench.origin(answer(503, &[], "x"));
    bench.origin(answer(503, &[], "x"));
    assert_eq!(bench.got(exchange), (200, "Hit", GOOD));
}

#[test]
fn cf_ttl_14_what_has_left_the_cache_cannot_stand_in() {
    let mut bench = expired("max-age=5");
    bench.edge.invalidate("E1", &["/".to_owned()]);
    let exchange = bench.get("/");
    bench.origin_fails(LinkFailure::Refused);
    assert_eq!(bench.got(exchange).0, 502);
}
