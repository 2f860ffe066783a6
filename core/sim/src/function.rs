//! How Lambda functions behave under virtual time: a process that asks for its work at the Runtime
//! API, as on the machine, and a handler in Rust that does the work.
//!
//! How long a start and a run take, and how often one fails, is said under `Metadata: Standin:
//! Model` of the function: `StartSeconds`, `AnswerSeconds`, `ErrorPercent` (docs/model.md).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use standin_engine::Input;
use standin_kernel::function::RUNTIME_API_PORT;
use standin_kernel::workload::{WorkloadEvent, WorkloadId, WorkloadSpec};
use standin_kernel::{
    Body, Bytes, ExchangeId, Identity, Method, Request, RequestHead, Response, Time, Value, json,
    pattern,
};

use crate::workload::Model;
use crate::world::World;

/// What a function does. It is called at the end of the time that a run takes, and has the whole
/// account before it: `World::call`, `World::put_object`.
pub trait Handler: fmt::Debug + Send + Sync {
    /// The result, or the error as a runtime would post it: `{"errorType", "errorMessage"}`.
    fn handle(&self, world: &mut World, event: &Event) -> Result<Value, Value>;
}

/// An event on its way through a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub now: Time,
    pub function_name: String,
    pub request_id: String,
    pub payload: Value,
    /// The function's variables, Lambda's own included.
    pub variables: BTreeMap<String, String>,
}

/// The functions of a world.
#[derive(Clone, Debug, Default)]
pub(crate) struct Functions {
    /// By pattern of the function's name; the first that fits counts.
    handlers: Vec<(String, Arc<dyn Handler>)>,
    processes: BTreeMap<WorkloadId, Process>,
    /// Requests at the Runtime API that have no answer yet.
    asking: BTreeMap<ExchangeId, WorkloadId>,
    /// What was posted and is not read yet.
    bodies: BTreeMap<ExchangeId, Bytes>,
}

#[derive(Clone, Debug)]
struct Process {
    spec: WorkloadSpec,
    model: Model,
    /// Whether it waits for work, not for what becomes of a result.
    waits: bool,
}

/// What happens to a process by itself.
#[derive(Clone, Debug)]
pub(crate) enum Happens {
    Starts(WorkloadId),
    /// It has worked on an event long enough.
    Answers {
        process: WorkloadId,
        request_id: String,
        payload: Bytes,
    },
}

impl World {
    /// Says what the functions whose names fit `pattern` do (`*Switch*`, with CloudFront's
    /// wildcards). A function without a handler gives `null`.
    pub fn set_handler(&mut self, pattern: &str, handler: Arc<dyn Handler>) {
        self.functions.handlers.push((pattern.to_owned(), handler));
    }

    pub(crate) fn launch_function(&mut self, spec: WorkloadSpec) {
        let id = spec.id;
        match Model::of(&spec, false) {
            Ok(model) => {
                let after = model.starts_after;
                self.functions.processes.insert(id, Process { spec, model, waits: false });
                self.function_later(after, Happens::Starts(id));
            }
            Err(wrong) => {
                let event =
                    WorkloadEvent::FailedToStart { reason: format!("Runtime.Unknown: {wrong}") };
                self.happens_later(id, event);
            }
        }
    }

    pub(crate) fn function_happens(&mut self, happens: Happens) {
        match happens {
            Happens::Starts(process) => {
                if self.functions.processes.contains_key(&process) {
                    let event = WorkloadEvent::Started;
                    self.step(Input::Workload { workload: process, event });
                    self.ask_for_work(process);
                }
            }
            Happens::Answers { process, request_id, payload } => {
                self.work_done(process, &request_id, &payload);
            }
        }
    }

    /// The process asks for its next event.
    fn ask_for_work(&mut self, process: WorkloadId) {
        let Some(known) = self.functions.processes.get_mut(&process) else { return };
        known.waits = true;
        self.ask_runtime_api(process, Method::Get, "invocation/next", None);
    }

    fn ask_runtime_api(
        &mut self,
        process: WorkloadId,
        method: Method,
        path: &str,
        body: Option<Bytes>,
    ) {
        let Some(known) = self.functions.processes.get(&process) else { return };
        let address = known.spec.address;
        let host = format!("{address}:{RUNTIME_API_PORT}");
        let head = RequestHead {
            method,
            ..RequestHead::get(&host, &format!("/2018-06-01/runtime/{path}"))
        };
        let exchange = self.open();
        let request = Request {
            head,
            peer: (address, 40_000).into(),
            tls: false,
            has_body: body.is_some(),
            identity: Identity::Workload(process),
            port: RUNTIME_API_PORT,
        };
        self.functions.asking.insert(exchange, process);
        if let Some(body) = body {
            self.functions.bodies.insert(exchange, body);
        }
        self.step(Input::Request { exchange, request: Box::new(request), trace: false });
    }

    /// What was posted with a request; empty for the requests of viewers, who post nothing here.
    pub(crate) fn posted(&mut self, exchange: ExchangeId) -> Bytes {
        self.functions.bodies.remove(&exchange).unwrap_or_default()
    }

