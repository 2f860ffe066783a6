//! Leads a task up: PROVISIONING, PENDING, ACTIVATING, RUNNING; and keeps an eye on its containers.

use standin_kernel::workload::{WorkloadEvent, WorkloadId};
use standin_kernel::{Cx, Duration, Out};

use super::container::{Container, GIVEN_UP, Owner, Phase};
use super::dependency::{self, Readiness};
use super::desk::{Desk, TaskTimer};
use super::registration::TargetState;
use super::task::{News, Task};
use super::view::{Health, LastStatus, StopCode};

/// A task without any check counts as healthy after this long in RUNNING (ECS-SV-06).
const MATURES_AFTER: Duration = Duration::from_secs(40);

impl Task {
    /// Begins its life; its network interface comes first (ECS-LC-01).
    pub(crate) fn begin(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        let after = cx.env.paced(Duration::ZERO, Duration::from_secs(10));
        desk.set_task(&self.arn, TaskTimer::Provisioned, cx.now + after);
    }

    pub(crate) fn on_timer(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, timer: TaskTimer) {
        match timer {
            TaskTimer::Provisioned => {
                self.times.connectivity_at = Some(cx.now);
                self.set_status(LastStatus::Pending);
                let after = cx.env.paced(Duration::ZERO, Duration::from_secs(2));
                desk.set_task(&self.arn, TaskTimer::Placed, cx.now + after);
            }
            TaskTimer::Placed => {
                self.times.pull_started_at = Some(cx.now);
                self.set_status(LastStatus::Activating);
                let after = cx.env.paced(Duration::ZERO, Duration::from_secs(12));
                desk.set_task(&self.arn, TaskTimer::Pulled, cx.now + after);
            }
            TaskTimer::Pulled => {
                self.times.pull_stopped_at = Some(cx.now);
                self.touch();
                self.ask_for_log_groups(cx, desk);
                self.ask_for_secrets(cx, desk);
                self.advance(cx, desk);
            }
            TaskTimer::StartTimeout(index) => {
                self.containers[index].timed_out = true;
                self.advance(cx, desk);
            }
            TaskTimer::HealthCheck(index) => self.check_health(cx, desk, index),
            TaskTimer::RegisterAgain => self.advance(cx, desk),
            TaskTimer::Matured | TaskTimer::GraceOver => self.news.push(News::Health),
            TaskTimer::Kill(index) => self.kill(cx, index),
            TaskTimer::Deprovisioned => self.end(cx, desk),
            // The scheduler's own.
            TaskTimer::Forget => {}
        }
    }

    /// Something happened to the container that was launched as `workload`.
    pub(crate) fn workload_event(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        index: usize,
        workload: WorkloadId,
        event: WorkloadEvent,
    ) {
        if self.containers[index].workload != Some(workload) {
            return;
        }
        match event {
            WorkloadEvent::Started => self.container_started(cx, desk, index),
            WorkloadEvent::FailedToStart { reason } => {
                self.container_gone(cx, desk, index, workload);
                self.containers[index].stop(None, Some(reason));
                self.go_on(cx, desk);
            }
            WorkloadEvent::Exited { code } => {
                self.container_exited(cx, desk, index, workload, code);
            }
            // Functions alone are heard; a container's output is in its log.
            WorkloadEvent::Output { .. } => {}
            // What the account's meters are told: it changes nothing.
            WorkloadEvent::Used(_) => {}
            WorkloadEvent::ExecDone { ticket, code } => {
                self.health_checked(cx, desk, index, ticket, code);
            }
        }
    }

    fn container_started(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, index: usize) {
        let definition = self.definition.clone();
        let settings = &definition.containers[index];
        let container = &mut self.containers[index];
        if container.phase != Phase::Starting {
            return;
        }
        container.phase = Phase::Running;
        container.has_run = true;
        container.started_at = Some(cx.now);
        self.touch();
        if let Some(check) = &settings.health_check {
            desk.set_task(&self.arn, TaskTimer::HealthCheck(index), cx.now + check.interval());
        }
        let first = self.containers[index].restart_count == 0;
        if let Some(timeout_s) = settings.start_timeout_s
            && first
            && dependency::is_awaited(&definition.containers, index)
        {
            let at = cx.now + Duration::from_secs(u64::from(timeout_s));
            desk.set_task(&self.arn, TaskTimer::StartTimeout(index), at);
        }
        self.go_on(cx, desk);
    }

    fn container_exited(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        index: usize,
        workload: WorkloadId,
        code: i32,
    ) {
        self.containers[index].has_run = true;
        if self.is_wanted() && self.containers[index].restarts(self.settings(index), code, cx.now) {
            desk.workload_ended(workload);
            desk.clear_task(&self.arn, TaskTimer::HealthCheck(index));
            self.containers[index].restart_count += 1;
            self.launch(cx, desk, index);
            return;
        }
        self.container_gone(cx, desk, index, workload);
        self.containers[index].stop(Some(code), None);
        self.go_on(cx, desk);
    }

    /// Its process is no more, for good.
    fn container_gone(&mut self, cx: &Cx<'_>, desk: &mut Desk, index: usize, workload: WorkloadId) {
        let essential = self.settings(index).essential;
        self.containers[index].workload = None;
        desk.workload_ended(workload);
        desk.clear_task(&self.arn, TaskTimer::HealthCheck(index));
        desk.clear_task(&self.arn, TaskTimer::Kill(index));
        if essential && self.times.execution_stopped_at.is_none() {
            self.times.execution_stopped_at = Some(cx.now);
        }
        self.touch();
    }

