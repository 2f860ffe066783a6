//! Listeners: made, shown, changed, deleted.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{Cx, Value, ids, json};

use super::action::{self, Action};
use super::certificate::{self, Certificate};
use super::tag::{self, Tag};
use super::{Page, forward, nothing, page};
use crate::Elbv2;
use crate::error::{Result, invalid, listener_not_found, not_built, one_of, port, refuse};
use crate::state::{Attributes, Listener, ListenerProtocol, State, Tags, full_name};

/// ALB-LS-11
const LISTENERS_MAX: usize = 50;

/// What AWS takes when a caller of the API names no policy.
const SSL_POLICY: &str = "ELBSecurityPolicy-2016-08";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    load_balancer_arn: String,
    protocol: Option<String>,
    port: Option<i64>,
    ssl_policy: Option<String>,
    #[serde(default)]
    certificates: Vec<Certificate>,
    default_actions: Vec<Action>,
    #[serde(default)]
    alpn_policy: Vec<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    mutual_authentication: Option<MutualAuthentication>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MutualAuthentication {
    mode: Option<String>,
}

pub(super) fn create(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Create = input("CreateListener", value)?;
    let state = &elbv2.state;
    state.load_balancer(&asked.load_balancer_arn)?;
    refuse_tls_extras(&asked.alpn_policy, asked.mutual_authentication.as_ref())?;
    let protocol = asked.protocol.ok_or_else(|| invalid("A protocol must be specified"))?;
    let protocol = protocol_of(&protocol)?;
    let asked_port = asked.port.ok_or_else(|| invalid("A port must be specified"))?;
    let port = port("port", asked_port)?;
    let certificates = certificate::default(protocol, asked.certificates)?;
    let ssl_policy = ssl_policy(protocol, asked.ssl_policy)?;
    let default_actions = action::checked(asked.default_actions, protocol)?;
    let tags = tag::checked(cx, asked.tags)?;
    if let Some(have) =
        state.listeners_of(&asked.load_balancer_arn).find(|listener| listener.port == port)
    {
        // ALB-LS-12
        if have.protocol == protocol
            && have.certificates.first() == certificates.first()
            && have.ssl_policy == ssl_policy
            && have.default_actions == default_actions
            && have.tags == tags
        {
            return Ok(json!({"Listeners": [shown(have)]}));
        }
        return Err(duplicate(&asked.load_balancer_arn));
    }
    if state.listeners_of(&asked.load_balancer_arn).count() >= LISTENERS_MAX {
        let message = "The maximum number of listeners of the load balancer has been reached";
        return Err(refuse("TooManyListeners", message));
    }
    forward::check(state, &asked.load_balancer_arn, &default_actions)?;
    let name = full_name(&asked.load_balancer_arn);
    let id = cx.rng.hex(16);
    let rule = format!("listener-rule/{name}/{id}/{}", cx.rng.hex(16));
    let made = Listener {
        arn: ids::arn(cx.env, "elasticloadbalancing", &format!("listener/{name}/{id}")),
        load_balancer_arn: asked.load_balancer_arn,
        port,
        protocol,
        certificates,
        ssl_policy,
        default_rule_arn: ids::arn(cx.env, "elasticloadbalancing", &rule),
        default_rule_tags: Tags::new(),
        default_actions,
        attributes: Attributes::new(),
        tags,
    };
    made.store(cx);
    let (answer, load_balancer) = (shown(&made), made.load_balancer_arn.clone());
    elbv2.state.listeners.insert(made.arn.clone(), made);
    elbv2.reconfigure(cx, &load_balancer);
    Ok(json!({"Listeners": [answer]}))
}

fn duplicate(load_balancer_arn: &str) -> standin_kernel::ApiError {
    let message = format!(
        "A listener already exists on this port for this load balancer '{load_balancer_arn}'"
    );
    refuse("DuplicateListener", message)
}

/// Parts of TLS that cannot be had here.
fn refuse_tls_extras(
    alpn_policy: &[String],
    mutual_authentication: Option<&MutualAuthentication>,
) -> Result<()> {
    if !alpn_policy.is_empty() {
        return Err(invalid("An ALPN policy can be specified only for TLS listeners"));
    }
    match mutual_authentication.and_then(|asked| asked.mode.as_deref()) {
        None | Some("off") => Ok(()),
        Some(mode) => {
            one_of("mode", mode, &["off", "passthrough", "verify"])?;
            Err(not_built(format!("MutualAuthentication in mode '{mode}'")))
        }
    }
}

fn protocol_of(text: &str) -> Result<ListenerProtocol> {
    let known = ["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"];
    match one_of("protocol", text, &known)? {
        "HTTP" => Ok(ListenerProtocol::Http),
        "HTTPS" => Ok(ListenerProtocol::Https),
        other => Err(refuse(
            "UnsupportedProtocol",
            format!("Listener protocol '{other}' must be one of 'HTTPS, HTTP'"),
        )),
    }
}

