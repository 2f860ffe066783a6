//! `PutBucketCors` and what goes with it.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use super::{BucketOnly, nothing};
use crate::data::cors::CorsRule;
use crate::error::{Refusal, Result};
use crate::state::State;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    #[serde(rename = "Bucket")]
    bucket: String,
    #[serde(rename = "CORSConfiguration")]
    configuration: Configuration,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    #[serde(rename = "CORSRules")]
    rules: Vec<CorsRule>,
}

const RULES_MAX: usize = 100;

pub(super) fn put(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Put = input("PutBucketCors", value)?;
    let rules = asked.configuration.rules;
    if rules.is_empty() || rules.len() > RULES_MAX {
        let message =
            format!("A CORS configuration has 1 to {RULES_MAX} rules, not {}", rules.len());
        return Err(ApiError::new("MalformedXML", 400, message));
    }
    rules.iter().try_for_each(CorsRule::check)?;
    state.change(cx, &asked.bucket, |settings| {
        settings.cors = rules;
        Ok(())
    })?;
    nothing()
}

pub(super) fn get(state: &mut State, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("GetBucketCors", value)?;
    let rules = &state.bucket(&asked.bucket)?.settings.cors;
    if rules.is_empty() {
        let message = "The CORS configuration does not exist";
        return Err(Refusal::new("NoSuchCORSConfiguration", 404, message).into());
    }
    Ok(json!({"CORSRules": rules}))
}

pub(super) fn delete(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("DeleteBucketCors", value)?;
    state.change(cx, &asked.bucket, |settings| {
        settings.cors.clear();
        Ok(())
    })?;
    nothing()
}
