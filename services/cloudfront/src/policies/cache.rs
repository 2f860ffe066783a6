//! Cache policies: for how long, and what tells one copy from another.

use serde::{Deserialize, Serialize};
use standin_kernel::ApiError;

use super::{
    CookiesConfig, Document, NameBehavior, POLICIES_MAX, QueryStringsConfig, Shelf, any_behavior,
    boxed, check_cookies_and_queries, check_name, check_names, forbid, name_set,
};
use crate::api::document::{DistributionConfig, List};
use crate::config::CacheSettings;
use crate::error::invalid_argument;
use crate::state::State;

/// CF-POL-07, seconds.
const DEFAULT_TTL_S: u64 = 86_400;
const MAX_TTL_S: u64 = 31_536_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct CachePolicyConfig {
    #[serde(default)]
    pub(crate) comment: String,
    pub(crate) name: String,
    /// Seconds, as the two below.
    #[serde(rename = "DefaultTTL")]
    pub(crate) default_ttl: Option<u64>,
    #[serde(rename = "MaxTTL")]
    pub(crate) max_ttl: Option<u64>,
    #[serde(rename = "MinTTL")]
    pub(crate) min_ttl: u64,
    #[serde(default)]
    pub(crate) parameters_in_cache_key_and_forwarded_to_origin: KeyParameters,
}

/// `ParametersInCacheKeyAndForwardedToOrigin`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct KeyParameters {
    pub(crate) enable_accept_encoding_gzip: bool,
    #[serde(default)]
    pub(crate) enable_accept_encoding_brotli: bool,
    pub(crate) headers_config: KeyHeaders,
    pub(crate) cookies_config: CookiesConfig,
    pub(crate) query_strings_config: QueryStringsConfig,
}

impl Default for KeyParameters {
    fn default() -> Self {
        let (cookies, query_strings) = (List::default(), List::default());
        Self {
            enable_accept_encoding_gzip: false,
            enable_accept_encoding_brotli: false,
            headers_config: KeyHeaders {
                header_behavior: KeyHeaderBehavior::None,
                headers: List::default(),
            },
            cookies_config: CookiesConfig { cookie_behavior: NameBehavior::None, cookies },
            query_strings_config: QueryStringsConfig {
                query_string_behavior: NameBehavior::None,
                query_strings,
            },
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct KeyHeaders {
    pub(crate) header_behavior: KeyHeaderBehavior,
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub(crate) headers: List<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum KeyHeaderBehavior {
    None,
    Whitelist,
}

impl Document for CachePolicyConfig {
    const NOUN: &'static str = "CachePolicy";
    const CONFIG: &'static str = "CachePolicyConfig";
    const WORDS: &'static str = "cache policy";
    const TOO_MANY: &'static str = "TooManyCachePolicies";
    const MOST: usize = POLICIES_MAX;
    const RECORD: &'static str = "cache-policy";

    fn name(&self) -> &str {
        &self.name
    }

    fn settle(&mut self) -> Result<(), ApiError> {
        check_name(&self.name, &self.comment)?;
        // CF-POL-07: what is not given is raised to the minimum.
        let default = self.default_ttl.unwrap_or(DEFAULT_TTL_S.max(self.min_ttl));
        let most = self.max_ttl.unwrap_or(MAX_TTL_S.max(default));
        if !(self.min_ttl <= default && default <= most) {
            let message =
                "The parameters MinTTL, DefaultTTL and MaxTTL must be in ascending order.";
            return Err(invalid_argument(message));
        }
        (self.default_ttl, self.max_ttl) = (Some(default), Some(most));
        let key = &self.parameters_in_cache_key_and_forwarded_to_origin;
        if most == 0 {
            key.check_disabled()?;
        }
        let headers = &key.headers_config;
        let listing = headers.header_behavior == KeyHeaderBehavior::Whitelist;
        check_names(listing, &headers.headers, "Headers", "TooManyHeadersInCachePolicy")?;
        if key.enable_accept_encoding_gzip || key.enable_accept_encoding_brotli {
            forbid(&headers.headers, &["Accept-Encoding"])?;
        }
        forbid(&headers.headers, &["Cookie"])?;
        check_cookies_and_queries(&key.cookies_config, &key.query_strings_config, Self::NOUN)
    }

    fn is_used(config: &DistributionConfig, id: &str) -> bool {
        any_behavior(config, id, |behavior| behavior.cache_policy_id.as_ref())
    }

    fn shelf(state: &State) -> &Shelf<Self> {
        &state.cache_policies
    }

    fn shelf_mut(state: &mut State) -> &mut Shelf<Self> {
        &mut state.cache_policies
    }
}

impl KeyParameters {
    /// CF-POL-08: where nothing is kept there is no key.
    fn check_disabled(&self) -> Result<(), ApiError> {
        let asked = [
            ("EnableAcceptEncodingGzip", self.enable_accept_encoding_gzip),
            ("EnableAcceptEncodingBrotli", self.enable_accept_encoding_brotli),
            ("HeaderBehavior", self.headers_config.header_behavior != KeyHeaderBehavior::None),
            ("CookieBehavior", self.cookies_config.cookie_behavior != NameBehavior::None),
            (
                "QueryStringBehavior",
                self.query_strings_config.query_string_behavior != NameBehavior::None,
            ),
        ];
        match asked.iter().find(|(_, asked)| *asked) {
            None => Ok(()),
            Some((member, _)) => Err(invalid_argument(format!(
                "The parameter {member} is invalid for policy with caching disabled."
            ))),
        }
    }
}

impl CachePolicyConfig {
    /// What it comes to at the edge.
    pub(crate) fn compiled(&self) -> CacheSettings {
        let key = &self.parameters_in_cache_key_and_forwarded_to_origin;
        let (cookies, queries) = (&key.cookies_config, &key.query_strings_config);
        CacheSettings {
            min_ttl_s: self.min_ttl,
            default_ttl_s: self.default_ttl.unwrap_or(DEFAULT_TTL_S),
            max_ttl_s: self.max_ttl.unwrap_or(MAX_TTL_S),
            key_headers: boxed(&key.headers_config.headers),
            key_cookies: name_set(cookies.cookie_behavior, &cookies.cookies),
            key_query_strings: name_set(queries.query_string_behavior, &queries.query_strings),
            gzip: key.enable_accept_encoding_gzip,
            brotli: key.enable_accept_encoding_brotli,
        }
    }
}
