//! Tests through the service's door, as the engine uses it: with a machine that runs containers and
//! a load balancer that finds every target healthy after ten seconds.

mod alarm;
mod cluster;
mod definition;
mod resource;
mod restart;
mod service;
mod stack;
mod tags;
mod task;
mod usage;

use std::collections::{BTreeMap, VecDeque};

use standin_kernel::control::Record;
use standin_kernel::workload::{WorkloadEvent, WorkloadId, WorkloadSpec};
use standin_kernel::{
    ApiError, Cx, Duration, Env, Out, Rng, Service, ServiceName, Time, Value, json,
};

use crate::Ecs;

pub(crate) const GROUP: &str =
    "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:targetgroup/diary/1234567890abcdef";

/// A service with a driver around it.
pub(crate) struct Bench {
    pub(crate) ecs: Ecs,
    pub(crate) env: Env,
    pub(crate) now: Time,
    rng: Rng,
    pub(crate) records: BTreeMap<(String, String), Value>,
    pub(crate) running: BTreeMap<WorkloadId, WorkloadSpec>,
    pub(crate) log: Vec<String>,
    /// Why no container can start, while none can.
    pub(crate) broken: Option<String>,
    /// What the load balancer says of its target groups.
    pub(crate) groups: Vec<Value>,
    /// The state of each alarm, by name.
    pub(crate) alarms: BTreeMap<String, &'static str>,
    /// What CloudWatch was told.
    pub(crate) metrics: Vec<Value>,
    /// Address and port, and since when.
    targets: BTreeMap<(String, u64), Time>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            ecs: Ecs::new(),
            env: Env::default(),
            now: Time::from_seconds(1_800_000_000),
            rng: Rng::new(7),
            records: BTreeMap::new(),
            running: BTreeMap::new(),
            log: Vec::new(),
            broken: None,
            groups: vec![json!({
                "TargetGroupArn": GROUP,
                "TargetType": "ip",
                "LoadBalancerArns": ["arn:aws:elasticloadbalancing:x:loadbalancer/app/x/1"],
            })],
            alarms: BTreeMap::new(),
            metrics: Vec::new(),
            targets: BTreeMap::new(),
        }
    }

    /// With a cluster `main` and a task definition `web:1`.
    pub(crate) fn ready() -> Self {
        let mut bench = Self::new();
        bench.ok("CreateCluster", json!({"clusterName": "main"}));
        bench.ok("RegisterTaskDefinition", web());
        bench
    }

    /// The same, with a stable service `diary` of two tasks.
    pub(crate) fn serving() -> Self {
        let mut bench = Self::ready();
        bench.ok("CreateService", diary());
        bench.run(120);
        bench
    }

    pub(crate) fn with<R>(&mut self, work: impl FnOnce(&mut Ecs, &mut Cx<'_>) -> R) -> R {
        let mut out = Vec::new();
        let result = {
            let mut cx = Cx {
                now: self.now,
                rng: &mut self.rng,
                env: &self.env,
                out: &mut out,
                facts: None,
                asked_by: None,
            };
            work(&mut self.ecs, &mut cx)
        };
        self.carry_out(out);
        result
    }

    /// Does what a driver and the load balancer do.
    fn carry_out(&mut self, out: Vec<Out>) {
        let mut queue = VecDeque::from(out);
        while let Some(one) = queue.pop_front() {
            let mut out = Vec::new();
            let mut cx = Cx {
                now: self.now,
                rng: &mut self.rng,
                env: &self.env,
                out: &mut out,
                facts: None,
                asked_by: None,
            };
            match one {
                Out::Store(Record { kind, id, document }) => {
                    let place = (kind, id);
                    match document {
                        Some(document) => self.records.insert(place, document),
                        None => self.records.remove(&place),
                    };
                }
                Out::Log { line, .. } => self.log.push(line),
                Out::Launch { spec } => {
                    let id = spec.id;
                    let event = match &self.broken {
                        Some(reason) => WorkloadEvent::FailedToStart { reason: reason.clone() },
                        None => {
                            self.running.insert(id, *spec);
                            WorkloadEvent::Started
                        }
                    };
                    self.ecs.workload(&mut cx, id, event);
                }
                Out::Signal { workload, .. } => {
                    if self.running.remove(&workload).is_some() {
                        self.ecs.workload(&mut cx, workload, WorkloadEvent::Exited { code: 143 });
                    }
                }
                Out::Exec { workload, exec } => {
                    let event = WorkloadEvent::ExecDone { ticket: exec.ticket, code: Some(0) };
                    self.ecs.workload(&mut cx, workload, event);
                }
                Out::Call { operation, input, .. } if operation == "cloudwatch:PutMetricData" => {
                    self.metrics.push(input);
                }
                Out::Call { ticket, service, operation, input } => {
                    let reply = match service {
                        ServiceName::Platform if operation == "cloudwatch:DescribeAlarms" => {
                            alarms(&self.alarms, &input)
                        }
                        // Every log group exists.
                        ServiceName::Platform => {
                            json!({"logGroups": [{"logGroupName": input["logGroupNamePrefix"]}]})
                        }
                        _ => balance(self.now, &mut self.targets, &operation, &input),
                    };
                    self.ecs.reply(&mut cx, ticket, Ok(reply));
                }
                other => panic!("ECS does not do {other:?}"),
            }
            queue.extend(out);
        }
    }

    /// Lets time pass, in seconds.
    pub(crate) fn run(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while let Some(deadline) = self.ecs.deadline().filter(|deadline| deadline.at <= end) {
            self.now = self.now.max(deadline.at);
            self.with(Service::on_deadline);
        }
        self.now = end;
    }

    /// A container ends by itself.
    pub(crate) fn exit(&mut self, container: &str, code: i32) {
        let of_it = |spec: &&WorkloadSpec| spec.labels.container == container;
        let id = self.running.values().find(of_it).expect("it runs").id;
        self.running.remove(&id);
        self.with(|ecs, cx| ecs.workload(cx, id, WorkloadEvent::Exited { code }));
    }

    pub(crate) fn call(&mut self, operation: &str, input: &Value) -> Result<Value, ApiError> {
        match operation {
            "DescribeTargetGroups" => Ok(json!({"TargetGroups": self.groups})),
            _ => self.with(|ecs, cx| ecs.call(cx, operation, input)),
        }
    }

    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "callers write the document in place")]
    pub(crate) fn ok(&mut self, operation: &str, input: Value) -> Value {
        self.call(operation, &input).unwrap_or_else(|error| panic!("{operation} {input}: {error}"))
    }

    /// The code and message of a refusal.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "callers write the document in place")]
    pub(crate) fn refusal(&mut self, operation: &str, input: Value) -> (String, String) {
        let error = self.call(operation, &input).expect_err("must be refused");
        (error.code, error.message)
    }

    /// The service `diary`, described.
    #[track_caller]
    pub(crate) fn diary(&mut self) -> Value {
        let asked = json!({"cluster": "main", "services": ["diary"], "include": ["TAGS"]});
        self.ok("DescribeServices", asked)["services"][0].clone()
    }

    /// The running tasks of `main`, described.
    #[track_caller]
    pub(crate) fn tasks(&mut self) -> Vec<Value> {
        let arns = self.ok("ListTasks", json!({"cluster": "main"}))["taskArns"].clone();
        if arns.as_array().is_none_or(Vec::is_empty) {
            return Vec::new();
        }
        let asked = json!({"cluster": "main", "tasks": arns, "include": ["TAGS"]});
        self.ok("DescribeTasks", asked)["tasks"].as_array().cloned().unwrap()
    }

    /// Stops Standin and starts it again: processes are gone, records are not.
    pub(crate) fn restart(&mut self) {
        let mut ecs = Ecs::new();
        for ((kind, id), document) in &self.records {
            let document = Some(document.clone());
            let record = Record { kind: kind.clone(), id: id.clone(), document };
            ecs.restore(&record).unwrap();
        }
        self.ecs = ecs;
        self.running.clear();
        self.with(Service::restored);
    }
}

