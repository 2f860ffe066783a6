//! The driver under virtual time: a queue of events, a clock that jumps to the next one, and the
//! engine that also runs on the real machine.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use standin_engine::{Effect, Engine, Input, LegId, Respond};
use standin_kernel::workload::{Signal, WorkloadEvent, WorkloadId, WorkloadSpec};
use standin_kernel::{
    Address, ApiError, BlobId, Body, Bytes, Duration, Env, ExchangeId, Fact, LegRequest,
    LinkFailure, Method, Request, RequestHead, Response, ResponseHead, ServiceName, Time, Value,
    json,
};

use crate::workload::{Model, one_shots};

/// Engine, clock and everything around them.
#[derive(Debug)]
pub struct World {
    engine: Engine,
    now: Time,
    queue: BTreeMap<(Time, u64), Event>,
    sequence: u64,
    workloads: BTreeMap<WorkloadId, Container>,
    blobs: BTreeMap<BlobId, Bytes>,
    answers: BTreeMap<ExchangeId, Seen>,
    log: Vec<String>,
}

/// What a viewer got.
#[derive(Clone, Debug)]
pub struct Seen {
    pub at: Time,
    /// `None`: the connection was closed without an answer.
    pub answer: Option<(ResponseHead, Bytes)>,
    pub facts: Vec<Fact>,
}

#[derive(Debug)]
enum Event {
    Started(WorkloadId),
    Ended(WorkloadId, i32),
    Happened(WorkloadId, WorkloadEvent),
    Answer(LegId, Box<Response>),
    NoAnswer(LegId, LinkFailure),
}

#[derive(Debug)]
struct Container {
    spec: WorkloadSpec,
    model: Model,
    running_since: Option<Time>,
}

/// How long a packet takes from one place to another on the same continent's edge.
const NETWORK: Duration = Duration::from_millis(1);
/// From a signal to the end of the process.
const DYING: Duration = Duration::from_millis(10);
/// What a healthy application answers.
const APPLICATION: &[u8] = b"the application answers\n";
/// Virtual time a stack operation may take before the world gives up on it.
const OPERATION_MAX: Duration = Duration::from_secs(4 * 3600);

impl World {
    /// An empty world at a moment of its own. Same seed, same story.
    pub fn new(env: Env, seed: u64) -> Self {
        Self {
            engine: Engine::new(env, seed),
            now: Time::from_seconds(1_800_000_000),
            queue: BTreeMap::new(),
            sequence: 0,
            workloads: BTreeMap::new(),
            blobs: BTreeMap::new(),
            answers: BTreeMap::new(),
            log: Vec::new(),
        }
    }

    pub const fn now(&self) -> Time {
        self.now
    }

    pub const fn engine(&self) -> &Engine {
        &self.engine
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
        let (reply, effects) = self.engine.call(self.now, service, operation, input);
        self.carry_out(effects);
        reply
    }

    /// Puts an object into a bucket.
    pub fn put_object(
        &mut self,
        bucket: &str,
        key: &str,
        content_type: &str,
        body: Bytes,
    ) -> Result<(), ApiError> {
        let id = blob_id(&body);
        let hex: String = id.0.iter().map(|byte| format!("{byte:02x}")).collect();
        let input = json!({
            "Bucket": bucket, "Key": key, "ContentType": content_type,
            "Standin": {"Blob": hex, "Length": body.len(), "ETag": &hex[..32]},
        });
        self.blobs.insert(id, body);
        self.call(ServiceName::S3, "PutObject", input).map(drop)
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
        let exchange = self.engine.open();
        let request = Request {
            head,
            peer: SocketAddr::from(([127, 0, 0, 1], 40_000)),
            tls: false,
            has_body: false,
            identity: standin_kernel::Identity::Anonymous,
            port: 8080,
        };
        self.step(Input::Request { exchange, request: Box::new(request), trace });
        exchange
    }

