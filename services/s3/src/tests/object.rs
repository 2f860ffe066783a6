//! The operations on buckets, objects and versions.

use standin_kernel::{Duration, Value, json};

use super::{Bench, allow};

#[test]
fn buckets_come_and_go() {
    let mut bench = Bench::new();
    let made = bench.ok("CreateBucket", json!({"Bucket": "pages"}));
    assert_eq!(made["BucketArn"], "arn:aws:s3:::pages");
    let again = bench.refusal("CreateBucket", json!({"Bucket": "pages"}));
    assert_eq!(again, ("BucketAlreadyOwnedByYou".into(), 409));
    let elsewhere = json!({"LocationConstraint": "eu-west-1"});
    let input = json!({"Bucket": "other", "CreateBucketConfiguration": elsewhere});
    assert_eq!(bench.refusal("CreateBucket", input).0, "IllegalLocationConstraintException");
    assert_eq!(bench.refusal("CreateBucket", json!({"Bucket": "No"})).0, "InvalidBucketName");
    let listed = bench.ok("ListBuckets", json!({}));
    assert_eq!(listed["Buckets"][0]["Name"], "pages");
    let location = bench.ok("GetBucketLocation", json!({"Bucket": "pages"}));
    assert_eq!(location["LocationConstraint"], "ap-northeast-1");
    bench.ok("HeadBucket", json!({"Bucket": "pages"}));
    bench.ok("DeleteBucket", json!({"Bucket": "pages"}));
    assert_eq!(bench.refusal("HeadBucket", json!({"Bucket": "pages"})), ("NotFound".into(), 404));
    assert_eq!(bench.refusal("DeleteBucket", json!({"Bucket": "pages"})).0, "NoSuchBucket");
    assert!(bench.records.is_empty());
}

#[test]
fn a_bucket_with_objects_is_not_deleted() {
    let mut bench = Bench::open();
    bench.put("k", "body", json!({}));
    assert_eq!(
        bench.refusal("DeleteBucket", json!({"Bucket": "bkt"})),
        ("BucketNotEmpty".into(), 409)
    );
    bench.ok("DeleteObject", json!({"Bucket": "bkt", "Key": "k"}));
    bench.ok("DeleteObject", json!({"Bucket": "bkt", "Key": "never there"}));
    bench.ok("DeleteBucket", json!({"Bucket": "bkt"}));
}

#[test]
fn a_checksum_that_came_with_the_body_is_given_to_who_asks() {
    let mut bench = Bench::open();
    let mut stored = bench.store("abc");
    stored["Checksum"] = json!({"Algorithm": "CRC32", "Value": "NSRBwg=="});
    let put = bench.ok("PutObject", json!({"Bucket": "bkt", "Key": "k", "Standin": stored}));
    assert_eq!(put["ChecksumCRC32"], "NSRBwg==");
    let ask = |more: &str| json!({"Bucket": "bkt", "Key": "k", more: "ENABLED"});
    let got = bench.ok("HeadObject", ask("ChecksumMode"));
    assert_eq!(
        (&got["ChecksumCRC32"], &got["ChecksumType"]),
        (&put["ChecksumCRC32"], &json!("FULL_OBJECT"))
    );
    let plain = bench.ok("HeadObject", json!({"Bucket": "bkt", "Key": "k"}));
    assert!(plain["ChecksumCRC32"].is_null());
}

#[test]
fn unknown_members_and_operations_are_refused_by_name() {
    let mut bench = Bench::open();
    let error = bench.call("DeleteObject", &json!({"Bucket": "bkt", "Key": "k", "MFA": "1"}));
    assert!(error.unwrap_err().message.contains("MFA"));
    let error = bench.call("PutObjectAcl", &json!({})).unwrap_err();
    assert!(error.message.contains("s3:PutObjectAcl"));
    let missing = bench.call("PutObject", &json!({"Bucket": "bkt", "Key": "k"})).unwrap_err();
    assert!(missing.message.contains("Standin"), "{missing}");
}

