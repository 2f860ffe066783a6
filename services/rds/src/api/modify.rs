//! ModifyDBInstance: what is asked for is read and checked; `data/change` decides when it acts.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::database::Secret;
use standin_kernel::{Cx, Value, json};

use super::instance::{check_password, check_windows, fitting_group, port, retention, storage};
use super::{identifier, show};
use crate::Rds;
use crate::data::event::Happened;
use crate::data::window::{BackupWindow, MaintenanceWindow};
use crate::error::{Result, combination, instance_exists, instance_state, not_built};
use crate::family::Family;
use crate::parameter::class::Class;
use crate::state::{Settings, Status};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct Modify {
    #[serde(rename = "DBInstanceIdentifier")]
    id: String,
    #[serde(rename = "NewDBInstanceIdentifier")]
    new_id: Option<String>,
    apply_immediately: bool,
    #[serde(rename = "DBInstanceClass")]
    class: Option<String>,
    engine_version: Option<String>,
    allow_major_version_upgrade: Option<bool>,
    allocated_storage: Option<i64>,
    max_allocated_storage: Option<i64>,
    storage_type: Option<String>,
    iops: Option<i64>,
    #[serde(rename = "DBPortNumber")]
    port: Option<i64>,
    #[serde(rename = "MultiAZ")]
    multi_az: Option<bool>,
    #[serde(rename = "DBParameterGroupName")]
    parameter_group: Option<String>,
    vpc_security_group_ids: Option<Vec<String>>,
    master_user_password: Option<Secret>,
    backup_retention_period: Option<i64>,
    preferred_backup_window: Option<String>,
    preferred_maintenance_window: Option<String>,
    deletion_protection: Option<bool>,
    copy_tags_to_snapshot: Option<bool>,
    publicly_accessible: Option<bool>,
    auto_minor_version_upgrade: Option<bool>,
    #[serde(rename = "CACertificateIdentifier")]
    ca_certificate: Option<String>,
}

pub(super) fn modify(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Modify = input("ModifyDBInstance", value)?;
    let instance = rds.state.instance(&asked.id)?;
    let (id, engine) = (instance.id.clone(), instance.settings.engine);
    // Protection and group can be changed in any status, as a way out of one.
    let usable = [Status::Available, Status::Stopped, Status::IncompatibleParameters];
    if !usable.contains(&instance.status) {
        return Err(instance_state(&id, instance.status.as_str(), "modification"));
    }
    // What is pending stays pending, with what is asked for now on top of it.
    let from = instance.pending.clone().unwrap_or_else(|| instance.settings.clone());
    let wanted = wanted(rds, &instance.settings, from, &asked)?;
    if let Some(password) = &asked.master_user_password {
        if instance.managed_secret_arn.is_some() {
            return Err(combination(
                "You can't specify MasterUserPassword for an instance with \
                 ManageMasterUserPassword enabled.",
            ));
        }
        check_password(engine, &password.0)?;
    }
    let new_id = asked.new_id.as_deref().map(|new| renamed(rds, &id, new, &asked)).transpose()?;
    rds.modify(cx, &id, wanted, asked.apply_immediately);
    if let Some(password) = asked.master_user_password {
        if let Some(instance) = rds.state.instances.get_mut(&id) {
            instance.master_password = password.clone();
            rds.state.store_instance(cx, &id);
        }
        if rds.is_up(&id) {
            rds.tell_password(cx, &id, password);
        }
    }
    let id = match new_id {
        Some(new) => rename(rds, cx, &id, new),
        None => id,
    };
    let shown = rds.state.instances.get(&id).map(|one| show::instance(&rds.state, one, cx));
    Ok(json!({"DBInstance": shown}))
}

