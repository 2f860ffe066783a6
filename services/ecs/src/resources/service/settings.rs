//! From the properties of `AWS::ECS::Service` to the inputs of `CreateService` and
//! `UpdateService`.

use standin_kernel::resource::Job;
use standin_kernel::{Value, json};

use super::named;
use crate::resources::names::{api, some};

/// Properties that `CreateService` is told.
const CREATED: &[&str] = &[
    "AvailabilityZoneRebalancing",
    "CapacityProviderStrategy",
    "Cluster",
    "DeploymentConfiguration",
    "DeploymentController",
    "DesiredCount",
    "EnableECSManagedTags",
    "EnableExecuteCommand",
    "HealthCheckGracePeriodSeconds",
    "LaunchType",
    "LoadBalancers",
    "NetworkConfiguration",
    "PlatformVersion",
    "PropagateTags",
    "Role",
    "SchedulingStrategy",
    "ServiceName",
    "Tags",
    "TaskDefinition",
];

/// The input of `CreateService`. CFN-RS-16: a new service has one task unless it says otherwise.
pub(super) fn creation(job: &Job<'_>) -> Value {
    let mut input = some(job.properties, CREATED);
    if input["serviceName"].is_null() {
        input["serviceName"] = json!(job.generated_name);
    }
    if input["desiredCount"].is_null() {
        input["desiredCount"] = json!(1);
    }
    input
}

/// Properties that an update can change, and what each is when it is taken away. CFN-RS-16: a
/// desired count that is not written is left alone.
fn updated() -> [(&'static str, Value); 12] {
    [
        ("AvailabilityZoneRebalancing", json!("ENABLED")),
        ("CapacityProviderStrategy", json!([])),
        ("DeploymentConfiguration", json!({})),
        ("DesiredCount", Value::Null),
        ("EnableECSManagedTags", json!(false)),
        ("EnableExecuteCommand", json!(false)),
        ("HealthCheckGracePeriodSeconds", json!(0)),
        ("LoadBalancers", json!([])),
        ("NetworkConfiguration", Value::Null),
        ("PlatformVersion", json!("LATEST")),
        ("PropagateTags", json!("NONE")),
        ("TaskDefinition", Value::Null),
    ]
}

/// Whether a property is not as it was.
pub(super) fn changed(job: &Job<'_>, name: &str) -> bool {
    job.previous.is_none_or(|previous| previous[name] != job.properties[name])
}

/// The input of `UpdateService`; `None` when nothing that it changes has changed.
pub(super) fn changes(job: &Job<'_>) -> Option<Value> {
    let mut input = json!({});
    for (name, default) in updated() {
        if !changed(job, name) {
            continue;
        }
        let wanted = &job.properties[name];
        let value = match (name, wanted) {
            ("DeploymentConfiguration", wanted) => whole_deployment(wanted),
            (_, Value::Null) => default,
            (_, wanted) => wanted.clone(),
        };
        if !value.is_null() {
            merge(&mut input, &some(&json!({ name: value }), &[name]));
        }
    }
    let force = &job.properties["ForceNewDeployment"];
    let forced = changed(job, "ForceNewDeployment") && force["EnableForceNewDeployment"] == true;
    if forced {
        input["forceNewDeployment"] = json!(true);
    }
    if input.as_object().is_none_or(serde_json::Map::is_empty) {
        return None;
    }
    // CloudFormation says each time which task definition it means, whoever changed it since.
    merge(&mut input, &some(job.properties, &["TaskDefinition"]));
    let arn = job.physical_id.unwrap_or_default();
    Some(named(job, arn, "service", input))
}

/// The deployment configuration with AWS's defaults where nothing is written: an update leaves
/// nothing of the one before.
fn whole_deployment(wanted: &Value) -> Value {
    let mut whole = json!({
        "MaximumPercent": 200,
        "MinimumHealthyPercent": 100,
        "DeploymentCircuitBreaker": {"Enable": false, "Rollback": false},
        "Alarms": {"AlarmNames": [], "Enable": false, "Rollback": false},
    });
    if let Value::Object(_) = wanted {
        merge(&mut whole, wanted);
    }
    whole
}

fn merge(into: &mut Value, from: &Value) {
    if let (Some(into), Some(from)) = (into.as_object_mut(), from.as_object()) {
        into.extend(from.clone());
    }
}

/// The load balancers' target groups, by ARN.
pub(super) fn target_groups(job: &Job<'_>) -> Vec<String> {
    let balancers = api(&job.properties["LoadBalancers"]);
    let balancers = balancers.as_array().into_iter().flatten();
    balancers.filter_map(|one| one["targetGroupArn"].as_str().map(str::to_owned)).collect()
}
