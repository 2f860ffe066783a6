//! Operations on distributions.

use standin_kernel::{Duration, Service, Value, json};

use super::{Bench, custom_origin, document, list, text};

#[test]
fn a_new_distribution_has_aws_names_and_defaults() {
    let mut bench = Bench::new();
    let made = bench.ok("CreateDistribution", json!({"DistributionConfig": document("1")}));
    let one = &made["Distribution"];
    let id = text(&one["Id"]);
    assert!(id.starts_with('E') && id.len() == 14, "{id}");
    assert!(id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()));
    let domain = text(&one["DomainName"]);
    assert!(domain.starts_with('d') && domain.len() == 14 + ".cloudfront.net".len(), "{domain}");
    assert_eq!(one["ARN"], format!("arn:aws:cloudfront::123456789012:distribution/{id}"));
    let location = format!("https://cloudfront.amazonaws.com/2020-05-31/distribution/{id}");
    assert_eq!(made["Location"], location);
    let config = &one["DistributionConfig"];
    assert_eq!(config["PriceClass"], "PriceClass_All");
    assert_eq!(config["HttpVersion"], "http2");
    assert_eq!(config["Aliases"], json!({"Quantity": 0}));
    let methods = &config["DefaultCacheBehavior"]["AllowedMethods"];
    assert_eq!(methods["Items"], json!(["HEAD", "GET"]));
    let origin = &config["Origins"]["Items"][0];
    assert_eq!(
        (&origin["ConnectionAttempts"], &origin["ConnectionTimeout"]),
        (&json!(3), &json!(10))
    );
    assert_eq!(origin["CustomOriginConfig"]["OriginReadTimeout"], 30);
    assert_eq!(origin["CustomOriginConfig"]["OriginKeepaliveTimeout"], 5);
    let certificate = &config["ViewerCertificate"];
    assert_eq!(certificate["CloudFrontDefaultCertificate"], true);
    assert_eq!(certificate["CertificateSource"], "cloudfront");
    // What was read is good for an update.
    bench.update(&id, |_| ());
}

#[test]
fn cf_dep_01_in_progress_then_deployed() {
    let mut bench = Bench::slow();
    let id = bench.create(document("1"));
    assert_eq!(bench.status(&id), "InProgress");
    bench.pass(Duration::from_secs(239));
    assert_eq!(bench.status(&id), "InProgress");
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.status(&id), "Deployed");
    bench.update(&id, |config| config["Comment"] = json!("changed"));
    assert_eq!(bench.status(&id), "InProgress");
}

#[test]
fn cf_dep_01_at_fast_pace_it_is_a_matter_of_moments() {
    let mut bench = Bench::new();
    let id = bench.create(document("1"));
    assert_eq!(bench.status(&id), "InProgress");
    let domain = text(&bench.get(&id)["Distribution"]["DomainName"]);
    assert_eq!(bench.origin(&domain, "/"), "app.example.org");
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.status(&id), "Deployed");
}

#[test]
fn cf_dep_02_updates_reach_the_edge_later_and_in_order() {
    let mut bench = Bench::slow();
    let id = bench.create(document("1"));
    let domain = text(&bench.get(&id)["Distribution"]["DomainName"]);
    // Not at the edge yet: nobody's name.
    assert_eq!(bench.refused(&domain), 403);
    bench.pass(Duration::from_secs(60));
    assert_eq!(bench.origin(&domain, "/a"), "app.example.org");
    let to = |name: &'static str| {
        move |config: &mut Value| config["Origins"]["Items"][0]["DomainName"] = json!(name)
    };
    bench.update(&id, to("second.example.org"));
    bench.pass(Duration::from_secs(30));
    bench.update(&id, to("third.example.org"));
    assert_eq!(bench.origin(&domain, "/b"), "app.example.org");
    bench.pass(Duration::from_secs(30));
    assert_eq!(bench.origin(&domain, "/c"), "second.example.org");
    bench.pass(Duration::from_secs(30));
    assert_eq!(bench.origin(&domain, "/d"), "third.example.org");
}

