//! How a change set comes to be: pending, in progress, and then complete or failed (CFN-CS-02,
//! CFN-CS-03); and what an operation's end means for the change set it executes.

use std::collections::BTreeMap;

use standin_kernel::Duration;

use crate::change_set::{ChangeSetStatus, ExecutionStatus, NO_CHANGES};
use crate::machine::change::Change;
use crate::machine::known::Known;
use crate::machine::make::{change, wanted};
use crate::machine::preview::preview;
use crate::machine::{Desk, Run, Timer};
use crate::revision::Revision;
use crate::state::{Output, Resource, Stack};
use crate::status::StackStatus;

impl Run<'_, '_> {
    /// The next step of a change set is due after a while.
    pub(crate) fn work_out_later(&mut self, id: &str) {
        let pause = self.cx.env.paced(Duration::ZERO, Duration::from_secs(1));
        let timer = Timer::ChangeSet((self.stack.facts.id.clone(), id.to_owned()));
        self.desk.timers.set(timer, self.cx.now + pause, "a change set is worked out");
    }

    /// Takes a change set one step on.
    pub(crate) fn work_out(&mut self, id: &str) {
        let Some(change_set) = self.stack.change_set_mut(id) else { return };
        match change_set.facts.status {
            ChangeSetStatus::CreatePending => {
                change_set.facts.status = ChangeSetStatus::CreateInProgress;
                self.work_out_later(id);
            }
            ChangeSetStatus::CreateInProgress => self.finish_change_set(id),
            ChangeSetStatus::CreateComplete | ChangeSetStatus::Failed => {}
        }
    }

    fn finish_change_set(&mut self, id: &str) {
        let Some(change_set) = self.stack.change_sets().get(id) else { return };
        let revision = &change_set.revision;
        let found = preview(self.desk, self.stack, self.others, revision);
        let any = change_set.facts.creates || changes(self.desk, self.stack, self.others, revision);
        let Some(change_set) = self.stack.change_set_mut(id) else { return };
        let facts = &mut change_set.facts;
        if any {
            facts.status = ChangeSetStatus::CreateComplete;
            facts.execution = ExecutionStatus::Available;
            facts.changes = found;
        } else {
            facts.status = ChangeSetStatus::Failed;
            facts.reason = Some(NO_CHANGES.to_owned());
        }
    }

    /// The operation is over: the change set that asked for it is executed, or has failed.
    pub(super) fn executed(&mut self, status: StackStatus) {
        let good = matches!(status, StackStatus::CreateComplete | StackStatus::UpdateComplete);
        let under_way = |execution| execution == ExecutionStatus::ExecuteInProgress;
        let change_sets = self.stack.change_sets().values();
        let running = change_sets.map(|one| &one.facts).find(|facts| under_way(facts.execution));
        let Some(id) = running.map(|facts| facts.id.clone()) else { return };
        if let Some(change_set) = self.stack.change_set_mut(&id) {
            change_set.facts.execution = match good {
                true => ExecutionStatus::ExecuteComplete,
                false => ExecutionStatus::ExecuteFailed,
            };
        }
    }
}

/// Whether `revision` would change anything (CFN-ST-15). Tags and outputs count, DeletionPolicy
/// and the like do not (CFN-AT-07).
pub(crate) fn changes(
    desk: &Desk,
    stack: &Stack,
    stacks: &BTreeMap<String, Stack>,
    revision: &Revision,
) -> bool {
    let tried_again = !stack.status().can_be_updated(false);
    let left_out =
        |resource: &Resource| resource.current.is_some() && !revision.has(&resource.logical_id);
    if tried_again
        || stack.revision.source.tags != revision.source.tags
        || stack.resources().values().any(left_out)
    {
        return true;
    }
    for planned in &revision.plan.resources {
        let resource = stack.resource(&planned.logical_id);
        let Some(resource) = resource.filter(|resource| resource.current.is_some()) else {
            return true;
        };
        let Some(known) = desk.resource_type(&planned.type_name) else { return true };
        // What cannot be resolved is found again, and told, when the resource is updated.
        match wanted(revision, planned, known, stack, stacks) {
            Ok(wanted) if change(resource, &wanted, known) == Change::None => {}
            _ => return true,
        }
    }
    let known = Known::new(stack, stacks);
    let Ok(outputs) = revision.template.outputs(&revision.scope, &known) else { return true };
    let outputs: Vec<Output> = outputs.into_iter().map(Output::from).collect();
    outputs != stack.facts.outputs
}
