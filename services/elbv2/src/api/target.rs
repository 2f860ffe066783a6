//! Targets: registered, deregistered, and how they are. A function is registered once Lambda has
//! said that the load balancer may invoke it (ALB-LA-05).

use std::net::Ipv4Addr;

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{Answer, ApiError, Cx, Heard, Need, ServiceName, Value, json};

use super::nothing;
use crate::Elbv2;
use crate::config::Cidr;
use crate::data::{PRINCIPAL, TargetHealth};
use crate::error::{Result, invalid, one_of, port, refuse};
use crate::state::{State, Target, TargetGroup, TargetType};

/// ALB-LS-11: of one load balancer, and of one target group.
const TARGETS_MAX: usize = 1000;

/// Checks how many targets some target groups have together, `more` included.
pub(super) fn few(state: &State, groups: &[String], more: usize) -> Result<()> {
    let have = groups.iter().filter_map(|arn| state.target_groups.get(arn));
    if have.map(|group| group.targets.len()).sum::<usize>() + more > TARGETS_MAX {
        let message = format!("A load balancer can have at most {TARGETS_MAX} targets");
        return Err(refuse("TooManyTargets", message));
    }
    Ok(())
}

/// ALB-TG-02; the last one is this machine, on which tasks have their addresses.
const BLOCKS: &[&str] =
    &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8"];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Change {
    target_group_arn: String,
    targets: Vec<Description>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Description {
    id: String,
    port: Option<i64>,
    availability_zone: Option<String>,
}

impl Description {
    /// ALB-TG-04: the port it names, or the group's.
    fn port(&self, group: &TargetGroup) -> Result<u16> {
        self.port.map_or(Ok(group.port), |number| port("port", number))
    }
}

/// What Lambda is asked before a function is registered.
pub(super) fn needs(state: &State, value: &Value, heard: &[Heard]) -> Option<Need> {
    let arn = value["TargetGroupArn"].as_str()?;
    let group = state.target_groups.get(arn)?;
    let function = value["Targets"][0]["Id"].as_str()?;
    if group.target_type != TargetType::Lambda || !heard.is_empty() || !is_function(function) {
        return None;
    }
    Some(Need::Reply {
        service: ServiceName::Lambda,
        operation: "Invoke".into(),
        input: json!({
            "FunctionName": function, "InvocationType": "DryRun",
            "Standin": {"Principal": PRINCIPAL, "SourceArn": arn},
        }),
    })
}

/// `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, with a version or an alias or without.
fn is_function(id: &str) -> bool {
    let parts: Vec<&str> = id.split(':').collect();
    let is = |at: usize, word: &str| parts[at] == word;
    matches!(parts.len(), 7 | 8) && is(0, "arn") && is(2, "lambda") && is(5, "function")
}

/// ALB-TG-03, ALB-LA-05
fn register_function(
    elbv2: &mut Elbv2,
    cx: &mut Cx<'_>,
    Change { target_group_arn: arn, targets }: Change,
    heard: &[Heard],
) -> Result<Value> {
    let group = elbv2.state.target_group_mut(&arn)?;
    let [Description { id, port, availability_zone }] = &targets[..] else {
        let message = "A target group of type 'lambda' takes one function";
        return Err(refuse("TooManyTargets", message));
    };
    if !is_function(id) {
        return Err(invalid_target(format!("The target '{id}' is not a valid function ARN")));
    }
    if port.is_some() || availability_zone.as_deref().is_some_and(|zone| zone != "all") {
        let message = "A function has no port, and no Availability Zone but 'all'";
        return Err(invalid(message));
    }
    if group.function.as_ref().is_some_and(|have| have != id) {
        let message = format!("Target group '{arn}' has a function already");
        return Err(refuse("TooManyTargets", message));
    }
    if let Some(Answer::Reply(Err(error))) = heard.first().map(|one| &one.answer) {
        return Err(match error.code.as_str() {
            "AccessDeniedException" => refuse(
                "AccessDenied",
                format!(
                    "elasticloadbalancing principal does not have permission to invoke {id} from \
                     target group {arn}"
                ),
            ),
            _ => invalid_target(error.message.clone()),
        });
    }
    group.function = Some(id.clone());
    group.store(cx);
    elbv2.register_function(cx, &arn, id);
    nothing()
}

pub(super) fn register(
    elbv2: &mut Elbv2,
    cx: &mut Cx<'_>,
    value: &Value,
    heard: &[Heard],
) -> Result<Value> {
    let change: Change = input("RegisterTargets", value)?;
    let group = elbv2.state.target_group(&change.target_group_arn)?;
    at_least_one(&change.targets)?;
    if group.target_type == TargetType::Lambda {
        return register_function(elbv2, cx, change, heard);
    }
    let Change { target_group_arn: arn, targets } = change;
    let draining: Vec<TargetHealth> =
        elbv2.balancer.health(&arn).into_iter().filter(|one| one.state == "draining").collect();
    let mut added: Vec<Target> = Vec::new();
    for description in &targets {
        let target = target(group, description)?;
        let id = target.address.to_string();
        // ALB-TG-09
        if draining.iter().any(|one| *one.target.id == *id && one.target.port == target.port) {
            return Err(still_draining(&id));
        }
        if !group.targets.contains(&target) && !added.contains(&target) {
            added.push(target);
        }
    }
    let state = &elbv2.state;
    match state.load_balancers_using(&arn).first() {
        Some(balancer) => few(state, &state.target_groups_of(balancer), added.len())?,
        None => few(state, std::slice::from_ref(&arn), added.len())?,
    }
    let group = elbv2.state.target_group_mut(&arn)?;
    for target in &added {
        group.targets.retain(|one| (one.address, one.port) != (target.address, target.port));
        group.targets.push(target.clone());
    }
    group.store(cx);
    for target in &added {
        elbv2.register(cx, &arn, target);
    }
    nothing()
}

