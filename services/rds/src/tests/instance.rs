//! Instances: made, stopped, rebooted, changed, kept as snapshots, deleted.

use standin_kernel::database::DatabaseCommand;
use standin_kernel::workload::WorkloadEvent;
use standin_kernel::{Duration, Pace, json};

use super::Bench;

#[test]
fn rds_lc_01_an_instance_is_created_and_available_with_its_endpoint() {
    let mut bench = Bench::new();
    bench.instance("Diary", json!({"DBName": "diary"}));
    let one = bench.described("diary");
    assert_eq!(one["DBInstanceStatus"], "available");
    assert_eq!(one["Endpoint"]["Port"], 5432);
    let name = one["Endpoint"]["Address"].as_str().unwrap();
    assert!(name.starts_with("diary.") && name.ends_with(".rds.amazonaws.com"), "{name}");
    let (_, launched) = &bench.launched[0];
    assert_eq!(launched.database.as_deref(), Some("diary"));
    assert_eq!(launched.master_password.0, "long-enough");
    assert!(launched.force_ssl, "rds.force_ssl is 1 from PostgreSQL 15");
    assert_eq!(bench.events(), ["DB instance created"]);
}

#[test]
fn creation_takes_its_time_at_aws_pace() {
    let mut bench = Bench::new();
    bench.env.pace = Pace::Aws;
    bench.instance("diary", json!({}));
    assert_eq!(bench.status("diary"), "creating");
    assert!(bench.described("diary")["Endpoint"].is_null());
    bench.pass(Duration::from_secs(299));
    assert_eq!(bench.status("diary"), "creating");
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.status("diary"), "available");
}

#[test]
fn rds_md_10_names_and_passwords_have_their_form() {
    let mut bench = Bench::new();
    let mut refused = |id: &str, password: &str| {
        let input = json!({
            "DBInstanceIdentifier": id, "Engine": "postgres", "DBInstanceClass": "db.t3.micro",
            "AllocatedStorage": 20, "MasterUsername": "keeper", "MasterUserPassword": password,
        });
        bench.refused("CreateDBInstance", input).code
    };
    assert_eq!(refused("a--b", "long-enough"), "InvalidParameterValue");
    assert_eq!(refused("1a", "long-enough"), "InvalidParameterValue");
    assert_eq!(refused("fine", "short"), "InvalidParameterValue");
    assert_eq!(refused("fine", "has a space in it"), "InvalidParameterValue");
    assert_eq!(refused("fine", "has/a/slash"), "InvalidParameterValue");
}

#[test]
fn rds_md_10_mysql_and_mariadb_have_ports_licences_and_limits_of_their_own() {
    let mut bench = Bench::new();
    let input = |engine: &str, version: &str, password: &str| {
        json!({
            "DBInstanceIdentifier": engine, "Engine": engine, "EngineVersion": version,
            "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20, "MasterUsername": "admin",
            "MasterUserPassword": password,
        })
    };
    for (engine, version, family) in
        [("mysql", "8.4.3", "mysql8.4"), ("mariadb", "10.11", "mariadb10.11")]
    {
        bench.ok("CreateDBInstance", input(engine, version, "long-enough"));
        let one = bench.described(engine);
        assert_eq!((&one["Engine"], &one["EngineVersion"]), (&engine.into(), &version.into()));
        assert_eq!(one["Endpoint"]["Port"], 3306);
        assert_eq!(one["LicenseModel"], "general-public-license");
        let group = format!("default.{family}");
        assert_eq!(one["DBParameterGroups"][0]["DBParameterGroupName"], group);
        let spec = &bench.launched.last().unwrap().1;
        assert_eq!(spec.engine.as_str(), engine);
        // RDS-PG-15: {DBInstanceClassMemory/12582880}
        assert_eq!(spec.parameters["max_connections"], "78");
        assert!(!spec.force_ssl);
    }
    let mut refused = |mut input: standin_kernel::Value| {
        input["DBInstanceIdentifier"] = "other".into();
        bench.refused("CreateDBInstance", input).code
    };
    let long = "x".repeat(42);
    assert_eq!(refused(input("mysql", "8.4", &long)), "InvalidParameterValue");
    assert_eq!(refused(input("mysql", "5.7", "long-enough")), "InvalidParameterCombination");
    assert_eq!(refused(input("postgres", "16", "long-enough")), "InvalidParameterValue");
    let mut other = input("mysql", "8.4", "long-enough");
    other["DBParameterGroupName"] = "default.mysql8.0".into();
    assert_eq!(refused(other), "InvalidParameterCombination");
}

