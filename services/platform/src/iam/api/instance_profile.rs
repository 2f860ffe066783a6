//! Instance profiles: a role in a wrapping for instances.

use serde::Deserialize;
use standin_kernel::ids::global_arn;
use standin_kernel::{ApiError, Cx, Value, json};

use super::error::{self, CODES, check_name, check_path, no_profile};
use super::role::{role, show as show_role};
use super::{Paging, answer, nothing, unique_id};
use crate::iam::state::{Iam, InstanceProfile, key};
use crate::operation::read;
use crate::tags::{self, Tag};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    instance_profile_name: String,
    path: Option<String>,
    tags: Option<Vec<Tag>>,
}

pub(super) fn create(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Create = read("CreateInstanceProfile", value, CODES)?;
    let (name, path) = (asked.instance_profile_name, asked.path.unwrap_or_else(|| "/".into()));
    check_name(&name, "instanceProfileName", 128)?;
    check_path(&path)?;
    if iam.profiles.has(&key(&name)) {
        return Err(error::exists(format!("Instance Profile {name} already exists.")));
    }
    let profile = InstanceProfile {
        id: unique_id(cx, "AIPA"),
        arn: global_arn(cx.env, "iam", &format!("instance-profile{path}{name}")),
        created: cx.now,
        role: None,
        tags: tags::of(asked.tags, cx.asked_by).map_err(|fault| error::tags(&fault))?,
        name,
        path,
    };
    let shown = show(iam, &profile);
    let key = key(&profile.name);
    iam.profiles.put(cx, &key, profile);
    Ok(json!({"InstanceProfile": shown}))
}

fn show(iam: &Iam, profile: &InstanceProfile) -> Value {
    let roles = profile.role.iter().filter_map(|key| iam.roles.get(key)).map(show_role);
    json!({
        "InstanceProfileName": profile.name,
        "Path": profile.path,
        "InstanceProfileId": profile.id,
        "Arn": profile.arn,
        "CreateDate": profile.created.iso8601(),
        "Roles": roles.collect::<Vec<_>>(),
        "Tags": tags::list(&profile.tags),
    })
}

fn profile<'i>(iam: &'i Iam, name: &str) -> Result<&'i InstanceProfile, ApiError> {
    iam.profiles.get(&key(name)).ok_or_else(|| no_profile(name))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Named {
    instance_profile_name: String,
}

pub(super) fn get(iam: &mut Iam, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("GetInstanceProfile", value, CODES)?;
    Ok(json!({"InstanceProfile": show(iam, profile(iam, &asked.instance_profile_name)?)}))
}

pub(super) fn list(iam: &mut Iam, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Paging = read("ListInstanceProfiles", value, CODES)?;
    let profiles = iam.profiles.values().filter(|profile| asked.wants(&profile.path));
    asked.answer("InstanceProfiles", profiles.map(|profile| show(iam, profile)).collect())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListForRole {
    role_name: String,
    marker: Option<String>,
    max_items: Option<usize>,
}

pub(super) fn list_for_role(
    iam: &mut Iam,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: ListForRole = read("ListInstanceProfilesForRole", value, CODES)?;
    let wanted = key(&role(iam, &asked.role_name)?.name);
    let profiles = iam.profiles.values().filter(|one| one.role.as_ref() == Some(&wanted));
    let shown = profiles.map(|profile| show(iam, profile)).collect();
    answer("InstanceProfiles", shown, asked.marker.as_deref(), asked.max_items)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Membership {
    instance_profile_name: String,
    role_name: String,
}

pub(super) fn add_role(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Membership = read("AddRoleToInstanceProfile", value, CODES)?;
    let role = key(&role(iam, &asked.role_name)?.name);
    let name = &asked.instance_profile_name;
    if profile(iam, name)?.role.is_some() {
        return Err(error::limit("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"));
    }
    iam.profiles.change(cx, &key(name), |profile| profile.role = Some(role));
    Ok(nothing())
}

pub(super) fn remove_role(
    iam: &mut Iam,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Membership = read("RemoveRoleFromInstanceProfile", value, CODES)?;
    let name = &asked.instance_profile_name;
    if profile(iam, name)?.role.as_ref() != Some(&key(&asked.role_name)) {
        return Err(error::no_role(&asked.role_name));
    }
    iam.profiles.change(cx, &key(name), |profile| profile.role = None);
    Ok(nothing())
}

pub(super) fn delete(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("DeleteInstanceProfile", value, CODES)?;
    let name = &asked.instance_profile_name;
    if profile(iam, name)?.role.is_some() {
        let message = "Cannot delete entity, must remove roles from instance profile first.";
        return Err(error::conflict(message));
    }
    iam.profiles.remove(cx, &key(name));
    Ok(nothing())
}
