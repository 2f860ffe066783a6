//! Holds the sweep to its word with real processes: ours are ended, innocents live.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use super::*;
use crate::scratch::Scratch;

/// A sleeping process that is killed and reaped when the test is over.
struct Sleeper(Child);

impl Sleeper {
    fn start(marker: Option<&str>) -> Self {
        let mut command = Command::new("/bin/sleep");
        command.arg("1000").env_clear().stdin(Stdio::null());
        command.envs(marker.map(|value| (MARKER, value)));
        let sleeper = Self(command.process_group(0).spawn().unwrap());
        // It shows its environment a moment after it has become the program.
        while marker.is_some() && !procfs::has_variable(sleeper.pid(), MARKER, |_| true) {
            std::thread::yield_now();
        }
        sleeper
    }

    fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).unwrap()
    }

    fn start_time(&self) -> u64 {
        procfs::read(self.pid()).unwrap().start
    }

    fn runs(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn write_records(scratch: &Scratch, boot: &str, lines: &str) {
    let text = format!("boot {boot}\n{lines}");
    std::fs::write(scratch.path().join("processes"), text).unwrap();
}

#[test]
fn a_recorded_process_is_ended_and_a_reused_id_is_not() {
    let scratch = Scratch::new();
    let (mut ours, mut innocent) = (Sleeper::start(None), Sleeper::start(None));
    let lines = format!(
        "+ {} {}\n+ {} {}\n",
        ours.pid(),
        ours.start_time(),
        innocent.pid(),
        innocent.start_time() - 1
    );
    write_records(&scratch, &boot_id(), &lines);
    let (_, killed) = ProcessRecords::open(scratch.path()).unwrap();
    assert_eq!(killed, [ours.pid()]);
    assert!(!ours.runs());
    assert!(innocent.runs());
}

#[test]
fn records_from_before_a_reboot_say_nothing() {
    let scratch = Scratch::new();
    let mut innocent = Sleeper::start(None);
    let line = format!("+ {} {}\n", innocent.pid(), innocent.start_time());
    write_records(&scratch, "another boot", &line);
    let (_, killed) = ProcessRecords::open(scratch.path()).unwrap();
    assert!(killed.is_empty());
    assert!(innocent.runs());
}

#[test]
fn the_marker_finds_what_was_never_recorded_but_not_anothers() {
    let scratch = Scratch::new();
    let id = state_id(scratch.path()).unwrap();
    let mut ours = Sleeper::start(Some(&format!("{id}.7")));
    let mut longer = Sleeper::start(Some(&format!("{id}0.7")));
    let mut anothers = Sleeper::start(Some("0123456789abcdef.7"));
    let (_, killed) = ProcessRecords::open(scratch.path()).unwrap();
    assert_eq!(killed, [ours.pid()]);
    assert!(!ours.runs());
    assert!(longer.runs() && anothers.runs());
}

#[test]
fn what_has_ended_is_not_looked_for() {
    let scratch = Scratch::new();
    let mut innocent = Sleeper::start(None);
    let (mut records, _) = ProcessRecords::open(scratch.path()).unwrap();
    records.started(innocent.pid()).unwrap();
    records.ended(innocent.pid()).unwrap();
    drop(records);
    let (_, killed) = ProcessRecords::open(scratch.path()).unwrap();
    assert!(killed.is_empty());
    assert!(innocent.runs());
}

#[test]
fn a_living_standins_processes_are_left_alone() {
    let scratch = Scratch::new();
    let mut task = Sleeper::start(None);
    let (mut records, _) = ProcessRecords::open(scratch.path()).unwrap();
    records.started(task.pid()).unwrap();
    let refused = ProcessRecords::open(scratch.path()).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ResourceBusy);
    assert!(task.runs());
}

#[test]
fn the_file_does_not_grow_with_the_dead() {
    let scratch = Scratch::new();
    let (stays, passes) = (Sleeper::start(None), Sleeper::start(None));
    let (mut records, _) = ProcessRecords::open(scratch.path()).unwrap();
    records.started(stays.pid()).unwrap();
    for _ in 0..10_000 {
        records.started(passes.pid()).unwrap();
        records.ended(passes.pid()).unwrap();
    }
    let text = std::fs::read_to_string(scratch.path().join("processes")).unwrap();
    assert!(text.len() as u64 <= COMPACT_AT_BYTES + 100);
    let expected = BTreeMap::from([(stays.pid(), stays.start_time())]);
    assert_eq!(recorded(&text, &boot_id()), expected);
}

#[test]
fn a_line_cut_short_is_passed_over() {
    let text = "boot b\n+ 10 5\n+ 11 6\n- 10 5\n+ 12\nrubbish\n+ 13 x\n";
    assert_eq!(recorded(text, "b"), BTreeMap::from([(11, 6)]));
    assert_eq!(recorded("", "b"), BTreeMap::new());
}

#[test]
fn a_copy_of_a_state_directory_has_another_id() {
    let (one, other) = (Scratch::new(), Scratch::new());
    let id = state_id(one.path()).unwrap();
    assert_eq!(id.len(), 16);
    assert_eq!(id, state_id(&one.path().join(".")).unwrap());
    assert_ne!(id, state_id(other.path()).unwrap());
}
