//! Operations on functions (CF-FN-02, CF-FN-14).

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::evaluation::Language;
use standin_kernel::{ApiError, Cx, Env, Value, json};

use super::document::{Tags, read};
use super::page::Ask;
use super::{location, new_id, nothing, tagging, value_of};
use crate::error::{check_version, invalid, invalid_argument, within};
use crate::functions::{self, Edition, Function, FunctionConfig, Stage};
use crate::state::State;
use standin_kernel::base64;

/// CF-FN-02
const CODE_BYTES_MAX: usize = 10 * 1024;
const FUNCTIONS_MAX: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    name: String,
    function_config: FunctionConfig,
    function_code: String,
    #[serde(default)]
    tags: Tags,
}

pub(super) fn create(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Create = read("CreateFunction", value)?;
    check_entity_name(&asked.name)?;
    if state.functions.contains_key(&asked.name) {
        let message = "A function with the same name already exists in this AWS account.";
        return Err(ApiError::new("FunctionAlreadyExists", 409, message));
    }
    let message = "You have reached the maximum number of CloudFront functions for this account.";
    within(state.functions.len() + 1, FUNCTIONS_MAX, "TooManyFunctions", message)?;
    let development = edition(state, cx, asked.function_config, &asked.function_code)?;
    let tags = tagging::join(BTreeMap::new(), asked.tags)?;
    let function =
        Function { name: asked.name.clone(), created: cx.now, development, live: None, tags };
    function.store(cx);
    cx.log("cloudfront", format!("function {} created", asked.name));
    let answer = json!({
        "FunctionSummary": summary(cx.env, &function, Stage::Development),
        "Location": location(&format!("function/{}", functions::arn(cx.env, &asked.name))),
        "ETag": function.development.etag,
    });
    state.functions.insert(asked.name, function);
    Ok(answer)
}

/// Names of functions and key value stores.
pub(super) fn check_entity_name(name: &str) -> Result<(), ApiError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !(1..=64).contains(&name.len()) || !name.bytes().all(allowed) {
        return Err(invalid_argument("The parameter Name is invalid."));
    }
    Ok(())
}

/// Code and settings that were sent, once they are as they must be.
fn edition(
    state: &State,
    cx: &mut Cx<'_>,
    config: FunctionConfig,
    code: &str,
) -> Result<Edition, ApiError> {
    if config.comment.chars().count() > 128 {
        return Err(invalid_argument("The parameter Comment is too long."));
    }
    let bytes = base64::decode_lines(code);
    let bytes = bytes.ok_or_else(|| invalid_argument("The parameter FunctionCode is invalid."))?;
    if bytes.len() > CODE_BYTES_MAX {
        let message = "The function size is larger than the maximum allowed.";
        return Err(ApiError::new("FunctionSizeLimitExceeded", 413, message));
    }
    let code = String::from_utf8(bytes)
        .map_err(|_| invalid_argument("The parameter FunctionCode is not UTF-8."))?;
    if code.trim().is_empty() {
        return Err(invalid_argument("The parameter FunctionCode is required."));
    }
    let stores = &config.key_value_store_associations;
    if stores.len() > 1 {
        let message = "A function can be associated with one key value store.";
        return Err(invalid_argument(message));
    }
    if stores.len() == 1 && config.runtime == Language::Js10 {
        let message = "Key value store associations need the runtime cloudfront-js-2.0.";
        return Err(invalid_argument(message));
    }
    for one in stores.iter() {
        if state.store_at(&one.key_value_store_arn).is_none() {
            let message =
                format!("The key value store {} does not exist.", one.key_value_store_arn);
            return Err(invalid_argument(message));
        }
    }
    Ok(Edition { etag: new_id(cx), modified: cx.now, config, code })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Update {
    name: String,
    if_match: Option<String>,
    function_config: FunctionConfig,
    function_code: String,
}

pub(super) fn update(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Update = read("UpdateFunction", value)?;
    let etag = &state.function(&asked.name)?.development.etag;
    check_version(asked.if_match.as_deref(), etag)?;
    let development = edition(state, cx, asked.function_config, &asked.function_code)?;
    let Some(function) = state.functions.get_mut(&asked.name) else { return nothing() };
    function.development = development;
    function.store(cx);
    cx.log("cloudfront", format!("function {} updated, not yet published", asked.name));
    Ok(json!({
        "FunctionSummary": summary(cx.env, function, Stage::Development),
        "ETag": function.development.etag,
    }))
}

/// A function in its current version.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Version {
    name: String,
    if_match: Option<String>,
}

