//! Brings rules and health checks from the API's form into that which the data plane decides on.
//! All of it was checked when it was taken in; what could not be read would be left out.

use std::sync::Arc;

use standin_kernel::{Bytes, Duration};

use crate::api::action::{self, ForwardConfig, RedirectConfig};
use crate::api::condition;
use crate::config::{
    Action, Cidr, Condition, FixedResponse, Forward, HealthCheck, Matcher, PathPattern, Pattern,
    Protocol, QueryPair, Redirect, Rule, WeightedTargetGroup,
};
use crate::state::{self, ListenerProtocol};

pub(crate) const fn protocol(protocol: ListenerProtocol) -> Protocol {
    match protocol {
        ListenerProtocol::Http => Protocol::Http,
        ListenerProtocol::Https => Protocol::Https,
    }
}

pub(crate) fn rule(rule: &state::Rule) -> Option<Rule> {
    Some(Rule {
        arn: rule.arn.as_str().into(),
        priority: rule.priority.into(),
        conditions: rule.conditions.iter().map(condition).collect::<Option<_>>()?,
        action: action(rule.actions.last()?)?,
    })
}

fn condition(from: &condition::Condition) -> Option<Condition> {
    let patterns = |values: &[String]| {
        values.iter().map(|value| Pattern::ignoring_case(value)).collect::<Vec<_>>()
    };
    let compiled = match from.field.as_str() {
        "host-header" => Condition::HostHeader(patterns(&from.host_header_config.as_ref()?.values)),
        "path-pattern" => {
            let values = &from.path_pattern_config.as_ref()?.values;
            Condition::PathPattern(values.iter().map(|value| PathPattern::new(value)).collect())
        }
        "http-header" => {
            let config = from.http_header_config.as_ref()?;
            let name = config.http_header_name.as_str().into();
            Condition::HttpHeader { name, values: patterns(&config.values) }
        }
        "http-request-method" => {
            let values = &from.http_request_method_config.as_ref()?.values;
            let methods = values.iter().map(|value| value.as_str().into()).collect();
            Condition::HttpRequestMethod(methods)
        }
        "query-string" => {
            let values = &from.query_string_config.as_ref()?.values;
            let pair = |pair: &condition::QueryStringKeyValue| QueryPair {
                key: pair.key.as_deref().map(Pattern::with_escapes),
                value: Pattern::with_escapes(&pair.value),
            };
            Condition::QueryString(values.iter().map(pair).collect())
        }
        "source-ip" => {
            let values = &from.source_ip_config.as_ref()?.values;
            let blocks = values.iter().map(|value| Cidr::parse(value));
            Condition::SourceIp(blocks.collect::<Option<_>>()?)
        }
        _ => return None,
    };
    Some(compiled)
}

pub(crate) fn action(from: &action::Action) -> Option<Action> {
    if let Some(config) = &from.forward_config {
        return Some(Action::Forward(forward(config)));
    }
    if let Some(config) = &from.redirect_config {
        return Some(Action::Redirect(redirect(config)));
    }
    let config = from.fixed_response_config.as_ref()?;
    let body = config.message_body.clone().unwrap_or_default();
    let content_type = config.content_type.as_deref().filter(|text| !text.is_empty());
    Some(Action::FixedResponse(FixedResponse {
        status: config.status_code.parse().ok()?,
        content_type: content_type.map(Box::from),
        body: Bytes::from(body),
    }))
}

fn forward(config: &ForwardConfig) -> Forward {
    let group = |group: &action::TargetGroupTuple| WeightedTargetGroup {
        arn: Arc::from(group.target_group_arn.as_str()),
        weight: u32::try_from(group.weight.unwrap_or(1)).unwrap_or(0),
    };
    let stickiness = config.target_group_stickiness_config.as_ref();
    let seconds = stickiness
        .filter(|stickiness| stickiness.enabled)
        .and_then(|stickiness| u64::try_from(stickiness.duration_seconds?).ok());
    Forward {
        target_groups: config.target_groups.iter().map(group).collect(),
        stickiness: seconds.map(Duration::from_secs),
    }
}

fn redirect(config: &RedirectConfig) -> Redirect {
    let status = if config.status_code == "HTTP_301" { 301 } else { 302 };
    let protocol = match config.protocol.as_str() {
        "HTTP" => Some(Protocol::Http),
        "HTTPS" => Some(Protocol::Https),
        _ => None,
    };
    Redirect::new(
        status,
        protocol,
        Some(&config.host),
        Some(&config.port),
        Some(&config.path),
        Some(&config.query),
    )
}

pub(crate) fn health_check(from: &state::HealthCheck) -> HealthCheck {
    HealthCheck {
        enabled: from.enabled,
        protocol: protocol(from.protocol),
        port: from.port,
        path: from.path.as_str().into(),
        interval: Duration::from_secs(from.interval_s.into()),
        timeout: Duration::from_secs(from.timeout_s.into()),
        healthy_threshold: from.healthy_threshold.into(),
        unhealthy_threshold: from.unhealthy_threshold.into(),
        matcher: Matcher::parse(&from.matcher).unwrap_or_default(),
    }
}
