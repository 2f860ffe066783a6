//! A running `standin` and what a test does with it: asks it as a viewer, as its user, and ends it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use standin_host::workloads::database_folder;
use standin_kernel::http::{Chunked, Framing, read_response};
use standin_kernel::{Headers, Value};

/// Long enough for a machine with other work to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

pub(crate) fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/standin")
}

/// A folder for one test; afterwards it is gone.
#[derive(Debug)]
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("standin-cli-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path.canonicalize().unwrap())
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
        // Databases that root runs are kept elsewhere.
        let _ = std::fs::remove_dir_all(database_folder(&self.0.join("state")));
    }
}

/// Runs a command of the CLI to its end.
pub(crate) fn standin(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_standin"))
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a viewer got.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or("")
    }
}

/// A run in the foreground.
#[derive(Debug)]
pub(crate) struct Standin {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
    pub(crate) scratch: Scratch,
    pub(crate) edge_port: u16,
    pub(crate) tls_port: u16,
    pub(crate) api_port: u16,
}

impl Standin {
    /// The test stack of this folder.
    pub(crate) fn shop() -> Self {
        let program = env!("CARGO_BIN_EXE_cli-test-origin");
        let parameter = format!("Program={program}");
        Self::up(&here().join("shop.yaml"), &["--parameters", &parameter])
    }

    /// Starts `standin up` on ports of the machine's choice and waits until the stack is up.
    pub(crate) fn up(template: &Path, more: &[&str]) -> Self {
        Self::up_in(Scratch::new(), template, more)
    }

    pub(crate) fn up_in(scratch: Scratch, template: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_standin"))
            .arg("up")
            .arg(template)
            .args(["--edge-port", "0", "--api-port", "0", "--state-dir"])
            .arg(scratch.0.join("state"))
            .args(more)
            .current_dir(root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let out: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for stream in out {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        let said = Vec::new();
        let mut run = Self { child, lines, said, scratch, edge_port: 0, tls_port: 0, api_port: 0 };
        run.wait_for("Ctrl-C stops it.");
        run.edge_port = run.port_after("viewers        http://localhost:");
        run.tls_port = run.port_after("over TLS       https://localhost:");
        run.api_port = run.port_after("AWS endpoint   http://127.0.0.1:");
        run
    }

    /// Waits until the run has printed a line with these words.
    pub(crate) fn wait_for(&mut self, words: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.said.iter().any(|line| line.contains(words)) {
            let left = end.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.said.push(line),
                Err(_) => panic!("no '{words}' came; it said:\n{}", self.said.join("\n")),
            }
        }
    }

    fn port_after(&self, words: &str) -> u16 {
        let line = self.said.iter().find(|line| line.contains(words)).unwrap();
        let digits = line.split(words).nth(1).unwrap();
        let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    }

    pub(crate) fn said(&self) -> String {
        self.said.join("\n")
    }

    fn state_dir(&self) -> String {
        self.scratch.0.join("state").display().to_string()
    }

    /// A command of the CLI about this run.
    pub(crate) fn cli(&self, arguments: &[&str]) -> Output {
        let state_dir = self.state_dir();
        let mut all = arguments.to_vec();
        all.extend(["--state-dir", &state_dir]);
        standin(&all)
    }

    /// The same; it must go well.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.cli(arguments);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "standin {arguments:?}: {out}\n{err}");
        out
    }

    pub(crate) fn status(&self) -> Value {
        serde_json::from_str(&self.ok(&["status", "--json"])).unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.get_at("localhost", path)
    }

    pub(crate) fn get_at(&self, host: &str, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
    }

    /// Sends these bytes on a new connection and reads one answer.
    pub(crate) fn ask(&self, request: &str) -> Answer {
        let bytes = self.raw(request.as_bytes());
        parse(&bytes).unwrap_or_else(|| panic!("no answer to {request:?}: {:?}", text(&bytes)))
    }

    /// Sends these bytes and reads until the other end closes.
    pub(crate) fn raw(&self, request: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        bytes
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.edge_port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Asks again and again until the answer is as wanted.
    pub(crate) fn until(&self, path: &str, what: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        let end = Instant::now() + PATIENCE;
        loop {
            let answer = self.get(path);
            if wanted(&answer) {
                return answer;
            }
            assert!(Instant::now() < end, "{what} never came; the last answer: {answer:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Ctrl-C; waits until it is over and says what it printed.
    pub(crate) fn interrupt(mut self) -> (String, Scratch) {
        signal(self.child.id(), "INT");
        let status = self.child.wait().unwrap();
        while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(2)) {
            self.said.push(line);
        }
        assert!(status.success(), "{status}: {}", self.said());
        let said = self.said();
        (said, std::mem::replace(&mut self.scratch, Scratch::new()))
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) -> Scratch {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::mem::replace(&mut self.scratch, Scratch::new())
    }

    /// The processes of this run's containers.
    pub(crate) fn containers(&self) -> Vec<u32> {
        processes_of(&self.scratch)
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            signal(self.child.id(), "TERM");
            let _ = self.child.wait();
        }
    }
}

pub(crate) fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status();
    assert!(sent.is_ok_and(|status| status.success()), "kill -{name} {pid}");
}

/// The processes of the containers of a run with this state folder.
pub(crate) fn processes_of(scratch: &Scratch) -> Vec<u32> {
    let Ok(id) = standin_host::orphans::state_id(&scratch.0.join("state")) else {
        return Vec::new();
    };
    let marker = format!("{}={id}.", standin_host::orphans::MARKER);
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        if text(&environment).contains(&marker) {
            found.push(pid);
        }
    }
    found
}

pub(crate) fn parse(bytes: &[u8]) -> Option<Answer> {
    let read = read_response(bytes, false).ok()??;
    let rest = &bytes[read.length..];
    let mut body = Vec::new();
    match read.framing {
        Framing::None => {}
        Framing::Length(length) => {
            body.extend_from_slice(rest.get(..usize::try_from(length).unwrap())?);
        }
        Framing::UntilClose => body.extend_from_slice(rest),
        Framing::Chunked => {
            let mut decoder = Chunked::default();
            decoder.decode(rest, &mut body).ok()?;
            decoder.is_done().then_some(())?;
        }
    }
    Some(Answer { status: read.head.status, headers: read.head.headers, body: text(&body) })
}
