//! How an operation of a stack begins, asked for directly or by executing a change set.

use crate::event::USER_INITIATED;
use crate::machine::Run;
use crate::machine::known::missing_import;
use crate::revision::Revision;
use crate::state::{Failure, Options};
use crate::status::StackStatus;

impl Run<'_, '_> {
    /// Makes what the stack's revision says.
    pub(crate) fn begin_creation(&mut self) {
        self.stack.enter(self.cx, StackStatus::CreateInProgress, Some(USER_INITIATED));
        self.prepare_make();
        self.refuse_missing_import();
        self.arm_timeout();
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
        self.advance();
    }

    /// An import that nobody exports fails the operation before anything is made (CFN-OU-03).
    fn refuse_missing_import(&mut self) {
        if let Some(name) = missing_import(&self.stack.revision, self.others) {
            self.fail(Failure::Says(format!("No export named {name} found")));
        }
    }
}
