//! The operations, by AWS's names.

mod capacity;
mod cluster;
mod definition;
mod page;
mod service;
mod tags;
mod task;
mod task_shown;

use serde::de::DeserializeOwned;
use standin_kernel::{ApiError, Cx, Time, Value, json};

pub(crate) use self::capacity::StrategyItem;
pub(crate) use self::definition::Definition;
pub(crate) use self::definition::Size;
pub(crate) use self::service::ServiceSettings;
pub(crate) use self::tags::Tag;
pub(crate) use self::task::TaskSettings;
pub(crate) use self::task_shown::subnet_of;
use crate::Ecs;
use crate::error::{invalid_parameter, not_here};

type Operation = fn(&mut Ecs, &mut Cx<'_>, &Value) -> Result<Value, ApiError>;

/// Carries out an operation.
pub(crate) fn call(
    ecs: &mut Ecs,
    cx: &mut Cx<'_>,
    operation: &str,
    input: &Value,
) -> Result<Value, ApiError> {
    let known = OPERATIONS.iter().find(|(name, _)| *name == operation);
    let (_, carry_out) = known.ok_or_else(|| ApiError::unsupported_operation("ecs", operation))?;
    ecs.forget_gone(cx);
    carry_out(ecs, cx, input)
}

const OPERATIONS: &[(&str, Operation)] = &[
    ("CreateCluster", cluster::create),
    ("DescribeClusters", cluster::describe),
    ("ListClusters", cluster::list),
    ("UpdateCluster", cluster::update),
    ("UpdateClusterSettings", cluster::update_settings),
    ("DeleteCluster", cluster::delete),
    ("PutClusterCapacityProviders", cluster::put_capacity_providers),
    ("RegisterTaskDefinition", definition::register),
    ("DeregisterTaskDefinition", definition::deregister),
    ("DescribeTaskDefinition", definition::describe),
    ("ListTaskDefinitions", definition::list),
    ("ListTaskDefinitionFamilies", definition::list_families),
    ("DeleteTaskDefinitions", definition::delete),
    ("CreateService", service::create),
    ("UpdateService", service::update),
    ("DeleteService", service::delete),
    ("DescribeServices", service::describe),
    ("ListServices", service::list),
    ("RunTask", task::run),
    ("StopTask", task::stop),
    ("DescribeTasks", task::describe),
    ("ListTasks", task::list),
    ("TagResource", tags::tag),
    ("UntagResource", tags::untag),
    ("ListTagsForResource", tags::list),
];

/// Reads an operation's input.
fn read<T: DeserializeOwned>(operation: &str, value: &Value) -> Result<T, ApiError> {
    standin_kernel::control::input(operation, value)
        .map_err(|wrong| invalid_parameter(wrong.message))
}

/// A member that AWS has and Standin has not, and why.
type Missing = (&'static str, &'static str);

/// Takes the members `missing` out of a document. One that asks for nothing may stand there; one
/// that asks for something is refused with the reason. `place` goes before its name.
fn without(value: &Value, missing: &[Missing], place: &str) -> Result<Value, ApiError> {
    let mut value = value.clone();
    let Some(members) = value.as_object_mut() else { return Ok(value) };
    for (name, why) in missing {
        match members.remove(*name) {
            Some(member) if !asks_nothing(&member) => {
                return Err(not_here(&format!("{place}{name}"), why));
            }
            _ => {}
        }
    }
    Ok(value)
}

/// Whether a member is absent in all but form: `[]`, `{"enabled": false}`.
fn asks_nothing(member: &Value) -> bool {
    match member {
        Value::Null => true,
        Value::Bool(asked) => !asked,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => {
            let off = |name: &str| members.get(name).is_some_and(|value| *value == false);
            members.is_empty() || off("enabled") || off("enable")
        }
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(_) => false,
    }
}

/// A moment as AWS's JSON protocol writes it: seconds since 1970, with a fraction.
fn epoch(time: Time) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit into 53 bits")]
    let millis = time.millis() as f64;
    json!(millis / 1000.0)
}

/// Drops the members of an object that are `null`.
fn present(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}

/// Whether `include` names `what`.
fn includes(include: &[String], what: &str) -> bool {
    include.iter().any(|asked| asked == what)
}

/// An entry of `failures`.
fn missing(arn: &str) -> Value {
    json!({"arn": arn, "reason": "MISSING"})
}
