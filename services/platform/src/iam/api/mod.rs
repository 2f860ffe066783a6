//! The operations of IAM, by AWS's names.

pub(super) mod error;
mod instance_profile;
mod policy;
mod policy_version;
mod role;
mod role_policy;
mod role_tags;
mod user;

use serde::Deserialize;
use standin_kernel::ids::upper;
use standin_kernel::{ApiError, Cx, Value, json};

use super::Iam;
use crate::operation::Operations;
use crate::paging::page;

pub(crate) const OPERATIONS: Operations<Iam> = &[
    ("CreateRole", role::create),
    ("GetRole", role::get),
    ("ListRoles", role::list),
    ("UpdateRole", role::update),
    ("UpdateRoleDescription", role::update_description),
    ("UpdateAssumeRolePolicy", role::update_trust),
    ("PutRolePermissionsBoundary", role::put_boundary),
    ("DeleteRolePermissionsBoundary", role::delete_boundary),
    ("DeleteRole", role::delete),
    ("TagRole", role_tags::tag),
    ("UntagRole", role_tags::untag),
    ("ListRoleTags", role_tags::list),
    ("PutRolePolicy", role_policy::put),
    ("GetRolePolicy", role_policy::get),
    ("DeleteRolePolicy", role_policy::delete),
    ("ListRolePolicies", role_policy::list),
    ("AttachRolePolicy", role_policy::attach),
    ("DetachRolePolicy", role_policy::detach),
    ("ListAttachedRolePolicies", role_policy::list_attached),
    ("CreatePolicy", policy::create),
    ("GetPolicy", policy::get),
    ("ListPolicies", policy::list),
    ("ListEntitiesForPolicy", policy::list_entities),
    ("DeletePolicy", policy::delete),
    ("TagPolicy", policy::tag),
    ("UntagPolicy", policy::untag),
    ("CreatePolicyVersion", policy_version::create),
    ("GetPolicyVersion", policy_version::get),
    ("ListPolicyVersions", policy_version::list),
    ("SetDefaultPolicyVersion", policy_version::set_default),
    ("DeletePolicyVersion", policy_version::delete),
    ("CreateInstanceProfile", instance_profile::create),
    ("GetInstanceProfile", instance_profile::get),
    ("ListInstanceProfiles", instance_profile::list),
    ("ListInstanceProfilesForRole", instance_profile::list_for_role),
    ("AddRoleToInstanceProfile", instance_profile::add_role),
    ("RemoveRoleFromInstanceProfile", instance_profile::remove_role),
    ("DeleteInstanceProfile", instance_profile::delete),
    ("GetUser", user::get),
    ("ListUsers", user::list),
    ("ListAccountAliases", user::list_aliases),
];

/// Which page of a list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Paging {
    path_prefix: Option<String>,
    marker: Option<String>,
    max_items: Option<usize>,
}

impl Paging {
    /// Whether a thing with that path is wanted.
    fn wants(&self, path: &str) -> bool {
        self.path_prefix.as_ref().is_none_or(|prefix| path.starts_with(prefix.as_str()))
    }

    fn answer(&self, member: &str, items: Vec<Value>) -> Result<Value, ApiError> {
        answer(member, items, self.marker.as_deref(), self.max_items)
    }
}

/// A page of a list under `member`.
fn answer(
    member: &str,
    items: Vec<Value>,
    marker: Option<&str>,
    size: Option<usize>,
) -> Result<Value, ApiError> {
    let page = page(items, marker, size.unwrap_or(100));
    let page = page.ok_or_else(|| error::invalid("Invalid Marker."))?;
    let mut answer = json!({"IsTruncated": page.next.is_some()});
    answer[member] = Value::Array(page.items);
    if let Some(next) = page.next {
        answer["Marker"] = next.into();
    }
    Ok(answer)
}

/// `AROA` and 17 letters and digits; the first four say what kind of thing it is.
fn unique_id(cx: &mut Cx<'_>, prefix: &str) -> String {
    format!("{prefix}{}", upper(cx.rng, 17))
}

/// The output of operations that have none.
fn nothing() -> Value {
    json!({})
}
