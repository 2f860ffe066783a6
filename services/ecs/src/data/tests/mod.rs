//! The running side under virtual time, with containers and load balancers that do as told.

mod deployment;
mod health;
mod life;
mod order;
mod random;
mod restart;
mod scheduler;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use standin_kernel::workload::{Signal, WorkloadEvent, WorkloadId, WorkloadSpec};
use standin_kernel::{
    ApiError, Cx, Duration, Env, Out, Pace, Record, Rng, ServiceName, Time, Value, json,
};

use super::Scheduler;
use super::view::{LastStatus, ServiceView, TaskView};
use crate::config::{self, Condition, RunTask};

pub(super) const SERVICE: &str = "arn:aws:ecs:ap-northeast-1:123456789012:service/c/web";
pub(super) const CLUSTER: &str = "arn:aws:ecs:ap-northeast-1:123456789012:cluster/c";
pub(super) const GROUP: &str = "arn:group/web";
const TICK: Duration = Duration::from_millis(10);

/// How containers of one name behave.
#[derive(Clone, Debug)]
pub(super) enum Behaviour {
    /// Runs until it is told to stop.
    Runs,
    /// Ends by itself.
    Ends {
        after: Duration,
        code: i32,
    },
    Fails(String),
    /// Takes no notice of SIGTERM.
    Stubborn,
}

#[derive(Debug)]
struct Process {
    spec: WorkloadSpec,
    running: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TargetModel {
    Initial,
    Healthy,
    Unhealthy,
    DrainingUntil(Time),
}

/// A machine for one scheduler.
#[derive(Debug)]
pub(super) struct World {
    pub(super) now: Time,
    pub(super) scheduler: Scheduler,
    pub(super) env: Env,
    rng: Rng,
    sequence: u64,
    queue: BTreeMap<(Time, u64), (WorkloadId, WorkloadEvent)>,
    processes: BTreeMap<WorkloadId, Process>,
    pub(super) behaviour: BTreeMap<String, Behaviour>,
    /// What health checks end with, by the task's ARN or the container's name; 0 otherwise.
    pub(super) check_code: BTreeMap<String, Option<i32>>,
    /// What a new target becomes a second after it was registered.
    pub(super) new_targets: TargetModel,
    pub(super) targets: BTreeMap<(String, u16), TargetModel>,
    pub(super) drain: Duration,
    pub(super) refuse_registration: bool,
    pub(super) log_groups: BTreeSet<String>,
    /// Of Secrets Manager and the Parameter Store, by what is asked for.
    pub(super) secrets: BTreeMap<String, String>,
    pub(super) records: BTreeMap<(String, String), Value>,
    /// `(time, what, container, workload)`, what being `launch`, `TERM` or `KILL`.
    pub(super) done: Vec<(Time, &'static str, String, WorkloadId)>,
    pub(super) specs: Vec<WorkloadSpec>,
    pub(super) log: Vec<String>,
    /// Every change of a task's last status.
    pub(super) statuses: BTreeMap<String, Vec<LastStatus>>,
}

impl World {
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            now: Time::from_seconds(1_000_000),
            scheduler: Scheduler::default(),
            env: Env { pace, ..Env::default() },
            rng: Rng::new(5),
            sequence: 0,
            queue: BTreeMap::new(),
            processes: BTreeMap::new(),
            behaviour: BTreeMap::new(),
            check_code: BTreeMap::new(),
            new_targets: TargetModel::Healthy,
            targets: BTreeMap::new(),
            drain: Duration::from_secs(5),
            refuse_registration: false,
            log_groups: BTreeSet::new(),
            secrets: BTreeMap::new(),
            records: BTreeMap::new(),
            done: Vec::new(),
            specs: Vec::new(),
            log: Vec::new(),
            statuses: BTreeMap::new(),
        }
    }

