//! The CloudFormation types, driven as CloudFormation drives them.

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType, Support};

use super::*;

fn the_type(name: &str) -> &'static dyn ResourceType {
    let name = format!("AWS::Route53::{name}");
    let types = Route53::new().resource_types();
    *types.iter().find(|known| known.type_name() == name).unwrap()
}

/// What a resource is to the one who creates it.
struct Stack {
    kind: &'static dyn ResourceType,
    properties: Value,
    previous: Option<Value>,
    physical_id: Option<String>,
}

type Act = fn(&dyn ResourceType, &Job<'_>) -> Progress;

impl Stack {
    fn new(name: &str, properties: Value) -> Self {
        Self { kind: the_type(name), properties, previous: None, physical_id: None }
    }

    /// Goes through all steps; gives the physical id and attributes, or why it failed.
    fn run(&mut self, bench: &mut Bench, act: Act) -> Result<(String, Value), String> {
        let (mut step, mut context, mut reply) = (0, Value::Null, None);
        for _ in 0..1000 {
            let job = Job {
                stack_name: "dns",
                stack_id: "arn:aws:cloudformation:x",
                logical_id: "Thing",
                generated_name: "dns-Thing-1AB2C3D4E5F6G",
                region: &bench.env.region.clone(),
                account: &bench.env.account.clone(),
                properties: &self.properties,
                previous: self.previous.as_ref(),
                hint: &Value::Null,
                base_directory: "/",
                keeps_snapshot: false,
                physical_id: self.physical_id.as_deref(),
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
                    self.physical_id = self.physical_id.take().or(physical_id);
                    reply = None;
                    bench.pass(after);
                    (step, context) = (next, kept);
                }
                Progress::Done { physical_id, attributes } => {
                    let known = self.physical_id.get_or_insert(physical_id.clone());
                    assert_eq!(*known, physical_id);
                    let names = self.kind.attributes();
                    assert!(attributes.keys().all(|name| names.contains(&name.as_str())));
                    return Ok((physical_id, json!(attributes)));
                }
                Progress::Failed { message } => return Err(message),
            }
        }
        panic!("it never ends");
    }

    fn create(&mut self, bench: &mut Bench) -> Result<(String, Value), String> {
        self.run(bench, |kind, job| kind.create(job))
    }

    fn update(&mut self, bench: &mut Bench, to: Value) -> Result<(String, Value), String> {
        self.previous = Some(std::mem::replace(&mut self.properties, to));
        self.run(bench, |kind, job| kind.update(job))
    }

    fn delete(&mut self, bench: &mut Bench) -> Result<(String, Value), String> {
        self.run(bench, |kind, job| kind.delete(job))
    }
}

fn record(value: &str) -> Value {
    json!({
        "HostedZoneName": "example.com.", "Name": "www.example.com", "Type": "A", "TTL": "60",
        "ResourceRecords": [value],
    })
}

#[test]
fn a_zone_with_a_record_comes_changes_and_goes() {
    let mut bench = Bench::slow();
    let mut zone = Stack::new(
        "HostedZone",
        json!({
            "Name": "example.com", "HostedZoneConfig": {"Comment": "ours"},
            "HostedZoneTags": [{"Key": "team", "Value": "diary"}],
        }),
    );
    let (id, attributes) = zone.create(&mut bench).unwrap();
    assert!(id.starts_with('Z'), "{id}");
    assert_eq!(attributes["NameServers"].as_array().unwrap().len(), 4);
    let mut www = Stack::new("RecordSet", record("192.0.2.1"));
    assert_eq!(www.create(&mut bench).unwrap().0, "www.example.com");
    assert_eq!(bench.addresses("www.example.com"), ["192.0.2.1"]);
    www.update(&mut bench, record("192.0.2.2")).unwrap();
    assert_eq!(bench.addresses("www.example.com"), ["192.0.2.2"]);
    let mut weighted = record("192.0.2.3");
    weighted["SetIdentifier"] = json!("a");
    weighted["Weight"] = json!("5");
    www.update(&mut bench, weighted).unwrap();
    assert_eq!(bench.addresses("www.example.com"), ["192.0.2.3"]);
    assert!(zone.delete(&mut bench).unwrap_err().contains("non-required"));
    www.delete(&mut bench).unwrap();
    // What is gone already is deleted.
    www.delete(&mut bench).unwrap();
    zone.delete(&mut bench).unwrap();
}

