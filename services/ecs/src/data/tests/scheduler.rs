//! A service keeps its desired count.

use super::*;
use crate::data::view::{RolloutState, ServiceStatus};

#[test]
fn ecs_sv_01_a_task_that_stops_is_replaced() {
    let mut world = World::new(Pace::Fast);
    world.create(balanced(2), app(1));
    world.run(10);
    assert_eq!(world.service().running_count, 2);
    let arn = world.tasks(LastStatus::Running)[0].arn.clone();
    world.act(|scheduler, cx| scheduler.stop_task(cx, &arn, "by hand"));
    world.run(20);
    assert_eq!(world.service().running_count, 2);
    assert_eq!(world.task(&arn).last_status, LastStatus::Stopped);
}

#[test]
fn ecs_ev_01_ecs_ev_02_a_new_service_says_what_it_does_and_is_steady_once() {
    let mut world = World::new(Pace::Fast);
    world.create(balanced(2), app(1));
    world.run(60);
    let messages = world.messages();
    assert!(messages[0].starts_with("(service web) has started 2 tasks: (task "), "{messages:?}");
    let registered = format!("(service web) registered 2 targets in (target-group {GROUP})");
    assert_eq!(messages[1], registered);
    let id = world.service().deployments[0].id.clone();
    assert_eq!(messages[2], format!("(service web) (deployment {id}) deployment completed."));
    assert_eq!(messages[3], "(service web) has reached a steady state.");
    assert_eq!(messages.len(), 4);
    assert!(world.is_stable());
}

#[test]
fn ecs_ev_02_a_steady_service_says_so_again_after_six_hours() {
    let mut world = World::new(Pace::Fast);
    world.create(service(1), app(1));
    world.run(5 * 3600);
    assert_eq!(world.said("has reached a steady state."), 1);
    world.run(2 * 3600);
    assert_eq!(world.said("has reached a steady state."), 2);
}

#[test]
fn ecs_ev_02_an_update_that_changes_nothing_says_nothing() {
    let mut world = World::new(Pace::Fast);
    world.create(service(1), app(1));
    world.run(30);
    world.update(service(1), app(1), false);
    world.run(30);
    assert_eq!(world.said("has reached a steady state."), 1);
}

#[test]
fn ecs_sv_08_tasks_that_cannot_start_are_tried_less_and_less_often() {
    let mut world = World::new(Pace::Fast);
    world.behaviour.insert("app".into(), Behaviour::Fails("CannotPullContainerError: no".into()));
    world.create(service(1), app(1));
    let since = world.now;
    world.run(3 * 3600);
    let attempts = world.when("launch", "app", since);
    let gaps: Vec<_> = attempts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.is_sorted(), "{gaps:?}");
    assert_eq!(gaps.last(), Some(&(27.0 * 60.0)));
    assert!(world.said("(service web) is unable to consistently start tasks successfully.") > 3);
    // A new deployment starts at once.
    let since = world.now;
    world.behaviour.clear();
    world.update(service(1), app(2), false);
    world.run(10);
    assert_eq!(world.when("launch", "app", since), [0.0]);
    assert_eq!(world.service().running_count, 1);
}

#[test]
fn ecs_sv_08_tasks_that_ran_are_not_throttled() {
    let mut world = World::new(Pace::Fast);
    let behaviour = Behaviour::Ends { after: Duration::from_secs(2), code: 1 };
    world.behaviour.insert("app".into(), behaviour);
    world.create(service(1), app(1));
    let since = world.now;
    world.run(120);
    let attempts = world.when("launch", "app", since);
    assert!(attempts.len() > 35, "{attempts:?}");
    assert_eq!(world.said("is unable to consistently start"), 0);
}

#[test]
fn ecs_sv_08_after_an_outage_of_a_minute_the_service_is_back_soon() {
    let mut world = World::new(Pace::Fast);
    world.create(balanced(2), app(1));
    world.run(20);
    let reason = "CannotStartContainerError: Service is broken on purpose";
    world.behaviour.insert("app".into(), Behaviour::Fails(reason.into()));
    world.crash("app", 137);
    world.run(60);
    assert_eq!(world.service().running_count, 0);
    world.behaviour.clear();
    world.run(25);
    assert_eq!(world.service().running_count, 2);
}

