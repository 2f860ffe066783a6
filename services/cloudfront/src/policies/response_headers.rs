//! Response headers policies: what answers lose and gain on their way out.

use serde::{Deserialize, Serialize};
use standin_kernel::ApiError;

use super::{Document, POLICIES_MAX, Shelf, any_behavior, check_name};
use crate::api::document::{DistributionConfig, List};
use crate::config::{Cors, HeaderLine, ResponseHeaders};
use crate::error::{invalid_argument, within};
use crate::state::State;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ResponseHeadersPolicyConfig {
    #[serde(default)]
    pub(crate) comment: String,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cors_config: Option<CorsConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) security_headers_config: Option<SecurityHeadersConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_timing_headers_config: Option<ServerTimingHeadersConfig>,
    #[serde(default)]
    pub(crate) custom_headers_config: List<CustomHeader>,
    #[serde(default)]
    pub(crate) remove_headers_config: List<RemoveHeader>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct CorsConfig {
    pub(crate) access_control_allow_origins: List<String>,
    pub(crate) access_control_allow_headers: List<String>,
    pub(crate) access_control_allow_methods: List<CorsMethod>,
    pub(crate) access_control_allow_credentials: bool,
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub(crate) access_control_expose_headers: List<String>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) access_control_max_age_sec: Option<u64>,
    pub(crate) origin_override: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum CorsMethod {
    Get,
    Post,
    Options,
    Put,
    Delete,
    Patch,
    Head,
    All,
}

