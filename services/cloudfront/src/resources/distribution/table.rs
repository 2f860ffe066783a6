//! The properties of `AWS::CloudFront::Distribution`, and what becomes of each.

use standin_kernel::resource::{Kind, Property};

use super::super::tag::TAGS;

/// Where only the value that switches a thing off is taken.
const OFF: Kind = Kind::Choice(&["false"]);
const TEXTS: Kind = Kind::List(&Kind::Text);
const SECONDS: Kind = Kind::Integer(0, i64::MAX);

const ANY_TLS: &str = "viewers speak TLS 1.2 or 1.3, whatever it allows";
const ONE_EDGE: &str = "one machine is every edge location";
const MTLS: &str = "viewers bring no certificates here";
const SIGNED: &str = "signed URLs are not built: everybody would be let in";

pub(super) const PROPERTIES: &[Property] = &[
    Property::new("DistributionConfig", Kind::Object(DISTRIBUTION_CONFIG)).required(),
    Property::new("Tags", TAGS),
];

const DISTRIBUTION_CONFIG: &[Property] = &[
    Property::new("Aliases", TEXTS),
    Property::new("AnycastIpListId", Kind::Text).no_effect("one machine has its own addresses"),
    Property::new("CNAMEs", TEXTS).refused("give Aliases"),
    Property::new("CacheBehaviors", Kind::List(&Kind::Object(CACHE_BEHAVIOR))),
    Property::new("CacheTagConfig", Kind::Json).refused("invalidation by tag is not built"),
    Property::new("Comment", Kind::Text),
    Property::new("ConnectionFunctionAssociation", Kind::Json).refused(MTLS),
    // Distribution tenants are not built.
    Property::new("ConnectionMode", Kind::Choice(&["direct"])),
    Property::new("ContinuousDeploymentPolicyId", Kind::Text)
        .refused("continuous deployment is not built"),
    Property::new("CustomErrorResponses", Kind::List(&Kind::Object(CUSTOM_ERROR_RESPONSE))),
    Property::new("CustomOrigin", Kind::Json).refused("give Origins"),
    Property::new("DefaultCacheBehavior", Kind::Object(DEFAULT_CACHE_BEHAVIOR)).required(),
    Property::new("DefaultRootObject", Kind::Text),
    Property::new("Enabled", Kind::Bool).required(),
    Property::new("HttpVersion", Kind::Choice(&["http1.1", "http2", "http2and3", "http3"]))
        .no_effect("viewers speak HTTP/1.1 here; only Alt-Svc is sent for HTTP/3"),
    Property::new("IPV6Enabled", Kind::Bool)
        .no_effect("viewers reach this machine under whatever address it has"),
    Property::new("Logging", Kind::Object(LOGGING)),
    Property::new("OriginGroups", Kind::Object(ORIGIN_GROUPS)),
    Property::new("Origins", Kind::List(&Kind::Object(ORIGIN))),
    Property::new(
        "PriceClass",
        Kind::Choice(&["PriceClass_100", "PriceClass_200", "PriceClass_All", "None"]),
    )
    .no_effect(ONE_EDGE),
    Property::new("Restrictions", Kind::Object(RESTRICTIONS)),
    Property::new("S3Origin", Kind::Json).refused("give Origins"),
    // Continuous deployment is not built.
    Property::new("Staging", OFF),
    Property::new("TenantConfig", Kind::Json).refused("distribution tenants are not built"),
    Property::new("ViewerCertificate", Kind::Object(VIEWER_CERTIFICATE)),
    Property::new("ViewerMtlsConfig", Kind::Json).refused(MTLS),
    Property::new("WebACLId", Kind::Text).refused("AWS WAF is not built: it would block nothing"),
];

