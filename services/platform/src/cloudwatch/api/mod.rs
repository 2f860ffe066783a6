//! The operations of CloudWatch, by AWS's names.

mod alarm;
mod composite;
mod dashboard;
mod data;
mod history;
mod metric;
mod tag;

use standin_kernel::{ApiError, Time, Value};

use super::state::CloudWatch;
use crate::operation::{Codes, Operations};
use crate::tags::Fault;

pub(crate) const OPERATIONS: Operations<CloudWatch> = &[
    ("PutMetricData", metric::put),
    ("ListMetrics", metric::list),
    ("GetMetricData", data::get),
    ("GetMetricStatistics", data::statistics),
    ("PutMetricAlarm", alarm::put),
    ("PutCompositeAlarm", composite::put),
    ("DescribeAlarms", alarm::describe),
    ("DescribeAlarmsForMetric", alarm::describe_for_metric),
    ("DescribeAlarmHistory", history::describe),
    ("SetAlarmState", alarm::set_state),
    ("StandinJudgeMetric", alarm::judge),
    ("EnableAlarmActions", alarm::enable_actions),
    ("DisableAlarmActions", alarm::disable_actions),
    ("DeleteAlarms", alarm::delete),
    ("PutDashboard", dashboard::put),
    ("GetDashboard", dashboard::get),
    ("ListDashboards", dashboard::list),
    ("DeleteDashboards", dashboard::delete),
    ("TagResource", tag::tag),
    ("UntagResource", tag::untag),
    ("ListTagsForResource", tag::list_tags),
];

const CODES: Codes =
    Codes { missing: "ValidationError", unknown: "ValidationError", wrong: "ValidationError" };

fn refused(code: &str, message: impl Into<String>) -> ApiError {
    ApiError::new(code, 400, message)
}

fn invalid(message: impl Into<String>) -> ApiError {
    refused("ValidationError", message)
}

fn wrong_value(message: impl Into<String>) -> ApiError {
    refused("InvalidParameterValue", message)
}

fn wrong_tags(fault: &Fault) -> ApiError {
    refused("InvalidParameterValue", fault.message())
}

/// A moment in an input: ISO 8601 of the query protocol, seconds since 1970 of the others.
fn moment(name: &str, value: &Value) -> Result<Time, ApiError> {
    let read = match value {
        Value::String(text) => {
            text.parse::<jiff::Timestamp>().ok().map(|time| time.as_duration().as_secs_f64())
        }
        number => number.as_f64(),
    };
    let wrong = || wrong_value(format!("The parameter {name} must be a timestamp"));
    let seconds = read.filter(|seconds| (0.0..4e9).contains(seconds)).ok_or_else(wrong)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within bounds")]
    let millis = (seconds * 1000.0) as u64;
    Ok(Time(millis * 1_000_000))
}
