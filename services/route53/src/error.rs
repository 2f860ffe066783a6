//! What Route 53 refuses and in which words.

use standin_kernel::ApiError;

/// A record of a kind this version does not write.
pub(crate) fn unknown_record(kind: &str) -> String {
    format!("a record of the unknown kind {kind:?}")
}

pub(crate) fn invalid_input(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidInput", 400, message)
}

/// All that is wrong with a batch, in one message.
pub(crate) fn invalid_change_batch(messages: &[String]) -> ApiError {
    ApiError::new("InvalidChangeBatch", 400, format!("[{}]", messages.join(", ")))
}

pub(crate) fn no_such_hosted_zone(id: &str) -> ApiError {
    ApiError::new("NoSuchHostedZone", 404, format!("No hosted zone found with ID: {id}"))
}

pub(crate) fn no_such_change(id: &str) -> ApiError {
    let message = format!("Could not find resource with ID: {id}");
    ApiError::new("NoSuchChange", 404, message)
}

pub(crate) fn no_such_health_check(id: &str) -> ApiError {
    let message = format!("No health check exists with the specified ID {id}.");
    ApiError::new("NoSuchHealthCheck", 404, message)
}

pub(crate) fn hosted_zone_not_empty() -> ApiError {
    let message = "The specified hosted zone contains non-required resource record sets and so \
                   cannot be deleted.";
    ApiError::new("HostedZoneNotEmpty", 400, message)
}

/// Legal on AWS, not built here.
pub(crate) fn not_built(what: &str) -> ApiError {
    invalid_input(format!("{what} is not supported by Standin"))
}
