//! The CloudFormation types of CloudFront.

mod convert;
mod distribution;
mod function;
mod identity;
mod key_value_store;
mod named;
mod tag;

use standin_kernel::resource::{Job, Progress, ResourceType};
use standin_kernel::{ApiError, ServiceName, Value};

pub(crate) const ALL: &[&dyn ResourceType] = &[
    &distribution::Distribution,
    &function::Function,
    &key_value_store::KeyValueStore,
    &named::CACHE_POLICY,
    &named::ORIGIN_REQUEST_POLICY,
    &named::RESPONSE_HEADERS_POLICY,
    &named::ORIGIN_ACCESS_CONTROL,
    &identity::OriginAccessIdentity,
];

fn call(operation: &'static str, input: Value, step: u32, context: Value) -> Progress {
    Progress::Call { service: ServiceName::CloudFront, operation, input, step, context }
}

/// A refusal in the words of AWS's resource handlers, which put the type in front of most.
fn refused(type_name: &str, error: &ApiError) -> Progress {
    if error.status == 404 {
        return Progress::refused(error, "CloudFront");
    }
    let message = format!("Invalid request provided: {type_name}: {}", error.message);
    let error = ApiError { message, ..error.clone() };
    Progress::refused(&error, "CloudFront")
}

/// Types that take no hint refuse one.
fn without_hint(job: &Job<'_>, type_name: &str) -> Option<Progress> {
    let names = match job.hint {
        Value::Null => return None,
        Value::Object(hint) if hint.is_empty() => return None,
        Value::Object(hint) => hint.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    let message = format!("Metadata Standin of {type_name} takes nothing, not {names}");
    Some(Progress::Failed { message })
}
