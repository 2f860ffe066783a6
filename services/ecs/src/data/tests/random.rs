//! Random lives: what must hold whatever happens.

use proptest::prelude::*;

use super::*;
use crate::data::task::Task;

#[derive(Clone, Debug)]
enum Happening {
    Wait(u64),
    Crash(&'static str),
    Break(&'static str),
    Mend,
    Scale(u32),
    NewRevision,
    StopOne,
    Sicken,
    Heal,
    Restart,
}

fn happening() -> impl Strategy<Value = Happening> {
    let name = prop_oneof![Just("init"), Just("app"), Just("agent")];
    prop_oneof![
        4 => (0_u64..8000).prop_map(Happening::Wait),
        2 => name.clone().prop_map(Happening::Crash),
        1 => name.prop_map(Happening::Break),
        2 => Just(Happening::Mend),
        1 => (0_u32..5).prop_map(Happening::Scale),
        1 => Just(Happening::NewRevision),
        1 => Just(Happening::StopOne),
        1 => Just(Happening::Sicken),
        2 => Just(Happening::Heal),
        1 => Just(Happening::Restart),
    ]
}

/// `app` waits for `init` to succeed and for `agent` to start.
fn three(revision: u32) -> config::TaskDefinition {
    let mut app = container("app", true);
    app.depends_on = after("init", Condition::Success);
    app.depends_on.extend(after("agent", Condition::Start));
    definition(revision, vec![app, container("init", false), container("agent", false)])
}

/// The largest number of tasks the service may have had since its last updates, given that tasks
/// above a lowered maximum are being stopped.
struct Limit {
    percent: u32,
    most: usize,
}

impl Limit {
    fn allows(&mut self, desired: u32, living: usize) -> bool {
        let now = usize::try_from(desired * self.percent / 100).unwrap_or(usize::MAX);
        self.most = now.max(self.most.min(living));
        living <= self.most
    }
}

fn check_all(world: &World) {
    let living: Vec<_> = world.scheduler.tasks.values().map(Task::view).collect();
    let mut addresses: Vec<_> = living.iter().map(|task| task.address).collect();
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), living.len(), "two living tasks share an address");
    for task in &living {
        let [app, init, agent] = &task.containers[..] else { panic!("three containers") };
        if app.last_status == "RUNNING" {
            assert_eq!(init.exit_code, Some(0), "app runs without init having succeeded");
            assert_ne!(agent.last_status, "PENDING", "app runs before agent");
        }
        if app.last_status == "STOPPED" {
            let down = task.last_status >= LastStatus::Deactivating;
            assert!(down, "an essential container is gone and the task goes on");
        }
        if task.last_status == LastStatus::Running {
            assert_eq!(app.last_status, "RUNNING", "RUNNING without its essential container");
        }
    }
}

fn apply(
    world: &mut World,
    happening: &Happening,
    settings: &mut config::Service,
    revision: &mut u32,
) {
    match *happening {
        Happening::Wait(_) => {}
        Happening::Crash(name) => world.crash(name, 1),
        Happening::Break(name) => {
            world.behaviour.insert(name.into(), Behaviour::Fails("CannotStart".into()));
        }
        Happening::Mend => mend(world),
        Happening::Scale(to) => {
            settings.desired_count = to;
            world.update(settings.clone(), three(*revision), false);
        }
        Happening::NewRevision => {
            *revision += 1;
            world.update(settings.clone(), three(*revision), false);
        }
        Happening::StopOne => {
            if let Some((arn, _)) = world.scheduler.tasks_of(SERVICE).first().cloned() {
                world.act(|scheduler, cx| scheduler.stop_task(cx, &arn, "by hand"));
            }
        }
        Happening::Sicken => {
            world.new_targets = TargetModel::Unhealthy;
            set_targets(world, TargetModel::Unhealthy);
        }
        Happening::Heal => {
            world.new_targets = TargetModel::Healthy;
            set_targets(world, TargetModel::Healthy);
        }
        Happening::Restart => world.restart(),
    }
}

fn set_targets(world: &mut World, to: TargetModel) {
    for target in world.targets.values_mut() {
        if !matches!(target, TargetModel::DrainingUntil(_)) {
            *target = to;
        }
    }
}

fn mend(world: &mut World) {
    world.behaviour.clear();
    let init = Behaviour::Ends { after: Duration::from_millis(300), code: 0 };
    world.behaviour.insert("init".into(), init);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn ecs_sv_02_bounds_order_and_addresses_hold_whatever_happens(
        happenings in prop::collection::vec(happening(), 1..40),
        minimum in 0_u32..=100,
        maximum in prop_oneof![Just(100_u32), Just(150), Just(200)],
    ) {
        let mut world = World::new(Pace::Fast);
        mend(&mut world);
        let mut settings = balanced(2);
        settings.deployment = bounds(minimum, maximum);
        let mut limit = Limit { percent: maximum, most: 0 };
        let mut revision = 1;
        world.create(settings.clone(), three(revision));
        for happening in happenings {
            let wait = if let Happening::Wait(millis) = happening { millis } else { 0 };
            apply(&mut world, &happening, &mut settings, &mut revision);
            let end = world.now + Duration::from_millis(wait);
            loop {
                let on = world.step_until(end);
                check_all(&world);
                let living = world.scheduler.tasks_of(SERVICE).len();
                prop_assert!(limit.allows(settings.desired_count, living), "{living} tasks");
                if !on {
                    break;
                }
            }
            world.now = end;
        }
        // Once nothing is broken the service comes to rest, whatever was before. Bounds that leave
        // no room may keep an older revision for ever (ECS-SV-03), but not from running.
        apply(&mut world, &Happening::Mend, &mut settings, &mut revision);
        apply(&mut world, &Happening::Heal, &mut settings, &mut revision);
        world.run(1000);
        let service = world.service();
        prop_assert_eq!(service.running_count, settings.desired_count);
        prop_assert_eq!(service.pending_count, 0);
    }
}
