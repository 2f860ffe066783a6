//! Roles: creating, changing and deleting them.

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::ids::global_arn;
use standin_kernel::{ApiError, Cx, Value, json};

use super::error::{self, CODES, check_name, check_path, invalid};
use super::{Paging, nothing, role_policy, unique_id};
use crate::iam::document::{Use, check, encoded};
use crate::iam::state::{Iam, Role, key};
use crate::operation::{present, read};
use crate::tags::{self, Tag};

/// Longest document of who may assume a role, in characters.
const TRUST_LENGTH_MAX: usize = 2048;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    role_name: String,
    path: Option<String>,
    assume_role_policy_document: String,
    description: Option<String>,
    max_session_duration: Option<u32>,
    permissions_boundary: Option<String>,
    tags: Option<Vec<Tag>>,
}

pub(super) fn create(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Create = read("CreateRole", value, CODES)?;
    let (name, path) = (asked.role_name, asked.path.unwrap_or_else(|| "/".into()));
    check_name(&name, "roleName", 64)?;
    check_path(&path)?;
    check_trust(&asked.assume_role_policy_document)?;
    let max_session_s = session(asked.max_session_duration.unwrap_or(3600))?;
    if let Some(boundary) = &asked.permissions_boundary {
        role_policy::attachable(iam, boundary)?;
    }
    if iam.roles.has(&key(&name)) {
        return Err(error::exists(format!("Role with name {name} already exists.")));
    }
    let role = Role {
        id: unique_id(cx, "AROA"),
        arn: global_arn(cx.env, "iam", &format!("role{path}{name}")),
        created: cx.now,
        trust: asked.assume_role_policy_document,
        description: asked.description,
        max_session_s,
        boundary: asked.permissions_boundary,
        inline: BTreeMap::new(),
        attached: Vec::new(),
        tags: tags::of(asked.tags, cx.asked_by).map_err(|fault| error::tags(&fault))?,
        name,
        path,
    };
    let shown = show(&role);
    let key = key(&role.name);
    iam.roles.put(cx, &key, role);
    Ok(json!({"Role": shown}))
}

fn check_trust(text: &str) -> Result<(), ApiError> {
    if check(text, Use::Trust)? > TRUST_LENGTH_MAX {
        return Err(error::limit("Cannot exceed quota for ACLSizePerRole: 2048"));
    }
    Ok(())
}

fn session(seconds: u32) -> Result<u32, ApiError> {
    if (3600..=43_200).contains(&seconds) {
        return Ok(seconds);
    }
    Err(invalid(format!(
        "1 validation error detected: Value '{seconds}' at 'maxSessionDuration' failed to satisfy \
         constraint: Member must have value between 3600 and 43200"
    )))
}

pub(super) fn show(role: &Role) -> Value {
    let boundary =
        |arn: &String| json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn});
    present(json!({
        "RoleName": role.name,
        "Path": role.path,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.created.iso8601(),
        "AssumeRolePolicyDocument": encoded(&role.trust),
        "Description": role.description,
        "MaxSessionDuration": role.max_session_s,
        "PermissionsBoundary": role.boundary.as_ref().map(boundary),
        "Tags": tags::list(&role.tags),
        "RoleLastUsed": {},
    }))
}

/// Changes a role and stores it.
pub(super) fn change<R>(
    iam: &mut Iam,
    cx: &mut Cx<'_>,
    name: &str,
    change: impl FnOnce(&mut Role) -> R,
) -> Result<R, ApiError> {
    iam.roles.change(cx, &key(name), change).ok_or_else(|| error::no_role(name))
}

pub(super) fn role<'i>(iam: &'i Iam, name: &str) -> Result<&'i Role, ApiError> {
    iam.roles.get(&key(name)).ok_or_else(|| error::no_role(name))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Named {
    role_name: String,
}

pub(super) fn get(iam: &mut Iam, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("GetRole", value, CODES)?;
    Ok(json!({"Role": show(role(iam, &asked.role_name)?)}))
}

/// Without tags and boundaries, as on AWS.
pub(super) fn list(iam: &mut Iam, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Paging = read("ListRoles", value, CODES)?;
    let short = |role: &Role| {
        let mut shown = show(role);
        if let Some(members) = shown.as_object_mut() {
            let left_out = ["Tags", "PermissionsBoundary", "RoleLastUsed"];
            members.retain(|name, _| !left_out.contains(&name.as_str()));
        }
        shown
    };
    let roles = iam.roles.values().filter(|role| asked.wants(&role.path)).map(short);
    asked.answer("Roles", roles.collect())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Update {
    role_name: String,
    description: Option<String>,
    max_session_duration: Option<u32>,
}

pub(super) fn update(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Update = read("UpdateRole", value, CODES)?;
    let seconds = asked.max_session_duration.map(session).transpose()?;
    change(iam, cx, &asked.role_name, |role| {
        role.description = asked.description.or(role.description.take());
        role.max_session_s = seconds.unwrap_or(role.max_session_s);
    })?;
    Ok(nothing())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct UpdateDescription {
    role_name: String,
    description: String,
}

pub(super) fn update_description(
    iam: &mut Iam,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: UpdateDescription = read("UpdateRoleDescription", value, CODES)?;
    let shown = change(iam, cx, &asked.role_name, |role| {
        role.description = Some(asked.description);
        show(role)
    })?;
    Ok(json!({"Role": shown}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct UpdateTrust {
    role_name: String,
    policy_document: String,
}

pub(super) fn update_trust(
    iam: &mut Iam,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: UpdateTrust = read("UpdateAssumeRolePolicy", value, CODES)?;
    role(iam, &asked.role_name)?;
    check_trust(&asked.policy_document)?;
    change(iam, cx, &asked.role_name, |role| role.trust = asked.policy_document)?;
    Ok(nothing())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutBoundary {
    role_name: String,
    permissions_boundary: String,
}

pub(super) fn put_boundary(
    iam: &mut Iam,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: PutBoundary = read("PutRolePermissionsBoundary", value, CODES)?;
    role_policy::attachable(iam, &asked.permissions_boundary)?;
    change(iam, cx, &asked.role_name, |role| role.boundary = Some(asked.permissions_boundary))?;
    Ok(nothing())
}

pub(super) fn delete_boundary(
    iam: &mut Iam,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Named = read("DeleteRolePermissionsBoundary", value, CODES)?;
    let gone = change(iam, cx, &asked.role_name, |role| role.boundary.take())?;
    let none = || {
        let name = &asked.role_name;
        error::no_such_entity(format!("Role {name} does not have a permissions boundary."))
    };
    gone.map(|_| nothing()).ok_or_else(none)
}

pub(super) fn delete(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("DeleteRole", value, CODES)?;
    let role = role(iam, &asked.role_name)?;
    let key = key(&role.name);
    if iam.profiles.values().any(|profile| profile.role.as_ref() == Some(&key)) {
        let message = "Cannot delete entity, must remove roles from instance profile first.";
        return Err(error::conflict(message));
    }
    if !role.attached.is_empty() {
        return Err(error::conflict("Cannot delete entity, must detach all policies first."));
    }
    if !role.inline.is_empty() {
        return Err(error::conflict("Cannot delete entity, must delete policies first."));
    }
    iam.roles.remove(cx, &key);
    Ok(nothing())
}
