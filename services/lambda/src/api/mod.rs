//! The operations, by AWS's names.

use standin_kernel::{ApiError, Cx, Value};

use crate::state::State;

/// Carries out an operation.
pub(crate) fn call(
    _state: &mut State,
    _cx: &mut Cx<'_>,
    operation: &str,
    _input: &Value,
) -> Result<Value, ApiError> {
    Err(ApiError::unsupported_operation("lambda", operation))
}
