//! Lambda: functions, their execution environments, and who may invoke them.
//!
//! [`state`] is what is kept. `api/` holds the operations, `resources/` the CloudFormation types.
//! `data/` decides about runs: who may begin one, which process carries it out, what comes of it.

mod api;
mod data;
mod error;
mod resources;
mod state;
#[cfg(test)]
mod tests;

use standin_kernel::control::Record;
use standin_kernel::fault::Mode;
use standin_kernel::resource::ResourceType;
use standin_kernel::workload::{WorkloadEvent, WorkloadId};
use standin_kernel::{
    ApiError, Bytes, CallId, Cx, Deadline, ExchangeId, Finish, Heard, Identity, Need, Request,
    Service, ServiceName, Value,
};

use crate::data::invocation::Waiter;
use crate::data::{Live, Timer};
use crate::state::State;

/// Stands for every function, when all of them are broken.
pub const EVERY_FUNCTION: &str = "*";

/// All that the account has in Lambda.
#[derive(Clone, Debug, Default)]
pub struct Lambda {
    state: State,
    live: Live,
}

impl Lambda {
    pub fn new() -> Self {
        Self::default()
    }

    /// The functions that are broken on purpose, by name.
    pub fn set_broken(&mut self, broken: Vec<(String, Mode)>) {
        self.live.broken = broken;
    }

    /// The processes of a function that run now.
    pub fn processes_of(&self, function: &str) -> Vec<WorkloadId> {
        let environments = self.live.environments.values();
        environments.filter(|one| one.function == function).filter_map(|one| one.process).collect()
    }

    /// Nobody waits any more for what an exchange has begun.
    fn abandon(&mut self, exchange: ExchangeId) {
        self.live.posted.remove(&exchange);
        let runs = self.live.environments.values_mut().filter_map(|one| one.run.as_mut());
        let waiters = runs.map(|run| &mut run.invocation).chain(self.live.held.values_mut());
        for invocation in waiters {
            if invocation.waiter == Waiter::Url(exchange) {
                invocation.waiter = Waiter::Nobody;
            }
        }
        for environment in self.live.environments.values_mut() {
            if environment.next == Some(exchange) {
                environment.next = None;
            }
        }
    }
}

impl Service for Lambda {
    fn name(&self) -> ServiceName {
        ServiceName::Lambda
    }

    fn resource_types(&self) -> &'static [&'static dyn ResourceType] {
        resources::ALL
    }

    fn call(&mut self, cx: &mut Cx<'_>, operation: &str, input: &Value) -> Result<Value, ApiError> {
        match operation {
            "Invoke" => api::invoke::dry_run(self, cx, input),
            _ => api::call(self, cx, operation, input, &[]),
        }
    }

    fn needs(&self, operation: &str, input: &Value, heard: &[Heard]) -> Option<Need> {
        api::needs::needs(operation, input, heard)
    }

    fn call_later(
        &mut self,
        cx: &mut Cx<'_>,
        id: CallId,
        operation: &str,
        input: &Value,
        heard: &[Heard],
    ) -> Option<Result<Value, ApiError>> {
        match operation {
            "Invoke" => api::invoke::invoke(self, cx, id, input),
            _ => Some(api::call(self, cx, operation, input, heard)),
        }
    }

    fn serves(&self, host: &str) -> bool {
        data::url::url_id(host).is_some()
    }

    fn request(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, request: Request) {
        match request.identity {
            Identity::Workload(process) => self.runtime_request(cx, exchange, process, &request),
            _ => self.url_request(cx, exchange, request),
        }
    }

    fn collected(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, body: Option<Bytes>) {
        if self.live.posted.contains_key(&exchange) {
            self.runtime_said(cx, exchange, body);
        } else {
            self.url_body(cx, exchange, body);
        }
    }

    fn finished(&mut self, _cx: &mut Cx<'_>, exchange: ExchangeId, finish: Finish) {
        if finish == Finish::ViewerGone {
            self.live.waiting.remove(&exchange);
        }
        self.abandon(exchange);
    }

    fn workload(&mut self, cx: &mut Cx<'_>, id: WorkloadId, event: WorkloadEvent) {
        self.process_event(cx, id, event);
    }

    fn deadline(&self) -> Option<Deadline> {
        Deadline::earliest(self.live.timers.deadline(), self.live.meters.deadline())
    }

    fn on_deadline(&mut self, cx: &mut Cx<'_>) {
        while let Some(timer) = self.live.timers.pop(cx.now) {
            match timer {
                Timer::Init(number) => self.init_failed(cx, number, "timeout", ""),
                Timer::Timeout(number) => self.timed_out(cx, number),
                Timer::Idle(number) => self.drop_environment(cx, number),
                Timer::Event(number) => self.try_event(cx, number),
                Timer::Held(number) => self.release(cx, number),
            }
        }
        self.live.meters.tell(cx);
    }

    fn restore(&mut self, record: &Record) -> Result<(), String> {
        self.state.restore(record)
    }

    fn restored(&mut self, cx: &mut Cx<'_>) {
        for (number, event) in &self.state.events {
            let at = event.due.max(cx.now);
            self.live.timers.set(Timer::Event(*number), at, "an event's attempt");
        }
    }
}
