//! Alarms: put, and of both kinds: shown, set, deleted.

use serde::Deserialize;
use standin_kernel::ids::arn;
use standin_kernel::{ApiError, Cx, Time, Value, json};

use super::{CODES, composite, invalid, refused, wrong_tags};
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
    if all.composites.has(&name) {
        return Err(invalid(format!("{name} is the name of a composite alarm.")));
    }
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

pub(super) fn check_name(name: &str) -> Result<(), ApiError> {
    match name.chars().count() {
        1..=255 => Ok(()),
        _ => Err(invalid("AlarmName must have 1 to 255 characters.")),
    }
}

/// An alarm watches one metric, or an expression over several, or a query.
fn check(settings: &AlarmSettings) -> Result<(), ApiError> {
    check_name(&settings.alarm_name)?;
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
    let shown = serde_json::to_value(&alarm.settings).unwrap_or_default();
    with_status(shown, &alarm.arn, alarm.updated, &alarm.status)
}

/// An alarm's settings with what else is told of it.
pub(super) fn with_status(mut shown: Value, arn: &str, updated: Time, status: &Status) -> Value {
    let more = json!({
        "AlarmArn": arn,
        "AlarmConfigurationUpdatedTimestamp": updated.iso8601(),
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
    children_of_alarm_name: Option<String>,
    parents_of_alarm_name: Option<String>,
    state_value: Option<String>,
    action_prefix: Option<String>,
    max_records: Option<usize>,
    next_token: Option<String>,
}

impl Describe {
    /// Metric alarms alone are shown to whom names no type (CW-CA-06).
    fn wants(&self, kind: &str) -> bool {
        match self.alarm_types.is_empty() {
            true => kind == METRIC,
            false => self.alarm_types.iter().any(|one| one == kind),
        }
    }

    fn fits<'a>(
        &self,
        name: &str,
        status: &Status,
        mut acts: impl Iterator<Item = &'a String>,
    ) -> bool {
        let prefix = self.alarm_name_prefix.as_deref().unwrap_or_default();
        let state = self.state_value.as_deref();
        (self.alarm_names.is_empty() || self.alarm_names.iter().any(|one| one == name))
            && name.starts_with(prefix)
            && state.is_none_or(|state| state == status.state.as_str())
            && self
                .action_prefix
                .as_deref()
                .is_none_or(|prefix| acts.any(|action| action.starts_with(prefix)))
    }
}

pub(super) const METRIC: &str = "MetricAlarm";
pub(super) const COMPOSITE: &str = "CompositeAlarm";

pub(super) fn describe(
    all: &mut CloudWatch,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Describe = read("DescribeAlarms", value, CODES)?;
    let alarms = match (&asked.children_of_alarm_name, &asked.parents_of_alarm_name) {
        (Some(_), Some(_)) => {
            let message = "ChildrenOfAlarmName and ParentsOfAlarmName must not be given together.";
            return Err(invalid(message));
        }
        (Some(name), None) => {
            let composite = all.composites.get(name).ok_or_else(|| not_there(""))?;
            let children = composite.settings.children();
            children.iter().map(|child| relative(all, child)).collect()
        }
        (None, Some(name)) => {
            all.state_of(name).ok_or_else(|| not_there(""))?;
            all.parents(name).into_iter().map(|parent| relative(all, parent)).collect()
        }
        (None, None) => matching(all, &asked),
    };
    let page = page(alarms, asked.next_token.as_deref(), asked.max_records.unwrap_or(50));
    let page = page.ok_or_else(|| refused("InvalidNextToken", "Invalid NextToken"))?;
    let of = |kind: &str| -> Vec<Value> {
        page.items.iter().filter_map(|one| one.get(kind).cloned()).collect()
    };
    let answer = json!({
        "MetricAlarms": of(METRIC), "CompositeAlarms": of(COMPOSITE), "NextToken": page.next,
    });
    Ok(present(answer))
}

/// The alarms that are asked for, each below its type.
fn matching(all: &CloudWatch, asked: &Describe) -> Vec<Value> {
    let metric = all.alarms.iter().filter(|(name, alarm)| {
        asked.wants(METRIC) && asked.fits(name, &alarm.status, alarm.settings.acts())
    });
    let composite = all.composites.iter().filter(|(name, alarm)| {
        asked.wants(COMPOSITE) && asked.fits(name, &alarm.status, alarm.settings.acts())
    });
    let metric = metric.map(|(_, alarm)| json!({METRIC: show(alarm)}));
    metric.chain(composite.map(|(_, alarm)| json!({COMPOSITE: composite::show(alarm)}))).collect()
}

/// A parent or child: AWS tells no more of it than this.
fn relative(all: &CloudWatch, name: &str) -> Value {
    let kind = if all.composites.has(name) { COMPOSITE } else { METRIC };
    let metric = all.alarms.get(name).map(|alarm| alarm.status.updated);
    let updated = metric.or_else(|| all.composites.get(name).map(|alarm| alarm.status.updated));
    let shown = json!({
        "AlarmName": name,
        "AlarmArn": all.arn_of(name),
        "StateValue": all.state_of(name).unwrap_or_default().as_str(),
        "StateUpdatedTimestamp": updated.unwrap_or_default().iso8601(),
    });
    json!({kind: shown})
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
    if all.state_of(&asked.alarm_name).is_none() {
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

/// What the metric of an alarm's settings says, whatever state an alarm has: for health checks of
/// Route 53 (R53-HC-17). AWS has no such operation, and no SDK can ask for it.
pub(super) fn judge(
    all: &mut CloudWatch,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let settings: AlarmSettings = read("StandinJudgeMetric", value, CODES)?;
    let end = cx.now.seconds() / 60 * 60;
    let seen = settings.evaluate(&all.metrics, end).and_then(|seen| seen.verdict.state);
    Ok(json!({"StateValue": seen.map(State::as_str)}))
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
        all.composites.change(cx, name, |alarm| alarm.settings.actions_enabled = on);
    }
}

/// All of them, or none when one is not there, or one that stays depends on them (CW-CA-07).
pub(super) fn delete(
    all: &mut CloudWatch,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let names = read::<Alarms>("DeleteAlarms", value, CODES)?.alarm_names;
    if names.iter().any(|name| all.state_of(name).is_none()) {
        return Err(not_there("One or more alarms do not exist"));
    }
    if names.iter().filter(|name| all.composites.has(name)).count() > 1 {
        return Err(invalid("At most one composite alarm can be deleted at a time."));
    }
    let stays = |parent: &str| !names.iter().any(|name| name == parent);
    let needed = |name: &&str| all.parents(name).into_iter().any(stays);
    let needed: Vec<&str> = names.iter().map(String::as_str).filter(needed).collect();
    if !needed.is_empty() {
        let them = if needed.len() == 1 { "it" } else { "them" };
        let needed = needed.join(",");
        return Err(invalid(format!(
            "Cannot delete {needed} as there are composite alarm(s) depending on {them}."
        )));
    }
    for name in &names {
        all.alarms.remove(cx, name);
        all.composites.remove(cx, name);
        all.histories.remove(cx, name);
        all.plan(cx, name);
    }
    Ok(json!({}))
}
