//! Leads a task down: DEACTIVATING, STOPPING, DEPROVISIONING, STOPPED.

use standin_kernel::workload::Signal;
use standin_kernel::{Cx, Duration, Out};

use super::container::Phase;
use super::dependency;
use super::desk::{Desk, TaskTimer};
use super::registration::TargetState;
use super::task::{News, Stop, Task};
use super::view::{DesiredStatus, LastStatus, StopCode};

impl Task {
    /// The task is to stop; the first reason given is the one that stays.
    pub(crate) fn begin_stop(
        &mut self,
        cx: &mut Cx<'_>,
        desk: &mut Desk,
        code: StopCode,
        reason: String,
    ) {
        if !self.is_wanted() {
            return;
        }
        let was_running = self.status == LastStatus::Running;
        self.desired = DesiredStatus::Stopped;
        self.stop = Some(Stop { code, reason });
        self.times.stopping_at = Some(cx.now);
        self.news.push(News::Stopping { was_running });
        self.touch();
        for timer in [
            TaskTimer::Provisioned,
            TaskTimer::Placed,
            TaskTimer::Pulled,
            TaskTimer::RegisterAgain,
            TaskTimer::Matured,
            TaskTimer::GraceOver,
        ] {
            desk.clear_task(&self.arn, timer);
        }
        for index in 0..self.containers.len() {
            desk.clear_task(&self.arn, TaskTimer::StartTimeout(index));
            desk.clear_task(&self.arn, TaskTimer::HealthCheck(index));
        }
        self.deregister(cx, desk);
        self.wind_down(cx, desk);
    }

    /// Waits for its targets to drain (ECS-LC-03), stops the containers one after the other
    /// (ECS-DP-04), and gives its address back.
    pub(crate) fn wind_down(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        if self.status < LastStatus::Stopping {
            if self.has_draining_target() && !self.has_essential_stopped() {
                if self.status != LastStatus::Deactivating {
                    self.set_status(LastStatus::Deactivating);
                }
                return;
            }
            self.set_status(LastStatus::Stopping);
            for container in &mut self.containers {
                if container.phase == Phase::Waiting {
                    container.stop(None, None);
                }
            }
        }
        if self.status == LastStatus::Stopping {
            self.signal_containers(cx, desk);
        }
    }

    fn has_draining_target(&self) -> bool {
        self.targets.iter().any(|target| target.state == TargetState::Draining)
    }

    /// Nothing is left to drain when what served is gone.
    fn has_essential_stopped(&self) -> bool {
        let both = self.definition.containers.iter().zip(&self.containers);
        both.into_iter().any(|(settings, state)| settings.essential && state.is_stopped())
    }

    fn signal_containers(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        let definition = self.definition.clone();
        for index in 0..self.containers.len() {
            let container = &self.containers[index];
            let Some(workload) = container.workload else { continue };
            let may = dependency::may_stop(&definition.containers, &self.containers, index);
            if !container.is_live() || container.told_to_stop || !may {
                continue;
            }
            self.containers[index].told_to_stop = true;
            cx.emit(Out::Signal { workload, signal: Signal::Term });
            let patience = u64::from(definition.containers[index].stop_timeout_s);
            let at = cx.now + Duration::from_secs(patience);
            desk.set_task(&self.arn, TaskTimer::Kill(index), at);
        }
        if self.containers.iter().all(|container| container.phase == Phase::Stopped) {
            self.set_status(LastStatus::Deprovisioning);
            let after = cx.env.paced(Duration::ZERO, Duration::from_secs(10));
            desk.set_task(&self.arn, TaskTimer::Deprovisioned, cx.now + after);
        }
    }

    /// It took no notice of SIGTERM for `stopTimeout` (ECS-DP-09).
    pub(crate) fn kill(&mut self, cx: &mut Cx<'_>, index: usize) {
        if let Some(workload) = self.containers[index].workload {
            cx.emit(Out::Signal { workload, signal: Signal::Kill });
        }
    }

    pub(crate) fn end(&mut self, cx: &mut Cx<'_>, desk: &mut Desk) {
        self.times.stopped_at = Some(cx.now);
        self.set_status(LastStatus::Stopped);
        desk.addresses.release(self.address);
        self.news.push(News::Stopped);
    }
}
