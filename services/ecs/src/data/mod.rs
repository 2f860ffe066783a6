//! The running side: keeps the tasks of services and the tasks run by hand, as ECS and Fargate do.
//!
//! [`Scheduler`] is the way in. `task`, `life`, `logs`, `registration`, `shutdown` are a task from
//! start to end; `container`, `dependency`, `health_check` what is inside it. `service`,
//! `deployment`, `standing`, `plan`, `reconcile`, `throttle` keep a service at its desired count;
//! `events` is what it says meanwhile. `desk`, `numbers`, `address` are shared by all.

mod address;
mod alarm;
mod container;
mod dependency;
mod deployment;
mod desk;
mod events;
mod health_check;
mod life;
mod logs;
mod numbers;
mod plan;
mod reconcile;
mod registration;
mod restart;
mod secret;
mod service;
mod shared;
mod shutdown;
mod standing;
mod task;
#[cfg(test)]
mod tests;
mod throttle;
pub(crate) mod usage;
pub(crate) mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use standin_kernel::workload::{WorkloadEvent, WorkloadId};
use standin_kernel::{ApiError, Cx, Deadline, Duration, Time, Value};

use self::deployment::{Cause, Deployment};
use self::desk::{Call, Desk, ServiceTimer, TaskTimer, Timer};
use self::numbers::Numbers;
use self::plan::Rank;
use self::registration::Seen;
use self::service::Service;
use self::task::{NewTask, News, Task};
use self::view::{RolloutState, ServiceStatus, ServiceView, StopCode, TaskView};
use crate::TaskAt;
use crate::config::{self, RunTask, TaskDefinition};

/// How long stopped tasks and deleted services are still shown (ECS-LC-07, ECS-SV-12).
const SHOWN_FOR: Duration = Duration::from_secs(3600);

/// All services and tasks. Every ticket below 2^63 that reaches `reply` is its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scheduler {
    services: BTreeMap<String, Service>,
    /// Tasks that are not STOPPED.
    tasks: BTreeMap<String, Task>,
    /// STOPPED tasks, until they are forgotten.
    stopped: BTreeMap<String, Task>,
    desk: Desk,
}

impl Scheduler {
    /// A new service, in place of an INACTIVE one of the same ARN.
    pub(crate) fn create_service(
        &mut self,
        cx: &mut Cx<'_>,
        settings: config::Service,
        definition: Arc<TaskDefinition>,
    ) {
        let arn = settings.arn.clone();
        self.desk.clear_service(&arn, ServiceTimer::Forget);
        Service::forget(&arn, cx);
        let mut service = Service::new(cx, settings, definition);
        service.store(cx);
        self.services.insert(arn.clone(), service);
        self.watch_alarms(cx, &arn);
        self.reconcile_soon(cx, &arn);
    }

    /// New settings. Another task definition, other load balancers or `force_new_deployment` begin
    /// a deployment; a desired count or bounds alone do not (ECS-SV-09). Pass `true` for all else
    /// that makes a deployment on AWS (network configuration, platform version).
    pub(crate) fn update_service(
        &mut self,
        cx: &mut Cx<'_>,
        settings: config::Service,
        definition: Arc<TaskDefinition>,
        force_new_deployment: bool,
    ) {
        let arn = settings.arn.clone();
        let Some(service) = self.services.get_mut(&arn) else { return };
        let primary = service.primary();
        let begins = force_new_deployment
            || primary.definition.arn != definition.arn
            || primary.load_balancers != settings.load_balancers;
        if begins || service.kept.settings != settings {
            service.kept.settings = settings;
            service.dirty = true;
            service.steady = false;
        }
        if begins {
            self.begin_deployment(cx, &arn, definition);
        }
        if let Some(service) = self.services.get_mut(&arn) {
            service.store(cx);
        }
        self.reconcile_soon(cx, &arn);
    }

