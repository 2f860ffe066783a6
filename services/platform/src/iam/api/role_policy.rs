//! What a role may do: policies written into it, and policies attached to it.

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, json};

use super::error::{self, CODES, check_name, no_such_entity};
use super::role::{change, role};
use super::{answer, nothing};
use crate::iam::document::{Use, check, encoded};
use crate::iam::state::Iam;
use crate::operation::read;

/// Longest sum of the policies in a role, in characters.
const INLINE_LENGTH_MAX: usize = 10_240;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Put {
    role_name: String,
    policy_name: String,
    policy_document: String,
}

pub(super) fn put(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Put = read("PutRolePolicy", value, CODES)?;
    check_name(&asked.policy_name, "policyName", 128)?;
    let there = role(iam, &asked.role_name)?;
    let mut size = check(&asked.policy_document, Use::Identity)?;
    for (name, document) in &there.inline {
        if *name != asked.policy_name {
            size += check(document, Use::Identity)?;
        }
    }
    if size > INLINE_LENGTH_MAX {
        let name = &there.name;
        let message =
            format!("Maximum policy size of {INLINE_LENGTH_MAX} bytes exceeded for role {name}");
        return Err(error::limit(message));
    }
    change(iam, cx, &asked.role_name, |role| {
        role.inline.insert(asked.policy_name, asked.policy_document);
    })?;
    Ok(nothing())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Inline {
    role_name: String,
    policy_name: String,
}

fn no_inline(name: &str) -> ApiError {
    no_such_entity(format!("The role policy with name {name} cannot be found."))
}

pub(super) fn get(iam: &mut Iam, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Inline = read("GetRolePolicy", value, CODES)?;
    let role = role(iam, &asked.role_name)?;
    let document = role.inline.get(&asked.policy_name);
    let document = document.ok_or_else(|| no_inline(&asked.policy_name))?;
    Ok(json!({
        "RoleName": role.name,
        "PolicyName": asked.policy_name,
        "PolicyDocument": encoded(document),
    }))
}

pub(super) fn delete(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Inline = read("DeleteRolePolicy", value, CODES)?;
    let name = asked.policy_name;
    let gone = change(iam, cx, &asked.role_name, |role| role.inline.remove(&name))?;
    gone.map(|_| nothing()).ok_or_else(|| no_inline(&name))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    role_name: String,
    path_prefix: Option<String>,
    marker: Option<String>,
    max_items: Option<usize>,
}

pub(super) fn list(iam: &mut Iam, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: List = read("ListRolePolicies", value, CODES)?;
    let names = role(iam, &asked.role_name)?.inline.keys().map(|name| json!(name)).collect();
    answer("PolicyNames", names, asked.marker.as_deref(), asked.max_items)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Attachment {
    role_name: String,
    policy_arn: String,
}

/// The account's own policies must be there. AWS's are too many to know: any name will do.
pub(super) fn attachable(iam: &Iam, arn: &str) -> Result<(), ApiError> {
    let theirs = arn.strip_prefix("arn:aws:iam::aws:policy/").is_some_and(|name| !name.is_empty());
    if theirs || iam.policies.has(arn) {
        return Ok(());
    }
    if !arn.starts_with("arn:aws:iam::") {
        let message = format!("ARN {arn} is not valid.");
        return Err(ApiError::new("InvalidInput", 400, message));
    }
    Err(no_such_entity(format!("Policy {arn} does not exist or is not attachable.")))
}

pub(super) fn attach(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Attachment = read("AttachRolePolicy", value, CODES)?;
    role(iam, &asked.role_name)?;
    attachable(iam, &asked.policy_arn)?;
    change(iam, cx, &asked.role_name, |role| {
        if !role.attached.contains(&asked.policy_arn) {
            role.attached.push(asked.policy_arn);
        }
    })?;
    Ok(nothing())
}

pub(super) fn detach(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Attachment = read("DetachRolePolicy", value, CODES)?;
    let arn = asked.policy_arn;
    if !role(iam, &asked.role_name)?.attached.contains(&arn) {
        return Err(no_such_entity(format!("Policy {arn} was not found.")));
    }
    change(iam, cx, &asked.role_name, |role| role.attached.retain(|one| *one != arn))?;
    Ok(nothing())
}

pub(super) fn list_attached(
    iam: &mut Iam,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: List = read("ListAttachedRolePolicies", value, CODES)?;
    let wanted = |arn: &&String| {
        let path = arn.split_once(":policy").map_or("/", |(_, path)| path);
        asked.path_prefix.as_ref().is_none_or(|prefix| path.starts_with(prefix.as_str()))
    };
    let shown = |arn: &String| {
        let name = arn.rsplit('/').next().unwrap_or_default();
        json!({"PolicyName": name, "PolicyArn": arn})
    };
    let attached = role(iam, &asked.role_name)?.attached.iter().filter(wanted).map(shown);
    answer("AttachedPolicies", attached.collect(), asked.marker.as_deref(), asked.max_items)
}
