//! What CloudWatch keeps.

use serde::{Deserialize, Serialize};
use standin_kernel::control::Record;
use standin_kernel::{Time, Value};

use crate::shelf::Shelf;
use crate::tags::Tags;

#[derive(Clone, Debug)]
pub(crate) struct CloudWatch {
    /// By name.
    pub(super) alarms: Shelf<Alarm>,
    /// By name.
    pub(super) dashboards: Shelf<Dashboard>,
}

impl Default for CloudWatch {
    fn default() -> Self {
        Self {
            alarms: Shelf::new("cloudwatch.alarm"),
            dashboards: Shelf::new("cloudwatch.dashboard"),
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Alarm {
    pub(super) arn: String,
    pub(super) created: Time,
    pub(super) updated: Time,
    pub(super) settings: AlarmSettings,
    pub(super) tags: Tags,
}

/// An alarm as `PutMetricAlarm` takes it and `DescribeAlarms` shows it. What only an evaluation
/// would look into is kept as it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct AlarmSettings {
    pub(super) alarm_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm_description: Option<String>,
    #[serde(default = "yes")]
    pub(super) actions_enabled: bool,
    #[serde(rename = "OKActions", default)]
    ok_actions: Vec<String>,
    #[serde(default)]
    alarm_actions: Vec<String>,
    #[serde(default)]
    insufficient_data_actions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metric_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) statistic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) extended_statistic: Option<String>,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) period: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) evaluation_periods: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) datapoints_to_alarm: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) threshold: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comparison_operator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) treat_missing_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluate_low_sample_count_percentile: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) metrics: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) threshold_metric_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluation_window: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warm_up_configuration: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) evaluation_criteria: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluation_interval: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_configuration: Option<Value>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Dimension {
    name: String,
    value: String,
}

impl AlarmSettings {
    /// What any of its states would set off.
    pub(super) fn acts(&self) -> impl Iterator<Item = &String> {
        let alarm = self.alarm_actions.iter();
        alarm.chain(&self.ok_actions).chain(&self.insufficient_data_actions)
    }
}

const fn yes() -> bool {
    true
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Dashboard {
    pub(super) name: String,
    pub(super) arn: String,
    /// The document as text.
    pub(super) body: String,
    pub(super) modified: Time,
    pub(super) tags: Tags,
}

impl CloudWatch {
    pub(crate) fn restore(&mut self, kind: &str, record: &Record) -> Result<bool, String> {
        match kind {
            "alarm" => self.alarms.restore(record),
            "dashboard" => self.dashboards.restore(record),
            _ => Ok(false),
        }
    }
}
