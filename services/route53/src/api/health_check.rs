//! Health checks: made, changed, shown with what each checker says.

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Heard, Value, ids, json};

use super::{PAGE, PAGE_MAX, alarm, page_size, read};
use crate::Route53;
use crate::checkers::{Checker, Report};
use crate::error::invalid_input;
use crate::health_check::{AlarmIdentifier, Config, HealthCheck, Kind, WithoutData};

const CHECKS_MAX: usize = 200;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    caller_reference: String,
    health_check_config: Config,
}

pub(super) fn create(
    route53: &mut Route53,
    cx: &mut Cx<'_>,
    input: &Value,
    heard: &[Heard],
) -> Result<Value, ApiError> {
    let input: Create = read("CreateHealthCheck", input)?;
    let config = input.health_check_config.settled()?;
    check_children(route53, &config)?;
    let alarm = alarm::taken(cx, &config, heard)?;
    let checks = &route53.state.checks;
    if let Some(have) = checks.values().find(|one| one.caller_reference == input.caller_reference) {
        // The same again is no error: it is the same check.
        if have.config == config {
            return Ok(json!({"HealthCheck": shown(have), "Location": location(&have.id)}));
        }
        let message =
            "A health check with the same caller reference and different settings exists.";
        return Err(ApiError::new("HealthCheckAlreadyExists", 409, message));
    }
    if checks.len() >= CHECKS_MAX {
        let message = "Limits Exceeded: MAX_HEALTH_CHECKS_BY_OWNER - Cannot create more.";
        return Err(ApiError::new("TooManyHealthChecks", 400, message));
    }
    let number = checks.values().map(|check| check.number).max().unwrap_or(0) + 1;
    let check = HealthCheck {
        id: ids::uuid(cx.rng),
        number,
        caller_reference: input.caller_reference,
        version: 1,
        config,
        alarm,
        created: cx.now,
        tags: BTreeMap::new(),
    };
    let answer = json!({"HealthCheck": shown(&check), "Location": location(&check.id)});
    route53.checkers.set(cx, &check);
    let id = check.id.clone();
    route53.state.checks.insert(id.clone(), check);
    route53.state.store_check(cx, &id);
    Ok(answer)
}

fn location(id: &str) -> String {
    format!("https://route53.amazonaws.com/2013-04-01/healthcheck/{id}")
}

/// Children are there and are no calculated checks themselves (R53-HC-16).
fn check_children(route53: &Route53, config: &Config) -> Result<(), ApiError> {
    for id in &config.child_health_checks {
        let child =
            route53.state.checks.get(id).ok_or_else(|| {
                invalid_input(format!("The child health check {id} does not exist."))
            })?;
        if child.config.kind == Kind::Calculated {
            return Err(invalid_input("A child cannot be a calculated health check."));
        }
    }
    Ok(())
}

