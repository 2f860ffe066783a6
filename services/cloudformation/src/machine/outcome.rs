//! What follows when a phase has nothing left to do: the next phase, or rest (CFN-ST-*).

use crate::event::USER_INITIATED;
use crate::machine::known::Known;
use crate::machine::{Run, Timer};
use crate::state::{Failure, OnFailure, Output, Stack, Turn};
use crate::status::{ResourceStatus, StackStatus};

impl Run<'_, '_> {
    /// `make` is over.
    pub(super) fn made(&mut self) {
        let creating = self.stack.status() == StackStatus::CreateInProgress;
        self.desk.timers.clear(&Timer::Timeout(self.stack.facts.id.clone()));
        self.end_watch();
        let failure = self.stack.facts_mut().failure.take();
        let unfinished = self.stack.any(Turn::Failed) || self.stack.any(Turn::Pending);
        let failure = failure.or_else(|| unfinished.then_some(Failure::Resources));
        let failure = failure.or_else(|| self.publish().err().map(Failure::Says));
        match failure {
            None if creating => self.rest(StackStatus::CreateComplete, None),
            None => {
                self.stack.enter(self.cx, StackStatus::UpdateCompleteCleanupInProgress, None);
                match self.parent_updates() {
                    true => self.stack.facts_mut().held = true,
                    false => self.clean_up(),
                }
            }
            Some(Failure::Deleted) => self.delete(Some(USER_INITIATED), &[]),
            Some(failure) if creating => self.creation_failed(&failure),
            Some(failure) => self.update_failed(&failure),
        }
    }

    /// The update is good for ever: what is old can go.
    pub(crate) fn clean_up(&mut self) {
        self.stack.facts_mut().held = false;
        self.stack.stable = None;
        self.stack.dirty.revisions = true;
        self.release_children();
        self.discard_old();
        self.prepare_sweep();
    }

    /// TimeoutInMinutes is over (CFN-ST-07).
    pub(crate) fn timed_out(&mut self) {
        if self.stack.status() == StackStatus::CreateInProgress {
            self.fail(Failure::Timeout);
        }
    }

    fn creation_failed(&mut self, failure: &Failure) {
        let reason = self.reason(failure);
        match self.stack.facts.options.on_failure {
            OnFailure::DoNothing => self.rest(StackStatus::CreateFailed, Some(&reason)),
            OnFailure::Delete => {
                let reason = format!("{} Delete requested by user.", full_stop(&reason));
                self.delete(Some(&reason), &[]);
            }
            OnFailure::Rollback => {
                let reason = format!("{} Rollback requested by user.", full_stop(&reason));
                self.roll_back_creation(&reason);
            }
        }
    }

    /// Deletes all that a creation made.
    pub(crate) fn roll_back_creation(&mut self, reason: &str) {
        self.stack.enter(self.cx, StackStatus::RollbackInProgress, Some(reason));
        self.discard_created();
        self.prepare_sweep();
    }

    fn update_failed(&mut self, failure: &Failure) {
        let reason = self.reason(failure);
        let keep = self.stack.facts.options.on_failure == OnFailure::DoNothing;
        if keep && *failure != Failure::Cancelled {
            self.rest(StackStatus::UpdateFailed, Some(&reason));
        } else {
            self.roll_back_update(&reason);
        }
    }

    /// Puts back all that an update changed.
    pub(crate) fn roll_back_update(&mut self, reason: &str) {
        self.stack.facts_mut().held = false;
        self.stack.enter(self.cx, StackStatus::UpdateRollbackInProgress, Some(reason));
        self.prepare_revert();
    }

    /// `revert` is over.
    pub(super) fn reverted(&mut self) {
        let stuck = self.stack.any(Turn::Failed) || self.stack.any(Turn::Pending);
        if stuck {
            let names = self.stack.with_turn(Turn::Failed).join(", ");
            let reason = format!("The following resource(s) failed to update: [{names}]. ");
            self.rest(StackStatus::UpdateRollbackFailed, Some(&reason));
            return;
        }
        let status = StackStatus::UpdateRollbackCompleteCleanupInProgress;
        self.stack.enter(self.cx, status, None);
        if let Some(stable) = self.stack.stable.take() {
            self.stack.revision = stable;
            self.stack.dirty.revisions = true;
        }
        self.prepare_sweep();
    }

    /// Begins the deletion of the stack.
    pub(crate) fn delete(&mut self, reason: Option<&str>, retained: &[String]) {
        let creating = self.stack.status() == StackStatus::CreateInProgress;
        self.stack.enter(self.cx, StackStatus::DeleteInProgress, reason);
        self.stack.facts_mut().held = false;
        self.discard_all(retained, creating);
        self.prepare_sweep();
    }

