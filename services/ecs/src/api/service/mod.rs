//! Services: what an author sets, and what is shown of it beside what the running side knows.
//!
//! `input` is what is set and what of it makes sense, `change` creates and updates, `show`
//! describes and lists.

mod change;
mod input;
mod show;

use serde::{Deserialize, Serialize};
use standin_kernel::{ApiError, Cx, Env, Time, Value, ids, json};

pub(super) use self::change::{create, update};
use self::input::{DeploymentConfiguration, LoadBalancer};
pub(super) use self::input::{NetworkConfiguration, platform_number, platform_version};
pub(super) use self::show::{describe, list};
use super::capacity::Capacity;
use super::read;
use super::tags::Tag;
use crate::Ecs;
use crate::data::view::ServiceStatus;
use crate::error::{invalid_parameter, service_not_found};

/// The settings of a service: one record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ServiceSettings {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) cluster_arn: String,
    /// What was asked for last; after a rollback the service runs another one.
    pub(crate) task_definition_arn: String,
    pub(crate) desired_count: u32,
    pub(crate) load_balancers: Vec<LoadBalancer>,
    pub(crate) deployment_configuration: DeploymentConfiguration,
    /// `None`: not set, which counts as 0 (ECS-SV-07).
    pub(crate) health_check_grace_period_s: Option<u32>,
    pub(crate) network_configuration: NetworkConfiguration,
    pub(crate) capacity: Capacity,
    /// `LATEST` or a number.
    pub(crate) platform_version: String,
    pub(crate) role_arn: Option<String>,
    pub(crate) availability_zone_rebalancing: Switch,
    pub(crate) enable_ecs_managed_tags: bool,
    pub(crate) enable_execute_command: bool,
    pub(crate) propagate_tags: PropagateTags,
    pub(crate) tags: Vec<Tag>,
    pub(crate) client_token: Option<String>,
    pub(crate) created_at: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Switch {
    Enabled,
    Disabled,
}

/// Whose tags the tasks get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum PropagateTags {
    TaskDefinition,
    Service,
    #[default]
    None,
}

/// The ARN of a service that is named by name or ARN, in the cluster of that ARN.
fn service_arn(env: &Env, cluster: &str, service: &str) -> String {
    let name = match service.strip_prefix(&ids::arn(env, "ecs", "service/")) {
        // The long form names the cluster, the form of old does not.
        Some(name) if name.contains('/') => return service.to_owned(),
        Some(name) => name,
        None if service.starts_with("arn:") => return service.to_owned(),
        None => service,
    };
    ids::arn(env, "ecs", &format!("service/{cluster}/{name}"))
}

impl Ecs {
    /// The ARN of a service that there is, INACTIVE ones included.
    pub(super) fn find_service(
        &self,
        env: &Env,
        cluster: Option<&str>,
        service: &str,
    ) -> Result<String, ApiError> {
        let cluster = &self.state.cluster(env, cluster)?.name;
        let arn = service_arn(env, cluster, service);
        match self.state.services.contains_key(&arn) {
            true => Ok(arn),
            false => Err(service_not_found()),
        }
    }

    /// The service's status; INACTIVE when the running side has forgotten it.
    fn status(&self, arn: &str) -> ServiceStatus {
        self.scheduler.service(arn).map_or(ServiceStatus::Inactive, |service| service.status)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Delete {
    cluster: Option<String>,
    service: String,
    #[serde(default)]
    force: bool,
}

/// ECS-SV-12
pub(super) fn delete(ecs: &mut Ecs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Delete = read("DeleteService", value)?;
    let arn = ecs.find_service(cx.env, asked.cluster.as_deref(), &asked.service)?;
    match ecs.status(&arn) {
        ServiceStatus::Inactive => return Err(service_not_found()),
        ServiceStatus::Draining => {}
        ServiceStatus::Active => {
            let settings = ecs.state.services.get_mut(&arn).ok_or_else(service_not_found)?;
            if settings.desired_count > 0 && !asked.force {
                let message = "The service cannot be stopped while it is scaled above 0.";
                return Err(invalid_parameter(message));
            }
            settings.desired_count = 0;
            ecs.state.store_service(cx, &arn);
            ecs.scheduler.delete_service(cx, &arn);
        }
    }
    Ok(json!({"service": ecs.service_shown(cx.env, &arn, true)}))
}
