//! `AWS::ApplicationAutoScaling::ScalableTarget` and `AWS::ApplicationAutoScaling::ScalingPolicy`.

use standin_kernel::resource::{Job, Tagging};
use standin_kernel::{Value, json};

use super::table;
use crate::made::{Call, Made, property, text, with};

const PLAIN: Made =
    Made { service: "ApplicationAutoScaling", gone: &["ObjectNotFoundException"], ..Made::PLAIN };

const WHERE: [&str; 3] = ["ResourceId", "ScalableDimension", "ServiceNamespace"];

pub(crate) const SCALABLE_TARGET: Made = Made {
    type_name: "AWS::ApplicationAutoScaling::ScalableTarget",
    properties: table::SCALABLE_TARGET,
    attributes: &["Id"],
    tagging: Tagging::without_system_tags("Tags"),
    create: register,
    physical_id: |job, _| {
        let [resource, dimension, namespace] = WHERE.map(|name| property(job, name));
        format!("{resource}|{dimension}|{namespace}")
    },
    settings: |job, _, previous| match previous.is_null() {
        true => Vec::new(),
        false => vec![register(job)],
    },
    known: |_, id, _| vec![("Id", json!(id))],
    delete: |job, _| {
        vec![("application-autoscaling:DeregisterScalableTarget", with(json!({}), job, &WHERE))]
    },
    ..PLAIN
};

fn register(job: &Job<'_>) -> Call {
    let names = ["MinCapacity", "MaxCapacity", "RoleARN", "SuspendedState"];
    let mut input = with(with(json!({}), job, &WHERE), job, &names);
    let mut tags = serde_json::Map::new();
    for tag in job.properties["Tags"].as_array().into_iter().flatten() {
        if let Some(key) = tag["Key"].as_str() {
            tags.insert(key.to_owned(), tag["Value"].clone());
        }
    }
    input["Tags"] = Value::Object(tags);
    ("application-autoscaling:RegisterScalableTarget", input)
}

pub(crate) const SCALING_POLICY: Made = Made {
    type_name: "AWS::ApplicationAutoScaling::ScalingPolicy",
    properties: table::SCALING_POLICY,
    attributes: &["Arn"],
    create: put,
    physical_id: |_, reply| text(reply, "/PolicyARN"),
    settings: |job, _, previous| match previous.is_null() {
        true => Vec::new(),
        false => vec![put(job)],
    },
    known: |_, arn, _| vec![("Arn", json!(arn))],
    delete: |job, _| {
        let input = with(target(job), job, &["PolicyName"]);
        vec![("application-autoscaling:DeleteScalingPolicy", input)]
    },
    ..PLAIN
};

/// What is scaled: by `ScalingTargetId`, which has all three, or by each on its own.
fn target(job: &Job<'_>) -> Value {
    let parts: Vec<&str> = property(job, "ScalingTargetId").split('|').collect();
    match parts.as_slice() {
        [resource, dimension, namespace] => json!({
            "ResourceId": resource, "ScalableDimension": dimension, "ServiceNamespace": namespace,
        }),
        _ => with(json!({}), job, &WHERE),
    }
}

fn put(job: &Job<'_>) -> Call {
    let names = [
        "PolicyName",
        "PolicyType",
        "StepScalingPolicyConfiguration",
        "TargetTrackingScalingPolicyConfiguration",
        "PredictiveScalingPolicyConfiguration",
    ];
    ("application-autoscaling:PutScalingPolicy", with(target(job), job, &names))
}
