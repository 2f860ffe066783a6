//! The operations of CloudWatch, by AWS's names.

use serde::Deserialize;
use standin_kernel::ids::{arn, global_arn};
use standin_kernel::{ApiError, Cx, Value, json};

use super::state::{Alarm, AlarmSettings, CloudWatch, Dashboard};
use crate::operation::{Codes, Operations, present, read};
use crate::paging::page;
use crate::tags::{self, Fault, Tag, Tags};

pub(crate) const OPERATIONS: Operations<CloudWatch> = &[
    ("PutMetricAlarm", put_alarm),
    ("DescribeAlarms", describe_alarms),
    ("EnableAlarmActions", enable_actions),
    ("DisableAlarmActions", disable_actions),
    ("DeleteAlarms", delete_alarms),
    ("PutDashboard", put_dashboard),
    ("GetDashboard", get_dashboard),
    ("ListDashboards", list_dashboards),
    ("DeleteDashboards", delete_dashboards),
    ("TagResource", tag),
    ("UntagResource", untag),
    ("ListTagsForResource", list_tags),
];

const CODES: Codes =
    Codes { missing: "ValidationError", unknown: "ValidationError", wrong: "ValidationError" };

fn refused(code: &str, message: impl Into<String>) -> ApiError {
    ApiError::new(code, 400, message)
}

fn invalid(message: &str) -> ApiError {
    refused("ValidationError", message)
}

fn wrong_tags(fault: &Fault) -> ApiError {
    refused("InvalidParameterValue", fault.message())
}

fn put_alarm(all: &mut CloudWatch, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
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
    let alarm = Alarm {
        arn: arn(cx.env, "cloudwatch", &format!("alarm:{name}")),
        created: there.map_or(cx.now, |there| there.created),
        updated: cx.now,
        settings,
        tags,
    };
    all.alarms.put(cx, &name, alarm);
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
    let one = settings.metric_name.is_some();
    match (one, settings.metrics.is_empty()) {
        (true, false) => Err(invalid("MetricName and Metrics must not be given together.")),
        (false, true) => Err(invalid("The alarm must have either MetricName or Metrics.")),
        (false, false) => Ok(()),
        (true, true) => check_metric(settings),
    }
}

fn check_metric(settings: &AlarmSettings) -> Result<(), ApiError> {
    if settings.namespace.is_none() {
        return Err(invalid("The parameter Namespace is required with MetricName."));
    }
    if settings.statistic.is_some() == settings.extended_statistic.is_some() {
        return Err(invalid("Give either Statistic or ExtendedStatistic."));
    }
    match settings.period {
        Some(10 | 20 | 30) => Ok(()),
        Some(seconds) if seconds > 0 && seconds % 60 == 0 => Ok(()),
        _ => Err(invalid("Period must be 10, 20, 30 or a multiple of 60.")),
    }
}

