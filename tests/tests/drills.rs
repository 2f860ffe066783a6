//! Every drill of the repository is met in the simulator, and fits the schema that editors use.

use standin_kernel::{Value, json};
use standin_sim::drill::Worlds;
use standin_sim::{Drill, Timeline, World, judge, play};
use standin_tests::{drill, drill_files, root, schema, yaml};

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
        if story.world == Worlds::Real {
            continue;
        }
        for seed in SEEDS {
            let mut world = World::new(story.env(), seed);
            let run = match play(&mut world, &story, &stage) {
                Ok(run) => run,
                Err(wrong) => panic!("{}: {wrong}", file.display()),
            };
            let verdicts = judge(&story, &run);
            if verdicts.iter().any(|verdict| !verdict.met) {
                let timeline = Timeline::of(&story, &run).text(false);
                let file = file.display();
                failures.push(format!("{file}, seed {seed}\n{timeline}{verdicts:#?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn drill_schema() -> Result<Value, String> {
    yaml(&root().join("docs/drill.schema.json"))
}

#[test]
fn every_drill_fits_the_schema() {
    let drills = drill_schema().unwrap();
    for file in drill_files() {
        let wrong = schema::check(&drills, &yaml(&file).unwrap());
        assert!(wrong.is_empty(), "{}: {wrong:#?}", file.display());
    }
}

/// A drill with every member there is.
fn full() -> Value {
    json!({
        "name": "n", "template": "t.yaml", "parameters": {"A": 1},
        "world": "both", "pace": "aws",
        "duration": "90s", "patience": 5,
        "viewers": [{"name": "v", "get": "/", "host": "h", "every": "1s", "cohort": {
            "count": 2, "phase": "1s", "until": "9s", "kind": "page", "connection": "new",
            "language": "ja",
            "edge": 1, "address": "10.0.0.1", "headers": {"X-Pass": "x"}}}],
        "faults": [
            {"at": 1, "break": "S", "mode": "hang", "for": "1m"},
            {"at": 1, "break": "S", "action": "aws:ecs:task-network-packet-loss",
             "parameters": {"lossPercent": 7}},
            {"at": 2, "repair": "all"},
        ],
        "operations": [
            {"at": 1, "call": {"service": "ecs", "operation": "UpdateService", "input": {}}},
            {"at": 1, "update-stack": {"parameters": {"A": 2}}},
        ],
        "expect": [{
            "after": 0, "within": "1s", "until": "80s", "viewer": "v",
            "every_answer": ["page", "p"], "never": "hang", "status": 200, "header": {"Via": "*"},
        }],
        "pages": {"p": {"path": "/p"}},
    })
}

#[test]
fn schema_and_reader_know_the_same_members() {
    let drills = drill_schema().unwrap();
    let agree = |story: &Value, taken: bool, what: &str| {
        let wrong = schema::check(&drills, story);
        assert_eq!(wrong.is_empty(), taken, "{what}: {wrong:?}");
        let read = Drill::from_value(story.clone());
        assert_eq!(read.is_ok(), taken, "{what}: {:?}", read.err());
    };
    agree(&full(), true, "all members");
    for place in [
        "",
        "/viewers/0",
        "/viewers/0/cohort",
        "/faults/0",
        "/operations/0",
        "/operations/0/call",
        "/operations/1/update-stack",
        "/expect/0",
        "/pages/p",
    ] {
        let mut story = full();
        story.pointer_mut(place).unwrap()["unheard-of"] = json!(1);
        agree(&story, false, place);
        // What is required is required by both.
        let names: Vec<String> =
            full().pointer(place).unwrap().as_object().unwrap().keys().cloned().collect();
        for name in names {
            let mut story = full();
            story.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(&name);
            let fits = schema::check(&drills, &story).is_empty();
            let sense = match Drill::from_value(story) {
                Ok(_) => true,
                // What a name stands for elsewhere is beyond a schema.
                Err(wrong) => wrong.to_string().contains("is neither page"),
            };
            assert_eq!(fits, sense, "{place} without {name}");
        }
    }
}

/// Each reader's change of answer names the change that had just arrived at their edge.
#[test]
fn cf_dep_02_the_timeline_says_when_an_edge_took_the_change() {
    let (story, stage) = drill(&root().join("tests/drills/edges-one-by-one.yaml")).unwrap();
    let run = play(&mut World::new(story.env(), 1), &story, &stage).unwrap();
    let timeline = Timeline::of(&story, &run);
    for (viewer, after_s) in [("early", 20), ("near", 60), ("late", 220)] {
        let track = timeline.viewers.iter().find(|track| track.viewer == viewer).unwrap();
        let cause = track.stretches[1].cause.as_ref().unwrap();
        let says = format!("took a change {after_s} s after it was made");
        assert!(cause.says.ends_with(&says), "{viewer}: {cause}");
        assert_eq!(cause.setting.as_deref(), Some("Distribution.DistributionConfig"));
        assert!(cause.line.is_some(), "{cause}");
    }
}

/// What the simulator supposes of functions is said at the beginning, and only of those it has to
/// suppose something of; and whoever asks why gets the function's part of the answer as well.
#[test]
fn the_timeline_says_which_functions_nobody_runs() {
    let (story, stage) = drill(&root().join("tests/drills/function-page.yaml")).unwrap();
    let run = play(&mut World::new(story.env(), 1), &story, &stage).unwrap();
    let said: Vec<&str> =
        run.events.iter().map(|event| &*event.says).filter(|says| says.contains("code")).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("the code of Untold"), "{said:?}");
    let why = |at_s: u64| -> Vec<String> {
        let mut seen = run.observations.iter().filter(|seen| seen.viewer == "reader");
        let seen = seen.find(|seen| seen.asked_at.as_secs() == at_s).unwrap();
        seen.because.iter().map(|reason| reason.says.clone()).collect()
    };
    assert!(why(1).iter().any(|says| says.contains("environment carries it out")), "{:?}", why(1));
    assert!(why(25).iter().any(|says| says.contains("the function failed")), "{:?}", why(25));
    assert!(why(35).iter().any(|says| says.contains("Rate Exceeded")), "{:?}", why(35));

    let (story, stage) = drill(&root().join("stacks/diary/drills/emergency.yaml")).unwrap();
    let run = play(&mut World::new(story.env(), 1), &story, &stage).unwrap();
    assert!(run.events.iter().all(|event| !event.says.contains("does not run the code")));
}