#[test]
fn rds_ha_01_rds_ev_01_a_reboot_needs_an_available_instance() {
    let mut bench = Bench::new();
    bench.instance("diary", json!({}));
    bench.env.pace = Pace::Aws;
    bench.ok("RebootDBInstance", json!({"DBInstanceIdentifier": "diary"}));
    assert_eq!(bench.status("diary"), "rebooting");
    let again = bench.refused("RebootDBInstance", json!({"DBInstanceIdentifier": "diary"}));
    assert_eq!(again.code, "InvalidDBInstanceState");
    bench.pass(Duration::from_secs(60));
    assert_eq!(bench.status("diary"), "available");
    assert_eq!(
        bench.events(),
        ["DB instance created", "DB instance shutdown", "DB instance restarted"]
    );
}

#[test]
fn rds_ha_02_rds_ha_06_rds_ha_07_a_failover_needs_a_standby_and_moves_zones() {
    let mut bench = Bench::new();
    bench.instance("single", json!({}));
    let force = |id: &str| json!({"DBInstanceIdentifier": id, "ForceFailover": true});
    let refused = bench.refused("RebootDBInstance", force("single"));
    assert_eq!(refused.code, "InvalidParameterCombination");
    bench.instance("double", json!({"MultiAZ": true}));
    let zones = |one: &standin_kernel::Value| {
        let zone = |name: &str| one[name].as_str().unwrap().to_owned();
        (zone("AvailabilityZone"), zone("SecondaryAvailabilityZone"))
    };
    let (first, second) = zones(&bench.described("double"));
    bench.ok("RebootDBInstance", force("double"));
    assert_eq!(zones(&bench.described("double")), (second, first));
    let events = bench.events();
    let at = |text: &str| events.iter().position(|event| event == text).unwrap();
    assert!(at("Multi-AZ instance failover started.") < at("DB instance restarted"));
    assert!(at("DB instance restarted") < at("Multi-AZ instance failover completed"));
}

#[test]
fn rds_ha_05_a_server_that_dies_is_started_again_or_its_standby_takes_over() {
    let mut bench = Bench::new();
    bench.instance("single", json!({}));
    bench.instance("double", json!({"MultiAZ": true}));
    for (at, id) in [(0, "single"), (1, "double")] {
        let workload = bench.launched[at].0;
        bench.event(workload, WorkloadEvent::Exited { code: 137 });
        bench.settle();
        assert_eq!(bench.status(id), "available");
    }
    assert_eq!(bench.launched.len(), 4);
    let failed_over =
        bench.events().iter().filter(|event| event.contains("failover completed")).count();
    assert_eq!(failed_over, 1);
}

#[test]
fn rds_lc_08_a_stopped_instance_starts_by_itself_after_seven_days() {
    let mut bench = Bench::new();
    bench.instance("diary", json!({}));
    bench.ok("StopDBInstance", json!({"DBInstanceIdentifier": "diary"}));
    let one = bench.described("diary");
    assert_eq!(one["DBInstanceStatus"], "stopped");
    let week = Duration::from_secs(7 * 24 * 3600);
    assert_eq!(one["AutomaticRestartTime"], (bench.now + week).iso8601());
    let mut bench = bench.restart();
    assert_eq!(bench.status("diary"), "stopped");
    assert!(bench.launched.is_empty());
    bench.pass(week);
    assert_eq!(bench.status("diary"), "available");
}

