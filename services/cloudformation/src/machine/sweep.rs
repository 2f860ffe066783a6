//! The phase that deletes: a failed creation's resources, a stack's, or what an update has replaced
//! or left out. What needs another goes before it (CFN-AT-01, CFN-AT-02).

use std::collections::{BTreeMap, BTreeSet};

use standin_kernel::{Duration, Value};

use crate::machine::{Run, Timer};
use crate::state::{Failure, Job, JobKind, Policy, Resource, Turn};
use crate::status::{Phase, ResourceStatus, StackStatus};

/// CFN-ST-20
const CLEANUP_TRIES_MAX: u32 = 3;

impl Run<'_, '_> {
    /// Every resource of which something is to go gets its turn.
    pub(super) fn prepare_sweep(&mut self) {
        for logical_id in self.stack.in_order() {
            let Some(resource) = self.stack.resource_mut(&logical_id) else { continue };
            if resource.turn == Turn::Running {
                continue;
            }
            let failed = resource.status == Some(ResourceStatus::CreateFailed);
            let due = !resource.garbage.is_empty() || (failed && resource.is_gone());
            resource.turn = if due { Turn::Pending } else { Turn::Idle };
        }
    }

    /// The rollback of a creation: all that was made is to go.
    pub(super) fn discard_created(&mut self) {
        let keep = !self.stack.facts.options.retain_except_on_create;
        for logical_id in self.stack.in_order() {
            let Some(resource) = self.stack.resource_mut(&logical_id) else { continue };
            let policy = resource.current.as_ref().map(|current| current.says.deletion);
            resource.discard(keep && policy == Some(Policy::Retain));
            resource.before = None;
        }
    }

    /// The cleanup after an update: what was replaced, and what the template has no more.
    pub(super) fn discard_old(&mut self) {
        for logical_id in self.stack.in_order() {
            let planned = self.stack.revision.has(&logical_id);
            let Some(resource) = self.stack.resource_mut(&logical_id) else { continue };
            let old = resource.before.take().and_then(|before| before.physical);
            let current = resource.current.as_ref();
            if let (Some(mut old), Some(new)) = (old, current)
                && old.id != new.id
            {
                // CFN-AT-04: a replacement is no deletion of the template's.
                old.says.snapshot = new.says.snapshot_when_replaced;
                let retain = new.says.retain_when_replaced;
                resource.give_up(old, retain);
            }
            if !planned {
                let policy = resource.current.as_ref().map(|current| current.says.deletion);
                resource.discard(policy.is_some_and(|policy| policy != Policy::Delete));
            }
        }
    }

    /// The deletion of a stack. `creating`: of one that was never there as a whole.
    pub(super) fn discard_all(&mut self, retained: &[String], creating: bool) {
        for logical_id in self.stack.in_order() {
            let named = retained.contains(&logical_id);
            let Some(resource) = self.stack.resource_mut(&logical_id) else { continue };
            for garbage in &mut resource.garbage {
                garbage.retain |= named;
                garbage.tries = 0;
            }
            let retain = |policy: Policy| match policy {
                Policy::Delete => named,
                Policy::Retain => true,
                Policy::RetainExceptOnCreate => named || !creating,
            };
            if let Some(old) = resource.before.take().and_then(|before| before.physical)
                && resource.current.as_ref().is_none_or(|current| current.id != old.id)
            {
                let retain = retain(old.says.deletion);
                resource.give_up(old, retain);
            }
            if let Some(current) = &resource.current {
                let retain = retain(current.says.deletion);
                resource.discard(retain);
            }
        }
    }

    pub(super) fn begin_sweeps(&mut self) -> bool {
        let mut pending = self.stack.with_turn(Turn::Pending);
        pending.reverse();
        let needed = self.needed();
        let mut free: Vec<String> =
            pending.iter().filter(|id| !needed.contains(id.as_str())).cloned().collect();
        let stuck = !self.stack.any(Turn::Running) && !self.stack.any(Turn::Failed);
        if free.is_empty() && stuck {
            // Things of several versions of a template can need each other in a circle.
            free.extend(pending.into_iter().next());
        }
        for logical_id in &free {
            self.sweep(logical_id);
        }
        !free.is_empty()
    }

