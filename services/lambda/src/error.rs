//! What Lambda refuses and in which words.

use standin_kernel::ApiError;

/// A record of a kind this version does not write.
pub(crate) fn unknown_record(kind: &str) -> String {
    format!("a record of the unknown kind {kind:?}")
}

pub(crate) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterValueException", 400, message)
}

/// A member that does not meet its constraint, as the API's front door words it.
pub(crate) fn validation(value: &str, member: &str, constraint: &str) -> ApiError {
    let message = format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: \
         {constraint}"
    );
    ApiError::new("ValidationException", 400, message)
}

pub(crate) fn not_found(message: impl Into<String>) -> ApiError {
    ApiError::new("ResourceNotFoundException", 404, message)
}

/// LAM-IN-04.
pub(crate) fn no_function(arn: &str) -> ApiError {
    not_found(format!("Function not found: {arn}"))
}

pub(crate) fn conflict(message: impl Into<String>) -> ApiError {
    ApiError::new("ResourceConflictException", 409, message)
}

/// LAM-IN-06.
pub(crate) fn throttled() -> ApiError {
    ApiError::new("TooManyRequestsException", 429, "Rate Exceeded.")
}

pub(crate) fn access_denied(message: impl Into<String>) -> ApiError {
    ApiError::new("AccessDeniedException", 403, message)
}

pub(crate) fn too_large(message: impl Into<String>) -> ApiError {
    ApiError::new("RequestEntityTooLargeException", 413, message)
}

/// The given revision id is not the current one.
pub(crate) fn stale_revision() -> ApiError {
    let message = "The Revision Id provided does not match the latest Revision Id. Call the \
                   GetFunction/GetAlias API to retrieve the latest Revision Id";
    ApiError::new("PreconditionFailedException", 412, message)
}
