//! The operations of CloudWatch Logs, by AWS's names.

use serde::Deserialize;
use standin_kernel::ids::arn;
use standin_kernel::{ApiError, Cx, Value, json};

use super::events;
use super::state::{Class, LogGroup, LogStream, Logs};
use crate::operation::{Codes, Operations, present, read};
use crate::paging::page;
use crate::tags::{Fault, Tag, Tags, add, remove};

pub(crate) const OPERATIONS: Operations<Logs> = &[
    ("CreateLogGroup", create_group),
    ("DescribeLogGroups", describe_groups),
    ("DeleteLogGroup", delete_group),
    ("PutRetentionPolicy", put_retention),
    ("DeleteRetentionPolicy", delete_retention),
    ("PutLogGroupDeletionProtection", put_protection),
    ("AssociateKmsKey", associate_key),
    ("DisassociateKmsKey", disassociate_key),
    ("CreateLogStream", create_stream),
    ("DescribeLogStreams", describe_streams),
    ("DeleteLogStream", delete_stream),
    ("PutLogEvents", events::put),
    ("GetLogEvents", events::get),
    ("FilterLogEvents", events::filter),
    ("TagResource", tag),
    ("UntagResource", untag),
    ("ListTagsForResource", list_tags),
];

pub(super) const CODES: Codes = Codes::all("InvalidParameterException");

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterException", 400, message)
}

pub(super) fn no_group() -> ApiError {
    let message = "The specified log group does not exist.";
    ApiError::new("ResourceNotFoundException", 400, message)
}

pub(super) fn no_stream() -> ApiError {
    let message = "The specified log stream does not exist.";
    ApiError::new("ResourceNotFoundException", 400, message)
}

fn exists(what: &str) -> ApiError {
    let message = format!("The specified {what} already exists");
    ApiError::new("ResourceAlreadyExistsException", 400, message)
}

fn wrong_tags(fault: &Fault) -> ApiError {
    match fault {
        Fault::TooMany => ApiError::new("TooManyTagsException", 400, fault.message()),
        _ => invalid(fault.message()),
    }
}

