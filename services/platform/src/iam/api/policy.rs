//! Managed policies of the account.

use serde::Deserialize;
use standin_kernel::ids::global_arn;
use standin_kernel::{ApiError, Cx, Value, json};

use super::error::{self, CODES, check_name, check_path, no_policy};
use super::{answer, nothing, unique_id};
use crate::iam::document::{Use, check};
use crate::iam::state::{Iam, ManagedPolicy, Role, Version};
use crate::operation::{present, read};
use crate::tags::{self, Tag};

/// Longest document, in characters.
const LENGTH_MAX: usize = 6144;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    policy_name: String,
    path: Option<String>,
    policy_document: String,
    description: Option<String>,
    tags: Option<Vec<Tag>>,
}

pub(super) fn create(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Create = read("CreatePolicy", value, CODES)?;
    let (name, path) = (asked.policy_name, asked.path.unwrap_or_else(|| "/".into()));
    check_name(&name, "policyName", 128)?;
    check_path(&path)?;
    check_document(&asked.policy_document)?;
    let same = |policy: &ManagedPolicy| policy.name.eq_ignore_ascii_case(&name);
    if iam.policies.values().any(same) {
        let message =
            format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(error::exists(message));
    }
    let version = Version { number: 1, document: asked.policy_document, created: cx.now };
    let policy = ManagedPolicy {
        arn: global_arn(cx.env, "iam", &format!("policy{path}{name}")),
        id: unique_id(cx, "ANPA"),
        description: asked.description,
        created: cx.now,
        updated: cx.now,
        versions: vec![version],
        default: 1,
        next: 2,
        tags: tags::of(asked.tags, cx.asked_by).map_err(|fault| error::tags(&fault))?,
        name,
        path,
    };
    let shown = show(iam, &policy);
    let arn = policy.arn.clone();
    iam.policies.put(cx, &arn, policy);
    Ok(json!({"Policy": shown}))
}

pub(super) fn check_document(text: &str) -> Result<(), ApiError> {
    if check(text, Use::Identity)? > LENGTH_MAX {
        return Err(error::limit(format!("Cannot exceed quota for PolicySize: {LENGTH_MAX}")));
    }
    Ok(())
}

fn show(iam: &Iam, policy: &ManagedPolicy) -> Value {
    let bounded = |role: &&Role| role.boundary.as_ref() == Some(&policy.arn);
    present(json!({
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": format!("v{}", policy.default),
        "AttachmentCount": owners(iam, &policy.arn).count(),
        "PermissionsBoundaryUsageCount": iam.roles.values().filter(bounded).count(),
        "IsAttachable": true,
        "Description": policy.description,
        "CreateDate": policy.created.iso8601(),
        "UpdateDate": policy.updated.iso8601(),
        "Tags": tags::list(&policy.tags),
    }))
}

/// The roles it is attached to.
fn owners<'i>(iam: &'i Iam, arn: &'i str) -> impl Iterator<Item = &'i Role> {
    iam.roles.values().filter(move |role| role.attached.iter().any(|one| one == arn))
}

pub(super) fn policy<'i>(iam: &'i Iam, arn: &str) -> Result<&'i ManagedPolicy, ApiError> {
    iam.policies.get(arn).ok_or_else(|| no_policy(arn))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Named {
    policy_arn: String,
}

pub(super) fn get(iam: &mut Iam, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("GetPolicy", value, CODES)?;
    Ok(json!({"Policy": show(iam, policy(iam, &asked.policy_arn)?)}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    scope: Option<String>,
    only_attached: Option<bool>,
    path_prefix: Option<String>,
    marker: Option<String>,
    max_items: Option<usize>,
}

/// The account's own; AWS's cannot be listed here.
pub(super) fn list(iam: &mut Iam, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: List = read("ListPolicies", value, CODES)?;
    if asked.scope.as_deref() != Some("Local") {
        let message = "Standin does not know AWS's managed policies: ask with Scope=Local";
        return Err(error::invalid(message));
    }
    let wanted = |policy: &&ManagedPolicy| {
        let prefix = asked.path_prefix.as_deref().unwrap_or("/");
        let attached = owners(iam, &policy.arn).next().is_some();
        policy.path.starts_with(prefix) && (attached || asked.only_attached != Some(true))
    };
    let policies = iam.policies.values().filter(wanted).map(|policy| show(iam, policy)).collect();
    answer("Policies", policies, asked.marker.as_deref(), asked.max_items)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Entities {
    policy_arn: String,
    entity_filter: Option<String>,
    path_prefix: Option<String>,
}

pub(super) fn list_entities(
    iam: &mut Iam,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Entities = read("ListEntitiesForPolicy", value, CODES)?;
    let arn = &asked.policy_arn;
    super::role_policy::attachable(iam, arn).map_err(|_| no_policy(arn))?;
    let roles = asked.entity_filter.as_deref().is_none_or(|filter| filter == "Role");
    let prefix = asked.path_prefix.as_deref().unwrap_or("/");
    let shown: Vec<Value> = owners(iam, arn)
        .filter(|role| roles && role.path.starts_with(prefix))
        .map(|role| json!({"RoleName": role.name, "RoleId": role.id}))
        .collect();
    let none: Vec<Value> = Vec::new();
    Ok(json!({
        "PolicyRoles": shown, "PolicyUsers": none, "PolicyGroups": none, "IsTruncated": false,
    }))
}

pub(super) fn delete(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("DeletePolicy", value, CODES)?;
    let policy = policy(iam, &asked.policy_arn)?;
    let bounds = iam.roles.values().any(|role| role.boundary.as_ref() == Some(&policy.arn));
    if bounds || owners(iam, &policy.arn).next().is_some() {
        let message = "Cannot delete a policy attached to entities.";
        return Err(error::conflict(message));
    }
    if policy.versions.len() > 1 {
        let message = "This policy has more than one version. Before you delete a policy, you \
                       must delete the policy's versions. The default version is deleted with \
                       the policy.";
        return Err(error::conflict(message));
    }
    iam.policies.remove(cx, &asked.policy_arn);
    Ok(nothing())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutTags {
    policy_arn: String,
    tags: Vec<Tag>,
}

pub(super) fn tag(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: PutTags = read("TagPolicy", value, CODES)?;
    let by = cx.asked_by;
    let add = |policy: &mut ManagedPolicy| tags::add(&mut policy.tags, asked.tags, by);
    let added = iam.policies.change(cx, &asked.policy_arn, add);
    let added = added.ok_or_else(|| no_policy(&asked.policy_arn))?;
    added.map(|()| nothing()).map_err(|fault| error::tags(&fault))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TakeTags {
    policy_arn: String,
    tag_keys: Vec<String>,
}

pub(super) fn untag(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: TakeTags = read("UntagPolicy", value, CODES)?;
    let by = cx.asked_by;
    let take = |policy: &mut ManagedPolicy| tags::remove(&mut policy.tags, &asked.tag_keys, by);
    let taken = iam.policies.change(cx, &asked.policy_arn, take);
    let taken = taken.ok_or_else(|| no_policy(&asked.policy_arn))?;
    taken.map(|()| nothing()).map_err(|fault| error::tags(&fault))
}
