//! The phase that brings resources to what the template says: creates, changes, replaces, or leaves
//! alone (CFN-AT-01, CFN-UP-*).

use std::collections::{BTreeMap, BTreeSet};

use standin_kernel::resource::ResourceType;
use standin_kernel::{Value, ids};

use crate::machine::change::{self, Change};
use crate::machine::known::Known;
use crate::machine::{Run, tags};
use crate::resources::NESTED_STACK;
use crate::revision::Revision;
use crate::stack_policy::Update;
use crate::state::{Failure, Job, JobKind, OnFailure, Policy, Resource, Says, Stack, Turn};
use crate::status::ResourceStatus;
use crate::template::{
    DeletionPolicy, PlannedResource, UpdateReplacePolicy, coerce, status_reason,
};

/// CFN-UP-02
const REPLACING: &str =
    "Requested update requires the creation of a new physical resource; hence creating one.";

/// What a resource is to become.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) properties: Value,
    pub(crate) says: Says,
}

/// What has to happen to a resource that is there.
pub(crate) fn change(resource: &Resource, wanted: &Wanted, known: &dyn ResourceType) -> Change {
    let Some(current) = &resource.current else { return Change::Replacement };
    let table = known.properties();
    let mut change = change::of_properties(&current.properties, &wanted.properties, table);
    if current.says.hint != wanted.says.hint {
        change = change.max(change::of_hint(table));
    }
    // What its template says may have changed under the same address.
    let nested = resource.type_name == NESTED_STACK;
    // CFN-AT-07; and after a failed update nobody knows what the thing is really like.
    let failed = resource.status == Some(ResourceStatus::UpdateFailed);
    if nested || failed || current.says.metadata != wanted.says.metadata {
        change = change.max(Change::InPlace);
    }
    change
}

impl Run<'_, '_> {
    /// Every resource of the plan gets its turn.
    pub(crate) fn prepare_make(&mut self) {
        let plan = self.stack.revision.plan.resources.clone();
        let length = plan.len();
        for logical_id in self.stack.in_order() {
            if let Some(resource) = self.stack.resource_mut(&logical_id) {
                // Those that the template has no more come behind those it has.
                resource.order += length;
                resource.turn = Turn::Idle;
            }
        }
        for (order, planned) in plan.iter().enumerate() {
            if self.stack.resource(&planned.logical_id).is_none() {
                let (id, type_name) = (&planned.logical_id, &planned.type_name);
                self.stack.insert(Resource::new(id, type_name, order, self.cx.now));
            }
            if let Some(resource) = self.stack.resource_mut(&planned.logical_id) {
                resource.order = order;
                resource.turn = Turn::Pending;
                if resource.is_gone() {
                    // A failed creation left nothing; the template may have changed its mind.
                    resource.type_name.clone_from(&planned.type_name);
                }
            }
        }
    }

    /// Begins what waits for nothing more. Says whether anything began.
    pub(super) fn begin_makes(&mut self) -> bool {
        if self.stack.facts.failure.is_some() {
            return false;
        }
        let done = |id: &String| self.stack.resource(id).is_some_and(|one| one.turn == Turn::Done);
        let plan = &self.stack.revision.plan.resources;
        let free: Vec<PlannedResource> = plan
            .iter()
            .filter(|planned| {
                let resource = self.stack.resource(&planned.logical_id);
                resource.is_some_and(|resource| resource.turn == Turn::Pending)
                    && planned.depends_on.iter().all(done)
            })
            .cloned()
            .collect();
        for planned in &free {
            self.make(planned);
            if self.stack.facts.failure.is_some() {
                break;
            }
        }
        !free.is_empty()
    }

    fn make(&mut self, planned: &PlannedResource) {
        let id = planned.logical_id.as_str();
        let Some(known) = self.desk.resource_type(&planned.type_name) else {
            let types = &planned.type_name;
            return self.refuse(
                id,
                &format!("Template format error: Unrecognized resource types: [{types}]"),
            );
        };
        let Some(resource) = self.stack.resource_mut(id) else { return };
        if resource.current.is_none() && !resource.garbage.is_empty() {
            // A creation that failed and was kept left something: it goes first.
            return self.sweep(id);
        }
        let wanted = wanted(&self.stack.revision, planned, known, self.stack, self.others);
        let wanted = match wanted {
            Ok(wanted) => wanted,
            Err(reason) => return self.refuse(id, &reason),
        };
        let Some(resource) = self.stack.resource_mut(id) else { return };
        if resource.current.is_none() {
            return self.create(id, wanted);
        }
        let change = change(resource, &wanted, known);
        let update = match change {
            Change::None => None,
            Change::InPlace => Some(Update::Modify),
            Change::Replacement => Some(Update::Replace),
        };
        if let Some(reason) = update.and_then(|update| self.forbidden(update, id)) {
            return self.refuse(id, &reason);
        }
        let Some(resource) = self.stack.resource_mut(id) else { return };
        match change {
            Change::None => {
                if resource.current.as_ref().is_some_and(|current| current.says != wanted.says) {
                    resource.remember();
                }
                if let Some(current) = &mut resource.current {
                    current.says = wanted.says;
                }
                resource.turn = Turn::Done;
            }
            Change::InPlace => self.update(id, wanted),
            Change::Replacement => self.replace(id, wanted),
        }
    }

    fn create(&mut self, logical_id: &str, wanted: Wanted) {
        let Some(resource) = self.stack.resource_mut(logical_id) else { return };
        resource.remember();
        resource.shown_id = None;
        let status = ResourceStatus::CreateInProgress;
        self.stack.set(self.cx, logical_id, status, None, Some(&wanted.properties));
        let job = self.job(JobKind::Create, logical_id, wanted);
        self.begin(logical_id, job);
    }