    /// Older deployments keep what is healthy of them now (see `plan`).
    fn begin_deployment(&mut self, cx: &mut Cx<'_>, arn: &str, definition: Arc<TaskDefinition>) {
        let census = self.census(cx, arn);
        let Some(service) = self.services.get_mut(arn) else { return };
        let balancers = service.kept.settings.load_balancers.clone();
        for (share, deployment) in service.kept.deployments.iter_mut().enumerate() {
            let healthy = census.as_ref().map_or(0, |census| census.count(share, Rank::Healthy));
            deployment.share = u32::try_from(healthy).unwrap_or(u32::MAX);
        }
        let deployment = Deployment::new(cx.rng, cx.now, definition, balancers);
        service.kept.deployments.insert(0, deployment);
        self.watch_alarms(cx, arn);
    }

    /// Stops all tasks of the service: DRAINING until none is left, then INACTIVE (ECS-SV-12). The
    /// caller has seen to `force`.
    pub(crate) fn delete_service(&mut self, cx: &mut Cx<'_>, arn: &str) {
        let Some(service) = self.services.get_mut(arn) else { return };
        if service.kept.status == ServiceStatus::Active {
            service.kept.status = ServiceStatus::Draining;
            service.kept.settings.desired_count = 0;
            service.dirty = true;
            service.store(cx);
            self.reconcile_soon(cx, arn);
        }
    }

    pub(crate) fn service(&self, arn: &str) -> Option<ServiceView> {
        let service = self.services.get(arn)?;
        Some(service.view(self.living(arn)))
    }

    /// The ARNs of all services it knows, INACTIVE ones for an hour.
    pub(crate) fn services(&self) -> impl Iterator<Item = &str> {
        self.services.keys().map(String::as_str)
    }

    /// Starts one task that belongs to no service; gives its ARN.
    pub(crate) fn run_task(
        &mut self,
        cx: &mut Cx<'_>,
        run: RunTask,
        definition: Arc<TaskDefinition>,
    ) -> Result<String, ApiError> {
        let serial = self.desk.numbers.task(cx);
        let Some(address) = self.desk.addresses.take(cx.env, serial) else {
            let message = "Capacity is unavailable at this time. Please try again later";
            return Err(ApiError::new("ClientException", 400, message));
        };
        let id = cx.rng.hex(32);
        let task = Task::new(
            NewTask {
                arn: task_arn(&run.cluster_arn, &id),
                id,
                cluster_arn: run.cluster_arn,
                service_arn: None,
                deployment: None,
                definition,
                group: run.group,
                started_by: run.started_by,
                overrides: run.overrides,
                address,
                serial,
                attempt: 0,
                load_balancers: Vec::new(),
            },
            cx.now,
        );
        Ok(self.begin(cx, task))
    }

    fn begin(&mut self, cx: &mut Cx<'_>, mut task: Task) -> String {
        let arn = task.arn.clone();
        task.begin(cx, &mut self.desk);
        task.store(cx);
        self.tasks.insert(arn.clone(), task);
        arn
    }

    /// Stops a task by hand. Says whether there is such a task; one that stops already keeps its
    /// reason.
    pub(crate) fn stop_task(&mut self, cx: &mut Cx<'_>, arn: &str, reason: &str) -> bool {
        let Some(task) = self.tasks.get_mut(arn) else { return self.stopped.contains_key(arn) };
        task.begin_stop(cx, &mut self.desk, StopCode::UserInitiated, reason.to_owned());
        self.after(cx, arn);
        true
    }

    pub(crate) fn task(&self, arn: &str) -> Option<TaskView> {
        self.tasks.get(arn).or_else(|| self.stopped.get(arn)).map(Task::view)
    }

    /// All tasks, oldest first; STOPPED ones for an hour.
    pub(crate) fn task_views(&self) -> Vec<TaskView> {
        let mut all: Vec<_> = self.tasks.values().chain(self.stopped.values()).collect();
        all.sort_by_key(|task| task.serial);
        all.into_iter().map(Task::view).collect()
    }

    /// The ARN of a task, given that or its id.
    pub(crate) fn task_arn(&self, id_or_arn: &str) -> Option<String> {
        let mut all = self.tasks.values().chain(self.stopped.values());
        all.find(|task| task.id == id_or_arn || task.arn == id_or_arn).map(|task| task.arn.clone())
    }