#[test]
fn rds_lc_03_rds_lc_04_deletion_wants_a_decision_and_no_protection() {
    let mut bench = Bench::new();
    bench.instance("diary", json!({"DeletionProtection": true}));
    let delete = |more: &str| match more {
        "skip" => json!({"DBInstanceIdentifier": "diary", "SkipFinalSnapshot": true}),
        "keep" => json!({"DBInstanceIdentifier": "diary", "FinalDBSnapshotIdentifier": "last"}),
        "both" => {
            json!({
                "DBInstanceIdentifier": "diary",
                "FinalDBSnapshotIdentifier": "last",
                "SkipFinalSnapshot": true,
            })
        }
        _ => json!({"DBInstanceIdentifier": "diary"}),
    };
    let error = bench.refused("DeleteDBInstance", delete("skip"));
    assert_eq!(error.code, "InvalidParameterCombination");
    assert!(error.message.starts_with("Cannot delete protected DB Instance"));
    bench.ok(
        "ModifyDBInstance",
        json!({"DBInstanceIdentifier": "diary", "DeletionProtection": false}),
    );
    assert_eq!(bench.refused("DeleteDBInstance", delete("")).code, "InvalidParameterCombination");
    assert_eq!(
        bench.refused("DeleteDBInstance", delete("both")).code,
        "InvalidParameterCombination"
    );
    bench.ok("DeleteDBInstance", delete("keep"));
    assert_eq!(
        bench.refused("DescribeDBInstances", json!({"DBInstanceIdentifier": "diary"})).code,
        "DBInstanceNotFound"
    );
    let snapshots = bench.ok("DescribeDBSnapshots", json!({"DBSnapshotIdentifier": "last"}));
    assert_eq!(snapshots["DBSnapshots"][0]["Status"], "available");
    let at = |wanted: fn(&DatabaseCommand) -> bool| bench.told.iter().position(wanted).unwrap();
    let stopped = at(|command| *command == DatabaseCommand::Stop);
    let kept = at(|command| matches!(command, DatabaseCommand::Snapshot { .. }));
    let gone = at(|command| matches!(command, DatabaseCommand::DeleteData(_)));
    assert!(stopped < kept && kept < gone);
}

#[test]
fn rds_ev_06_a_snapshot_is_taken_and_restored() {
    let mut bench = Bench::new();
    bench.instance("diary", json!({}));
    bench.ok(
        "CreateDBSnapshot",
        json!({"DBSnapshotIdentifier": "before", "DBInstanceIdentifier": "diary"}),
    );
    assert_eq!(bench.status("diary"), "available");
    bench.ok(
        "RestoreDBInstanceFromDBSnapshot",
        json!({"DBInstanceIdentifier": "again", "DBSnapshotIdentifier": "before"}),
    );
    let (_, launched) = bench.launched.last().unwrap();
    assert_eq!(launched.snapshot.as_deref(), Some("before"));
    assert_eq!(launched.master_username, "keeper");
    assert_eq!(bench.status("again"), "available");
    let events = bench.events();
    assert!(events.contains(&"Creating manual snapshot".to_owned()));
    assert!(events.contains(&"Manual snapshot created".to_owned()));
}

