//! Tests through the service's door, as the engine and CloudFormation use it.

mod acm;
mod autoscaling;
mod cloudwatch;
mod composite;
mod events;
mod iam;
mod logs;
mod metric;
mod network;
mod operation;
mod restart;
mod scheduler;
mod secretsmanager;
mod security_group;
mod ssm;
mod stack;
mod table;

use std::collections::BTreeMap;

use standin_kernel::control::Record;
use standin_kernel::resource::{Job, Progress, ResourceType};
use standin_kernel::{ApiError, Cx, Duration, Env, Out, Pace, Rng, Service, Time, Value, json};

use crate::Platform;

/// A service with a driver's memory around it.
pub(crate) struct Bench {
    pub(crate) platform: Platform,
    pub(crate) env: Env,
    pub(crate) now: Time,
    rng: Rng,
    pub(crate) records: BTreeMap<(String, String), Value>,
    /// All that was logged.
    pub(crate) log: Vec<String>,
    /// Calls of other services, with their tickets; nobody answers them by himself.
    pub(crate) calls: Vec<(u64, Value)>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            platform: Platform::new(),
            env: Env::default(),
            now: Time::from_seconds(1_800_000_000),
            rng: Rng::new(7),
            records: BTreeMap::new(),
            log: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// With AWS's own waiting.
    pub(crate) fn slow() -> Self {
        let mut bench = Self::new();
        bench.env.pace = Pace::Aws;
        bench
    }

    pub(crate) fn call(&mut self, operation: &str, input: &Value) -> Result<Value, ApiError> {
        self.with(|platform, cx| platform.call(cx, operation, input))
    }

    /// Lets the service do something, and remembers what it asks for.
    pub(crate) fn with<R>(&mut self, act: impl FnOnce(&mut Platform, &mut Cx<'_>) -> R) -> R {
        let mut out = Vec::new();
        let mut cx = Cx {
            now: self.now,
            rng: &mut self.rng,
            env: &self.env,
            out: &mut out,
            facts: None,
            asked_by: None,
        };
        let result = act(&mut self.platform, &mut cx);
        for one in out {
            match one {
                Out::Store(Record { kind, id, document: Some(document) }) => {
                    self.records.insert((kind, id), document);
                }
                Out::Store(Record { kind, id, document: None }) => {
                    self.records.remove(&(kind, id));
                }
                Out::Log { line, .. } => self.log.push(line),
                Out::Call { ticket, input, .. } => self.calls.push((ticket, input)),
                other => panic!("not asked of this service: {other:?}"),
            }
        }
        result
    }

    /// Lets time pass, each deadline at its moment.
    pub(crate) fn pass(&mut self, until: Time) {
        while let Some(deadline) = self.platform.deadline().filter(|due| due.at <= until) {
            self.now = self.now.max(deadline.at);
            self.with(Service::on_deadline);
        }
        self.now = until;
    }

    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "callers write json!() at the call")]
    pub(crate) fn ok(&mut self, operation: &str, input: Value) -> Value {
        self.call(operation, &input).unwrap_or_else(|error| panic!("{operation} {input}: {error}"))
    }

    /// Code and message of a refusal.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "callers write json!() at the call")]
    pub(crate) fn refused(&mut self, operation: &str, input: Value) -> (String, String) {
        let error = self.call(operation, &input).expect_err("must be refused");
        (error.code, error.message)
    }

    /// The code of a refusal.
    #[track_caller]
    pub(crate) fn code(&mut self, operation: &str, input: Value) -> String {
        self.refused(operation, input).0
    }

    /// The service as it comes back from its records.
    pub(crate) fn restart(&mut self) {
        self.platform = Platform::new();
        for ((kind, id), document) in &self.records {
            let document = Some(document.clone());
            let record = Record { kind: kind.clone(), id: id.clone(), document };
            self.platform.restore(&record).unwrap();
        }
        self.with(Service::restored);
    }

    pub(crate) fn later(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }
}

pub(crate) fn the_type(name: &str) -> &'static dyn ResourceType {
    let types = Platform::new().resource_types();
    *types.iter().find(|known| known.type_name() == name).unwrap()
}

