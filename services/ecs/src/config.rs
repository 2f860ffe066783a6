//! What the API's documents say, parsed: the only form in which the running side knows settings.
//!
//! `api/` and `resources/` fill these; nothing in here is optional on the way to the scheduler
//! unless AWS itself makes a difference between absent and present.

use serde::{Deserialize, Serialize};
use standin_kernel::Value;

/// One revision of a task definition; it never changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TaskDefinition {
    /// `arn:aws:ecs:REGION:ACCOUNT:task-definition/FAMILY:REVISION`
    pub(crate) arn: String,
    pub(crate) family: String,
    pub(crate) revision: u32,
    /// In the order of the document. At least one is essential; the dependencies have no cycle
    /// and name containers of this list only (ECS-TD-05, ECS-DP-11).
    pub(crate) containers: Vec<Container>,
}

/// A container of a task definition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Container {
    pub(crate) name: String,
    pub(crate) image: String,
    /// True when the document does not say (ECS-TD-05).
    pub(crate) essential: bool,
    /// `entryPoint`; empty: the image's.
    pub(crate) entry_point: Vec<String>,
    /// `command`; empty: the image's.
    pub(crate) command: Vec<String>,
    /// `environment` in the order of the document; for `RunTask`, the overrides are already in.
    pub(crate) environment: Vec<(String, String)>,
    /// `secrets`: variables whose values are read when a task starts (ECS-TD-08).
    #[serde(default)]
    pub(crate) secrets: Vec<(String, ValueFrom)>,
    /// `portMappings[].containerPort`
    pub(crate) ports: Vec<u16>,
    pub(crate) depends_on: Vec<Dependency>,
    pub(crate) health_check: Option<HealthCheck>,
    /// `startTimeout`; `None`: no limit (ECS-DP-08).
    pub(crate) start_timeout_s: Option<u32>,
    /// `stopTimeout`; 30 when the document does not say (ECS-DP-09).
    pub(crate) stop_timeout_s: u32,
    /// `restartPolicy`, only when it is enabled.
    pub(crate) restart_policy: Option<RestartPolicy>,
    /// `logConfiguration` with driver `awslogs`.
    pub(crate) logs: Option<AwsLogs>,
    /// What stands for the image on this machine: the entry of this container in
    /// `Metadata: Standin: Containers:`, with `BaseDirectory` added; `Null` without one.
    pub(crate) local: Value,
}

/// The time between SIGTERM and SIGKILL when the document does not say (ECS-DP-09).
pub(crate) const DEFAULT_STOP_TIMEOUT_S: u32 = 30;

/// Where the value of a secret variable is kept (ECS-TD-07).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ValueFrom {
    /// In Secrets Manager: the whole of it, or the value of one key of its JSON.
    Secret {
        id: String,
        json_key: Option<String>,
        version_stage: Option<String>,
        version_id: Option<String>,
    },
    /// In the Parameter Store: a name or an ARN.
    Parameter(String),
}

impl ValueFrom {
    /// Reads `valueFrom`: `arn:aws:secretsmanager:region:account:secret:name-AbCdEf:key:stage:id`,
    /// an ARN of a parameter, or a parameter's name.
    pub(crate) fn parse(text: &str) -> Self {
        const OF_AN_ARN: usize = 7;
        let parts: Vec<&str> = text.split(':').collect();
        if parts.first() != Some(&"arn") || parts.get(2) != Some(&"secretsmanager") {
            return Self::Parameter(text.to_owned());
        }
        let part = |at: usize| {
            parts.get(at).filter(|part| !part.is_empty()).map(|part| (*part).to_owned())
        };
        Self::Secret {
            id: parts[..parts.len().min(OF_AN_ARN)].join(":"),
            json_key: part(OF_AN_ARN),
            version_stage: part(OF_AN_ARN + 1),
            version_id: part(OF_AN_ARN + 2),
        }
    }
}

/// `dependsOn[]`: this container waits for another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) container_name: String,
    pub(crate) condition: Condition,
}

