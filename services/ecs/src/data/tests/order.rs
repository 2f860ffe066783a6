//! The order in which containers of a task start and stop.

use super::*;
use crate::data::view::StopCode;

const END: fn(i32) -> Behaviour = |code| Behaviour::Ends { after: Duration::from_secs(1), code };

/// `app` (essential) waits for `first`, which is not essential.
fn two(condition: Condition) -> config::TaskDefinition {
    let mut app = container("app", true);
    app.depends_on = after("first", condition);
    definition(1, vec![app, container("first", false)])
}

fn healthy_two(start_timeout_s: Option<u32>) -> config::TaskDefinition {
    let mut definition = two(Condition::Healthy);
    definition.containers[1].health_check = Some(check());
    definition.containers[1].start_timeout_s = start_timeout_s;
    definition
}

#[test]
fn ecs_dp_01_complete_takes_any_code_and_success_only_zero() {
    for (condition, code, starts) in [
        (Condition::Complete, 3, true),
        (Condition::Success, 3, false),
        (Condition::Success, 0, true),
    ] {
        let mut world = World::new(Pace::Fast);
        world.behaviour.insert("first".into(), END(code));
        let arn = world.run_task(two(condition));
        world.run_for(Duration::from_millis(900));
        assert!(world.when("launch", "app", Time(0)).is_empty());
        assert_eq!(world.task(&arn).last_status, LastStatus::Activating);
        world.run(2);
        assert_eq!(world.when("launch", "app", Time(0)).len(), usize::from(starts));
        let expected = if starts { LastStatus::Running } else { LastStatus::Stopped };
        assert_eq!(world.task(&arn).last_status, expected);
    }
}

#[test]
fn ecs_dp_06_success_that_cannot_come_stops_the_task_without_having_run() {
    let mut world = World::new(Pace::Fast);
    world.behaviour.insert("first".into(), END(1));
    let arn = world.run_task(two(Condition::Success));
    world.run(5);
    let task = world.task(&arn);
    assert_eq!(task.stop_code, Some(StopCode::TaskFailedToStart));
    assert_eq!(task.containers[0].exit_code, Some(143));
    let reason = task.containers[0].reason.clone().unwrap_or_default();
    assert!(reason.starts_with("CannotStartContainerError"), "{reason}");
    assert_eq!(task.containers[1].exit_code, Some(1));
}

#[test]
fn ecs_lc_06_the_task_names_the_container_that_could_not_start() {
    let mut world = World::new(Pace::Fast);
    let reason = "CannotStartContainerError: Service is broken on purpose";
    world.behaviour.insert("first".into(), Behaviour::Fails(reason.into()));
    let arn = world.run_task(two(Condition::Success));
    world.run(5);
    assert_eq!(world.task(&arn).stopped_reason.as_deref(), Some(reason));
}

#[test]
fn ecs_dp_05_start_is_fulfilled_by_one_that_has_already_stopped() {
    let mut world = World::new(Pace::Fast);
    world.behaviour.insert("first".into(), Behaviour::Ends { after: Duration::ZERO, code: 1 });
    let arn = world.run_task(two(Condition::Start));
    world.run(1);
    assert_eq!(world.task(&arn).last_status, LastStatus::Running);
}

#[test]
fn ecs_dp_02_healthy_is_confirmed_once_at_start_up() {
    let mut world = World::new(Pace::Fast);
    let arn = world.run_task(healthy_two(None));
    world.run(4);
    assert_eq!(world.task(&arn).last_status, LastStatus::Activating);
    world.run(2);
    assert_eq!(world.task(&arn).last_status, LastStatus::Running);
    world.check_code.insert("first".into(), Some(1));
    world.run(60);
    assert_eq!(world.task(&arn).last_status, LastStatus::Running);
}

#[test]
fn ecs_dp_07_start_timeout_makes_the_dependents_give_up() {
    let mut world = World::new(Pace::Fast);
    world.check_code.insert("first".into(), Some(1));
    let arn = world.run_task(healthy_two(Some(5)));
    world.run(4);
    assert_eq!(world.task(&arn).last_status, LastStatus::Activating);
    world.run(3);
    let task = world.task(&arn);
    assert_eq!(task.last_status, LastStatus::Stopped);
    assert!(world.when("launch", "app", Time(0)).is_empty());
    let reason = task.stopped_reason.unwrap_or_default();
    assert!(reason.ends_with("has timed out"), "{reason}");
}

#[test]
fn ecs_dp_07_start_is_not_subject_to_the_start_timeout() {
    let mut world = World::new(Pace::Fast);
    let mut definition = two(Condition::Start);
    definition.containers[1].start_timeout_s = Some(2);
    let arn = world.run_task(definition);
    world.run(10);
    assert_eq!(world.task(&arn).last_status, LastStatus::Running);
}

#[test]
fn ecs_dp_08_without_start_timeout_it_waits_for_ever() {
    let mut world = World::new(Pace::Fast);
    world.check_code.insert("first".into(), Some(1));
    let arn = world.run_task(healthy_two(None));
    world.run(600);
    assert!(world.task(&arn).last_status < LastStatus::Running);
}

#[test]
fn ecs_dp_04_the_order_is_reversed_when_the_task_stops() {
    let mut world = World::new(Pace::Fast);
    world.behaviour.insert("app".into(), Behaviour::Stubborn);
    let mut definition = two(Condition::Start);
    definition.containers[0].stop_timeout_s = 3;
    let arn = world.run_task(definition);
    world.run(1);
    let since = world.now;
    world.act(|scheduler, cx| scheduler.stop_task(cx, &arn, "enough"));
    world.run(10);
    assert_eq!(world.when("TERM", "app", since), [0.0]);
    assert_eq!(world.when("KILL", "app", since), [3.0]);
    let first = world.when("TERM", "first", since);
    assert!(first[0] > 3.0, "{first:?}");
    assert_eq!(world.task(&arn).last_status, LastStatus::Stopped);
}
