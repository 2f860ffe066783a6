//! `RunTask`, `StopTask`, `DescribeTasks`, `ListTasks`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use standin_kernel::resource::is_system_tag;
use standin_kernel::{ApiError, Cx, Env, Value, ids, json};

use super::capacity::{LaunchType, StrategyItem, capacity};
use super::definition::Variable;
use super::page::{PAGE_MAX, Page};
use super::service::{NetworkConfiguration, PropagateTags, platform_version};
use super::tags::{self, Tag};
use super::task_shown::shown;
use super::{Missing, includes, missing, read, without};
use crate::Ecs;
use crate::config::{RunTask, TaskDefinition};
use crate::data::view::{DesiredStatus, TaskView};
use crate::error::{invalid_parameter, not_here, task_not_found};
use crate::state::State;

/// What is kept of a task beside what the running side knows: one record.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct TaskSettings {
    /// `None`: what its service or task definition hands on.
    pub(crate) tags: Option<Vec<Tag>>,
    /// Of a task that was run by itself.
    pub(crate) network_configuration: Option<NetworkConfiguration>,
    pub(crate) enable_execute_command: bool,
    pub(crate) platform_version: Option<String>,
    /// Whoever repeats a call with it means these tasks.
    pub(crate) client_token: Option<String>,
}

/// Members of `RunTask` that mean nothing here.
const MISSING: &[Missing] = &[
    ("volumeConfigurations", "there are no EBS volumes"),
    ("placementConstraints", "Fargate takes none"),
    ("placementStrategy", "Fargate takes none"),
];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Run {
    cluster: Option<String>,
    task_definition: String,
    count: Option<u32>,
    launch_type: Option<LaunchType>,
    #[serde(default)]
    capacity_provider_strategy: Vec<StrategyItem>,
    network_configuration: Option<NetworkConfiguration>,
    overrides: Option<Value>,
    group: Option<String>,
    started_by: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    propagate_tags: PropagateTags,
    #[serde(default, rename = "enableECSManagedTags")]
    #[expect(dead_code, reason = "tags of AWS's own are not put on tasks here")]
    enable_ecs_managed_tags: bool,
    #[serde(default)]
    enable_execute_command: bool,
    platform_version: Option<String>,
    #[expect(dead_code, reason = "it comes back nowhere")]
    reference_id: Option<String>,
    client_token: Option<String>,
}

/// Most tasks of one call.
const COUNT_MAX: u32 = 10;

pub(super) fn run(ecs: &mut Ecs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Run = read("RunTask", &without(value, MISSING, "")?)?;
    let cluster = ecs.state.cluster(cx.env, asked.cluster.as_deref())?;
    let cluster_arn = cluster.arn.clone();
    let strategy = asked.capacity_provider_strategy;
    capacity(asked.launch_type, strategy, &cluster.default_strategy)?;
    let count = asked.count.unwrap_or(1);
    if !(1..=COUNT_MAX).contains(&count) {
        let message = format!("The count must be between 1 and {COUNT_MAX}.");
        return Err(invalid_parameter(message));
    }
    tags::check(cx, &asked.tags)?;
    let definition = ecs.state.runnable(cx.env, &asked.task_definition)?;
    if let Some(token) = &asked.client_token
        && let Some(answer) = repeated(ecs, cx.env, token, &cluster_arn, &definition.arn(cx.env))
    {
        return answer;
    }
    let family = definition.document.family.clone();
    let mut tags = asked.tags;
    match asked.propagate_tags {
        PropagateTags::None => {}
        PropagateTags::TaskDefinition => hand_on(&mut tags, &definition.tags),
        PropagateTags::Service => {
            return Err(invalid_parameter("A task of no service has no service's tags."));
        }
    }
    let network_configuration = NetworkConfiguration::check(asked.network_configuration)?;
    let mut running = definition.settings(cx.env);
    let overrides = overridden(&mut running, asked.overrides)?;
    let running = Arc::new(running);
    let settings = TaskSettings {
        tags: Some(tags),
        network_configuration: Some(network_configuration),
        enable_execute_command: asked.enable_execute_command,
        platform_version: Some(platform_version(asked.platform_version)?),
        client_token: asked.client_token,
    };
    let group = asked.group.unwrap_or_else(|| format!("family:{family}"));
    let (mut tasks, mut failures) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let one = RunTask {
            cluster_arn: cluster_arn.clone(),
            group: group.clone(),
            started_by: asked.started_by.clone(),
            overrides: overrides.clone(),
        };
        let arn = match ecs.scheduler.run_task(cx, one, running.clone()) {
            Ok(arn) => arn,
            Err(error) => {
                failures.push(json!({"reason": error.message}));
                continue;
            }
        };
        ecs.state.tasks.insert(arn.clone(), settings.clone());
        ecs.state.store_task(cx, &arn);
        tasks.extend(ecs.scheduler.task(&arn).map(|task| shown(ecs, cx.env, &task, true)));
    }
    Ok(json!({"tasks": tasks, "failures": failures}))
}

