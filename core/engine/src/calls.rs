//! Operations by name: whoever calls, the service's own `call` carries it out; there is no second
//! way.

use standin_kernel::workload::{WorkloadEvent, WorkloadId, WorkloadSpec};
use std::collections::BTreeMap;
use std::sync::Arc;

use standin_kernel::{
    Answer, ApiError, BlobId, Body, CallId, Evaluated, Evaluation, ExchangeId, Heard, Need,
    Response, ServiceName, Time, Value,
};

use crate::Engine;
use crate::io::{Effect, Input};

/// Who called, and where the reply goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Caller {
    Driver { ticket: u64 },
    Service { service: ServiceName, ticket: u64 },
}

/// An operation to be carried out.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) from: Caller,
    pub(crate) to: ServiceName,
    pub(crate) name: String,
    pub(crate) input: Value,
}

/// Operations that wait for a stored text, by the ticket it was asked for with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    operations: BTreeMap<u64, (Operation, Vec<Heard>, BlobId)>,
    tickets: u64,
    /// Answers to health checkers whose body has to be read.
    bodies: BTreeMap<u64, (standin_kernel::Caller, Response)>,
}

/// Who waits for the replies to calls that have begun.
#[derive(Clone, Debug, Default)]
pub(crate) struct PutOff {
    calls: BTreeMap<CallId, Caller>,
    last: u64,
}

/// Most answers that one operation may need.
const NEEDS_MAX: usize = 1000;

impl Engine {
    pub(crate) fn carry_out(&mut self, operation: Operation) {
        self.carry_out_knowing(operation, Vec::new());
    }

    /// Hears all that the operation needs, then carries it out.
    pub(crate) fn carry_out_knowing(&mut self, operation: Operation, mut heard: Vec<Heard>) {
        let Operation { from, to, name, input } = &operation;
        while let Some(need) = self.services.get(*to).needs(name, input, &heard) {
            assert!(heard.len() < NEEDS_MAX, "{to}:{name} needs answers without end");
            let answer = match &need {
                Need::Reply { service, operation, input } => {
                    Answer::Reply(self.with(*service, None, |service, cx| {
                        cx.asked_by = Some(*to);
                        service.call(cx, operation, input)
                    }))
                }
                Need::Evaluated(evaluation) => {
                    let evaluation = evaluation.clone();
                    return self.evaluate_for(operation, heard, evaluation);
                }
                Need::Text(blob) => {
                    self.waiting.tickets += 1;
                    let (ticket, blob) = (self.waiting.tickets, *blob);
                    self.effects.push(Effect::ReadText { ticket, blob });
                    self.waiting.operations.insert(ticket, (operation, heard, blob));
                    return;
                }
            };
            heard.push(Heard { need, answer });
        }
        self.put_off.last += 1;
        let id = CallId(self.put_off.last);
        self.put_off.calls.insert(id, *from);
        let asked_by = match from {
            Caller::Driver { .. } => None,
            Caller::Service { service, .. } => Some(*service),
        };
        let root = self.concerned(*from);
        let reply = self.with(*to, root, |service, cx| {
            cx.asked_by = asked_by;
            service.call_later(cx, id, name, input, &heard)
        });
        if let Some(reply) = reply {
            self.replied(id, reply);
        }
    }

    /// The viewer's exchange that a call is about.
    fn concerned(&self, from: Caller) -> Option<ExchangeId> {
        match from {
            Caller::Driver { .. } => None,
            Caller::Service { service, ticket } => {
                self.services.get(service).concerns(ticket).and_then(|about| self.root(about))
            }
        }
    }

    /// A reply has come, at once or later.
    pub(crate) fn replied(&mut self, id: CallId, reply: Result<Value, ApiError>) {
        match self.put_off.calls.remove(&id) {
            Some(Caller::Driver { ticket }) => self.effects.push(Effect::Reply { ticket, reply }),
            Some(from @ Caller::Service { service, ticket }) => {
                let root = self.concerned(from);
                self.with(service, root, |service, cx| service.reply(cx, ticket, reply));
            }
            None => debug_assert!(false, "a call has one reply"),
        }
    }

