//! Log groups and streams.

use standin_kernel::{Value, json};

use super::{Bench, Resource};

#[test]
fn cfn_rs_48_a_log_group_and_its_retention() {
    let mut bench = Bench::new();
    let kind = "AWS::Logs::LogGroup";
    let tags = json!([{"Key": "a", "Value": "b"}]);
    let properties = json!({"RetentionInDays": 14, "Tags": tags});
    let mut group = Resource::new(kind, "LogGroup", properties).create(&mut bench);
    let name = "Stack-LogGroup-1AB2C3D4E5F6";
    let arn = format!("arn:aws:logs:ap-northeast-1:123456789012:log-group:{name}");
    assert_eq!(group.id(), name);
    assert_eq!(*group.attribute("Arn"), format!("{arn}:*"));
    let seen = |bench: &mut Bench| bench.ok("DescribeLogGroups", json!({}))["logGroups"][0].clone();
    assert_eq!(seen(&mut bench)["retentionInDays"], 14);
    assert_eq!(seen(&mut bench)["creationTime"], 1_800_000_000_000_u64);
    let of = json!({"resourceArn": arn});
    assert_eq!(bench.ok("logs:ListTagsForResource", of.clone())["tags"], json!({"a": "b"}));
    group.update(&mut bench, json!({"DeletionProtectionEnabled": true}));
    assert_eq!(seen(&mut bench)["retentionInDays"], Value::Null);
    assert_eq!(bench.ok("logs:ListTagsForResource", of)["tags"], json!({}));
    let failed = group.try_delete(&mut bench).unwrap_err();
    assert!(failed.contains("deletion protection"), "{failed}");
    group.update(&mut bench, json!({}));
    bench.ok("CreateLogStream", json!({"logGroupName": name, "logStreamName": "app/1"}));
    group.delete(&mut bench);
    assert!(bench.records.is_empty());
    let properties = json!({"RetentionInDays": 2});
    let failed = Resource::new(kind, "LogGroup", properties).fails(&mut bench);
    assert!(failed.contains("Value '2' at 'retentionInDays' failed to satisfy"), "{failed}");
}

#[test]
fn groups_and_streams_are_refused_in_aws_words() {
    let mut bench = Bench::new();
    let group = json!({"logGroupName": "/ecs/app"});
    bench.ok("CreateLogGroup", group.clone());
    let (code, message) = bench.refused("CreateLogGroup", group.clone());
    assert_eq!(code, "ResourceAlreadyExistsException");
    assert_eq!(message, "The specified log group already exists");
    let wrong = json!({"logGroupName": "a:b"});
    assert_eq!(bench.code("CreateLogGroup", wrong), "InvalidParameterException");
    let stream = json!({"logGroupName": "/ecs/app", "logStreamName": "app/1"});
    bench.ok("CreateLogStream", stream.clone());
    assert_eq!(bench.code("CreateLogStream", stream.clone()), "ResourceAlreadyExistsException");
    let nowhere = json!({"logGroupName": "none", "logStreamName": "app/1"});
    let (code, message) = bench.refused("CreateLogStream", nowhere);
    assert_eq!(code, "ResourceNotFoundException");
    assert_eq!(message, "The specified log group does not exist.");
    bench.ok("CreateLogStream", json!({"logGroupName": "/ecs/app", "logStreamName": "prepare/1"}));
    let prefix = json!({"logGroupName": "/ecs/app", "logStreamNamePrefix": "app"});
    let seen = bench.ok("DescribeLogStreams", prefix);
    assert_eq!(seen["logStreams"][0]["logStreamName"], "app/1");
    assert_eq!(seen["logStreams"].as_array().unwrap().len(), 1);
    let first = bench.ok("DescribeLogStreams", json!({"logGroupName": "/ecs/app", "limit": 1}));
    let rest = json!({"logGroupName": "/ecs/app", "nextToken": first["nextToken"]});
    let second = bench.ok("DescribeLogStreams", rest);
    assert_eq!(second["logStreams"][0]["logStreamName"], "prepare/1");
    bench.ok("DeleteLogStream", stream.clone());
    assert_eq!(bench.code("DeleteLogStream", stream), "ResourceNotFoundException");
    // Queries are not here.
    let (code, message) = bench.refused("logs:StartQuery", json!({}));
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("InvalidAction", "logs:StartQuery is not supported by Standin")
    );
    let kind = "AWS::Logs::LogStream";
    let mut one = Resource::new(kind, "Stream", group_of("/ecs/app")).create(&mut bench);
    assert_eq!(one.id(), "Stack-Stream-1AB2C3D4E5F6");
    one.delete(&mut bench);
}

