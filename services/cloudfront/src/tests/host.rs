//! Which distribution a host means.

use standin_kernel::{Duration, Service, json};

use super::{Bench, document, named, text};

/// A document whose origin is `name`.
fn to(name: &str, reference: &str, aliases: &[&str]) -> standin_kernel::Value {
    let mut document = named(reference, aliases);
    document["Origins"]["Items"][0]["DomainName"] = json!(name);
    document
}

#[test]
fn cf_req_01_the_host_decides() {
    let mut bench = Bench::new();
    let first = bench.create(to("one.example.org", "1", &["one.example.com"]));
    bench.create(to("two.example.org", "2", &["two.example.com"]));
    assert_eq!(bench.origin("one.example.com", "/"), "one.example.org");
    let why = bench.facts.iter().find(|fact| fact.step == "distribution").unwrap();
    let setting = why.setting.as_ref().unwrap();
    assert_eq!((&setting.resource, &*setting.property), (&first, "DistributionConfig.Aliases[0]"));
    assert_eq!(bench.origin("two.example.com:8080", "/"), "two.example.org");
    let domain = text(&bench.get(&first)["Distribution"]["DomainName"]);
    assert_eq!(bench.origin(&domain, "/x"), "one.example.org");
    assert!(bench.service.serves(&domain) && bench.service.serves("two.example.com"));
    assert!(!bench.service.serves("three.example.com"));
}

#[test]
fn cf_req_02_the_most_specific_name_wins() {
    let mut bench = Bench::new();
    bench.create(to("wild.example.org", "1", &["*.example.com"]));
    bench.create(to("wilder.example.org", "2", &["*.a.example.com"]));
    bench.create(to("exact.example.org", "3", &["a.example.com"]));
    assert_eq!(bench.origin("a.example.com", "/"), "exact.example.org");
    assert_eq!(bench.origin("b.a.example.com", "/"), "wilder.example.org");
    assert_eq!(bench.origin("b.example.com", "/"), "wild.example.org");
}

#[test]
fn cf_req_03_a_wildcard_covers_several_labels_but_not_the_apex() {
    let mut bench = Bench::new();
    bench.create(to("wild.example.org", "1", &["*.example.com"]));
    assert_eq!(bench.origin("x.y.example.com", "/"), "wild.example.org");
    assert_eq!(bench.refused("example.com"), 403);
    assert_eq!(bench.refused("xexample.com"), 403);
}

#[test]
fn cf_req_04_a_host_that_nobody_lists() {
    let mut bench = Bench::new();
    bench.create(document("1"));
    assert_eq!(bench.refused("z.example.com"), 403);
    let why = bench.facts.iter().find(|fact| fact.step == "distribution").unwrap();
    assert_eq!(why.row.as_deref(), Some("CF-REQ-04"));
}

#[test]
fn cf_req_06_a_disabled_distribution_serves_nobody() {
    let mut bench = Bench::new();
    let id = bench.create(named("1", &["www.example.com"]));
    bench.update(&id, |config| config["Enabled"] = json!(false));
    assert_eq!(bench.refused("www.example.com"), 403);
}

#[test]
fn cf_req_12_the_case_of_a_host_does_not_count() {
    let mut bench = Bench::new();
    bench.create(named("1", &["www.example.com"]));
    assert_eq!(bench.origin("WWW.Example.COM", "/"), "app.example.org");
    assert_eq!(bench.code(named("2", &["WWW.example.net"])), "InvalidArgument");
}

#[test]
fn the_machine_itself_shows_the_oldest_distribution() {
    let mut bench = Bench::new();
    assert_eq!(bench.refused("localhost"), 403);
    let first = bench.create(to("one.example.org", "1", &[]));
    bench.create(to("two.example.org", "2", &["two.example.com"]));
    let own = ["localhost:8080", "127.0.0.1", "[::1]:8080", "LOCALHOST"];
    for (index, host) in own.into_iter().enumerate() {
        assert_eq!(bench.origin(host, &format!("/{index}")), "one.example.org", "{host}");
    }
    assert!(!bench.service.serves("localhost"));
    assert_eq!(bench.origin("two.example.com.localhost:8080", "/"), "two.example.org");
    bench.update(&first, |config| config["Enabled"] = json!(false));
    bench.pass(Duration::from_secs(1));
    let etag = bench.get(&first)["ETag"].clone();
    bench.ok("DeleteDistribution", json!({"Id": first, "IfMatch": etag}));
    assert_eq!(bench.origin("localhost", "/z"), "two.example.org");
}