fn wanted(rds: &Rds, now: &Settings, mut new: Settings, asked: &Modify) -> Result<Settings> {
    if let Some(class) = &asked.class {
        Class::parse(class)?;
        new.class.clone_from(class);
    }
    if let Some(version) = &asked.engine_version {
        new.engine_version = upgraded(now, version, asked.allow_major_version_upgrade)?;
    }
    if let Some(gib) = asked.allocated_storage {
        new.allocated_storage_gib = grown(now, storage(now.engine, gib)?)?;
    }
    if let Some(gib) = asked.max_allocated_storage {
        new.max_allocated_storage_gib = Some(storage(now.engine, gib)?);
    }
    if let Some(days) = asked.backup_retention_period {
        new.backup_retention_days = retention(days)?;
    }
    if let Some(number) = asked.port {
        new.port = port(number)?;
    }
    if let Some(text) = &asked.preferred_backup_window {
        new.backup_window = BackupWindow::parse(text)?;
    }
    if let Some(text) = &asked.preferred_maintenance_window {
        new.maintenance_window = MaintenanceWindow::parse(text)?;
    }
    check_windows(&new.maintenance_window, &new.backup_window)?;
    if let Some(group) = &asked.parameter_group {
        new.parameter_group = fitting_group(rds, group, new.family())?;
    }
    let take = |to: &mut bool, asked: Option<bool>| *to = asked.unwrap_or(*to);
    take(&mut new.multi_az, asked.multi_az);
    take(&mut new.deletion_protection, asked.deletion_protection);
    take(&mut new.copy_tags_to_snapshot, asked.copy_tags_to_snapshot);
    take(&mut new.publicly_accessible, asked.publicly_accessible);
    take(&mut new.auto_minor_version_upgrade, asked.auto_minor_version_upgrade);
    if let Some(groups) = &asked.vpc_security_group_ids {
        new.security_groups.clone_from(groups);
    }
    if let Some(kind) = &asked.storage_type {
        new.storage_type.clone_from(kind);
    }
    if let Some(iops) = asked.iops {
        new.iops = u32::try_from(iops).ok();
    }
    if let Some(ca) = &asked.ca_certificate {
        new.ca_certificate.clone_from(ca);
    }
    Ok(new)
}

/// Minor versions only: the data of another major version is not taken over here.
fn upgraded(now: &Settings, version: &str, allow_major: Option<bool>) -> Result<String> {
    match Family::of_version(now.engine, version) {
        Some(family) if family == now.family() => Ok(version.to_owned()),
        Some(_) if allow_major == Some(true) => Err(not_built("A major version upgrade")),
        Some(_) => Err(combination(
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major \
             version.",
        )),
        None => Err(combination(format!(
            "Cannot find upgrade target from {} to {version}",
            now.engine_version
        ))),
    }
}

/// RDS-MD-06
fn grown(now: &Settings, gib: u32) -> Result<u32> {
    if gib >= now.allocated_storage_gib {
        return Ok(gib);
    }
    Err(combination(format!(
        "Invalid storage size for engine name {} and storage type {}: {gib}. Storage can only be \
         increased",
        now.engine.as_str(),
        now.storage_type
    )))
}

fn renamed(rds: &Rds, id: &str, new: &str, asked: &Modify) -> Result<String> {
    const LONGEST: usize = 63;
    let new = identifier("NewDBInstanceIdentifier", new, LONGEST)?;
    if !asked.apply_immediately {
        return Err(not_built("A rename in the maintenance window"));
    }
    if new != id && rds.state.instances.contains_key(&new) {
        return Err(instance_exists());
    }
    Ok(new)
}

/// RDS-MD-08: the endpoint has the new name, and the old one is nobody's.
fn rename(rds: &mut Rds, cx: &mut Cx<'_>, id: &str, new: String) -> String {
    if let Some(mut instance) = rds.state.instances.remove(id) {
        rds.state.store_instance(cx, id);
        instance.id.clone_from(&new);
        rds.state.instances.insert(new.clone(), instance);
        rds.state.store_instance(cx, &new);
        rds.state.happened(cx, &new, &Happened::Renamed(new.clone()));
    }
    new
}
