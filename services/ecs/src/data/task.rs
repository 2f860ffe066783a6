//! A task: its containers, its address, its places in target groups, and how far it is.
//!
//! `life` leads it up to RUNNING, `shutdown` down to STOPPED, `registration` in and out of its
//! target groups. What the service must know of is left in `news`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use standin_kernel::database::Secret;
use standin_kernel::workload::WorkloadId;
use standin_kernel::{Cx, Time, Value};

use super::container::{Container, Phase};
use super::desk::SecretAt;
use super::health_check;
use super::registration::Target;
use super::view::{DesiredStatus, Health, LastStatus, StopCode, TaskTimes, TaskView};
use crate::config::{self, TaskDefinition};

pub(crate) const KIND: &str = "task";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) arn: String,
    /// 32 hexadecimal digits, the end of the ARN.
    pub(crate) id: String,
    pub(crate) cluster_arn: String,
    pub(crate) service_arn: Option<String>,
    /// The id of the deployment it belongs to.
    pub(crate) deployment: Option<String>,
    #[serde(with = "super::shared")]
    pub(crate) definition: Arc<TaskDefinition>,
    pub(crate) group: String,
    pub(crate) started_by: Option<String>,
    pub(crate) overrides: Value,
    pub(crate) address: Ipv4Addr,
    /// Grows from task to task: which one is the older.
    pub(crate) serial: u64,
    pub(crate) status: LastStatus,
    pub(crate) desired: DesiredStatus,
    pub(crate) stop: Option<Stop>,
    pub(crate) times: TaskTimes,
    /// In the order of the definition.
    pub(crate) containers: Vec<Container>,
    pub(crate) targets: Vec<Target>,
    pub(crate) version: u64,
    #[serde(skip)]
    pub(crate) stored_version: u64,
    /// Log groups of which it is not known yet whether they exist.
    #[serde(skip)]
    pub(crate) groups_awaited: BTreeSet<String>,
    /// Secret variables; `None` while the value is being read.
    #[serde(skip)]
    pub(crate) secrets: BTreeMap<SecretAt, Option<Secret>>,
    /// The throttle's attempt that started it.
    #[serde(skip)]
    pub(crate) attempt: u64,
    /// It was healthy in the eyes of its service once.
    #[serde(skip)]
    pub(crate) was_healthy: bool,
    /// Its service has found it unhealthy, said so, and it has not recovered.
    #[serde(skip)]
    pub(crate) found_unhealthy: bool,
    /// It has counted as a failure of its deployment.
    #[serde(skip)]
    pub(crate) counted: bool,
    #[serde(skip)]
    pub(crate) news: Vec<News>,
}

/// Why a task stops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stop {
    pub(crate) code: StopCode,
    pub(crate) reason: String,
}

/// What the service of a task must know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// It reached RUNNING.
    Running,
    /// Its desired status became STOPPED; `was_running`: it had reached RUNNING.
    Stopping {
        was_running: bool,
    },
    Stopped,
    /// The health of a container or target changed.
    Health,
    Registered {
        group: String,
    },
    NotRegistered {
        group: String,
        error: String,
    },
    Deregistered {
        group: String,
    },
}

/// What a new task is made of.
#[derive(Debug)]
pub(crate) struct NewTask {
    pub(crate) arn: String,
    pub(crate) id: String,
    pub(crate) cluster_arn: String,
    pub(crate) service_arn: Option<String>,
    pub(crate) deployment: Option<String>,
    pub(crate) definition: Arc<TaskDefinition>,
    pub(crate) group: String,
    pub(crate) started_by: Option<String>,
    pub(crate) overrides: Value,
    pub(crate) address: Ipv4Addr,
    pub(crate) serial: u64,
    pub(crate) attempt: u64,
    pub(crate) load_balancers: Vec<config::LoadBalancer>,
}

impl Task {
    pub(crate) fn new(new: NewTask, now: Time) -> Self {
        let containers = vec![Container::default(); new.definition.containers.len()];
        Self {
            arn: new.arn,
            id: new.id,
            cluster_arn: new.cluster_arn,
            service_arn: new.service_arn,
            deployment: new.deployment,
            definition: new.definition,
            group: new.group,
            started_by: new.started_by,
            overrides: new.overrides,
            address: new.address,
            serial: new.serial,
            status: LastStatus::Provisioning,
            desired: DesiredStatus::Running,
            stop: None,
            times: TaskTimes { created_at: now, ..TaskTimes::default() },
            containers,
            targets: new.load_balancers.into_iter().map(Target::new).collect(),
            version: 1,
            stored_version: 0,
            groups_awaited: BTreeSet::new(),
            secrets: BTreeMap::new(),
            attempt: new.attempt,
            was_healthy: false,
            found_unhealthy: false,
            counted: false,
            news: Vec::new(),
        }
    }

    /// Something visible changed (ECS-EV-07).
    pub(crate) fn touch(&mut self) {
        self.version += 1;
    }

    pub(crate) fn set_status(&mut self, status: LastStatus) {
        self.status = status;
        self.touch();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.status == LastStatus::Stopped
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.desired == DesiredStatus::Running
    }

    pub(crate) fn settings(&self, container: usize) -> &config::Container {
        &self.definition.containers[container]
    }

    /// ECS-HC-06.
    pub(crate) fn health(&self) -> Health {
        let both = self.definition.containers.iter().zip(&self.containers);
        let checked =
            both.filter(|(settings, _)| settings.essential && settings.health_check.is_some());
        health_check::of_task(checked.map(|(settings, state)| state.health(settings)))
    }

    /// Whether an essential container has a check.
    pub(crate) fn has_check(&self) -> bool {
        self.definition
            .containers
            .iter()
            .any(|container| container.essential && container.health_check.is_some())
    }

    pub(crate) fn container_names(&self) -> impl Iterator<Item = &str> {
        self.definition.containers.iter().map(|container| container.name.as_str())
    }

    /// The process of one container, if it runs or is being started.
    pub(crate) fn workload_of(&self, container: &str) -> Option<WorkloadId> {
        let at = self.container_names().position(|name| name == container)?;
        let container = &self.containers[at];
        container.workload.filter(|_| container.phase != Phase::Stopped)
    }

    /// The processes that run or are being started.
    pub(crate) fn workloads(&self) -> impl Iterator<Item = WorkloadId> {
        self.containers
            .iter()
            .filter(|container| container.phase != Phase::Stopped)
            .filter_map(|container| container.workload)
    }

    pub(crate) fn view(&self) -> TaskView {
        let both = self.definition.containers.iter().zip(&self.containers);
        TaskView {
            arn: self.arn.clone(),
            cluster_arn: self.cluster_arn.clone(),
            service_arn: self.service_arn.clone(),
            task_definition: self.definition.clone(),
            group: self.group.clone(),
            started_by: self.started_by.clone(),
            overrides: self.overrides.clone(),
            last_status: self.status,
            desired_status: self.desired,
            health_status: self.health(),
            stop_code: self.stop.as_ref().map(|stop| stop.code),
            stopped_reason: self.stop.as_ref().map(|stop| stop.reason.clone()),
            address: self.address,
            containers: both.map(|(settings, state)| state.view(settings)).collect(),
            times: self.times.clone(),
            version: self.version,
        }
    }

    /// Remembers it, if something changed since the last time.
    pub(crate) fn store(&mut self, cx: &mut Cx<'_>) {
        if self.stored_version != self.version {
            self.stored_version = self.version;
            cx.store(KIND, &self.arn, serde_json::to_value(&*self).ok());
        }
    }
}
