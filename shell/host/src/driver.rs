//! The driver on the real machine: feeds the engine what happened and does what it says, on the one
//! thread that owns the sockets. It decides nothing about AWS.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use standin_engine::{Effect, Engine, Input, LegId, Presented, RelayEnd, Respond};
use standin_kernel::datadog::is_agent_image;
use standin_kernel::fault::Mode;
use standin_kernel::http::HeadError;
use standin_kernel::workload::{WorkloadEvent, WorkloadId, WorkloadKind, WorkloadSpec};
use standin_kernel::{
    ApiError, BlobId, Bytes, Duration, ExchangeId, Fact, Record, Response, ServiceName, Time, Value,
};
use tokio::sync::{Notify, oneshot};
use tokio::task::spawn_local;

use crate::blobs::Blobs;
use crate::dns::Resolvers;
use crate::functions::{Functions, Outcome};
use crate::http::coding::Compressed;
use crate::http::leg::{Outgoing, ask, with_body};
use crate::http::mailbox::{LegOwner, Letter, Mailbox, PostOffice};
use crate::http::pool::Pool;
use crate::recorder::RecordFile;
use crate::runtime_api;
use crate::store::StoreWriter;
use crate::tls::Authority;
use crate::workloads::Workloads;

type Reply = Result<Value, ApiError>;
/// Whether records reached the disk, and why not.
type Durable = Result<(), String>;
/// Takes the engine's log lines: source and text.
pub type LogSink = Box<dyn Fn(&str, &str)>;

/// Engine, sockets, processes and disk of one run.
pub struct Driver {
    me: Weak<Self>,
    engine: RefCell<Engine>,
    record: Option<RecordFile>,
    post: RefCell<PostOffice>,
    mailboxes: RefCell<Vec<Weak<Mailbox>>>,
    pub(crate) pool: RefCell<Pool>,
    pub(crate) workloads: RefCell<Workloads>,
    store: StoreWriter,
    pub(crate) state_dir: PathBuf,
    pub(crate) blobs: Blobs,
    /// Whether bodies may have lost their last name since they were last collected, and when that
    /// was, in seconds of the run.
    litter: Arc<AtomicBool>,
    collected_s: Cell<u64>,
    functions: Functions,
    started: (Instant, Time),
    timer: Notify,
    armed: Cell<Time>,
    tickets: Cell<u64>,
    replies: RefCell<BTreeMap<u64, oneshot::Sender<Reply>>>,
    /// What name servers answer, by ticket.
    pub(crate) answers: RefCell<BTreeMap<u64, standin_kernel::dns::Answer>>,
    /// Addresses that name servers gave out, which are listened on.
    pub(crate) endpoints: RefCell<BTreeSet<(Ipv4Addr, u16)>>,
    pub(crate) resolvers: Resolvers,
    tracing: Cell<bool>,
    traces: RefCell<VecDeque<(String, Vec<Fact>)>>,
    log: LogSink,
    pub edge_port: Cell<u16>,
    /// Where viewers speak TLS.
    pub tls_port: Cell<u16>,
    pub(crate) authority: Authority,
    pub(crate) compressed: Compressed,
    pub api_port: Cell<u16>,
    /// 0: no name servers.
    pub dns_port: Cell<u16>,
    stop: Notify,
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("armed", &self.armed).finish_non_exhaustive()
    }
}

/// Time between two collections of bodies.
const COLLECTS_EVERY_S: u64 = 60;

/// How many traced answers are remembered for whoever asks why.
const TRACES_MAX: usize = 4096;

