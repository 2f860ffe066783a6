//! Where a function sends a request: the helpers of the module `cloudfront` (CF-FN-15, CF-FN-16,
//! CF-OG-19, CF-OG-20). What a helper leaves unset is inherited from the behavior's origin.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use standin_kernel::evaluation::{OriginCall, OriginHelper};
use standin_kernel::{Duration, Value};

use super::Invalid;
use crate::config::{
    Distribution, Origin, OriginGroup, OriginKind, OriginProtocol, Signing, Target,
};
use crate::data::origin_group;
use crate::data::viewer::Viewer;

/// The distribution with other origins for this one request; `None`: as it is.
pub(super) fn chosen(
    viewer: &Viewer,
    calls: &[OriginCall],
) -> Result<Option<Arc<Distribution>>, Invalid> {
    if calls.is_empty() {
        return Ok(None);
    }
    let mut distribution = Distribution::clone(&viewer.distribution);
    for OriginCall { helper, argument } in calls {
        match helper {
            OriginHelper::UpdateRequestOrigin => {
                update(&mut distribution, viewer.behavior, &read(argument)?)?;
            }
            OriginHelper::SelectRequestOriginById => {
                let asked: Selection = read(argument)?;
                let origin = found(&distribution, &asked)?;
                distribution.behaviors[viewer.behavior].target = add(&mut distribution, origin);
            }
            OriginHelper::CreateRequestOriginGroup => {
                group(&mut distribution, viewer.behavior, read(argument)?)?;
            }
        }
    }
    Ok(Some(Arc::new(distribution)))
}

fn read<T: DeserializeOwned>(argument: &Value) -> Result<T, Invalid> {
    serde_json::from_value(argument.clone()).map_err(|wrong| format!("origin: {wrong}"))
}

/// Argument of `updateRequestOrigin`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Update {
    domain_name: Option<String>,
    host_header: Option<String>,
    origin_path: Option<String>,
    custom_headers: Option<BTreeMap<String, String>>,
    connection_attempts: Option<u8>,
    timeouts: Timeouts,
    custom_origin_config: Option<Custom>,
    origin_access_control_config: Option<AccessControl>,
    /// There is one edge here: nothing stands between it and the origin.
    #[serde(rename = "originShieldConfig")]
    _origin_shield_config: Option<Value>,
}