fn at_least_one(targets: &[Description]) -> Result<()> {
    if targets.is_empty() { Err(invalid("At least one target must be specified")) } else { Ok(()) }
}

fn invalid_target(message: String) -> ApiError {
    refuse("InvalidTarget", message)
}

fn still_draining(id: &str) -> ApiError {
    invalid_target(format!(
        "The target '{id}' is being deregistered and cannot be registered again before that is done"
    ))
}

fn target(group: &TargetGroup, description: &Description) -> Result<Target> {
    let id = &description.id;
    if group.target_type == TargetType::Instance {
        return Err(invalid_target(format!("Instance ID '{id}' is not valid")));
    }
    let address: Ipv4Addr = id.parse().map_err(|_| {
        invalid_target(format!("The IP address '{id}' is not a valid IPv4 address"))
    })?;
    let within =
        |block: &&str| Cidr::parse(block).is_some_and(|block| block.contains(address.into()));
    if !BLOCKS.iter().any(within) {
        return Err(invalid_target(format!(
            "The IP address '{id}' is not within one of the allowed blocks: {}",
            BLOCKS.join(", ")
        )));
    }
    let port = description.port(group)?;
    Ok(Target { address, port, availability_zone: description.availability_zone.clone() })
}

/// ALB-TG-09: a target that is not there is no error.
pub(super) fn deregister(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let Change { target_group_arn: arn, targets } = input("DeregisterTargets", value)?;
    at_least_one(&targets)?;
    let group = elbv2.state.target_group_mut(&arn)?;
    if group.target_type == TargetType::Lambda {
        let gone = group.function.take_if(|have| targets.iter().any(|one| one.id == *have));
        group.store(cx);
        if let Some(function) = gone {
            elbv2.balancer.deregister(cx, &arn, &function, None);
        }
        return nothing();
    }
    let mut gone = Vec::new();
    for description in &targets {
        gone.push((description.id.clone(), description.port(group)?));
    }
    let is_gone = |target: &Target| {
        gone.iter().any(|(id, port)| *id == target.address.to_string() && *port == target.port)
    };
    group.targets.retain(|target| !is_gone(target));
    group.store(cx);
    for (id, port) in gone {
        elbv2.balancer.deregister(cx, &arn, &id, Some(port));
    }
    nothing()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Health {
    target_group_arn: String,
    #[serde(default)]
    targets: Vec<Description>,
    #[serde(default)]
    include: Vec<String>,
}

/// ALB-HC-09 to ALB-HC-12
pub(super) fn health(elbv2: &mut Elbv2, _cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Health = input("DescribeTargetHealth", value)?;
    let group = elbv2.state.target_group(&asked.target_group_arn)?;
    for word in &asked.include {
        one_of("include", word, &["AnomalyDetection", "All"])?;
    }
    let with_anomalies = !asked.include.is_empty();
    let all = elbv2.balancer.health(&asked.target_group_arn);
    let row = |one: &TargetHealth| row(group, one, with_anomalies);
    if asked.targets.is_empty() {
        let rows: Vec<Value> = all.iter().map(row).collect();
        return Ok(json!({"TargetHealthDescriptions": rows}));
    }
    let mut rows = Vec::new();
    for description in &asked.targets {
        let port = description.port(group)?;
        let mut found = all
            .iter()
            .filter(|one| *one.target.id == *description.id && one.target.port == port)
            .map(row)
            .peekable();
        if found.peek().is_none() {
            rows.push(not_registered(group, &description.id, port));
        }
        rows.extend(found);
    }
    Ok(json!({"TargetHealthDescriptions": rows}))
}

fn row(group: &TargetGroup, one: &TargetHealth, with_anomalies: bool) -> Value {
    let mut health = json!({"State": one.state});
    if let Some(reason) = one.reason {
        health["Reason"] = reason.into();
    }
    if let Some(description) = &one.description {
        health["Description"] = description.as_str().into();
    }
    if group.target_type == TargetType::Lambda {
        let target = json!({"Id": &*one.target.id, "AvailabilityZone": "all"});
        return json!({"Target": target, "TargetHealth": health});
    }
    let mut target = json!({"Id": &*one.target.id, "Port": one.target.port});
    let registered = group
        .targets
        .iter()
        .find(|known| known.address.to_string() == *one.target.id && known.port == one.target.port);
    if let Some(zone) = registered.and_then(|known| known.availability_zone.as_deref()) {
        target["AvailabilityZone"] = zone.into();
    }
    let mut row = json!({
        "Target": target,
        "HealthCheckPort": one.health_check_port.to_string(),
        "TargetHealth": health,
    });
    if with_anomalies {
        // None is ever found here (ALB-TG-12).
        row["AnomalyDetection"] = json!({"Result": "normal", "MitigationInEffect": "no"});
    }
    row
}

fn not_registered(group: &TargetGroup, id: &str, port: u16) -> Value {
    json!({
        "Target": {"Id": id, "Port": port},
        "HealthCheckPort": group.health_check.port.unwrap_or(port).to_string(),
        "TargetHealth": {
            "State": "unused",
            "Reason": "Target.NotRegistered",
            "Description": "Target is not registered to the target group",
        },
    })
}
