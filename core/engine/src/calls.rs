//! Operations by name: whoever calls, the service's own `call` carries it out; there is no second
//! way.

use standin_kernel::workload::{WorkloadEvent, WorkloadId, WorkloadSpec};
use standin_kernel::{ServiceName, Value};

use crate::Engine;
use crate::io::{Effect, Input};

/// Who called, and where the reply goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Caller {
    Driver { ticket: u64 },
    Service { service: ServiceName, ticket: u64 },
}

impl Engine {
    pub(crate) fn carry_out(
        &mut self,
        from: Caller,
        to: ServiceName,
        operation: &str,
        input: &Value,
    ) {
        let reply = self.with(to, None, |service, cx| service.call(cx, operation, input));
        match from {
            Caller::Driver { ticket } => self.effects.push(Effect::Reply { ticket, reply }),
            Caller::Service { service, ticket } => {
                self.with(service, None, |service, cx| service.reply(cx, ticket, reply));
            }
        }
    }

    /// Starts a container, unless a fault says it cannot start.
    pub(crate) fn launch(&mut self, spec: Box<WorkloadSpec>) {
        match self.launch_refusal(&spec) {
            None => self.effects.push(Effect::Launch { spec }),
            Some(reason) => {
                self.workload_event(spec.id, WorkloadEvent::FailedToStart { reason });
            }
        }
    }

    pub(crate) fn workload_event(&mut self, workload: WorkloadId, event: WorkloadEvent) {
        let service = workload.service();
        self.with(service, None, |service, cx| service.workload(cx, workload, event));
    }

    /// Carries out an operation at once and gives its reply and everything else it caused. For
    /// drivers that need no ticket.
    pub fn call(
        &mut self,
        now: standin_kernel::Time,
        service: ServiceName,
        operation: &str,
        input: Value,
    ) -> (Result<Value, standin_kernel::ApiError>, Vec<Effect>) {
        let ticket = u64::MAX;
        let operation = operation.to_owned();
        let mut effects = self.step(now, Input::Call { ticket, service, operation, input });
        let at = effects.iter().position(
            |effect| matches!(effect, Effect::Reply { ticket, .. } if *ticket == u64::MAX),
        );
        match at.map(|at| effects.remove(at)) {
            Some(Effect::Reply { reply, .. }) => (reply, effects),
            _ => unreachable!("a call always has its reply"),
        }
    }
}