/// What is waited for (ECS-DP-01). Reads and writes as AWS's words (`START`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Condition {
    Start,
    Complete,
    Success,
    Healthy,
}

/// `healthCheck`, defaults filled in (ECS-HC-02).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HealthCheck {
    /// As in the document: `["CMD-SHELL", "curl -f http://localhost/"]`, `["CMD", "/bin/true"]`, or
    /// without either word (ECS-HC-01).
    pub(crate) command: Vec<String>,
    /// 30 by default.
    pub(crate) interval_s: u32,
    /// 5 by default.
    pub(crate) timeout_s: u32,
    /// 3 by default.
    pub(crate) retries: u32,
    /// 0 by default.
    pub(crate) start_period_s: u32,
}

/// An enabled `restartPolicy` (ECS-RS-01).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RestartPolicy {
    pub(crate) ignored_exit_codes: Vec<i32>,
    /// 300 by default.
    pub(crate) restart_attempt_period_s: u32,
}

/// Where a container's lines go (ECS-LO-02).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AwsLogs {
    /// `awslogs-group`
    pub(crate) group: String,
    /// `awslogs-stream-prefix`; the stream is `PREFIX/CONTAINER/TASK-ID`.
    pub(crate) stream_prefix: String,
    /// `awslogs-create-group`; false by default.
    pub(crate) create_group: bool,
}

/// The settings of a service, whole: an update brings all of them again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Service {
    /// `arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/NAME`
    pub(crate) arn: String,
    pub(crate) name: String,
    /// `arn:aws:ecs:REGION:ACCOUNT:cluster/CLUSTER`
    pub(crate) cluster_arn: String,
    pub(crate) desired_count: u32,
    pub(crate) load_balancers: Vec<LoadBalancer>,
    /// `healthCheckGracePeriodSeconds`; 0 by default (ECS-SV-07).
    pub(crate) health_check_grace_period_s: u32,
    pub(crate) deployment: DeploymentConfiguration,
}

/// A target group in which each task of the service is registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LoadBalancer {
    pub(crate) target_group_arn: String,
    pub(crate) container_name: String,
    pub(crate) container_port: u16,
}

/// `deploymentConfiguration`, defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeploymentConfiguration {
    /// 100 by default (ECS-SV-02).
    pub(crate) minimum_healthy_percent: u32,
    /// 200 by default (ECS-SV-02).
    pub(crate) maximum_percent: u32,
    /// `deploymentCircuitBreaker`, only when `enable` is true.
    pub(crate) circuit_breaker: Option<CircuitBreaker>,
    /// `alarms`, only when `enable` is true and there are some.
    #[serde(default)]
    pub(crate) alarms: Option<Alarms>,
}

impl Default for DeploymentConfiguration {
    fn default() -> Self {
        Self {
            minimum_healthy_percent: 100,
            maximum_percent: 200,
            circuit_breaker: None,
            alarms: None,
        }
    }
}

/// Alarms that fail a deployment (ECS-AL-01).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Alarms {
    pub(crate) names: Vec<String>,
    pub(crate) rollback: bool,
}

/// An enabled circuit breaker (ECS-CB-01).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CircuitBreaker {
    pub(crate) rollback: bool,
    pub(crate) threshold: Threshold,
    /// True by default (ECS-CB-03).
    pub(crate) reset_on_healthy_task: bool,
}

/// How many failed tasks fail a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Threshold {
    /// Half of the desired count, at least 3, at most 200 (ECS-CB-02).
    Default,
    /// A fixed number (ECS-CB-03).
    Count(u32),
    /// A share of the desired count, rounded up, without bounds (ECS-CB-03).
    Percent(u32),
}

/// A task to run that belongs to no service: one of those a `RunTask` asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunTask {
    pub(crate) cluster_arn: String,
    /// `family:FAMILY` unless the caller names a group.
    pub(crate) group: String,
    pub(crate) started_by: Option<String>,
    /// The `overrides` as given, for `DescribeTasks`; what they change is already in the
    /// definition.
    pub(crate) overrides: Value,
}
