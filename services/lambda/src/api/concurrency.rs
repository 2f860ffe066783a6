//! What is reserved of the account's concurrency for a function (LAM-IN-07, LAM-IN-08).

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, json};

use super::name::Named;
use super::{nothing, read};
use crate::Lambda;
use crate::error::validation;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Put {
    function_name: String,
    reserved_concurrent_executions: i64,
}

pub(super) fn put(lambda: &mut Lambda, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Put = read("PutFunctionConcurrency", value)?;
    let named = Named::read(&asked.function_name, None)?;
    lambda.named(cx, &named)?;
    let Ok(wanted) = u32::try_from(asked.reserved_concurrent_executions) else {
        let text = asked.reserved_concurrent_executions.to_string();
        let constraint = "Member must have value greater than or equal to 0";
        return Err(validation(&text, "reservedConcurrentExecutions", constraint));
    };
    lambda.check_reservation(&named.name, wanted)?;
    let function = lambda.named_mut(cx, &named)?;
    function.reserved_concurrency = Some(wanted);
    function.store(cx);
    Ok(json!({"ReservedConcurrentExecutions": wanted}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Asked {
    function_name: String,
}

pub(super) fn get(lambda: &mut Lambda, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Asked = read("GetFunctionConcurrency", value)?;
    let named = Named::read(&asked.function_name, None)?;
    match lambda.named(cx, &named)?.reserved_concurrency {
        Some(reserved) => Ok(json!({"ReservedConcurrentExecutions": reserved})),
        None => nothing(),
    }
}

pub(super) fn delete(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Asked = read("DeleteFunctionConcurrency", value)?;
    let named = Named::read(&asked.function_name, None)?;
    let function = lambda.named_mut(cx, &named)?;
    function.reserved_concurrency = None;
    function.store(cx);
    nothing()
}
