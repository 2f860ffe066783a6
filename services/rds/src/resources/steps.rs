//! What the types have in common: calls one after the other, tags, generated names.

use std::collections::BTreeMap;

use standin_kernel::resource::{Job, Kind, Progress, Property};
use standin_kernel::{ApiError, Duration, ServiceName, Value, json};

/// An operation and its input.
pub(super) type Call = (&'static str, Value);

pub(super) const TAG: &[Property] =
    &[Property::new("Key", Kind::Text).required(), Property::new("Value", Kind::Text)];

pub(super) fn call(operation: &'static str, input: Value, step: u32) -> Progress {
    Progress::Call { service: ServiceName::Rds, operation, input, step, context: Value::Null }
}

/// Comes back at `step` after `after`; from here on the resource has its id.
pub(super) fn wait(physical_id: &str, after: Duration, step: u32) -> Progress {
    let physical_id = Some(physical_id.to_owned());
    Progress::Wait { after, step, context: Value::Null, physical_id }
}

/// Makes the next of the calls, which begin at step `first`; `then` comes after the last.
pub(super) fn go_on(
    job: &Job<'_>,
    first: u32,
    calls: Vec<Call>,
    then: impl FnOnce() -> Progress,
) -> Progress {
    let index = usize::try_from(job.step.saturating_sub(first)).unwrap_or(usize::MAX);
    match calls.into_iter().nth(index) {
        Some((operation, input)) => call(operation, input, job.step + 1),
        None => then(),
    }
}

pub(super) fn done<const N: usize>(id: &str, attributes: [(&str, Value); N]) -> Progress {
    let attributes: BTreeMap<String, Value> =
        attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Progress::Done { physical_id: id.to_owned(), attributes }
}

pub(super) fn refused(error: &ApiError) -> Progress {
    Progress::refused(error, "Rds")
}

/// The template's tags and those CloudFormation adds of its own.
pub(super) fn tags(job: &Job<'_>) -> Value {
    let mut tags = job.properties["Tags"].as_array().cloned().unwrap_or_default();
    let own = [
        ("aws:cloudformation:stack-name", job.stack_name),
        ("aws:cloudformation:stack-id", job.stack_id),
        ("aws:cloudformation:logical-id", job.logical_id),
    ];
    tags.extend(own.map(|(key, value)| json!({"Key": key, "Value": value})));
    tags.into()
}

/// The calls that bring tags from what they were to what they are to be.
pub(super) fn tag_calls(job: &Job<'_>, kind: &str) -> Vec<Call> {
    let (had, has) = (&job.previous.unwrap_or(&Value::Null)["Tags"], &job.properties["Tags"]);
    if had == has {
        return Vec::new();
    }
    let id = job.physical_id.unwrap_or_default();
    let arn = format!("arn:aws:rds:{}:{}:{kind}:{id}", job.region, job.account);
    let keys = |tags: &Value| -> Vec<Value> {
        tags.as_array().into_iter().flatten().map(|tag| tag["Key"].clone()).collect()
    };
    let kept = keys(has);
    let gone: Vec<Value> = keys(had).into_iter().filter(|key| !kept.contains(key)).collect();
    let mut calls = Vec::new();
    if !gone.is_empty() {
        calls.push(("RemoveTagsFromResource", json!({"ResourceName": arn, "TagKeys": gone})));
    }
    if !kept.is_empty() {
        calls.push(("AddTagsToResource", json!({"ResourceName": arn, "Tags": has})));
    }
    calls
}

/// Deletes by one call; what is gone already is deleted.
pub(super) fn delete(job: &Job<'_>, operation: &'static str, member: &str) -> Progress {
    let id = job.physical_id.unwrap_or_default();
    match (job.step, job.reply) {
        (0, _) => call(operation, json!({member: id}), 1),
        (_, Some(Err(error))) if error.status != 404 => refused(error),
        _ => done(id, []),
    }
}

/// A property as text, whatever the template wrote it as.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(u8::from(*yes).to_string()),
        _ => None,
    }
}

/// A generated name as RDS keeps names.
pub(super) fn generated_name(job: &Job<'_>, longest: usize) -> String {
    let name = job.generated_name.to_lowercase();
    let from = name.len().saturating_sub(longest);
    let name =
        name.get(from..).unwrap_or(&name).trim_start_matches(|c: char| !c.is_ascii_lowercase());
    name.to_owned()
}
