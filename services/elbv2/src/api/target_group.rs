//! Target groups: made, shown, changed, deleted.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{Cx, Value, ids, json};

use super::health_check::{self, Asked, AskedMatcher};
use super::load_balancer::check_name;
use super::tag::{self, Tag};
use super::{Page, nothing, page};
use crate::Elbv2;
use crate::error::{Result, invalid, not_built, one_of, port, refuse};
use crate::state::{Attributes, ListenerProtocol, State, TargetGroup, TargetType};

const TARGET_GROUPS_MAX: usize = 3000;

const PROTOCOLS: &[&str] =
    &["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    name: String,
    protocol: Option<String>,
    protocol_version: Option<String>,
    port: Option<i64>,
    vpc_id: Option<String>,
    health_check_protocol: Option<String>,
    health_check_port: Option<String>,
    health_check_enabled: Option<bool>,
    health_check_path: Option<String>,
    health_check_interval_seconds: Option<i64>,
    health_check_timeout_seconds: Option<i64>,
    healthy_threshold_count: Option<i64>,
    unhealthy_threshold_count: Option<i64>,
    matcher: Option<AskedMatcher>,
    target_type: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    ip_address_type: Option<String>,
    target_control_port: Option<i64>,
}

pub(super) fn create(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let mut made = wanted(cx, input("CreateTargetGroup", value)?)?;
    let state = &elbv2.state;
    if let Some(have) = state.target_groups.values().find(|one| one.name == made.name) {
        // ALB-LS-12
        if !is_as_wanted(have, &made) {
            return Err(refuse(
                "DuplicateTargetGroupName",
                format!(
                    "A target group with the same name '{}' exists, but with different settings",
                    made.name
                ),
            ));
        }
        return Ok(json!({"TargetGroups": [shown(state, have)]}));
    }
    if state.target_groups.len() >= TARGET_GROUPS_MAX {
        let message = "The maximum number of target groups has been reached";
        return Err(refuse("TooManyTargetGroups", message));
    }
    let resource = format!("targetgroup/{}/{}", made.name, cx.rng.hex(16));
    made.arn = ids::arn(cx.env, "elasticloadbalancing", &resource);
    made.store(cx);
    let (answer, arn) = (shown(state, &made), made.arn.clone());
    elbv2.state.target_groups.insert(arn.clone(), made);
    elbv2.reconfigure_target_group(cx, &arn);
    Ok(json!({"TargetGroups": [answer]}))
}

/// The target group that is asked for, without its ARN.
fn wanted(cx: &Cx<'_>, asked: Create) -> Result<TargetGroup> {
    check_name("target group", &asked.name)?;
    let target_type = asked.target_type.as_deref().unwrap_or("instance");
    let target_type = match one_of("targetType", target_type, &["instance", "ip", "lambda", "alb"])?
    {
        "ip" => TargetType::Ip,
        "instance" => TargetType::Instance,
        "lambda" => return wanted_for_function(cx, asked),
        other => {
            let why = format!("A target group of type '{other}' (of network load balancers)");
            return Err(not_built(why));
        }
    };
    let protocol = asked.protocol.as_deref();
    let protocol = protocol.ok_or_else(|| invalid("A protocol must be specified"))?;
    let protocol = match one_of("protocol", protocol, PROTOCOLS)? {
        "HTTP" => ListenerProtocol::Http,
        "HTTPS" => ListenerProtocol::Https,
        other => {
            let what = format!("A target group of protocol '{other}' (of network load balancers)");
            return Err(not_built(what));
        }
    };
    let version = asked.protocol_version.as_deref().unwrap_or("HTTP1");
    if one_of("protocolVersion", version, &["HTTP1", "HTTP2", "GRPC"])? != "HTTP1" {
        return Err(not_built(format!("ProtocolVersion '{version}' of a target group")));
    }
    let ip_address_type = asked.ip_address_type.as_deref().unwrap_or("ipv4");
    if one_of("ipAddressType", ip_address_type, &["ipv4", "ipv6"])? != "ipv4" {
        return Err(not_built("IpAddressType 'ipv6' of a target group"));
    }
    if asked.target_control_port.is_some() {
        return Err(not_built("TargetControlPort of a target group"));
    }
    let asked_port = asked.port.ok_or_else(|| invalid("A port must be specified"))?;
    let port = port("port", asked_port)?;
    let vpc_id = asked.vpc_id.clone().filter(|id| !id.is_empty());
    let vpc_id = vpc_id.ok_or_else(|| invalid("A VPC ID must be specified"))?;
    group(cx, asked, target_type, (protocol, port, vpc_id))
}

