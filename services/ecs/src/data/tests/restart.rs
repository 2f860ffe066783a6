//! Standin stops and starts again.

use super::*;
use crate::data::view::{ServiceStatus, StopCode};

#[test]
fn tasks_of_the_run_before_are_stopped_and_the_service_starts_new_ones() {
    let mut world = World::new(Pace::Fast);
    world.create(balanced(2), app(1));
    world.run(10);
    let old = world.tasks(LastStatus::Running);
    let workloads: Vec<_> = world.specs.iter().map(|spec| spec.id).collect();
    let events = world.messages();
    world.restart();
    world.run(30);
    for task in &old {
        let task = world.task(&task.arn);
        assert_eq!(task.last_status, LastStatus::Stopped);
        assert_eq!(task.stop_code, Some(StopCode::TerminationNotice));
        assert!(task.stopped_reason.is_some_and(|reason| reason.starts_with("Standin was")));
        assert!(!world.targets.contains_key(&(task.address.to_string(), 8080)));
    }
    assert_eq!(world.service().running_count, 2);
    assert!(world.specs[workloads.len()..].iter().all(|spec| !workloads.contains(&spec.id)));
    assert_eq!(world.messages()[..events.len()], events);
}

#[test]
fn a_deployment_in_progress_goes_on_after_the_restart() {
    let mut world = World::new(Pace::Fast);
    world.create(balanced(1), app(1));
    world.run(30);
    world.new_targets = TargetModel::Initial;
    world.update(balanced(1), app(2), false);
    world.run(5);
    let ids: Vec<_> = world.service().deployments.into_iter().map(|one| one.id).collect();
    world.restart();
    world.run(2);
    let after: Vec<_> = world.service().deployments.into_iter().map(|one| one.id).collect();
    assert_eq!(ids, after);
    world.new_targets = TargetModel::Healthy;
    world.targets.values_mut().for_each(|target| *target = TargetModel::Healthy);
    world.run(60);
    assert!(world.is_stable());
    assert_eq!(world.service().deployments[0].task_definition.revision, 2);
}

#[test]
fn a_deleted_service_stays_deleted() {
    let mut world = World::new(Pace::Fast);
    world.create(service(1), app(1));
    world.run(10);
    world.act(|scheduler, cx| scheduler.delete_service(cx, SERVICE));
    world.restart();
    world.run(1);
    assert_eq!(world.service().status, ServiceStatus::Inactive);
    world.restart();
    world.run(3601);
    assert!(world.scheduler.service(SERVICE).is_none());
}

#[test]
fn stopped_tasks_are_forgotten_in_time_even_over_a_restart() {
    let mut world = World::new(Pace::Fast);
    world.behaviour.insert("app".into(), Behaviour::Ends { after: Duration::ZERO, code: 0 });
    let arn = world.run_task(app(1));
    world.run(1800);
    world.restart();
    world.run(1700);
    assert!(world.scheduler.task(&arn).is_some());
    world.run(200);
    assert!(world.scheduler.task(&arn).is_none());
    assert!(!world.records.keys().any(|(kind, _)| kind == "task"));
}

#[test]
fn a_record_that_cannot_be_read_is_an_error_text() {
    let mut scheduler = Scheduler::default();
    for kind in ["task", "scheduled-service", "numbers"] {
        let document = Some(json!({"what": "is this"}));
        let record = Record { kind: kind.into(), id: "x".into(), document };
        assert!(scheduler.restore(&record).is_err());
    }
    let other = Record { kind: "cluster".into(), id: "x".into(), document: Some(json!({})) };
    assert_eq!(scheduler.restore(&other), Ok(false));
}
