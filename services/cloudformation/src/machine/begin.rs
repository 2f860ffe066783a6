//! How an operation of a stack begins, asked for directly or by executing a change set.

use crate::event::USER_INITIATED;
use crate::machine::Run;
use crate::machine::known::missing_import;
use crate::revision::Revision;
use crate::stack_policy::Update;
use crate::state::{Failure, Options};
use crate::status::StackStatus;

impl Run<'_, '_> {
    /// Makes what the stack's revision says.
    pub(crate) fn begin_creation(&mut self) {
        self.stack.enter(self.cx, StackStatus::CreateInProgress, Some(USER_INITIATED));
        self.prepare_make();
        self.refuse_missing_import();
        self.arm_timeout();
        self.begin_watch();
        self.advance();
    }

    /// Brings the stack to another revision.
    pub(crate) fn begin_update(
        &mut self,
        revision: Revision,
        options: Options,
        token: Option<String>,
    ) {
        let rested = self.stack.status().can_be_updated(false);
        let old = std::mem::replace(&mut self.stack.revision, revision);
        if rested {
            self.stack.stable = Some(old);
        }
        self.stack.dirty.revisions = true;
        let now = self.cx.now;
        let facts = self.stack.facts_mut();
        (facts.updated, facts.token, facts.options) = (Some(now), token, options);
        self.stack.enter(self.cx, StackStatus::UpdateInProgress, Some(USER_INITIATED));
        self.prepare_make();
        self.refuse_missing_import();
        self.refuse_protected_deletions();
        self.begin_watch();
        self.advance();
    }

    /// What the template has no more and the stack's policy keeps fails the operation
    /// (CFN-SP-01).
    fn refuse_protected_deletions(&mut self) {
        for logical_id in self.stack.in_order() {
            let there = self.stack.resource(&logical_id).is_some_and(|one| one.current.is_some());
            if there
                && !self.stack.revision.has(&logical_id)
                && let Some(reason) = self.forbidden(Update::Delete, &logical_id)
            {
                self.refuse(&logical_id, &reason);
            }
        }
    }

    /// Why the stack's policy does not let an update happen.
    pub(super) fn forbidden(&self, update: Update, logical_id: &str) -> Option<String> {
        let facts = &self.stack.facts;
        let text = facts.policy_during_update.as_ref().or(facts.policy.as_ref())?;
        let type_name = &self.stack.resource(logical_id)?.type_name;
        text.policy()?.refuses(update, logical_id, type_name)
    }

    /// An import that nobody exports fails the operation before anything is made (CFN-OU-03).
    fn refuse_missing_import(&mut self) {
        if let Some(name) = missing_import(&self.stack.revision, self.others) {
            self.fail(Failure::Says(format!("No export named {name} found")));
        }
    }
}
