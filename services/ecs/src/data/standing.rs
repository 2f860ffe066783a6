//! Decides what a task counts for in its service: pending, running, healthy, unhealthy or leaving.

use standin_kernel::{Cx, Duration};

use super::registration::TargetHealth;
use super::task::Task;
use super::view::{Health, LastStatus};

/// What a task is to its service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// On its way to RUNNING.
    Pending,
    /// RUNNING, and neither known to be healthy nor to be replaced.
    Running,
    /// Counts for minimumHealthyPercent (ECS-SV-06).
    Healthy,
    /// To be replaced (ECS-SV-04).
    Unhealthy(Cause),
    /// To be stopped, and not STOPPED yet.
    Leaving,
}

/// Why a task is unhealthy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Target { group: String, port: u16, description: String },
    Container,
}

impl Cause {
    /// The `stoppedReason` of a task stopped for it (ECS-LC-05).
    pub(crate) fn stopped_reason(&self) -> String {
        match self {
            Self::Target { group, .. } => {
                format!("Task failed ELB health checks in (target-group {group})")
            }
            Self::Container => "Task failed container health checks".into(),
        }
    }
}

impl Task {
    /// `grace_period_s`: the service's health check grace period, from the task's start.
    pub(crate) fn standing(&self, cx: &Cx<'_>, grace_period_s: u32) -> Standing {
        if !self.is_wanted() {
            return Standing::Leaving;
        }
        let (LastStatus::Running, Some(started)) = (self.status, self.times.started_at) else {
            return Standing::Pending;
        };
        let ran = cx.now.since(started);
        match self.cause() {
            // Within the grace period nothing is replaced for its health (ECS-SV-07).
            Some(cause) if ran >= Duration::from_secs(u64::from(grace_period_s)) => {
                Standing::Unhealthy(cause)
            }
            Some(_) => Standing::Running,
            None if self.passes_all_checks(ran, Self::matures_after(cx)) => Standing::Healthy,
            None => Standing::Running,
        }
    }

    fn cause(&self) -> Option<Cause> {
        let target = self.targets.iter().find_map(|target| match &target.health {
            TargetHealth::Unhealthy(description) => Some(Cause::Target {
                group: target.group.clone(),
                port: target.port,
                description: description.clone(),
            }),
            TargetHealth::Healthy | TargetHealth::Unknown => None,
        });
        let container = (self.health() == Health::Unhealthy).then_some(Cause::Container);
        target.or(container)
    }

    fn passes_all_checks(&self, ran: Duration, matures_after: Duration) -> bool {
        let targets = self.targets.iter().all(|target| target.health == TargetHealth::Healthy);
        if self.has_check() {
            targets && self.health() == Health::Healthy
        } else if self.targets.is_empty() {
            ran >= matures_after
        } else {
            targets
        }
    }
}
