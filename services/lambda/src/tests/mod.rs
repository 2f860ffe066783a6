//! Tests through the service's door, as the engine and the drivers use it.

mod alias;
mod environment;
mod event_queue;
mod function;
mod invoke;
mod random;
mod resource;
mod restart;
mod runtime_api;
mod url;

use std::collections::BTreeMap;

use standin_kernel::control::Record;
use standin_kernel::http::RequestHead;
use standin_kernel::need::Answer;
use standin_kernel::workload::{Signal, WorkloadEvent, WorkloadId, WorkloadSpec};
use standin_kernel::{
    ApiError, Body, Bytes, CallId, Cx, Duration, Env, ExchangeId, Heard, Identity, Method, Need,
    Out, Request, Response, Rng, Service, ServiceName, Time, Value, Version, json,
};

use crate::Lambda;

pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/runs";

/// A service with a driver around it: processes are what a test says of them.
pub(crate) struct Bench {
    pub(crate) lambda: Lambda,
    pub(crate) env: Env,
    pub(crate) now: Time,
    rng: Rng,
    pub(crate) records: BTreeMap<(String, String), Value>,
    pub(crate) launched: Vec<WorkloadSpec>,
    pub(crate) killed: Vec<WorkloadId>,
    pub(crate) replies: BTreeMap<u64, Result<Value, ApiError>>,
    pub(crate) answers: BTreeMap<ExchangeId, Response>,
    /// Lines in log groups.
    pub(crate) lines: Vec<String>,
    /// What CloudWatch was told.
    pub(crate) metrics: Vec<Value>,
    bodies: BTreeMap<ExchangeId, Option<Bytes>>,
    calls: u64,
    exchanges: u64,
    /// Whether the role is there and trusts Lambda.
    pub(crate) trusted: bool,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            lambda: Lambda::new(),
            env: Env::default(),
            now: Time::from_seconds(1_800_000_000),
            rng: Rng::new(7),
            records: BTreeMap::new(),
            launched: Vec::new(),
            killed: Vec::new(),
            replies: BTreeMap::new(),
            answers: BTreeMap::new(),
            lines: Vec::new(),
            metrics: Vec::new(),
            bodies: BTreeMap::new(),
            calls: 0,
            exchanges: 0,
            trusted: true,
        }
    }

    /// With a function `f` that has settled, and more settings.
    #[expect(clippy::needless_pass_by_value, reason = "callers write json!() at the call")]
    pub(crate) fn with(settings: Value) -> Self {
        let mut bench = Self::new();
        bench.create_with("f", &settings);
        bench
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers write json!() at the call")]
    pub(crate) fn create(&mut self, name: &str, settings: Value) {
        self.create_with(name, &settings);
    }

    fn create_with(&mut self, name: &str, settings: &Value) {
        let mut input = creation(name);
        for (member, value) in settings.as_object().into_iter().flatten() {
            input[member] = value.clone();
        }
        self.ok("CreateFunction", input);
        self.later_ms(100);
    }

    /// Lets the service work and takes up what it asks for.
    pub(crate) fn work<R>(&mut self, work: impl FnOnce(&mut Lambda, &mut Cx<'_>) -> R) -> R {
        let mut out = Vec::new();
        let mut cx = Cx {
            now: self.now,
            rng: &mut self.rng,
            env: &self.env,
            out: &mut out,
            facts: None,
            asked_by: None,
        };
        let result = work(&mut self.lambda, &mut cx);
        for one in out {
            self.take_up(one);
        }
        result
    }

    fn take_up(&mut self, out: Out) {
        match out {
            Out::Store(Record { kind, id, document: Some(document) }) => {
                self.records.insert((kind, id), document);
            }
            Out::Store(Record { kind, id, document: None }) => {
                self.records.remove(&(kind, id));
            }
            Out::Launch { spec } => self.launched.push(*spec),
            Out::Signal { workload, signal: Signal::Kill } => {
                self.killed.push(workload);
                self.event(workload, WorkloadEvent::Exited { code: 137 });
            }
            Out::Reply { call, reply } => {
                assert!(self.replies.insert(call.0, reply).is_none(), "a call has one reply");
            }
            Out::Respond { exchange, response } => {
                assert!(self.answers.insert(exchange, *response).is_none(), "one answer");
            }
            Out::Collect { exchange, limit_bytes } => {
                let body = self.bodies.remove(&exchange).unwrap_or(Some(Bytes::new()));
                let body = body.filter(|body| body.len() as u64 <= limit_bytes);
                self.work(|lambda, cx| lambda.collected(cx, exchange, body));
            }
            Out::Call { operation, input, .. } => {
                if operation == "cloudwatch:PutMetricData" {
                    self.metrics.push(input);
                } else if operation == "logs:PutLogEvents" {
                    let events = input["logEvents"].as_array().unwrap();
                    let lines = events.iter().map(|one| one["message"].as_str().unwrap().trim());
                    self.lines.extend(lines.map(str::to_owned));
                }
            }
            Out::Log { .. } => {}
            other => panic!("not asked of this service: {other:?}"),
        }
    }

    /// The reply, if there is one at once, and the number of the call.
    pub(crate) fn start(&mut self, operation: &str, input: &Value) -> u64 {
        let mut heard: Vec<Heard> = Vec::new();
        while let Some(need) = self.lambda.needs(operation, input, &heard) {
            let answer = Answer::Reply(self.known(&need));
            heard.push(Heard { need, answer });
        }
        self.calls += 1;
        let id = self.calls;
        let reply =
            self.work(|lambda, cx| lambda.call_later(cx, CallId(id), operation, input, &heard));
        if let Some(reply) = reply {
            self.replies.insert(id, reply);
        }
        id
    }

    fn known(&self, need: &Need) -> Result<Value, ApiError> {
        match need {
            Need::Reply { service: ServiceName::Platform, .. } if self.trusted => {
                let principal = json!({"Service": "lambda.amazonaws.com"});
                let document = json!({"Statement": [{"Principal": principal}]}).to_string();
                Ok(json!({"Role": {"AssumeRolePolicyDocument": document}}))
            }
            Need::Reply { service: ServiceName::S3, input, .. } if input["Key"] == "f.zip" => {
                Ok(json!({"Standin": {"Blob": "ab".repeat(32), "Length": 10}}))
            }
            Need::Reply { service: ServiceName::S3, .. } => {
                let message = "The specified key does not exist.";
                Err(ApiError::new("NoSuchKey", 404, message))
            }
            _ => Err(ApiError::new("NoSuchEntity", 404, "not there")),
        }
    }

    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "callers write json!() at the call")]
    pub(crate) fn ok(&mut self, operation: &str, input: Value) -> Value {
        let id = self.start(operation, &input);
        let reply = self.replies.remove(&id).expect("a reply at once");
        reply.unwrap_or_else(|error| panic!("{operation} {input}: {error}"))
    }

    /// Code and message of a refusal.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "callers write json!() at the call")]
    pub(crate) fn refused(&mut self, operation: &str, input: Value) -> (String, String) {
        let id = self.start(operation, &input);
        let reply = self.replies.remove(&id).expect("a reply at once");
        let error = reply.expect_err("must be refused");
        (error.code, error.message)
    }

    /// Invokes `f` with an event; gives the number of the call.
    pub(crate) fn invoke(&mut self, payload: &str) -> u64 {
        self.start("Invoke", &json!({"FunctionName": "f", "Payload": payload, "LogType": "Tail"}))
    }

    #[track_caller]
    pub(crate) fn reply(&mut self, call: u64) -> Value {
        self.replies.remove(&call).expect("it has replied").expect("without refusal")
    }

    /// The process that was launched last.
    pub(crate) fn last(&self) -> WorkloadId {
        self.launched.last().expect("a process").id
    }

    pub(crate) fn event(&mut self, process: WorkloadId, event: WorkloadEvent) {
        self.work(|lambda, cx| lambda.workload(cx, process, event));
    }

    /// A process asks at the Runtime API.
    pub(crate) fn asks(
        &mut self,
        process: WorkloadId,
        method: Method,
        path: &str,
        body: Option<Bytes>,
    ) -> ExchangeId {
        self.exchanges += 1;
        let exchange = ExchangeId(self.exchanges);
        let target = format!("/2018-06-01/runtime/{path}");
        let head = RequestHead { method, ..RequestHead::get("127.77.255.254:9001", &target) };
        let request = Request {
            head,
            peer: ([127, 0, 0, 1], 40_000).into(),
            tls: false,
            has_body: true,
            identity: Identity::Workload(process),
            port: 9001,
        };
        self.bodies.insert(exchange, body);
        self.work(|lambda, cx| lambda.request(cx, exchange, request));
        exchange
    }

    /// A process asks for work; the id of what it gets, and what.
    #[track_caller]
    pub(crate) fn next(&mut self, process: WorkloadId) -> (String, String) {
        let exchange = self.asks(process, Method::Get, "invocation/next", None);
        self.work_given(exchange).expect("there is work")
    }

    /// A process asks for work that is not there yet.
    pub(crate) fn waits(&mut self, process: WorkloadId) -> ExchangeId {
        let exchange = self.asks(process, Method::Get, "invocation/next", None);
        assert!(!self.answers.contains_key(&exchange));
        exchange
    }

    /// What a process that waits was given.
    pub(crate) fn work_given(&mut self, exchange: ExchangeId) -> Option<(String, String)> {
        let response = self.answers.remove(&exchange)?;
        assert_eq!(response.head.status, 200);
        let id = response.head.headers.get("Lambda-Runtime-Aws-Request-Id").unwrap().to_owned();
        Some((id, text(&response)))
    }

    /// A process posts; gives the status.
    pub(crate) fn posts(&mut self, process: WorkloadId, path: &str, body: &str) -> u16 {
        let body = Some(Bytes::copy_from_slice(body.as_bytes()));
        let exchange = self.asks(process, Method::Post, path, body);
        self.answers.remove(&exchange).expect("an answer").head.status
    }

    /// A process carries out what it has been given.
    #[track_caller]
    pub(crate) fn responds(&mut self, process: WorkloadId, id: &str, body: &str) {
        assert_eq!(self.posts(process, &format!("invocation/{id}/response"), body), 202);
    }

    /// Lets time pass, with all that falls due.
    pub(crate) fn later_ms(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        while let Some(due) = self.lambda.deadline().filter(|due| due.at <= until) {
            self.now = self.now.max(due.at);
            self.work(Service::on_deadline);
        }
        self.now = until;
    }

    /// The service as it comes back from its records.
    pub(crate) fn restart(&mut self) {
        self.lambda = Lambda::new();
        for ((kind, id), document) in self.records.clone() {
            let record = Record { kind, id, document: Some(document) };
            self.lambda.restore(&record).unwrap();
        }
        self.work(Service::restored);
    }

    /// A viewer asks at a function URL.
    pub(crate) fn visit(&mut self, request: RequestHead, body: Option<&str>) -> ExchangeId {
        self.exchanges += 1;
        let exchange = ExchangeId(self.exchanges);
        let request = Request {
            head: RequestHead { version: Version::Http11, ..request },
            peer: ([192, 0, 2, 7], 40_000).into(),
            tls: true,
            has_body: body.is_some(),
            identity: Identity::Anonymous,
            port: 443,
        };
        if let Some(body) = body {
            self.bodies.insert(exchange, Some(Bytes::copy_from_slice(body.as_bytes())));
        }
        self.work(|lambda, cx| lambda.request(cx, exchange, request));
        exchange
    }
}

pub(crate) fn creation(name: &str) -> Value {
    json!({
        "FunctionName": name, "Runtime": "provided.al2023", "Handler": "h", "Role": ROLE,
        "Code": {"S3Bucket": "b", "S3Key": "f.zip"},
    })
}

pub(crate) fn text(response: &Response) -> String {
    match &response.body {
        Body::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        Body::Empty => String::new(),
        other => panic!("not a body of this service: {other:?}"),
    }
}
