//! The properties of `AWS::S3::Bucket` that are acted on, and the list of all.

use standin_kernel::resource::{Kind, Property};

use super::idle::{
    ACCELERATE_CONFIGURATION, ANALYTICS_CONFIGURATION, INTELLIGENT_TIERING_CONFIGURATION,
    INVENTORY_CONFIGURATION, LIFECYCLE_CONFIGURATION, LOGGING_CONFIGURATION, METRICS_CONFIGURATION,
    NOTIFICATION_CONFIGURATION,
};

pub(super) const PROPERTIES: &[Property] = &[
    Property::new("AbacStatus", Kind::Choice(&["Enabled", "Disabled"]))
        .no_effect("tags of a bucket do not decide about access here"),
    Property::new("AccelerateConfiguration", Kind::Object(ACCELERATE_CONFIGURATION))
        .no_effect("one machine has no distant edge to accelerate to"),
    Property::new(
        "AccessControl",
        Kind::Choice(&[
            "AuthenticatedRead",
            "AwsExecRead",
            "BucketOwnerFullControl",
            "BucketOwnerRead",
            "LogDeliveryWrite",
            "Private",
            "PublicRead",
            "PublicReadWrite",
        ]),
    ),
    Property::new("AnalyticsConfigurations", Kind::List(&Kind::Object(ANALYTICS_CONFIGURATION)))
        .no_effect("access patterns are not analysed here"),
    Property::new("BucketEncryption", Kind::Object(BUCKET_ENCRYPTION)),
    Property::new("BucketName", Kind::Text).replaces(),
    Property::new("BucketNamePrefix", Kind::Text)
        .replaces()
        .refused("give BucketName, or neither for a generated name"),
    Property::new("BucketNamespace", Kind::Choice(&["global", "account-regional"]))
        .replaces()
        .refused("bucket names have one namespace here"),
    Property::new("CorsConfiguration", Kind::Object(CORS_CONFIGURATION)),
    Property::new(
        "IntelligentTieringConfigurations",
        Kind::List(&Kind::Object(INTELLIGENT_TIERING_CONFIGURATION)),
    )
    .no_effect("objects do not move between storage classes here"),
    Property::new("InventoryConfigurations", Kind::List(&Kind::Object(INVENTORY_CONFIGURATION)))
        .no_effect("inventories are not written here"),
    Property::new("LifecycleConfiguration", Kind::Object(LIFECYCLE_CONFIGURATION))
        .no_effect("objects do not expire or move here"),
    Property::new("LoggingConfiguration", Kind::Object(LOGGING_CONFIGURATION))
        .no_effect("server access logs are not written here"),
    Property::new("MetadataConfiguration", Kind::Json).refused("metadata tables are not built"),
    Property::new("MetadataTableConfiguration", Kind::Json)
        .refused("metadata tables are not built"),
    Property::new("MetricsConfigurations", Kind::List(&Kind::Object(METRICS_CONFIGURATION)))
        .no_effect("request metrics are not gathered here"),
    Property::new("NotificationConfiguration", Kind::Object(NOTIFICATION_CONFIGURATION))
        .no_effect("events are not sent here"),
    Property::new("ObjectLockConfiguration", Kind::Json).refused("objects cannot be locked here"),
    Property::new("ObjectLockEnabled", Kind::Bool).refused("objects cannot be locked here"),
    Property::new("OwnershipControls", Kind::Object(OWNERSHIP_CONTROLS)),
    Property::new(
        "PublicAccessBlockConfiguration",
        Kind::Object(PUBLIC_ACCESS_BLOCK_CONFIGURATION),
    ),
    Property::new("ReplicationConfiguration", Kind::Json)
        .refused("objects are not replicated here"),
    Property::new("Tags", Kind::List(&Kind::Object(TAG))),
    Property::new("VersioningConfiguration", Kind::Object(VERSIONING_CONFIGURATION)),
    Property::new("WebsiteConfiguration", Kind::Object(WEBSITE_CONFIGURATION)),
];

const BUCKET_ENCRYPTION: &[Property] = &[Property::new(
    "ServerSideEncryptionConfiguration",
    Kind::List(&Kind::Object(SERVER_SIDE_ENCRYPTION_RULE)),
)
.required()];