#[test]
fn rds_md_01_rds_md_02_changes_wait_for_the_window_unless_they_are_to_be_at_once() {
    let mut bench = Bench::new();
    // 2027-01-15 08:00 UTC was the moment the bench begins, a Friday.
    let windows = json!({
        "PreferredMaintenanceWindow": "sat:08:00-sat:08:30",
        "PreferredBackupWindow": "03:00-03:30",
    });
    bench.instance("diary", windows);
    let class = |more: bool| {
        json!({
            "DBInstanceIdentifier": "diary",
            "DBInstanceClass": "db.m6i.large",
            "ApplyImmediately": more,
        })
    };
    bench.ok("ModifyDBInstance", class(false));
    let one = bench.described("diary");
    assert_eq!(one["DBInstanceClass"], "db.t3.micro");
    assert_eq!(one["PendingModifiedValues"]["DBInstanceClass"], "db.m6i.large");
    assert_eq!(bench.launched.len(), 1);
    // Something else at once takes what is pending along.
    bench.ok(
        "ModifyDBInstance",
        json!({"DBInstanceIdentifier": "diary", "AllocatedStorage": 25, "ApplyImmediately": true}),
    );
    let one = bench.described("diary");
    assert_eq!(
        (one["DBInstanceClass"].clone(), one["AllocatedStorage"].clone()),
        (json!("db.m6i.large"), json!(25))
    );
    assert_eq!(one["PendingModifiedValues"], json!({}));
    assert_eq!(bench.launched.len(), 2);
    // And what waits is done in the window, after a restart of Standin too.
    bench.ok(
        "ModifyDBInstance",
        json!({"DBInstanceIdentifier": "diary", "DBInstanceClass": "db.m6i.xlarge"}),
    );
    let mut bench = bench.restart();
    assert_eq!(bench.described("diary")["DBInstanceClass"], "db.m6i.large");
    bench.pass(Duration::from_secs(7 * 24 * 3600));
    assert_eq!(bench.described("diary")["DBInstanceClass"], "db.m6i.xlarge");
    assert_eq!(bench.status("diary"), "available");
}

#[test]
fn rds_md_03_storage_grows_without_an_outage_and_never_shrinks() {
    let mut bench = Bench::new();
    bench.instance("diary", json!({}));
    bench.ok(
        "ModifyDBInstance",
        json!({"DBInstanceIdentifier": "diary", "AllocatedStorage": 30, "ApplyImmediately": true}),
    );
    assert_eq!(bench.launched.len(), 1, "no restart");
    let smaller =
        json!({"DBInstanceIdentifier": "diary", "AllocatedStorage": 20, "ApplyImmediately": true});
    assert_eq!(bench.refused("ModifyDBInstance", smaller).code, "InvalidParameterCombination");
}

#[test]
fn rds_md_04_rds_md_09_a_password_does_not_wait() {
    let mut bench = Bench::new();
    bench.instance("diary", json!({}));
    bench.ok(
        "ModifyDBInstance",
        json!({"DBInstanceIdentifier": "diary", "MasterUserPassword": "another-one"}),
    );
    assert!(bench.told.iter().any(
        |command| matches!(command, DatabaseCommand::Password(secret) if secret.0 == "another-one")
    ));
    assert_eq!(bench.described("diary")["PendingModifiedValues"], json!({}));
    assert_eq!(bench.status("diary"), "available");
}

#[test]
fn rds_md_05_a_new_port_restarts_at_once() {
    let mut bench = Bench::new();
    bench.instance("diary", json!({}));
    bench.ok("ModifyDBInstance", json!({"DBInstanceIdentifier": "diary", "DBPortNumber": 5433}));
    assert_eq!(bench.described("diary")["Endpoint"]["Port"], 5433);
    assert_eq!(bench.launched.len(), 2);
    let low = json!({"DBInstanceIdentifier": "diary", "DBPortNumber": 80});
    assert_eq!(bench.refused("ModifyDBInstance", low).code, "InvalidParameterValue");
}

#[test]
fn rds_md_08_a_rename_changes_the_endpoint_and_keeps_the_data() {
    let mut bench = Bench::new();
    bench.instance("diary", json!({}));
    let resource = bench.described("diary")["DbiResourceId"].clone();
    bench.ok(
        "ModifyDBInstance",
        json!({
            "DBInstanceIdentifier": "diary",
            "NewDBInstanceIdentifier": "journal",
            "ApplyImmediately": true,
        }),
    );
    let one = bench.described("journal");
    assert_eq!(one["DbiResourceId"], resource);
    assert!(one["Endpoint"]["Address"].as_str().unwrap().starts_with("journal."));
    assert_eq!(
        bench.refused("DescribeDBInstances", json!({"DBInstanceIdentifier": "diary"})).code,
        "DBInstanceNotFound"
    );
}

