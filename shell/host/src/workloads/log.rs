//! Decides what a container's output becomes: lines with a time in a file of bounded size.

use std::fs::{File, OpenOptions};
use std::io::{self, PipeReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use standin_kernel::Time;
use tokio::sync::oneshot;

use crate::store::create_private_dir;

/// When the file has grown to this it is set aside as `<name>.1` and a new one begun.
const ROTATE_AT_BYTES: u64 = 10 << 20;
/// A longer line is cut into lines of this length.
const LONGEST_LINE_BYTES: usize = 16 << 10;
/// How much output is read at once, in bytes.
const READ_BYTES: usize = 64 << 10;

/// Where the output of a task's container is kept: `logs/<task id>/<container>.log`.
pub fn log_file(state_dir: &Path, task_arn: &str, container: &str) -> PathBuf {
    let task = task_arn.rsplit('/').next().unwrap_or(task_arn);
    state_dir.join("logs").join(file_name(task)).join(format!("{}.log", file_name(container)))
}

/// A name that stays inside its folder, whatever the template says.
fn file_name(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let name: String = text.chars().map(|c| if safe(c) { c } else { '_' }).collect();
    if name.is_empty() { "_".into() } else { name }
}

/// One container's log; clones write to the same file.
#[derive(Clone, Debug)]
pub(super) struct Log {
    path: PathBuf,
    open: Arc<Mutex<LogFile>>,
}

impl Log {
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let file = LogFile::open(&path, ROTATE_AT_BYTES)?;
        Ok(Self { path, open: Arc::new(Mutex::new(file)) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line of Standin's own.
    pub(super) fn note(&self, line: &str) {
        let mut text = Vec::new();
        for line in line.lines() {
            add_line(&mut text, &now(), format!("standin: {line}").as_bytes());
        }
        self.write(&text);
    }

    /// Copies what comes out of `output` until its last writer is gone, on a thread of its own;
    /// the receiver is told then.
    pub(super) fn follow(&self, output: PipeReader) -> io::Result<oneshot::Receiver<()>> {
        let (ended, end) = oneshot::channel();
        let log = self.clone();
        std::thread::Builder::new().name("standin-log".into()).stack_size(256 << 10).spawn(
            move || {
                log.copy(output);
                // Nobody waits any longer when a container's end took too long.
                let _ = ended.send(());
            },
        )?;
        Ok(end)
    }

    fn copy(&self, mut output: PipeReader) {
        let mut buffer = vec![0; READ_BYTES];
        let mut lines = Lines::default();
        loop {
            match output.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => self.write(&lines.take(&buffer[..count], &now())),
                Err(wrong) if wrong.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.write(&lines.rest(&now()));
    }

    fn write(&self, text: &[u8]) {
        let mut file = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk costs lines of the log, as a lost log driver would; the container runs on.
        let _ = file.write(text);
    }
}

fn now() -> String {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    (Time::default() + since).iso8601()
}

fn add_line(text: &mut Vec<u8>, time: &str, line: &[u8]) {
    text.extend_from_slice(time.as_bytes());
    text.push(b' ');
    text.extend_from_slice(line);
    text.push(b'\n');
}

/// Cuts output into lines, each with its time.
#[derive(Debug, Default)]
struct Lines {
    /// The beginning of a line whose end has not come yet.
    begun: Vec<u8>,
}

impl Lines {
    fn take(&mut self, bytes: &[u8], time: &str) -> Vec<u8> {
        let mut text = Vec::with_capacity(bytes.len() * 2);
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            self.add(&rest[..end], time, &mut text);
            add_line(&mut text, time, &self.begun);
            self.begun.clear();
            rest = &rest[end + 1..];
        }
        self.add(rest, time, &mut text);
        text
    }

    /// Adds to the line begun, cutting it where it gets too long.
    fn add(&mut self, mut part: &[u8], time: &str, text: &mut Vec<u8>) {
        while self.begun.len() + part.len() > LONGEST_LINE_BYTES {
            let (now, later) = part.split_at(LONGEST_LINE_BYTES - self.begun.len());
            self.begun.extend_from_slice(now);
            add_line(text, time, &self.begun);
            self.begun.clear();
            part = later;
        }
        self.begun.extend_from_slice(part);
    }

    /// What is left when no more comes.
    fn rest(&mut self, time: &str) -> Vec<u8> {
        let mut text = Vec::new();
        if !self.begun.is_empty() {
            add_line(&mut text, time, &self.begun);
            self.begun.clear();
        }
        text
    }
}

#[derive(Debug)]
struct LogFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    rotate_at: u64,
}

impl LogFile {
    fn open(path: &Path, rotate_at: u64) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            create_private_dir(folder)?;
        }
        let file = append(path)?;
        Ok(Self { path: path.to_owned(), bytes: file.metadata()?.len(), file, rotate_at })
    }

    /// Appends whole lines; so each file begins with a whole line.
    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        if self.bytes > 0 && self.bytes + text.len() as u64 > self.rotate_at {
            let mut aside = self.path.clone().into_os_string();
            aside.push(".1");
            std::fs::rename(&self.path, aside)?;
            self.file = append(&self.path)?;
            self.bytes = 0;
        }
        self.file.write_all(text)?;
        self.bytes += text.len() as u64;
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_log_lies_under_its_task_and_never_elsewhere() {
        let arn = "arn:aws:ecs:ap-northeast-1:123456789012:task/main/0123abc";
        let path = log_file(Path::new("/s"), arn, "web");
        assert_eq!(path, Path::new("/s/logs/0123abc/web.log"));
        let path = log_file(Path::new("/s"), "..", "../../etc/passwd");
        assert_eq!(path, Path::new("/s/logs/__/______etc_passwd.log"));
        assert_eq!(log_file(Path::new("/s"), "", ""), Path::new("/s/logs/_/_.log"));
    }

    #[test]
    fn output_becomes_lines_wherever_it_was_cut() {
        let mut lines = Lines::default();
        let mut text = lines.take(b"one\ntw", "T1");
        text.extend(lines.take(b"o\n\nthree", "T2"));
        text.extend(lines.rest("T3"));
        text.extend(lines.rest("T4"));
        assert_eq!(text, b"T1 one\nT2 two\nT2 \nT3 three\n");
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let mut lines = Lines::default();
        let text = lines.take(&vec![b'x'; 2 * LONGEST_LINE_BYTES + 5], "T");
        assert_eq!(text.iter().filter(|byte| **byte == b'\n').count(), 2);
        assert_eq!(lines.rest("T"), b"T xxxxx\n");
    }

    #[test]
    fn a_full_file_is_set_aside_once() {
        let scratch = Scratch::new();
        let path = scratch.path().join("a/b.log");
        let aside = scratch.path().join("a/b.log.1");
        let mut log = LogFile::open(&path, 20).unwrap();
        for line in ["first line\n", "second\n", "third line\n", "fourth line\n"] {
            log.write(line.as_bytes()).unwrap();
        }
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        assert_eq!(read(&path), "fourth line\n");
        assert_eq!(read(&aside), "third line\n");
    }

    #[test]
    fn a_log_is_continued_and_its_size_with_it() {
        let scratch = Scratch::new();
        let path = scratch.path().join("b.log");
        LogFile::open(&path, 20).unwrap().write(b"0123456789\n").unwrap();
        LogFile::open(&path, 20).unwrap().write(b"abc\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"0123456789\nabc\n");
        LogFile::open(&path, 20).unwrap().write(b"rotated\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"rotated\n");
    }

    #[test]
    fn standins_own_lines_are_marked_and_timed() {
        let scratch = Scratch::new();
        let log = Log::open(scratch.path().join("c.log")).unwrap();
        log.note("one\ntwo");
        let text = std::fs::read_to_string(log.path()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        let (time, rest) = lines[1].split_once(' ').unwrap();
        assert_eq!(rest, "standin: two");
        let layout: String =
            time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(layout, "0000-00-00T00:00:00.000Z");
    }
}
