//! `CreateCluster`, `DescribeClusters`, `ListClusters`, `UpdateCluster`, `UpdateClusterSettings`,
//! `DeleteCluster`, `PutClusterCapacityProviders`.

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, ids, json};

use super::capacity::{StrategyItem, check_providers, check_strategy};
use super::page::{PAGE_MAX, Page};
use super::tags::{self, Tag};
use super::{Missing, includes, missing, present, read, without};
use crate::Ecs;
use crate::data::view::{LastStatus, ServiceStatus};
use crate::error::invalid_parameter;
use crate::state::{Cluster, DEFAULT_CLUSTER};

const MISSING: &[Missing] =
    &[("serviceConnectDefaults", "there is no Cloud Map, which Service Connect is made of")];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Create {
    cluster_name: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    settings: Vec<Setting>,
    configuration: Option<Value>,
    #[serde(default)]
    capacity_providers: Vec<String>,
    #[serde(default)]
    default_capacity_provider_strategy: Vec<StrategyItem>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Setting {
    name: String,
    value: String,
}

/// What `containerInsights` is when nobody says.
const INSIGHTS: &str = "disabled";

/// An existing cluster of the same name is the answer.
pub(super) fn create(ecs: &mut Ecs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Create = read("CreateCluster", &without(value, MISSING, "")?)?;
    let name = asked.cluster_name.unwrap_or_else(|| DEFAULT_CLUSTER.into());
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || name.len() > 255 || !name.bytes().all(fits) {
        let message = "Cluster name contains invalid characters: up to 255 letters, numbers, \
                       hyphens and underscores are allowed.";
        return Err(invalid_parameter(message));
    }
    tags::check(cx, &asked.tags)?;
    check_providers(&asked.capacity_providers)?;
    check_strategy(&asked.default_capacity_provider_strategy)?;
    let insights = insights(&asked.settings)?.unwrap_or_else(|| INSIGHTS.into());
    if ecs.state.clusters.get(&name).is_none_or(|cluster| !cluster.active) {
        let cluster = Cluster {
            arn: ids::arn(cx.env, "ecs", &format!("cluster/{name}")),
            name: name.clone(),
            active: true,
            container_insights: insights,
            configuration: asked.configuration,
            capacity_providers: asked.capacity_providers,
            default_strategy: asked.default_capacity_provider_strategy,
            tags: asked.tags,
            created_at: cx.now,
        };
        ecs.state.clusters.insert(name.clone(), cluster);
        ecs.state.store_cluster(cx, &name);
        cx.log("ecs", format!("cluster {name} created"));
    }
    let everything = ["TAGS", "SETTINGS", "CONFIGURATIONS"].map(String::from);
    Ok(json!({"cluster": shown(ecs, &ecs.state.clusters[&name], &everything)}))
}

/// The value of `containerInsights`, when it is among the settings.
fn insights(settings: &[Setting]) -> Result<Option<String>, ApiError> {
    let mut found = None;
    for setting in settings {
        let known = ["enabled", "disabled", "enhanced"].contains(&setting.value.as_str());
        if setting.name != "containerInsights" || !known {
            let message = format!("Invalid cluster setting: {} {}", setting.name, setting.value);
            return Err(invalid_parameter(message));
        }
        found = Some(setting.value.clone());
    }
    Ok(found)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Describe {
    #[serde(default)]
    clusters: Vec<String>,
    #[serde(default)]
    include: Vec<String>,
}

pub(super) fn describe(ecs: &mut Ecs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let mut asked: Describe = read("DescribeClusters", value)?;
    if asked.clusters.is_empty() {
        asked.clusters.push(DEFAULT_CLUSTER.into());
    }
    let (mut clusters, mut failures) = (Vec::new(), Vec::new());
    for name in &asked.clusters {
        match ecs.state.find_cluster(cx.env, Some(name)) {
            Some(cluster) => clusters.push(shown(ecs, cluster, &asked.include)),
            None if name.starts_with("arn:") => failures.push(missing(name)),
            None => {
                failures.push(missing(&ids::arn(cx.env, "ecs", &format!("cluster/{name}"))));
            }
        }
    }
    Ok(json!({"clusters": clusters, "failures": failures}))
}

fn shown(ecs: &Ecs, cluster: &Cluster, include: &[String]) -> Value {
    let (mut running, mut pending, mut services) = (0, 0, 0);
    for task in ecs.scheduler.task_views() {
        if task.cluster_arn == cluster.arn {
            running += u32::from(task.last_status == LastStatus::Running);
            pending += u32::from(task.last_status < LastStatus::Running);
        }
    }
    for service in ecs.services_of(&cluster.arn) {
        services += u32::from(service.status == ServiceStatus::Active);
    }
    let mut shown = json!({
        "clusterArn": cluster.arn,
        "clusterName": cluster.name,
        "status": if cluster.active { "ACTIVE" } else { "INACTIVE" },
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": running,
        "pendingTasksCount": pending,
        "activeServicesCount": services,
        "statistics": [],
        "tags": [],
        "settings": [],
        "capacityProviders": cluster.capacity_providers,
        "defaultCapacityProviderStrategy": cluster.default_strategy,
    });
    if includes(include, "TAGS") {
        shown["tags"] = json!(cluster.tags);
    }
    if includes(include, "SETTINGS") {
        let value = &cluster.container_insights;
        shown["settings"] = json!([{"name": "containerInsights", "value": value}]);
    }
    if includes(include, "CONFIGURATIONS") {
        shown["configuration"] = json!(cluster.configuration);
    }
    if includes(include, "STATISTICS") {
        let statistic = |name: &str, value: u32| json!({"name": name, "value": value.to_string()});
        shown["statistics"] = json!([
            statistic("runningFargateTasksCount", running),
            statistic("pendingFargateTasksCount", pending),
            statistic("activeFargateServiceCount", services),
        ]);
    }
    present(shown)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct List {
    next_token: Option<String>,
    max_results: Option<u32>,
}

pub(super) fn list(ecs: &mut Ecs, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let List { next_token, max_results } = read("ListClusters", value)?;
    let active = ecs.state.clusters.values().filter(|cluster| cluster.active);
    let arns: Vec<String> = active.map(|cluster| cluster.arn.clone()).collect();
    Page { next_token, max_results, default_results: PAGE_MAX }.of("clusterArns", &arns)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Update {
    cluster: String,
    settings: Option<Vec<Setting>>,
    configuration: Option<Value>,
}

pub(super) fn update(ecs: &mut Ecs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Update = read("UpdateCluster", &without(value, MISSING, "")?)?;
    let insights = insights(asked.settings.as_deref().unwrap_or_default())?;
    change(ecs, cx, &asked.cluster, |cluster| {
        if let Some(insights) = insights {
            cluster.container_insights = insights;
        }
        if let Some(configuration) = asked.configuration {
            cluster.configuration = Some(configuration);
        }
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UpdateSettings {
    cluster: String,
    settings: Vec<Setting>,
}

pub(super) fn update_settings(
    ecs: &mut Ecs,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: UpdateSettings = read("UpdateClusterSettings", value)?;
    let insights = insights(&asked.settings)?;
    change(ecs, cx, &asked.cluster, |cluster| {
        if let Some(insights) = insights {
            cluster.container_insights = insights;
        }
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PutProviders {
    cluster: String,
    capacity_providers: Vec<String>,
    default_capacity_provider_strategy: Vec<StrategyItem>,
}

pub(super) fn put_capacity_providers(
    ecs: &mut Ecs,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: PutProviders = read("PutClusterCapacityProviders", value)?;
    check_providers(&asked.capacity_providers)?;
    check_strategy(&asked.default_capacity_provider_strategy)?;
    let strategy = &asked.default_capacity_provider_strategy;
    let known = |item: &StrategyItem| asked.capacity_providers.contains(&item.capacity_provider);
    if let Some(item) = strategy.iter().find(|item| !known(item)) {
        let message = format!(
            "The default capacity provider strategy names {}, which is not associated with the \
             cluster.",
            item.capacity_provider
        );
        return Err(invalid_parameter(message));
    }
    change(ecs, cx, &asked.cluster.clone(), |cluster| {
        cluster.capacity_providers = asked.capacity_providers;
        cluster.default_strategy = asked.default_capacity_provider_strategy;
    })
}

/// Changes a cluster, remembers it and shows it.
fn change(
    ecs: &mut Ecs,
    cx: &mut Cx<'_>,
    name: &str,
    change: impl FnOnce(&mut Cluster),
) -> Result<Value, ApiError> {
    let name = ecs.state.cluster(cx.env, Some(name))?.name.clone();
    if let Some(cluster) = ecs.state.clusters.get_mut(&name) {
        change(cluster);
    }
    ecs.state.store_cluster(cx, &name);
    let everything = ["TAGS", "SETTINGS", "CONFIGURATIONS"].map(String::from);
    Ok(json!({"cluster": shown(ecs, &ecs.state.clusters[&name], &everything)}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Delete {
    cluster: String,
}

/// Only an empty cluster is deleted; it stays to be described as INACTIVE.
pub(super) fn delete(ecs: &mut Ecs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Delete = read("DeleteCluster", value)?;
    let arn = ecs.state.cluster(cx.env, Some(&asked.cluster))?.arn.clone();
    let contains = |what: &str| {
        let message = format!("The Cluster cannot be deleted while {what} are active.");
        ApiError::new(&format!("ClusterContains{what}Exception"), 400, message)
    };
    if ecs.services_of(&arn).any(|service| service.status != ServiceStatus::Inactive) {
        return Err(contains("Services"));
    }
    let alive = |task: &crate::data::view::TaskView| {
        task.cluster_arn == arn && task.last_status != LastStatus::Stopped
    };
    if ecs.scheduler.task_views().iter().any(alive) {
        return Err(contains("Tasks"));
    }
    change(ecs, cx, &asked.cluster, |cluster| cluster.active = false)
}
