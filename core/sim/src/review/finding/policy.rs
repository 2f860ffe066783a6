//! Cache settings of a behavior: lifetimes out of a managed policy, a policy of the template, or
//! the behavior itself.

use standin_kernel::{Value, json};

use super::View;
use crate::review::case::number;
use crate::review::change::Edit;

/// Lifetimes in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lifetimes {
    pub(super) default_s: u64,
    pub(super) max_s: u64,
}

/// Of the managed policies that viewers' content is usually given: id, default, largest.
const MANAGED: [(&str, u64, u64); 5] = [
    ("658327ea-f89d-4fab-a63d-7e88639e58f6", 86_400, 31_536_000),
    ("b2884449-e4de-46a7-ac36-70bc7f1ddd6d", 86_400, 31_536_000),
    ("4135ea2d-6df8-44a3-9df3-4b5a84be39ad", 0, 0),
    ("83da9c7e-98b4-4e11-a168-04f0df8e2c65", 0, 31_536_000),
    ("4cc15a8a-d715-48a4-82b8-cc0b614638fe", 0, 31_536_000),
];

/// `None` for a policy that neither the template nor this list holds.
pub(super) fn lifetimes(view: &View<'_>, behavior: &Value) -> Option<Lifetimes> {
    let settings = match behavior["CachePolicyId"].as_str() {
        None => behavior,
        Some(id) => {
            if let Some((_, default_s, max_s)) = MANAGED.iter().find(|(known, ..)| *known == id) {
                return Some(Lifetimes { default_s: *default_s, max_s: *max_s });
            }
            &view.scene.get(id)?.properties["CachePolicyConfig"]
        }
    };
    let max_s = number(&settings["MaxTTL"]).unwrap_or(31_536_000);
    let default_s = number(&settings["DefaultTTL"]).unwrap_or(86_400).min(max_s);
    Some(Lifetimes { default_s, max_s })
}

/// A policy of the least lifetime that keeps caching on, and the behavior that names it.
pub(super) fn short_lived(distribution: &str, behavior: &str) -> Vec<Edit> {
    lasting(distribution, behavior, (0, 1))
}

/// A policy with these lifetimes in seconds (default, largest), and the behavior that names it.
pub(super) fn lasting(
    distribution: &str,
    behavior: &str,
    (default_s, max_s): (u64, u64),
) -> Vec<Edit> {
    const NAME: &str = "ReviewedCachePolicy";
    let policy = json!({
        "Type": "AWS::CloudFront::CachePolicy",
        "Properties": {"CachePolicyConfig": {
            "Name": "reviewed", "MinTTL": 0, "DefaultTTL": default_s, "MaxTTL": max_s,
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "EnableAcceptEncodingGzip": false,
                "CookiesConfig": {"CookieBehavior": "none"},
                "HeadersConfig": {"HeaderBehavior": "none"},
                "QueryStringsConfig": {"QueryStringBehavior": "all"},
            },
        }},
    });
    let property = format!("DistributionConfig.{behavior}.CachePolicyId");
    vec![Edit::new(NAME, "", policy), Edit::new(distribution, property, json!({"Ref": NAME}))]
}