/// The same for a function, which has neither protocol, port nor network.
fn wanted_for_function(cx: &Cx<'_>, asked: Create) -> Result<TargetGroup> {
    for (name, given) in [
        ("protocol", asked.protocol.is_some()),
        ("protocol version", asked.protocol_version.is_some()),
        ("port", asked.port.is_some()),
        ("VPC ID", asked.vpc_id.is_some()),
        ("target control port", asked.target_control_port.is_some()),
    ] {
        if given {
            let message =
                format!("A {name} cannot be specified for target groups of type 'lambda'");
            return Err(invalid(message));
        }
    }
    group(cx, asked, TargetType::Lambda, (ListenerProtocol::Http, 0, String::new()))
}

fn group(
    cx: &Cx<'_>,
    asked: Create,
    target_type: TargetType,
    (protocol, port, vpc_id): (ListenerProtocol, u16, String),
) -> Result<TargetGroup> {
    let health_check = health_check::created(Asked {
        protocol: asked.health_check_protocol,
        port: asked.health_check_port,
        enabled: asked.health_check_enabled,
        path: asked.health_check_path,
        interval_s: asked.health_check_interval_seconds,
        timeout_s: asked.health_check_timeout_seconds,
        healthy_threshold: asked.healthy_threshold_count,
        unhealthy_threshold: asked.unhealthy_threshold_count,
        matcher: asked.matcher,
        target_type,
    })?;
    Ok(TargetGroup {
        arn: String::new(),
        name: asked.name,
        protocol,
        port,
        vpc_id,
        target_type,
        health_check,
        attributes: Attributes::new(),
        tags: tag::checked(cx, asked.tags)?,
        targets: Vec::new(),
        function: None,
    })
}

fn is_as_wanted(have: &TargetGroup, wanted: &TargetGroup) -> bool {
    have.protocol == wanted.protocol
        && have.port == wanted.port
        && have.vpc_id == wanted.vpc_id
        && have.target_type == wanted.target_type
        && have.health_check == wanted.health_check
        && have.tags == wanted.tags
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    load_balancer_arn: Option<String>,
    #[serde(default)]
    target_group_arns: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    marker: Option<String>,
    page_size: Option<i64>,
}

pub(super) fn describe(elbv2: &mut Elbv2, _cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Describe = input("DescribeTargetGroups", value)?;
    let state = &elbv2.state;
    let ways = [
        asked.load_balancer_arn.is_some(),
        !asked.target_group_arns.is_empty(),
        !asked.names.is_empty(),
    ];
    if ways.iter().filter(|way| **way).count() > 1 {
        return Err(invalid(
            "Only one of a load balancer ARN, target group ARNs and target group names can be \
             specified",
        ));
    }
    let mut found: Vec<&TargetGroup> = Vec::new();
    if let Some(load_balancer) = &asked.load_balancer_arn {
        state.load_balancer(load_balancer)?;
        for arn in state.target_groups_of(load_balancer) {
            found.push(state.target_group(&arn)?);
        }
    } else if !ways.contains(&true) {
        found.extend(state.target_groups.values());
    }
    for arn in &asked.target_group_arns {
        found.push(state.target_group(arn)?);
    }
    for name in &asked.names {
        let one = state.target_groups.values().find(|one| one.name == *name);
        found.push(one.ok_or_else(crate::error::target_group_not_found)?);
    }
    let Page { items, next } = page(found, asked.marker.as_deref(), asked.page_size)?;
    let groups: Vec<Value> = items.into_iter().map(|one| shown(state, one)).collect();
    Ok(super::with_marker(json!({"TargetGroups": groups}), next))
}

