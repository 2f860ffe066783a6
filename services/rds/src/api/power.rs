//! Reboot, stop and start.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{Cx, Value, json};

use super::show;
use crate::Rds;
use crate::data::event::Happened;
use crate::data::lifecycle::{Goal, Then};
use crate::error::{Result, combination, instance_state};
use crate::state::Status;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Reboot {
    #[serde(rename = "DBInstanceIdentifier")]
    id: String,
    force_failover: Option<bool>,
}

/// RDS-HA-01, RDS-HA-02
pub(super) fn reboot(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Reboot = input("RebootDBInstance", value)?;
    let instance = rds.state.instance(&asked.id)?;
    let id = instance.id.clone();
    let may = [Status::Available, Status::IncompatibleParameters].contains(&instance.status);
    if !may {
        return Err(instance_state(&id, instance.status.as_str(), "a reboot"));
    }
    let failover = asked.force_failover == Some(true);
    if failover && !instance.settings.multi_az {
        return Err(combination(format!(
            "ForceFailover cannot be specified: the instance {id} is not configured for MultiAZ."
        )));
    }
    rds.set_status(cx, &id, Status::Rebooting);
    let goal = if failover {
        rds.state.happened(cx, &id, &Happened::FailoverStarted);
        Goal::Failover
    } else {
        Goal::Reboot
    };
    rds.stop(cx, &id, Then::Restart(goal));
    answer(rds, cx, &id)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    #[serde(rename = "DBInstanceIdentifier")]
    id: String,
}

pub(super) fn stop(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Named = input("StopDBInstance", value)?;
    let instance = rds.state.instance(&asked.id)?;
    let id = instance.id.clone();
    if instance.status != Status::Available {
        return Err(instance_state(&id, instance.status.as_str(), "being stopped"));
    }
    rds.set_status(cx, &id, Status::Stopping);
    rds.stop(cx, &id, Then::Stop);
    answer(rds, cx, &id)
}

pub(super) fn start(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Named = input("StartDBInstance", value)?;
    let instance = rds.state.instance(&asked.id)?;
    let id = instance.id.clone();
    if instance.status != Status::Stopped {
        return Err(instance_state(&id, instance.status.as_str(), "being started"));
    }
    rds.start_again(cx, &id);
    answer(rds, cx, &id)
}

fn answer(rds: &Rds, cx: &Cx<'_>, id: &str) -> Result<Value> {
    let shown = rds.state.instances.get(id).map(|one| show::instance(&rds.state, one, cx));
    Ok(json!({"DBInstance": shown}))
}
