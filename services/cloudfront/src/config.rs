//! Decides nothing: the settings of a distribution, compiled once from the API document, in the
//! shape the data plane decides on.
//!
//! Built anew whenever a distribution is created or updated, and whenever a policy or an origin
//! access control it names changes; then shared as `Arc<Distribution>` and never changed. Positions
//! in lists are those of the API document, so that facts can name the property: `origins[1]` is
//! `DistributionConfig.Origins[1]`.

use std::sync::Arc;

use standin_kernel::evaluation::Program;
use standin_kernel::{Duration, pattern};

/// One distribution as the edge sees it.
#[derive(Clone, Debug)]
pub(crate) struct Distribution {
    /// `E2QWRUHAPOMQZL`; also what `Ref` gives.
    pub(crate) id: Arc<str>,
    /// `arn:aws:cloudfront::123456789012:distribution/E2QWRUHAPOMQZL`
    pub(crate) arn: Arc<str>,
    /// `d111111abcdef8.cloudfront.net`
    pub(crate) domain_name: Arc<str>,
    /// `false`: every request is refused (CF-REQ-06).
    pub(crate) enabled: bool,
    /// `DefaultRootObject` without a leading slash; `None` when absent or empty.
    pub(crate) default_root_object: Option<Box<str>>,
    /// As listed.
    pub(crate) origins: Vec<Origin>,
    /// As listed.
    pub(crate) origin_groups: Vec<OriginGroup>,
    /// `CacheBehaviors` as listed, then the default behavior; never empty.
    pub(crate) behaviors: Vec<Behavior>,
    /// As listed.
    pub(crate) error_responses: Vec<CustomErrorResponse>,
    /// `Metadata: Standin: ViewerProtocol: assume-https`: a viewer without TLS counts as one with.
    pub(crate) assume_https: bool,
    /// `HttpVersion` is `http3` or `http2and3`: answers carry `Alt-Svc` (CF-HDR-08).
    pub(crate) http3: bool,
    /// Where the standard log goes; `None` without one.
    pub(crate) logging: Option<Arc<Logging>>,
}

/// `Logging`, when it is enabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Logging {
    /// The bucket's name.
    pub(crate) bucket: Box<str>,
    pub(crate) prefix: Box<str>,
    pub(crate) include_cookies: bool,
}

/// One entry of `Origins`.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) id: Arc<str>,
    /// Lower case, without port.
    pub(crate) domain_name: Arc<str>,
    /// `OriginPath`: empty, or with a leading slash and without a final one.
    pub(crate) path: Box<str>,
    /// `Host` in the place of the domain name: only a function can set it (CF-FN-16).
    pub(crate) host_header: Option<Box<str>>,
    /// `OriginCustomHeaders`: name and value.
    pub(crate) custom_headers: Vec<(Box<str>, Box<str>)>,
    /// 1 to 3, default 3.
    pub(crate) connection_attempts: u8,
    /// 1 to 10 s, default 10 s.
    pub(crate) connection_timeout: Duration,
    /// `OriginReadTimeout`, default 30 s; an S3 origin has it too (CF-OG-12).
    pub(crate) read_timeout: Duration,
    /// `ResponseCompletionTimeout`: the budget of all attempts together until the answer's head is
    /// there (CF-OG-16). A body that is already on its way is not cut.
    pub(crate) completion_timeout: Option<Duration>,
    pub(crate) kind: OriginKind,
}

/// What an origin is. `OriginKeepaliveTimeout` and `OriginSSLProtocols` are not here: connections
/// belong to the driver. Origin Shield is not here: there is one edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OriginKind {
    /// `S3OriginConfig`.
    S3 { signing: Signing },
    /// `CustomOriginConfig`; ports default to 80 and 443.
    Custom { http_port: u16, https_port: u16, protocol: OriginProtocol },
}

