//! An execution environment: a process that carries out one invocation after another, from its
//! start to its end.

use std::net::Ipv4Addr;

use standin_kernel::function::{FunctionSpec, RUNTIME_API_PORT};
use standin_kernel::workload::{
    Signal, WorkloadEvent, WorkloadId, WorkloadKind, WorkloadLabels, WorkloadSpec,
};
use standin_kernel::{Cx, Duration, ExchangeId, Out, ServiceName, Time};

use super::Timer;
use super::invocation::{Invocation, fact};
use super::log::Stream;
use super::outcome::Outcome;
use crate::Lambda;
use crate::state::Config;

/// How long a process may take to ask for its first work (LAM-LC-01).
pub(crate) const INIT_LIMIT: Duration = Duration::from_secs(10);
/// How long an environment without work is kept. AWS does not say (LAM-LC-05).
const IDLE_LIFETIME: Duration = Duration::from_secs(600);
/// Addresses are given out from the top of the task network, where tasks come last.
const TOP_HOST: u16 = 65_534;
const HOSTS: u64 = 20_000;

#[derive(Clone, Debug)]
pub(crate) struct Environment {
    pub(crate) function: String,
    pub(crate) version: String,
    /// The version's, when it was made: with another it is of no use any more.
    pub(crate) generation: u64,
    pub(crate) process: Option<WorkloadId>,
    pub(crate) phase: Phase,
    /// The process waits here for work.
    pub(crate) next: Option<ExchangeId>,
    pub(crate) run: Option<Run>,
    init_began: Time,
    /// How long it took to be ready, until a `REPORT` has told.
    pub(crate) init_took: Option<Duration>,
    pub(crate) stream: Stream,
    pub(crate) memory_mb: u32,
    /// How long an invocation may take.
    limit: Duration,
}

/// What its process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// There is none.
    Cold,
    /// It starts, within the ten seconds for that.
    Init,
    /// It starts once more, within the time of the invocation.
    InitAgain,
    /// It waits for work.
    Idle,
    Busy,
    /// It has given its result and not yet asked for more.
    Answered,
}

/// An invocation and how it goes.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) invocation: Invocation,
    /// When its time began to count; `None` while the process starts.
    pub(crate) began: Option<Time>,
    /// What was logged about it.
    pub(crate) log: String,
}

impl Lambda {
    /// Gives an invocation to an environment: one that waits, one without a process, a new one.
    pub(crate) fn assign(&mut self, cx: &mut Cx<'_>, invocation: Invocation) {
        let function = self.state.functions.get(&invocation.function);
        let Some(config) = function.and_then(|one| one.version(&invocation.version)).cloned()
        else {
            let outcome = Outcome::error("Runtime.Unknown", "The function has been deleted");
            return self.end_of_run(cx, invocation, outcome, None);
        };
        let fits = |one: &Environment| {
            one.function == invocation.function
                && one.version == invocation.version
                && one.generation == config.generation
                && one.run.is_none()
        };
        let find = |phase: Phase| {
            let mut all = self.live.environments.iter();
            all.find(|(_, one)| fits(one) && one.phase == phase).map(|(number, _)| *number)
        };
        let warm = find(Phase::Idle);
        // One that has just answered is about to ask for more.
        let soon = warm.or_else(|| find(Phase::Answered));
        let number = soon.or_else(|| find(Phase::Cold));
        let number = number.unwrap_or_else(|| self.new_environment(cx, &config, &invocation));
        let Some(environment) = self.live.environments.get_mut(&number) else { return };
        environment.run = Some(Run { invocation, began: None, log: String::new() });
        self.live.timers.clear(&Timer::Idle(number));
        cx.note(|| {
            let which = if soon.is_some() { "warm" } else { "cold" };
            let says = format!("a {which} environment carries it out");
            fact("environment", says).row("LAM-LC-05")
        });
        if warm.is_some() {
            self.deliver(cx, number);
        } else if soon.is_none() {
            self.launch(cx, number, &config, Phase::Init);
        }
    }

