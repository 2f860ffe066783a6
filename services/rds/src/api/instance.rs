//! Instances: created, restored from a snapshot, described, deleted.

use std::net::Ipv4Addr;

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::database::{DatabaseEngine, Secret};
use standin_kernel::{Cx, Value, ids, json};

use super::tag::{self, Tag};
use super::{identifier, page, secret, show};
use crate::Rds;
use crate::data::change::other_zone;
use crate::data::lifecycle::{Goal, Then};
use crate::data::window::{BackupWindow, MaintenanceWindow};
use crate::error::{
    Result, combination, instance_exists, instance_state, invalid, missing, not_built,
    snapshot_exists, snapshot_state,
};
use crate::family::{self, Family};
use crate::parameter::class::Class;
use crate::state::{Instance, Parameters, Settings, Snapshot, SnapshotStatus, Status};

const INSTANCES_MAX: usize = 40;
const DEFAULT_CA: &str = "rds-ca-rsa2048-g1";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(super) struct Create {
    #[serde(rename = "DBInstanceIdentifier")]
    pub(super) id: String,
    #[serde(rename = "DBInstanceClass")]
    pub(super) class: Option<String>,
    pub(super) engine: Option<String>,
    pub(super) engine_version: Option<String>,
    #[serde(rename = "DBName")]
    pub(super) database: Option<String>,
    #[serde(rename = "DBSnapshotIdentifier")]
    pub(super) snapshot: Option<String>,
    pub(super) allocated_storage: Option<i64>,
    pub(super) max_allocated_storage: Option<i64>,
    pub(super) storage_type: Option<String>,
    pub(super) storage_encrypted: Option<bool>,
    /// Nothing is encrypted here.
    #[serde(rename = "KmsKeyId")]
    pub(super) _kms_key_id: Option<String>,
    pub(super) iops: Option<i64>,
    pub(super) master_username: Option<String>,
    pub(super) master_user_password: Option<Secret>,
    pub(super) manage_master_user_password: Option<bool>,
    #[serde(rename = "MasterUserSecretKmsKeyId")]
    pub(super) _master_user_secret_kms_key_id: Option<String>,
    pub(super) port: Option<i64>,
    #[serde(rename = "MultiAZ")]
    pub(super) multi_az: Option<bool>,
    pub(super) availability_zone: Option<String>,
    #[serde(rename = "DBParameterGroupName")]
    pub(super) parameter_group: Option<String>,
    #[serde(rename = "DBSubnetGroupName")]
    pub(super) subnet_group: Option<String>,
    pub(super) vpc_security_group_ids: Vec<String>,
    pub(super) backup_retention_period: Option<i64>,
    pub(super) preferred_backup_window: Option<String>,
    pub(super) preferred_maintenance_window: Option<String>,
    pub(super) deletion_protection: Option<bool>,
    pub(super) copy_tags_to_snapshot: Option<bool>,
    pub(super) publicly_accessible: Option<bool>,
    pub(super) auto_minor_version_upgrade: Option<bool>,
    #[serde(rename = "CACertificateIdentifier")]
    pub(super) ca_certificate: Option<String>,
    pub(super) license_model: Option<String>,
    pub(super) network_type: Option<String>,
    pub(super) tags: Vec<Tag>,
}

