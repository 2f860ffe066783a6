//! The driver under virtual time: a queue of events, a clock that jumps to the next one, and the
//! engine that also runs on the real machine.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use standin_engine::{Effect, Engine, Input, LegId, Respond, RunId};
use standin_kernel::workload::{
    Exec, Signal, WorkloadEvent, WorkloadId, WorkloadKind, WorkloadSpec,
};
use standin_kernel::{
    Address, ApiError, BlobId, Body, Bytes, Duration, Env, Evaluated, Evaluation, Evaluator,
    ExchangeId, Fact, LegRequest, LinkFailure, Request, RequestHead, Response, ResponseHead, Rng,
    ServiceName, Time, Value, json,
};

pub use crate::arrival::{Arrival, Scheme};
use crate::blob::text_of;
use crate::database::{self, Databases, Reach};
use crate::evaluate::evaluate;
use crate::function::{Functions, Happens};
use crate::network::Distances;
use crate::resolver::Resolvers;
use crate::viewer::Visits;
use crate::workload::{Asked, Container, Desk, Model, one_shots};

/// Engine, clock and everything around them.
#[derive(Clone, Debug)]
pub struct World {
    engine: Engine,
    now: Time,
    queue: BTreeMap<(Time, u64), Event>,
    sequence: u64,
    workloads: BTreeMap<WorkloadId, Container>,
    databases: Databases,
    /// Who listens where.
    ports: BTreeMap<SocketAddr, WorkloadId>,
    pub(crate) blobs: BTreeMap<BlobId, Bytes>,
    answers: BTreeMap<ExchangeId, Seen>,
    /// Exchanges whose answers nobody looks at.
    unwatched: BTreeSet<ExchangeId>,
    /// Requests that reached containers' addresses, while somebody keeps count.
    delivered: Option<Vec<Delivered>>,
    log: Vec<String>,
    distances: Distances,
    luck: Rng,
    /// When the engine wants to be called; `None`: to be asked again, since it has been called.
    due: Option<Option<Time>>,
    /// Who runs functions at the edge.
    evaluator: Option<Arc<dyn Evaluator>>,
    pub(crate) functions: Functions,
    pub(crate) visits: Visits,
    pub(crate) resolvers: Resolvers,
    /// What name servers answered last.
    told: Option<standin_kernel::dns::Answer>,
}

/// What a viewer got.
#[derive(Clone, Debug)]
pub struct Seen {
    pub at: Time,
    /// `None`: the connection was closed without an answer.
    pub answer: Option<(ResponseHead, Bytes)>,
    pub facts: Vec<Fact>,
}

/// A request that was sent to the address of a task, by a load balancer on behalf of a viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivered {
    pub at: Time,
    pub to: SocketAddr,
}

/// Small, since the queue moves them about.
#[derive(Clone, Debug)]
enum Event {
    Asked {
        exchange: ExchangeId,
        request: Box<Request>,
        trace: bool,
    },
    Arrived(ExchangeId, Box<Seen>),
    Started(WorkloadId),
    Ended(WorkloadId, i32),
    Happened(WorkloadId, Box<WorkloadEvent>),
    Answer {
        leg: LegId,
        workload: WorkloadId,
        response: Box<Response>,
    },
    /// The body of a request is here.
    Collected(ExchangeId, Box<Bytes>),
    Function(Box<Happens>),
    NoAnswer(LegId, LinkFailure),
    Read {
        ticket: u64,
        blob: BlobId,
    },
    Evaluated {
        run: RunId,
        evaluated: Arc<Evaluated>,
    },
}

/// How long it takes until a machine says that nobody listens, or runs a command.
const AT_ONCE: Duration = Duration::from_millis(1);
/// From SIGKILL to the end of the process.
const DYING: Duration = Duration::from_millis(10);
/// Virtual time a stack operation may take before the world gives up on it.
const OPERATION_MAX: Duration = Duration::from_secs(4 * 3600);

impl World {
    /// An empty world at a moment of its own. Same seed, same story.
    pub fn new(env: Env, seed: u64) -> Self {
        let distances = Distances::default();
        let mut engine = Engine::new(env, seed);
        engine.set_network(distances.inside());
        Self {
            engine,
            now: Time::from_seconds(1_800_000_000),
            queue: BTreeMap::new(),
            sequence: 0,
            workloads: BTreeMap::new(),
            databases: Databases::default(),
            ports: BTreeMap::new(),
            blobs: BTreeMap::new(),
            answers: BTreeMap::new(),
            unwatched: BTreeSet::new(),
            delivered: None,
            log: Vec::new(),
            distances,
            luck: Rng::new(seed).fork("world"),
            due: None,
            evaluator: None,
            functions: Functions::default(),
            visits: Visits::default(),
            resolvers: Resolvers::default(),
            told: None,
        }
    }

