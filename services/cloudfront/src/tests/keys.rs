//! Key value stores: what is written, when edges see it, what is refused.

use standin_kernel::{
    Answer, BlobId, Duration, Heard, Need, Out, Service, ServiceName, Value, json,
};

use super::function::published;
use super::{Bench, document, list, text};
use standin_kernel::base64;

/// Creates a store that is ready; gives its ARN and the ETag of its values.
fn store(bench: &mut Bench, name: &str) -> (String, Value) {
    let made = bench.ok("CreateKeyValueStore", json!({"Name": name}));
    assert_eq!(made["KeyValueStore"]["Status"], "PROVISIONING");
    bench.pass(Duration::from_secs(60));
    let described = bench.ok("DescribeKeyValueStore", json!({"Name": name}));
    assert_eq!(described["KeyValueStore"]["Status"], "READY");
    let arn = text(&made["KeyValueStore"]["ARN"]);
    let data = bench.ok(&kvs("DescribeKeyValueStore"), json!({"KvsARN": arn}));
    assert_eq!(data["ItemCount"], 0);
    (arn, data["ETag"].clone())
}

fn kvs(operation: &str) -> String {
    format!("cloudfront-keyvaluestore:{operation}")
}

fn put(bench: &mut Bench, arn: &str, etag: &Value, key: &str, value: &str) -> Value {
    let input = json!({"KvsARN": arn, "IfMatch": etag, "Key": key, "Value": value});
    bench.ok(&kvs("PutKey"), input)["ETag"].clone()
}

#[test]
fn cf_kvs_03_a_write_names_the_version_it_changes() {
    let mut bench = Bench::new();
    let (arn, first) = store(&mut bench, "s");
    let second = put(&mut bench, &arn, &first, "a", "1");
    assert_ne!(first, second);
    let stale = json!({"KvsARN": arn, "IfMatch": first, "Key": "a", "Value": "2"});
    assert_eq!(bench.refusal(&kvs("PutKey"), stale).code, "ConflictException");
    let without = json!({"KvsARN": arn, "Key": "a", "Value": "2"});
    assert_eq!(bench.refusal(&kvs("PutKey"), without).code, "ValidationException");
    let got = bench.ok(&kvs("GetKey"), json!({"KvsARN": arn, "Key": "a"}));
    assert_eq!((&got["Value"], &got["TotalSizeInBytes"]), (&json!("1"), &json!(2)));
    let gone = json!({"KvsARN": arn, "Key": "b"});
    assert_eq!(bench.refusal(&kvs("GetKey"), gone).code, "ResourceNotFoundException");
    // All or nothing.
    let update = json!({
        "KvsARN": arn, "IfMatch": second,
        "Puts": [{"Key": "b", "Value": "2"}, {"Key": "c", "Value": "x".repeat(1025)}],
        "Deletes": [{"Key": "a"}],
    });
    assert_eq!(bench.refusal(&kvs("UpdateKeys"), update.clone()).code, "ValidationException");
    let mut update = update;
    update["Puts"][1]["Value"] = json!("3");
    let third = bench.ok(&kvs("UpdateKeys"), update);
    assert_eq!(third["ItemCount"], 2);
    let input = json!({"KvsARN": arn, "IfMatch": third["ETag"], "Key": "b"});
    assert_eq!(bench.ok(&kvs("DeleteKey"), input)["ItemCount"], 1);
    bench.restart();
    let listed = bench.ok(&kvs("ListKeys"), json!({"KvsARN": arn}));
    assert_eq!(listed, json!({"Items": [{"Key": "c", "Value": "3"}]}));
}

#[test]
fn cf_kvs_02_limits_and_pages() {
    let mut bench = Bench::new();
    let (arn, etag) = store(&mut bench, "s");
    for (key, value) in [("k".repeat(513), String::new()), ("k".into(), "v".repeat(1025))] {
        let input = json!({"KvsARN": arn, "IfMatch": etag, "Key": key, "Value": value});
        assert_eq!(bench.refusal(&kvs("PutKey"), input).code, "ValidationException");
    }
    let puts = |count: usize| -> Vec<Value> {
        (0..count).map(|at| json!({"Key": format!("k{at:02}"), "Value": "v"})).collect()
    };
    let update = |count| json!({"KvsARN": arn, "IfMatch": etag, "Puts": puts(count)});
    assert_eq!(bench.refusal(&kvs("UpdateKeys"), update(51)).code, "ValidationException");
    bench.ok(&kvs("UpdateKeys"), update(25));
    let first = bench.ok(&kvs("ListKeys"), json!({"KvsARN": arn}));
    assert_eq!(first["Items"].as_array().unwrap().len(), 10);
    let rest = json!({"KvsARN": arn, "MaxResults": 50, "NextToken": first["NextToken"]});
    let rest = bench.ok(&kvs("ListKeys"), rest);
    assert_eq!(rest["Items"].as_array().unwrap().len(), 15);
    assert_eq!((&rest["Items"][0]["Key"], rest.get("NextToken")), (&json!("k10"), None));
    let many = json!({"KvsARN": arn, "MaxResults": 51});
    assert_eq!(bench.refusal(&kvs("ListKeys"), many).code, "ValidationException");
}

/// What the function of a site that reads the store would see.
fn seen(bench: &mut Bench, host: &str) -> Option<String> {
    let request = bench.request_of(host, "/");
    let exchange = standin_kernel::ExchangeId(5000 + bench.next_exchange());
    let ((), out) = bench.with(|service, cx| service.request(cx, exchange, request));
    out.into_iter().find_map(|one| match one {
        Out::Evaluate { evaluation, .. } => evaluation.store.unwrap().values.get("a").cloned(),
        _ => None,
    })
}

