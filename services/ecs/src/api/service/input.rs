//! What a service's author sets, and what of it makes no sense.

use serde::{Deserialize, Serialize};
use standin_kernel::ApiError;

use crate::api::{Definition, Missing};
use crate::config;
use crate::error::{invalid_parameter, not_here};

/// Members of `CreateService` and `UpdateService` that mean nothing here.
pub(super) const MISSING: &[Missing] = &[
    ("serviceRegistries", "there is no Cloud Map"),
    ("serviceConnectConfiguration", "there is no Cloud Map, which Service Connect is made of"),
    ("volumeConfigurations", "there are no EBS volumes"),
    ("vpcLatticeConfigurations", "there is no VPC Lattice"),
    ("gatewayConnectors", "there are no gateways"),
    ("placementConstraints", "Fargate takes none"),
    ("placementStrategy", "Fargate takes none"),
    ("monitoring", "there are no metrics"),
];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LoadBalancer {
    pub(crate) target_group_arn: String,
    pub(crate) container_name: String,
    pub(crate) container_port: u16,
}

impl From<&config::LoadBalancer> for LoadBalancer {
    fn from(running: &config::LoadBalancer) -> Self {
        Self {
            target_group_arn: running.target_group_arn.clone(),
            container_name: running.container_name.clone(),
            container_port: running.container_port,
        }
    }
}

/// Most target groups of a service (ECS-SV-13).
const LOAD_BALANCERS_MAX: usize = 5;

