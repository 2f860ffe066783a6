//! Every drill of the repository is met in the simulator, and tells the same story twice.

use standin_kernel::Env;
use standin_sim::{Timeline, World, judge, play};
use standin_tests::{drill, drill_files};

/// Enough seeds to meet several phases of health checks and caches.
const SEEDS: [u64; 4] = [1, 2, 3, 4];

#[test]
fn every_drill_is_met_in_the_simulator() {
    let mut failures = Vec::new();
    let files = drill_files();
    assert!(!files.is_empty());
    for file in &files {
        let (story, stage) = match drill(file) {
            Ok(read) => read,
            Err(wrong) => panic!("{}: {wrong}", file.display()),
        };
        for seed in SEEDS {
            let mut world = World::new(Env::default(), seed);
            let run = match play(&mut world, &story, &stage) {
                Ok(run) => run,
                Err(wrong) => panic!("{}: {wrong}", file.display()),
            };
            let verdicts = judge(&story, &run.observations);
            if verdicts.iter().any(|verdict| !verdict.met) {
                let timeline = Timeline::of(&story, &run).text(false);
                let file = file.display();
                failures.push(format!("{file}, seed {seed}\n{timeline}{verdicts:#?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
