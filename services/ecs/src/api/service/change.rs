//! `CreateService` and `UpdateService`.

use std::sync::Arc;

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Env, Value, json};

use super::input::{
    DeploymentConfiguration, DeploymentController, LoadBalancer, MISSING, MISSING_OF_DEPLOYMENT,
    NetworkConfiguration, SchedulingStrategy, check_controller, check_load_balancers,
    platform_version,
};
use super::{PropagateTags, ServiceSettings, Switch, service_arn};
use crate::api::capacity::Capacity;
use crate::api::capacity::{LaunchType, StrategyItem, capacity, check_strategy};
use crate::api::tags::{self, Tag};
use crate::api::{read, without};
use crate::data::view::ServiceStatus;
use crate::error::{invalid_parameter, not_here, service_not_active, service_not_found};
use crate::{Ecs, config};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Create {
    cluster: Option<String>,
    service_name: String,
    task_definition: Option<String>,
    #[serde(default)]
    load_balancers: Vec<LoadBalancer>,
    /// AWS asks for it; CloudFormation means 1 when it is left out (CFN-RS-16).
    desired_count: Option<u32>,
    client_token: Option<String>,
    launch_type: Option<LaunchType>,
    #[serde(default)]
    capacity_provider_strategy: Vec<StrategyItem>,
    platform_version: Option<String>,
    role: Option<String>,
    #[serde(default)]
    deployment_configuration: DeploymentConfiguration,
    network_configuration: Option<NetworkConfiguration>,
    health_check_grace_period_seconds: Option<u32>,
    scheduling_strategy: Option<SchedulingStrategy>,
    deployment_controller: Option<DeploymentController>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default, rename = "enableECSManagedTags")]
    enable_ecs_managed_tags: bool,
    #[serde(default)]
    enable_execute_command: bool,
    #[serde(default)]
    propagate_tags: PropagateTags,
    availability_zone_rebalancing: Option<Switch>,
}

pub(in crate::api) fn create(
    ecs: &mut Ecs,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Create = read("CreateService", &possible(value)?)?;
    let settings = new_settings(ecs, cx, asked)?;
    let arn = settings.arn.clone();
    if let Some(existing) = ecs.state.services.get(&arn) {
        match ecs.status(&arn) {
            ServiceStatus::Active if same(existing, &settings) => {
                return Ok(json!({"service": ecs.service_shown(cx.env, &arn, true)}));
            }
            ServiceStatus::Active => {
                return Err(invalid_parameter("Creation of service was not idempotent."));
            }
            ServiceStatus::Draining => {
                let message = "Unable to Start a service that is still Draining.";
                return Err(invalid_parameter(message));
            }
            ServiceStatus::Inactive => {}
        }
    }
    let definition = ecs.state.runnable(cx.env, &settings.task_definition_arn)?.settings(cx.env);
    let running = settings.running();
    ecs.state.services.insert(arn.clone(), settings);
    ecs.state.store_service(cx, &arn);
    ecs.scheduler.create_service(cx, running, Arc::new(definition));
    Ok(json!({"service": ecs.service_shown(cx.env, &arn, true)}))
}

/// Drops members that ask for nothing; refuses those that ask for what is not here.
fn possible(value: &Value) -> Result<Value, ApiError> {
    let mut value = without(value, MISSING, "")?;
    if let Some(deployment) = value.get_mut("deploymentConfiguration") {
        *deployment = without(deployment, MISSING_OF_DEPLOYMENT, "deploymentConfiguration.")?;
    }
    Ok(value)
}

/// A client that repeats its call means the same service.
fn same(existing: &ServiceSettings, asked: &ServiceSettings) -> bool {
    let repeated = existing.client_token.is_some() && existing.client_token == asked.client_token;
    repeated
        || (existing.task_definition_arn == asked.task_definition_arn
            && existing.desired_count == asked.desired_count
            && existing.load_balancers == asked.load_balancers
            && existing.deployment_configuration == asked.deployment_configuration
            && existing.network_configuration == asked.network_configuration
            && existing.capacity == asked.capacity)
}

