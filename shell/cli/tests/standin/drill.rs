//! The same story twice: with real sockets and in the simulator, from the same decisions.

use standin_kernel::Value;

use crate::world::{Standin, root, standin, text};

const DRILL: &str = "stacks/diary/drills/tasks-die.yaml";

/// The classes and statuses in the order in which they followed each other, with when each began.
fn turns(report: &Value) -> Vec<(f64, String)> {
    let mut turns: Vec<(f64, String)> = Vec::new();
    for seen in report["observations"].as_array().unwrap() {
        let what = format!("{} {}", seen["class"].as_str().unwrap(), seen["status"]);
        if turns.last().is_none_or(|(_, last)| *last != what) {
            let at = &seen["asked_at"];
            turns.push((at["secs"].as_f64().unwrap(), what));
        }
    }
    turns
}

#[test]
fn both_worlds_tell_the_same_story() {
    let virtually = standin(&["drill", DRILL, "--virtual", "--json"]);
    let said = text(&virtually.stdout);
    assert!(virtually.status.success(), "{said}\n{}", text(&virtually.stderr));
    let virtually = turns(&serde_json::from_str(&said).unwrap());

    let run = Standin::up(&root().join("stacks/diary/template.yaml"), &[]);
    let really = turns(&serde_json::from_str(&run.ok(&["drill", DRILL, "--json"])).unwrap());

    let order = |turns: &[(f64, String)]| -> Vec<String> {
        turns.iter().map(|(_, what)| what.clone()).collect()
    };
    assert_eq!(order(&virtually), ["page 200", "sorry-page 503", "page 200"]);
    assert_eq!(order(&really), order(&virtually), "{really:?}");
    for ((virtual_s, what), (real_s, _)) in virtually.iter().zip(&really) {
        // A health check's phase and a start are worth some seconds.
        assert!((virtual_s - real_s).abs() <= 15.0, "{what}: {virtual_s} s and {real_s} s");
    }
}

#[test]
fn the_simulator_repeats_itself_to_the_byte() {
    let play = |seed: &str| {
        let output = standin(&["drill", DRILL, "--virtual", "--json", "--seed", seed]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert_eq!(play("7"), play("7"));
}

#[test]
fn an_expectation_that_is_not_met_fails_the_drill() {
    let scratch = crate::world::Scratch::new();
    let story = std::fs::read_to_string(root().join(DRILL)).unwrap();
    let template = root().join("stacks/diary/template.yaml");
    let story = story
        .replace("../template.yaml", template.to_str().unwrap())
        .replace("every_answer: sorry-page", "never: sorry-page");
    let file = scratch.write("wrong.yaml", &story);
    let output = standin(&["drill", file.to_str().unwrap(), "--virtual"]);
    assert!(!output.status.success());
    assert!(text(&output.stdout).contains("NOT MET"), "{}", text(&output.stdout));
    let file = scratch.write("broken.yaml", "name: x\nviewers: {");
    let output = standin(&["drill", file.to_str().unwrap(), "--virtual"]);
    assert!(text(&output.stderr).contains("broken.yaml:3:1"), "{}", text(&output.stderr));
}