#[test]
fn cf_dep_02_each_point_of_presence_takes_a_change_at_its_own_time() {
    let mut bench = Bench::slow();
    let id = bench.create(document("1"));
    let domain = text(&bench.get(&id)["Distribution"]["DomainName"]);
    bench.pass(Duration::from_secs(240));
    bench.update(&id, |config| {
        config["Origins"]["Items"][0]["DomainName"] = json!("second.example.org");
    });
    let origins = |bench: &Bench| {
        let state = &bench.service.state;
        let names = [&state.names].into_iter().chain(&state.far_names);
        let origin = |names: &crate::names::Names| {
            names.of_viewer(&domain).unwrap().origins[0].domain_name.starts_with("second")
        };
        names.map(origin).collect::<Vec<_>>()
    };
    let mut switched = Vec::new();
    for _ in 0..13 {
        bench.pass(Duration::from_secs(20));
        switched.push(origins(&bench).iter().filter(|new| **new).count());
    }
    assert_eq!(switched[0], 1, "the first group is the quickest");
    assert!(switched.is_sorted() && switched.contains(&2) && switched.contains(&3));
    assert_eq!((switched[11], bench.status(&id).as_str()), (4, "Deployed"));
}

#[test]
fn cf_dep_04_an_update_names_the_current_version() {
    let mut bench = Bench::new();
    let id = bench.create(document("1"));
    let first = bench.get(&id);
    let mut input = json!({
        "Id": id,
        "DistributionConfig": first["Distribution"]["DistributionConfig"],
    });
    let refused = bench.refusal("UpdateDistribution", input.clone());
    assert_eq!((refused.code.as_str(), refused.status), ("InvalidIfMatchVersion", 400));
    input["IfMatch"] = first["ETag"].clone();
    let second = bench.ok("UpdateDistribution", input.clone());
    assert_ne!(first["ETag"], second["ETag"]);
    let refused = bench.refusal("UpdateDistribution", input.clone());
    assert_eq!((refused.code.as_str(), refused.status), ("PreconditionFailed", 412));
    input["IfMatch"] = second["ETag"].clone();
    input["DistributionConfig"]["CallerReference"] = json!("2");
    assert_eq!(bench.refusal("UpdateDistribution", input).code, "IllegalUpdate");
}

#[test]
fn cf_dep_06_only_a_disabled_and_deployed_distribution_can_be_deleted() {
    let mut bench = Bench::slow();
    let id = bench.create(document("1"));
    bench.pass(Duration::from_secs(300));
    let domain = text(&bench.get(&id)["Distribution"]["DomainName"]);
    let delete = |bench: &mut Bench| {
        let etag = bench.get(&id)["ETag"].clone();
        bench.call("DeleteDistribution", &json!({"Id": id, "IfMatch": etag}))
    };
    let refused = delete(&mut bench).unwrap_err();
    assert_eq!((refused.code.as_str(), refused.status), ("DistributionNotDisabled", 409));
    bench.update(&id, |config| config["Enabled"] = json!(false));
    assert_eq!(delete(&mut bench).unwrap_err().code, "DistributionNotDisabled");
    bench.pass(Duration::from_secs(300));
    assert!(bench.service.serves(&domain));
    delete(&mut bench).unwrap();
    assert!(!bench.service.serves(&domain));
    assert!(bench.records.is_empty());
    let gone = bench.refusal("GetDistribution", json!({"Id": id}));
    assert_eq!((gone.code.as_str(), gone.status), ("NoSuchDistribution", 404));
    assert_eq!(gone.message, "The specified distribution does not exist.");
}

#[test]
fn a_caller_reference_makes_one_distribution() {
    let mut bench = Bench::new();
    let id = bench.create(document("1"));
    let refused = bench.refusal("CreateDistribution", json!({"DistributionConfig": document("1")}));
    assert_eq!((refused.code.as_str(), refused.status), ("DistributionAlreadyExists", 409));
    assert!(refused.message.ends_with(&format!("Already exists: {id}")), "{}", refused.message);
}