#[test]
fn an_object_is_described_with_its_body_named() {
    let mut bench = Bench::open();
    let stored = bench.store("0123456789");
    bench.put("k", "0123456789", json!({"ContentType": "text/plain", "Tagging": "a=1&b=2"}));
    let got = bench.ok("GetObject", json!({"Bucket": "bkt", "Key": "k", "Range": "bytes=2-4"}));
    assert_eq!(got["Standin"], json!({"Blob": stored["Blob"], "Offset": 2, "Length": 3}));
    assert_eq!(got["ContentRange"], "bytes 2-4/10");
    assert_eq!((&got["ContentLength"], &got["TagCount"]), (&json!(3), &json!(2)));
    let head = bench.ok("HeadObject", json!({"Bucket": "bkt", "Key": "k"}));
    assert_eq!((&head["ContentLength"], &head["Standin"]), (&json!(10), &Value::Null));
    assert_eq!(head["LastModified"], "2027-01-15T08:00:00.000Z");
    let tag = head["ETag"].clone();
    let known = json!({"Bucket": "bkt", "Key": "k", "IfNoneMatch": tag});
    assert_eq!(bench.refusal("GetObject", known), ("304".into(), 304));
    let missing = json!({"Bucket": "bkt", "Key": "x"});
    assert_eq!(bench.refusal("GetObject", missing.clone()), ("NoSuchKey".into(), 404));
    // S3-GET-06
    assert_eq!(bench.refusal("HeadObject", missing), ("NotFound".into(), 404));
}

#[test]
fn s3_meta_03_user_metadata_has_a_limit_and_lower_case_names() {
    let mut bench = Bench::open();
    bench.put("k", "x", json!({"Metadata": {"Retry-After": "60"}}));
    let head = bench.ok("HeadObject", json!({"Bucket": "bkt", "Key": "k"}));
    assert_eq!(head["Metadata"], json!({"retry-after": "60"}));
    bench.policy(&[allow("s3:GetObject", "arn:aws:s3:::bkt/*")]);
    let answer = bench.rest("/k");
    assert_eq!(answer.header("Retry-After"), None);
    assert_eq!(answer.header("x-amz-meta-retry-after"), Some("60"));
    let stored = bench.store("x");
    let long = json!({"n": "x".repeat(2048)});
    let input = json!({"Bucket": "bkt", "Key": "k", "Metadata": long, "Standin": stored});
    assert_eq!(bench.refusal("PutObject", input), ("MetadataTooLarge".into(), 400));
}

#[test]
fn s3_meta_04_a_copy_onto_itself_changes_metadata() {
    let mut bench = Bench::public();
    let etag = bench.put("k", "body", json!({"CacheControl": "max-age=60"}))["ETag"].clone();
    bench.now = bench.now + Duration::from_secs(60);
    let same = json!({"Bucket": "bkt", "Key": "k", "CopySource": "bkt/k"});
    assert_eq!(bench.refusal("CopyObject", same), ("InvalidRequest".into(), 400));
    let replace = json!({
        "Bucket": "bkt", "Key": "k", "CopySource": "/bkt/k", "MetadataDirective": "REPLACE",
        "CacheControl": "no-store", "ContentType": "text/html",
    });
    let copied = bench.ok("CopyObject", replace);
    assert_eq!(copied["CopyObjectResult"]["ETag"], etag);
    let answer = bench.rest("/k");
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    assert_eq!(answer.header("Last-Modified"), Some("Fri, 15 Jan 2027 08:01:00 GMT"));
    assert_eq!(answer.body, "body");
}

#[test]
fn s3_put_01_what_is_acknowledged_is_read() {
    let mut bench = Bench::public();
    bench.put("k", "one", json!({}));
    bench.put("k", "two", json!({}));
    assert_eq!(bench.rest("/k").body, "two");
    let listed = bench.ok("ListObjectsV2", json!({"Bucket": "bkt"}));
    assert_eq!((&listed["KeyCount"], &listed["Contents"][0]["Size"]), (&json!(1), &json!(3)));
    bench.ok("DeleteObject", json!({"Bucket": "bkt", "Key": "k"}));
    assert_eq!(bench.ok("ListObjectsV2", json!({"Bucket": "bkt"}))["KeyCount"], 0);
}