pub(super) fn create(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Create = input("CreateDBInstance", value)?;
    let engine = engine_of(asked.engine.as_deref().ok_or_else(|| missing("Engine"))?)?;
    if asked.snapshot.is_some() {
        return Err(invalid("DBSnapshotIdentifier is no parameter of CreateDBInstance"));
    }
    let id = free_identifier(rds, &asked.id)?;
    let username = asked.master_username.clone().ok_or_else(|| missing("MasterUsername"))?;
    check_username(engine, &username)?;
    let managed = asked.manage_master_user_password == Some(true);
    let password = match (&asked.master_user_password, managed) {
        (Some(_), true) => {
            return Err(combination(
                "You can't specify MasterUserPassword for an instance with \
                 ManageMasterUserPassword enabled.",
            ));
        }
        (Some(password), false) => {
            check_password(engine, &password.0)?;
            password.clone()
        }
        (None, true) => Secret(cx.rng.text(28, secret::ALPHABET)),
        (None, false) => return Err(missing("MasterUserPassword")),
    };
    let version = engine_version(engine, asked.engine_version.as_deref())?;
    let settings = settings(rds, cx, &asked, (engine, version), None)?;
    let database = asked.database.clone().map(|name| database_name(&name)).transpose()?;
    let made = make(rds, cx, &asked, &id, settings, username, password)?;
    let instance = Instance { database, ..made };
    Ok(begin(rds, cx, instance, managed))
}

pub(super) fn restore(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Create = input("RestoreDBInstanceFromDBSnapshot", value)?;
    if asked.master_username.is_some() || asked.master_user_password.is_some() {
        return Err(combination("The master user of a restored instance is the snapshot's"));
    }
    let id = free_identifier(rds, &asked.id)?;
    let name = asked.snapshot.as_deref().ok_or_else(|| missing("DBSnapshotIdentifier"))?;
    let snapshot = rds.state.snapshot(name)?.clone();
    if snapshot.status != SnapshotStatus::Available {
        return Err(snapshot_state(name));
    }
    let engine = snapshot.settings.engine;
    if let Some(asked) = &asked.engine
        && engine_of(asked)? != engine
    {
        let has = engine.as_str();
        return Err(combination(format!("The engine {asked} is not the snapshot's, {has}")));
    }
    let version = snapshot.settings.engine_version.clone();
    let settings = settings(rds, cx, &asked, (engine, version), Some(&snapshot))?;
    let (username, password) = (snapshot.master_username, snapshot.master_password);
    let made = make(rds, cx, &asked, &id, settings, username, password)?;
    let instance = Instance {
        snapshot: Some(snapshot.id),
        storage_encrypted: snapshot.storage_encrypted,
        ..made
    };
    Ok(begin(rds, cx, instance, false))
}

fn engine_of(name: &str) -> Result<DatabaseEngine> {
    family::engine(name).ok_or_else(|| match name {
        "aurora-mysql" | "aurora-postgresql" | "custom-oracle-ee" | "db2-ae" | "db2-se"
        | "oracle-ee" | "oracle-se2" | "sqlserver-ee" | "sqlserver-ex" | "sqlserver-se"
        | "sqlserver-web" => not_built(format!("The engine {name}")),
        _ => invalid("Invalid DB engine"),
    })
}

/// `16.4`, `8.4.3`, or what an instance has that does not say.
fn engine_version(engine: DatabaseEngine, asked: Option<&str>) -> Result<String> {
    let version = asked.unwrap_or(family::default_version(engine));
    if Family::of_version(engine, version).is_some() {
        return Ok(version.to_owned());
    }
    Err(combination(format!("Cannot find version {version} for {}", engine.as_str())))
}

fn free_identifier(rds: &Rds, id: &str) -> Result<String> {
    const LONGEST: usize = 63;
    if id.is_empty() {
        return Err(missing("DBInstanceIdentifier"));
    }
    let id = identifier("DBInstanceIdentifier", id, LONGEST)?;
    if rds.state.instances.contains_key(&id) {
        return Err(instance_exists());
    }
    if rds.state.instances.len() >= INSTANCES_MAX {
        let message = "DB Instance quota exceeded";
        return Err(standin_kernel::ApiError::new("InstanceQuotaExceeded", 400, message));
    }
    Ok(id)
}

/// RDS-MD-10
pub(super) fn check_password(engine: DatabaseEngine, password: &str) -> Result<()> {
    let most = family::password_max(engine);
    if !(8..=most).contains(&password.len()) {
        return Err(invalid(format!(
            "The parameter MasterUserPassword is not a valid password because it is shorter than 8 \
             or longer than {most} characters."
        )));
    }
    if password.bytes().all(|b| b.is_ascii_graphic() && !b"/\"@".contains(&b)) {
        return Ok(());
    }
    Err(invalid(
        "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters \
         besides '/', '@', '\"', ' ' may be used.",
    ))
}

