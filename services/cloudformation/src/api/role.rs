//! Members that several operations take: RoleARN is kept and shown (CFN-ST-18), for nothing here is
//! forbidden to anybody; rollback triggers are refused (CFN-ST-19).

use serde::Deserialize;
use standin_kernel::{ApiError, Value};

use crate::error::validation;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct RollbackConfiguration {
    #[serde(default)]
    rollback_triggers: Vec<Value>,
    #[serde(default)]
    monitoring_time_in_minutes: u32,
}

/// CFN-ST-18
pub(super) fn check_role(arn: Option<&str>) -> Result<(), ApiError> {
    let Some(arn) = arn else { return Ok(()) };
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let good = match parts[..] {
        ["arn", partition, "iam", "", owner, resource] => {
            partition.starts_with("aws") && account(owner) && resource.starts_with("role/")
        }
        _ => false,
    };
    if good {
        return Ok(());
    }
    Err(validation(format!("Role {arn} is invalid or cannot be assumed")))
}

/// CFN-ST-19: a stack that is said to roll back on an alarm does, or is not taken.
pub(super) fn check_rollback(wanted: Option<&RollbackConfiguration>) -> Result<(), ApiError> {
    let Some(wanted) = wanted else { return Ok(()) };
    if wanted.rollback_triggers.is_empty() && wanted.monitoring_time_in_minutes == 0 {
        return Ok(());
    }
    let member = match wanted.rollback_triggers.is_empty() {
        true => "MonitoringTimeInMinutes",
        false => "RollbackTriggers",
    };
    Err(validation(format!("RollbackConfiguration.{member} is not supported by Standin")))
}
