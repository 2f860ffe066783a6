//! STS: who is calling. Everybody is the account's root here.

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, json};

use crate::operation::{Codes, Operations, read};

/// STS keeps nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sts;

pub(crate) const OPERATIONS: Operations<Sts> = &[("GetCallerIdentity", get_caller_identity)];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

fn get_caller_identity(_: &mut Sts, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let Nothing {} = read("GetCallerIdentity", value, Codes::all("ValidationError"))?;
    let account = &cx.env.account;
    let arn = format!("arn:aws:iam::{account}:root");
    Ok(json!({"UserId": account, "Account": account, "Arn": arn}))
}
