//! The properties of the policies and of origin access controls, and what becomes of each.

use standin_kernel::resource::{Kind, Property};

const TEXTS: Kind = Kind::List(&Kind::Text);

pub(super) const CACHE_POLICY: &[Property] =
    &[Property::new("CachePolicyConfig", Kind::Object(CACHE_POLICY_CONFIG)).required()];

const TTL: Kind = Kind::Integer(0, i64::MAX);

const CACHE_POLICY_CONFIG: &[Property] = &[
    Property::new("Comment", Kind::Text),
    Property::new("DefaultTTL", TTL).required(),
    Property::new("MaxTTL", TTL).required(),
    Property::new("MinTTL", TTL).required(),
    Property::new("Name", Kind::Text).required(),
    Property::new("ParametersInCacheKeyAndForwardedToOrigin", Kind::Object(KEY)).required(),
];

const KEY: &[Property] = &[
    Property::new("CookiesConfig", Kind::Object(COOKIES)).required(),
    Property::new("EnableAcceptEncodingBrotli", Kind::Bool),
    Property::new("EnableAcceptEncodingGzip", Kind::Bool).required(),
    Property::new("HeadersConfig", Kind::Object(KEY_HEADERS)).required(),
    Property::new("QueryStringsConfig", Kind::Object(QUERY_STRINGS)).required(),
];

const COOKIES: &[Property] = &[
    Property::new("CookieBehavior", Kind::Choice(&["none", "whitelist", "allExcept", "all"]))
        .required(),
    Property::new("Cookies", TEXTS),
];

const QUERY_STRINGS: &[Property] = &[
    Property::new("QueryStringBehavior", Kind::Choice(&["none", "whitelist", "allExcept", "all"]))
        .required(),
    Property::new("QueryStrings", TEXTS),
];

const KEY_HEADERS: &[Property] = &[
    Property::new("HeaderBehavior", Kind::Choice(&["none", "whitelist"])).required(),
    Property::new("Headers", TEXTS),
];

pub(super) const ORIGIN_REQUEST_POLICY: &[Property] =
    &[Property::new("OriginRequestPolicyConfig", Kind::Object(ORIGIN_REQUEST_CONFIG)).required()];

const ORIGIN_REQUEST_CONFIG: &[Property] = &[
    Property::new("Comment", Kind::Text),
    Property::new("CookiesConfig", Kind::Object(COOKIES)).required(),
    Property::new("HeadersConfig", Kind::Object(ORIGIN_HEADERS)).required(),
    Property::new("Name", Kind::Text).required(),
    Property::new("QueryStringsConfig", Kind::Object(QUERY_STRINGS)).required(),
];

const ORIGIN_HEADERS: &[Property] = &[
    Property::new(
        "HeaderBehavior",
        Kind::Choice(&[
            "none",
            "whitelist",
            "allViewer",
            "allViewerAndWhitelistCloudFront",
            "allExcept",
        ]),
    )
    .required(),
    Property::new("Headers", TEXTS),
];

pub(super) const RESPONSE_HEADERS_POLICY: &[Property] =
    &[Property::new("ResponseHeadersPolicyConfig", Kind::Object(RESPONSE_HEADERS_CONFIG))
        .required()];

const RESPONSE_HEADERS_CONFIG: &[Property] = &[
    Property::new("Comment", Kind::Text),
    Property::new("CorsConfig", Kind::Object(CORS)),
    Property::new("CustomHeadersConfig", Kind::Object(CUSTOM_HEADERS)),
    Property::new("Name", Kind::Text).required(),
    Property::new("RemoveHeadersConfig", Kind::Object(REMOVE_HEADERS)),
    Property::new("SecurityHeadersConfig", Kind::Object(SECURITY_HEADERS)),
    Property::new("ServerTimingHeadersConfig", Kind::Object(SERVER_TIMING))
        .no_effect("answers carry no Server-Timing here"),
];

const CORS: &[Property] = &[
    Property::new("AccessControlAllowCredentials", Kind::Bool).required(),
    Property::new("AccessControlAllowHeaders", Kind::Object(NAMES)).required(),
    Property::new("AccessControlAllowMethods", Kind::Object(METHODS)).required(),
    Property::new("AccessControlAllowOrigins", Kind::Object(NAMES)).required(),
    Property::new("AccessControlExposeHeaders", Kind::Object(NAMES)),
    Property::new("AccessControlMaxAgeSec", TTL),
    Property::new("OriginOverride", Kind::Bool).required(),
];

