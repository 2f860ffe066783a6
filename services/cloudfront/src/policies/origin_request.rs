//! Origin request policies: what the origin is told beside what is in the cache key.

use serde::{Deserialize, Serialize};
use standin_kernel::ApiError;

use super::{
    CookiesConfig, Document, POLICIES_MAX, QueryStringsConfig, Shelf, any_behavior, boxed,
    check_cookies_and_queries, check_name, check_names, forbid, name_set,
};
use crate::api::document::{DistributionConfig, List};
use crate::config::{HeaderSet, OriginRequestSettings};
use crate::error::invalid_argument;
use crate::state::State;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct OriginRequestPolicyConfig {
    #[serde(default)]
    pub(crate) comment: String,
    pub(crate) name: String,
    pub(crate) headers_config: HeadersConfig,
    pub(crate) cookies_config: CookiesConfig,
    pub(crate) query_strings_config: QueryStringsConfig,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct HeadersConfig {
    pub(crate) header_behavior: HeaderBehavior,
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub(crate) headers: List<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum HeaderBehavior {
    None,
    Whitelist,
    AllViewer,
    AllViewerAndWhitelistCloudFront,
    AllExcept,
}

impl Document for OriginRequestPolicyConfig {
    const NOUN: &'static str = "OriginRequestPolicy";
    const CONFIG: &'static str = "OriginRequestPolicyConfig";
    const WORDS: &'static str = "origin request policy";
    const TOO_MANY: &'static str = "TooManyOriginRequestPolicies";
    const MOST: usize = POLICIES_MAX;
    const RECORD: &'static str = "origin-request-policy";

    fn name(&self) -> &str {
        &self.name
    }

    fn settle(&mut self) -> Result<(), ApiError> {
        check_name(&self.name, &self.comment)?;
        let headers = &self.headers_config;
        let listing =
            !matches!(headers.header_behavior, HeaderBehavior::None | HeaderBehavior::AllViewer);
        let too_many = "TooManyHeadersInOriginRequestPolicy";
        check_names(listing, &headers.headers, "Headers", too_many)?;
        match headers.header_behavior {
            // These two belong in a cache policy.
            HeaderBehavior::Whitelist => {
                forbid(&headers.headers, &["Authorization", "Accept-Encoding", "Cookie"])?;
            }
            HeaderBehavior::AllViewerAndWhitelistCloudFront => {
                let other = |name: &&String| !name.to_ascii_lowercase().starts_with("cloudfront-");
                if let Some(header) = headers.headers.iter().find(other) {
                    let message =
                        format!("The parameter Headers contains {header} that is not allowed.");
                    return Err(invalid_argument(message));
                }
            }
            _ => {}
        }
        let (cookies, queries) = (&self.cookies_config, &self.query_strings_config);
        check_cookies_and_queries(cookies, queries, Self::NOUN)
    }

    fn is_used(config: &DistributionConfig, id: &str) -> bool {
        any_behavior(config, id, |behavior| behavior.origin_request_policy_id.as_ref())
    }

    fn shelf(state: &State) -> &Shelf<Self> {
        &state.origin_request_policies
    }

    fn shelf_mut(state: &mut State) -> &mut Shelf<Self> {
        &mut state.origin_request_policies
    }
}

impl OriginRequestPolicyConfig {
    /// What it comes to at the edge.
    pub(crate) fn compiled(&self) -> OriginRequestSettings {
        let names = || boxed(&self.headers_config.headers);
        let headers = match self.headers_config.header_behavior {
            HeaderBehavior::None => HeaderSet::None,
            HeaderBehavior::Whitelist => HeaderSet::Only(names()),
            HeaderBehavior::AllViewer => HeaderSet::AllViewer,
            HeaderBehavior::AllViewerAndWhitelistCloudFront => HeaderSet::AllViewerAnd(names()),
            HeaderBehavior::AllExcept => HeaderSet::AllExcept(names()),
        };
        let (cookies, queries) = (&self.cookies_config, &self.query_strings_config);
        OriginRequestSettings {
            headers,
            cookies: name_set(cookies.cookie_behavior, &cookies.cookies),
            query_strings: name_set(queries.query_string_behavior, &queries.query_strings),
            legacy: false,
        }
    }
}