#[test]
fn s3_put_02_a_new_website_configuration_holds_at_once() {
    let mut bench = Bench::public();
    bench.put("one", "1", json!({}));
    bench.put("two", "2", json!({}));
    for (index, body) in [("one", "1"), ("two", "2")] {
        let website = json!({"IndexDocument": {"Suffix": index}});
        bench.ok("PutBucketWebsite", json!({"Bucket": "bkt", "WebsiteConfiguration": website}));
        assert_eq!(bench.site("/").body, body);
    }
}

#[test]
fn s3_put_03_conditional_writes() {
    let mut bench = Bench::open();
    let etag = bench.put("k", "one", json!({"IfNoneMatch": "*"}))["ETag"].clone();
    let stored = bench.store("two");
    let put = |key: &str, name: &str, value: &Value| {
        let mut input = json!({"Bucket": "bkt", "Key": key, "Standin": stored});
        input[name] = value.clone();
        input
    };
    let failed = ("PreconditionFailed".to_owned(), 412);
    assert_eq!(bench.refusal("PutObject", put("k", "IfNoneMatch", &json!("*"))), failed);
    assert_eq!(bench.refusal("PutObject", put("k", "IfMatch", &json!("\"x\""))), failed);
    assert_eq!(bench.refusal("PutObject", put("x", "IfMatch", &etag)).0, "NoSuchKey");
    assert_eq!(bench.refusal("PutObject", put("k", "IfNoneMatch", &etag)).0, "NotImplemented");
    bench.ok("PutObject", put("k", "IfMatch", &etag));
}

#[test]
fn s3_put_04_a_digest_that_does_not_fit_is_refused() {
    let mut bench = Bench::open();
    let mut stored = bench.store("a");
    stored["ETag"] = json!("0cc175b9c0f1b6a831c399e269772661");
    let put = |name: &str, value: &str| {
        let mut input = json!({"Bucket": "bkt", "Key": "k", "Standin": stored});
        input[name] = json!(value);
        input
    };
    bench.ok("PutObject", put("ContentMD5", "DMF1ucDxtqgxw5niaXcmYQ=="));
    let wrong = put("ContentMD5", "AAAAAAAAAAAAAAAAAAAAAA==");
    assert_eq!(bench.refusal("PutObject", wrong), ("BadDigest".into(), 400));
    assert_eq!(bench.refusal("PutObject", put("ContentMD5", "x")).0, "InvalidDigest");
    assert_eq!(bench.refusal("PutObject", put("ChecksumSHA256", "x")).0, "BadDigest");
    let mut short = put("ContentMD5", "DMF1ucDxtqgxw5niaXcmYQ==");
    short["ContentLength"] = json!(2);
    assert_eq!(bench.refusal("PutObject", short).0, "IncompleteBody");
}

#[test]
fn s3_put_05_five_gigabytes_at_once_and_no_more() {
    let mut bench = Bench::open();
    let mut stored = bench.store("a");
    stored["Length"] = json!(5_u64 * 1024 * 1024 * 1024 + 1);
    let input = json!({"Bucket": "bkt", "Key": "k", "Standin": stored});
    assert_eq!(bench.refusal("PutObject", input), ("EntityTooLarge".into(), 400));
}

/// With versions enabled, and everybody may read them and list.
fn versioned() -> Bench {
    let mut bench = Bench::open();
    bench.policy(&[
        allow("s3:GetObject*", "arn:aws:s3:::bkt/*"),
        allow("s3:ListBucket", "arn:aws:s3:::bkt"),
    ]);
    let enabled = json!({"Status": "Enabled"});
    bench.ok("PutBucketVersioning", json!({"Bucket": "bkt", "VersioningConfiguration": enabled}));
    bench
}