    /// The address of a task that is not STOPPED.
    pub(crate) fn task_address(&self, arn: &str) -> Option<Ipv4Addr> {
        self.tasks.get(arn).map(|task| task.address)
    }

    /// The tasks that are not STOPPED.
    pub(crate) fn living_tasks(&self) -> impl Iterator<Item = &str> {
        self.tasks.keys().map(String::as_str)
    }

    /// The task that is not STOPPED and has an address.
    pub(crate) fn task_at(&self, address: IpAddr) -> Option<TaskAt<'_>> {
        let task = self.tasks.values().find(|task| IpAddr::V4(task.address) == address)?;
        Some(TaskAt { arn: &task.arn, service_arn: task.service_arn.as_deref() })
    }

    /// When the deployment began that a task belongs to.
    pub(crate) fn deployed_at(&self, task_arn: &str) -> Option<Time> {
        let task = self.tasks.get(task_arn)?;
        let service = self.services.get(task.service_arn.as_deref()?)?;
        let mut deployments = service.kept.deployments.iter();
        let own = deployments.find(|one| task.deployment.as_ref() == Some(&one.id))?;
        Some(own.created_at)
    }

    /// The task of a container.
    pub(crate) fn task_of(&self, workload: WorkloadId) -> Option<&str> {
        self.desk.owner(workload).map(|(arn, _)| arn.as_str())
    }

    /// The tasks of a service that are not STOPPED, oldest first.
    pub(crate) fn tasks_of(&self, service_arn: &str) -> Vec<(String, Ipv4Addr)> {
        let mut tasks: Vec<_> = self.living(service_arn).collect();
        tasks.sort_by_key(|task| task.serial);
        tasks.into_iter().map(|task| (task.arn.clone(), task.address)).collect()
    }

    /// The containers of a service or task that run or are being started.
    pub(crate) fn running_workloads(&self, arn: &str) -> Vec<WorkloadId> {
        let fits = |task: &&Task| task.arn == arn || task.service_arn.as_deref() == Some(arn);
        self.tasks.values().filter(fits).flat_map(Task::workloads).collect()
    }

    pub(crate) fn running_workload(&self, task_arn: &str, container: &str) -> Option<WorkloadId> {
        self.tasks.get(task_arn)?.workload_of(container)
    }

    /// The names of the containers of a service's tasks, each once.
    pub(crate) fn containers_of<'a>(&'a self, service_arn: &'a str) -> Vec<&'a str> {
        let names: BTreeSet<&str> =
            self.living(service_arn).flat_map(Task::container_names).collect();
        names.into_iter().collect()
    }

    fn living<'a>(&'a self, service_arn: &'a str) -> impl Iterator<Item = &'a Task> {
        self.tasks.values().filter(move |task| task.service_arn.as_deref() == Some(service_arn))
    }

    pub(crate) fn workload(&mut self, cx: &mut Cx<'_>, workload: WorkloadId, event: WorkloadEvent) {
        let Some((arn, container)) = self.desk.owner(workload).cloned() else { return };
        if let Some(task) = self.tasks.get_mut(&arn) {
            task.workload_event(cx, &mut self.desk, container, workload, event);
        }
        self.after(cx, &arn);
    }

    /// The reply to a call of the scheduler.
    pub(crate) fn reply(&mut self, cx: &mut Cx<'_>, ticket: u64, reply: Result<Value, ApiError>) {
        match self.desk.called(ticket) {
            Some(Call::Register { task: arn, target }) => {
                if let Some(task) = self.tasks.get_mut(&arn) {
                    task.registered(cx, &mut self.desk, target, reply);
                }
                self.after(cx, &arn);
            }
            Some(Call::Deregister { task: arn, target }) => {
                if let Some(task) = self.tasks.get_mut(&arn) {
                    task.deregistered(cx, &mut self.desk, target, &reply);
                }
                self.after(cx, &arn);
            }
            Some(Call::TargetHealth { service, group }) => {
                let seen = reply.ok().map(|reply| Seen::read(&reply));
                self.targets_seen(cx, &service, &group, seen.as_deref());
            }
            Some(Call::LogGroup { task: arn, group }) => {
                if let Some(task) = self.tasks.get_mut(&arn) {
                    task.log_group_seen(cx, &mut self.desk, &group, &reply);
                }
                self.after(cx, &arn);
            }
            Some(Call::Secret { task: arn, at }) => {
                if let Some(task) = self.tasks.get_mut(&arn) {
                    task.secret_read(cx, &mut self.desk, at, &reply);
                }
                self.after(cx, &arn);
            }
            Some(Call::Alarms { service, deployment }) => {
                self.alarms_seen(cx, (&service, &deployment), &reply);
            }
            Some(Call::Unattended) | None => {}
        }
    }

    fn targets_seen(&mut self, cx: &mut Cx<'_>, service: &str, group: &str, seen: Option<&[Seen]>) {
        let arns: Vec<_> = self.living(service).map(|task| task.arn.clone()).collect();
        for arn in arns {
            if let Some(task) = self.tasks.get_mut(&arn) {
                task.targets_seen(cx, &mut self.desk, group, seen);
            }
            self.after(cx, &arn);
        }
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.desk.timers.deadline()
    }

    pub(crate) fn on_deadline(&mut self, cx: &mut Cx<'_>) {
        while let Some(timer) = self.desk.timers.pop(cx.now) {
            match timer {
                Timer::Task(arn, TaskTimer::Forget) => {
                    self.stopped.remove(&arn);
                    cx.store(task::KIND, &arn, None);
                }
                Timer::Task(arn, timer) => {
                    if let Some(task) = self.tasks.get_mut(&arn) {
                        task.on_timer(cx, &mut self.desk, timer);
                    }
                    self.after(cx, &arn);
                }
                Timer::Service(arn, ServiceTimer::LookAtAlarms) => self.look_at_alarms(cx, &arn),
                Timer::Service(arn, ServiceTimer::Reconcile) => self.reconcile(cx, &arn),
                Timer::Service(arn, ServiceTimer::PollTargets) => self.poll_targets(cx, &arn),
                Timer::Service(arn, ServiceTimer::StillSteady) => self.still_steady(cx, &arn),
                Timer::Service(arn, ServiceTimer::Forget) => {
                    self.services.remove(&arn);
                    Service::forget(&arn, cx);
                }
                Timer::Restarted => self.sweep_targets(cx),
            }
        }
    }

    /// Asks how the targets of a service are, as long as there are any.
    fn poll_targets(&mut self, cx: &mut Cx<'_>, service: &str) {
        let mut groups: Vec<_> = self
            .living(service)
            .flat_map(|task| &task.targets)
            .filter(|target| target.is_watched())
            .map(|target| target.group.clone())
            .collect();
        groups.sort();
        groups.dedup();
        if groups.is_empty() {
            return;
        }
        for group in groups {
            let input = serde_json::json!({"TargetGroupArn": group});
            let call = Call::TargetHealth { service: service.to_owned(), group };
            self.desk.call(cx, call, "DescribeTargetHealth", input);
        }
        let after = cx.env.paced(Duration::from_secs(1), Duration::from_secs(5));
        self.desk.set_service(service, ServiceTimer::PollTargets, cx.now + after);
    }

    /// After anything that may have changed a task: tells its service, remembers it.
    fn after(&mut self, cx: &mut Cx<'_>, arn: &str) {
        let Some(task) = self.tasks.get_mut(arn) else { return };
        let news = std::mem::take(&mut task.news);
        for news in news {
            self.on_news(cx, arn, news);
        }
        let Some(task) = self.tasks.get_mut(arn) else { return };
        task.store(cx);
        if task.is_stopped()
            && let Some(task) = self.tasks.remove(arn)
        {
            self.desk.set_task(arn, TaskTimer::Forget, cx.now + SHOWN_FOR);
            self.stopped.insert(arn.to_owned(), task);
        }
    }

    fn on_news(&mut self, cx: &mut Cx<'_>, arn: &str, news: News) {
        let Some(task) = self.tasks.get_mut(arn) else { return };
        if let News::Stopping { .. } = news {
            report_failure(cx, task);
        }
        let Some(service_arn) = task.service_arn.clone() else { return };
        let Some(service) = self.services.get_mut(&service_arn) else { return };
        match news {
            News::Running => {
                let grace = u64::from(service.kept.settings.health_check_grace_period_s);
                if grace > 0 {
                    let over = cx.now + Duration::from_secs(grace);
                    self.desk.set_task(arn, TaskTimer::GraceOver, over);
                }
                let deployment = task.deployment.as_deref().unwrap_or_default();
                if let Some(deployment) = service.deployment(deployment) {
                    deployment.throttle.started();
                }
            }
            News::Stopping { was_running } => service.task_stops(cx, task, was_running),
            News::Registered { group } => {
                service.events.registered(group);
                self.desk.set_service_by(&service_arn, ServiceTimer::PollTargets, cx.now);
            }
            News::NotRegistered { group, error } => {
                let text = format!(
                    " failed to register targets in (target-group {group}) with (error {error})"
                );
                service.say(cx, &text);
            }
            News::Deregistered { group } => {
                let draining = task.deployment.clone().map(|id| (id, task.id.clone()));
                service.events.deregistered(group, draining);
                self.desk.set_service_by(&service_arn, ServiceTimer::PollTargets, cx.now);
            }
            News::Stopped | News::Health => {}
        }
        // Tasks rarely change alone: what happens together is looked at, and told, together.
        let soon = cx.env.paced(Duration::from_millis(50), Duration::from_secs(1));
        self.desk.set_service_by(&service_arn, ServiceTimer::Reconcile, cx.now + soon);
    }

    /// Looks after the service as soon as the call that changed it is over.
    fn reconcile_soon(&mut self, cx: &Cx<'_>, service: &str) {
        self.desk.set_service_by(service, ServiceTimer::Reconcile, cx.now);
    }
}

