//! The CloudFormation types, driven as CloudFormation drives them.

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType, Support, Update};
use standin_kernel::{Duration, Service, ServiceName, Value, json};

use super::{Bench, and, fixed, text};
use crate::Elbv2;

fn the_type(name: &str) -> &'static dyn ResourceType {
    let name = format!("AWS::ElasticLoadBalancingV2::{name}");
    let types = Elbv2::new().resource_types();
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
                stack_name: "diary-production",
                stack_id: "arn:aws:cloudformation:x",
                logical_id: "LoadBalancer",
                generated_name: "diary-production-LoadBalancer-1AB2C3D4E5F6G",
                region: &bench.env.region.clone(),
                account: &bench.env.account.clone(),
                properties: &self.properties,
                previous: self.previous.as_ref(),
                hint: &Value::Null,
                keeps_snapshot: false,
                base_directory: "/",
                physical_id: self.physical_id.as_deref(),
                step,
                context: &context,
                reply: reply.as_ref(),
            };
            match act(self.kind, &job) {
                Progress::Call { operation, input, step: next, context: kept, .. } => {
                    bench.asked_by = Some(ServiceName::CloudFormation);
                    reply = Some(bench.call(operation, &input));
                    bench.asked_by = None;
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

fn of_balancer() -> Value {
    json!({"Subnets": ["subnet-a", "subnet-b"], "SecurityGroups": ["sg-1"]})
}

fn of_group() -> Value {
    json!({"TargetType": "ip", "VpcId": "vpc-1", "Protocol": "HTTP", "Port": 8080})
}

fn tags(bench: &mut Bench, arn: &str) -> Value {
    bench.ok("DescribeTags", json!({"ResourceArns": [arn]}))["TagDescriptions"][0]["Tags"].clone()
}

fn replacing(name: &str) -> Vec<&'static str> {
    the_type(name)
        .properties()
        .iter()
        .filter(|property| property.update == Update::Replacement)
        .map(|property| property.name)
        .collect()
}

#[test]
fn cfn_rs_10_a_load_balancer_and_its_attributes() {
    let mut bench = Bench::new();
    let stack = json!({"Key": "aws:cloudformation:stack-name", "Value": "diary-production"});
    let properties = and(of_balancer(), json!({"Tags": [stack]}));
    let (arn, attributes) = Stack::new("LoadBalancer", properties).create(&mut bench).unwrap();
    let name = "diary-LoadBa-1AB2C3D4E5F6G";
    assert!(arn.contains(&format!(":loadbalancer/app/{name}/")), "{arn}");
    let id = arn.rsplit('/').next().unwrap();
    assert_eq!(attributes["LoadBalancerArn"], arn);
    assert_eq!(attributes["LoadBalancerName"], name);
    assert_eq!(attributes["LoadBalancerFullName"], format!("app/{name}/{id}"));
    assert_eq!(attributes["CanonicalHostedZoneID"], "Z14GRHDCWA56QT");
    assert_eq!(attributes["SecurityGroups"], json!(["sg-1"]));
    assert_eq!(attributes["DNSName"], bench.dns_name(&arn));
    assert_eq!(replacing("LoadBalancer"), ["Name", "Scheme", "Type"]);
    assert_eq!(tags(&mut bench, &arn), json!([stack]));
    let keys = json!({"ResourceArns": [arn], "TagKeys": [stack["Key"]]});
    assert_eq!(bench.err("RemoveTags", keys).code, "ValidationError");
}

#[test]
fn a_load_balancer_is_waited_for() {
    let mut bench = Bench::slow();
    let before = bench.now;
    Stack::new("LoadBalancer", of_balancer()).create(&mut bench).unwrap();
    let waited = bench.now.since(before);
    assert!((150..=151).contains(&waited.as_secs()), "{waited:?}");
    let mut failed =
        Stack::new("LoadBalancer", json!({"Name": "x", "Subnets": ["subnet-a", "subnet-a2"]}));
    let reason = failed.create(&mut bench).unwrap_err();
    assert!(reason.contains("multiple subnets in the same Availability Zone"), "{reason}");
    assert!(reason.contains("Service: ElasticLoadBalancingV2, Status Code: 400"), "{reason}");
    assert!(failed.physical_id.is_some(), "so that it can be deleted");
    failed.delete(&mut bench).unwrap();
    // Another's, for it has other tags.
    let own = json!({"Name": "web", "Tags": [{"Key": "a", "Value": "1"}]});
    let mut taken = Stack::new("LoadBalancer", and(of_balancer(), own));
    bench.balancer_named("web");
    let reason = taken.create(&mut bench).unwrap_err();
    assert!(reason.contains("HandlerErrorCode: AlreadyExists"), "{reason}");
}

#[test]
fn a_load_balancer_changes_in_place() {
    let mut bench = Bench::new();
    let idle = |seconds: &str| json!([{"Key": "idle_timeout.timeout_seconds", "Value": seconds}]);
    let first = and(
        of_balancer(),
        json!({"LoadBalancerAttributes": idle("5"), "Tags": [{"Key": "a", "Value": "1"}]}),
    );
    let mut stack = Stack::new("LoadBalancer", first.clone());
    let (arn, _) = stack.create(&mut bench).unwrap();
    let shown = |bench: &mut Bench| {
        bench.ok("DescribeLoadBalancers", json!({}))["LoadBalancers"][0].clone()
    };
    let timeout = |bench: &mut Bench| {
        let of = json!({"LoadBalancerArn": arn});
        let shown = bench.ok("DescribeLoadBalancerAttributes", of);
        let pairs = shown["Attributes"].as_array().unwrap().clone();
        let found = pairs.into_iter().find(|pair| pair["Key"] == "idle_timeout.timeout_seconds");
        text(&found.unwrap()["Value"])
    };
    assert_eq!(timeout(&mut bench), "5");
    let second = json!({
        "Subnets": ["subnet-b", "subnet-c"],
        "SecurityGroups": ["sg-2"],
        "IpAddressType": "dualstack",
        "Tags": [{"Key": "b", "Value": "2"}],
    });
    let (_, attributes) = stack.update(&mut bench, second).unwrap();
    assert_eq!(attributes["SecurityGroups"], json!(["sg-2"]));
    let now = shown(&mut bench);
    assert_eq!(now["AvailabilityZones"][1]["SubnetId"], "subnet-c");
    assert_eq!(now["IpAddressType"], "dualstack");
    assert_eq!(timeout(&mut bench), "60");
    let kept: Vec<Value> = tags(&mut bench, &arn).as_array().unwrap().clone();
    assert_eq!(kept.last().unwrap(), &json!({"Key": "b", "Value": "2"}));
    assert!(!kept.iter().any(|tag| tag["Key"] == "a"));
    let wrong = json!({"Subnets": ["subnet-b", "subnet-none"], "SecurityGroups": ["sg-2"]});
    let reason = stack.update(&mut bench, wrong).unwrap_err();
    assert!(reason.contains("does not exist"), "{reason}");
    stack.update(&mut bench, first).unwrap();
    stack.delete(&mut bench).unwrap();
    stack.delete(&mut bench).unwrap();
    assert!(bench.records.is_empty());
}

#[test]
fn a_protected_load_balancer_cannot_be_deleted() {
    let mut bench = Bench::new();
    let protection = json!([{"Key": "deletion_protection.enabled", "Value": "true"}]);
    let properties = and(of_balancer(), json!({"LoadBalancerAttributes": protection}));
    let mut stack = Stack::new("LoadBalancer", properties);
    stack.create(&mut bench).unwrap();
    let reason = stack.delete(&mut bench).unwrap_err();
    assert!(reason.contains("deletion protection is enabled"), "{reason}");
}

#[test]
fn cfn_rs_11_a_listener() {
    let mut bench = Bench::new();
    let balancer = bench.balancer();
    let first = json!({
        "LoadBalancerArn": balancer,
        "Protocol": "HTTP",
        "Port": 80,
        "DefaultActions": [fixed("200")],
        "ListenerAttributes": [
            {"Key": "routing.http.response.server.enabled", "Value": "false"},
        ],
        "Tags": [{"Key": "a", "Value": "1"}],
    });
    let mut stack = Stack::new("Listener", first.clone());
    let (arn, attributes) = stack.create(&mut bench).unwrap();
    assert_eq!(attributes, json!({"ListenerArn": arn}));
    let of = json!({"ListenerArn": arn});
    let shown = bench.ok("DescribeListenerAttributes", of.clone());
    assert_eq!(shown["Attributes"][0]["Value"], "false");
    let mut second = and(first, json!({"Port": 81, "DefaultActions": [fixed("503")]}));
    second.as_object_mut().unwrap().remove("ListenerAttributes");
    stack.update(&mut bench, second).unwrap();
    let shown = bench.ok("DescribeListenerAttributes", of);
    assert_eq!(shown["Attributes"][0]["Value"], "true");
    let shown = bench.ok("DescribeListeners", json!({"ListenerArns": [arn]}));
    assert_eq!(shown["Listeners"][0]["Port"], 81);
    assert_eq!(replacing("Listener"), ["LoadBalancerArn"]);
    stack.delete(&mut bench).unwrap();
    stack.delete(&mut bench).unwrap();
    let nobody = json!({"LoadBalancerArn": "x", "DefaultActions": [fixed("200")]});
    let reason = Stack::new("Listener", nobody).create(&mut bench).unwrap_err();
    assert!(reason.contains("HandlerErrorCode: NotFound"), "{reason}");
}

#[test]
fn cfn_rs_12_a_rule() {
    let mut bench = Bench::new();
    let (_, listener, _) = bench.site();
    let path = |path: &str| json!([{"Field": "path-pattern", "Values": [path]}]);
    let first = json!({
        "ListenerArn": listener, "Priority": 10, "Conditions": path("/a"),
        "Actions": [fixed("403")],
    });
    let mut stack = Stack::new("ListenerRule", first.clone());
    let (arn, attributes) = stack.create(&mut bench).unwrap();
    assert_eq!(attributes, json!({"IsDefault": false, "RuleArn": arn}));
    let second = and(
        first.clone(),
        json!({"Priority": 20, "Conditions": path("/b"), "Tags": [{"Key": "a", "Value": "1"}]}),
    );
    let (after, _) = stack.update(&mut bench, second).unwrap();
    assert_eq!(after, arn);
    let shown = bench.ok("DescribeRules", json!({"RuleArns": [arn]}));
    assert_eq!(shown["Rules"][0]["Priority"], "20");
    assert_eq!(shown["Rules"][0]["Conditions"][0]["Values"], json!(["/b"]));
    assert_eq!(replacing("ListenerRule"), ["ListenerArn"]);
    let clash = and(first, json!({"Priority": 20}));
    let reason = Stack::new("ListenerRule", clash).create(&mut bench).unwrap_err();
    assert!(reason.contains("Priority '20' is currently in use"), "{reason}");
    stack.delete(&mut bench).unwrap();
    stack.delete(&mut bench).unwrap();
}

#[test]
fn cfn_rs_13_a_target_group() {
    let mut bench = Bench::new();
    let first = and(
        of_group(),
        json!({
            "HealthCheckPath": "/healthz",
            "HealthCheckIntervalSeconds": 5,
            "HealthCheckTimeoutSeconds": 3,
            "Matcher": {"HttpCode": "204"},
            "TargetGroupAttributes": [
                {"Key": "deregistration_delay.timeout_seconds", "Value": "0"},
            ],
            "Targets": [{"Id": "127.77.0.9"}, {"Id": "127.77.0.8", "Port": 81}],
        }),
    );
    let mut stack = Stack::new("TargetGroup", first.clone());
    let (arn, attributes) = stack.create(&mut bench).unwrap();
    let name = "diary-LoadBa-1AB2C3D4E5F6G";
    let id = arn.rsplit('/').next().unwrap();
    let expected = json!({
        "LoadBalancerArns": [],
        "TargetGroupArn": arn,
        "TargetGroupFullName": format!("targetgroup/{name}/{id}"),
        "TargetGroupName": name,
    });
    assert_eq!(attributes, expected);
    let second = and(of_group(), json!({"Targets": [{"Id": "127.77.0.8", "Port": 81}]}));
    stack.update(&mut bench, second).unwrap();
    let shown = bench.ok("DescribeTargetGroups", json!({}))["TargetGroups"][0].clone();
    assert_eq!(shown["HealthCheckPath"], "/");
    assert_eq!(shown["HealthCheckIntervalSeconds"], 30);
    assert_eq!(shown["Matcher"]["HttpCode"], "200");
    bench.pass(Duration::from_secs(300));
    let health = bench.ok("DescribeTargetHealth", json!({"TargetGroupArn": arn}));
    assert_eq!(health["TargetHealthDescriptions"].as_array().unwrap().len(), 1);
    let names =
        ["IpAddressType", "Name", "Port", "Protocol", "ProtocolVersion", "TargetType", "VpcId"];
    assert_eq!(replacing("TargetGroup"), names);
    let balancer = bench.balancer();
    let listener = bench.listener(&balancer, 80, &arn);
    let (_, attributes) = stack.update(&mut bench, first).unwrap();
    assert_eq!(attributes["LoadBalancerArns"], json!([balancer]));
    let reason = stack.delete(&mut bench).unwrap_err();
    assert!(reason.contains("is currently in use by a listener or a rule"), "{reason}");
    bench.ok("DeleteListener", json!({"ListenerArn": listener}));
    stack.delete(&mut bench).unwrap();
}

#[test]
fn a_function_is_the_target_of_a_template() {
    let mut bench = Bench::new();
    let function = "arn:aws:lambda:ap-northeast-1:123456789012:function:page";
    let multi = json!([{"Key": "lambda.multi_value_headers.enabled", "Value": "true"}]);
    let lambda = json!({
        "TargetType": "lambda", "Targets": [{"Id": function}], "TargetGroupAttributes": multi,
        "HealthCheckEnabled": true,
    });
    let mut stack = Stack::new("TargetGroup", lambda);
    let (arn, _) = stack.create(&mut bench).unwrap();
    let group = json!({"TargetGroupArn": arn});
    let health = bench.ok("DescribeTargetHealth", group.clone());
    assert_eq!(health["TargetHealthDescriptions"][0]["Target"]["Id"], function);
    stack.update(&mut bench, json!({"TargetType": "lambda"})).unwrap();
    let health = bench.ok("DescribeTargetHealth", group.clone());
    assert_eq!(health["TargetHealthDescriptions"], json!([]));
    let shown = bench.ok("DescribeTargetGroups", json!({"TargetGroupArns": [arn]}));
    assert_eq!(shown["TargetGroups"][0]["HealthCheckEnabled"], false);
    let shown = bench.ok("DescribeTargetGroupAttributes", group);
    assert_eq!(shown["Attributes"][0]["Value"], "false");
}

#[test]
fn listener_certificates_come_and_go() {
    let mut bench = Bench::new();
    let balancer = bench.balancer();
    let certificate =
        |number: u32| json!({"CertificateArn": format!("arn:aws:acm:::certificate/{number}")});
    let https = json!({"Protocol": "HTTPS", "Certificates": [certificate(1)]});
    let listener = and(super::listener(&balancer, 443, fixed("200")), https);
    let listener = bench.ok("CreateListener", listener)["Listeners"][0]["ListenerArn"].clone();
    let with = |numbers: &[u32]| {
        let list: Vec<Value> = numbers.iter().map(|number| certificate(*number)).collect();
        json!({"ListenerArn": listener, "Certificates": list})
    };
    let mut stack = Stack::new("ListenerCertificate", with(&[2, 3]));
    stack.create(&mut bench).unwrap();
    stack.update(&mut bench, with(&[3, 4])).unwrap();
    let of = json!({"ListenerArn": listener});
    let shown = bench.ok("DescribeListenerCertificates", of.clone());
    let arns: Vec<&Value> = shown["Certificates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["CertificateArn"])
        .collect();
    let expected = [1, 3, 4].map(|number| certificate(number)["CertificateArn"].clone());
    assert_eq!(arns, expected.iter().collect::<Vec<_>>());
    stack.delete(&mut bench).unwrap();
    let shown = bench.ok("DescribeListenerCertificates", of.clone());
    assert_eq!(shown["Certificates"].as_array().unwrap().len(), 1);
    bench.ok("DeleteListener", of);
    stack.delete(&mut bench).unwrap();
}

#[test]
fn trust_stores_are_refused_with_a_reason() {
    let mut bench = Bench::new();
    for name in ["TrustStore", "TrustStoreRevocation"] {
        let reason = Stack::new(name, json!({})).create(&mut bench).unwrap_err();
        assert!(reason.contains("mutual TLS is not built"), "{reason}");
        assert!(
            the_type(name)
                .properties()
                .iter()
                .all(|property| matches!(property.support, Support::Refused(_)))
        );
    }
}

fn each(table: &'static [Property], check: &mut impl FnMut(&'static Property)) {
    let mut names: Vec<_> = table.iter().map(|property| property.name).collect();
    assert!(names.is_sorted(), "{names:?}");
    names.dedup();
    assert_eq!(names.len(), table.len());
    for property in table {
        check(property);
        let mut kind = &property.kind;
        while let Kind::List(inner) | Kind::Map(inner) = kind {
            kind = inner;
        }
        if let Kind::Object(nested) = kind {
            each(nested, check);
        }
    }
}

#[test]
fn what_is_not_honoured_says_why() {
    let mut count = 0;
    for kind in Elbv2::new().resource_types() {
        each(kind.properties(), &mut |property| {
            count += 1;
            match property.support {
                Support::Honoured => {}
                Support::NoEffect(why) | Support::Refused(why) => assert!(!why.is_empty()),
            }
        });
    }
    assert!(count > 150, "{count}");
}
