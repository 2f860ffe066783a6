//! Tests through the service's door, as the engine uses it.
#![expect(clippy::needless_pass_by_value, reason = "calls with json! read better without &")]

mod alias;
mod answer;
mod change;
mod health_check;
mod policy;
mod resource;
mod restart;
mod zone;

use std::collections::{BTreeMap, BTreeSet};

use standin_kernel::control::Record;
use standin_kernel::dns::{Answer, Code, Name, Question, RecordType};
use standin_kernel::{
    Answer as Answered, ApiError, Caller, Cx, Duration, Env, Fact, Heard, LegRequest, LinkFailure,
    Out, Pace, Response, Rng, Service, Time, Value, json,
};

use crate::{Endpoints, Route53};

/// A service with a driver around it, and a world it is told of.
pub(super) struct Bench {
    pub(super) route53: Route53,
    pub(super) env: Env,
    pub(super) now: Time,
    rng: Rng,
    pub(super) records: BTreeMap<(String, String), Value>,
    pub(super) logs: Vec<String>,
    pub(super) facts: Vec<Fact>,
    pub(super) world: World,
    /// What the endpoint of health checks does.
    pub(super) endpoint: Endpoint,
    pub(super) asked: Vec<(Time, LegRequest)>,
    /// What CloudWatch was told.
    pub(super) metrics: Vec<Value>,
    /// What CloudWatch says of the alarm `errors`: itself, and what its metric comes to.
    pub(super) alarm: Value,
    pub(super) judged: Value,
    /// When a metric was looked at.
    pub(super) looks: Vec<Time>,
}

#[derive(Clone, Default)]
pub(super) struct World {
    pub(super) unhealthy: BTreeSet<String>,
    pub(super) gone: BTreeSet<String>,
}

impl Endpoints for World {
    fn exists(&self, host: &str) -> bool {
        !self.gone.contains(host)
    }

    fn is_healthy(&self, host: &str) -> bool {
        !self.unhealthy.contains(host)
    }
}

/// What comes of a checker's request, at once.
pub(super) enum Endpoint {
    Says(u16, &'static str),
    Fails(LinkFailure),
    /// Only so many checkers reach it, the first ones.
    ReachedBy(u64),
    Silent,
}

/// The first zone, `example.com.`
pub(super) const ALB: &str = "web-1.ap-northeast-1.elb.amazonaws.com";
pub(super) const ALB_ZONE: &str = "Z14GRHDCWA56QT";

impl Bench {
    pub(super) fn new() -> Self {
        Self {
            route53: Route53::new(),
            env: Env::default(),
            now: Time::from_seconds(1_800_000_000),
            rng: Rng::new(7),
            records: BTreeMap::new(),
            logs: Vec::new(),
            facts: Vec::new(),
            world: World::default(),
            endpoint: Endpoint::Says(200, "well"),
            asked: Vec::new(),
            metrics: Vec::new(),
            alarm: Value::Null,
            judged: Value::Null,
            looks: Vec::new(),
        }
    }

    /// Where everything takes as long as on AWS.
    pub(super) fn slow() -> Self {
        let mut bench = Self::new();
        bench.env.pace = Pace::Aws;
        bench
    }

    /// With a zone `example.com.`, whose id comes along.
    pub(super) fn with_zone() -> (Self, String) {
        let mut bench = Self::new();
        let zone = bench.zone("example.com");
        (bench, zone)
    }

    pub(super) fn zone(&mut self, name: &str) -> String {
        let input = json!({"Name": name, "CallerReference": name});
        let made = self.ok("CreateHostedZone", input);
        self.pass(Duration::from_secs(60));
        made["HostedZone"]["Id"].as_str().unwrap().trim_start_matches("/hostedzone/").to_owned()
    }

