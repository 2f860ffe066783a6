//! Tests through the service's door, as the engine uses it. How requests fare is tested in `data`.
#![expect(clippy::needless_pass_by_value, reason = "calls with json! read better without &")]

mod access_log;
mod action;
mod attribute;
mod condition;
mod dns;
mod function;
mod listener;
mod load_balancer;
mod metric;
mod random;
mod resource;
mod restart;
mod rule;
mod serve;
mod tag;
mod target;
mod target_group;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use standin_kernel::control::Record;
use standin_kernel::{
    ApiError, Cx, Duration, Env, Fact, Identity, Out, Pace, Request, RequestHead, Rng, Service,
    ServiceName, Time, Value, json,
};

use crate::Elbv2;

/// A service with a driver's memory around it, and an EC2 that knows a few subnets.
pub(crate) struct Bench {
    pub(crate) elbv2: Elbv2,
    pub(crate) env: Env,
    pub(crate) now: Time,
    rng: Rng,
    pub(crate) records: BTreeMap<(String, String), Value>,
    pub(crate) logs: Vec<String>,
    pub(crate) facts: Vec<Fact>,
    /// Whose calls they are; `None`: the account's.
    pub(crate) asked_by: Option<ServiceName>,
    /// What CloudWatch was told.
    pub(crate) metrics: Vec<Value>,
    /// What was put into buckets, and whether they refuse it.
    pub(crate) objects: Vec<Value>,
    pub(crate) bucket_closed: bool,
    /// All else that was asked for, since it was last taken.
    pub(crate) outs: Vec<Out>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            elbv2: Elbv2::new(),
            env: Env::default(),
            now: Time::from_seconds(1_800_000_000),
            rng: Rng::new(7),
            records: BTreeMap::new(),
            logs: Vec::new(),
            facts: Vec::new(),
            asked_by: None,
            metrics: Vec::new(),
            objects: Vec::new(),
            bucket_closed: false,
            outs: Vec::new(),
        }
    }

    /// Where everything takes as long as on AWS.
    pub(crate) fn slow() -> Self {
        let mut bench = Self::new();
        bench.env.pace = Pace::Aws;
        bench
    }

    pub(crate) fn with<R>(&mut self, work: impl FnOnce(&mut Elbv2, &mut Cx<'_>) -> R) -> R {
        let mut out = Vec::new();
        let mut cx = Cx {
            now: self.now,
            rng: &mut self.rng,
            env: &self.env,
            out: &mut out,
            facts: Some(&mut self.facts),
            asked_by: self.asked_by,
        };
        let result = work(&mut self.elbv2, &mut cx);
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
            Out::Call { ticket, service: ServiceName::S3, input, .. } => {
                self.objects.push(input);
                let refused = ApiError::new("AccessDenied", 403, "Access Denied");
                let reply = if self.bucket_closed { Err(refused) } else { Ok(json!({})) };
                self.with(|elbv2, cx| elbv2.reply(cx, ticket, reply));
            }
            Out::Call { ticket, service: ServiceName::Platform, operation, input } => {
                let reply = match operation.as_str() {
                    "DescribeSubnets" => subnets(&input),
                    "DescribeSecurityGroups" => security_groups(&input),
                    "cloudwatch:PutMetricData" => {
                        self.metrics.push(input);
                        Ok(json!({}))
                    }
                    other => panic!("{other} is not asked of EC2"),
                };
                self.with(|elbv2, cx| elbv2.reply(cx, ticket, reply));
            }
            other => self.outs.push(other),
        }
    }

    pub(crate) fn call(&mut self, operation: &str, input: &Value) -> Result<Value, ApiError> {
        self.with(|elbv2, cx| elbv2.call(cx, operation, input))
    }

    #[track_caller]
    pub(crate) fn ok(&mut self, operation: &str, input: Value) -> Value {
        self.call(operation, &input).unwrap_or_else(|error| panic!("{operation} {input}: {error}"))
    }

    /// A refusal.
    #[track_caller]
    pub(crate) fn err(&mut self, operation: &str, input: Value) -> ApiError {
        match self.call(operation, &input) {
            Ok(answer) => panic!("{operation} {input} must be refused: {answer}"),
            Err(error) => error,
        }
    }

    /// The code of a refusal.
    #[track_caller]
    pub(crate) fn refusal(&mut self, operation: &str, input: Value) -> String {
        self.err(operation, input).code
    }

    /// Lets time pass, with all that is due in it.
    pub(crate) fn pass(&mut self, by: Duration) {
        let until = self.now + by;
        while let Some(due) = self.elbv2.deadline().filter(|due| due.at <= until) {
            self.now = self.now.max(due.at);
            self.with(Service::on_deadline);
        }
        self.now = until;
    }

    /// A load balancer `web` in two zones; gives its ARN.
    pub(crate) fn balancer(&mut self) -> String {
        self.balancer_named("web")
    }

    pub(crate) fn balancer_named(&mut self, name: &str) -> String {
        let made = self.ok("CreateLoadBalancer", balancer(name));
        text(&made["LoadBalancers"][0]["LoadBalancerArn"])
    }

    /// An ip target group on port 8080; gives its ARN.
    pub(crate) fn group(&mut self, name: &str) -> String {
        let made = self.ok("CreateTargetGroup", group(name));
        text(&made["TargetGroups"][0]["TargetGroupArn"])
    }

    /// An HTTP listener that forwards to the group; gives its ARN.
    pub(crate) fn listener(&mut self, balancer: &str, port: u16, group: &str) -> String {
        let made = self.ok("CreateListener", listener(balancer, port, forward(group)));
        text(&made["Listeners"][0]["ListenerArn"])
    }

    /// A load balancer with a listener on port 80 and its group: their ARNs in this order.
    pub(crate) fn site(&mut self) -> (String, String, String) {
        let (balancer, group) = (self.balancer(), self.group("app"));
        let listener = self.listener(&balancer, 80, &group);
        (balancer, listener, group)
    }

    /// A rule that answers 404 under a path; gives its ARN.
    pub(crate) fn rule(&mut self, listener: &str, priority: u32, path: &str) -> String {
        let made = self.ok("CreateRule", rule(listener, priority, path));
        text(&made["Rules"][0]["RuleArn"])
    }

    pub(crate) fn dns_name(&mut self, balancer: &str) -> String {
        let shown = self.ok("DescribeLoadBalancers", json!({"LoadBalancerArns": [balancer]}));
        text(&shown["LoadBalancers"][0]["DNSName"])
    }

    /// The service after a restart.
    pub(crate) fn restart(&mut self) {
        let mut elbv2 = Elbv2::new();
        for ((kind, id), document) in &self.records {
            let document = Some(document.clone());
            elbv2.restore(&Record { kind: kind.clone(), id: id.clone(), document }).unwrap();
        }
        self.elbv2 = elbv2;
        self.with(Service::restored);
    }
}

