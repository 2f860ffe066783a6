//! What survives a restart.

use standin_kernel::control::Record;
use standin_kernel::{Duration, Service, Value, json};

use super::policy::{access_control, cache_policy, origin_request_policy, response_headers_policy};
use super::{Bench, list, named, text};
use crate::CloudFront;

#[test]
fn everything_is_as_before_after_a_restart() {
    let mut bench = Bench::slow();
    let cache = text(&bench.ok("CreateCachePolicy", cache_policy("c"))["CachePolicy"]["Id"]);
    let request = bench.ok("CreateOriginRequestPolicy", origin_request_policy("o"));
    let headers = bench.ok("CreateResponseHeadersPolicy", response_headers_policy("r"));
    let control = bench.ok("CreateOriginAccessControl", access_control("a"));
    let mut whole = named("1", &["www.example.com", "*.example.net"]);
    let mut bucket = json!({"Id": "pages", "DomainName": "b.s3.amazonaws.com"});
    bucket["S3OriginConfig"] = json!({"OriginAccessIdentity": ""});
    bucket["OriginAccessControlId"] = control["OriginAccessControl"]["Id"].clone();
    whole["Origins"] = list(&[whole["Origins"]["Items"][0].clone(), bucket]);
    let behavior = &mut whole["DefaultCacheBehavior"];
    behavior["CachePolicyId"] = json!(cache);
    behavior["OriginRequestPolicyId"] = request["OriginRequestPolicy"]["Id"].clone();
    behavior["ResponseHeadersPolicyId"] = headers["ResponseHeadersPolicy"]["Id"].clone();
    let input = json!({"DistributionConfig": whole, "Standin": {"ViewerProtocol": "assume-https"}});
    let id = text(&bench.ok("CreateDistribution", input)["Distribution"]["Id"]);
    bench.create(named("2", &[]));
    let paths = list(&[json!("/a")]);
    let batch = json!({"CallerReference": "1", "Paths": paths});
    bench.ok("CreateInvalidation", json!({"DistributionId": id, "InvalidationBatch": batch}));
    bench.pass(Duration::from_secs(100));
    let seen = |bench: &mut Bench| -> Vec<Value> {
        let asks = [
            ("GetDistribution", json!({"Id": id})),
            ("ListDistributions", json!({})),
            ("ListInvalidations", json!({"DistributionId": id})),
            ("ListCachePolicies", json!({})),
            ("ListOriginRequestPolicies", json!({})),
            ("ListResponseHeadersPolicies", json!({})),
            ("ListOriginAccessControls", json!({})),
        ];
        let mut all: Vec<Value> =
            asks.into_iter().map(|(operation, input)| bench.ok(operation, input)).collect();
        for host in ["www.example.com", "a.example.net", "localhost"] {
            all.push(json!(bench.service.state.names.of_viewer(host).unwrap().id.to_string()));
        }
        let edge = bench.service.state.distributions[&id].edge.as_ref().unwrap();
        all.push(json!(format!("{:?}", edge.config)));
        all
    };
    let before = seen(&mut bench);
    bench.restart();
    assert_eq!(seen(&mut bench), before);
    // What was on its way is still to come.
    assert_eq!(bench.status(&id), "InProgress");
    bench.pass(Duration::from_secs(200));
    assert_eq!(bench.status(&id), "Deployed");
}

#[test]
fn a_record_that_cannot_be_read_is_an_error() {
    let record = |kind: &str, id: &str, document: Option<Value>| {
        let record = Record { kind: kind.into(), id: id.into(), document };
        CloudFront::new().restore(&record).unwrap_err()
    };
    assert!(record("x", "y", Some(json!({}))).contains("unknown kind x"));
    assert!(record("distribution", "E1", Some(json!({"id": 1}))).contains("id"));
    assert!(!record("cache-policy", "1", None).is_empty());
    let invalidation =
        json!({"created": 0, "completed": 0, "caller_reference": "1", "paths": ["/a"]});
    assert!(record("invalidation", "E1/I1", Some(invalidation)).contains("no distribution"));
}
