//! The phase that puts changed resources back to what they were, in the old order; new ones are
//! deleted in the cleanup that follows (CFN-UP-03).

use std::collections::BTreeMap;

use standin_kernel::Value;

use crate::machine::Run;
use crate::state::{Job, JobKind, Policy, Turn};
use crate::status::ResourceStatus;

impl Run<'_, '_> {
    /// Every resource that was touched, or that failed to be put back earlier, gets its turn.
    pub(crate) fn prepare_revert(&mut self) {
        for logical_id in self.stack.in_order() {
            if let Some(resource) = self.stack.resource_mut(&logical_id) {
                let touched = resource.before.is_some();
                resource.turn = if touched { Turn::Pending } else { Turn::Idle };
            }
        }
    }

    pub(super) fn begin_reverts(&mut self) -> bool {
        let open = |id: &String| {
            let turn = self.stack.resource(id).map(|resource| resource.turn);
            matches!(turn, Some(Turn::Pending | Turn::Running | Turn::Failed))
        };
        let free: Vec<String> = self
            .stack
            .with_turn(Turn::Pending)
            .into_iter()
            .filter(|id| {
                let resource = self.stack.resource(id);
                let before = resource.and_then(|resource| resource.before.as_ref());
                let physical = before.and_then(|before| before.physical.as_ref());
                physical.is_none_or(|physical| !physical.says.depends_on.iter().any(open))
            })
            .collect();
        for logical_id in &free {
            self.revert(logical_id);
        }
        !free.is_empty()
    }

    fn revert(&mut self, logical_id: &str) {
        let keep_new = !self.stack.facts.options.retain_except_on_create;
        let Some(resource) = self.stack.resource_mut(logical_id) else { return };
        let Some(before) = resource.before.clone() else { return };
        resource.turn = Turn::Done;
        let Some(old) = before.physical else {
            // It is new.
            let policy = resource.current.as_ref().map(|current| current.says.deletion);
            resource.discard(keep_new && policy == Some(Policy::Retain));
            resource.before = None;
            return;
        };
        let replaced = resource.current.as_ref().is_none_or(|current| current.id != old.id);
        if replaced {
            resource.discard(false);
        }
        resource.shown_id = Some(old.id.clone());
        resource.current = Some(old.clone());
        // A replacement that failed leaves the old thing as it was, but its failure was shown.
        let failed = resource.status == Some(ResourceStatus::UpdateFailed);
        if before.applied.is_none() {
            resource.before = None;
            if replaced || failed {
                let properties = &old.properties;
                let status = ResourceStatus::UpdateInProgress;
                self.stack.set(self.cx, logical_id, status, None, Some(properties));
                let status = ResourceStatus::UpdateComplete;
                self.stack.set(self.cx, logical_id, status, None, Some(properties));
            }
            return;
        }
        let status = ResourceStatus::UpdateInProgress;
        self.stack.set(self.cx, logical_id, status, None, Some(&old.properties));
        let job = Job {
            kind: JobKind::Revert,
            generated_name: old.generated_name,
            properties: old.properties,
            previous: before.applied,
            says: old.says,
            physical_id: Some(old.id),
            step: 0,
            context: Value::Null,
            wake: self.cx.now,
            cancelled: false,
            calling: None,
            values: BTreeMap::new(),
            reading: None,
        };
        self.begin(logical_id, job);
    }

    /// Leaves a resource as it is though it could not be put back (CFN-ST-05).
    pub(crate) fn skip_revert(&mut self, logical_id: &str) {
        let Some(resource) = self.stack.resource_mut(logical_id) else { return };
        resource.before = None;
        resource.turn = Turn::Done;
        self.stack.set(self.cx, logical_id, ResourceStatus::UpdateComplete, None, None);
    }
}
