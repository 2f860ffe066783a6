//! The operations, by AWS's names.

mod event;
mod instance;
mod maintenance;
mod modify;
mod parameter_group;
mod power;
mod secret;
mod show;
mod snapshot;
mod subnet_group;
mod tag;
mod version;

use standin_kernel::{ApiError, Cx, Value};

use crate::Rds;
use crate::error::{Result, invalid};

pub(crate) use secret::made as secret_made;

type Operation = fn(&mut Rds, &mut Cx<'_>, &Value) -> Result<Value>;

/// Carries out an operation.
pub(crate) fn call(
    rds: &mut Rds,
    cx: &mut Cx<'_>,
    operation: &str,
    input: &Value,
) -> Result<Value> {
    let known = OPERATIONS.iter().find(|(name, _)| *name == operation);
    let (_, carry_out) = known.ok_or_else(|| ApiError::unsupported_operation("rds", operation))?;
    carry_out(rds, cx, input)
}

const OPERATIONS: &[(&str, Operation)] = &[
    ("CreateDBInstance", instance::create),
    ("RestoreDBInstanceFromDBSnapshot", instance::restore),
    ("DescribeDBInstances", instance::describe),
    ("ModifyDBInstance", modify::modify),
    ("DeleteDBInstance", instance::delete),
    ("RebootDBInstance", power::reboot),
    ("StopDBInstance", power::stop),
    ("StartDBInstance", power::start),
    ("CreateDBParameterGroup", parameter_group::create),
    ("DescribeDBParameterGroups", parameter_group::describe),
    ("DescribeDBParameters", parameter_group::parameters),
    ("ModifyDBParameterGroup", parameter_group::modify),
    ("ResetDBParameterGroup", parameter_group::reset),
    ("DeleteDBParameterGroup", parameter_group::delete),
    ("CreateDBSubnetGroup", subnet_group::create),
    ("DescribeDBSubnetGroups", subnet_group::describe),
    ("ModifyDBSubnetGroup", subnet_group::modify),
    ("DeleteDBSubnetGroup", subnet_group::delete),
    ("CreateDBSnapshot", snapshot::create),
    ("DescribeDBSnapshots", snapshot::describe),
    ("DeleteDBSnapshot", snapshot::delete),
    ("DescribeEvents", event::describe),
    ("DescribePendingMaintenanceActions", maintenance::pending),
    ("DescribeDBEngineVersions", version::describe),
    ("AddTagsToResource", tag::add),
    ("RemoveTagsFromResource", tag::remove),
    ("ListTagsForResource", tag::list),
];

/// Identifiers are kept in lower case, begin with a letter, have no two hyphens in a row and none
/// at the end (RDS-MD-10).
pub(crate) fn identifier(what: &str, text: &str, longest: usize) -> Result<String> {
    let lower = text.to_lowercase();
    let fits = (1..=longest).contains(&lower.len())
        && lower.starts_with(|c: char| c.is_ascii_lowercase())
        && lower.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !lower.contains("--")
        && !lower.ends_with('-');
    if fits {
        return Ok(lower);
    }
    Err(invalid(format!(
        "The parameter {what} is not a valid identifier. Identifiers must begin with a letter; \
         must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or \
         contain two consecutive hyphens."
    )))
}

/// One page of a list: `Marker` says where it begins, `MaxRecords` (20 to 100) how long it is.
pub(crate) fn page(
    all: Vec<Value>,
    member: &str,
    marker: Option<&str>,
    most: Option<i64>,
) -> Result<Value> {
    const MOST: i64 = 100;
    let most = most.unwrap_or(MOST);
    if !(20..=MOST).contains(&most) {
        return Err(invalid(format!(
            "Invalid value {most} for MaxRecords. Must be between 20 and 100"
        )));
    }
    let from = match marker {
        None | Some("") => 0,
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|from| *from <= all.len())
            .ok_or_else(|| invalid("The parameter Marker is invalid."))?,
    };
    let to = all.len().min(from + usize::try_from(most).unwrap_or(usize::MAX));
    let next = (to < all.len()).then(|| to.to_string());
    let items: Vec<Value> = all.into_iter().skip(from).take(to - from).collect();
    let mut output = standin_kernel::json!({member: items});
    if let Some(next) = next {
        output["Marker"] = next.into();
    }
    Ok(output)
}