    pub(super) fn with<R>(&mut self, work: impl FnOnce(&mut Route53, &mut Cx<'_>) -> R) -> R {
        let mut out = Vec::new();
        let mut cx = Cx {
            now: self.now,
            rng: &mut self.rng,
            env: &self.env,
            out: &mut out,
            facts: Some(&mut self.facts),
            asked_by: None,
        };
        let result = work(&mut self.route53, &mut cx);
        for one in out {
            self.take(one);
        }
        result
    }

    fn take(&mut self, out: Out) {
        match out {
            Out::Store(Record { kind, id, document: Some(document) }) => {
                self.records.insert((kind, id), document);
            }
            Out::Store(Record { kind, id, document: None }) => {
                self.records.remove(&(kind, id));
            }
            Out::Log { line, .. } => self.logs.push(line),
            Out::Send { caller, request } => self.send(caller, *request),
            Out::Cancel { .. } => {}
            Out::Call { ticket, operation, .. } if operation.ends_with("StandinJudgeMetric") => {
                self.looks.push(self.now);
                let reply = Ok(json!({"StateValue": self.judged}));
                self.with(|route53, cx| route53.reply(cx, ticket, reply));
            }
            Out::Call { input, .. } => self.metrics.push(input),
            other => panic!("{other:?} is not asked for"),
        }
    }

    fn send(&mut self, caller: Caller, request: LegRequest) {
        let Caller::Own(slot) = caller else { panic!("{caller:?}") };
        self.asked.push((self.now, request));
        let outcome = match self.endpoint {
            Endpoint::Says(status, body) => Ok(Response::text(status, "text/plain", body)),
            Endpoint::Fails(failure) => Err(failure),
            Endpoint::ReachedBy(count) if slot % 64 < count => {
                Ok(Response::text(200, "text/plain", "well"))
            }
            Endpoint::ReachedBy(_) => Err(LinkFailure::Refused),
            Endpoint::Silent => return,
        };
        self.with(|route53, cx| match outcome {
            Ok(response) => route53.response(cx, caller, response),
            Err(failure) => route53.failed(cx, caller, failure),
        });
    }

    pub(super) fn call(&mut self, operation: &str, input: &Value) -> Result<Value, ApiError> {
        let need = self.route53.needs(operation, input, &[]);
        let reply = json!({"MetricAlarms": [self.alarm], "CompositeAlarms": []});
        let answer = Answered::Reply(Ok(reply));
        let heard: Vec<Heard> = need.map(|need| Heard { need, answer }).into_iter().collect();
        self.with(|route53, cx| route53.call_knowing(cx, operation, input, &heard))
    }

    #[track_caller]
    pub(super) fn ok(&mut self, operation: &str, input: Value) -> Value {
        self.call(operation, &input).unwrap_or_else(|error| panic!("{operation} {input}: {error}"))
    }

    #[track_caller]
    pub(super) fn err(&mut self, operation: &str, input: Value) -> ApiError {
        match self.call(operation, &input) {
            Ok(answer) => panic!("{operation} {input} must be refused: {answer}"),
            Err(error) => error,
        }
    }

    /// Lets time pass, doing all that falls due.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.route53.deadline().filter(|due| due.at <= end) {
            self.now = self.now.max(due.at);
            self.with(Service::on_deadline);
        }
        self.now = end;
    }

    /// Changes of a batch; name servers know of them afterwards.
    #[track_caller]
    pub(super) fn change(&mut self, zone: &str, changes: &[(&str, Value)]) -> Value {
        let changed = self.ok("ChangeResourceRecordSets", batch(zone, changes));
        self.pass(Duration::from_secs(61));
        changed
    }

    #[track_caller]
    pub(super) fn upsert(&mut self, zone: &str, set: Value) {
        self.change(zone, &[("UPSERT", set)]);
    }

    /// The message of a batch that is refused with `InvalidChangeBatch`.
    #[track_caller]
    pub(super) fn wrong(&mut self, zone: &str, changes: &[(&str, Value)]) -> String {
        let error = self.err("ChangeResourceRecordSets", batch(zone, changes));
        assert_eq!((error.code.as_str(), error.status), ("InvalidChangeBatch", 400), "{error}");
        error.message
    }

