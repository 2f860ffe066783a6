//! What the load balancer's control plane refuses, and in which words.

use std::fmt::Display;

use standin_kernel::ApiError;

pub(crate) type Result<T, E = ApiError> = std::result::Result<T, E>;

/// An error of AWS's: all of them but a few travel with status 400.
pub(crate) fn refuse(code: &str, message: impl Into<String>) -> ApiError {
    ApiError::new(code, 400, message)
}

/// A member that does not have the form it should have.
pub(crate) fn invalid(message: impl Into<String>) -> ApiError {
    refuse("ValidationError", message)
}

/// Settings that do not go together.
pub(crate) fn conflicting(message: impl Into<String>) -> ApiError {
    refuse("InvalidConfigurationRequest", message)
}

/// Actions that no rule may have.
pub(crate) fn invalid_action(message: impl Into<String>) -> ApiError {
    refuse("InvalidLoadBalancerAction", message)
}

/// Legal on AWS, not built here.
pub(crate) fn not_built(what: impl Display) -> ApiError {
    conflicting(format!("{what} is not supported by Standin"))
}

pub(crate) fn load_balancer_not_found() -> ApiError {
    refuse("LoadBalancerNotFound", "One or more load balancers not found")
}

pub(crate) fn listener_not_found() -> ApiError {
    refuse("ListenerNotFound", "One or more listeners not found")
}

pub(crate) fn rule_not_found() -> ApiError {
    refuse("RuleNotFound", "One or more rules not found")
}

pub(crate) fn target_group_not_found() -> ApiError {
    refuse("TargetGroupNotFound", "One or more target groups not found")
}

/// A number outside its bounds, both included.
pub(crate) fn within(name: &str, value: i64, least: i64, most: i64) -> Result<i64> {
    let constraint = if value < least {
        format!("greater than or equal to {least}")
    } else if value > most {
        format!("less than or equal to {most}")
    } else {
        return Ok(value);
    };
    Err(invalid(format!(
        "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: \
         Member must have value {constraint}"
    )))
}

/// A word out of a set.
pub(crate) fn one_of<'v>(name: &str, value: &'v str, words: &[&str]) -> Result<&'v str> {
    if words.contains(&value) {
        return Ok(value);
    }
    Err(invalid(format!(
        "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: \
         Member must satisfy enum value set: [{}]",
        words.join(", ")
    )))
}

/// A port, 1 to 65535.
pub(crate) fn port(name: &str, value: i64) -> Result<u16> {
    within(name, value, 1, 65_535)?;
    u16::try_from(value).map_err(|_| invalid("the port is not a number"))
}