    /// Without a process: it rests, or gets another one for the invocation that waits.
    fn go_on(&mut self, cx: &mut Cx<'_>, number: u64) {
        let Some(environment) = self.live.environments.get(&number) else { return };
        if environment.run.is_none() {
            return self.rest(cx, number);
        }
        let function = self.state.functions.get(&environment.function);
        let config = function.and_then(|one| one.version(&environment.version)).cloned();
        match config {
            Some(config) => self.launch(cx, number, &config, Phase::Init),
            None => self.drop_environment(cx, number),
        }
    }

    fn new_environment(
        &mut self,
        cx: &mut Cx<'_>,
        config: &Config,
        invocation: &Invocation,
    ) -> u64 {
        self.live.last_environment += 1;
        let number = self.live.last_environment;
        let stream = self.new_stream(cx, &config.log_group, &config.version);
        self.live.environments.insert(
            number,
            Environment {
                function: invocation.function.clone(),
                version: config.version.clone(),
                generation: config.generation,
                process: None,
                phase: Phase::Cold,
                next: None,
                run: None,
                init_began: cx.now,
                init_took: None,
                stream,
                memory_mb: config.memory_mb,
                limit: Duration::from_secs(config.timeout_s.into()),
            },
        );
        number
    }

    /// Starts the process of an environment.
    fn launch(&mut self, cx: &mut Cx<'_>, number: u64, config: &Config, phase: Phase) {
        let Some(environment) = self.live.environments.get_mut(&number) else { return };
        self.live.last_process += 1;
        let id = WorkloadId::of(ServiceName::Lambda, self.live.last_process);
        environment.process = Some(id);
        environment.phase = phase;
        environment.next = None;
        environment.init_began = cx.now;
        self.live.processes.insert(id, number);
        let address = cx.env.task_address(host(self.live.last_process));
        let name = environment.function.clone();
        let spec = FunctionSpec {
            function_name: name.clone(),
            runtime: config.runtime.clone(),
            handler: config.handler.clone(),
            code: config.code.source.clone(),
            scratch: format!("{name}-{number}"),
        };
        let labels = WorkloadLabels {
            task_arn: format!("{name}-{number}"),
            container: name,
            log_group: Some(environment.stream.group.clone()),
            log_stream: Some(environment.stream.name.clone()),
            ..WorkloadLabels::default()
        };
        let spec = WorkloadSpec {
            id,
            kind: WorkloadKind::Function(Box::new(spec)),
            image: String::new(),
            command: Vec::new(),
            environment: variables(cx, environment, config, address),
            address,
            ports: vec![RUNTIME_API_PORT],
            labels,
            local: config.code.local.clone(),
        };
        if phase == Phase::Init {
            let at = cx.now + INIT_LIMIT;
            self.live.timers.set(Timer::Init(number), at, "a function's init");
        }
        cx.emit(Out::Launch { spec: Box::new(spec) });
    }

    /// Something happened to a process.
    pub(crate) fn process_event(&mut self, cx: &mut Cx<'_>, id: WorkloadId, event: WorkloadEvent) {
        let Some(number) = self.live.processes.get(&id).copied() else { return };
        let current =
            self.live.environments.get(&number).is_some_and(|one| one.process == Some(id));
        match event {
            WorkloadEvent::Started | WorkloadEvent::ExecDone { .. } | WorkloadEvent::Used(_) => {}
            WorkloadEvent::Output { text } => self.log_line(cx, number, &text),
            WorkloadEvent::FailedToStart { reason } => {
                self.live.processes.remove(&id);
                if current {
                    self.not_started(cx, number, &reason);
                }
            }
            WorkloadEvent::Exited { code } => {
                self.live.processes.remove(&id);
                if current {
                    self.exited(cx, number, code);
                }
            }
        }
    }

