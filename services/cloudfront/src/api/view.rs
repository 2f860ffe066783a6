//! Distributions and invalidations, as answers show them.

use standin_kernel::{Env, Time, Value, json};

use super::value_of;
use crate::compile;
use crate::state::{Distribution, Invalidation};

/// `Distribution`
pub(super) fn distribution(env: &Env, now: Time, one: &Distribution) -> Value {
    let settings = &one.settings;
    let running = one.invalidations.values().filter(|one| !one.is_completed(now)).count();
    json!({
        "Id": settings.id,
        "ARN": compile::arn(env, &settings.id),
        "Status": status(now, one),
        "LastModifiedTime": settings.modified.iso8601(),
        "InProgressInvalidationBatches": running,
        "DomainName": settings.domain_name,
        "ActiveTrustedSigners": {"Enabled": false, "Quantity": 0},
        "ActiveTrustedKeyGroups": {"Enabled": false, "Quantity": 0},
        "DistributionConfig": value_of(&settings.config),
    })
}

/// Members of the document that a summary has too.
const SUMMARISED: &[&str] = &[
    "Aliases",
    "Origins",
    "OriginGroups",
    "DefaultCacheBehavior",
    "CacheBehaviors",
    "CustomErrorResponses",
    "Comment",
    "PriceClass",
    "Enabled",
    "ViewerCertificate",
    "Restrictions",
    "WebACLId",
    "HttpVersion",
    "IsIPV6Enabled",
    "Staging",
    "ConnectionMode",
];

/// `DistributionSummary`
pub(super) fn summary(env: &Env, now: Time, one: &Distribution) -> Value {
    let settings = &one.settings;
    let mut summary = json!({
        "Id": settings.id,
        "ARN": compile::arn(env, &settings.id),
        "ETag": settings.etag,
        "Status": status(now, one),
        "LastModifiedTime": settings.modified.iso8601(),
        "DomainName": settings.domain_name,
    });
    let mut document = value_of(&settings.config);
    for member in SUMMARISED {
        summary[*member] = document[*member].take();
    }
    summary
}

/// CF-DEP-01
fn status(now: Time, one: &Distribution) -> &'static str {
    if now >= one.settings.deployed { "Deployed" } else { "InProgress" }
}

/// `Invalidation`
pub(super) fn invalidation(now: Time, id: &str, one: &Invalidation) -> Value {
    json!({
        "Id": id,
        "Status": one.status(now),
        "CreateTime": one.created.iso8601(),
        "InvalidationBatch": {
            "Paths": {"Quantity": one.paths.len(), "Items": one.paths},
            "CallerReference": one.caller_reference,
        },
    })
}

impl Invalidation {
    pub(super) fn is_completed(&self, now: Time) -> bool {
        now >= self.completed
    }

    /// CF-INV-04
    pub(super) fn status(&self, now: Time) -> &'static str {
        if self.is_completed(now) { "Completed" } else { "InProgress" }
    }
}
