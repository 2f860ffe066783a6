//! `AWS::Logs::LogGroup` (CFN-RS-48) and `AWS::Logs::LogStream`.

use standin_kernel::resource::Job;
use standin_kernel::{Value, json};

use super::table;
use crate::made::{Call, Made, changed, property};
use crate::name;
use crate::tags;

/// Longest name of a group or stream.
const NAME_LENGTH_MAX: usize = 512;

const PLAIN: Made =
    Made { service: "CloudWatchLogs", gone: &["ResourceNotFoundException"], ..Made::PLAIN };

pub(crate) const LOG_GROUP: Made = Made {
    type_name: "AWS::Logs::LogGroup",
    properties: table::LOG_GROUP,
    attributes: &["Arn"],
    create: |job| {
        let mut input = json!({"logGroupName": name::of(job, "LogGroupName", NAME_LENGTH_MAX)});
        let members = [
            ("KmsKeyId", "kmsKeyId"),
            ("LogGroupClass", "logGroupClass"),
            ("DeletionProtectionEnabled", "deletionProtectionEnabled"),
        ];
        for (name, member) in members {
            if !job.properties[name].is_null() {
                input[member] = job.properties[name].clone();
            }
        }
        if let Some(tags) = job.properties["Tags"].as_array() {
            input["tags"] = by_key(tags);
        }
        ("logs:CreateLogGroup", input)
    },
    physical_id: |job, _| name::of(job, "LogGroupName", NAME_LENGTH_MAX),
    settings: |job, group, previous| {
        let mut calls: Vec<Call> = Vec::new();
        if changed(job, previous, "RetentionInDays") {
            calls.push(retention(job, group));
        }
        if !previous.is_null() {
            calls.extend(changes(job, group, previous));
        }
        calls
    },
    look: |_, group| vec![("logs:DescribeLogGroups", json!({"logGroupNamePrefix": group}))],
    known: |_, group, seen| {
        let groups = seen[0]["logGroups"].as_array().into_iter().flatten();
        let mine = groups.into_iter().find(|one| one["logGroupName"] == group);
        vec![("Arn", mine.map(|one| one["arn"].clone()).unwrap_or_default())]
    },
    delete: |_, group| vec![("logs:DeleteLogGroup", json!({"logGroupName": group}))],
    ..PLAIN
};

fn by_key(tags: &[Value]) -> Value {
    let mut map = serde_json::Map::new();
    for tag in tags {
        if let Some(key) = tag["Key"].as_str() {
            map.insert(key.to_owned(), tag["Value"].clone());
        }
    }
    Value::Object(map)
}

fn retention(job: &Job<'_>, group: &str) -> Call {
    match &job.properties["RetentionInDays"] {
        Value::Null => ("logs:DeleteRetentionPolicy", json!({"logGroupName": group})),
        days => {
            let input = json!({"logGroupName": group, "retentionInDays": days});
            ("logs:PutRetentionPolicy", input)
        }
    }
}

fn changes(job: &Job<'_>, group: &str, previous: &Value) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    if changed(job, previous, "KmsKeyId") {
        calls.push(match &job.properties["KmsKeyId"] {
            Value::Null => ("logs:DisassociateKmsKey", json!({"logGroupName": group})),
            key => ("logs:AssociateKmsKey", json!({"logGroupName": group, "kmsKeyId": key})),
        });
    }
    if changed(job, previous, "DeletionProtectionEnabled") {
        let on = job.properties["DeletionProtectionEnabled"].as_bool().unwrap_or(false);
        let input = json!({"logGroupIdentifier": group, "deletionProtectionEnabled": on});
        calls.push(("logs:PutLogGroupDeletionProtection", input));
    }
    let (put, gone) = tags::change(&previous["Tags"], &job.properties["Tags"]);
    let arn = format!("arn:aws:logs:{}:{}:log-group:{group}", job.region, job.account);
    if !gone.is_empty() {
        calls.push(("logs:UntagResource", json!({"resourceArn": arn, "tagKeys": gone})));
    }
    if !put.is_empty() {
        calls.push(("logs:TagResource", json!({"resourceArn": arn, "tags": by_key(&put)})));
    }
    calls
}

pub(crate) const LOG_STREAM: Made = Made {
    type_name: "AWS::Logs::LogStream",
    properties: table::LOG_STREAM,
    create: |job| {
        let name = name::of(job, "LogStreamName", NAME_LENGTH_MAX);
        let group = property(job, "LogGroupName");
        ("logs:CreateLogStream", json!({"logGroupName": group, "logStreamName": name}))
    },
    physical_id: |job, _| name::of(job, "LogStreamName", NAME_LENGTH_MAX),
    delete: |job, name| {
        let group = property(job, "LogGroupName");
        vec![("logs:DeleteLogStream", json!({"logGroupName": group, "logStreamName": name}))]
    },
    ..PLAIN
};
