//! `AWS::SSM::Parameter` (CFN-RS-31).

use standin_kernel::resource::Job;
use standin_kernel::{Value, json};

use super::table;
use crate::made::{Call, Made, with};

/// `CFN-Logical-1AB2C3D4E5F6` without a name of its own.
fn name(job: &Job<'_>) -> String {
    match job.properties["Name"].as_str() {
        Some(name) => name.to_owned(),
        None => {
            let end = job.generated_name.rsplit('-').next().unwrap_or_default();
            format!("CFN-{}-{end}", job.logical_id)
        }
    }
}

const KEPT: [&str; 5] = ["Value", "Description", "AllowedPattern", "Tier", "DataType"];

pub(crate) const PARAMETER: Made = Made {
    type_name: "AWS::SSM::Parameter",
    service: "Ssm",
    properties: table::PARAMETER,
    attributes: &["Type", "Value"],
    create: |job| {
        let mut input = with(json!({"Name": name(job)}), job, &KEPT);
        input["Type"] = job.properties["Type"].clone();
        let tags = pairs(&job.properties["Tags"]);
        if !tags.is_empty() {
            let list = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value}));
            input["Tags"] = list.collect();
        }
        ("ssm:PutParameter", input)
    },
    physical_id: |job, _| name(job),
    settings: |job, name, previous| match previous.is_null() {
        true => Vec::new(),
        false => changes(job, name, previous),
    },
    known: |job, _, _| {
        vec![("Type", job.properties["Type"].clone()), ("Value", job.properties["Value"].clone())]
    },
    delete: |_, name| vec![("ssm:DeleteParameter", json!({"Name": name}))],
    gone: &["ParameterNotFound"],
    ..Made::PLAIN
};

/// The tags of this type are a map.
fn pairs(tags: &Value) -> Vec<(&String, &Value)> {
    tags.as_object().into_iter().flatten().collect()
}

fn changes(job: &Job<'_>, name: &str, previous: &Value) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let put = KEPT.iter().any(|one| job.properties[*one] != previous[*one]);
    if put || job.properties["Type"] != previous["Type"] {
        let mut input = with(json!({"Name": name, "Overwrite": true}), job, &KEPT);
        input["Type"] = job.properties["Type"].clone();
        if job.properties["Description"].is_null() && !previous["Description"].is_null() {
            input["Description"] = json!("");
        }
        calls.push(("ssm:PutParameter", input));
    }
    let of = json!({"ResourceType": "Parameter", "ResourceId": name});
    let (before, after) = (pairs(&previous["Tags"]), pairs(&job.properties["Tags"]));
    let kept = |key: &String| after.iter().any(|(one, _)| *one == key);
    let gone = before.iter().filter(|(key, _)| !kept(key)).map(|(key, _)| json!(key));
    let gone: Vec<Value> = gone.collect();
    if !gone.is_empty() {
        let mut input = of.clone();
        input["TagKeys"] = Value::Array(gone);
        calls.push(("ssm:RemoveTagsFromResource", input));
    }
    let new = after.iter().filter(|tag| !before.contains(tag));
    let new: Vec<Value> = new.map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    if !new.is_empty() {
        let mut input = of;
        input["Tags"] = Value::Array(new);
        calls.push(("ssm:AddTagsToResource", input));
    }
    calls
}