/// Distributions have it once they are deployed with it.
pub(super) fn publish(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Version = read("PublishFunction", value)?;
    let etag = &state.function(&asked.name)?.development.etag;
    check_version(asked.if_match.as_deref(), etag)?;
    let Some(function) = state.functions.get_mut(&asked.name) else { return nothing() };
    let live = Edition { etag: new_id(cx), modified: cx.now, ..function.development.clone() };
    function.live = Some(live);
    function.store(cx);
    let answer = json!({"FunctionSummary": summary(cx.env, function, Stage::Live)});
    cx.log("cloudfront", format!("function {} published", asked.name));
    for user in state.users_of_function(&asked.name) {
        state.roll_out(cx, &user)?;
    }
    Ok(answer)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct InStage {
    name: String,
    #[serde(default)]
    stage: Stage,
}

pub(super) fn describe(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: InStage = read("DescribeFunction", value)?;
    let function = state.function(&asked.name)?;
    let etag = &function.edition(asked.stage)?.etag;
    Ok(json!({"FunctionSummary": summary(cx.env, function, asked.stage), "ETag": etag}))
}

pub(super) fn get(state: &mut State, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: InStage = read("GetFunction", value)?;
    let edition = state.function(&asked.name)?.edition(asked.stage)?;
    Ok(json!({
        "FunctionCode": base64::encode(edition.code.as_bytes()),
        "ETag": edition.etag,
        "ContentType": "application/octet-stream",
    }))
}

pub(super) fn delete(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Version = read("DeleteFunction", value)?;
    check_version(asked.if_match.as_deref(), &state.function(&asked.name)?.development.etag)?;
    if !state.users_of_function(&asked.name).is_empty() {
        let message = "Cannot delete the function because it's attached to one or more cache \
                       behaviors.";
        return Err(ApiError::new("FunctionInUse", 409, message));
    }
    state.functions.remove(&asked.name);
    cx.store(functions::RECORD, &asked.name, None);
    cx.log("cloudfront", format!("function {} deleted", asked.name));
    nothing()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    marker: Option<String>,
    max_items: Option<Value>,
    stage: Option<Stage>,
}

/// Of both stages, unless one is asked for.
pub(super) fn list(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let List { marker, max_items, stage } = read("ListFunctions", value)?;
    let stages = match stage {
        Some(stage) => vec![stage],
        None => vec![Stage::Development, Stage::Live],
    };
    let mut all = Vec::new();
    for function in state.functions.values() {
        for stage in &stages {
            if function.edition(*stage).is_ok() {
                all.push((function.name.as_str(), summary(cx.env, function, *stage)));
            }
        }
    }
    let mut page = Ask { marker, max_items }.page(&all)?;
    super::named_list(&mut page);
    Ok(json!({"FunctionList": page}))
}

pub(super) fn summary(env: &Env, function: &Function, stage: Stage) -> Value {
    let Ok(edition) = function.edition(stage) else { return Value::Null };
    let status = match stage {
        Stage::Live => "DEPLOYED",
        Stage::Development => match &function.live {
            Some(live) if live.code == edition.code && live.config == edition.config => {
                "UNASSOCIATED"
            }
            _ => "UNPUBLISHED",
        },
    };
    json!({
        "Name": function.name,
        "Status": status,
        "FunctionConfig": value_of(&edition.config),
        "FunctionMetadata": {
            "FunctionARN": functions::arn(env, &function.name),
            "Stage": stage.as_str(),
            "CreatedTime": function.created.iso8601(),
            "LastModifiedTime": edition.modified.iso8601(),
        },
    })
}

/// `InvalidFunctionAssociation`, AWS's word for a behavior's function that is not there.
pub(crate) fn invalid_association(message: impl Into<String>) -> ApiError {
    invalid("InvalidFunctionAssociation", message)
}