impl CorsMethod {
    const fn words(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Options => "OPTIONS",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Patch => "PATCH",
            Self::Head => "HEAD",
            Self::All => "GET, POST, OPTIONS, PUT, DELETE, PATCH, HEAD",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct SecurityHeadersConfig {
    #[serde(rename = "XSSProtection", skip_serializing_if = "Option::is_none")]
    pub(crate) xss_protection: Option<XssProtection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) frame_options: Option<FrameOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) referrer_policy: Option<ReferrerPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_security_policy: Option<ContentSecurityPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_type_options: Option<ContentTypeOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) strict_transport_security: Option<StrictTransportSecurity>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct XssProtection {
    r#override: bool,
    protection: bool,
    #[serde(default)]
    mode_block: bool,
    #[serde(default)]
    report_uri: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct FrameOptions {
    r#override: bool,
    frame_option: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ReferrerPolicy {
    r#override: bool,
    referrer_policy: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ContentSecurityPolicy {
    r#override: bool,
    content_security_policy: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ContentTypeOptions {
    r#override: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct StrictTransportSecurity {
    r#override: bool,
    #[serde(default)]
    include_subdomains: bool,
    #[serde(default)]
    preload: bool,
    /// Seconds.
    access_control_max_age_sec: u64,
}

/// Kept without effect: answers carry no `Server-Timing` here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ServerTimingHeadersConfig {
    enabled: bool,
    /// Per cent.
    #[serde(skip_serializing_if = "Option::is_none")]
    sampling_rate: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct CustomHeader {
    header: String,
    value: String,
    r#override: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct RemoveHeader {
    header: String,
}

/// CF-RHP-03: headers that a policy cannot remove.
const STAYING: &[&str] = &[
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Expect",
    "Host",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Via",
    "Warning",
    "X-Accel-Buffering",
    "X-Accel-Charset",
    "X-Accel-Limit-Rate",
    "X-Accel-Redirect",
    "X-Cache",
    "X-Forwarded-Proto",
    "X-Real-IP",
];
const STAYING_STARTS: &[&str] = &["x-amz-cf-", "x-edge-"];

impl Document for ResponseHeadersPolicyConfig {
    const NOUN: &'static str = "ResponseHeadersPolicy";
    const CONFIG: &'static str = "ResponseHeadersPolicyConfig";
    const WORDS: &'static str = "response headers policy";
    const TOO_MANY: &'static str = "TooManyResponseHeadersPolicies";
    const MOST: usize = POLICIES_MAX;
    const RECORD: &'static str = "response-headers-policy";

    fn name(&self) -> &str {
        &self.name
    }

    fn settle(&mut self) -> Result<(), ApiError> {
        check_name(&self.name, &self.comment)?;
        let code = "TooManyCustomHeadersInResponseHeadersPolicy";
        let message = "The number of custom headers in the response headers policy exceeds the \
                       maximum.";
        within(self.custom_headers_config.len(), 10, code, message)?;
        let code = "TooManyRemoveHeadersInResponseHeadersPolicy";
        let message = "The number of headers in RemoveHeadersConfig in the response headers \
                       policy exceeds the maximum.";
        within(self.remove_headers_config.len(), 10, code, message)?;
        for RemoveHeader { header } in self.remove_headers_config.iter() {
            let lower = header.to_ascii_lowercase();
            let stays = STAYING.iter().any(|name| name.eq_ignore_ascii_case(header))
                || STAYING_STARTS.iter().any(|start| lower.starts_with(start));
            if stays {
                let message = format!(
                    "The parameter RemoveHeadersConfig contains {header} that is not allowed."
                );
                return Err(invalid_argument(message));
            }
        }
        self.cors_config.as_ref().map_or(Ok(()), CorsConfig::check)?;
        self.security_headers_config.as_ref().map_or(Ok(()), SecurityHeadersConfig::check)
    }

    fn is_used(config: &DistributionConfig, id: &str) -> bool {
        any_behavior(config, id, |behavior| behavior.response_headers_policy_id.as_ref())
    }

    fn shelf(state: &State) -> &Shelf<Self> {
        &state.response_headers_policies
    }

    fn shelf_mut(state: &mut State) -> &mut Shelf<Self> {
        &mut state.response_headers_policies
    }
}

impl CorsConfig {
    fn check(&self) -> Result<(), ApiError> {
        let lists = [
            ("AccessControlAllowOrigins", self.access_control_allow_origins.is_empty()),
            ("AccessControlAllowHeaders", self.access_control_allow_headers.is_empty()),
            ("AccessControlAllowMethods", self.access_control_allow_methods.is_empty()),
        ];
        for (member, empty) in lists {
            if empty {
                return Err(invalid_argument(format!("The parameter {member} is required.")));
            }
        }
        // A browser takes no `*` for requests with credentials.
        let star = |names: &List<String>| names.iter().any(|name| name == "*");
        let all = self.access_control_allow_methods.0.contains(&CorsMethod::All);
        let wild = all
            || star(&self.access_control_allow_origins)
            || star(&self.access_control_allow_headers)
            || star(&self.access_control_expose_headers);
        if self.access_control_allow_credentials && wild {
            let message =
                "The parameter AccessControlAllowCredentials cannot be true when a list holds *.";
            return Err(invalid_argument(message));
        }
        Ok(())
    }

    fn compiled(&self) -> Cors {
        let methods: Vec<&str> =
            self.access_control_allow_methods.iter().map(|method| method.words()).collect();
        Cors {
            allow_origins: super::boxed(&self.access_control_allow_origins),
            allow_credentials: self.access_control_allow_credentials,
            allow_headers: joined(&self.access_control_allow_headers),
            allow_methods: (!methods.is_empty()).then(|| methods.join(", ").into()),
            expose_headers: joined(&self.access_control_expose_headers),
            max_age_s: self.access_control_max_age_sec,
            overrides: self.origin_override,
        }
    }
}

fn joined(names: &List<String>) -> Option<Box<str>> {
    (!names.is_empty()).then(|| names.0.join(", ").into())
}

const REFERRER_POLICIES: &[&str] = &[
    "no-referrer",
    "no-referrer-when-downgrade",
    "origin",
    "origin-when-cross-origin",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
];

impl SecurityHeadersConfig {
    fn check(&self) -> Result<(), ApiError> {
        if let Some(frames) = &self.frame_options
            && !matches!(frames.frame_option.as_str(), "DENY" | "SAMEORIGIN")
        {
            return Err(invalid_argument("The parameter FrameOption is invalid."));
        }
        if let Some(policy) = &self.referrer_policy
            && !REFERRER_POLICIES.contains(&policy.referrer_policy.as_str())
        {
            return Err(invalid_argument("The parameter ReferrerPolicy is invalid."));
        }
        if let Some(xss) = &self.xss_protection
            && xss.mode_block
            && !xss.report_uri.is_empty()
        {
            let message = "The parameter ReportUri cannot be used when ModeBlock is true.";
            return Err(invalid_argument(message));
        }
        Ok(())
    }

    /// The lines, in the order of the API's document.
    fn lines(&self, lines: &mut Vec<HeaderLine>) {
        if let Some(xss) = &self.xss_protection {
            let value = match (xss.protection, xss.mode_block, xss.report_uri.as_str()) {
                (false, ..) => "0".to_owned(),
                (true, true, _) => "1; mode=block".to_owned(),
                (true, false, "") => "1".to_owned(),
                (true, false, report) => format!("1; report={report}"),
            };
            lines.push(line("X-XSS-Protection", &value, xss.r#override));
        }
        if let Some(frames) = &self.frame_options {
            lines.push(line("X-Frame-Options", &frames.frame_option, frames.r#override));
        }
        if let Some(policy) = &self.referrer_policy {
            lines.push(line("Referrer-Policy", &policy.referrer_policy, policy.r#override));
        }
        if let Some(policy) = &self.content_security_policy {
            let name = "Content-Security-Policy";
            lines.push(line(name, &policy.content_security_policy, policy.r#override));
        }
        if let Some(options) = &self.content_type_options {
            lines.push(line("X-Content-Type-Options", "nosniff", options.r#override));
        }
        if let Some(hsts) = &self.strict_transport_security {
            let mut value = format!("max-age={}", hsts.access_control_max_age_sec);
            if hsts.include_subdomains {
                value.push_str("; includeSubDomains");
            }
            if hsts.preload {
                value.push_str("; preload");
            }
            lines.push(line("Strict-Transport-Security", &value, hsts.r#override));
        }
    }
}

fn line(name: &str, value: &str, overrides: bool) -> HeaderLine {
    HeaderLine { name: name.into(), value: value.into(), overrides }
}

impl ResponseHeadersPolicyConfig {
    /// What it comes to at the edge.
    pub(crate) fn compiled(&self) -> ResponseHeaders {
        let mut set = Vec::new();
        if let Some(security) = &self.security_headers_config {
            security.lines(&mut set);
        }
        for custom in self.custom_headers_config.iter() {
            set.push(line(&custom.header, &custom.value, custom.r#override));
        }
        ResponseHeaders {
            remove: self
                .remove_headers_config
                .iter()
                .map(|one| one.header.as_str().into())
                .collect(),
            set,
            cors: self.cors_config.as_ref().map(CorsConfig::compiled),
        }
    }
}
