//! What survives a restart: everything.

use standin_kernel::control::Record;
use standin_kernel::{Service, json};

use super::{Bench, allow};
use crate::S3;

#[test]
fn everything_is_as_before_after_a_restart() {
    let mut bench = Bench::public();
    let enabled = json!({"Status": "Enabled"});
    bench.ok("PutBucketVersioning", json!({"Bucket": "bkt", "VersioningConfiguration": enabled}));
    let website = json!({"IndexDocument": {"Suffix": "a/index.html".rsplit('/').next()}});
    bench.ok("PutBucketWebsite", json!({"Bucket": "bkt", "WebsiteConfiguration": website}));
    let old = bench.put("dir/index.html", "old", json!({"CacheControl": "no-cache"}));
    bench.put("dir/index.html", "new", json!({"Metadata": {"a": "bkt"}, "Tagging": "x=y"}));
    bench.put("gone", "x", json!({}));
    bench.ok("DeleteObject", json!({"Bucket": "bkt", "Key": "gone"}));
    bench.policy(&[
        allow("s3:GetObject*", "arn:aws:s3:::bkt/*"),
        allow("s3:ListBucket", "arn:aws:s3:::bkt"),
    ]);
    let old = format!("/dir/index.html?versionId={}", old["VersionId"].as_str().unwrap());
    let seen = |bench: &mut Bench| {
        let mut all = Vec::new();
        for target in ["/dir/index.html", "/gone", &old, "/"] {
            let answer = bench.rest(target);
            let mut headers = answer.headers.clone();
            headers.retain(|name, _| !matches!(name, "x-amz-id-2" | "x-amz-request-id"));
            let body = answer.body.split("<RequestId>").next().unwrap_or("").to_owned();
            all.push((answer.status, format!("{headers:?}"), body));
        }
        all.push((bench.site("/dir/").status, String::new(), String::new()));
        all
    };
    let before = seen(&mut bench);
    assert_eq!(before.iter().map(|one| one.0).collect::<Vec<_>>(), [200, 404, 200, 200, 200]);
    let mut restarted = S3::new();
    for ((kind, id), document) in &bench.records {
        let record =
            Record { kind: kind.clone(), id: id.clone(), document: Some(document.clone()) };
        restarted.restore(&record).unwrap();
    }
    bench.s3 = restarted;
    assert_eq!(seen(&mut bench), before);
}

#[test]
fn a_record_of_unknown_kind_is_an_error() {
    let record = Record { kind: "x".into(), id: "y".into(), document: Some(json!({})) };
    assert!(S3::new().restore(&record).is_err());
}
