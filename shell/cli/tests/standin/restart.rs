//! Updates, restarts and the end of a run.

use crate::world::{PATIENCE, Standin, here, processes_of, signal};

fn again(scratch: crate::world::Scratch, more: &[&str]) -> Standin {
    let program = format!("Program={}", env!("CARGO_BIN_EXE_cli-test-origin"));
    let mut arguments = vec!["--parameters", &program];
    arguments.extend(more);
    Standin::up_in(scratch, &here().join("shop.yaml"), &arguments)
}

#[test]
fn after_a_kill_the_state_is_found_again_and_no_orphan_keeps_a_port() {
    let run = Standin::shop();
    let before = run.status()["stacks"][0]["outputs"].clone();
    let orphans = run.containers();
    assert!(!orphans.is_empty());
    let scratch = run.kill();
    let run = again(scratch, &[]);
    assert_eq!(run.status()["stacks"][0]["outputs"], before, "the same distribution");
    run.until("/", "the shop", |answer| answer.status == 200);
    let now = run.containers();
    assert!(orphans.iter().all(|orphan| !now.contains(orphan)), "{orphans:?} {now:?}");
}

#[test]
fn a_second_up_updates_the_stack() {
    let run = Standin::shop();
    let (_, scratch) = run.interrupt();
    let run = again(scratch, &["Tasks=2"]);
    assert!(run.said().contains("UPDATE_COMPLETE"), "{}", run.said());
    let status = run.status();
    let tasks = status["tasks"].as_array().unwrap();
    let running = tasks.iter().filter(|task| task["lastStatus"] == "RUNNING").count();
    assert_eq!(running, 2, "{tasks:?}");
    let (_, scratch) = run.interrupt();
    assert_eq!(processes_of(&scratch), [0_u32; 0]);
    let run = again(scratch, &["Tasks=2"]);
    assert!(run.said().contains("no changes"), "{}", run.said());
    run.until("/", "the shop", |answer| answer.status == 200);
}

#[test]
fn down_deletes_the_stack_and_ends_the_run() {
    let scratch = crate::world::Scratch::new();
    let state = scratch.0.join("state").display().to_string();
    let program = format!("Program={}", env!("CARGO_BIN_EXE_cli-test-origin"));
    let template = here().join("shop.yaml").display().to_string();
    let up = [
        "up",
        &template,
        "--edge-port",
        "0",
        "--api-port",
        "0",
        "--state-dir",
        &state,
        "--detach",
        "--parameters",
        &program,
    ];
    let output = crate::world::standin(&up);
    let said = crate::world::text(&output.stdout);
    assert!(output.status.success(), "{said}{}", crate::world::text(&output.stderr));
    assert!(said.contains("shop is up"), "{said}");
    assert!(!processes_of(&scratch).is_empty());
    let output = crate::world::standin(&["down", "--state-dir", &state]);
    let said = crate::world::text(&output.stdout);
    assert!(output.status.success(), "{said}{}", crate::world::text(&output.stderr));
    assert!(said.contains("shop is deleted"), "{said}");
    let end = std::time::Instant::now() + PATIENCE;
    while !processes_of(&scratch).is_empty() {
        assert!(std::time::Instant::now() < end, "{:?}", processes_of(&scratch));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn a_dead_task_is_replaced() {
    let run = Standin::shop();
    let before = run.containers();
    for process in &before {
        signal(*process, "KILL");
    }
    run.until("/", "the shop", |answer| {
        let now = run.containers();
        answer.status == 200 && !now.is_empty() && before.iter().all(|old| !now.contains(old))
    });
}
