//! What is kept across restarts: instances, parameter groups, subnet groups, snapshots, events.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use standin_kernel::control::Record;
use standin_kernel::database::{DatabaseEngine, Secret};
use standin_kernel::{Cx, Env, Time, Value, ids, json};

use crate::data::event::Event;
use crate::data::window::{BackupWindow, MaintenanceWindow};
use crate::error::{
    Result, group_not_found, instance_not_found, snapshot_not_found, subnet_group_not_found,
    unknown_record,
};
use crate::family::Family;
use crate::parameter::ApplyMethod;

const INSTANCE: &str = "db-instance";
const PARAMETER_GROUP: &str = "db-parameter-group";
const SUBNET_GROUP: &str = "db-subnet-group";
const SNAPSHOT: &str = "db-snapshot";
const EVENT: &str = "event";

pub(crate) type Tags = BTreeMap<String, String>;

/// All of it, by name in lower case.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) instances: BTreeMap<String, Instance>,
    pub(crate) parameter_groups: BTreeMap<String, ParameterGroup>,
    pub(crate) subnet_groups: BTreeMap<String, SubnetGroup>,
    pub(crate) snapshots: BTreeMap<String, Snapshot>,
    /// In the order they happened.
    pub(crate) events: BTreeMap<u64, Event>,
}

/// A database instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Instance {
    pub(crate) id: String,
    /// `db-ABCDEFGHIJKLMNOPQRSTUVWXYZ`: stays when the instance is renamed; names its data.
    pub(crate) resource_id: String,
    pub(crate) settings: Settings,
    pub(crate) master_username: String,
    pub(crate) master_password: Secret,
    pub(crate) managed_secret_arn: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) zone: String,
    pub(crate) secondary_zone: Option<String>,
    pub(crate) subnet_group: Option<String>,
    /// The snapshot its data comes from.
    pub(crate) snapshot: Option<String>,
    pub(crate) address: Ipv4Addr,
    pub(crate) storage_encrypted: bool,
    /// What waits for the maintenance window (RDS-MD-01).
    pub(crate) pending: Option<Settings>,
    pub(crate) parameters: Parameters,
    pub(crate) status: Status,
    /// Why it has failed.
    pub(crate) failure: Option<String>,
    pub(crate) created: Option<Time>,
    /// When it starts again by itself (RDS-LC-08).
    pub(crate) restart_at: Option<Time>,
    pub(crate) tags: Tags,
}

/// What ModifyDBInstance can change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) class: String,
    #[serde(default = "postgres")]
    pub(crate) engine: DatabaseEngine,
    pub(crate) engine_version: String,
    pub(crate) allocated_storage_gib: u32,
    pub(crate) max_allocated_storage_gib: Option<u32>,
    pub(crate) storage_type: String,
    pub(crate) iops: Option<u32>,
    pub(crate) port: u16,
    pub(crate) multi_az: bool,
    pub(crate) parameter_group: String,
    pub(crate) security_groups: Vec<String>,
    pub(crate) backup_retention_days: u32,
    pub(crate) backup_window: BackupWindow,
    pub(crate) maintenance_window: MaintenanceWindow,
    pub(crate) deletion_protection: bool,
    pub(crate) copy_tags_to_snapshot: bool,
    pub(crate) publicly_accessible: bool,
    pub(crate) auto_minor_version_upgrade: bool,
    pub(crate) ca_certificate: String,
}

impl Settings {
    /// The family; that the engine has the version was checked when it was taken.
    pub(crate) fn family(&self) -> Family {
        let family = Family::of_version(self.engine, &self.engine_version);
        family.unwrap_or(Family { engine: self.engine, number: 0 })
    }
}

/// The only engine there was when records did not say which.
const fn postgres() -> DatabaseEngine {
    DatabaseEngine::Postgres
}

/// Which parameter values act, and whether others wait.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Parameters {
    /// The group whose values were taken at the last start.
    pub(crate) group: String,
    /// The user's values that act.
    pub(crate) values: BTreeMap<String, String>,
    pub(crate) status: ApplyStatus,
}

/// RDS-PG-11
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ApplyStatus {
    #[default]
    InSync,
    PendingReboot,
    Applying,
    FailedToApply,
}

impl ApplyStatus {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::InSync => "in-sync",
            Self::PendingReboot => "pending-reboot",
            Self::Applying => "applying",
            Self::FailedToApply => "failed-to-apply",
        }
    }
}

/// RDS-LC-01, as far as they happen here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Creating,
    Available,
    BackingUp,
    Modifying,
    Rebooting,
    Renaming,
    ResettingMasterCredentials,
    Starting,
    Stopping,
    Stopped,
    Upgrading,
    IncompatibleParameters,
    Failed,
    Deleting,
}

impl Status {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Available => "available",
            Self::BackingUp => "backing-up",
            Self::Modifying => "modifying",
            Self::Rebooting => "rebooting",
            Self::Renaming => "renaming",
            Self::ResettingMasterCredentials => "resetting-master-credentials",
            Self::Starting => "starting",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Upgrading => "upgrading",
            Self::IncompatibleParameters => "incompatible-parameters",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
        }
    }
}

impl Instance {
    pub(crate) fn arn(&self, env: &Env) -> String {
        ids::arn(env, "rds", &format!("db:{}", self.id))
    }

    /// The name clients connect to; it stays through failovers (RDS-HA-03).
    pub(crate) fn endpoint(&self, env: &Env) -> String {
        endpoint(&self.id, env)
    }
}

/// `diary.c0123456789a.ap-northeast-1.rds.amazonaws.com`: the middle part is the account's.
pub(crate) fn endpoint(id: &str, env: &Env) -> String {
    let account = env.account.get(..11).unwrap_or(&env.account);
    format!("{id}.c{account}.{}.rds.amazonaws.com", env.region)
}