/// `HealthCheck`
fn shown(check: &HealthCheck) -> Value {
    let mut shown = json!({
        "Id": check.id,
        "CallerReference": check.caller_reference,
        "HealthCheckConfig": check.config,
        "HealthCheckVersion": check.version,
    });
    if let Some(alarm) = &check.alarm {
        shown["CloudWatchAlarmConfiguration"] = json!(alarm);
    }
    shown
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ById {
    health_check_id: String,
}

pub(super) fn get(
    route53: &mut Route53,
    _cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: ById = read("GetHealthCheck", input)?;
    Ok(json!({"HealthCheck": shown(route53.state.check(&input.health_check_id)?)}))
}

pub(super) fn count(
    route53: &mut Route53,
    _cx: &mut Cx<'_>,
    _input: &Value,
) -> Result<Value, ApiError> {
    Ok(json!({"HealthCheckCount": route53.state.checks.len()}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    marker: Option<String>,
    max_items: Option<String>,
}

pub(super) fn list(
    route53: &mut Route53,
    _cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: List = read("ListHealthChecks", input)?;
    let size = page_size(input.max_items.as_deref(), PAGE, PAGE_MAX)?;
    let marker = input.marker.unwrap_or_default();
    let mut checks = route53.state.checks.range(marker.clone()..);
    let page: Vec<Value> = checks.by_ref().take(size).map(|(_, check)| shown(check)).collect();
    let next = checks.next();
    let mut listed = json!({
        "HealthChecks": page,
        "Marker": marker,
        "IsTruncated": next.is_some(),
        "MaxItems": size.to_string(),
    });
    if let Some((id, _)) = next {
        listed["NextMarker"] = json!(id);
    }
    Ok(listed)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Update {
    health_check_id: String,
    health_check_version: Option<u64>,
    #[serde(rename = "IPAddress")]
    ip_address: Option<String>,
    port: Option<u16>,
    resource_path: Option<String>,
    fully_qualified_domain_name: Option<String>,
    search_string: Option<String>,
    failure_threshold: Option<u32>,
    inverted: Option<bool>,
    disabled: Option<bool>,
    health_threshold: Option<usize>,
    child_health_checks: Option<Vec<String>>,
    #[serde(rename = "EnableSNI")]
    enable_sni: Option<bool>,
    regions: Option<Vec<String>>,
    alarm_identifier: Option<AlarmIdentifier>,
    insufficient_data_health_status: Option<WithoutData>,
    #[serde(default)]
    reset_elements: Vec<Resettable>,
}

#[derive(Debug, Deserialize)]
enum Resettable {
    FullyQualifiedDomainName,
    Regions,
    ResourcePath,
    ChildHealthChecks,
}

/// The settings after an update.
fn changed(mut config: Config, input: &Update) -> Config {
    for element in &input.reset_elements {
        match element {
            Resettable::FullyQualifiedDomainName => config.fully_qualified_domain_name = None,
            Resettable::Regions => config.regions.clear(),
            Resettable::ResourcePath => config.resource_path = None,
            Resettable::ChildHealthChecks => config.child_health_checks.clear(),
        }
    }
    let texts = [
        (&mut config.ip_address, &input.ip_address),
        (&mut config.resource_path, &input.resource_path),
        (&mut config.fully_qualified_domain_name, &input.fully_qualified_domain_name),
        (&mut config.search_string, &input.search_string),
    ];
    for (member, given) in texts {
        if given.is_some() {
            member.clone_from(given);
        }
    }
    let flags = [
        (&mut config.inverted, input.inverted),
        (&mut config.disabled, input.disabled),
        (&mut config.enable_sni, input.enable_sni),
    ];
    for (member, given) in flags {
        *member = given.or(*member);
    }
    config.port = input.port.or(config.port);
    config.failure_threshold = input.failure_threshold.or(config.failure_threshold);
    config.health_threshold = input.health_threshold.or(config.health_threshold);
    if let Some(children) = &input.child_health_checks {
        config.child_health_checks.clone_from(children);
    }
    if let Some(regions) = &input.regions {
        config.regions.clone_from(regions);
    }
    if input.alarm_identifier.is_some() {
        config.alarm_identifier.clone_from(&input.alarm_identifier);
    }
    config.insufficient_data_health_status =
        input.insufficient_data_health_status.or(config.insufficient_data_health_status);
    config
}

pub(super) fn update(
    route53: &mut Route53,
    cx: &mut Cx<'_>,
    input: &Value,
    heard: &[Heard],
) -> Result<Value, ApiError> {
    let input: Update = read("UpdateHealthCheck", input)?;
    let check = route53.state.check(&input.health_check_id)?;
    if input.health_check_version.is_some_and(|version| version != check.version) {
        let message = "The value of HealthCheckVersion in the request doesn't match the value of \
                       HealthCheckVersion in the health check.";
        return Err(ApiError::new("HealthCheckVersionMismatch", 409, message));
    }
    let config = changed(check.config.clone(), &input).settled()?;
    check_children(route53, &config)?;
    let alarm = alarm::taken(cx, &config, heard)?;
    let check = route53.state.check_mut(&input.health_check_id)?;
    check.config = config;
    // Only now: changes of the alarm are not followed by themselves (R53-HC-24).
    check.alarm = alarm;
    check.version += 1;
    let check = check.clone();
    route53.checkers.set(cx, &check);
    route53.checkers.tell(cx);
    route53.state.store_check(cx, &check.id);
    Ok(json!({"HealthCheck": shown(&check)}))
}

pub(super) fn delete(
    route53: &mut Route53,
    cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: ById = read("DeleteHealthCheck", input)?;
    let id = &input.health_check_id;
    route53.state.check(id)?;
    let parent =
        route53.state.checks.values().find(|one| one.config.child_health_checks.contains(id));
    if let Some(parent) = parent {
        let message = format!("The health check is a child of the health check {}.", parent.id);
        return Err(ApiError::new("HealthCheckInUse", 400, message));
    }
    if let Some(check) = route53.state.checks.remove(id) {
        route53.checkers.remove(cx, &check);
    }
    route53.state.store_check(cx, id);
    Ok(json!({}))
}

pub(super) fn status(
    route53: &mut Route53,
    _cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: ById = read("GetHealthCheckStatus", input)?;
    observations(route53, &input.health_check_id, |checker| checker.last.as_ref())
}

pub(super) fn last_failure(
    route53: &mut Route53,
    _cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: ById = read("GetHealthCheckLastFailureReason", input)?;
    observations(route53, &input.health_check_id, |checker| checker.last_failure.as_ref())
}

fn observations(
    route53: &Route53,
    id: &str,
    report: impl Fn(&Checker) -> Option<&Report>,
) -> Result<Value, ApiError> {
    let check = route53.state.check(id)?;
    if !check.config.kind.asks_endpoint() {
        return Err(invalid_input("A health check without an endpoint has no checkers."));
    }
    let seen = route53.checkers.shown(id).iter().filter_map(|checker| {
        let report = report(checker)?;
        Some(json!({
            "Region": checker.region,
            "IPAddress": checker.address.to_string(),
            "StatusReport": {"Status": report.says, "CheckedTime": report.at.iso8601()},
        }))
    });
    Ok(json!({"HealthCheckObservations": seen.collect::<Vec<Value>>()}))
}