    /// An answer to a health checker, which looks into the body: one that is stored is read first.
    pub(crate) fn answer_checker(&mut self, caller: standin_kernel::Caller, response: Response) {
        if let Body::Blob { id, .. } = response.body {
            self.waiting.tickets += 1;
            let ticket = self.waiting.tickets;
            self.effects.push(Effect::ReadText { ticket, blob: id });
            self.waiting.bodies.insert(ticket, (caller, response));
            return;
        }
        let route53 = ServiceName::Route53;
        self.with(route53, None, |service, cx| service.response(cx, caller, response));
    }

    /// A text has come; the operation that waits for it goes on.
    pub(crate) fn heard_text(&mut self, ticket: u64, text: Option<String>) {
        if let Some((caller, mut response)) = self.waiting.bodies.remove(&ticket) {
            response.body = Body::Bytes(text.unwrap_or_default().into());
            let route53 = ServiceName::Route53;
            self.with(route53, None, |service, cx| service.response(cx, caller, response));
            return;
        }
        let waiting = self.waiting.operations.remove(&ticket);
        let Some((operation, mut heard, blob)) = waiting else { return };
        heard.push(Heard { need: Need::Text(blob), answer: Answer::Text(text) });
        self.carry_out_knowing(operation, heard);
    }

    /// Starts a container, unless a fault says it cannot start.
    pub(crate) fn launch(&mut self, mut spec: Box<WorkloadSpec>) {
        self.give_addresses(&mut spec);
        spec.labels.vpc = self.vpc_of_task(&spec.labels.task_arn);
        match self.launch_refusal(&spec) {
            None => self.effects.push(Effect::Launch { spec }),
            Some(reason) => {
                self.workload_event(spec.id, WorkloadEvent::FailedToStart { reason });
            }
        }
    }

    /// On AWS a database's endpoint is a name of the network's own DNS. A process on this machine
    /// asks another resolver, so its environment has the address in the name's place.
    fn give_addresses(&self, spec: &mut WorkloadSpec) {
        for (name, address) in self.services.rds.endpoints(&self.env) {
            for (_, value) in &mut spec.environment {
                if value.contains(&name) {
                    *value = value.replace(&name, &address.to_string());
                }
            }
        }
    }

    pub(crate) fn workload_event(&mut self, workload: WorkloadId, event: WorkloadEvent) {
        let service = workload.service();
        self.with(service, None, |service, cx| service.workload(cx, workload, event));
    }

    /// Carries out an operation at once and gives its reply and everything else it caused. For
    /// drivers that need no ticket; `texts` are their stored bodies, `run` runs functions. An
    /// operation whose reply has to wait for something else (a function's result) goes on, and the
    /// answer says so.
    pub fn call(
        &mut self,
        now: Time,
        service: ServiceName,
        operation: &str,
        input: Value,
        texts: impl Fn(BlobId) -> Option<String>,
        run: impl Fn(&Evaluation) -> Arc<Evaluated>,
    ) -> (Result<Value, ApiError>, Vec<Effect>) {
        let ticket = u64::MAX;
        let operation = operation.to_owned();
        let mut effects = self.step(now, Input::Call { ticket, service, operation, input });
        let asks = |one: &Effect| matches!(one, Effect::ReadText { .. } | Effect::Evaluate { .. });
        while let Some(at) = effects.iter().position(asks) {
            let answer = match effects.remove(at) {
                Effect::ReadText { ticket, blob } => Input::Text { ticket, text: texts(blob) },
                Effect::Evaluate { run: id, evaluation } => {
                    Input::Evaluated { run: id, evaluated: run(&evaluation) }
                }
                _ => continue,
            };
            effects.extend(self.step(now, answer));
        }
        let at = effects.iter().position(
            |effect| matches!(effect, Effect::Reply { ticket, .. } if *ticket == u64::MAX),
        );
        match at.map(|at| effects.remove(at)) {
            Some(Effect::Reply { reply, .. }) => (reply, effects),
            _ => {
                let message = "the reply has to wait; call with a ticket";
                (Err(ApiError::new("ReplyLater", 202, message)), effects)
            }
        }
    }
}
