//! What a version of a stack would change, without changing anything: resource by resource, those
//! it waits for first (CFN-CS-04).

mod compare;
mod outlook;

use std::collections::BTreeMap;

use standin_kernel::Value;

use crate::change_set::{Action, Attribute, Detail, Replacement, ResourceChange};
use crate::machine::Desk;
use crate::resources::NESTED_STACK;
use crate::revision::Revision;
use crate::state::{Physical, Policy, Says, Stack};
use crate::status::ResourceStatus;
use crate::template::{DeletionPolicy, PlannedResource, UpdateReplacePolicy};

use compare::{Comparison, properties};
use outlook::{Fate, Outlook};

/// The changes in the order of the template; what it has no more comes last.
pub(crate) fn preview(
    desk: &Desk,
    stack: &Stack,
    others: &BTreeMap<String, Stack>,
    revision: &Revision,
) -> Vec<ResourceChange> {
    let mut outlook = Outlook::new(stack, others);
    let mut found = BTreeMap::new();
    let mut open: Vec<(usize, &PlannedResource)> =
        revision.plan.resources.iter().enumerate().collect();
    while !open.is_empty() {
        let ready = |(_, planned): &(usize, &PlannedResource)| {
            planned.depends_on.iter().all(|id| outlook.knows(id))
        };
        // A plan has no circles, so there is always one that is ready.
        let at = open.iter().position(ready).unwrap_or(0);
        let (order, planned) = open.remove(at);
        let (fate, change) = one(desk, stack, revision, planned, &outlook);
        outlook.foresee(&planned.logical_id, fate);
        found.extend(change.map(|change| (order, change)));
    }
    let mut changes: Vec<ResourceChange> = found.into_values().collect();
    for logical_id in stack.in_order() {
        let Some(resource) = stack.resource(&logical_id) else { continue };
        let gone = !revision.has(&logical_id);
        if let Some(current) = resource.current.as_ref().filter(|_| gone) {
            changes.push(removal(&stack.revision, &logical_id, &resource.type_name, current));
        }
    }
    changes
}

fn one(
    desk: &Desk,
    stack: &Stack,
    revision: &Revision,
    planned: &PlannedResource,
    outlook: &Outlook<'_>,
) -> (Fate, Option<ResourceChange>) {
    let id = &planned.logical_id;
    let known = desk.resource_type(&planned.type_name);
    let table = known.map_or(&[][..], |known| known.properties());
    let wanted = properties(revision, id, known, outlook);
    let resource = stack.resource(id);
    let Some((resource, current)) =
        resource.and_then(|resource| Some((resource, resource.current.as_ref()?)))
    else {
        let masked = compare::masked(revision, id, &wanted);
        let change = ResourceChange {
            action: Action::Add,
            logical_id: id.clone(),
            physical_id: None,
            type_name: planned.type_name.clone(),
            replacement: None,
            policy: None,
            details: Vec::new(),
            before: None,
            after: Some(after(planned, masked)),
        };
        return (Fate::Added, Some(change));
    };
    let comparison =
        Comparison { old: &stack.revision, new: revision, logical_id: id, table, outlook };
    let mut details = comparison.details(&current.properties, &wanted);
    details.extend(compare::metadata(&current.says, planned, table));
    if planned.type_name == NESTED_STACK {
        details.push(compare::automatic());
    }
    let failed = resource.status == Some(ResourceStatus::UpdateFailed);
    if details.is_empty() && !failed {
        return (Fate::Stays, None);
    }
    details.extend(policies(&current.says, planned));
    let replacement = replacement(&details);
    let fate = match replacement {
        Replacement::True => Fate::Replaced,
        Replacement::Conditional => Fate::MayBeReplaced,
        Replacement::False => Fate::Changes,
    };
    let kept = planned.update_replace_policy == UpdateReplacePolicy::Retain;
    let policy = if kept { "ReplaceAndRetain" } else { "ReplaceAndDelete" };
    let change = ResourceChange {
        action: Action::Modify,
        logical_id: id.clone(),
        physical_id: Some(current.id.clone()),
        type_name: planned.type_name.clone(),
        replacement: Some(replacement),
        policy: (replacement != Replacement::False).then(|| policy.to_owned()),
        details,
        before: Some(before(
            &current.says,
            compare::masked(&stack.revision, id, &current.properties),
        )),
        after: Some(after(planned, compare::masked(revision, id, &wanted))),
    };
    (fate, Some(change))
}

