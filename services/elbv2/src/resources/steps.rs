//! What the types have in common: calls one after the other, tags, attributes, generated names.

use standin_kernel::resource::{Call, Job, Kind, Progress, Property};
use standin_kernel::{ApiError, Duration, ServiceName, Value, json};

/// As resource handlers name the service.
const SERVICE: &str = "ElasticLoadBalancingV2";

pub(super) const TAG: &[Property] =
    &[Property::new("Key", Kind::Text).required(), Property::new("Value", Kind::Text)];

pub(super) const ATTRIBUTE: &[Property] =
    &[Property::new("Key", Kind::Text), Property::new("Value", Kind::Text)];

pub(super) fn call(operation: &'static str, input: Value, step: u32) -> Progress {
    Progress::Call { service: ServiceName::Elbv2, operation, input, step, context: Value::Null }
}

/// Comes back at `step`; from here on the resource has its id.
pub(super) fn known(physical_id: String, step: u32) -> Progress {
    Progress::Wait {
        after: Duration::ZERO,
        step,
        context: Value::Null,
        physical_id: Some(physical_id),
    }
}

/// Makes the next of the calls, which begin at step `first`; `then` comes after the last.
pub(super) fn go_on(
    job: &Job<'_>,
    first: u32,
    calls: Vec<Call>,
    then: impl FnOnce() -> Progress,
) -> Progress {
    job.go_on(ServiceName::Elbv2, first, calls, then)
}

pub(super) fn refused(error: &ApiError) -> Progress {
    Progress::refused(error, SERVICE)
}

/// Deletes by one call; what is gone already is deleted.
pub(super) fn delete(job: &Job<'_>, operation: &'static str, member: &str) -> Progress {
    let arn = job.physical_id.unwrap_or_default();
    match (job.step, job.reply) {
        (0, _) => call(operation, json!({member: arn}), 1),
        (_, Some(Err(error))) if !error.code.ends_with("NotFound") => refused(error),
        _ => Progress::done(arn, []),
    }
}

/// The properties of these names that are there, as members of an operation's input.
pub(super) fn members(properties: &Value, names: &[&str]) -> Value {
    let mut input = json!({});
    for name in names {
        if !properties[*name].is_null() {
            input[*name] = properties[*name].clone();
        }
    }
    input
}

/// The calls that bring tags from what they were to what they are to be.
pub(super) fn tag_calls(job: &Job<'_>, arn: &str) -> Vec<Call> {
    let (had, has) = (&job.previous.unwrap_or(&Value::Null)["Tags"], &job.properties["Tags"]);
    if had == has {
        return Vec::new();
    }
    let mut calls = Vec::new();
    let gone = job.tag_keys_gone("Tags");
    if !gone.is_empty() {
        calls.push(("RemoveTags", json!({"ResourceArns": [arn], "TagKeys": gone})));
    }
    if has.as_array().is_some_and(|tags| !tags.is_empty()) {
        calls.push(("AddTags", json!({"ResourceArns": [arn], "Tags": has})));
    }
    calls
}

/// The attributes to set: all that are there, and the defaults of those that are there no more.
pub(super) fn attributes(
    job: &Job<'_>,
    property: &str,
    default_of: fn(&str) -> Option<&'static str>,
) -> Option<Value> {
    let (had, has) = (&job.previous.unwrap_or(&Value::Null)[property], &job.properties[property]);
    if had == has {
        return None;
    }
    let mut pairs = has.as_array().cloned().unwrap_or_default();
    let gone: Vec<Value> = had
        .as_array()
        .into_iter()
        .flatten()
        .filter(|old| !pairs.iter().any(|pair| pair["Key"] == old["Key"]))
        .filter_map(|old| {
            let key = old["Key"].as_str()?;
            Some(json!({"Key": key, "Value": default_of(key)?}))
        })
        .collect();
    pairs.extend(gone);
    if pairs.is_empty() { None } else { Some(pairs.into()) }
}

/// A generated name in at most 32 characters: `stack-logica-1AB2C3D4E5F6G`.
pub(super) fn generated_name(job: &Job<'_>) -> String {
    const PART_MAX: usize = 6;
    let (_, random) = job.generated_name.rsplit_once('-').unwrap_or(("", job.generated_name));
    let part = |text: &str| {
        let part: String = text.chars().take(PART_MAX).collect();
        part.trim_end_matches('-').to_owned()
    };
    format!("{}-{}-{random}", part(job.stack_name), part(job.logical_id))
}

/// What stands behind the last colon of an ARN.
pub(super) fn resource_of(arn: &str) -> &str {
    arn.rsplit_once(':').map_or("", |(_, resource)| resource)
}
