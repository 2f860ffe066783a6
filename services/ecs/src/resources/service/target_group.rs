//! Whether the target groups of a service can take its tasks (ECS-SV-13, ECS-SV-14).

use standin_kernel::resource::{Job, Progress};
use standin_kernel::{ApiError, ServiceName, Value, json};

use super::{LOOKED, settings};
use crate::error::invalid_parameter;

/// Asks the load balancers for the service's target groups; `None` when it has none.
pub(super) fn look(job: &Job<'_>) -> Option<Progress> {
    let arns = settings::target_groups(job);
    if arns.is_empty() {
        return None;
    }
    Some(Progress::Call {
        service: ServiceName::Elbv2,
        operation: "DescribeTargetGroups",
        input: json!({"TargetGroupArns": arns}),
        step: LOOKED,
        context: Value::Null,
    })
}

/// What of the reply keeps the service from being created or updated.
pub(super) fn problem(job: &Job<'_>, reply: &Result<Value, ApiError>) -> Option<ApiError> {
    let groups = match reply {
        Ok(reply) => reply["TargetGroups"].as_array().map(Vec::as_slice).unwrap_or_default(),
        Err(error) => return Some(invalid_parameter(error.message.clone())),
    };
    for arn in settings::target_groups(job) {
        let Some(group) = groups.iter().find(|group| group["TargetGroupArn"] == *arn) else {
            return Some(invalid_parameter("The specified target group does not exist."));
        };
        let kind = group["TargetType"].as_str().unwrap_or("instance");
        if kind != "ip" {
            return Some(invalid_parameter(format!(
                "The provided target group {arn} has target type {kind}, which is incompatible \
                 with the awsvpc network mode specified in the task definition."
            )));
        }
        if group["LoadBalancerArns"].as_array().is_none_or(Vec::is_empty) {
            return Some(invalid_parameter(format!(
                "The target group with targetGroupArn {arn} does not have an associated load \
                 balancer."
            )));
        }
    }
    None
}