fn new_settings(ecs: &Ecs, cx: &Cx<'_>, asked: Create) -> Result<ServiceSettings, ApiError> {
    let cluster = ecs.state.cluster(cx.env, asked.cluster.as_deref())?;
    check_name(&asked.service_name)?;
    tags::check(cx, &asked.tags)?;
    if asked.scheduling_strategy == Some(SchedulingStrategy::Daemon) {
        return Err(not_here("scheduling strategy DAEMON", "Fargate has none (ECS-SV-01)"));
    }
    check_controller(asked.deployment_controller.as_ref())?;
    let strategy = asked.capacity_provider_strategy;
    let capacity = capacity(asked.launch_type, strategy, &cluster.default_strategy)?;
    let Some(name) = asked.task_definition else {
        return Err(invalid_parameter("TaskDefinition can not be blank."));
    };
    let definition = ecs.state.runnable(cx.env, &name)?;
    let Some(desired_count) = asked.desired_count else {
        return Err(invalid_parameter("desiredCount is required for a REPLICA service."));
    };
    let network_configuration = NetworkConfiguration::check(asked.network_configuration)?;
    check_load_balancers(&asked.load_balancers, definition)?;
    asked.deployment_configuration.check()?;
    Ok(ServiceSettings {
        arn: service_arn(cx.env, &cluster.name, &asked.service_name),
        cluster_arn: cluster.arn.clone(),
        name: asked.service_name,
        task_definition_arn: definition.arn(cx.env),
        desired_count,
        load_balancers: asked.load_balancers,
        deployment_configuration: asked.deployment_configuration,
        health_check_grace_period_s: asked.health_check_grace_period_seconds,
        network_configuration,
        capacity,
        platform_version: platform_version(asked.platform_version)?,
        role_arn: asked.role,
        // ECS-SV-15: what AWS has by default; one machine has no zones.
        availability_zone_rebalancing: asked
            .availability_zone_rebalancing
            .unwrap_or(Switch::Enabled),
        enable_ecs_managed_tags: asked.enable_ecs_managed_tags,
        enable_execute_command: asked.enable_execute_command,
        propagate_tags: asked.propagate_tags,
        tags: asked.tags,
        client_token: asked.client_token,
        created_at: cx.now,
    })
}

/// Up to 255 letters, digits, hyphens and underscores.
fn check_name(name: &str) -> Result<(), ApiError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || name.len() > 255 || !name.bytes().all(fits) {
        let message = "Invalid service name: up to 255 letters, numbers, hyphens and underscores \
                       are allowed.";
        return Err(invalid_parameter(message));
    }
    Ok(())
}

