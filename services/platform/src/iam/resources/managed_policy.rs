//! `AWS::IAM::ManagedPolicy` (CFN-RS-36). Updates and deletions first list its versions: those that
//! do not count have to go before.

use standin_kernel::resource::{Job, Progress, Property, ResourceType};
use standin_kernel::{ServiceName, Value, json};

use super::{PLAIN, only, table, text_of, texts};
use crate::made::{Call, Made, changed, text, with};
use crate::name;
use crate::tags;

#[derive(Debug)]
pub(crate) struct ManagedPolicy;

pub(crate) const MANAGED_POLICY: ManagedPolicy = ManagedPolicy;

const MADE: Made = Made {
    type_name: "AWS::IAM::ManagedPolicy",
    properties: table::MANAGED_POLICY,
    attributes: &[
        "AttachmentCount",
        "CreateDate",
        "DefaultVersionId",
        "IsAttachable",
        "PermissionsBoundaryUsageCount",
        "PolicyArn",
        "PolicyId",
        "UpdateDate",
    ],
    create: |job| {
        let input = json!({
            "PolicyName": name::of(job, "ManagedPolicyName", 128),
            "PolicyDocument": text_of(&job.properties["PolicyDocument"]),
        });
        ("iam:CreatePolicy", with(input, job, &["Path", "Description"]))
    },
    physical_id: |_, reply| text(reply, "/Policy/Arn"),
    settings: |job, arn, previous| attachments(job, arn, previous),
    look: |_, arn| vec![("iam:GetPolicy", json!({"PolicyArn": arn}))],
    known: |_, arn, seen| {
        let policy = &seen[0]["Policy"];
        let of = |name: &'static str| (name, policy[name].clone());
        vec![
            of("AttachmentCount"),
            of("CreateDate"),
            of("DefaultVersionId"),
            of("IsAttachable"),
            of("PermissionsBoundaryUsageCount"),
            ("PolicyArn", json!(arn)),
            of("PolicyId"),
            of("UpdateDate"),
        ]
    },
    ..PLAIN
};

fn attachments(job: &Job<'_>, arn: &str, previous: &Value) -> Vec<Call> {
    let (before, after) = (texts(previous, "Roles"), texts(job.properties, "Roles"));
    let mut calls: Vec<Call> = Vec::new();
    for role in only(&after, &before) {
        calls.push(("iam:AttachRolePolicy", json!({"RoleName": role, "PolicyArn": arn})));
    }
    for role in only(&before, &after) {
        calls.push(("iam:DetachRolePolicy", json!({"RoleName": role, "PolicyArn": arn})));
    }
    calls
}

/// The calls of an update, once the versions are known.
fn changes(job: &Job<'_>, arn: &str, versions: &Value) -> Vec<Call> {
    let previous = job.previous.unwrap_or(&Value::Null);
    let mut calls: Vec<Call> = Vec::new();
    if changed(job, previous, "PolicyDocument") {
        calls.extend(without_old(arn, versions));
        let document = text_of(&job.properties["PolicyDocument"]);
        let input = json!({"PolicyArn": arn, "PolicyDocument": document, "SetAsDefault": true});
        calls.push(("iam:CreatePolicyVersion", input));
    }
    calls.extend(attachments(job, arn, previous));
    let (put, gone) = tags::change(&previous["Tags"], &job.properties["Tags"]);
    if !gone.is_empty() {
        calls.push(("iam:UntagPolicy", json!({"PolicyArn": arn, "TagKeys": gone})));
    }
    if !put.is_empty() {
        calls.push(("iam:TagPolicy", json!({"PolicyArn": arn, "Tags": put})));
    }
    calls
}

/// The calls of a deletion, once the versions are known.
fn removal(job: &Job<'_>, arn: &str, versions: &Value) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for role in texts(job.properties, "Roles") {
        calls.push(("iam:DetachRolePolicy", json!({"RoleName": role, "PolicyArn": arn})));
    }
    calls.extend(without_old(arn, versions));
    calls.push(("iam:DeletePolicy", json!({"PolicyArn": arn})));
    calls
}

fn without_old(arn: &str, versions: &Value) -> Vec<Call> {
    let versions = versions["Versions"].as_array().into_iter().flatten();
    let old = versions.filter(|version| version["IsDefaultVersion"] != true);
    let delete = |version: &Value| {
        let input = json!({"PolicyArn": arn, "VersionId": version["VersionId"]});
        ("iam:DeletePolicyVersion", input)
    };
    old.map(delete).collect()
}

/// Step 0 lists the versions; the context of every later one is the list.
fn next(job: &Job<'_>, calls: fn(&Job<'_>, &str, &Value) -> Vec<Call>) -> Option<Progress> {
    let arn = job.physical_id.unwrap_or_default();
    let call = |operation, input: Value, context: Value| Progress::Call {
        service: ServiceName::Platform,
        operation,
        input,
        step: job.step + 1,
        context,
    };
    let versions = match (job.step, job.reply) {
        (0, _) => {
            let input = json!({"PolicyArn": arn});
            return Some(call("iam:ListPolicyVersions", input, Value::Null));
        }
        (1, Some(Ok(listed))) => listed.clone(),
        _ => job.context.clone(),
    };
    let index = usize::try_from(job.step - 1).unwrap_or(usize::MAX);
    let (operation, input) = calls(job, arn, &versions).into_iter().nth(index)?;
    Some(call(operation, input, versions))
}

/// The step at which `MADE` looks for the attributes.
const LOOK: u32 = 1000;

impl ResourceType for ManagedPolicy {
    fn type_name(&self) -> &'static str {
        MADE.type_name
    }

    fn properties(&self) -> &'static [Property] {
        MADE.properties
    }

    fn attributes(&self) -> &'static [&'static str] {
        MADE.attributes
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        MADE.create(job)
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        if let Some(Err(error)) = job.reply {
            return Progress::refused(error, MADE.service);
        }
        if job.step >= LOOK {
            return MADE.update(job);
        }
        let look = Job { step: LOOK, reply: None, context: &Value::Null, ..job.clone() };
        next(job, changes).unwrap_or_else(|| MADE.update(&look))
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        match job.reply {
            Some(Err(error)) if error.code != "NoSuchEntity" => {
                return Progress::refused(error, MADE.service);
            }
            _ => {}
        }
        let id = job.physical_id.unwrap_or_default().to_owned();
        let over = Progress::Done { physical_id: id, attributes: [].into() };
        next(job, removal).unwrap_or(over)
    }
}