/// In seconds.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Timeouts {
    read_timeout: Option<u64>,
    connection_timeout: Option<u64>,
    keep_alive_timeout: Option<u64>,
    response_completion_timeout: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Custom {
    port: Option<u16>,
    protocol: Protocol,
    /// Origins here speak what TLS they speak.
    #[serde(rename = "sslProtocols")]
    _ssl_protocols: Option<Vec<String>>,
    #[serde(rename = "ipAddressType")]
    _ip_address_type: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Protocol {
    Http,
    Https,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AccessControl {
    enabled: bool,
    #[serde(rename = "region")]
    _region: Option<String>,
    signing_behavior: Option<SigningBehavior>,
    #[serde(rename = "signingProtocol")]
    _signing_protocol: Option<String>,
    origin_type: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SigningBehavior {
    Always,
    Never,
    NoOverride,
}

fn update(distribution: &mut Distribution, behavior: usize, asked: &Update) -> Result<(), Invalid> {
    let target = distribution.behaviors[behavior].target;
    let before = distribution.origins[origin_group::first(distribution, target)].clone();
    let origin = updated(before, asked)?;
    match target {
        Target::Origin(_) => {
            distribution.behaviors[behavior].target = add(distribution, origin);
        }
        // CF-OG-19: the group stays, with another primary.
        Target::Group(index) => {
            let group = distribution.origin_groups[index].clone();
            distribution.origins.push(origin);
            let primary = distribution.origins.len() - 1;
            distribution.origin_groups.push(OriginGroup { primary, ..group });
            let index = distribution.origin_groups.len() - 1;
            distribution.behaviors[behavior].target = Target::Group(index);
        }
    }
    Ok(())
}

fn add(distribution: &mut Distribution, origin: Origin) -> Target {
    distribution.origins.push(origin);
    Target::Origin(distribution.origins.len() - 1)
}

fn updated(mut origin: Origin, asked: &Update) -> Result<Origin, Invalid> {
    if let Some(name) = &asked.domain_name {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let is_address = name.parse::<std::net::IpAddr>().is_ok();
        if name.is_empty() || name.len() > 253 || is_address || !name.bytes().all(is_name) {
            return Err(format!("origin: domainName {name} is not a name"));
        }
        origin.domain_name = name.to_ascii_lowercase().into();
    }
    if let Some(path) = &asked.origin_path {
        if !path.is_empty() && (!path.starts_with('/') || path.ends_with('/')) {
            return Err(format!("origin: originPath {path} does not begin and end as it must"));
        }
        origin.path = path.as_str().into();
    }
    if let Some(headers) = &asked.custom_headers {
        let line =
            |(name, value): (&String, &String)| (name.as_str().into(), value.as_str().into());
        origin.custom_headers = headers.iter().map(line).collect();
    }
    if let Some(attempts) = asked.connection_attempts {
        within("connectionAttempts", u64::from(attempts), 3)?;
        origin.connection_attempts = attempts;
    }
    timeouts(&mut origin, &asked.timeouts)?;
    if let Some(custom) = &asked.custom_origin_config {
        let (protocol, usual) = match custom.protocol {
            Protocol::Http => (OriginProtocol::HttpOnly, 80),
            Protocol::Https => (OriginProtocol::HttpsOnly, 443),
        };
        let port = custom.port.unwrap_or(usual);
        let (http_port, https_port) =
            if custom.protocol == Protocol::Http { (port, 443) } else { (80, port) };
        origin.kind = OriginKind::Custom { http_port, https_port, protocol };
    }
    if let Some(control) = &asked.origin_access_control_config {
        origin.kind = signed(origin.kind, control)?;
    }
    if let Some(host) = &asked.host_header {
        // CF-OG-20
        if matches!(origin.kind, OriginKind::S3 { signing } if signing != Signing::Never) {
            return Err("origin: hostHeader cannot be set with origin access control".into());
        }
        origin.host_header = Some(host.as_str().into());
    }
    Ok(origin)
}

fn timeouts(origin: &mut Origin, asked: &Timeouts) -> Result<(), Invalid> {
    if let Some(read_s) = asked.read_timeout {
        within("readTimeout", read_s, 120)?;
        origin.read_timeout = Duration::from_secs(read_s);
    }
    if let Some(connect_s) = asked.connection_timeout {
        within("connectionTimeout", connect_s, 10)?;
        origin.connection_timeout = Duration::from_secs(connect_s);
    }
    if let Some(idle_s) = asked.keep_alive_timeout {
        // Connections belong to the driver.
        within("keepAliveTimeout", idle_s, 120)?;
    }
    if let Some(all_s) = asked.response_completion_timeout {
        within("responseCompletionTimeout", all_s, u64::MAX)?;
        origin.completion_timeout = Some(Duration::from_secs(all_s));
    }
    Ok(())
}

fn within(name: &str, value: u64, most: u64) -> Result<(), Invalid> {
    match (1..=most).contains(&value) {
        true => Ok(()),
        false => Err(format!("origin: {name} {value} is not from 1 to {most}")),
    }
}

fn signed(kind: OriginKind, control: &AccessControl) -> Result<OriginKind, Invalid> {
    if !control.enabled {
        return Ok(match kind {
            OriginKind::S3 { .. } => OriginKind::S3 { signing: Signing::Never },
            custom @ OriginKind::Custom { .. } => custom,
        });
    }
    match control.origin_type.as_deref() {
        None | Some("s3") => {}
        Some(other) => {
            return Err(format!("origin: originType {other} is not supported by Standin"));
        }
    }
    let signing = match control.signing_behavior {
        None | Some(SigningBehavior::Always) => Signing::Always,
        Some(SigningBehavior::Never) => Signing::Never,
        Some(SigningBehavior::NoOverride) => Signing::NoOverride,
    };
    Ok(OriginKind::S3 { signing })
}

/// One of the distribution's own origins.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Selection {
    origin_id: String,
    #[serde(default)]
    origin_overrides: Overrides,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Overrides {
    host_header: Option<String>,
}

fn found(distribution: &Distribution, asked: &Selection) -> Result<Origin, Invalid> {
    let id = &asked.origin_id;
    let origin = distribution.origins.iter().find(|origin| *origin.id == **id);
    let origin = origin.ok_or_else(|| format!("origin: the distribution has no origin {id}"))?;
    let host_header = asked.origin_overrides.host_header.clone();
    updated(origin.clone(), &Update { host_header, ..Update::default() })
}

/// Argument of `createRequestOriginGroup`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Group {
    origin_ids: Vec<Selection>,
    failover_criteria: Criteria,
    selection_criteria: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Criteria {
    status_codes: Vec<u16>,
}

fn group(distribution: &mut Distribution, behavior: usize, asked: Group) -> Result<(), Invalid> {
    let [first, second] = &asked.origin_ids[..] else {
        return Err("origin: a group has two origins".into());
    };
    if asked.selection_criteria.as_deref().is_some_and(|criteria| criteria != "default") {
        return Err("origin: selectionCriteria other than default is not supported".into());
    }
    let codes = asked.failover_criteria.status_codes;
    let known = [400, 403, 404, 416, 429, 500, 502, 503, 504];
    if codes.is_empty() || codes.iter().any(|code| !known.contains(code)) {
        return Err(format!("origin: no group fails over for {codes:?}"));
    }
    let (one, other) = (found(distribution, first)?, found(distribution, second)?);
    let primary = distribution.origins.len();
    distribution.origins.extend([one, other]);
    distribution.origin_groups.push(OriginGroup {
        id: "createRequestOriginGroup".into(),
        status_codes: codes,
        primary,
        secondary: primary + 1,
    });
    let index = distribution.origin_groups.len() - 1;
    distribution.behaviors[behavior].target = Target::Group(index);
    Ok(())
}
