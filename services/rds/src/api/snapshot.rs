//! Manual snapshots: taken, described, deleted.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::resource::is_system_tag;
use standin_kernel::{Cx, Value, ids, json};

use super::tag::{self, Tag};
use super::{identifier, page};
use crate::Rds;
use crate::error::{Result, instance_state, snapshot_exists, snapshot_state};
use crate::family;
use crate::state::{Snapshot, SnapshotStatus, Status};

/// RDS-LC-05
const SNAPSHOTS_MAX: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    #[serde(rename = "DBSnapshotIdentifier")]
    id: String,
    #[serde(rename = "DBInstanceIdentifier")]
    instance: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn create(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Create = input("CreateDBSnapshot", value)?;
    let instance = rds.state.instance(&asked.instance)?;
    let (instance_id, status) = (instance.id.clone(), instance.status);
    if ![Status::Available, Status::Stopped].contains(&status) {
        return Err(instance_state(&instance_id, status.as_str(), "a snapshot"));
    }
    let id = begin(rds, cx, &instance_id, &asked.id, &asked.tags)?;
    rds.take_snapshot(cx, &instance_id, &id);
    Ok(json!({"DBSnapshot": shown(rds.state.snapshot(&id)?, cx)}))
}

/// Writes down that a snapshot is being taken; its identifier as it is kept.
pub(super) fn begin(
    rds: &mut Rds,
    cx: &mut Cx<'_>,
    instance: &str,
    id: &str,
    tags: &[Tag],
) -> Result<String> {
    const LONGEST: usize = 255;
    let id = identifier("DBSnapshotIdentifier", id, LONGEST)?;
    if rds.state.snapshots.contains_key(&id) {
        return Err(snapshot_exists(&id));
    }
    if rds.state.snapshots.len() >= SNAPSHOTS_MAX {
        let message = "Cannot create more than 100 manual snapshots";
        return Err(standin_kernel::ApiError::new("SnapshotQuotaExceeded", 400, message));
    }
    let instance = rds.state.instance(instance)?;
    let mut all = tag::read(cx, tags)?;
    if instance.settings.copy_tags_to_snapshot {
        // Those of AWS's own are not copied.
        let copied = instance.tags.iter().filter(|(key, _)| !is_system_tag(key));
        all.extend(copied.map(|(key, value)| (key.clone(), value.clone())));
    }
    let snapshot = Snapshot {
        id: id.clone(),
        instance: instance.id.clone(),
        resource_id: instance.resource_id.clone(),
        settings: instance.settings.clone(),
        master_username: instance.master_username.clone(),
        master_password: instance.master_password.clone(),
        zone: instance.zone.clone(),
        storage_encrypted: instance.storage_encrypted,
        status: SnapshotStatus::Creating,
        created: cx.now,
        instance_created: instance.created,
        tags: all,
    };
    rds.state.snapshots.insert(id.clone(), snapshot);
    rds.state.store_snapshot(cx, &id);
    rds.state.snapshot_happened(cx, &id, false);
    Ok(id)
}

fn shown(one: &Snapshot, cx: &Cx<'_>) -> Value {
    let mut shown = json!({
        "DBSnapshotIdentifier": one.id,
        "DBSnapshotArn": ids::arn(cx.env, "rds", &format!("snapshot:{}", one.id)),
        "DBInstanceIdentifier": one.instance,
        "DbiResourceId": one.resource_id,
        "Engine": one.settings.engine.as_str(),
        "EngineVersion": one.settings.engine_version,
        "LicenseModel": family::license(one.settings.engine),
        "Status": one.status.as_str(),
        "SnapshotType": "manual",
        "AllocatedStorage": one.settings.allocated_storage_gib,
        "StorageType": one.settings.storage_type,
        "Encrypted": one.storage_encrypted,
        "Port": one.settings.port,
        "AvailabilityZone": one.zone,
        "MasterUsername": one.master_username,
        "PercentProgress": if one.status == SnapshotStatus::Available { 100 } else { 0 },
        "SnapshotCreateTime": one.created.iso8601(),
        "TagList": tag::shown(&one.tags),
    });
    if let Some(created) = one.instance_created {
        shown["InstanceCreateTime"] = created.iso8601().into();
    }
    shown
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct Describe {
    #[serde(rename = "DBSnapshotIdentifier")]
    id: Option<String>,
    #[serde(rename = "DBInstanceIdentifier")]
    instance: Option<String>,
    snapshot_type: Option<String>,
    max_records: Option<i64>,
    marker: Option<String>,
}

pub(super) fn describe(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Describe = input("DescribeDBSnapshots", value)?;
    let mut found: Vec<&Snapshot> = match &asked.id {
        Some(id) => vec![rds.state.snapshot(id)?],
        None => rds.state.snapshots.values().collect(),
    };
    if let Some(instance) = &asked.instance {
        found.retain(|one| one.instance.eq_ignore_ascii_case(instance));
    }
    if asked.snapshot_type.as_deref().is_some_and(|kind| kind != "manual") {
        found.clear();
    }
    let found = found.into_iter().map(|one| shown(one, cx)).collect();
    page(found, "DBSnapshots", asked.marker.as_deref(), asked.max_records)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Delete {
    #[serde(rename = "DBSnapshotIdentifier")]
    id: String,
}

pub(super) fn delete(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Delete = input("DeleteDBSnapshot", value)?;
    let snapshot = rds.state.snapshot(&asked.id)?;
    if snapshot.status == SnapshotStatus::Creating {
        return Err(snapshot_state(&asked.id));
    }
    let id = snapshot.id.clone();
    let answer = shown(snapshot, cx);
    rds.state.snapshots.remove(&id);
    rds.state.store_snapshot(cx, &id);
    rds.forget_snapshot(cx, &id);
    Ok(json!({"DBSnapshot": answer}))
}
