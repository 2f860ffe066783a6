//! Tags of load balancers, listeners, rules and target groups.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::resource::{RESERVED_TAG, is_system_tag, may_tag};
use standin_kernel::{ApiError, Cx, Value, json};

use super::nothing;
use crate::Elbv2;
use crate::error::{
    Result, invalid, listener_not_found, load_balancer_not_found, refuse, rule_not_found,
    target_group_not_found,
};
use crate::state::Tags;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

const TAGS_MAX: usize = 50;

/// The tags, no key twice.
pub(super) fn checked(cx: &Cx<'_>, tags: Vec<Tag>) -> Result<Tags> {
    let mut set = Tags::new();
    for Tag { key, value } in tags {
        if !may_tag(cx.asked_by, &key) {
            return Err(invalid(RESERVED_TAG));
        }
        if key.is_empty() || key.chars().count() > 128 {
            return Err(invalid(format!("The tag key '{key}' must have 1 to 128 characters")));
        }
        if value.chars().count() > 256 {
            let message = format!("The value of tag '{key}' must have at most 256 characters");
            return Err(invalid(message));
        }
        if set.contains_key(&key) {
            let message = format!("Tag key '{key}' was specified more than once");
            return Err(refuse("DuplicateTagKeys", message));
        }
        set.insert(key, value);
    }
    few(&set)?;
    Ok(set)
}

fn few(tags: &Tags) -> Result<()> {
    // Those of AWS's own are not counted.
    if tags.keys().filter(|key| !is_system_tag(key)).count() > TAGS_MAX {
        let message = format!("A resource cannot have more than {TAGS_MAX} tags");
        return Err(refuse("TooManyTags", message));
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Add {
    resource_arns: Vec<String>,
    tags: Vec<Tag>,
}

pub(super) fn add(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Add = input("AddTags", value)?;
    let tags = checked(cx, asked.tags)?;
    for arn in &asked.resource_arns {
        let mut together = elbv2.state.tags(arn).ok_or_else(|| not_found(arn))?.clone();
        together.extend(tags.clone());
        few(&together)?;
    }
    for arn in &asked.resource_arns {
        elbv2.state.change_tags(cx, arn, |have| have.extend(tags.clone()));
    }
    nothing()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Remove {
    resource_arns: Vec<String>,
    tag_keys: Vec<String>,
}

pub(super) fn remove(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Remove = input("RemoveTags", value)?;
    if asked.tag_keys.iter().any(|key| !may_tag(cx.asked_by, key)) {
        return Err(invalid(RESERVED_TAG));
    }
    for arn in &asked.resource_arns {
        elbv2.state.tags(arn).ok_or_else(|| not_found(arn))?;
    }
    for arn in &asked.resource_arns {
        elbv2
            .state
            .change_tags(cx, arn, |have| have.retain(|key, _| !asked.tag_keys.contains(key)));
    }
    nothing()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    resource_arns: Vec<String>,
}

pub(super) fn describe(elbv2: &mut Elbv2, _cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Describe = input("DescribeTags", value)?;
    let mut described = Vec::new();
    for arn in &asked.resource_arns {
        let tags = elbv2.state.tags(arn).ok_or_else(|| not_found(arn))?;
        let shown: Vec<Value> =
            tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        described.push(json!({"ResourceArn": arn, "Tags": shown}));
    }
    Ok(json!({"TagDescriptions": described}))
}

/// The error for what the ARN would name.
fn not_found(arn: &str) -> ApiError {
    let kind = arn.splitn(6, ':').nth(5).and_then(|resource| resource.split('/').next());
    match kind {
        Some("loadbalancer") => load_balancer_not_found(),
        Some("listener") => listener_not_found(),
        Some("listener-rule") => rule_not_found(),
        Some("targetgroup") => target_group_not_found(),
        _ => invalid(format!("'{arn}' is not a valid ARN")),
    }
}