/// A resource as CloudFormation drives it.
pub(crate) struct Resource {
    kind: &'static dyn ResourceType,
    logical_id: &'static str,
    pub(crate) properties: Value,
    previous: Option<Value>,
    pub(crate) id: Option<String>,
    pub(crate) attributes: BTreeMap<String, Value>,
    /// How often it waited.
    pub(crate) waits: u32,
}

type Act = fn(&dyn ResourceType, &Job<'_>) -> Progress;

impl Resource {
    pub(crate) fn new(kind: &str, logical_id: &'static str, properties: Value) -> Self {
        Self {
            kind: the_type(kind),
            logical_id,
            properties,
            previous: None,
            id: None,
            attributes: BTreeMap::new(),
            waits: 0,
        }
    }

    pub(crate) fn id(&self) -> &str {
        self.id.as_deref().unwrap()
    }

    pub(crate) fn attribute(&self, name: &str) -> &Value {
        &self.attributes[name]
    }

    /// Goes through all steps.
    fn run(&mut self, bench: &mut Bench, act: Act) -> Result<(), String> {
        let (mut step, mut context, mut reply) = (0, Value::Null, None);
        let generated = format!("Stack-{}-1AB2C3D4E5F6", self.logical_id);
        for _ in 0..10_000 {
            let env = bench.env.clone();
            let job = Job {
                stack_name: "Stack",
                stack_id: "arn:aws:cloudformation:ap-northeast-1:123456789012:stack/Stack/1",
                logical_id: self.logical_id,
                generated_name: &generated,
                region: &env.region,
                account: &env.account,
                properties: &self.properties,
                previous: self.previous.as_ref(),
                hint: &Value::Null,
                keeps_snapshot: false,
                base_directory: "/",
                physical_id: self.id.as_deref(),
                step,
                context: &context,
                reply: reply.as_ref(),
            };
            match act(self.kind, &job) {
                Progress::Call { operation, input, step: next, context: kept, .. } => {
                    reply = Some(bench.call(operation, &input));
                    (step, context) = (next, kept);
                }
                Progress::Wait { after, step: next, context: kept, physical_id } => {
                    self.waits += u32::from(!after.is_zero());
                    self.id = self.id.take().or(physical_id);
                    bench.now = bench.now + after;
                    reply = None;
                    (step, context) = (next, kept);
                }
                Progress::Done { physical_id, attributes } => {
                    let known = self.kind.attributes();
                    assert!(attributes.keys().all(|name| known.contains(&name.as_str())));
                    self.id = Some(physical_id);
                    self.attributes = attributes;
                    return Ok(());
                }
                Progress::Failed { message } => return Err(message),
            }
        }
        panic!("it never ends");
    }

    /// Creates it; every attribute must be there.
    #[track_caller]
    pub(crate) fn create(mut self, bench: &mut Bench) -> Self {
        self.run(bench, |kind, job| kind.create(job)).unwrap();
        let there: Vec<&str> = self.attributes.keys().map(String::as_str).collect();
        let mut wanted = self.kind.attributes().to_vec();
        wanted.sort_unstable();
        assert_eq!(there, wanted);
        self
    }

    #[track_caller]
    pub(crate) fn fails(mut self, bench: &mut Bench) -> String {
        self.run(bench, |kind, job| kind.create(job)).unwrap_err()
    }

    #[track_caller]
    pub(crate) fn update(&mut self, bench: &mut Bench, properties: Value) {
        let before = self.id.clone();
        self.previous = Some(std::mem::replace(&mut self.properties, properties));
        self.run(bench, |kind, job| kind.update(job)).unwrap();
        assert_eq!(self.id, before);
    }

    #[track_caller]
    pub(crate) fn delete(&mut self, bench: &mut Bench) {
        self.try_delete(bench).unwrap();
    }

    pub(crate) fn try_delete(&mut self, bench: &mut Bench) -> Result<(), String> {
        self.run(bench, |kind, job| kind.delete(job))
    }
}

/// A trust document for tasks.
pub(crate) fn trust() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }],
    })
}

/// A document that lets its owner read a bucket.
pub(crate) fn reads() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
    })
}
