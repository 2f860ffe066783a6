//! The CloudFormation types, driven as CloudFormation drives them.

use std::collections::BTreeMap;

use standin_kernel::resource::{Job, Progress, ResourceType};
use standin_kernel::{Service, Value, json};

use super::{Bench, ROLE};
use crate::Lambda;

struct Resource {
    kind: &'static dyn ResourceType,
    properties: Value,
    previous: Option<Value>,
    hint: Value,
    id: Option<String>,
    attributes: BTreeMap<String, Value>,
}

impl Resource {
    fn new(kind: &str, properties: Value) -> Self {
        let types = Lambda::new().resource_types();
        let kind = *types.iter().find(|known| known.type_name() == kind).unwrap();
        let attributes = BTreeMap::new();
        Self { kind, properties, previous: None, hint: Value::Null, id: None, attributes }
    }

    fn run(
        &mut self,
        bench: &mut Bench,
        act: fn(&dyn ResourceType, &Job<'_>) -> Progress,
    ) -> Result<(), String> {
        let (mut step, mut context, mut reply) = (0, Value::Null, None);
        for _ in 0..100 {
            let env = bench.env.clone();
            let job = Job {
                stack_name: "Stack",
                stack_id: "arn:aws:cloudformation:ap-northeast-1:123456789012:stack/Stack/1",
                logical_id: "Thing",
                generated_name: "Stack-Thing-1AB2C3D4E5F6",
                region: &env.region,
                account: &env.account,
                properties: &self.properties,
                previous: self.previous.as_ref(),
                hint: &self.hint,
                base_directory: "/stacks",
                keeps_snapshot: false,
                physical_id: self.id.as_deref(),
                step,
                context: &context,
                reply: reply.as_ref(),
            };
            match act(self.kind, &job) {
                Progress::Call { operation, input, step: next, context: kept, .. } => {
                    let call = bench.start(operation, &input);
                    reply = bench.replies.remove(&call);
                    (step, context) = (next, kept);
                }
                Progress::Wait { after, step: next, context: kept, physical_id } => {
                    self.id = self.id.take().or(physical_id);
                    bench.now = bench.now + after;
                    reply = None;
                    (step, context) = (next, kept);
                }
                Progress::Done { physical_id, attributes } => {
                    self.id = Some(physical_id);
                    self.attributes = attributes;
                    return Ok(());
                }
                Progress::Failed { message } => return Err(message),
            }
        }
        panic!("it never ends");
    }

    #[track_caller]
    fn create(mut self, bench: &mut Bench) -> Self {
        self.run(bench, |kind, job| kind.create(job)).unwrap();
        let there: Vec<&str> = self.attributes.keys().map(String::as_str).collect();
        let mut wanted = self.kind.attributes().to_vec();
        wanted.sort_unstable();
        assert_eq!(there, wanted);
        self
    }

    #[track_caller]
    fn update(&mut self, bench: &mut Bench, properties: Value) {
        self.previous = Some(std::mem::replace(&mut self.properties, properties));
        self.run(bench, |kind, job| kind.update(job)).unwrap();
    }

    #[track_caller]
    fn delete(mut self, bench: &mut Bench) {
        self.run(bench, |kind, job| kind.delete(job)).unwrap();
    }
}

fn properties() -> Value {
    json!({
        "Runtime": "python3.13", "Handler": "index.handler", "Role": ROLE, "Timeout": "10",
        "Code": {"ZipFile": "def handler(e, c): return 1"},
        "Environment": {"Variables": {"N": 1}},
        "Tags": [{"Key": "a", "Value": "b"}],
        "ReservedConcurrentExecutions": 5,
    })
}

#[test]
fn a_function_is_made_changed_and_deleted() {
    let mut bench = Bench::new();
    let mut function = Resource::new("AWS::Lambda::Function", properties()).create(&mut bench);
    let name = "Stack-Thing-1AB2C3D4E5F6";
    assert_eq!(function.id.as_deref(), Some(name));
    let arn = format!("arn:aws:lambda:ap-northeast-1:123456789012:function:{name}");
    assert_eq!(function.attributes["Arn"], arn.as_str());
    let shown = bench.ok("GetFunction", json!({"FunctionName": name}));
    let configuration = &shown["Configuration"];
    assert_eq!(
        (&configuration["State"], &configuration["Timeout"]),
        (&json!("Active"), &json!(10))
    );
    assert_eq!(configuration["Environment"]["Variables"]["N"], "1");
    assert_eq!(shown["Concurrency"]["ReservedConcurrentExecutions"], 5);
    assert_eq!(shown["Tags"], json!({"a": "b"}));
    let sha256 = configuration["CodeSha256"].clone();
    let mut changed = properties();
    for gone in ["Timeout", "Environment", "ReservedConcurrentExecutions", "Tags"] {
        changed.as_object_mut().unwrap().remove(gone);
    }
    changed["Code"]["ZipFile"] = json!("def handler(e, c): return 2");
    function.update(&mut bench, changed);
    let shown = bench.ok("GetFunction", json!({"FunctionName": name}));
    assert_eq!(shown["Configuration"]["Timeout"], 3);
    assert_eq!(shown["Configuration"]["Environment"], Value::Null);
    assert_ne!(shown["Configuration"]["CodeSha256"], sha256);
    assert_eq!((&shown["Concurrency"], &shown["Tags"]), (&Value::Null, &Value::Null));
    function.delete(&mut bench);
    assert!(bench.records.is_empty());
}

#[test]
fn a_hint_says_what_runs_here() {
    let mut bench = Bench::new();
    let mut function = Resource::new(
        "AWS::Lambda::Function",
        json!({
            "Role": ROLE, "Code": {"S3Bucket": "elsewhere", "S3Key": "other.zip"},
        }),
    );
    function.hint = json!({"Cargo": "switch"});
    let function = function.create(&mut bench);
    let name = function.id.clone().unwrap();
    bench.start("Invoke", &json!({"FunctionName": name}));
    let local = json!({"Cargo": "switch", "BaseDirectory": "/stacks"});
    assert_eq!(bench.launched.last().unwrap().local, local);
    let mut wrong = Resource::new("AWS::Lambda::Function", properties());
    wrong.hint = json!({"Speed": 1});
    let message = wrong.run(&mut bench, |kind, job| kind.create(job)).unwrap_err();
    assert!(message.contains("Speed is not known"), "{message}");
}

#[test]
fn versions_aliases_urls_permissions_and_events() {
    let mut bench = Bench::with(json!({}));
    let kind = |name: &str, properties| Resource::new(&format!("AWS::Lambda::{name}"), properties);
    let version = kind("Version", json!({"FunctionName": "f"})).create(&mut bench);
    assert_eq!(version.attributes["Version"], "1");
    let alias = json!({"FunctionName": "f", "Name": "live", "FunctionVersion": "1"});
    let alias = kind("Alias", alias).create(&mut bench);
    assert!(alias.id.as_ref().unwrap().ends_with(":function:f:live"));
    let url = json!({"TargetFunctionArn": "f", "AuthType": "NONE"});
    let mut url = kind("Url", url).create(&mut bench);
    let address = url.attributes["FunctionUrl"].clone();
    assert!(address.as_str().unwrap().ends_with(".lambda-url.ap-northeast-1.on.aws/"));
    url.update(&mut bench, json!({"TargetFunctionArn": "f", "AuthType": "AWS_IAM"}));
    assert_eq!(url.attributes["FunctionUrl"], address);
    let permission = json!({
        "FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com",
    });
    let permission = kind("Permission", permission).create(&mut bench);
    let events = json!({
        "FunctionName": "f", "Qualifier": "$LATEST", "MaximumRetryAttempts": "1",
    });
    let events = kind("EventInvokeConfig", events).create(&mut bench);
    let shown = bench.ok("GetFunctionEventInvokeConfig", json!({"FunctionName": "f"}));
    assert_eq!(shown["MaximumRetryAttempts"], 1);
    for resource in [events, permission, url, alias, version] {
        resource.delete(&mut bench);
    }
    let left = bench.ok("ListVersionsByFunction", json!({"FunctionName": "f"}));
    assert_eq!(left["Versions"].as_array().unwrap().len(), 1);
}