    fn replace(&mut self, logical_id: &str, wanted: Wanted) {
        let Some(resource) = self.stack.resource_mut(logical_id) else { return };
        resource.remember();
        let status = ResourceStatus::UpdateInProgress;
        self.stack.set(self.cx, logical_id, status, Some(REPLACING), Some(&wanted.properties));
        let job = self.job(JobKind::Replace, logical_id, wanted);
        self.begin(logical_id, job);
    }

    fn update(&mut self, logical_id: &str, wanted: Wanted) {
        let Some(resource) = self.stack.resource_mut(logical_id) else { return };
        let Some(current) = resource.current.clone() else { return };
        let ours = current.id.clone();
        let before = resource.remember();
        let mut previous = current.properties;
        if before.physical.as_ref().is_some_and(|physical| physical.id == ours) {
            // After a failed update, what it tried is the better guess of how the thing is.
            let applied = before.applied.replace(wanted.properties.clone());
            previous = applied.unwrap_or(previous);
        }
        let status = ResourceStatus::UpdateInProgress;
        self.stack.set(self.cx, logical_id, status, None, Some(&wanted.properties));
        let mut job = self.job(JobKind::Update, logical_id, wanted);
        job.generated_name = current.generated_name;
        job.previous = Some(previous);
        job.physical_id = Some(ours);
        self.begin(logical_id, job);
    }

    fn job(&mut self, kind: JobKind, logical_id: &str, wanted: Wanted) -> Job {
        let facts = self.stack.facts_mut();
        facts.name_count += 1;
        let label = format!("{}/{logical_id}/{}", facts.id, facts.name_count);
        let suffix = ids::upper(&mut self.cx.rng.fork(&label), 12);
        Job {
            kind,
            // CFN-TP-16
            generated_name: format!("{}-{logical_id}-{suffix}", facts.name),
            properties: wanted.properties,
            previous: None,
            says: wanted.says,
            physical_id: None,
            step: 0,
            context: Value::Null,
            wake: self.cx.now,
            cancelled: false,
            calling: None,
            values: BTreeMap::new(),
            reading: None,
        }
    }

    /// A resource that cannot even be begun.
    pub(super) fn refuse(&mut self, logical_id: &str, reason: &str) {
        let Some(resource) = self.stack.resource_mut(logical_id) else { return };
        let there = resource.current.is_some();
        resource.remember();
        resource.turn = Turn::Failed;
        let (begun, failed) = match there {
            false => (ResourceStatus::CreateInProgress, ResourceStatus::CreateFailed),
            true => (ResourceStatus::UpdateInProgress, ResourceStatus::UpdateFailed),
        };
        self.stack.set(self.cx, logical_id, begun, None, None);
        self.stack.set(self.cx, logical_id, failed, Some(reason), None);
        self.one_failed();
    }

    /// A resource failed: the others are stopped, unless the caller wants to keep what there is
    /// (CFN-ST-06).
    pub(super) fn one_failed(&mut self) {
        if self.stack.facts.options.on_failure != OnFailure::DoNothing {
            self.fail(Failure::Resources);
        }
    }

    /// Somebody asked for the operation to end, whatever went wrong in it so far.
    pub(crate) fn supersede(&mut self, failure: Failure) {
        self.stack.facts_mut().failure = Some(failure);
        self.stop_all();
    }

    /// The operation is going to fail: nothing begins any more, and what runs is stopped.
    pub(crate) fn fail(&mut self, failure: Failure) {
        if self.stack.facts.failure.is_none() {
            self.stack.facts_mut().failure = Some(failure);
            self.stop_all();
        }
    }
}

/// Properties and the rest of a resource of `revision`, resolved against what `stack` has now; else
/// why that is not possible.
pub(crate) fn wanted(
    revision: &Revision,
    planned: &PlannedResource,
    known: &dyn ResourceType,
    stack: &Stack,
    others: &BTreeMap<String, Stack>,
) -> Result<Wanted, String> {
    let there = Known::new(stack, others);
    let resolved = revision
        .template
        .resolve(&planned.logical_id, &revision.scope, &there)
        .map_err(|wrong| wrong.message)?;
    // CFN-TP-15
    let table = known.properties();
    let mut properties = coerce(&resolved, table).map_err(|wrong| status_reason(&wrong))?;
    tags::add(&mut properties, &revision.source.tags, known);
    Ok(Wanted { properties, says: says(planned, there.into_imports()) })
}

fn says(planned: &PlannedResource, imports: BTreeSet<String>) -> Says {
    Says {
        hint: planned.hint.clone(),
        metadata: planned.metadata.clone(),
        depends_on: planned.depends_on.clone(),
        imports,
        deletion: match planned.deletion_policy {
            DeletionPolicy::Delete | DeletionPolicy::Snapshot => Policy::Delete,
            DeletionPolicy::Retain => Policy::Retain,
            DeletionPolicy::RetainExceptOnCreate => Policy::RetainExceptOnCreate,
        },
        snapshot: planned.deletion_policy == DeletionPolicy::Snapshot,
        retain_when_replaced: planned.update_replace_policy == UpdateReplacePolicy::Retain,
        // CFN-AT-04: for a type without snapshots, Snapshot means Delete.
        snapshot_when_replaced: planned.update_replace_policy == UpdateReplacePolicy::Snapshot,
    }
}
