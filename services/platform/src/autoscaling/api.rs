//! The operations of Application Auto Scaling, by AWS's names.

use serde::Deserialize;
use standin_kernel::ids::{arn, global_arn, lower, uuid};
use standin_kernel::{ApiError, Cx, Value, json};

use super::state::{AutoScaling, Policy, PolicyType, Suspended, Target};
use crate::operation::{Codes, Operations, present, read, seconds};
use crate::paging::page;
use crate::tags::{self, Fault, Tag, Tags};

pub(crate) const OPERATIONS: Operations<AutoScaling> = &[
    ("RegisterScalableTarget", register),
    ("DescribeScalableTargets", describe_targets),
    ("DeregisterScalableTarget", deregister),
    ("PutScalingPolicy", put_policy),
    ("DescribeScalingPolicies", describe_policies),
    ("DeleteScalingPolicy", delete_policy),
    ("TagResource", tag),
    ("UntagResource", untag),
    ("ListTagsForResource", list_tags),
];

const CODES: Codes = Codes::all("ValidationException");
const DIMENSION: &str = "ecs:service:DesiredCount";

fn refused(code: &str, message: impl Into<String>) -> ApiError {
    ApiError::new(code, 400, message)
}

fn invalid(message: impl Into<String>) -> ApiError {
    refused("ValidationException", message)
}

fn wrong_tags(fault: &Fault) -> ApiError {
    match fault {
        Fault::TooMany => refused("TooManyTagsException", fault.message()),
        _ => invalid(fault.message()),
    }
}

/// Checks that a service of ECS is meant.
fn check(namespace: &str, resource: &str, dimension: Option<&str>) -> Result<(), ApiError> {
    if namespace != "ecs" {
        let message = format!("Standin scales services of ECS only, not {namespace}.");
        return Err(invalid(message));
    }
    if let Some(other) = dimension.filter(|dimension| *dimension != DIMENSION) {
        return Err(invalid(format!("Unsupported scalable dimension: {other}")));
    }
    let parts: Vec<&str> = resource.split('/').collect();
    match parts.as_slice() {
        ["service", cluster, name] if !cluster.is_empty() && !name.is_empty() => Ok(()),
        _ => Err(invalid("Unsupported service namespace, resource type or scalable dimension")),
    }
}