fn group_of(name: &str) -> Value {
    json!({"LogGroupName": name})
}

#[test]
fn a_group_takes_and_loses_a_key_and_tags() {
    let mut bench = Bench::new();
    let mut properties = json!({"LogGroupName": "a", "KmsKeyId": "arn:aws:kms:x"});
    let kind = "AWS::Logs::LogGroup";
    let mut made = Resource::new(kind, "Group", properties.clone()).create(&mut bench);
    let key = |bench: &mut Bench| {
        bench.ok("DescribeLogGroups", json!({}))["logGroups"][0]["kmsKeyId"].clone()
    };
    assert_eq!(key(&mut bench), "arn:aws:kms:x");
    properties["KmsKeyId"] = Value::Null;
    properties["Tags"] = json!([{"Key": "a", "Value": "b"}]);
    made.update(&mut bench, properties.clone());
    assert_eq!(key(&mut bench), Value::Null);
    let arn = made.attribute("Arn").clone();
    let tags = bench.ok("logs:ListTagsForResource", json!({"resourceArn": arn}));
    assert_eq!(tags["tags"], json!({"a": "b"}));
    properties["KmsKeyId"] = json!("arn:aws:kms:y");
    made.update(&mut bench, properties);
    assert_eq!(key(&mut bench), "arn:aws:kms:y");
}

#[test]
fn events_are_put_and_found_again() {
    let mut bench = Bench::new();
    let stream = json!({"logGroupName": "/g", "logStreamName": "s"});
    bench.ok("CreateLogGroup", json!({"logGroupName": "/g"}));
    let mut put = stream.clone();
    put["logEvents"] = json!([
        {"timestamp": 1, "message": "START a"}, {"timestamp": 2, "message": "all is well"},
        {"timestamp": 3, "message": "END a"},
    ]);
    assert_eq!(bench.code("PutLogEvents", put.clone()), "ResourceNotFoundException");
    bench.ok("CreateLogStream", stream.clone());
    bench.ok("PutLogEvents", put);
    let mut get = stream;
    get["limit"] = json!(2);
    get["startFromHead"] = json!(true);
    let first = bench.ok("GetLogEvents", get.clone());
    assert_eq!(first["events"][1]["message"], "all is well");
    get["nextToken"] = first["nextForwardToken"].clone();
    let second = bench.ok("GetLogEvents", get.clone());
    assert_eq!(second["events"][0]["message"], "END a");
    get["nextToken"] = second["nextForwardToken"].clone();
    let end = bench.ok("GetLogEvents", get);
    assert_eq!(end["events"], json!([]));
    assert_eq!(end["nextForwardToken"], second["nextForwardToken"]);
    let filtered = |bench: &mut Bench, pattern: &str| {
        let found =
            bench.ok("FilterLogEvents", json!({"logGroupName": "/g", "filterPattern": pattern}));
        found["events"].as_array().unwrap().len()
    };
    assert_eq!(filtered(&mut bench, "a"), 3);
    assert_eq!(filtered(&mut bench, "a -START"), 2);
    assert_eq!(filtered(&mut bench, "\"all is\""), 1);
    let json = json!({"logGroupName": "/g", "filterPattern": "{ $.a = 1 }"});
    assert_eq!(bench.code("FilterLogEvents", json), "InvalidParameterException");
}
