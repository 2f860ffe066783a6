//! What the processes of a container or a database server use, measured from `/proc` and the data
//! folder (CW-MT-11, CW-MT-12).

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use standin_kernel::database::DatabaseEngine;
use standin_kernel::workload::{Usage, WorkloadEvent, WorkloadKind, WorkloadSpec};

use super::Site;
use super::database::data_folder;
use super::procfs::{self, Process};
use crate::orphans::MARKER;

/// Time between two looks: a few in every minute.
const BETWEEN_LOOKS: Duration = Duration::from_secs(20);

/// Bytes of the blocks that files are counted in.
const BLOCK_BYTES: u64 = 512;

/// Measures a workload again and again, until it is dropped. Functions are not measured: AWS tells
/// nobody.
pub(super) async fn watch(site: Arc<Site>, spec: WorkloadSpec, leader: i32) {
    let (data, has_titles) = match &spec.kind {
        WorkloadKind::Function(_) => return,
        WorkloadKind::Database(database) => {
            (data_folder(&site, database), database.engine == DatabaseEngine::Postgres)
        }
        WorkloadKind::Container => (None, false),
    };
    let marker = site.marker(spec.id);
    let mut before = (Instant::now(), 0);
    loop {
        tokio::time::sleep(BETWEEN_LOOKS).await;
        let (marker, data) = (marker.clone(), data.clone());
        let look =
            tokio::task::spawn_blocking(move || look(&marker, leader, data.as_deref(), has_titles));
        // It fails only when the runtime is being taken down.
        let Ok(Look { cpu_ticks, memory_bytes, sessions, data_bytes }) = look.await else { return };
        let now = Instant::now();
        let (over, cpu) = (now - before.0, time_of(cpu_ticks.saturating_sub(before.1)));
        let usage = Usage { over, cpu, memory_bytes, sessions, data_bytes };
        site.report(spec.id, WorkloadEvent::Used(usage));
        before = (now, cpu_ticks);
    }
}

/// What was seen at one moment.
#[derive(Debug)]
struct Look {
    cpu_ticks: u64,
    memory_bytes: u64,
    sessions: Option<u64>,
    data_bytes: Option<u64>,
}

/// Blocks. `data`: the folder of a database server. `has_titles`: it has a process for each
/// session, whose title says so; MySQL has threads, which nobody can tell apart from outside.
fn look(marker: &str, leader: i32, data: Option<&Path>, has_titles: bool) -> Look {
    let ours = |process: &Process| {
        process.pid == leader
            || process.is_under(leader)
            || procfs::has_variable(process.pid, MARKER, |value| value == marker.as_bytes())
    };
    let family = procfs::family(&ours);
    let sessions = || family.iter().filter(|process| is_session(process.pid)).count() as u64;
    Look {
        cpu_ticks: family.iter().map(|process| process.cpu_ticks).sum(),
        memory_bytes: family.iter().map(|process| memory_bytes(process.pid)).sum(),
        sessions: has_titles.then(sessions),
        data_bytes: data.map(size_of),
    }
}

fn time_of(ticks: u64) -> Duration {
    let a_second = rustix::param::clock_ticks_per_second().max(1);
    Duration::from_millis(ticks.saturating_mul(1000) / a_second)
}

/// A process's part of the memory it shares, and all that is its own.
fn memory_bytes(pid: i32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let part = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kib = part.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}

/// Whether a process of PostgreSQL serves a client, by the title it gives itself.
fn is_session(pid: i32) -> bool {
    let title = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    is_session_title(&String::from_utf8_lossy(&title))
}

/// `postgres: user database 127.77.0.3(40512) idle`, or `[local]` for a socket of the machine. The
/// server's own processes name no client; a standby's is no session.
fn is_session_title(title: &str) -> bool {
    let Some(rest) = title.strip_prefix("postgres: ") else { return false };
    let is_client = |word: &str| {
        let port = word.strip_suffix(')').and_then(|word| word.rsplit_once('('));
        word == "[local]" || port.is_some_and(|(_, port)| port.parse::<u16>().is_ok())
    };
    !rest.starts_with("walsender ") && rest.split([' ', '\0']).any(is_client)
}

/// What the files below a folder take on the disk.
fn size_of(folder: &Path) -> u64 {
    let (mut bytes, mut left) = (0, vec![PathBuf::from(folder)]);
    while let Some(folder) = left.pop() {
        // What is being removed meanwhile takes nothing.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            bytes += metadata.blocks() * BLOCK_BYTES;
            if metadata.is_dir() {
                left.push(entry.path());
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn cw_mt_11_processor_and_memory_of_a_process_with_its_children() {
        // It burns a fifth of a second of processor time, in a child of its own, then waits.
        let burn = "i=0; (while [ $i -lt 200000 ]; do i=$((i+1)); done); echo done; read end";
        let mut command = Command::new("/bin/sh");
        command.args(["-c", burn]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = [0; 5];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut line).unwrap();
        let seen = look("no marker", i32::try_from(child.id()).unwrap(), None, false);
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(seen.cpu_ticks > 0, "{seen:?}");
        assert!((10_000..100_000_000).contains(&seen.memory_bytes), "{seen:?}");
        assert_eq!((seen.sessions, seen.data_bytes), (None, None));
        assert!(time_of(100) > Duration::ZERO);
    }

    #[test]
    fn cw_mt_12_sessions_are_told_by_their_titles() {
        for title in [
            "postgres: diary diary 127.77.0.3(40512) idle",
            "postgres: diary diary [local] SELECT\0",
            "postgres: diary diary ::1(5) idle in transaction",
        ] {
            assert!(is_session_title(title), "{title}");
        }
        for title in [
            "postgres: checkpointer ",
            "postgres: autovacuum launcher ",
            "postgres: walsender rdsrepladmin 127.77.0.4(40000) streaming 0/3000148",
            "/usr/lib/postgresql/16/bin/postgres\0-D\0/data",
            "sh\0-c\0psql (1)",
        ] {
            assert!(!is_session_title(title), "{title}");
        }
    }

    #[test]
    fn cw_mt_12_a_folder_takes_what_its_files_take() {
        let folder = Scratch::new();
        let inner = folder.path().join("base/1");
        fs::create_dir_all(&inner).unwrap();
        let empty = size_of(folder.path());
        fs::write(inner.join("1"), vec![1; 100_000]).unwrap();
        let used = size_of(folder.path()) - empty;
        assert!((100_000..200_000).contains(&used), "{used}");
        assert_eq!(size_of(&folder.path().join("none")), 0);
    }
}
