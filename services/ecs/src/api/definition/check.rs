//! Whether a task definition is one that ECS takes, and one that Fargate can run.

use std::collections::BTreeSet;

use standin_kernel::ApiError;

use super::document::{Compatibility, Container, Document, LogConfiguration, NetworkMode, PidMode};
use super::size::Size;
use crate::config::Condition;
use crate::error::{client, not_here};

/// What holds for every task definition.
pub(super) fn common(document: &Document) -> Result<(), ApiError> {
    is_name(&document.family, "Family")?;
    if !document.requires_compatibilities.is_empty()
        && !document.requires_compatibilities.contains(&Compatibility::Fargate)
    {
        let why = "tasks run as on Fargate, on no container instances";
        return Err(not_here("requiresCompatibilities without FARGATE", why));
    }
    if document.container_definitions.is_empty() {
        return Err(client("Container list cannot be empty."));
    }
    let mut names = BTreeSet::new();
    for container in &document.container_definitions {
        is_name(&container.name, "Container.name")?;
        if container.image.is_empty() {
            return Err(client("Container.image should not be null or empty."));
        }
        if !names.insert(container.name.as_str()) {
            return Err(setting(container, "The container name is used twice."));
        }
    }
    // ECS-TD-05
    if !document.container_definitions.iter().any(|container| container.essential) {
        return Err(client("Task definition doesn't have any essential container."));
    }
    for container in &document.container_definitions {
        memory(container)?;
        health_check(container)?;
        restart_policy(container)?;
        dependencies(document, container)?;
        volumes(document, container)?;
        logs(container)?;
    }
    no_cycle(document)
}

/// What Fargate asks for on top (ECS-TD-01).
pub(super) fn fargate(document: &Document) -> Result<Size, ApiError> {
    if document.network_mode != Some(NetworkMode::Awsvpc) {
        return Err(client("Fargate only supports network mode ‘awsvpc’."));
    }
    let size = Size::fargate(document.cpu.as_deref(), document.memory.as_deref())?;
    if document.pid_mode == Some(PidMode::Host) {
        return Err(client("Fargate only supports pid mode 'task'."));
    }
    let linux = |family: &String| family == "LINUX";
    let family = document.runtime_platform.as_ref();
    let family = family.and_then(|platform| platform.operating_system_family.as_ref());
    if let Some(family) = family.filter(|family| !linux(family)) {
        return Err(not_here(&format!("operatingSystemFamily {family}"), "tasks run on Linux"));
    }
    // ECS-TD-09
    if let Some(storage) = &document.ephemeral_storage
        && !(21..=200).contains(&storage.size_gib)
    {
        return Err(client("ephemeralStorage.sizeInGiB must be between 21 and 200."));
    }
    if !document.placement_constraints.is_empty() {
        return Err(client("Fargate does not support placement constraints."));
    }
    for volume in &document.volumes {
        if volume.host.as_ref().is_some_and(|host| host.source_path.is_some()) {
            return Err(client("host.sourcePath should not be set for volumes in Fargate."));
        }
    }
    sums(document, size)?;
    for container in &document.container_definitions {
        fargate_container(document, container)?;
    }
    Ok(size)
}

