//! Logs that other services deliver: who may, and what becomes of the text.

use std::io::Read;

use standin_kernel::{Value, json};

use super::{Bench, allow};

const PRINCIPAL: &str = "logdelivery.elasticloadbalancing.amazonaws.com";

fn delivery(key: &str, more: Value) -> Value {
    let mut delivery = json!({"Principal": PRINCIPAL, "SourceArn": "arn:x", "Text": "one line\n"});
    delivery.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"Bucket": "bkt", "Key": key, "Standin": {"Delivery": delivery}})
}

fn to(principal: Value) -> Value {
    let mut statement = allow("s3:PutObject", "arn:aws:s3:::bkt/web/*");
    statement["Principal"] = principal;
    statement
}

#[test]
fn s3_log_05_a_log_comes_in_where_the_policy_lets_the_service_write() {
    let mut bench = Bench::open();
    let input = delivery("web/a.log.gz", json!({}));
    let denied = ("AccessDenied".to_owned(), 403);
    assert_eq!(bench.refusal("PutObject", input.clone()), denied);
    bench.policy(&[to(json!({"Service": PRINCIPAL}))]);
    bench.ok("PutObject", input);
    let bytes = bench.bytes("web/a.log.gz");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    assert_eq!(text, "one line\n");
    bench.ok("PutObject", delivery("web/test", json!({})));
    assert_eq!(&bench.bytes("web/test")[..], b"one line\n");
    assert_eq!(bench.refusal("PutObject", delivery("other/a", json!({}))), denied);
    let by_acl = delivery("web/b", json!({"ByAcl": true}));
    assert_eq!(bench.refusal("PutObject", by_acl), denied);
    // A key of KMS keeps the load balancer out.
    let rule = json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}});
    let encryption = json!({"Rules": [rule]});
    let kms = json!({"Bucket": "bkt", "ServerSideEncryptionConfiguration": encryption});
    bench.ok("PutBucketEncryption", kms);
    assert_eq!(bench.refusal("PutObject", delivery("web/c", json!({}))), denied);
}

#[test]
fn s3_log_05_older_policies_name_an_account_of_the_load_balancers() {
    let mut bench = Bench::open();
    bench.policy(&[to(json!({"AWS": "arn:aws:iam::582318560864:root"}))]);
    let denied = ("AccessDenied".to_owned(), 403);
    assert_eq!(bench.refusal("PutObject", delivery("web/a", json!({}))), denied);
    bench.ok("PutObject", delivery("web/a", json!({"Account": "582318560864"})));
}

#[test]
fn s3_log_01_a_log_by_acl_needs_a_bucket_with_acls() {
    let mut bench = Bench::open();
    let ownership = json!({"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]});
    bench
        .ok("PutBucketOwnershipControls", json!({"Bucket": "bkt", "OwnershipControls": ownership}));
    bench.ok("PutObject", delivery("a", json!({"ByAcl": true})));
}
