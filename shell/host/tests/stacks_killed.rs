//! Stack operations that are killed after every batch of records they write: the next start goes on
//! or rolls back, nothing acknowledged is lost, and nothing is left that belongs to no stack.

// A test that cannot go on panics.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use standin_engine::{Effect, Engine, Input, LegId};
use standin_kernel::workload::{WorkloadEvent, WorkloadId};
use standin_kernel::{
    ApiError, Duration, Env, LinkFailure, Record, Response, ServiceName, Time, Value, json,
};

type Disk = BTreeMap<(ServiceName, String, String), Value>;

/// All services with a disk, and containers that start, answer and end at once.
struct Machine {
    engine: Engine,
    now: Time,
    queue: BTreeMap<(Time, u64), Input>,
    sequence: u64,
    running: BTreeSet<WorkloadId>,
    disk: Disk,
    batches: usize,
    /// The machine dies when it has written so many batches.
    dies_after: usize,
    reply: Option<Result<Value, ApiError>>,
}

const AT_ONCE: Duration = Duration::from_millis(1);
const TICKET: u64 = 1;

impl Machine {
    fn start(disk: Disk, now: Time) -> Self {
        let mut machine = Self {
            engine: Engine::new(Env::default(), now.0),
            now,
            queue: BTreeMap::new(),
            sequence: 0,
            running: BTreeSet::new(),
            disk,
            batches: 0,
            dies_after: usize::MAX,
            reply: None,
        };
        let record = |((service, kind, id), document): (&(ServiceName, String, String), &Value)| {
            let document = Some(document.clone());
            (*service, Record { kind: kind.clone(), id: id.clone(), document })
        };
        let records: Vec<_> = machine.disk.iter().map(record).collect();
        let effects = machine.engine.restore(now, &records).unwrap();
        machine.carry_out(effects);
        machine
    }

    fn is_dead(&self) -> bool {
        self.batches >= self.dies_after
    }

