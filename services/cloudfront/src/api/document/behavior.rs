//! `DefaultCacheBehavior` and `CacheBehaviors` of a distribution's document.

use serde::{Deserialize, Serialize};
use standin_kernel::Value;

use super::List;

/// A cache behavior; the default one has no path pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Behavior {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path_pattern: Option<String>,
    pub(crate) target_origin_id: String,
    #[serde(default)]
    pub(crate) trusted_signers: TrustedList,
    #[serde(default)]
    pub(crate) trusted_key_groups: TrustedList,
    pub(crate) viewer_protocol_policy: ViewerProtocolPolicy,
    #[serde(default)]
    pub(crate) allowed_methods: AllowedMethods,
    #[serde(default)]
    pub(crate) smooth_streaming: bool,
    #[serde(default)]
    pub(crate) compress: bool,
    #[serde(default)]
    pub(crate) lambda_function_associations: List<Value>,
    #[serde(default)]
    pub(crate) function_associations: List<FunctionAssociation>,
    #[serde(default)]
    pub(crate) field_level_encryption_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) realtime_log_config_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cache_policy_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) origin_request_policy_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response_headers_policy_id: Option<String>,
    #[serde(default)]
    pub(crate) grpc_config: GrpcConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) forwarded_values: Option<ForwardedValues>,
    /// Seconds, as the two below.
    #[serde(rename = "MinTTL", skip_serializing_if = "Option::is_none")]
    pub(crate) min_ttl: Option<u64>,
    #[serde(rename = "DefaultTTL", skip_serializing_if = "Option::is_none")]
    pub(crate) default_ttl: Option<u64>,
    #[serde(rename = "MaxTTL", skip_serializing_if = "Option::is_none")]
    pub(crate) max_ttl: Option<u64>,
}

/// One of `FunctionAssociations`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct FunctionAssociation {
    #[serde(rename = "FunctionARN")]
    pub(crate) function_arn: String,
    pub(crate) event_type: FunctionEvent,
}

/// CF-FN-01; the origin's events are Lambda@Edge's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FunctionEvent {
    ViewerRequest,
    ViewerResponse,
    OriginRequest,
    OriginResponse,
}

/// `TrustedSigners` and `TrustedKeyGroups`: who may sign URLs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct TrustedList {
    pub(crate) enabled: bool,
    pub(crate) quantity: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) items: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ViewerProtocolPolicy {
    AllowAll,
    HttpsOnly,
    RedirectToHttps,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct AllowedMethods {
    pub(crate) quantity: u64,
    pub(crate) items: Vec<Method>,
    #[serde(default)]
    pub(crate) cached_methods: Methods,
}

impl Default for AllowedMethods {
    fn default() -> Self {
        let Methods { quantity, items } = Methods::default();
        Self { quantity, items, cached_methods: Methods::default() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Methods {
    pub(crate) quantity: u64,
    pub(crate) items: Vec<Method>,
}

impl Default for Methods {
    fn default() -> Self {
        Self { quantity: 2, items: vec![Method::Head, Method::Get] }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Method {
    Get,
    Head,
    Options,
    Put,
    Post,
    Patch,
    Delete,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct GrpcConfig {
    pub(crate) enabled: bool,
}

/// The legacy settings, from before there were policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ForwardedValues {
    pub(crate) query_string: bool,
    pub(crate) cookies: Cookies,
    #[serde(default)]
    pub(crate) headers: List<String>,
    #[serde(default)]
    pub(crate) query_string_cache_keys: List<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Cookies {
    pub(crate) forward: Forward,
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub(crate) whitelisted_names: List<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Forward {
    None,
    Whitelist,
    All,
}
