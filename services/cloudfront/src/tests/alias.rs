//! Alternate domain names and certificates.

use standin_kernel::{Value, json};

use super::{Bench, document, named};

#[test]
fn cf_alt_01_a_name_is_on_one_distribution() {
    let mut bench = Bench::new();
    bench.create(named("1", &["www.example.com"]));
    let input = json!({"DistributionConfig": named("2", &["www.example.com"])});
    let refused = bench.refusal("CreateDistribution", input);
    assert_eq!((refused.code.as_str(), refused.status), ("CNAMEAlreadyExists", 409));
    let words =
        "One or more of the CNAMEs you provided are already associated with a different resource.";
    assert_eq!(refused.message, words);
}

#[test]
fn cf_alt_02_a_wildcard_may_stand_beside_a_name_it_covers() {
    let mut bench = Bench::new();
    let first = bench.create(named("1", &["www.example.com"]));
    let mut wild = named("2", &["*.example.com"]);
    wild["Origins"]["Items"][0]["DomainName"] = json!("wild.example.org");
    bench.create(wild);
    assert_eq!(bench.origin("www.example.com", "/1"), "app.example.org");
    bench.update(&first, |config| config["Aliases"] = json!({"Quantity": 0}));
    assert_eq!(bench.origin("www.example.com", "/2"), "wild.example.org");
}

#[test]
fn cf_alt_03_a_name_moves_without_a_gap() {
    let mut bench = Bench::new();
    let first = bench.create(named("1", &["www.example.com", "old.example.com"]));
    let mut new = named("2", &[]);
    new["Origins"]["Items"][0]["DomainName"] = json!("new.example.org");
    let second = bench.create(new);
    let before = bench.get(&first)["ETag"].clone();
    let input = json!({"TargetDistributionId": second, "Alias": "www.example.com"});
    bench.ok("AssociateAlias", input.clone());
    assert_eq!(bench.origin("www.example.com", "/"), "new.example.org");
    assert_eq!(bench.origin("old.example.com", "/"), "app.example.org");
    assert_ne!(bench.get(&first)["ETag"], before);
    let aliases = |bench: &mut Bench, id: &str| {
        bench.get(id)["Distribution"]["DistributionConfig"]["Aliases"].clone()
    };
    assert_eq!(aliases(&mut bench, &first)["Items"], json!(["old.example.com"]));
    assert_eq!(aliases(&mut bench, &second)["Items"], json!(["www.example.com"]));
    // Once more changes nothing.
    bench.ok("AssociateAlias", input);
    // A distribution without a certificate of its own takes no name.
    let third = bench.create(document("3"));
    let input = json!({"TargetDistributionId": third, "Alias": "www.example.com"});
    assert_eq!(bench.refusal("AssociateAlias", input).code, "InvalidViewerCertificate");
}

#[test]
fn names_need_a_certificate_from_the_right_region() {
    let mut bench = Bench::new();
    let with = |certificate: Value| {
        let mut document = named("1", &["www.example.com"]);
        document["ViewerCertificate"] = certificate;
        document
    };
    let refused = |bench: &mut Bench, certificate: Value| {
        let input = json!({"DistributionConfig": with(certificate)});
        let refused = bench.refusal("CreateDistribution", input);
        assert_eq!(refused.code, "InvalidViewerCertificate");
        refused.message
    };
    let message = refused(&mut bench, json!({"CloudFrontDefaultCertificate": true}));
    assert!(message.starts_with("To add an alternate domain name (CNAME)"), "{message}");
    let elsewhere = json!({
        "ACMCertificateArn": "arn:aws:acm:ap-northeast-1:123456789012:certificate/1",
        "SSLSupportMethod": "sni-only",
    });
    let message = refused(&mut bench, elsewhere);
    assert!(message.contains("isn't in us-east-1 region"), "{message}");
    let arn = "arn:aws:acm:us-east-1:123456789012:certificate/1";
    refused(&mut bench, json!({"ACMCertificateArn": arn}));
    let both = json!({
        "ACMCertificateArn": arn,
        "CloudFrontDefaultCertificate": true,
        "SSLSupportMethod": "sni-only",
    });
    refused(&mut bench, both);
    let id = bench.create(with(json!({"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only"})));
    let config = bench.get(&id)["Distribution"]["DistributionConfig"].clone();
    let certificate = &config["ViewerCertificate"];
    assert_eq!(
        (&certificate["Certificate"], &certificate["CertificateSource"]),
        (&json!(arn), &json!("acm"))
    );
    let iam = json!({"IAMCertificateId": "ASCA1", "SSLSupportMethod": "vip"});
    bench.update(&id, |config| config["ViewerCertificate"] = iam);
}

#[test]
fn cf_req_03_where_an_asterisk_may_stand() {
    let mut bench = Bench::new();
    for wrong in ["a.*.example.com", "a*.example.com", "*", "*.com.", "-a.example.com", "localhost"]
    {
        assert_eq!(bench.code(named("1", &[wrong])), "InvalidArgument", "{wrong}");
    }
    let twice = named("1", &["a.example.com", "a.example.com"]);
    assert_eq!(bench.code(twice), "InvalidArgument");
    let many: Vec<String> = (0..101).map(|n| format!("n{n}.example.com")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(bench.code(named("1", &many)), "TooManyDistributionCNAMEs");
}
