//! `Origins` and `OriginGroups` of a distribution's document.

use serde::{Deserialize, Serialize};
use standin_kernel::Value;

use super::List;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Origin {
    pub(crate) id: String,
    pub(crate) domain_name: String,
    #[serde(default)]
    pub(crate) origin_path: String,
    #[serde(default)]
    pub(crate) custom_headers: List<OriginCustomHeader>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) s3_origin_config: Option<S3OriginConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) custom_origin_config: Option<CustomOriginConfig>,
    #[serde(default = "three")]
    pub(crate) connection_attempts: u64,
    /// Seconds.
    #[serde(default = "ten")]
    pub(crate) connection_timeout: u64,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response_completion_timeout: Option<u64>,
    #[serde(default)]
    pub(crate) origin_shield: OriginShield,
    #[serde(default)]
    pub(crate) origin_access_control_id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct OriginCustomHeader {
    pub(crate) header_name: String,
    pub(crate) header_value: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct S3OriginConfig {
    pub(crate) origin_access_identity: String,
    /// Seconds.
    #[serde(default = "thirty")]
    pub(crate) origin_read_timeout: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct CustomOriginConfig {
    #[serde(rename = "HTTPPort")]
    pub(crate) http_port: u16,
    #[serde(rename = "HTTPSPort")]
    pub(crate) https_port: u16,
    pub(crate) origin_protocol_policy: OriginProtocolPolicy,
    #[serde(default)]
    pub(crate) origin_ssl_protocols: List<String>,
    /// Seconds.
    #[serde(default = "thirty")]
    pub(crate) origin_read_timeout: u64,
    /// Seconds.
    #[serde(default = "five")]
    pub(crate) origin_keepalive_timeout: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ip_address_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) origin_mtls_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) origin_http_version: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OriginProtocolPolicy {
    HttpOnly,
    MatchViewer,
    HttpsOnly,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct OriginShield {
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin_shield_region: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct OriginGroup {
    pub(crate) id: String,
    pub(crate) failover_criteria: FailoverCriteria,
    pub(crate) members: List<OriginGroupMember>,
    #[serde(default = "default_criteria")]
    pub(crate) selection_criteria: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct FailoverCriteria {
    pub(crate) status_codes: List<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct OriginGroupMember {
    pub(crate) origin_id: String,
}

const fn three() -> u64 {
    3
}

const fn five() -> u64 {
    5
}

const fn ten() -> u64 {
    10
}

const fn thirty() -> u64 {
    30
}

fn default_criteria() -> String {
    "default".into()
}