    fn not_started(&mut self, cx: &mut Cx<'_>, number: u64, reason: &str) {
        let Some(environment) = self.live.environments.get_mut(&number) else { return };
        environment.process = None;
        environment.phase = Phase::Cold;
        cx.log("lambda", format!("{}: {reason}", environment.function));
        self.live.timers.clear(&Timer::Init(number));
        if let Some(run) = &environment.run {
            let outcome = Outcome::not_started(&run.invocation.id, reason);
            self.finish_run(cx, number, outcome);
        }
        self.drop_environment(cx, number);
    }

    fn exited(&mut self, cx: &mut Cx<'_>, number: u64, code: i32) {
        let Some(environment) = self.live.environments.get_mut(&number) else { return };
        let phase = std::mem::replace(&mut environment.phase, Phase::Cold);
        environment.process = None;
        environment.next = None;
        match phase {
            Phase::Init => self.init_failed(cx, number, "error", "Runtime.ExitError"),
            Phase::InitAgain | Phase::Busy => {
                if let Some(run) = &environment.run {
                    let outcome = Outcome::exited(&run.invocation.id, code);
                    self.finish_run(cx, number, outcome);
                }
                self.rest(cx, number);
            }
            Phase::Idle | Phase::Answered | Phase::Cold => {
                self.live.timers.clear(&Timer::Timeout(number));
                self.go_on(cx, number);
            }
        }
    }

    /// The first start has come to nothing: the second one is on the invocation's own time
    /// (LAM-LC-01).
    pub(crate) fn init_failed(&mut self, cx: &mut Cx<'_>, number: u64, status: &str, kind: &str) {
        self.live.timers.clear(&Timer::Init(number));
        self.kill(cx, number);
        let Some(environment) = self.live.environments.get_mut(&number) else { return };
        let took = cx.now.since(environment.init_began);
        let (function, version) = (environment.function.clone(), environment.version.clone());
        let mut line =
            format!("INIT_REPORT Init Duration: {} ms\tPhase: init\tStatus: {status}", ms(took));
        if status == "error" {
            line = format!("{line}\tError Type: {kind}");
        }
        self.log_line(cx, number, &line);
        let config = self.state.functions.get(&function).and_then(|one| one.version(&version));
        let Some(config) = config.cloned() else { return self.drop_environment(cx, number) };
        self.begin_time(cx, number);
        self.launch(cx, number, &config, Phase::InitAgain);
    }

    /// The time of the invocation begins to count.
    pub(crate) fn begin_time(&mut self, cx: &mut Cx<'_>, number: u64) {
        let Some(environment) = self.live.environments.get_mut(&number) else { return };
        let Some(run) = &mut environment.run else { return };
        run.began = Some(cx.now);
        let (id, version) = (&run.invocation.id, &environment.version);
        let line = format!("START RequestId: {id} Version: {version}");
        let at = cx.now + environment.limit;
        self.live.timers.set(Timer::Timeout(number), at, "a function's timeout");
        self.log_line(cx, number, &line);
    }

    /// The process is ready for work.
    pub(crate) fn ready(&mut self, cx: &mut Cx<'_>, number: u64, exchange: ExchangeId) {
        let Some(environment) = self.live.environments.get_mut(&number) else { return };
        environment.next = Some(exchange);
        let phase = std::mem::replace(&mut environment.phase, Phase::Idle);
        if phase == Phase::Init {
            environment.init_took = Some(cx.now.since(environment.init_began));
        }
        self.live.timers.clear(&Timer::Init(number));
        if environment.run.is_some() {
            self.deliver(cx, number);
        } else {
            self.live.timers.clear(&Timer::Timeout(number));
            self.rest(cx, number);
        }
    }

    /// Without work: for another invocation, if it is still of use.
    pub(crate) fn rest(&mut self, cx: &mut Cx<'_>, number: u64) {
        let Some(environment) = self.live.environments.get(&number) else { return };
        let function = self.state.functions.get(&environment.function);
        let config = function.and_then(|one| one.version(&environment.version));
        if config.is_some_and(|config| config.generation == environment.generation) {
            let at = cx.now + IDLE_LIFETIME;
            self.live.timers.set(Timer::Idle(number), at, "an idle environment's end");
        } else {
            self.drop_environment(cx, number);
        }
    }

