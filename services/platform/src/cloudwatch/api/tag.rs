//! Tags of alarms and dashboards.

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, json};

use super::{CODES, wrong_tags};
use crate::cloudwatch::state::CloudWatch;
use crate::operation::read;
use crate::tags::{self, Tag, Tags};

/// Changes the tags of the alarm or dashboard with that ARN.
fn change_tags<R>(
    all: &mut CloudWatch,
    cx: &mut Cx<'_>,
    arn: &str,
    change: impl FnOnce(&mut Tags) -> R,
) -> Result<R, ApiError> {
    let changed = if let Some((_, name)) = arn.split_once(":alarm:") {
        if all.composites.has(name) {
            let changed = all.composites.change(cx, name, |alarm| change(&mut alarm.tags));
            return changed.ok_or_else(|| no_resource(arn));
        }
        all.alarms.change(cx, name, |alarm| change(&mut alarm.tags))
    } else if let Some((_, name)) = arn.split_once(":dashboard/") {
        all.dashboards.change(cx, name, |dashboard| change(&mut dashboard.tags))
    } else {
        None
    };
    changed.ok_or_else(|| no_resource(arn))
}

fn no_resource(arn: &str) -> ApiError {
    let message = format!("{arn} does not exist");
    ApiError::new("ResourceNotFoundException", 404, message)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutTags {
    #[serde(rename = "ResourceARN")]
    arn: String,
    tags: Vec<Tag>,
}

pub(super) fn tag(all: &mut CloudWatch, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: PutTags = read("TagResource", value, CODES)?;
    let by = cx.asked_by;
    let added = change_tags(all, cx, &asked.arn, |there| tags::add(there, asked.tags, by))?;
    added.map(|()| json!({})).map_err(|fault| wrong_tags(&fault))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TakeTags {
    #[serde(rename = "ResourceARN")]
    arn: String,
    tag_keys: Vec<String>,
}

pub(super) fn untag(
    all: &mut CloudWatch,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: TakeTags = read("UntagResource", value, CODES)?;
    let keys = asked.tag_keys;
    let by = cx.asked_by;
    let taken = change_tags(all, cx, &asked.arn, |there| tags::remove(there, &keys, by))?;
    taken.map(|()| json!({})).map_err(|fault| wrong_tags(&fault))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListTags {
    #[serde(rename = "ResourceARN")]
    arn: String,
}

pub(super) fn list_tags(
    all: &mut CloudWatch,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: ListTags = read("ListTagsForResource", value, CODES)?;
    let arn = asked.arn.as_str();
    let name = arn.split_once(":alarm:").map(|(_, name)| name);
    let alarm = name.and_then(|name| all.alarms.get(name)).map(|one| &one.tags);
    let composite = name.and_then(|name| all.composites.get(name)).map(|one| &one.tags);
    let dashboard = arn.split_once(":dashboard/").and_then(|(_, name)| all.dashboards.get(name));
    let there = alarm.or(composite).or(dashboard.map(|one| &one.tags));
    Ok(json!({"Tags": tags::list(there.ok_or_else(|| no_resource(arn))?)}))
}
