//! What other parts of Standin ask of stacks: where a resource is, whose a physical id is, where a
//! setting is written.

use std::collections::BTreeMap;

use standin_kernel::Value;

use crate::CloudFormation;
use crate::state::{Resource, Stack};
use crate::status::{ResourceStatus, StackStatus};
use crate::template::Place;

/// A stack, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackView {
    pub name: String,
    /// The ARN.
    pub id: String,
    pub status: StackStatus,
}

/// A resource of a stack that exists.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceView {
    /// The stack's name.
    pub stack: String,
    pub logical_id: String,
    pub resource_type: String,
    /// What `Ref` gives.
    pub physical_id: String,
    /// What `Fn::GetAtt` gives.
    pub attributes: BTreeMap<String, Value>,
    /// `Metadata: Standin:`, or `Null`.
    pub hint: Value,
    pub status: ResourceStatus,
}

impl CloudFormation {
    /// The stacks that are not deleted, oldest first.
    pub fn stacks(&self) -> Vec<StackView> {
        let view = |stack: &Stack| StackView {
            name: stack.facts.name.clone(),
            id: stack.facts.id.clone(),
            status: stack.status(),
        };
        self.live().map(view).collect()
    }

    /// The resources of all stacks, in the order of their templates.
    pub fn resources(&self) -> impl Iterator<Item = ResourceView> {
        self.live().flat_map(|stack| {
            let ids = stack.in_order();
            ids.into_iter().filter_map(|id| view(stack, stack.resource(&id)?))
        })
    }

    /// A resource by its logical id; of the stack called `stack`, or of the oldest that has it.
    pub fn resource(&self, stack: Option<&str>, logical_id: &str) -> Option<ResourceView> {
        self.live()
            .filter(|one| stack.is_none_or(|name| one.facts.name == name))
            .find_map(|stack| view(stack, stack.resource(logical_id)?))
    }

    /// The name of the stack a physical id belongs to, and the logical id.
    pub fn find_physical(&self, physical_id: &str) -> Option<(String, String)> {
        let (stack, resource) = self.owner(physical_id)?;
        Some((stack.facts.name.clone(), resource.logical_id.clone()))
    }

    /// Where `DistributionConfig.Origins[0].Id` of the resource with this physical id is written,
    /// or its nearest ancestor that is.
    pub fn locate(&self, physical_id: &str, property_path: &str) -> Option<Place> {
        let (stack, resource) = self.owner(physical_id)?;
        let revision = &stack.revision;
        revision.template.locate_in(&revision.scope, &resource.logical_id, property_path)
    }

    pub(crate) fn owner(&self, physical_id: &str) -> Option<(&Stack, &Resource)> {
        self.live().find_map(|stack| {
            let owns = |one: &&Resource| {
                one.current.as_ref().is_some_and(|current| current.id == physical_id)
            };
            Some((stack, stack.resources().values().find(owns)?))
        })
    }
}

fn view(stack: &Stack, resource: &Resource) -> Option<ResourceView> {
    let current = resource.current.as_ref()?;
    Some(ResourceView {
        stack: stack.facts.name.clone(),
        logical_id: resource.logical_id.clone(),
        resource_type: resource.type_name.clone(),
        physical_id: current.id.clone(),
        attributes: current.attributes.clone(),
        hint: current.says.hint.clone(),
        status: resource.status?,
    })
}
