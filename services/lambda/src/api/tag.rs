//! Tags of a function.

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::resource::{RESERVED_TAG, is_system_tag, may_tag};
use standin_kernel::{ApiError, Cx, ServiceName, Value, json};

use super::name::Named;
use super::{nothing, read};
use crate::Lambda;
use crate::error::invalid;

const TAGS_MAX: usize = 50;

/// Whether who calls may change tags with these keys.
pub(super) fn check<'k>(
    asked_by: Option<ServiceName>,
    mut keys: impl Iterator<Item = &'k String>,
) -> Result<(), ApiError> {
    match keys.all(|key| may_tag(asked_by, key)) {
        true => Ok(()),
        false => Err(invalid(RESERVED_TAG)),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Put {
    resource: String,
    tags: BTreeMap<String, String>,
}

pub(super) fn tag(lambda: &mut Lambda, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Put = read("TagResource", value)?;
    check(cx.asked_by, asked.tags.keys())?;
    let named = Named::read(&asked.resource, None)?;
    let function = lambda.named_mut(cx, &named)?;
    let mut tags = function.tags.clone();
    tags.extend(asked.tags);
    if tags.keys().filter(|key| !is_system_tag(key)).count() > TAGS_MAX {
        return Err(invalid(format!("The number of tags exceeds the limit of {TAGS_MAX}")));
    }
    function.tags = tags;
    function.store(cx);
    nothing()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Take {
    resource: String,
    tag_keys: Vec<String>,
}

pub(super) fn untag(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Take = read("UntagResource", value)?;
    check(cx.asked_by, asked.tag_keys.iter())?;
    let named = Named::read(&asked.resource, None)?;
    let function = lambda.named_mut(cx, &named)?;
    function.tags.retain(|key, _| !asked.tag_keys.contains(key));
    function.store(cx);
    nothing()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    resource: String,
}

pub(super) fn list(lambda: &mut Lambda, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: List = read("ListTags", value)?;
    let named = Named::read(&asked.resource, None)?;
    Ok(json!({"Tags": lambda.named(cx, &named)?.tags}))
}
