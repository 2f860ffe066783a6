//! Decides which processes an earlier Standin left behind, and ends them: after `kill -9` nobody
//! else does, and a forgotten task would hold its address.
//!
//! Never an innocent one: a process is ours when it carries our marker in its environment, or is in
//! the session or group of a process that still has the id *and* the start time we wrote down.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::fill::hex;
use crate::store::{create_private_dir, lock_file};
use crate::workloads::procfs::{self, Process};

/// The variable every process of a container inherits: `<state id>.<workload id>`.
pub const MARKER: &str = "STANDIN_WORKLOAD";

/// How long killed processes may take to be gone.
const PATIENCE: Duration = Duration::from_secs(5);
/// The file is written anew without the dead when it has grown to this.
const COMPACT_AT_BYTES: u64 = 64 << 10;

/// The processes launched from one state directory, written down as they come and go.
#[derive(Debug)]
pub struct ProcessRecords {
    /// Appended to; locked while this lives, so that nobody ends a living Standin's tasks.
    file: File,
    bytes: u64,
    /// Process id to start time, for those that run.
    live: BTreeMap<i32, u64>,
    state_id: String,
}

impl ProcessRecords {
    /// Opens `state_dir/processes`, having ended whatever an earlier run left; the second part of
    /// the answer names the process ids that were killed. Fails with `ResourceBusy` when another
    /// Standin has the file.
    pub fn open(state_dir: &Path) -> io::Result<(Self, Vec<i32>)> {
        create_private_dir(state_dir)?;
        let path = state_dir.join("processes");
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path)?;
        match lock_file(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let text = format!("{} is in use by another Standin", path.display());
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, text));
            }
            Err(TryLockError::Error(wrong)) => return Err(wrong),
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let state_id = state_id(state_dir)?;
        let killed = sweep(&String::from_utf8_lossy(&text), &state_id);
        let mut records = Self { file, bytes: 0, live: BTreeMap::new(), state_id };
        records.compact()?;
        Ok((records, killed))
    }

    /// Names this state directory among all others on the machine.
    pub fn state_id(&self) -> &str {
        &self.state_id
    }

    /// A process leads a session of its own from now on.
    pub fn started(&mut self, pid: i32) -> io::Result<()> {
        let Some(process) = procfs::read(pid) else {
            return Ok(());
        };
        self.live.insert(pid, process.start);
        self.append(&format!("+ {pid} {}\n", process.start))
    }

    /// A process and all that was in its session are gone.
    pub fn ended(&mut self, pid: i32) -> io::Result<()> {
        let Some(start) = self.live.remove(&pid) else {
            return Ok(());
        };
        self.append(&format!("- {pid} {start}\n"))?;
        if self.bytes > COMPACT_AT_BYTES {
            self.compact()?;
        }
        Ok(())
    }

    fn append(&mut self, text: &str) -> io::Result<()> {
        self.bytes += text.len() as u64;
        self.file.write_all(text.as_bytes())
    }

    /// Writes the living anew. Killed between the two steps, the marker still finds them.
    fn compact(&mut self) -> io::Result<()> {
        let mut text = format!("boot {}\n", boot_id());
        for (pid, start) in &self.live {
            text.push_str(&format!("+ {pid} {start}\n"));
        }
        self.file.set_len(0)?;
        self.bytes = 0;
        self.append(&text)
    }
}

/// Ends all processes of the Standin that wrote `text`; answers with their ids.
fn sweep(text: &str, state_id: &str) -> Vec<i32> {
    let leaders: Vec<i32> = recorded(text, &boot_id())
        .into_iter()
        .filter(|(pid, start)| procfs::read(*pid).is_some_and(|found| found.start == *start))
        .map(|(pid, _)| pid)
        .collect();
    let marker = format!("{state_id}.");
    let ours = |process: &Process| {
        leaders.iter().any(|leader| process.is_under(*leader))
            || procfs::has_variable(process.pid, MARKER, |value| {
                value.starts_with(marker.as_bytes())
            })
    };
    procfs::kill_all(ours, PATIENCE)
}

/// The processes that were running by `text`, with their start times; none when the machine has
/// been started anew since. A line cut short is passed over.
fn recorded(text: &str, boot: &str) -> BTreeMap<i32, u64> {
    let mut live = BTreeMap::new();
    let mut lines = text.lines();
    if lines.next() != Some(&format!("boot {boot}")) {
        return live;
    }
    for line in lines {
        let mut words = line.split(' ');
        let (Some(sign), Some(pid), Some(start)) = (words.next(), words.next(), words.next())
        else {
            continue;
        };
        let (Ok(pid), Ok(start)) = (pid.parse(), start.parse()) else {
            continue;
        };
        match sign {
            "+" => {
                live.insert(pid, start);
            }
            "-" => {
                live.remove(&pid);
            }
            _ => {}
        }
    }
    live
}

fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|text| text.trim().to_owned())
        .unwrap_or_default()
}

/// Sixteen hexadecimal digits that belong to this directory and not to a copy of it: how the marker
/// of every process of its containers begins.
pub fn state_id(state_dir: &Path) -> io::Result<String> {
    let path = state_dir.canonicalize()?;
    let found = path.metadata()?;
    let hash = Sha256::new()
        .chain_update(path.as_os_str().as_encoded_bytes())
        .chain_update(found.dev().to_be_bytes())
        .chain_update(found.ino().to_be_bytes())
        .finalize();
    Ok(hex(&hash[..8]))
}

#[cfg(test)]
mod tests;
