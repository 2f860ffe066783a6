//! A site like the reference stack on its bad day: an application that says `no-cache`, a policy
//! that keeps nothing but errors (MaxTTL 1), and a sorry page in a bucket for all 5xx.

use super::*;

fn diary() -> Bench {
    Bench::new(site_with(|site| {
        site.behaviors[1].cache = CacheSettings {
            key_headers: vec!["Accept-Language".into()],
            key_query_strings: NameSet::All,
            ..ttl(0, 0, 1)
        };
        site.behaviors[1].origin_request = all_viewer();
        site.origins[0].connection_attempts = 2;
        site.error_responses = [500, 502, 503, 504]
            .into_iter()
            .map(|error_code| CustomErrorResponse {
                error_code,
                caching_min_ttl_s: 5,
                page: Some(ErrorPage { path: "/errors/sorry.html".into(), response_code: 503 }),
            })
            .collect();
    }))
}

fn page_of_the_diary() -> Response {
    answer(200, &[("Cache-Control", "no-cache")], "entries")
}

fn sorry() -> Response {
    answer(200, &[("Content-Type", "text/html; charset=utf-8")], "sorry")
}

#[test]
fn readers_see_the_page_at_once_and_the_diary_again_after_error_ttl() {
    let mut bench = diary();
    assert_eq!(bench.visit("/", page_of_the_diary()).2, "entries");
    bench.wait(3);
    // The balancer has no healthy target.
    let reader = bench.get("/");
    bench.origin(answer(503, &[], "503 Service Temporarily Unavailable"));
    bench.origin(sorry());
    assert_eq!(bench.got(reader), (503, "Error", "sorry"));
    // It is well again, but the error is remembered for 5 s.
    bench.wait(4);
    let reader = bench.get("/");
    assert_eq!(bench.got(reader), (503, "Error", "sorry"));
    assert!(bench.asked.is_empty());
    bench.wait(1);
    assert_eq!(bench.visit("/", page_of_the_diary()).2, "entries");
}

#[test]
fn a_reader_whose_error_is_new_gets_the_page_from_the_cache() {
    let mut bench = diary();
    bench.get("/?page=1");
    bench.origin(answer(502, &[], "x"));
    bench.origin(sorry());
    let reader = bench.send(head(Method::Post, "/entries", &[("Cookie", "me=1")]));
    bench.origin(answer(502, &[], "x"));
    assert_eq!(bench.got(reader), (503, "Error", "sorry"));
    assert!(bench.asked.is_empty());
}

#[test]
fn a_silent_balancer_costs_a_reader_both_tries() {
    let mut bench = diary();
    let reader = bench.get("/");
    bench.wait(10);
    bench.origin_fails(LinkFailure::ResponseTimeout);
    assert!(!bench.answers.contains_key(&reader));
    bench.wait(10);
    bench.origin_fails(LinkFailure::ResponseTimeout);
    bench.origin(sorry());
    assert_eq!(bench.got(reader), (503, "Error", "sorry"));
    // The next one does not wait.
    let reader = bench.get("/");
    assert_eq!(bench.got(reader), (503, "Error", "sorry"));
}

#[test]
fn when_the_bucket_fails_too_the_page_is_served_from_the_edge_while_it_is_fresh() {
    let mut bench = diary();
    bench.get("/");
    bench.origin(answer(503, &[], "x"));
    bench.origin(sorry());
    bench.wait(3600);
    let reader = bench.get("/");
    bench.origin(answer(503, &[], "x"));
    assert_eq!(bench.got(reader), (503, "Error", "sorry"));
}

#[test]
fn every_answer_tells_why() {
    let mut bench = diary();
    bench.get("/");
    bench.origin(answer(503, &[], "x"));
    bench.origin(sorry());
    let steps: Vec<_> = bench.facts.iter().map(|fact| &*fact.step).collect();
    for step in ["behavior", "cache", "origin", "error caching", "error page"] {
        assert!(steps.contains(&step), "{steps:?}");
    }
    let settings: Vec<_> = bench.facts.iter().filter_map(|fact| fact.setting.as_ref()).collect();
    let named = |property: &str| {
        settings.iter().any(|one| one.resource == "E1" && one.property == property)
    };
    assert!(named("DistributionConfig.CustomErrorResponses[2].ErrorCachingMinTTL"));
    assert!(named("DistributionConfig.CustomErrorResponses[2].ResponseCode"));
    assert!(named("DistributionConfig.CacheBehaviors[0].TargetOriginId"));
    assert!(named("DistributionConfig.DefaultCacheBehavior.CachePolicyId"));
}