/// The load balancer: every target is healthy ten seconds after it came, and gone at once.
fn balance(
    now: Time,
    targets: &mut BTreeMap<(String, u64), Time>,
    operation: &str,
    input: &Value,
) -> Value {
    let named = input["Targets"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| (one["Id"].as_str().unwrap().to_owned(), one["Port"].as_u64().unwrap()));
    match operation {
        "RegisterTargets" => targets.extend(named.map(|target| (target, now))),
        "DeregisterTargets" => {
            for target in named {
                targets.remove(&target);
            }
        }
        "DescribeTargetHealth" => {
            let shown = targets.iter().map(|((id, port), since)| {
                let healthy = now.since(*since) >= Duration::from_secs(10);
                let state = if healthy { "healthy" } else { "initial" };
                let (target, health) = (json!({"Id": id, "Port": port}), json!({"State": state}));
                json!({"Target": target, "TargetHealth": health})
            });
            return json!({"TargetHealthDescriptions": shown.collect::<Vec<_>>()});
        }
        other => panic!("ECS does not call {other}"),
    }
    json!({})
}

/// A small task definition `web`: one container `app` on port 8080.
pub(crate) fn web() -> Value {
    json!({
        "family": "web",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{
            "name": "app",
            "image": "web:1",
            "command": ["serve"],
            "environment": [{"name": "PASSWORD", "value": "open sesame"}],
            "portMappings": [{"containerPort": 8080}],
        }],
    })
}