/// What EC2 says: `subnet-a` and `subnet-b` lie in different zones, `subnet-a2` beside `subnet-a`,
/// `subnet-far` in another network.
fn subnets(input: &Value) -> Result<Value, ApiError> {
    let known = [
        ("subnet-a", "vpc-1", "ap-northeast-1a"),
        ("subnet-a2", "vpc-1", "ap-northeast-1a"),
        ("subnet-b", "vpc-1", "ap-northeast-1c"),
        ("subnet-c", "vpc-1", "ap-northeast-1d"),
        ("subnet-far", "vpc-2", "ap-northeast-1d"),
    ];
    let mut subnets = Vec::new();
    for id in input["SubnetIds"].as_array().unwrap() {
        let found = known.iter().find(|(name, ..)| id == name);
        let (id, vpc, zone) = found.ok_or_else(|| {
            let message = format!("The subnet ID {id} does not exist");
            ApiError::new("InvalidSubnetID.NotFound", 400, message)
        })?;
        subnets.push(json!({"SubnetId": id, "VpcId": vpc, "AvailabilityZone": zone}));
    }
    Ok(json!({"Subnets": subnets}))
}

/// Groups `sg-1` to `sg-3`, and the default one of each network.
fn security_groups(input: &Value) -> Result<Value, ApiError> {
    let mut groups = Vec::new();
    for id in input["GroupIds"].as_array().into_iter().flatten() {
        if !["sg-1", "sg-2", "sg-3"].contains(&id.as_str().unwrap()) {
            let message = format!("The security group {id} does not exist");
            return Err(ApiError::new("InvalidGroup.NotFound", 400, message));
        }
        groups.push(json!({"GroupId": id}));
    }
    if groups.is_empty() {
        assert_eq!(input["Filters"][1], json!({"Name": "group-name", "Values": ["default"]}));
        let vpc = text(&input["Filters"][0]["Values"][0]);
        groups.push(json!({"GroupId": format!("sg-default-of-{vpc}")}));
    }
    Ok(json!({"SecurityGroups": groups}))
}

/// A viewer's GET.
pub(crate) fn request(host: &str, target: &str, port: u16) -> Request {
    Request {
        head: RequestHead::get(host, target),
        peer: SocketAddr::from(([203, 0, 113, 9], 40_000)),
        tls: false,
        has_body: false,
        identity: Identity::Anonymous,
        port,
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// The object with further members.
pub(crate) fn and(mut value: Value, more: Value) -> Value {
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    value
}

pub(crate) fn balancer(name: &str) -> Value {
    json!({"Name": name, "Subnets": ["subnet-a", "subnet-b"], "SecurityGroups": ["sg-1"]})
}

pub(crate) fn group(name: &str) -> Value {
    json!({
        "Name": name, "TargetType": "ip", "Protocol": "HTTP", "Port": 8080, "VpcId": "vpc-1",
        "HealthCheckIntervalSeconds": 10,
    })
}

pub(crate) fn listener(balancer: &str, port: u16, action: Value) -> Value {
    json!({
        "LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": port, "DefaultActions": [action],
    })
}

pub(crate) fn forward(group: &str) -> Value {
    json!({"Type": "forward", "TargetGroupArn": group})
}

pub(crate) fn fixed(status: &str) -> Value {
    json!({"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": status}})
}

pub(crate) fn rule(listener: &str, priority: u32, path: &str) -> Value {
    json!({
        "ListenerArn": listener,
        "Priority": priority,
        "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": [path]}}],
        "Actions": [fixed("404")],
    })
}
