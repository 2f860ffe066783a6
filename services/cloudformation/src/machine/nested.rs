//! What a stack and those it nests wait for: children keep what is old until their parent's update
//! has succeeded, and their parent rests after them (CFN-NS-02).

use standin_kernel::{Duration, ServiceName, json};

use crate::api::FINISH_NESTED_UPDATE;
use crate::machine::{Run, Timer};
use crate::state::Stack;
use crate::status::StackStatus;

/// How often a parent looks whether its children rest.
const LOOK: Duration = Duration::from_millis(200);

impl Run<'_, '_> {
    /// Whether an update of the stack that nests this one is under way.
    pub(super) fn parent_updates(&self) -> bool {
        let parent = self.stack.facts.parent.as_ref();
        let parent = parent.and_then(|parent| self.others.get(&parent.stack_id));
        parent.is_some_and(|parent| parent.status() == StackStatus::UpdateInProgress)
    }

    /// Tells the children that the update is good.
    pub(crate) fn release_children(&mut self) {
        let held: Vec<String> = self
            .children()
            .filter(|child| child.facts.held)
            .map(|child| child.facts.id.clone())
            .collect();
        for id in held {
            let input = json!({"StackName": id});
            let ticket = self.desk.nobodys_ticket();
            self.cx.call(ticket, ServiceName::CloudFormation, FINISH_NESTED_UPDATE, input);
        }
    }

    /// Whether the cleanup has to wait for that of a child.
    pub(super) fn waits_for_children(&mut self) -> bool {
        if self.stack.status() != StackStatus::UpdateCompleteCleanupInProgress {
            return false;
        }
        let busy = self.children().any(|child| child.status().is_in_progress());
        if busy {
            let timer = Timer::Resume(self.stack.facts.id.clone());
            self.desk.timers.set(timer, self.cx.now + LOOK, "nested stacks are cleaned up");
        }
        busy
    }

    fn children(&self) -> impl Iterator<Item = &Stack> {
        let id = &self.stack.facts.id;
        self.others.values().filter(move |other| {
            let parent = other.facts.parent.as_ref();
            parent.is_some_and(|parent| parent.stack_id == *id)
        })
    }
}
