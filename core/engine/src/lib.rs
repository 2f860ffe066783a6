//! All services as one machine: routes inputs, carries calls between services, applies faults,
//! keeps the trace. Two drivers drive it, on sockets and under virtual time; both get the same
//! decisions.
//!
//! Reading order: [`io`] (the border), [`services`] (the list), `exchange` (who asks whom and what
//! becomes of the answer), `route` (where a request goes), `calls` (operations by name),
//! [`faults`], [`record`] (a run written down and repeated).

/// The context of a service's work: time, its own chance, the trace of the viewer it works for.
macro_rules! cx {
    ($engine:ident, $name:expr, $root:expr, $outs:ident) => {{
        $engine.deadlines.touch($name);
        let facts = match $root {
            Some(root) if !$engine.traces.is_empty() => $engine.traces.get_mut(&root),
            _ => None,
        };
        let rng = $engine.chance.entry($name).or_insert_with(|| standin_kernel::Rng::new(0));
        let (now, env) = ($engine.now, &$engine.env);
        standin_kernel::Cx { now, rng, env, out: &mut $outs, facts, asked_by: None }
    }};
}

mod calls;
mod certificate;
mod deadlines;
mod dns;
mod evaluations;
mod exchange;
pub mod faults;
pub mod io;
mod legs;
pub mod network;
mod places;
pub mod record;
mod route;
pub mod services;
mod table;
mod timeouts;
pub mod view;

use std::collections::{BTreeMap, VecDeque};

use standin_kernel::workload::WorkloadEvent;
use standin_kernel::{
    CallId, Cx, Deadline, Env, ExchangeId, Fact, Out, Record, Rng, ServiceName, Time, Timers,
};

pub use crate::certificate::Presented;
pub use crate::dns::{follow, resolve};
pub use crate::io::{ActiveFault, Effect, Input, LegId, RelayEnd, Respond, RunId};
pub use crate::network::{Network, Span};
pub use crate::services::{Services, resource_types};

use crate::calls::{Caller as CallFrom, Operation, PutOff, Waiting};
use crate::deadlines::Deadlines;
use crate::evaluations::Run;
use crate::exchange::Exchange;
use crate::legs::Leg;
use crate::table::Table;
use crate::timeouts::Timeouts;

/// All services, composed. Pure: the same inputs at the same times give the same effects.
#[derive(Clone, Debug)]
pub struct Engine {
    env: Env,
    services: Services,
    chance: BTreeMap<ServiceName, Rng>,
    exchanges: Table<Exchange>,
    legs: Table<Leg>,
    own_legs: BTreeMap<(ServiceName, u64), LegId>,
    traces: BTreeMap<ExchangeId, Vec<Fact>>,
    timeouts: Timeouts,
    deadlines: Deadlines,
    timers: Timers<EngineTimer>,
    faults: Vec<ActiveFault>,
    /// The chance of networks that lose and delay.
    luck: Rng,
    network: Option<Network>,
    work: VecDeque<Work>,
    waiting: Waiting,
    runs: Table<Run>,
    resolver: dns::Resolver,
    put_off: PutOff,
    stores: Vec<(ServiceName, Record)>,
    outs: Vec<Out>,
    effects: Vec<Effect>,
    now: Time,
}

/// Timers of the engine itself; the services keep their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum EngineTimer {
    /// A leg a fault made slow goes on its way.
    HeldLeg(LegId),
    /// A viewer's request a fault made slow is served.
    HeldRequest(ExchangeId),
    FaultEnds,
}