#[test]
fn cf_kvs_04_edges_see_what_was_written_some_seconds_later() {
    let mut bench = Bench::slow();
    let (arn, etag) = store(&mut bench, "s");
    let code = base64::encode(b"function handler(e) { return e.request; }");
    let config = json!({
        "Comment": "", "Runtime": "cloudfront-js-2.0",
        "KeyValueStoreAssociations": list(&[json!({"KeyValueStoreARN": arn})]),
    });
    let input = json!({"Name": "f", "FunctionConfig": config, "FunctionCode": code});
    let made = bench.ok("CreateFunction", input);
    bench.ok("PublishFunction", json!({"Name": "f", "IfMatch": made["ETag"]}));
    let mut document = document("1");
    let function = &made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"];
    document["DefaultCacheBehavior"]["FunctionAssociations"] =
        list(&[json!({"FunctionARN": function, "EventType": "viewer-request"})]);
    let id = bench.create(document);
    let host = text(&bench.get(&id)["Distribution"]["DomainName"]);
    bench.pass(Duration::from_secs(300));
    let etag = put(&mut bench, &arn, &etag, "a", "1");
    bench.pass(Duration::from_secs(2));
    put(&mut bench, &arn, &etag, "a", "2");
    assert_eq!(seen(&mut bench, &host), None);
    bench.pass(Duration::from_secs(3));
    assert_eq!(seen(&mut bench, &host).as_deref(), Some("1"));
    bench.pass(Duration::from_secs(2));
    assert_eq!(seen(&mut bench, &host).as_deref(), Some("2"));
    // After a restart at once.
    bench.restart();
    assert_eq!(seen(&mut bench, &host).as_deref(), Some("2"));
    let etag = bench.ok("DescribeKeyValueStore", json!({"Name": "s"}))["ETag"].clone();
    let delete = json!({"Name": "s", "IfMatch": etag});
    assert_eq!(bench.refusal("DeleteKeyValueStore", delete).code, "CannotDeleteEntityWhileInUse");
}

#[test]
fn cf_kvs_01_a_store_needs_runtime_2_and_is_there() {
    let mut bench = Bench::new();
    let (arn, _) = store(&mut bench, "s");
    let input = |runtime: &str, arn: &str| {
        json!({
            "Name": "f", "FunctionCode": "eA==",
            "FunctionConfig": {
                "Comment": "", "Runtime": runtime,
                "KeyValueStoreAssociations": list(&[json!({"KeyValueStoreARN": arn})]),
            },
        })
    };
    let missing = arn.replace("key-value-store/", "key-value-store/0");
    for (runtime, arn) in [("cloudfront-js-1.0", &arn), ("cloudfront-js-2.0", &missing)] {
        let refused = bench.refusal("CreateFunction", input(runtime, arn));
        assert_eq!(refused.code, "InvalidArgument");
    }
    bench.ok("CreateFunction", input("cloudfront-js-2.0", &arn));
    published(&mut bench, "g", "function handler(e) { return e.request; }");
}

#[test]
fn cf_kvs_07_values_come_from_an_object() {
    let mut bench = Bench::new();
    let input = |name: &str| {
        json!({
            "Name": name,
            "ImportSource": {"SourceType": "S3", "SourceARN": "arn:aws:s3:::b/k/values.json"},
        })
    };
    let blob = "ab".repeat(32);
    let object = Heard {
        need: Need::Reply {
            service: ServiceName::S3,
            operation: "GetObject".into(),
            input: json!({"Bucket": "b", "Key": "k/values.json"}),
        },
        answer: Answer::Reply(Ok(json!({"Standin": {"Blob": blob, "Length": 60}}))),
    };
    let needs = |bench: &Bench, heard: &[Heard]| {
        bench.service.needs("CreateKeyValueStore", &input("s"), heard)
    };
    assert_eq!(needs(&bench, &[]).as_ref(), Some(&object.need));
    let text_need = needs(&bench, std::slice::from_ref(&object));
    assert_eq!(text_need, Some(Need::Text(BlobId([0xab; 32]))));
    let mut create = |name: &str, file: &str| {
        let answer = Answer::Text(Some(file.to_owned()));
        let heard = [object.clone(), Heard { need: Need::Text(BlobId([0xab; 32])), answer }];
        let call = |service: &mut crate::CloudFront, cx: &mut standin_kernel::Cx<'_>| {
            service.call_knowing(cx, "CreateKeyValueStore", &input(name), &heard)
        };
        let made = bench.with(call).0.unwrap();
        bench.pass(Duration::from_secs(1));
        let arn = text(&made["KeyValueStore"]["ARN"]);
        bench.ok(&kvs("DescribeKeyValueStore"), json!({"KvsARN": arn}))
    };
    let good = create("s", r#"{"data": [{"key": "a", "value": "1"}]}"#);
    assert_eq!((&good["Status"], &good["ItemCount"]), (&json!("READY"), &json!(1)));
    let bad = create("t", r#"{"data": [{"key": "a"}]}"#);
    assert_eq!((&bad["Status"], &bad["ItemCount"]), (&json!("IMPORT FAILED"), &json!(0)));
    assert!(text(&bad["FailureReason"]).contains("missing field `value`"));
}