    /// An invocation has taken too long: the process is ended, its temporary files stay
    /// (LAM-LC-03, LAM-LC-04).
    pub(crate) fn timed_out(&mut self, cx: &mut Cx<'_>, number: u64) {
        let Some(environment) = self.live.environments.get_mut(&number) else { return };
        if environment.phase == Phase::Answered {
            // It has not come back for more within the time of what it had done.
            self.kill(cx, number);
            return self.go_on(cx, number);
        }
        if let Some(run) = &environment.run {
            let (id, limit) = (run.invocation.id.clone(), environment.limit);
            let line = format!(
                "{} {id} Task timed out after {:.2} seconds",
                cx.now.iso8601(),
                limit.as_secs_f64()
            );
            self.log_line(cx, number, &line);
            self.finish_run(cx, number, Outcome::timed_out(&id, limit));
        }
        self.kill(cx, number);
        self.rest(cx, number);
    }

    /// Ends the process of an environment; what becomes of it is of no interest then.
    pub(crate) fn kill(&mut self, cx: &mut Cx<'_>, number: u64) {
        let Some(environment) = self.live.environments.get_mut(&number) else { return };
        environment.phase = Phase::Cold;
        environment.next = None;
        // Without extensions there is no time to shut down (LAM-LC-06).
        if let Some(workload) = environment.process.take() {
            cx.emit(Out::Signal { workload, signal: Signal::Kill });
        }
    }

    pub(crate) fn drop_environment(&mut self, cx: &mut Cx<'_>, number: u64) {
        self.kill(cx, number);
        self.live.environments.remove(&number);
        for timer in [Timer::Init(number), Timer::Timeout(number), Timer::Idle(number)] {
            self.live.timers.clear(&timer);
        }
    }

    /// Ends the environments of a function that are of no use any more. Those at work end later.
    pub(crate) fn retire(&mut self, cx: &mut Cx<'_>, name: &str) {
        let function = self.state.functions.get(name);
        let stale = |one: &Environment| {
            let config = function.and_then(|function| function.version(&one.version));
            config.is_none_or(|config| config.generation != one.generation)
        };
        let all = self.live.environments.iter();
        let idle = all.filter(|(_, one)| one.function == name && one.run.is_none() && stale(one));
        let idle: Vec<u64> = idle.map(|(number, _)| *number).collect();
        for number in idle {
            self.drop_environment(cx, number);
        }
    }
}

/// The host number of the process with this number.
fn host(process: u64) -> u16 {
    TOP_HOST - u16::try_from(process % HOSTS).unwrap_or(0)
}

/// `12.34`
pub(crate) fn ms(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0)
}

/// The function's own variables and those that Lambda sets (LAM-RT-12).
fn variables(
    cx: &Cx<'_>,
    environment: &Environment,
    config: &Config,
    address: Ipv4Addr,
) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> =
        config.variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let region = &cx.env.region;
    let memory = config.memory_mb.to_string();
    let api = format!("{address}:{RUNTIME_API_PORT}");
    let own = [
        ("_HANDLER", config.handler.as_str()),
        ("AWS_REGION", region),
        ("AWS_DEFAULT_REGION", region),
        ("AWS_LAMBDA_FUNCTION_NAME", &environment.function),
        ("AWS_LAMBDA_FUNCTION_VERSION", &config.version),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &environment.stream.group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", &environment.stream.name),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_RUNTIME_API", &api),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("TZ", ":UTC"),
    ];
    all.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    if !config.runtime.starts_with("provided") {
        all.push(("AWS_EXECUTION_ENV".into(), format!("AWS_Lambda_{}", config.runtime)));
    }
    all
}
