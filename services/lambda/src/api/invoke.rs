//! `Invoke`: in step, as an event, or only asking whether it may (LAM-IN-01 to LAM-IN-08).

use serde::Deserialize;
use standin_kernel::{ApiError, CallId, Cx, Value, ids, json};

use super::name::Named;
use super::read;
use crate::Lambda;
use crate::data::event_queue::Event;
use crate::data::invocation::{Invocation, Waiter};
use crate::data::policy::Asker;
use crate::error::{access_denied, conflict, too_large};
use crate::state::Function;
use standin_kernel::base64;

/// Largest event in step, and in the queue, in bytes (LAM-IN-03).
const SYNC_BYTES_MAX: usize = 6_291_556;
const ASYNC_BYTES_MAX: usize = 1024 * 1024;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Asked {
    function_name: String,
    qualifier: Option<String>,
    #[serde(default)]
    invocation_type: Kind,
    log_type: Option<LogType>,
    client_context: Option<String>,
    payload: Option<Value>,
    /// The payload, when it is not UTF-8.
    payload_base64: Option<String>,
    /// The service that invokes, instead of the account.
    standin: Option<Asking>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
enum Kind {
    #[default]
    RequestResponse,
    Event,
    DryRun,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum LogType {
    None,
    Tail,
}

/// A service by its principal, on behalf of a resource.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Asking {
    principal: String,
    source_arn: String,
}

/// `None`: the reply comes when the run has ended.
pub(crate) fn invoke(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    call: CallId,
    value: &Value,
) -> Option<Result<Value, ApiError>> {
    match begin(lambda, cx, call, value) {
        Ok(None) => None,
        Ok(Some(reply)) => Some(Ok(reply)),
        Err(error) => Some(Err(error)),
    }
}

/// Only asks whether it may: `InvocationType` is `DryRun`.
pub(crate) fn dry_run(lambda: &Lambda, cx: &Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Asked = read("Invoke", value)?;
    if asked.invocation_type != Kind::DryRun {
        return Err(ApiError::unsupported_operation("lambda", "Invoke"));
    }
    let named = Named::read(&asked.function_name, asked.qualifier.as_deref())?;
    permitted(lambda, cx, &asked, &named)?;
    Ok(json!({"StatusCode": 204}))
}

/// The function, if who asks may invoke it.
fn permitted<'l>(
    lambda: &'l Lambda,
    cx: &Cx<'_>,
    asked: &Asked,
    named: &Named,
) -> Result<&'l Function, ApiError> {
    let function = lambda.named(cx, named)?;
    if let Some(asking) = &asked.standin {
        let asker = Asker {
            principal: &asking.principal,
            source_arn: Some(&asking.source_arn),
            action: "lambda:InvokeFunction",
            url_auth_type: None,
        };
        if !function.permits(cx.env, named.qualifier.as_deref(), asker) {
            let message = format!(
                "{} is not authorized to perform: lambda:InvokeFunction on resource: {}",
                asking.principal,
                named.arn(cx)
            );
            return Err(access_denied(message));
        }
    }
    Ok(function)
}

fn begin(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    call: CallId,
    value: &Value,
) -> Result<Option<Value>, ApiError> {
    let asked: Asked = read("Invoke", value)?;
    let named = Named::read(&asked.function_name, asked.qualifier.as_deref())?;
    let function = permitted(lambda, cx, &asked, &named)?;
    let payload = payload(&asked)?;
    let limit = match asked.invocation_type {
        Kind::Event => ASYNC_BYTES_MAX,
        Kind::RequestResponse | Kind::DryRun => SYNC_BYTES_MAX,
    };
    if payload.len() > limit {
        let operation = match asked.invocation_type {
            Kind::Event => "InvokeAsync",
            Kind::RequestResponse | Kind::DryRun => "Invoke",
        };
        let message =
            format!("Request must be smaller than {limit} bytes for the {operation} operation");
        return Err(too_large(message));
    }
    if asked.invocation_type == Kind::DryRun {
        return Ok(Some(json!({"StatusCode": 204})));
    }
    if asked.invocation_type == Kind::Event {
        let id = ids::uuid(cx.rng);
        let event = Event {
            id: id.clone(),
            function: named.name,
            qualifier: named.qualifier,
            payload,
            client_context: asked.client_context,
            received: cx.now,
            runs: 0,
            throttles: 0,
            due: cx.now,
            chain: 0,
        };
        lambda.enqueue(cx, event);
        let own = json!({"RequestId": id});
        return Ok(Some(json!({"StatusCode": 202, "Payload": "", "Standin": own})));
    }
    let arn = function.qualified_arn(named.qualifier.as_deref());
    let Some(config) = function.resolve(cx, named.qualifier.as_deref()).cloned() else {
        return Err(crate::error::no_function(&named.arn(cx)));
    };
    if config.new && config.settles > cx.now {
        return Err(conflict(
            "The operation cannot be performed at this time. The function is currently in the \
             following state: Pending",
        ));
    }
    let mut invocation = Invocation::new(cx, &config, arn, payload.into());
    invocation.waiter = Waiter::Call(call);
    invocation.tail = asked.log_type == Some(LogType::Tail);
    invocation.client_context = asked.client_context;
    lambda.begin(cx, invocation).map_err(|refusal| refusal.error())?;
    Ok(None)
}

/// The event, which must be JSON; nothing stands for an empty object.
fn payload(asked: &Asked) -> Result<String, ApiError> {
    let text = match (&asked.payload, &asked.payload_base64) {
        (Some(Value::String(text)), _) => text.clone(),
        (Some(Value::Null) | None, None) => String::new(),
        (Some(value), _) => value.to_string(),
        (None, Some(encoded)) => {
            String::from_utf8_lossy(&base64::decode(encoded).unwrap_or_default()).into_owned()
        }
    };
    if text.is_empty() {
        return Ok("{}".to_owned());
    }
    match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        Ok(_) => Ok(text),
        Err(wrong) => {
            let message = format!("Could not parse request body into json: {wrong}");
            Err(ApiError::new("InvalidRequestContentException", 400, message))
        }
    }
}