/// `SigningBehavior` of the origin access control that an S3 origin names (CF-S3O-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signing {
    /// No origin access control, or `never`.
    Never,
    Always,
    /// The viewer's `Authorization` wins.
    NoOverride,
}

/// `OriginProtocolPolicy`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OriginProtocol {
    HttpOnly,
    HttpsOnly,
    MatchViewer,
}

/// One entry of `OriginGroups`.
#[derive(Clone, Debug)]
pub(crate) struct OriginGroup {
    pub(crate) id: Arc<str>,
    /// `FailoverCriteria.StatusCodes`
    pub(crate) status_codes: Vec<u16>,
    /// Positions in [`Distribution::origins`].
    pub(crate) primary: usize,
    pub(crate) secondary: usize,
}

/// Where a behavior sends what the cache cannot answer: a position in the list named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Origin(usize),
    Group(usize),
}

/// One cache behavior.
#[derive(Clone, Debug)]
pub(crate) struct Behavior {
    pub(crate) pattern: PathPattern,
    /// `DistributionConfig.CacheBehaviors[1]` or `DistributionConfig.DefaultCacheBehavior`, for
    /// facts.
    pub(crate) property: Box<str>,
    pub(crate) target: Target,
    pub(crate) viewer_protocol: ViewerProtocol,
    pub(crate) allowed_methods: AllowedMethods,
    /// Whether `CachedMethods` lists OPTIONS.
    pub(crate) caches_options: bool,
    pub(crate) compress: bool,
    pub(crate) cache: CacheSettings,
    pub(crate) origin_request: OriginRequestSettings,
    /// `ResponseHeadersPolicyId` resolved; `None` without one.
    pub(crate) response_headers: Option<Arc<ResponseHeaders>>,
    /// `FunctionAssociations`, one for each event.
    pub(crate) viewer_request: Option<Arc<Function>>,
    pub(crate) viewer_response: Option<Arc<Function>>,
}

/// A function as it is LIVE (CF-FN-14).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: Box<str>,
    /// The position in `FunctionAssociations`.
    pub(crate) index: usize,
    pub(crate) program: Arc<Program>,
    /// The id of the key value store it reads.
    pub(crate) store: Option<Box<str>>,
}

/// A path pattern, ready to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathPattern(Box<str>);

impl PathPattern {
    /// From the API's text; a leading slash is implied (CF-BEH-04). `*` for the default behavior.
    pub(crate) fn new(text: &str) -> Self {
        if text.starts_with('/') {
            return Self(text.into());
        }
        Self(format!("/{text}").into())
    }

    /// Whether a normalised path fits.
    pub(crate) fn matches(&self, path: &str) -> bool {
        &*self.0 == "/*" || pattern::matches(&self.0, path)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// `ViewerProtocolPolicy`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ViewerProtocol {
    AllowAll,
    RedirectToHttps,
    HttpsOnly,
}

/// The three sets of methods there are (CF-BEH-09).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AllowedMethods {
    GetHead,
    GetHeadOptions,
    All,
}

/// The cache policy, or what the legacy settings of the behavior come to.
///
/// Legacy `ForwardedValues`: `QueryString: false` is `NameSet::None`; `true` is `All`, or `Only` of
/// `QueryStringCacheKeys` when that is given; `Cookies.Forward` likewise; `Headers` are
/// `key_headers`. `Headers: ["*"]` switches caching off: all three TTLs 0, `key_headers` empty, and
/// `OriginRequestSettings::headers` is `AllViewer`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CacheSettings {
    pub(crate) min_ttl_s: u64,
    pub(crate) default_ttl_s: u64,
    pub(crate) max_ttl_s: u64,
    /// Headers in the cache key; also sent to the origin (CF-KEY-03).
    pub(crate) key_headers: Vec<Box<str>>,
    pub(crate) key_cookies: NameSet,
    pub(crate) key_query_strings: NameSet,
    /// `EnableAcceptEncodingGzip`; for legacy settings: `Compress`.
    pub(crate) gzip: bool,
    /// `EnableAcceptEncodingBrotli`; for legacy settings: `Compress`.
    pub(crate) brotli: bool,
}

