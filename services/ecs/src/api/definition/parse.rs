//! From a task definition's document to the settings that the running side knows.

use standin_kernel::Env;

use super::Definition;
use super::document;
use crate::config::{
    AwsLogs, Container, DEFAULT_STOP_TIMEOUT_S, Dependency, HealthCheck, RestartPolicy,
    TaskDefinition, ValueFrom,
};

/// The time a container must have run before it is started again, when the document does not say
/// (ECS-RS-01).
const RESTART_ATTEMPT_PERIOD_S: u32 = 300;

impl Definition {
    /// The definition as the running side knows it.
    pub(crate) fn settings(&self, env: &Env) -> TaskDefinition {
        let containers = self.document.container_definitions.iter();
        TaskDefinition {
            arn: self.arn(env),
            family: self.document.family.clone(),
            revision: self.revision,
            containers: containers.map(|container| self.container(container)).collect(),
        }
    }

    fn container(&self, container: &document::Container) -> Container {
        let variable =
            |variable: &document::Variable| (variable.name.clone(), variable.value.clone());
        let dependency = |dependency: &document::Dependency| Dependency {
            container_name: dependency.container_name.clone(),
            condition: dependency.condition,
        };
        let policy = container.restart_policy.as_ref().filter(|policy| policy.enabled);
        Container {
            name: container.name.clone(),
            image: container.image.clone(),
            essential: container.essential,
            entry_point: container.entry_point.clone(),
            command: container.command.clone(),
            environment: container.environment.iter().map(variable).collect(),
            secrets: container
                .secrets
                .iter()
                .map(|secret| (secret.name.clone(), ValueFrom::parse(&secret.value_from)))
                .collect(),
            ports: container.port_mappings.iter().map(|mapping| mapping.container_port).collect(),
            depends_on: container.depends_on.iter().map(dependency).collect(),
            health_check: container.health_check.as_ref().map(health_check),
            start_timeout_s: container.start_timeout_s,
            stop_timeout_s: container.stop_timeout_s.unwrap_or(DEFAULT_STOP_TIMEOUT_S),
            restart_policy: policy.map(|policy| RestartPolicy {
                ignored_exit_codes: policy.ignored_exit_codes.clone(),
                restart_attempt_period_s: policy
                    .restart_attempt_period_s
                    .unwrap_or(RESTART_ATTEMPT_PERIOD_S),
            }),
            logs: container.log_configuration.as_ref().map(logs),
            local: self.hints.of(&container.name),
        }
    }
}

fn health_check(check: &document::HealthCheck) -> HealthCheck {
    HealthCheck {
        command: check.command.clone(),
        interval_s: check.interval_s,
        timeout_s: check.timeout_s,
        retries: check.retries,
        start_period_s: check.start_period_s.unwrap_or_default(),
    }
}

/// The driver is `awslogs`: no other is taken (ECS-LO-01).
fn logs(configuration: &document::LogConfiguration) -> AwsLogs {
    let option = |name: &str| configuration.options.get(name).cloned().unwrap_or_default();
    AwsLogs {
        group: option("awslogs-group"),
        stream_prefix: option("awslogs-stream-prefix"),
        create_group: option("awslogs-create-group") == "true",
    }
}
