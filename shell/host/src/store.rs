//! Decides how records survive a restart: one redb file, whole batches in one durable
//! transaction, written on a thread of its own, and never two Standins on one state directory.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use standin_kernel::{BlobId, Record, ServiceName};

use crate::blobs::Blobs;
use crate::garbage;

/// (service, kind, id) to the document as JSON. The number is the format's.
const RECORDS: TableDefinition<(&str, &str, &str), &[u8]> = TableDefinition::new("records-1");

/// Pages redb keeps in memory, in bytes; the records are read once, at start.
const CACHE_BYTES: usize = 8 << 20;

/// How long another one may take to let go of a lock before it counts as running.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);

/// Why the state could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the state directory {} is in use by another Standin ({})", .dir.display(), who(*.pid))]
    InUse {
        dir: PathBuf,
        /// Its process id, when it could be read.
        pid: Option<u32>,
    },
    #[error("{}: {source}", .path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("the state database: {0}")]
    Database(#[source] Box<redb::Error>),
    #[error("the record {service}/{kind}/{id} cannot be read: {reason}")]
    Unreadable { service: String, kind: String, id: String, reason: String },
    #[error("the state database is closed")]
    Closed,
}

fn who(pid: Option<u32>) -> String {
    pid.map_or_else(|| "its process id is not known".to_owned(), |pid| format!("process {pid}"))
}

/// Makes `path` with its parents, readable by the user alone: records and logs hold secrets.
pub(crate) fn create_private_dir(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The records of one state directory, with the lock on it.
#[derive(Debug)]
pub struct Store {
    database: Database,
    /// Held as long as the store lives; the kernel lets go of it when the process dies.
    _lock: File,
}

impl Store {
    /// Opens `state.redb` in `state_dir`, making both when missing.
    pub fn open(state_dir: &Path) -> Result<Self, StoreError> {
        create_private_dir(state_dir).map_err(|source| io_error(state_dir, source))?;
        let lock = lock(state_dir)?;
        let path = state_dir.join("state.redb");
        // We hold the lock, so who has the database open is about to let go of it.
        let open = || Database::builder().set_cache_size(CACHE_BYTES).create(&path);
        let database =
            patiently(open, |wrong| matches!(wrong, redb::DatabaseError::DatabaseAlreadyOpen))
                .map_err(database_error)?;
        Ok(Self { database, _lock: lock })
    }

    /// All records: by service in the order of [`ServiceName`], then by kind, then by id.
    pub fn load(&self) -> Result<Vec<(ServiceName, Record)>, StoreError> {
        let read = self.database.begin_read().map_err(database_error)?;
        let table = match read.open_table(RECORDS) {
            Ok(table) => table,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
            Err(wrong) => return Err(database_error(wrong)),
        };
        let mut records = Vec::new();
        for row in table.iter().map_err(database_error)? {
            let (key, value) = row.map_err(database_error)?;
            records.push(decode(key.value(), value.value())?);
        }
        // The table is in order of the services' names; the sort keeps kind and id as they are.
        records.sort_by_key(|(service, _)| *service);
        Ok(records)
    }

    /// The bodies that records name, in whatever member: every text of 64 hexadecimal digits.
    pub(crate) fn named_bodies(&self) -> Result<BTreeSet<BlobId>, StoreError> {
        let read = self.database.begin_read().map_err(database_error)?;
        let table = match read.open_table(RECORDS) {
            Ok(table) => table,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(BTreeSet::new()),
            Err(wrong) => return Err(database_error(wrong)),
        };
        let mut named = BTreeSet::new();
        for row in table.iter().map_err(database_error)? {
            let (_, value) = row.map_err(database_error)?;
            named.extend(garbage::names_in(value.value()));
        }
        Ok(named)
    }

    /// Writes `records` in one durable transaction; one without a document is removed.
    pub fn save(&self, records: &[(ServiceName, Record)]) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let write = self.database.begin_write().map_err(database_error)?;
        {
            let mut table = write.open_table(RECORDS).map_err(database_error)?;
            for (service, record) in records {
                let key = (service.as_str(), record.kind.as_str(), record.id.as_str());
                match &record.document {
                    Some(document) => {
                        let bytes = document.to_string().into_bytes();
                        table.insert(key, bytes.as_slice()).map_err(database_error)?;
                    }
                    None => {
                        table.remove(key).map_err(database_error)?;
                    }
                }
            }
        }
        write.commit().map_err(database_error)
    }

    /// Hands the store to a thread that writes what is submitted.
    pub fn writer(self) -> Result<StoreWriter, StoreError> {
        let (jobs, waiting) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("standin-store".into())
            .spawn(move || write_all(&self, &waiting))
            .map_err(|source| io_error(Path::new("standin-store"), source))?;
        Ok(StoreWriter { jobs: Some(jobs), thread: Some(thread) })
    }
}

/// Takes the lock of an open file, which nobody else may hold.
pub(crate) fn lock_file(file: &File) -> Result<(), TryLockError> {
    patiently(|| file.try_lock(), |wrong| matches!(wrong, TryLockError::WouldBlock))
}

