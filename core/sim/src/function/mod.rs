//! How Lambda functions behave under virtual time: a process that asks for its work at the Runtime
//! API, as on the machine, and a handler in Rust that does the work.
//!
//! Handlers have names. A function says under `Metadata: Standin: Model: Handler` which one does
//! its work; without that it is the one named like the program under `Cargo`. What a function gives
//! without a handler, and how long a start and a run take, is said there too (docs/model.md).

mod model;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use standin_engine::Input;
use standin_kernel::function::RUNTIME_API_PORT;
use standin_kernel::workload::{WorkloadEvent, WorkloadId, WorkloadSpec};
use standin_kernel::{
    Body, Bytes, ExchangeId, Identity, Method, Request, RequestHead, Response, Time, Value, json,
};

use crate::world::World;
use model::{FunctionModel, Worker, untold};

/// What a function does. It is called at the end of the time that a run takes, and has the whole
/// account before it: `World::call`, `World::put_object`.
pub trait Handler: fmt::Debug + Send + Sync {
    /// The result, or the error as a runtime would post it: `{"errorType", "errorMessage"}`.
    fn handle(&self, world: &mut World, event: &Event) -> Result<Value, Value>;
}

/// Handlers by their names.
pub type Handlers = BTreeMap<String, Arc<dyn Handler>>;

/// An event on its way through a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub now: Time,
    pub function_name: String,
    /// As it was invoked: with the qualifier, if there was one.
    pub invoked_function_arn: String,
    pub request_id: String,
    pub payload: Value,
    /// The function's variables, Lambda's own included.
    pub variables: BTreeMap<String, String>,
}

/// The functions of a world.
#[derive(Clone, Debug, Default)]
pub(crate) struct Functions {
    handlers: Handlers,
    processes: BTreeMap<WorkloadId, Process>,
    /// Requests at the Runtime API that have no answer yet.
    asking: BTreeMap<ExchangeId, WorkloadId>,
    /// What was posted and is not read yet.
    bodies: BTreeMap<ExchangeId, Bytes>,
}

#[derive(Clone, Debug)]
struct Process {
    spec: WorkloadSpec,
    model: FunctionModel,
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
        work: Work,
    },
}

/// An event as a process was given it.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    request_id: String,
    invoked_function_arn: String,
    payload: Bytes,
}

impl World {
    /// Lets functions have their work done by these handlers.
    pub fn set_handlers(&mut self, handlers: Handlers) {
        self.functions.handlers.extend(handlers);
    }

    /// Logical ids of the functions whose code nobody runs in this world, and of which no model
    /// says what comes of it: an event gives null, a request a short page, nothing else happens.
    pub fn idle_functions(&self) -> Vec<String> {
        let stacks = &self.engine().services().cloudformation;
        let functions =
            stacks.resources().filter(|one| one.resource_type == "AWS::Lambda::Function");
        let idle = functions.filter(|one| match Worker::of(&one.hint) {
            Worker::Named(name) | Worker::Program(name) => !self.functions.knows(name),
            Worker::Modelled => false,
            Worker::Nobody => true,
        });
        idle.map(|one| one.logical_id).collect()
    }