/// ECS-SV-13: container and port must be in the task definition. Whether the target group is of
/// type ip and in use is for whoever can ask the load balancers.
pub(super) fn check_load_balancers(
    load_balancers: &[LoadBalancer],
    definition: &Definition,
) -> Result<(), ApiError> {
    if load_balancers.len() > LOAD_BALANCERS_MAX {
        let message = format!("load balancers can have at most {LOAD_BALANCERS_MAX} items.");
        return Err(invalid_parameter(message));
    }
    for LoadBalancer { container_name, container_port, .. } in load_balancers {
        let Some(ports) = definition.ports_of(container_name) else {
            return Err(invalid_parameter(format!(
                "The container {container_name} does not exist in the task definition."
            )));
        };
        if !ports.contains(container_port) {
            return Err(invalid_parameter(format!(
                "The container {container_name} did not have a container port {container_port} \
                 defined."
            )));
        }
    }
    Ok(())
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NetworkConfiguration {
    pub(crate) awsvpc_configuration: AwsvpcConfiguration,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AwsvpcConfiguration {
    #[serde(default)]
    pub(crate) subnets: Vec<String>,
    #[serde(default)]
    pub(crate) security_groups: Vec<String>,
    #[serde(default)]
    pub(crate) assign_public_ip: super::Switch,
}

impl Default for super::Switch {
    /// ECS-NW-01: no public address unless asked for.
    fn default() -> Self {
        Self::Disabled
    }
}

impl NetworkConfiguration {
    /// ECS-NW-01
    pub(crate) fn check(asked: Option<Self>) -> Result<Self, ApiError> {
        let Some(configuration) = asked else {
            return Err(invalid_parameter(
                "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
            ));
        };
        let AwsvpcConfiguration { subnets, security_groups, .. } =
            &configuration.awsvpc_configuration;
        if subnets.is_empty() {
            return Err(invalid_parameter("subnets can not be empty."));
        }
        if subnets.len() > 16 {
            return Err(invalid_parameter("subnets can have at most 16 items."));
        }
        if security_groups.len() > 5 {
            return Err(invalid_parameter("securityGroups can have at most 5 items."));
        }
        Ok(configuration)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DeploymentConfiguration {
    #[serde(default = "maximum_percent")]
    pub(crate) maximum_percent: u32,
    #[serde(default = "minimum_healthy_percent")]
    pub(crate) minimum_healthy_percent: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deployment_circuit_breaker: Option<CircuitBreaker>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alarms: Option<Alarms>,
    #[serde(default)]
    pub(crate) strategy: Strategy,
}

impl Default for DeploymentConfiguration {
    fn default() -> Self {
        Self {
            maximum_percent: maximum_percent(),
            minimum_healthy_percent: minimum_healthy_percent(),
            deployment_circuit_breaker: None,
            alarms: None,
            strategy: Strategy::Rolling,
        }
    }
}

/// ECS-SV-02
const fn maximum_percent() -> u32 {
    200
}

/// ECS-SV-02
const fn minimum_healthy_percent() -> u32 {
    100
}

/// Members of `deploymentConfiguration` that mean nothing here.
pub(super) const MISSING_OF_DEPLOYMENT: &[Missing] = &[
    ("bakeTimeInMinutes", "nothing watches a deployment after its end"),
    ("lifecycleHooks", "deployments call no functions"),
    ("linearConfiguration", "deployments are rolling ones"),
    ("canaryConfiguration", "deployments are rolling ones"),
    ("earlySuccessCriteria", "a deployment ends when the old tasks have stopped"),
];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Strategy {
    #[default]
    Rolling,
    BlueGreen,
    Linear,
    Canary,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Alarms {
    pub(crate) alarm_names: Vec<String>,
    pub(crate) enable: bool,
    pub(crate) rollback: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CircuitBreaker {
    pub(crate) enable: bool,
    pub(crate) rollback: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reset_on_healthy_task: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) threshold_configuration: Option<ThresholdConfiguration>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ThresholdConfiguration {
    #[serde(rename = "type")]
    pub(crate) kind: ThresholdKind,
    pub(crate) value: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ThresholdKind {
    Count,
    BoundedPercent,
    UnboundedPercent,
}

/// The share that is meant when nobody says: half of the desired count (ECS-CB-02).
const DEFAULT_PERCENT: u32 = 50;

impl DeploymentConfiguration {
    pub(super) fn check(&self) -> Result<(), ApiError> {
        if self.strategy != Strategy::Rolling {
            return Err(not_here("this deployment strategy", "deployments are rolling ones"));
        }
        if self.maximum_percent < 100 {
            return Err(invalid_parameter("maximumPercent must be at least 100."));
        }
        if self.minimum_healthy_percent > self.maximum_percent {
            let message = "minimumHealthyPercent must not be greater than maximumPercent.";
            return Err(invalid_parameter(message));
        }
        let threshold = self.deployment_circuit_breaker.as_ref();
        let threshold = threshold.and_then(|breaker| breaker.threshold_configuration.as_ref());
        match threshold {
            Some(ThresholdConfiguration { value: 0, .. }) => {
                Err(invalid_parameter("The threshold of the circuit breaker must be at least 1."))
            }
            Some(ThresholdConfiguration { kind: ThresholdKind::BoundedPercent, value })
                if *value != DEFAULT_PERCENT =>
            {
                let why = "only the default share of 50 is bounded here; UNBOUNDED_PERCENT takes \
                           any";
                Err(not_here("BOUNDED_PERCENT", why))
            }
            _ => Ok(()),
        }
    }

    /// The configuration as the running side knows it.
    pub(super) fn settings(&self) -> config::DeploymentConfiguration {
        let breaker = self.deployment_circuit_breaker.as_ref().filter(|breaker| breaker.enable);
        let threshold = |breaker: &CircuitBreaker| match &breaker.threshold_configuration {
            None => config::Threshold::Default,
            Some(ThresholdConfiguration { kind, value }) => match kind {
                ThresholdKind::Count => config::Threshold::Count(*value),
                ThresholdKind::UnboundedPercent => config::Threshold::Percent(*value),
                ThresholdKind::BoundedPercent => config::Threshold::Default,
            },
        };
        let alarms = self.alarms.as_ref();
        let alarms = alarms.filter(|alarms| alarms.enable && !alarms.alarm_names.is_empty());
        config::DeploymentConfiguration {
            alarms: alarms.map(|alarms| config::Alarms {
                names: alarms.alarm_names.clone(),
                rollback: alarms.rollback,
            }),
            minimum_healthy_percent: self.minimum_healthy_percent,
            maximum_percent: self.maximum_percent,
            circuit_breaker: breaker.map(|breaker| config::CircuitBreaker {
                rollback: breaker.rollback,
                threshold: threshold(breaker),
                reset_on_healthy_task: breaker.reset_on_healthy_task.unwrap_or(true),
            }),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum SchedulingStrategy {
    Replica,
    Daemon,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DeploymentController {
    #[serde(rename = "type")]
    pub(super) kind: ControllerKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum ControllerKind {
    Ecs,
    CodeDeploy,
    External,
}

pub(super) fn check_controller(controller: Option<&DeploymentController>) -> Result<(), ApiError> {
    match controller {
        Some(controller) if controller.kind != ControllerKind::Ecs => {
            Err(not_here("this deployment controller", "ECS itself deploys"))
        }
        _ => Ok(()),
    }
}

/// Platform versions of Linux that AWS knows.
const PLATFORM_VERSIONS: [&str; 4] = ["LATEST", "1.4.0", "1.3.0", "1.2.0"];

/// The platform version as a service shows it.
pub(crate) fn platform_version(asked: Option<String>) -> Result<String, ApiError> {
    let version = asked.unwrap_or_else(|| "LATEST".into());
    if PLATFORM_VERSIONS.contains(&version.as_str()) {
        return Ok(version);
    }
    let message = "The specified platform does not exist.";
    Err(ApiError::new("PlatformUnknownException", 400, message))
}

/// The number that a platform version stands for, as deployments and tasks show it.
pub(crate) fn platform_number(version: &str) -> &str {
    if version == "LATEST" { "1.4.0" } else { version }
}