fn check_username(engine: DatabaseEngine, name: &str) -> Result<()> {
    let fits = (1..=family::username_max(engine)).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !fits {
        return Err(invalid(format!("MasterUsername {name} is not valid")));
    }
    if family::reserved_usernames(engine).contains(&name) {
        let text = format!(
            "MasterUsername {name} cannot be used as it is a reserved word used by the engine"
        );
        return Err(invalid(text));
    }
    Ok(())
}

fn database_name(name: &str) -> Result<String> {
    let fits = (1..=63).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if fits {
        return Ok(name.to_owned());
    }
    Err(invalid(format!(
        "DBName must begin with a letter and contain only alphanumeric characters: {name}"
    )))
}

/// RDS-MD-05
pub(super) fn port(port: i64) -> Result<u16> {
    u16::try_from(port).ok().filter(|port| *port >= 1150).ok_or_else(|| {
        invalid(format!("Invalid value for DBPortNumber: {port}. Valid range is from 1150-65535"))
    })
}

pub(super) fn storage(engine: DatabaseEngine, gib: i64) -> Result<u32> {
    let fits = u32::try_from(gib).ok().filter(|gib| (5..=65_536).contains(gib));
    fits.ok_or_else(|| {
        let engine = engine.as_str();
        invalid(format!("Invalid storage size for engine name {engine}: {gib}"))
    })
}

/// RDS-MD-07
pub(super) fn retention(days: i64) -> Result<u32> {
    u32::try_from(days).ok().filter(|days| *days <= 35).ok_or_else(|| {
        invalid(format!("Invalid backup retention period: {days}. Must be between 0 and 35"))
    })
}

/// The settings of a new instance; from a snapshot where it says nothing else.
fn settings(
    rds: &Rds,
    cx: &mut Cx<'_>,
    asked: &Create,
    (engine, version): (DatabaseEngine, String),
    from: Option<&Snapshot>,
) -> Result<Settings> {
    let from = from.map(|snapshot| &snapshot.settings);
    let class = asked.class.clone().or_else(|| from.map(|from| from.class.clone()));
    let class = class.ok_or_else(|| missing("DBInstanceClass"))?;
    Class::parse(&class)?;
    let gib = asked.allocated_storage.map(|gib| storage(engine, gib)).transpose()?;
    let gib = gib.or_else(|| from.map(|from| from.allocated_storage_gib));
    let (maintenance_window, backup_window) = windows(cx, asked)?;
    if let Some(other) = asked.network_type.as_deref().filter(|kind| *kind != "IPV4") {
        return Err(not_built(format!("NetworkType {other}")));
    }
    let license = family::license(engine);
    if let Some(other) = asked.license_model.as_deref().filter(|it| *it != license) {
        return Err(combination(format!(
            "Invalid license model '{other}' for engine '{}'.",
            engine.as_str()
        )));
    }
    let most = asked.max_allocated_storage.map(|gib| storage(engine, gib)).transpose()?;
    let default_port = || from.map_or(family::default_port(engine), |from| from.port);
    let mut made = Settings {
        class,
        engine,
        engine_version: version,
        allocated_storage_gib: gib.ok_or_else(|| missing("AllocatedStorage"))?,
        max_allocated_storage_gib: most,
        storage_type: asked.storage_type.clone().unwrap_or_else(|| "gp2".into()),
        iops: asked.iops.and_then(|iops| u32::try_from(iops).ok()),
        port: port(asked.port.unwrap_or_else(|| default_port().into()))?,
        multi_az: asked.multi_az.unwrap_or(false),
        parameter_group: String::new(),
        security_groups: asked.vpc_security_group_ids.clone(),
        backup_retention_days: retention(asked.backup_retention_period.unwrap_or(1))?,
        backup_window,
        maintenance_window,
        deletion_protection: asked.deletion_protection.unwrap_or(false),
        copy_tags_to_snapshot: asked.copy_tags_to_snapshot.unwrap_or(false),
        publicly_accessible: asked.publicly_accessible.unwrap_or(false),
        auto_minor_version_upgrade: asked.auto_minor_version_upgrade.unwrap_or(true),
        ca_certificate: asked.ca_certificate.clone().unwrap_or_else(|| DEFAULT_CA.into()),
    };
    let group = asked.parameter_group.clone();
    let group = group.unwrap_or_else(|| format!("default.{}", made.family().name()));
    made.parameter_group = fitting_group(rds, &group, made.family())?;
    Ok(made)
}

