//! The properties of `AWS::S3::Bucket` that are taken and kept without effect: their shapes.

use standin_kernel::resource::{Kind, Property};

pub(super) const ACCELERATE_CONFIGURATION: &[Property] =
    &[Property::new("AccelerationStatus", Kind::Choice(&["Enabled", "Suspended"])).required()];

pub(super) const ANALYTICS_CONFIGURATION: &[Property] = &[
    Property::new("Id", Kind::Text).required(),
    Property::new("Prefix", Kind::Text),
    Property::new("StorageClassAnalysis", Kind::Object(STORAGE_CLASS_ANALYSIS)).required(),
    Property::new("TagFilters", Kind::List(&Kind::Object(TAG_FILTER))),
];

const STORAGE_CLASS_ANALYSIS: &[Property] =
    &[Property::new("DataExport", Kind::Object(DATA_EXPORT))];

const DATA_EXPORT: &[Property] = &[
    Property::new("Destination", Kind::Object(DESTINATION)).required(),
    Property::new("OutputSchemaVersion", Kind::Text).required(),
];

const DESTINATION: &[Property] = &[
    Property::new("BucketAccountId", Kind::Text),
    Property::new("BucketArn", Kind::Text).required(),
    Property::new("Format", Kind::Choice(&["CSV", "ORC", "Parquet"])).required(),
    Property::new("Prefix", Kind::Text),
];

const TAG_FILTER: &[Property] =
    &[Property::new("Key", Kind::Text).required(), Property::new("Value", Kind::Text).required()];

pub(super) const INTELLIGENT_TIERING_CONFIGURATION: &[Property] = &[
    Property::new("Id", Kind::Text).required(),
    Property::new("Prefix", Kind::Text),
    Property::new("Status", Kind::Choice(&["Disabled", "Enabled"])).required(),
    Property::new("TagFilters", Kind::List(&Kind::Object(TAG_FILTER))),
    Property::new("Tierings", Kind::List(&Kind::Object(TIERING))).required(),
];

const TIERING: &[Property] = &[
    Property::new("AccessTier", Kind::Choice(&["ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"]))
        .required(),
    Property::new("Days", Kind::Integer(i64::MIN, i64::MAX)).required(),
];

pub(super) const INVENTORY_CONFIGURATION: &[Property] = &[
    Property::new("Destination", Kind::Object(DESTINATION)).required(),
    Property::new("Enabled", Kind::Bool).required(),
    Property::new("Id", Kind::Text).required(),
    Property::new("IncludedObjectVersions", Kind::Choice(&["All", "Current"])).required(),
    Property::new(
        "OptionalFields",
        Kind::List(&Kind::Choice(&[
            "Size",
            "LastModifiedDate",
            "StorageClass",
            "ETag",
            "IsMultipartUploaded",
            "ReplicationStatus",
            "EncryptionStatus",
            "ObjectLockRetainUntilDate",
            "ObjectLockMode",
            "ObjectLockLegalHoldStatus",
            "ObjectLockEventHoldStatus",
            "ObjectLockEventHoldDuration",
            "IntelligentTieringAccessTier",
            "BucketKeyStatus",
            "ChecksumAlgorithm",
            "ObjectAccessControlList",
            "ObjectOwner",
            "LifecycleExpirationDate",
            "IntelligentTieringReferenceDate",
        ])),
    ),
    Property::new("Prefix", Kind::Text),
    Property::new("ScheduleFrequency", Kind::Choice(&["Daily", "Weekly"])).required(),
];

pub(super) const LIFECYCLE_CONFIGURATION: &[Property] = &[
    Property::new("Rules", Kind::List(&Kind::Object(RULE))).required(),
    Property::new(
        "TransitionDefaultMinimumObjectSize",
        Kind::Choice(&["varies_by_storage_class", "all_storage_classes_128K"]),
    ),
];

const RULE: &[Property] = &[
    Property::new(
        "AbortIncompleteMultipartUpload",
        Kind::Object(ABORT_INCOMPLETE_MULTIPART_UPLOAD),
    ),
    Property::new("ExpirationDate", Kind::Text),
    Property::new("ExpirationInDays", Kind::Integer(i64::MIN, i64::MAX)),
    Property::new("ExpiredObjectDeleteMarker", Kind::Bool),
    Property::new("Id", Kind::Text),
    Property::new("NoncurrentVersionExpiration", Kind::Object(NONCURRENT_VERSION_EXPIRATION)),
    Property::new("NoncurrentVersionExpirationInDays", Kind::Integer(i64::MIN, i64::MAX)),
    Property::new("NoncurrentVersionTransition", Kind::Object(NONCURRENT_VERSION_TRANSITION)),
    Property::new(
        "NoncurrentVersionTransitions",
        Kind::List(&Kind::Object(NONCURRENT_VERSION_TRANSITION)),
    ),
    Property::new("ObjectSizeGreaterThan", Kind::Text),
    Property::new("ObjectSizeLessThan", Kind::Text),
    Property::new("Prefix", Kind::Text),
    Property::new("Status", Kind::Choice(&["Enabled", "Disabled"])).required(),
    Property::new("TagFilters", Kind::List(&Kind::Object(TAG_FILTER))),
    Property::new("Transition", Kind::Object(TRANSITION)),
    Property::new("Transitions", Kind::List(&Kind::Object(TRANSITION))),
];

