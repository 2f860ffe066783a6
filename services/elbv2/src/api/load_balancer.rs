//! Load balancers: made, shown, deleted.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{Cx, Duration, Value, ids, json};

use super::tag::{self, Tag};
use super::{Page, nothing, page};
use crate::Elbv2;
use crate::error::{
    Result, conflicting, invalid, load_balancer_not_found, not_built, one_of, refuse,
};
use crate::state::{Attributes, LoadBalancer, LoadBalancerState, Placement, Tags};

/// How long a load balancer takes on AWS until it serves.
const PROVISIONING: Duration = Duration::from_secs(150);

/// ALB-LS-11
const LOAD_BALANCERS_MAX: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    name: String,
    #[serde(default)]
    subnets: Vec<String>,
    #[serde(default)]
    subnet_mappings: Vec<SubnetMapping>,
    #[serde(default)]
    security_groups: Vec<String>,
    scheme: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    ip_address_type: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct SubnetMapping {
    subnet_id: String,
}

/// What a creation settles; the same again gives the same load balancer (ALB-LS-12).
#[derive(Debug)]
struct Wanted {
    name: String,
    internal: bool,
    ip_address_type: String,
    security_groups: Vec<String>,
    subnets: Vec<String>,
    tags: Tags,
}

pub(super) fn create(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let wanted = wanted(cx, input("CreateLoadBalancer", value)?)?;
    let state = &elbv2.state;
    if let Some(have) = state.load_balancers.values().find(|one| one.name == wanted.name) {
        if !is_as_wanted(have, &wanted) {
            return Err(refuse(
                "DuplicateLoadBalancerName",
                format!(
                    "A load balancer with the same name '{}' exists, but with different settings",
                    wanted.name
                ),
            ));
        }
        return Ok(json!({"LoadBalancers": [shown(have, cx)]}));
    }
    if state.load_balancers.len() >= LOAD_BALANCERS_MAX {
        let message = "The maximum number of load balancers has been reached";
        return Err(refuse("TooManyLoadBalancers", message));
    }
    let made = make(cx, wanted);
    let (arn, answer) = (made.arn.clone(), shown(&made, cx));
    made.store(cx);
    elbv2.names.insert(made.dns_name.clone(), arn.clone());
    elbv2.state.load_balancers.insert(arn.clone(), made);
    elbv2.ask_for_zones(cx, &arn);
    Ok(json!({"LoadBalancers": [answer]}))
}

fn make(cx: &mut Cx<'_>, wanted: Wanted) -> LoadBalancer {
    let id = cx.rng.hex(16);
    let number = 100_000_000 + cx.rng.below(1_900_000_000);
    let prefix = if wanted.internal { "internal-" } else { "" };
    let dns_name = format!(
        "{prefix}{}-{number}.{}.elb.amazonaws.com",
        wanted.name.to_ascii_lowercase(),
        cx.env.region
    );
    let resource = format!("loadbalancer/app/{}/{id}", wanted.name);
    LoadBalancer {
        arn: ids::arn(cx.env, "elasticloadbalancing", &resource),
        name: wanted.name,
        dns_name,
        created: cx.now,
        active_at: cx.now + cx.env.paced(Duration::ZERO, PROVISIONING),
        internal: wanted.internal,
        ip_address_type: wanted.ip_address_type,
        security_groups: wanted.security_groups,
        placement: Placement { wanted: Some(wanted.subnets), ..Placement::default() },
        attributes: Attributes::new(),
        tags: wanted.tags,
    }
}

fn wanted(cx: &Cx<'_>, asked: Create) -> Result<Wanted> {
    check_name("load balancer", &asked.name)?;
    if asked.name.starts_with("internal-") {
        let message =
            format!("The load balancer name '{}' cannot start with 'internal-'", asked.name);
        return Err(invalid(message));
    }
    let kind = asked.kind.as_deref().unwrap_or("application");
    if one_of("type", kind, &["application", "network", "gateway"])? != "application" {
        return Err(not_built(format!("A load balancer of type '{kind}' (only application is)")));
    }
    let scheme = asked.scheme.as_deref().unwrap_or("internet-facing");
    let internal = one_of("scheme", scheme, &["internet-facing", "internal"])? == "internal";
    let ip_address_type = asked.ip_address_type.unwrap_or_else(|| "ipv4".into());
    check_ip_address_type(&ip_address_type, internal)?;
    let subnets = subnets(asked.subnets, asked.subnet_mappings)?;
    let tags = tag::checked(cx, asked.tags)?;
    let security_groups = asked.security_groups;
    Ok(Wanted { name: asked.name, internal, ip_address_type, security_groups, subnets, tags })
}

