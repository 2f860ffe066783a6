//! EC2's refusals: its codes and texts.

use standin_kernel::ApiError;

use crate::operation::Codes;

pub(crate) const CODES: Codes = Codes {
    missing: "MissingParameter",
    unknown: "UnknownParameter",
    wrong: "InvalidParameterValue",
};

pub(crate) fn refused(code: &str, message: impl Into<String>) -> ApiError {
    ApiError::new(code, 400, message)
}

pub(crate) fn wrong(value: &str, parameter: &str, why: &str) -> ApiError {
    let message = format!("Value ({value}) for parameter {parameter} is invalid. {why}");
    refused("InvalidParameterValue", message)
}

pub(crate) fn missing(parameter: &str) -> ApiError {
    let message = format!("The request must contain the parameter {parameter}");
    refused("MissingParameter", message)
}

pub(crate) fn not_built(what: &str) -> ApiError {
    refused("UnsupportedOperation", format!("{what} is not supported by Standin"))
}

pub(crate) fn no_vpc(id: &str) -> ApiError {
    refused("InvalidVpcID.NotFound", format!("The vpc ID '{id}' does not exist"))
}

pub(crate) fn no_subnet(id: &str) -> ApiError {
    refused("InvalidSubnetID.NotFound", format!("The subnet ID '{id}' does not exist"))
}

pub(crate) fn no_internet_gateway(id: &str) -> ApiError {
    let message = format!("The internetGateway ID '{id}' does not exist");
    refused("InvalidInternetGatewayID.NotFound", message)
}

pub(crate) fn no_route_table(id: &str) -> ApiError {
    refused("InvalidRouteTableID.NotFound", format!("The routeTable ID '{id}' does not exist"))
}

pub(crate) fn no_group(id: &str) -> ApiError {
    refused("InvalidGroup.NotFound", format!("The security group '{id}' does not exist"))
}

pub(crate) fn no_association(id: &str) -> ApiError {
    refused("InvalidAssociationID.NotFound", format!("The association ID '{id}' does not exist"))
}

pub(crate) fn no_allocation(id: &str) -> ApiError {
    refused("InvalidAllocationID.NotFound", format!("The allocation ID '{id}' does not exist"))
}

pub(crate) fn no_nat_gateway(id: &str) -> ApiError {
    refused("NatGatewayNotFound", format!("The Nat Gateway {id} was not found"))
}

pub(crate) fn no_endpoint(id: &str) -> ApiError {
    refused("InvalidVpcEndpointId.NotFound", format!("The Vpc Endpoint Id '{id}' does not exist"))
}

/// `what`: as EC2 calls the kind, `subnet`.
pub(crate) fn has_dependencies(what: &str, id: &str) -> ApiError {
    let message = format!("The {what} '{id}' has dependencies and cannot be deleted.");
    refused("DependencyViolation", message)
}
