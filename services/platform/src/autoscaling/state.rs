//! What Application Auto Scaling keeps.

use serde::{Deserialize, Serialize};
use standin_kernel::control::Record;
use standin_kernel::{Time, Value};

use crate::shelf::Shelf;
use crate::tags::Tags;

#[derive(Clone, Debug)]
pub(crate) struct AutoScaling {
    /// By resource id; all are services of ECS.
    pub(super) targets: Shelf<Target>,
    /// By ARN.
    pub(super) policies: Shelf<Policy>,
}

impl Default for AutoScaling {
    fn default() -> Self {
        Self {
            targets: Shelf::new("application-autoscaling.target"),
            policies: Shelf::new("application-autoscaling.policy"),
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Target {
    /// `service/cluster/name`
    pub(super) resource: String,
    pub(super) arn: String,
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) role: String,
    pub(super) suspended: Suspended,
    pub(super) created: Time,
    pub(super) tags: Tags,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
#[expect(clippy::struct_field_names, reason = "AWS's names")]
pub(super) struct Suspended {
    dynamic_scaling_in_suspended: bool,
    dynamic_scaling_out_suspended: bool,
    scheduled_scaling_suspended: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Policy {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) resource: String,
    pub(super) kind: PolicyType,
    /// As it was given: only scaling itself would look into it.
    pub(super) configuration: Value,
    pub(super) created: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum PolicyType {
    #[serde(rename = "StepScaling")]
    Step,
    #[serde(rename = "TargetTrackingScaling")]
    TargetTracking,
    #[serde(rename = "PredictiveScaling")]
    Predictive,
}

impl PolicyType {
    /// The member that has its configuration.
    pub(super) const fn member(self) -> &'static str {
        match self {
            Self::Step => "StepScalingPolicyConfiguration",
            Self::TargetTracking => "TargetTrackingScalingPolicyConfiguration",
            Self::Predictive => "PredictiveScalingPolicyConfiguration",
        }
    }
}

impl AutoScaling {
    pub(crate) fn restore(&mut self, kind: &str, record: &Record) -> Result<bool, String> {
        match kind {
            "target" => self.targets.restore(record),
            "policy" => self.policies.restore(record),
            _ => Ok(false),
        }
    }
}