/// `web` with changes: `{"cpu": "512", "app": {"stopTimeout": 2}}` changes the task and the first
/// container; `null` takes a member away.
pub(crate) fn web_but(changes: &Value) -> Value {
    let mut web = web();
    for (name, value) in changes.as_object().unwrap() {
        match (name.as_str(), value) {
            ("app", value) => change(&mut web["containerDefinitions"][0], value),
            (name, value) => change(&mut web, &json!({ name: value })),
        }
    }
    web
}

fn change(of: &mut Value, changes: &Value) {
    let members = of.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
}

/// A service `diary` of two tasks in the target group.
pub(crate) fn diary() -> Value {
    json!({
        "cluster": "main",
        "serviceName": "diary",
        "taskDefinition": "web",
        "desiredCount": 2,
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1", "subnet-2"]}},
        "loadBalancers": [
            {"targetGroupArn": GROUP, "containerName": "app", "containerPort": 8080},
        ],
    })
}

/// `diary` with changes; `null` takes a member away.
pub(crate) fn diary_but(changes: &Value) -> Value {
    let mut diary = diary();
    change(&mut diary, changes);
    diary
}

#[test]
fn an_operation_that_is_not_there_says_so() {
    let mut bench = Bench::new();
    let (code, message) = bench.refusal("ExecuteCommand", json!({}));
    assert_eq!(code, "InvalidAction");
    assert!(message.contains("ecs:ExecuteCommand"), "{message}");
}

/// Alarms that look back for two minutes, those of them that are asked for.
fn alarms(all: &BTreeMap<String, &'static str>, input: &Value) -> Value {
    let asked = |name: &String| input["AlarmNames"].as_array().unwrap().contains(&json!(name));
    let shown = |(name, state): (&String, &&str)| {
        let mut alarm = json!({"Period": 60, "EvaluationPeriods": 2});
        (alarm["AlarmName"], alarm["StateValue"]) = (json!(name), json!(state));
        alarm
    };
    let shown: Vec<Value> = all.iter().filter(|(name, _)| asked(name)).map(shown).collect();
    json!({"MetricAlarms": shown, "CompositeAlarms": []})
}
