//! Reads the machine's processes from `/proc`, and ends those that belong to somebody, surely and
//! nobody else.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, getpid, pidfd_open, pidfd_send_signal};

const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// A process as `/proc/<pid>/stat` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    parent: i32,
    group: i32,
    session: i32,
    /// Dead, and only waiting for its parent to ask.
    zombie: bool,
    /// Processor time of it and of its children that have ended, in clock ticks.
    pub(crate) cpu_ticks: u64,
    /// When it was started, in clock ticks since boot; with `pid` it names a process for good.
    pub(crate) start: u64,
}

impl Process {
    /// Whether it is in the session or the group that `leader` leads.
    pub(crate) const fn is_under(&self, leader: i32) -> bool {
        self.session == leader || self.group == leader
    }
}

pub(crate) fn read(pid: i32) -> Option<Process> {
    let text = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    parse(&String::from_utf8_lossy(&text))
}

/// Reads `pid (name) state parent group session ...`; the name may hold anything.
fn parse(stat: &str) -> Option<Process> {
    let (pid, rest) = stat.split_once(" (")?;
    let (_, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let number = |at: usize| fields.get(at)?.parse().ok();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Process {
        pid: pid.parse().ok()?,
        parent: number(1)?,
        group: number(2)?,
        session: number(3)?,
        zombie: matches!(*fields.first()?, "Z" | "X"),
        // Fields 14 to 17: in user and kernel mode, its own and its children's.
        cpu_ticks: [11, 12, 13, 14].into_iter().filter_map(ticks).sum(),
        // Field 22 of the line, counted from 1; `fields` begins with the third.
        start: fields.get(19)?.parse().ok()?,
    })
}

/// Whether `accepts` says yes to the value of a variable the process was started with.
pub(crate) fn has_variable(pid: i32, name: &str, accepts: impl Fn(&[u8]) -> bool) -> bool {
    let Ok(variables) = std::fs::read(format!("/proc/{pid}/environ")) else {
        return false;
    };
    variables.split(|byte| *byte == 0).any(|variable| {
        let value = variable.strip_prefix(name.as_bytes());
        value.and_then(|value| value.strip_prefix(b"=")).is_some_and(&accepts)
    })
}

/// What SIGTERM would do to a process were it PID 1 of a container: the kernel spares PID 1 the
/// signal's default action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TermFate {
    /// It has a handler, or sleeps with the signal blocked: it waits for it.
    Heeded,
    Dropped,
    /// It runs with the signal blocked, which may be over in a moment: shells do so to fork.
    Blocked,
}

/// [`TermFate::Heeded`] for a process that cannot be read.
pub(crate) fn term_fate(pid: i32) -> TermFate {
    std::fs::read_to_string(format!("/proc/{pid}/status"))
        .map_or(TermFate::Heeded, |status| parse_term_fate(&status))
}

fn parse_term_fate(status: &str) -> TermFate {
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.strip_prefix(':')).map_or("", str::trim)
    };
    let has_term = |name: &str| {
        let mask = u64::from_str_radix(field(name), 16).unwrap_or_default();
        mask & (1 << (Signal::TERM.as_raw() - 1)) != 0
    };
    match (has_term("SigCgt"), has_term("SigBlk"), field("State").starts_with('S')) {
        (true, _, _) | (_, true, true) => TermFate::Heeded,
        (false, true, false) => TermFate::Blocked,
        (false, false, _) => TermFate::Dropped,
    }
}

fn all() -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(read)
        .collect()
}

/// The processes that `parent` has started and that are alive.
pub(crate) fn children(parent: i32) -> impl Iterator<Item = i32> {
    let alive = move |process: &Process| process.parent == parent && !process.zombie;
    all().into_iter().filter(alive).map(|process| process.pid)
}