/// The subnets in either form, at least two different ones (ALB-LS-14).
pub(super) fn subnets(plain: Vec<String>, mappings: Vec<SubnetMapping>) -> Result<Vec<String>> {
    if !plain.is_empty() && !mappings.is_empty() {
        return Err(invalid("Only one of Subnets and SubnetMappings can be specified"));
    }
    let mapped = mappings.into_iter().map(|mapping| mapping.subnet_id);
    let subnets: Vec<String> = plain.into_iter().chain(mapped).collect();
    let mut different = subnets.clone();
    different.sort_unstable();
    different.dedup();
    if different.len() != subnets.len() {
        return Err(conflicting("A subnet cannot be specified more than once"));
    }
    if subnets.len() < 2 {
        return Err(invalid(TWO_ZONES));
    }
    Ok(subnets)
}

/// ALB-LS-14
pub(crate) const TWO_ZONES: &str =
    "At least two subnets in two different Availability Zones must be specified";

pub(super) fn check_ip_address_type(wanted: &str, internal: bool) -> Result<()> {
    let known = ["ipv4", "dualstack", "dualstack-without-public-ipv4"];
    one_of("ipAddressType", wanted, &known)?;
    if internal && wanted == "dualstack-without-public-ipv4" {
        return Err(conflicting(
            "The IP address type 'dualstack-without-public-ipv4' is supported only for \
             internet-facing load balancers",
        ));
    }
    Ok(())
}

/// Letters, digits and hyphens, at most 32, no hyphen at either end (ALB-TG-01).
pub(super) fn check_name(what: &str, name: &str) -> Result<()> {
    const LENGTH_MAX: usize = 32;
    let says = |wrong: &str| Err(invalid(format!("The {what} name '{name}' {wrong}")));
    if name.is_empty() {
        return says("cannot be empty");
    }
    if name.chars().count() > LENGTH_MAX {
        return says("cannot be longer than '32' characters");
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return says("can only contain characters that are alphanumeric characters and hyphens(-)");
    }
    if name.starts_with('-') || name.ends_with('-') {
        return says("cannot begin or end with a hyphen(-)");
    }
    Ok(())
}

fn is_as_wanted(have: &LoadBalancer, wanted: &Wanted) -> bool {
    let mut subnets: Vec<&str> = match &have.placement.wanted {
        Some(wanted) => wanted.iter().map(String::as_str).collect(),
        None => have.placement.subnets.iter().map(|one| one.subnet_id.as_str()).collect(),
    };
    let mut asked: Vec<&str> = wanted.subnets.iter().map(String::as_str).collect();
    subnets.sort_unstable();
    asked.sort_unstable();
    subnets == asked
        && have.internal == wanted.internal
        && have.ip_address_type == wanted.ip_address_type
        // Who names none gets the default one of the network.
        && (wanted.security_groups.is_empty() || have.security_groups == wanted.security_groups)
        && have.tags == wanted.tags
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    #[serde(default)]
    load_balancer_arns: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    marker: Option<String>,
    page_size: Option<i64>,
}

pub(super) fn describe(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Describe = input("DescribeLoadBalancers", value)?;
    if !asked.load_balancer_arns.is_empty() && !asked.names.is_empty() {
        return Err(invalid("Load balancer names and load balancer ARNs cannot both be specified"));
    }
    let state = &elbv2.state;
    let mut found: Vec<&LoadBalancer> = Vec::new();
    for arn in &asked.load_balancer_arns {
        found.push(state.load_balancer(arn)?);
    }
    for name in &asked.names {
        let one = state.load_balancers.values().find(|one| one.name == *name);
        found.push(one.ok_or_else(|| {
            refuse("LoadBalancerNotFound", format!("Load balancers '[{name}]' not found"))
        })?);
    }
    if asked.load_balancer_arns.is_empty() && asked.names.is_empty() {
        found.extend(state.load_balancers.values());
    }
    let Page { items, next } = page(found, asked.marker.as_deref(), asked.page_size)?;
    let shown: Vec<Value> = items.into_iter().map(|one| shown(one, cx)).collect();
    Ok(super::with_marker(json!({"LoadBalancers": shown}), next))
}

