//! `AWS::RDS::DBInstance`: created or restored, waited for, changed, deleted with a snapshot where
//! the template's policy says so.

use standin_kernel::resource::{Call, Job, Kind, Progress, Property, ResourceType};
use standin_kernel::{Duration, Value, json};

use super::steps::{self, TAG};

#[derive(Debug)]
pub(super) struct DbInstance;

const MASTER_USER_SECRET: &[Property] = &[
    Property::new("KmsKeyId", Kind::Text).no_effect("nothing is encrypted on this machine"),
    Property::new("SecretArn", Kind::Text).refused("only AWS sets it"),
];

const PROPERTIES: &[Property] = &[
    Property::new("AdditionalStorageVolumes", Kind::List(&Kind::Json))
        .refused("PostgreSQL has no further volumes"),
    Property::new("AllocatedStorage", Kind::Text),
    Property::new("AllowMajorVersionUpgrade", Kind::Bool)
        .no_effect("major version upgrades are refused here"),
    Property::new("ApplyImmediately", Kind::Bool),
    Property::new("AssociatedRoles", Kind::List(&Kind::Json))
        .no_effect("the server here reaches no other service"),
    Property::new("AutoMinorVersionUpgrade", Kind::Bool).no_effect("AWS upgrades nothing here"),
    Property::new("AutomaticBackupReplicationKmsKeyId", Kind::Text)
        .no_effect("no automated backups are taken here"),
    Property::new("AutomaticBackupReplicationRegion", Kind::Text)
        .no_effect("no automated backups are taken here"),
    Property::new("AutomaticBackupReplicationRetentionPeriod", Kind::Integer(1, 35))
        .no_effect("no automated backups are taken here"),
    Property::new("AvailabilityZone", Kind::Text),
    Property::new("BackupRetentionPeriod", Kind::Integer(0, 35))
        .no_effect("no automated backups are taken here; manual snapshots are"),
    Property::new("BackupTarget", Kind::Text).replaces().refused("there are no Outposts here"),
    Property::new("CACertificateIdentifier", Kind::Text)
        .no_effect("the server here has a certificate of its own"),
    Property::new("CertificateDetails", Kind::Json).refused("only AWS sets it"),
    Property::new("CertificateRotationRestart", Kind::Bool)
        .no_effect("certificates are not rotated here"),
    Property::new("CharacterSetName", Kind::Text).replaces().refused("only Oracle has it"),
    Property::new("CopyTagsToSnapshot", Kind::Bool),
    Property::new("CustomIAMInstanceProfile", Kind::Text)
        .replaces()
        .refused("only RDS Custom has it"),
    Property::new("DBClusterIdentifier", Kind::Text).replaces().refused("clusters are not built"),
    Property::new("DBClusterSnapshotIdentifier", Kind::Text).refused("clusters are not built"),
    Property::new("DBInstanceClass", Kind::Text),
    Property::new("DBInstanceIdentifier", Kind::Text).replaces(),
    Property::new("DBName", Kind::Text).replaces(),
    Property::new("DBParameterGroupName", Kind::Text),
    Property::new("DBSecurityGroups", Kind::List(&Kind::Text))
        .refused("they went with EC2-Classic"),
    Property::new("DBSnapshotIdentifier", Kind::Text).replaces(),
    Property::new("DBSubnetGroupName", Kind::Text).replaces(),
    Property::new("DBSystemId", Kind::Text).replaces().refused("only Oracle has it"),
    Property::new("DatabaseInsightsMode", Kind::Text)
        .no_effect("nothing is measured inside the server here"),
    Property::new("DedicatedLogVolume", Kind::Bool).no_effect("one machine has one disk"),
    Property::new("DeleteAutomatedBackups", Kind::Bool)
        .no_effect("no automated backups are taken here"),
    Property::new("DeletionProtection", Kind::Bool),
    Property::new("Domain", Kind::Text).refused("there is no Active Directory here"),
    Property::new("DomainAuthSecretArn", Kind::Text).refused("there is no Active Directory here"),
    Property::new("DomainFqdn", Kind::Text).refused("there is no Active Directory here"),
    Property::new("DomainIAMRoleName", Kind::Text).refused("there is no Active Directory here"),
    Property::new("DomainOu", Kind::Text).refused("there is no Active Directory here"),
    Property::new("DomainDnsIps", Kind::List(&Kind::Text))
        .refused("there is no Active Directory here"),
    Property::new("EnableCloudwatchLogsExports", Kind::List(&Kind::Text))
        .no_effect("the log of the server stays on this machine; standin logs shows it"),
    Property::new("EnableIAMDatabaseAuthentication", Kind::Bool)
        .refused("sessions are opened with passwords here"),
    Property::new("EnablePerformanceInsights", Kind::Bool)
        .no_effect("nothing is measured inside the server here"),
    Property::new("Engine", Kind::Text).replaces(),
    Property::new("EngineLifecycleSupport", Kind::Text).no_effect("it is a matter of billing"),
    Property::new("EngineVersion", Kind::Text),
    Property::new("Iops", Kind::Integer(0, 1000000)),
    Property::new("KmsKeyId", Kind::Text)
        .replaces()
        .no_effect("nothing is encrypted on this machine"),
    Property::new("LicenseModel", Kind::Text),
    Property::new("ManageMasterUserPassword", Kind::Bool),
    Property::new("MasterUserAuthenticationType", Kind::Text)
        .refused("sessions are opened with passwords here"),
    Property::new("MasterUserPassword", Kind::Text),
    Property::new("MasterUserSecret", Kind::Object(MASTER_USER_SECRET)),
    Property::new("MasterUsername", Kind::Text).replaces(),
    Property::new("MaxAllocatedStorage", Kind::Integer(0, 65536)),
    Property::new("MonitoringInterval", Kind::Integer(0, 60))
        .no_effect("nothing is measured inside the server here"),
    Property::new("MonitoringRoleArn", Kind::Text)
        .no_effect("nothing is measured inside the server here"),
    Property::new("MultiAZ", Kind::Bool),
    Property::new("NcharCharacterSetName", Kind::Text).replaces().refused("only Oracle has it"),
    Property::new("NetworkType", Kind::Text),
    Property::new("OptionGroupName", Kind::Text).refused("PostgreSQL has no options"),
    Property::new("PerformanceInsightsKMSKeyId", Kind::Text)
        .no_effect("nothing is measured inside the server here"),
    Property::new("PerformanceInsightsRetentionPeriod", Kind::Integer(7, 731))
        .no_effect("nothing is measured inside the server here"),
    Property::new("Port", Kind::Text),
    Property::new("PreferredBackupWindow", Kind::Text),
    Property::new("PreferredMaintenanceWindow", Kind::Text),
    Property::new("ProcessorFeatures", Kind::List(&Kind::Json))
        .refused("only Oracle and SQL Server have them"),
    Property::new("PromotionTier", Kind::Integer(0, 15)).no_effect("it is a matter of clusters"),
    Property::new("PubliclyAccessible", Kind::Bool)
        .no_effect("nothing here is reached from outside"),
    Property::new("ReplicaMode", Kind::Text).refused("only Oracle has it"),
    Property::new("RestoreTime", Kind::Text).refused("no automated backups are taken here"),
    Property::new("SourceDBClusterIdentifier", Kind::Text).refused("read replicas are not built"),
    Property::new("SourceDBInstanceIdentifier", Kind::Text).refused("read replicas are not built"),
    Property::new("SourceDBInstanceAutomatedBackupsArn", Kind::Text)
        .refused("no automated backups are taken here"),
    Property::new("SourceDbiResourceId", Kind::Text).refused("no automated backups are taken here"),
    Property::new("SourceRegion", Kind::Text).replaces().refused("there is one region here"),
    Property::new("StorageEncrypted", Kind::Bool)
        .replaces()
        .no_effect("nothing is encrypted on this machine"),
    Property::new("StorageThroughput", Kind::Integer(0, 4000))
        .no_effect("the disk is as fast as it is"),
    Property::new("StorageType", Kind::Text).no_effect("the disk is as fast as it is"),
    Property::new("Tags", Kind::List(&Kind::Object(TAG))),
    Property::new("TdeCredentialArn", Kind::Text).refused("only Oracle has it"),
    Property::new("TdeCredentialPassword", Kind::Text).refused("only Oracle has it"),
    Property::new("Timezone", Kind::Text).replaces().refused("only SQL Server has it"),
    Property::new("UseDefaultProcessorFeatures", Kind::Bool)
        .refused("only Oracle and SQL Server have them"),
    Property::new("UseLatestRestorableTime", Kind::Bool)
        .refused("no automated backups are taken here"),
    Property::new("VPCSecurityGroups", Kind::List(&Kind::Text))
        .no_effect("one machine has one network"),
];

