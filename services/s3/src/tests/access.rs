//! Who may read: policies, Block Public Access, ACLs, through the data plane.

use standin_kernel::{Identity, Value, json};

use super::{Bench, allow, from_cloudfront, request, rest_host};

/// What the guide for origin access control shows.
fn oac(distribution: &str) -> Value {
    let arn = format!("arn:aws:cloudfront::123456789012:distribution/{distribution}");
    json!({
        "Sid": "Edge",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::bkt/*",
        "Condition": {"StringEquals": {"AWS:SourceArn": arn}},
    })
}

fn ask_as(bench: &mut Bench, identity: Identity) -> u16 {
    let mut request = request("GET", &rest_host("bkt"), "/k", &[]);
    request.identity = identity;
    bench.ask(request).status
}

/// A bucket as it is by default: everything blocked.
fn private() -> Bench {
    let mut bench = Bench::new();
    bench.ok("CreateBucket", json!({"Bucket": "bkt"}));
    bench.put("k", "body", json!({}));
    bench
}

#[test]
fn s3_acc_01_only_the_named_distribution_reads() {
    let mut bench = private();
    bench.policy(&[oac("E1")]);
    assert_eq!(ask_as(&mut bench, from_cloudfront("E1")), 200);
    let fact = bench.facts.iter().find(|fact| fact.step == "access").unwrap();
    assert!(fact.says.starts_with("statement 0 (Edge) of the bucket policy allows s3:GetObject"));
    let setting = fact.setting.as_ref().unwrap();
    assert_eq!(setting.property, "PolicyDocument.Statement[0]");
    assert_eq!(ask_as(&mut bench, from_cloudfront("E2")), 403);
    assert_eq!(ask_as(&mut bench, Identity::Anonymous), 403);
}

#[test]
fn s3_acc_03_public_policies_and_acls_are_blocked_by_default() {
    let mut bench = private();
    let policy = json!({"Statement": [allow("s3:GetObject", "arn:aws:s3:::bkt/*")]}).to_string();
    let input = json!({"Bucket": "bkt", "Policy": policy});
    assert_eq!(bench.refusal("PutBucketPolicy", input.clone()), ("AccessDenied".into(), 403));
    let restricted = json!({"RestrictPublicBuckets": true});
    let block = json!({"Bucket": "bkt", "PublicAccessBlockConfiguration": restricted});
    bench.ok("PutPublicAccessBlock", block);
    bench.ok("PutBucketPolicy", input);
    let status = bench.ok("GetBucketPolicyStatus", json!({"Bucket": "bkt"}));
    assert_eq!(status, json!({"PolicyStatus": {"IsPublic": true}}));
    assert_eq!(ask_as(&mut bench, Identity::Anonymous), 403);
    assert!(bench.facts.iter().any(|fact| fact.row.as_deref() == Some("S3-ACC-03")));
    assert_eq!(ask_as(&mut bench, from_cloudfront("E1")), 200);
    bench.ok("DeletePublicAccessBlock", json!({"Bucket": "bkt"}));
    assert_eq!(ask_as(&mut bench, Identity::Anonymous), 200);
}

#[test]
fn s3_acc_04_origin_access_control_works_with_everything_blocked() {
    let mut bench = private();
    bench.policy(&[oac("E1")]);
    let status = bench.ok("GetBucketPolicyStatus", json!({"Bucket": "bkt"}));
    assert_eq!(status, json!({"PolicyStatus": {"IsPublic": false}}));
    assert_eq!(ask_as(&mut bench, from_cloudfront("E1")), 200);
    let website = json!({"IndexDocument": {"Suffix": "k"}});
    bench.ok("PutBucketWebsite", json!({"Bucket": "bkt", "WebsiteConfiguration": website}));
    assert_eq!(bench.site("/").status, 403);
}

#[test]
fn s3_acc_05_acls_are_off_unless_somebody_turns_them_on() {
    let mut bench = private();
    let stored = bench.store("x");
    let input = json!({"Bucket": "bkt", "Key": "p", "ACL": "public-read", "Standin": stored});
    let refusal = bench.refusal("PutObject", input.clone());
    assert_eq!(refusal, ("AccessControlListNotSupported".into(), 400));
    bench.put("full", "x", json!({"ACL": "bucket-owner-full-control"}));
    let refusal = bench.refusal("PutBucketAcl", json!({"Bucket": "bkt", "ACL": "public-read"}));
    assert_eq!(refusal, ("AccessControlListNotSupported".into(), 400));
    let rules = json!({"Rules": [{"ObjectOwnership": "ObjectWriter"}]});
    bench.ok("PutBucketOwnershipControls", json!({"Bucket": "bkt", "OwnershipControls": rules}));
    assert_eq!(bench.refusal("PutObject", input.clone()), ("AccessDenied".into(), 403));
    let none = json!({"IgnorePublicAcls": true});
    bench.ok(
        "PutPublicAccessBlock",
        json!({"Bucket": "bkt", "PublicAccessBlockConfiguration": none}),
    );
    bench.ok("PutObject", input);
    assert_eq!(bench.rest("/p").status, 403);
    bench.ok("DeletePublicAccessBlock", json!({"Bucket": "bkt"}));
    assert_eq!(bench.rest("/p").status, 200);
    assert_eq!(bench.rest("/k").status, 403);
    bench.ok("PutBucketAcl", json!({"Bucket": "bkt", "ACL": "public-read"}));
    assert_eq!(bench.rest("/").status, 200);
    let enforced = json!({"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]});
    let input = json!({"Bucket": "bkt", "OwnershipControls": enforced});
    let refusal = bench.refusal("PutBucketOwnershipControls", input);
    assert_eq!(refusal.0, "InvalidBucketAclWithObjectOwnership");
}

#[test]
fn s3_acc_06_a_denial_wins() {
    let mut bench = Bench::public();
    bench.put("k", "body", json!({}));
    let deny = json!({
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::bkt", "arn:aws:s3:::bkt/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    });
    bench.policy(&[allow("s3:GetObject", "arn:aws:s3:::bkt/*"), deny]);
    assert_eq!(bench.rest("/k").status, 403);
    let fact = bench.facts.iter().find(|fact| fact.step == "access").unwrap();
    assert_eq!(fact.row.as_deref(), Some("S3-ACC-06"));
    let mut secure = request("GET", &rest_host("bkt"), "/k", &[]);
    secure.tls = true;
    assert_eq!(bench.ask(secure).status, 200);
    // The owner too is denied.
    assert_eq!(ask_as(&mut bench, Identity::Account), 403);
}

#[test]
fn readers_are_told_apart_by_address_and_referer() {
    let mut bench = Bench::open();
    bench.put("k", "body", json!({}));
    let conditions = json!({
        "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
        "StringLike": {"aws:Referer": ["https://www.example.com/*"]},
    });
    let mut statement = allow("s3:GetObject", "arn:aws:s3:::bkt/*");
    statement["Condition"] = conditions;
    bench.policy(&[statement]);
    assert_eq!(bench.rest("/k").status, 403);
    let lines = [("Referer", "https://www.example.com/page")];
    assert_eq!(bench.ask(request("GET", &rest_host("bkt"), "/k", &lines)).status, 200);
    let mut elsewhere = request("GET", &rest_host("bkt"), "/k", &lines);
    elsewhere.peer = ([198, 51, 100, 1], 1).into();
    assert_eq!(bench.ask(elsewhere).status, 403);
}

#[test]
fn a_bucket_of_another_owner_than_expected_is_refused() {
    let mut bench = Bench::open();
    let asked = |owner: &str| json!({"Bucket": "bkt", "ExpectedBucketOwner": owner});
    bench.ok("ListObjectsV2", asked("123456789012"));
    assert_eq!(bench.refusal("ListObjectsV2", asked("999999999999")).0, "AccessDenied");
    bench.ok("ListObjectsV2", json!({"Bucket": "bkt", "RequestPayer": "requester"}));
}
