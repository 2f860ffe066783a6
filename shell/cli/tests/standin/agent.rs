//! The stand-in for the Datadog Agent on real sockets: what senders give it arrives at an intake,
//! and what tracers ask is answered; beside the diary, neither its end nor an intake that hangs is
//! seen.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::world::{Answer, PATIENCE, Scratch, Standin, parse, root, signal, text};

const KEY: &str = "0123456789abcdef";

/// An agent at an address of its own, on the Agent's own ports.
struct Agent {
    child: Child,
    address: String,
    environment: Vec<(&'static str, String)>,
}

impl Agent {
    fn start(number: u8, more: &[(&'static str, String)]) -> Self {
        let pid = std::process::id();
        let address = format!("127.{}.{}.{number}", 1 + pid % 250, 1 + pid / 250 % 250);
        let mut environment = vec![
            ("STANDIN_TASK_ADDRESS", address.clone()),
            ("DD_API_KEY", KEY.into()),
            ("DD_SERIALIZER_COMPRESSOR_KIND", "none".into()),
            ("DD_USE_V2_API_SERIES", "false".into()),
            ("DD_DOGSTATSD_FLUSH_INCOMPLETE_BUCKETS", "true".into()),
        ];
        environment.extend(more.iter().cloned());
        let child = command(&environment, "run")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let agent = Self { child, address, environment };
        let end = Instant::now() + PATIENCE;
        while !agent.ask("status").status.success() {
            assert!(Instant::now() < end, "the agent never answers");
            std::thread::sleep(Duration::from_millis(20));
        }
        agent
    }

    fn ask(&self, word: &str) -> Output {
        command(&self.environment, word).output().unwrap()
    }

    /// Sends a request to a port of its, and reads the answer.
    fn http(&self, port: u16, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect((self.address.as_str(), port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request).unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        parse(&bytes).unwrap_or_else(|| panic!("no answer: {:?}", text(&bytes)))
    }

    fn post(&self, path: &str, headers: &str, body: &[u8]) -> Answer {
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: agent\r\nConnection: close\r\n{headers}Content-Length: \
             {length}\r\n\r\n"
        );
        self.http(8126, &[head.as_bytes(), body].concat())
    }

    /// SIGTERM; what it said until its end.
    fn stop(mut self) -> String {
        signal(self.child.id(), "TERM");
        let mut said = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(self.child.wait().unwrap().success(), "{said}");
        said
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(environment: &[(&str, String)], word: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
    command.args(["agent", word]).env_clear().envs(environment.iter().cloned());
    command
}

/// An intake that takes everything: heads and bodies, as text.
fn intake() -> (String, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, posts) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let _ = sender.send(take(stream));
        }
    });
    (url, posts)
}

fn take(mut stream: TcpStream) -> (String, String) {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut buffer).unwrap();
        bytes.extend_from_slice(&buffer[..count]);
        let all = text(&bytes);
        if let Some((head, body)) = all.split_once("\r\n\r\n") {
            let lower = head.to_ascii_lowercase();
            let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                let _ = stream.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}");
                return (lower, body.to_owned());
            }
        }
        assert!(count > 0, "the request is cut short: {all}");
    }
}

#[test]
fn dd_in_03_dd_ds_16_what_is_sent_over_udp_arrives_at_the_intake_with_the_key_in_a_header() {
    let (url, posts) = intake();
    let agent = Agent::start(1, &[("DD_DD_URL", url)]);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let to = format!("{}:8125", agent.address);
    socket.send_to(b"shop.orders:3|c|#kind:book\nbroken\nshop.stock:7|g", &to).unwrap();
    let end = Instant::now() + PATIENCE;
    while !text(&agent.ask("status").stdout).contains("\"Metrics\": 2") {
        assert!(Instant::now() < end, "the packet never came");
        std::thread::sleep(Duration::from_millis(20));
    }
    let said = agent.stop();
    assert!(said.contains("metrics go to http://127.0.0.1:"), "{said}");
    assert!(!said.contains(KEY), "{said}");
    let posts: Vec<_> = posts.try_iter().collect();
    let series = posts.iter().find(|(head, _)| head.starts_with("post /api/v1/series "));
    let (head, body) = series.unwrap_or_else(|| panic!("{posts:?}"));
    assert!(head.contains(&format!("dd-api-key: {KEY}")), "{head}");
    assert!(!head.lines().next().unwrap().contains(KEY), "{head}");
    assert!(head.contains("user-agent: datadog-agent/"), "{head}");
    assert!(body.contains("shop.orders") && body.contains("kind:book"), "{body}");
    assert!(body.contains("shop.stock"), "{body}");
}

#[test]
fn dd_rt_05_the_bucket_that_is_open_is_lost_when_it_stops() {
    let (url, posts) = intake();
    let lost = ("DD_DOGSTATSD_FLUSH_INCOMPLETE_BUCKETS", "false".to_owned());
    let agent = Agent::start(5, &[("DD_DD_URL", url), lost]);
    let now_s = || std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let count = |name: &str| agent.post("/dogstatsd/v2/proxy", "", name.as_bytes());
    // Buckets begin at tens of seconds: this one is open for some seconds yet.
    while now_s() % 10 > 4 {
        std::thread::sleep(Duration::from_millis(100));
    }
    // A value with a time of its own is in no bucket; it shows that the rest was sent.
    let time = now_s();
    assert_eq!(count("shop.open:1|c").status, 200);
    assert_eq!(count(&format!("shop.timed:1|c|T{time}")).status, 200);
    let said = agent.stop();
    let bodies: String = posts.try_iter().map(|(_, body)| body).collect();
    assert!(bodies.contains("shop.timed"), "{bodies} {said}");
    assert!(!bodies.contains("shop.open"), "{bodies}");
}