/// Properties that are members of the same name, of creation and of restoring.
const OF_BOTH: &[&str] = &[
    "AutoMinorVersionUpgrade",
    "AvailabilityZone",
    "CACertificateIdentifier",
    "CopyTagsToSnapshot",
    "DBInstanceClass",
    "DBParameterGroupName",
    "DBSubnetGroupName",
    "DeletionProtection",
    "Engine",
    "LicenseModel",
    "MaxAllocatedStorage",
    "MultiAZ",
    "NetworkType",
    "PreferredBackupWindow",
    "PreferredMaintenanceWindow",
    "PubliclyAccessible",
    "StorageType",
];

const OF_CREATION: &[&str] = &[
    "DBName",
    "EngineVersion",
    "KmsKeyId",
    "ManageMasterUserPassword",
    "MasterUserPassword",
    "MasterUsername",
    "StorageEncrypted",
];

const OF_CHANGE: &[&str] = &[
    "AllowMajorVersionUpgrade",
    "AutoMinorVersionUpgrade",
    "CACertificateIdentifier",
    "CopyTagsToSnapshot",
    "DBInstanceClass",
    "DBParameterGroupName",
    "DeletionProtection",
    "EngineVersion",
    "MasterUserPassword",
    "MaxAllocatedStorage",
    "MultiAZ",
    "PreferredBackupWindow",
    "PreferredMaintenanceWindow",
    "PubliclyAccessible",
    "StorageType",
];