impl CacheSettings {
    /// All TTLs are 0: nothing is kept, no errors either (CF-POL-08, CF-ERR-07).
    pub(crate) const fn disabled(&self) -> bool {
        self.max_ttl_s == 0
    }
}

/// What goes to the origin besides what is in the cache key: the origin request policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OriginRequestSettings {
    pub(crate) headers: HeaderSet,
    pub(crate) cookies: NameSet,
    /// Legacy `QueryString: true` with `QueryStringCacheKeys` sends all: `All` here.
    pub(crate) query_strings: NameSet,
    /// The behavior has `ForwardedValues`: a viewer's own headers pass unless they are on
    /// CloudFront's list of removed ones (CF-FWD-03).
    pub(crate) legacy: bool,
}

/// Names of cookies or of query string parameters, compared exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum NameSet {
    #[default]
    None,
    All,
    Only(Vec<Box<str>>),
    AllExcept(Vec<Box<str>>),
}

impl NameSet {
    pub(crate) fn has(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(names) => names.iter().any(|one| &**one == name),
            Self::AllExcept(names) => !names.iter().any(|one| &**one == name),
        }
    }

    pub(crate) const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

/// Headers of an origin request policy, compared without case.
///
/// Of the `CloudFront-*` headers, those about the connection and the device are made
/// (`Viewer-Address`, `Viewer-Http-Version`, `Forwarded-Proto`, `Is-*-Viewer`); those about places
/// and TLS fingerprints are not: one machine knows no countries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum HeaderSet {
    #[default]
    None,
    /// `whitelist`
    Only(Vec<Box<str>>),
    AllViewer,
    /// `allViewerAndWhitelistCloudFront`: the `CloudFront-*` names.
    AllViewerAnd(Vec<Box<str>>),
    /// `allExcept`
    AllExcept(Vec<Box<str>>),
}

/// A response headers policy. Security headers are lines of `set` like custom ones
/// (`Strict-Transport-Security: max-age=31536000; includeSubDomains; preload`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResponseHeaders {
    /// `RemoveHeadersConfig`; done before anything is added (CF-RHP-01).
    pub(crate) remove: Vec<Box<str>>,
    pub(crate) set: Vec<HeaderLine>,
    pub(crate) cors: Option<Cors>,
}

/// One header that a response headers policy adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeaderLine {
    pub(crate) name: Box<str>,
    pub(crate) value: Box<str>,
    /// `Override`: replaces the origin's; otherwise the origin's stays.
    pub(crate) overrides: bool,
}

/// `CorsConfig`; applies to requests that carry `Origin`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cors {
    /// `*`, or origins such as `https://example.com` and `https://*.example.com`.
    pub(crate) allow_origins: Vec<Box<str>>,
    pub(crate) allow_credentials: bool,
    /// Lists ready to send, joined with `, `; `None` when empty. `ALL` in methods stands for all
    /// seven, spelled out.
    pub(crate) allow_headers: Option<Box<str>>,
    pub(crate) allow_methods: Option<Box<str>>,
    pub(crate) expose_headers: Option<Box<str>>,
    pub(crate) max_age_s: Option<u64>,
    /// `OriginOverride`
    pub(crate) overrides: bool,
}

/// One entry of `CustomErrorResponses`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CustomErrorResponse {
    pub(crate) error_code: u16,
    /// `ErrorCachingMinTTL`; 10 when absent (CF-ERR-01).
    pub(crate) caching_min_ttl_s: u64,
    /// Page and code are given together or not at all (CF-CER-03).
    pub(crate) page: Option<ErrorPage>,
}

/// The page that replaces an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ErrorPage {
    /// `ResponsePagePath`, with its leading slash.
    pub(crate) path: Box<str>,
    pub(crate) response_code: u16,
}
