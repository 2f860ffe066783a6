//! The account's limits and what is used of them.

use standin_kernel::{ApiError, Cx, Value, json};

use crate::Lambda;
use crate::data::concurrency::ACCOUNT;

pub(super) fn settings(
    lambda: &mut Lambda,
    _cx: &mut Cx<'_>,
    _value: &Value,
) -> Result<Value, ApiError> {
    let functions = lambda.state.functions.values();
    let code: u64 = functions.map(|function| function.latest.code.bytes).sum();
    Ok(json!({
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800_u64,
            "CodeSizeUnzipped": 262_144_000,
            "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": ACCOUNT,
            "UnreservedConcurrentExecutions": lambda.unreserved(),
        },
        "AccountUsage": {"TotalCodeSize": code, "FunctionCount": lambda.state.functions.len()},
    }))
}
