//! What RDS refuses and in which words.

use standin_kernel::ApiError;

pub(crate) type Result<T, E = ApiError> = std::result::Result<T, E>;

fn refuse(code: &str, status: u16, message: impl Into<String>) -> ApiError {
    ApiError::new(code, status, message)
}

/// A member that does not have the form it should have.
pub(crate) fn invalid(message: impl Into<String>) -> ApiError {
    refuse("InvalidParameterValue", 400, message)
}

/// Members that do not go together.
pub(crate) fn combination(message: impl Into<String>) -> ApiError {
    refuse("InvalidParameterCombination", 400, message)
}

/// A member that is missing.
pub(crate) fn missing(name: &str) -> ApiError {
    refuse("MissingParameter", 400, format!("The request must contain the parameter {name}."))
}

/// Legal on AWS, not built here.
pub(crate) fn not_built(what: impl std::fmt::Display) -> ApiError {
    combination(format!("{what} is not supported by Standin"))
}

pub(crate) fn instance_not_found(id: &str) -> ApiError {
    refuse("DBInstanceNotFound", 404, format!("DBInstance {id} not found."))
}

pub(crate) fn instance_exists() -> ApiError {
    refuse("DBInstanceAlreadyExists", 400, "DB instance already exists")
}

/// An operation that the instance's status does not allow.
pub(crate) fn instance_state(id: &str, status: &str, what: &str) -> ApiError {
    let message =
        format!("Instance {id} is not in a state that allows {what}: its status is {status}.");
    refuse("InvalidDBInstanceState", 400, message)
}

pub(crate) fn group_not_found(name: &str) -> ApiError {
    refuse("DBParameterGroupNotFound", 404, format!("DBParameterGroup not found: {name}"))
}

pub(crate) fn group_exists(name: &str) -> ApiError {
    refuse("DBParameterGroupAlreadyExists", 400, format!("Parameter group {name} already exists"))
}

pub(crate) fn group_in_use() -> ApiError {
    let message = "One or more database instances are still members of this parameter group, so \
                   the group cannot be deleted";
    refuse("InvalidDBParameterGroupState", 400, message)
}

pub(crate) fn subnet_group_not_found(name: &str) -> ApiError {
    refuse("DBSubnetGroupNotFoundFault", 404, format!("DB subnet group '{name}' does not exist."))
}

pub(crate) fn subnet_group_exists(name: &str) -> ApiError {
    let message = format!("The DB subnet group '{name}' already exists.");
    refuse("DBSubnetGroupAlreadyExists", 400, message)
}

pub(crate) fn subnet_group_in_use(name: &str, instance: &str) -> ApiError {
    let message = format!(
        "Cannot delete the subnet group '{name}' because at least one database instance: \
         {instance} is still using it."
    );
    refuse("InvalidDBSubnetGroupStateFault", 400, message)
}

pub(crate) fn snapshot_not_found(id: &str) -> ApiError {
    refuse("DBSnapshotNotFound", 404, format!("DBSnapshot {id} not found."))
}

pub(crate) fn snapshot_exists(id: &str) -> ApiError {
    let message = format!(
        "Cannot create the snapshot because a snapshot with the identifier {id} already exists."
    );
    refuse("DBSnapshotAlreadyExists", 400, message)
}

pub(crate) fn snapshot_state(id: &str) -> ApiError {
    refuse("InvalidDBSnapshotState", 400, format!("Snapshot {id} is not available."))
}

/// A record of a kind this version does not write.
pub(crate) fn unknown_record(kind: &str) -> String {
    format!("a record of the unknown kind {kind:?}")
}
