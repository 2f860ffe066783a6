//! IAM's refusals: its codes and texts.

use standin_kernel::ApiError;

use crate::operation::Codes;
use crate::tags::Fault;

pub(crate) const CODES: Codes = Codes::all("ValidationError");

pub(crate) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationError", 400, message)
}

pub(crate) fn malformed(message: &str) -> ApiError {
    ApiError::new("MalformedPolicyDocument", 400, message)
}

pub(crate) fn no_such_entity(message: impl Into<String>) -> ApiError {
    ApiError::new("NoSuchEntity", 404, message)
}

pub(crate) fn no_role(name: &str) -> ApiError {
    no_such_entity(format!("The role with name {name} cannot be found."))
}

pub(crate) fn no_policy(arn: &str) -> ApiError {
    no_such_entity(format!("Policy {arn} was not found."))
}

pub(crate) fn no_profile(name: &str) -> ApiError {
    no_such_entity(format!("Instance Profile {name} cannot be found."))
}

pub(crate) fn exists(message: impl Into<String>) -> ApiError {
    ApiError::new("EntityAlreadyExists", 409, message)
}

pub(crate) fn conflict(message: &str) -> ApiError {
    ApiError::new("DeleteConflict", 409, message)
}

pub(crate) fn limit(message: impl Into<String>) -> ApiError {
    ApiError::new("LimitExceeded", 409, message)
}

pub(crate) fn tags(fault: &Fault) -> ApiError {
    match fault {
        Fault::TooMany => limit(fault.message()),
        _ => ApiError::new("InvalidInput", 400, fault.message()),
    }
}

/// A name of `length_max` characters at most; `member` is what it is called in the refusal.
pub(crate) fn check_name(name: &str, member: &str, length_max: usize) -> Result<(), ApiError> {
    let fine = |character: char| character.is_ascii_alphanumeric() || "+=,.@_-".contains(character);
    if name.is_empty() || !name.chars().all(fine) {
        return Err(invalid(format!(
            "The specified value for {member} is invalid. It must contain only alphanumeric \
             characters and/or the following: +=,.@_-"
        )));
    }
    if name.len() > length_max {
        return Err(invalid(format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: \
             Member must have length less than or equal to {length_max}"
        )));
    }
    Ok(())
}

/// `/`, or `/division/team/`.
pub(crate) fn check_path(path: &str) -> Result<(), ApiError> {
    let fine = path.len() <= 512
        && path.starts_with('/')
        && path.ends_with('/')
        && path.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    if fine {
        return Ok(());
    }
    Err(invalid(
        "The specified value for path is invalid. It must begin and end with / and contain only \
         alphanumeric characters and/or / characters.",
    ))
}
