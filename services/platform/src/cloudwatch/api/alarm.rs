//! Alarms: put, shown, set, deleted.

use serde::Deserialize;
use standin_kernel::ids::arn;
use standin_kernel::{ApiError, Cx, Value, json};

use super::{CODES, invalid, refused, wrong_tags};
use crate::cloudwatch::alarm::{Alarm, AlarmSettings, Status};
use crate::cloudwatch::evaluate::State;
use crate::cloudwatch::metric::KEPT;
use crate::cloudwatch::query::{Dimension, Named, check_period, plan};
use crate::cloudwatch::run::is_function;
use crate::cloudwatch::state::CloudWatch;
use crate::cloudwatch::statistic::Statistic;
use crate::cloudwatch::unsupported::is_unsupported;
use crate::operation::{present, read};
use crate::paging::page;
use crate::tags::{self, Tag};

pub(super) fn put(all: &mut CloudWatch, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let mut value = value.clone();
    let given = value.as_object_mut().and_then(|members| members.remove("Tags"));
    let given: Option<Vec<Tag>> = read("PutMetricAlarm", &given.unwrap_or_default(), CODES)?;
    let settings: AlarmSettings = read("PutMetricAlarm", &value, CODES)?;
    check(&settings)?;
    let name = settings.alarm_name.clone();
    let there = all.alarms.get(&name);
    // Tags count only for a new alarm.
    let tags = match there {
        Some(there) => there.tags.clone(),
        None => tags::of(given, cx.asked_by).map_err(|fault| wrong_tags(&fault))?,
    };
    let word = if there.is_some() { "updated" } else { "created" };
    let unsupported = settings.unsupported();
    if let Some(why) = &unsupported {
        cx.log("cloudwatch", format!("alarm {name} stays in its state: {why}"));
    }
    for action in settings.acts().filter(|action| !is_function(action)) {
        cx.log("cloudwatch", format!("alarm {name}: the action {action} has no effect here"));
    }
    let mut status =
        there.map_or(Status { updated: cx.now, ..Status::default() }, |there| there.status.clone());
    if let (State::InsufficientData, Some(why)) = (status.state, unsupported) {
        status.reason = format!("Unchecked: {why}");
    }
    let alarm = Alarm {
        arn: arn(cx.env, "cloudwatch", &format!("alarm:{name}")),
        created: there.map_or(cx.now, |there| there.created),
        updated: cx.now,
        settings,
        tags,
        status,
    };
    all.alarms.put(cx, &name, alarm);
    all.plan(cx, &name);
    let data =
        json!({"version": "1.0", "type": if word == "created" { "Create" } else { "Update" }});
    all.note(cx, &name, "ConfigurationUpdate", format!("Alarm \"{name}\" {word}"), data);
    Ok(json!({}))
}

const OPERATORS: [&str; 7] = [
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
];

/// An alarm watches one metric, or an expression over several, or a query.
fn check(settings: &AlarmSettings) -> Result<(), ApiError> {
    if settings.alarm_name.is_empty() || settings.alarm_name.len() > 255 {
        return Err(invalid("AlarmName must have 1 to 255 characters."));
    }
    if settings.evaluation_criteria.is_some() {
        return Ok(());
    }
    let operator = settings.comparison_operator.as_deref();
    if !operator.is_some_and(|operator| OPERATORS.contains(&operator)) {
        return Err(invalid(
            "The parameter ComparisonOperator is required and must be one of AWS's.",
        ));
    }
    let Some(periods) = settings.evaluation_periods.filter(|periods| *periods > 0) else {
        return Err(invalid("The parameter EvaluationPeriods is required and must be at least 1."));
    };
    if settings.datapoints_to_alarm.is_some_and(|points| points == 0 || points > periods) {
        return Err(invalid("DatapointsToAlarm must not be greater than EvaluationPeriods."));
    }
    if settings.threshold.is_none() && settings.threshold_metric_id.is_none() {
        return Err(invalid("The parameter Threshold is required."));
    }
    let treats = ["breaching", "notBreaching", "ignore", "missing"];
    if settings.treat_missing_data.as_deref().is_some_and(|treat| !treats.contains(&treat)) {
        let message = "TreatMissingData must be breaching, notBreaching, ignore or missing.";
        return Err(invalid(message));
    }
    let samples = settings.evaluate_low_sample_count_percentile.as_deref();
    if samples.is_some_and(|samples| !["evaluate", "ignore"].contains(&samples)) {
        return Err(invalid("EvaluateLowSampleCountPercentile must be evaluate or ignore."));
    }
    let one = settings.metric_name.is_some();
    match (one, settings.metrics.is_empty()) {
        (true, false) => return Err(invalid("MetricName and Metrics must not be given together.")),
        (false, true) => return Err(invalid("The alarm must have either MetricName or Metrics.")),
        (false, false) => check_metrics(settings)?,
        (true, true) => check_metric(settings)?,
    }
    check_range(settings, periods)
}