impl ServiceSettings {
    /// The settings as the running side knows them.
    fn running(&self) -> config::Service {
        let load_balancer = |one: &LoadBalancer| config::LoadBalancer {
            target_group_arn: one.target_group_arn.clone(),
            container_name: one.container_name.clone(),
            container_port: one.container_port,
        };
        config::Service {
            arn: self.arn.clone(),
            name: self.name.clone(),
            cluster_arn: self.cluster_arn.clone(),
            desired_count: self.desired_count,
            load_balancers: self.load_balancers.iter().map(load_balancer).collect(),
            health_check_grace_period_s: self.health_check_grace_period_s.unwrap_or_default(),
            deployment: self.deployment_configuration.settings(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Update {
    cluster: Option<String>,
    service: String,
    desired_count: Option<u32>,
    task_definition: Option<String>,
    capacity_provider_strategy: Option<Vec<StrategyItem>>,
    deployment_configuration: Option<Value>,
    availability_zone_rebalancing: Option<Switch>,
    network_configuration: Option<NetworkConfiguration>,
    platform_version: Option<String>,
    #[serde(default)]
    force_new_deployment: bool,
    health_check_grace_period_seconds: Option<u32>,
    deployment_controller: Option<DeploymentController>,
    enable_execute_command: Option<bool>,
    #[serde(rename = "enableECSManagedTags")]
    enable_ecs_managed_tags: Option<bool>,
    load_balancers: Option<Vec<LoadBalancer>>,
    propagate_tags: Option<PropagateTags>,
}

/// ECS-SV-09: only some members make a new deployment.
pub(in crate::api) fn update(
    ecs: &mut Ecs,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Update = read("UpdateService", &possible(value)?)?;
    let arn = ecs.find_service(cx.env, asked.cluster.as_deref(), &asked.service)?;
    let view = ecs.scheduler.service(&arn).ok_or_else(service_not_active)?;
    if view.status != ServiceStatus::Active {
        return Err(service_not_active());
    }
    let before = ecs.state.services.get(&arn).ok_or_else(service_not_found)?;
    // After a rollback the service does not run what was asked for last.
    let running = view.deployments.first().map(|deployment| deployment.task_definition.clone());
    let (definition, forced, settings) = {
        let force = asked.force_new_deployment;
        let mut settings = before.clone();
        settings.load_balancers =
            view.settings.load_balancers.iter().map(LoadBalancer::from).collect();
        let named = asked.task_definition.clone();
        change(ecs, cx.env, &mut settings, asked)?;
        let forced = force
            || settings.network_configuration != before.network_configuration
            || settings.platform_version != before.platform_version
            || settings.capacity != before.capacity;
        let definition = match (named, running) {
            (None, Some(running)) => {
                settings.task_definition_arn.clone_from(&running.arn);
                running
            }
            _ => {
                let arn = &settings.task_definition_arn;
                Arc::new(ecs.state.runnable(cx.env, arn)?.settings(cx.env))
            }
        };
        (definition, forced, settings)
    };
    if let Some(document) = ecs.state.definition_by_arn(cx.env, &definition.arn) {
        check_load_balancers(&settings.load_balancers, document)?;
    }
    let running = settings.running();
    ecs.state.services.insert(arn.clone(), settings);
    ecs.state.store_service(cx, &arn);
    ecs.scheduler.update_service(cx, running, definition, forced);
    Ok(json!({"service": ecs.service_shown(cx.env, &arn, true)}))
}

/// Puts what is asked into the settings.
fn change(
    ecs: &Ecs,
    env: &Env,
    settings: &mut ServiceSettings,
    asked: Update,
) -> Result<(), ApiError> {
    check_controller(asked.deployment_controller.as_ref())?;
    if let Some(name) = asked.task_definition {
        settings.task_definition_arn = ecs.state.runnable(env, &name)?.arn(env);
    }
    if let Some(strategy) = asked.capacity_provider_strategy {
        check_strategy(&strategy)?;
        settings.capacity = match strategy.is_empty() {
            true => Capacity::LaunchType,
            false => Capacity::Strategy(strategy),
        };
    }
    if let Some(document) = asked.deployment_configuration {
        settings.deployment_configuration = merged(&settings.deployment_configuration, &document)?;
        settings.deployment_configuration.check()?;
    }
    if asked.network_configuration.is_some() {
        settings.network_configuration = NetworkConfiguration::check(asked.network_configuration)?;
    }
    if asked.platform_version.is_some() {
        settings.platform_version = platform_version(asked.platform_version)?;
    }
    if let Some(load_balancers) = asked.load_balancers {
        settings.load_balancers = load_balancers;
    }
    if let Some(seconds) = asked.health_check_grace_period_seconds {
        settings.health_check_grace_period_s = Some(seconds);
    }
    settings.desired_count = asked.desired_count.unwrap_or(settings.desired_count);
    settings.availability_zone_rebalancing =
        asked.availability_zone_rebalancing.unwrap_or(settings.availability_zone_rebalancing);
    settings.enable_execute_command =
        asked.enable_execute_command.unwrap_or(settings.enable_execute_command);
    settings.enable_ecs_managed_tags =
        asked.enable_ecs_managed_tags.unwrap_or(settings.enable_ecs_managed_tags);
    settings.propagate_tags = asked.propagate_tags.unwrap_or(settings.propagate_tags);
    Ok(())
}

/// The configuration with those members changed that are given.
fn merged(
    before: &DeploymentConfiguration,
    given: &Value,
) -> Result<DeploymentConfiguration, ApiError> {
    let mut merged = json!(before);
    if let (Some(merged), Some(given)) = (merged.as_object_mut(), given.as_object()) {
        merged.extend(given.clone());
    }
    read("UpdateService", &merged)
}