const SERVER_SIDE_ENCRYPTION_RULE: &[Property] = &[
    Property::new("BlockedEncryptionTypes", Kind::Object(BLOCKED_ENCRYPTION_TYPES))
        .no_effect("SSE-C is not offered here at all"),
    Property::new("BucketKeyEnabled", Kind::Bool),
    Property::new("ServerSideEncryptionByDefault", Kind::Object(SERVER_SIDE_ENCRYPTION_BY_DEFAULT)),
];

const BLOCKED_ENCRYPTION_TYPES: &[Property] =
    &[Property::new("EncryptionType", Kind::List(&Kind::Choice(&["NONE", "SSE-C"])))];

const SERVER_SIDE_ENCRYPTION_BY_DEFAULT: &[Property] = &[
    Property::new("KMSMasterKeyID", Kind::Text),
    Property::new("SSEAlgorithm", Kind::Choice(&["aws:kms", "AES256", "aws:kms:dsse"])).required(),
];

const CORS_CONFIGURATION: &[Property] =
    &[Property::new("CorsRules", Kind::List(&Kind::Object(CORS_RULE))).required()];

const CORS_RULE: &[Property] = &[
    Property::new("AllowedHeaders", Kind::List(&Kind::Text)),
    Property::new(
        "AllowedMethods",
        Kind::List(&Kind::Choice(&["GET", "PUT", "HEAD", "POST", "DELETE"])),
    )
    .required(),
    Property::new("AllowedOrigins", Kind::List(&Kind::Text)).required(),
    Property::new("ExposedHeaders", Kind::List(&Kind::Text)),
    Property::new("Id", Kind::Text),
    Property::new("MaxAge", Kind::Integer(0, i64::MAX)),
];

const OWNERSHIP_CONTROLS: &[Property] =
    &[Property::new("Rules", Kind::List(&Kind::Object(OWNERSHIP_CONTROLS_RULE))).required()];

const OWNERSHIP_CONTROLS_RULE: &[Property] = &[Property::new(
    "ObjectOwnership",
    Kind::Choice(&["ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced"]),
)];

const PUBLIC_ACCESS_BLOCK_CONFIGURATION: &[Property] = &[
    Property::new("BlockPublicAcls", Kind::Bool),
    Property::new("BlockPublicPolicy", Kind::Bool),
    Property::new("IgnorePublicAcls", Kind::Bool),
    Property::new("RestrictPublicBuckets", Kind::Bool),
];

const TAG: &[Property] =
    &[Property::new("Key", Kind::Text).required(), Property::new("Value", Kind::Text).required()];

const VERSIONING_CONFIGURATION: &[Property] =
    &[Property::new("Status", Kind::Choice(&["Enabled", "Suspended"])).required()];

const WEBSITE_CONFIGURATION: &[Property] = &[
    Property::new("ErrorDocument", Kind::Text),
    Property::new("IndexDocument", Kind::Text),
    Property::new("RedirectAllRequestsTo", Kind::Object(REDIRECT_ALL_REQUESTS_TO)),
    Property::new("RoutingRules", Kind::List(&Kind::Object(ROUTING_RULE))),
];

const REDIRECT_ALL_REQUESTS_TO: &[Property] = &[
    Property::new("HostName", Kind::Text).required(),
    Property::new("Protocol", Kind::Choice(&["http", "https"])),
];

const ROUTING_RULE: &[Property] = &[
    Property::new("RedirectRule", Kind::Object(REDIRECT_RULE)).required(),
    Property::new("RoutingRuleCondition", Kind::Object(ROUTING_RULE_CONDITION)),
];

const REDIRECT_RULE: &[Property] = &[
    Property::new("HostName", Kind::Text),
    Property::new("HttpRedirectCode", Kind::Text),
    Property::new("Protocol", Kind::Choice(&["http", "https"])),
    Property::new("ReplaceKeyPrefixWith", Kind::Text),
    Property::new("ReplaceKeyWith", Kind::Text),
];

const ROUTING_RULE_CONDITION: &[Property] = &[
    Property::new("HttpErrorCodeReturnedEquals", Kind::Text),
    Property::new("KeyPrefixEquals", Kind::Text),
];