/// CW-AL-11; what is older than a day is gone here.
fn check_range(settings: &AlarmSettings, periods: u32) -> Result<(), ApiError> {
    if u64::from(periods) * u64::from(settings.period_s()) <= KEPT.as_secs() {
        return Ok(());
    }
    let message = "Metrics cannot be checked across more than a day (EvaluationPeriods * Period \
                   must be <= 86400).";
    Err(invalid(message))
}

fn check_metrics(settings: &AlarmSettings) -> Result<(), ApiError> {
    let returning = settings.metrics.iter().filter(|query| query.returns()).count();
    if returning != 1 && settings.threshold_metric_id.is_none() {
        return Err(invalid("Exactly one element of the metrics list should return data."));
    }
    match plan(&settings.metrics) {
        Err(wrong) if !is_unsupported(&wrong) => Err(invalid(wrong)),
        _ => Ok(()),
    }
}

fn check_metric(settings: &AlarmSettings) -> Result<(), ApiError> {
    if settings.namespace.is_none() {
        return Err(invalid("The parameter Namespace is required with MetricName."));
    }
    if settings.statistic.is_some() == settings.extended_statistic.is_some() {
        return Err(invalid("Give either Statistic or ExtendedStatistic."));
    }
    if settings.statistic.as_deref().is_some_and(|name| Statistic::simple(name).is_none()) {
        return Err(invalid("Statistic must be SampleCount, Average, Sum, Minimum or Maximum."));
    }
    match settings.period {
        Some(period) if period >= 10 && check_period(period).is_ok() => Ok(()),
        _ => Err(invalid("Period must be 10, 20, 30 or a multiple of 60.")),
    }
}

fn show(alarm: &Alarm) -> Value {
    let mut shown = serde_json::to_value(&alarm.settings).unwrap_or_default();
    let status = &alarm.status;
    let more = json!({
        "AlarmArn": alarm.arn,
        "AlarmConfigurationUpdatedTimestamp": alarm.updated.iso8601(),
        "StateValue": status.state.as_str(),
        "StateReason": status.reason,
        "StateUpdatedTimestamp": status.updated.iso8601(),
        "StateTransitionedTimestamp": status.updated.iso8601(),
    });
    if let (Some(members), Value::Object(more)) = (shown.as_object_mut(), more) {
        members.extend(more);
        if let Some(data) = &status.reason_data {
            members.insert("StateReasonData".into(), json!(data));
        }
    }
    shown
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    #[serde(default)]
    alarm_names: Vec<String>,
    alarm_name_prefix: Option<String>,
    #[serde(default)]
    alarm_types: Vec<String>,
    state_value: Option<String>,
    action_prefix: Option<String>,
    max_records: Option<usize>,
    next_token: Option<String>,
}

