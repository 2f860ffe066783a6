//! Plays Standin for the tests: a process that can be given a secret, and killed.
//!
//! `__launch ...` is the shim; `run DIR SPEC` runs a container until killed; `store DIR` writes
//! records until killed.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use standin_host::store::Store;
use standin_host::workloads::{SUBCOMMAND, WorkloadConfig, Workloads, launch_shim};
use standin_kernel::{Record, ServiceName, json};

fn main() {
    let mut args = std::env::args_os().skip(1);
    let Some(what) = args.next() else {
        return;
    };
    if what == SUBCOMMAND {
        launch_shim(args);
    }
    let rest: Vec<OsString> = args.collect();
    match what.to_str() {
        Some("run") => run(&rest[0], &rest[1]),
        Some("store") => store(&rest[0]),
        _ => panic!("unknown: {what:?}"),
    }
}

/// Launches the container and prints what happens to it, a line each.
fn run(state_dir: &OsString, spec: &OsString) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (events, mut happened) = tokio::sync::mpsc::unbounded_channel();
        let config = WorkloadConfig {
            state_dir: PathBuf::from(state_dir),
            self_exe: std::env::current_exe().expect("own path"),
            events,
        };
        let mut workloads = Workloads::new(config).expect("workloads");
        let spec = serde_json::from_str(spec.to_str().expect("UTF-8")).expect("a spec");
        workloads.launch(spec);
        while let Some((_, event)) = happened.recv().await {
            say(&format!("{event:?}"));
        }
    });
}

/// Writes two records with the same number in each batch, and prints each number that is on disk.
fn store(state_dir: &OsString) {
    let store = Store::open(state_dir.as_ref()).expect("the store");
    let writer = store.writer().expect("a writer");
    for number in 0_u64.. {
        let record =
            |id: &str| Record { kind: "pair".into(), id: id.into(), document: Some(json!(number)) };
        let batch = vec![(ServiceName::Ecs, record("left")), (ServiceName::S3, record("right"))];
        let (told, heard) = std::sync::mpsc::channel();
        writer.submit(batch, move |result| {
            told.send(result.is_ok()).expect("a listener");
        });
        assert!(heard.recv().expect("an answer"));
        say(&number.to_string());
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").expect("a reader");
    out.flush().expect("a reader");
}
