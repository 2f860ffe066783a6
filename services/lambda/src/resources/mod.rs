//! The CloudFormation types of Lambda.

mod alias;
mod event_invoke_config;
mod function;
mod permission;
mod table;
mod url;
mod version;

use standin_kernel::resource::{Job, Progress, ResourceType};
use standin_kernel::{ServiceName, Value, json};

pub(crate) const ALL: &[&dyn ResourceType] = &[
    &function::Function,
    &permission::Permission,
    &url::Url,
    &version::Version,
    &alias::Alias,
    &event_invoke_config::EventInvokeConfig,
];

fn call(operation: &'static str, input: Value, step: u32) -> Progress {
    let context = Value::Null;
    Progress::Call { service: ServiceName::Lambda, operation, input, step, context }
}

fn refused(error: &standin_kernel::ApiError) -> Progress {
    Progress::refused(error, "Lambda")
}

/// The properties that are there, under the same names.
fn some(properties: &Value, names: &[&str]) -> Value {
    let mut input = json!({});
    for name in names {
        if !properties[*name].is_null() {
            input[*name] = properties[*name].clone();
        }
    }
    input
}

/// One call deletes it; one that is gone is deleted.
fn delete(job: &Job<'_>, operation: &'static str, input: Value) -> Progress {
    match job.reply {
        None => call(operation, input, 1),
        Some(Err(error)) if error.code != "ResourceNotFoundException" => refused(error),
        Some(_) => Progress::done(job.physical_id.unwrap_or_default(), []),
    }
}

/// A text of a reply.
fn text(reply: &Value, name: &str) -> String {
    reply[name].as_str().unwrap_or_default().to_owned()
}
