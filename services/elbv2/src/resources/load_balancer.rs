//! `AWS::ElasticLoadBalancingV2::LoadBalancer`: made, then waited for until it is active
//! (CFN-RS-10).

use standin_kernel::resource::{Call, Job, Kind, Progress, Property, ResourceType};
use standin_kernel::{ApiError, Duration, Value, json};

use super::steps::{self, ATTRIBUTE, TAG};
use crate::api::load_balancer_attribute;
use crate::state::full_name;

#[derive(Debug)]
pub(super) struct LoadBalancer;

const OF_NETWORK: &str = "only network load balancers have it, and they are not built";
const NO_CAPACITY: &str = "one machine reserves no capacity";

const PROPERTIES: &[Property] = &[
    Property::new("EnableCapacityReservationProvisionStabilize", Kind::Bool).no_effect(NO_CAPACITY),
    Property::new("EnablePrefixForIpv6SourceNat", Kind::Choice(&["off", "on"])).refused(OF_NETWORK),
    Property::new("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", Kind::Text)
        .refused(OF_NETWORK),
    Property::new(
        "IpAddressType",
        Kind::Choice(&["dualstack", "dualstack-without-public-ipv4", "ipv4"]),
    )
    .no_effect("the load balancer's name leads to this machine in any case"),
    Property::new("Ipv4IpamPoolId", Kind::Text)
        .no_effect("the load balancer's name leads to this machine in any case"),
    Property::new("LoadBalancerAttributes", Kind::List(&Kind::Object(ATTRIBUTE))),
    Property::new("MinimumLoadBalancerCapacity", Kind::Object(MINIMUM_CAPACITY))
        .no_effect(NO_CAPACITY),
    Property::new("Name", Kind::Text).replaces(),
    Property::new("Scheme", Kind::Choice(&["internal", "internet-facing"])).replaces(),
    Property::new("SecurityGroups", Kind::List(&Kind::Text))
        .no_effect("one machine's loopback has no packet filter"),
    Property::new("SubnetMappings", Kind::List(&Kind::Object(SUBNET_MAPPING))),
    Property::new("Subnets", Kind::List(&Kind::Text)),
    Property::new("Tags", Kind::List(&Kind::Object(TAG))),
    Property::new("Type", Kind::Choice(&["application", "gateway", "network"])).replaces(),
];

const MINIMUM_CAPACITY: &[Property] =
    &[Property::new("CapacityUnits", Kind::Integer(0, i64::MAX)).required()];

const SUBNET_MAPPING: &[Property] = &[
    Property::new("AllocationId", Kind::Text).refused(OF_NETWORK),
    Property::new("IPv6Address", Kind::Text).refused(OF_NETWORK),
    Property::new("PrivateIPv4Address", Kind::Text).refused(OF_NETWORK),
    Property::new("SourceNatIpv6Prefix", Kind::Text).refused(OF_NETWORK),
    Property::new("SubnetId", Kind::Text).required(),
];

/// Steps of a creation before the settings.
const CREATE: u32 = 0;
const CREATED: u32 = 1;
const SETTINGS: u32 = 2;

/// Steps behind all settings.
const LOOK: u32 = 100;
const LOOKED: u32 = 101;

const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl ResourceType for LoadBalancer {
    fn type_name(&self) -> &'static str {
        "AWS::ElasticLoadBalancingV2::LoadBalancer"
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[
            "CanonicalHostedZoneID",
            "DNSName",
            "LoadBalancerArn",
            "LoadBalancerFullName",
            "LoadBalancerName",
            "SecurityGroups",
        ]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match (job.step, job.reply) {
            (CREATE, _) => steps::call("CreateLoadBalancer", creation(job), CREATED),
            (_, Some(Err(error))) => steps::refused(error),
            (CREATED, Some(Ok(made))) => {
                let arn = made["LoadBalancers"][0]["LoadBalancerArn"].as_str();
                steps::known(arn.unwrap_or_default().to_owned(), SETTINGS)
            }
            (LOOK.., _) => look(job),
            _ => steps::go_on(job, SETTINGS, attribute_calls(job), || look(job)),
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
        steps::delete(job, "DeleteLoadBalancer", "LoadBalancerArn")
    }
}

fn creation(job: &Job<'_>) -> Value {
    let names = ["Scheme", "SecurityGroups", "SubnetMappings", "Subnets", "Type", "IpAddressType"];
    let mut input = steps::members(job.properties, &names);
    let name = job.properties["Name"].as_str();
    input["Name"] = name.map_or_else(|| steps::generated_name(job), str::to_owned).into();
    input["Tags"] = job.tags("Tags").into();
    input
}

fn attribute_calls(job: &Job<'_>) -> Vec<Call> {
    let arn = job.physical_id.unwrap_or_default();
    let attributes =
        steps::attributes(job, "LoadBalancerAttributes", load_balancer_attribute::default_of);
    attributes
        .map(|attributes| {
            let input = json!({"LoadBalancerArn": arn, "Attributes": attributes});
            ("ModifyLoadBalancerAttributes", input)
        })
        .into_iter()
        .collect()
}

fn changes(job: &Job<'_>) -> Vec<Call> {
    let arn = job.physical_id.unwrap_or_default();
    let (had, has) = (job.previous.unwrap_or(&Value::Null), job.properties);
    let mut calls = Vec::new();
    let mut change = |operation, names: &[&str]| {
        if names.iter().any(|name| had[*name] != has[*name]) {
            let mut input = steps::members(has, names);
            input["LoadBalancerArn"] = arn.into();
            calls.push((operation, input));
        }
    };
    change("SetSubnets", &["Subnets", "SubnetMappings"]);
    if !has["SecurityGroups"].is_null() {
        change("SetSecurityGroups", &["SecurityGroups"]);
    }
    if !has["IpAddressType"].is_null() {
        change("SetIpAddressType", &["IpAddressType"]);
    }
    calls.extend(attribute_calls(job));
    calls.extend(steps::tag_calls(job, arn));
    calls
}

/// Looks until it is active, or has failed.
fn look(job: &Job<'_>) -> Progress {
    let arn = job.physical_id.unwrap_or_default();
    let described = match (job.step, job.reply) {
        (LOOKED, Some(Ok(described))) => &described["LoadBalancers"][0],
        _ => {
            let input = json!({"LoadBalancerArns": [arn]});
            return steps::call("DescribeLoadBalancers", input, LOOKED);
        }
    };
    let state = &described["State"];
    if let Some(reason) = state["Reason"].as_str() {
        return steps::refused(&ApiError::new("InvalidConfigurationRequest", 400, reason));
    }
    if state["Code"] != "active" {
        return Progress::Wait {
            after: LOOK_AGAIN,
            step: LOOK,
            context: Value::Null,
            physical_id: None,
        };
    }
    Progress::done(
        arn,
        [
            ("CanonicalHostedZoneID", described["CanonicalHostedZoneId"].clone()),
            ("DNSName", described["DNSName"].clone()),
            ("LoadBalancerArn", arn.into()),
            ("LoadBalancerFullName", full_name(arn).into()),
            ("LoadBalancerName", described["LoadBalancerName"].clone()),
            ("SecurityGroups", described["SecurityGroups"].clone()),
        ],
    )
}