fn no_target(resource: &str) -> ApiError {
    let message = format!(
        "No scalable target found for service namespace: ecs, resource ID: {resource}, scalable \
         dimension: {DIMENSION}"
    );
    refused("ObjectNotFoundException", message)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Register {
    service_namespace: String,
    resource_id: String,
    scalable_dimension: String,
    min_capacity: Option<u32>,
    max_capacity: Option<u32>,
    #[serde(rename = "RoleARN")]
    role: Option<String>,
    suspended_state: Option<Suspended>,
    #[serde(default)]
    tags: Tags,
}

/// Registers a target, or changes one; then what is not given stays.
fn register(all: &mut AutoScaling, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Register = read("RegisterScalableTarget", value, CODES)?;
    let resource = asked.resource_id;
    check(&asked.service_namespace, &resource, Some(&asked.scalable_dimension))?;
    let there = all.targets.get(&resource);
    let min = asked.min_capacity.or(there.map(|there| there.min));
    let max = asked.max_capacity.or(there.map(|there| there.max));
    let (Some(min), Some(max)) = (min, max) else {
        return Err(invalid("MinCapacity and MaxCapacity are required for a new target."));
    };
    if max < min {
        return Err(invalid("Maximum capacity cannot be less than minimum capacity"));
    }
    // There is one role for it, whatever is asked for.
    let role = "role/aws-service-role/ecs.application-autoscaling.amazonaws.com/\
                AWSServiceRoleForApplicationAutoScaling_ECSService";
    let mut tags = there.map(|there| there.tags.clone()).unwrap_or_default();
    tags::add(&mut tags, tag_list(asked.tags), cx.asked_by).map_err(|fault| wrong_tags(&fault))?;
    let id = format!("scalable-target/0ec5{}", lower(cx.rng, 30));
    let target = Target {
        arn: there
            .map_or_else(|| arn(cx.env, "application-autoscaling", &id), |there| there.arn.clone()),
        min,
        max,
        role: asked.role.unwrap_or_else(|| global_arn(cx.env, "iam", role)),
        suspended: asked.suspended_state.or(there.map(|there| there.suspended)).unwrap_or_default(),
        created: there.map_or(cx.now, |there| there.created),
        tags,
        resource: resource.clone(),
    };
    let arn = target.arn.clone();
    all.targets.put(cx, &resource, target);
    Ok(json!({"ScalableTargetARN": arn}))
}

fn tag_list(tags: Tags) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag { key, value }).collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeTargets {
    service_namespace: String,
    #[serde(default)]
    resource_ids: Vec<String>,
    scalable_dimension: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

fn describe_targets(
    all: &mut AutoScaling,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: DescribeTargets = read("DescribeScalableTargets", value, CODES)?;
    let ids = &asked.resource_ids;
    let ours = asked.service_namespace == "ecs"
        && asked.scalable_dimension.as_deref().is_none_or(|dimension| dimension == DIMENSION);
    let wanted = |one: &&Target| ours && (ids.is_empty() || ids.contains(&one.resource));
    let shown = |target: &Target| {
        json!({
            "ServiceNamespace": "ecs",
            "ResourceId": target.resource,
            "ScalableDimension": DIMENSION,
            "MinCapacity": target.min,
            "MaxCapacity": target.max,
            "RoleARN": target.role,
            "CreationTime": seconds(target.created),
            "SuspendedState": target.suspended,
            "ScalableTargetARN": target.arn,
        })
    };
    let targets = all.targets.values().filter(wanted).map(shown).collect();
    answer("ScalableTargets", targets, asked.next_token.as_deref(), asked.max_results)
}

fn answer(
    member: &str,
    items: Vec<Value>,
    token: Option<&str>,
    size: Option<usize>,
) -> Result<Value, ApiError> {
    let page = page(items, token, size.unwrap_or(50));
    let page = page.ok_or_else(|| refused("InvalidNextTokenException", "Invalid NextToken"))?;
    Ok(present(json!({member: page.items, "NextToken": page.next})))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Deregister {
    service_namespace: String,
    resource_id: String,
    scalable_dimension: String,
}

/// Its policies go with it.
fn deregister(all: &mut AutoScaling, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Deregister = read("DeregisterScalableTarget", value, CODES)?;
    let resource = &asked.resource_id;
    check(&asked.service_namespace, resource, Some(&asked.scalable_dimension))?;
    all.targets.remove(cx, resource).ok_or_else(|| no_target(resource))?;
    let mine = all.policies.iter().filter(|(_, policy)| policy.resource == *resource);
    let mine: Vec<String> = mine.map(|(arn, _)| arn.to_owned()).collect();
    for arn in mine {
        all.policies.remove(cx, &arn);
    }
    Ok(json!({}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutPolicy {
    policy_name: String,
    service_namespace: String,
    resource_id: String,
    scalable_dimension: String,
    policy_type: Option<PolicyType>,
    step_scaling_policy_configuration: Option<Value>,
    target_tracking_scaling_policy_configuration: Option<Value>,
    predictive_scaling_policy_configuration: Option<Value>,
}

fn put_policy(all: &mut AutoScaling, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: PutPolicy = read("PutScalingPolicy", value, CODES)?;
    let resource = asked.resource_id;
    check(&asked.service_namespace, &resource, Some(&asked.scalable_dimension))?;
    if !all.targets.has(&resource) {
        let message = format!(
            "No scalable target registered for service namespace: ecs, resource ID: {resource}, \
             scalable dimension: {DIMENSION}"
        );
        return Err(refused("ObjectNotFoundException", message));
    }
    let mut same = all.policies.values();
    let there = same.find(|one| one.name == asked.policy_name && one.resource == resource);
    let kind = asked.policy_type.or(there.map(|there| there.kind));
    let kind = kind.unwrap_or(PolicyType::Step);
    if there.is_some_and(|there| there.kind != kind) {
        return Err(invalid("Changing the policy type of an existing policy is not supported."));
    }
    let given = match kind {
        PolicyType::Step => asked.step_scaling_policy_configuration,
        PolicyType::TargetTracking => asked.target_tracking_scaling_policy_configuration,
        PolicyType::Predictive => asked.predictive_scaling_policy_configuration,
    };
    let missing = || invalid(format!("The parameter {} is required.", kind.member()));
    let configuration = given.filter(Value::is_object).ok_or_else(missing)?;
    let arn = match there {
        Some(there) => there.arn.clone(),
        None => {
            let name = &asked.policy_name;
            let id = uuid(cx.rng);
            let rest = format!("scalingPolicy:{id}:resource/ecs/{resource}:policyName/{name}");
            arn(cx.env, "autoscaling", &rest)
        }
    };
    let policy = Policy {
        arn: arn.clone(),
        name: asked.policy_name,
        kind,
        configuration,
        created: there.map_or(cx.now, |there| there.created),
        resource,
    };
    all.policies.put(cx, &arn, policy);
    // On AWS, target tracking puts alarms of its own; without metrics there is nothing to alarm on.
    Ok(json!({"PolicyARN": arn, "Alarms": []}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribePolicies {
    #[serde(default)]
    policy_names: Vec<String>,
    service_namespace: String,
    resource_id: Option<String>,
    scalable_dimension: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

fn describe_policies(
    all: &mut AutoScaling,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: DescribePolicies = read("DescribeScalingPolicies", value, CODES)?;
    let ours = asked.service_namespace == "ecs"
        && asked.scalable_dimension.as_deref().is_none_or(|dimension| dimension == DIMENSION);
    let names = &asked.policy_names;
    let wanted = |one: &&Policy| {
        ours && asked.resource_id.as_ref().is_none_or(|resource| *resource == one.resource)
            && (names.is_empty() || names.contains(&one.name) || names.contains(&one.arn))
    };
    let shown = |policy: &Policy| {
        json!({
            "PolicyARN": policy.arn,
            "PolicyName": policy.name,
            "ServiceNamespace": "ecs",
            "ResourceId": policy.resource,
            "ScalableDimension": DIMENSION,
            "PolicyType": policy.kind,
            policy.kind.member(): policy.configuration,
            "Alarms": [],
            "CreationTime": seconds(policy.created),
        })
    };
    let policies = all.policies.values().filter(wanted).map(shown).collect();
    answer("ScalingPolicies", policies, asked.next_token.as_deref(), asked.max_results)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DeletePolicy {
    policy_name: String,
    service_namespace: String,
    resource_id: String,
    scalable_dimension: String,
}

fn delete_policy(all: &mut AutoScaling, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: DeletePolicy = read("DeleteScalingPolicy", value, CODES)?;
    let (name, resource) = (&asked.policy_name, &asked.resource_id);
    check(&asked.service_namespace, resource, Some(&asked.scalable_dimension))?;
    let mut all_policies = all.policies.values();
    let found = all_policies.find(|one| one.name == *name && one.resource == *resource);
    let arn = found.map(|policy| policy.arn.clone()).ok_or_else(|| {
        let message = format!(
            "No scaling policy found for service namespace: ecs, resource ID: {resource}, \
             scalable dimension: {DIMENSION}, policy name: {name}"
        );
        refused("ObjectNotFoundException", message)
    })?;
    all.policies.remove(cx, &arn);
    Ok(json!({}))
}

/// The resource id of the target with that ARN.
fn of_arn(all: &AutoScaling, arn: &str) -> Result<String, ApiError> {
    let found = all.targets.values().find(|target| target.arn == arn);
    let unknown = || {
        let message = format!("No scalable target has the ARN {arn}");
        refused("ResourceNotFoundException", message)
    };
    found.map(|target| target.resource.clone()).ok_or_else(unknown)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tagging {
    #[serde(rename = "ResourceARN")]
    arn: String,
    #[serde(rename = "Tags", default)]
    tags: Tags,
    #[serde(rename = "TagKeys", default)]
    keys: Vec<String>,
}

fn tag(all: &mut AutoScaling, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Tagging = read("TagResource", value, CODES)?;
    let resource = of_arn(all, &asked.arn)?;
    let by = cx.asked_by;
    let add = |target: &mut Target| tags::add(&mut target.tags, tag_list(asked.tags), by);
    let added = all.targets.change(cx, &resource, add).ok_or_else(|| no_target(&resource))?;
    added.map(|()| json!({})).map_err(|fault| wrong_tags(&fault))
}

fn untag(all: &mut AutoScaling, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Tagging = read("UntagResource", value, CODES)?;
    let resource = of_arn(all, &asked.arn)?;
    let by = cx.asked_by;
    let take = |target: &mut Target| tags::remove(&mut target.tags, &asked.keys, by);
    let taken = all.targets.change(cx, &resource, take).ok_or_else(|| no_target(&resource))?;
    taken.map(|()| json!({})).map_err(|fault| wrong_tags(&fault))
}

fn list_tags(all: &mut AutoScaling, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Tagging = read("ListTagsForResource", value, CODES)?;
    let resource = of_arn(all, &asked.arn)?;
    let target = all.targets.get(&resource).ok_or_else(|| no_target(&resource))?;
    Ok(json!({"Tags": target.tags}))
}