/// What is left to chance leaves what is asked for alone (RDS-MW-03).
fn windows(cx: &mut Cx<'_>, asked: &Create) -> Result<(MaintenanceWindow, BackupWindow)> {
    let maintenance = asked.preferred_maintenance_window.as_deref();
    let maintenance = maintenance.map(MaintenanceWindow::parse).transpose()?;
    let backup = match &asked.preferred_backup_window {
        Some(text) => BackupWindow::parse(text)?,
        None => BackupWindow::by_chance(cx.rng, maintenance.as_ref()),
    };
    let maintenance = maintenance.unwrap_or_else(|| MaintenanceWindow::by_chance(cx.rng, &backup));
    check_windows(&maintenance, &backup)?;
    Ok((maintenance, backup))
}

pub(super) fn check_windows(maintenance: &MaintenanceWindow, backup: &BackupWindow) -> Result<()> {
    if maintenance.overlaps(backup) {
        return Err(invalid("The backup window and maintenance window must not overlap."));
    }
    Ok(())
}

/// RDS-PG-02
pub(super) fn fitting_group(rds: &Rds, name: &str, family: Family) -> Result<String> {
    let group = rds.state.parameter_group(name)?;
    if group.family() == family {
        return Ok(group.name);
    }
    Err(combination(format!(
        "The parameter group {} with DBParameterGroupFamily {} can't be used for this instance. \
         Use a parameter group with DBParameterGroupFamily {}.",
        group.name,
        group.family,
        family.name()
    )))
}

fn make(
    rds: &Rds,
    cx: &mut Cx<'_>,
    asked: &Create,
    id: &str,
    settings: Settings,
    master_username: String,
    master_password: Secret,
) -> Result<Instance> {
    let subnet_group = asked.subnet_group.as_deref();
    let subnet_group = subnet_group.map(|name| rds.state.subnet_group(name)).transpose()?;
    if settings.multi_az && asked.availability_zone.is_some() {
        return Err(combination(
            "Requesting a specific availability zone is not valid for Multi-AZ instances.",
        ));
    }
    let zone = asked.availability_zone.clone();
    let zone = zone.unwrap_or_else(|| format!("{}a", cx.env.region));
    Ok(Instance {
        id: id.to_owned(),
        resource_id: format!("db-{}", ids::upper(cx.rng, 26)),
        secondary_zone: settings.multi_az.then(|| other_zone(&zone)),
        zone,
        master_username,
        master_password,
        managed_secret_arn: None,
        database: None,
        subnet_group: subnet_group.map(|group| group.name.clone()),
        snapshot: None,
        address: free_address(rds, cx),
        storage_encrypted: asked.storage_encrypted.unwrap_or(false),
        pending: None,
        parameters: Parameters { group: settings.parameter_group.clone(), ..Parameters::default() },
        settings,
        status: Status::Creating,
        failure: None,
        created: None,
        restart_at: None,
        tags: tag::read(cx, &asked.tags)?,
    })
}

/// Databases have the highest addresses of the task network, tasks the lowest.
fn free_address(rds: &Rds, cx: &Cx<'_>) -> Ipv4Addr {
    const FIRST: u16 = 0xFF00;
    let taken = |address| rds.state.instances.values().any(|one| one.address == address);
    let mut all = (FIRST..u16::MAX).map(|host| cx.env.task_address(host));
    all.find(|address| !taken(*address)).unwrap_or_else(|| cx.env.task_address(FIRST))
}