/// What is still to be done within the current step.
#[derive(Clone, Debug)]
enum Work {
    Serve {
        exchange: ExchangeId,
        request: Box<standin_kernel::Request>,
    },
    Answered {
        leg: LegId,
        response: Box<standin_kernel::Response>,
    },
    Failed {
        leg: LegId,
        failure: standin_kernel::LinkFailure,
    },
    Collected {
        exchange: ExchangeId,
        body: Option<standin_kernel::Bytes>,
    },
    Replied {
        call: CallId,
        reply: Result<standin_kernel::Value, standin_kernel::ApiError>,
    },
    Call {
        from: CallFrom,
        service: ServiceName,
        operation: String,
        input: standin_kernel::Value,
    },
    /// A health check within a container that is bad on purpose.
    CheckFailed {
        workload: standin_kernel::workload::WorkloadId,
        ticket: u64,
    },
}

impl Engine {
    /// An engine with nothing in it. Same seed, same ids, same luck.
    pub fn new(env: Env, seed: u64) -> Self {
        let root = Rng::new(seed);
        let chance =
            ServiceName::ALL.into_iter().map(|name| (name, root.fork(name.as_str()))).collect();
        let services = Services::new();
        let mut deadlines = Deadlines::default();
        deadlines.refresh(&services);
        Self {
            env,
            services,
            chance,
            exchanges: Table::default(),
            legs: Table::default(),
            own_legs: BTreeMap::new(),
            traces: BTreeMap::new(),
            timeouts: Timeouts::default(),
            deadlines,
            timers: Timers::default(),
            faults: Vec::new(),
            luck: root.fork("network"),
            network: None,
            work: VecDeque::new(),
            waiting: Waiting::default(),
            runs: Table::default(),
            resolver: dns::Resolver::default(),
            put_off: PutOff::default(),
            stores: Vec::new(),
            outs: Vec::new(),
            effects: Vec::new(),
            now: Time::default(),
        }
    }

    /// Lets chance go another way from here on: copies of one engine that are given different names
    /// have the same past and different futures.
    pub fn fork_chance(&mut self, name: &str) {
        for rng in self.chance.values_mut() {
            *rng = rng.fork(name);
        }
        self.luck = self.luck.fork(name);
    }

    /// Takes back what an earlier run stored, then lets every service rebuild what is live.
    pub fn restore(
        &mut self,
        now: Time,
        records: &[(ServiceName, Record)],
    ) -> Result<Vec<Effect>, String> {
        self.now = now;
        for (service, record) in records {
            self.services
                .get_mut(*service)
                .restore(record)
                .map_err(|why| format!("{service} {} {}: {why}", record.kind, record.id))?;
        }
        for name in ServiceName::ALL {
            self.with(name, None, |service, cx| service.restored(cx));
        }
        Ok(self.finish_step())
    }

    /// Reserves a place for a viewer's request.
    pub fn open(&mut self) -> ExchangeId {
        self.open_at(0)
    }

    /// The same for a viewer who reaches the point of presence number `edge`; 0 is the nearest.
    pub fn open_at(&mut self, edge: u8) -> ExchangeId {
        self.open_to(edge, None)
    }

    /// The same for a viewer whose connection leads to an address that name servers gave out.
    pub fn open_to(&mut self, edge: u8, address: Option<std::net::IpAddr>) -> ExchangeId {
        ExchangeId(self.exchanges.insert(Exchange { edge, address, ..Exchange::viewer() }))
    }

    /// Gives the places distances. Without, as on one machine, there are none.
    pub fn set_network(&mut self, network: Network) {
        self.network = Some(network);
    }