#[test]
fn s3_ver_01_versions_and_markers_are_added() {
    let mut bench = versioned();
    let one = bench.put("k", "one", json!({}))["VersionId"].clone();
    let two = bench.put("k", "two", json!({}))["VersionId"].clone();
    assert_ne!(one, two);
    assert_eq!(bench.rest("/k").header("x-amz-version-id"), two.as_str());
    let deleted = bench.ok("DeleteObject", json!({"Bucket": "bkt", "Key": "k"}));
    assert_eq!(deleted["DeleteMarker"], true);
    assert_eq!(bench.rest("/k").status, 404);
    assert_eq!(bench.refusal("DeleteBucket", json!({"Bucket": "bkt"})).0, "BucketNotEmpty");
    let listed = bench.ok("ListObjectVersions", json!({"Bucket": "bkt", "MaxKeys": 2}));
    assert_eq!(listed["DeleteMarkers"][0]["VersionId"], deleted["VersionId"]);
    assert_eq!(listed["Versions"][0]["VersionId"], two);
    assert_eq!(listed["IsTruncated"], true);
    let more = json!({
        "Bucket": "bkt", "KeyMarker": listed["NextKeyMarker"],
        "VersionIdMarker": listed["NextVersionIdMarker"],
    });
    let rest = bench.ok("ListObjectVersions", more);
    assert_eq!(rest["Versions"].as_array().map(Vec::len), Some(1));
    assert_eq!(rest["Versions"][0]["VersionId"], one);
    // Taking the marker away brings the object back.
    let marker = json!({"Bucket": "bkt", "Key": "k", "VersionId": deleted["VersionId"]});
    bench.ok("DeleteObject", marker);
    assert_eq!(bench.rest("/k").body, "two");
}

#[test]
fn s3_ver_01_suspended_buckets_overwrite_the_null_version() {
    let mut bench = versioned();
    let one = bench.put("k", "one", json!({}))["VersionId"].clone();
    let suspended = json!({"Status": "Suspended"});
    bench.ok("PutBucketVersioning", json!({"Bucket": "bkt", "VersioningConfiguration": suspended}));
    assert_eq!(bench.put("k", "two", json!({}))["VersionId"], "null");
    bench.put("k", "three", json!({}));
    let listed = bench.ok("ListObjectVersions", json!({"Bucket": "bkt"}));
    assert_eq!(listed["Versions"].as_array().map(Vec::len), Some(2));
    let old = format!("/k?versionId={}", one.as_str().unwrap());
    assert_eq!(bench.rest(&old).body, "one");
    assert_eq!(bench.ok("GetBucketVersioning", json!({"Bucket": "bkt"}))["Status"], "Suspended");
}

#[test]
fn s3_ver_02_delete_markers_say_what_they_are() {
    let mut bench = versioned();
    bench.put("k", "one", json!({}));
    let marker =
        bench.ok("DeleteObject", json!({"Bucket": "bkt", "Key": "k"}))["VersionId"].clone();
    let answer = bench.rest("/k");
    assert_eq!((answer.status, answer.code()), (404, Some("NoSuchKey")));
    assert_eq!(answer.header("x-amz-delete-marker"), Some("true"));
    let answer = bench.rest(&format!("/k?versionId={}", marker.as_str().unwrap()));
    assert_eq!((answer.status, answer.header("Allow")), (405, Some("DELETE")));
    assert!(answer.header("Last-Modified").is_some());
    let answer = bench.rest("/k?versionId=unknown");
    assert_eq!((answer.status, answer.code()), (404, Some("NoSuchVersion")));
}

#[test]
fn s3_ver_03_an_old_version_is_copied_over_the_new() {
    let mut bench = versioned();
    let one = bench.put("k", "one", json!({}))["VersionId"].clone();
    bench.put("k", "two", json!({}));
    let source = format!("bkt/k?versionId={}", one.as_str().unwrap());
    bench.ok("CopyObject", json!({"Bucket": "bkt", "Key": "k", "CopySource": source}));
    assert_eq!(bench.rest("/k").body, "one");
    bench.policy(&[allow("s3:GetObject", "arn:aws:s3:::bkt/*")]);
    let old = format!("/k?versionId={}", one.as_str().unwrap());
    assert_eq!(bench.rest(&old).status, 403);
}

