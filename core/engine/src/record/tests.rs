//! A run written down and repeated: the same seed and inputs give the same effects, and a change is
//! noticed.

use std::net::SocketAddr;
use std::sync::Arc;

use standin_kernel::evaluation::FailureKind;
use standin_kernel::fault::Mode;
use standin_kernel::workload::{WorkloadEvent, WorkloadId};
use standin_kernel::{
    Body, Bytes, Duration, Env, ExchangeId, Identity, LinkFailure, Request, RequestHead, Response,
    ServiceName, Time, Value, json,
};

use super::{Recorder, Replay};
use crate::Engine;
use crate::io::{Input, LegId, RelayEnd};

/// What the host does with a recorder.
struct Run {
    engine: Engine,
    recorder: Recorder,
    now: Time,
    lines: Vec<Value>,
}

impl Run {
    fn new() -> Self {
        let env = Env::default();
        let lines = vec![Recorder::head(&env, 7, "0")];
        let engine = Engine::new(env, 7);
        Self {
            engine,
            recorder: Recorder::default(),
            now: Time::from_seconds(1_800_000_000),
            lines,
        }
    }

    fn step(&mut self, input: Input) {
        self.now = self.now + Duration::from_millis(250);
        let document = self.recorder.input(&input);
        let effects = self.engine.step(self.now, input);
        self.lines.push(Recorder::stepped(self.now, &document, &effects));
    }

    fn ask(&mut self, target: &str) -> ExchangeId {
        let exchange = self.engine.open();
        self.lines.push(Recorder::opened(exchange, None));
        let mut head = RequestHead::get("bucket.s3.ap-northeast-1.amazonaws.com", target);
        head.headers.append("Cookie", "session=s3cret");
        head.headers.append("Authorization", "Bearer t0ken");
        head.headers.append("X-Odd", [0xff, 0x20]);
        let request = Request {
            head,
            peer: SocketAddr::from(([127, 0, 0, 1], 4000)),
            tls: false,
            has_body: false,
            identity: Identity::Anonymous,
            port: 8080,
        };
        self.step(Input::Request { exchange, request: Box::new(request), trace: true });
        exchange
    }
}

fn story() -> Run {
    let mut run = Run::new();
    let operation = "CreateBucket".to_owned();
    let input = json!({"Bucket": "bucket"});
    run.step(Input::Call { ticket: 1, service: ServiceName::S3, operation, input });
    let exchange = run.ask("/page.html?a=b");
    run.step(Input::ViewerGone { exchange });
    run.ask("/");
    run.step(Input::Break { ticket: 2, target: "Nothing".into(), mode: Mode::Hang, lasts: None });
    let response = run.engine.malformed(run.now, 400);
    run.lines.push(Recorder::malformed(run.now, 400, &response));
    run.step(Input::Tick);
    run
}

fn replay(lines: &[Value]) -> Vec<String> {
    let mut replay = Replay::new(&lines[0]).unwrap();
    let differences = lines[1..].iter().filter_map(|line| replay.line(line).unwrap());
    differences.map(|difference| difference.input).collect()
}

#[test]
fn a_record_replays_to_the_same_effects() {
    let run = story();
    let does: Vec<&str> =
        run.lines.iter().filter_map(|line| line["does"]["words"].as_str()).collect();
    assert!(does.iter().any(|words| words.starts_with("respond:")), "{does:?}");
    assert!(does.iter().any(|words| words.contains("refuse:NoSuchTarget")), "{does:?}");
    assert_eq!(replay(&run.lines), Vec::<String>::new());
}

#[test]
fn a_change_of_what_happened_is_noticed() {
    let mut lines = story().lines;
    let asks = lines.iter().position(|line| line["input"].get("request").is_some()).unwrap();
    lines[asks]["input"]["request"]["request"]["headers"][0][1] = json!("elsewhere.example");
    // Another answer takes other numbers from chance, so what follows differs as well.
    assert_eq!(replay(&lines).first().map(String::as_str), Some("request GET /page.html?a=b"));
}

#[test]
fn secrets_are_not_in_the_record() {
    let text = Value::Array(story().lines).to_string();
    assert!(!text.contains("s3cret") && !text.contains("t0ken"), "{text}");
}

#[test]
fn every_input_reads_back_as_it_was_written() {
    let leg = LegId(1 << 32);
    let mut head = standin_kernel::ResponseHead::new(206);
    head.headers.append("Content-Type", "text/html");
    let bytes = Body::Bytes(Bytes::from_static(b"abc"));
    let relay = Body::Relay { length: Some(9), keep: None };
    let mut whole = Response::new(head.clone(), bytes);
    whole.close = true;
    let service = ServiceName::CloudFront;
    let event = WorkloadEvent::FailedToStart { reason: "no".into() };
    let inputs = [
        Input::Connecting { leg },
        Input::Connected { leg },
        Input::Response { leg, response: Box::new(whole) },
        Input::Response { leg, response: Box::new(Response::new(head, relay)) },
        Input::Failed { leg, failure: LinkFailure::ConnectTimeout },
        Input::RelayDone { leg, end: RelayEnd::OriginGone, body_bytes: 3 },
        Input::Kept { service, keep: 4, body: None },
        Input::Kept { service, keep: 4, body: Some(Bytes::from_static(b"kept")) },
        Input::Workload { workload: WorkloadId(5), event },
        Input::Break {
            ticket: 6,
            target: "A->B".into(),
            mode: Mode::Loss(30),
            lasts: Some(Duration::from_millis(1500)),
        },
        Input::Repair { ticket: 7, target: None },
        Input::Text { ticket: 8, text: Some("Resources:".into()) },
        Input::Text { ticket: 9, text: None },
        Input::Evaluated {
            run: crate::RunId(3),
            evaluated: Arc::new(standin_kernel::Evaluated::failed(FailureKind::Time, "too long")),
        },
        Input::Collected { exchange: ExchangeId(4), body: None },
        Input::Collected { exchange: ExchangeId(4), body: Some(Bytes::from_static(b"{}")) },
        Input::Tick,
    ];
    for input in inputs {
        let document = Recorder::default().input(&input);
        let read = super::input::read(&document).unwrap();
        let again = Recorder::default().input(&read);
        // The bytes of a body are others; their length is the same.
        let plain = |value: &Value| {
            let mut value = value.clone();
            for place in ["/response/response/body/sum", "/kept/body/sum"] {
                if let Some(sum) = value.pointer_mut(place) {
                    *sum = Value::Null;
                }
            }
            value
        };
        assert_eq!(plain(&document), plain(&again));
    }
}