/// Numbers, some of which templates write as strings, and the members they are.
const NUMBERS: &[(&str, &str)] = &[
    ("AllocatedStorage", "AllocatedStorage"),
    ("BackupRetentionPeriod", "BackupRetentionPeriod"),
    ("Iops", "Iops"),
    ("Port", "Port"),
];

const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
const LOOK: u32 = 100;
const LOOKED: u32 = 101;
const GROUP_READ: u32 = 102;
const REBOOTED: u32 = 103;
/// Steps of a deletion.
const SNAPSHOT_DELETED: u32 = 1;
const GONE: u32 = 2;
const GONE_LOOKED: u32 = 3;

impl ResourceType for DbInstance {
    fn type_name(&self) -> &'static str {
        "AWS::RDS::DBInstance"
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[
            "AutomaticRestartTime",
            "CertificateDetails.CAIdentifier",
            "DBInstanceArn",
            "DBInstanceStatus",
            "DBSystemId",
            "DbiResourceId",
            "Endpoint.Address",
            "Endpoint.HostedZoneId",
            "Endpoint.Port",
            "InstanceCreateTime",
            "MasterUserSecret.SecretArn",
            "SecondaryAvailabilityZone",
        ]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match (job.step, job.reply) {
            (0, _) if let Some(message) = wrong_hint(job) => Progress::Failed { message },
            (0, _) => {
                let (operation, input) = creation(job);
                steps::call(operation, input, 1)
            }
            (_, Some(Err(error))) => steps::refused(error),
            (1, Some(Ok(made))) => {
                let id = made["DBInstance"]["DBInstanceIdentifier"].as_str().unwrap_or_default();
                steps::wait(id, Duration::ZERO, LOOK)
            }
            _ => look(job),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        match (job.step, job.reply) {
            (_, Some(Err(error))) => steps::refused(error),
            (LOOK.., _) => look(job),
            _ => steps::go_on(job, 0, changes(job), || look(job)),
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let id = job.physical_id.unwrap_or_default();
        let look =
            || steps::call("DescribeDBInstances", json!({"DBInstanceIdentifier": id}), GONE_LOOKED);
        match (job.step, job.reply) {
            (0, _) => {
                let mut input = json!({"DBInstanceIdentifier": id});
                if job.keeps_snapshot {
                    const LONGEST: usize = 200;
                    let name = steps::generated_name(job, LONGEST);
                    input["FinalDBSnapshotIdentifier"] = format!("{name}-snapshot").into();
                } else {
                    input["SkipFinalSnapshot"] = true.into();
                }
                steps::call("DeleteDBInstance", input, SNAPSHOT_DELETED)
            }
            (_, Some(Err(error))) if error.status == 404 => Progress::done(id, []),
            // One that has failed has nothing to keep (RDS-LC-03).
            (SNAPSHOT_DELETED, Some(Err(error)))
                if job.keeps_snapshot && error.code == "InvalidDBInstanceState" =>
            {
                let input = json!({"DBInstanceIdentifier": id, "SkipFinalSnapshot": true});
                steps::call("DeleteDBInstance", input, GONE)
            }
            (_, Some(Err(error))) => steps::refused(error),
            (GONE_LOOKED, Some(Ok(described))) => {
                let one = &described["DBInstances"][0];
                match one["DBInstanceStatus"].as_str() {
                    Some("deleting") => steps::wait(id, BETWEEN_LOOKS, GONE),
                    _ => Progress::Failed { message: why(one) },
                }
            }
            _ => look(),
        }
    }
}

/// `Metadata: Standin: Otherwise` says what to do where no server can be had.
fn wrong_hint(job: &Job<'_>) -> Option<String> {
    let members = match job.hint {
        Value::Null => return None,
        Value::Object(members) => members,
        other => return Some(format!("Metadata: Standin is an object, not {other}")),
    };
    members.iter().find_map(|(name, value)| match (name.as_str(), value) {
        ("Otherwise", Value::String(_)) => None,
        ("Otherwise", other) => {
            Some(format!("Metadata: Standin: Otherwise is a text, not {other}"))
        }
        _ => Some(format!("Metadata: Standin of a DB instance has no {name}, only Otherwise")),
    })
}

/// The operation that makes it, and its input.
fn creation(job: &Job<'_>) -> Call {
    const LONGEST: usize = 63;
    let properties = job.properties;
    let id = properties["DBInstanceIdentifier"].as_str().map(str::to_lowercase);
    let from_snapshot = properties["DBSnapshotIdentifier"].as_str();
    let mut input = json!({
        "DBInstanceIdentifier": id.unwrap_or_else(|| steps::generated_name(job, LONGEST)),
        "Tags": job.tags("Tags"),
    });
    copy(properties, &mut input, OF_BOTH);
    for (property, member) in NUMBERS {
        if let Some(number) = number(&properties[*property]) {
            input[*member] = number.into();
        }
    }
    if !properties["VPCSecurityGroups"].is_null() {
        input["VpcSecurityGroupIds"] = properties["VPCSecurityGroups"].clone();
    }
    match from_snapshot {
        Some(snapshot) => {
            input["DBSnapshotIdentifier"] = snapshot.into();
            ("RestoreDBInstanceFromDBSnapshot", input)
        }
        None => {
            copy(properties, &mut input, OF_CREATION);
            ("CreateDBInstance", input)
        }
    }
}

fn copy(properties: &Value, input: &mut Value, names: &[&str]) {
    for name in names {
        if !properties[*name].is_null() {
            input[*name] = properties[*name].clone();
        }
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn changes(job: &Job<'_>) -> Vec<Call> {
    let (had, has) = (job.previous.unwrap_or(&Value::Null), job.properties);
    let mut input = json!({});
    for name in OF_CHANGE.iter().filter(|name| had[**name] != has[**name]) {
        if !has[*name].is_null() {
            input[*name] = has[*name].clone();
        }
    }
    for (property, member) in
        NUMBERS.iter().filter(|(property, _)| had[*property] != has[*property])
    {
        let member = if *member == "Port" { "DBPortNumber" } else { member };
        if let Some(number) = number(&has[*property]) {
            input[member] = number.into();
        }
    }
    if had["VPCSecurityGroups"] != has["VPCSecurityGroups"] {
        input["VpcSecurityGroupIds"] = has["VPCSecurityGroups"].clone();
    }
    let mut calls = Vec::new();
    if input.as_object().is_some_and(|members| !members.is_empty()) {
        input["DBInstanceIdentifier"] = job.physical_id.unwrap_or_default().into();
        input["ApplyImmediately"] = has["ApplyImmediately"].as_bool().unwrap_or(true).into();
        calls.push(("ModifyDBInstance", input));
    }
    calls.extend(steps::tag_calls(job, "db"));
    calls
}

fn look_again(id: &str) -> Progress {
    steps::call("DescribeDBInstances", json!({"DBInstanceIdentifier": id}), LOOKED)
}

/// Waits until it is available; a new parameter group with static values brings a reboot with it.
fn look(job: &Job<'_>) -> Progress {
    let id = job.physical_id.unwrap_or_default();
    let reply = job.reply.and_then(|reply| reply.as_ref().ok());
    match (job.step, reply) {
        (LOOKED, Some(described)) => {
            let one = &described["DBInstances"][0];
            match one["DBInstanceStatus"].as_str() {
                Some("available") if wants_reboot(job, one) => {
                    let group = &job.properties["DBParameterGroupName"];
                    let input = json!({"DBParameterGroupName": group, "Source": "user"});
                    steps::call("DescribeDBParameters", input, GROUP_READ)
                }
                Some("available" | "stopped") => finished(one),
                Some("failed") => {
                    let otherwise = job.hint["Otherwise"].as_str();
                    let otherwise = otherwise.map_or_else(String::new, |text| format!("; {text}"));
                    Progress::Failed { message: why(one) + &otherwise }
                }
                Some("incompatible-parameters") => Progress::Failed { message: why(one) },
                _ => steps::wait(id, BETWEEN_LOOKS, LOOK),
            }
        }
        (GROUP_READ, Some(group)) => {
            let mut all = group["Parameters"].as_array().into_iter().flatten();
            if all.any(|parameter| parameter["ApplyType"] == "static") {
                let input = json!({"DBInstanceIdentifier": id});
                return steps::call("RebootDBInstance", input, REBOOTED);
            }
            steps::call("DescribeDBInstances", json!({"DBInstanceIdentifier": id}), LOOKED + 10)
        }
        (step, Some(described)) if step == LOOKED + 10 => finished(&described["DBInstances"][0]),
        _ => look_again(id),
    }
}

/// Whether an update has attached another group, whose values wait.
fn wants_reboot(job: &Job<'_>, one: &Value) -> bool {
    let group = "DBParameterGroupName";
    job.previous.is_some_and(|had| had[group] != job.properties[group])
        && one["DBParameterGroups"][0]["ParameterApplyStatus"] == "pending-reboot"
}

fn why(one: &Value) -> String {
    let status = one["DBInstanceStatus"].as_str().unwrap_or("not there");
    let message = one["StatusInfos"][0]["Message"].as_str().unwrap_or_default();
    format!("The DB instance is {status}: {message}")
}

fn finished(one: &Value) -> Progress {
    let text = |value: &Value| steps::text(value).unwrap_or_default().into();
    let id = one["DBInstanceIdentifier"].as_str().unwrap_or_default();
    Progress::done(
        id,
        [
            ("AutomaticRestartTime", text(&one["AutomaticRestartTime"])),
            ("CertificateDetails.CAIdentifier", text(&one["CACertificateIdentifier"])),
            ("DBInstanceArn", text(&one["DBInstanceArn"])),
            ("DBInstanceStatus", text(&one["DBInstanceStatus"])),
            ("DBSystemId", Value::from("")),
            ("DbiResourceId", text(&one["DbiResourceId"])),
            ("Endpoint.Address", text(&one["Endpoint"]["Address"])),
            ("Endpoint.HostedZoneId", text(&one["Endpoint"]["HostedZoneId"])),
            ("Endpoint.Port", text(&one["Endpoint"]["Port"])),
            ("InstanceCreateTime", text(&one["InstanceCreateTime"])),
            ("MasterUserSecret.SecretArn", text(&one["MasterUserSecret"]["SecretArn"])),
            ("SecondaryAvailabilityZone", text(&one["SecondaryAvailabilityZone"])),
        ],
    )
}
