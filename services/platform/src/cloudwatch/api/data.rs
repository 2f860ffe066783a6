//! What metrics were: statistics by period, and expressions over them.

use std::ops::Range;

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Time, Value, json};

use super::{CODES, invalid, moment, refused, wrong_value};
use crate::cloudwatch::metric::Set;
use crate::cloudwatch::query::{Dimension, Named, Query, check_period, solve};
use crate::cloudwatch::state::CloudWatch;
use crate::cloudwatch::statistic::Statistic;
use crate::operation::read;

/// Most data points of one answer (CW-MT-07).
const POINTS_MAX: usize = 100_800;
const STATISTICS_POINTS_MAX: usize = 1440;
const QUERIES_MAX: usize = 500;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Get {
    metric_data_queries: Vec<Query>,
    start_time: Value,
    end_time: Value,
    scan_by: Option<String>,
    max_datapoints: Option<usize>,
    /// All answers are whole: there is no further page.
    next_token: Option<String>,
    #[serde(rename = "LabelOptions")]
    _label_options: Option<Value>,
}

/// The periods of a length between two moments, aligned to it (CW-MT-03).
fn windows(start: Time, end: Time, period_s: u32) -> Vec<Range<u64>> {
    let period_s = u64::from(period_s.max(1));
    let first = start.seconds() / period_s * period_s;
    let begins = (first..end.seconds()).step_by(usize::try_from(period_s).unwrap_or(usize::MAX));
    begins.map(|begin| begin..begin + period_s).collect()
}

fn span(start: &Value, end: &Value) -> Result<(Time, Time), ApiError> {
    let (start, end) = (moment("StartTime", start)?, moment("EndTime", end)?);
    if start >= end {
        let message = "The parameter StartTime must be less than the parameter EndTime.";
        return Err(invalid(message));
    }
    Ok((start, end))
}

pub(super) fn get(all: &mut CloudWatch, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Get = read("GetMetricData", value, CODES)?;
    let (start, end) = span(&asked.start_time, &asked.end_time)?;
    if asked.next_token.is_some() {
        return Err(refused("InvalidNextToken", "Invalid NextToken"));
    }
    let queries = &asked.metric_data_queries;
    if queries.is_empty() || queries.len() > QUERIES_MAX {
        return Err(invalid("MetricDataQueries must have 1 to 500 elements."));
    }
    let others = |id: &String| *id != cx.env.account;
    if queries.iter().filter_map(|query| query.account_id.as_ref()).any(others) {
        return Err(invalid("AccountId must be this account's; there is no other here."));
    }
    let ascending = match asked.scan_by.as_deref() {
        None | Some("TimestampDescending") => false,
        Some("TimestampAscending") => true,
        Some(_) => {
            return Err(invalid("ScanBy must be TimestampDescending or TimestampAscending."));
        }
    };
    let shortest = queries.iter().filter_map(|one| one.metric_stat.as_ref()).map(|one| one.period);
    let shortest = shortest.chain(queries.iter().filter_map(|one| one.period)).min();
    let most = asked.max_datapoints.unwrap_or(POINTS_MAX).min(POINTS_MAX);
    let periods = end.since(start).as_secs() / u64::from(shortest.unwrap_or(60).max(1));
    if periods > POINTS_MAX as u64 {
        return Err(invalid("The request would give more than 100800 data points."));
    }
    let at = |period_s: u32| windows(start, end, period_s);
    let mut found = solve(&all.metrics, queries, at).map_err(invalid)?;
    let mut results = Vec::new();
    for query in queries.iter().filter(|query| query.returns()) {
        let Some(one) = found.remove(&query.id) else { continue };
        let begins = at(one.period_s).into_iter().map(|window| window.start);
        let points = begins.zip(one.series).filter_map(|(begin, value)| Some((begin, value?)));
        let mut points: Vec<(u64, f64)> = points.collect();
        if !ascending {
            points.reverse();
        }
        points.truncate(most);
        let (times, values): (Vec<u64>, Vec<f64>) = points.into_iter().unzip();
        let times: Vec<String> =
            times.into_iter().map(|second| Time::from_seconds(second).iso8601()).collect();
        results.push(json!({
            "Id": query.id, "Label": label(query), "Timestamps": times, "Values": values,
            "StatusCode": "Complete",
        }));
    }
    Ok(json!({"MetricDataResults": results, "Messages": []}))
}

fn label(query: &Query) -> String {
    let metric = query.metric_stat.as_ref().map(|stat| stat.metric.metric_name.clone());
    query.label.clone().or(metric).unwrap_or_else(|| query.id.clone())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetStatistics {
    namespace: String,
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    start_time: Value,
    end_time: Value,
    /// Seconds.
    period: u32,
    #[serde(default)]
    statistics: Vec<String>,
    #[serde(default)]
    extended_statistics: Vec<String>,
    unit: Option<String>,
}

/// The data points are in no order, as on AWS; here in that of time.
pub(super) fn statistics(
    all: &mut CloudWatch,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: GetStatistics = read("GetMetricStatistics", value, CODES)?;
    let (start, end) = span(&asked.start_time, &asked.end_time)?;
    check_period(asked.period).map_err(wrong_value)?;
    let (simple, extended) = (&asked.statistics, &asked.extended_statistics);
    if simple.is_empty() && extended.is_empty() {
        return Err(refused(
            "InvalidParameterCombination",
            "At least one of the parameters Statistics and ExtendedStatistics must be specified.",
        ));
    }
    let windows = windows(start, end, asked.period);
    if windows.len() > STATISTICS_POINTS_MAX {
        let message = format!(
            "You have requested up to {} datapoints, which exceeds the limit of \
             {STATISTICS_POINTS_MAX}.",
            windows.len()
        );
        return Err(refused("InvalidParameterCombination", message));
    }
    let (namespace, metric_name) = (asked.namespace, asked.metric_name);
    let metric = Named { namespace, metric_name, dimensions: asked.dimensions }.metric();
    let wrong = |name: &String| wrong_value(format!("The value {name} is no statistic here."));
    let mut named = Vec::new();
    for name in simple {
        named.push((name, false, Statistic::simple(name).ok_or_else(|| wrong(name))?));
    }
    for name in extended {
        named.push((name, true, Statistic::extended(name).ok_or_else(|| wrong(name))?));
    }
    let unit = asked.unit.as_deref();
    let mut points = Vec::new();
    for window in windows {
        let begin = Time::from_seconds(window.start);
        let has = all.metrics.unit(&metric, window.clone());
        let Some(set) = all.metrics.between(&metric, unit, window) else { continue };
        points.push(point(begin, &set, &named, unit.or(has)));
    }
    Ok(json!({"Label": metric.name, "Datapoints": points}))
}

fn point(
    begin: Time,
    set: &Set,
    named: &[(&String, bool, Statistic)],
    unit: Option<&str>,
) -> Value {
    let mut point = json!({"Timestamp": begin.iso8601(), "Unit": unit});
    for (name, extended, statistic) in named {
        let value = json!(statistic.of(set));
        match extended {
            _ if value.is_null() => {}
            true => point["ExtendedStatistics"][name.as_str()] = value,
            false => point[name.as_str()] = value,
        }
    }
    point
}