/// All properties of a behavior but its path pattern.
macro_rules! behavior {
    ($($more:expr)?) => {
        &[
            Property::new("AllowedMethods", METHODS),
            Property::new("CachePolicyId", Kind::Text),
            Property::new("CachedMethods", METHODS),
            Property::new("Compress", Kind::Bool),
            Property::new("DefaultTTL", SECONDS),
            Property::new("FieldLevelEncryptionId", Kind::Text)
                .refused("field-level encryption is not built"),
            Property::new("ForwardedValues", Kind::Object(FORWARDED_VALUES)),
            Property::new(
                "FunctionAssociations",
                Kind::List(&Kind::Object(FUNCTION_ASSOCIATION)),
            ),
            Property::new("GrpcConfig", Kind::Object(GRPC_CONFIG)),
            Property::new("LambdaFunctionAssociations", Kind::Json)
                .refused("Lambda@Edge is not built"),
            Property::new("MaxTTL", SECONDS),
            Property::new("MinTTL", SECONDS),
            Property::new("OriginRequestPolicyId", Kind::Text),
            Property::new("RealtimeLogConfigArn", Kind::Text)
                .no_effect("real-time logs are not written here"),
            Property::new("ResponseHeadersPolicyId", Kind::Text),
            // Microsoft Smooth Streaming is not built.
            Property::new("SmoothStreaming", OFF),
            Property::new("TargetOriginId", Kind::Text).required(),
            Property::new("TrustedKeyGroups", TEXTS).refused(SIGNED),
            Property::new("TrustedSigners", TEXTS).refused(SIGNED),
            Property::new(
                "ViewerProtocolPolicy",
                Kind::Choice(&["allow-all", "https-only", "redirect-to-https"]),
            )
            .required(),
            $($more)?
        ]
    };
}

const DEFAULT_CACHE_BEHAVIOR: &[Property] = behavior!();
const CACHE_BEHAVIOR: &[Property] = behavior!(Property::new("PathPattern", Kind::Text).required());

const FUNCTION_ASSOCIATION: &[Property] = &[
    Property::new("EventType", Kind::Choice(&["viewer-request", "viewer-response"])),
    Property::new("FunctionARN", Kind::Text),
];

