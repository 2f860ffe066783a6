//! Rolling deployments and the circuit breaker.

use super::*;
use crate::data::view::RolloutState;

fn with(mut settings: config::Service, bounds: config::DeploymentConfiguration) -> config::Service {
    settings.deployment = bounds;
    settings
}

fn fails() -> Behaviour {
    Behaviour::Fails("CannotPullContainerError: no such image".into())
}

/// Revisions in use by living tasks, sorted.
fn revisions(world: &World) -> Vec<u32> {
    let tasks = world.scheduler.tasks_of(SERVICE);
    let mut all: Vec<_> =
        tasks.iter().map(|(arn, _)| world.task(arn).task_definition.revision).collect();
    all.sort_unstable();
    all
}

#[test]
fn ecs_ev_01_a_rolling_deployment_tells_its_steps_in_order() {
    let mut world = World::new(Pace::Fast);
    world.create(balanced(1), app(1));
    world.run(30);
    let before = world.messages().len();
    let first = world.service().deployments[0].id.clone();
    world.update(balanced(1), app(2), false);
    world.run(60);
    let second = world.service().deployments[0].id.clone();
    let messages = &world.messages()[before..];
    let expected = [
        "(service web) has started 1 tasks: (task ".to_owned(),
        format!("(service web) registered 1 targets in (target-group {GROUP})"),
        "(service web) has stopped 1 running tasks: (task ".to_owned(),
        format!("(service web) deregistered 1 targets in (target-group {GROUP})"),
        format!("(service web, taskSet {first}) has begun draining connections on 1 tasks."),
        format!("(service web) (deployment {second}) deployment completed."),
        "(service web) has reached a steady state.".to_owned(),
    ];
    assert_eq!(messages.len(), expected.len(), "{messages:#?}");
    for (message, expected) in messages.iter().zip(expected) {
        assert!(message.starts_with(&expected), "{message}");
    }
}

#[test]
fn ecs_sv_10_ecs_cb_06_two_deployments_until_the_last_old_task_is_gone() {
    let mut world = World::new(Pace::Fast);
    world.create(balanced(2), app(1));
    world.run(30);
    world.update(balanced(2), app(2), false);
    world.run(5);
    assert_eq!(world.tasks(LastStatus::Deactivating).len(), 2);
    let deployments = world.service().deployments;
    let shown: Vec<_> = deployments.iter().map(|one| (one.status, one.rollout_state)).collect();
    assert_eq!(shown, [("PRIMARY", RolloutState::InProgress), ("ACTIVE", RolloutState::Completed)]);
    world.run(30);
    let deployments = world.service().deployments;
    assert_eq!(deployments.len(), 1);
    assert_eq!(deployments[0].rollout_state, RolloutState::Completed);
}

#[test]
fn ecs_sv_11_rollout_reasons() {
    let mut world = World::new(Pace::Fast);
    world.create(balanced(1), app(1));
    let id = world.service().deployments[0].id.clone();
    let reason = |world: &World| world.service().deployments[0].rollout_state_reason.clone();
    assert_eq!(reason(&world), format!("ECS deployment {id} in progress."));
    world.run(30);
    assert_eq!(reason(&world), format!("ECS deployment {id} completed."));
    assert!(id.strip_prefix("ecs-svc/").is_some_and(|digits| digits.len() == 19));
}

#[test]
fn ecs_sv_02_at_50_to_100_half_the_old_tasks_stop_first() {
    let mut world = World::new(Pace::Fast);
    let settings = with(balanced(4), bounds(50, 100));
    world.create(settings.clone(), app(1));
    world.run(30);
    world.update(settings, app(2), false);
    let mut fewest = 4;
    for _ in 0..600 {
        world.run_for(Duration::from_millis(100));
        assert!(world.scheduler.tasks_of(SERVICE).len() <= 4);
        fewest = fewest.min(world.service().running_count);
    }
    assert_eq!(fewest, 2);
    assert_eq!(revisions(&world), [2, 2, 2, 2]);
}

#[test]
fn ecs_sv_02_at_100_to_200_all_old_tasks_stay_until_new_ones_are_healthy() {
    let mut world = World::new(Pace::Fast);
    world.create(balanced(2), app(1));
    world.run(30);
    world.new_targets = TargetModel::Initial;
    world.update(balanced(2), app(2), false);
    world.run(20);
    assert_eq!(revisions(&world), [1, 1, 2, 2]);
    assert_eq!(world.service().running_count, 4);
}

#[test]
fn ecs_sv_03_bounds_without_room_are_reported_and_nothing_moves() {
    let mut world = World::new(Pace::Fast);
    let settings = with(balanced(1), bounds(100, 100));
    world.create(settings.clone(), app(1));
    world.run(30);
    world.update(settings, app(2), false);
    world.run(120);
    assert_eq!(revisions(&world), [1]);
    assert_eq!(world.said("was unable to stop or start tasks during a deployment"), 1);
}

#[test]
fn ecs_sv_05_an_old_task_that_fails_its_check_is_replaced_by_its_own_revision() {
    let mut world = World::new(Pace::Fast);
    let settings = with(balanced(4), bounds(100, 150));
    world.create(settings.clone(), app(1));
    world.run(30);
    let old = world.tasks(LastStatus::Running)[0].clone();
    world.new_targets = TargetModel::Initial;
    world.update(settings, app(2), false);
    world.run(5);
    assert_eq!(revisions(&world), [1, 1, 1, 1, 2, 2]);
    world.set_target(&old, TargetModel::Unhealthy);
    world.run(30);
    assert_eq!(world.task(&old.arn).last_status, LastStatus::Stopped);
    assert_eq!(revisions(&world), [1, 1, 1, 1, 2, 2]);
}