    /// Does something to the scheduler, and all that follows from it at once.
    pub(super) fn act<T>(&mut self, act: impl FnOnce(&mut Scheduler, &mut Cx<'_>) -> T) -> T {
        let mut out = Vec::new();
        let mut cx = Cx {
            now: self.now,
            rng: &mut self.rng,
            env: &self.env,
            out: &mut out,
            facts: None,
            asked_by: None,
        };
        let result = act(&mut self.scheduler, &mut cx);
        self.observe();
        for out in out {
            self.carry_out(out);
        }
        result
    }

    fn observe(&mut self) {
        let all = self.scheduler.tasks.values().chain(self.scheduler.stopped.values());
        for task in all {
            match self.statuses.get_mut(&task.arn) {
                Some(seen) if seen.last() == Some(&task.status) => {}
                Some(seen) => seen.push(task.status),
                None => {
                    self.statuses.insert(task.arn.clone(), vec![task.status]);
                }
            }
        }
    }

    fn carry_out(&mut self, out: Out) {
        match out {
            Out::Launch { spec } => self.launch(*spec),
            Out::Signal { workload, signal } => self.signal(workload, signal),
            Out::Exec { workload, exec } => {
                let labels = self.processes.get(&workload).map(|process| &process.spec.labels);
                let code = labels.and_then(|labels| {
                    let by_task = self.check_code.get(&labels.task_arn);
                    by_task.or_else(|| self.check_code.get(&labels.container)).copied()
                });
                let code = code.unwrap_or(Some(0));
                self.later(TICK, workload, WorkloadEvent::ExecDone { ticket: exec.ticket, code });
            }
            Out::Call { ticket, service, operation, input } => {
                let reply = match service {
                    ServiceName::Platform => self.logs(&operation, &input),
                    _ => self.elbv2(&operation, &input),
                };
                self.act(|scheduler, cx| scheduler.reply(cx, ticket, reply));
            }
            Out::Store(Record { kind, id, document }) => {
                match document {
                    Some(document) => self.records.insert((kind, id), document),
                    None => self.records.remove(&(kind, id)),
                };
            }
            Out::Log { line, .. } => self.log.push(line),
            other => panic!("unexpected: {other:?}"),
        }
    }

    fn launch(&mut self, spec: WorkloadSpec) {
        let (id, name) = (spec.id, spec.labels.container.clone());
        self.done.push((self.now, "launch", name.clone(), id));
        self.specs.push(spec.clone());
        match self.behaviour.get(&name).cloned().unwrap_or(Behaviour::Runs) {
            Behaviour::Fails(reason) => {
                let event = WorkloadEvent::FailedToStart { reason };
                self.act(|scheduler, cx| scheduler.workload(cx, id, event));
                return;
            }
            Behaviour::Ends { after, code } => {
                self.later(TICK, id, WorkloadEvent::Started);
                self.later(TICK + after, id, WorkloadEvent::Exited { code });
            }
            Behaviour::Runs | Behaviour::Stubborn => {
                self.later(TICK, id, WorkloadEvent::Started);
            }
        }
        self.processes.insert(id, Process { spec, running: false });
    }

    fn signal(&mut self, id: WorkloadId, signal: Signal) {
        let Some(process) = self.processes.get(&id) else { return };
        let name = process.spec.labels.container.clone();
        let stubborn = matches!(self.behaviour.get(&name), Some(Behaviour::Stubborn));
        let (what, code) = match signal {
            Signal::Term => ("TERM", 0),
            Signal::Kill => ("KILL", 137),
        };
        self.done.push((self.now, what, name, id));
        if signal == Signal::Kill || !stubborn {
            self.later(TICK, id, WorkloadEvent::Exited { code });
        }
    }

    fn later(&mut self, after: Duration, id: WorkloadId, event: WorkloadEvent) {
        self.sequence += 1;
        self.queue.insert((self.now + after, self.sequence), (id, event));
    }

    fn logs(&mut self, operation: &str, input: &Value) -> Result<Value, ApiError> {
        if operation == "logs:CreateLogGroup" {
            self.log_groups.extend(input["logGroupName"].as_str().map(str::to_owned));
            return Ok(json!({}));
        }
        if operation == "secretsmanager:GetSecretValue" {
            let id = input["SecretId"].as_str().unwrap_or_default();
            let no_such = || ApiError::new("ResourceNotFoundException", 400, "no such secret");
            let text = self.secrets.get(id).ok_or_else(no_such)?;
            return Ok(json!({"SecretString": text}));
        }
        if operation == "ssm:GetParameters" {
            let name = input["Names"][0].as_str().unwrap_or_default();
            let value = self.secrets.get(name);
            let found: Vec<_> = value.map(|value| json!({"Value": value})).into_iter().collect();
            return Ok(json!({"Parameters": found}));
        }
        assert_eq!(operation, "logs:DescribeLogGroups");
        let prefix = input["logGroupNamePrefix"].as_str().unwrap_or_default();
        let found = self.log_groups.iter().filter(|group| group.starts_with(prefix));
        let found: Vec<_> = found.map(|group| json!({"logGroupName": group})).collect();
        Ok(json!({"logGroups": found}))
    }

    fn elbv2(&mut self, operation: &str, input: &Value) -> Result<Value, ApiError> {
        assert_eq!(input["TargetGroupArn"], GROUP);
        let target = &input["Targets"][0];
        let port = target["Port"].as_u64().and_then(|port| u16::try_from(port).ok());
        let key = (target["Id"].as_str().unwrap_or_default().to_owned(), port.unwrap_or(0));
        match operation {
            "RegisterTargets" if self.refuse_registration => {
                Err(ApiError::new("TargetGroupNotFound", 400, "no such group"))
            }
            "RegisterTargets" => {
                self.targets.insert(key, self.new_targets);
                Ok(json!({}))
            }
            "DeregisterTargets" => {
                if let Some(target) = self.targets.get_mut(&key) {
                    *target = TargetModel::DrainingUntil(self.now + self.drain);
                }
                Ok(json!({}))
            }
            "DescribeTargetHealth" => Ok(self.target_health()),
            other => panic!("unexpected: {other}"),
        }
    }

    fn target_health(&mut self) -> Value {
        let now = self.now;
        self.targets.retain(|_, target| match target {
            TargetModel::DrainingUntil(until) => *until > now,
            _ => true,
        });
        let all = self.targets.iter().map(|((id, port), target)| {
            let state = match target {
                TargetModel::Initial => "initial",
                TargetModel::Healthy => "healthy",
                TargetModel::Unhealthy => "unhealthy",
                TargetModel::DrainingUntil(_) => "draining",
            };
            let why = "Health checks failed with these codes: [404]";
            json!({
                "Target": {"Id": id, "Port": port},
                "TargetHealth": {"State": state, "Description": why},
            })
        });
        json!({"TargetHealthDescriptions": all.collect::<Vec<_>>()})
    }

    /// Lets time pass.
    pub(super) fn run(&mut self, seconds: u64) {
        self.run_for(Duration::from_secs(seconds));
    }

    pub(super) fn run_for(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.step_until(end) {}
        self.now = end;
    }

    fn step_until(&mut self, end: Time) -> bool {
        let event = self.queue.first_key_value().map(|((at, _), _)| *at);
        let deadline = self.scheduler.deadline().map(|deadline| deadline.at);
        let next = event.into_iter().chain(deadline).min().filter(|at| *at <= end);
        let Some(at) = next else { return false };
        self.now = self.now.max(at);
        if event == Some(at) {
            if let Some((_, (id, event))) = self.queue.pop_first() {
                self.happen(id, event);
            }
        } else {
            self.act(Scheduler::on_deadline);
        }
        true
    }

    fn happen(&mut self, id: WorkloadId, event: WorkloadEvent) {
        match event {
            WorkloadEvent::Started => match self.processes.get_mut(&id) {
                Some(process) => process.running = true,
                None => return,
            },
            WorkloadEvent::Exited { .. } if self.processes.remove(&id).is_none() => return,
            _ => {}
        }
        self.act(|scheduler, cx| scheduler.workload(cx, id, event));
    }

    /// Ends the running containers of this name at once.
    pub(super) fn crash(&mut self, container: &str, code: i32) {
        let fits =
            |process: &Process| process.running && process.spec.labels.container == container;
        let ids = self.processes.iter().filter(|(_, process)| fits(process)).map(|(id, _)| *id);
        for id in ids.collect::<Vec<_>>() {
            self.happen(id, WorkloadEvent::Exited { code });
        }
    }

    /// Stops and starts Standin: processes are gone, records stay.
    pub(super) fn restart(&mut self) {
        self.scheduler = Scheduler::default();
        self.queue.clear();
        self.processes.clear();
        for ((kind, id), document) in self.records.clone() {
            let record = Record { kind, id, document: Some(document) };
            assert_eq!(self.scheduler.restore(&record), Ok(true));
        }
        self.act(Scheduler::restored);
    }

    pub(super) fn create(&mut self, settings: config::Service, definition: config::TaskDefinition) {
        self.act(|scheduler, cx| scheduler.create_service(cx, settings, Arc::new(definition)));
    }

    pub(super) fn update(
        &mut self,
        settings: config::Service,
        definition: config::TaskDefinition,
        force: bool,
    ) {
        self.act(|scheduler, cx| {
            scheduler.update_service(cx, settings, Arc::new(definition), force);
        });
    }

    /// Runs a task that belongs to no service; gives its ARN.
    pub(super) fn run_task(&mut self, definition: config::TaskDefinition) -> String {
        let run = RunTask {
            cluster_arn: CLUSTER.into(),
            group: "family:web".into(),
            started_by: None,
            overrides: Value::Null,
        };
        let arn = self.act(|scheduler, cx| scheduler.run_task(cx, run, Arc::new(definition)));
        arn.expect("an address is free")
    }

    pub(super) fn service(&self) -> ServiceView {
        self.scheduler.service(SERVICE).expect("the service is known")
    }

    pub(super) fn task(&self, arn: &str) -> TaskView {
        self.scheduler.task(arn).expect("the task is known")
    }

    /// The service's tasks with this last status, oldest first.
    pub(super) fn tasks(&self, status: LastStatus) -> Vec<TaskView> {
        let all = self.scheduler.task_views().into_iter();
        all.filter(|task| task.service_arn.is_some() && task.last_status == status).collect()
    }

    /// The task's address.
    pub(super) fn address(&self, arn: &str) -> Ipv4Addr {
        self.scheduler.task_address(arn).expect("the task is alive")
    }

    pub(super) fn set_target(&mut self, task: &TaskView, to: TargetModel) {
        self.targets.insert((task.address.to_string(), 8080), to);
    }

    /// When containers of this name got `what`, in seconds from `since`.
    pub(super) fn when(&self, what: &str, container: &str, since: Time) -> Vec<f64> {
        let fits = |done: &&(Time, &str, String, WorkloadId)| done.1 == what && done.2 == container;
        let times = self.done.iter().filter(fits).map(|done| done.0);
        times.filter(|at| *at >= since).map(|at| at.since(since).as_secs_f64()).collect()
    }

    /// What the AWS CLI waits for as `services-stable`.
    pub(super) fn is_stable(&self) -> bool {
        let service = self.service();
        let running = service.running_count == service.settings.desired_count;
        running && service.deployments.len() == 1
    }

    /// Messages of the service's events, oldest first.
    pub(super) fn messages(&self) -> Vec<String> {
        self.service().events.into_iter().rev().map(|event| event.message).collect()
    }

    /// How many messages contain `text`.
    pub(super) fn said(&self, text: &str) -> usize {
        self.messages().iter().filter(|message| message.contains(text)).count()
    }
}

/// A container that runs until it is told to stop.
pub(super) fn container(name: &str, essential: bool) -> config::Container {
    config::Container {
        name: name.into(),
        image: format!("{name}:1"),
        essential,
        entry_point: Vec::new(),
        command: vec![name.into()],
        environment: Vec::new(),
        secrets: Vec::new(),
        ports: vec![8080],
        depends_on: Vec::new(),
        health_check: None,
        start_timeout_s: None,
        stop_timeout_s: config::DEFAULT_STOP_TIMEOUT_S,
        restart_policy: None,
        logs: None,
        local: Value::Null,
    }
}

pub(super) fn after(name: &str, condition: Condition) -> Vec<config::Dependency> {
    vec![config::Dependency { container_name: name.into(), condition }]
}

pub(super) fn check() -> config::HealthCheck {
    config::HealthCheck {
        command: vec!["CMD".into(), "check".into()],
        interval_s: 5,
        timeout_s: 2,
        retries: 3,
        start_period_s: 0,
    }
}

pub(super) fn definition(
    revision: u32,
    containers: Vec<config::Container>,
) -> config::TaskDefinition {
    config::TaskDefinition {
        arn: format!("arn:aws:ecs:ap-northeast-1:123456789012:task-definition/web:{revision}"),
        family: "web".into(),
        revision,
        containers,
    }
}

/// One essential container called `app`.
pub(super) fn app(revision: u32) -> config::TaskDefinition {
    definition(revision, vec![container("app", true)])
}

/// A service without load balancer, 100/200.
pub(super) fn service(desired_count: u32) -> config::Service {
    config::Service {
        arn: SERVICE.into(),
        name: "web".into(),
        cluster_arn: CLUSTER.into(),
        desired_count,
        load_balancers: Vec::new(),
        health_check_grace_period_s: 0,
        deployment: config::DeploymentConfiguration::default(),
    }
}

/// The same behind a load balancer.
pub(super) fn balanced(desired_count: u32) -> config::Service {
    let load_balancers = vec![config::LoadBalancer {
        target_group_arn: GROUP.into(),
        container_name: "app".into(),
        container_port: 8080,
    }];
    config::Service { load_balancers, ..service(desired_count) }
}

pub(super) fn bounds(minimum: u32, maximum: u32) -> config::DeploymentConfiguration {
    config::DeploymentConfiguration {
        minimum_healthy_percent: minimum,
        maximum_percent: maximum,
        circuit_breaker: None,
        alarms: None,
    }
}

pub(super) fn breaker(rollback: bool) -> config::DeploymentConfiguration {
    config::DeploymentConfiguration {
        alarms: None,
        circuit_breaker: Some(config::CircuitBreaker {
            rollback,
            threshold: config::Threshold::Default,
            reset_on_healthy_task: true,
        }),
        ..config::DeploymentConfiguration::default()
    }
}
