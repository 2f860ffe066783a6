//! The actions of rules, as the API writes them: which are possible and which are not.

use serde::{Deserialize, Serialize};
use standin_kernel::Value;

use crate::error::{Result, invalid, invalid_action, not_built, one_of, port, refuse, within};
use crate::state::ListenerProtocol;

/// One action. Of the configurations only the one that fits the type is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Action {
    #[serde(rename = "Type")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target_group_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) forward_config: Option<ForwardConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) redirect_config: Option<RedirectConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fixed_response_config: Option<FixedResponseConfig>,
    /// Read to be refused by name.
    #[serde(skip_serializing)]
    pub(crate) authenticate_oidc_config: Option<Value>,
    #[serde(skip_serializing)]
    pub(crate) authenticate_cognito_config: Option<Value>,
    #[serde(skip_serializing)]
    pub(crate) jwt_validation_config: Option<Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ForwardConfig {
    #[serde(default)]
    pub(crate) target_groups: Vec<TargetGroupTuple>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target_group_stickiness_config: Option<StickinessConfig>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct TargetGroupTuple {
    pub(crate) target_group_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) weight: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct StickinessConfig {
    #[serde(default)]
    pub(crate) enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duration_seconds: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct RedirectConfig {
    #[serde(default = "same_protocol")]
    pub(crate) protocol: String,
    #[serde(default = "same_port")]
    pub(crate) port: String,
    #[serde(default = "same_host")]
    pub(crate) host: String,
    #[serde(default = "same_path")]
    pub(crate) path: String,
    #[serde(default = "same_query")]
    pub(crate) query: String,
    pub(crate) status_code: String,
}

fn same_protocol() -> String {
    "#{protocol}".into()
}

fn same_port() -> String {
    "#{port}".into()
}

fn same_host() -> String {
    "#{host}".into()
}

fn same_path() -> String {
    "/#{path}".into()
}

fn same_query() -> String {
    "#{query}".into()
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct FixedResponseConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message_body: Option<String>,
    pub(crate) status_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<String>,
}

impl Action {
    /// The target groups this forwards to, by ARN.
    pub(crate) fn forwards_to(&self) -> impl Iterator<Item = &str> {
        let groups = self.forward_config.iter().flat_map(|config| &config.target_groups);
        groups.map(|group| group.target_group_arn.as_str())
    }
}

/// Brings the actions of a rule into the form AWS shows, or says what is wrong (ALB-AC-01).
pub(crate) fn checked(actions: Vec<Action>, listener: ListenerProtocol) -> Result<Vec<Action>> {
    if actions.is_empty() {
        return Err(invalid("A rule must have at least one action"));
    }
    let mut actions = in_order(actions)?;
    for action in &actions {
        if let Some(what) = authentication(&action.kind) {
            if listener == ListenerProtocol::Http {
                return Err(invalid_action(format!(
                    "Actions of type '{}' are supported only on HTTPS listeners",
                    action.kind
                )));
            }
            return Err(not_built(what));
        }
    }
    let [action] = actions.as_mut_slice() else {
        return Err(refuse(
            "TooManyActions",
            "A rule must have exactly one action of type forward, redirect or fixed-response",
        ));
    };
    only_own_config(action)?;
    match action.kind.as_str() {
        "forward" => forward(action)?,
        "redirect" => redirect(action, listener)?,
        "fixed-response" => fixed_response(action)?,
        other => {
            one_of("type", other, TYPES)?;
        }
    }
    Ok(actions)
}

const TYPES: &[&str] = &[
    "forward",
    "authenticate-oidc",
    "authenticate-cognito",
    "redirect",
    "fixed-response",
    "jwt-validation",
];

/// What an action that asks who the viewer is would need.
fn authentication(kind: &str) -> Option<&'static str> {
    match kind {
        "authenticate-oidc" => Some("The action authenticate-oidc (asking an identity provider)"),
        "authenticate-cognito" => Some("The action authenticate-cognito (asking Amazon Cognito)"),
        "jwt-validation" => Some("The action jwt-validation (checking a token's signature)"),
        _ => None,
    }
}

fn in_order(mut actions: Vec<Action>) -> Result<Vec<Action>> {
    for action in &actions {
        if let Some(order) = action.order {
            within("order", order, 1, 50_000)?;
        }
    }
    if actions.len() > 1 {
        let mut orders: Vec<_> = actions.iter().map(|action| action.order).collect();
        if orders.contains(&None) {
            return Err(invalid("An order must be specified when a rule has several actions"));
        }
        orders.sort_unstable();
        orders.dedup();
        if orders.len() != actions.len() {
            return Err(invalid("The orders of a rule's actions must be unique"));
        }
        actions.sort_by_key(|action| action.order);
    }
    Ok(actions)
}

/// An action has the configuration of its type and no other.
fn only_own_config(action: &Action) -> Result<()> {
    let present = [
        ("forward", "ForwardConfig", action.forward_config.is_some()),
        ("forward", "TargetGroupArn", action.target_group_arn.is_some()),
        ("redirect", "RedirectConfig", action.redirect_config.is_some()),
        ("fixed-response", "FixedResponseConfig", action.fixed_response_config.is_some()),
        ("authenticate-oidc", "AuthenticateOidcConfig", action.authenticate_oidc_config.is_some()),
        (
            "authenticate-cognito",
            "AuthenticateCognitoConfig",
            action.authenticate_cognito_config.is_some(),
        ),
        ("jwt-validation", "JwtValidationConfig", action.jwt_validation_config.is_some()),
    ];
    match present.iter().find(|(kind, _, there)| *there && *kind != action.kind) {
        Some((_, member, _)) => Err(invalid_action(format!(
            "{member} cannot be specified for an action of type '{}'",
            action.kind
        ))),
        None => Ok(()),
    }
}

/// Most target groups of one action (ALB-AC-02).
const TARGET_GROUPS_MAX: usize = 5;

fn forward(action: &mut Action) -> Result<()> {
    let mut config = action.forward_config.take().unwrap_or_default();
    match (&action.target_group_arn, config.target_groups.as_slice()) {
        (None, []) => {
            return Err(invalid("A target group ARN must be specified for a forward action"));
        }
        (Some(arn), []) => {
            let tuple = TargetGroupTuple { target_group_arn: arn.clone(), weight: None };
            config.target_groups.push(tuple);
        }
        (Some(arn), [one]) if one.target_group_arn == *arn => {}
        (Some(_), _) => {
            return Err(invalid(
                "TargetGroupArn and ForwardConfig may be specified together only when both name \
                 the same single target group",
            ));
        }
        (None, _) => {}
    }
    if config.target_groups.len() > TARGET_GROUPS_MAX {
        let message = format!("An action can have at most {TARGET_GROUPS_MAX} target groups");
        return Err(invalid_action(message));
    }
    let mut arns: Vec<_> = config.target_groups.iter().map(|one| &one.target_group_arn).collect();
    arns.sort_unstable();
    if arns.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(invalid_action("A target group can be named only once in an action"));
    }
    for group in &mut config.target_groups {
        let weight = group.weight.unwrap_or(1);
        group.weight = Some(within("weight", weight, 0, 999)?);
    }
    let stickiness = config.target_group_stickiness_config.get_or_insert_default();
    match (stickiness.enabled, stickiness.duration_seconds) {
        // ALB-AC-04
        (true, None) => {
            return Err(invalid(
                "DurationSeconds must be specified when target group stickiness is enabled",
            ));
        }
        (_, Some(duration)) => {
            within("durationSeconds", duration, 1, 604_800)?;
        }
        (false, None) => {}
    }
    action.target_group_arn = match config.target_groups.as_slice() {
        [one] => Some(one.target_group_arn.clone()),
        _ => None,
    };
    action.forward_config = Some(config);
    Ok(())
}

