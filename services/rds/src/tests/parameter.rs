//! When a parameter takes effect.

use standin_kernel::{Value, json};

use super::Bench;

fn group(bench: &mut Bench, name: &str, family: &str) {
    bench.ok(
        "CreateDBParameterGroup",
        json!({"DBParameterGroupName": name, "DBParameterGroupFamily": family, "Description": "d"}),
    );
}

fn set(name: &str, value: &str, method: &str) -> Value {
    json!({"DBParameterGroupName": "diary", "Parameters": [
        {"ParameterName": name, "ParameterValue": value, "ApplyMethod": method},
    ]})
}

/// An instance that was created with a group of its own.
fn bench() -> Bench {
    let mut bench = Bench::new();
    group(&mut bench, "Diary", "postgres16");
    bench.instance("diary", json!({"DBParameterGroupName": "diary"}));
    bench
}

#[test]
fn rds_pg_01_a_default_group_is_not_for_users_to_change() {
    let mut bench = Bench::new();
    let mut input = set("work_mem", "8192", "immediate");
    input["DBParameterGroupName"] = "default.postgres16".into();
    assert_eq!(bench.refused("ModifyDBParameterGroup", input).code, "InvalidParameterValue");
    let delete = json!({"DBParameterGroupName": "default.postgres16"});
    assert_eq!(bench.refused("DeleteDBParameterGroup", delete).code, "InvalidParameterValue");
}

#[test]
fn rds_pg_02_a_group_is_of_one_family() {
    let mut bench = bench();
    group(&mut bench, "older", "postgres15");
    let attach = json!({"DBInstanceIdentifier": "diary", "DBParameterGroupName": "older"});
    assert_eq!(bench.refused("ModifyDBInstance", attach).code, "InvalidParameterCombination");
    let shown = bench.ok("DescribeDBParameterGroups", json!({"DBParameterGroupName": "DIARY"}));
    assert_eq!(shown["DBParameterGroups"][0]["DBParameterGroupName"], "diary");
}

#[test]
fn rds_pg_04_rds_pg_08_dynamic_at_once_static_at_the_reboot() {
    let mut bench = bench();
    assert_eq!(bench.apply_status("diary"), "in-sync");
    bench.ok("ModifyDBParameterGroup", set("statement_timeout", "30000", "immediate"));
    assert_eq!(bench.acting("statement_timeout").as_deref(), Some("30000"));
    assert_eq!(bench.apply_status("diary"), "in-sync");
    bench.ok("ModifyDBParameterGroup", set("max_connections", "33", "pending-reboot"));
    assert_eq!(bench.apply_status("diary"), "pending-reboot");
    assert_ne!(bench.acting("max_connections").as_deref(), Some("33"));
    bench.ok("RebootDBInstance", json!({"DBInstanceIdentifier": "diary"}));
    assert_eq!(bench.apply_status("diary"), "in-sync");
    assert_eq!(bench.launched.last().unwrap().1.parameters["max_connections"], "33");
}

#[test]
fn rds_pg_04_a_dynamic_value_may_wait_for_the_reboot_too() {
    let mut bench = bench();
    bench.ok("ModifyDBParameterGroup", set("statement_timeout", "30000", "pending-reboot"));
    assert_eq!(bench.acting("statement_timeout"), None);
    assert_eq!(bench.apply_status("diary"), "pending-reboot");
}

#[test]
fn rds_pg_06_twenty_parameters_a_call() {
    let mut bench = bench();
    let many = |count: usize| -> Value {
        let one = json!({
            "ParameterName": "work_mem", "ParameterValue": "8192", "ApplyMethod": "immediate",
        });
        json!({"DBParameterGroupName": "diary", "Parameters": vec![one; count]})
    };
    assert!(bench.call("ModifyDBParameterGroup", many(21)).is_err());
    assert!(bench.call("ModifyDBParameterGroup", many(20)).is_ok());
}

#[test]
fn rds_pg_07_rds_pg_11_a_group_newly_attached_waits_for_a_reboot_dynamic_values_too() {
    let mut bench = Bench::new();
    bench.instance("diary", json!({}));
    assert_eq!(bench.apply_status("diary"), "in-sync");
    group(&mut bench, "diary", "postgres16");
    bench.ok("ModifyDBParameterGroup", set("statement_timeout", "30000", "immediate"));
    bench.ok(
        "ModifyDBInstance",
        json!({
            "DBInstanceIdentifier": "diary",
            "DBParameterGroupName": "diary",
            "ApplyImmediately": true,
        }),
    );
    let one = bench.described("diary");
    assert_eq!(one["DBParameterGroups"][0]["DBParameterGroupName"], "diary");
    assert_eq!(bench.apply_status("diary"), "pending-reboot");
    bench.ok("ModifyDBParameterGroup", set("statement_timeout", "40000", "immediate"));
    assert_eq!(bench.acting("statement_timeout"), None);
    bench.ok("RebootDBInstance", json!({"DBInstanceIdentifier": "diary"}));
    assert_eq!(bench.acting("statement_timeout").as_deref(), Some("40000"));
    assert_eq!(bench.apply_status("diary"), "in-sync");
}