/// A parameter group that was made by somebody; those of RDS's own are made when they are asked
/// for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ParameterGroup {
    pub(crate) name: String,
    pub(crate) family: String,
    pub(crate) description: String,
    pub(crate) values: BTreeMap<String, SetValue>,
    pub(crate) tags: Tags,
}

/// A value a user has set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SetValue {
    pub(crate) value: String,
    pub(crate) pending_reboot: bool,
}

impl SetValue {
    pub(crate) const fn method(&self) -> ApplyMethod {
        if self.pending_reboot { ApplyMethod::PendingReboot } else { ApplyMethod::Immediate }
    }
}

impl ParameterGroup {
    /// That there is one of the name was checked when it was taken.
    pub(crate) fn family(&self) -> Family {
        let family = Family::parse(&self.family);
        family.unwrap_or(Family { engine: DatabaseEngine::Postgres, number: 0 })
    }

    pub(crate) fn plain_values(&self) -> BTreeMap<String, String> {
        self.values.iter().map(|(name, set)| (name.clone(), set.value.clone())).collect()
    }

    pub(crate) fn is_default(&self) -> bool {
        self.name.starts_with("default.")
    }
}

/// RDS's own group of a family (RDS-PG-01).
fn default_group(name: &str) -> Option<ParameterGroup> {
    let family = name.strip_prefix("default.")?;
    Family::parse(family)?;
    Some(ParameterGroup {
        name: name.to_owned(),
        family: family.to_owned(),
        description: format!("Default parameter group for {family}"),
        values: BTreeMap::new(),
        tags: Tags::new(),
    })
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SubnetGroup {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) subnets: Vec<String>,
    pub(crate) tags: Tags,
}

/// A manual snapshot: a copy of the data and what a new instance takes from it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) id: String,
    pub(crate) instance: String,
    pub(crate) resource_id: String,
    pub(crate) settings: Settings,
    pub(crate) master_username: String,
    pub(crate) master_password: Secret,
    pub(crate) zone: String,
    pub(crate) storage_encrypted: bool,
    pub(crate) status: SnapshotStatus,
    pub(crate) created: Time,
    pub(crate) instance_created: Option<Time>,
    pub(crate) tags: Tags,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SnapshotStatus {
    Creating,
    Available,
    Failed,
}

impl SnapshotStatus {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Available => "available",
            Self::Failed => "failed",
        }
    }
}

impl State {
    pub(crate) fn instance(&self, id: &str) -> Result<&Instance> {
        self.instances.get(&id.to_lowercase()).ok_or_else(|| instance_not_found(id))
    }

    pub(crate) fn instance_mut(&mut self, id: &str) -> Result<&mut Instance> {
        self.instances.get_mut(&id.to_lowercase()).ok_or_else(|| instance_not_found(id))
    }

    /// A user's group or one of RDS's own.
    pub(crate) fn parameter_group(&self, name: &str) -> Result<ParameterGroup> {
        let name = name.to_lowercase();
        let made = self.parameter_groups.get(&name).cloned();
        made.or_else(|| default_group(&name)).ok_or_else(|| group_not_found(&name))
    }

    pub(crate) fn subnet_group(&self, name: &str) -> Result<&SubnetGroup> {
        let name = name.to_lowercase();
        self.subnet_groups.get(&name).ok_or_else(|| subnet_group_not_found(&name))
    }

    pub(crate) fn snapshot(&self, id: &str) -> Result<&Snapshot> {
        self.snapshots.get(&id.to_lowercase()).ok_or_else(|| snapshot_not_found(id))
    }

    pub(crate) fn store_instance(&self, cx: &mut Cx<'_>, id: &str) {
        cx.store(INSTANCE, id, self.instances.get(id).map(|one| json!(one)));
    }

    pub(crate) fn store_parameter_group(&self, cx: &mut Cx<'_>, name: &str) {
        cx.store(PARAMETER_GROUP, name, self.parameter_groups.get(name).map(|one| json!(one)));
    }

    pub(crate) fn store_subnet_group(&self, cx: &mut Cx<'_>, name: &str) {
        cx.store(SUBNET_GROUP, name, self.subnet_groups.get(name).map(|one| json!(one)));
    }

    pub(crate) fn store_snapshot(&self, cx: &mut Cx<'_>, id: &str) {
        cx.store(SNAPSHOT, id, self.snapshots.get(id).map(|one| json!(one)));
    }

    pub(crate) fn store_event(&self, cx: &mut Cx<'_>, number: u64) {
        let id = format!("{number:012}");
        cx.store(EVENT, &id, self.events.get(&number).map(|one| json!(one)));
    }

    /// Takes back a record from before a restart.
    pub(crate) fn restore(&mut self, record: &Record) -> Result<(), String> {
        let id = record.id.clone();
        let Some(document) = &record.document else { return Ok(()) };
        match record.kind.as_str() {
            INSTANCE => drop(self.instances.insert(id, read(document)?)),
            PARAMETER_GROUP => drop(self.parameter_groups.insert(id, read(document)?)),
            SUBNET_GROUP => drop(self.subnet_groups.insert(id, read(document)?)),
            SNAPSHOT => drop(self.snapshots.insert(id, read(document)?)),
            EVENT => {
                let number = id.parse().map_err(|_| format!("an event of the number {id:?}"))?;
                self.events.insert(number, read(document)?);
            }
            other => return Err(unknown_record(other)),
        }
        Ok(())
    }
}

fn read<T: DeserializeOwned>(document: &Value) -> Result<T, String> {
    T::deserialize(document).map_err(|wrong| wrong.to_string())
}
