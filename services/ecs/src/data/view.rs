//! What the running side shows of services and tasks, for the Describe and List operations.

use std::net::Ipv4Addr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use standin_kernel::{Time, Value};

use crate::config;

/// A service as `DescribeServices` shows it.
#[derive(Clone, Debug)]
pub(crate) struct ServiceView {
    pub(crate) settings: config::Service,
    pub(crate) status: ServiceStatus,
    pub(crate) created_at: Time,
    /// Tasks whose last status is RUNNING.
    pub(crate) running_count: u32,
    /// Tasks whose last status is PROVISIONING, PENDING or ACTIVATING.
    pub(crate) pending_count: u32,
    /// The PRIMARY one first.
    pub(crate) deployments: Vec<DeploymentView>,
    /// Newest first, at most 100 (ECS-SV-17).
    pub(crate) events: Vec<ServiceEvent>,
}

/// ECS-SV-12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ServiceStatus {
    Active,
    Draining,
    Inactive,
}

impl ServiceStatus {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Draining => "DRAINING",
            Self::Inactive => "INACTIVE",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct DeploymentView {
    /// `ecs-svc/` and 19 digits.
    pub(crate) id: String,
    /// `PRIMARY` or `ACTIVE` (ECS-SV-10).
    pub(crate) status: &'static str,
    pub(crate) task_definition: Arc<config::TaskDefinition>,
    pub(crate) desired_count: u32,
    pub(crate) pending_count: u32,
    pub(crate) running_count: u32,
    pub(crate) failed_tasks: u32,
    pub(crate) created_at: Time,
    pub(crate) updated_at: Time,
    pub(crate) rollout_state: RolloutState,
    /// ECS-SV-11.
    pub(crate) rollout_state_reason: String,
}

/// ECS-SV-10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RolloutState {
    InProgress,
    Completed,
    Failed,
}

impl RolloutState {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServiceEvent {
    /// A UUID.
    pub(crate) id: String,
    pub(crate) created_at: Time,
    pub(crate) message: String,
}

/// A task as `DescribeTasks` shows it.
#[derive(Clone, Debug)]
pub(crate) struct TaskView {
    pub(crate) arn: String,
    pub(crate) cluster_arn: String,
    pub(crate) service_arn: Option<String>,
    pub(crate) task_definition: Arc<config::TaskDefinition>,
    /// `service:NAME` or `family:FAMILY`.
    pub(crate) group: String,
    /// The deployment's id for a task of a service.
    pub(crate) started_by: Option<String>,
    pub(crate) overrides: Value,
    pub(crate) last_status: LastStatus,
    pub(crate) desired_status: DesiredStatus,
    pub(crate) health_status: Health,
    pub(crate) stop_code: Option<StopCode>,
    pub(crate) stopped_reason: Option<String>,
    pub(crate) address: Ipv4Addr,
    pub(crate) containers: Vec<ContainerView>,
    pub(crate) times: TaskTimes,
    /// Grows with each change (ECS-EV-07).
    pub(crate) version: u64,
}

/// A container as `DescribeTasks` shows it.
#[derive(Clone, Debug)]
pub(crate) struct ContainerView {
    pub(crate) name: String,
    pub(crate) image: String,
    /// `PENDING`, `RUNNING` or `STOPPED`.
    pub(crate) last_status: &'static str,
    pub(crate) exit_code: Option<i32>,
    pub(crate) reason: Option<String>,
    pub(crate) health_status: Health,
}

/// When a task did what (ECS-LC-08).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TaskTimes {
    pub(crate) created_at: Time,
    pub(crate) connectivity_at: Option<Time>,
    pub(crate) pull_started_at: Option<Time>,
    pub(crate) pull_stopped_at: Option<Time>,
    pub(crate) started_at: Option<Time>,
    pub(crate) stopping_at: Option<Time>,
    /// When an essential container stopped.
    pub(crate) execution_stopped_at: Option<Time>,
    pub(crate) stopped_at: Option<Time>,
}

/// ECS-LC-01, in the order in which a task passes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum LastStatus {
    Provisioning,
    Pending,
    Activating,
    Running,
    Deactivating,
    Stopping,
    Deprovisioning,
    Stopped,
}

impl LastStatus {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Pending => "PENDING",
            Self::Activating => "ACTIVATING",
            Self::Running => "RUNNING",
            Self::Deactivating => "DEACTIVATING",
            Self::Stopping => "STOPPING",
            Self::Deprovisioning => "DEPROVISIONING",
            Self::Stopped => "STOPPED",
        }
    }
}

/// ECS-LC-02.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DesiredStatus {
    Running,
    Stopped,
}

impl DesiredStatus {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Stopped => "STOPPED",
        }
    }
}

/// ECS-HC-05.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Health {
    Healthy,
    Unhealthy,
    #[default]
    Unknown,
}

impl Health {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "HEALTHY",
            Self::Unhealthy => "UNHEALTHY",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// ECS-LC-04, those that one machine can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum StopCode {
    TaskFailedToStart,
    EssentialContainerExited,
    UserInitiated,
    ServiceSchedulerInitiated,
    TerminationNotice,
}

impl StopCode {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::TaskFailedToStart => "TaskFailedToStart",
            Self::EssentialContainerExited => "EssentialContainerExited",
            Self::UserInitiated => "UserInitiated",
            Self::ServiceSchedulerInitiated => "ServiceSchedulerInitiated",
            Self::TerminationNotice => "TerminationNotice",
        }
    }
}
