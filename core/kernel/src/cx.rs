//! What a machine is given on every call, and the closed set of things it may ask for.

use std::net::Ipv4Addr;

use bytes::Bytes;

use crate::control::{ApiError, CallId, Record};
use crate::evaluation::Evaluation;
use crate::exchange::{BlobId, Caller, ExchangeId, LegRequest, Response};
use crate::fact::Fact;
use crate::service::ServiceName;
use crate::time::{Duration, Time};
use crate::workload::{Exec, Signal, WorkloadId, WorkloadSpec};
use crate::{Rng, Value};

/// How long AWS's own waiting takes: propagation, provisioning, starting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// As short as the machine allows; timeouts and intervals of the template keep their values.
    #[default]
    Fast,
    /// About as long as on AWS.
    Aws,
}

/// The surroundings of a run that never change while it lasts.
#[derive(Clone, Debug)]
pub struct Env {
    /// Twelve digits.
    pub account: String,
    pub region: String,
    pub pace: Pace,
    /// First two octets of the addresses tasks get: `[127, 77]` gives 127.77.x.y.
    pub task_network: [u8; 2],
}

impl Env {
    /// `fast` when the pace is [`Pace::Fast`], else `aws`.
    pub const fn paced(&self, fast: Duration, aws: Duration) -> Duration {
        match self.pace {
            Pace::Fast => fast,
            Pace::Aws => aws,
        }
    }

    /// The address of host number `host` (1 to 65,534) in the task network.
    pub fn task_address(&self, host: u16) -> Ipv4Addr {
        let [high, low] = host.to_be_bytes();
        Ipv4Addr::new(self.task_network[0], self.task_network[1], high, low)
    }
}

impl Default for Env {
    fn default() -> Self {
        Self {
            account: "123456789012".into(),
            region: "ap-northeast-1".into(),
            pace: Pace::Fast,
            task_network: [127, 77],
        }
    }
}

/// What a machine asks to be done. The set is closed: a new service adds no verb.
#[derive(Clone, Debug)]
pub enum Out {
    /// Ask another place over HTTP on behalf of `caller`; outcome comes back through
    /// `Service::response` or `Service::failed`. A caller has at most one such request under way.
    Send {
        caller: Caller,
        request: Box<LegRequest>,
    },
    /// Drop the request that `caller` has under way; no outcome will be delivered.
    Cancel {
        caller: Caller,
    },
    /// Answer an exchange. Exactly once for each exchange.
    Respond {
        exchange: ExchangeId,
        response: Box<Response>,
    },
    /// Read the body of the request that opened an exchange, whole; it comes back through
    /// `Service::collected`. To be asked once, and not beside a `Send` with that body.
    Collect {
        exchange: ExchangeId,
        limit_bytes: u64,
    },
    /// The reply to a call that `Service::call_later` put off. Exactly once for each of them.
    Reply {
        call: CallId,
        reply: Result<Value, ApiError>,
    },
    /// Call an operation of another service by name; the reply comes to `Service::reply` with
    /// `ticket`. Calls are carried out in order, after the current call of the machine returns.
    Call {
        ticket: u64,
        service: ServiceName,
        operation: String,
        input: Value,
    },
    /// Start one container.
    Launch {
        spec: Box<WorkloadSpec>,
    },
    Signal {
        workload: WorkloadId,
        signal: Signal,
    },
    /// Run a command inside a container (a health check).
    Exec {
        workload: WorkloadId,
        exec: Exec,
    },
    /// Run a function at the edge; what came of it goes to `Service::evaluated` with `ticket`.
    Evaluate {
        ticket: u64,
        evaluation: Box<Evaluation>,
    },
    /// Remember a record (or, with `None` as document, forget it) across restarts.
    Store(Record),
    /// Store a body under the name that its content gives it (SHA-256), before the records of this
    /// step.
    Write {
        blob: BlobId,
        bytes: Bytes,
    },
    /// One line for the user's log: what happened, in AWS's words where AWS has words for it.
    Log {
        source: &'static str,
        line: String,
    },
}

/// The context of one call: time, chance, surroundings, and a place to leave what is to be done.
#[derive(Debug)]
pub struct Cx<'a> {
    pub now: Time,
    pub rng: &'a mut Rng,
    pub env: &'a Env,
    pub out: &'a mut Vec<Out>,
    /// The service whose call this is; `None`: the account's own call, or no call at all.
    pub asked_by: Option<ServiceName>,
    /// Set only while somebody looks at the current exchange (`explain`, a drill).
    pub facts: Option<&'a mut Vec<Fact>>,
}

impl Cx<'_> {
    pub fn emit(&mut self, out: Out) {
        self.out.push(out);
    }

    pub fn send(&mut self, caller: Caller, request: LegRequest) {
        self.emit(Out::Send { caller, request: Box::new(request) });
    }

    pub fn respond(&mut self, exchange: ExchangeId, response: Response) {
        self.emit(Out::Respond { exchange, response: Box::new(response) });
    }

    pub fn call(&mut self, ticket: u64, service: ServiceName, operation: &str, input: Value) {
        self.emit(Out::Call { ticket, service, operation: operation.to_owned(), input });
    }

    pub fn store(&mut self, kind: &'static str, id: &str, document: Option<Value>) {
        self.emit(Out::Store(Record { kind: kind.into(), id: id.to_owned(), document }));
    }

    pub fn log(&mut self, source: &'static str, line: impl Into<String>) {
        self.emit(Out::Log { source, line: line.into() });
    }

    /// Notes why something was decided. `make` runs only while somebody looks.
    pub fn note(&mut self, make: impl FnOnce() -> Fact) {
        if let Some(facts) = &mut self.facts {
            facts.push(make());
        }
    }
}
