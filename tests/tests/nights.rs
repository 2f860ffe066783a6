//! Random nights of the reference stack: whatever breaks and is mended, and whenever viewers ask,
//! each of them has exactly one answer and nothing is left open in the engine.

// A test that cannot go on panics.
#![allow(clippy::unwrap_used)]

use standin_kernel::{Duration, Env, Rng};
use standin_sim::drill::Act;
use standin_sim::{World, create};
use standin_tests::{drill, root};

const TARGETS: [&str; 6] =
    ["Service", "LoadBalancer", "PagesBucket", "Distribution", "Distribution/diary", "Service"];
const MODES: [&str; 5] = ["stop", "hang", "slow=3s", "status=500", "refuse"];
const PATHS: [&str; 4] = ["/", "/static/diary.css", "/maintenance/sorry/index.html", "/entries/x"];

/// One night: three minutes of trouble, then peace; gives how many viewers had no answer at all.
fn night(seed: u64) -> usize {
    let (_, stage) = drill(&root().join("stacks/diary/drills/tasks-die.yaml")).unwrap();
    let mut world = World::new(Env::default(), seed);
    create(&mut world, &stage).unwrap();
    let mut chance = Rng::new(seed).fork("night");
    let pick = |chance: &mut Rng, many: usize| usize::try_from(chance.below(many as u64)).unwrap();
    let mut asked = Vec::new();
    for _ in 0..600 {
        let pause = Duration::from_millis(chance.below(600));
        world.run_until(world.now() + pause);
        match chance.below(12) {
            0 => {
                let target = TARGETS[pick(&mut chance, TARGETS.len())].to_owned();
                let mode = MODES[pick(&mut chance, MODES.len())].parse().unwrap();
                world.act(&Act::Break { target, mode, lasts: None }).unwrap();
            }
            1 => world.act(&Act::Repair { target: None }).unwrap(),
            _ => {
                let path = PATHS[pick(&mut chance, PATHS.len())];
                asked.push(world.ask("localhost", path, false));
            }
        }
    }
    world.act(&Act::Repair { target: None }).unwrap();
    world.run_until(world.now() + Duration::from_secs(300));
    let unanswered = asked.into_iter().filter(|asked| world.seen(*asked).is_none()).count();
    assert_eq!(world.engine().open_exchanges(), 0, "seed {seed}");
    let last = world.ask("localhost", "/", false);
    world.run_until(world.now() + Duration::from_secs(60));
    let (head, _) = world.seen(last).unwrap().answer.unwrap();
    assert_eq!(head.status, 200, "seed {seed}: the diary is back");
    unanswered
}

#[test]
fn every_viewer_of_a_bad_night_is_answered_and_nothing_stays_open() {
    for seed in 0..12 {
        assert_eq!(night(seed), 0, "seed {seed}");
    }
}