fn begin(rds: &mut Rds, cx: &mut Cx<'_>, instance: Instance, managed: bool) -> Value {
    let id = instance.id.clone();
    rds.state.instances.insert(id.clone(), instance);
    rds.state.store_instance(cx, &id);
    if managed {
        secret::make(rds, cx, &id);
    } else {
        rds.start(cx, &id, Goal::Create);
    }
    json!({"DBInstance": show::instance(&rds.state, &rds.state.instances[&id], cx)})
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct Describe {
    #[serde(rename = "DBInstanceIdentifier")]
    id: Option<String>,
    filters: Vec<Filter>,
    max_records: Option<i64>,
    marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Filter {
    pub(super) name: String,
    pub(super) values: Vec<String>,
}

pub(super) fn describe(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Describe = input("DescribeDBInstances", value)?;
    let mut found: Vec<&Instance> = match asked.id.as_deref() {
        Some(id) => vec![rds.state.instance(id.rsplit(":db:").next().unwrap_or(id))?],
        None => rds.state.instances.values().collect(),
    };
    for filter in &asked.filters {
        let has = |text: &str| filter.values.iter().any(|value| value == text);
        match filter.name.as_str() {
            "db-instance-id" => {
                found.retain(|one| has(&one.id) || has(&one.arn(cx.env)));
            }
            "dbi-resource-id" => found.retain(|one| has(&one.resource_id)),
            "engine" => found.retain(|one| has(one.settings.engine.as_str())),
            other => return Err(invalid(format!("Unrecognized filter name: {other}"))),
        }
    }
    let shown = found.into_iter().map(|one| show::instance(&rds.state, one, cx)).collect();
    page(shown, "DBInstances", asked.marker.as_deref(), asked.max_records)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    #[serde(rename = "DBInstanceIdentifier")]
    id: String,
    skip_final_snapshot: Option<bool>,
    #[serde(rename = "FinalDBSnapshotIdentifier")]
    final_snapshot: Option<String>,
    /// There are none here to keep or to delete.
    #[serde(rename = "DeleteAutomatedBackups")]
    _delete_automated_backups: Option<bool>,
}

/// RDS-LC-03, RDS-LC-04
pub(super) fn delete(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Delete = input("DeleteDBInstance", value)?;
    let instance = rds.state.instance(&asked.id)?;
    let (id, status) = (instance.id.clone(), instance.status);
    if instance.settings.deletion_protection {
        return Err(combination(
            "Cannot delete protected DB Instance, please disable deletion protection and try \
             again.",
        ));
    }
    if status == Status::Deleting {
        return Err(instance_state(&id, status.as_str(), "deletion"));
    }
    let skip = asked.skip_final_snapshot.unwrap_or(false);
    let snapshot = match (skip, asked.final_snapshot) {
        (true, Some(_)) => {
            return Err(combination(
                "FinalDBSnapshotIdentifier can not be specified when deleting an instance with \
                 SkipFinalSnapshot",
            ));
        }
        (true, None) => None,
        (false, None) => {
            return Err(combination(
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
            ));
        }
        (false, Some(_)) if status == Status::Failed => {
            return Err(instance_state(&id, status.as_str(), "a final snapshot"));
        }
        (false, Some(name)) => {
            Some(super::snapshot::begin(rds, cx, &id, &name, &[]).map_err(|error| {
                if error.code == "DBSnapshotAlreadyExists" { snapshot_exists(&name) } else { error }
            })?)
        }
    };
    rds.set_status(cx, &id, Status::Deleting);
    rds.stop(cx, &id, Then::Delete { snapshot });
    let shown = rds.state.instances.get(&id).map(|one| show::instance(&rds.state, one, cx));
    Ok(json!({"DBInstance": shown}))
}
