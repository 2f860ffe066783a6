//! STS: who is calling. Everybody is the account's root here.

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, json};

use crate::operation::{Codes, Operations, read};

/// STS keeps nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sts;

pub(crate) const OPERATIONS: Operations<Sts> =
    &[("GetCallerIdentity", get_caller_identity), ("GetAccessKeyInfo", get_access_key_info)];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

fn get_caller_identity(_: &mut Sts, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let Nothing {} = read("GetCallerIdentity", value, Codes::all("ValidationError"))?;
    let account = &cx.env.account;
    let arn = format!("arn:aws:iam::{account}:root");
    Ok(json!({"UserId": account, "Account": account, "Arn": arn}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct AccessKey {
    access_key_id: String,
}

/// Every key is the account's own.
fn get_access_key_info(_: &mut Sts, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: AccessKey = read("GetAccessKeyInfo", value, Codes::all("ValidationError"))?;
    let length = asked.access_key_id.len();
    if !(16..=128).contains(&length) {
        let message = "AccessKeyId must have 16 to 128 characters";
        return Err(ApiError::new("ValidationError", 400, message));
    }
    Ok(json!({"Account": cx.env.account}))
}
