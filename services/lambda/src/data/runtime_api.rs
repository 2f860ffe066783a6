//! The Runtime API: what a process asks for and says, and in which order it may (LAM-RT-01 to
//! LAM-RT-07).

use standin_kernel::function::RESPONSE_BYTES_MAX;
use standin_kernel::workload::WorkloadId;
use standin_kernel::{
    Body, Bytes, Cx, ExchangeId, Method, Out, Request, Response, ResponseHead, json,
};

use super::Timer;
use super::environment::Phase;
use super::outcome::Outcome;
use crate::Lambda;

const ROOT: &str = "/2018-06-01/runtime/";

/// A body on its way from a process.
#[derive(Clone, Debug)]
pub(crate) struct Posted {
    environment: u64,
    process: WorkloadId,
    what: What,
}

/// What a process says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Response(String),
    Error(String),
    InitError,
}

impl Lambda {
    /// A process asks.
    pub(crate) fn runtime_request(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        process: WorkloadId,
        request: &Request,
    ) {
        let number = self.live.processes.get(&process).copied();
        let environment = number.and_then(|number| self.live.environments.get(&number));
        let Some((number, environment)) = number.zip(environment) else {
            return refuse(cx, exchange, 403, "InvalidStateTransition", "the environment is over");
        };
        if environment.process != Some(process) {
            return refuse(cx, exchange, 403, "InvalidStateTransition", "the environment is over");
        }
        let phase = environment.phase;
        let path = request.head.path().strip_prefix(ROOT).unwrap_or_default();
        let what = match (&request.head.method, path) {
            (Method::Get, "invocation/next") => return self.next(cx, exchange, number, phase),
            (Method::Post, "init/error") => What::InitError,
            (Method::Post, path) => match path.split('/').collect::<Vec<_>>()[..] {
                ["invocation", id, "response"] => What::Response(id.to_owned()),
                ["invocation", id, "error"] => What::Error(id.to_owned()),
                _ => return unknown(cx, exchange),
            },
            _ => return unknown(cx, exchange),
        };
        let current = environment.run.as_ref().map(|run| run.invocation.id.as_str());
        let refusal = match (&what, phase) {
            (What::InitError, Phase::Init | Phase::InitAgain) => None,
            (What::InitError, _) => Some((403, "InvalidStateTransition", "Transition failed")),
            (What::Response(id) | What::Error(id), Phase::Busy) if Some(&**id) == current => None,
            // LAM-RT-06.
            _ => Some((400, "InvalidRequestID", "Invalid request ID")),
        };
        if let Some((status, kind, message)) = refusal {
            return refuse(cx, exchange, status, kind, message);
        }
        self.live.posted.insert(exchange, Posted { environment: number, process, what });
        cx.emit(Out::Collect { exchange, limit_bytes: RESPONSE_BYTES_MAX });
    }

    fn next(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, number: u64, phase: Phase) {
        match phase {
            Phase::Init | Phase::InitAgain | Phase::Answered => self.ready(cx, number, exchange),
            Phase::Idle => {
                // It asks once more, perhaps over a new connection: this one counts.
                if let Some(environment) = self.live.environments.get_mut(&number) {
                    environment.next = Some(exchange);
                }
            }
            Phase::Busy | Phase::Cold => {
                refuse(cx, exchange, 403, "InvalidStateTransition", "Transition failed");
            }
        }
    }

    /// Hands an environment's invocation over to its process (LAM-RT-02).
    pub(crate) fn deliver(&mut self, cx: &mut Cx<'_>, number: u64) {
        let began = self.live.environments.get(&number).and_then(|one| one.run.as_ref()?.began);
        if began.is_none() {
            self.begin_time(cx, number);
        }
        let Some(environment) = self.live.environments.get_mut(&number) else { return };
        let (Some(run), Some(next)) = (&environment.run, environment.next.take()) else { return };
        environment.phase = Phase::Busy;
        let invocation = &run.invocation;
        let deadline = self.live.timers.at(&Timer::Timeout(number)).unwrap_or(cx.now);
        let mut head = ResponseHead::new(200);
        let headers = &mut head.headers;
        headers.append("Content-Type", "application/json");
        headers.append("Lambda-Runtime-Aws-Request-Id", &invocation.id);
        headers.append("Lambda-Runtime-Deadline-Ms", deadline.millis().to_string());
        headers.append("Lambda-Runtime-Invoked-Function-Arn", &invocation.arn);
        headers.append("Lambda-Runtime-Trace-Id", trace_id(cx));
        if let Some(context) = &invocation.client_context {
            let plain = standin_kernel::base64::decode(context).unwrap_or_default();
            headers.append("Lambda-Runtime-Client-Context", plain);
        }
        let body = Body::Bytes(invocation.payload.clone());
        cx.respond(next, Response::new(head, body));
    }