fn fargate_container(document: &Document, container: &Container) -> Result<(), ApiError> {
    for mapping in &container.port_mappings {
        if mapping.container_port == 0 {
            return Err(setting(container, "A containerPort must be between 1 and 65535."));
        }
        // ECS-TD-01
        if mapping.host_port.is_some_and(|port| port != mapping.container_port) {
            return Err(client(
                "When networkMode=awsvpc, the host ports and container ports in port mappings \
                 must match.",
            ));
        }
    }
    // ECS-TD-10
    if container.ulimits.iter().any(|limit| limit.name != "nofile") {
        return Err(setting(container, "Fargate supports the ulimit nofile only."));
    }
    // ECS-DP-07, ECS-DP-09
    if container.start_timeout_s.is_some_and(|seconds| !(2..=120).contains(&seconds)) {
        return Err(setting(container, "startTimeout must be between 2 and 120 seconds."));
    }
    if container.stop_timeout_s.is_some_and(|seconds| seconds > 120) {
        return Err(setting(container, "stopTimeout must be at most 120 seconds."));
    }
    let role = document.execution_role_arn.is_some();
    let needs_role = |what: &str| {
        client(format!(
            "Fargate requires task definition to have execution role ARN to support {what}."
        ))
    };
    if !role && container.image.contains(".dkr.ecr.") {
        return Err(needs_role("ECR images"));
    }
    if let Some(logs) = &container.log_configuration {
        if !role {
            return Err(needs_role(&format!("log driver {}", logs.log_driver)));
        }
        if !logs.options.contains_key("awslogs-stream-prefix") {
            return Err(client(
                "Fargate requires log configuration options to include awslogs-stream-prefix to \
                 support log driver awslogs.",
            ));
        }
    }
    Ok(())
}

/// ECS-TD-11: containers share what the task has.
fn sums(document: &Document, size: Size) -> Result<(), ApiError> {
    let containers = || document.container_definitions.iter();
    let sum = |numbers: &mut dyn Iterator<Item = u32>| numbers.map(u64::from).sum::<u64>();
    if sum(&mut containers().map(|container| container.cpu)) > size.cpu.into() {
        return Err(client(
            "The sum of all container 'cpu' values cannot be greater than the value of the task \
             'cpu'.",
        ));
    }
    let reserved = |container: &Container| {
        container.memory_reservation.or(container.memory).unwrap_or_default()
    };
    let largest = containers().filter_map(|container| container.memory).max().unwrap_or_default();
    if sum(&mut containers().map(reserved)) > size.memory.into() || largest > size.memory {
        return Err(client(
            "The sum of all container 'memory' values cannot be greater than the value of the \
             task 'memory'.",
        ));
    }
    Ok(())
}