pub(super) fn describe(
    all: &mut CloudWatch,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Describe = read("DescribeAlarms", value, CODES)?;
    let types = &asked.alarm_types;
    let metric = types.is_empty() || types.iter().any(|one| one == "MetricAlarm");
    let state = asked.state_value.as_deref();
    let prefix = asked.alarm_name_prefix.as_deref().unwrap_or_default();
    let wanted = |(name, alarm): &(&str, &Alarm)| {
        let named = asked.alarm_names.is_empty() || asked.alarm_names.iter().any(|one| one == name);
        let acts = |action: &str| alarm.settings.acts().any(|one| one.starts_with(action));
        metric
            && state.is_none_or(|state| state == alarm.status.state.as_str())
            && named
            && name.starts_with(prefix)
            && asked.action_prefix.as_deref().is_none_or(acts)
    };
    let alarms = all.alarms.iter().filter(wanted).map(|(_, alarm)| show(alarm)).collect();
    let page = page(alarms, asked.next_token.as_deref(), asked.max_records.unwrap_or(50));
    let page = page.ok_or_else(|| refused("InvalidNextToken", "Invalid NextToken"))?;
    let none: Vec<Value> = Vec::new();
    let answer = json!({
        "MetricAlarms": page.items, "CompositeAlarms": none, "NextToken": page.next,
    });
    Ok(present(answer))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OfMetric {
    metric_name: String,
    namespace: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    statistic: Option<String>,
    extended_statistic: Option<String>,
    period: Option<u32>,
    unit: Option<String>,
}

pub(super) fn describe_for_metric(
    all: &mut CloudWatch,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: OfMetric = read("DescribeAlarmsForMetric", value, CODES)?;
    let (namespace, metric_name) = (asked.namespace, asked.metric_name);
    let wanted = Named { namespace, metric_name, dimensions: asked.dimensions }.metric();
    let stat = asked.statistic.or(asked.extended_statistic);
    let fits = |alarm: &&Alarm| {
        alarm.settings.queries().iter().filter_map(|one| one.metric_stat.as_ref()).any(|one| {
            one.metric.metric() == wanted
                && stat.as_ref().is_none_or(|stat| *stat == one.stat)
                && asked.period.is_none_or(|period| period == one.period)
                && asked.unit.as_ref().is_none_or(|unit| Some(unit) == one.unit.as_ref())
        })
    };
    let alarms: Vec<Value> = all.alarms.values().filter(fits).map(show).collect();
    Ok(json!({"MetricAlarms": alarms}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SetState {
    alarm_name: String,
    state_value: String,
    state_reason: String,
    state_reason_data: Option<String>,
}

/// Until it is looked at next, an alarm has the state that it is given (CW-AL-12).
pub(super) fn set_state(
    all: &mut CloudWatch,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: SetState = read("SetAlarmState", value, CODES)?;
    let state = State::parse(&asked.state_value)
        .ok_or_else(|| invalid("StateValue must be OK, ALARM or INSUFFICIENT_DATA."))?;
    if !all.alarms.has(&asked.alarm_name) {
        return Err(not_there(""));
    }
    if let Some(data) = &asked.state_reason_data
        && serde_json::from_str::<Value>(data).is_err()
    {
        return Err(refused("InvalidFormat", "StateReasonData must be a JSON document."));
    }
    let name = asked.alarm_name;
    all.turn(cx, &name, state, asked.state_reason, asked.state_reason_data);
    Ok(json!({}))
}

fn not_there(message: &str) -> ApiError {
    ApiError::new("ResourceNotFound", 404, message)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Alarms {
    alarm_names: Vec<String>,
}

pub(super) fn enable_actions(
    all: &mut CloudWatch,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Alarms = read("EnableAlarmActions", value, CODES)?;
    set_actions(all, cx, &asked.alarm_names, true);
    Ok(json!({}))
}

pub(super) fn disable_actions(
    all: &mut CloudWatch,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Alarms = read("DisableAlarmActions", value, CODES)?;
    set_actions(all, cx, &asked.alarm_names, false);
    Ok(json!({}))
}

/// Names of no alarm are passed over, as on AWS.
fn set_actions(all: &mut CloudWatch, cx: &mut Cx<'_>, names: &[String], on: bool) {
    for name in names {
        all.alarms.change(cx, name, |alarm| alarm.settings.actions_enabled = on);
    }
}

/// All of them, or none when one is not there.
pub(super) fn delete(
    all: &mut CloudWatch,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Alarms = read("DeleteAlarms", value, CODES)?;
    if asked.alarm_names.iter().any(|name| !all.alarms.has(name)) {
        return Err(not_there("One or more alarms do not exist"));
    }
    for name in &asked.alarm_names {
        all.alarms.remove(cx, name);
        all.histories.remove(cx, name);
        all.plan(cx, name);
    }
    Ok(json!({}))
}
