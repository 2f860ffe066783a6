//! Tags of hosted zones and health checks.

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::resource::{RESERVED_TAG, may_tag};
use standin_kernel::{ApiError, Cx, Value, json};

use super::read;
use crate::Route53;
use crate::error::invalid_input;
use crate::state::bare;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Change {
    resource_type: String,
    resource_id: String,
    #[serde(default)]
    add_tags: Vec<Tag>,
    #[serde(default)]
    remove_tag_keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tag {
    key: String,
    value: Option<String>,
}

pub(super) fn change(
    route53: &mut Route53,
    cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: Change = read("ChangeTagsForResource", input)?;
    let mut keys = input.remove_tag_keys.iter().chain(input.add_tags.iter().map(|tag| &tag.key));
    if keys.any(|key| !may_tag(cx.asked_by, key)) {
        return Err(invalid_input(RESERVED_TAG));
    }
    let id = bare(&input.resource_id).to_owned();
    let tags = match input.resource_type.as_str() {
        "hostedzone" => &mut route53.state.zone_mut(&id)?.settings.tags,
        "healthcheck" => &mut route53.state.check_mut(&id)?.tags,
        other => return Err(invalid_input(format!("{other} is no type that has tags"))),
    };
    for key in &input.remove_tag_keys {
        tags.remove(key);
    }
    for tag in input.add_tags {
        tags.insert(tag.key, tag.value.unwrap_or_default());
    }
    match input.resource_type.as_str() {
        "hostedzone" => route53.state.zone(&id)?.settings.store(cx),
        _ => route53.state.store_check(cx, &id),
    }
    Ok(json!({}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    resource_type: String,
    resource_id: String,
}

pub(super) fn list(
    route53: &mut Route53,
    _cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: List = read("ListTagsForResource", input)?;
    Ok(json!({"ResourceTagSet": tags(route53, &input.resource_type, &input.resource_id)?}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListMany {
    resource_type: String,
    resource_ids: Vec<String>,
}

pub(super) fn list_many(
    route53: &mut Route53,
    _cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: ListMany = read("ListTagsForResources", input)?;
    let sets = input.resource_ids.iter().map(|id| tags(route53, &input.resource_type, id));
    let sets: Result<Vec<Value>, ApiError> = sets.collect();
    Ok(json!({"ResourceTagSets": sets?}))
}

fn tags(route53: &Route53, kind: &str, id: &str) -> Result<Value, ApiError> {
    let id = bare(id);
    let tags: &BTreeMap<String, String> = match kind {
        "hostedzone" => &route53.state.zone(id)?.settings.tags,
        "healthcheck" => &route53.state.check(id)?.tags,
        other => return Err(invalid_input(format!("{other} is no type that has tags"))),
    };
    let tags: Vec<Value> =
        tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    Ok(json!({"ResourceType": kind, "ResourceId": id, "Tags": tags}))
}
