//! Multipart uploads: what an object becomes that is put in parts, and what is refused.

use standin_kernel::control::Record;
use standin_kernel::{Service, Value, json};

use super::{Bench, allow};
use crate::S3;

const MIB: usize = 1024 * 1024;

fn begin(bench: &mut Bench, key: &str, more: Value) -> String {
    let mut input = json!({"Bucket": "bkt", "Key": key});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = bench.ok("CreateMultipartUpload", input);
    assert_eq!(made["Bucket"], "bkt");
    made["UploadId"].as_str().unwrap().to_owned()
}

fn named(key: &str, id: &str, more: Value) -> Value {
    let mut input = json!({"Bucket": "bkt", "Key": key, "UploadId": id});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

/// Puts a part that says it has `length` bytes; gives its tag.
fn part(bench: &mut Bench, id: &str, number: u64, text: &str, length: usize) -> Value {
    let stored = bench.store_as(text, length);
    let more = json!({"PartNumber": number, "Standin": stored});
    bench.ok("UploadPart", named("big", id, more))["ETag"].clone()
}

fn list(parts: &[(u64, &Value)]) -> Value {
    let one = |(number, etag): &(u64, &Value)| json!({"PartNumber": number, "ETag": etag});
    let parts: Vec<Value> = parts.iter().map(one).collect();
    json!({"MultipartUpload": {"Parts": parts}})
}

#[test]
fn s3_get_02_an_object_in_parts_has_a_tag_with_their_number() {
    let mut bench = Bench::open();
    let id = begin(&mut bench, "big", json!({"ContentType": "text/html", "CacheControl": "a"}));
    let one = part(&mut bench, &id, 1, "one", 5 * MIB);
    let two = part(&mut bench, &id, 7, "two", 3);
    let input = named("big", &id, list(&[(1, &one), (7, &two)]));
    let asked = bench.ok("CompleteMultipartUpload", input.clone());
    let join = asked["Standin"]["Join"].as_array().unwrap();
    assert_eq!(join.iter().map(|one| one["Length"].as_u64().unwrap()).sum::<u64>(), 5_242_883);
    assert_eq!(json!(format!("\"{}\"", join[1]["MD5"].as_str().unwrap())), two);
    // Nothing has happened yet.
    let page = bench.ok("ListObjectsV2", json!({"Bucket": "bkt"}));
    assert_eq!(page["KeyCount"], 0);
    let mut input = input;
    input["Standin"] = bench.store_as("onetwo", 5 * MIB + 3);
    let etag = format!("\"{}-2\"", input["Standin"]["ETag"].as_str().unwrap());
    let done = bench.ok("CompleteMultipartUpload", input.clone());
    assert_eq!(done["ETag"], etag);
    assert_eq!(done["Location"], "https://bkt.s3.ap-northeast-1.amazonaws.com/big");
    let head = bench.ok("HeadObject", json!({"Bucket": "bkt", "Key": "big"}));
    assert_eq!((&head["ETag"], &head["ContentType"]), (&json!(etag), &json!("text/html")));
    assert_eq!(head["ContentLength"], 5 * MIB + 3);
    assert_eq!(bench.refusal("CompleteMultipartUpload", input).0, "NoSuchUpload");
    assert!(bench.records.keys().all(|(kind, _)| !kind.starts_with("upload")));
}

#[test]
fn s3_get_14_a_part_is_read_by_its_number() {
    let mut bench = Bench::open();
    bench.policy(&[allow("s3:GetObject", "arn:aws:s3:::bkt/*")]);
    let id = begin(&mut bench, "big", json!({}));
    let one = part(&mut bench, &id, 1, "one", 5 * MIB);
    let two = part(&mut bench, &id, 2, "two", 3);
    let mut input = named("big", &id, list(&[(1, &one), (2, &two)]));
    input["Standin"] = bench.store(&format!("{}two", "x".repeat(5 * MIB)));
    bench.ok("CompleteMultipartUpload", input);
    let asked = |number: u64| json!({"Bucket": "bkt", "Key": "big", "PartNumber": number});
    let got = bench.ok("GetObject", asked(2));
    assert_eq!(got["Standin"]["Offset"], 5 * MIB);
    assert_eq!(got["Standin"]["Length"], 3);
    assert_eq!(got["ContentRange"], "bytes 5242880-5242882/5242883");
    assert_eq!(bench.ok("HeadObject", asked(1))["ContentLength"], 5 * MIB);
    assert_eq!(got["PartsCount"], 2);
    for number in [0, 3] {
        let refused = bench.refusal("GetObject", asked(number));
        assert_eq!(refused, ("InvalidPartNumber".into(), 416));
    }
    let mut both = asked(1);
    both["Range"] = json!("bytes=0-1");
    assert_eq!(bench.refusal("GetObject", both), ("InvalidRequest".into(), 400));
    let seen = bench.rest("/big?partNumber=2");
    assert_eq!((seen.status, seen.header("x-amz-mp-parts-count")), (206, Some("2")));
    assert_eq!(seen.body, "two");
    // Put whole, it is one part.
    bench.put("small", "abc", json!({}));
    bench.put("empty", "", json!({}));
    let of = |key: &str| json!({"Bucket": "bkt", "Key": key, "PartNumber": 1});
    let got = bench.ok("GetObject", of("small"));
    assert_eq!((&got["ContentRange"], &got["PartsCount"]), (&json!("bytes 0-2/3"), &Value::Null));
    assert_eq!(bench.ok("GetObject", of("empty"))["ContentRange"], Value::Null);
}

#[test]
fn s3_put_05_parts_are_numbered_and_large_enough() {
    let mut bench = Bench::open();
    let id = begin(&mut bench, "big", json!({}));
    for number in [0, 10_001, -1] {
        let stored = bench.store("x");
        let input = named("big", &id, json!({"PartNumber": number, "Standin": stored}));
        assert_eq!(bench.refusal("UploadPart", input), ("InvalidArgument".into(), 400));
    }
    let small = part(&mut bench, &id, 1, "small", 4 * MIB);
    let last = part(&mut bench, &id, 10_000, "last", 1);
    let mut refusal = |parts: &[(u64, &Value)]| {
        bench.refusal("CompleteMultipartUpload", named("big", &id, list(parts))).0
    };
    assert_eq!(refusal(&[(1, &small), (10_000, &last)]), "EntityTooSmall");
    assert_eq!(refusal(&[(10_000, &last), (1, &small)]), "InvalidPartOrder");
    assert_eq!(refusal(&[(1, &last)]), "InvalidPart");
    assert_eq!(refusal(&[(2, &small)]), "InvalidPart");
    assert_eq!(refusal(&[]), "MalformedXML");
    let input = named("other", &id, list(&[(1, &small)]));
    assert_eq!(bench.refusal("CompleteMultipartUpload", input), ("NoSuchUpload".into(), 404));
    let mut input = named("big", &id, list(&[(1, &small)]));
    input["MpuObjectSize"] = json!(5);
    assert_eq!(bench.refusal("CompleteMultipartUpload", input).0, "InvalidRequest");
    // A part alone is the last one.
    bench.ok("CompleteMultipartUpload", named("big", &id, list(&[(1, &small)])));
    bench.ok("AbortMultipartUpload", named("big", &id, json!({})));
    assert_eq!(
        bench.refusal("AbortMultipartUpload", named("big", &id, json!({}))).0,
        "NoSuchUpload"
    );
}

#[test]
fn s3_put_03_an_upload_is_completed_under_conditions() {
    let mut bench = Bench::open();
    bench.put("big", "there", json!({}));
    let id = begin(&mut bench, "big", json!({}));
    let one = part(&mut bench, &id, 1, "one", 3);
    let mut input = named("big", &id, list(&[(1, &one)]));
    input["IfNoneMatch"] = json!("*");
    assert_eq!(bench.refusal("CompleteMultipartUpload", input).0, "PreconditionFailed");
}

#[test]
fn a_part_is_cut_out_of_another_object() {
    let mut bench = Bench::open();
    let tag = bench.put("source", "0123456789", json!({}))["ETag"].clone();
    let id = begin(&mut bench, "big", json!({}));
    let asked = |more: Value| {
        let mut input = named("big", &id, json!({"PartNumber": 1, "CopySource": "bkt/source"}));
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let cut = bench.ok("UploadPartCopy", asked(json!({"CopySourceRange": "bytes=2-5"})));
    assert_eq!(cut["Standin"]["Join"][0]["Offset"], 2);
    assert_eq!(cut["Standin"]["Join"][0]["Length"], 4);
    for range in ["bytes=2-10", "bytes=2-", "2-5", "bytes=10-12"] {
        let input = asked(json!({"CopySourceRange": range}));
        assert_eq!(bench.refusal("UploadPartCopy", input).0, "InvalidArgument", "{range}");
    }
    let input = asked(json!({"CopySourceIfMatch": "\"another\""}));
    assert_eq!(bench.refusal("UploadPartCopy", input), ("PreconditionFailed".into(), 412));
    let stored = bench.store("2345");
    let input = asked(json!({"CopySourceIfMatch": tag, "Standin": stored}));
    let made = bench.ok("UploadPartCopy", input);
    let parts = bench.ok("ListParts", named("big", &id, json!({})));
    assert_eq!(parts["Parts"][0]["ETag"], made["CopyPartResult"]["ETag"]);
    assert_eq!(parts["Parts"][0]["Size"], 4);
}

#[test]
fn uploads_and_parts_are_listed_in_pages() {
    let mut bench = Bench::open();
    let id = begin(&mut bench, "big", json!({}));
    for number in [3, 1, 2] {
        part(&mut bench, &id, number, "x", number.try_into().unwrap());
    }
    let page = bench.ok("ListParts", named("big", &id, json!({"MaxParts": 2})));
    assert_eq!((&page["IsTruncated"], &page["NextPartNumberMarker"]), (&json!(true), &json!(2)));
    let more = json!({"MaxParts": 2, "PartNumberMarker": 2});
    let page = bench.ok("ListParts", named("big", &id, more));
    assert_eq!(page["Parts"].as_array().unwrap().len(), 1);
    assert_eq!((&page["IsTruncated"], &page["Parts"][0]["Size"]), (&json!(false), &json!(3)));
    begin(&mut bench, "a", json!({}));
    bench.now = bench.now + standin_kernel::Duration::from_secs(1);
    begin(&mut bench, "a", json!({}));
    let (mut seen, mut marker) = (Vec::new(), json!({}));
    loop {
        let mut input = json!({"Bucket": "bkt", "MaxUploads": 1});
        input.as_object_mut().unwrap().extend(marker.as_object().unwrap().clone());
        let page = bench.ok("ListMultipartUploads", input);
        seen.push(page["Uploads"][0]["Key"].as_str().unwrap().to_owned());
        if page["IsTruncated"] == false {
            break;
        }
        marker = json!({
            "KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"],
        });
    }
    assert_eq!(seen, ["a", "a", "big"]);
    let page = bench.ok("ListMultipartUploads", json!({"Bucket": "bkt", "Prefix": "b"}));
    assert_eq!(page["Uploads"].as_array().unwrap().len(), 1);
}

#[test]
fn an_upload_goes_on_after_a_restart_and_does_not_keep_its_bucket() {
    let mut bench = Bench::open();
    let id = begin(&mut bench, "big", json!({"Metadata": {"a": "b"}}));
    part(&mut bench, &id, 2, "two", 3);
    let before = bench.ok("ListParts", named("big", &id, json!({})));
    let mut restarted = S3::new();
    for ((kind, id), document) in &bench.records {
        let document = Some(document.clone());
        restarted.restore(&Record { kind: kind.clone(), id: id.clone(), document }).unwrap();
    }
    bench.s3 = restarted;
    assert_eq!(bench.ok("ListParts", named("big", &id, json!({}))), before);
    bench.ok("DeleteBucket", json!({"Bucket": "bkt"}));
    assert!(bench.records.is_empty(), "{:?}", bench.records.keys());
}
