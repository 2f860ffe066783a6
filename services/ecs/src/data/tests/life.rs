//! A task from PROVISIONING to STOPPED.

use super::*;
use crate::data::view::{DesiredStatus, StopCode};

const ENDS_AT_ONCE: Behaviour = Behaviour::Ends { after: Duration::ZERO, code: 0 };

#[test]
fn ecs_lc_01_a_service_task_passes_all_states_in_order() {
    use LastStatus::*;
    let mut world = World::new(Pace::Aws);
    world.create(balanced(1), app(1));
    world.run(120);
    let task = world.tasks(Running)[0].clone();
    world.act(|scheduler, cx| scheduler.stop_task(cx, &task.arn, "enough"));
    world.run(60);
    let passed = &world.statuses[&task.arn];
    let all = [
        Provisioning,
        Pending,
        Activating,
        Running,
        Deactivating,
        Stopping,
        Deprovisioning,
        Stopped,
    ];
    assert_eq!(passed[..], all);
}

#[test]
fn ecs_lc_01_at_aws_pace_a_task_takes_as_long_as_there() {
    let mut world = World::new(Pace::Aws);
    let arn = world.run_task(app(1));
    world.run(20);
    assert_eq!(world.task(&arn).last_status, LastStatus::Activating);
    world.run(10);
    assert_eq!(world.task(&arn).last_status, LastStatus::Running);
}

#[test]
fn ecs_lc_02_ecs_lc_03_stop_task_drains_the_target_before_sigterm() {
    let mut world = World::new(Pace::Fast);
    world.create(balanced(1), app(1));
    world.run(10);
    let task = world.tasks(LastStatus::Running)[0].clone();
    let since = world.now;
    world.act(|scheduler, cx| scheduler.stop_task(cx, &task.arn, "enough"));
    let stopping = world.task(&task.arn);
    assert_eq!(stopping.desired_status, DesiredStatus::Stopped);
    assert_eq!(stopping.last_status, LastStatus::Deactivating);
    world.run(30);
    let term = world.when("TERM", "app", since)[0];
    assert!((5.0..7.0).contains(&term), "{term}");
    let stopped = world.task(&task.arn);
    assert_eq!(stopped.stop_code, Some(StopCode::UserInitiated));
    assert_eq!(stopped.stopped_reason.as_deref(), Some("enough"));
}

#[test]
fn ecs_lc_04_an_image_that_does_not_exist_fails_the_task_which_never_runs() {
    let mut world = World::new(Pace::Fast);
    let reason = "CannotPullContainerError: image app:1 not found";
    world.behaviour.insert("app".into(), Behaviour::Fails(reason.into()));
    let arn = world.run_task(app(1));
    world.run(5);
    let task = world.task(&arn);
    assert_eq!(task.last_status, LastStatus::Stopped);
    assert_eq!(task.stop_code, Some(StopCode::TaskFailedToStart));
    assert_eq!(task.stopped_reason.as_deref(), Some(reason));
    assert_eq!(task.containers[0].reason.as_deref(), Some(reason));
    assert_eq!(task.containers[0].exit_code, None);
    assert!(!world.statuses[&arn].contains(&LastStatus::Running));
    assert!(world.log.iter().any(|line| line.contains(reason)));
}

#[test]
fn ecs_td_05_an_essential_container_takes_the_others_along_and_no_other_does() {
    let mut world = World::new(Pace::Fast);
    let containers = vec![container("app", true), container("agent", false)];
    let arn = world.run_task(definition(1, containers));
    world.run(1);
    world.crash("agent", 9);
    world.run(1);
    assert_eq!(world.task(&arn).last_status, LastStatus::Running);
    let arn = world.run_task(definition(1, vec![container("app", true), container("x", false)]));
    world.run(1);
    world.crash("app", 0);
    world.run(1);
    let task = world.task(&arn);
    assert_eq!(task.last_status, LastStatus::Stopped);
    assert_eq!(task.stop_code, Some(StopCode::EssentialContainerExited));
    assert_eq!(task.stopped_reason.as_deref(), Some("Essential container in task exited"));
    assert_eq!(task.containers[0].exit_code, Some(0));
    assert_eq!(world.when("TERM", "x", Time(0)).len(), 1);
}

#[test]
fn ecs_lc_05_scaling_in_names_the_deployment() {
    let mut world = World::new(Pace::Fast);
    world.create(service(2), app(1));
    world.run(20);
    let deployment = world.service().deployments[0].id.clone();
    world.update(service(1), app(1), false);
    world.run(5);
    let stopped = world.tasks(LastStatus::Stopped);
    assert_eq!(stopped.len(), 1);
    assert_eq!(stopped[0].stop_code, Some(StopCode::ServiceSchedulerInitiated));
    let reason = format!("Scaling activity initiated by (deployment {deployment})");
    assert_eq!(stopped[0].stopped_reason, Some(reason));
}

