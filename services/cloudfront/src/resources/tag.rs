//! The property `Tags`.

use standin_kernel::resource::{Job, Kind, Progress, Property};
use standin_kernel::{Value, json};

use super::call;

pub(super) const TAGS: Kind = Kind::List(&Kind::Object(TAG));

const TAG: &[Property] =
    &[Property::new("Key", Kind::Text).required(), Property::new("Value", Kind::Text).required()];

/// Steps of bringing tags in line, of types that have no steps of these numbers.
pub(super) const UNTAGGED: u32 = 16;
pub(super) const TAGGED: u32 = 17;

fn of(properties: &Value) -> Vec<Value> {
    properties["Tags"].as_array().cloned().unwrap_or_default()
}

/// The next call that brings the tags of an updated resource in line, or none. `context` comes back
/// with the reply.
pub(super) fn in_line(job: &Job<'_>, arn: &Value, context: &Value) -> Option<Progress> {
    let (wanted, old) = (of(job.properties), job.previous.map(of).unwrap_or_default());
    let kept = |key: &Value| wanted.iter().any(|tag| tag["Key"] == *key);
    let gone: Vec<Value> =
        old.iter().map(|tag| tag["Key"].clone()).filter(|key| !kept(key)).collect();
    if !gone.is_empty() && !matches!(job.step, UNTAGGED | TAGGED) {
        let input = json!({"Resource": arn, "TagKeys": {"Items": gone}});
        return Some(call("UntagResource", input, UNTAGGED, context.clone()));
    }
    if !wanted.is_empty() && wanted != old && job.step != TAGGED {
        let input = json!({"Resource": arn, "Tags": {"Items": wanted}});
        return Some(call("TagResource", input, TAGGED, context.clone()));
    }
    None
}