fn nothing() -> Value {
    json!({})
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateGroup {
    log_group_name: String,
    kms_key_id: Option<String>,
    log_group_class: Option<Class>,
    deletion_protection_enabled: Option<bool>,
    #[serde(default)]
    tags: Tags,
}

fn create_group(logs: &mut Logs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: CreateGroup = read("CreateLogGroup", value, CODES)?;
    let name = asked.log_group_name;
    check_name(&name, "logGroupName", |character| {
        character.is_ascii_alphanumeric() || "._-/#".contains(character)
    })?;
    if logs.groups.has(&name) {
        return Err(exists("log group"));
    }
    let mut tags = Tags::new();
    add(&mut tags, tag_list(asked.tags), cx.asked_by).map_err(|fault| wrong_tags(&fault))?;
    let group = LogGroup {
        arn: arn(cx.env, "logs", &format!("log-group:{name}")),
        created: cx.now,
        retention_days: None,
        class: asked.log_group_class.unwrap_or_default(),
        kms_key: asked.kms_key_id,
        deletion_protection: asked.deletion_protection_enabled.unwrap_or(false),
        tags,
        name: name.clone(),
    };
    logs.groups.put(cx, &name, group);
    Ok(nothing())
}

/// 1 to 512 characters, each of which is `fine`.
fn check_name(name: &str, member: &str, fine: impl Fn(char) -> bool) -> Result<(), ApiError> {
    let length = name.chars().count();
    if (1..=512).contains(&length) && name.chars().all(fine) {
        return Ok(());
    }
    Err(invalid(format!(
        "1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint"
    )))
}

fn tag_list(tags: Tags) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag { key, value }).collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DescribeGroups {
    log_group_name_prefix: Option<String>,
    log_group_name_pattern: Option<String>,
    log_group_class: Option<Class>,
    #[serde(default)]
    log_group_identifiers: Vec<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

fn describe_groups(logs: &mut Logs, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: DescribeGroups = read("DescribeLogGroups", value, CODES)?;
    let (prefix, pattern) = (&asked.log_group_name_prefix, &asked.log_group_name_pattern);
    if prefix.is_some() && pattern.is_some() {
        return Err(invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    let pattern = pattern.as_ref().map(|pattern| pattern.to_lowercase());
    let identifiers = &asked.log_group_identifiers;
    let wanted = |group: &&LogGroup| {
        prefix.as_ref().is_none_or(|prefix| group.name.starts_with(prefix.as_str()))
            && pattern.as_ref().is_none_or(|part| group.name.to_lowercase().contains(part.as_str()))
            && asked.log_group_class.is_none_or(|class| class == group.class)
            && (identifiers.is_empty()
                || identifiers.iter().any(|one| *one == group.name || *one == group.arn))
    };
    let groups = logs.groups.values().filter(wanted).map(show_group).collect();
    answer("logGroups", groups, asked.next_token.as_deref(), asked.limit)
}

fn answer(
    member: &str,
    items: Vec<Value>,
    token: Option<&str>,
    limit: Option<usize>,
) -> Result<Value, ApiError> {
    let size = limit.unwrap_or(50);
    if !(1..=50).contains(&size) {
        return Err(invalid("limit must be between 1 and 50"));
    }
    let page = page(items, token, size);
    let page = page.ok_or_else(|| invalid("The specified nextToken is invalid."))?;
    Ok(present(json!({member: page.items, "nextToken": page.next})))
}

fn show_group(group: &LogGroup) -> Value {
    present(json!({
        "logGroupName": group.name,
        "creationTime": group.created.millis(),
        "retentionInDays": group.retention_days,
        "metricFilterCount": 0,
        "arn": format!("{}:*", group.arn),
        "storedBytes": 0,
        "kmsKeyId": group.kms_key,
        "logGroupClass": group.class,
        "logGroupArn": group.arn,
        "deletionProtectionEnabled": group.deletion_protection,
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Group {
    log_group_name: String,
}

fn delete_group(logs: &mut Logs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Group = read("DeleteLogGroup", value, CODES)?;
    let name = asked.log_group_name;
    let group = logs.groups.get(&name).ok_or_else(no_group)?;
    if group.deletion_protection {
        let message = "The log group has deletion protection enabled and cannot be deleted.";
        return Err(ApiError::new("ValidationException", 400, message));
    }
    logs.groups.remove(cx, &name);
    let streams = logs.streams.iter().filter(|(_, stream)| stream.group == name);
    let streams: Vec<String> = streams.map(|(id, _)| id.to_owned()).collect();
    for id in streams {
        logs.written.remove(&id);
        logs.streams.remove(cx, &id);
    }
    Ok(nothing())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PutRetention {
    log_group_name: String,
    retention_in_days: u32,
}

const RETENTIONS: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

fn put_retention(logs: &mut Logs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: PutRetention = read("PutRetentionPolicy", value, CODES)?;
    let days = asked.retention_in_days;
    if !RETENTIONS.contains(&days) {
        let set: Vec<String> = RETENTIONS.iter().map(u32::to_string).collect();
        return Err(invalid(format!(
            "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy \
             constraint: Member must satisfy enum value set: [{}]",
            set.join(", ")
        )));
    }
    let set = |group: &mut LogGroup| group.retention_days = Some(days);
    logs.groups.change(cx, &asked.log_group_name, set).ok_or_else(no_group)?;
    Ok(nothing())
}

fn delete_retention(logs: &mut Logs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Group = read("DeleteRetentionPolicy", value, CODES)?;
    let clear = |group: &mut LogGroup| group.retention_days = None;
    logs.groups.change(cx, &asked.log_group_name, clear).ok_or_else(no_group)?;
    Ok(nothing())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PutProtection {
    log_group_identifier: String,
    deletion_protection_enabled: bool,
}

fn put_protection(logs: &mut Logs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: PutProtection = read("PutLogGroupDeletionProtection", value, CODES)?;
    let on = asked.deletion_protection_enabled;
    let name = name_of(&asked.log_group_identifier).to_owned();
    let set = |group: &mut LogGroup| group.deletion_protection = on;
    logs.groups.change(cx, &name, set).ok_or_else(no_group)?;
    Ok(nothing())
}

/// The name in an ARN, with or without `:*`, or the name itself.
pub(super) fn name_of(identifier: &str) -> &str {
    let name = identifier.split_once(":log-group:").map_or(identifier, |(_, name)| name);
    name.strip_suffix(":*").unwrap_or(name)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AssociateKey {
    log_group_name: String,
    kms_key_id: String,
}

fn associate_key(logs: &mut Logs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: AssociateKey = read("AssociateKmsKey", value, CODES)?;
    let set = |group: &mut LogGroup| group.kms_key = Some(asked.kms_key_id);
    logs.groups.change(cx, &asked.log_group_name, set).ok_or_else(no_group)?;
    Ok(nothing())
}

fn disassociate_key(logs: &mut Logs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Group = read("DisassociateKmsKey", value, CODES)?;
    let clear = |group: &mut LogGroup| group.kms_key = None;
    logs.groups.change(cx, &asked.log_group_name, clear).ok_or_else(no_group)?;
    Ok(nothing())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Stream {
    log_group_name: String,
    log_stream_name: String,
}

impl Stream {
    fn id(&self) -> String {
        format!("{}:{}", self.log_group_name, self.log_stream_name)
    }
}

fn create_stream(logs: &mut Logs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Stream = read("CreateLogStream", value, CODES)?;
    check_name(&asked.log_stream_name, "logStreamName", |character| {
        !matches!(character, ':' | '*')
    })?;
    if !logs.groups.has(&asked.log_group_name) {
        return Err(no_group());
    }
    let id = asked.id();
    if logs.streams.has(&id) {
        return Err(exists("log stream"));
    }
    let (group, name) = (asked.log_group_name, asked.log_stream_name);
    logs.streams.put(cx, &id, LogStream { group, name, created: cx.now });
    Ok(nothing())
}

fn delete_stream(logs: &mut Logs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Stream = read("DeleteLogStream", value, CODES)?;
    if !logs.groups.has(&asked.log_group_name) {
        return Err(no_group());
    }
    logs.streams.remove(cx, &asked.id()).ok_or_else(no_stream)?;
    logs.written.remove(&asked.id());
    Ok(nothing())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DescribeStreams {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name_prefix: Option<String>,
    order_by: Option<String>,
    #[serde(default)]
    descending: bool,
    next_token: Option<String>,
    limit: Option<usize>,
}

/// No stream has events here, so the order by last event is that of names.
fn describe_streams(logs: &mut Logs, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: DescribeStreams = read("DescribeLogStreams", value, CODES)?;
    let group = match (&asked.log_group_name, &asked.log_group_identifier) {
        (Some(name), None) => name.as_str(),
        (None, Some(identifier)) => name_of(identifier),
        _ => return Err(invalid("Give either logGroupName or logGroupIdentifier.")),
    };
    let by_event = match asked.order_by.as_deref() {
        None | Some("LogStreamName") => false,
        Some("LastEventTime") => true,
        Some(_) => return Err(invalid("orderBy must be LogStreamName or LastEventTime")),
    };
    let prefix = asked.log_stream_name_prefix.as_deref();
    if by_event && prefix.is_some() {
        return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let group = logs.groups.get(group).ok_or_else(no_group)?;
    let wanted = |stream: &&LogStream| {
        stream.group == group.name && stream.name.starts_with(prefix.unwrap_or_default())
    };
    let shown = |stream: &LogStream| {
        json!({
            "logStreamName": stream.name,
            "creationTime": stream.created.millis(),
            "arn": format!("{}:log-stream:{}", group.arn, stream.name),
            "storedBytes": 0,
        })
    };
    let mut streams: Vec<Value> = logs.streams.values().filter(wanted).map(shown).collect();
    if asked.descending {
        streams.reverse();
    }
    answer("logStreams", streams, asked.next_token.as_deref(), asked.limit)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PutTags {
    resource_arn: String,
    tags: Tags,
}

fn tag(logs: &mut Logs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: PutTags = read("TagResource", value, CODES)?;
    let name = name_of(&asked.resource_arn).to_owned();
    let by = cx.asked_by;
    let put = |group: &mut LogGroup| add(&mut group.tags, tag_list(asked.tags), by);
    let added = logs.groups.change(cx, &name, put).ok_or_else(no_group)?;
    added.map(|()| nothing()).map_err(|fault| wrong_tags(&fault))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TakeTags {
    resource_arn: String,
    tag_keys: Vec<String>,
}

fn untag(logs: &mut Logs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: TakeTags = read("UntagResource", value, CODES)?;
    let name = name_of(&asked.resource_arn).to_owned();
    let by = cx.asked_by;
    let take = |group: &mut LogGroup| remove(&mut group.tags, &asked.tag_keys, by);
    let taken = logs.groups.change(cx, &name, take).ok_or_else(no_group)?;
    taken.map(|()| nothing()).map_err(|fault| wrong_tags(&fault))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListTags {
    resource_arn: String,
}

fn list_tags(logs: &mut Logs, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: ListTags = read("ListTagsForResource", value, CODES)?;
    let group = logs.groups.get(name_of(&asked.resource_arn)).ok_or_else(no_group)?;
    Ok(json!({"tags": group.tags}))
}
