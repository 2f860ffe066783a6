//! Tests of the whole service, with a server that does what it is told.

// The tests write their documents in place.
#![allow(clippy::needless_pass_by_value)]

mod fault;
mod instance;
mod parameter;
mod usage;

use standin_kernel::database::{DatabaseCommand, DatabaseSpec};
use standin_kernel::workload::{WorkloadEvent, WorkloadId, WorkloadKind};
use standin_kernel::{
    ApiError, Cx, Duration, Env, Out, Record, Rng, Service, ServiceName, Time, Value, json,
};

use crate::Rds;

/// An account with its databases.
pub(crate) struct Bench {
    pub(crate) rds: Rds,
    pub(crate) env: Env,
    pub(crate) now: Time,
    rng: Rng,
    /// The servers that were launched, the last of an instance last.
    pub(crate) launched: Vec<(WorkloadId, DatabaseSpec)>,
    /// What servers were told.
    pub(crate) told: Vec<DatabaseCommand>,
    pub(crate) records: Vec<Record>,
    /// What CloudWatch was told.
    pub(crate) metrics: Vec<Value>,
    /// A server that is launched ends before it is ready.
    pub(crate) broken: bool,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            rds: Rds::new(),
            env: Env::default(),
            now: Time::from_seconds(1_800_000_000),
            rng: Rng::new(7),
            launched: Vec::new(),
            told: Vec::new(),
            records: Vec::new(),
            metrics: Vec::new(),
            broken: false,
        }
    }

    pub(crate) fn with<T>(&mut self, act: impl FnOnce(&mut Rds, &mut Cx<'_>) -> T) -> T {
        let mut out = Vec::new();
        let mut cx = Cx {
            now: self.now,
            rng: &mut self.rng,
            env: &self.env,
            out: &mut out,
            facts: None,
            asked_by: None,
        };
        let answer = act(&mut self.rds, &mut cx);
        for out in out {
            self.carry_out(out);
        }
        answer
    }

    fn carry_out(&mut self, out: Out) {
        match out {
            Out::Launch { spec } => {
                let WorkloadKind::Database(database) = spec.kind else {
                    unreachable!("a database")
                };
                self.launched.push((spec.id, *database));
                self.event(spec.id, WorkloadEvent::Started);
            }
            Out::Exec { workload, exec } => {
                let command = DatabaseCommand::of(&exec).unwrap();
                self.told.push(command.clone());
                if self.broken && command == DatabaseCommand::Ready {
                    return self.event(workload, WorkloadEvent::Exited { code: 1 });
                }
                let done = WorkloadEvent::ExecDone { ticket: exec.ticket, code: Some(0) };
                self.event(workload, done);
                if command == DatabaseCommand::Stop {
                    self.event(workload, WorkloadEvent::Exited { code: 0 });
                }
            }
            Out::Store(record) => self.records.push(record),
            Out::Call { operation, input, .. } if operation == "cloudwatch:PutMetricData" => {
                self.metrics.push(input);
            }
            Out::Call { ticket, service, operation, .. } => {
                assert_eq!(service, ServiceName::Platform);
                let reply = match operation.as_str() {
                    "secretsmanager:CreateSecret" => json!({"ARN": "arn:aws:secretsmanager:x"}),
                    _ => json!({}),
                };
                self.with(|rds, cx| rds.reply(cx, ticket, Ok(reply)));
            }
            Out::Signal { workload, .. } => {
                self.event(workload, WorkloadEvent::Exited { code: 137 });
            }
            Out::Log { .. } => {}
            other => unreachable!("{other:?}"),
        }
    }

    pub(crate) fn event(&mut self, workload: WorkloadId, event: WorkloadEvent) {
        self.with(|rds, cx| rds.workload(cx, workload, event));
    }

    pub(crate) fn call(&mut self, operation: &str, input: Value) -> Result<Value, ApiError> {
        self.with(|rds, cx| rds.call(cx, operation, &input))
    }

    pub(crate) fn ok(&mut self, operation: &str, input: Value) -> Value {
        let reply = self.call(operation, input).unwrap();
        self.settle();
        reply
    }

    pub(crate) fn refused(&mut self, operation: &str, input: Value) -> ApiError {
        self.call(operation, input).unwrap_err()
    }

    /// Lets everything happen that is due now.
    pub(crate) fn settle(&mut self) {
        while self.rds.deadline().is_some_and(|deadline| deadline.at <= self.now) {
            self.with(Service::on_deadline);
        }
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(deadline) = self.rds.deadline().filter(|deadline| deadline.at <= until) {
            self.now = deadline.at.max(self.now);
            self.with(Service::on_deadline);
        }
        self.now = until;
    }

    /// An instance that is available.
    pub(crate) fn instance(&mut self, id: &str, more: Value) {
        let mut input = json!({
            "DBInstanceIdentifier": id, "Engine": "postgres", "EngineVersion": "16.4",
            "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20,
            "MasterUsername": "keeper", "MasterUserPassword": "long enough".replace(' ', "-"),
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            input[name] = value.clone();
        }
        self.ok("CreateDBInstance", input);
    }

    pub(crate) fn described(&mut self, id: &str) -> Value {
        let input = json!({"DBInstanceIdentifier": id});
        self.call("DescribeDBInstances", input).unwrap()["DBInstances"][0].clone()
    }

    pub(crate) fn status(&mut self, id: &str) -> String {
        self.described(id)["DBInstanceStatus"].as_str().unwrap().to_owned()
    }

    pub(crate) fn apply_status(&mut self, id: &str) -> String {
        let group = self.described(id)["DBParameterGroups"][0].clone();
        group["ParameterApplyStatus"].as_str().unwrap().to_owned()
    }

    pub(crate) fn events(&mut self) -> Vec<String> {
        let events = self.call("DescribeEvents", json!({"Duration": 1000})).unwrap();
        let events = events["Events"].as_array().unwrap().iter();
        events.map(|event| event["Message"].as_str().unwrap().to_owned()).collect()
    }

    /// The parameters the running server has.
    pub(crate) fn acting(&self, name: &str) -> Option<String> {
        let told = self.told.iter().rev().find_map(|command| match command {
            DatabaseCommand::Parameters { parameters, .. } => Some(parameters),
            // What a start gave counts as well; whichever is later.
            _ => None,
        });
        let launched = &self.launched.last()?.1.parameters;
        told.unwrap_or(launched).get(name).cloned()
    }

    /// Everything stored, in a Standin that was started anew.
    pub(crate) fn restart(self) -> Self {
        let mut fresh = Self { now: self.now, env: self.env, ..Self::new() };
        let mut last = std::collections::BTreeMap::new();
        for record in self.records {
            last.insert((record.kind.clone(), record.id.clone()), record);
        }
        for record in last.into_values().filter(|record| record.document.is_some()) {
            fresh.rds.restore(&record).unwrap();
            fresh.records.push(record);
        }
        fresh.with(Service::restored);
        fresh.settle();
        fresh
    }
}
