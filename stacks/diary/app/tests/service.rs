//! The program itself, over its sockets: pages, writing, two tasks on one file, stopping.

#![allow(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// A program that does not answer fails its test instead of holding it up.
const PATIENCE: Duration = Duration::from_secs(20);

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("diary-service-{}-{count}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Not there is fine as well.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn program(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_diary-app"));
    command.env("BIND_ADDRESS", "127.0.0.1").env("PORT", "0").env("DATA_DIR", data_dir);
    command
}

/// A running diary; ended with the test.
struct Diary {
    process: Child,
    address: SocketAddr,
}

impl Diary {
    fn start(data_dir: &Path) -> Self {
        let mut process = program(data_dir).stdout(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = loop {
            let line = log.next().expect("it ended before it listened").unwrap();
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split(',').next().unwrap().parse().unwrap();
            }
        };
        // Reads on, so that the program never waits for a full pipe.
        std::thread::spawn(move || log.for_each(drop));
        Self { process, address }
    }

    fn connect(&self) -> Client {
        Client::new(TcpStream::connect(self.address).unwrap())
    }

    fn ask(&self, head: &str, body: &str) -> Answer {
        self.connect().ask(head, body)
    }

    fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1\r\nAccept-Language: en"), "")
    }

    fn post(&self, form: &str, more: &str) -> Answer {
        self.ask(&format!("POST /entries HTTP/1.1\r\n{FORM}{more}"), form)
    }

    fn terminate(&self) {
        let id = Pid::from_child(&self.process);
        kill_process(id, Signal::TERM).unwrap();
    }

    fn ended(&mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }
}

impl Drop for Diary {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\nAccept-Language: en";

struct Client(BufReader<TcpStream>);

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Client {
    fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// `head` without its end; the length is added.
    fn ask(&mut self, head: &str, body: &str) -> Answer {
        let length = body.len();
        self.send(&format!("{head}\r\nHost: diary\r\nContent-Length: {length}\r\n\r\n{body}"));
        self.answer(head.starts_with("HEAD"))
    }

    fn answer(&mut self, to_head: bool) -> Answer {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.0.read_line(&mut head).unwrap() > 0, "cut off after {head:?}");
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, head, body: String::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; if to_head { 0 } else { length }];
        self.0.read_exact(&mut body).unwrap();
        answer.body = String::from_utf8(body).unwrap();
        answer
    }
}

#[test]
fn migrate_makes_the_diary_that_is_then_served() {
    let folder = Folder::new();
    assert!(program(&folder.0).arg("migrate").status().unwrap().success());
    let diary = Diary::start(&folder.0);
    let list = diary.get("/");
    assert_eq!((list.status, list.header("content-language")), (200, Some("en")));
    assert_eq!(list.header("cache-control"), Some("no-cache, stale-if-error=0"));
    assert!(list.body.contains("<a href=\"/entries/2026-11-09-2\">続き</a>"), "{}", list.body);
    let entry = diary.get("/entries/2026-11-09-2");
    assert!(entry.status == 200 && entry.body.contains("<h1>続き</h1>"), "{entry:?}");
    let japanese = diary.ask("GET / HTTP/1.1\r\nAccept-Language: ja,en;q=0.5", "");
    assert!(japanese.body.contains("<html lang=\"ja\">"), "{}", japanese.body);
    let health = diary.get("/healthz");
    assert_eq!((health.status, health.body.as_str()), (200, r#"{"entries":8,"status":"ok"}"#));
}

#[test]
fn migrate_fails_where_nothing_can_be_written() {
    let folder = Folder::new();
    std::fs::write(&folder.0, "a file, no folder").unwrap();
    let output = program(&folder.0).arg("migrate").output().unwrap();
    std::fs::remove_file(&folder.0).unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("diary-app: ") && said.contains("entries.jsonl"), "{said}");
}

#[test]
fn a_rehearsed_failure_leaves_nothing_behind() {
    let folder = Folder::new();
    let output = program(&folder.0).args(["migrate", "--rehearse-failure"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("fails on purpose"), "{said}");
    assert!(!folder.0.exists());
}

#[test]
fn words_and_settings_it_does_not_know_are_refused() {
    let folder = Folder::new();
    assert_eq!(program(&folder.0).arg("publish").status().unwrap().code(), Some(2));
    let output = program(&folder.0).env("PORT", "eighty").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "diary-app: PORT is 'eighty', which is no port number\n");
}

#[test]
fn a_taken_port_is_named() {
    let folder = Folder::new();
    let diary = Diary::start(&folder.0);
    let port = diary.address.port().to_string();
    let output = program(&folder.0).env("PORT", &port).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&format!("cannot listen on 127.0.0.1:{port}: ")), "{said}");
}