    /// Takes the answer a viewer got, if it has come.
    pub fn seen(&mut self, exchange: ExchangeId) -> Option<Seen> {
        self.answers.remove(&exchange)
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
        let due = self.engine.deadline().map(|deadline| deadline.at);
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
            Event::Started(id) => {
                let Some(container) = self.workloads.get_mut(&id) else { return };
                container.running_since = Some(self.now);
                let ends = container.model.ends_after;
                self.step(Input::Workload { workload: id, event: WorkloadEvent::Started });
                if let Some(after) = ends {
                    self.later(after, Event::Ended(id, 0));
                }
            }
            Event::Ended(id, code) => {
                if self.workloads.remove(&id).is_some() {
                    let event = WorkloadEvent::Exited { code };
                    self.step(Input::Workload { workload: id, event });
                }
            }
            Event::Happened(workload, event) => self.step(Input::Workload { workload, event }),
            Event::Answer(leg, response) => self.step(Input::Response { leg, response }),
            Event::NoAnswer(leg, failure) => self.step(Input::Failed { leg, failure }),
        }
    }

    fn step(&mut self, input: Input) {
        let effects = self.engine.step(self.now, input);
        self.carry_out(effects);
    }

    fn later(&mut self, after: Duration, event: Event) {
        self.sequence += 1;
        self.queue.insert((self.now + after, self.sequence), event);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send { leg, request, .. } => self.send(leg, &request),
                Effect::Respond(respond) => self.respond(*respond),
                Effect::Abort { exchange } => {
                    let seen = Seen { at: self.now, answer: None, facts: Vec::new() };
                    self.answers.insert(exchange, seen);
                }
                Effect::Launch { spec } => self.launch(*spec),
                Effect::Signal { workload, signal } => {
                    let code = match signal {
                        Signal::Term => 0,
                        Signal::Kill => 137,
                    };
                    self.later(DYING, Event::Ended(workload, code));
                }
                Effect::Exec { workload, exec } => {
                    let running = self.workloads.contains_key(&workload);
                    let code = Some(i32::from(!running));
                    let event = WorkloadEvent::ExecDone { ticket: exec.ticket, code };
                    self.later(NETWORK, Event::Happened(workload, event));
                }
                Effect::Log { source, line } => {
                    self.log.push(format!("{} {source}: {line}", self.now));
                }
                // A cancelled leg's answer is ignored by the engine; nothing is lost here on a
                // crash.
                Effect::Cancel { .. } | Effect::Store { .. } | Effect::Reply { .. } => {}
            }
        }
    }

    fn launch(&mut self, spec: WorkloadSpec) {
        let one_shot = self
            .task_definition(&spec)
            .is_some_and(|definition| one_shots(&definition).contains(&spec.labels.container));
        let model = Model::of(&spec, one_shot);
        let (id, after) = (spec.id, model.starts_after);
        self.workloads.insert(id, Container { spec, model, running_since: None });
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
    fn send(&mut self, leg: LegId, request: &LegRequest) {
        let Address::Socket(to) = &request.to else {
            return self.later(NETWORK, Event::NoAnswer(leg, LinkFailure::NameNotFound));
        };
        let now = self.now;
        let listening = self.workloads.values().find(|container| {
            IpAddr::V4(container.spec.address) == to.ip()
                && container.spec.ports.contains(&to.port())
                && container.running_since.is_some_and(|at| at + container.model.ready_after <= now)
        });
        let Some(container) = listening else {
            return self.later(NETWORK, Event::NoAnswer(leg, LinkFailure::Refused));
        };
        let after = container.model.answers_after + NETWORK;
        let mut response = Response::text(200, "text/html", APPLICATION);
        if request.head.method == Method::Head {
            response.body = Body::Empty;
        }
        self.later(after, Event::Answer(leg, Box::new(response)));
    }

    fn respond(&mut self, respond: Respond) {
        let Respond { exchange, response, facts, .. } = respond;
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
        let seen = Seen { at: self.now, answer: Some((response.head, body)), facts };
        self.answers.insert(exchange, seen);
    }
}

/// Names a body by its content. Not SHA-256, which only the disk needs: two rounds of FNV over the
/// bytes, each lane with its own start.
fn blob_id(bytes: &[u8]) -> BlobId {
    let mut id = [0_u8; 32];
    for (lane, part) in id.chunks_mut(8).enumerate() {
        let start = 0xcbf2_9ce4_8422_2325_u64 ^ (lane as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let hash = bytes
            .iter()
            .fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        part.copy_from_slice(&hash.to_be_bytes());
    }
    BlobId(id)
}
