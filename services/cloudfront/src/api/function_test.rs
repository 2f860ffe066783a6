//! `TestFunction`: runs a function on an event that the caller wrote (CF-FN-17).

use std::sync::Arc;

use serde::Deserialize;
use standin_kernel::evaluation::{FailureKind, KeyValues};
use standin_kernel::{Answer, ApiError, Cx, Evaluated, Evaluation, Heard, Need, Time, Value, json};

use super::document::read;
use super::function::summary;
use crate::error::{check_version, invalid_argument};
use crate::functions::{Function, Stage};
use crate::state::State;
use standin_kernel::base64;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Test {
    name: String,
    if_match: Option<String>,
    #[serde(default)]
    stage: Stage,
    event_object: String,
}

/// The run that is to be made; nothing when the operation is going to be refused.
pub(crate) fn needs(state: &State, value: &Value, heard: &[Heard]) -> Option<Need> {
    if !heard.is_empty() {
        return None;
    }
    let asked: Test = read("TestFunction", value).ok()?;
    let (function, event) = looked_at(state, &asked).ok()?;
    let edition = function.edition(asked.stage).ok()?;
    let store = edition.store_arn().and_then(|arn| state.store_at(arn)).map(|store| {
        Arc::new(KeyValues {
            id: store.settings.id.clone(),
            created: store.settings.created,
            modified: store.settings.data_modified,
            values: store.values.clone(),
        })
    });
    let raw_query = event["request"]["rawQueryString"].as_str().map(str::to_owned);
    Some(Need::Evaluated(Box::new(Evaluation {
        exchange: None,
        program: edition.program(&function.name),
        event: event.into(),
        request_id: None,
        raw_query,
        store,
        edge_location: "NRT57".into(),
        // The engine sets the time when the run begins.
        now: Time::default(),
        seed: 0,
    })))
}

fn looked_at<'s>(state: &'s State, asked: &Test) -> Result<(&'s Function, Value), ApiError> {
    let function = state.function(&asked.name)?;
    check_version(asked.if_match.as_deref(), &function.edition(asked.stage)?.etag)?;
    let wrong = || invalid_argument("The event object is not valid JSON.");
    let bytes = base64::decode_lines(&asked.event_object).ok_or_else(wrong)?;
    let event: Value = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
    let of = &event["context"]["eventType"];
    let shaped = event.is_object()
        && event["request"].is_object()
        && (of != "viewer-response" || event["response"].is_object());
    if !shaped {
        return Err(invalid_argument("The event object has no request or no response."));
    }
    Ok((function, event))
}

pub(super) fn test(
    state: &State,
    cx: &Cx<'_>,
    value: &Value,
    heard: &[Heard],
) -> Result<Value, ApiError> {
    let asked: Test = read("TestFunction", value)?;
    let (function, _) = looked_at(state, &asked)?;
    let Some(Heard { answer: Answer::Evaluated(evaluated), .. }) = heard.first() else {
        return Err(ApiError::new("TestFunctionFailed", 500, "The function could not be run."));
    };
    let Evaluated { result, console, utilization_percent, .. } = &**evaluated;
    let (output, wrong) = match result {
        Ok(output) => (shown(output), String::new()),
        Err(failure) if failure.kind == FailureKind::NoEvaluator => {
            return Err(ApiError::new("TestFunctionFailed", 500, failure.message.clone()));
        }
        Err(failure) => (String::new(), failure.message.clone()),
    };
    Ok(json!({"TestResult": {
        "FunctionSummary": summary(cx.env, function, asked.stage),
        "ComputeUtilization": utilization_percent.to_string(),
        "FunctionExecutionLogs": console,
        "FunctionErrorMessage": wrong,
        "FunctionOutput": output,
    }}))
}

/// As AWS shows it: a changed request, or a response.
fn shown(output: &Value) -> String {
    let member = if output.get("statusCode").is_some() { "response" } else { "request" };
    json!({member: output}).to_string()
}
