//! The CloudFormation types of ECS.

mod associations;
mod capacity_provider;
mod cluster;
mod names;
mod service;
mod tagging;
mod task_definition;

use std::collections::BTreeMap;

use standin_kernel::resource::{Kind, Progress, Property, ResourceType};
use standin_kernel::{ApiError, ServiceName, Value};

pub(crate) const ALL: &[&dyn ResourceType] = &[
    &cluster::Cluster,
    &task_definition::TaskDefinition,
    &service::Service,
    &associations::Associations,
    &capacity_provider::CapacityProvider,
];

const TAG: &[Property] = &[Property::new("Key", Kind::Text), Property::new("Value", Kind::Text)];

/// Why the division of work among capacity providers does nothing.
const ONE_MACHINE: &str = "all tasks run on this machine";

const STRATEGY_ITEM: &[Property] = &[
    Property::new("Base", Kind::Integer(0, 100_000)).no_effect(ONE_MACHINE),
    Property::new("CapacityProvider", Kind::Choice(&["FARGATE", "FARGATE_SPOT"])),
    Property::new("Weight", Kind::Integer(0, 1000)).no_effect(ONE_MACHINE),
];

/// Calls an operation of ECS.
fn call(operation: &'static str, input: Value, step: u32) -> Progress {
    call_with(operation, input, step, Value::Null)
}

/// The same, with something to remember until the reply.
fn call_with(operation: &'static str, input: Value, step: u32, context: Value) -> Progress {
    Progress::Call { service: ServiceName::Ecs, operation, input, step, context }
}

/// Done, without attributes.
fn done(physical_id: &str) -> Progress {
    Progress::Done { physical_id: physical_id.to_owned(), attributes: BTreeMap::new() }
}

fn refused(error: &ApiError) -> Progress {
    Progress::refused(error, "AmazonECS")
}

/// Whether what was to be deleted is not there.
fn is_gone(error: &ApiError) -> bool {
    error.code.ends_with("NotFoundException")
}
