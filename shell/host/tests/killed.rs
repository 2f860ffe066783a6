//! What is left when Standin is killed with SIGKILL, and what the next start does about it.

// A test that cannot go on panics.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use common::{Scratch, helper, lives, spec, wait_until};
use standin_host::orphans::ProcessRecords;
use standin_host::store::Store;
use standin_kernel::{Value, json};

fn standin(scratch: &Scratch, script: &str) -> Child {
    let hint = json!({"Command": ["/bin/sh", "-c", script]});
    let spec = spec(1, scratch.path(), hint);
    Command::new(helper())
        .arg("run")
        .arg(scratch.state_dir())
        .arg(serde_json::to_string(&spec).unwrap())
        .env("AWS_SECRET_ACCESS_KEY", "a secret of the user")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn pid(text: &str) -> i32 {
    text.parse().unwrap()
}

#[test]
fn no_secret_of_standins_environment_reaches_a_container() {
    let scratch = Scratch::new();
    let mut standin = standin(&scratch, "env > env; echo > done; cat /proc/$PPID/environ");
    scratch.wait_for("done");
    let names: Vec<String> = std::fs::read_to_string(scratch.path().join("env"))
        .unwrap()
        .lines()
        .map(|line| line.split('=').next().unwrap().to_owned())
        .collect();
    let allowed = [
        "HOME",
        "LANG",
        "OWN",
        "PATH",
        "PWD",
        "OLDPWD",
        "SHLVL",
        "STANDIN_WORKLOAD",
        "TMPDIR",
        "_",
    ];
    for name in &names {
        assert!(allowed.contains(&name.as_str()), "{name}");
    }
    assert!(names.iter().any(|name| name == "OWN"));
    standin.kill().unwrap();
    standin.wait().unwrap();
}

#[test]
fn the_next_start_ends_what_a_killed_standin_has_left() {
    let scratch = Scratch::new();
    let script = "echo $$ > leader
        sleep 1000 & echo $! > child
        setsid sleep 1000 & echo $! > apart
        wait";
    let mut standin = standin(&scratch, script);
    let [leader, child, apart] =
        ["leader", "child", "apart"].map(|name| pid(&scratch.wait_for(name)));
    // Written down by now: Standin says so only afterwards.
    let mut said = String::new();
    BufReader::new(standin.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "Started\n");
    let recorded = std::fs::read_to_string(scratch.state_dir().join("processes")).unwrap();
    assert!(recorded.contains(&format!("+ {leader} ")), "{recorded}");

    standin.kill().unwrap();
    standin.wait().unwrap();
    wait_until("the first process dies with Standin", || !lives(leader));
    assert!(lives(child) && lives(apart));

    let (_records, mut killed) = ProcessRecords::open(&scratch.state_dir()).unwrap();
    let mut expected = vec![child, apart];
    killed.sort_unstable();
    expected.sort_unstable();
    assert_eq!(killed, expected);
    assert!(scratch.processes().is_empty());
}

#[test]
fn what_was_said_to_be_on_disk_is_there_after_a_kill_and_no_batch_is_torn() {
    for round in 1..=5 {
        let scratch = Scratch::new();
        let mut writing = Command::new(helper())
            .arg("store")
            .arg(scratch.state_dir())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(writing.stdout.take().unwrap()).lines();
        let mut said: u64 = lines
            .by_ref()
            .take(round * 3)
            .map(|line| line.unwrap().parse().unwrap())
            .last()
            .unwrap();
        writing.kill().unwrap();
        writing.wait().unwrap();
        // What it said between the last line read and its death counts too.
        if let Some(last) = lines.map_while(Result::ok).filter_map(|l| l.parse().ok()).last() {
            said = last;
        }
        let loaded = Store::open(&scratch.state_dir()).unwrap().load().unwrap();
        let documents: Vec<&Value> =
            loaded.iter().map(|(_, record)| record.document.as_ref().unwrap()).collect();
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[0], documents[1]);
        let found = documents[0].as_u64().unwrap();
        assert!(found == said || found == said + 1, "{found} after {said}");
    }
}
