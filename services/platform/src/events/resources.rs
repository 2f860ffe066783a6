//! `AWS::Events::Rule`.

use standin_kernel::resource::Job;
use standin_kernel::{Value, json};

use super::table;
use crate::made::{Call, Made, text, with};
use crate::name;
use crate::tags;

/// Longest name of a rule.
const NAME_LENGTH_MAX: usize = 64;

const SETTINGS: [&str; 5] =
    ["Description", "EventBusName", "RoleArn", "ScheduleExpression", "State"];

pub(crate) const RULE: Made = Made {
    type_name: "AWS::Events::Rule",
    service: "EventBridge",
    properties: table::RULE,
    attributes: &["Arn"],
    create: |job| {
        let input = json!({"Name": name::of(job, "Name", NAME_LENGTH_MAX)});
        ("events:PutRule", with(with(input, job, &SETTINGS), job, &["Tags"]))
    },
    physical_id: |job, _| name::of(job, "Name", NAME_LENGTH_MAX),
    settings: targets,
    look: |_, name| vec![("events:DescribeRule", json!({"Name": name}))],
    known: |_, _, seen| vec![("Arn", json!(text(seen, "/0/Arn")))],
    delete: |job, name| {
        let ids = ids(&job.properties["Targets"]);
        let mut calls: Vec<Call> = Vec::new();
        if !ids.is_empty() {
            calls.push(("events:RemoveTargets", json!({"Rule": name, "Ids": ids})));
        }
        calls.push(("events:DeleteRule", json!({"Name": name})));
        calls
    },
    gone: &["ResourceNotFoundException"],
    ..Made::PLAIN
};

fn ids(targets: &Value) -> Vec<Value> {
    targets.as_array().into_iter().flatten().map(|target| target["Id"].clone()).collect()
}

fn targets(job: &Job<'_>, name: &str, previous: &Value) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    if !previous.is_null() {
        calls.push(("events:PutRule", with(json!({"Name": name}), job, &SETTINGS)));
        let arn = format!("arn:aws:events:{}:{}:rule/{name}", job.region, job.account);
        let (put, gone) = tags::change(&previous["Tags"], &job.properties["Tags"]);
        if !gone.is_empty() {
            let input = json!({"ResourceARN": arn, "TagKeys": gone});
            calls.push(("events:UntagResource", input));
        }
        if !put.is_empty() {
            calls.push(("events:TagResource", json!({"ResourceARN": arn, "Tags": put})));
        }
    }
    let wanted = &job.properties["Targets"];
    let kept = ids(wanted);
    let gone: Vec<Value> =
        ids(&previous["Targets"]).into_iter().filter(|id| !kept.contains(id)).collect();
    if !gone.is_empty() {
        calls.push(("events:RemoveTargets", json!({"Rule": name, "Ids": gone})));
    }
    if !kept.is_empty() {
        calls.push(("events:PutTargets", json!({"Rule": name, "Targets": wanted})));
    }
    calls
}