fn show(alarm: &Alarm) -> Value {
    let mut shown = serde_json::to_value(&alarm.settings).unwrap_or_default();
    let reason = "Unchecked: Initial alarm creation";
    let more = json!({
        "AlarmArn": alarm.arn,
        "AlarmConfigurationUpdatedTimestamp": alarm.updated.iso8601(),
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": reason,
        "StateUpdatedTimestamp": alarm.created.iso8601(),
        "StateTransitionedTimestamp": alarm.created.iso8601(),
    });
    if let (Some(members), Value::Object(more)) = (shown.as_object_mut(), more) {
        members.extend(more);
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

fn describe_alarms(
    all: &mut CloudWatch,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Describe = read("DescribeAlarms", value, CODES)?;
    let types = &asked.alarm_types;
    let metric = types.is_empty() || types.iter().any(|one| one == "MetricAlarm");
    let silent = asked.state_value.as_deref().is_none_or(|state| state == "INSUFFICIENT_DATA");
    let prefix = asked.alarm_name_prefix.as_deref().unwrap_or_default();
    let wanted = |(name, alarm): &(&str, &Alarm)| {
        let named = asked.alarm_names.is_empty() || asked.alarm_names.iter().any(|one| one == name);
        let acts = |action: &str| alarm.settings.acts().any(|one| one.starts_with(action));
        metric
            && silent
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
struct Alarms {
    alarm_names: Vec<String>,
}

fn enable_actions(all: &mut CloudWatch, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Alarms = read("EnableAlarmActions", value, CODES)?;
    set_actions(all, cx, &asked.alarm_names, true);
    Ok(json!({}))
}

fn disable_actions(
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
fn delete_alarms(all: &mut CloudWatch, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Alarms = read("DeleteAlarms", value, CODES)?;
    if asked.alarm_names.iter().any(|name| !all.alarms.has(name)) {
        let message = "One or more alarms do not exist";
        return Err(ApiError::new("ResourceNotFound", 404, message));
    }
    for name in &asked.alarm_names {
        all.alarms.remove(cx, name);
    }
    Ok(json!({}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutDashboard {
    dashboard_name: String,
    dashboard_body: String,
    tags: Option<Vec<Tag>>,
}

fn put_dashboard(all: &mut CloudWatch, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: PutDashboard = read("PutDashboard", value, CODES)?;
    let name = asked.dashboard_name;
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || name.len() > 255 || !name.bytes().all(fine) {
        let message = "Dashboard names have 1 to 255 letters, digits, hyphens and underscores.";
        return Err(refused("InvalidParameterInput", message));
    }
    let body = serde_json::from_str::<Value>(&asked.dashboard_body).ok();
    if !body.is_some_and(|body| body.is_object()) {
        let message = "The field DashboardBody must be a valid JSON object";
        return Err(refused("InvalidParameterInput", message));
    }
    let tags = match all.dashboards.get(&name) {
        Some(there) => there.tags.clone(),
        None => tags::of(asked.tags, cx.asked_by).map_err(|fault| wrong_tags(&fault))?,
    };
    let dashboard = Dashboard {
        arn: global_arn(cx.env, "cloudwatch", &format!("dashboard/{name}")),
        name: name.clone(),
        body: asked.dashboard_body,
        modified: cx.now,
        tags,
    };
    all.dashboards.put(cx, &name, dashboard);
    Ok(json!({"DashboardValidationMessages": []}))
}

fn no_dashboard(name: &str) -> ApiError {
    ApiError::new("ResourceNotFound", 404, format!("Dashboard {name} does not exist"))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetDashboard {
    dashboard_name: String,
}

fn get_dashboard(all: &mut CloudWatch, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: GetDashboard = read("GetDashboard", value, CODES)?;
    let found = all.dashboards.get(&asked.dashboard_name);
    let dashboard = found.ok_or_else(|| no_dashboard(&asked.dashboard_name))?;
    Ok(json!({
        "DashboardName": dashboard.name,
        "DashboardArn": dashboard.arn,
        "DashboardBody": dashboard.body,
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListDashboards {
    dashboard_name_prefix: Option<String>,
    next_token: Option<String>,
}

fn list_dashboards(
    all: &mut CloudWatch,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: ListDashboards = read("ListDashboards", value, CODES)?;
    let prefix = asked.dashboard_name_prefix.as_deref().unwrap_or_default();
    let shown = |one: &Dashboard| {
        json!({
            "DashboardName": one.name,
            "DashboardArn": one.arn,
            "LastModified": one.modified.iso8601(),
            "Size": one.body.len(),
        })
    };
    let entries = all.dashboards.values().filter(|one| one.name.starts_with(prefix)).map(shown);
    let page = page(entries.collect(), asked.next_token.as_deref(), 1000);
    let page = page.ok_or_else(|| refused("InvalidParameterValue", "Invalid NextToken"))?;
    Ok(present(json!({"DashboardEntries": page.items, "NextToken": page.next})))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DeleteDashboards {
    dashboard_names: Vec<String>,
}

fn delete_dashboards(
    all: &mut CloudWatch,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: DeleteDashboards = read("DeleteDashboards", value, CODES)?;
    if let Some(name) = asked.dashboard_names.iter().find(|name| !all.dashboards.has(name)) {
        return Err(no_dashboard(name));
    }
    for name in &asked.dashboard_names {
        all.dashboards.remove(cx, name);
    }
    Ok(json!({}))
}

/// Changes the tags of the alarm or dashboard with that ARN.
fn change_tags<R>(
    all: &mut CloudWatch,
    cx: &mut Cx<'_>,
    arn: &str,
    change: impl FnOnce(&mut Tags) -> R,
) -> Result<R, ApiError> {
    let changed = if let Some((_, name)) = arn.split_once(":alarm:") {
        all.alarms.change(cx, name, |alarm| change(&mut alarm.tags))
    } else if let Some((_, name)) = arn.split_once(":dashboard/") {
        all.dashboards.change(cx, name, |dashboard| change(&mut dashboard.tags))
    } else {
        None
    };
    changed.ok_or_else(|| no_resource(arn))
}

fn no_resource(arn: &str) -> ApiError {
    let message = format!("{arn} does not exist");
    ApiError::new("ResourceNotFoundException", 404, message)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutTags {
    #[serde(rename = "ResourceARN")]
    arn: String,
    tags: Vec<Tag>,
}

fn tag(all: &mut CloudWatch, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: PutTags = read("TagResource", value, CODES)?;
    let by = cx.asked_by;
    let added = change_tags(all, cx, &asked.arn, |there| tags::add(there, asked.tags, by))?;
    added.map(|()| json!({})).map_err(|fault| wrong_tags(&fault))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TakeTags {
    #[serde(rename = "ResourceARN")]
    arn: String,
    tag_keys: Vec<String>,
}

fn untag(all: &mut CloudWatch, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: TakeTags = read("UntagResource", value, CODES)?;
    let keys = asked.tag_keys;
    let by = cx.asked_by;
    let taken = change_tags(all, cx, &asked.arn, |there| tags::remove(there, &keys, by))?;
    taken.map(|()| json!({})).map_err(|fault| wrong_tags(&fault))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListTags {
    #[serde(rename = "ResourceARN")]
    arn: String,
}

fn list_tags(all: &mut CloudWatch, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: ListTags = read("ListTagsForResource", value, CODES)?;
    let arn = asked.arn.as_str();
    let alarm = arn.split_once(":alarm:").and_then(|(_, name)| all.alarms.get(name));
    let dashboard = arn.split_once(":dashboard/").and_then(|(_, name)| all.dashboards.get(name));
    let there = alarm.map(|one| &one.tags).or(dashboard.map(|one| &one.tags));
    Ok(json!({"Tags": tags::list(there.ok_or_else(|| no_resource(arn))?)}))
}
