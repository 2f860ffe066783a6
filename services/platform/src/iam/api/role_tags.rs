//! Tags of roles.

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value};

use super::error::{self, CODES};
use super::role::{change, role};
use super::{answer, nothing};
use crate::iam::state::Iam;
use crate::operation::read;
use crate::tags::{self, Tag};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Put {
    role_name: String,
    tags: Vec<Tag>,
}

pub(super) fn tag(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Put = read("TagRole", value, CODES)?;
    let added = change(iam, cx, &asked.role_name, |role| tags::add(&mut role.tags, asked.tags))?;
    added.map(|()| nothing()).map_err(|fault| error::tags(&fault))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Take {
    role_name: String,
    tag_keys: Vec<String>,
}

pub(super) fn untag(iam: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Take = read("UntagRole", value, CODES)?;
    change(iam, cx, &asked.role_name, |role| {
        role.tags.retain(|key, _| !asked.tag_keys.contains(key));
    })?;
    Ok(nothing())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    role_name: String,
    marker: Option<String>,
    max_items: Option<usize>,
}

pub(super) fn list(iam: &mut Iam, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: List = read("ListRoleTags", value, CODES)?;
    let all = tags::list(&role(iam, &asked.role_name)?.tags);
    let all = all.as_array().cloned().unwrap_or_default();
    answer("Tags", all, asked.marker.as_deref(), asked.max_items)
}