#[test]
fn ecs_sv_12_a_deleted_service_drains_and_is_then_inactive() {
    let mut world = World::new(Pace::Fast);
    world.create(balanced(2), app(1));
    world.run(10);
    world.act(|scheduler, cx| scheduler.delete_service(cx, SERVICE));
    world.run(1);
    assert_eq!(world.service().status, ServiceStatus::Draining);
    assert_eq!(world.service().settings.desired_count, 0);
    world.run(20);
    assert_eq!(world.service().status, ServiceStatus::Inactive);
    assert!(world.scheduler.tasks_of(SERVICE).is_empty());
    world.run(3600);
    assert!(world.scheduler.service(SERVICE).is_none());
    assert!(!world.records.keys().any(|(kind, _)| kind.contains("service")));
}

#[test]
fn a_deleted_service_may_be_created_again_under_its_name() {
    let mut world = World::new(Pace::Fast);
    world.create(service(1), app(1));
    world.run(10);
    world.act(|scheduler, cx| scheduler.delete_service(cx, SERVICE));
    world.run(10);
    world.create(service(1), app(2));
    world.run(2 * 3600);
    let service = world.service();
    assert_eq!((service.status, service.running_count), (ServiceStatus::Active, 1));
    assert_eq!(service.deployments[0].task_definition.revision, 2);
}

#[test]
fn a_service_of_no_tasks_is_steady_at_once() {
    let mut world = World::new(Pace::Fast);
    world.create(service(0), app(1));
    world.run(1);
    assert!(world.is_stable());
    assert_eq!(world.said("has reached a steady state."), 1);
}

#[test]
fn ecs_sv_17_the_hundred_newest_events_are_kept() {
    let mut world = World::new(Pace::Fast);
    let behaviour = Behaviour::Ends { after: Duration::ZERO, code: 1 };
    world.behaviour.insert("app".into(), behaviour);
    world.create(service(1), app(1));
    world.run(400);
    let events = world.service().events;
    assert_eq!(events.len(), 100);
    assert!(events.is_sorted_by(|newer, older| newer.created_at >= older.created_at));
}

#[test]
fn a_target_group_that_refuses_keeps_the_task_from_running() {
    let mut world = World::new(Pace::Fast);
    world.refuse_registration = true;
    world.create(balanced(1), app(1));
    world.run(15);
    assert_eq!(world.service().pending_count, 1);
    let text = format!(
        "(service web) failed to register targets in (target-group {GROUP}) with (error no such \
         group)"
    );
    assert!(world.said(&text) >= 1);
    world.refuse_registration = false;
    world.run(15);
    assert_eq!(world.service().running_count, 1);
}

#[test]
fn a_crashed_task_is_taken_out_of_its_target_group() {
    let mut world = World::new(Pace::Fast);
    world.create(balanced(1), app(1));
    world.run(10);
    let old = world.tasks(LastStatus::Running)[0].clone();
    world.crash("app", 1);
    let state = world.targets[&(old.address.to_string(), 8080)];
    assert!(matches!(state, TargetModel::DrainingUntil(_)), "{state:?}");
    world.run(1);
    assert_eq!(world.task(&old.arn).last_status, LastStatus::Stopped);
    world.run(10);
    assert_eq!(world.service().deployments[0].rollout_state, RolloutState::Completed);
    assert_eq!(world.said(" deregistered 1 targets"), 1);
    assert_eq!(world.said("has reached a steady state."), 2);
}

#[test]
fn faults_find_a_service_by_its_tasks_and_containers() {
    let mut world = World::new(Pace::Fast);
    world.create(service(2), definition(1, vec![container("app", true), container("x", false)]));
    world.run(10);
    let tasks = world.scheduler.tasks_of(SERVICE);
    assert_eq!(tasks.len(), 2);
    assert_eq!(world.scheduler.running_workloads(SERVICE).len(), 4);
    let (arn, address) = &tasks[0];
    assert_eq!(world.scheduler.task_address(arn), Some(*address));
    assert_eq!(world.scheduler.running_workloads(arn).len(), 2);
    let id = arn.rsplit('/').next().unwrap_or_default();
    assert_eq!(world.scheduler.task_arn(id).as_ref(), Some(arn));
    assert_eq!(world.scheduler.task_arn("nobody"), None);
}
