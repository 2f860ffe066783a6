//! `AWS::ElasticLoadBalancingV2::TargetGroup`: the group, its attributes, its targets (CFN-RS-13).

use standin_kernel::resource::{Call, Job, Kind, Progress, Property, ResourceType};
use standin_kernel::{Value, json};

use super::steps::{self, ATTRIBUTE, TAG};
use crate::api::target_group_attribute;

#[derive(Debug)]
pub(super) struct TargetGroup;

const PROTOCOL: Kind =
    Kind::Choice(&["GENEVE", "HTTP", "HTTPS", "QUIC", "TCP", "TCP_QUIC", "TCP_UDP", "TLS", "UDP"]);

const PROPERTIES: &[Property] = &[
    Property::new("HealthCheckEnabled", Kind::Bool),
    Property::new("HealthCheckIntervalSeconds", Kind::Integer(5, 300)),
    Property::new("HealthCheckPath", Kind::Text),
    Property::new("HealthCheckPort", Kind::Text),
    Property::new("HealthCheckProtocol", PROTOCOL),
    Property::new("HealthCheckTimeoutSeconds", Kind::Integer(2, 120)),
    Property::new("HealthyThresholdCount", Kind::Integer(2, 10)),
    Property::new("IpAddressType", Kind::Choice(&["ipv4", "ipv6"])).replaces(),
    Property::new("Matcher", Kind::Object(MATCHER)),
    Property::new("Name", Kind::Text).replaces(),
    Property::new("Port", Kind::Integer(1, 65_535)).replaces(),
    Property::new("Protocol", PROTOCOL).replaces(),
    Property::new("ProtocolVersion", Kind::Text).replaces(),
    Property::new("Tags", Kind::List(&Kind::Object(TAG))),
    Property::new("TargetControlPort", Kind::Integer(1, 65_535))
        .refused("targets cannot ask for less work here"),
    Property::new("TargetGroupAttributes", Kind::List(&Kind::Object(ATTRIBUTE))),
    Property::new("TargetType", Kind::Choice(&["alb", "instance", "ip", "lambda"])).replaces(),
    Property::new("Targets", Kind::List(&Kind::Object(TARGET))),
    Property::new("UnhealthyThresholdCount", Kind::Integer(2, 10)),
    Property::new("VpcId", Kind::Text).replaces().no_effect("one machine has one network"),
];

const MATCHER: &[Property] = &[
    Property::new("GrpcCode", Kind::Text).refused("gRPC is not built"),
    Property::new("HttpCode", Kind::Text),
];

const TARGET: &[Property] = &[
    Property::new("AvailabilityZone", Kind::Text).no_effect("all targets are in one zone here"),
    Property::new("Id", Kind::Text).required(),
    Property::new("Port", Kind::Integer(1, 65_535)),
    Property::new("QuicServerId", Kind::Text)
        .refused("only network load balancers have it, and they are not built"),
];

/// What a creation takes beside name and tags.
const SETTABLE: &[&str] = &[
    "HealthCheckEnabled",
    "HealthCheckIntervalSeconds",
    "HealthCheckPath",
    "HealthCheckPort",
    "HealthCheckProtocol",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "IpAddressType",
    "Matcher",
    "Port",
    "Protocol",
    "ProtocolVersion",
    "TargetType",
    "UnhealthyThresholdCount",
    "VpcId",
];

const CREATE: u32 = 0;
const CREATED: u32 = 1;
const SETTINGS: u32 = 2;

/// Steps behind all settings.
const LOOK: u32 = 100;
const LOOKED: u32 = 101;