#[test]
fn a_zone_is_found_by_its_name_only_when_there_is_one() {
    let (mut bench, _) = Bench::with_zone();
    let mut other = record("192.0.2.1");
    other["HostedZoneName"] = json!("example.net.");
    let mut stack = Stack::new("RecordSet", other.clone());
    assert_eq!(stack.create(&mut bench).unwrap_err(), "No hosted zones named example.net. found");
    other["HostedZoneName"] = json!("example.com");
    let mut stack = Stack::new("RecordSet", other);
    assert!(stack.create(&mut bench).unwrap_err().contains("must end with a dot"));
}

#[test]
fn a_refusal_is_worded_as_aws_does() {
    let (mut bench, _) = Bench::with_zone();
    let mut stack = Stack::new("RecordSet", record("192.0.2"));
    let message = stack.create(&mut bench).unwrap_err();
    assert!(message.contains("ARRDATAIllegalIPv4Address"), "{message}");
    assert!(message.contains("(Service: Route53, Status Code: 400"), "{message}");
}

#[test]
fn a_group_is_changed_in_one_batch() {
    let (mut bench, zone) = Bench::with_zone();
    let set = |name: &str, value: &str| {
        with(json!({"Name": name, "Type": "A", "TTL": "60"}), json!({"ResourceRecords": [value]}))
    };
    let group = |sets: &[Value]| json!({"HostedZoneId": zone, "RecordSets": sets});
    let (a, b) = (set("a.example.com", "192.0.2.1"), set("b.example.com", "192.0.2.2"));
    let mut stack = Stack::new("RecordSetGroup", group(&[a.clone(), b]));
    stack.create(&mut bench).unwrap();
    assert_eq!(bench.addresses("b.example.com"), ["192.0.2.2"]);
    let changed = group(&[a, set("c.example.com", "192.0.2.3")]);
    stack.update(&mut bench, changed.clone()).unwrap();
    is_nothing(&bench.dig("b.example.com", "A"), Code::NxDomain);
    assert_eq!(bench.addresses("c.example.com"), ["192.0.2.3"]);
    stack.update(&mut bench, changed).unwrap();
    stack.delete(&mut bench).unwrap();
    is_nothing(&bench.dig("a.example.com", "A"), Code::NxDomain);
}

#[test]
fn a_health_check_comes_changes_and_goes() {
    let mut bench = Bench::new();
    let config = |path: Option<&str>| {
        let mut config = json!({"Type": "HTTP", "FullyQualifiedDomainName": "www.example.com",
            "Port": "8080", "FailureThreshold": "1", "RequestInterval": "10"});
        if let Some(path) = path {
            config["ResourcePath"] = json!(path);
        }
        json!({"HealthCheckConfig": config})
    };
    let mut stack = Stack::new("HealthCheck", config(Some("/ready")));
    let (id, attributes) = stack.create(&mut bench).unwrap();
    assert_eq!(attributes["HealthCheckId"], json!(id));
    stack.update(&mut bench, config(None)).unwrap();
    let got = bench.ok("GetHealthCheck", json!({"HealthCheckId": id}));
    assert_eq!(got["HealthCheck"]["HealthCheckConfig"]["ResourcePath"], "/");
    assert_eq!(got["HealthCheck"]["HealthCheckConfig"]["Port"], 8080);
    stack.delete(&mut bench).unwrap();
    assert_eq!(bench.ok("GetHealthCheckCount", json!({}))["HealthCheckCount"], 0);
}

#[test]
fn what_is_not_honoured_says_why() {
    fn look(properties: &[Property]) -> usize {
        let mut count = 0;
        for property in properties {
            match property.support {
                Support::Honoured => {}
                Support::NoEffect(why) | Support::Refused(why) => {
                    assert!(why.len() > 10 && !why.ends_with('.'), "{}: {why}", property.name);
                    count += 1;
                }
            }
            count += match property.kind {
                Kind::Object(inner) | Kind::List(&Kind::Object(inner)) => look(inner),
                _ => 0,
            };
        }
        count
    }
    let kinds = ["HostedZone", "RecordSet", "RecordSetGroup", "HealthCheck"];
    assert!(kinds.iter().all(|kind| look(the_type(kind).properties()) > 0));
}