    /// What a process said has come whole, or is too large.
    pub(crate) fn runtime_said(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        body: Option<Bytes>,
    ) {
        let Some(posted) = self.live.posted.remove(&exchange) else { return };
        let number = posted.environment;
        let environment = self.live.environments.get(&number);
        let Some(environment) = environment.filter(|one| one.process == Some(posted.process))
        else {
            return refuse(cx, exchange, 403, "InvalidStateTransition", "the environment is over");
        };
        let current = environment.run.as_ref().map(|run| run.invocation.id.as_str());
        let is_current = match &posted.what {
            What::InitError => true,
            What::Response(id) | What::Error(id) => Some(&**id) == current,
        };
        if !is_current {
            return refuse(cx, exchange, 400, "InvalidRequestID", "Invalid request ID");
        }
        let outcome = match (&posted.what, body) {
            (_, None) => {
                let message = "Exceeded maximum allowed payload size (6291556 bytes).";
                refuse(cx, exchange, 413, "RequestEntityTooLarge", message);
                Outcome::response_too_large()
            }
            (What::Response(_), Some(body)) => {
                accepted(cx, exchange);
                Outcome::success(body)
            }
            (What::Error(_) | What::InitError, Some(body)) => {
                accepted(cx, exchange);
                Outcome::posted_error(body)
            }
        };
        if posted.what == What::InitError {
            return self.init_error(cx, number, outcome);
        }
        self.finish_run(cx, number, outcome);
        if let Some(environment) = self.live.environments.get_mut(&number) {
            environment.phase = Phase::Answered;
        }
    }

    /// LAM-RT-04: the first time it is tried again, on the invocation's time.
    fn init_error(&mut self, cx: &mut Cx<'_>, number: u64, outcome: Outcome) {
        let phase = self.live.environments.get(&number).map(|one| one.phase);
        if phase == Some(Phase::Init) {
            let kind = serde_json::from_slice::<standin_kernel::Value>(&outcome.payload);
            let kind = kind.unwrap_or_default();
            let kind = kind["errorType"].as_str().unwrap_or("Runtime.Unknown").to_owned();
            return self.init_failed(cx, number, "error", &kind);
        }
        self.finish_run(cx, number, outcome);
        self.drop_environment(cx, number);
    }

    /// A run is over: its lines, its time, and whoever waits.
    pub(crate) fn finish_run(&mut self, cx: &mut Cx<'_>, number: u64, outcome: Outcome) {
        let Some(environment) = self.live.environments.get_mut(&number) else { return };
        if environment.run.as_ref().is_some_and(|run| run.began.is_none()) {
            self.begin_time(cx, number);
        }
        self.report(cx, number, &outcome);
        let Some(environment) = self.live.environments.get_mut(&number) else { return };
        environment.init_took = None;
        let Some(run) = environment.run.take() else { return };
        if environment.phase != Phase::Busy {
            self.live.timers.clear(&Timer::Timeout(number));
        }
        if let Some(began) = run.began {
            let took = cx.now.since(began);
            self.live.meters.took(cx, &run.invocation.function, took);
        }
        let log = run.log;
        self.end_of_run(cx, run.invocation, outcome, Some(&log));
    }
}

fn trace_id(cx: &mut Cx<'_>) -> String {
    let (seconds, random) = (cx.now.seconds(), cx.rng.hex(24));
    let parent = cx.rng.hex(16);
    format!("Root=1-{seconds:08x}-{random};Parent={parent};Sampled=0")
}

/// LAM-RT-03.
fn accepted(cx: &mut Cx<'_>, exchange: ExchangeId) {
    let body = json!({"status": "OK"}).to_string();
    cx.respond(exchange, Response::text(202, "application/json", body));
}

fn refuse(cx: &mut Cx<'_>, exchange: ExchangeId, status: u16, kind: &str, message: &str) {
    let body = json!({"errorMessage": message, "errorType": kind}).to_string();
    cx.respond(exchange, Response::text(status, "application/json", body));
}

fn unknown(cx: &mut Cx<'_>, exchange: ExchangeId) {
    cx.respond(exchange, Response::text(404, "text/plain", "404 page not found\n"));
}
