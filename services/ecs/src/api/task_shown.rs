//! A task as `DescribeTasks` shows it.

use standin_kernel::{Env, Time, Value, json};

use super::capacity::Capacity;
use super::service::platform_number;
use super::{epoch, present};
use crate::Ecs;
use crate::data::view::{ContainerView, LastStatus, StopCode, TaskView};

pub(super) fn shown(ecs: &Ecs, env: &Env, task: &TaskView, tags: bool) -> Value {
    let own = ecs.state.tasks.get(&task.arn);
    let service = task.service_arn.as_ref().and_then(|arn| ecs.state.services.get(arn));
    let definition = &task.task_definition;
    let document = ecs.state.definition(&definition.family, definition.revision);
    let (cpu, memory) = document.map_or((None, None), |document| document.size());
    let version = own
        .and_then(|own| own.platform_version.as_deref())
        .or(service.map(|service| service.platform_version.as_str()));
    let containers = task.containers.iter().map(|one| container(env, task, one));
    let provider = service.and_then(|service| match &service.capacity {
        Capacity::Strategy(strategy) => strategy.first().map(|item| &item.capacity_provider),
        Capacity::LaunchType => None,
    });
    let execute = own.is_some_and(|own| own.enable_execute_command)
        || service.is_some_and(|service| service.enable_execute_command);
    let times = &task.times;
    present(json!({
        "taskArn": task.arn,
        "clusterArn": task.cluster_arn,
        "taskDefinitionArn": definition.arn,
        "group": task.group,
        "startedBy": task.started_by,
        "launchType": "FARGATE",
        "capacityProviderName": provider,
        "platformVersion": platform_number(version.unwrap_or("LATEST")),
        "platformFamily": "Linux",
        "lastStatus": task.last_status.as_str(),
        "desiredStatus": task.desired_status.as_str(),
        "healthStatus": task.health_status.as_str(),
        "stopCode": task.stop_code.map(StopCode::as_str),
        "stoppedReason": task.stopped_reason,
        "connectivity": times.connectivity_at.map(|_| "CONNECTED"),
        "connectivityAt": moment(times.connectivity_at),
        "createdAt": epoch(times.created_at),
        "pullStartedAt": moment(times.pull_started_at),
        "pullStoppedAt": moment(times.pull_stopped_at),
        "startedAt": moment(times.started_at),
        "stoppingAt": moment(times.stopping_at),
        "executionStoppedAt": moment(times.execution_stopped_at),
        "stoppedAt": moment(times.stopped_at),
        "cpu": cpu,
        "memory": memory,
        "containers": containers.collect::<Vec<_>>(),
        "overrides": overrides(task),
        "attachments": [attachment(ecs, task)],
        "attributes": [],
        "enableExecuteCommand": execute,
        "tags": if tags { ecs.task_tags(task) } else { Vec::new() },
        "version": task.version,
    }))
}

fn moment(time: Option<Time>) -> Value {
    time.map_or(Value::Null, epoch)
}

fn overrides(task: &TaskView) -> Value {
    if !task.overrides.is_null() {
        return task.overrides.clone();
    }
    let name = |container: &ContainerView| json!({"name": container.name});
    let names: Vec<Value> = task.containers.iter().map(name).collect();
    json!({"containerOverrides": names, "inferenceAcceleratorOverrides": []})
}

/// The task's id: 32 hexadecimal digits.
fn id(task: &TaskView) -> &str {
    task.arn.rsplit('/').next().unwrap_or_default()
}

/// Part of the task's id, from which ids of what belongs to it are made.
fn part(task: &TaskView, from: usize, to: usize) -> &str {
    id(task).get(from..to).unwrap_or_default()
}

/// The subnet of a task: tasks are spread over those of their service, or of their own.
pub(crate) fn subnet_of<'e>(ecs: &'e Ecs, task: &TaskView) -> Option<&'e str> {
    let own = ecs.state.tasks.get(&task.arn).and_then(|own| own.network_configuration.as_ref());
    let service = task.service_arn.as_ref().and_then(|arn| ecs.state.services.get(arn));
    let network = own.or(service.map(|service| &service.network_configuration))?;
    let subnets = &network.awsvpc_configuration.subnets;
    let at = usize::from(task.address.octets()[3]).checked_rem(subnets.len())?;
    subnets.get(at).map(String::as_str)
}

/// The id of the network interface's attachment.
fn attachment_id(task: &TaskView) -> String {
    let digits = |from, to| part(task, from, to);
    format!(
        "{}-{}-4{}-a{}-{}",
        digits(0, 8),
        digits(8, 12),
        digits(12, 15),
        digits(15, 18),
        digits(18, 30)
    )
}

/// ECS-NW-02: the network interface of the task.
fn attachment(ecs: &Ecs, task: &TaskView) -> Value {
    let status = match task.last_status {
        LastStatus::Provisioning => "PRECREATED",
        LastStatus::Deprovisioning | LastStatus::Stopped => "DELETED",
        _ => "ATTACHED",
    };
    let pair = |name: &str, value: String| json!({"name": name, "value": value});
    let mut details = Vec::new();
    if let Some(subnet) = subnet_of(ecs, task) {
        details.push(pair("subnetId", subnet.to_owned()));
    }
    details.push(pair("networkInterfaceId", format!("eni-0{}", part(task, 0, 16))));
    let octets = task.address.octets().map(|octet| format!("{octet:02x}")).join(":");
    details.push(pair("macAddress", format!("0a:00:{octets}")));
    details.push(pair("privateIPv4Address", task.address.to_string()));
    json!({
        "id": attachment_id(task),
        "type": "ElasticNetworkInterface",
        "status": status,
        "details": details,
    })
}

fn container(env: &Env, task: &TaskView, view: &ContainerView) -> Value {
    let cluster = task.cluster_arn.rsplit('/').next().unwrap_or_default();
    let name = format!("container/{cluster}/{}/{}", id(task), view.name);
    let interfaces = match task.last_status {
        LastStatus::Provisioning => json!([]),
        _ => json!([{
            "attachmentId": attachment_id(task),
            "privateIpv4Address": task.address.to_string(),
        }]),
    };
    present(json!({
        "containerArn": standin_kernel::ids::arn(env, "ecs", &name),
        "taskArn": task.arn,
        "name": view.name,
        "image": view.image,
        "runtimeId": format!("{}-{}", id(task), view.name),
        "lastStatus": view.last_status,
        "exitCode": view.exit_code,
        "reason": view.reason,
        "networkBindings": [],
        "networkInterfaces": interfaces,
        "healthStatus": view.health_status.as_str(),
    }))
}