/// A load balancer as Describe operations show it.
pub(super) fn shown(one: &LoadBalancer, cx: &Cx<'_>) -> Value {
    let code = match one.state(cx.now) {
        LoadBalancerState::Provisioning => "provisioning",
        LoadBalancerState::Active => "active",
        LoadBalancerState::Failed => "failed",
    };
    let mut state = json!({"Code": code});
    if let Some(reason) = &one.placement.refused {
        state["Reason"] = reason.as_str().into();
    }
    let mut shown = json!({
        "LoadBalancerArn": one.arn,
        "DNSName": one.dns_name,
        "CanonicalHostedZoneId": hosted_zone(&cx.env.region),
        "CreatedTime": one.created.iso8601(),
        "LoadBalancerName": one.name,
        "Scheme": if one.internal { "internal" } else { "internet-facing" },
        "State": state,
        "Type": "application",
        "AvailabilityZones": zones(&one.placement),
        "SecurityGroups": one.security_groups,
        "IpAddressType": one.ip_address_type,
    });
    if !one.placement.vpc_id.is_empty() {
        shown["VpcId"] = one.placement.vpc_id.as_str().into();
    }
    shown
}

/// The zones as Describe operations show them.
pub(super) fn zones(placement: &Placement) -> Vec<Value> {
    let zone = |subnet: &str, zone: Option<&str>| {
        let mut shown = json!({"SubnetId": subnet, "LoadBalancerAddresses": []});
        if let Some(zone) = zone {
            shown["ZoneName"] = zone.into();
        }
        shown
    };
    match &placement.wanted {
        Some(wanted) if placement.subnets.is_empty() => {
            wanted.iter().map(|subnet| zone(subnet, None)).collect()
        }
        _ => placement
            .subnets
            .iter()
            .map(|subnet| zone(&subnet.subnet_id, Some(&subnet.zone)))
            .collect(),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    load_balancer_arn: String,
}

/// ALB-LS-13
pub(super) fn delete(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let Delete { load_balancer_arn: arn } = input("DeleteLoadBalancer", value)?;
    let Some(one) = elbv2.state.load_balancers.get(&arn) else {
        if arn.contains(":loadbalancer/") {
            return nothing();
        }
        return Err(invalid(format!("'{arn}' is not a valid load balancer ARN")));
    };
    if super::load_balancer_attribute::is_protected(&one.attributes) {
        return Err(refuse(
            "OperationNotPermitted",
            format!(
                "Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
            ),
        ));
    }
    let listeners: Vec<String> =
        elbv2.state.listeners_of(&arn).map(|listener| listener.arn.clone()).collect();
    for listener in listeners {
        super::listener::remove(elbv2, cx, &listener)?;
    }
    let gone = elbv2.state.load_balancers.remove(&arn).ok_or_else(load_balancer_not_found)?;
    gone.forget(cx);
    elbv2.names.remove(gone.dns_name.as_str());
    elbv2.reconfigure(cx, &arn);
    nothing()
}

/// The hosted zone that alias records of a load balancer in the region point to.
pub(crate) fn hosted_zone(region: &str) -> &'static str {
    let zone = HOSTED_ZONES.iter().find(|(known, _)| *known == region);
    // A region younger than this list: the shape is right, the id is nobody's.
    zone.map_or("Z00000000000STANDIN00", |(_, zone)| zone)
}

const HOSTED_ZONES: &[(&str, &str)] = &[
    ("af-south-1", "Z268VQBMOI5EKX"),
    ("ap-east-1", "Z3DQVH9N71FHZ0"),
    ("ap-northeast-1", "Z14GRHDCWA56QT"),
    ("ap-northeast-2", "ZWKZPGTI48KDX"),
    ("ap-northeast-3", "Z5LXEXXYW11ES"),
    ("ap-south-1", "ZP97RAFLXTNZK"),
    ("ap-southeast-1", "Z1LMS91P8CMLE5"),
    ("ap-southeast-2", "Z1GM3OXH4ZPM65"),
    ("ca-central-1", "ZQSVJUPU6J1EY"),
    ("eu-central-1", "Z215JYRZR1TBD5"),
    ("eu-north-1", "Z23TAZ6LKFMNIO"),
    ("eu-south-1", "Z3ULH7SSC9OV64"),
    ("eu-west-1", "Z32O12XQLNTSW2"),
    ("eu-west-2", "ZHURV8PSTC4K8"),
    ("eu-west-3", "Z3Q77PNBQS71R4"),
    ("me-south-1", "ZS929ML54UICD"),
    ("sa-east-1", "Z2P70J7HTTTPLU"),
    ("us-east-1", "Z35SXDOTRQ7X7K"),
    ("us-east-2", "Z3AADJGX6KTTL2"),
    ("us-west-1", "Z368ELLRRE2KJ0"),
    ("us-west-2", "Z1H1FL5HABSF5"),
];