/// Kills every process that `belongs`, with all it has started, again until none is left or
/// `patience` is over. Answers with the ids of those killed. Blocks.
///
/// Looks once more after finding nobody: a process that is just becoming another program shows no
/// environment for a moment, and one just begun may have got an id already passed.
pub(crate) fn kill_all(belongs: impl Fn(&Process) -> bool, patience: Duration) -> Vec<i32> {
    let until = Instant::now() + patience;
    let mut killed = BTreeSet::new();
    let mut found_nobody = false;
    loop {
        let dying: Vec<(i32, OwnedFd)> = family(&belongs)
            .into_iter()
            .filter_map(|process| Some((process.pid, kill_exactly(&process)?)))
            .collect();
        if dying.is_empty() && found_nobody {
            break;
        }
        found_nobody = dying.is_empty();
        if found_nobody {
            std::thread::sleep(BETWEEN_LOOKS);
        }
        killed.extend(dying.iter().map(|(pid, _)| *pid));
        for (_, handle) in &dying {
            wait_gone(handle, until);
        }
        if Instant::now() >= until {
            break;
        }
    }
    killed.into_iter().collect()
}

/// Those alive that belong, and their children's children; never ourselves.
pub(crate) fn family(belongs: &impl Fn(&Process) -> bool) -> Vec<Process> {
    let us = getpid().as_raw_nonzero().get();
    let (mut members, mut others): (Vec<_>, Vec<_>) = all()
        .into_iter()
        .filter(|process| !process.zombie && process.pid != us && process.pid != 1)
        .partition(belongs);
    let mut parents: BTreeSet<i32> = members.iter().map(|process| process.pid).collect();
    loop {
        let children: Vec<Process> =
            others.extract_if(.., |process| parents.contains(&process.parent)).collect();
        if children.is_empty() {
            return members;
        }
        parents = children.iter().map(|process| process.pid).collect();
        members.extend(children);
    }
}

/// Kills exactly this process, not another that was given its id meanwhile: the handle is taken
/// first and the start time compared after.
fn kill_exactly(process: &Process) -> Option<OwnedFd> {
    let handle = pidfd_open(Pid::from_raw(process.pid)?, PidfdFlags::empty()).ok()?;
    if read(process.pid)?.start != process.start {
        return None;
    }
    pidfd_send_signal(&handle, Signal::KILL).ok()?;
    Some(handle)
}

fn wait_gone(handle: &OwnedFd, until: Instant) {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).ok();
        let mut waiting = [PollFd::new(handle, PollFlags::IN)];
        match poll(&mut waiting, timeout.as_ref()) {
            Err(wrong) if io::Error::from(wrong).kind() == io::ErrorKind::Interrupted => {}
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let line = "42 (a ) S 1 (x)) S 7 8 9 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 0 0";
        let expected = Process {
            pid: 42,
            parent: 7,
            group: 8,
            session: 9,
            zombie: false,
            cpu_ticks: 26,
            start: 987_654,
        };
        assert_eq!(parse(line), Some(expected));
        assert_eq!(parse("42 (cut"), None);
        assert_eq!(parse("42 (cut) S 1 2"), None);
    }

    #[test]
    fn ecs_lc_09_only_a_first_process_that_waits_for_sigterm_heeds_it() {
        let fate = |state: &str, blocked: u64, caught: u64| {
            parse_term_fate(&format!(
                "Name:\tx\nState:\t{state}\nSigBlk:\t{blocked:016x}\nSigCgt:\t{caught:016x}\n"
            ))
        };
        let term = 1 << 14;
        assert_eq!(fate("S (sleeping)", 0, 0), TermFate::Dropped);
        assert_eq!(fate("S (sleeping)", 0, !term), TermFate::Dropped);
        assert_eq!(fate("R (running)", 0, term), TermFate::Heeded);
        assert_eq!(fate("S (sleeping)", term, 0), TermFate::Heeded);
        assert_eq!(fate("R (running)", term, 0), TermFate::Blocked);
        assert_eq!(fate("D (disk sleep)", !0, 0), TermFate::Blocked);
    }

    #[test]
    fn reads_this_very_process() {
        let us = getpid().as_raw_nonzero().get();
        let found = read(us).unwrap();
        assert_eq!(found.pid, us);
        assert!(!found.zombie && found.start > 0);
        // Its processor time has gone on since.
        let same = |one: &Process| (one.pid, one.start) == (found.pid, found.start);
        assert!(all().iter().any(same));
        assert!(has_variable(us, "PATH", |value| !value.is_empty()));
        assert!(!has_variable(us, "PAT", |_| true));
    }
}
