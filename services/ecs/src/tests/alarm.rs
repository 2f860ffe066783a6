//! Alarms that fail a deployment.

use standin_kernel::{Value, json};

use super::{Bench, diary_but, web_but};

/// A service that watches the alarm `errors`, complete with `web:1`; there is `web:2` too.
fn watching(rollback: bool) -> Bench {
    let mut bench = Bench::ready();
    bench.alarms.insert("errors".into(), "OK");
    let alarms = json!({"alarmNames": ["errors"], "enable": true, "rollback": rollback});
    bench.ok("CreateService", diary_but(&json!({"deploymentConfiguration": {"alarms": alarms}})));
    bench.run(300);
    assert_eq!(rollout(&mut bench), "COMPLETED");
    bench.ok("RegisterTaskDefinition", web_but(&json!({})));
    bench
}

fn deploy(bench: &mut Bench) {
    let input = json!({"cluster": "main", "service": "diary", "taskDefinition": "web:2"});
    bench.ok("UpdateService", input);
}

fn primary(bench: &mut Bench) -> Value {
    bench.diary()["deployments"][0].clone()
}

fn rollout(bench: &mut Bench) -> String {
    primary(bench)["rolloutState"].as_str().unwrap().to_owned()
}

fn says(bench: &mut Bench, text: &str) -> bool {
    let events = bench.diary()["events"].as_array().cloned().unwrap();
    events.iter().any(|event| event["message"].as_str().unwrap().contains(text))
}

#[test]
fn ecs_al_01_and_02_an_alarm_fails_a_deployment_and_leads_back_to_the_last_good_one() {
    let mut bench = watching(true);
    deploy(&mut bench);
    bench.run(10);
    bench.alarms.insert("errors".into(), "ALARM");
    bench.run(10);
    assert!(says(&mut bench, "deployment failed: alarm detected."));
    assert!(says(&mut bench, "rolling back to deployment"));
    let back = primary(&mut bench);
    assert!(back["taskDefinition"].as_str().unwrap().ends_with("web:1"), "{back}");
    let reason = back["rolloutStateReason"].as_str().unwrap();
    assert!(reason.starts_with("ECS deployment alarms: rolling back to deploymentId"), "{reason}");
    bench.run(300);
    // The way back is not watched.
    assert_eq!(rollout(&mut bench), "COMPLETED");
    assert!(primary(&mut bench)["taskDefinition"].as_str().unwrap().ends_with("web:1"));
}

#[test]
fn ecs_al_02_without_rollback_the_deployment_stays_failed() {
    let mut bench = watching(false);
    deploy(&mut bench);
    bench.run(10);
    bench.alarms.insert("errors".into(), "ALARM");
    bench.run(120);
    let failed = primary(&mut bench);
    assert_eq!(failed["rolloutState"], "FAILED");
    assert!(failed["taskDefinition"].as_str().unwrap().ends_with("web:2"));
    assert_eq!(failed["rolloutStateReason"], "ECS deployment alarms: alarm detected.");
}

#[test]
fn ecs_al_03_an_alarm_from_before_does_not_count() {
    let mut bench = watching(true);
    bench.alarms.insert("errors".into(), "ALARM");
    deploy(&mut bench);
    bench.run(120);
    let done = primary(&mut bench);
    assert_eq!(done["rolloutState"], "COMPLETED");
    assert!(done["taskDefinition"].as_str().unwrap().ends_with("web:2"));
    assert!(bench.log.iter().any(|line| line.contains("no alarm counts for it")));
}

#[test]
fn ecs_al_04_the_alarms_are_watched_for_their_own_time_after_the_tasks_are_there() {
    let mut bench = watching(true);
    deploy(&mut bench);
    bench.run(100);
    let deployments = bench.diary()["deployments"].clone();
    assert_eq!(deployments[0]["runningCount"], 2);
    assert_eq!(deployments[1]["runningCount"], 0);
    assert_eq!(deployments[0]["rolloutState"], "IN_PROGRESS");
    let mut other = watching(true);
    deploy(&mut other);
    other.run(100);
    other.restart();
    bench.run(120);
    assert_eq!(rollout(&mut bench), "COMPLETED");
    other.alarms.insert("errors".into(), "ALARM");
    other.run(300);
    assert!(primary(&mut other)["taskDefinition"].as_str().unwrap().ends_with("web:1"));
}

#[test]
fn ecs_al_01_alarms_that_are_off_are_not_looked_at() {
    let mut bench = Bench::ready();
    bench.alarms.insert("errors".into(), "ALARM");
    let alarms = json!({"alarmNames": ["errors"], "enable": false, "rollback": true});
    bench.ok("CreateService", diary_but(&json!({"deploymentConfiguration": {"alarms": alarms}})));
    bench.run(120);
    assert_eq!(rollout(&mut bench), "COMPLETED");
}
