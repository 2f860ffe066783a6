//! `AWS::IAM::Role` (CFN-RS-34): a role, then a call for each policy in it or attached to it.

use standin_kernel::resource::{Job, Tagging};
use standin_kernel::{Value, json};

use super::{PLAIN, only, table, text_of, texts};
use crate::made::{Call, Made, changed, text, with};
use crate::name;
use crate::tags;

/// Longest name of a role.
const NAME_LENGTH_MAX: usize = 64;

pub(crate) const ROLE: Made = Made {
    type_name: "AWS::IAM::Role",
    properties: table::ROLE,
    tagging: Tagging::without_system_tags("Tags"),
    attributes: &["Arn", "RoleId"],
    create: |job| {
        let input = json!({
            "RoleName": name::of(job, "RoleName", NAME_LENGTH_MAX),
            "AssumeRolePolicyDocument": text_of(&job.properties["AssumeRolePolicyDocument"]),
        });
        let names = ["Path", "Description", "MaxSessionDuration", "PermissionsBoundary", "Tags"];
        ("iam:CreateRole", with(input, job, &names))
    },
    physical_id: |_, reply| text(reply, "/Role/RoleName"),
    settings: |job, role, previous| {
        let mut calls = Vec::new();
        if !previous.is_null() {
            calls.extend(itself(job, role, previous));
        }
        calls.extend(policies(job, role, previous));
        calls
    },
    look: |_, role| vec![("iam:GetRole", json!({"RoleName": role}))],
    known: |_, _, seen| {
        vec![
            ("Arn", json!(text(seen, "/0/Role/Arn"))),
            ("RoleId", json!(text(seen, "/0/Role/RoleId"))),
        ]
    },
    // Whatever others put into it keeps the role from going.
    delete: |job, role| {
        let mut calls: Vec<Call> = Vec::new();
        for arn in texts(job.properties, "ManagedPolicyArns") {
            calls.push(("iam:DetachRolePolicy", json!({"RoleName": role, "PolicyArn": arn})));
        }
        for (name, _) in inline(job.properties) {
            calls.push(("iam:DeleteRolePolicy", json!({"RoleName": role, "PolicyName": name})));
        }
        calls.push(("iam:DeleteRole", json!({"RoleName": role})));
        calls
    },
    ..PLAIN
};

/// The changes of the role's own settings.
fn itself(job: &Job<'_>, role: &str, previous: &Value) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let wanted = job.properties;
    if changed(job, previous, "AssumeRolePolicyDocument") {
        let document = text_of(&wanted["AssumeRolePolicyDocument"]);
        let input = json!({"RoleName": role, "PolicyDocument": document});
        calls.push(("iam:UpdateAssumeRolePolicy", input));
    }
    if changed(job, previous, "Description") || changed(job, previous, "MaxSessionDuration") {
        let description = wanted["Description"].as_str().unwrap_or_default();
        let seconds = wanted["MaxSessionDuration"].as_u64().unwrap_or(3600);
        let input = json!({
            "RoleName": role, "Description": description, "MaxSessionDuration": seconds,
        });
        calls.push(("iam:UpdateRole", input));
    }
    if changed(job, previous, "PermissionsBoundary") {
        let of = json!({"RoleName": role});
        calls.push(match wanted["PermissionsBoundary"].as_str() {
            Some(arn) => {
                let input = json!({"RoleName": role, "PermissionsBoundary": arn});
                ("iam:PutRolePermissionsBoundary", input)
            }
            None => ("iam:DeleteRolePermissionsBoundary", of),
        });
    }
    let (put, gone) = tags::change(&previous["Tags"], &wanted["Tags"]);
    if !gone.is_empty() {
        calls.push(("iam:UntagRole", json!({"RoleName": role, "TagKeys": gone})));
    }
    if !put.is_empty() {
        calls.push(("iam:TagRole", json!({"RoleName": role, "Tags": put})));
    }
    calls
}

/// Name and document of each policy in the role.
fn inline(properties: &Value) -> Vec<(String, String)> {
    let policies = properties["Policies"].as_array().into_iter().flatten();
    let one = |policy: &Value| {
        let name = policy["PolicyName"].as_str().unwrap_or_default();
        (name.to_owned(), text_of(&policy["PolicyDocument"]))
    };
    policies.map(one).collect()
}

fn policies(job: &Job<'_>, role: &str, previous: &Value) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let (before, after) =
        (texts(previous, "ManagedPolicyArns"), texts(job.properties, "ManagedPolicyArns"));
    for arn in only(&after, &before) {
        calls.push(("iam:AttachRolePolicy", json!({"RoleName": role, "PolicyArn": arn})));
    }
    for arn in only(&before, &after) {
        calls.push(("iam:DetachRolePolicy", json!({"RoleName": role, "PolicyArn": arn})));
    }
    let (before, after) = (inline(previous), inline(job.properties));
    for (name, document) in after.iter().filter(|policy| !before.contains(policy)) {
        let input = json!({"RoleName": role, "PolicyName": name, "PolicyDocument": document});
        calls.push(("iam:PutRolePolicy", input));
    }
    for (name, _) in &before {
        if !after.iter().any(|(kept, _)| kept == name) {
            calls.push(("iam:DeleteRolePolicy", json!({"RoleName": role, "PolicyName": name})));
        }
    }
    calls
}