#[test]
fn dd_sc_06_a_refused_key_makes_it_unwell_and_silence_does_not() {
    // Connections are taken by the kernel, and nobody answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let agent = Agent::start(2, &[("DD_DD_URL", url)]);
    assert!(agent.ask("health").status.success());
    drop(agent);
    let refusing = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", refusing.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in refusing.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let agent = Agent::start(3, &[("DD_DD_URL", url)]);
    let end = Instant::now() + PATIENCE;
    while agent.ask("health").status.success() {
        assert!(Instant::now() < end, "it is well though its key is refused");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn dd_tr_01_to_04_dd_tr_06_dd_tr_07_dd_tr_11_tracers_are_answered_in_the_agents_words() {
    let agent = Agent::start(4, &[]);
    let get = |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: agent\r\nConnection: close\r\n\r\n");
        agent.http(8126, request.as_bytes())
    };
    let info = get("/info");
    assert!(info.status == 200 && info.body.contains("/v0.4/traces"), "{info:?}");
    let state = info.header("Datadog-Agent-State").to_owned();
    assert_eq!(state.len(), 64);
    assert_eq!(get("/v0.7/config").status, 404);

    let json = "Content-Type: application/json\r\n";
    let msgpack = "Content-Type: application/msgpack\r\n";
    let span = br#"[[{"service": "web", "trace_id": 1, "span_id": 1, "duration": 5}]]"#;
    let rates = agent.post("/v0.4/traces", json, span);
    assert!(rates.status == 200 && rates.body.contains("rate_by_service"), "{rates:?}");
    assert_eq!(rates.header("Datadog-Agent-State"), state);
    let version = rates.header("Datadog-Rates-Payload-Version");
    let known = format!("{json}Datadog-Rates-Payload-Version: {version}\r\n");
    assert_eq!(agent.post("/v0.4/traces", &known, b"[]").body, "{}");
    assert_eq!(agent.post("/v0.3/traces", json, span).body, "OK\n");
    assert_eq!(agent.post("/v0.4/traces", msgpack, b"\x90").status, 200);
    assert_eq!(agent.post("/v0.5/traces", msgpack, b"\x92\x90\x90").status, 200);
    assert_eq!(agent.post("/v0.4/traces", msgpack, b"\xc1garbage").status, 400);
    assert_eq!(agent.post("/v0.2/traces", msgpack, b"\x90").status, 415);
    let large = format!(
        "POST /v0.4/traces HTTP/1.1\r\nHost: agent\r\nConnection: close\r\n{msgpack}\
         Content-Length: {}\r\n\r\n",
        26 << 20
    );
    let refused = agent.http(8126, large.as_bytes());
    assert!(refused.status == 413 && refused.body.contains("payload-too-large"), "{refused:?}");
    let proxied = agent.post("/dogstatsd/v2/proxy", "", b"a:1|c");
    assert_eq!(proxied.status, 200);
    let status = text(&agent.ask("status").stdout);
    assert!(status.contains("\"Metrics\": 1") && status.contains("\"Traces\": 2"), "{status}");
}

#[test]
fn dd_sc_07_the_diary_goes_on_without_its_agent_and_beside_an_intake_that_hangs() {
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    let parameter = format!("DatadogUrl=http://{}", hangs.local_addr().unwrap());
    let template = root().join("stacks/diary/template.yaml");
    let run = Standin::up(&template, &["--parameters", &parameter]);
    assert!(run.said().contains("is stood in for by `standin agent`"), "{}", run.said());
    let quick = || {
        let began = Instant::now();
        let answer = run.get("/");
        assert_eq!(answer.status, 200, "{answer:?}");
        began.elapsed()
    };
    // Longer than a flush and the time the agent waits for its intake would be seen at once.
    for _ in 0..50 {
        assert!(quick() < Duration::from_secs(10));
    }
    let logs = run.ok(&["logs", "agent"]);
    assert!(logs.contains("metrics go to http://127.0.0.1:"), "{logs}");
    run.ok(&["maintenance", "on"]);
    let end = Instant::now() + PATIENCE;
    while !run.ok(&["logs", "agent"]).contains("a maintenance window is open: nothing leaves") {
        assert!(Instant::now() < end, "the agent does not follow the maintenance windows");
        std::thread::sleep(Duration::from_millis(200));
    }
    run.ok(&["maintenance", "off"]);
    run.until("/", "the diary", |answer| answer.status == 200);
    run.ok(&["break", "Service/1/agent", "--mode", "kill"]);
    run.ok(&["break", "Service/agent", "--mode", "stop"]);
    let alone = || {
        let tasks = run.status()["tasks"].as_array().unwrap().clone();
        let stopped = |task: &&standin_kernel::Value| {
            let containers = task["containers"].as_array().unwrap();
            let state = |name: &str| {
                containers.iter().find(|one| one["name"] == name).map(|one| &one["lastStatus"])
            };
            state("agent").is_some_and(|state| state == "STOPPED")
                && state("app").is_some_and(|state| state == "RUNNING")
        };
        tasks.iter().filter(stopped).count()
    };
    run.until("/", "two tasks without an agent", |answer| {
        assert_eq!(answer.status, 200, "{answer:?}");
        alone() == 2
    });
    for _ in 0..50 {
        quick();
    }
    let wrong = run.cli(&["break", "Service/agnet"]);
    assert!(text(&wrong.stderr).contains("their containers are: agent, app"), "{wrong:?}");
    let (_, scratch) = run.interrupt();
    drop::<Scratch>(scratch);
}
