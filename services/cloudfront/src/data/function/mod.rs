//! Decides when a function runs and what its outcome makes of a request or an answer (CF-FN-*).
//!
//! `event` is what a function is given, `events` keeps those that are alike, `returned` how its
//! result is read, `headers` which headers it may touch, `request` and `response` what becomes of
//! them, `origin` where it sends a request.

mod event;
mod events;
mod headers;
mod origin;
mod request;
mod response;
mod returned;

use std::sync::Arc;

use standin_kernel::evaluation::{Failure, FailureKind};
use standin_kernel::{
    Body, Caller, Cx, Evaluated, Evaluation, ExchangeId, Fact, Method, Out, Response, Value,
};

pub(super) use events::Events;
use request::Changed;
use returned::Answer;

use super::fetch::{Purpose, Visit};
use super::generated_page::{self, Reason};
use super::viewer::Viewer;
use super::viewer_response::without_body;
use super::{Edge, Open, State, fact};
use crate::config::Function;

/// The values of `X-Cache` that functions cause.
const GENERATED: &str = "FunctionGeneratedResponse from cloudfront";
const EXECUTION_ERROR: &str = "FunctionExecutionError from cloudfront";
const VALIDATION_ERROR: &str = "FunctionValidationError from cloudfront";

/// The two events of a function (CF-FN-01).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventType {
    ViewerRequest,
    ViewerResponse,
}

impl EventType {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ViewerRequest => "viewer-request",
            Self::ViewerResponse => "viewer-response",
        }
    }
}

/// A result that CloudFront refuses, and why: 502 (CF-FN-11).
type Invalid = String;

impl Edge {
    /// Serves a visit that was let in, by way of its viewer-request function if there is one.
    pub(super) fn begin(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, visit: Visit) {
        let Some(function) = visit.viewer.behavior().viewer_request.clone() else {
            return self.serve(cx, exchange, visit);
        };
        let event = self.events.viewer_request(&visit.viewer);
        self.run(cx, exchange, &visit.viewer, &function, Arc::clone(&event));
        let state = State::Calling(event);
        self.open.insert(exchange, Box::new(Open { visit, state, answer: None }));
    }

    /// Answers the viewer, by way of the viewer-response function if one is to run.
    pub(super) fn give(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        visit: Visit,
        response: Response,
    ) {
        let function = visit.viewer.behavior().viewer_response.clone();
        let Some(function) = function.filter(|_| response_runs(&visit, &response)) else {
            return cx.respond(exchange, response);
        };
        let mut event = event::request_event(&visit.viewer, EventType::ViewerResponse);
        event["response"] = event::response(&response);
        self.run(cx, exchange, &visit.viewer, &function, event.into());
        let answer = Some(Box::new(response));
        self.open.insert(exchange, Box::new(Open { visit, state: State::Finishing, answer }));
    }

    fn run(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        viewer: &Viewer,
        function: &Function,
        event: Arc<Value>,
    ) {
        let store = function.store.as_ref().and_then(|id| self.stores.get(id).cloned());
        let evaluation = Evaluation {
            exchange: Some(exchange),
            program: Arc::clone(&function.program),
            event,
            request_id: Some(viewer.id.as_str().into()),
            raw_query: viewer.request.head.query().map(str::to_owned),
            store,
            edge_location: self.names.pop().into(),
            now: cx.now,
            seed: cx.rng.next_u64(),
        };
        cx.emit(Out::Evaluate { ticket: exchange.0, evaluation: Box::new(evaluation) });
    }

    /// What came of the function of the exchange with this number.
    pub(crate) fn evaluated(&mut self, cx: &mut Cx<'_>, ticket: u64, evaluated: &Evaluated) {
        let exchange = ExchangeId(ticket);
        self.move_to(cx, self.edge_of(Caller::Exchange(exchange)));
        // The viewer may have gone meanwhile.
        let Some(open) = self.open.remove(&exchange) else { return };
        let Open { visit, state, answer } = *open;
        match (state, answer) {
            (State::Calling(event), _) => self.called(cx, exchange, visit, (&event, evaluated)),
            (State::Finishing, Some(response)) => {
                self.finishing(cx, exchange, &visit, *response, evaluated);
            }
            (state, answer) => {
                self.open.insert(exchange, Box::new(Open { visit, state, answer }));
            }
        }
    }