impl Driver {
    pub(crate) fn new(
        engine: Engine,
        record: Option<RecordFile>,
        workloads: Workloads,
        (store, blobs): (StoreWriter, Blobs),
        functions: Functions,
        (state_dir, authority): (PathBuf, Authority),
        log: LogSink,
    ) -> Rc<Self> {
        Rc::new_cyclic(|me| Self {
            me: me.clone(),
            engine: RefCell::new(engine),
            record,
            post: RefCell::default(),
            mailboxes: RefCell::default(),
            pool: RefCell::default(),
            workloads: RefCell::new(workloads),
            store,
            state_dir,
            blobs,
            // An earlier run may have left some.
            litter: Arc::new(AtomicBool::new(true)),
            collected_s: Cell::new(0),
            functions,
            started: (Instant::now(), wall_clock()),
            timer: Notify::new(),
            armed: Cell::new(Time(u64::MAX)),
            tickets: Cell::new(0),
            replies: RefCell::default(),
            answers: RefCell::default(),
            endpoints: RefCell::default(),
            resolvers: Resolvers::default(),
            tracing: Cell::new(false),
            traces: RefCell::default(),
            log,
            edge_port: Cell::new(0),
            tls_port: Cell::new(0),
            authority,
            compressed: Compressed::default(),
            api_port: Cell::new(0),
            dns_port: Cell::new(0),
            stop: Notify::new(),
        })
    }

    /// The time, which never goes back while the program runs.
    pub fn now(&self) -> Time {
        self.started.1 + self.started.0.elapsed()
    }

    pub(crate) fn now_s(&self) -> u64 {
        self.started.0.elapsed().as_secs()
    }

