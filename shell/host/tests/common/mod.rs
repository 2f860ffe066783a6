//! What the tests with real processes share: a directory, a host, waiting with a deadline.

// Each test binary uses its own part of this; a test that cannot go on panics.
#![allow(dead_code, clippy::unwrap_used)]

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use standin_host::workloads::{WorkloadConfig, Workloads};
use standin_kernel::workload::{
    Exec, WorkloadEvent, WorkloadId, WorkloadKind, WorkloadLabels, WorkloadSpec,
};
use standin_kernel::{Value, json};
use tokio::sync::mpsc;

/// Long enough for a machine with other work to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A directory for one test; afterwards it is gone, and every process that works in it.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("standin-test-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path.canonicalize().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.0.join("state")
    }

    /// What a script has written to a file here; waits until it is there.
    pub(crate) fn wait_for(&self, name: &str) -> String {
        let path = self.0.join(name);
        let read = || {
            let text = std::fs::read_to_string(&path).ok()?;
            text.ends_with('\n').then(|| text.trim().to_owned())
        };
        wait_until(&format!("{name} is written"), || read().is_some());
        read().unwrap()
    }

    /// The processes that live and have their working directory here.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let entries = std::fs::read_dir("/proc").unwrap();
        entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|pid| {
                let cwd = std::fs::read_link(format!("/proc/{pid}/cwd"));
                cwd.is_ok_and(|cwd| cwd.starts_with(&self.0)) && lives(*pid)
            })
            .collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for pid in self.processes() {
            let _ = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
        }
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn lives(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .ok()
        .and_then(|stat| stat.rsplit_once(") ").map(|(_, rest)| !rest.starts_with('Z')))
        .unwrap_or(false)
}

/// Blocks the thread: nothing that is waited for depends on the test's own runtime.
pub(crate) fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < until, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The host's containers, and what happens to them.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) workloads: Workloads,
    pub(crate) scratch: Scratch,
    happened: mpsc::UnboundedReceiver<(WorkloadId, WorkloadEvent)>,
    next: u64,
}

impl Host {
    pub(crate) fn new() -> Self {
        let scratch = Scratch::new();
        let (events, happened) = mpsc::unbounded_channel();
        let workloads = Workloads::new(WorkloadConfig {
            state_dir: scratch.state_dir(),
            self_exe: helper(),
            events,
        })
        .unwrap();
        Self { workloads, scratch, happened, next: 0 }
    }

    pub(crate) fn launch(&mut self, hint: Value) -> WorkloadId {
        self.next += 1;
        let spec = spec(self.next, self.scratch.path(), hint);
        let id = spec.id;
        self.workloads.launch(spec);
        id
    }

    /// Launches a shell script and waits until it has started.
    pub(crate) async fn script(&mut self, text: &str) -> WorkloadId {
        let id = self.launch(json!({"Command": ["/bin/sh", "-c", text]}));
        assert_eq!(self.event().await, (id, WorkloadEvent::Started));
        id
    }

    pub(crate) async fn event(&mut self) -> (WorkloadId, WorkloadEvent) {
        let event = tokio::time::timeout(PATIENCE, self.happened.recv()).await;
        event.expect("an event in time").expect("an open channel")
    }

    /// The next event, which is a container's end; its code.
    pub(crate) async fn exit(&mut self) -> i32 {
        match self.event().await {
            (_, WorkloadEvent::Exited { code }) => code,
            other => panic!("not an exit: {other:?}"),
        }
    }

    /// The next event, which is a failure to start; its reason.
    pub(crate) async fn failure(&mut self) -> String {
        match self.event().await {
            (_, WorkloadEvent::FailedToStart { reason }) => reason,
            other => panic!("not a failure to start: {other:?}"),
        }
    }

    /// Runs a command in a container and waits for its end.
    pub(crate) async fn exec(&mut self, id: WorkloadId, command: &[&str], ms: u64) -> Option<i32> {
        let exec = Exec {
            ticket: 5,
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            timeout: Duration::from_millis(ms),
        };
        self.workloads.exec(id, exec);
        match self.event().await {
            (of, WorkloadEvent::ExecDone { ticket: 5, code }) if of == id => code,
            other => panic!("not the end of the command: {other:?}"),
        }
    }

    /// What the container has written, without the times.
    pub(crate) fn log(&self, id: WorkloadId) -> Vec<String> {
        let text = std::fs::read_to_string(self.workloads.log_path(id).unwrap()).unwrap();
        let line = |line: &str| line.split_once(' ').unwrap().1.to_owned();
        text.lines().map(line).collect()
    }
}

pub(crate) fn helper() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_host-test-helper"))
}

/// Container `web` of task `id`, whose template lies in `base`.
pub(crate) fn spec(id: u64, base: &Path, mut hint: Value) -> WorkloadSpec {
    if hint.is_object() {
        hint["BaseDirectory"] = json!(base);
    }
    WorkloadSpec {
        id: WorkloadId(id),
        kind: WorkloadKind::Container,
        image: "example/web:1".into(),
        command: Vec::new(),
        environment: vec![("OWN".into(), "from the task definition".into())],
        address: Ipv4Addr::new(127, 77, 0, 1),
        ports: Vec::new(),
        labels: WorkloadLabels {
            task_arn: format!("arn:aws:ecs:ap-northeast-1:123456789012:task/main/task{id}"),
            container: "web".into(),
            ..WorkloadLabels::default()
        },
        local: hint,
    }
}