#[test]
fn rds_md_11_a_managed_password_is_a_secret() {
    let mut bench = Bench::new();
    let input = json!({
        "DBInstanceIdentifier": "diary", "Engine": "postgres", "DBInstanceClass": "db.t3.micro",
        "AllocatedStorage": 20, "MasterUsername": "keeper", "ManageMasterUserPassword": true,
    });
    let mut both = input.clone();
    both["MasterUserPassword"] = "long-enough".into();
    assert_eq!(bench.refused("CreateDBInstance", both).code, "InvalidParameterCombination");
    bench.ok("CreateDBInstance", input);
    let one = bench.described("diary");
    assert_eq!(one["MasterUserSecret"]["SecretArn"], "arn:aws:secretsmanager:x");
    assert_eq!(one["DBInstanceStatus"], "available");
}

#[test]
fn a_server_that_cannot_be_had_fails_the_instance_with_the_reason() {
    let mut bench = Bench::new();
    bench.broken = true;
    bench.instance("diary", json!({}));
    let one = bench.described("diary");
    assert_eq!(one["DBInstanceStatus"], "failed");
    assert!(one["StatusInfos"][0]["Message"].as_str().unwrap().contains("its log says why"));
    bench.ok(
        "DeleteDBInstance",
        json!({"DBInstanceIdentifier": "diary", "SkipFinalSnapshot": true}),
    );
    assert_eq!(
        bench.refused("DescribeDBInstances", json!({"DBInstanceIdentifier": "diary"})).status,
        404
    );
}

#[test]
fn rds_ev_07_events_are_of_the_last_hour_unless_more_is_asked() {
    let mut bench = Bench::new();
    bench.instance("diary", json!({}));
    bench.pass(Duration::from_secs(2 * 3600));
    let events = bench.ok("DescribeEvents", json!({}));
    assert_eq!(events["Events"], json!([]));
    let events = bench.ok("DescribeEvents", json!({"Duration": 180}));
    assert_eq!(events["Events"][0]["SourceType"], "db-instance");
    let other = json!({"Duration": 180, "SourceType": "db-snapshot"});
    assert_eq!(bench.ok("DescribeEvents", other)["Events"], json!([]));
}

#[test]
fn what_ran_runs_again_after_a_restart_of_standin() {
    let mut bench = Bench::new();
    bench.instance("diary", json!({}));
    let data = bench.launched[0].1.data.clone();
    let mut bench = bench.restart();
    assert_eq!(bench.status("diary"), "available");
    assert_eq!(bench.launched[0].1.data, data);
    assert!(!bench.events().contains(&"DB instance restarted".to_owned()), "RDS restarted nothing");
}

#[test]
fn the_template_type_deletes_a_failed_instance_without_the_snapshot_it_would_keep() {
    use standin_kernel::ApiError;
    use standin_kernel::resource::{Job, Progress};

    let types = crate::resources::ALL;
    let kind = types.iter().find(|kind| kind.type_name() == "AWS::RDS::DBInstance").unwrap();
    let error = Err(ApiError::new("InvalidDBInstanceState", 400, "failed"));
    let job = |step, reply| Job {
        stack_name: "s",
        stack_id: "i",
        logical_id: "Database",
        generated_name: "s-database-1AB2C3D4E5F6G",
        region: "ap-northeast-1",
        account: "123456789012",
        properties: &standin_kernel::Value::Null,
        previous: None,
        hint: &standin_kernel::Value::Null,
        keeps_snapshot: true,
        base_directory: "/",
        physical_id: Some("diary"),
        step,
        context: &standin_kernel::Value::Null,
        reply,
    };
    let Progress::Call { input, step, .. } = kind.delete(&job(0, None)) else { unreachable!() };
    assert!(input["FinalDBSnapshotIdentifier"].as_str().unwrap().ends_with("-snapshot"));
    let Progress::Call { input, .. } = kind.delete(&job(step, Some(&error))) else {
        unreachable!("it is tried again")
    };
    assert_eq!(input["SkipFinalSnapshot"], true);
}