    fn step(&mut self, input: Input) {
        let effects = self.engine.step(self.now, input);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Store { records } => {
                    for (service, Record { kind, id, document }) in records {
                        let key = (service, kind, id);
                        match document {
                            Some(document) => drop(self.disk.insert(key, document)),
                            None => drop(self.disk.remove(&key)),
                        }
                    }
                    self.batches += 1;
                    if self.is_dead() {
                        return;
                    }
                }
                Effect::Reply { ticket: TICKET, reply } => self.reply = Some(reply),
                Effect::Launch { spec } => {
                    self.running.insert(spec.id);
                    self.happens(spec.id, WorkloadEvent::Started);
                }
                Effect::Signal { workload, .. } if self.running.remove(&workload) => {
                    self.happens(workload, WorkloadEvent::Exited { code: 0 });
                }
                Effect::Signal { .. } => {}
                Effect::Exec { workload, exec } => {
                    let event = WorkloadEvent::ExecDone { ticket: exec.ticket, code: Some(0) };
                    self.happens(workload, event);
                }
                Effect::Send { leg, .. } => self.answers(leg),
                _ => {}
            }
        }
    }

    fn answers(&mut self, leg: LegId) {
        let input = match self.running.is_empty() {
            true => Input::Failed { leg, failure: LinkFailure::Refused },
            false => {
                Input::Response { leg, response: Box::new(Response::text(200, "text/plain", "ok")) }
            }
        };
        self.later(input);
    }

    fn happens(&mut self, workload: WorkloadId, event: WorkloadEvent) {
        self.later(Input::Workload { workload, event });
    }

    fn later(&mut self, input: Input) {
        self.sequence += 1;
        self.queue.insert((self.now + AT_ONCE, self.sequence), input);
    }

    /// What comes next; `false` when nothing does.
    fn advance(&mut self) -> bool {
        let queued = self.queue.first_key_value().map(|((at, _), _)| *at);
        let due = self.engine.deadline().map(|deadline| deadline.at);
        let Some(next) = queued.into_iter().chain(due).min() else { return false };
        self.now = self.now.max(next);
        match (queued == Some(next)).then(|| self.queue.pop_first()).flatten() {
            Some((_, input)) => self.step(input),
            None => self.step(Input::Tick),
        }
        true
    }

    /// Lets time pass until every stack rests, or the machine dies.
    fn settle(&mut self) {
        let end = self.now + Duration::from_secs(3600);
        let rest = |machine: &Self| {
            let stacks = machine.engine.services().cloudformation.stacks();
            stacks.iter().all(|stack| !stack.status.as_str().ends_with("_IN_PROGRESS"))
        };
        while !self.is_dead() && !rest(self) {
            assert!(self.advance() && self.now < end, "the stacks never rest");
        }
    }

    fn ask(&mut self, service: ServiceName, operation: &str, input: Value) {
        self.reply = None;
        let operation = operation.to_owned();
        self.step(Input::Call { ticket: TICKET, service, operation, input });
    }

    fn ok(&mut self, service: ServiceName, operation: &str, input: Value) -> Value {
        self.ask(service, operation, input);
        self.reply.take().unwrap().unwrap_or_else(|refused| panic!("{operation}: {refused}"))
    }

    fn stack(&mut self, name: &str) -> Option<Value> {
        let shown = self.ok(ServiceName::CloudFormation, "DescribeStacks", json!({}));
        let stacks = shown["Stacks"].as_array().unwrap();
        stacks.iter().find(|stack| stack["StackName"] == name).cloned()
    }

    fn status(&mut self) -> String {
        let stack = self.stack("shop");
        stack.map_or("gone".into(), |stack| stack["StackStatus"].as_str().unwrap().to_owned())
    }

    /// What failed, and why.
    fn failures(&mut self) -> Vec<String> {
        let input = json!({"StackName": "shop"});
        let shown = self.ok(ServiceName::CloudFormation, "DescribeStackEvents", input);
        let events = shown["StackEvents"].as_array().unwrap().iter();
        let failed = events.filter(|event| {
            event["ResourceStatus"].as_str().is_some_and(|status| status.ends_with("_FAILED"))
        });
        failed
            .map(|event| {
                format!("{} {}", event["LogicalResourceId"], event["ResourceStatusReason"])
            })
            .collect()
    }

    /// How much there is of everything, whoever made it.
    fn inventory(&mut self) -> Vec<(&'static str, usize)> {
        let lists = [
            (ServiceName::Platform, "ec2:DescribeVpcs", "Vpcs"),
            (ServiceName::Platform, "ec2:DescribeSubnets", "Subnets"),
            (ServiceName::Platform, "ec2:DescribeSecurityGroups", "SecurityGroups"),
            (ServiceName::Platform, "ssm:DescribeParameters", "Parameters"),
            (ServiceName::Platform, "logs:DescribeLogGroups", "logGroups"),
            (ServiceName::Elbv2, "DescribeLoadBalancers", "LoadBalancers"),
            (ServiceName::Elbv2, "DescribeTargetGroups", "TargetGroups"),
            (ServiceName::Ecs, "ListClusters", "clusterArns"),
            (ServiceName::S3, "ListBuckets", "Buckets"),
            (ServiceName::CloudFormation, "DescribeStacks", "Stacks"),
        ];
        let mut counts = Vec::new();
        for (service, operation, member) in lists {
            let listed = self.ok(service, operation, json!({}));
            counts.push((member, listed[member].as_array().map_or(0, Vec::len)));
        }
        let listed = self.ok(ServiceName::CloudFront, "ListDistributions", json!({}));
        let items = &listed["DistributionList"]["Items"];
        counts.push(("Distributions", items.as_array().map_or(0, Vec::len)));
        counts
    }

    fn parameter(&mut self) -> Value {
        let input = json!({"Name": "/shop/release"});
        self.ok(ServiceName::Platform, "ssm:GetParameter", input)["Parameter"]["Value"].clone()
    }
}

const TEMPLATE: &str = include_str!("stacks_killed.yaml");
const CHILD: &str = "\
Parameters: {Release: {Type: String}}
Resources:
  Logs: {Type: 'AWS::Logs::LogGroup', Properties: {LogGroupName: !Sub 'shop-${Release}'}}
Outputs: {Group: {Value: !Ref Logs}}
";

/// The input that makes the stack, or brings it to another release.
fn wanted(release: &str, fails: bool) -> Value {
    json!({
        "StackName": "shop",
        "TemplateBody": TEMPLATE,
        "Parameters": [
            {"ParameterKey": "Release", "ParameterValue": release},
            {"ParameterKey": "Fails", "ParameterValue": fails.to_string()},
        ],
        "Standin": {
            "File": "/shop/shop.yaml",
            "BaseDirectory": "/shop",
            "Templates": {"/shop/child.yaml": CHILD},
        },
    })
}

