//! The account's quotas, as they stand here (ALB-LS-11).

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{Cx, Value, json};

use super::{Page, page};
use crate::Elbv2;
use crate::error::Result;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    marker: Option<String>,
    page_size: Option<i64>,
}

const LIMITS: &[(&str, &str)] = &[
    ("target-groups", "3000"),
    ("listeners-per-application-load-balancer", "50"),
    ("rules-per-application-load-balancer", "100"),
    ("application-load-balancers", "50"),
    ("targets-per-application-load-balancer", "1000"),
    ("target-groups-per-application-load-balancer", "100"),
    ("certificates-per-application-load-balancer", "25"),
    ("condition-values-per-alb-rule", "5"),
    ("condition-wildcards-per-alb-rule", "6"),
    ("target-groups-per-action-on-application-load-balancer", "5"),
];

pub(super) fn describe(_elbv2: &mut Elbv2, _cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Describe = input("DescribeAccountLimits", value)?;
    let limits = LIMITS.iter().map(|(name, max)| json!({"Name": name, "Max": max})).collect();
    let Page { items, next } = page(limits, asked.marker.as_deref(), asked.page_size)?;
    Ok(super::with_marker(json!({"Limits": items}), next))
}
