//! How events are tried and where their results go (LAM-AS-01, LAM-AS-02, LAM-AS-05).

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, json};

use super::name::Named;
use super::{nothing, present, read};
use crate::Lambda;
use crate::error::{invalid, not_found, validation};
use crate::state::{EventInvoke, Function, LATEST};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Given {
    function_name: String,
    qualifier: Option<String>,
    maximum_retry_attempts: Option<i64>,
    maximum_event_age_in_seconds: Option<i64>,
    destination_config: Option<Destinations>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
struct Destinations {
    on_success: Option<Destination>,
    on_failure: Option<Destination>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
struct Destination {
    destination: Option<String>,
}

impl Given {
    fn apply(self, settings: &mut EventInvoke) -> Result<(), ApiError> {
        if let Some(retries) = self.maximum_retry_attempts {
            settings.retries = Some(bounded(retries, "maximumRetryAttempts", 0, 2)?);
        }
        if let Some(age) = self.maximum_event_age_in_seconds {
            settings.age_s = Some(bounded(age, "maximumEventAgeInSeconds", 60, 21_600)?);
        }
        let Some(destinations) = self.destination_config else { return Ok(()) };
        settings.on_success = checked(destinations.on_success)?;
        settings.on_failure = checked(destinations.on_failure)?;
        Ok(())
    }
}

/// Functions can be destinations here; queues, topics, buses and buckets cannot.
fn checked(destination: Option<Destination>) -> Result<Option<String>, ApiError> {
    let arn = destination.and_then(|one| one.destination).filter(|arn| !arn.is_empty());
    let Some(arn) = arn else { return Ok(None) };
    if arn.contains(":lambda:") && arn.contains(":function:") {
        return Ok(Some(arn));
    }
    Err(invalid(format!("Standin's destinations are Lambda functions, not {arn}")))
}

fn bounded(value: i64, member: &str, least: u32, most: u32) -> Result<u32, ApiError> {
    match u32::try_from(value) {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => {
            let constraint = format!("Member must have value between {least} and {most}");
            Err(validation(&value.to_string(), member, &constraint))
        }
    }
}

/// Replaces all settings: what is left out goes back to its default.
pub(super) fn put(lambda: &mut Lambda, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    set(lambda, cx, read("PutFunctionEventInvokeConfig", value)?, false)
}

pub(super) fn update(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    set(lambda, cx, read("UpdateFunctionEventInvokeConfig", value)?, true)
}

fn set(lambda: &mut Lambda, cx: &mut Cx<'_>, given: Given, keeps: bool) -> Result<Value, ApiError> {
    let named = Named::read(&given.function_name, given.qualifier.as_deref())?;
    let qualifier = named.qualifier.clone().unwrap_or_else(|| LATEST.to_owned());
    let modified = cx.now;
    let arn = named.arn(cx);
    let function = lambda.named_mut(cx, &named)?;
    let before = function.event_invoke.get(&qualifier).cloned();
    let mut settings = match (before, keeps) {
        (None, true) => return Err(no_config(&arn)),
        (Some(before), true) => before,
        (_, false) => {
            EventInvoke { retries: None, age_s: None, on_success: None, on_failure: None, modified }
        }
    };
    settings.modified = modified;
    given.apply(&mut settings)?;
    let shown = show(function, &qualifier, &settings);
    function.event_invoke.insert(qualifier, settings);
    function.store(cx);
    Ok(shown)
}

fn show(function: &Function, qualifier: &str, settings: &EventInvoke) -> Value {
    let destination = |arn: &Option<String>| match arn {
        Some(arn) => json!({"Destination": arn}),
        None => json!({}),
    };
    present(json!({
        "FunctionArn": function.qualified_arn(Some(qualifier)),
        "LastModified": settings.modified.millis() / 1000,
        "MaximumRetryAttempts": settings.retries,
        "MaximumEventAgeInSeconds": settings.age_s,
        "DestinationConfig": {
            "OnSuccess": destination(&settings.on_success),
            "OnFailure": destination(&settings.on_failure),
        },
    }))
}

fn no_config(arn: &str) -> ApiError {
    not_found(format!("The function {arn} doesn't have an EventInvokeConfig"))
}

pub(super) fn get(lambda: &mut Lambda, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Given = read("GetFunctionEventInvokeConfig", value)?;
    let named = Named::read(&asked.function_name, asked.qualifier.as_deref())?;
    let function = lambda.named(cx, &named)?;
    let qualifier = named.qualifier.as_deref().unwrap_or(LATEST);
    let settings = function.event_invoke.get(qualifier);
    let settings = settings.ok_or_else(|| no_config(&named.arn(cx)))?;
    Ok(show(function, qualifier, settings))
}

pub(super) fn delete(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Given = read("DeleteFunctionEventInvokeConfig", value)?;
    let named = Named::read(&asked.function_name, asked.qualifier.as_deref())?;
    let arn = named.arn(cx);
    let function = lambda.named_mut(cx, &named)?;
    let qualifier = named.qualifier.as_deref().unwrap_or(LATEST);
    function.event_invoke.remove(qualifier).ok_or_else(|| no_config(&arn))?;
    function.store(cx);
    nothing()
}

pub(super) fn shown(function: &Function) -> Vec<Value> {
    function.event_invoke.iter().map(|(qualifier, one)| show(function, qualifier, one)).collect()
}