const START: Time = Time::from_seconds(1_800_000_000);

/// Does `operation` once undisturbed and once for each batch it writes, with a kill behind that
/// batch; `check` looks at what the next start has made of it.
fn killed_everywhere(
    disk: &Disk,
    operation: &str,
    input: &Value,
    mut check: impl FnMut(&mut Machine, usize),
) -> Disk {
    let service = ServiceName::CloudFormation;
    let mut whole = Machine::start(disk.clone(), START);
    whole.settle();
    let before = whole.batches;
    whole.ok(service, operation, input.clone());
    whole.settle();
    let count = whole.batches - before;
    assert!(count > 3, "{operation} writes {count} batches");
    check(&mut whole, usize::MAX);
    for batch in 1..=count {
        let mut machine = Machine::start(disk.clone(), START);
        machine.settle();
        machine.dies_after = machine.batches + batch;
        machine.ask(service, operation, input.clone());
        machine.settle();
        assert!(machine.is_dead(), "{operation}: batch {batch} of {count} was never written");
        let mut next = Machine::start(machine.disk, machine.now + Duration::from_secs(1));
        next.settle();
        check(&mut next, batch);
    }
    whole.disk
}

fn made(release: &str) -> Disk {
    let mut machine = Machine::start(Disk::new(), START);
    machine.ok(ServiceName::CloudFormation, "CreateStack", wanted(release, false));
    machine.settle();
    assert_eq!(machine.status(), "CREATE_COMPLETE", "{:#?}", machine.failures());
    machine.disk
}

fn inventory(disk: &Disk) -> Vec<(&'static str, usize)> {
    Machine::start(disk.clone(), START).inventory()
}

#[test]
fn a_creation_goes_on_after_a_kill() {
    let there = inventory(&made("one"));
    killed_everywhere(&Disk::new(), "CreateStack", &wanted("one", false), |machine, batch| {
        assert_eq!(machine.status(), "CREATE_COMPLETE", "killed after batch {batch}");
        assert_eq!(machine.inventory(), there, "killed after batch {batch}");
        assert_eq!(machine.parameter(), "one");
    });
}

#[test]
fn a_creation_that_fails_is_rolled_back_after_a_kill() {
    let nothing = inventory(&Disk::new());
    killed_everywhere(&Disk::new(), "CreateStack", &wanted("one", true), |machine, batch| {
        assert_eq!(machine.status(), "ROLLBACK_COMPLETE", "killed after batch {batch}");
        machine.ok(ServiceName::CloudFormation, "DeleteStack", json!({"StackName": "shop"}));
        machine.settle();
        assert_eq!(machine.inventory(), nothing, "killed after batch {batch}");
    });
}

#[test]
fn an_update_goes_on_after_a_kill() {
    let disk = made("one");
    let there = inventory(&disk);
    killed_everywhere(&disk, "UpdateStack", &wanted("two", false), |machine, batch| {
        assert_eq!(machine.status(), "UPDATE_COMPLETE", "killed after batch {batch}");
        assert_eq!(machine.inventory(), there, "killed after batch {batch}");
        assert_eq!(machine.parameter(), "two");
    });
}

#[test]
fn an_update_that_fails_is_put_back_after_a_kill() {
    let disk = made("one");
    let there = inventory(&disk);
    killed_everywhere(&disk, "UpdateStack", &wanted("two", true), |machine, batch| {
        assert_eq!(machine.status(), "UPDATE_ROLLBACK_COMPLETE", "killed after batch {batch}");
        assert_eq!(machine.inventory(), there, "killed after batch {batch}");
        assert_eq!(machine.parameter(), "one");
    });
}

#[test]
fn a_deletion_goes_on_after_a_kill() {
    let nothing = inventory(&Disk::new());
    let name = json!({"StackName": "shop"});
    killed_everywhere(&made("one"), "DeleteStack", &name, |machine, batch| {
        assert_eq!(machine.status(), "gone", "killed after batch {batch}");
        assert_eq!(machine.inventory(), nothing, "killed after batch {batch}");
    });
}
