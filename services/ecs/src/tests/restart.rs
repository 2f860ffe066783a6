//! What survives a restart: clusters, definitions, services and their settings; not processes.

use standin_kernel::control::Record;
use standin_kernel::{Service, json};

use super::{Bench, web};
use crate::Ecs;

#[test]
fn all_settings_are_as_before_and_new_tasks_run() {
    let mut bench = Bench::serving();
    bench.ok("RegisterTaskDefinition", web());
    bench.ok("DeregisterTaskDefinition", json!({"taskDefinition": "web:2"}));
    bench.ok("CreateCluster", json!({"clusterName": "gone"}));
    bench.ok("DeleteCluster", json!({"cluster": "gone"}));
    let seen = |bench: &mut Bench| {
        let mut diary = bench.diary();
        diary["events"] = json!([]);
        let definition = |name: &str| json!({"taskDefinition": name});
        [
            diary,
            bench.ok("DescribeClusters", json!({"clusters": ["main", "gone"]})),
            bench.ok("DescribeTaskDefinition", definition("web:1")),
            bench.ok("DescribeTaskDefinition", definition("web:2")),
        ]
    };
    let before = seen(&mut bench);
    bench.restart();
    bench.run(300);
    assert_eq!(seen(&mut bench), before);
    assert_eq!(bench.running.len(), 2);
    let third = bench.ok("RegisterTaskDefinition", web());
    assert_eq!(third["taskDefinition"]["revision"], 3);
}

#[test]
fn hints_survive() {
    let mut bench = Bench::new();
    bench.ok("CreateCluster", json!({"clusterName": "main"}));
    let hint = json!({"Containers": {"app": {"Command": ["here"]}}});
    bench.ok("RegisterTaskDefinition", super::web_but(&json!({"Standin": hint})));
    bench.restart();
    bench.ok("CreateService", super::diary());
    bench.run(60);
    let spec = bench.running.values().next().unwrap();
    assert_eq!(spec.local, json!({"Command": ["here"]}));
}

#[test]
fn a_record_that_cannot_be_read_is_an_error() {
    for (kind, document) in [
        ("x", Some(json!({}))),
        ("cluster", Some(json!({"name": 7}))),
        ("task-definition", None),
        ("service-settings", Some(json!([]))),
    ] {
        let record = Record { kind: kind.into(), id: "y".into(), document };
        assert!(Ecs::new().restore(&record).is_err(), "{kind}");
    }
}