    /// The Runtime API answers. `false`: it is not an answer of it.
    pub(crate) fn runtime_answers(&mut self, exchange: ExchangeId, response: &Response) -> bool {
        let Some(process) = self.functions.asking.remove(&exchange) else { return false };
        let Some(known) = self.functions.processes.get_mut(&process) else { return true };
        if !std::mem::replace(&mut known.waits, false) {
            self.ask_for_work(process);
            return true;
        }
        let id = response.head.headers.get("Lambda-Runtime-Aws-Request-Id");
        if let (Some(id), Body::Bytes(payload)) = (id, &response.body) {
            let (request_id, payload) = (id.to_owned(), payload.clone());
            let after = known.model.answers_after;
            self.function_later(after, Happens::Answers { process, request_id, payload });
        }
        true
    }

    fn work_done(&mut self, process: WorkloadId, request_id: &str, payload: &Bytes) {
        let Some(known) = self.functions.processes.get(&process) else { return };
        let name = known.spec.labels.container.clone();
        let percent = known.model.error_percent;
        let event = Event {
            now: self.now(),
            function_name: name.clone(),
            request_id: request_id.to_owned(),
            payload: serde_json::from_slice(payload).unwrap_or_default(),
            variables: known.spec.environment.iter().cloned().collect(),
        };
        let fits = |one: &&(String, Arc<dyn Handler>)| pattern::matches(&one.0, &name);
        let handler = self.functions.handlers.iter().find(fits).map(|one| Arc::clone(&one.1));
        let result = match handler {
            _ if self.unlucky(percent) => {
                Err(json!({"errorType": "Error", "errorMessage": "the function failed"}))
            }
            Some(handler) => handler.handle(self, &event),
            None => Ok(Value::Null),
        };
        let (what, body) = match result {
            Ok(result) => ("response", result),
            Err(error) => ("error", error),
        };
        let body = Some(Bytes::from(body.to_string()));
        self.ask_runtime_api(
            process,
            Method::Post,
            &format!("invocation/{request_id}/{what}"),
            body,
        );
    }

    /// A process has ended: its connections are gone. `false`: it was not a function's.
    pub(crate) fn function_ended(&mut self, process: WorkloadId) -> bool {
        if self.functions.processes.remove(&process).is_none() {
            return false;
        }
        let asking = self.functions.asking.iter().filter(|(_, by)| **by == process);
        let gone: Vec<ExchangeId> = asking.map(|(exchange, _)| *exchange).collect();
        for exchange in gone {
            self.functions.asking.remove(&exchange);
            self.functions.bodies.remove(&exchange);
            self.step(Input::ViewerGone { exchange });
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use standin_kernel::{Duration, Env, ServiceName};

    use super::*;

    /// Counts in a parameter how often it ran; fails when it is told to.
    #[derive(Debug)]
    struct Counts;

    impl Handler for Counts {
        fn handle(&self, world: &mut World, event: &Event) -> Result<Value, Value> {
            if event.payload["fail"] == true {
                return Err(json!({"errorType": "Told", "errorMessage": "to fail"}));
            }
            let input = json!({
                "Name": "/ran", "Type": "String", "Overwrite": true, "Value": event.request_id,
            });
            world
                .call(ServiceName::Platform, "ssm:PutParameter", input)
                .map_err(|error| json!({"errorType": error.code, "errorMessage": error.message}))?;
            Ok(json!("counted"))
        }
    }

    fn world() -> World {
        let mut world = World::new(Env::default(), 1);
        world.set_handler("count*", Arc::new(Counts));
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }]});
        let role = json!({"RoleName": "r", "AssumeRolePolicyDocument": trust.to_string()});
        let role = world.call(ServiceName::Platform, "iam:CreateRole", role).unwrap();
        let function = json!({
            "FunctionName": "counter", "Runtime": "provided.al2023", "Handler": "h",
            "Role": role["Role"]["Arn"], "Code": {"Standin": {"Source": "x"}},
        });
        world.call(ServiceName::Lambda, "CreateFunction", function).unwrap();
        let now = world.now();
        world.run_until(now + Duration::from_secs(1));
        world
    }

    fn runs(world: &mut World) -> Option<u64> {
        let input = json!({"Name": "/ran"});
        let reply = world.call(ServiceName::Platform, "ssm:GetParameter", input).ok()?;
        reply["Parameter"]["Version"].as_u64()
    }

    fn invoke(world: &mut World, payload: &str) {
        let input = json!({
            "FunctionName": "counter", "InvocationType": "Event", "Payload": payload,
        });
        world.call(ServiceName::Lambda, "Invoke", input).unwrap();
    }

    #[test]
    fn a_handler_does_the_work_of_a_function() {
        let mut world = world();
        invoke(&mut world, "{}");
        invoke(&mut world, "{}");
        let now = world.now();
        world.run_until(now + Duration::from_secs(1));
        assert_eq!(runs(&mut world), Some(2));
    }

    #[test]
    fn lam_as_01_a_failing_handler_is_run_three_times() {
        let mut world = world();
        invoke(&mut world, "{\"fail\":true}");
        let now = world.now();
        world.run_until(now + Duration::from_secs(3600));
        assert_eq!(runs(&mut world), None);
        let given_up = world.log().iter().filter(|line| line.contains("RetriesExhausted"));
        assert_eq!(given_up.count(), 1);
        assert_eq!(world.engine().open_exchanges(), 0, "nothing is left of ended processes");
    }
}
