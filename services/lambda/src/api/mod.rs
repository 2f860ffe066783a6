//! The operations, by AWS's names.
//!
//! Code is not here. Whoever calls with a zip has stored it before and names it in the member
//! `Code: {Standin: {Blob: SHA-256, Length: bytes}}` (`Standin` beside the name for
//! `UpdateFunctionCode`); a template's inline source is `Standin: {Source: text}`, its hint
//! `Standin: {Local: {..}}`, or `Standin: {Hint: {..}}` when the code is elsewhere. An event or a
//! result is the text `Payload`, or `PayloadBase64` when it is not UTF-8.

mod account;
mod alias;
mod code;
mod concurrency;
mod event_invoke;
mod function;
pub(crate) mod invoke;
mod list;
pub(crate) mod name;
pub(crate) mod needs;
mod permission;
mod runtime;
mod settings;
mod show;
mod tag;
mod url;
mod version;

use serde::de::DeserializeOwned;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Heard, Value, json};

use crate::Lambda;

type Operation = fn(&mut Lambda, &mut Cx<'_>, &Value) -> Result<Value, ApiError>;
type Knowing = fn(&mut Lambda, &mut Cx<'_>, &Value, &[Heard]) -> Result<Value, ApiError>;

/// Carries out an operation that is answered at once.
pub(crate) fn call(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    operation: &str,
    input: &Value,
    heard: &[Heard],
) -> Result<Value, ApiError> {
    if let Some((_, carry_out)) = KNOWING.iter().find(|(name, _)| *name == operation) {
        return carry_out(lambda, cx, input, heard);
    }
    let known = OPERATIONS.iter().find(|(name, _)| *name == operation);
    let unknown = || ApiError::unsupported_operation("lambda", operation);
    let (_, carry_out) = known.ok_or_else(unknown)?;
    carry_out(lambda, cx, input)
}

/// Those that have to know a role or an object.
const KNOWING: &[(&str, Knowing)] = &[
    ("CreateFunction", function::create),
    ("UpdateFunctionCode", function::update_code),
    ("UpdateFunctionConfiguration", function::update_configuration),
];

const OPERATIONS: &[(&str, Operation)] = &[
    ("GetFunction", function::get),
    ("GetFunctionConfiguration", function::get_configuration),
    ("DeleteFunction", function::delete),
    ("ListFunctions", list::functions),
    ("PublishVersion", version::publish),
    ("ListVersionsByFunction", list::versions),
    ("CreateAlias", alias::create),
    ("GetAlias", alias::get),
    ("UpdateAlias", alias::update),
    ("DeleteAlias", alias::delete),
    ("ListAliases", list::aliases),
    ("AddPermission", permission::add),
    ("RemovePermission", permission::remove),
    ("GetPolicy", permission::get),
    ("PutFunctionConcurrency", concurrency::put),
    ("GetFunctionConcurrency", concurrency::get),
    ("DeleteFunctionConcurrency", concurrency::delete),
    ("CreateFunctionUrlConfig", url::create),
    ("GetFunctionUrlConfig", url::get),
    ("UpdateFunctionUrlConfig", url::update),
    ("DeleteFunctionUrlConfig", url::delete),
    ("ListFunctionUrlConfigs", list::urls),
    ("PutFunctionEventInvokeConfig", event_invoke::put),
    ("UpdateFunctionEventInvokeConfig", event_invoke::update),
    ("GetFunctionEventInvokeConfig", event_invoke::get),
    ("DeleteFunctionEventInvokeConfig", event_invoke::delete),
    ("ListFunctionEventInvokeConfigs", list::event_invokes),
    ("TagResource", tag::tag),
    ("UntagResource", tag::untag),
    ("ListTags", tag::list),
    ("GetAccountSettings", account::settings),
];

/// Reads an operation's input, refusing in Lambda's words.
fn read<T: DeserializeOwned>(operation: &str, value: &Value) -> Result<T, ApiError> {
    input(operation, value)
        .map_err(|error| ApiError::new("InvalidParameterValueException", 400, error.message))
}

/// The output of operations that have nothing to say.
fn nothing() -> Result<Value, ApiError> {
    Ok(json!({}))
}

/// Drops the members of an object that are `null`.
fn present(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}