const METHODS: Kind =
    Kind::List(&Kind::Choice(&["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]));

const FORWARDED_VALUES: &[Property] = &[
    Property::new("Cookies", Kind::Object(COOKIES)),
    Property::new("Headers", TEXTS),
    Property::new("QueryString", Kind::Bool).required(),
    Property::new("QueryStringCacheKeys", TEXTS),
];

const COOKIES: &[Property] = &[
    Property::new("Forward", Kind::Choice(&["none", "whitelist", "all"])).required(),
    Property::new("WhitelistedNames", TEXTS),
];

const GRPC_CONFIG: &[Property] = &[Property::new("Enabled", OFF).required()];

const CUSTOM_ERROR_RESPONSE: &[Property] = &[
    Property::new("ErrorCachingMinTTL", SECONDS),
    Property::new("ErrorCode", Kind::Integer(400, 599)).required(),
    Property::new("ResponseCode", Kind::Integer(200, 599)),
    Property::new("ResponsePagePath", Kind::Text),
];

const LOGGING: &[Property] = &[
    Property::new("Bucket", Kind::Text),
    Property::new("IncludeCookies", Kind::Bool),
    Property::new("Prefix", Kind::Text),
];

const COUNT: Kind = Kind::Integer(0, i64::MAX);

const ORIGIN_GROUPS: &[Property] = &[
    Property::new("Items", Kind::List(&Kind::Object(ORIGIN_GROUP))),
    Property::new("Quantity", COUNT).required(),
];

const ORIGIN_GROUP: &[Property] = &[
    Property::new("FailoverCriteria", Kind::Object(FAILOVER_CRITERIA)).required(),
    Property::new("Id", Kind::Text).required(),
    Property::new("Members", Kind::Object(MEMBERS)).required(),
    // There are no media origins here.
    Property::new("SelectionCriteria", Kind::Choice(&["default"])),
];

const FAILOVER_CRITERIA: &[Property] =
    &[Property::new("StatusCodes", Kind::Object(STATUS_CODES)).required()];

const STATUS_CODES: &[Property] = &[
    Property::new("Items", Kind::List(&Kind::Integer(400, 599))).required(),
    Property::new("Quantity", COUNT).required(),
];

const MEMBERS: &[Property] = &[
    Property::new("Items", Kind::List(&Kind::Object(MEMBER))).required(),
    Property::new("Quantity", COUNT).required(),
];

const MEMBER: &[Property] = &[Property::new("OriginId", Kind::Text).required()];

const ORIGIN: &[Property] = &[
    Property::new("ConnectionAttempts", Kind::Integer(1, 3)),
    Property::new("ConnectionTimeout", Kind::Integer(1, 10)),
    Property::new("CustomOriginConfig", Kind::Object(CUSTOM_ORIGIN_CONFIG)),
    Property::new("DomainName", Kind::Text).required(),
    Property::new("Id", Kind::Text).required(),
    Property::new("OriginAccessControlId", Kind::Text),
    Property::new("OriginCustomHeaders", Kind::List(&Kind::Object(ORIGIN_CUSTOM_HEADER))),
    Property::new("OriginPath", Kind::Text),
    Property::new("OriginShield", Kind::Object(ORIGIN_SHIELD)).no_effect(ONE_EDGE),
    Property::new("ResponseCompletionTimeout", Kind::Integer(1, i64::MAX)),
    Property::new("S3OriginConfig", Kind::Object(S3_ORIGIN_CONFIG)),
    Property::new("VpcOriginConfig", Kind::Json)
        .refused("VPC origins are not built; the origin's own name is reached without one"),
];

const ORIGIN_CUSTOM_HEADER: &[Property] = &[
    Property::new("HeaderName", Kind::Text).required(),
    Property::new("HeaderValue", Kind::Text).required(),
];

const ORIGIN_SHIELD: &[Property] =
    &[Property::new("Enabled", Kind::Bool), Property::new("OriginShieldRegion", Kind::Text)];

const CUSTOM_ORIGIN_CONFIG: &[Property] = &[
    Property::new("HTTPPort", Kind::Integer(0, 65_535)),
    Property::new("HTTPSPort", Kind::Integer(0, 65_535)),
    Property::new("IpAddressType", Kind::Choice(&["ipv4", "ipv6", "dualstack"]))
        .no_effect("origins are reached under whatever address their name has here"),
    Property::new("OriginKeepaliveTimeout", Kind::Integer(1, 300))
        .no_effect("connections to origins are kept for as long as this machine sees fit"),
    Property::new("OriginMtlsConfig", Kind::Json)
        .refused("the edge brings no certificate to origins"),
    Property::new(
        "OriginProtocolPolicy",
        Kind::Choice(&["http-only", "match-viewer", "https-only"]),
    )
    .required(),
    Property::new("OriginReadTimeout", Kind::Integer(1, 120)),
    Property::new("OriginSSLProtocols", TEXTS)
        .no_effect("the newest version that both sides know is spoken"),
];

const S3_ORIGIN_CONFIG: &[Property] = &[
    // Origin access identities are not built: an origin access control does it.
    Property::new("OriginAccessIdentity", Kind::Choice(&[""])),
    Property::new("OriginReadTimeout", Kind::Integer(1, 120)),
];

const RESTRICTIONS: &[Property] =
    &[Property::new("GeoRestriction", Kind::Object(GEO_RESTRICTION)).required()];

const GEO_RESTRICTION: &[Property] = &[
    Property::new("Locations", TEXTS).refused("viewers of one machine have no country"),
    Property::new("RestrictionType", Kind::Choice(&["none"])).required(),
];

const VIEWER_CERTIFICATE: &[Property] = &[
    Property::new("AcmCertificateArn", Kind::Text),
    Property::new("CloudFrontDefaultCertificate", Kind::Bool),
    Property::new("IamCertificateId", Kind::Text),
    Property::new(
        "MinimumProtocolVersion",
        Kind::Choice(&[
            "SSLv3",
            "TLSv1",
            "TLSv1_2016",
            "TLSv1.1_2016",
            "TLSv1.2_2018",
            "TLSv1.2_2019",
            "TLSv1.2_2021",
            "TLSv1.2_2025",
            "TLSv1.3_2025",
        ]),
    )
    .no_effect(ANY_TLS),
    Property::new("SslSupportMethod", Kind::Choice(&["sni-only", "static-ip", "vip"]))
        .no_effect(ANY_TLS),
];
