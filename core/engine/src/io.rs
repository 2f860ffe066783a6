//! The border between engine and driver: what happened ([`Input`]) and what to do ([`Effect`]).
//! Both drivers handle every variant; a new service adds none.

use std::sync::Arc;

use standin_kernel::control::Record;
use standin_kernel::dns::{Answer, Question};
use standin_kernel::evaluation::{Evaluated, Evaluation};
use standin_kernel::fault::{Fault, Mode};
use standin_kernel::workload::{Exec, Signal, WorkloadEvent, WorkloadId, WorkloadSpec};
use standin_kernel::{
    ApiError, BlobId, Bytes, Duration, ExchangeId, Fact, LegRequest, LinkFailure, Request,
    Response, ServiceName, Value,
};

/// One request the engine makes of the outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId(pub u64);

/// One run of a function at the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u64);

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// A viewer asks; `exchange` comes from `Engine::open`. `trace`: collect the facts.
    Request {
        exchange: ExchangeId,
        request: Box<Request>,
        trace: bool,
    },
    /// The viewer closed the connection before it was fully answered.
    ViewerGone {
        exchange: ExchangeId,
    },
    /// The leg needs a new connection, which is being opened: its response timeout waits.
    Connecting {
        leg: LegId,
    },
    /// The connection is open and the request is on its way.
    Connected {
        leg: LegId,
    },
    /// The head of a leg's answer. A body that came whole is `Body::Bytes`, a longer one
    /// `Body::Relay`, to be followed by `RelayDone`.
    Response {
        leg: LegId,
        response: Box<Response>,
    },
    Failed {
        leg: LegId,
        failure: LinkFailure,
    },
    /// A relayed body ended; `body_bytes` reached the viewer.
    RelayDone {
        leg: LegId,
        end: RelayEnd,
        body_bytes: u64,
    },
    /// The copy a service asked for with `keep`.
    Kept {
        service: ServiceName,
        keep: u64,
        body: Option<Bytes>,
    },
    /// The body that `Effect::Collect` asked for; `None` when it was too large or broke off.
    Collected {
        exchange: ExchangeId,
        body: Option<Bytes>,
    },
    Workload {
        workload: WorkloadId,
        event: WorkloadEvent,
    },
    /// Somebody calls an operation; the answer is `Effect::Reply` with the same ticket.
    Call {
        ticket: u64,
        service: ServiceName,
        operation: String,
        input: Value,
    },
    Break {
        ticket: u64,
        target: String,
        mode: Mode,
        lasts: Option<Duration>,
    },
    /// Mend what `target` names, or everything.
    Repair {
        ticket: u64,
        target: Option<String>,
    },
    /// The text that `Effect::ReadText` asked for; `None` when there is none.
    Text {
        ticket: u64,
        text: Option<String>,
    },
    /// What came of `Effect::Evaluate`.
    Evaluated {
        run: RunId,
        evaluated: Arc<Evaluated>,
    },
    /// Somebody asks a name server; the answer is `Effect::Dns` with the same ticket.
    Dns {
        ticket: u64,
        question: Question,
    },
    /// The deadline has come.
    Tick,
}

/// How a relayed body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayEnd {
    Complete,
    ViewerGone,
    OriginGone,
}

/// What to do.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Ask another place. `viewer`: on whose behalf, and whose body goes along if `with_body`.
    Send {
        leg: LegId,
        viewer: Option<ExchangeId>,
        request: Box<LegRequest>,
    },
    /// Stop caring about a leg, whatever state it is in.
    Cancel {
        leg: LegId,
    },
    /// Read a viewer's whole body, if it is not larger than this, and give it back as
    /// `Input::Collected` for `exchange`.
    Collect {
        viewer: ExchangeId,
        exchange: ExchangeId,
        limit_bytes: u64,
    },
    Respond(Box<Respond>),
    /// Close the viewer's connection without an answer.
    Abort {
        exchange: ExchangeId,
    },
    Launch {
        spec: Box<WorkloadSpec>,
    },
    Signal {
        workload: WorkloadId,
        signal: Signal,
    },
    Exec {
        workload: WorkloadId,
        exec: Exec,
    },
    /// Make these records durable, all or none, before any `Reply` that follows is sent.
    Store {
        records: Vec<(ServiceName, Record)>,
    },
    Reply {
        ticket: u64,
        reply: Result<Value, ApiError>,
    },
    /// Run a function; the outcome is `Input::Evaluated`.
    Evaluate {
        run: RunId,
        evaluation: Box<Evaluation>,
    },
    /// Give the whole of a stored body back as `Input::Text`, if it is UTF-8.
    ReadText {
        ticket: u64,
        blob: BlobId,
    },
    /// Store a body under the name that its content gives it, before the records that follow.
    WriteBlob {
        blob: BlobId,
        bytes: Bytes,
    },
    /// Answer a question.
    Dns {
        ticket: u64,
        answer: Answer,
    },
    Log {
        source: &'static str,
        line: String,
    },
}

/// An answer to a viewer.
#[derive(Clone, Debug)]
pub struct Respond {
    pub exchange: ExchangeId,
    pub response: Response,
    /// For a relayed body: the leg it comes from.
    pub relay: Option<LegId>,
    /// Hand a copy of the relayed body back as `Input::Kept`.
    pub keep: Option<(ServiceName, u64)>,
    /// Why, when tracing was asked for.
    pub facts: Vec<Fact>,
}

/// A fault and when it was put there, as `status` shows it.
#[derive(Clone, Debug)]
pub struct ActiveFault {
    pub fault: Fault,
    pub since: standin_kernel::Time,
}
