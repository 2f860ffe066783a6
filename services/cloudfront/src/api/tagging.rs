//! `TagResource`, `UntagResource`, `ListTagsForResource`: tags of distributions.

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, json};

use super::document::{Tags, read};
use super::nothing;
use crate::error::{invalid, invalid_argument};
use crate::state::{Settings, State};

const TAGS_MAX: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tag {
    resource: String,
    tags: Tags,
}

pub(super) fn tag(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Tag = read("TagResource", value)?;
    let settings = tagged(state, &asked.resource)?;
    settings.tags = join(settings.tags.clone(), asked.tags)?;
    settings.store(cx);
    nothing()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Untag {
    resource: String,
    tag_keys: TagKeys,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TagKeys {
    #[serde(default)]
    items: Vec<String>,
}

pub(super) fn untag(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Untag = read("UntagResource", value)?;
    let settings = tagged(state, &asked.resource)?;
    settings.tags.retain(|key, _| !asked.tag_keys.items.contains(key));
    settings.store(cx);
    nothing()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OfResource {
    resource: String,
}

pub(super) fn list(state: &mut State, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: OfResource = read("ListTagsForResource", value)?;
    let tags = tagged(state, &asked.resource)?.tags.iter();
    let items: Vec<Value> = tags.map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    Ok(json!({"Tags": {"Items": items}}))
}

/// The distribution an ARN names.
fn tagged<'s>(state: &'s mut State, arn: &str) -> Result<&'s mut Settings, ApiError> {
    let id = arn.rsplit_once(":distribution/").filter(|_| arn.starts_with("arn:aws:cloudfront:"));
    let Some((_, id)) = id else {
        return Err(invalid_argument("The parameter Resource is invalid."));
    };
    let missing = ApiError::new("NoSuchResource", 404, "The specified resource does not exist.");
    state.distributions.get_mut(id).map(|one| &mut one.settings).ok_or(missing)
}

/// Tags added to those there are.
pub(super) fn join(
    mut tags: BTreeMap<String, String>,
    added: Tags,
) -> Result<BTreeMap<String, String>, ApiError> {
    for tag in added.items {
        let (key, value) = (tag.key.chars().count(), tag.value.chars().count());
        let reserved = tag.key.to_ascii_lowercase().starts_with("aws:");
        if !(1..=128).contains(&key) || value > 256 || reserved {
            return Err(invalid("InvalidTagging", "The tagging specified is not valid."));
        }
        tags.insert(tag.key, tag.value);
    }
    if tags.len() > TAGS_MAX {
        return Err(invalid("InvalidTagging", "A resource has at most 50 tags."));
    }
    Ok(tags)
}
