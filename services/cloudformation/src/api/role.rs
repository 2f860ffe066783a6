//! Members that several operations take: RoleARN is kept and shown (CFN-ST-18), for nothing here is
//! forbidden to anybody; rollback triggers are checked (CFN-ST-19).

use standin_kernel::ApiError;

use crate::error::{constraint, validation};
use crate::machine::watch::{RollbackConfiguration, RollbackTrigger};

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

/// Types of alarms that can roll an operation back.
const TRIGGER_TYPES: [&str; 2] = ["AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"];
const TRIGGERS_MAX: usize = 5;
const MONITORING_MINUTES_MAX: u32 = 180;

/// CFN-ST-19
pub(super) fn check_rollback(wanted: Option<&RollbackConfiguration>) -> Result<(), ApiError> {
    let Some(wanted) = wanted else { return Ok(()) };
    let triggers = wanted.rollback_triggers.as_deref().unwrap_or_default();
    if triggers.len() > TRIGGERS_MAX {
        let message = format!("At most {TRIGGERS_MAX} rollback triggers can be specified");
        return Err(validation(message));
    }
    for RollbackTrigger { arn, kind } in triggers {
        if !TRIGGER_TYPES.contains(&kind.as_str()) {
            return Err(validation(format!("Invalid rollback trigger type: {kind}")));
        }
        if !arn.starts_with("arn:") || !arn.contains(":alarm:") {
            return Err(validation(format!("Invalid rollback trigger ARN: {arn}")));
        }
    }
    match wanted.monitoring_time_in_minutes {
        Some(minutes) if minutes > MONITORING_MINUTES_MAX => {
            let wanted = format!("have value less than or equal to {MONITORING_MINUTES_MAX}");
            let member = "rollbackConfiguration.monitoringTimeInMinutes";
            Err(constraint(&minutes.to_string(), member, &wanted))
        }
        _ => Ok(()),
    }
}