#[test]
fn lists_come_in_pages_the_newest_first() {
    let mut bench = Bench::new();
    let ids: Vec<String> =
        ["1", "2", "3"].iter().map(|reference| bench.create(document(reference))).collect();
    let mut seen = Vec::new();
    let mut marker = json!("");
    loop {
        let page = bench.ok("ListDistributions", json!({"MaxItems": "2", "Marker": marker}));
        let page = &page["DistributionList"];
        let items = page["Items"].as_array().unwrap();
        assert_eq!(page["Quantity"], items.len());
        seen.extend(items.iter().map(|item| text(&item["Id"])));
        assert_eq!(items[0]["Origins"]["Items"][0]["Id"], "app");
        if page["IsTruncated"] == false {
            break;
        }
        marker = page["NextMarker"].clone();
    }
    seen.reverse();
    assert_eq!(seen, ids);
    assert_eq!(
        bench.refusal("ListDistributions", json!({"MaxItems": "x"})).code,
        "InvalidArgument"
    );
}

#[test]
fn the_hint_stays_unless_an_update_brings_another() {
    let mut bench = Bench::new();
    let mut https = document("1");
    https["DefaultCacheBehavior"]["ViewerProtocolPolicy"] = json!("https-only");
    let hint = json!({"ViewerProtocol": "assume-https"});
    let input = json!({"DistributionConfig": https, "Standin": hint});
    let made = bench.ok("CreateDistribution", input);
    let id = text(&made["Distribution"]["Id"]);
    let assumes = |bench: &Bench| {
        bench.service.state.distributions[&id].edge.as_ref().unwrap().config.assume_https
    };
    assert!(assumes(&bench));
    let updated = bench.update(&id, |_| ());
    assert!(assumes(&bench));
    let config = updated["Distribution"]["DistributionConfig"].clone();
    let etag = &updated["ETag"];
    let input = json!({"Id": id, "IfMatch": etag, "DistributionConfig": config, "Standin": {}});
    bench.ok("UpdateDistribution", input);
    assert!(!assumes(&bench));
    let input = json!({"DistributionConfig": document("2"), "Standin": {"Port": 1}});
    let refused = bench.refusal("CreateDistribution", input);
    assert!(refused.message.contains("unknown field `Port`"), "{}", refused.message);
}

#[test]
fn an_operation_that_is_not_built_says_so() {
    let mut bench = Bench::new();
    let refused = bench.refusal("CreateKeyGroup", json!({}));
    assert!(refused.message.contains("cloudfront:CreateKeyGroup is not supported by Standin"));
}

#[test]
fn references_that_lead_nowhere() {
    let mut bench = Bench::new();
    let mut wrong = document("1");
    wrong["DefaultCacheBehavior"]["TargetOriginId"] = json!("other");
    let refused = bench.refusal("CreateDistribution", json!({"DistributionConfig": wrong}));
    assert_eq!((refused.code.as_str(), refused.status), ("NoSuchOrigin", 404));
    for (member, code) in [
        ("CachePolicyId", "NoSuchCachePolicy"),
        ("OriginRequestPolicyId", "NoSuchOriginRequestPolicy"),
        ("ResponseHeadersPolicyId", "NoSuchResponseHeadersPolicy"),
    ] {
        let mut wrong = document("1");
        wrong["DefaultCacheBehavior"][member] = json!("00000000-0000-4000-8000-000000000000");
        assert_eq!(bench.code(wrong), code);
    }
    let mut wrong = document("1");
    let mut bucket = json!({"Id": "app", "DomainName": "b.s3.amazonaws.com"});
    bucket["S3OriginConfig"] = json!({"OriginAccessIdentity": ""});
    bucket["OriginAccessControlId"] = json!("E000");
    wrong["Origins"] = list(&[bucket, custom_origin("x", "x.example.org")]);
    assert_eq!(bench.code(wrong), "NoSuchOriginAccessControl");
    // Nothing of all that has left a trace.
    assert!(bench.records.is_empty());
    assert_eq!(bench.ok("ListDistributions", json!({}))["DistributionList"]["Quantity"], 0);
}
