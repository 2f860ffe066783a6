//! `TagResource`, `UntagResource`, `ListTagsForResource`: tags of distributions, functions and key
//! value stores.

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, json};

use super::document::{Tags, read};
use super::nothing;
use crate::error::{invalid, invalid_argument};
use crate::functions::Function;
use crate::state::{Settings, State};
use crate::stores;

const TAGS_MAX: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tag {
    resource: String,
    tags: Tags,
}

pub(super) fn tag(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Tag = read("TagResource", value)?;
    let mut tagged = tagged(state, &asked.resource)?;
    let tags = tagged.tags();
    *tags = join(tags.clone(), asked.tags)?;
    tagged.store(cx);
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
    let mut tagged = tagged(state, &asked.resource)?;
    tagged.tags().retain(|key, _| !asked.tag_keys.items.contains(key));
    tagged.store(cx);
    nothing()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OfResource {
    resource: String,
}

pub(super) fn list(state: &mut State, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: OfResource = read("ListTagsForResource", value)?;
    let mut tagged = tagged(state, &asked.resource)?;
    let tags = tagged.tags().iter();
    let items: Vec<Value> = tags.map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    Ok(json!({"Tags": {"Items": items}}))
}

/// What can be tagged.
enum Tagged<'s> {
    Distribution(&'s mut Settings),
    Function(&'s mut Function),
    Store(&'s mut stores::Settings),
}

impl Tagged<'_> {
    const fn tags(&mut self) -> &mut BTreeMap<String, String> {
        match self {
            Self::Distribution(one) => &mut one.tags,
            Self::Function(one) => &mut one.tags,
            Self::Store(one) => &mut one.tags,
        }
    }

    fn store(&self, cx: &mut Cx<'_>) {
        match self {
            Self::Distribution(one) => one.store(cx),
            Self::Function(one) => one.store(cx),
            Self::Store(one) => one.store(cx),
        }
    }
}

/// What an ARN names.
fn tagged<'s>(state: &'s mut State, arn: &str) -> Result<Tagged<'s>, ApiError> {
    let wrong = || invalid_argument("The parameter Resource is invalid.");
    let missing = || ApiError::new("NoSuchResource", 404, "The specified resource does not exist.");
    let named = arn.strip_prefix("arn:aws:cloudfront:").and_then(|rest| rest.split_once('/'));
    let (kind, name) = named.ok_or_else(wrong)?;
    let found = if kind.ends_with(":distribution") {
        state.distributions.get_mut(name).map(|one| Tagged::Distribution(&mut one.settings))
    } else if kind.ends_with(":function") {
        state.functions.get_mut(name).map(Tagged::Function)
    } else if kind.ends_with(":key-value-store") {
        let mut all = state.stores.values_mut().map(|one| &mut one.settings);
        all.find(|one| one.id == name).map(Tagged::Store)
    } else {
        return Err(wrong());
    };
    found.ok_or_else(missing)
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