#[test]
fn many_objects_are_deleted_at_once() {
    let mut bench = Bench::open();
    for key in ["a", "bkt", "c"] {
        bench.put(key, key, json!({}));
    }
    let objects = json!([{"Key": "a"}, {"Key": "c"}, {"Key": "x"}]);
    let input = json!({"Bucket": "bkt", "Delete": {"Objects": objects}});
    let deleted = bench.ok("DeleteObjects", input);
    assert_eq!(deleted["Deleted"].as_array().map(Vec::len), Some(3));
    let listed = bench.ok("ListObjects", json!({"Bucket": "bkt"}));
    assert_eq!(listed["Contents"].as_array().map(Vec::len), Some(1));
}

#[test]
fn tags_of_objects_count_in_policies() {
    let mut bench = Bench::open();
    let mut statement = allow("s3:GetObject", "arn:aws:s3:::bkt/*");
    statement["Condition"] = json!({"StringEquals": {"s3:ExistingObjectTag/Public": "yes"}});
    bench.policy(&[statement]);
    bench.put("k", "body", json!({}));
    assert_eq!(bench.rest("/k").status, 403);
    let tags = json!({"TagSet": [{"Key": "Public", "Value": "yes"}]});
    bench.ok("PutObjectTagging", json!({"Bucket": "bkt", "Key": "k", "Tagging": tags}));
    let answer = bench.rest("/k");
    assert_eq!((answer.status, answer.header("x-amz-tagging-count")), (200, Some("1")));
    let got = bench.ok("GetObjectTagging", json!({"Bucket": "bkt", "Key": "k"}));
    assert_eq!(got, tags);
    bench.ok("DeleteObjectTagging", json!({"Bucket": "bkt", "Key": "k"}));
    assert_eq!(bench.rest("/k").status, 403);
}

#[test]
fn settings_are_given_back_as_they_were_put() {
    let mut bench = Bench::open();
    let table = [
        ("Tagging", json!({"Tagging": {"TagSet": [{"Key": "a", "Value": "bkt"}]}}), "TagSet"),
        (
            "Website",
            json!({"WebsiteConfiguration": {
                "IndexDocument": {"Suffix": "i"},
                "RoutingRules": [{
                    "Condition": {"KeyPrefixEquals": "a", "HttpErrorCodeReturnedEquals": "404"},
                    "Redirect": {"HostName": "x", "Protocol": "https", "HttpRedirectCode": "302",
                        "ReplaceKeyWith": "y"},
                }],
            }}),
            "WebsiteConfiguration",
        ),
        (
            "Encryption",
            json!({"ServerSideEncryptionConfiguration": {"Rules": [{
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"},
                "BucketKeyEnabled": true,
            }]}}),
            "",
        ),
        (
            "Cors",
            json!({"CORSConfiguration": {"CORSRules": [
                {"ID": "1", "AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 1},
            ]}}),
            "CORSConfiguration",
        ),
        (
            "OwnershipControls",
            json!({"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}}),
            "",
        ),
    ];
    for (name, put, inner) in table {
        let mut input = put.clone();
        input["Bucket"] = json!("bkt");
        bench.ok(&format!("PutBucket{name}"), input);
        let got = bench.ok(&format!("GetBucket{name}"), json!({"Bucket": "bkt"}));
        let expected = match inner {
            "TagSet" => &put["Tagging"],
            "" => &put,
            inner => &put[inner],
        };
        assert_eq!(&got, expected, "{name}");
        bench.ok(&format!("DeleteBucket{name}"), json!({"Bucket": "bkt"}));
    }
    let got = bench.ok("GetBucketEncryption", json!({"Bucket": "bkt"}));
    let rule = &got["ServerSideEncryptionConfiguration"]["Rules"][0];
    assert_eq!(rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256");
    for (name, code) in [
        ("GetBucketTagging", "NoSuchTagSet"),
        ("GetBucketWebsite", "NoSuchWebsiteConfiguration"),
        ("GetBucketCors", "NoSuchCORSConfiguration"),
        ("GetBucketOwnershipControls", "OwnershipControlsNotFoundError"),
        ("GetBucketPolicy", "NoSuchBucketPolicy"),
        ("GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
    ] {
        assert_eq!(bench.refusal(name, json!({"Bucket": "bkt"})), (code.into(), 404), "{name}");
    }
}
