//! Decides where bodies lie on disk: one file each, named by its content, and the small ones that
//! are asked for often also in memory.
//!
//! A file appears under its name only when it is whole and on disk. Everything but
//! [`Blobs::cached`] touches the disk: call it on a blocking thread; [`BlobSink`] does so itself.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use standin_kernel::{BlobId, Bytes};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::store::create_private_dir;

/// How many chunks of a body may wait for the disk before its sender has to.
const WAITING_CHUNKS: usize = 8;
/// How much of a stream is read at once, in bytes.
const CHUNK_BYTES: usize = 128 << 10;
/// A body larger than this part of the memory's bound is not kept in memory.
const LARGEST_PART: usize = 8;

/// The stored bodies of one state directory. Clones share files and memory.
#[derive(Clone, Debug)]
pub struct Blobs {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    /// Numbers the files that are being written.
    next: AtomicU64,
    /// When each body was stored by this run: a record may be about to name it. Held while files
    /// appear and go.
    stored: Mutex<BTreeMap<BlobId, Instant>>,
    recent: Mutex<Recent>,
}

impl Blobs {
    /// The bodies under `state_dir/blobs`, of which up to `memory_bytes` are kept in memory too.
    /// What an earlier run left half written is removed.
    pub fn at(state_dir: &Path, memory_bytes: usize) -> io::Result<Self> {
        let folder = state_dir.join("blobs");
        let unfinished = folder.join("unfinished");
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished)?;
        }
        create_private_dir(&unfinished)?;
        let shared = Shared {
            folder,
            next: AtomicU64::new(0),
            stored: Mutex::default(),
            recent: Mutex::new(Recent::new(memory_bytes)),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Stores `bytes`; they are on disk when this returns.
    pub fn put(&self, bytes: &Bytes) -> io::Result<BlobId> {
        let mut writer = self.writer()?;
        writer.write(bytes)?;
        let (id, _) = writer.finish()?;
        self.recent().keep(id, bytes);
        Ok(id)
    }

    /// Stores a body that comes piece by piece, on the calling thread.
    pub fn writer(&self) -> io::Result<BlobWriter> {
        let number = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let path = self.shared.folder.join(format!("unfinished/{number}"));
        Ok(BlobWriter {
            blobs: self.clone(),
            file: File::create_new(&path)?,
            path,
            hash: Sha256::new(),
            length: 0,
        })
    }

    /// Stores a body that comes piece by piece, writing on a blocking thread.
    pub fn sink(&self) -> BlobSink {
        let (pieces, incoming) = mpsc::channel(WAITING_CHUNKS);
        let blobs = self.clone();
        let written = tokio::task::spawn_blocking(move || receive(&blobs, incoming));
        BlobSink { pieces, written }
    }

    /// Stores all that `reader` gives; answers with the name and the length in bytes.
    pub async fn put_stream(
        &self,
        mut reader: impl AsyncRead + Unpin,
    ) -> io::Result<(BlobId, u64)> {
        let mut sink = self.sink();
        let mut chunk = bytes::BytesMut::new();
        loop {
            chunk.reserve(CHUNK_BYTES);
            if reader.read_buf(&mut chunk).await? == 0 {
                return sink.finish().await;
            }
            sink.write(chunk.split().freeze()).await?;
        }
    }

    /// A body that is in memory, without touching the disk.
    pub fn cached(&self, id: BlobId) -> Option<Bytes> {
        self.recent().get(id)
    }

    /// A whole body, from memory or from disk.
    pub fn get(&self, id: BlobId) -> io::Result<Bytes> {
        if let Some(bytes) = self.cached(id) {
            return Ok(bytes);
        }
        let bytes = Bytes::from(std::fs::read(self.path(id))?);
        self.recent().keep(id, &bytes);
        Ok(bytes)
    }

    /// `length` bytes from `offset` of a body, or as many as there are. A small body comes from
    /// memory, and of a large one only the part is read.
    pub fn part(&self, id: BlobId, offset: u64, length: u64) -> io::Result<Bytes> {
        let mut file = self.open(id)?;
        let size = file.metadata()?.len();
        let fits = usize::try_from(size).is_ok_and(|size| size <= self.recent().largest());
        if self.cached(id).is_some() || fits {
            let bytes = self.get(id)?;
            let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(bytes.len());
            return Ok(bytes.slice(at(offset)..at(offset.saturating_add(length))));
        }
        file.seek(SeekFrom::Start(offset))?;
        let mut part = Vec::new();
        file.take(length).read_to_end(&mut part)?;
        Ok(part.into())
    }

    /// The file of a body too large to hold in memory.
    pub fn open(&self, id: BlobId) -> io::Result<File> {
        File::open(self.path(id))
    }

    /// Forgets a body; one that is not there is fine. A file already open stays readable.
    pub fn remove(&self, id: BlobId) -> io::Result<()> {
        self.recent().drop_one(id);
        match std::fs::remove_file(self.path(id)) {
            Err(wrong) if wrong.kind() != io::ErrorKind::NotFound => Err(wrong),
            _ => Ok(()),
        }
    }

    /// Forgets a body that no record names, unless it was stored less than `rest` ago; whether it
    /// is gone.
    pub(crate) fn remove_unnamed(&self, id: BlobId, rest: Duration) -> io::Result<bool> {
        let stored = self.stored();
        if stored.get(&id).is_some_and(|at| at.elapsed() < rest) {
            return Ok(false);
        }
        self.remove(id).map(|()| true)
    }

    /// Forgets when bodies were stored, of those that were stored longer than `rest` ago.
    pub(crate) fn forget_rested(&self, rest: Duration) {
        self.stored().retain(|_, at| at.elapsed() < rest);
    }

    /// All stored bodies, in order.
    pub fn ids(&self) -> io::Result<Vec<BlobId>> {
        let mut ids = Vec::new();
        for part in std::fs::read_dir(&self.shared.folder)? {
            let part = part?;
            if part.file_name().len() != 2 {
                continue;
            }
            for file in std::fs::read_dir(part.path())? {
                ids.extend(file?.file_name().to_str().and_then(BlobId::from_hex));
            }
        }
        ids.sort_unstable();
        Ok(ids)
    }

    /// Where a body lies under a state directory.
    pub(crate) fn file(state_dir: &Path, id: BlobId) -> PathBuf {
        let name = id.hex();
        state_dir.join("blobs").join(&name[..2]).join(name)
    }

    fn path(&self, id: BlobId) -> PathBuf {
        let name = id.hex();
        self.shared.folder.join(&name[..2]).join(name)
    }

    fn stored(&self) -> MutexGuard<'_, BTreeMap<BlobId, Instant>> {
        self.shared.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        // A panic elsewhere leaves the table whole: every change to it is one call.
        self.shared.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body being written on the calling thread; dropped unfinished, nothing of it stays.
#[derive(Debug)]
pub struct BlobWriter {
    blobs: Blobs,
    file: File,
    path: PathBuf,
    hash: Sha256,
    length: u64,
}

impl BlobWriter {
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// The body is whole: answers with its name and its length in bytes once it is on disk.
    pub fn finish(self) -> io::Result<(BlobId, u64)> {
        let id = BlobId(self.hash.clone().finalize().into());
        let path = self.blobs.path(id);
        let part = path.parent().unwrap_or(&self.blobs.shared.folder);
        if !path.exists() {
            self.file.sync_all()?;
            if !part.exists() {
                create_private_dir(part)?;
                File::open(&self.blobs.shared.folder)?.sync_all()?;
            }
        }
        let mut stored = self.blobs.stored();
        stored.insert(id, Instant::now());
        // One that was there may have gone meanwhile.
        if !path.exists() {
            std::fs::rename(&self.path, &path)?;
            File::open(part)?.sync_all()?;
        }
        drop(stored);
        Ok((id, self.length))
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        // Already renamed when the body was finished; else the next start removes what stays.
        let _ = std::fs::remove_file(&self.path);
    }
}

enum Piece {
    Bytes(Bytes),
    End,
}

/// A body being written by a blocking thread; dropped unfinished, nothing of it stays.
#[derive(Debug)]
pub struct BlobSink {
    pieces: mpsc::Sender<Piece>,
    written: JoinHandle<io::Result<(BlobId, u64)>>,
}

impl BlobSink {
    /// Takes the next piece; waits while the disk is behind.
    pub async fn write(&mut self, bytes: Bytes) -> io::Result<()> {
        if self.pieces.send(Piece::Bytes(bytes)).await.is_ok() {
            return Ok(());
        }
        // The thread has given up, and says why.
        match (&mut self.written).await {
            Ok(Err(wrong)) => Err(wrong),
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// The body is whole: answers with its name and its length in bytes once it is on disk.
    pub async fn finish(self) -> io::Result<(BlobId, u64)> {
        // When this finds nobody, the thread has given up and its error comes below.
        let _ = self.pieces.send(Piece::End).await;
        self.written.await.map_err(io::Error::other)?
    }
}

fn receive(blobs: &Blobs, mut incoming: mpsc::Receiver<Piece>) -> io::Result<(BlobId, u64)> {
    let mut writer = blobs.writer()?;
    loop {
        match incoming.blocking_recv() {
            Some(Piece::Bytes(bytes)) => writer.write(&bytes)?,
            Some(Piece::End) => return writer.finish(),
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// The bodies used last, up to a bound in bytes.
#[derive(Debug)]
struct Recent {
    bound: usize,
    used: usize,
    /// Counts uses; the smallest number was used longest ago.
    clock: u64,
    bodies: BTreeMap<BlobId, (Bytes, u64)>,
    order: BTreeMap<u64, BlobId>,
}

impl Recent {
    const fn new(bound: usize) -> Self {
        Self { bound, used: 0, clock: 0, bodies: BTreeMap::new(), order: BTreeMap::new() }
    }

    /// Size of the largest body that is kept, in bytes.
    const fn largest(&self) -> usize {
        self.bound / LARGEST_PART
    }

    fn get(&mut self, id: BlobId) -> Option<Bytes> {
        let (bytes, used_at) = self.bodies.get_mut(&id)?;
        self.order.remove(used_at);
        self.clock += 1;
        *used_at = self.clock;
        self.order.insert(self.clock, id);
        Some(bytes.clone())
    }

    fn keep(&mut self, id: BlobId, bytes: &Bytes) {
        if bytes.len() > self.largest() || self.get(id).is_some() {
            return;
        }
        self.clock += 1;
        self.used += bytes.len();
        // A copy of its own: `bytes` may be a small part of a large buffer.
        let own = Bytes::copy_from_slice(bytes);
        self.bodies.insert(id, (own, self.clock));
        self.order.insert(self.clock, id);
        while self.used > self.bound {
            let Some((_, oldest)) = self.order.pop_first() else {
                break;
            };
            self.drop_one(oldest);
        }
    }

    fn drop_one(&mut self, id: BlobId) {
        if let Some((bytes, used_at)) = self.bodies.remove(&id) {
            self.used -= bytes.len();
            self.order.remove(&used_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    /// SHA-256 of "abc" (FIPS 180-4, example).
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn blobs(scratch: &Scratch, memory_bytes: usize) -> Blobs {
        Blobs::at(scratch.path(), memory_bytes).unwrap()
    }

    fn unfinished(scratch: &Scratch) -> usize {
        let folder = scratch.path().join("blobs/unfinished");
        std::fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn a_body_lies_under_its_hash_and_comes_back_after_a_restart() {
        let scratch = Scratch::new();
        let id = blobs(&scratch, 0).put(&Bytes::from("abc")).unwrap();
        assert_eq!(id.hex(), ABC);
        let path = scratch.path().join("blobs/ba").join(ABC);
        assert_eq!(std::fs::read(path).unwrap(), b"abc");
        let again = blobs(&scratch, 0);
        assert_eq!(again.cached(id), None);
        assert_eq!(again.get(id).unwrap(), "abc");
        assert_eq!(again.ids().unwrap(), [id]);
        assert_eq!(unfinished(&scratch), 0);
    }

    #[test]
    fn storing_twice_and_removing_twice_is_fine() {
        let scratch = Scratch::new();
        let blobs = blobs(&scratch, 1 << 20);
        let id = blobs.put(&Bytes::from("abc")).unwrap();
        assert_eq!(blobs.put(&Bytes::from("abc")).unwrap(), id);
        let mut open = blobs.open(id).unwrap();
        blobs.remove(id).unwrap();
        blobs.remove(id).unwrap();
        let mut text = String::new();
        open.read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
        let missing = blobs.get(id).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        assert!(blobs.ids().unwrap().is_empty());
    }

    #[test]
    fn memory_keeps_what_was_used_last_within_its_bound() {
        let scratch = Scratch::new();
        let blobs = blobs(&scratch, 80);
        let body = |number: u8| Bytes::from(vec![number; 10]);
        let ids: Vec<_> = (0..8).map(|n| blobs.put(&body(n)).unwrap()).collect();
        assert!(blobs.cached(ids[0]).is_some());
        let ninth = blobs.put(&body(8)).unwrap();
        assert_eq!(blobs.cached(ids[1]), None);
        assert!(blobs.cached(ids[0]).is_some() && blobs.cached(ninth).is_some());
        let large = blobs.put(&Bytes::from(vec![9; 11])).unwrap();
        assert_eq!(blobs.cached(large), None);
        assert_eq!(blobs.get(large).unwrap().len(), 11);
        assert_eq!(blobs.recent().used, 80);
    }

    #[tokio::test]
    async fn a_stream_is_stored_whole() {
        let scratch = Scratch::new();
        let blobs = blobs(&scratch, 0);
        let bytes: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_be_bytes).collect();
        let (id, length) = blobs.put_stream(bytes.as_slice()).await.unwrap();
        assert_eq!(length, 4_000_000);
        assert_eq!(blobs.get(id).unwrap(), bytes);
    }

    #[tokio::test]
    async fn a_body_dropped_half_way_leaves_nothing() {
        let scratch = Scratch::new();
        let blobs = blobs(&scratch, 0);
        let mut sink = blobs.sink();
        sink.write(Bytes::from("ab")).await.unwrap();
        let BlobSink { pieces, written } = sink;
        drop(pieces);
        let wrong = written.await.unwrap().unwrap_err();
        assert_eq!(wrong.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(unfinished(&scratch), 0);
        assert!(blobs.ids().unwrap().is_empty());
    }

    #[test]
    fn what_a_killed_run_left_half_written_is_removed() {
        let scratch = Scratch::new();
        let mut writer = blobs(&scratch, 0).writer().unwrap();
        writer.write(b"half").unwrap();
        std::mem::forget(writer);
        assert_eq!(unfinished(&scratch), 1);
        blobs(&scratch, 0);
        assert_eq!(unfinished(&scratch), 0);
    }

    #[tokio::test]
    async fn a_disk_that_fails_is_told_to_the_sender() {
        let scratch = Scratch::new();
        let blobs = blobs(&scratch, 0);
        std::fs::remove_dir_all(scratch.path().join("blobs/unfinished")).unwrap();
        let sink = blobs.sink();
        let wrong = sink.finish().await.unwrap_err();
        assert_eq!(wrong.kind(), io::ErrorKind::NotFound);
    }
}
