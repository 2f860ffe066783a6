//! The calls that make a resource's tags those of the template.

use standin_kernel::resource::Job;
use standin_kernel::{Value, json};

use super::names::api;

/// The operations that lead from the tags of before to the wanted ones.
pub(super) fn calls(job: &Job<'_>, arn: &str) -> Vec<(&'static str, Value)> {
    let (before, wanted) =
        (job.previous.map_or(&Value::Null, |old| &old["Tags"]), &job.properties["Tags"]);
    let mut calls = Vec::new();
    let named = |tags: &Value, key: &Value| {
        tags.as_array().into_iter().flatten().any(|tag| tag["Key"] == *key)
    };
    let gone: Vec<&Value> = before
        .as_array()
        .into_iter()
        .flatten()
        .map(|tag| &tag["Key"])
        .filter(|key| !named(wanted, key))
        .collect();
    if !gone.is_empty() {
        calls.push(("UntagResource", json!({"resourceArn": arn, "tagKeys": gone})));
    }
    if wanted != before && wanted.as_array().is_some_and(|tags| !tags.is_empty()) {
        calls.push(("TagResource", json!({"resourceArn": arn, "tags": api(wanted)})));
    }
    calls
}
