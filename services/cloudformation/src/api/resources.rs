//! DescribeStackResource, DescribeStackResources and ListStackResources.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Value, json};

use crate::CloudFormation;
use crate::api::describe::add;
use crate::api::page::page;
use crate::error::{no_stack_with_id, validation};
use crate::state::{Resource, Stack};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeStackResource {
    stack_name: String,
    logical_resource_id: String,
}

pub(super) fn describe_stack_resource(
    all: &CloudFormation,
    value: &Value,
) -> Result<Value, ApiError> {
    let given: DescribeStackResource = input("DescribeStackResource", value)?;
    let (name, logical_id) = (&given.stack_name, &given.logical_resource_id);
    let stack = all.find(name).ok_or_else(|| no_stack_with_id(name))?;
    let missing = || {
        let name = &stack.facts.name;
        validation(format!("Resource {logical_id} does not exist for stack {name}"))
    };
    let resource = stack.resource(logical_id).ok_or_else(missing)?;
    let mut shown = common(resource, "LastUpdatedTimestamp").ok_or_else(missing)?;
    shown["StackName"] = json!(stack.facts.name);
    shown["StackId"] = json!(stack.facts.id);
    let metadata = resource.current.as_ref().map(|current| &current.says.metadata);
    if let Some(metadata) = metadata.filter(|metadata| !metadata.is_null()) {
        shown["Metadata"] = json!(metadata.to_string());
    }
    Ok(json!({"StackResourceDetail": shown}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeStackResources {
    stack_name: Option<String>,
    logical_resource_id: Option<String>,
    physical_resource_id: Option<String>,
}

pub(super) fn describe_stack_resources(
    all: &CloudFormation,
    value: &Value,
) -> Result<Value, ApiError> {
    let given: DescribeStackResources = input("DescribeStackResources", value)?;
    let stack = match (&given.stack_name, &given.physical_resource_id) {
        (Some(name), None) => all.find(name).ok_or_else(|| no_stack_with_id(name))?,
        (None, Some(physical_id)) => {
            let missing = || validation(format!("Stack for {physical_id} does not exist"));
            all.owner(physical_id).ok_or_else(missing)?.0
        }
        _ => {
            let message = "Either StackName or PhysicalResourceId must be specified, not both.";
            return Err(validation(message));
        }
    };
    let wanted = given.logical_resource_id.as_deref();
    let resources: Vec<Value> = in_order(stack)
        .filter(|resource| wanted.is_none_or(|wanted| wanted == resource.logical_id))
        .filter_map(|resource| {
            let mut shown = common(resource, "Timestamp")?;
            shown["StackName"] = json!(stack.facts.name);
            shown["StackId"] = json!(stack.facts.id);
            Some(shown)
        })
        .collect();
    if let (Some(wanted), true) = (wanted, resources.is_empty()) {
        let name = &stack.facts.name;
        return Err(validation(format!("Resource {wanted} does not exist for stack {name}")));
    }
    Ok(json!({"StackResources": resources}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListStackResources {
    stack_name: String,
    next_token: Option<String>,
}

pub(super) fn list_stack_resources(all: &CloudFormation, value: &Value) -> Result<Value, ApiError> {
    let given: ListStackResources = input("ListStackResources", value)?;
    let name = &given.stack_name;
    let stack = all.find(name).ok_or_else(|| no_stack_with_id(name))?;
    let summaries =
        in_order(stack).filter_map(|resource| common(resource, "LastUpdatedTimestamp")).collect();
    page("StackResourceSummaries", summaries, given.next_token.as_deref())
}

fn in_order(stack: &Stack) -> impl Iterator<Item = &Resource> {
    stack.in_order().into_iter().filter_map(|id| stack.resource(&id))
}

/// What all three show; nothing of a resource that was never begun.
fn common(resource: &Resource, time_member: &str) -> Option<Value> {
    let mut shown = json!({
        "LogicalResourceId": resource.logical_id,
        "ResourceType": resource.type_name,
        time_member: resource.changed.iso8601(),
        "ResourceStatus": resource.status?.as_str(),
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    });
    add(&mut shown, "PhysicalResourceId", resource.shown_id.as_deref());
    add(&mut shown, "ResourceStatusReason", resource.reason.as_deref());
    Some(shown)
}