fn removal(
    revision: &Revision,
    logical_id: &str,
    type_name: &str,
    current: &Physical,
) -> ResourceChange {
    let shown = compare::masked(revision, logical_id, &current.properties);
    let policy = match current.says.deletion {
        Policy::Delete => "Delete",
        Policy::Retain | Policy::RetainExceptOnCreate => "Retain",
    };
    ResourceChange {
        action: Action::Remove,
        logical_id: logical_id.to_owned(),
        physical_id: Some(current.id.clone()),
        type_name: type_name.to_owned(),
        replacement: None,
        policy: Some(policy.to_owned()),
        details: Vec::new(),
        before: Some(before(&current.says, shown)),
        after: None,
    }
}

/// A new thing comes when that is certain, perhaps when a value is not known yet.
fn replacement(details: &[Detail]) -> Replacement {
    let recreating = || details.iter().filter(|detail| detail.recreates);
    if recreating().any(|detail| detail.known) {
        Replacement::True
    } else if recreating().next().is_some() {
        Replacement::Conditional
    } else {
        Replacement::False
    }
}

/// Policies that change along with something else; alone they are no change (CFN-AT-07).
fn policies(says: &Says, planned: &PlannedResource) -> Vec<Detail> {
    let texts = [
        (
            Attribute::DeletionPolicy,
            kept_text(says.deletion),
            deletion_text(planned.deletion_policy),
        ),
        (
            Attribute::UpdateReplacePolicy,
            replaced_text(says.retain_when_replaced),
            replaced_text(planned.update_replace_policy == UpdateReplacePolicy::Retain),
        ),
    ];
    let changed = texts.into_iter().filter(|(_, before, after)| before != after);
    changed
        .map(|(attribute, before, after)| {
            compare::direct(attribute, Some(before.to_owned()), Some(after.to_owned()))
        })
        .collect()
}

const fn kept_text(policy: Policy) -> &'static str {
    match policy {
        Policy::Delete => "Delete",
        Policy::Retain => "Retain",
        Policy::RetainExceptOnCreate => "RetainExceptOnCreate",
    }
}

const fn deletion_text(policy: DeletionPolicy) -> &'static str {
    match policy {
        DeletionPolicy::Delete | DeletionPolicy::Snapshot => "Delete",
        DeletionPolicy::Retain => "Retain",
        DeletionPolicy::RetainExceptOnCreate => "RetainExceptOnCreate",
    }
}

const fn replaced_text(retained: bool) -> &'static str {
    if retained { "Retain" } else { "Delete" }
}

fn before(says: &Says, properties: Value) -> Value {
    let policies = (kept_text(says.deletion), replaced_text(says.retain_when_replaced));
    context(properties, &says.metadata, policies)
}

fn after(planned: &PlannedResource, properties: Value) -> Value {
    let retained = planned.update_replace_policy == UpdateReplacePolicy::Retain;
    let policies = (deletion_text(planned.deletion_policy), replaced_text(retained));
    context(properties, &planned.metadata, policies)
}

/// A resource as `BeforeContext` and `AfterContext` show it; policies that say nothing are left
/// out.
fn context(properties: Value, metadata: &Value, policies: (&str, &str)) -> Value {
    let mut context = serde_json::Map::new();
    context.insert("Properties".into(), properties);
    if !metadata.is_null() {
        context.insert("Metadata".into(), metadata.clone());
    }
    for (member, policy) in [("DeletionPolicy", policies.0), ("UpdateReplacePolicy", policies.1)] {
        if policy != "Delete" {
            context.insert(member.into(), Value::from(policy));
        }
    }
    Value::Object(context)
}