    /// A viewer-request function has returned.
    fn called(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        mut visit: Visit,
        (given, evaluated): (&Value, &Evaluated),
    ) {
        let Some(function) = visit.viewer.behavior().viewer_request.clone() else { return };
        log_console(cx, &function, evaluated);
        let event = EventType::ViewerRequest;
        let result = match &evaluated.result {
            Ok(result) => result,
            Err(failure) => {
                let broken = Broken::Run(failure.clone());
                return self.broken(cx, exchange, &visit.viewer, (&function, event), broken);
            }
        };
        match request::changed((&visit.viewer, given), result, &evaluated.origin_calls) {
            Ok(Changed::Request { head, distribution }) => {
                visit.viewer.change(head, distribution);
                note(cx, &visit.viewer, (&function, event), || {
                    let target = visit.viewer.target();
                    (format!("{} lets the request go on to {target}", function.name), "CF-FN-03")
                });
                self.serve(cx, exchange, visit);
            }
            Ok(Changed::Answer(answer)) => {
                note(cx, &visit.viewer, (&function, event), || {
                    (format!("{} answers {} itself", function.name, answer.status), "CF-FN-05")
                });
                let response = self.generated(&visit.viewer, *answer);
                cx.respond(exchange, response);
            }
            Err(why) => {
                let broken = Broken::Result(why);
                self.broken(cx, exchange, &visit.viewer, (&function, event), broken);
            }
        }
    }

    /// The answer that a function made, with what the edge adds to all of its own.
    fn generated(&self, viewer: &Viewer, answer: Answer) -> Response {
        let mut response = generated_page::plain(&self.names, &viewer.id, answer.status, GENERATED);
        for (name, value) in answer.headers.iter() {
            response.head.headers.append(name, value);
        }
        response.body = answer.body.map_or(Body::Empty, Body::Bytes);
        if *viewer.method() == Method::Head { without_body(response) } else { response }
    }

    /// A viewer-response function has returned.
    fn finishing(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        visit: &Visit,
        response: Response,
        evaluated: &Evaluated,
    ) {
        let viewer = &visit.viewer;
        let Some(function) = viewer.behavior().viewer_response.clone() else { return };
        log_console(cx, &function, evaluated);
        let named = (&*function, EventType::ViewerResponse);
        let result = match &evaluated.result {
            Ok(result) => result,
            Err(failure) => {
                return self.broken(cx, exchange, viewer, named, Broken::Run(failure.clone()));
            }
        };
        match response::changed(response, result, *viewer.method() == Method::Head) {
            Ok(response) => {
                note(cx, viewer, named, || {
                    let status = response.head.status;
                    (format!("{} lets the viewer have {status}", function.name), "CF-FN-09")
                });
                cx.respond(exchange, response);
            }
            Err(why) => self.broken(cx, exchange, viewer, named, Broken::Result(why)),
        }
    }

    /// The page in the place of what a function should have given (CF-FN-11). No custom error page
    /// stands in for it.
    fn broken(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        viewer: &Viewer,
        (function, event): (&Function, EventType),
        broken: Broken,
    ) {
        let (status, x_cache, why, says) = match broken {
            Broken::Run(Failure { kind, message }) => {
                let says = format!("{}: {message}", kind_words(kind));
                (503, EXECUTION_ERROR, Reason::FunctionFailed, says)
            }
            Broken::Result(why) => {
                (502, VALIDATION_ERROR, Reason::FunctionInvalid, format!("invalid value: {why}"))
            }
        };
        cx.log("cloudfront", format!("function {}: {says}", function.name));
        note(cx, viewer, (function, event), || {
            (format!("{} fails, {says}", function.name), "CF-FN-11")
        });
        let mut response = generated_page::error(&self.names, &viewer.id, status, why);
        response.head.headers.set("X-Cache", x_cache);
        if *viewer.method() == Method::Head {
            response = without_body(response);
        }
        cx.respond(exchange, response);
    }
}

/// Why a function is of no use.
enum Broken {
    Run(Failure),
    Result(Invalid),
}

const fn kind_words(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Syntax => "its code cannot be read",
        FailureKind::Thrown => "it threw",
        FailureKind::Time => "it took too long",
        FailureKind::Memory => "it needed too much memory",
        FailureKind::NoEvaluator => "it cannot be run",
    }
}

/// CF-FN-08: not for errors, nor for pages in their place.
fn response_runs(visit: &Visit, response: &Response) -> bool {
    visit.wanted.purpose == Purpose::Object && response.head.status < 400
}

fn log_console(cx: &mut Cx<'_>, function: &Function, evaluated: &Evaluated) {
    for line in &evaluated.console {
        cx.log("cloudfront", format!("function {}: {line}", function.name));
    }
}

fn note(
    cx: &mut Cx<'_>,
    viewer: &Viewer,
    (function, event): (&Function, EventType),
    make: impl FnOnce() -> (String, &'static str),
) {
    cx.note(|| -> Fact {
        let (says, row) = make();
        let behavior = &viewer.behavior().property;
        let property = format!("{behavior}.FunctionAssociations[{}]", function.index);
        let step = match event {
            EventType::ViewerRequest => "viewer-request function",
            EventType::ViewerResponse => "viewer-response function",
        };
        fact(step, says).setting(&viewer.distribution.id, property).row(row)
    });
}