    /// Lets functions at the edge run. Without, each of them fails.
    pub fn set_evaluator(&mut self, evaluator: Arc<dyn Evaluator>) {
        self.evaluator = Some(evaluator);
    }

    /// Moves the places nearer to each other or further away.
    pub fn set_distances(&mut self, distances: Distances) {
        self.distances = distances;
        self.engine.set_network(distances.inside());
    }

    /// Lets chance go another way from here on, so that copies of one world differ.
    pub fn fork_chance(&mut self, name: &str) {
        self.engine.fork_chance(name);
        self.luck = self.luck.fork(name);
    }

    pub const fn now(&self) -> Time {
        self.now
    }

    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Takes the requests of viewers that were sent to tasks since the last call; the first call
    /// begins to keep count. Health checks do not count.
    pub fn delivered(&mut self) -> Vec<Delivered> {
        self.delivered.replace(Vec::new()).unwrap_or_default()
    }

    /// What the engine logged so far.
    pub fn log(&self) -> &[String] {
        &self.log
    }

    /// Calls an operation now.
    pub fn call(
        &mut self,
        service: ServiceName,
        operation: &str,
        input: Value,
    ) -> Result<Value, ApiError> {
        let blobs = &self.blobs;
        let texts = |id: BlobId| text_of(blobs, id);
        let evaluator = self.evaluator.as_deref();
        let run = |evaluation: &Evaluation| evaluate(evaluator, evaluation);
        let (reply, effects) = self.engine.call(self.now, service, operation, input, texts, run);
        self.carry_out(effects);
        reply
    }

    /// What the name servers of hosted zones answer now.
    pub fn ask_name_server(
        &mut self,
        question: standin_kernel::dns::Question,
    ) -> standin_kernel::dns::Answer {
        self.step(Input::Dns { ticket: u64::MAX, question });
        self.told.take().unwrap_or_default()
    }

    /// Does what happens to the world, not to a service: `break`, `repair`.
    pub fn act(&mut self, act: &crate::drill::Act) -> Result<(), ApiError> {
        let ticket = u64::MAX;
        let input = match act.clone() {
            crate::drill::Act::Break { target, mode, lasts } => {
                Input::Break { ticket, target, mode, lasts }
            }
            crate::drill::Act::Repair { target } => Input::Repair { ticket, target },
        };
        let mut effects = self.engine.step(self.now, input);
        let reply = effects.iter().position(|effect| matches!(effect, Effect::Reply { .. }));
        let reply = reply.map(|at| effects.remove(at));
        self.carry_out(effects);
        match reply {
            Some(Effect::Reply { reply, .. }) => reply.map(drop),
            _ => Ok(()),
        }
    }

    /// A viewer asks; the answer is found with [`World::seen`] once time has passed.
    pub fn ask(&mut self, host: &str, target: &str, trace: bool) -> ExchangeId {
        let mut head = RequestHead::get(host, target);
        head.headers.append("User-Agent", "standin-drill");
        self.request(head, trace)
    }

    /// The same with any method and headers; without a body.
    pub fn request(&mut self, head: RequestHead, trace: bool) -> ExchangeId {
        self.request_as(head, Arrival::default(), trace)
    }

    /// The same from somewhere else or over another connection.
    pub fn request_as(&mut self, head: RequestHead, arrival: Arrival, trace: bool) -> ExchangeId {
        let exchange = self.engine.open_to(arrival.edge, arrival.address);
        let tls = match arrival.scheme {
            Scheme::Http => false,
            Scheme::Https => true,
            Scheme::Suited => {
                let host = head.host().unwrap_or_default();
                self.engine.wants_tls(host, arrival.address, head.path())
            }
        };
        let request = Box::new(Request {
            head,
            peer: arrival.peer,
            tls,
            has_body: arrival.has_body,
            identity: standin_kernel::Identity::Anonymous,
            port: 8080,
        });
        let trip = self.distances.viewer_edge.trip(&mut self.luck);
        let on_its_way = if arrival.new_connection { trip * 5 / 2 } else { trip / 2 };
        if on_its_way.is_zero() {
            self.step(Input::Request { exchange, request, trace });
        } else {
            self.later(on_its_way, Event::Asked { exchange, request, trace });
        }
        exchange
    }

