//! The alarm that a health check of the type `CLOUDWATCH_METRIC` names: which are taken, and what
//! of them (R53-HC-17, R53-HC-24).

use serde_json::from_value;
use standin_kernel::{Answer, ApiError, Cx, Heard, Need, ServiceName, Value, json};

use crate::Route53;
use crate::error::invalid_input;
use crate::health_check::{AlarmConfiguration, Config, Kind};

/// What CloudWatch is asked before a check is made or changed.
pub(super) fn needs(
    route53: &Route53,
    operation: &str,
    input: &Value,
    heard: &[Heard],
) -> Option<Need> {
    let (given, kept) = match operation {
        "CreateHealthCheck" => (&input["HealthCheckConfig"]["AlarmIdentifier"], None),
        "UpdateHealthCheck" => {
            let check = route53.state.checks.get(input["HealthCheckId"].as_str()?);
            (&input["AlarmIdentifier"], check.and_then(|one| one.config.alarm_identifier.as_ref()))
        }
        _ => return None,
    };
    let name = given["Name"].as_str().or(kept.map(|one| one.name.as_str()))?;
    heard.is_empty().then(|| Need::Reply {
        service: ServiceName::Platform,
        operation: "cloudwatch:DescribeAlarms".into(),
        input: json!({"AlarmNames": [name], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}),
    })
}

/// What a check takes of its alarm; `None` for a check of another type.
pub(super) fn taken(
    cx: &Cx<'_>,
    config: &Config,
    heard: &[Heard],
) -> Result<Option<AlarmConfiguration>, ApiError> {
    let (Kind::CloudwatchMetric, Some(named)) = (config.kind, &config.alarm_identifier) else {
        return Ok(None);
    };
    if named.region != cx.env.region {
        let (region, here) = (&named.region, &cx.env.region);
        return Err(invalid_input(format!(
            "The alarm must be in {here}: Standin has no alarms in {region}."
        )));
    }
    let Some(Answer::Reply(Ok(reply))) = heard.first().map(|one| &one.answer) else {
        return Err(no_alarm(&named.name));
    };
    if !reply["CompositeAlarms"][0].is_null() {
        return Err(invalid_input("A health check cannot follow a composite alarm."));
    }
    let alarm = &reply["MetricAlarms"][0];
    if alarm.is_null() {
        return Err(no_alarm(&named.name));
    }
    match unfit(alarm) {
        Some(why) => Err(invalid_input(format!("A health check cannot follow an alarm {why}."))),
        None => {
            from_value(alarm.clone()).map(Some).map_err(|wrong| invalid_input(wrong.to_string()))
        }
    }
}

fn no_alarm(name: &str) -> ApiError {
    invalid_input(format!("The alarm {name} does not exist."))
}

/// R53-HC-17: alarms on one metric of whole minutes, with a plain statistic, all of whose periods
/// must breach.
fn unfit(alarm: &Value) -> Option<&'static str> {
    let to_alarm = &alarm["DatapointsToAlarm"];
    if alarm["MetricName"].is_null() {
        return Some("on several metrics");
    }
    if alarm["Statistic"].is_null() {
        return Some("on an extended statistic");
    }
    if alarm["Threshold"].is_null() {
        return Some("of anomaly detection");
    }
    if !to_alarm.is_null() && *to_alarm != alarm["EvaluationPeriods"] {
        return Some("of fewer data points than periods");
    }
    (alarm["Period"].as_u64() < Some(60)).then_some("of high resolution")
}
