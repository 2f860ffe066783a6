//! CloudFormation: the template language, and stacks that are created, updated and deleted through
//! the public operations of the services.
//!
//! Reading order: [`template`] (the language), `state` and `status` (what is known of a stack),
//! `revision` (one version of it), `change_set` (what a version would change), `stack_policy` (what
//! may change), `machine` (how an operation goes on, step by step), `event` (what it tells), `api`
//! (the operations), `library` (what they have to hear first), `resources` (types of its own),
//! `store` (restarts), `view` (what others ask), [`check`] (a template without a stack).

mod address;
mod api;
mod change_set;
pub mod check;
mod error;
mod event;
mod library;
mod machine;
mod resources;
mod revision;
mod stack_policy;
mod state;
mod status;
mod store;
pub mod template;
#[cfg(test)]
mod tests;
mod view;

use std::collections::BTreeMap;

use standin_kernel::resource::ResourceType;
use standin_kernel::{ApiError, Cx, Deadline, Heard, Need, Record, Service, ServiceName, Value};

pub use check::{TemplateReport, check_template};
pub use status::{ResourceStatus, StackStatus};
pub use view::{ResourceView, StackView};

use library::Library;
use machine::{Desk, Run, Timer};
use state::Stack;
use store::Restoring;

/// All stacks of one account and region.
#[derive(Clone, Debug, Default)]
pub struct CloudFormation {
    desk: Desk,
    /// By ARN; deleted ones stay for a while.
    stacks: BTreeMap<String, Stack>,
    restoring: Restoring,
}

impl CloudFormation {
    /// With the resource types of all services.
    pub fn new(types: Vec<&'static dyn ResourceType>) -> Self {
        Self { desk: Desk::new(types), ..Self::default() }
    }

    /// The stacks that are not deleted, oldest first.
    fn live(&self) -> impl Iterator<Item = &Stack> {
        let mut live: Vec<&Stack> = self.stacks.values().filter(|stack| stack.is_live()).collect();
        live.sort_by_key(|stack| stack.facts.created);
        live.into_iter()
    }

    /// Works on one stack, with the others to look at, and stores what changed.
    fn run<R>(
        &mut self,
        cx: &mut Cx<'_>,
        stack_id: &str,
        work: impl FnOnce(&mut Run<'_, '_>) -> R,
    ) -> Option<R> {
        let mut stack = self.stacks.remove(stack_id)?;
        let (desk, others) = (&mut self.desk, &self.stacks);
        let result = work(&mut Run { cx, desk, stack: &mut stack, others });
        store::flush(cx, &mut stack);
        self.stacks.insert(stack_id.to_owned(), stack);
        Some(result)
    }
}

impl Service for CloudFormation {
    fn name(&self) -> ServiceName {
        ServiceName::CloudFormation
    }

    fn resource_types(&self) -> &'static [&'static dyn ResourceType] {
        resources::ALL
    }

    fn call(&mut self, cx: &mut Cx<'_>, operation: &str, input: &Value) -> Result<Value, ApiError> {
        api::call(self, cx, operation, input, Library::new(&[]))
    }

    fn needs(&self, operation: &str, input: &Value, heard: &[Heard]) -> Option<Need> {
        api::needs::needs(self, operation, input, Library::new(heard))
    }

    fn call_knowing(
        &mut self,
        cx: &mut Cx<'_>,
        operation: &str,
        input: &Value,
        heard: &[Heard],
    ) -> Result<Value, ApiError> {
        api::call(self, cx, operation, input, Library::new(heard))
    }

    fn reply(&mut self, cx: &mut Cx<'_>, ticket: u64, reply: Result<Value, ApiError>) {
        if let Some(stack_id) = self.desk.looked(ticket) {
            self.run(cx, &stack_id, |run| {
                run.saw_triggers(&reply);
                run.advance();
            });
            return;
        }
        let Some((stack_id, logical_id)) = self.desk.redeem(ticket) else { return };
        self.run(cx, &stack_id, |run| {
            run.replied(&logical_id, ticket, &reply);
            run.advance();
        });
    }

    fn deadline(&self) -> Option<Deadline> {
        self.desk.timers.deadline()
    }

    fn on_deadline(&mut self, cx: &mut Cx<'_>) {
        let mut due = Vec::new();
        while let Some(timer) = self.desk.timers.pop(cx.now) {
            due.push(timer);
        }
        for timer in due {
            let stack_id = match &timer {
                Timer::Job((stack_id, _))
                | Timer::Sweep((stack_id, _))
                | Timer::ChangeSet((stack_id, _)) => stack_id,
                Timer::Timeout(stack_id)
                | Timer::Resume(stack_id)
                | Timer::Look(stack_id)
                | Timer::Watched(stack_id) => stack_id,
            };
            self.run(cx, stack_id, |run| {
                match &timer {
                    Timer::Job((_, logical_id)) => run.go_on(logical_id),
                    Timer::Sweep((_, logical_id)) => run.sweep_again(logical_id),
                    Timer::Timeout(_) => run.timed_out(),
                    Timer::Resume(_) | Timer::Watched(_) => {}
                    Timer::Look(_) => run.look_at_triggers(),
                    Timer::ChangeSet((_, id)) => run.work_out(id),
                }
                run.advance();
            });
        }
    }

    fn restore(&mut self, record: &Record) -> Result<(), String> {
        self.restoring.take(record)
    }

    fn restored(&mut self, cx: &mut Cx<'_>) {
        self.stacks = std::mem::take(&mut self.restoring).finish(cx);
        let ids: Vec<String> = self.stacks.keys().cloned().collect();
        for id in ids {
            self.run(cx, &id, |run| {
                run.resume();
            });
        }
    }
}
