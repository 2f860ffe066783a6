//! One container of a task: what has become of it, and what is launched for it.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use standin_kernel::workload::{
    TaskContainer, WorkloadId, WorkloadKind, WorkloadLabels, WorkloadSpec,
};
use standin_kernel::{Duration, Env, Time};

use super::health_check::Checking;
use super::view::{ContainerView, Health};
use crate::config;

/// The code of a container that was given up before it ran (ECS-DP-06).
pub(crate) const GIVEN_UP: i32 = 143;

/// How far a container is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// Not launched: its dependencies are not fulfilled.
    #[default]
    Waiting,
    /// Launched; it has not said that it runs.
    Starting,
    Running,
    Stopped,
}

/// The state of a container; its settings are in the task definition at the same place.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Container {
    pub(crate) phase: Phase,
    /// Set only when a process ended, or the container was given up.
    pub(crate) exit_code: Option<i32>,
    pub(crate) reason: Option<String>,
    pub(crate) restart_count: u32,
    /// It ran at least once.
    pub(crate) has_run: bool,
    #[serde(skip)]
    pub(crate) workload: Option<WorkloadId>,
    /// When its process started, the latest time.
    #[serde(skip)]
    pub(crate) started_at: Option<Time>,
    #[serde(skip)]
    pub(crate) told_to_stop: bool,
    /// Those who depend on it have waited for `startTimeout` (ECS-DP-07).
    #[serde(skip)]
    pub(crate) timed_out: bool,
    /// It passed its check once: enough for those who depend on it (ECS-DP-02).
    #[serde(skip)]
    pub(crate) was_healthy: bool,
    #[serde(skip)]
    pub(crate) checking: Checking,
}

impl Container {
    pub(crate) fn is_stopped(&self) -> bool {
        self.phase == Phase::Stopped
    }

    /// Its process is there or on the way.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Starting | Phase::Running)
    }

    pub(crate) fn stop(&mut self, exit_code: Option<i32>, reason: Option<String>) {
        self.phase = Phase::Stopped;
        self.exit_code = exit_code;
        if reason.is_some() {
            self.reason = reason;
        }
    }

    /// Whether the restart policy runs it again after this exit (ECS-RS-01, ECS-RS-02).
    pub(crate) fn restarts(&self, settings: &config::Container, code: i32, now: Time) -> bool {
        let Some(policy) = &settings.restart_policy else { return false };
        let period = Duration::from_secs(u64::from(policy.restart_attempt_period_s));
        let ran = self.started_at.map_or(Duration::ZERO, |since| now.since(since));
        !self.told_to_stop && !policy.ignored_exit_codes.contains(&code) && ran >= period
    }

    pub(crate) fn health(&self, settings: &config::Container) -> Health {
        if settings.health_check.is_some() { self.checking.status } else { Health::Unknown }
    }

    pub(crate) fn view(&self, settings: &config::Container) -> ContainerView {
        ContainerView {
            name: settings.name.clone(),
            image: settings.image.clone(),
            last_status: match self.phase {
                Phase::Waiting | Phase::Starting => "PENDING",
                Phase::Running => "RUNNING",
                Phase::Stopped => "STOPPED",
            },
            exit_code: self.exit_code,
            reason: self.reason.clone(),
            health_status: self.health(settings),
        }
    }
}

/// Whose container is launched.
#[derive(Debug)]
pub(crate) struct Owner<'a> {
    pub(crate) task_arn: &'a str,
    pub(crate) task_id: &'a str,
    pub(crate) service_arn: Option<&'a str>,
    pub(crate) address: Ipv4Addr,
    pub(crate) definition: &'a config::TaskDefinition,
}

fn neighbour(container: &config::Container) -> TaskContainer {
    TaskContainer { name: container.name.clone(), image: container.image.clone() }
}

impl config::Container {
    pub(crate) fn spec(&self, id: WorkloadId, owner: &Owner<'_>, env: &Env) -> WorkloadSpec {
        let stream = |logs: &config::AwsLogs| {
            format!("{}/{}/{}", logs.stream_prefix, self.name, owner.task_id)
        };
        WorkloadSpec {
            id,
            kind: WorkloadKind::Container,
            image: self.image.clone(),
            command: self.entry_point.iter().chain(&self.command).cloned().collect(),
            environment: self.variables(env),
            address: owner.address,
            ports: self.ports.clone(),
            labels: WorkloadLabels {
                service_arn: owner.service_arn.map(str::to_owned),
                task_arn: owner.task_arn.to_owned(),
                container: self.name.clone(),
                log_group: self.logs.as_ref().map(|logs| logs.group.clone()),
                log_stream: self.logs.as_ref().map(stream),
                task_definition: owner.definition.arn.clone(),
                containers: owner.definition.containers.iter().map(neighbour).collect(),
                // The engine knows it.
                vpc: None,
            },
            local: self.local.clone(),
        }
    }

    /// What Fargate sets in every container, then the container's own.
    fn variables(&self, env: &Env) -> Vec<(String, String)> {
        let given = [
            ("AWS_REGION", env.region.as_str()),
            ("AWS_DEFAULT_REGION", env.region.as_str()),
            ("AWS_EXECUTION_ENV", "AWS_ECS_FARGATE"),
        ];
        let own = |name: &str| self.environment.iter().any(|(own, _)| own == name);
        let given = given.into_iter().filter(|(name, _)| !own(name));
        let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
        given.chain(self.environment.iter().cloned()).collect()
    }
}
