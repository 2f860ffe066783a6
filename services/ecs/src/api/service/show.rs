//! `DescribeServices` and `ListServices`.

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Env, Value, json};

use super::input::{LoadBalancer, platform_number};
use super::{ServiceSettings, service_arn};
use crate::Ecs;
use crate::api::capacity::{Capacity, LaunchType};
use crate::api::page::Page;
use crate::api::{epoch, includes, missing, present, read};
use crate::data::view::{DeploymentView, ServiceStatus, ServiceView};
use crate::error::invalid_parameter;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Describe {
    cluster: Option<String>,
    #[serde(default)]
    services: Vec<String>,
    #[serde(default)]
    include: Vec<String>,
}

/// Most services that one call describes.
const DESCRIBE_MAX: usize = 10;

pub(in crate::api) fn describe(
    ecs: &mut Ecs,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Describe = read("DescribeServices", value)?;
    let cluster = ecs.state.cluster(cx.env, asked.cluster.as_deref())?;
    if asked.services.is_empty() {
        return Err(invalid_parameter("Services cannot be empty."));
    }
    if asked.services.len() > DESCRIBE_MAX {
        let message = format!("Services can have at most {DESCRIBE_MAX} items.");
        return Err(invalid_parameter(message));
    }
    let tags = includes(&asked.include, "TAGS");
    let (mut services, mut failures) = (Vec::new(), Vec::new());
    for service in &asked.services {
        let arn = service_arn(cx.env, &cluster.name, service);
        match ecs.state.services.get(&arn) {
            Some(settings) if settings.cluster_arn == cluster.arn => {
                services.push(ecs.service_shown(cx.env, &arn, tags));
            }
            _ => failures.push(missing(&arn)),
        }
    }
    Ok(json!({"services": services, "failures": failures}))
}

impl Ecs {
    /// The services of a cluster, INACTIVE ones included.
    pub(in crate::api) fn services_of(
        &self,
        cluster_arn: &str,
    ) -> impl Iterator<Item = ServiceView> {
        let settings = self.state.services.values();
        let here = settings.filter(move |settings| settings.cluster_arn == cluster_arn);
        here.filter_map(|settings| self.scheduler.service(&settings.arn))
    }

    /// A service as `DescribeServices` shows it; `Null` when there is none.
    pub(super) fn service_shown(&self, env: &Env, arn: &str, tags: bool) -> Value {
        let settings = self.state.services.get(arn);
        match (settings, self.scheduler.service(arn)) {
            (Some(settings), Some(view)) => shown(env, settings, &view, tags),
            _ => Value::Null,
        }
    }
}

fn shown(env: &Env, settings: &ServiceSettings, view: &ServiceView, tags: bool) -> Value {
    let deployments: Vec<Value> =
        view.deployments.iter().map(|one| deployment(settings, one)).collect();
    let event = |event: &crate::data::view::ServiceEvent| {
        let created_at = epoch(event.created_at);
        json!({"id": event.id, "createdAt": created_at, "message": event.message})
    };
    let primary = view.deployments.first();
    let definition =
        primary.map_or(&settings.task_definition_arn, |primary| &primary.task_definition.arn);
    let load_balancers = view.settings.load_balancers.iter().map(LoadBalancer::from);
    let mut shown = json!({
        "serviceArn": settings.arn,
        "serviceName": settings.name,
        "clusterArn": settings.cluster_arn,
        "loadBalancers": load_balancers.collect::<Vec<_>>(),
        "serviceRegistries": [],
        "status": view.status.as_str(),
        "desiredCount": view.settings.desired_count,
        "runningCount": view.running_count,
        "pendingCount": view.pending_count,
        "platformVersion": settings.platform_version,
        "platformFamily": "Linux",
        "taskDefinition": definition,
        "deploymentConfiguration": settings.deployment_configuration,
        "deployments": deployments,
        "roleArn": settings.role_arn,
        "events": view.events.iter().map(event).collect::<Vec<_>>(),
        "createdAt": epoch(view.created_at),
        "placementConstraints": [],
        "placementStrategy": [],
        "networkConfiguration": settings.network_configuration,
        "healthCheckGracePeriodSeconds": settings.health_check_grace_period_s,
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "createdBy": standin_kernel::ids::global_arn(env, "iam", "root"),
        "enableECSManagedTags": settings.enable_ecs_managed_tags,
        "propagateTags": settings.propagate_tags,
        "enableExecuteCommand": settings.enable_execute_command,
        "availabilityZoneRebalancing": settings.availability_zone_rebalancing,
    });
    placed(&mut shown, &settings.capacity);
    if tags && !settings.tags.is_empty() {
        shown["tags"] = json!(settings.tags);
    }
    present(shown)
}

fn deployment(settings: &ServiceSettings, view: &DeploymentView) -> Value {
    let mut shown = json!({
        "id": view.id,
        "status": view.status,
        "taskDefinition": view.task_definition.arn,
        "desiredCount": view.desired_count,
        "pendingCount": view.pending_count,
        "runningCount": view.running_count,
        "failedTasks": view.failed_tasks,
        "createdAt": epoch(view.created_at),
        "updatedAt": epoch(view.updated_at),
        "platformVersion": platform_number(&settings.platform_version),
        "platformFamily": "Linux",
        "networkConfiguration": settings.network_configuration,
        "rolloutState": view.rollout_state.as_str(),
        "rolloutStateReason": view.rollout_state_reason,
    });
    placed(&mut shown, &settings.capacity);
    shown
}

/// Says where tasks run: by launch type or by strategy, as it was given.
fn placed(shown: &mut Value, capacity: &Capacity) {
    match capacity {
        Capacity::LaunchType => shown["launchType"] = json!("FARGATE"),
        Capacity::Strategy(strategy) => shown["capacityProviderStrategy"] = json!(strategy),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct List {
    cluster: Option<String>,
    next_token: Option<String>,
    max_results: Option<u32>,
    launch_type: Option<LaunchType>,
    scheduling_strategy: Option<super::input::SchedulingStrategy>,
}

/// Services on a page when the caller does not say.
const LIST_DEFAULT: u32 = 10;

pub(in crate::api) fn list(
    ecs: &mut Ecs,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: List = read("ListServices", value)?;
    let cluster = ecs.state.cluster(cx.env, asked.cluster.as_deref())?;
    let daemons = asked.scheduling_strategy == Some(super::input::SchedulingStrategy::Daemon);
    let fits = |service: &ServiceView| {
        let by_launch_type = asked.launch_type.is_none_or(|launch_type| {
            let settings = ecs.state.services.get(&service.settings.arn);
            launch_type == LaunchType::Fargate
                && settings.is_some_and(|settings| settings.capacity == Capacity::LaunchType)
        });
        service.status != ServiceStatus::Inactive && by_launch_type && !daemons
    };
    let services = ecs.services_of(&cluster.arn).filter(fits);
    let arns: Vec<String> = services.map(|service| service.settings.arn).collect();
    let (next_token, max_results) = (asked.next_token, asked.max_results);
    Page { next_token, max_results, default_results: LIST_DEFAULT }.of("serviceArns", &arns)
}
