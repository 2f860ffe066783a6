//! Origins and origin groups (CF-FWD-05 to -08, CF-OG-01, -02, -11, -12, -15, -16).

use std::collections::BTreeSet;

use standin_kernel::ApiError;

use super::refuse;
use crate::api::document::{CustomOriginConfig, DistributionConfig, Origin, OriginGroup};
use crate::error::{invalid, invalid_argument, no_such_origin, within};

/// CF-LIM-01
const ORIGINS_MAX: usize = 100;
const GROUPS_MAX: usize = 10;

pub(super) fn origins(document: &DistributionConfig) -> Result<(), ApiError> {
    let origins = &document.origins;
    if origins.is_empty() {
        return Err(invalid_argument("The parameter Origins is required."));
    }
    let message = "You cannot create more origins for the distribution.";
    within(origins.len(), ORIGINS_MAX, "TooManyOrigins", message)?;
    let mut seen = BTreeSet::new();
    for one in origins.iter() {
        if one.id.is_empty() || one.id.len() > 128 || !seen.insert(&one.id) {
            let message = "The parameter Origin Id must be given, and be different for each.";
            return Err(invalid_argument(message));
        }
        origin(one)?;
    }
    Ok(())
}

fn origin(origin: &Origin) -> Result<(), ApiError> {
    domain_name(&origin.domain_name)?;
    let path = &origin.origin_path;
    if !path.is_empty() && (!path.starts_with('/') || path.ends_with('/') || path.len() > 255) {
        return Err(invalid_argument(
            "The parameter OriginPath must start with / and not end with it.",
        ));
    }
    if !(1..=3).contains(&origin.connection_attempts) {
        return Err(invalid_argument("The parameter ConnectionAttempts must be from 1 to 3."));
    }
    if !(1..=10).contains(&origin.connection_timeout) {
        return Err(invalid_argument("The parameter ConnectionTimeout must be from 1 to 10."));
    }
    headers(origin)?;
    let read_timeout_s = match (&origin.custom_origin_config, &origin.s3_origin_config) {
        (Some(custom), None) => {
            custom_origin(custom)?;
            if !origin.origin_access_control_id.is_empty() {
                let message = "An origin access control is associated with an origin whose domain \
                               name is not supported.";
                return Err(invalid("InvalidDomainNameForOriginAccessControl", message));
            }
            custom.origin_read_timeout
        }
        (None, Some(s3)) => {
            let why = "give the origin an origin access control";
            let asked = !s3.origin_access_identity.is_empty();
            refuse(&[("OriginAccessIdentity", asked, why)])?;
            if !is_bucket(&origin.domain_name) {
                let message =
                    "The parameter Origin DomainName does not refer to a valid S3 bucket.";
                return Err(invalid_argument(message));
            }
            s3.origin_read_timeout
        }
        _ => {
            let message = "Exactly one of CustomOriginConfig, VpcOriginConfig and S3OriginConfig \
                           must be specified";
            return Err(invalid_argument(message));
        }
    };
    if !(1..=120).contains(&read_timeout_s) {
        let message = "The read timeout specified for the origin is not valid.";
        return Err(invalid("InvalidOriginReadTimeout", message));
    }
    // CF-OG-16
    if origin.response_completion_timeout.is_some_and(|budget_s| budget_s < read_timeout_s) {
        let message = "The parameter ResponseCompletionTimeout must not be less than \
                       OriginReadTimeout.";
        return Err(invalid_argument(message));
    }
    Ok(())
}

fn domain_name(name: &str) -> Result<(), ApiError> {
    if name.contains(':') {
        return Err(invalid_argument("The parameter origin name cannot contain a colon."));
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let valid = (1..=253).contains(&name.len())
        && name.contains('.')
        && name.bytes().all(allowed)
        && !name.split('.').any(str::is_empty);
    // An address is no name.
    if !valid || name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err(invalid_argument("The parameter origin name must be a domain name."));
    }
    Ok(())
}

/// The REST endpoint of a bucket; website endpoints are custom origins (CF-S3O-03).
fn is_bucket(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let endpoint = [".s3.", ".s3-"].iter().find_map(|at| name.split_once(at));
    endpoint.is_some_and(|(bucket, rest)| {
        !bucket.is_empty() && rest.ends_with("amazonaws.com") && !rest.starts_with("website")
    })
}

