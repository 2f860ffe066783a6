//! The operations on groups of schedules, and their tags.

use serde::Deserialize;
use standin_kernel::ids::arn;
use standin_kernel::{ApiError, Cx, Time, Value, json};

use super::api::{CODES, DEFAULT, answer, check_name, conflict, invalid, not_found};
use super::state::{Group, Scheduler};
use crate::operation::{read, seconds};
use crate::tags::{self, Tag};

/// A group must be there before a schedule goes into it.
pub(super) fn check_there(all: &Scheduler, name: &str) -> Result<(), ApiError> {
    if name == DEFAULT || all.groups.has(name) { Ok(()) } else { Err(no_group(name)) }
}

fn no_group(name: &str) -> ApiError {
    not_found(format!("Schedule group {name} does not exist."))
}

fn arn_of(cx: &Cx<'_>, name: &str) -> String {
    arn(cx.env, "scheduler", &format!("schedule-group/{name}"))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    name: String,
    tags: Option<Vec<Tag>>,
    #[serde(rename = "ClientToken")]
    _client_token: Option<String>,
}

pub(super) fn create(
    all: &mut Scheduler,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Create = read("CreateScheduleGroup", value, CODES)?;
    let name = asked.name;
    check_name("name", &name)?;
    if name == DEFAULT || all.groups.has(&name) {
        return Err(conflict(format!("Schedule group {name} already exists.")));
    }
    let tags = tags::of(asked.tags, cx.asked_by).map_err(|fault| invalid(fault.message()))?;
    let arn = arn_of(cx, &name);
    let group =
        Group { name: name.clone(), arn: arn.clone(), created: cx.now, modified: cx.now, tags };
    all.groups.put(cx, &name, group);
    Ok(json!({"ScheduleGroupArn": arn}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Named {
    name: String,
    #[serde(rename = "ClientToken")]
    _client_token: Option<String>,
}

fn show(name: &str, arn: &str, created: Time, modified: Time) -> Value {
    json!({
        "Arn": arn,
        "Name": name,
        "State": "ACTIVE",
        "CreationDate": seconds(created),
        "LastModificationDate": seconds(modified),
    })
}

fn shown(group: &Group) -> Value {
    show(&group.name, &group.arn, group.created, group.modified)
}

/// The group that every account has.
fn default(cx: &Cx<'_>) -> Value {
    show(DEFAULT, &arn_of(cx, DEFAULT), Time::default(), Time::default())
}

pub(super) fn get(all: &mut Scheduler, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("GetScheduleGroup", value, CODES)?;
    if asked.name == DEFAULT {
        return Ok(default(cx));
    }
    all.groups.get(&asked.name).map(shown).ok_or_else(|| no_group(&asked.name))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    name_prefix: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

pub(super) fn list(all: &mut Scheduler, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: List = read("ListScheduleGroups", value, CODES)?;
    let mut groups = vec![default(cx)];
    groups.extend(all.groups.values().map(shown));
    if let Some(prefix) = asked.name_prefix {
        groups.retain(|group| group["Name"].as_str().is_some_and(|name| name.starts_with(&prefix)));
    }
    answer("ScheduleGroups", groups, asked.next_token.as_deref(), asked.max_results)
}

/// Deletes a group and all schedules in it; on AWS that takes a while.
pub(super) fn delete(
    all: &mut Scheduler,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Named = read("DeleteScheduleGroup", value, CODES)?;
    if asked.name == DEFAULT {
        return Err(invalid("The default schedule group can't be deleted."));
    }
    all.groups.remove(cx, &asked.name).ok_or_else(|| no_group(&asked.name))?;
    let front = format!("{}/", asked.name);
    for key in all.schedules.ids().into_iter().filter(|key| key.starts_with(&front)) {
        all.schedules.remove(cx, &key);
        all.plan(&key, cx.now);
    }
    Ok(json!({}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tagging {
    resource_arn: String,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

impl Tagging {
    /// The name of the group that is meant: schedules themselves have no tags.
    fn group(&self) -> Result<&str, ApiError> {
        let name = self.resource_arn.split(":schedule-group/").nth(1);
        name.ok_or_else(|| invalid("Only schedule groups have tags."))
    }
}

pub(super) fn tag(all: &mut Scheduler, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let mut asked: Tagging = read("TagResource", value, CODES)?;
    let new = std::mem::take(&mut asked.tags);
    let name = asked.group()?;
    let by = cx.asked_by;
    let added = all.groups.change(cx, name, |group| tags::add(&mut group.tags, new, by));
    let added = added.ok_or_else(|| no_group(name))?;
    added.map(|()| json!({})).map_err(|fault| invalid(fault.message()))
}

pub(super) fn untag(
    all: &mut Scheduler,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Tagging = read("UntagResource", value, CODES)?;
    let name = asked.group()?;
    let by = cx.asked_by;
    let take = |group: &mut Group| tags::remove(&mut group.tags, &asked.tag_keys, by);
    let taken = all.groups.change(cx, name, take).ok_or_else(|| no_group(name))?;
    taken.map(|()| json!({})).map_err(|fault| invalid(fault.message()))
}

pub(super) fn list_tags(
    all: &mut Scheduler,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Tagging = read("ListTagsForResource", value, CODES)?;
    let name = asked.group()?;
    let group = all.groups.get(name).ok_or_else(|| no_group(name))?;
    Ok(json!({"Tags": tags::list(&group.tags)}))
}