    pub(super) fn answer(&mut self, question: &Question) -> Option<Answer> {
        let world = self.world.clone();
        self.with(|route53, cx| route53.answer(cx, question, &world))
    }

    #[track_caller]
    pub(super) fn dig(&mut self, name: &str, kind: &str) -> Answer {
        self.answer(&question(name, kind)).unwrap()
    }

    /// The addresses of a name, in order.
    #[track_caller]
    pub(super) fn addresses(&mut self, name: &str) -> Vec<String> {
        let mut all: Vec<String> =
            self.dig(name, "A").addresses().iter().map(ToString::to_string).collect();
        all.sort();
        all
    }

    /// How often each address comes in so many answers with one.
    pub(super) fn tally(&mut self, name: &str, times: usize) -> BTreeMap<String, usize> {
        let mut tally = BTreeMap::new();
        for _ in 0..times {
            for address in self.addresses(name) {
                *tally.entry(address).or_default() += 1;
            }
        }
        tally
    }

    pub(super) fn check(&mut self, config: Value) -> String {
        let reference = format!("check {}", self.records.len());
        let input = json!({"CallerReference": reference, "HealthCheckConfig": config});
        let made = self.ok("CreateHealthCheck", input);
        made["HealthCheck"]["Id"].as_str().unwrap().to_owned()
    }

    /// A check that is unhealthy, or healthy, from now on and whatever happens.
    pub(super) fn fixed_check(&mut self, healthy: bool) -> String {
        self.check(json!({
            "Type": "HTTP", "IPAddress": "192.0.2.1", "Disabled": true, "Inverted": !healthy,
        }))
    }

    /// The same state in another process.
    pub(super) fn restart(&mut self) {
        self.route53 = Route53::new();
        let records: Vec<Record> = self
            .records
            .iter()
            .map(|((kind, id), document)| Record {
                kind: kind.clone(),
                id: id.clone(),
                document: Some(document.clone()),
            })
            .collect();
        for record in &records {
            self.route53.restore(record).unwrap();
        }
        self.with(Service::restored);
    }
}

pub(super) fn question(name: &str, kind: &str) -> Question {
    Question::own(Name::parse(name).unwrap(), RecordType::parse(kind).unwrap())
}

pub(super) fn batch(zone: &str, changes: &[(&str, Value)]) -> Value {
    let changes: Vec<Value> = changes
        .iter()
        .map(|(action, set)| json!({"Action": action, "ResourceRecordSet": set}))
        .collect();
    json!({"HostedZoneId": zone, "ChangeBatch": {"Changes": changes}})
}

/// A simple record set with a TTL of 300 s.
pub(super) fn simple(name: &str, kind: &str, values: &[&str]) -> Value {
    let values: Vec<Value> = values.iter().map(|value| json!({"Value": value})).collect();
    json!({"Name": name, "Type": kind, "TTL": 300, "ResourceRecords": values})
}

/// The same with further members.
pub(super) fn with(mut set: Value, members: Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        set[name] = value.clone();
    }
    set
}

/// One of a group of A records: its set identifier, the last octet of its address, its members.
pub(super) fn one(name: &str, set: &str, last: u8, members: Value) -> Value {
    let address = format!("192.0.2.{last}");
    let set = with(simple(name, "A", &[&address]), json!({"SetIdentifier": set}));
    with(set, members)
}

pub(super) fn alias(name: &str, zone: &str, target: &str, evaluate: bool) -> Value {
    json!({"Name": name, "Type": "A", "AliasTarget": {
        "HostedZoneId": zone, "DNSName": target, "EvaluateTargetHealth": evaluate,
    }})
}

#[track_caller]
pub(super) fn is_nothing(answer: &Answer, code: Code) {
    assert_eq!((answer.code, answer.answers.len()), (code, 0));
    assert_eq!(answer.authority.len(), 1);
    assert_eq!(answer.authority[0].kind, RecordType::SOA);
}
