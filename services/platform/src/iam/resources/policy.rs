//! `AWS::IAM::Policy` (CFN-RS-35): the same policy written into each of some roles.

use standin_kernel::resource::Job;
use standin_kernel::{Value, json};

use super::{PLAIN, only, table, text_of, texts};
use crate::made::{Call, Made, changed};

pub(crate) const POLICY: Made = Made {
    type_name: "AWS::IAM::Policy",
    properties: table::POLICY,
    attributes: &["Id"],
    check: |job| {
        let none = texts(job.properties, "Roles").is_empty();
        none.then(|| "At least one of [Groups,Roles,Users] must be non-empty.".to_owned())
    },
    create: |job| {
        let roles = texts(job.properties, "Roles");
        put(job, roles.first().map_or("", String::as_str))
    },
    physical_id: |job, _| job.generated_name.to_owned(),
    settings: |job, _, previous| {
        let (before, after) = (texts(previous, "Roles"), texts(job.properties, "Roles"));
        if previous.is_null() {
            return after.iter().skip(1).map(|role| put(job, role)).collect();
        }
        let mut calls: Vec<Call> = after.iter().map(|role| put(job, role)).collect();
        calls.extend(only(&before, &after).map(|role| take(previous, role)));
        if changed(job, previous, "PolicyName") {
            let kept = before.iter().filter(|role| after.contains(role));
            calls.extend(kept.map(|role| take(previous, role)));
        }
        calls
    },
    known: |_, id, _| vec![("Id", json!(id))],
    delete: |job, _| {
        let roles = texts(job.properties, "Roles");
        roles.iter().map(|role| take(job.properties, role)).collect()
    },
    ..PLAIN
};

fn put(job: &Job<'_>, role: &str) -> Call {
    let input = json!({
        "RoleName": role,
        "PolicyName": job.properties["PolicyName"],
        "PolicyDocument": text_of(&job.properties["PolicyDocument"]),
    });
    ("iam:PutRolePolicy", input)
}

fn take(properties: &Value, role: &str) -> Call {
    let input = json!({"RoleName": role, "PolicyName": properties["PolicyName"]});
    ("iam:DeleteRolePolicy", input)
}