    /// Takes in what happened and says what to do, in order.
    pub fn step(&mut self, now: Time, input: Input) -> Vec<Effect> {
        self.now = self.now.max(now);
        match input {
            Input::Request { exchange, request, trace } => {
                self.viewer_asks(exchange, request, trace);
            }
            Input::ViewerGone { exchange } => {
                self.finish(exchange, standin_kernel::Finish::ViewerGone);
            }
            Input::Connecting { leg } => self.connecting(leg),
            Input::Connected { leg } => self.arm_timeout(leg),
            Input::Response { leg, response } => {
                self.work.push_back(Work::Answered { leg, response });
            }
            Input::Failed { leg, failure } => self.work.push_back(Work::Failed { leg, failure }),
            Input::RelayDone { leg, end, body_bytes } => self.relay_done(leg, end, body_bytes),
            Input::Kept { service, keep, body } => {
                self.with(service, None, |service, cx| service.kept(cx, keep, body));
            }
            Input::Collected { exchange, body } => self.collected(exchange, body),
            Input::Workload { workload, event } => self.workload_event(workload, event),
            Input::Call { ticket, service, operation, input } => {
                let from = CallFrom::Driver { ticket };
                self.work.push_back(Work::Call { from, service, operation, input });
            }
            Input::Break { ticket, target, mode, lasts } => {
                let reply = self.break_target(&target, mode, lasts);
                self.effects.push(Effect::Reply { ticket, reply });
            }
            Input::Repair { ticket, target } => {
                let reply = self.repair(target.as_deref());
                self.effects.push(Effect::Reply { ticket, reply });
            }
            Input::Text { ticket, text } => self.heard_text(ticket, text),
            Input::Evaluated { run, evaluated } => self.evaluated(run, evaluated),
            Input::Dns { ticket, question } => self.name_asked(ticket, &question),
            Input::Tick => {}
        }
        self.do_what_is_due();
        self.finish_step()
    }

    /// Takes a list of effects back that has been carried out, to use it again: a step then asks
    /// for no memory.
    pub fn take_back(&mut self, mut effects: Vec<Effect>) {
        if self.effects.capacity() == 0 {
            effects.clear();
            self.effects = effects;
        }
    }

    /// When the engine wants to be called again if nothing else happens.
    pub fn deadline(&self) -> Option<Deadline> {
        let mut earliest = self.timers.deadline();
        let timeout = self.timeouts.deadline().map(|at| Deadline { at, why: "response timeout" });
        earliest = Deadline::earliest(earliest, timeout);
        Deadline::earliest(earliest, self.deadlines.earliest())
    }

    /// The answer to a request whose head cannot be read, as the edge words it.
    pub fn malformed(&mut self, now: Time, status: u16) -> standin_kernel::Response {
        self.now = self.now.max(now);
        let mut outs = Vec::new();
        let name = ServiceName::CloudFront;
        let rng = self.chance.entry(name).or_insert_with(|| Rng::new(0));
        let mut cx =
            Cx { now: self.now, rng, env: &self.env, out: &mut outs, facts: None, asked_by: None };
        self.services.cloudfront.generated_error(&mut cx, status)
    }

    /// The services, to look at.
    pub const fn services(&self) -> &Services {
        &self.services
    }

    pub const fn env(&self) -> &Env {
        &self.env
    }

    /// How many exchanges are open, for checks that nothing is leaked.
    pub fn open_exchanges(&self) -> usize {
        self.exchanges.len()
    }

    /// How many of them are one service's: functions that wait for work have one each at Lambda.
    pub fn open_exchanges_of(&self, service: ServiceName) -> usize {
        self.exchanges.values().filter(|exchange| exchange.service == Some(service)).count()
    }

    fn do_what_is_due(&mut self) {
        self.drain();
        if self.deadlines.is_any_due(&self.services, self.now) {
            for name in ServiceName::ALL {
                if self.deadlines.is_due(name, &self.services, self.now) {
                    self.with(name, None, |service, cx| service.on_deadline(cx));
                }
            }
        }
        while let Some((at, leg)) = self.timeouts.pop(self.now) {
            self.timed_out(at, leg);
        }
        while let Some(timer) = self.timers.pop(self.now) {
            match timer {
                EngineTimer::HeldLeg(leg) => self.release_leg(leg),
                EngineTimer::HeldRequest(exchange) => self.release_request(exchange),
                EngineTimer::FaultEnds => self.end_faults(),
            }
        }
        self.drain();
    }