impl ResourceType for TargetGroup {
    fn type_name(&self) -> &'static str {
        "AWS::ElasticLoadBalancingV2::TargetGroup"
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["LoadBalancerArns", "TargetGroupArn", "TargetGroupFullName", "TargetGroupName"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match (job.step, job.reply) {
            (CREATE, _) => {
                let mut input = steps::members(job.properties, SETTABLE);
                let name = job.properties["Name"].as_str();
                input["Name"] =
                    name.map_or_else(|| steps::generated_name(job), str::to_owned).into();
                input["Tags"] = job.tags("Tags").into();
                steps::call("CreateTargetGroup", input, CREATED)
            }
            (_, Some(Err(error))) => steps::refused(error),
            (CREATED, Some(Ok(made))) => {
                let arn = made["TargetGroups"][0]["TargetGroupArn"].as_str().unwrap_or_default();
                steps::known(arn.to_owned(), SETTINGS)
            }
            (LOOK.., _) => look(job),
            _ => {
                let mut calls = attribute_calls(job);
                calls.extend(target_calls(job));
                steps::go_on(job, SETTINGS, calls, || look(job))
            }
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        match (job.step, job.reply) {
            (_, Some(Err(error))) => steps::refused(error),
            (LOOK.., _) => look(job),
            _ => steps::go_on(job, 0, changes(job), || look(job)),
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        steps::delete(job, "DeleteTargetGroup", "TargetGroupArn")
    }
}

fn attribute_calls(job: &Job<'_>) -> Vec<Call> {
    let arn = job.physical_id.unwrap_or_default();
    let attributes =
        steps::attributes(job, "TargetGroupAttributes", target_group_attribute::default_of);
    attributes
        .map(|attributes| {
            let input = json!({"TargetGroupArn": arn, "Attributes": attributes});
            ("ModifyTargetGroupAttributes", input)
        })
        .into_iter()
        .collect()
}

/// Deregisters those that are there no more, registers those that are new.
fn target_calls(job: &Job<'_>) -> Vec<Call> {
    let arn = job.physical_id.unwrap_or_default();
    let list = |properties: &Value| properties["Targets"].as_array().cloned().unwrap_or_default();
    let (had, has) = (list(job.previous.unwrap_or(&Value::Null)), list(job.properties));
    let only_in = |one: &[Value], other: &[Value]| -> Vec<Value> {
        one.iter().filter(|target| !other.contains(target)).cloned().collect()
    };
    let (gone, new) = (only_in(&had, &has), only_in(&has, &had));
    let changes = [("DeregisterTargets", gone), ("RegisterTargets", new)];
    let changes = changes.into_iter().filter(|(_, targets)| !targets.is_empty());
    changes
        .map(|(operation, targets)| (operation, json!({"TargetGroupArn": arn, "Targets": targets})))
        .collect()
}

/// The health check's properties with the values they have when the template does not name them.
/// `function`: for a group with one.
fn health_check_defaults(function: bool) -> Vec<(&'static str, Value)> {
    let mut defaults = vec![
        ("HealthCheckEnabled", (!function).into()),
        ("HealthCheckIntervalSeconds", if function { 35 } else { 30 }.into()),
        ("HealthCheckPath", "/".into()),
        ("HealthCheckTimeoutSeconds", if function { 30 } else { 5 }.into()),
        ("HealthyThresholdCount", 5.into()),
        ("Matcher", json!({"HttpCode": "200"})),
        ("UnhealthyThresholdCount", if function { 5 } else { 2 }.into()),
    ];
    if !function {
        defaults.push(("HealthCheckPort", "traffic-port".into()));
        defaults.push(("HealthCheckProtocol", "HTTP".into()));
    }
    defaults
}

fn changes(job: &Job<'_>) -> Vec<Call> {
    let arn = job.physical_id.unwrap_or_default();
    let (had, has) = (job.previous.unwrap_or(&Value::Null), job.properties);
    let mut check = json!({});
    for (name, default) in health_check_defaults(has["TargetType"] == "lambda") {
        if had[name] != has[name] {
            check[name] = if has[name].is_null() { default } else { has[name].clone() };
        }
    }
    let mut calls = Vec::new();
    if check.as_object().is_some_and(|members| !members.is_empty()) {
        check["TargetGroupArn"] = arn.into();
        calls.push(("ModifyTargetGroup", check));
    }
    calls.extend(attribute_calls(job));
    calls.extend(target_calls(job));
    calls.extend(steps::tag_calls(job, arn));
    calls
}

/// Which load balancer uses it, for `LoadBalancerArns`.
fn look(job: &Job<'_>) -> Progress {
    let arn = job.physical_id.unwrap_or_default();
    let (LOOKED, Some(Ok(described))) = (job.step, job.reply) else {
        return steps::call("DescribeTargetGroups", json!({"TargetGroupArns": [arn]}), LOOKED);
    };
    let described = &described["TargetGroups"][0];
    Progress::done(
        arn,
        [
            ("LoadBalancerArns", described["LoadBalancerArns"].clone()),
            ("TargetGroupArn", arn.into()),
            ("TargetGroupFullName", steps::resource_of(arn).into()),
            ("TargetGroupName", described["TargetGroupName"].clone()),
        ],
    )
}