    /// What something depends on that still waits to be deleted.
    fn needed(&self) -> BTreeSet<&str> {
        let open =
            |one: &&Resource| matches!(one.turn, Turn::Pending | Turn::Running | Turn::Failed);
        let others = self.stack.resources().values().filter(open);
        others
            .flat_map(|one| one.garbage.iter().map(move |garbage| (one, &garbage.physical.says)))
            .flat_map(|(one, says)| says.depends_on.iter().filter(|id| **id != one.logical_id))
            .map(String::as_str)
            .collect()
    }

    /// Deletes the last thing of a resource that is to go.
    pub(super) fn sweep(&mut self, logical_id: &str) {
        let Some(resource) = self.stack.resource_mut(logical_id) else { return };
        let Some(garbage) = resource.garbage.last() else {
            resource.turn = Turn::Done;
            if resource.status == Some(ResourceStatus::CreateFailed) {
                let status = ResourceStatus::DeleteComplete;
                self.stack.set(self.cx, logical_id, status, None, None);
            }
            return;
        };
        let thing = garbage.physical.clone();
        if garbage.retain {
            self.swept_one(logical_id, ResourceStatus::DeleteSkipped);
            return;
        }
        let status = ResourceStatus::DeleteInProgress;
        self.stack.set_deleted(self.cx, logical_id, &thing, status, None);
        let job = Job {
            kind: JobKind::Delete,
            generated_name: thing.generated_name,
            properties: thing.properties,
            previous: None,
            says: thing.says,
            physical_id: Some(thing.id),
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

    pub(super) fn deleted(&mut self, logical_id: &str) {
        self.swept_one(logical_id, ResourceStatus::DeleteComplete);
    }

    /// The last thing to go is gone, or left behind.
    fn swept_one(&mut self, logical_id: &str, status: ResourceStatus) {
        let making = self.stack.status().phase() == Some(Phase::Make);
        let Some(resource) = self.stack.resource_mut(logical_id) else { return };
        let Some(garbage) = resource.garbage.pop() else { return };
        let more = making || !resource.garbage.is_empty();
        resource.turn = if more { Turn::Pending } else { Turn::Done };
        self.stack.set_deleted(self.cx, logical_id, &garbage.physical, status, None);
    }

    /// A deletion failed: in a cleanup it is tried again, else it stops what depends on it.
    pub(super) fn not_deleted(&mut self, logical_id: &str, reason: &str) {
        let status = self.stack.status();
        let Some(resource) = self.stack.resource_mut(logical_id) else { return };
        let Some(garbage) = resource.garbage.last_mut() else { return };
        garbage.tries += 1;
        let (tries, thing) = (garbage.tries, garbage.physical.clone());
        resource.turn = Turn::Failed;
        let failed = ResourceStatus::DeleteFailed;
        self.stack.set_deleted(self.cx, logical_id, &thing, failed, Some(reason));
        if status.is_cleanup() {
            if tries < CLEANUP_TRIES_MAX {
                self.turn(logical_id, Turn::Running);
                self.sweep_later(logical_id);
            } else {
                self.stack.facts_mut().failure = Some(Failure::Leftovers);
                self.leave_behind(logical_id);
            }
        } else if status.phase() == Some(Phase::Make) {
            self.one_failed();
        } else if status == StackStatus::DeleteInProgress && self.stack.facts.options.force_delete {
            self.leave_behind(logical_id);
            let skipped = ResourceStatus::DeleteSkipped;
            self.stack.set_deleted(self.cx, logical_id, &thing, skipped, None);
        }
    }

    /// The thing stays where it is, and no stack knows it any more.
    fn leave_behind(&mut self, logical_id: &str) {
        let Some(resource) = self.stack.resource_mut(logical_id) else { return };
        resource.garbage.pop();
        resource.turn = if resource.garbage.is_empty() { Turn::Done } else { Turn::Pending };
    }

    /// A pause after a failed deletion is over.
    pub(crate) fn sweep_again(&mut self, logical_id: &str) {
        let paused = |one: &Resource| one.turn == Turn::Running && one.job.is_none();
        if self.stack.resource(logical_id).is_some_and(paused) {
            self.sweep(logical_id);
        }
    }

    fn sweep_later(&mut self, logical_id: &str) {
        let pause = self.cx.env.paced(Duration::from_secs(1), Duration::from_secs(30));
        let timer = Timer::Sweep(self.place(logical_id));
        self.desk.timers.set(timer, self.cx.now + pause, "a deletion is tried again");
    }
}
