//! The attributes of load balancers.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{Cx, Duration, Value, json};

use super::attribute::{self, Attribute, Form, Pair};
use crate::Elbv2;
use crate::config::{DesyncMode, LoadBalancerAttributes, XffMode};
use crate::error::{Result, conflicting};
use crate::state::Attributes;

const ACCESS_LOGS: &str = "access_logs.s3.enabled";
const ACCESS_LOGS_BUCKET: &str = "access_logs.s3.bucket";
const ACCESS_LOGS_PREFIX: &str = "access_logs.s3.prefix";
const IDLE_TIMEOUT: &str = "idle_timeout.timeout_seconds";
const DROP_INVALID: &str = "routing.http.drop_invalid_header_fields.enabled";
const PRESERVE_HOST: &str = "routing.http.preserve_host_header.enabled";
const XFF_MODE: &str = "routing.http.xff_header_processing.mode";
const XFF_PORT: &str = "routing.http.xff_client_port.enabled";
const DESYNC: &str = "routing.http.desync_mitigation_mode";
const PROTECTION: &str = "deletion_protection.enabled";

const NO_LOGS: &str = "these logs are not written here";
const NO_TLS: &str = "no TLS session ends at the load balancer here";

/// Every key of an application load balancer.
const TABLE: &[Attribute] = &[
    Attribute::honoured(ACCESS_LOGS, "false", Form::Bool),
    Attribute::honoured(ACCESS_LOGS_BUCKET, "", Form::Text(1024)),
    Attribute::honoured(ACCESS_LOGS_PREFIX, "", Form::Text(1024)),
    // ALB-LS-09
    Attribute::no_effect(
        "client_keep_alive.seconds",
        "3600",
        Form::Number(60, 604_800),
        "connections of viewers do not end by age here",
    ),
    Attribute::no_effect("connection_logs.s3.enabled", "false", Form::Bool, NO_LOGS),
    Attribute::no_effect("connection_logs.s3.bucket", "", Form::Text(1024), NO_LOGS),
    Attribute::no_effect("connection_logs.s3.prefix", "", Form::Text(1024), NO_LOGS),
    Attribute::honoured(PROTECTION, "false", Form::Bool),
    Attribute::no_effect("health_check_logs.s3.enabled", "false", Form::Bool, NO_LOGS),
    Attribute::no_effect("health_check_logs.s3.bucket", "", Form::Text(1024), NO_LOGS),
    Attribute::no_effect("health_check_logs.s3.prefix", "", Form::Text(1024), NO_LOGS),
    // ALB-LS-08
    Attribute::honoured(IDLE_TIMEOUT, "60", Form::Number(1, 4000)),
    Attribute::no_effect(
        "ipv6.deny_all_igw_traffic",
        "false",
        Form::Bool,
        "one machine has no internet gateway",
    ),
    // ALB-TG-16: always on at the load balancer.
    Attribute::honoured("load_balancing.cross_zone.enabled", "true", Form::Word(&["true"])),
    Attribute::honoured(DESYNC, "defensive", Form::Word(&["monitor", "defensive", "strictest"])),
    Attribute::honoured(DROP_INVALID, "false", Form::Bool),
    Attribute::honoured(PRESERVE_HOST, "false", Form::Bool),
    Attribute::no_effect(
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
        "false",
        Form::Bool,
        NO_TLS,
    ),
    Attribute::no_effect("routing.http.x_amzn_tls_kx.enabled", "false", Form::Bool, NO_TLS),
    Attribute::honoured(XFF_PORT, "false", Form::Bool),
    Attribute::honoured(XFF_MODE, "append", Form::Word(&["append", "preserve", "remove"])),
    Attribute::no_effect(
        "routing.http2.enabled",
        "true",
        Form::Bool,
        "viewers are served HTTP/1.1 only",
    ),
    Attribute::no_effect(
        "waf.fail_open.enabled",
        "false",
        Form::Bool,
        "no web ACL stands before the load balancer here",
    ),
    Attribute::no_effect(
        "zonal_shift.config.enabled",
        "false",
        Form::Bool,
        "one machine has no zones to shift between",
    ),
];

