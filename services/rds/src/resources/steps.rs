//! What the types have in common: calls one after the other, tags, generated names.

use standin_kernel::resource::{Call, Job, Kind, Progress, Property};
use standin_kernel::{ApiError, Duration, ServiceName, Value, json};

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
    job.go_on(ServiceName::Rds, first, calls, then)
}

pub(super) fn refused(error: &ApiError) -> Progress {
    Progress::refused(error, "Rds")
}

/// The calls that bring tags from what they were to what they are to be.
pub(super) fn tag_calls(job: &Job<'_>, kind: &str) -> Vec<Call> {
    let (had, has) = (&job.previous.unwrap_or(&Value::Null)["Tags"], &job.properties["Tags"]);
    if had == has {
        return Vec::new();
    }
    let id = job.physical_id.unwrap_or_default();
    let arn = format!("arn:aws:rds:{}:{}:{kind}:{id}", job.region, job.account);
    let gone = job.tag_keys_gone("Tags");
    let mut calls = Vec::new();
    if !gone.is_empty() {
        calls.push(("RemoveTagsFromResource", json!({"ResourceName": arn, "TagKeys": gone})));
    }
    if has.as_array().is_some_and(|tags| !tags.is_empty()) {
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
        _ => Progress::done(id, []),
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
