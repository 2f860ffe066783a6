//! Programs that are built on the spot: `Cargo:` in the hint.

// A test that cannot go on panics.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;
use std::time::Duration;

use common::Host;
use standin_kernel::json;
use standin_kernel::workload::{Signal, WorkloadEvent};

/// A workspace with one package, `name`, around the template's folder; its binary is `<name>-bin`.
/// Names differ from test to test: the machine may have one target folder for all.
fn workspace(root: &Path, name: &str, main: &str, build: Option<&str>) {
    std::fs::create_dir_all(root.join("package/src")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(root.join(name), text).unwrap();
    write("Cargo.toml", "[workspace]\nmembers = [\"package\"]\nresolver = \"2\"\n");
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\
         [[bin]]\nname = \"{name}-bin\"\npath = \"src/main.rs\"\n"
    );
    write("package/Cargo.toml", &manifest);
    write("package/src/main.rs", main);
    if let Some(build) = build {
        write("package/build.rs", build);
    }
}

#[tokio::test]
async fn a_package_is_built_once_and_run() {
    let mut host = Host::new();
    let main = "fn main() { println!(\"hello {}\", std::env::args().nth(1).unwrap()); }";
    workspace(host.scratch.path(), "greeter", main, None);
    let hint = json!({"Command": ["greeter-bin", "world"], "Cargo": "greeter"});
    let first = host.launch(hint.clone());
    assert_eq!(host.event().await, (first, WorkloadEvent::Started));
    assert_eq!(host.exit().await, 0);
    let log = host.log(first);
    assert_eq!(log[0], "standin: cargo build --release -p greeter");
    assert!(log.iter().any(|line| line.contains("Compiling greeter")));
    assert_eq!(log.last().unwrap(), "hello world");

    let second = host.launch(hint);
    assert_eq!(host.event().await, (second, WorkloadEvent::Started));
    assert_eq!(host.exit().await, 0);
    assert_eq!(host.log(second), ["hello world"]);
}

#[tokio::test]
async fn a_package_that_does_not_build_or_has_no_such_binary_is_a_reason() {
    let mut host = Host::new();
    workspace(host.scratch.path(), "broken", "fn main() { wrong }", None);
    let id = host.launch(json!({"Command": ["broken-bin"], "Cargo": "broken"}));
    let reason = host.failure().await;
    let expected = format!(
        "CannotPullContainerError: image example/web:1: cargo build -p broken ended with 101; \
         see {}",
        host.workloads.log_path(id).unwrap().display()
    );
    assert_eq!(reason, expected);
    assert!(host.log(id).iter().any(|line| line.contains("cannot find")));

    workspace(host.scratch.path(), "broken", "fn main() {}", None);
    host.launch(json!({"Command": ["other"], "Cargo": "broken"}));
    assert_eq!(
        host.failure().await,
        "CannotPullContainerError: image example/web:1: the package broken has no binary \"other\""
    );
}

#[tokio::test]
async fn a_build_is_given_up_when_the_container_is_stopped() {
    let mut host = Host::new();
    let build = "fn main() {
        std::fs::write(\"building\", \"\").unwrap();
        std::thread::sleep(std::time::Duration::from_secs(1000));
    }";
    workspace(host.scratch.path(), "slow", "fn main() {}", Some(build));
    let id = host.launch(json!({"Command": ["slow-bin"], "Cargo": "slow"}));
    let building = host.scratch.path().join("package/building");
    while !building.exists() {
        // The runtime has to turn for the build to be started.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    host.workloads.signal(id, Signal::Term);
    assert_eq!(host.failure().await, "CannotStartContainerError: stopped before it was started");
    host.workloads.stop_all(Duration::from_secs(60)).await;
    assert!(host.scratch.processes().is_empty());
}
