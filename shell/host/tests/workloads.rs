//! Containers as local processes, with real ones.

// A test that cannot go on panics.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Host, lives, wait_until};
use standin_kernel::json;
use standin_kernel::workload::{Signal, WorkloadEvent, WorkloadId};

fn pid(text: &str) -> i32 {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_container_starts_writes_its_log_and_ends_with_its_code() {
    let mut host = Host::new();
    let id = host.script("echo out; echo err >&2; printf 'no newline'; exit 3").await;
    assert_eq!(host.exit().await, 3);
    assert_eq!(host.log(id), ["out", "err", "no newline"]);
    let path = host.workloads.log_path(id).unwrap();
    assert_eq!(path, host.scratch.state_dir().join("logs/task1/web.log"));
    assert!(host.workloads.pids().is_empty());
}

#[tokio::test]
async fn a_running_container_has_a_pid_and_leads_its_own_session() {
    let mut host = Host::new();
    let id = host.script("echo $$ > pid; exec sleep 1000").await;
    let leader = pid(&host.scratch.wait_for("pid"));
    assert_eq!(host.workloads.pids()[&id], leader.unsigned_abs());
    let stat = std::fs::read_to_string(format!("/proc/{leader}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    assert_eq!(fields[2], leader.to_string(), "its group");
    assert_eq!(fields[3], leader.to_string(), "its session");
    host.workloads.signal(id, Signal::Kill);
    assert_eq!(host.exit().await, 137);
}

#[tokio::test]
async fn ecs_lc_09_sigterm_reaches_the_first_process_only_and_not_its_default_action() {
    let mut host = Host::new();
    // The shell neither forwards SIGTERM nor handles it.
    let shell = "sh -c 'trap \"echo heard > heard\" TERM; echo $$ > app; sleep 1000'; true";
    let id = host.script(shell).await;
    let app = pid(&host.scratch.wait_for("app"));
    host.workloads.signal(id, Signal::Term);
    // Commands are carried out in order: after this one SIGTERM has been dealt with.
    assert_eq!(host.exec(id, &["true"], 60_000).await, Some(0));
    assert!(host.log(id)[0].starts_with("standin: SIGTERM has no effect"));
    assert!(lives(app));
    host.workloads.signal(id, Signal::Kill);
    assert_eq!(host.exit().await, 137);
    assert!(!lives(app));
    assert!(!host.scratch.path().join("heard").exists());
}

#[tokio::test]
async fn a_process_that_handles_sigterm_ends_as_it_likes() {
    let mut host = Host::new();
    let text = "trap 'echo bye; exit 4' TERM; echo > ready; while :; do sleep 0.01; done";
    let id = host.script(text).await;
    host.scratch.wait_for("ready");
    host.workloads.signal(id, Signal::Term);
    assert_eq!(host.exit().await, 4);
    assert_eq!(host.log(id), ["bye"]);
}

#[tokio::test]
async fn a_container_that_a_signal_ends_has_128_and_its_number() {
    let mut host = Host::new();
    host.script("kill -SEGV $$").await;
    assert_eq!(host.exit().await, 139);
}

#[tokio::test]
async fn the_end_of_the_first_process_ends_all_it_has_started() {
    let mut host = Host::new();
    // One in its group, one in a session of its own, one without the environment.
    let text = "sleep 1000 & echo $! > one
        setsid sleep 1000 & echo $! > two
        env -i /bin/sleep 1000 & echo $! > three
        exit 0";
    let id = host.script(text).await;
    assert_eq!(host.exit().await, 0);
    for name in ["one", "two", "three"] {
        let left = pid(&host.scratch.wait_for(name));
        assert!(!lives(left), "{name}");
    }
    assert!(host.scratch.processes().is_empty());
    assert!(host.log(id).is_empty());
}

#[tokio::test]
async fn ecs_td_10_a_container_may_open_65535_files() {
    let mut host = Host::new();
    let id = host.script("ulimit -Sn; ulimit -Hn").await;
    assert_eq!(host.exit().await, 0);
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
    let expected = most.unwrap_or(u64::MAX).min(65_535).to_string();
    assert_eq!(host.log(id), [expected.as_str(), expected.as_str()]);
}

#[tokio::test]
async fn pipes_and_standard_input_are_as_a_program_expects_them() {
    let mut host = Host::new();
    let text = "grep SigIgn /proc/self/status; readlink /proc/self/fd/0; ls /proc/self/fd";
    let id = host.script(text).await;
    assert_eq!(host.exit().await, 0);
    let log = host.log(id);
    let ignored = log[0].strip_prefix("SigIgn:\t").unwrap();
    let sigpipe = 1 << 12;
    assert_eq!(u64::from_str_radix(ignored, 16).unwrap() & sigpipe, 0);
    assert_eq!(log[1], "/dev/null");
    // Of what Standin has open nothing stays open: no file, socket or pipe of another container.
    let kept: Vec<String> = log[2..].iter().filter(|fd| !is_inherited(fd)).cloned().collect();
    assert!(kept.len() <= 1, "only the folder that ls itself reads: {kept:?}");
}

/// Whether whoever started the tests has left this descriptor open for all.
fn is_inherited(fd: &str) -> bool {
    let Ok(info) = std::fs::read_to_string(format!("/proc/self/fdinfo/{fd}")) else {
        return false;
    };
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
    let close_on_exec = 0o2_000_000;
    u32::from_str_radix(flags.trim(), 8).unwrap() & close_on_exec == 0
}

#[tokio::test]
async fn the_tasks_address_is_filled_in() {
    let mut host = Host::new();
    let id = host.launch(json!({
        "Command": ["/bin/sh", "-c", "echo $0 $BIND $OWN", "${TASK_ADDRESS}"],
        "Environment": {"BIND": "${TASK_ADDRESS}:80"},
    }));
    assert_eq!(host.event().await, (id, WorkloadEvent::Started));
    assert_eq!(host.exit().await, 0);
    assert_eq!(host.log(id), ["127.77.0.1 127.77.0.1:80 from the task definition"]);
}

#[tokio::test]
async fn ecs_lc_06_a_program_that_cannot_be_executed_never_starts() {
    let mut host = Host::new();
    let path = host.scratch.path().join("broken");
    std::fs::write(&path, "#!/no/such/interpreter\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&path, mode).unwrap();
    host.launch(json!({"Command": ["./broken"]}));
    let reason = host.failure().await;
    let program = host.scratch.path().join("./broken");
    let expected = format!(
        "CannotStartContainerError: {}: No such file or directory (os error 2)",
        program.display()
    );
    assert_eq!(reason, expected);
    assert!(host.workloads.pids().is_empty());
}

#[tokio::test]
async fn a_program_that_ends_with_127_has_started() {
    let mut host = Host::new();
    host.script("exit 127").await;
    assert_eq!(host.exit().await, 127);
}

#[tokio::test]
async fn a_command_runs_with_the_containers_environment_and_directory() {
    let mut host = Host::new();
    let id = host.script("exec sleep 1000").await;
    let check = r#"test "$OWN" = "from the task definition" && pwd -P > where"#;
    let shell = ["/bin/sh", "-c", check];
    assert_eq!(host.exec(id, &shell, 60_000).await, Some(0));
    let here = host.scratch.path().display().to_string();
    assert_eq!(host.scratch.wait_for("where"), here);
    assert_eq!(host.exec(id, &["sh", "-c", "exit 9"], 60_000).await, Some(9));
    assert_eq!(host.exec(id, &["no-such-program"], 60_000).await, Some(127));
    assert_eq!(host.exec(id, &[], 60_000).await, Some(127));
}

#[tokio::test]
async fn a_command_out_of_time_is_killed_with_its_children() {
    let mut host = Host::new();
    let id = host.script("exec sleep 1000").await;
    let text = "sleep 1000 & echo $! > child; wait";
    assert_eq!(host.exec(id, &["sh", "-c", text], 300).await, None);
    let child = pid(&host.scratch.wait_for("child"));
    wait_until("the command's child is gone", || !lives(child));
}

#[tokio::test]
async fn a_command_ends_with_its_container() {
    let mut host = Host::new();
    let id = host.script("exec sleep 1000").await;
    let exec = standin_kernel::workload::Exec {
        ticket: 8,
        command: ["sh", "-c", "echo > begun; sleep 1000"].map(String::from).to_vec(),
        timeout: Duration::from_secs(1000),
    };
    host.workloads.exec(id, exec);
    // The runtime has to turn for the command to be started.
    let begun = host.scratch.path().join("begun");
    while !begun.exists() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    host.workloads.signal(id, Signal::Kill);
    let done = WorkloadEvent::ExecDone { ticket: 8, code: Some(137) };
    assert_eq!(host.event().await, (id, done));
    assert_eq!(host.exit().await, 137);
    assert!(host.scratch.processes().is_empty());
}

#[tokio::test]
async fn a_container_that_ends_does_not_wait_for_its_commands() {
    let mut host = Host::new();
    let id = host.script("while [ ! -e go ]; do sleep 0.01; done").await;
    std::fs::write(host.scratch.path().join("go"), "").unwrap();
    // Asked for while the container is about to end, again and again: each is answered.
    let mut asked = 0;
    loop {
        let exec = standin_kernel::workload::Exec {
            ticket: asked,
            command: ["sleep", "1000"].map(String::from).to_vec(),
            timeout: Duration::from_secs(1000),
        };
        host.workloads.exec(id, exec);
        asked += 1;
        tokio::time::sleep(Duration::from_millis(1)).await;
        if host.workloads.pids().is_empty() {
            break;
        }
    }
    let mut answered = Vec::new();
    let mut ended = false;
    while !ended || answered.len() < usize::try_from(asked).unwrap() {
        match host.event().await.1 {
            WorkloadEvent::Exited { code: 0 } => ended = true,
            WorkloadEvent::ExecDone { ticket, code: Some(126 | 137) } => answered.push(ticket),
            other => panic!("{other:?}"),
        }
    }
    answered.sort_unstable();
    assert_eq!(answered, (0..asked).collect::<Vec<_>>());
    assert!(host.scratch.processes().is_empty());
}

#[tokio::test]
async fn a_command_in_no_container_is_answered() {
    let mut host = Host::new();
    assert_eq!(host.exec(WorkloadId(77), &["true"], 1000).await, Some(126));
    let id = host.script("exit 0").await;
    assert_eq!(host.exit().await, 0);
    assert_eq!(host.exec(id, &["true"], 1000).await, Some(126));
    host.workloads.signal(id, Signal::Kill);
}

#[tokio::test]
async fn stopping_leaves_no_process_however_stubborn() {
    let mut host = Host::new();
    host.script("exec sleep 1000").await;
    let polite = host
        .script("trap 'echo bye; exit 0' TERM; echo > ready; while :; do sleep 0.01; done")
        .await;
    host.script(
        "trap '' TERM; sleep 1000 & setsid sleep 1000 & setsid env -i sleep 1000 &
        echo > stubborn; wait",
    )
    .await;
    host.scratch.wait_for("ready");
    host.scratch.wait_for("stubborn");
    wait_until("all processes are there", || host.scratch.processes().len() >= 6);
    host.workloads.stop_all(Duration::from_millis(100)).await;
    assert_eq!(host.scratch.processes(), [0_i32; 0]);
    assert_eq!(host.log(polite), ["bye"]);
    let mut ended = Vec::new();
    for _ in 0..3 {
        ended.push(host.exit().await);
    }
    ended.sort_unstable();
    assert_eq!(ended, [0, 137, 143]);
    host.launch(json!({"Command": ["true"]}));
    let reason = host.failure().await;
    assert_eq!(reason, "CannotStartContainerError: Standin is stopping");
}

#[tokio::test]
async fn stopping_does_not_wait_for_nobody() {
    let mut host = Host::new();
    host.script("exec sleep 1000").await;
    let stop = host.workloads.stop_all(Duration::from_secs(1000));
    tokio::time::timeout(common::PATIENCE, stop).await.unwrap();
    assert!(host.scratch.processes().is_empty());
}

#[tokio::test]
async fn letting_go_of_the_containers_kills_them() {
    let mut host = Host::new();
    host.script("sleep 1000 & echo $! > child; wait").await;
    let child = pid(&host.scratch.wait_for("child"));
    let Host { workloads, scratch, .. } = host;
    drop(workloads);
    // The runtime has to turn for what was dropped to be ended.
    while lives(child) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(scratch.processes().is_empty());
}

#[tokio::test]
async fn a_log_is_bounded() {
    let mut host = Host::new();
    let id = host.script("yes 0123456789012345678901234567890123456789 | head -n 700000").await;
    assert_eq!(host.exit().await, 0);
    let path = host.workloads.log_path(id).unwrap();
    let aside = path.with_file_name("web.log.1");
    let size = |path: &std::path::Path| path.metadata().unwrap().len();
    assert!(size(&path) <= 10 << 20);
    assert!(size(&aside) > 9 << 20 && size(&aside) <= 10 << 20);
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 2);
    let last = host.log(id).pop().unwrap();
    assert_eq!(last, "0123456789012345678901234567890123456789");
}

#[tokio::test]
async fn many_containers_at_once() {
    let mut host = Host::new();
    let mut expected: Vec<i32> = (0..20).collect();
    for code in &expected {
        let text = format!("sleep 0.0{code}; exit {code}");
        host.launch(json!({"Command": ["/bin/sh", "-c", text]}));
    }
    let mut ended = Vec::new();
    while ended.len() < expected.len() {
        if let (id, WorkloadEvent::Exited { code }) = host.event().await {
            assert_eq!(id.0, u64::from(code.unsigned_abs()) + 1);
            ended.push(code);
        }
    }
    ended.sort_unstable();
    expected.sort_unstable();
    assert_eq!(ended, expected);
}