    /// One of a crowd asks; nobody looks at the answer.
    pub fn ask_unwatched(&mut self, head: RequestHead) {
        let exchange = self.request(head, false);
        self.unwatched.insert(exchange);
    }

    /// Takes the answer a viewer got, if it has come.
    pub fn seen(&mut self, exchange: ExchangeId) -> Option<Seen> {
        let has_come = self.answers.get(&exchange)?.at <= self.now;
        if has_come { self.answers.remove(&exchange) } else { None }
    }

    /// Lets time pass until `until`, doing all that falls due.
    pub fn run_until(&mut self, until: Time) {
        while self.advance(until) {}
        self.now = self.now.max(until);
    }

    /// Lets time pass until `done` says so; `false` when it has not within four virtual hours.
    pub fn run_while(&mut self, mut going_on: impl FnMut(&mut Self) -> bool) -> bool {
        let end = self.now + OPERATION_MAX;
        while going_on(self) {
            if !self.advance(end) {
                return false;
            }
        }
        true
    }

    /// Jumps to the next event not after `until` and does it.
    fn advance(&mut self, until: Time) -> bool {
        let queued = self.queue.first_key_value().map(|((at, _), _)| *at);
        let engine = &self.engine;
        let due = *self.due.get_or_insert_with(|| engine.deadline().map(|deadline| deadline.at));
        let next = match (queued, due) {
            (Some(queued), Some(due)) => queued.min(due),
            (one, other) => match one.or(other) {
                Some(at) => at,
                None => return false,
            },
        };
        if next > until {
            return false;
        }
        self.now = self.now.max(next);
        if queued == Some(next)
            && let Some((_, event)) = self.queue.pop_first()
        {
            self.happen(event);
        } else {
            self.step(Input::Tick);
        }
        true
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Asked { exchange, request, trace } => {
                self.step(Input::Request { exchange, request, trace });
            }
            Event::Arrived(exchange, seen) => {
                if let Some(seen) = self.arrived(exchange, *seen) {
                    self.answers.insert(exchange, seen);
                }
            }
            Event::Started(id) => {
                let Some(container) = self.workloads.get_mut(&id) else { return };
                container.running_since = Some(self.now);
                let (ends, code) = (container.model.ends_after, container.model.exit_code);
                let patience = container.model.database_timeout;
                self.step(Input::Workload { workload: id, event: WorkloadEvent::Started });
                if let Some(after) = ends {
                    // A migration ends in vain without its database.
                    let reach = self.ask_databases(id);
                    if let Some((after, code)) = database::ends(reach, after, code, patience) {
                        self.later(after, Event::Ended(id, code));
                    }
                }
            }
            Event::Ended(id, code) => {
                if self.function_ended(id) {
                    let event = WorkloadEvent::Exited { code };
                    self.step(Input::Workload { workload: id, event });
                }
                if let Some(container) = self.workloads.remove(&id) {
                    for place in container.places() {
                        self.ports.remove(&place);
                    }
                    let event = WorkloadEvent::Exited { code };
                    self.step(Input::Workload { workload: id, event });
                }
            }
            Event::Happened(workload, event) => {
                self.step(Input::Workload { workload, event: *event });
            }
            Event::Answer { leg, workload, response } => {
                // Who ends takes the answers it owes along.
                if self.workloads.contains_key(&workload) {
                    self.step(Input::Response { leg, response });
                } else {
                    self.step(Input::Failed { leg, failure: LinkFailure::Closed });
                }
            }
            Event::Collected(exchange, body) => {
                self.step(Input::Collected { exchange, body: Some(*body) });
            }
            Event::Function(happens) => self.function_happens(*happens),
            Event::NoAnswer(leg, failure) => self.step(Input::Failed { leg, failure }),
            Event::Read { ticket, blob } => {
                let text = text_of(&self.blobs, blob);
                self.step(Input::Text { ticket, text });
            }
            Event::Evaluated { run, evaluated } => self.step(Input::Evaluated { run, evaluated }),
        }
    }

    /// Opens an exchange that is no viewer's.
    pub(crate) fn open(&mut self) -> ExchangeId {
        self.engine.open()
    }

    pub(crate) fn function_later(&mut self, after: Duration, happens: Happens) {
        self.later(after, Event::Function(Box::new(happens)));
    }

    pub(crate) fn happens_later(&mut self, workload: WorkloadId, event: WorkloadEvent) {
        self.later(AT_ONCE, Event::Happened(workload, Box::new(event)));
    }

    /// Whether one of a hundred chances, `percent` of which are bad, is.
    pub(crate) fn unlucky(&mut self, percent: f64) -> bool {
        percent > 0.0 && self.luck.below(1_000_000) < crate::workload::per_million(percent)
    }

    pub(crate) fn step(&mut self, input: Input) {
        let effects = self.engine.step(self.now, input);
        self.carry_out(effects);
    }

    fn later(&mut self, after: Duration, event: Event) {
        self.sequence += 1;
        self.queue.insert((self.now + after, self.sequence), event);
    }

    fn carry_out(&mut self, mut effects: Vec<Effect>) {
        self.due = None;
        for effect in effects.drain(..) {
            match effect {
                Effect::Send { leg, viewer, request } => self.send(leg, viewer, &request),
                Effect::Respond(respond) => self.respond(*respond),
                Effect::Abort { exchange } => self.give(exchange, None, Vec::new()),
                Effect::Collect { viewer, exchange, .. } => {
                    let body = self.posted(viewer);
                    self.later(Duration::ZERO, Event::Collected(exchange, Box::new(body)));
                }
                Effect::Launch { spec } if matches!(spec.kind, WorkloadKind::Function(_)) => {
                    self.launch_function(*spec);
                }
                Effect::Launch { spec } => self.launch(*spec),
                Effect::Signal { workload, signal } => {
                    let stops_after = self
                        .workloads
                        .get(&workload)
                        .map_or(DYING, |container| container.model.stops_after);
                    match signal {
                        Signal::Term => self.later(stops_after, Event::Ended(workload, 0)),
                        Signal::Kill => self.later(DYING, Event::Ended(workload, 137)),
                    }
                }
                Effect::Exec { workload, exec } => {
                    let done = self.exec(workload, &exec);
                    let event = WorkloadEvent::ExecDone { ticket: exec.ticket, code: Some(done) };
                    self.later(AT_ONCE, Event::Happened(workload, Box::new(event)));
                }
                Effect::ReadText { ticket, blob } => {
                    self.later(AT_ONCE, Event::Read { ticket, blob });
                }
                Effect::WriteBlob { blob, bytes } => {
                    self.blobs.insert(blob, bytes);
                }
                Effect::Evaluate { run, evaluation } => {
                    let evaluated = evaluate(self.evaluator.as_deref(), &evaluation);
                    // It takes less than a millisecond on AWS.
                    self.later(Duration::ZERO, Event::Evaluated { run, evaluated });
                }
                Effect::Dns { answer, .. } => self.told = Some(answer),
                Effect::Log { source, line } => {
                    self.log.push(format!("{} {source}: {line}", self.now));
                }
                // A cancelled leg's answer is ignored by the engine; nothing is lost here on a
                // crash.
                Effect::Cancel { .. } | Effect::Store { .. } | Effect::Reply { .. } => {}
            }
        }
        self.engine.take_back(effects);
    }

    /// The exit code of a command in a container, or of what a database server is told.
    fn exec(&mut self, workload: WorkloadId, exec: &Exec) -> i32 {
        let running = self.workloads.contains_key(&workload);
        match self.databases.told(workload, exec, running) {
            database::Told::Stops => self.later(DYING, Event::Ended(workload, 0)),
            database::Told::Done => {}
            database::Told::Other => return i32::from(!running),
        }
        0
    }

    fn launch(&mut self, spec: WorkloadSpec) {
        let one_shot = self
            .task_definition(&spec)
            .is_some_and(|definition| one_shots(&definition).contains(&spec.labels.container));
        let model = match Model::of(&spec, one_shot) {
            Ok(model) => model,
            Err(wrong) => {
                self.log.push(format!("{} model: {}: {wrong}", self.now, spec.labels.container));
                let reason = format!("CannotStartContainerError: {wrong}");
                let event = WorkloadEvent::FailedToStart { reason };
                return self.later(AT_ONCE, Event::Happened(spec.id, Box::new(event)));
            }
        };
        let (id, after) = (spec.id, model.starts_after);
        self.databases.launched(&spec);
        let sessions = self.databases.sessions(&spec);
        let desk = Desk::default();
        let container = Container { spec, model, sessions, running_since: None, desk };
        for place in container.places() {
            self.ports.insert(place, id);
        }
        self.workloads.insert(id, container);
        self.later(after, Event::Started(id));
    }

    fn task_definition(&mut self, spec: &WorkloadSpec) -> Option<Value> {
        let task = spec.labels.task_arn.as_str();
        let cluster = task.split('/').nth(1)?;
        let input = json!({"cluster": cluster, "tasks": [task]});
        let described = self.call(ServiceName::Ecs, "DescribeTasks", input).ok()?;
        let input = json!({"taskDefinition": described["tasks"][0]["taskDefinitionArn"]});
        let described = self.call(ServiceName::Ecs, "DescribeTaskDefinition", input).ok()?;
        Some(described["taskDefinition"].clone())
    }

    /// A request leaves the engine: to a container of this world, or to nobody.
    fn send(&mut self, leg: LegId, viewer: Option<ExchangeId>, request: &LegRequest) {
        let Address::Socket(to) = &request.to else {
            return self.later(AT_ONCE, Event::NoAnswer(leg, LinkFailure::NameNotFound));
        };
        let now = self.now;
        if let Some(delivered) = &mut self.delivered
            && viewer.is_some()
        {
            delivered.push(Delivered { at: now, to: *to });
        }
        let workload = self.ports.get(to).copied().filter(|id| {
            self.workloads.get(id).is_some_and(|container| container.accepts_connections(now))
        });
        let Some(workload) = workload else {
            return self.later(AT_ONCE, Event::NoAnswer(leg, LinkFailure::Refused));
        };
        let path = request.head.path();
        let needs_database = |container: &Container| container.model.needs_database(path);
        let asks = self.workloads.get(&workload).is_some_and(needs_database);
        let database = if asks { self.ask_databases(workload) } else { Reach::Answers };
        let Some(Container { model, desk, .. }) = self.workloads.get_mut(&workload) else { return };
        let asked = Asked { head: &request.head, now, database };
        // Who waits for its database without end never answers; whoever asked gives up first.
        let Some((at, response)) = desk.answer(model, &asked, &mut self.luck) else { return };
        let response = Box::new(response);
        self.later(at.since(now), Event::Answer { leg, workload, response });
    }

    /// What the databases answer that the container needs.
    fn ask_databases(&mut self, workload: WorkloadId) -> Reach {
        let Some(container) = self.workloads.get_mut(&workload) else { return Reach::Answers };
        let mut sessions = std::mem::take(&mut container.sessions);
        let reconnects = container.model.reconnects;
        let is_up = |server: WorkloadId| {
            let server = self.workloads.get(&server);
            server.is_some_and(|server| server.running_since.is_some())
        };
        let reach = self.databases.ask(&mut sessions, reconnects, is_up);
        if let Some(container) = self.workloads.get_mut(&workload) {
            container.sessions = sessions;
        }
        reach
    }

    fn respond(&mut self, respond: Respond) {
        let Respond { exchange, response, facts, .. } = respond;
        if self.runtime_answers(exchange, &response) {
            return;
        }
        let body = match &response.body {
            Body::Empty | Body::Relay { .. } => Bytes::new(),
            Body::Bytes(bytes) => bytes.clone(),
            Body::Blob { id, offset, length } => {
                let blob = self.blobs.get(id).cloned().unwrap_or_default();
                let start = usize::try_from(*offset).unwrap_or(0).min(blob.len());
                let end = start.saturating_add(usize::try_from(*length).unwrap_or(0));
                blob.slice(start..end.min(blob.len()))
            }
        };
        self.give(exchange, Some((response.head, body)), facts);
    }

    /// An answer, or the end of the connection, is on its way to the viewer.
    fn give(
        &mut self,
        exchange: ExchangeId,
        answer: Option<(ResponseHead, Bytes)>,
        facts: Vec<Fact>,
    ) {
        if !self.unwatched.is_empty() && self.unwatched.remove(&exchange) {
            return;
        }
        let on_its_way = self.distances.viewer_edge.trip(&mut self.luck) / 2;
        let seen = Seen { at: self.now + on_its_way, answer, facts };
        if self.is_visit(exchange) {
            self.later(on_its_way, Event::Arrived(exchange, Box::new(seen)));
        } else {
            self.answers.insert(exchange, seen);
        }
    }
}