    /// Takes the next step in the direction the task is going.
    fn go_on(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        if self.is_wanted() {
            self.advance(cx, desk);
        } else {
            self.wind_down(cx, desk);
        }
    }

    /// Starts what may start, and is RUNNING when everything is.
    pub(crate) fn advance(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        let active = matches!(self.status, LastStatus::Activating | LastStatus::Running);
        let ready = self.times.pull_stopped_at.is_some()
            && self.groups_awaited.is_empty()
            && self.has_its_secrets();
        if !active || !self.is_wanted() || !ready {
            return;
        }
        while self.start_containers(cx, desk) {}
        if let Some(index) = self.stopped_essential() {
            let (code, reason) = self.why_it_ended(index);
            self.begin_stop(cx, desk, code, reason);
        } else if self.status == LastStatus::Activating {
            self.activate(cx, desk);
        }
    }

    /// Says whether a container was given up, so that others may be affected.
    fn start_containers(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) -> bool {
        let definition = self.definition.clone();
        let mut gave_up = false;
        for index in 0..self.containers.len() {
            if self.containers[index].phase != Phase::Waiting {
                continue;
            }
            match dependency::readiness(&definition.containers, &self.containers, index) {
                Readiness::Ready => self.launch(cx, desk, index),
                Readiness::Wait => {}
                Readiness::Never(why) => {
                    self.containers[index].stop(Some(GIVEN_UP), Some(why));
                    self.touch();
                    gave_up = true;
                }
            }
        }
        gave_up
    }

    fn launch(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, index: usize) {
        let workload = desk.new_workload(cx, &self.arn, index);
        let owner = Owner {
            task_arn: &self.arn,
            task_id: &self.id,
            service_arn: self.service_arn.as_deref(),
            address: self.address,
            definition: &self.definition,
        };
        let mut spec = self.settings(index).spec(workload, &owner, cx.env);
        spec.environment.extend(self.secret_variables(index));
        cx.emit(Out::Launch { spec: Box::new(spec) });
        let old = &self.containers[index];
        self.containers[index] = Container {
            phase: Phase::Starting,
            workload: Some(workload),
            restart_count: old.restart_count,
            has_run: old.has_run,
            was_healthy: old.was_healthy,
            timed_out: old.timed_out,
            ..Container::default()
        };
        self.touch();
    }

    fn stopped_essential(&self) -> Option<usize> {
        (0..self.containers.len())
            .find(|&index| self.containers[index].is_stopped() && self.settings(index).essential)
    }

    /// ECS-LC-04, ECS-LC-05, ECS-LC-06.
    fn why_it_ended(&self, essential: usize) -> (StopCode, String) {
        if self.containers[essential].has_run {
            let reason = "Essential container in task exited".to_owned();
            return (StopCode::EssentialContainerExited, reason);
        }
        // The first container that could not start is the cause of those given up after it.
        let failed = self.containers.iter().find(|container| {
            !container.has_run && container.exit_code.is_none() && container.reason.is_some()
        });
        let cause = failed.unwrap_or(&self.containers[essential]);
        (StopCode::TaskFailedToStart, cause.reason.clone().unwrap_or_default())
    }

    /// All containers run or have ended as they should: into the target groups, then RUNNING.
    fn activate(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        let up = |container: &Container| matches!(container.phase, Phase::Running | Phase::Stopped);
        if !self.containers.iter().all(up) {
            return;
        }
        self.register(cx, desk);
        if self.targets.iter().all(|target| target.state == TargetState::Registered) {
            self.times.started_at = Some(cx.now);
            self.set_status(LastStatus::Running);
            self.news.push(News::Running);
            if self.targets.is_empty() && !self.has_check() {
                desk.set_task(&self.arn, TaskTimer::Matured, cx.now + Self::matures_after(cx));
            }
        }
    }

    /// How long a task without checks must have been RUNNING to count as healthy.
    pub(crate) fn matures_after(cx: &Cx<'_>) -> Duration {
        cx.env.paced(Duration::from_secs(5), MATURES_AFTER)
    }

    fn check_health(&mut self, cx: &mut Cx<'_>, desk: &mut Desk, index: usize) {
        let definition = self.definition.clone();
        let container = &mut self.containers[index];
        let Some(check) = &definition.containers[index].health_check else { return };
        let Some(workload) = container.workload else { return };
        if container.phase == Phase::Running && !container.told_to_stop {
            container.checking.run(cx, check, workload, desk.new_ticket());
        }
    }

    fn health_checked(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        index: usize,
        ticket: u64,
        code: Option<i32>,
    ) {
        let definition = self.definition.clone();
        let container = &mut self.containers[index];
        let Some(check) = &definition.containers[index].health_check else { return };
        let started = container.started_at.unwrap_or(cx.now);
        let before = container.checking.status;
        if !container.checking.done(check, started, ticket, code) {
            return;
        }
        let after = container.checking.status;
        container.was_healthy |= after == Health::Healthy;
        if self.is_wanted() {
            desk.set_task(&self.arn, TaskTimer::HealthCheck(index), cx.now + check.interval());
        }
        if before != after {
            self.touch();
            self.news.push(News::Health);
            self.advance(cx, desk);
        }
    }
}