#[test]
fn rds_pg_09_the_maintenance_window_does_not_apply_what_waits_for_a_reboot() {
    let mut bench = bench();
    bench.ok("ModifyDBParameterGroup", set("max_connections", "33", "pending-reboot"));
    bench.pass(standin_kernel::Duration::from_secs(8 * 24 * 3600));
    assert_eq!(bench.apply_status("diary"), "pending-reboot");
    assert_eq!(bench.launched.len(), 1);
}

#[test]
fn rds_pg_10_a_reboot_with_failover_does_not_count() {
    let mut bench = Bench::new();
    group(&mut bench, "diary", "postgres16");
    bench.instance("diary", json!({"DBParameterGroupName": "diary", "MultiAZ": true}));
    bench.ok("ModifyDBParameterGroup", set("max_connections", "33", "pending-reboot"));
    bench.ok("RebootDBInstance", json!({"DBInstanceIdentifier": "diary", "ForceFailover": true}));
    assert_eq!(bench.apply_status("diary"), "pending-reboot");
    bench.ok("RebootDBInstance", json!({"DBInstanceIdentifier": "diary"}));
    assert_eq!(bench.apply_status("diary"), "in-sync");
}

#[test]
fn rds_pg_16_more_memory_than_the_class_has_is_incompatible() {
    let mut bench = bench();
    bench.ok("ModifyDBParameterGroup", set("shared_buffers", "1000000", "pending-reboot"));
    bench.ok("RebootDBInstance", json!({"DBInstanceIdentifier": "diary"}));
    assert_eq!(bench.status("diary"), "incompatible-parameters");
    assert!(bench.events().iter().any(|event| event.contains("shared_buffers")));
    bench.ok(
        "ResetDBParameterGroup",
        json!({"DBParameterGroupName": "diary", "ResetAllParameters": true}),
    );
    bench.ok("RebootDBInstance", json!({"DBInstanceIdentifier": "diary"}));
    assert_eq!(bench.status("diary"), "available");
}

#[test]
fn rds_pg_17_rds_pg_03_all_values_are_there_with_what_is_known_of_them() {
    let mut bench = bench();
    bench.ok("ModifyDBParameterGroup", set("statement_timeout", "30000", "immediate"));
    let mut all = Vec::new();
    let mut marker = Value::Null;
    loop {
        let mut input = json!({"DBParameterGroupName": "diary"});
        if !marker.is_null() {
            input["Marker"] = marker;
        }
        let page = bench.ok("DescribeDBParameters", input);
        all.extend(page["Parameters"].as_array().unwrap().clone());
        marker = page["Marker"].clone();
        if marker.is_null() {
            break;
        }
    }
    assert!(all.len() > 300);
    let of = |name: &str| all.iter().find(|one| one["ParameterName"] == name).unwrap().clone();
    assert_eq!(of("statement_timeout")["ApplyType"], "dynamic");
    assert_eq!(of("statement_timeout")["Source"], "user");
    assert_eq!(of("shared_buffers")["ApplyType"], "static");
    assert_eq!(of("shared_buffers")["Source"], "system");
    assert_eq!(
        of("max_connections")["ParameterValue"],
        "LEAST({DBInstanceClassMemory/9531392},5000)"
    );
    let users = bench
        .ok("DescribeDBParameters", json!({"DBParameterGroupName": "diary", "Source": "user"}));
    assert_eq!(users["Parameters"].as_array().unwrap().len(), 1);
}

#[test]
fn rds_pg_18_resetting_all_is_at_once_for_dynamic_values_only() {
    let mut bench = bench();
    bench.ok("ModifyDBParameterGroup", set("statement_timeout", "30000", "immediate"));
    bench.ok("ModifyDBParameterGroup", set("max_connections", "33", "pending-reboot"));
    bench.ok("RebootDBInstance", json!({"DBInstanceIdentifier": "diary"}));
    bench.ok(
        "ResetDBParameterGroup",
        json!({"DBParameterGroupName": "diary", "ResetAllParameters": true}),
    );
    assert_eq!(bench.acting("statement_timeout"), None);
    assert_eq!(bench.acting("max_connections").as_deref(), Some("33"));
    assert_eq!(bench.apply_status("diary"), "pending-reboot");
}

#[test]
fn rds_pg_19_a_group_in_use_stays() {
    let mut bench = bench();
    let delete = json!({"DBParameterGroupName": "diary"});
    let error = bench.refused("DeleteDBParameterGroup", delete.clone());
    assert_eq!(error.code, "InvalidDBParameterGroupState");
    bench.ok(
        "DeleteDBInstance",
        json!({"DBInstanceIdentifier": "diary", "SkipFinalSnapshot": true}),
    );
    bench.ok("DeleteDBParameterGroup", delete);
}

#[test]
fn rds_ev_03_a_parameters_change_is_an_event_of_its_group() {
    let mut bench = bench();
    bench.ok("ModifyDBParameterGroup", set("statement_timeout", "30000", "immediate"));
    let events = bench.ok("DescribeEvents", json!({"SourceType": "db-parameter-group"}));
    assert_eq!(
        events["Events"][0]["Message"],
        "Updated parameter statement_timeout to 30000 with apply method immediate"
    );
}
