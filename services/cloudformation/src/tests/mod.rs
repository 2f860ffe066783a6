//! Stacks driven under virtual time: a world with one small service, types that wait, fail and
//! replace, and a loop that answers calls and lets deadlines come.

mod api;
mod change_set;
mod create;
mod delete;
mod dynamic;
mod export;
mod intake;
mod nested;
mod policy;
mod random;
mod restart;
mod rollback;
mod types;
mod update;
mod watch;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use standin_kernel::{
    Answer, ApiError, BlobId, Cx, Duration, Env, Heard, Need, Out, Record, Rng, Service, Time,
    Value, json,
};

use crate::CloudFormation;

/// What exists in the small service.
#[derive(Clone, Debug)]
pub(crate) struct Thing {
    token: String,
    properties: Value,
    ready: Time,
}

impl Thing {
    pub(crate) const fn properties(&self) -> &Value {
        &self.properties
    }
}

/// The same thing with the same properties, whenever it became ready.
impl PartialEq for Thing {
    fn eq(&self, other: &Self) -> bool {
        (&self.token, &self.properties) == (&other.token, &other.properties)
    }
}

/// A stack machine and all that is around it.
pub(crate) struct World {
    pub(crate) cloudformation: CloudFormation,
    env: Env,
    rng: Rng,
    pub(crate) now: Time,
    pub(crate) things: BTreeMap<String, Thing>,
    /// `Make a`, `Change a`, `Drop a`: operations carried out, in order.
    pub(crate) done: Vec<String>,
    /// Operations that fail: `Make a`, or `Look a` for a thing that never becomes ready.
    pub(crate) broken: BTreeSet<String>,
    /// Dependencies that were not there when they should have been.
    pub(crate) violations: Vec<String>,
    pub(crate) records: BTreeMap<(String, String), Value>,
    pub(crate) log: Vec<String>,
    /// Texts in buckets, by `bucket/key`.
    pub(crate) objects: BTreeMap<String, String>,
    /// Type and value of each parameter of the parameter store.
    pub(crate) parameters: BTreeMap<String, (&'static str, String)>,
    /// The state of each alarm, and since when, by name.
    pub(crate) alarms: BTreeMap<String, (&'static str, Time)>,
}

pub(crate) const START: Time = Time::from_seconds(1_800_000_000);

impl World {
    pub(crate) fn new() -> Self {
        Self::seeded(7)
    }

    pub(crate) fn seeded(seed: u64) -> Self {
        Self {
            cloudformation: CloudFormation::new(types::all()),
            env: Env::default(),
            rng: Rng::new(seed),
            now: START,
            things: BTreeMap::new(),
            done: Vec::new(),
            broken: BTreeSet::new(),
            violations: Vec::new(),
            records: BTreeMap::new(),
            log: Vec::new(),
            objects: BTreeMap::new(),
            parameters: BTreeMap::new(),
            alarms: BTreeMap::new(),
        }
    }

    fn with<R>(&mut self, work: impl FnOnce(&mut CloudFormation, &mut Cx<'_>) -> R) -> R {
        let mut out = Vec::new();
        let (now, env) = (self.now, &self.env);
        let mut cx =
            Cx { now, rng: &mut self.rng, env, out: &mut out, facts: None, asked_by: None };
        let result = work(&mut self.cloudformation, &mut cx);
        let mut queue = VecDeque::from(out);
        while let Some(out) = queue.pop_front() {
            match out {
                Out::Call { ticket, service, operation, input } => {
                    let mut out = Vec::new();
                    let reply = match service {
                        standin_kernel::ServiceName::CloudFormation => {
                            let heard = self.hear(&operation, &input);
                            let (now, env) = (self.now, &self.env);
                            let rng = &mut self.rng;
                            let mut cx =
                                Cx { now, rng, env, out: &mut out, facts: None, asked_by: None };
                            self.cloudformation.call_knowing(&mut cx, &operation, &input, &heard)
                        }
                        standin_kernel::ServiceName::Platform if operation.contains(':') => {
                            self.tell(&operation, &input)
                        }
                        _ => self.serve(&operation, &input),
                    };
                    let (now, env) = (self.now, &self.env);
                    let mut cx = Cx {
                        now,
                        rng: &mut self.rng,
                        env,
                        out: &mut out,
                        facts: None,
                        asked_by: None,
                    };
                    self.cloudformation.reply(&mut cx, ticket, reply);
                    queue.extend(out);
                }
                Out::Store(Record { kind, id, document }) => match document {
                    Some(document) => {
                        self.records.insert((kind, id), document);
                    }
                    None => {
                        self.records.remove(&(kind, id));
                    }
                },
                Out::Log { source, line } => {
                    assert_eq!(source, "cloudformation");
                    self.log.push(line);
                }
                other => panic!("CloudFormation does not {other:?}"),
            }
        }
        result
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "calls read better with their input in place"
    )]
    pub(crate) fn call(&mut self, operation: &str, input: Value) -> Result<Value, ApiError> {
        let heard = self.hear(operation, &input);
        self.with(|machine, cx| machine.call_knowing(cx, operation, &input, &heard))
    }

    /// What an operation needs, as the engine would find it out.
    fn hear(&self, operation: &str, input: &Value) -> Vec<Heard> {
        let mut heard = Vec::new();
        while let Some(need) = self.cloudformation.needs(operation, input, &heard) {
            assert!(heard.len() < 100, "needs without end");
            let answer = match &need {
                Need::Reply { operation, input, .. } => Answer::Reply(self.tell(operation, input)),
                Need::Evaluated(_) => unreachable!("CloudFormation runs no functions"),
                Need::Text(BlobId(id)) => {
                    Answer::Text(self.objects.values().nth(usize::from(id[0])).cloned())
                }
            };
            heard.push(Heard { need, answer });
        }
        heard
    }

    fn tell(&self, operation: &str, input: &Value) -> Result<Value, ApiError> {
        let text = |member: &str| input[member].as_str().unwrap_or_default();
        match operation {
            "GetObject" => {
                let name = format!("{}/{}", text("Bucket"), text("Key"));
                let missing = "The specified key does not exist.";
                let place = self.objects.keys().position(|key| *key == name);
                let place = place.ok_or_else(|| ApiError::new("NoSuchKey", 404, missing))?;
                let length = self.objects[&name].len();
                let blob = format!("{place:02x}{}", "0".repeat(62));
                Ok(json!({"Standin": {"Blob": blob, "Offset": 0, "Length": length}}))
            }
            "cloudwatch:DescribeAlarms" => {
                let alarms = self.alarms.iter().filter(|(name, _)| {
                    input["AlarmNames"].as_array().unwrap().contains(&json!(name))
                });
                let shown = alarms.map(|(name, (state, since))| {
                    json!({
                        "AlarmArn": watch::arn(name), "StateValue": state,
                        "StateUpdatedTimestamp": since.iso8601(),
                    })
                });
                Ok(json!({"MetricAlarms": shown.collect::<Vec<_>>(), "CompositeAlarms": []}))
            }
            "ssm:GetParameter" => {
                let missing = || ApiError::new("ParameterNotFound", 400, "");
                let (kind, value) = self.parameters.get(text("Name")).ok_or_else(missing)?;
                Ok(json!({"Parameter": {"Type": kind, "Value": value}}))
            }
            "secretsmanager:GetSecretValue" => {
                let missing = "Secrets Manager can't find the specified secret.";
                let missing = || ApiError::new("ResourceNotFoundException", 400, missing);
                let (_, value) = self.parameters.get(text("SecretId")).ok_or_else(missing)?;
                Ok(json!({"SecretString": value}))
            }
            other => panic!("nobody answers {other}"),
        }
    }

    /// A call that works.
    pub(crate) fn ok(&mut self, operation: &str, input: Value) -> Value {
        self.call(operation, input).unwrap_or_else(|refused| panic!("{operation}: {refused}"))
    }

    /// The message of a call that is refused with a ValidationError.
    pub(crate) fn refused(&mut self, operation: &str, input: Value) -> String {
        let refused = self.call(operation, input).expect_err(operation);
        assert_eq!((refused.code.as_str(), refused.status), ("ValidationError", 400));
        refused.message
    }

    /// Lets the next deadline come; `false` when there is none.
    pub(crate) fn tick(&mut self) -> bool {
        let Some(deadline) = self.cloudformation.deadline() else { return false };
        assert!(deadline.at >= self.now || self.now == START, "a deadline in the past");
        self.now = self.now.max(deadline.at);
        self.with(|cloudformation, cx| {
            cloudformation.on_deadline(cx);
        });
        true
    }

    /// Lets time pass until nothing is left to do.
    pub(crate) fn settle(&mut self) {
        for _ in 0..10_000 {
            if !self.tick() {
                return;
            }
        }
        panic!("the stacks never rest");
    }

    pub(crate) fn run_for(&mut self, by: Duration) {
        let end = self.now + by;
        while self.cloudformation.deadline().is_some_and(|deadline| deadline.at <= end) {
            self.tick();
        }
        self.now = end;
    }

    /// Kills the machine and starts another from what was stored.
    pub(crate) fn restart(&mut self) {
        self.cloudformation = CloudFormation::new(types::all());
        for ((kind, id), document) in self.records.clone() {
            let record = Record { kind, id, document: Some(document) };
            self.cloudformation.restore(&record).unwrap();
        }
        self.with(|cloudformation, cx| {
            cloudformation.restored(cx);
        });
    }

    /// The small service. A second creation with the same token answers with the first thing.
    fn serve(&mut self, operation: &str, input: &Value) -> Result<Value, ApiError> {
        let name = input["Name"].as_str().unwrap().to_owned();
        let act = format!("{operation} {name}");
        if self.broken.contains(&act) {
            return Err(ApiError::new("Boom", 400, format!("{name} is broken")));
        }
        let uses = |properties: &Value| -> Vec<String> {
            let list = properties["Uses"].as_array().cloned().unwrap_or_default();
            list.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
        };
        if operation != "Look" {
            self.done.push(act.clone());
        }
        if matches!(operation, "Make" | "Change") {
            let missing = uses(&input["Properties"]);
            let missing = missing.iter().filter(|id| !self.things.contains_key(*id));
            self.violations.extend(missing.map(|id| format!("{act}: there is no {id}")));
        }
        let delay = Duration::from_secs(input["Properties"]["Delay"].as_u64().unwrap_or(0));
        match operation {
            "Make" => {
                let token = input["Token"].as_str().unwrap().to_owned();
                if let Some(there) = self.things.get(&name)
                    && there.token != token
                {
                    let message = format!("{name} already exists");
                    return Err(ApiError::new("ThingAlreadyExists", 400, message));
                }
                let (properties, ready) = (input["Properties"].clone(), self.now + delay);
                self.things.insert(name, Thing { token, properties, ready });
                Ok(json!({}))
            }
            "Change" => {
                let ready = self.now + delay;
                let thing = self.things.get_mut(&name).expect("a thing that exists");
                thing.properties = input["Properties"].clone();
                thing.ready = ready;
                Ok(json!({}))
            }
            "Look" => Ok(json!({"Ready": self.things[&name].ready <= self.now})),
            "Drop" | "Keep" => {
                let users =
                    self.things.iter().filter(|(_, one)| uses(&one.properties).contains(&name));
                self.violations.extend(users.map(|(user, _)| format!("{act}: {user} uses it")));
                self.things.remove(&name).expect("a thing that exists");
                Ok(json!({}))
            }
            other => panic!("there is no operation {other}"),
        }
    }

    pub(crate) fn status(&mut self, stack: &str) -> String {
        let described = self.ok("DescribeStacks", json!({"StackName": stack}));
        described["Stacks"][0]["StackStatus"].as_str().unwrap().to_owned()
    }

    /// `Logical STATUS reason` for every event of a stack, oldest first.
    pub(crate) fn events(&mut self, stack: &str) -> Vec<String> {
        let page = self.ok("DescribeStackEvents", json!({"StackName": stack}));
        let events = page["StackEvents"].as_array().unwrap();
        let text = |event: &Value, member: &str| {
            event[member].as_str().map(str::to_owned).unwrap_or_default()
        };
        let line = |event: &Value| {
            let parts = ["LogicalResourceId", "ResourceStatus", "ResourceStatusReason"];
            parts.map(|member| text(event, member)).join(" ").trim_end().to_owned()
        };
        events.iter().rev().map(line).collect()
    }

    /// The names of all things.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.things.keys().map(String::as_str).collect()
    }

    /// The logical ids of a stack's resources with their statuses.
    pub(crate) fn resources(&mut self, stack: &str) -> Vec<String> {
        let page = self.ok("ListStackResources", json!({"StackName": stack}));
        let summaries = page["StackResourceSummaries"].as_array().unwrap();
        let line = |one: &Value| {
            let (id, status) = (&one["LogicalResourceId"], &one["ResourceStatus"]);
            format!("{} {}", id.as_str().unwrap(), status.as_str().unwrap())
        };
        summaries.iter().map(line).collect()
    }

    pub(crate) fn create(&mut self, stack: &str, template: &str) {
        let input = json!({"StackName": stack, "TemplateBody": template});
        self.ok("CreateStack", input);
    }

    pub(crate) fn update(&mut self, stack: &str, template: &str) {
        let input = json!({"StackName": stack, "TemplateBody": template});
        self.ok("UpdateStack", input);
    }

    pub(crate) fn delete(&mut self, stack: &str) {
        self.ok("DeleteStack", json!({"StackName": stack}));
    }
}

/// A template of things, one a line: `A: Name=a Size=3 Uses=B,C Delay=1`, with resource attributes
/// before the properties: `A: DeletionPolicy=Retain Name=a`. `Uses=B` is a `Ref` to B.
pub(crate) fn things(lines: &str) -> String {
    let mut template = String::from("Resources:\n");
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (id, rest) = line.split_once(':').unwrap();
        template.push_str(&format!("  {id}:\n    Type: Test::Thing\n"));
        let mut properties = String::new();
        for word in rest.split_whitespace() {
            let (name, value) = word.split_once('=').unwrap();
            match name {
                "DeletionPolicy" | "UpdateReplacePolicy" | "DependsOn" => {
                    template.push_str(&format!("    {name}: {value}\n"));
                }
                "Uses" => {
                    properties.push_str("      Uses:\n");
                    for used in value.split(',') {
                        properties.push_str(&format!("        - !Ref {used}\n"));
                    }
                }
                _ => properties.push_str(&format!("      {name}: {value}\n")),
            }
        }
        if !properties.is_empty() {
            template.push_str(&format!("    Properties:\n{properties}"));
        }
    }
    template
}