fn custom_origin(custom: &CustomOriginConfig) -> Result<(), ApiError> {
    let valid = |port: u16| matches!(port, 80 | 443 | 1024..);
    if !valid(custom.http_port) || !valid(custom.https_port) {
        let message =
            "The parameters HTTPPort and HTTPSPort must be 80, 443 or from 1024 to 65535.";
        return Err(invalid_argument(message));
    }
    if !(1..=300).contains(&custom.origin_keepalive_timeout) {
        let message = "The keep alive timeout specified for the origin is not valid.";
        return Err(invalid("InvalidOriginKeepaliveTimeout", message));
    }
    let http2 = custom.origin_http_version.as_deref() == Some("http2");
    refuse(&[
        (
            "OriginMtlsConfig",
            custom.origin_mtls_config.is_some(),
            "the edge brings no certificate to origins",
        ),
        ("OriginHttpVersion", http2, "origins are spoken to in HTTP/1.1"),
    ])
}

/// CF-FWD-06: names that cannot be set.
const FORBIDDEN: &[&str] = &[
    "cache-control",
    "connection",
    "content-length",
    "cookie",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "max-forwards",
    "pragma",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "request-range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-real-ip",
];
const FORBIDDEN_STARTS: &[&str] = &["x-amz-", "x-edge-"];

/// CF-FWD-06, CF-FWD-07
fn headers(origin: &Origin) -> Result<(), ApiError> {
    let lines = &origin.custom_headers;
    let message = "Your request contains too many origin custom headers.";
    within(lines.len(), 30, "TooManyOriginCustomHeaders", message)?;
    let mut seen = BTreeSet::new();
    let mut total = 0;
    for line in lines.iter() {
        let name = line.header_name.to_ascii_lowercase();
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        total += name.len() + line.header_value.len();
        let fits = (1..=256).contains(&name.len())
            && name.bytes().all(token)
            && line.header_value.len() <= 1783
            && !line.header_value.contains(['\r', '\n', '\0'])
            && total <= 10_240;
        let forbidden = FORBIDDEN.contains(&name.as_str())
            || FORBIDDEN_STARTS.iter().any(|start| name.starts_with(start));
        if !fits || forbidden || !seen.insert(name) {
            let name = &line.header_name;
            let message = format!("The parameter HeaderName is invalid: {name} is not allowed.");
            return Err(invalid_argument(message));
        }
    }
    Ok(())
}

/// CF-OG-02
const CRITERIA: &[u16] = &[400, 403, 404, 416, 429, 500, 502, 503, 504];

pub(super) fn groups(document: &DistributionConfig) -> Result<(), ApiError> {
    let groups = &document.origin_groups;
    let message = "Processing your request would cause you to exceed the maximum number of origin \
                   groups allowed.";
    within(groups.len(), GROUPS_MAX, "TooManyOriginGroupsPerDistribution", message)?;
    let mut seen: BTreeSet<&String> = document.origins.iter().map(|origin| &origin.id).collect();
    for one in groups.iter() {
        if one.id.is_empty() || one.id.len() > 128 || !seen.insert(&one.id) {
            let message = "The parameter OriginGroup Id must be given, and be different for each.";
            return Err(invalid_argument(message));
        }
        group(document, one)?;
    }
    Ok(())
}

fn group(document: &DistributionConfig, group: &OriginGroup) -> Result<(), ApiError> {
    let media = group.selection_criteria == "media-quality-based";
    refuse(&[("SelectionCriteria", media, "there are no media origins here")])?;
    if group.selection_criteria != "default" {
        return Err(invalid_argument("The parameter SelectionCriteria is invalid."));
    }
    let [primary, secondary] = group.members.0.as_slice() else {
        let message = "The parameter OriginGroup Members must have exactly two members.";
        return Err(invalid_argument(message));
    };
    if primary == secondary {
        let message = "The members of an origin group must be different origins.";
        return Err(invalid_argument(message));
    }
    let known = |id: &String| document.origins.iter().any(|origin| origin.id == *id);
    if !known(&primary.origin_id) || !known(&secondary.origin_id) {
        return Err(no_such_origin());
    }
    let codes = &group.failover_criteria.status_codes;
    if codes.is_empty() || !codes.iter().all(|code| CRITERIA.contains(code)) {
        return Err(invalid_argument(
            "The parameter StatusCodes of the failover criteria is invalid.",
        ));
    }
    Ok(())
}
