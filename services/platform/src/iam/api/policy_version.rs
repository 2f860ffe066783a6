//! Versions of managed policies: five at most, one of them counts.

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, json};

use super::error::{self, CODES, no_policy, no_such_entity};
use super::policy::{check_document, policy};
use super::{answer, nothing};
use crate::iam::document::encoded;
use crate::iam::state::{Iam, ManagedPolicy, Version};
use crate::operation::read;

const VERSIONS_MAX: usize = 5;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    policy_arn: String,
    policy_document: String,
    #[serde(default)]
    set_as_default: bool,
}

pub(super) fn create(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Create = read("CreatePolicyVersion", value, CODES)?;
    if policy(iam, &asked.policy_arn)?.versions.len() >= VERSIONS_MAX {
        let message = "A managed policy can have up to 5 versions. Before you create a new \
                       version, you must delete an existing version.";
        return Err(error::limit(message));
    }
    check_document(&asked.policy_document)?;
    let now = cx.now;
    let shown = iam.policies.change(cx, &asked.policy_arn, |policy| {
        let number = policy.next;
        policy.next += 1;
        policy.updated = now;
        policy.versions.push(Version { number, document: asked.policy_document, created: now });
        if asked.set_as_default {
            policy.default = number;
        }
        json!({
            "VersionId": format!("v{number}"),
            "IsDefaultVersion": asked.set_as_default,
            "CreateDate": now.iso8601(),
        })
    });
    Ok(json!({"PolicyVersion": shown}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Named {
    policy_arn: String,
    version_id: String,
}

impl Named {
    /// The number of the version, if the policy has it.
    fn number(&self, policy: &ManagedPolicy) -> Result<u32, ApiError> {
        let number = self.version_id.strip_prefix('v').and_then(|digits| digits.parse().ok());
        let there = policy.versions.iter().find(|one| Some(one.number) == number);
        there.map(|version| version.number).ok_or_else(|| {
            let (arn, id) = (&self.policy_arn, &self.version_id);
            no_such_entity(format!(
                "Policy {arn} version {id} does not exist or is not attachable."
            ))
        })
    }
}

fn show(policy: &ManagedPolicy, version: &Version) -> Value {
    json!({
        "VersionId": format!("v{}", version.number),
        "IsDefaultVersion": version.number == policy.default,
        "CreateDate": version.created.iso8601(),
    })
}

pub(super) fn get(iam: &mut Iam, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("GetPolicyVersion", value, CODES)?;
    let policy = policy(iam, &asked.policy_arn)?;
    let number = asked.number(policy)?;
    let version = policy.versions.iter().find(|version| version.number == number);
    let shown = version.map(|version| {
        let mut shown = show(policy, version);
        shown["Document"] = encoded(&version.document).into();
        shown
    });
    Ok(json!({"PolicyVersion": shown}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    policy_arn: String,
    marker: Option<String>,
    max_items: Option<usize>,
}

/// Newest first.
pub(super) fn list(iam: &mut Iam, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: List = read("ListPolicyVersions", value, CODES)?;
    let policy = policy(iam, &asked.policy_arn)?;
    let versions = policy.versions.iter().rev().map(|version| show(policy, version)).collect();
    answer("Versions", versions, asked.marker.as_deref(), asked.max_items)
}

pub(super) fn set_default(
    iam: &mut Iam,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Named = read("SetDefaultPolicyVersion", value, CODES)?;
    let number = asked.number(policy(iam, &asked.policy_arn)?)?;
    let now = cx.now;
    let changed = iam.policies.change(cx, &asked.policy_arn, |policy| {
        policy.default = number;
        policy.updated = now;
    });
    changed.map(|()| nothing()).ok_or_else(|| no_policy(&asked.policy_arn))
}

pub(super) fn delete(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("DeletePolicyVersion", value, CODES)?;
    let policy = policy(iam, &asked.policy_arn)?;
    let number = asked.number(policy)?;
    if policy.default == number {
        return Err(error::conflict("Cannot delete the default version of a policy."));
    }
    iam.policies.change(cx, &asked.policy_arn, |policy| {
        policy.versions.retain(|version| version.number != number);
    });
    Ok(nothing())
}
