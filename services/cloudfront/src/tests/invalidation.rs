//! Invalidations.

use standin_kernel::{Duration, Value, json};

use super::{Bench, Outcome, document, list, page, text};

fn batch(id: &str, reference: &str, paths: &[&str]) -> Value {
    let paths: Vec<Value> = paths.iter().map(|path| json!(path)).collect();
    let batch = json!({"CallerReference": reference, "Paths": list(&paths)});
    json!({"DistributionId": id, "InvalidationBatch": batch})
}

/// Fetches a page into the cache; panics if it is there already.
fn fetch(bench: &mut Bench, host: &str, target: &str) {
    let Outcome::Asked(exchange, _) = bench.ask(host, target) else { panic!("a hit") };
    bench.answer(exchange, page("hello"));
}

fn is_hit(bench: &mut Bench, host: &str, target: &str) -> bool {
    matches!(bench.ask(host, target), Outcome::Answered(_))
}

#[test]
fn cf_inv_04_the_edge_forgets_and_the_status_follows() {
    let mut bench = Bench::slow();
    let id = bench.create(document("1"));
    bench.pass(Duration::from_secs(300));
    let host = text(&bench.get(&id)["Distribution"]["DomainName"]);
    fetch(&mut bench, &host, "/a");
    fetch(&mut bench, &host, "/b");
    let made = bench.ok("CreateInvalidation", batch(&id, "1", &["/a"]));
    let invalidation = text(&made["Invalidation"]["Id"]);
    assert_eq!(made["Invalidation"]["Status"], "InProgress");
    assert_eq!(bench.get(&id)["Distribution"]["InProgressInvalidationBatches"], 1);
    assert!(is_hit(&mut bench, &host, "/a"));
    bench.pass(Duration::from_secs(10));
    assert!(!is_hit(&mut bench, &host, "/a"));
    assert!(is_hit(&mut bench, &host, "/b"));
    bench.pass(Duration::from_secs(60));
    let ask = json!({"DistributionId": id, "Id": invalidation});
    let found = bench.ok("GetInvalidation", ask);
    assert_eq!(found["Invalidation"]["Status"], "Completed");
    assert_eq!(found["Invalidation"]["InvalidationBatch"]["Paths"]["Items"], json!(["/a"]));
    assert_eq!(bench.get(&id)["Distribution"]["InProgressInvalidationBatches"], 0);
    let all = bench.ok("ListInvalidations", json!({"DistributionId": id}));
    assert_eq!(all["InvalidationList"]["Items"][0]["Id"], invalidation.as_str());
}

#[test]
fn cf_inv_04_at_fast_pace_the_edge_forgets_at_once() {
    let mut bench = Bench::new();
    let id = bench.create(document("1"));
    let host = text(&bench.get(&id)["Distribution"]["DomainName"]);
    fetch(&mut bench, &host, "/a");
    bench.ok("CreateInvalidation", batch(&id, "1", &["/*"]));
    assert!(!is_hit(&mut bench, &host, "/a"));
}

#[test]
fn cf_inv_01_paths_begin_with_a_slash() {
    let mut bench = Bench::new();
    let id = bench.create(document("1"));
    for wrong in [&["a"][..], &[], &[""], &["/a", "*"]] {
        let refused = bench.refusal("CreateInvalidation", batch(&id, "1", wrong));
        assert_eq!(refused.code, "InvalidArgument", "{wrong:?}");
    }
    let long = format!("/{}", "a".repeat(4000));
    assert_eq!(
        bench.refusal("CreateInvalidation", batch(&id, "1", &[&long])).code,
        "InvalidArgument"
    );
}

#[test]
fn cf_inv_03_fifteen_wildcards_at_a_time() {
    let mut bench = Bench::new();
    let id = bench.create(document("1"));
    for n in 0..15 {
        bench.ok("CreateInvalidation", batch(&id, &n.to_string(), &[&format!("/{n}/*")]));
    }
    let refused = bench.refusal("CreateInvalidation", batch(&id, "more", &["/x*"]));
    assert_eq!(refused.code, "TooManyInvalidationsInProgress");
    let words = "Processing your request will cause you to exceed the maximum number of \
                 in-progress wildcard invalidations.";
    assert_eq!(refused.message, words);
    bench.ok("CreateInvalidation", batch(&id, "plain", &["/x"]));
    bench.pass(Duration::from_secs(1));
    bench.ok("CreateInvalidation", batch(&id, "more", &["/x*"]));
    let paths: Vec<String> = (0..3001).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let refused = bench.refusal("CreateInvalidation", batch(&id, "many", &paths));
    assert_eq!(refused.code, "TooManyInvalidationsInProgress");
}

#[test]
fn cf_inv_05_a_caller_reference_makes_one_invalidation() {
    let mut bench = Bench::new();
    let id = bench.create(document("1"));
    let first = bench.ok("CreateInvalidation", batch(&id, "1", &["/a"]));
    let again = bench.ok("CreateInvalidation", batch(&id, "1", &["/a"]));
    assert_eq!(first["Invalidation"]["Id"], again["Invalidation"]["Id"]);
    let refused = bench.refusal("CreateInvalidation", batch(&id, "1", &["/b"]));
    assert_eq!(refused.code, "InvalidationBatchAlreadyExists");
}

#[test]
fn invalidations_of_what_is_not_there() {
    let mut bench = Bench::new();
    let refused = bench.refusal("CreateInvalidation", batch("E0", "1", &["/a"]));
    assert_eq!(refused.code, "NoSuchDistribution");
    let id = bench.create(document("1"));
    let refused = bench.refusal("GetInvalidation", json!({"DistributionId": id, "Id": "I0"}));
    assert_eq!((refused.code.as_str(), refused.status), ("NoSuchInvalidation", 404));
}

#[test]
fn cf_ttl_13_an_update_leaves_what_is_cached() {
    let mut bench = Bench::new();
    let id = bench.create(document("1"));
    let host = text(&bench.get(&id)["Distribution"]["DomainName"]);
    fetch(&mut bench, &host, "/a");
    let other = json!("other.example.org");
    bench.update(&id, |config| config["Origins"]["Items"][0]["DomainName"] = other);
    assert!(is_hit(&mut bench, &host, "/a"));
    assert_eq!(bench.origin(&host, "/b"), "other.example.org");
}

#[test]
fn completed_invalidations_are_not_remembered_for_ever() {
    let mut bench = Bench::new();
    let id = bench.create(document("1"));
    for n in 0..1_010 {
        bench.ok("CreateInvalidation", batch(&id, &n.to_string(), &["/a"]));
        bench.pass(Duration::from_millis(250));
    }
    assert_eq!(bench.service.state.distributions[&id].invalidations.len(), 1_000);
    assert_eq!(bench.records.len(), 1_001);
    // The first ones are gone: their references are free again.
    bench.ok("CreateInvalidation", batch(&id, "0", &["/b"]));
}
