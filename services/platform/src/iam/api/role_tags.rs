//! Tags of roles.

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value};

use super::error::{self, CODES};
use super::role::{change, role};
use super::{answer, nothing};
use crate::iam::state::{Iam, Role};
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
    let by = cx.asked_by;
    let add = |role: &mut Role| tags::add(&mut role.tags, asked.tags, by);
    let added = change(iam, cx, &asked.role_name, add)?;
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
    let by = cx.asked_by;
    let take = |role: &mut Role| tags::remove(&mut role.tags, &asked.tag_keys, by);
    let taken = change(iam, cx, &asked.role_name, take)?;
    taken.map(|()| nothing()).map_err(|fault| error::tags(&fault))
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