/// The answer to a call that was made before with the same token, if there was one.
fn repeated(
    ecs: &Ecs,
    env: &Env,
    token: &str,
    cluster_arn: &str,
    definition_arn: &str,
) -> Option<Result<Value, ApiError>> {
    let of_token = |settings: &TaskSettings| settings.client_token.as_deref() == Some(token);
    let of_token = ecs.state.tasks.iter().filter(|(_, settings)| of_token(settings));
    let tasks: Vec<TaskView> = of_token.filter_map(|(arn, _)| ecs.scheduler.task(arn)).collect();
    let first = tasks.first()?;
    if first.cluster_arn != cluster_arn || first.task_definition.arn != definition_arn {
        let message = "The clientToken was used before with other parameters.";
        return Some(Err(ApiError::new("ConflictException", 400, message)));
    }
    let tasks: Vec<Value> = tasks.iter().map(|task| shown(ecs, env, task, true)).collect();
    Some(Ok(json!({"tasks": tasks, "failures": []})))
}

/// Adds the tags that are not there yet.
fn hand_on(tags: &mut Vec<Tag>, from: &[Tag]) {
    for tag in from {
        if tags.iter().all(|own| own.key != tag.key) {
            tags.push(tag.clone());
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Overrides {
    #[serde(default)]
    container_overrides: Vec<ContainerOverride>,
    #[serde(rename = "cpu")]
    _cpu: Option<String>,
    #[serde(rename = "memory")]
    _memory: Option<String>,
    #[serde(rename = "taskRoleArn")]
    _task_role_arn: Option<String>,
    #[serde(rename = "executionRoleArn")]
    _execution_role_arn: Option<String>,
}

/// Sizes and roles change nothing on one machine.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ContainerOverride {
    name: String,
    command: Option<Vec<String>>,
    #[serde(default)]
    environment: Vec<Variable>,
    #[serde(rename = "cpu")]
    _cpu: Option<u32>,
    #[serde(rename = "memory")]
    _memory: Option<u32>,
    #[serde(rename = "memoryReservation")]
    _memory_reservation: Option<u32>,
}

/// Members of `overrides` and of its containers that mean nothing here.
const MISSING_OF_OVERRIDES: &[Missing] = &[
    ("inferenceAcceleratorOverrides", "Fargate has no inference accelerators"),
    ("ephemeralStorage", "tasks share this machine's disk"),
];

/// Changes the definition as `overrides` says; gives them as `DescribeTasks` shows them.
fn overridden(definition: &mut TaskDefinition, asked: Option<Value>) -> Result<Value, ApiError> {
    let asked = asked.unwrap_or_else(|| json!({}));
    let mut shown = without(&asked, MISSING_OF_OVERRIDES, "overrides.")?;
    let overrides: Overrides = read("RunTask", &shown)?;
    for change in overrides.container_overrides {
        let containers = &mut definition.containers;
        let Some(container) = containers.iter_mut().find(|known| known.name == change.name) else {
            return Err(invalid_parameter(format!(
                "Override for container named {} is not a container in the TaskDefinition.",
                change.name
            )));
        };
        if let Some(command) = change.command {
            container.command = command;
        }
        for Variable { name, value } in change.environment {
            match container.environment.iter_mut().find(|(known, _)| *known == name) {
                Some((_, old)) => *old = value,
                None => container.environment.push((name, value)),
            }
        }
    }
    if shown.get("containerOverrides").is_none() {
        let name = |container: &crate::config::Container| json!({"name": container.name});
        let names: Vec<Value> = definition.containers.iter().map(name).collect();
        shown["containerOverrides"] = json!(names);
    }
    shown["inferenceAcceleratorOverrides"] = json!([]);
    Ok(shown)
}

impl State {
    /// The cluster's ARN, whether it is ACTIVE or not: its tasks can be asked for.
    fn cluster_arn(&self, env: &Env, cluster: Option<&str>) -> Result<&str, ApiError> {
        self.cluster(env, cluster).map(|cluster| cluster.arn.as_str())
    }
}

impl Ecs {
    /// A task of a cluster by its id or ARN.
    fn find_task(&self, cluster_arn: &str, id_or_arn: &str) -> Option<TaskView> {
        let task = self.scheduler.task(&self.scheduler.task_arn(id_or_arn)?)?;
        (task.cluster_arn == cluster_arn).then_some(task)
    }

    /// A task's own tags, or those that are handed on to it.
    pub(super) fn task_tags(&self, task: &TaskView) -> Vec<Tag> {
        if let Some(tags) = self.state.tasks.get(&task.arn).and_then(|own| own.tags.clone()) {
            return tags;
        }
        let service = task.service_arn.as_ref().and_then(|arn| self.state.services.get(arn));
        let Some(service) = service else { return Vec::new() };
        let mut tags = match service.propagate_tags {
            PropagateTags::None => Vec::new(),
            PropagateTags::Service => service.tags.clone(),
            PropagateTags::TaskDefinition => {
                let definition = &task.task_definition;
                let document = self.state.definition(&definition.family, definition.revision);
                document.map(|document| document.tags.clone()).unwrap_or_default()
            }
        };
        // No stack made the task.
        tags.retain(|tag| !is_system_tag(&tag.key));
        tags
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Stop {
    cluster: Option<String>,
    task: String,
    reason: Option<String>,
}

/// ECS-LC-02: its desired status is STOPPED at once, its last status follows.
pub(super) fn stop(ecs: &mut Ecs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Stop = read("StopTask", value)?;
    let cluster_arn = ecs.state.cluster_arn(cx.env, asked.cluster.as_deref())?;
    let arn = ecs.find_task(cluster_arn, &asked.task).ok_or_else(task_not_found)?.arn;
    let reason = asked.reason.unwrap_or_else(|| "Task stopped by user".into());
    if !ecs.scheduler.stop_task(cx, &arn, &reason) {
        return Err(task_not_found());
    }
    let task = ecs.scheduler.task(&arn).ok_or_else(task_not_found)?;
    Ok(json!({"task": shown(ecs, cx.env, &task, true)}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Describe {
    cluster: Option<String>,
    #[serde(default)]
    tasks: Vec<String>,
    #[serde(default)]
    include: Vec<String>,
}

pub(super) fn describe(ecs: &mut Ecs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Describe = read("DescribeTasks", value)?;
    let cluster = ecs.state.cluster(cx.env, asked.cluster.as_deref())?;
    if asked.tasks.is_empty() {
        return Err(invalid_parameter("Tasks cannot be empty."));
    }
    if asked.tasks.len() > 100 {
        return Err(invalid_parameter("Tasks can have at most 100 items."));
    }
    let tags = includes(&asked.include, "TAGS");
    let (mut tasks, mut failures) = (Vec::new(), Vec::new());
    for task in &asked.tasks {
        match ecs.find_task(&cluster.arn, task) {
            Some(task) => tasks.push(shown(ecs, cx.env, &task, tags)),
            None if task.starts_with("arn:") => failures.push(missing(task)),
            None => {
                let name = format!("task/{}/{task}", cluster.name);
                failures.push(missing(&ids::arn(cx.env, "ecs", &name)));
            }
        }
    }
    Ok(json!({"tasks": tasks, "failures": failures}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct List {
    cluster: Option<String>,
    container_instance: Option<String>,
    family: Option<String>,
    started_by: Option<String>,
    service_name: Option<String>,
    #[serde(default)]
    desired_status: Wanted,
    launch_type: Option<LaunchType>,
    next_token: Option<String>,
    max_results: Option<u32>,
}

/// ECS never sets the desired status of a task to PENDING.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Wanted {
    #[default]
    Running,
    Pending,
    Stopped,
}

pub(super) fn list(ecs: &mut Ecs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: List = read("ListTasks", value)?;
    if asked.container_instance.is_some() {
        return Err(not_here("containerInstance", "tasks run as on Fargate"));
    }
    let cluster = asked.cluster.as_deref();
    let cluster_arn = ecs.state.cluster_arn(cx.env, cluster)?;
    let service = asked.service_name.as_deref();
    let service = service.map(|name| ecs.find_service(cx.env, cluster, name)).transpose()?;
    let wanted = match asked.desired_status {
        Wanted::Running => Some(DesiredStatus::Running),
        Wanted::Stopped => Some(DesiredStatus::Stopped),
        Wanted::Pending => None,
    };
    let fits = |task: &TaskView| {
        task.cluster_arn == cluster_arn
            && Some(task.desired_status) == wanted
            && asked.family.as_ref().is_none_or(|family| task.task_definition.family == *family)
            && asked.started_by.as_ref().is_none_or(|by| task.started_by.as_ref() == Some(by))
            && service.as_ref().is_none_or(|arn| task.service_arn.as_ref() == Some(arn))
            && asked.launch_type.is_none_or(|launch_type| launch_type == LaunchType::Fargate)
    };
    let tasks = ecs.scheduler.task_views().into_iter().filter(fits);
    let arns: Vec<String> = tasks.map(|task| task.arn).collect();
    let (next_token, max_results) = (asked.next_token, asked.max_results);
    Page { next_token, max_results, default_results: PAGE_MAX }.of("taskArns", &arns)
}