#[test]
fn what_is_written_at_one_task_is_read_at_the_other() {
    let folder = Folder::new();
    let (one, other) = (Diary::start(&folder.0), Diary::start(&folder.0));
    assert!(one.get("/").body.contains("Nothing is written here yet."));
    let form = "date=2026-11-01&title=A+%3Cb%3Etitle%3C%2Fb%3E&text=First%0D%0A%0D%0Asecond";
    let kept = one.post(form, "\r\nSec-Fetch-Site: same-origin");
    assert_eq!((kept.status, kept.header("location")), (303, Some("/entries/2026-11-01-1")));
    let shown = other.get("/entries/2026-11-01-1").body;
    assert!(shown.contains("<h1>A &lt;b&gt;title&lt;/b&gt;</h1>"), "{shown}");
    assert!(shown.contains("<p>First</p>\n<p>second</p>"), "{shown}");
    assert_eq!(other.post(form, "").header("location"), Some("/entries/2026-11-01-2"));
}

#[test]
fn what_cannot_be_taken_is_refused_and_leaves_nothing() {
    let folder = Folder::new();
    let diary = Diary::start(&folder.0);
    let status = |form: &str, more: &str| diary.post(form, more).status;
    let untitled = diary.post("date=2026-11-01&title=&text=kept+words", "");
    assert_eq!(untitled.status, 422);
    assert!(untitled.body.contains("Please give a title."), "{}", untitled.body);
    assert!(untitled.body.contains(">\nkept words</textarea>"), "{}", untitled.body);
    let form = "date=2026-11-01&title=t&text=t";
    assert_eq!(status(form, "\r\nSec-Fetch-Site: cross-site"), 403);
    assert_eq!(status(&format!("{form}{}", "x".repeat(40_000)), ""), 413);
    assert_eq!(diary.ask("POST /entries HTTP/1.1\r\nContent-Type: text/plain", form).status, 415);
    let put = diary.ask("PUT /entries HTTP/1.1", form);
    assert_eq!((put.status, put.header("allow")), (405, Some("GET, HEAD, POST")));
    let delete = diary.ask("DELETE /entries/2026-11-01-1 HTTP/1.1", "");
    assert_eq!((delete.status, delete.header("allow")), (405, Some("GET, HEAD")));
    assert!(!folder.0.join("entries.jsonl").exists());
}

#[test]
fn who_tries_the_address_of_a_failed_writing_again_comes_to_the_front_page() {
    let folder = Folder::new();
    let again = Diary::start(&folder.0).get("/entries");
    assert_eq!((again.status, again.header("location")), (303, Some("/")));
}

#[test]
fn pages_that_are_not_there_are_404() {
    let folder = Folder::new();
    let diary = Diary::start(&folder.0);
    for path in ["/entries/2026-01-01-1", "/?page=2", "/?page=none", "/favicon.ico", "//"] {
        assert_eq!(diary.get(path).status, 404, "{path}");
    }
}

#[test]
fn assets_may_be_kept_and_head_is_get_without_its_body() {
    let folder = Folder::new();
    let diary = Diary::start(&folder.0);
    let style = diary.get("/static/diary.css");
    assert_eq!(style.header("cache-control"), Some("public, max-age=86400"));
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
    let tag = style.header("etag").unwrap();
    let head = format!("GET /static/diary.css HTTP/1.1\r\nIf-None-Match: {tag}");
    assert_eq!(diary.ask(&head, "").status, 304);
    let head = diary.ask("HEAD /static/diary.css HTTP/1.1", "");
    assert_eq!(head.header("content-length"), style.header("content-length"));
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[test]
fn a_health_check_fails_while_the_entries_cannot_be_read() {
    let folder = Folder::new();
    let diary = Diary::start(&folder.0);
    std::fs::create_dir_all(folder.0.join("entries.jsonl")).unwrap();
    assert_eq!(diary.get("/healthz").status, 503);
    assert_eq!(diary.get("/").status, 500);
    std::fs::remove_dir(folder.0.join("entries.jsonl")).unwrap();
    assert_eq!(diary.get("/healthz").status, 200);
}

#[test]
fn sigterm_lets_a_request_under_way_finish() {
    let folder = Folder::new();
    let mut diary = Diary::start(&folder.0);
    let body = "date=2026-11-01&title=last&text=words";
    let mut client = diary.connect();
    let length = body.len();
    client.send(&format!(
        "POST /entries HTTP/1.1\r\nHost: d\r\n{FORM}\r\nContent-Length: {length}\r\n\
         Expect: 100-continue\r\n\r\n"
    ));
    // The request is surely under way once its body is asked for.
    assert_eq!(client.answer(true).status, 100);
    let mut idle = diary.connect();
    assert_eq!(idle.ask("GET /healthz HTTP/1.1", "").status, 200);
    diary.terminate();
    // The idle connection is closed, and only then no new one is taken.
    assert_eq!(idle.0.read_to_end(&mut Vec::new()).unwrap(), 0);
    assert!(TcpStream::connect(diary.address).is_err());
    client.send(body);
    let answer = client.answer(false);
    assert_eq!((answer.status, answer.header("connection")), (303, Some("close")));
    assert_eq!(diary.ended().code(), Some(0));
    let kept = std::fs::read_to_string(folder.0.join("entries.jsonl")).unwrap();
    assert!(kept.contains("\"last\""), "{kept}");
}