/// A target group as Describe operations show it.
fn shown(state: &State, one: &TargetGroup) -> Value {
    let check = &one.health_check;
    let mut shown = json!({
        "TargetGroupArn": one.arn,
        "TargetGroupName": one.name,
        "HealthCheckEnabled": check.enabled,
        "HealthCheckIntervalSeconds": check.interval_s,
        "HealthCheckTimeoutSeconds": check.timeout_s,
        "HealthyThresholdCount": check.healthy_threshold,
        "UnhealthyThresholdCount": check.unhealthy_threshold,
        "HealthCheckPath": check.path,
        "Matcher": {"HttpCode": check.matcher},
        "LoadBalancerArns": state.load_balancers_using(&one.arn),
        "TargetType": one.target_type.as_str(),
        "IpAddressType": "ipv4",
    });
    if one.target_type != TargetType::Lambda {
        let port = check.port.map(|port| port.to_string());
        shown["Protocol"] = json!(one.protocol.as_str());
        shown["ProtocolVersion"] = json!("HTTP1");
        shown["Port"] = json!(one.port);
        shown["VpcId"] = json!(one.vpc_id);
        shown["HealthCheckProtocol"] = json!(check.protocol.as_str());
        shown["HealthCheckPort"] =
            json!(port.unwrap_or_else(|| health_check::TRAFFIC_PORT.to_owned()));
    }
    shown
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Modify {
    target_group_arn: String,
    health_check_protocol: Option<String>,
    health_check_port: Option<String>,
    health_check_path: Option<String>,
    health_check_enabled: Option<bool>,
    health_check_interval_seconds: Option<i64>,
    health_check_timeout_seconds: Option<i64>,
    healthy_threshold_count: Option<i64>,
    unhealthy_threshold_count: Option<i64>,
    matcher: Option<AskedMatcher>,
}

pub(super) fn modify(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Modify = input("ModifyTargetGroup", value)?;
    let arn = asked.target_group_arn;
    let one = elbv2.state.target_group_mut(&arn)?;
    let wanted = Asked {
        protocol: asked.health_check_protocol,
        port: asked.health_check_port,
        enabled: asked.health_check_enabled,
        path: asked.health_check_path,
        interval_s: asked.health_check_interval_seconds,
        timeout_s: asked.health_check_timeout_seconds,
        healthy_threshold: asked.healthy_threshold_count,
        unhealthy_threshold: asked.unhealthy_threshold_count,
        matcher: asked.matcher,
        target_type: one.target_type,
    };
    one.health_check = health_check::changed(&one.health_check, wanted)?;
    one.store(cx);
    elbv2.reconfigure_target_group(cx, &arn);
    let state = &elbv2.state;
    Ok(json!({"TargetGroups": [shown(state, state.target_group(&arn)?)]}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    target_group_arn: String,
}

/// ALB-TG-03; one that is gone already is deleted.
pub(super) fn delete(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let Delete { target_group_arn: arn } = input("DeleteTargetGroup", value)?;
    if !elbv2.state.target_groups.contains_key(&arn) && !arn.contains(":targetgroup/") {
        return Err(invalid(format!("'{arn}' is not a valid target group ARN")));
    }
    if !elbv2.state.load_balancers_using(&arn).is_empty() {
        let message = format!("Target group '{arn}' is currently in use by a listener or a rule");
        return Err(refuse("ResourceInUse", message));
    }
    if let Some(gone) = elbv2.state.target_groups.remove(&arn) {
        gone.forget(cx);
        elbv2.balancer.remove_target_group(cx, &arn);
    }
    nothing()
}