    pub(crate) fn launch_function(&mut self, spec: WorkloadSpec) {
        let id = spec.id;
        match self.functions.model(&spec) {
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
            Happens::Answers { process, work } => self.work_done(process, &work),
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
        let header = |name: &str| response.head.headers.get(name).map(str::to_owned);
        let id = header("Lambda-Runtime-Aws-Request-Id");
        if let (Some(request_id), Body::Bytes(payload)) = (id, &response.body) {
            let arn = header("Lambda-Runtime-Invoked-Function-Arn").unwrap_or_default();
            let work = Work { request_id, invoked_function_arn: arn, payload: payload.clone() };
            let after = known.model.answers_after;
            self.function_later(after, Happens::Answers { process, work });
        }
        true
    }

    fn work_done(&mut self, process: WorkloadId, work: &Work) {
        let Some(known) = self.functions.processes.get(&process) else { return };
        let percent = known.model.error_percent;
        let event = Event {
            now: self.now(),
            function_name: known.spec.labels.container.clone(),
            invoked_function_arn: work.invoked_function_arn.clone(),
            request_id: work.request_id.clone(),
            payload: serde_json::from_slice(&work.payload).unwrap_or_default(),
            variables: known.spec.environment.iter().cloned().collect(),
        };
        let handler = Worker::of(&known.spec.local).name();
        let handler = handler.and_then(|name| self.functions.handlers.get(name)).cloned();
        let modelled = known.model.result.clone();
        let result = match handler {
            _ if self.unlucky(percent) => {
                Err(json!({"errorType": "Error", "errorMessage": "the function failed"}))
            }
            Some(handler) => handler.handle(self, &event),
            None => Ok(modelled.unwrap_or_else(|| untold(&event.payload))),
        };
        let (what, body) = match result {
            Ok(result) => ("response", result),
            Err(error) => ("error", error),
        };
        let body = Some(Bytes::from(body.to_string()));
        let path = format!("invocation/{}/{what}", work.request_id);
        self.ask_runtime_api(process, Method::Post, &path, body);
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

impl Functions {
    fn knows(&self, handler: &str) -> bool {
        self.handlers.contains_key(handler)
    }

    /// The model of a function. Fails with what is wrong with it.
    fn model(&self, spec: &WorkloadSpec) -> Result<FunctionModel, String> {
        if let Worker::Named(name) = Worker::of(&spec.local)
            && !self.knows(name)
        {
            let known: Vec<&str> = self.handlers.keys().map(String::as_str).collect();
            let known = known.join(", ");
            return Err(format!("Model.Handler: there is no handler {name}, only: {known}"));
        }
        FunctionModel::of(spec)
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

    /// A world with the function `counter`, whose template has this hint.
    fn world(hint: &Value) -> World {
        let mut world = World::new(Env::default(), 1);
        world.set_handlers(Handlers::from([("counts".to_owned(), Arc::new(Counts) as _)]));
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }]});
        let role = json!({"RoleName": "r", "AssumeRolePolicyDocument": trust.to_string()});
        let role = world.call(ServiceName::Platform, "iam:CreateRole", role).unwrap();
        let function = json!({
            "FunctionName": "counter", "Runtime": "provided.al2023", "Handler": "h",
            "Role": role["Role"]["Arn"], "Code": {"Standin": {"Source": "x", "Hint": hint}},
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
        let mut world = world(&json!({"Cargo": "counts"}));
        invoke(&mut world, "{}");
        invoke(&mut world, "{}");
        let now = world.now();
        world.run_until(now + Duration::from_secs(1));
        assert_eq!(runs(&mut world), Some(2));
    }

    #[test]
    fn lam_as_01_a_failing_handler_is_run_three_times() {
        let mut world = world(&json!({"Cargo": "counts"}));
        invoke(&mut world, "{\"fail\":true}");
        let now = world.now();
        world.run_until(now + Duration::from_secs(3600));
        assert_eq!(runs(&mut world), None);
        let given_up = world.log().iter().filter(|line| line.contains("RetriesExhausted"));
        assert_eq!(given_up.count(), 1);
        assert_eq!(world.engine().open_exchanges(), 0, "nothing is left of ended processes");
    }

    /// What somebody gets who asks at the function's URL: status and body.
    fn asked(hint: &Value) -> (u16, String) {
        let mut world = world(hint);
        let call = |world: &mut World, operation: &str, mut input: Value| {
            input["FunctionName"] = json!("counter");
            world.call(ServiceName::Lambda, operation, input).unwrap()
        };
        let url = call(&mut world, "CreateFunctionUrlConfig", json!({"AuthType": "NONE"}));
        let everybody = json!({
            "StatementId": "url", "Principal": "*", "Action": "lambda:InvokeFunctionUrl",
            "FunctionUrlAuthType": "NONE",
        });
        call(&mut world, "AddPermission", everybody);
        let everybody = json!({
            "StatementId": "run", "Principal": "*", "Action": "lambda:InvokeFunction",
        });
        call(&mut world, "AddPermission", everybody);
        let url = url["FunctionUrl"].as_str().unwrap();
        let host = url.trim_start_matches("https://").trim_end_matches('/');
        let exchange = world.ask(host, "/", false);
        let now = world.now();
        world.run_until(now + Duration::from_secs(9));
        let (head, body) = world.seen(exchange).unwrap().answer.unwrap();
        (head.status, String::from_utf8_lossy(&body).into_owned())
    }

    #[test]
    fn without_a_handler_a_function_gives_what_its_model_says() {
        let modelled = json!({"Model": {"Result": {"statusCode": 404, "body": "no"}}});
        assert_eq!(asked(&modelled), (404, "no".to_owned()));
        let nothing = (200, "the function answers\n".to_owned());
        assert_eq!(asked(&json!({"Cargo": "other"})), nothing);
        assert_eq!(asked(&Value::Null), nothing);
    }

    #[test]
    fn a_handler_or_a_member_that_is_not_known_is_refused_by_name() {
        let why = |model: Value| {
            let mut world = world(&json!({"Model": model}));
            invoke(&mut world, "{}");
            let now = world.now();
            world.run_until(now + Duration::from_secs(1));
            world.log().join("\n")
        };
        let said = why(json!({"Handler": "count"}));
        assert!(said.contains("Model.Handler: there is no handler count, only: counts"), "{said}");
        let said = why(json!({"Capacity": 3}));
        assert!(said.contains("Model has no member Capacity; it has StartSeconds"), "{said}");
    }
}
