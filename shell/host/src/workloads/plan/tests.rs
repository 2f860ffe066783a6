//! Holds the plan to the hint, the task definition, and AWS's words for a failure.

use std::net::Ipv4Addr;

use serde_json::{Value, json};
use standin_kernel::workload::{WorkloadKind, WorkloadLabels};

use super::*;
use crate::scratch::Scratch;
use crate::workloads::WorkloadConfig;

fn spec(local: Value) -> WorkloadSpec {
    WorkloadSpec {
        id: WorkloadId(7),
        kind: WorkloadKind::Container,
        image: "example/web:1".into(),
        command: Vec::new(),
        environment: Vec::new(),
        address: Ipv4Addr::new(127, 77, 0, 1),
        ports: vec![80],
        labels: WorkloadLabels { container: "web".into(), ..WorkloadLabels::default() },
        local,
    }
}

async fn prepared(scratch: &Scratch, spec: &WorkloadSpec) -> Result<Plan, String> {
    let site = Site::open(WorkloadConfig {
        state_dir: scratch.path().to_owned(),
        self_exe: scratch.path().join("bin/standin"),
        events: tokio::sync::mpsc::unbounded_channel().0,
    })
    .unwrap();
    let log = Log::open(scratch.path().join("web.log")).unwrap();
    prepare(&site, spec, &log).await
}

fn program(scratch: &Scratch, name: &str, mode: u32) -> PathBuf {
    let path = scratch.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    path
}

#[tokio::test]
async fn ecs_lc_06_an_image_without_local_command_cannot_be_pulled() {
    let scratch = Scratch::new();
    let mut without = spec(Value::Null);
    without.command = vec!["serve".into()];
    let reason = prepared(&scratch, &without).await.unwrap_err();
    assert_eq!(
        reason,
        "CannotPullContainerError: image example/web:1 has no local command; add Metadata: \
         Standin: Containers: web: Command: [...] to the task definition"
    );
    let empty = prepared(&scratch, &spec(json!({}))).await.unwrap_err();
    assert_eq!(empty, reason);
}

#[tokio::test]
async fn ecs_lc_06_a_missing_program_is_named_with_the_places_looked_at() {
    let scratch = Scratch::new();
    let base = scratch.path().display().to_string();
    let absent = json!({"Command": ["./absent"], "BaseDirectory": base});
    let reason = prepared(&scratch, &spec(absent)).await.unwrap_err();
    let expected = format!("CannotStartContainerError: {base}/./absent: No such file");
    assert!(reason.starts_with(&expected), "{reason}");

    let hint = json!({"Command": ["absent"], "Environment": {"PATH": "/nowhere:/neither"}});
    let reason = prepared(&scratch, &spec(hint)).await.unwrap_err();
    assert_eq!(
        reason,
        "CannotStartContainerError: executable file \"absent\" not found in PATH \
         (/nowhere:/neither)"
    );

    program(&scratch, "plain", 0o644);
    let plain = json!({"Command": ["./plain"], "BaseDirectory": base});
    let reason = prepared(&scratch, &spec(plain)).await.unwrap_err();
    assert!(reason.ends_with("/./plain is not executable"), "{reason}");
}

#[tokio::test]
async fn a_hint_that_cannot_be_read_and_a_missing_directory_are_reasons() {
    let scratch = Scratch::new();
    let reason = prepared(&scratch, &spec(json!({"Command": "serve"}))).await;
    let reason = reason.unwrap_err();
    let expected = "CannotStartContainerError: Metadata: Standin: Containers: web: ";
    assert!(reason.starts_with(expected), "{reason}");

    let hint = json!({"Command": ["sh"], "WorkingDirectory": "/no/such/folder"});
    let reason = prepared(&scratch, &spec(hint)).await.unwrap_err();
    let expected = "the working directory /no/such/folder is not there";
    assert!(reason.ends_with(expected), "{reason}");
}

#[tokio::test]
async fn the_hints_command_runs_in_its_directory_with_its_variables_filled_in() {
    let scratch = Scratch::new();
    let app = program(&scratch, "app/bin/serve", 0o755);
    let mut wanted = spec(json!({
        "Command": ["bin/serve", "--listen", "${TASK_ADDRESS}:80", "${HOME}"],
        "WorkingDirectory": "app",
        "BaseDirectory": scratch.path(),
        "Environment": {"DATA": "${STATE_DIR}/data", "LEVEL": 2, "MODE": "local"},
    }));
    wanted.command = vec!["ignored".into()];
    wanted.environment = vec![("MODE".into(), "aws".into()), ("OWN".into(), "1".into())];
    let plan = prepared(&scratch, &wanted).await.unwrap();
    assert_eq!(plan.program, app);
    assert_eq!(plan.arguments, ["--listen", "127.77.0.1:80", "${HOME}"]);
    assert_eq!(plan.directory, scratch.path().join("app"));
    let value = |name: &str| plan.environment[OsStr::new(name)].to_str().unwrap();
    assert_eq!(value("DATA"), format!("{}/data", scratch.path().display()));
    assert_eq!((value("LEVEL"), value("OWN")), ("2", "1"));
    assert_eq!(value("MODE"), "local", "the hint adapts the container's entry");
    assert!(value(MARKER).ends_with(".7"));
}

#[tokio::test]
async fn without_a_command_in_the_hint_the_task_definitions_own_is_run() {
    let scratch = Scratch::new();
    let mut wanted = spec(json!({"Environment": {"A": "1"}}));
    wanted.command = vec!["sh".into(), "-c".into(), "true".into()];
    let plan = prepared(&scratch, &wanted).await.unwrap();
    assert!(plan.program.ends_with("sh") && plan.program.is_absolute());
    assert_eq!(plan.arguments, ["-c", "true"]);
}

#[tokio::test]
async fn a_hint_nobody_reads_is_named_in_the_log() {
    let scratch = Scratch::new();
    let hint = json!({"Command": ["sh"], "Memory": 512});
    prepared(&scratch, &spec(hint)).await.unwrap();
    let log = std::fs::read_to_string(scratch.path().join("web.log")).unwrap();
    let expected = "Memory in Metadata: Standin: Containers: web: has no effect here\n";
    assert!(log.ends_with(expected), "{log}");
}

#[tokio::test]
async fn a_binary_beside_standin_is_not_built() {
    let scratch = Scratch::new();
    let app = program(&scratch, "bin/diary-app", 0o755);
    let hint = json!({"Command": ["diary-app", "serve"], "Cargo": "diary-app"});
    let plan = prepared(&scratch, &spec(hint)).await.unwrap();
    assert_eq!(plan.program, app);
    assert_eq!(plan.arguments, ["serve"]);
}