const NAMES: &[Property] = &[Property::new("Items", TEXTS).required()];

const METHODS: &[Property] = &[Property::new(
    "Items",
    Kind::List(&Kind::Choice(&["GET", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "HEAD", "ALL"])),
)
.required()];

const CUSTOM_HEADERS: &[Property] =
    &[Property::new("Items", Kind::List(&Kind::Object(CUSTOM_HEADER))).required()];

const CUSTOM_HEADER: &[Property] = &[
    Property::new("Header", Kind::Text).required(),
    Property::new("Override", Kind::Bool).required(),
    Property::new("Value", Kind::Text).required(),
];

const REMOVE_HEADERS: &[Property] =
    &[Property::new("Items", Kind::List(&Kind::Object(REMOVE_HEADER))).required()];

const REMOVE_HEADER: &[Property] = &[Property::new("Header", Kind::Text).required()];

const SECURITY_HEADERS: &[Property] = &[
    Property::new("ContentSecurityPolicy", Kind::Object(CONTENT_SECURITY_POLICY)),
    Property::new("ContentTypeOptions", Kind::Object(CONTENT_TYPE_OPTIONS)),
    Property::new("FrameOptions", Kind::Object(FRAME_OPTIONS)),
    Property::new("ReferrerPolicy", Kind::Object(REFERRER_POLICY)),
    Property::new("StrictTransportSecurity", Kind::Object(STRICT_TRANSPORT_SECURITY)),
    Property::new("XSSProtection", Kind::Object(XSS_PROTECTION)),
];

const CONTENT_SECURITY_POLICY: &[Property] = &[
    Property::new("ContentSecurityPolicy", Kind::Text).required(),
    Property::new("Override", Kind::Bool).required(),
];

const CONTENT_TYPE_OPTIONS: &[Property] = &[Property::new("Override", Kind::Bool).required()];

const FRAME_OPTIONS: &[Property] = &[
    Property::new("FrameOption", Kind::Choice(&["DENY", "SAMEORIGIN"])).required(),
    Property::new("Override", Kind::Bool).required(),
];

const REFERRER_POLICY: &[Property] = &[
    Property::new("Override", Kind::Bool).required(),
    Property::new(
        "ReferrerPolicy",
        Kind::Choice(&[
            "no-referrer",
            "no-referrer-when-downgrade",
            "origin",
            "origin-when-cross-origin",
            "same-origin",
            "strict-origin",
            "strict-origin-when-cross-origin",
            "unsafe-url",
        ]),
    )
    .required(),
];

const STRICT_TRANSPORT_SECURITY: &[Property] = &[
    Property::new("AccessControlMaxAgeSec", TTL).required(),
    Property::new("IncludeSubdomains", Kind::Bool),
    Property::new("Override", Kind::Bool).required(),
    Property::new("Preload", Kind::Bool),
];

const XSS_PROTECTION: &[Property] = &[
    Property::new("ModeBlock", Kind::Bool),
    Property::new("Override", Kind::Bool).required(),
    Property::new("Protection", Kind::Bool).required(),
    Property::new("ReportUri", Kind::Text),
];

const SERVER_TIMING: &[Property] =
    &[Property::new("Enabled", Kind::Bool).required(), Property::new("SamplingRate", Kind::Number)];

pub(super) const ORIGIN_ACCESS_CONTROL: &[Property] =
    &[Property::new("OriginAccessControlConfig", Kind::Object(ORIGIN_ACCESS_CONTROL_CONFIG))
        .required()];

/// Kinds of origins and signatures that are not built are no choice.
const ORIGIN_ACCESS_CONTROL_CONFIG: &[Property] = &[
    Property::new("Description", Kind::Text),
    Property::new("Name", Kind::Text).required(),
    Property::new("OriginAccessControlOriginType", Kind::Choice(&["s3"])).required(),
    Property::new("SigningBehavior", Kind::Choice(&["never", "no-override", "always"])).required(),
    Property::new("SigningProtocol", Kind::Choice(&["sigv4"])).required(),
];
