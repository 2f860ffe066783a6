//! The properties of the CloudWatch Logs types, all that AWS documents, and what becomes of each.

use standin_kernel::resource::{Kind, Property};

use crate::tags::TAGS;

pub(crate) const LOG_GROUP: &[Property] = &[
    Property::new("BearerTokenAuthenticationEnabled", Kind::Bool)
        .no_effect("the endpoint for bearer tokens is not built"),
    Property::new("DataProtectionPolicy", Kind::Json).refused("log lines are not masked here"),
    Property::new("DeletionProtectionEnabled", Kind::Bool),
    Property::new("FieldIndexPolicies", Kind::List(&Kind::Json))
        .no_effect("log lines are not indexed here"),
    Property::new("KmsKeyId", Kind::Text).no_effect("nothing is encrypted at rest here"),
    Property::new("LogGroupClass", Kind::Choice(&["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"]))
        .no_effect("one machine has one class of storage"),
    Property::new("LogGroupName", Kind::Text).replaces(),
    Property::new("ResourcePolicyDocument", Kind::Json)
        .no_effect("policies are recorded, nobody is denied by them here"),
    Property::new("RetentionInDays", Kind::Integer(i64::MIN, i64::MAX))
        .no_effect("log lines do not expire here"),
    Property::new("Tags", TAGS),
];

pub(crate) const LOG_STREAM: &[Property] = &[
    Property::new("LogGroupName", Kind::Text).required().replaces(),
    Property::new("LogStreamName", Kind::Text).replaces(),
];
