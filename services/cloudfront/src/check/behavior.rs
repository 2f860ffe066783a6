//! Cache behaviors (CF-BEH-06, CF-BEH-09, CF-OG-04).

use std::collections::BTreeSet;

use standin_kernel::ApiError;

use super::refuse;
use crate::api::document::{
    Behavior, DistributionConfig, Forward, ForwardedValues, FunctionEvent, Method, TrustedList,
};
use crate::api::function::invalid_association;
use crate::error::{invalid, invalid_argument, within};

/// CF-LIM-01
const BEHAVIORS_MAX: usize = 75;
const FORWARDED_NAMES_MAX: usize = 10;

pub(super) fn behaviors(document: &DistributionConfig) -> Result<(), ApiError> {
    let message = "You cannot create more cache behaviors for the distribution.";
    let count = document.cache_behaviors.len() + 1;
    within(count, BEHAVIORS_MAX, "TooManyCacheBehaviors", message)?;
    let default = &document.default_cache_behavior;
    if default.path_pattern.is_some() {
        return Err(invalid_argument("The default cache behavior has no parameter PathPattern."));
    }
    behavior(document, default)?;
    let mut seen = BTreeSet::new();
    for one in document.cache_behaviors.iter() {
        let pattern = one.path_pattern.as_deref().unwrap_or_default();
        if !is_pattern(pattern) {
            return Err(invalid_argument("The parameter PathPattern is invalid."));
        }
        if !seen.insert(pattern.strip_prefix('/').unwrap_or(pattern)) {
            let message = "The parameter PathPattern must be different for each cache behavior.";
            return Err(invalid_argument(message));
        }
        behavior(document, one)?;
    }
    Ok(())
}

/// CF-BEH-06; `?` is a wildcard of its own.
fn is_pattern(pattern: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.*$/~\"'@:+&?".contains(&byte);
    (1..=255).contains(&pattern.len()) && pattern.bytes().all(allowed)
}

fn behavior(document: &DistributionConfig, behavior: &Behavior) -> Result<(), ApiError> {
    built(behavior)?;
    functions(behavior)?;
    methods(document, behavior)?;
    let legacy = [
        ("ForwardedValues", behavior.forwarded_values.is_some()),
        ("MinTTL", behavior.min_ttl.is_some()),
        ("DefaultTTL", behavior.default_ttl.is_some()),
        ("MaxTTL", behavior.max_ttl.is_some()),
    ];
    if behavior.cache_policy_id.is_some() {
        return match legacy.iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((member, _)) => Err(invalid_argument(format!(
                "The parameter {member} cannot be used when a cache policy is associated to the \
                 cache behavior."
            ))),
        };
    }
    if behavior.origin_request_policy_id.is_some() {
        return Err(invalid_argument(
            "The parameter OriginRequestPolicyId cannot be used without a cache policy.",
        ));
    }
    let Some(forwarded) = &behavior.forwarded_values else {
        return Err(invalid_argument("The parameter ForwardedValues is required."));
    };
    forwarded_values(forwarded)?;
    let least = behavior.min_ttl.unwrap_or(0);
    let most = behavior.max_ttl.unwrap_or(u64::MAX);
    let default = behavior.default_ttl.unwrap_or(least);
    if !(least <= default && default <= most) {
        return Err(invalid("InvalidTTLOrder", "The TTL order specified is not valid."));
    }
    Ok(())
}

fn built(behavior: &Behavior) -> Result<(), ApiError> {
    let trusted = |list: &TrustedList| list.enabled || !list.items.is_empty();
    let open = "signed URLs are not built: everybody would be let in";
    refuse(&[
        ("TrustedSigners", trusted(&behavior.trusted_signers), open),
        ("TrustedKeyGroups", trusted(&behavior.trusted_key_groups), open),
        ("SmoothStreaming", behavior.smooth_streaming, "Smooth Streaming is not built"),
        (
            "LambdaFunctionAssociations",
            !behavior.lambda_function_associations.is_empty(),
            "Lambda@Edge is not built",
        ),
        (
            "FieldLevelEncryptionId",
            !behavior.field_level_encryption_id.is_empty(),
            "field-level encryption is not built",
        ),
        ("GrpcConfig", behavior.grpc_config.enabled, "gRPC is not built"),
    ])
}

/// CF-FN-01: one for each of the viewer's events.
fn functions(behavior: &Behavior) -> Result<(), ApiError> {
    let mut seen = Vec::new();
    for one in behavior.function_associations.iter() {
        if matches!(one.event_type, FunctionEvent::OriginRequest | FunctionEvent::OriginResponse) {
            let message = "CloudFront Functions are for the events viewer-request and \
                           viewer-response only.";
            return Err(invalid_association(message));
        }
        if seen.contains(&one.event_type) {
            let message = "A cache behavior has at most one function for each event type.";
            return Err(invalid_association(message));
        }
        seen.push(one.event_type);
    }
    Ok(())
}

/// CF-BEH-09: three sets there are; OPTIONS may be cached where it is allowed.
fn methods(document: &DistributionConfig, behavior: &Behavior) -> Result<(), ApiError> {
    use Method::{Delete, Get, Head, Options, Patch, Post, Put};
    let set = |methods: &[Method]| methods.iter().copied().collect::<BTreeSet<_>>();
    let allowed = set(&behavior.allowed_methods.items);
    let all = set(&[Get, Head, Options, Put, Post, Patch, Delete]);
    let sets = [set(&[Get, Head]), set(&[Get, Head, Options]), all.clone()];
    if !sets.contains(&allowed) || allowed.len() != behavior.allowed_methods.items.len() {
        let message = "The parameter AllowedMethods must be [GET, HEAD], [GET, HEAD, OPTIONS] or \
                       [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE].";
        return Err(invalid_argument(message));
    }
    let cached = set(&behavior.allowed_methods.cached_methods.items);
    if !sets[..2].contains(&cached) || !cached.is_subset(&allowed) {
        let message = "The parameter CachedMethods must be [GET, HEAD], or [GET, HEAD, OPTIONS] \
                       where OPTIONS is allowed.";
        return Err(invalid_argument(message));
    }
    let id = &behavior.target_origin_id;
    if allowed == all && document.origin_groups.iter().any(|group| group.id == *id) {
        let message = "The parameter AllowedMethods cannot include POST, PUT, PATCH, or DELETE for \
                       a cached behavior associated with an origin group.";
        return Err(invalid_argument(message));
    }
    Ok(())
}

fn forwarded_values(forwarded: &ForwardedValues) -> Result<(), ApiError> {
    let cookies = &forwarded.cookies;
    if (cookies.forward == Forward::Whitelist) == cookies.whitelisted_names.is_empty() {
        let message = "Your request contains forward cookies option which doesn't match with the \
                       expectation for the whitelisted list of cookie names.";
        return Err(invalid("InvalidForwardCookies", message));
    }
    if !forwarded.query_string && !forwarded.query_string_cache_keys.is_empty() {
        let message = "The query string parameters specified are not valid.";
        return Err(invalid("InvalidQueryStringParameters", message));
    }
    let lists = [
        (cookies.whitelisted_names.len(), "TooManyCookieNamesInWhiteList", "cookie names"),
        (forwarded.headers.len(), "TooManyHeadersInForwardedValues", "headers"),
        (
            forwarded.query_string_cache_keys.len(),
            "TooManyQueryStringParameters",
            "query string parameters",
        ),
    ];
    for (count, code, what) in lists {
        let message = format!("Your request contains too many {what} in ForwardedValues.");
        within(count, FORWARDED_NAMES_MAX, code, &message)?;
    }
    Ok(())
}