const ABORT_INCOMPLETE_MULTIPART_UPLOAD: &[Property] =
    &[Property::new("DaysAfterInitiation", Kind::Integer(0, i64::MAX)).required()];

const NONCURRENT_VERSION_EXPIRATION: &[Property] = &[
    Property::new("NewerNoncurrentVersions", Kind::Integer(i64::MIN, i64::MAX)),
    Property::new("NoncurrentDays", Kind::Integer(i64::MIN, i64::MAX)).required(),
];

const NONCURRENT_VERSION_TRANSITION: &[Property] = &[
    Property::new("NewerNoncurrentVersions", Kind::Integer(i64::MIN, i64::MAX)),
    Property::new(
        "StorageClass",
        Kind::Choice(&[
            "DEEP_ARCHIVE",
            "GLACIER",
            "Glacier",
            "GLACIER_IR",
            "INTELLIGENT_TIERING",
            "ONEZONE_IA",
            "STANDARD_IA",
        ]),
    )
    .required(),
    Property::new("TransitionInDays", Kind::Integer(i64::MIN, i64::MAX)).required(),
];

const TRANSITION: &[Property] = &[
    Property::new(
        "StorageClass",
        Kind::Choice(&[
            "DEEP_ARCHIVE",
            "GLACIER",
            "Glacier",
            "GLACIER_IR",
            "INTELLIGENT_TIERING",
            "ONEZONE_IA",
            "STANDARD_IA",
        ]),
    )
    .required(),
    Property::new("TransitionDate", Kind::Text),
    Property::new("TransitionInDays", Kind::Integer(i64::MIN, i64::MAX)),
];

pub(super) const LOGGING_CONFIGURATION: &[Property] = &[
    Property::new("DestinationBucketName", Kind::Text),
    Property::new("LogFilePrefix", Kind::Text),
    Property::new("TargetObjectKeyFormat", Kind::Json),
];

pub(super) const METRICS_CONFIGURATION: &[Property] = &[
    Property::new("AccessPointArn", Kind::Text),
    Property::new("Id", Kind::Text).required(),
    Property::new("Prefix", Kind::Text),
    Property::new("TagFilters", Kind::List(&Kind::Object(TAG_FILTER))),
];

pub(super) const NOTIFICATION_CONFIGURATION: &[Property] = &[
    Property::new("EventBridgeConfiguration", Kind::Object(EVENT_BRIDGE_CONFIGURATION)),
    Property::new("LambdaConfigurations", Kind::List(&Kind::Object(LAMBDA_CONFIGURATION))),
    Property::new("QueueConfigurations", Kind::List(&Kind::Object(QUEUE_CONFIGURATION))),
    Property::new("TopicConfigurations", Kind::List(&Kind::Object(TOPIC_CONFIGURATION))),
];

const EVENT_BRIDGE_CONFIGURATION: &[Property] =
    &[Property::new("EventBridgeEnabled", Kind::Bool).required()];

const LAMBDA_CONFIGURATION: &[Property] = &[
    Property::new("Event", Kind::Text).required(),
    Property::new("Filter", Kind::Object(NOTIFICATION_FILTER)),
    Property::new("Function", Kind::Text).required(),
];

const NOTIFICATION_FILTER: &[Property] =
    &[Property::new("S3Key", Kind::Object(S3_KEY_FILTER)).required()];

const S3_KEY_FILTER: &[Property] =
    &[Property::new("Rules", Kind::List(&Kind::Object(FILTER_RULE))).required()];

const FILTER_RULE: &[Property] =
    &[Property::new("Name", Kind::Text).required(), Property::new("Value", Kind::Text).required()];

const QUEUE_CONFIGURATION: &[Property] = &[
    Property::new("Event", Kind::Text).required(),
    Property::new("Filter", Kind::Object(NOTIFICATION_FILTER)),
    Property::new("Queue", Kind::Text).required(),
];

const TOPIC_CONFIGURATION: &[Property] = &[
    Property::new("Event", Kind::Text).required(),
    Property::new("Filter", Kind::Object(NOTIFICATION_FILTER)),
    Property::new("Topic", Kind::Text).required(),
];