    /// `sweep` is over.
    pub(super) fn swept(&mut self) {
        let status = self.stack.status();
        let failed = self.stack.with_turn(Turn::Failed);
        if !failed.is_empty() {
            let names = failed.join(", ");
            // CFN-ST-10
            let reason = format!("The following resource(s) failed to delete: [{names}]. ");
            let status = match status {
                StackStatus::RollbackInProgress => StackStatus::RollbackFailed,
                _ => StackStatus::DeleteFailed,
            };
            self.rest(status, Some(&reason));
            return;
        }
        let leftovers = self.stack.facts_mut().failure.take() == Some(Failure::Leftovers);
        // CFN-ST-20
        let left = "One or more resources could not be deleted.";
        match status {
            StackStatus::RollbackInProgress => self.rest(StackStatus::RollbackComplete, None),
            StackStatus::DeleteInProgress => {
                self.stack.facts_mut().deleted = Some(self.cx.now);
                self.rest(StackStatus::DeleteComplete, None);
            }
            StackStatus::UpdateCompleteCleanupInProgress => {
                let reason = format!("Update successful. {left}");
                let reason = leftovers.then_some(reason.as_str());
                self.rest(StackStatus::UpdateComplete, reason);
            }
            _ => {
                self.rest(StackStatus::UpdateRollbackComplete, leftovers.then_some(left));
            }
        }
    }

    /// The operation is over.
    fn rest(&mut self, status: StackStatus, reason: Option<&str>) {
        self.stack.enter(self.cx, status, reason);
        let facts = self.stack.facts_mut();
        (facts.failure, facts.policy_during_update) = (None, None);
        self.executed(status);
        let kept = matches!(
            status,
            StackStatus::CreateFailed
                | StackStatus::UpdateFailed
                | StackStatus::UpdateRollbackFailed
        );
        let updated =
            matches!(status, StackStatus::UpdateComplete | StackStatus::UpdateRollbackComplete);
        for logical_id in self.stack.in_order() {
            let planned = self.stack.revision.has(&logical_id);
            let Some(resource) = self.stack.resource_mut(&logical_id) else { continue };
            let gone = resource.is_gone() && (resource.status.is_none() || (updated && !planned));
            resource.turn = Turn::Idle;
            if !kept {
                resource.before = None;
            }
            if gone {
                self.stack.remove(&logical_id);
            }
        }
    }

    /// Works out the outputs, and whether their exports may be so (CFN-OU-01, CFN-OU-02).
    fn publish(&mut self) -> Result<(), String> {
        let revision = &self.stack.revision;
        let known = Known::new(self.stack, self.others);
        let outputs =
            revision.template.outputs(&revision.scope, &known).map_err(|wrong| wrong.message)?;
        let imports = known.into_imports();
        let outputs: Vec<Output> = outputs.into_iter().map(Output::from).collect();
        for output in &outputs {
            let Some(name) = &output.export_name else { continue };
            let exports = |other: &&Stack| other.exports().any(|(theirs, _)| theirs == name);
            if let Some(other) = self.others.values().find(exports) {
                let by = &other.facts.name;
                return Err(format!("Export with name {name} is already exported by stack {by}"));
            }
        }
        for (name, value) in self.stack.exports() {
            let users = self.importers(name);
            let same = outputs.iter().find(|output| output.export_name.as_deref() == Some(name));
            match same {
                _ if users.is_empty() => {}
                None => return Err(in_use(name, "deleted", &users)),
                Some(output) if output.value != *value => {
                    return Err(in_use(name, "updated", &users));
                }
                Some(_) => {}
            }
        }
        let facts = self.stack.facts_mut();
        (facts.outputs, facts.imports) = (outputs, imports);
        Ok(())
    }

    /// Why the stack's exports forbid its deletion.
    pub(crate) fn needed_exports(&self) -> Option<String> {
        self.stack.exports().find_map(|(name, _)| {
            let users = self.importers(name);
            (!users.is_empty()).then(|| in_use(name, "deleted", &users))
        })
    }

    /// Names of the other stacks that use an export.
    fn importers(&self, export: &str) -> Vec<String> {
        let uses = |other: &&Stack| other.is_live() && other.imports().contains(export);
        self.others.values().filter(uses).map(|other| other.facts.name.clone()).collect()
    }

    /// What failed, in AWS's words (CFN-EV-03, CFN-EV-04).
    fn reason(&self, failure: &Failure) -> String {
        match failure {
            Failure::Says(message) => message.clone(),
            Failure::Timeout => "Stack creation time exceeded the specified timeout.".to_owned(),
            Failure::Cancelled => USER_INITIATED.to_owned(),
            Failure::Resources | Failure::Deleted | Failure::Leftovers => {
                let mut reasons = Vec::new();
                for (status, verb) in [
                    (ResourceStatus::CreateFailed, "create"),
                    (ResourceStatus::UpdateFailed, "update"),
                ] {
                    let mut names = self.stack.with_turn(Turn::Failed);
                    names.retain(|id| {
                        self.stack.resource(id).is_some_and(|one| one.status == Some(status))
                    });
                    if !names.is_empty() {
                        let names = names.join(", ");
                        reasons.push(format!(
                            "The following resource(s) failed to {verb}: [{names}]."
                        ));
                    }
                }
                reasons.join(" ")
            }
        }
    }
}

/// CFN-OU-02
fn in_use(export: &str, verb: &str, users: &[String]) -> String {
    let users = match users {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        _ => users.concat(),
    };
    format!("Export {export} cannot be {verb} as it is in use by {users}")
}

fn full_stop(sentence: &str) -> String {
    format!("{}.", sentence.trim_end().trim_end_matches('.'))
}