fn ssl_policy(protocol: ListenerProtocol, asked: Option<String>) -> Result<Option<String>> {
    match (protocol, asked) {
        (ListenerProtocol::Http, None) => Ok(None),
        (ListenerProtocol::Http, Some(_)) => {
            Err(invalid("An SSL policy can be specified only for HTTPS listeners"))
        }
        (ListenerProtocol::Https, None) => Ok(Some(SSL_POLICY.to_owned())),
        (ListenerProtocol::Https, Some(name)) if name.starts_with("ELBSecurityPolicy-") => {
            Ok(Some(name))
        }
        (ListenerProtocol::Https, Some(name)) => {
            Err(refuse("SSLPolicyNotFound", format!("SSL policy '{name}' not found")))
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    load_balancer_arn: Option<String>,
    #[serde(default)]
    listener_arns: Vec<String>,
    marker: Option<String>,
    page_size: Option<i64>,
}

pub(super) fn describe(elbv2: &mut Elbv2, _cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Describe = input("DescribeListeners", value)?;
    let state = &elbv2.state;
    let found: Vec<&Listener> = match (&asked.load_balancer_arn, asked.listener_arns.as_slice()) {
        (Some(load_balancer), []) => {
            state.load_balancer(load_balancer)?;
            state.listeners_of(load_balancer).collect()
        }
        (None, arns) if !arns.is_empty() => {
            arns.iter().map(|arn| state.listener(arn)).collect::<Result<_>>()?
        }
        _ => {
            return Err(invalid(
                "You must specify either listener ARNs or a load balancer ARN, and not both",
            ));
        }
    };
    let Page { items, next } = page(found, asked.marker.as_deref(), asked.page_size)?;
    let listeners: Vec<Value> = items.into_iter().map(shown).collect();
    Ok(super::with_marker(json!({"Listeners": listeners}), next))
}

/// A listener as Describe operations show it.
fn shown(one: &Listener) -> Value {
    let mut shown = json!({
        "ListenerArn": one.arn,
        "LoadBalancerArn": one.load_balancer_arn,
        "Port": one.port,
        "Protocol": one.protocol.as_str(),
        "DefaultActions": one.default_actions,
    });
    if let Some(policy) = &one.ssl_policy {
        shown["SslPolicy"] = policy.as_str().into();
    }
    if let Some(certificate) = one.certificates.first() {
        shown["Certificates"] = json!([{"CertificateArn": certificate}]);
        shown["MutualAuthentication"] = json!({"Mode": "off"});
    }
    shown
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Modify {
    listener_arn: String,
    port: Option<i64>,
    protocol: Option<String>,
    ssl_policy: Option<String>,
    #[serde(default)]
    certificates: Vec<Certificate>,
    default_actions: Option<Vec<Action>>,
    #[serde(default)]
    alpn_policy: Vec<String>,
    mutual_authentication: Option<MutualAuthentication>,
}

pub(super) fn modify(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Modify = input("ModifyListener", value)?;
    refuse_tls_extras(&asked.alpn_policy, asked.mutual_authentication.as_ref())?;
    let state = &elbv2.state;
    let mut changed = state.listener(&asked.listener_arn)?.clone();
    let load_balancer = changed.load_balancer_arn.clone();
    if let Some(wanted) = asked.port {
        changed.port = port("port", wanted)?;
        if state
            .listeners_of(&load_balancer)
            .any(|other| other.arn != changed.arn && other.port == changed.port)
        {
            return Err(duplicate(&load_balancer));
        }
    }
    if let Some(protocol) = &asked.protocol {
        changed.protocol = protocol_of(protocol)?;
    }
    let protocol = changed.protocol;
    if protocol == ListenerProtocol::Http {
        (changed.certificates, changed.ssl_policy) = (Vec::new(), None);
    }
    if !asked.certificates.is_empty() || changed.certificates.is_empty() {
        let default = certificate::default(protocol, asked.certificates)?;
        // The others are not touched.
        let others = changed.certificates.into_iter().skip(1);
        let others: Vec<_> = others.filter(|one| !default.contains(one)).collect();
        changed.certificates = default.into_iter().chain(others).collect();
    }
    if asked.ssl_policy.is_some() || changed.ssl_policy.is_none() {
        changed.ssl_policy = ssl_policy(protocol, asked.ssl_policy)?;
    }
    if let Some(actions) = asked.default_actions {
        changed.default_actions = action::checked(actions, protocol)?;
        forward::check(state, &load_balancer, &changed.default_actions)?;
    }
    if asked.protocol.is_some() {
        rules_go_with(state, &changed)?;
    }
    changed.store(cx);
    let answer = shown(&changed);
    elbv2.state.listeners.insert(changed.arn.clone(), changed);
    elbv2.reconfigure(cx, &load_balancer);
    Ok(json!({"Listeners": [answer]}))
}

/// Whether all actions are possible with the protocol it has now.
fn rules_go_with(state: &State, listener: &Listener) -> Result<()> {
    action::checked(listener.default_actions.clone(), listener.protocol)?;
    for rule in state.rules_of(&listener.arn) {
        action::checked(rule.actions.clone(), listener.protocol)?;
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    listener_arn: String,
}

pub(super) fn delete(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let Delete { listener_arn: arn } = input("DeleteListener", value)?;
    let load_balancer = elbv2.state.listener(&arn)?.load_balancer_arn.clone();
    remove(elbv2, cx, &arn)?;
    elbv2.reconfigure(cx, &load_balancer);
    nothing()
}

/// Forgets a listener with its rules; the load balancer hears of it later.
pub(super) fn remove(elbv2: &mut Elbv2, cx: &mut Cx<'_>, arn: &str) -> Result<()> {
    let rules: Vec<String> =
        elbv2.state.rules_of(arn).iter().map(|rule| rule.arn.clone()).collect();
    for rule in rules {
        if let Some(rule) = elbv2.state.rules.remove(&rule) {
            rule.forget(cx);
        }
    }
    let gone = elbv2.state.listeners.remove(arn).ok_or_else(listener_not_found)?;
    gone.forget(cx);
    Ok(())
}