/// Up to 255 letters, digits, hyphens and underscores.
fn is_name(name: &str, what: &str) -> Result<(), ApiError> {
    if name.is_empty() {
        return Err(client(format!("{what} should not be null or empty.")));
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.len() > 255 || !name.bytes().all(fits) {
        return Err(client(format!(
            "{what} contains invalid characters: up to 255 letters, numbers, hyphens and \
             underscores are allowed."
        )));
    }
    Ok(())
}

fn setting(container: &Container, wrong: &str) -> ApiError {
    client(format!("Invalid setting for container '{}'. {wrong}", container.name))
}

fn memory(container: &Container) -> Result<(), ApiError> {
    match (container.memory, container.memory_reservation) {
        (Some(hard), Some(soft)) if hard <= soft => {
            Err(setting(container, "'memory' must be greater than 'memoryReservation'."))
        }
        _ => Ok(()),
    }
}

/// ECS-HC-02
fn health_check(container: &Container) -> Result<(), ApiError> {
    let Some(check) = &container.health_check else { return Ok(()) };
    if check.command.is_empty() {
        return Err(setting(container, "The health check must have a command."));
    }
    let start_period_s = check.start_period_s.unwrap_or_default();
    let bounds = [
        ("interval", check.interval_s, 5, 300),
        ("timeout", check.timeout_s, 2, 60),
        ("retries", check.retries, 1, 10),
        ("startPeriod", start_period_s, 0, 300),
    ];
    for (name, value, least, most) in bounds {
        if !(least..=most).contains(&value) {
            let wrong = format!("The health check {name} must be between {least} and {most}.");
            return Err(setting(container, &wrong));
        }
    }
    Ok(())
}

/// ECS-RS-01
fn restart_policy(container: &Container) -> Result<(), ApiError> {
    let Some(policy) = &container.restart_policy else { return Ok(()) };
    if policy.ignored_exit_codes.len() > 50 {
        return Err(setting(container, "At most 50 exit codes can be ignored."));
    }
    match policy.restart_attempt_period_s {
        Some(seconds) if !(60..=1800).contains(&seconds) => {
            Err(setting(container, "restartAttemptPeriod must be between 60 and 1800 seconds."))
        }
        _ => Ok(()),
    }
}

fn dependencies(document: &Document, container: &Container) -> Result<(), ApiError> {
    for dependency in &container.depends_on {
        let on = dependency.container_name.as_str();
        // ECS-DP-11
        if on == container.name {
            return Err(setting(container, "A container cannot depend on itself."));
        }
        let Some(other) = document.container_definitions.iter().find(|other| other.name == on)
        else {
            let wrong = format!("It depends on '{on}', which is not in the task definition.");
            return Err(setting(container, &wrong));
        };
        match dependency.condition {
            // ECS-DP-03
            Condition::Success | Condition::Complete if other.essential => {
                return Err(client(
                    "A dependency container with SUCCESS or COMPLETE condition cannot be an \
                     essential container",
                ));
            }
            // ECS-DP-02
            Condition::Healthy if other.health_check.is_none() => {
                let wrong =
                    format!("It depends on '{on}' to be HEALTHY, which has no health check.");
                return Err(setting(container, &wrong));
            }
            _ => {}
        }
    }
    Ok(())
}

/// ECS-DP-11: takes containers away whose dependencies are all away; a cycle stays.
fn no_cycle(document: &Document) -> Result<(), ApiError> {
    let mut left: Vec<&Container> = document.container_definitions.iter().collect();
    while !left.is_empty() {
        let waits = |container: &&Container| {
            let names = |name: &str| left.iter().any(|other| other.name == name);
            container.depends_on.iter().any(|dependency| names(&dependency.container_name))
        };
        let still: Vec<&Container> = left.iter().copied().filter(waits).collect();
        if still.len() == left.len() {
            let names: Vec<&str> = still.iter().map(|container| container.name.as_str()).collect();
            return Err(client(format!(
                "The container dependencies form a cycle: {}",
                names.join(", ")
            )));
        }
        left = still;
    }
    Ok(())
}

fn volumes(document: &Document, container: &Container) -> Result<(), ApiError> {
    for mount in &container.mount_points {
        let name = mount.source_volume.as_deref().unwrap_or_default();
        if !document.volumes.iter().any(|volume| volume.name == name) {
            return Err(client(format!("Unknown volume '{name}'.")));
        }
    }
    for from in &container.volumes_from {
        let name = from.source_container.as_deref().unwrap_or_default();
        if !document.names().any(|known| known == name) {
            return Err(setting(container, &format!("Unknown container '{name}' in volumesFrom.")));
        }
    }
    Ok(())
}

/// ECS-LO-01, ECS-LO-02
fn logs(container: &Container) -> Result<(), ApiError> {
    let Some(LogConfiguration { log_driver, options }) = &container.log_configuration else {
        return Ok(());
    };
    match log_driver.as_str() {
        "awslogs" => {}
        "splunk" | "awsfirelens" => {
            let why = "lines go to the log of the task only";
            return Err(not_here(&format!("log driver {log_driver}"), why));
        }
        other => return Err(client(format!("Fargate does not support log driver {other}."))),
    }
    let disallowed: Vec<&str> =
        options.keys().map(String::as_str).filter(|name| !AWSLOGS.contains(name)).collect();
    if !disallowed.is_empty() {
        let names = disallowed.join(", ");
        return Err(client(format!("Log driver awslogs disallows options: {names}")));
    }
    let missing: Vec<&str> = ["awslogs-region", "awslogs-group"]
        .into_iter()
        .filter(|name| options.get(*name).is_none_or(String::is_empty))
        .collect();
    if !missing.is_empty() {
        let names = missing.join(", ");
        return Err(client(format!("Log driver awslogs requires options: {names}")));
    }
    Ok(())
}

/// The options of the driver `awslogs`.
const AWSLOGS: &[&str] = &[
    "awslogs-create-group",
    "awslogs-datetime-format",
    "awslogs-group",
    "awslogs-multiline-pattern",
    "awslogs-region",
    "awslogs-stream-prefix",
    "max-buffer-size",
    "mode",
];
