//! What ECS refuses, in AWS's codes and words.

use standin_kernel::ApiError;

/// The caller's document is not one that ECS can carry out.
pub(crate) fn client(message: impl Into<String>) -> ApiError {
    ApiError::new("ClientException", 400, message)
}

pub(crate) fn invalid_parameter(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterException", 400, message)
}

pub(crate) fn cluster_not_found() -> ApiError {
    ApiError::new("ClusterNotFoundException", 400, "Cluster not found.")
}

pub(crate) fn service_not_found() -> ApiError {
    ApiError::new("ServiceNotFoundException", 400, "Service not found.")
}

/// ECS-SV-12: a service that is draining or gone does not change any more.
pub(crate) fn service_not_active() -> ApiError {
    ApiError::new("ServiceNotActiveException", 400, "Service was not ACTIVE.")
}

pub(crate) fn definition_not_found() -> ApiError {
    client("TaskDefinition not found.")
}

/// ECS-TD-03: what was deregistered starts nothing new.
pub(crate) fn definition_inactive() -> ApiError {
    invalid_parameter("TaskDefinition is inactive")
}

pub(crate) fn cannot_describe_definition() -> ApiError {
    client("Unable to describe task definition.")
}

pub(crate) fn task_not_found() -> ApiError {
    invalid_parameter("The referenced task was not found.")
}

/// Legal on AWS, not here.
pub(crate) fn not_here(what: &str, why: &str) -> ApiError {
    client(format!("{what} is not supported by Standin: {why}"))
}
