//! Container checks and target checks, and what the service makes of them.

use super::*;
use crate::data::view::{Health, StopCode};

fn checked(revision: u32) -> config::TaskDefinition {
    let mut definition = app(revision);
    definition.containers[0].health_check = Some(check());
    definition
}

#[test]
fn ecs_hc_05_unknown_until_the_first_result() {
    let mut world = World::new(Pace::Fast);
    let arn = world.run_task(checked(1));
    world.run(4);
    assert_eq!(world.task(&arn).health_status, Health::Unknown);
    world.run(2);
    assert_eq!(world.task(&arn).health_status, Health::Healthy);
}

#[test]
fn ecs_hc_04_without_a_check_in_the_definition_health_is_unknown() {
    let mut world = World::new(Pace::Fast);
    let arn = world.run_task(app(1));
    world.run(600);
    let task = world.task(&arn);
    assert_eq!((task.last_status, task.health_status), (LastStatus::Running, Health::Unknown));
}

#[test]
fn ecs_hc_06_a_container_that_is_not_essential_does_not_count() {
    let mut world = World::new(Pace::Fast);
    let mut definition = checked(1);
    let mut agent = container("agent", false);
    agent.health_check = Some(check());
    definition.containers.push(agent);
    world.check_code.insert("agent".into(), Some(1));
    let arn = world.run_task(definition);
    world.run(60);
    let task = world.task(&arn);
    assert_eq!(task.health_status, Health::Healthy);
    assert_eq!(task.containers[1].health_status, Health::Unhealthy);
}

#[test]
fn ecs_hc_07_a_task_of_no_service_is_only_reported() {
    let mut world = World::new(Pace::Fast);
    world.check_code.insert("app".into(), Some(1));
    let arn = world.run_task(checked(1));
    world.run(300);
    let task = world.task(&arn);
    assert_eq!((task.last_status, task.health_status), (LastStatus::Running, Health::Unhealthy));
}

#[test]
fn ecs_hc_07_ecs_ev_03_a_service_replaces_a_task_that_fails_its_check() {
    let mut world = World::new(Pace::Fast);
    world.create(service(1), checked(1));
    world.run(20);
    let old = world.tasks(LastStatus::Running)[0].clone();
    world.check_code.insert(old.arn.clone(), Some(1));
    world.run(30);
    let text = format!("(service web) (task {}) failed container health checks.", id(&old.arn));
    assert_eq!(world.said(&text), 1);
    let stopped = world.task(&old.arn);
    assert_eq!(stopped.last_status, LastStatus::Stopped);
    assert_eq!(stopped.stopped_reason.as_deref(), Some("Task failed container health checks"));
    assert_eq!(world.service().running_count, 1);
}

#[test]
fn ecs_sv_04_an_unhealthy_task_is_replaced_start_first() {
    let mut world = World::new(Pace::Fast);
    world.create(balanced(1), app(1));
    world.run(10);
    let old = world.tasks(LastStatus::Running)[0].clone();
    world.new_targets = TargetModel::Initial;
    world.set_target(&old, TargetModel::Unhealthy);
    world.run(5);
    let running = world.tasks(LastStatus::Running);
    assert_eq!(running.len(), 2, "the new one is not healthy yet");
    world.set_target(&running[1], TargetModel::Healthy);
    world.run(20);
    let stopped = world.task(&old.arn);
    assert_eq!(stopped.last_status, LastStatus::Stopped);
    assert_eq!(stopped.stop_code, Some(StopCode::ServiceSchedulerInitiated));
    let reason = format!("Task failed ELB health checks in (target-group {GROUP})");
    assert_eq!(stopped.stopped_reason, Some(reason));
}

#[test]
fn ecs_sv_04_without_room_the_unhealthy_one_is_stopped_first() {
    let mut world = World::new(Pace::Fast);
    let mut settings = balanced(1);
    settings.deployment = bounds(0, 100);
    world.create(settings, app(1));
    world.run(10);
    let old = world.tasks(LastStatus::Running)[0].clone();
    world.set_target(&old, TargetModel::Unhealthy);
    for _ in 0..300 {
        world.run_for(Duration::from_millis(100));
        assert!(world.scheduler.tasks_of(SERVICE).len() <= 1);
    }
    assert_eq!(world.task(&old.arn).last_status, LastStatus::Stopped);
    assert_eq!(world.service().running_count, 1);
}

#[test]
fn ecs_ev_03_ecs_ev_04_an_unhealthy_target_is_told_before_its_task_is_stopped() {
    let mut world = World::new(Pace::Fast);
    world.create(balanced(1), app(1));
    world.run(10);
    let old = world.tasks(LastStatus::Running)[0].clone();
    world.set_target(&old, TargetModel::Unhealthy);
    world.run(30);
    let messages = world.messages();
    let unhealthy = format!(
        "(service web) (task {}) (port 8080) is unhealthy in (target-group {GROUP}) due to (reason \
         Health checks failed with these codes: [404]).",
        id(&old.arn)
    );
    let place = |text: &str| messages.iter().position(|message| message.contains(text));
    let told = place(&unhealthy).expect("told");
    let replaced = place("Amazon ECS replaced 1 tasks due to an unhealthy status.");
    let stopped = place("has stopped 1 running tasks");
    assert!(replaced.is_some_and(|at| at > told), "{messages:?}");
    assert!(stopped > replaced, "{messages:?}");
}

#[test]
fn ecs_sv_07_within_the_grace_period_nothing_is_replaced() {
    let mut world = World::new(Pace::Fast);
    world.new_targets = TargetModel::Unhealthy;
    let mut settings = balanced(1);
    settings.health_check_grace_period_s = 30;
    world.create(settings, app(1));
    world.run(29);
    assert_eq!(world.said("is unhealthy"), 0);
    assert_eq!(world.scheduler.tasks_of(SERVICE).len(), 1);
    world.run(3);
    assert_eq!(world.said("is unhealthy"), 1);
}

#[test]
fn ecs_sv_06_a_task_without_any_check_is_healthy_after_40_seconds() {
    let mut world = World::new(Pace::Aws);
    world.create(service(1), app(1));
    world.run(300);
    let old = world.tasks(LastStatus::Running)[0].clone();
    let since = world.now;
    world.update(service(1), app(2), false);
    world.run(300);
    let stopping = world.task(&old.arn).times.stopping_at.expect("it was stopped");
    let new = world.tasks(LastStatus::Running)[0].times.started_at.expect("it was started");
    assert!(new > since);
    assert!(stopping.since(new) >= Duration::from_secs(40));
}

#[test]
fn a_task_that_recovers_is_kept_and_the_surplus_goes() {
    let mut world = World::new(Pace::Fast);
    world.create(balanced(2), app(1));
    world.run(10);
    let old = world.tasks(LastStatus::Running);
    world.new_targets = TargetModel::Initial;
    old.iter().for_each(|task| world.set_target(task, TargetModel::Unhealthy));
    world.run(3);
    assert_eq!(world.scheduler.tasks_of(SERVICE).len(), 4);
    old.iter().for_each(|task| world.set_target(task, TargetModel::Healthy));
    world.run(30);
    let mut running = world.tasks(LastStatus::Running);
    running.sort_by(|a, b| a.arn.cmp(&b.arn));
    let mut kept: Vec<_> = old.iter().map(|task| task.arn.clone()).collect();
    kept.sort();
    assert_eq!(running.into_iter().map(|task| task.arn).collect::<Vec<_>>(), kept);
}

fn id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}