/// ALB-AC-06, ALB-AC-07, ALB-AC-08
fn redirect(action: &Action, listener: ListenerProtocol) -> Result<()> {
    let Some(config) = &action.redirect_config else {
        return Err(invalid_action("A redirect action must have a RedirectConfig"));
    };
    one_of("statusCode", &config.status_code, &["HTTP_301", "HTTP_302"])?;
    one_of("protocol", &config.protocol, &["HTTP", "HTTPS", "#{protocol}"])?;
    if config.port != "#{port}" {
        let number = config.port.parse::<i64>().ok();
        let number = number.ok_or_else(|| {
            invalid(format!(
                "The port '{}' of a redirect must be 1-65535 or #{{port}}",
                config.port
            ))
        })?;
        port("port", number)?;
    }
    length("Host", &config.host, 1)?;
    length("Path", &config.path, 1)?;
    length("Query", &config.query, 0)?;
    if !config.path.starts_with('/') {
        return Err(invalid(format!(
            "The path '{}' of a redirect must begin with '/'",
            config.path
        )));
    }
    if config.query.starts_with('?') {
        return Err(invalid("The query of a redirect is given without the leading '?'"));
    }
    if listener == ListenerProtocol::Https && config.protocol == "HTTP" {
        return Err(invalid_action("A redirect from HTTPS to HTTP is not possible"));
    }
    let kept_protocol = config.protocol == "#{protocol}" || config.protocol == listener.as_str();
    if kept_protocol
        && config.host == same_host()
        && config.port == same_port()
        && config.path == same_path()
    {
        let message = "The redirect configuration is not valid because it creates a loop.";
        return Err(invalid_action(message));
    }
    Ok(())
}

const REDIRECT_PART_MAX: usize = 128;

fn length(name: &str, text: &str, least: usize) -> Result<()> {
    let length = text.chars().count();
    if (least..=REDIRECT_PART_MAX).contains(&length) {
        return Ok(());
    }
    Err(invalid(format!(
        "{name} of a redirect must have {least} to {REDIRECT_PART_MAX} characters"
    )))
}

const CONTENT_TYPES: &[&str] =
    &["text/plain", "text/css", "text/html", "application/javascript", "application/json"];
const MESSAGE_BODY_MAX: usize = 1024;

/// ALB-AC-05
fn fixed_response(action: &Action) -> Result<()> {
    let Some(config) = &action.fixed_response_config else {
        return Err(invalid_action("A fixed-response action must have a FixedResponseConfig"));
    };
    let status = config.status_code.as_bytes();
    let digits = status.len() == 3 && status.iter().all(u8::is_ascii_digit);
    if !digits || !matches!(status[0], b'2' | b'4' | b'5') {
        return Err(invalid(format!(
            "1 validation error detected: Value '{}' at 'statusCode' failed to satisfy \
             constraint: Member must satisfy regular expression pattern: ^(2|4|5)\\d\\d$",
            config.status_code
        )));
    }
    let content_type = config.content_type.as_deref().unwrap_or_default();
    if !content_type.is_empty() && !CONTENT_TYPES.contains(&content_type) {
        return Err(invalid(format!(
            "The content type '{content_type}' of a fixed response must be one of {}",
            CONTENT_TYPES.join(", ")
        )));
    }
    let length = config.message_body.as_deref().unwrap_or("").chars().count();
    if length > MESSAGE_BODY_MAX {
        return Err(invalid(format!(
            "1 validation error detected: Value at 'messageBody' failed to satisfy constraint: \
             Member must have length less than or equal to {MESSAGE_BODY_MAX}"
        )));
    }
    Ok(())
}
