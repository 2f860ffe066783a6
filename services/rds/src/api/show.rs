//! How instances look to whoever describes them.

use standin_kernel::{Cx, Value, json};

use super::tag;
use crate::family;
use crate::state::{Instance, Settings, State};

/// Of all endpoints of a region; only records of other zones need it.
const HOSTED_ZONE: &str = "Z24O6O9L7SGTNB";

pub(super) fn instance(state: &State, one: &Instance, cx: &Cx<'_>) -> Value {
    let settings = &one.settings;
    let pending = one.pending.as_ref();
    let pending = pending.map_or_else(|| json!({}), |pending| differences(settings, pending));
    let mut shown = json!({
        "DBInstanceIdentifier": one.id,
        "DBInstanceArn": one.arn(cx.env),
        "DbiResourceId": one.resource_id,
        "DBInstanceClass": settings.class,
        "Engine": settings.engine.as_str(),
        "EngineVersion": settings.engine_version,
        "LicenseModel": family::license(settings.engine),
        "DBInstanceStatus": one.status.as_str(),
        "MasterUsername": one.master_username,
        "AllocatedStorage": settings.allocated_storage_gib,
        "StorageType": settings.storage_type,
        "StorageEncrypted": one.storage_encrypted,
        "MultiAZ": settings.multi_az,
        "AvailabilityZone": one.zone,
        "DBParameterGroups": [{
            "DBParameterGroupName": settings.parameter_group,
            "ParameterApplyStatus": one.parameters.status.as_str(),
        }],
        "VpcSecurityGroups": settings.security_groups.iter()
            .map(|id| json!({"VpcSecurityGroupId": id, "Status": "active"}))
            .collect::<Vec<_>>(),
        "BackupRetentionPeriod": settings.backup_retention_days,
        "PreferredBackupWindow": settings.backup_window.to_string(),
        "PreferredMaintenanceWindow": settings.maintenance_window.to_string(),
        "DeletionProtection": settings.deletion_protection,
        "CopyTagsToSnapshot": settings.copy_tags_to_snapshot,
        "PubliclyAccessible": settings.publicly_accessible,
        "AutoMinorVersionUpgrade": settings.auto_minor_version_upgrade,
        "CACertificateIdentifier": settings.ca_certificate,
        "NetworkType": "IPV4",
        "PendingModifiedValues": pending,
        "TagList": tag::shown(&one.tags),
    });
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            shown[name] = value;
        }
    };
    add("DBName", one.database.clone().map(Value::from));
    add("MaxAllocatedStorage", settings.max_allocated_storage_gib.map(Value::from));
    add("Iops", settings.iops.map(Value::from));
    add("SecondaryAvailabilityZone", one.secondary_zone.clone().map(Value::from));
    add("InstanceCreateTime", one.created.map(|at| at.iso8601().into()));
    add("AutomaticRestartTime", one.restart_at.map(|at| at.iso8601().into()));
    let secret = one.managed_secret_arn.as_ref();
    let secret = secret.map(|arn| json!({"SecretArn": arn, "SecretStatus": "active"}));
    add("MasterUserSecret", secret);
    // It has one once it has been made (CFN waits for it as SDKs do).
    let endpoint = json!({
        "Address": one.endpoint(cx.env), "Port": settings.port, "HostedZoneId": HOSTED_ZONE,
    });
    add("Endpoint", one.created.map(|_| endpoint));
    let status = one.status.as_str();
    let failed = |why: &String| {
        let mut info = json!({"StatusType": "instance", "Normal": false, "Status": status});
        info["Message"] = why.as_str().into();
        json!([info])
    };
    add("StatusInfos", one.failure.as_ref().map(failed));
    let group = one.subnet_group.as_deref().and_then(|name| state.subnet_groups.get(name));
    add("DBSubnetGroup", group.map(super::subnet_group::shown));
    shown
}

/// What waits for the maintenance window, by the names of PendingModifiedValues.
fn differences(now: &Settings, pending: &Settings) -> Value {
    let mut shown = json!({});
    let mut add = |name: &str, differs: bool, value: Value| {
        if differs {
            shown[name] = value;
        }
    };
    add("DBInstanceClass", now.class != pending.class, pending.class.clone().into());
    let version = pending.engine_version.clone().into();
    add("EngineVersion", now.engine_version != pending.engine_version, version);
    let storage = pending.allocated_storage_gib.into();
    add("AllocatedStorage", now.allocated_storage_gib != pending.allocated_storage_gib, storage);
    add("MultiAZ", now.multi_az != pending.multi_az, pending.multi_az.into());
    let days = pending.backup_retention_days.into();
    add("BackupRetentionPeriod", now.backup_retention_days != pending.backup_retention_days, days);
    let storage_type = pending.storage_type.clone().into();
    add("StorageType", now.storage_type != pending.storage_type, storage_type);
    add("Iops", now.iops != pending.iops, pending.iops.into());
    let ca = pending.ca_certificate.clone().into();
    add("CACertificateIdentifier", now.ca_certificate != pending.ca_certificate, ca);
    shown
}