    pub fn engine(&self) -> std::cell::Ref<'_, Engine> {
        self.engine.borrow()
    }

    /// Tells the engine what happened and does what it says.
    pub(crate) fn step(&self, input: Input) {
        let now = self.now();
        let document = self.record.as_ref().map(|record| record.input(&input));
        let effects = self.engine.borrow_mut().step(now, input);
        if let (Some(record), Some(document)) = (&self.record, document) {
            record.stepped(now, &document, &effects);
        }
        self.carry_out(effects);
        self.arm();
    }

    pub(crate) fn restore(&self, records: &[(ServiceName, Record)]) -> Result<(), String> {
        let now = self.now();
        let effects = self.engine.borrow_mut().restore(now, records)?;
        if let Some(record) = &self.record {
            record.restored(now, records, &effects);
        }
        self.carry_out(effects);
        self.arm();
        Ok(())
    }

    /// Asks the program to end.
    pub(crate) fn shut_down(&self) {
        self.stop.notify_one();
    }

    /// Waits until somebody asked the program to end.
    pub async fn asked_to_stop(&self) {
        self.stop.notified().await;
    }

    /// Waits until everything stored so far is on the disk.
    pub(crate) async fn flush(&self) {
        if let Some(record) = &self.record {
            record.flush();
        }
        let _ = self.make_durable(Vec::new()).await;
    }

    fn carry_out(&self, effects: Vec<Effect>) {
        let mut durable = None;
        for effect in effects {
            match effect {
                Effect::Send { leg, viewer, request } => self.send(leg, viewer, request),
                Effect::Cancel { leg } => self.cancel(leg),
                Effect::Respond(respond) => self.respond(respond),
                Effect::Abort { exchange } => {
                    if let Some(mailbox) = self.post.borrow().viewer(exchange) {
                        mailbox.put(Letter::Abort);
                    }
                }
                Effect::Collect { viewer, exchange, limit_bytes } => {
                    if let Some(mailbox) = self.post.borrow().viewer(viewer) {
                        mailbox.put(Letter::Collect { exchange, limit_bytes });
                    }
                }
                Effect::Launch { spec } => self.launch(*spec),
                Effect::Signal { workload, signal } => {
                    self.workloads.borrow_mut().signal(workload, signal);
                }
                Effect::Exec { workload, exec } => {
                    self.workloads.borrow_mut().exec(workload, exec);
                }
                Effect::Store { records } => {
                    let named = |(service, _): &(ServiceName, Record)| {
                        matches!(service, ServiceName::S3 | ServiceName::Lambda)
                    };
                    if records.iter().any(named) {
                        self.litter.store(true, Ordering::Relaxed);
                    }
                    durable = Some(self.make_durable(records));
                }
                Effect::Evaluate { run, evaluation } => self.functions.submit(run, evaluation),
                Effect::ReadText { ticket, blob } => self.read_text(ticket, blob),
                Effect::WriteBlob { bytes, .. } => {
                    if let Err(wrong) = self.blobs.put(&bytes) {
                        (self.log)("standin", &format!("a body cannot be stored: {wrong}"));
                    }
                }
                Effect::Reply { ticket, reply } => self.reply(ticket, reply, durable.take()),
                Effect::Dns { ticket, answer } => {
                    self.answers.borrow_mut().insert(ticket, answer);
                }
                Effect::Log { source, line } => (self.log)(source, &line),
            }
        }
    }

    fn launch(&self, mut spec: WorkloadSpec) {
        match (&spec.kind, self.me.upgrade()) {
            (WorkloadKind::Function(_), Some(me)) => runtime_api::launch(&me, spec),
            _ => {
                // The stand-in asks for the maintenance windows.
                if is_agent_image(&spec.image) {
                    self.lead_to_endpoint(&mut spec);
                }
                self.show_names(spec.labels.vpc.clone());
                self.workloads.borrow_mut().launch(spec);
            }
        }
    }

    /// Containers of a VPC ask its resolver from now on, where this machine allows it.
    pub(crate) fn show_names(&self, vpc: Option<String>) {
        if let Some(view) = self.resolvers.view(self, vpc.clone()) {
            self.workloads.borrow().show(vpc, view);
        }
    }

    /// As whoever works beside it holds it; `None` on the way down.
    pub(crate) fn this(&self) -> Option<Rc<Self>> {
        self.me.upgrade()
    }

    /// Says something of Standin's own to whoever runs it.
    pub(crate) fn say(&self, line: &str) {
        (self.log)("standin", line);
    }

    /// Whoever speaks to AWS in there speaks to this account, not to a real one.
    pub(crate) fn lead_to_endpoint(&self, spec: &mut WorkloadSpec) {
        if !spec.environment.iter().any(|(name, _)| name == "AWS_ENDPOINT_URL") {
            let url = format!("http://127.0.0.1:{}", self.api_port.get());
            spec.environment.push(("AWS_ENDPOINT_URL".into(), url));
        }
    }

    /// Has records written; the receiver hears when they are on the disk.
    fn make_durable(&self, records: Vec<(ServiceName, Record)>) -> oneshot::Receiver<Durable> {
        let (sender, receiver) = oneshot::channel();
        self.store.submit(records, move |outcome| {
            let _ = sender.send(outcome.map_err(|wrong| wrong.to_string()));
        });
        receiver
    }

    fn send(
        &self,
        leg: LegId,
        viewer: Option<ExchangeId>,
        request: Box<standin_kernel::LegRequest>,
    ) {
        if let Some(viewer) = viewer {
            let mailbox = self.post.borrow().viewer(viewer).cloned();
            if let Some(mailbox) = mailbox {
                self.post.borrow_mut().own(leg, LegOwner::Viewer(mailbox.clone()));
                mailbox.put(Letter::Send { leg, request });
            }
            return;
        }
        let Some(me) = self.me.upgrade() else { return };
        let task = spawn_local(async move {
            let answer = ask(&me, leg, &request, &Outgoing::Nothing).await;
            let answer = match answer {
                Ok(answer) => Ok(with_body(answer, &request).await),
                Err(failure) => Err(failure),
            };
            me.forget(leg);
            me.step(match answer {
                Ok(response) => Input::Response { leg, response: Box::new(response) },
                Err(failure) => Input::Failed { leg, failure },
            });
        });
        self.post.borrow_mut().own(leg, LegOwner::Task(task.abort_handle()));
    }

    fn cancel(&self, leg: LegId) {
        let owner = self.post.borrow_mut().release(leg);
        match owner {
            Some(LegOwner::Viewer(mailbox)) => mailbox.put(Letter::Cancel { leg }),
            Some(LegOwner::Task(task)) => task.abort(),
            None => {}
        }
    }

    fn respond(&self, respond: Box<Respond>) {
        if !respond.facts.is_empty()
            && let Some(id) = respond.response.head.headers.get("X-Amz-Cf-Id")
        {
            let mut traces = self.traces.borrow_mut();
            if traces.len() == TRACES_MAX {
                traces.pop_front();
            }
            traces.push_back((id.to_owned(), respond.facts.clone()));
        }
        if let Some(mailbox) = self.post.borrow().viewer(respond.exchange) {
            mailbox.put(Letter::Respond(respond));
        }
    }

    /// Hands a stored body back as text.
    fn read_text(&self, ticket: u64, blob: BlobId) {
        let Some(me) = self.me.upgrade() else { return };
        spawn_local(async move {
            let bytes = me.blob(blob).ok();
            let text = bytes.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
            me.step(Input::Text { ticket, text });
        });
    }

    /// Hands a reply over once what it acknowledges is on the disk.
    fn reply(&self, ticket: u64, reply: Reply, durable: Option<oneshot::Receiver<Durable>>) {
        let Some(waiting) = self.replies.borrow_mut().remove(&ticket) else { return };
        match durable {
            None => drop(waiting.send(reply)),
            Some(durable) => {
                spawn_local(async move {
                    let lost = match durable.await {
                        Ok(Ok(())) => None,
                        Ok(Err(wrong)) => Some(wrong),
                        Err(_) => Some("the state folder is closed".to_owned()),
                    };
                    let _ = waiting.send(match lost {
                        None => reply,
                        Some(wrong) => Err(ApiError::new("InternalFailure", 500, wrong)),
                    });
                });
            }
        }
    }

    fn arm(&self) {
        if let Some(deadline) = self.engine.borrow().deadline()
            && deadline.at < self.armed.get()
        {
            self.timer.notify_one();
        }
    }

    /// Wakes the engine at its deadlines. Runs as long as the driver.
    pub(crate) async fn run_timer(self: Rc<Self>) {
        loop {
            let deadline = self.engine.borrow().deadline().map(|deadline| deadline.at);
            let at = deadline.unwrap_or(Time(u64::MAX));
            self.armed.set(at);
            let wait = at.since(self.now()).min(Duration::from_secs(3600));
            tokio::select! {
                () = tokio::time::sleep(wait) => self.step(Input::Tick),
                () = self.timer.notified() => {}
            }
        }
    }

    /// Has bodies removed that nobody names any more, now and then.
    fn collect_garbage(&self, now_s: u64) {
        if now_s < self.collected_s.get() + COLLECTS_EVERY_S
            || !self.litter.swap(false, Ordering::Relaxed)
        {
            return;
        }
        self.collected_s.set(now_s);
        let litter = self.litter.clone();
        self.store.collect(self.blobs.clone(), move |left| {
            litter.fetch_or(left, Ordering::Relaxed);
        });
    }

    /// Once a second: viewers that are too slow, connections idle for too long, bodies that nobody
    /// names any more.
    pub(crate) async fn run_sweep(self: Rc<Self>) {
        let mut every = tokio::time::interval(Duration::from_secs(1));
        loop {
            every.tick().await;
            let now_s = self.now_s();
            self.pool.borrow_mut().sweep(now_s);
            self.collect_garbage(now_s);
            if let Some(record) = &self.record {
                record.flush();
            }
            self.mailboxes.borrow_mut().retain(|mailbox| {
                let Some(mailbox) = mailbox.upgrade() else { return false };
                if (1..=now_s).contains(&mailbox.expires_s.get()) {
                    mailbox.expires_s.set(0);
                    mailbox.put(Letter::Expired);
                }
                true
            });
        }
    }

    /// Passes on what happens to containers.
    pub(crate) async fn run_workload_events(
        self: Rc<Self>,
        mut events: tokio::sync::mpsc::UnboundedReceiver<(WorkloadId, WorkloadEvent)>,
    ) {
        while let Some((workload, event)) = events.recv().await {
            self.step(Input::Workload { workload, event });
        }
    }

    /// Passes on what came of functions at the edge.
    pub(crate) async fn run_outcomes(
        self: Rc<Self>,
        mut outcomes: tokio::sync::mpsc::UnboundedReceiver<Outcome>,
    ) {
        while let Some((run, evaluated)) = outcomes.recv().await {
            self.step(Input::Evaluated { run, evaluated });
        }
    }

    pub(crate) fn new_mailbox(&self) -> Rc<Mailbox> {
        let mailbox = Rc::new(Mailbox::default());
        self.mailboxes.borrow_mut().push(Rc::downgrade(&mailbox));
        mailbox
    }

    /// Reserves a place for a request. `address`: where its connection leads, when name servers
    /// gave that out.
    pub(crate) fn open(&self, mailbox: &Rc<Mailbox>, address: Option<IpAddr>) -> ExchangeId {
        let exchange = self.engine.borrow_mut().open_to(0, address);
        if let Some(record) = &self.record {
            record.opened(exchange, address);
        }
        mailbox.clear();
        self.post.borrow_mut().register(exchange, mailbox.clone());
        exchange
    }

    pub(crate) fn close(&self, exchange: ExchangeId, mailbox: &Mailbox) {
        self.post.borrow_mut().unregister(exchange);
        mailbox.clear();
    }

    pub(crate) fn connecting(&self, leg: LegId) {
        self.step(Input::Connecting { leg });
    }

    pub(crate) fn connected(&self, leg: LegId) {
        self.step(Input::Connected { leg });
    }

    /// The leg needs no owner any more.
    pub(crate) fn forget(&self, leg: LegId) {
        self.post.borrow_mut().release(leg);
    }

    pub(crate) fn relay_done(&self, leg: LegId, end: RelayEnd, body_bytes: u64) {
        self.forget(leg);
        self.step(Input::RelayDone { leg, end, body_bytes });
    }

    pub(crate) fn blob(&self, id: BlobId) -> io::Result<Bytes> {
        self.blobs.get(id)
    }

    /// What a viewer is shown who comes over TLS.
    pub(crate) fn presented(&self, name: Option<&str>, address: Option<IpAddr>) -> Presented {
        self.engine.borrow().presented(name, address)
    }

    pub(crate) fn malformed(&self, wrong: HeadError) -> Response {
        let status = match wrong {
            HeadError::TooLarge => 494,
            HeadError::Version => 505,
            HeadError::Malformed | HeadError::Framing | HeadError::Host => 400,
        };
        let now = self.now();
        let response = self.engine.borrow_mut().malformed(now, status);
        if let Some(record) = &self.record {
            record.malformed(now, status, &response);
        }
        response
    }

    /// A new id for a call on the endpoint.
    pub(crate) fn request_id(&self) -> String {
        let ticket = self.tickets.get() + 1;
        self.tickets.set(ticket);
        let mut chance = standin_kernel::Rng::new(self.now().0 ^ ticket.rotate_left(40));
        standin_kernel::ids::uuid(&mut chance)
    }

    /// Whether every request is traced.
    pub(crate) fn tracing(&self) -> bool {
        self.tracing.get()
    }

    pub(crate) fn trace_all(&self, on: bool) {
        self.tracing.set(on);
    }

    /// Why the answer with this `X-Amz-Cf-Id` was what it was.
    pub(crate) fn facts_of(&self, request_id: &str) -> Option<Vec<Fact>> {
        let traces = self.traces.borrow();
        traces.iter().rev().find(|(id, _)| id == request_id).map(|(_, facts)| facts.clone())
    }

    /// Calls an operation and waits until its effects are durable.
    pub async fn call(&self, service: ServiceName, operation: &str, input: Value) -> Reply {
        let operation = operation.to_owned();
        self.ask_engine(|ticket| Input::Call { ticket, service, operation, input }).await
    }

    pub async fn break_target(&self, target: String, mode: Mode, lasts: Option<Duration>) -> Reply {
        self.ask_engine(|ticket| Input::Break { ticket, target, mode, lasts }).await
    }

    pub async fn repair(&self, target: Option<String>) -> Reply {
        self.ask_engine(|ticket| Input::Repair { ticket, target }).await
    }

    pub(crate) fn next_ticket(&self) -> u64 {
        let ticket = self.tickets.get() + 1;
        self.tickets.set(ticket);
        ticket
    }

    async fn ask_engine(&self, input: impl FnOnce(u64) -> Input) -> Reply {
        let ticket = self.next_ticket();
        let (sender, receiver) = oneshot::channel();
        self.replies.borrow_mut().insert(ticket, sender);
        self.step(input(ticket));
        let stopped = || ApiError::new("ServiceUnavailable", 503, "Standin is stopping");
        receiver.await.unwrap_or_else(|_| Err(stopped()))
    }
}

fn wall_clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
