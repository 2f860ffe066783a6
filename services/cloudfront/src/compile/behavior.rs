//! Cache behaviors, as the edge has them: policies resolved, legacy settings brought into the form
//! of policies.

use std::sync::Arc;

use standin_kernel::ApiError;

use crate::api::document::{
    Behavior, DistributionConfig, Forward, ForwardedValues, FunctionEvent, Method,
    ViewerProtocolPolicy,
};
use crate::api::function::invalid_association;
use crate::config::{
    self, AllowedMethods, CacheSettings, HeaderSet, NameSet, OriginRequestSettings, PathPattern,
    Target, ViewerProtocol,
};
use crate::error::no_such_origin;
use crate::functions;
use crate::policies::boxed;
use crate::state::State;

/// `CacheBehaviors` in order, then the default one.
pub(super) fn behaviors(
    state: &State,
    document: &DistributionConfig,
) -> Result<Vec<config::Behavior>, ApiError> {
    let listed = document.cache_behaviors.iter().enumerate().map(|(index, behavior)| {
        let property = format!("DistributionConfig.CacheBehaviors[{index}]");
        compiled(state, document, behavior, property)
    });
    let property = "DistributionConfig.DefaultCacheBehavior".to_owned();
    let default = compiled(state, document, &document.default_cache_behavior, property);
    listed.chain([default]).collect()
}

fn compiled(
    state: &State,
    document: &DistributionConfig,
    behavior: &Behavior,
    property: String,
) -> Result<config::Behavior, ApiError> {
    let (cache, origin_request) = match (&behavior.cache_policy_id, &behavior.forwarded_values) {
        (Some(id), _) => {
            let cache = state.cache_policies.get(id)?.document.compiled();
            (cache, origin_request(state, behavior)?)
        }
        (None, Some(forwarded)) => legacy(behavior, forwarded),
        (None, None) => (CacheSettings::default(), origin_request(state, behavior)?),
    };
    let response_headers = match &behavior.response_headers_policy_id {
        None => None,
        Some(id) => Some(Arc::new(state.response_headers_policies.get(id)?.document.compiled())),
    };
    Ok(config::Behavior {
        pattern: PathPattern::new(behavior.path_pattern.as_deref().unwrap_or("*")),
        property: property.into(),
        target: target(document, &behavior.target_origin_id)?,
        viewer_protocol: match behavior.viewer_protocol_policy {
            ViewerProtocolPolicy::AllowAll => ViewerProtocol::AllowAll,
            ViewerProtocolPolicy::HttpsOnly => ViewerProtocol::HttpsOnly,
            ViewerProtocolPolicy::RedirectToHttps => ViewerProtocol::RedirectToHttps,
        },
        allowed_methods: match behavior.allowed_methods.items.len() {
            0..=2 => AllowedMethods::GetHead,
            3 => AllowedMethods::GetHeadOptions,
            _ => AllowedMethods::All,
        },
        caches_options: behavior.allowed_methods.cached_methods.items.contains(&Method::Options),
        cache,
        origin_request,
        response_headers,
        viewer_request: function(state, behavior, FunctionEvent::ViewerRequest)?,
        compress: behavior.compress,
        viewer_response: function(state, behavior, FunctionEvent::ViewerResponse)?,
    })
}

/// The function for an event, as it is LIVE; another does not count (CF-FN-14).
fn function(
    state: &State,
    behavior: &Behavior,
    event: FunctionEvent,
) -> Result<Option<Arc<config::Function>>, ApiError> {
    let mut all = behavior.function_associations.iter().enumerate();
    let Some((index, asked)) = all.find(|(_, one)| one.event_type == event) else {
        return Ok(None);
    };
    let arn = &asked.function_arn;
    let name = functions::name_of(arn).unwrap_or_default();
    let live = state.functions.get(name).and_then(|one| one.live.as_ref());
    let live = live.ok_or_else(|| {
        invalid_association(format!("The function {arn} is not there or was never published."))
    })?;
    let store = live.store_arn().and_then(|arn| state.store_at(arn));
    Ok(Some(Arc::new(config::Function {
        name: name.into(),
        index,
        program: live.program(name),
        store: store.map(|store| store.settings.id.as_str().into()),
    })))
}

fn target(document: &DistributionConfig, id: &str) -> Result<Target, ApiError> {
    if let Some(index) = document.origins.iter().position(|origin| origin.id == id) {
        return Ok(Target::Origin(index));
    }
    let group = document.origin_groups.iter().position(|group| group.id == id);
    group.map(Target::Group).ok_or_else(no_such_origin)
}

fn origin_request(state: &State, behavior: &Behavior) -> Result<OriginRequestSettings, ApiError> {
    match &behavior.origin_request_policy_id {
        None => Ok(OriginRequestSettings::default()),
        Some(id) => Ok(state.origin_request_policies.get(id)?.document.compiled()),
    }
}

/// What settings from before there were policies come to (CF-TTL-12).
fn legacy(
    behavior: &Behavior,
    forwarded: &ForwardedValues,
) -> (CacheSettings, OriginRequestSettings) {
    let keys = &forwarded.query_string_cache_keys;
    let (key_query_strings, query_strings) = match (forwarded.query_string, keys.is_empty()) {
        (false, _) => (NameSet::None, NameSet::None),
        (true, true) => (NameSet::All, NameSet::All),
        (true, false) => (NameSet::Only(boxed(keys)), NameSet::All),
    };
    let cookies = match forwarded.cookies.forward {
        Forward::None => NameSet::None,
        Forward::All => NameSet::All,
        Forward::Whitelist => NameSet::Only(boxed(&forwarded.cookies.whitelisted_names)),
    };
    // All headers in the key would make every request one of its own: nothing is kept.
    let all_headers = forwarded.headers.iter().any(|name| name == "*");
    let least = behavior.min_ttl.unwrap_or(0);
    let default = behavior.default_ttl.unwrap_or(86_400.max(least));
    let most = behavior.max_ttl.unwrap_or(31_536_000.max(default));
    let ttl = |seconds: u64| if all_headers { 0 } else { seconds };
    let cache = CacheSettings {
        min_ttl_s: ttl(least),
        default_ttl_s: ttl(default),
        max_ttl_s: ttl(most),
        key_headers: if all_headers { Vec::new() } else { boxed(&forwarded.headers) },
        key_cookies: cookies.clone(),
        key_query_strings,
        gzip: behavior.compress,
        brotli: behavior.compress,
    };
    let headers = if all_headers { HeaderSet::AllViewer } else { HeaderSet::None };
    (cache, OriginRequestSettings { headers, cookies, query_strings, legacy: true })
}