#[test]
fn ecs_lc_07_a_stopped_task_is_shown_for_an_hour() {
    let mut world = World::new(Pace::Fast);
    world.behaviour.insert("app".into(), ENDS_AT_ONCE);
    let arn = world.run_task(app(1));
    world.run(30 * 60);
    assert_eq!(world.task(&arn).containers[0].exit_code, Some(0));
    world.run(31 * 60);
    assert!(world.scheduler.task(&arn).is_none());
    assert!(!world.records.keys().any(|(kind, _)| kind == "task"));
}

#[test]
fn ecs_lc_08_timestamps_do_not_decrease() {
    let mut world = World::new(Pace::Aws);
    world
        .behaviour
        .insert("app".into(), Behaviour::Ends { after: Duration::from_secs(10), code: 0 });
    let arn = world.run_task(app(1));
    world.run(120);
    let times = world.task(&arn).times;
    let order = [
        Some(times.created_at),
        times.connectivity_at,
        times.pull_started_at,
        times.pull_stopped_at,
        times.started_at,
        times.execution_stopped_at,
        times.stopping_at,
        times.stopped_at,
    ];
    assert!(order.iter().all(Option::is_some), "{order:?}");
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn ecs_dp_09_sigkill_follows_after_the_stop_timeout() {
    let mut world = World::new(Pace::Fast);
    world.behaviour.insert("app".into(), Behaviour::Stubborn);
    let mut stubborn = container("app", true);
    stubborn.stop_timeout_s = 2;
    let arn = world.run_task(definition(1, vec![stubborn]));
    world.run(1);
    let since = world.now;
    world.act(|scheduler, cx| scheduler.stop_task(cx, &arn, "enough"));
    world.run(5);
    assert_eq!(world.when("TERM", "app", since), [0.0]);
    assert_eq!(world.when("KILL", "app", since), [2.0]);
    assert_eq!(world.task(&arn).containers[0].exit_code, Some(137));
}

#[test]
fn a_task_stopped_before_it_has_containers_launches_none() {
    let mut world = World::new(Pace::Aws);
    let arn = world.run_task(app(1));
    world.run(5);
    world.act(|scheduler, cx| scheduler.stop_task(cx, &arn, "too late"));
    world.run(60);
    assert_eq!(world.task(&arn).last_status, LastStatus::Stopped);
    assert!(world.specs.is_empty());
}

#[test]
fn the_first_reason_stays() {
    let mut world = World::new(Pace::Fast);
    let arn = world.run_task(app(1));
    world.run(1);
    for reason in ["first", "second"] {
        let known = world.act(|scheduler, cx| scheduler.stop_task(cx, &arn, reason));
        assert!(known);
    }
    assert_eq!(world.task(&arn).stopped_reason.as_deref(), Some("first"));
    assert!(!world.act(|scheduler, cx| scheduler.stop_task(cx, "nobody", "x")));
}

#[test]
fn ecs_nw_01_ecs_lo_02_a_container_gets_the_address_and_the_log_stream_of_its_task() {
    let mut world = World::new(Pace::Fast);
    let mut app = container("app", true);
    app.entry_point = vec!["/entry".into()];
    app.environment = vec![("AWS_REGION".into(), "mine".into()), ("A".into(), "1".into())];
    app.logs = logs(false);
    world.log_groups.insert("g".into());
    let arn = world.run_task(definition(1, vec![app]));
    world.run(1);
    let (spec, id) = (&world.specs[0], arn.rsplit('/').next().unwrap_or_default());
    assert_eq!(spec.address, world.address(&arn));
    assert_eq!(spec.labels.log_group.as_deref(), Some("g"));
    assert_eq!(spec.labels.log_stream, Some(format!("web/app/{id}")));
    assert_eq!(spec.command, ["/entry", "app"]);
    let regions = spec.environment.iter().filter(|(name, _)| name == "AWS_REGION");
    assert_eq!(regions.map(|(_, value)| value.as_str()).collect::<Vec<_>>(), ["mine"]);
}

#[test]
fn ecs_nw_01_two_tasks_have_different_addresses_and_one_is_not_given_again_at_once() {
    let mut world = World::new(Pace::Fast);
    world.create(service(2), app(1));
    world.run(10);
    let before: Vec<_> = world.scheduler.tasks_of(SERVICE);
    assert_ne!(before[0].1, before[1].1);
    world.crash("app", 1);
    world.run(10);
    let after = world.scheduler.tasks_of(SERVICE);
    assert!(after.iter().all(|(_, new)| before.iter().all(|(_, old)| old != new)));
}

fn logs(create_group: bool) -> Option<config::AwsLogs> {
    Some(config::AwsLogs { group: "g".into(), stream_prefix: "web".into(), create_group })
}

#[test]
fn ecs_lo_02_without_its_log_group_a_task_does_not_start() {
    let mut world = World::new(Pace::Fast);
    world.log_groups.insert("g2".into());
    let mut app = container("app", true);
    app.logs = logs(false);
    let arn = world.run_task(definition(1, vec![app]));
    world.run(1);
    let task = world.task(&arn);
    assert_eq!(task.stop_code, Some(StopCode::TaskFailedToStart));
    let reason = task.stopped_reason.unwrap_or_default();
    assert!(reason.starts_with("ResourceInitializationError: "), "{reason}");
    assert!(world.specs.is_empty());
}

#[test]
fn ecs_lo_02_a_log_group_is_made_where_that_is_wanted() {
    let mut world = World::new(Pace::Fast);
    let mut app = container("app", true);
    app.logs = logs(true);
    let mut agent = container("agent", false);
    agent.logs = logs(false);
    let arn = world.run_task(definition(1, vec![app, agent]));
    world.run(1);
    assert_eq!(world.task(&arn).last_status, LastStatus::Running);
    assert!(world.log_groups.contains("g"));
}

/// A task whose container has these secret variables, run for a moment.
fn with_secrets(world: &mut World, secrets: &[(&str, &str)]) -> String {
    let mut app = container("app", true);
    let secret = |(name, from): &(&str, &str)| ((*name).to_owned(), config::ValueFrom::parse(from));
    app.secrets = secrets.iter().map(secret).collect();
    let arn = world.run_task(definition(1, vec![app]));
    world.run(1);
    arn
}

#[test]
fn ecs_td_07_secret_variables_have_the_values_that_are_kept_elsewhere() {
    const SECRET: &str = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf";
    let mut world = World::new(Pace::Fast);
    world.secrets.insert(SECRET.into(), r#"{"username":"keeper","password":"p"}"#.into());
    world.secrets.insert("/diary/key".into(), "k".into());
    world.secrets.insert("flat".into(), "f".into());
    let one_key = format!("{SECRET}:password::");
    let arn = with_secrets(
        &mut world,
        &[
            ("PASSWORD", &one_key),
            ("WHOLE", SECRET),
            ("KEY", "arn:aws:ssm:ap-northeast-1:123456789012:parameter/diary/key"),
            ("FLAT", "arn:aws:ssm:ap-northeast-1:123456789012:parameter/flat"),
            ("BARE", "flat"),
        ],
    );
    assert_eq!(world.task(&arn).last_status, LastStatus::Running);
    let environment = &world.specs[0].environment;
    let value = |name: &str| {
        let found = environment.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(value("PASSWORD"), Some("p"));
    assert_eq!(value("WHOLE"), Some(r#"{"username":"keeper","password":"p"}"#));
    assert_eq!((value("KEY"), value("FLAT"), value("BARE")), (Some("k"), Some("f"), Some("f")));
}

#[test]
fn ecs_td_08_without_its_secrets_a_task_does_not_start() {
    let missing = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:none-AbCdEf";
    for (from, says) in [(missing, "none-AbCdEf"), ("/none", "invalid parameters: /none")] {
        let mut world = World::new(Pace::Fast);
        let arn = with_secrets(&mut world, &[("A", from)]);
        let task = world.task(&arn);
        assert_eq!(task.stop_code, Some(StopCode::TaskFailedToStart));
        let reason = task.stopped_reason.unwrap_or_default();
        assert!(reason.starts_with("ResourceInitializationError: unable to pull secrets"));
        assert!(reason.contains(says), "{reason}");
        assert!(world.specs.is_empty());
    }
}

fn restarting(period_s: u32, ignored: &[i32]) -> config::TaskDefinition {
    let mut app = container("app", true);
    app.restart_policy = Some(config::RestartPolicy {
        ignored_exit_codes: ignored.to_vec(),
        restart_attempt_period_s: period_s,
    });
    definition(1, vec![app])
}

#[test]
fn ecs_rs_01_a_container_that_ran_long_enough_is_restarted_in_its_task() {
    let mut world = World::new(Pace::Fast);
    let arn = world.run_task(restarting(300, &[]));
    world.run(301);
    world.crash("app", 1);
    world.run(1);
    let task = world.task(&arn);
    assert_eq!(task.last_status, LastStatus::Running);
    assert_eq!(world.scheduler.tasks[&arn].containers[0].restart_count, 1);
    assert_eq!(task.times.execution_stopped_at, None);
    assert_eq!(world.when("launch", "app", Time(0)).len(), 2);
}

#[test]
fn ecs_rs_02_one_that_exits_early_or_with_an_ignored_code_is_not() {
    for (seconds, ignored) in [(10, vec![]), (400, vec![1])] {
        let mut world = World::new(Pace::Fast);
        let arn = world.run_task(restarting(300, &ignored));
        world.run(seconds);
        world.crash("app", 1);
        world.run(1);
        assert_eq!(world.task(&arn).last_status, LastStatus::Stopped);
    }
}

#[test]
fn ecs_ev_07_the_version_grows_with_each_change() {
    let mut world = World::new(Pace::Aws);
    let arn = world.run_task(app(1));
    let mut last = (LastStatus::Provisioning, world.task(&arn).version);
    world.run(1);
    world.behaviour.insert("app".into(), Behaviour::Stubborn);
    for second in 0..120 {
        world.run(1);
        if second == 60 {
            world.act(|scheduler, cx| scheduler.stop_task(cx, &arn, "enough"));
        }
        let task = world.task(&arn);
        let now = (task.last_status, task.version);
        assert!(now == last || now.1 > last.1, "{last:?} {now:?}");
        last = now;
    }
    assert_eq!(last.0, LastStatus::Stopped);
}
