//! Keeps payloads on disk that do not fit into memory while the intake does not answer; never a
//! key.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use standin_kernel::Time;

use super::Transaction;
use crate::payload::{Payload, Route};
use crate::settings::{Forwarder, Intake};

const EXTENSION: &str = "retry";

/// What stands on the first line of a file; the body follows.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    to: String,
    route: String,
    encoding: Option<String>,
    items: u64,
    created_ns: u64,
}

/// A folder of files, one for each payload; their names are in the order of their making.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    most_bytes: u64,
    disk_share: f64,
    intake: Intake,
    made: u64,
}

impl Spool {
    /// Opens the folder, and throws away what is too old. `None` when nothing is kept on disk.
    pub fn open(settings: &Forwarder, intake: Intake) -> io::Result<Option<Self>> {
        if settings.disk_bytes == 0 {
            return Ok(None);
        }
        fs::create_dir_all(&settings.disk)?;
        let spool = Self {
            folder: settings.disk.clone(),
            most_bytes: settings.disk_bytes,
            disk_share: settings.disk_share,
            intake,
            made: 0,
        };
        for file in spool.files()? {
            if age(&file).is_some_and(|age| age > settings.outdated) {
                fs::remove_file(file)?;
            }
        }
        Ok(Some(spool))
    }

    /// The files, the oldest first.
    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == EXTENSION) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Puts payloads on disk, in the place of the oldest if need be. Gives how many were lost.
    pub fn keep(&mut self, transactions: &[Transaction]) -> io::Result<u64> {
        let mut lost = 0;
        for one in transactions {
            let bytes = encode(one);
            lost += self.make_room(bytes.len() as u64)?;
            if bytes.len() as u64 > self.most_bytes || self.is_disk_full(bytes.len() as u64) {
                lost += 1;
                continue;
            }
            self.made += 1;
            let name = format!("{:020}_{:06}.{EXTENSION}", one.created.0, self.made);
            let under_way = self.folder.join(format!("{name}.part"));
            // Whole, or not there: it may be killed at any moment.
            fs::write(&under_way, bytes)?;
            fs::rename(under_way, self.folder.join(name))?;
        }
        Ok(lost)
    }

    fn make_room(&self, bytes: u64) -> io::Result<u64> {
        let files = self.files()?;
        let size = |path: &Path| path.metadata().map_or(0, |found| found.len());
        let mut used: u64 = files.iter().map(|path| size(path)).sum();
        let mut lost = 0;
        for oldest in files {
            if used + bytes <= self.most_bytes {
                break;
            }
            used -= size(&oldest);
            fs::remove_file(oldest)?;
            lost += 1;
        }
        Ok(lost)
    }

    fn is_disk_full(&self, bytes: u64) -> bool {
        rustix::fs::statvfs(&self.folder).is_ok_and(|disk| {
            let (all, free) = (disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize);
            (all.saturating_sub(free) + bytes) as f64 > all as f64 * self.disk_share
        })
    }

    /// Takes the newest payload from disk; one that cannot be read, or whose place is named no
    /// more, is thrown away.
    pub fn take_newest(&mut self) -> io::Result<Option<Transaction>> {
        for path in self.files()?.into_iter().rev() {
            let bytes = fs::read(&path)?;
            fs::remove_file(&path)?;
            if let Some(one) = decode(&bytes, &self.intake) {
                return Ok(Some(one));
            }
        }
        Ok(None)
    }
}

fn age(path: &Path) -> Option<Duration> {
    SystemTime::now().duration_since(path.metadata().ok()?.modified().ok()?).ok()
}

fn encode(one: &Transaction) -> Vec<u8> {
    let head = Head {
        to: one.to.url.to_string(),
        route: one.payload.route.path().to_owned(),
        encoding: one.payload.encoding.map(str::to_owned),
        items: one.payload.items,
        created_ns: one.created.0,
    };
    // A struct of texts and numbers can be written.
    let mut bytes = serde_json::to_vec(&head).unwrap_or_default();
    bytes.push(b'\n');
    bytes.extend_from_slice(&one.payload.body);
    bytes
}

/// Reads a file back; the key is that of the place as the settings name it now.
pub(crate) fn decode(bytes: &[u8], intake: &Intake) -> Option<Transaction> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let head: Head = serde_json::from_slice(&bytes[..end]).ok()?;
    let route = Route::of(&head.route)?;
    let encoding = match head.encoding.as_deref() {
        None => None,
        Some("zstd") => Some("zstd"),
        Some("deflate") => Some("deflate"),
        Some("gzip") => Some("gzip"),
        Some(_) => return None,
    };
    let to = intake.metrics.iter().find(|place| place.url.to_string() == head.to)?;
    let body = bytes[end + 1..].to_vec().into();
    let payload = Payload { route, body, encoding, items: head.items };
    Some(Transaction { to: to.clone(), payload, created: Time(head.created_ns), failures: 0 })
}

#[cfg(test)]
mod tests;