impl Service {
    /// A task of it is to stop: what that means for the throttle and the circuit breaker.
    fn task_stops(&mut self, cx: &mut Cx<'_>, task: &mut Task, was_running: bool) {
        let id = task.deployment.clone().unwrap_or_default();
        let desired = self.kept.settings.desired_count;
        let breaker = self.kept.settings.deployment.circuit_breaker.clone();
        let Some(deployment) = self.deployment(&id) else { return };
        let code = task.stop.as_ref().map(|stop| stop.code);
        let failed =
            matches!(code, Some(StopCode::TaskFailedToStart | StopCode::EssentialContainerExited));
        let mut throttled = false;
        if failed && !was_running {
            throttled = deployment.throttle.failed(task.attempt, cx.now, cx.env);
        } else if code != Some(StopCode::ServiceSchedulerInitiated) {
            deployment.throttle.stopped(cx.now, cx.env);
        }
        let in_progress = deployment.rollout == RolloutState::InProgress;
        if failed && in_progress && !task.was_healthy && !task.counted {
            task.counted = true;
            deployment.failed_tasks += 1;
        }
        let trips = deployment.trips(breaker.as_ref(), desired);
        self.dirty = true;
        self.steady = false;
        if throttled {
            self.say(cx, " is unable to consistently start tasks successfully.");
        }
        if trips {
            self.trip(cx, breaker.is_some_and(|breaker| breaker.rollback), Cause::Tasks);
        }
    }
}

/// A task that ends by itself says why in the log; AWS shows it only to who asks.
fn report_failure(cx: &mut Cx<'_>, task: &Task) {
    let Some(stop) = &task.stop else { return };
    if matches!(stop.code, StopCode::TaskFailedToStart | StopCode::EssentialContainerExited) {
        let ended = task.definition.containers.iter().zip(&task.containers);
        let ended = ended.filter(|(settings, state)| settings.essential && state.is_stopped());
        let codes = ended.filter_map(|(settings, state)| {
            state.exit_code.map(|code| format!("; {} exited with {code}", settings.name))
        });
        let codes: String = if stop.code == StopCode::EssentialContainerExited {
            codes.collect()
        } else {
            String::new()
        };
        cx.log("ecs", format!("(task {}) is stopping: {}{codes}", task.id, stop.reason));
    }
}

/// `arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID`
fn task_arn(cluster_arn: &str, id: &str) -> String {
    format!("{}/{id}", cluster_arn.replacen(":cluster/", ":task/", 1))
}
