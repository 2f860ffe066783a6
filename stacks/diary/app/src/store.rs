//! Keeps the entries in one file, a JSON document a line, that several tasks write and read.
//!
//! A writer holds the file's lock while it picks the next number and appends, and its entry is on
//! the disk before anybody hears of it. A reader needs no lock: the file only grows, and a line
//! counts once its end is there. A line that cannot be read is named in the log and stays where it
//! is.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::entry::{Accepted, Day, Entry};
use crate::log;

const FILE_NAME: &str = "entries.jsonl";
/// The first entries of a new diary.
pub(crate) const FIRST: &str = include_str!("../assets/first-entries.jsonl");

#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    known: Mutex<Known>,
}

/// What was read from the file so far.
#[derive(Debug, Default)]
struct Known {
    /// Device and inode: another file under the same name is read from its beginning.
    file: Option<(u64, u64)>,
    /// Bytes read, always up to the end of a line.
    offset: u64,
    lines: u64,
    /// The newest day first, and its last entry first.
    entries: Arc<Vec<Entry>>,
    keys: BTreeSet<(Day, u32)>,
}

impl Store {
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self { path: data_dir.join(FILE_NAME), known: Mutex::default() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the file, with the diary's first entries, unless it holds something already.
    /// Gives what is in it then.
    pub(crate) fn prepare(&self) -> io::Result<Arc<Vec<Entry>>> {
        let mut file = self.open_locked()?;
        if file.metadata()?.len() == 0 {
            append(&mut file, FIRST)?;
        }
        self.refresh(&mut self.known())
    }

    /// All entries as they are now, the newest first. No file is no entries.
    pub(crate) fn entries(&self) -> io::Result<Arc<Vec<Entry>>> {
        self.refresh(&mut self.known())
    }

    /// Adds an entry under the next number of its day.
    pub(crate) fn add(&self, accepted: Accepted) -> io::Result<Entry> {
        let mut file = self.open_locked()?;
        // Before the numbers are read: only its end may have been missing.
        end_torn_line(&mut file)?;
        // Nobody else adds entries now, so what is read here is all there is.
        let mut known = self.known();
        let entries = self.refresh(&mut known)?;
        let of_the_day = entries.iter().filter(|entry| entry.day == accepted.day);
        let number = of_the_day.map(|entry| entry.number).max().unwrap_or(0) + 1;
        let Accepted { day, language, title, text } = accepted;
        let entry = Entry { day, number, language, title, text };
        let line = serde_json::to_string(&entry)? + "\n";
        append(&mut file, &line)?;
        Ok(entry)
    }

    /// The file, opened for appending; other writers wait until it is closed.
    fn open_locked(&self) -> io::Result<File> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let file = OpenOptions::new().read(true).append(true).create(true).open(&self.path)?;
        file.lock()?;
        // The file's name must outlive a power cut as its lines do.
        File::open(folder)?.sync_all()?;
        Ok(file)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // What a panicking thread knew may be half of a line; begin anew.
        self.known.lock().unwrap_or_else(|poisoned| {
            self.known.clear_poison();
            let mut known = PoisonError::into_inner(poisoned);
            *known = Known::default();
            known
        })
    }

    /// Reads what was added to the file since the last time.
    fn refresh(&self, known: &mut Known) -> io::Result<Arc<Vec<Entry>>> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(why) if why.kind() == ErrorKind::NotFound => {
                *known = Known::default();
                return Ok(Arc::clone(&known.entries));
            }
            Err(why) => return Err(why),
        };
        let metadata = file.metadata()?;
        let identity = Some((metadata.dev(), metadata.ino()));
        if known.file != identity || metadata.len() < known.offset {
            *known = Known { file: identity, ..Known::default() };
        }
        if metadata.len() > known.offset {
            let mut added = Vec::new();
            file.seek(SeekFrom::Start(known.offset))?;
            file.read_to_end(&mut added)?;
            known.take(&added, &self.path);
        }
        Ok(Arc::clone(&known.entries))
    }
}

impl Known {
    /// Takes in the whole lines of `added`, the bytes after `offset`.
    fn take(&mut self, added: &[u8], path: &Path) {
        let entries = Arc::make_mut(&mut self.entries);
        for line in added.split_inclusive(|byte| *byte == b'\n') {
            let Some(line) = line.strip_suffix(b"\n") else { break };
            self.offset += line.len() as u64 + 1;
            self.lines += 1;
            match serde_json::from_slice::<Entry>(line) {
                Ok(entry) if self.keys.insert((entry.day, entry.number)) => entries.push(entry),
                Ok(entry) => {
                    skipped(self.lines, path, &format!("{} was there before", entry.id()));
                }
                Err(_) if line.is_empty() => {}
                Err(why) => skipped(self.lines, path, &why.to_string()),
            }
        }
        entries.sort_by_key(|entry| std::cmp::Reverse((entry.day, entry.number)));
    }
}

fn skipped(line: u64, path: &Path, why: &str) {
    log(&format!("skipped line {line} of {}: {why}", path.display()));
}

/// Appends `lines` whole or not at all, and onto the disk.
fn append(file: &mut File, lines: &str) -> io::Result<()> {
    let length = file.metadata()?.len();
    let written = file.write_all(lines.as_bytes()).and_then(|()| file.sync_data());
    if written.is_err() {
        // A full disk: take back what was written of it, and tell the first failure.
        let _ = file.set_len(length).and_then(|()| file.sync_data());
    }
    written
}

/// Ends the line that a writer may have left half written, so that the next one stands for itself.
fn end_torn_line(file: &mut File) -> io::Result<()> {
    let length = file.metadata()?.len();
    if length > 0 && last_byte(file, length)? != b'\n' {
        append(file, "\n")?;
    }
    Ok(())
}

fn last_byte(file: &mut File, length: u64) -> io::Result<u8> {
    let mut byte = [0];
    file.seek(SeekFrom::Start(length - 1))?;
    file.read_exact(&mut byte)?;
    Ok(byte[0])
}

#[cfg(test)]
mod tests;