    /// Works off the queue; what each piece causes joins its end.
    fn drain(&mut self) {
        let mut calls = 0;
        while let Some(work) = self.work.pop_front() {
            match work {
                Work::Serve { exchange, request } => self.serve(exchange, request),
                Work::Answered { leg, response } => self.answered(leg, *response),
                Work::Failed { leg, failure } => self.leg_failed(leg, failure),
                Work::Collected { exchange, body } => self.collected(exchange, body),
                Work::Replied { call, reply } => self.replied(call, reply),
                Work::CheckFailed { workload, ticket } => {
                    let event = WorkloadEvent::ExecDone { ticket, code: Some(1) };
                    self.workload_event(workload, event);
                }
                Work::Call { from, service, operation, input } => {
                    calls += 1;
                    assert!(
                        calls <= standin_kernel::limits::CALLS_PER_INPUT_MAX,
                        "services call each other without end: {service}:{operation}"
                    );
                    self.carry_out(Operation { from, to: service, name: operation, input });
                }
            }
        }
    }

    fn finish_step(&mut self) -> Vec<Effect> {
        self.drain();
        if !self.stores.is_empty() {
            let records = std::mem::take(&mut self.stores);
            let bodies = |effect: &&Effect| matches!(effect, Effect::WriteBlob { .. });
            let at = self.effects.iter().take_while(bodies).count();
            // Before everything else: a reply must never outrun what it acknowledges.
            self.effects.insert(at, Effect::Store { records });
        }
        self.deadlines.refresh(&self.services);
        std::mem::take(&mut self.effects)
    }

    /// Lets a service work, then takes up what it asked for. `root`: the viewer's exchange it works
    /// for, whose trace the facts join.
    fn with<R>(
        &mut self,
        name: ServiceName,
        root: Option<ExchangeId>,
        work: impl FnOnce(&mut dyn standin_kernel::Service, &mut Cx<'_>) -> R,
    ) -> R {
        let mut outs = std::mem::take(&mut self.outs);
        let mut cx = cx!(self, name, root, outs);
        let result = work(self.services.get_mut(name), &mut cx);
        self.take_up_all(name, outs);
        result
    }

    /// Takes up what a service asked for, and keeps the list for the next one.
    fn take_up_all(&mut self, name: ServiceName, mut outs: Vec<Out>) {
        for out in outs.drain(..) {
            self.take_up(name, out);
        }
        self.outs = outs;
    }

    fn take_up(&mut self, service: ServiceName, out: Out) {
        match out {
            Out::Send { caller, request } => self.send(service, caller, request),
            Out::Cancel { caller } => self.cancel(service, caller),
            Out::Respond { exchange, response } => self.respond(exchange, *response),
            Out::Collect { exchange, limit_bytes } => self.collect(exchange, limit_bytes),
            Out::Reply { call, reply } => self.work.push_back(Work::Replied { call, reply }),
            Out::Call { ticket, service: to, operation, input } => {
                let from = CallFrom::Service { service, ticket };
                self.work.push_back(Work::Call { from, service: to, operation, input });
            }
            Out::Launch { spec } => self.launch(spec),
            Out::Signal { workload, signal } => {
                self.effects.push(Effect::Signal { workload, signal });
            }
            Out::Exec { workload, exec } if self.is_badly_deployed(workload) => {
                self.work.push_back(Work::CheckFailed { workload, ticket: exec.ticket });
            }
            Out::Exec { workload, exec } => self.effects.push(Effect::Exec { workload, exec }),
            Out::Evaluate { ticket, evaluation } => self.evaluate(service, ticket, evaluation),
            Out::Store(record) => self.stores.push((service, record)),
            // No record may outrun the body that it names.
            Out::Write { blob, bytes } => {
                self.effects.insert(0, Effect::WriteBlob { blob, bytes });
            }
            Out::Log { source, line } => self.effects.push(Effect::Log { source, line }),
        }
    }
}
