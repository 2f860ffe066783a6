//! What CloudFront's operations refuse, in AWS's codes and words.

use standin_kernel::ApiError;

/// A document that is not right: status 400.
pub(crate) fn invalid(code: &str, message: impl Into<String>) -> ApiError {
    ApiError::new(code, 400, message)
}

/// `InvalidArgument`, the code for all that has no code of its own.
pub(crate) fn invalid_argument(message: impl Into<String>) -> ApiError {
    invalid("InvalidArgument", message)
}

/// Legal on AWS, and its absence would be seen: `member` asks for something not built.
pub(crate) fn not_built(member: &str, why: &str) -> ApiError {
    invalid_argument(format!("The parameter {member} is not supported by Standin: {why}"))
}

/// `NoSuch...`: status 404.
pub(crate) fn no_such(what: &str, words: &str) -> ApiError {
    ApiError::new(&format!("NoSuch{what}"), 404, format!("The specified {words} does not exist."))
}

pub(crate) fn no_such_distribution() -> ApiError {
    no_such("Distribution", "distribution")
}

/// Not `NoSuchFunction`: AWS's code for a function that is not there.
pub(crate) fn no_such_function() -> ApiError {
    let message = "The specified function does not exist.";
    ApiError::new("NoSuchFunctionExists", 404, message)
}

pub(crate) fn entity_not_found() -> ApiError {
    ApiError::new("EntityNotFound", 404, "The key value store entity was not found.")
}

pub(crate) fn no_such_origin() -> ApiError {
    let message = "One or more of your origins or origin groups do not exist.";
    ApiError::new("NoSuchOrigin", 404, message)
}

/// CF-DEP-04: `If-Match` must be there and name the current version.
pub(crate) fn check_version(if_match: Option<&str>, etag: &str) -> Result<(), ApiError> {
    let Some(if_match) = if_match else {
        let message = "The If-Match version is missing or not valid for the resource.";
        return Err(invalid("InvalidIfMatchVersion", message));
    };
    if if_match.trim_matches('"') != etag {
        let message = "The request failed because it didn't meet the preconditions in one or \
                       more request-header fields.";
        return Err(ApiError::new("PreconditionFailed", 412, message));
    }
    Ok(())
}

/// More of something than a quota allows: `code` is AWS's `TooMany...`.
pub(crate) fn within(count: usize, most: usize, code: &str, message: &str) -> Result<(), ApiError> {
    if count > most { Err(invalid(code, message)) } else { Ok(()) }
}
