//! The same story twice: with real sockets and in the simulator, from the same decisions.

use standin_kernel::Value;

use crate::world::{Standin, root, standin, text};

const DRILL: &str = "stacks/diary/drills/tasks-die.yaml";

/// What the reader saw: the classes and statuses in the order in which they followed each other,
/// with when each began.
fn turns(report: &Value) -> Vec<(f64, String)> {
    let mut turns: Vec<(f64, String)> = Vec::new();
    let seen = report["observations"].as_array().unwrap();
    for seen in seen.iter().filter(|seen| seen["viewer"] == "reader") {
        let what = format!("{} {}", seen["class"].as_str().unwrap(), seen["status"]);
        if turns.last().is_none_or(|(_, last)| *last != what) {
            let at = &seen["asked_at"];
            turns.push((at["secs"].as_f64().unwrap(), what));
        }
    }
    turns
}

/// Plays a drill of the diary in both worlds; the reader must see this in both. `apart_s`: by how
/// much the moments may differ.
fn both_worlds_tell(drill: &str, wanted: &[&str], apart_s: f64) {
    let virtually = standin(&["drill", drill, "--virtual", "--json"]);
    let said = text(&virtually.stdout);
    assert!(virtually.status.success(), "{said}\n{}", text(&virtually.stderr));
    let virtually = turns(&serde_json::from_str(&said).unwrap());

    let run = Standin::up(&root().join("stacks/diary/template.yaml"), &[]);
    let really = turns(&serde_json::from_str(&run.ok(&["drill", drill, "--json"])).unwrap());

    let order = |turns: &[(f64, String)]| -> Vec<String> {
        turns.iter().map(|(_, what)| what.clone()).collect()
    };
    assert_eq!(order(&virtually), wanted);
    assert_eq!(order(&really), order(&virtually), "{really:?}");
    for ((virtual_s, what), (real_s, _)) in virtually.iter().zip(&really) {
        let apart = (virtual_s - real_s).abs();
        assert!(apart <= apart_s, "{what}: {virtual_s} s and {real_s} s");
    }
}

#[test]
fn both_worlds_tell_the_same_story() {
    // A health check's phase and a start are worth some seconds.
    both_worlds_tell(DRILL, &["page 200", "sorry-page 503", "page 200"], 15.0);
}

#[test]
fn planned_work_is_the_same_in_both_worlds() {
    let drill = "stacks/diary/drills/planned-work.yaml";
    both_worlds_tell(drill, &["page 200", "planned-page 503", "page 200"], 2.0);
}

#[test]
fn an_emergency_is_the_same_in_both_worlds() {
    let drill = "stacks/diary/drills/emergency.yaml";
    both_worlds_tell(drill, &["page 200", "emergency-page 503", "page 200"], 3.0);
}

#[test]
fn planned_work_that_a_failure_outlasts_is_the_same_in_both_worlds() {
    let drill = "stacks/diary/drills/work-outlasted.yaml";
    let wanted = ["page 200", "planned-page 503", "sorry-page 503", "page 200"];
    both_worlds_tell(drill, &wanted, 15.0);
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
