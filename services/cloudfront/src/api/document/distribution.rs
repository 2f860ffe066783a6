//! The document of a distribution, and what stands beside it in the operations' inputs.

use serde::{Deserialize, Serialize};
use standin_kernel::Value;

use super::{Behavior, List, Origin, OriginGroup};
use crate::config;

/// `DistributionConfig`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct DistributionConfig {
    pub(crate) caller_reference: String,
    #[serde(default)]
    pub(crate) aliases: List<String>,
    #[serde(default)]
    pub(crate) default_root_object: String,
    pub(crate) origins: List<Origin>,
    #[serde(default)]
    pub(crate) origin_groups: List<OriginGroup>,
    pub(crate) default_cache_behavior: Behavior,
    #[serde(default)]
    pub(crate) cache_behaviors: List<Behavior>,
    #[serde(default)]
    pub(crate) custom_error_responses: List<CustomErrorResponse>,
    pub(crate) comment: String,
    #[serde(default)]
    pub(crate) logging: Logging,
    #[serde(default = "all_places")]
    pub(crate) price_class: String,
    pub(crate) enabled: bool,
    #[serde(default)]
    pub(crate) viewer_certificate: ViewerCertificate,
    #[serde(default)]
    pub(crate) restrictions: Restrictions,
    #[serde(rename = "WebACLId", default)]
    pub(crate) web_acl_id: String,
    #[serde(default)]
    pub(crate) http_version: HttpVersion,
    #[serde(rename = "IsIPV6Enabled", default)]
    pub(crate) is_ipv6_enabled: bool,
    #[serde(default)]
    pub(crate) continuous_deployment_policy_id: String,
    #[serde(default)]
    pub(crate) staging: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) anycast_ip_list_id: Option<String>,
    #[serde(default = "direct")]
    pub(crate) connection_mode: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) viewer_mtls_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) connection_function_association: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cache_tag_config: Option<Value>,
}

impl DistributionConfig {
    /// All behaviors: those with a path pattern as listed, then the default one.
    pub(crate) fn behaviors(&self) -> impl Iterator<Item = &Behavior> {
        self.cache_behaviors.iter().chain([&self.default_cache_behavior])
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct CustomErrorResponse {
    pub(crate) error_code: u16,
    #[serde(default)]
    pub(crate) response_page_path: String,
    /// A number as text, as in the API; empty without one.
    #[serde(default)]
    pub(crate) response_code: String,
    /// Seconds (CF-ERR-01).
    #[serde(rename = "ErrorCachingMinTTL", default = "ten")]
    pub(crate) error_caching_min_ttl: u64,
}

const fn ten() -> u64 {
    10
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct Logging {
    enabled: bool,
    include_cookies: bool,
    bucket: String,
    prefix: String,
}

impl Logging {
    /// What the edge goes by; `None` when nothing is logged.
    pub(crate) fn compiled(&self) -> Option<config::Logging> {
        let on = self.enabled && !self.bucket.is_empty();
        on.then(|| config::Logging {
            bucket: self.bucket_name().into(),
            prefix: self.prefix.as_str().into(),
            include_cookies: self.include_cookies,
        })
    }

    /// The bucket's name in `logs.s3.amazonaws.com` or `logs.s3.REGION.amazonaws.com`.
    pub(crate) fn bucket_name(&self) -> &str {
        let host = self.bucket.strip_suffix(".amazonaws.com").unwrap_or(&self.bucket);
        host.split_once(".s3").map_or(host, |(name, _)| name)
    }

    /// As it was given.
    pub(crate) fn bucket(&self) -> &str {
        &self.bucket
    }
}

fn all_places() -> String {
    "PriceClass_All".into()
}

fn direct() -> String {
    "direct".into()
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ViewerCertificate {
    #[serde(default)]
    pub(crate) cloud_front_default_certificate: bool,
    #[serde(rename = "IAMCertificateId", skip_serializing_if = "Option::is_none")]
    pub(crate) iam_certificate_id: Option<String>,
    #[serde(rename = "ACMCertificateArn", skip_serializing_if = "Option::is_none")]
    pub(crate) acm_certificate_arn: Option<String>,
    #[serde(rename = "SSLSupportMethod", skip_serializing_if = "Option::is_none")]
    pub(crate) ssl_support_method: Option<String>,
    #[serde(default = "oldest_protocol")]
    pub(crate) minimum_protocol_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) certificate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) certificate_source: Option<CertificateSource>,
}

fn oldest_protocol() -> String {
    "TLSv1".into()
}

impl Default for ViewerCertificate {
    fn default() -> Self {
        Self {
            cloud_front_default_certificate: true,
            iam_certificate_id: None,
            acm_certificate_arn: None,
            ssl_support_method: Some("vip".into()),
            minimum_protocol_version: oldest_protocol(),
            certificate: None,
            certificate_source: Some(CertificateSource::Cloudfront),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CertificateSource {
    Cloudfront,
    Iam,
    Acm,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Restrictions {
    pub(crate) geo_restriction: GeoRestriction,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct GeoRestriction {
    pub(crate) restriction_type: String,
    pub(crate) quantity: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) items: Vec<String>,
}

impl Default for GeoRestriction {
    fn default() -> Self {
        Self { restriction_type: "none".into(), quantity: 0, items: Vec::new() }
    }
}

/// CF-PRO-01
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum HttpVersion {
    #[serde(rename = "http1.1", alias = "HTTP1.1")]
    Http11,
    #[default]
    #[serde(rename = "http2", alias = "HTTP2")]
    Http2,
    #[serde(rename = "http3", alias = "HTTP3")]
    Http3,
    #[serde(rename = "http2and3", alias = "HTTP2and3")]
    Http2And3,
}

/// The member `Standin` beside the document: what the template's metadata says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Hint {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) viewer_protocol: Option<ViewerProtocolHint>,
}

/// How viewers without TLS are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ViewerProtocolHint {
    /// For viewers with TLS, as it would end in front of this machine.
    AssumeHttps,
}

/// `Tags`, which has no quantity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Tags {
    #[serde(default)]
    pub(crate) items: Vec<Tag>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Tag {
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) value: String,
}
