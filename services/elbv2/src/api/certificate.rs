//! The certificates of HTTPS listeners.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{Cx, Value, json};

use super::{Page, nothing, page};
use crate::Elbv2;
use crate::error::{Result, conflicting, invalid, refuse};
use crate::state::{Listener, ListenerProtocol};

/// ALB-LS-11: of one load balancer, default ones not counted.
const CERTIFICATES_MAX: usize = 25;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Certificate {
    certificate_arn: Option<String>,
    is_default: Option<bool>,
}

/// The default certificate of a listener: exactly one for HTTPS, none for HTTP.
pub(super) fn default(protocol: ListenerProtocol, asked: Vec<Certificate>) -> Result<Vec<String>> {
    let arns = arns(asked)?;
    match (protocol, arns.as_slice()) {
        (ListenerProtocol::Http, []) | (ListenerProtocol::Https, [_]) => Ok(arns),
        (ListenerProtocol::Http, _) => {
            Err(invalid("Certificates can be specified only for HTTPS listeners"))
        }
        (ListenerProtocol::Https, []) => {
            Err(invalid("A certificate must be specified for HTTPS listeners"))
        }
        (ListenerProtocol::Https, _) => {
            Err(refuse("TooManyCertificates", "Exactly one default certificate can be specified"))
        }
    }
}

fn arns(asked: Vec<Certificate>) -> Result<Vec<String>> {
    let mut arns = Vec::new();
    for one in asked {
        if one.is_default.is_some() {
            return Err(invalid("IsDefault cannot be set when a certificate is specified"));
        }
        let arn = one.certificate_arn.unwrap_or_default();
        let known = ["arn:aws:acm:", "arn:aws:iam:"];
        if !known.iter().any(|prefix| arn.starts_with(prefix)) {
            return Err(invalid(format!("'{arn}' is not a valid certificate ARN")));
        }
        arns.push(arn);
    }
    Ok(arns)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Change {
    listener_arn: String,
    certificates: Vec<Certificate>,
}

fn https(elbv2: &mut Elbv2, arn: &str) -> Result<Listener> {
    let listener = elbv2.state.listener(arn)?;
    if listener.protocol != ListenerProtocol::Https {
        return Err(conflicting("Certificates can be specified only for HTTPS listeners"));
    }
    Ok(listener.clone())
}

/// Adds certificates beside the default one.
pub(super) fn add(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Change = input("AddListenerCertificates", value)?;
    let mut listener = https(elbv2, &asked.listener_arn)?;
    let added = arns(asked.certificates)?;
    for arn in &added {
        if !listener.certificates.contains(arn) {
            listener.certificates.push(arn.clone());
        }
    }
    let beside_default = |one: &Listener| one.certificates.len().saturating_sub(1);
    let others = elbv2.state.listeners_of(&listener.load_balancer_arn);
    let others: usize = others.filter(|other| other.arn != listener.arn).map(beside_default).sum();
    if others + beside_default(&listener) > CERTIFICATES_MAX {
        let message = format!("A load balancer can have at most {CERTIFICATES_MAX} certificates");
        return Err(refuse("TooManyCertificates", message));
    }
    listener.store(cx);
    elbv2.state.listeners.insert(listener.arn.clone(), listener);
    let shown: Vec<Value> =
        added.iter().map(|arn| json!({"CertificateArn": arn, "IsDefault": false})).collect();
    Ok(json!({"Certificates": shown}))
}

/// The default certificate cannot be removed, only replaced.
pub(super) fn remove(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Change = input("RemoveListenerCertificates", value)?;
    let mut listener = https(elbv2, &asked.listener_arn)?;
    let gone = arns(asked.certificates)?;
    if listener.certificates.first().is_some_and(|default| gone.contains(default)) {
        let message = "The default certificate of a listener cannot be removed";
        return Err(refuse("OperationNotPermitted", message));
    }
    listener.certificates.retain(|arn| !gone.contains(arn));
    listener.store(cx);
    elbv2.state.listeners.insert(listener.arn.clone(), listener);
    nothing()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    listener_arn: String,
    marker: Option<String>,
    page_size: Option<i64>,
}

pub(super) fn describe(elbv2: &mut Elbv2, _cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Describe = input("DescribeListenerCertificates", value)?;
    let listener = elbv2.state.listener(&asked.listener_arn)?;
    let certificates = listener.certificates.iter().enumerate().collect();
    let Page { items, next } = page(certificates, asked.marker.as_deref(), asked.page_size)?;
    let shown: Vec<Value> = items
        .into_iter()
        .map(|(at, arn)| json!({"CertificateArn": arn, "IsDefault": at == 0}))
        .collect();
    Ok(super::with_marker(json!({"Certificates": shown}), next))
}
