//! The health check of a target group: which settings are possible.

use serde::Deserialize;

use crate::config::Matcher;
use crate::error::{Result, invalid, not_built, one_of, port, within};
use crate::state::{HealthCheck, ListenerProtocol, TargetType};

/// The port a target is registered with.
pub(super) const TRAFFIC_PORT: &str = "traffic-port";

/// What is asked for; the rest stays as it is.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) protocol: Option<String>,
    pub(super) port: Option<String>,
    pub(super) enabled: Option<bool>,
    pub(super) path: Option<String>,
    pub(super) interval_s: Option<i64>,
    pub(super) timeout_s: Option<i64>,
    pub(super) healthy_threshold: Option<i64>,
    pub(super) unhealthy_threshold: Option<i64>,
    pub(super) matcher: Option<AskedMatcher>,
    /// Of the group.
    pub(super) target_type: TargetType,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct AskedMatcher {
    http_code: Option<String>,
    grpc_code: Option<String>,
}

/// The health check of a new group: AWS's defaults for what is not asked for (ALB-HC-01, ALB-HC-02,
/// ALB-HC-03, ALB-HC-05, ALB-HC-06).
pub(super) fn created(asked: Asked) -> Result<HealthCheck> {
    let function = asked.target_type == TargetType::Lambda;
    let defaults = HealthCheck {
        // ALB-HC-14
        enabled: !function,
        protocol: ListenerProtocol::Http,
        port: None,
        path: "/".into(),
        interval_s: if function { 35 } else { 30 },
        timeout_s: if function { 30 } else { 5 },
        healthy_threshold: 5,
        unhealthy_threshold: if function { 5 } else { 2 },
        matcher: "200".into(),
    };
    changed(&defaults, asked)
}

/// The health check after a change.
pub(super) fn changed(have: &HealthCheck, asked: Asked) -> Result<HealthCheck> {
    let mut check = have.clone();
    let (kind, function) = (asked.target_type.as_str(), asked.target_type == TargetType::Lambda);
    // ALB-HC-14
    if asked.enabled == Some(false) && !function {
        return Err(invalid(format!(
            "Health check enabled must be true for target groups with target type '{kind}'"
        )));
    }
    check.enabled = asked.enabled.unwrap_or(check.enabled);
    if function && (asked.protocol.is_some() || asked.port.is_some()) {
        return Err(invalid(format!(
            "A health check of target groups with target type '{kind}' has no protocol and no port"
        )));
    }
    if let Some(protocol) = asked.protocol {
        check.protocol = match one_of("healthCheckProtocol", &protocol, &["HTTP", "HTTPS"])? {
            "HTTPS" => ListenerProtocol::Https,
            _ => ListenerProtocol::Http,
        };
    }
    if let Some(text) = asked.port {
        check.port = health_check_port(&text)?;
    }
    if let Some(path) = asked.path {
        check_path(&path)?;
        check.path = path;
    }
    if let Some(interval) = asked.interval_s {
        check.interval_s = number("healthCheckIntervalSeconds", interval, 5, 300)?;
    }
    if let Some(timeout) = asked.timeout_s {
        check.timeout_s = number("healthCheckTimeoutSeconds", timeout, 2, 120)?;
    }
    if let Some(threshold) = asked.healthy_threshold {
        check.healthy_threshold = number("healthyThresholdCount", threshold, 2, 10)?;
    }
    if let Some(threshold) = asked.unhealthy_threshold {
        check.unhealthy_threshold = number("unhealthyThresholdCount", threshold, 2, 10)?;
    }
    if let Some(matcher) = asked.matcher {
        check.matcher = matcher_text(matcher)?;
    }
    if check.timeout_s >= check.interval_s {
        return Err(invalid(format!(
            "Health check timeout '{}' must be smaller than the interval '{}'",
            check.timeout_s, check.interval_s
        )));
    }
    Ok(check)
}

fn number<T: TryFrom<i64>>(name: &str, value: i64, least: i64, most: i64) -> Result<T> {
    let value = within(name, value, least, most)?;
    T::try_from(value).map_err(|_| invalid(format!("{name} is out of range")))
}

fn health_check_port(text: &str) -> Result<Option<u16>> {
    if text == TRAFFIC_PORT {
        return Ok(None);
    }
    let number = text.parse::<i64>().map_err(|_| {
        invalid(format!("Health check port '{text}' must be '{TRAFFIC_PORT}' or 1-65535"))
    })?;
    port("healthCheckPort", number).map(Some)
}

/// ALB-HC-05
fn check_path(path: &str) -> Result<()> {
    const LENGTH_MAX: usize = 1024;
    let printable = path.bytes().all(|byte| byte.is_ascii_graphic());
    if path.starts_with('/') && path.len() <= LENGTH_MAX && printable {
        return Ok(());
    }
    Err(invalid(format!(
        "Health check path '{path}' must begin with '/', have at most {LENGTH_MAX} characters and \
         no blanks"
    )))
}

fn matcher_text(matcher: AskedMatcher) -> Result<String> {
    if matcher.grpc_code.is_some() {
        return Err(not_built("Matcher.GrpcCode (ProtocolVersion 'GRPC')"));
    }
    let text = matcher.http_code.ok_or_else(|| invalid("Matcher must have an HttpCode"))?;
    if Matcher::parse(&text).is_none() {
        return Err(invalid(format!(
            "Health check matcher HTTP code '{text}' must be within '200-499' inclusive"
        )));
    }
    Ok(text)
}