/// What a key has when nobody set it.
pub(crate) fn default_of(key: &str) -> Option<&'static str> {
    attribute::default_of(TABLE, key)
}

/// What the data plane goes by.
pub(crate) fn compiled(have: &Attributes) -> LoadBalancerAttributes {
    LoadBalancerAttributes {
        idle_timeout: Duration::from_secs(attribute::number(TABLE, have, IDLE_TIMEOUT)),
        drop_invalid_header_fields: attribute::is_true(TABLE, have, DROP_INVALID),
        preserve_host_header: attribute::is_true(TABLE, have, PRESERVE_HOST),
        xff_header_processing: match attribute::value(TABLE, have, XFF_MODE) {
            "preserve" => XffMode::Preserve,
            "remove" => XffMode::Remove,
            _ => XffMode::Append,
        },
        xff_client_port: attribute::is_true(TABLE, have, XFF_PORT),
        desync_mitigation: match attribute::value(TABLE, have, DESYNC) {
            "monitor" => DesyncMode::Monitor,
            "strictest" => DesyncMode::Strictest,
            _ => DesyncMode::Defensive,
        },
        access_logs: attribute::is_true(TABLE, have, ACCESS_LOGS),
    }
}

/// Bucket and prefix of the access log, when there is one.
pub(crate) fn access_logs(have: &Attributes) -> Option<(&str, &str)> {
    let value = |key| attribute::value(TABLE, have, key);
    let place = || (value(ACCESS_LOGS_BUCKET), value(ACCESS_LOGS_PREFIX));
    attribute::is_true(TABLE, have, ACCESS_LOGS).then(place)
}

/// Where a change wants the access log, when that is another place than before: what is to be
/// tried before the change is made (S3-LOG-05).
pub(crate) fn wanted_access_logs(elbv2: &Elbv2, value: &Value) -> Option<(String, Placed)> {
    let Modify { load_balancer_arn: arn, attributes } = input("", value).ok()?;
    let have = &elbv2.state.load_balancers.get(&arn)?.attributes;
    let mut wanted = have.clone();
    wanted.extend(attributes.into_iter().map(|pair| (pair.key, pair.value)));
    let (bucket, prefix) = access_logs(&wanted)?;
    let same = access_logs(have) == Some((bucket, prefix));
    let placed = Placed { bucket: bucket.to_owned(), prefix: prefix.to_owned() };
    (!same && !bucket.is_empty()).then_some((arn, placed))
}

/// Where an access log is delivered.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) bucket: String,
    pub(crate) prefix: String,
}

/// A log needs a bucket, and a prefix that does not imitate what follows it (S3-LOG-05).
fn check_access_logs(wanted: &Attributes) -> Result<()> {
    match access_logs(wanted) {
        Some(("", _)) => Err(conflicting("The access log bucket name is not specified")),
        Some((_, prefix)) if prefix.contains("AWSLogs") => {
            Err(conflicting("The access log prefix must not contain 'AWSLogs'"))
        }
        _ => Ok(()),
    }
}

pub(super) fn is_protected(have: &Attributes) -> bool {
    attribute::is_true(TABLE, have, PROTECTION)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Modify {
    load_balancer_arn: String,
    attributes: Vec<Pair>,
}

pub(super) fn modify(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let Modify { load_balancer_arn: arn, attributes } =
        input("ModifyLoadBalancerAttributes", value)?;
    attribute::few(attributes.len())?;
    let one = elbv2.state.load_balancer_mut(&arn)?;
    let wanted = attribute::changed(cx, "Load balancer", TABLE, &one.attributes, attributes)?;
    check_access_logs(&wanted)?;
    one.attributes = wanted;
    one.store(cx);
    let shown = attribute::shown(TABLE, &one.attributes);
    elbv2.reconfigure(cx, &arn);
    Ok(json!({"Attributes": shown}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    load_balancer_arn: String,
}

pub(super) fn describe(elbv2: &mut Elbv2, _cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Describe = input("DescribeLoadBalancerAttributes", value)?;
    let one = elbv2.state.load_balancer(&asked.load_balancer_arn)?;
    Ok(json!({"Attributes": attribute::shown(TABLE, &one.attributes)}))
}