/// Tries again for a moment while `busy` says so: a process that is just being started holds a
/// copy of every open file, and with it the lock, until it has become its program.
fn patiently<T, E>(attempt: impl Fn() -> Result<T, E>, busy: impl Fn(&E) -> bool) -> Result<T, E> {
    let until = Instant::now() + LOCK_PATIENCE;
    loop {
        match attempt() {
            Err(wrong) if busy(&wrong) && Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(5));
            }
            result => return result,
        }
    }
}

/// Takes the lock of `state_dir` and leaves the own process id in it for others to read.
fn lock(state_dir: &Path) -> Result<File, StoreError> {
    let path = state_dir.join("lock");
    let failed = |source| io_error(&path, source);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(failed)?;
    match lock_file(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let read = file.read_to_string(&mut text);
            return Err(StoreError::InUse {
                dir: state_dir.to_owned(),
                pid: read.ok().and_then(|_| text.trim().parse().ok()),
            });
        }
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    file.set_len(0).map_err(failed)?;
    writeln!(file, "{}", std::process::id()).map_err(failed)?;
    Ok(file)
}

fn decode(
    (service, kind, id): (&str, &str, &str),
    document: &[u8],
) -> Result<(ServiceName, Record), StoreError> {
    let unreadable = |reason: String| StoreError::Unreadable {
        service: service.into(),
        kind: kind.into(),
        id: id.into(),
        reason,
    };
    let name = ServiceName::ALL
        .into_iter()
        .find(|name| name.as_str() == service)
        .ok_or_else(|| unreadable("this version of Standin has no such service".into()))?;
    let document =
        serde_json::from_slice(document).map_err(|wrong| unreadable(wrong.to_string()))?;
    let record = Record { kind: kind.into(), id: id.into(), document: Some(document) };
    Ok((name, record))
}

fn database_error(wrong: impl Into<redb::Error>) -> StoreError {
    StoreError::Database(Box::new(wrong.into()))
}

fn io_error(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), source }
}

/// What is told of a collection: whether it has to be done again later.
type Collected = Box<dyn FnOnce(bool) + Send>;

/// What is told when a batch is on disk, or could not be put there. Runs on the writer's thread.
type Done = Box<dyn FnOnce(Result<(), Arc<StoreError>>) + Send>;

enum Job {
    Write { records: Vec<(ServiceName, Record)>, done: Done },
    Collect { blobs: Blobs, done: Collected },
}

/// Writes batches in the order they were submitted; all that wait go into one transaction.
/// Dropping it waits until everything submitted is on disk.
#[derive(Debug)]
pub struct StoreWriter {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl StoreWriter {
    /// Has `records` written; `done` is called on the writer's thread once they are on disk
    /// together with all that was submitted before them. No records: a flush.
    pub fn submit(
        &self,
        records: Vec<(ServiceName, Record)>,
        done: impl FnOnce(Result<(), Arc<StoreError>>) + Send + 'static,
    ) {
        let job = Job::Write { records, done: Box::new(done) };
        if let Err(Job::Write { done, .. }) = self.send(job) {
            done(Err(Arc::new(StoreError::Closed)));
        }
    }

    /// Has the bodies removed that no record on the disk names. Records that are submitted, but not
    /// there yet, count as they are on the disk.
    pub(crate) fn collect(&self, blobs: Blobs, done: impl FnOnce(bool) + Send + 'static) {
        // A store that is closed collects nothing; the next run does.
        let _ = self.send(Job::Collect { blobs, done: Box::new(done) });
    }

    fn send(&self, job: Job) -> Result<(), Job> {
        match &self.jobs {
            Some(jobs) => jobs.send(job).map_err(|unsent| unsent.0),
            None => Err(job),
        }
    }

    /// Waits until everything submitted is on disk, then gives the state directory free.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.finish()
    }

    fn finish(&mut self) -> Result<(), StoreError> {
        self.jobs = None;
        match self.thread.take().map(JoinHandle::join) {
            None | Some(Ok(())) => Ok(()),
            Some(Err(_)) => Err(StoreError::Closed),
        }
    }
}

impl Drop for StoreWriter {
    fn drop(&mut self) {
        // A thread that panicked has said so itself; there is nobody to hand an error to.
        let _ = self.finish();
    }
}

/// The writer's thread.
fn write_all(store: &Store, waiting: &mpsc::Receiver<Job>) {
    while let Ok(first) = waiting.recv() {
        let (mut records, mut written, mut collections) = (Vec::new(), Vec::new(), Vec::new());
        for job in std::iter::once(first).chain(waiting.try_iter()) {
            match job {
                Job::Write { records: more, done } => {
                    records.extend(more);
                    written.push(done);
                }
                Job::Collect { blobs, done } => collections.push((blobs, done)),
            }
        }
        let result = store.save(&records).map_err(Arc::new);
        for done in written {
            done(result.clone());
        }
        for (blobs, done) in collections {
            // What cannot be read or removed now is tried again.
            done(garbage::collect(store, &blobs, garbage::REST).unwrap_or(true));
        }
    }
}

#[cfg(test)]
mod tests;