#[test]
fn a_new_revision_does_not_wait_for_old_tasks_that_are_broken_already() {
    let mut world = World::new(Pace::Fast);
    world.create(balanced(2), app(1));
    world.run(30);
    let old = world.tasks(LastStatus::Running);
    world.new_targets = TargetModel::Initial;
    old.iter().for_each(|task| world.set_target(task, TargetModel::Unhealthy));
    world.run(5);
    world.new_targets = TargetModel::Healthy;
    world.update(balanced(2), app(2), false);
    world.run(60);
    assert_eq!(revisions(&world), [2, 2]);
}

#[test]
fn ecs_sv_09_a_desired_count_makes_no_deployment_and_force_does() {
    let mut world = World::new(Pace::Fast);
    world.create(balanced(1), app(1));
    world.run(30);
    let first = world.service().deployments[0].id.clone();
    world.update(balanced(3), app(1), false);
    world.run(30);
    assert_eq!(world.service().deployments[0].id, first);
    assert_eq!(world.service().running_count, 3);
    world.update(balanced(3), app(1), true);
    let deployments = world.service().deployments;
    assert_ne!(deployments[0].id, first);
    assert_eq!((deployments[0].status, deployments[1].status), ("PRIMARY", "ACTIVE"));
    world.run(60);
    assert_eq!(world.service().running_count, 3);
    assert_eq!(world.service().deployments.len(), 1);
}

#[test]
fn ecs_cb_01_without_a_breaker_the_deployment_stays_in_progress() {
    let mut world = World::new(Pace::Fast);
    world.behaviour.insert("app".into(), fails());
    world.create(service(1), app(1));
    world.run(4 * 3600);
    let deployment = &world.service().deployments[0];
    assert_eq!(deployment.rollout_state, RolloutState::InProgress);
    assert!(deployment.failed_tasks > 10);
}

#[test]
fn ecs_cb_02_the_third_failed_task_of_one_fails_the_deployment() {
    let mut world = World::new(Pace::Fast);
    let crashes = Behaviour::Ends { after: Duration::from_millis(100), code: 1 };
    world.behaviour.insert("app".into(), crashes);
    world.create(with(service(1), breaker(false)), app(1));
    world.run(600);
    let deployment = &world.service().deployments[0];
    assert_eq!(deployment.rollout_state, RolloutState::Failed);
    assert_eq!(deployment.failed_tasks, 3);
    let reason = "ECS deployment circuit breaker: tasks failed to start.";
    assert_eq!(deployment.rollout_state_reason, reason);
    assert_eq!(world.when("launch", "app", Time(0)).len(), 3);
}

#[test]
fn ecs_cb_05_a_first_deployment_that_fails_has_nothing_to_go_back_to() {
    let mut world = World::new(Pace::Fast);
    world.behaviour.insert("app".into(), fails());
    world.create(with(service(2), breaker(true)), app(1));
    world.run(600);
    let service = world.service();
    assert_eq!((service.running_count, service.pending_count), (0, 0));
    assert_eq!(service.deployments[0].rollout_state, RolloutState::Failed);
    assert_eq!(world.said("rolling back"), 0);
}

#[test]
fn ecs_cb_05_ecs_ev_05_rollback_makes_the_last_good_deployment_primary_again() {
    let mut world = World::new(Pace::Fast);
    let settings = with(balanced(2), breaker(true));
    world.create(settings.clone(), app(1));
    world.run(30);
    let good = world.service().deployments[0].id.clone();
    let mut bad = app(2);
    bad.containers[0].name = "bad".into();
    world.behaviour.insert("bad".into(), fails());
    world.update(settings, bad, false);
    let failed = world.service().deployments[0].id.clone();
    world.run(120);
    let service = world.service();
    assert_eq!(service.deployments.len(), 1);
    assert_eq!(service.deployments[0].id, good);
    assert_eq!(service.deployments[0].rollout_state, RolloutState::Completed);
    assert_eq!(revisions(&world), [1, 1]);
    let messages = world.messages();
    let place = |text: String| messages.iter().position(|message| *message == text);
    let tripped = place(format!(
        "(service web) (deployment {failed}) deployment failed: tasks failed to start."
    ));
    let back = place(format!("(service web) rolling back to deployment {good}."));
    assert!(tripped.is_some() && back == tripped.map(|at| at + 1), "{messages:#?}");
}

#[test]
fn ecs_cb_04_targets_that_stay_unhealthy_trip_the_breaker_too() {
    let mut world = World::new(Pace::Fast);
    world.new_targets = TargetModel::Unhealthy;
    world.create(with(balanced(1), breaker(false)), app(1));
    world.run(120);
    assert_eq!(world.service().deployments[0].rollout_state, RolloutState::Failed);
    assert_eq!(world.said("is unhealthy in"), 3);
    assert_eq!(world.service().running_count, 0);
}

#[test]
fn ecs_cb_03_a_healthy_task_resets_the_count() {
    let mut world = World::new(Pace::Fast);
    let settings = with(balanced(1), breaker(false));
    world.behaviour.insert("app".into(), fails());
    world.create(settings, app(1));
    world.run_for(Duration::from_millis(1500));
    assert_eq!(world.service().deployments[0].failed_tasks, 2);
    world.behaviour.clear();
    world.run(10);
    assert_eq!(world.service().deployments[0].failed_tasks, 0);
}
