//! What is asked of metrics: one by its names, or an expression over others, period by period
//! (CW-MM-01).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::expression::{Expression, Scope, Series};
use super::metric::{Metric, Metrics};
use super::statistic::Statistic;
use super::unsupported::UNSUPPORTED;

/// A `MetricDataQuery`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Query {
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metric_stat: Option<MetricStat>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) return_data: Option<bool>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) period: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) account_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct MetricStat {
    pub(super) metric: Named,
    /// Seconds.
    pub(super) period: u32,
    pub(super) stat: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unit: Option<String>,
}

/// A metric as operations write it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Named {
    pub(super) namespace: String,
    pub(super) metric_name: String,
    #[serde(default)]
    pub(super) dimensions: Vec<Dimension>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Dimension {
    pub(super) name: String,
    pub(super) value: String,
}

impl Named {
    pub(super) fn metric(&self) -> Metric {
        let pair = |one: &Dimension| (one.name.clone(), one.value.clone());
        Metric {
            namespace: self.namespace.clone(),
            name: self.metric_name.clone(),
            dimensions: self.dimensions.iter().map(pair).collect(),
        }
    }
}

impl Query {
    pub(super) fn returns(&self) -> bool {
        self.return_data.unwrap_or(true)
    }
}

/// The values of one query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// Seconds.
    pub(super) period_s: u32,
    pub(super) series: Series,
}

/// Calculates all queries. `windows`: the periods of a length in seconds, the oldest first, each
/// from its first second until before its last.
pub(super) fn solve(
    metrics: &Metrics,
    queries: &[Query],
    windows: impl Fn(u32) -> Vec<Range<u64>>,
) -> Result<BTreeMap<String, Found>, String> {
    let plan = plan(queries)?;
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for (query, expression) in plan {
        let one = match (&query.metric_stat, expression) {
            (Some(stat), _) => measured(metrics, stat, &windows)?,
            (None, Some(expression)) => calculated(query, &expression, queries, &found, &windows)?,
            (None, None) => continue,
        };
        found.insert(query.id.clone(), one);
    }
    Ok(found)
}

/// The queries in an order in which each comes after those it refers to, or what is wrong with
/// them.
pub(super) fn plan(queries: &[Query]) -> Result<Vec<(&Query, Option<Expression>)>, String> {
    let mut ids = BTreeSet::new();
    let mut waiting = Vec::new();
    for query in queries {
        check(query)?;
        if !ids.insert(query.id.as_str()) {
            return Err(format!("The id {} is given twice", query.id));
        }
        let expression = query.expression.as_deref().map(Expression::parse).transpose()?;
        waiting.push((query, expression));
    }
    let mut ordered: Vec<(&Query, Option<Expression>)> = Vec::new();
    while !waiting.is_empty() {
        let placed: BTreeSet<&str> = ordered.iter().map(|(query, _)| query.id.as_str()).collect();
        let (ready, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(_, expression)| {
            let needs = expression.as_ref().map(Expression::ids).unwrap_or_default();
            needs.iter().all(|id| placed.contains(id) || is_word(id))
        });
        if ready.is_empty() {
            let ids: Vec<&str> = rest.iter().map(|(query, _)| query.id.as_str()).collect();
            let all = ids.join(", ");
            return Err(format!("These expressions refer to no id, or to each other: {all}"));
        }
        ordered.extend(ready);
        waiting = rest;
    }
    Ok(ordered)
}

/// Words of the language, and texts in quotation marks, begin with no small letter as ids do.
fn is_word(id: &str) -> bool {
    matches!(id, "REPEAT" | "LINEAR") || !id.starts_with(|letter: char| letter.is_ascii_lowercase())
}

fn check(query: &Query) -> Result<(), String> {
    let id = &query.id;
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let small = id.starts_with(|letter: char| letter.is_ascii_lowercase());
    if !small || id.len() > 255 || !id.bytes().all(fine) {
        return Err(format!(
            "The value {id} for parameter Id is not matching ^[a-z][a-zA-Z0-9_]*$"
        ));
    }
    match (&query.metric_stat, &query.expression) {
        (Some(stat), None) => {
            check_period(stat.period)?;
            let known = Statistic::parse(&stat.stat);
            known.map(|_| ()).ok_or_else(|| no_statistic(&stat.stat))
        }
        (None, Some(_)) => query.period.map_or(Ok(()), check_period),
        _ => Err(format!("The query {id} must have either MetricStat or Expression")),
    }
}

pub(super) fn no_statistic(name: &str) -> String {
    format!("The value {name} for parameter Stat {UNSUPPORTED}")
}

/// 1, 5, 10, 20, 30 or a multiple of 60 seconds (CW-MT-03).
pub(super) fn check_period(period_s: u32) -> Result<(), String> {
    match period_s {
        1 | 5 | 10 | 20 | 30 => Ok(()),
        0 => Err("Period must be greater than 0".into()),
        seconds if seconds % 60 == 0 => Ok(()),
        _ => Err("Period must be 1, 5, 10, 20, 30 or a multiple of 60".into()),
    }
}

fn measured(
    metrics: &Metrics,
    stat: &MetricStat,
    windows: &impl Fn(u32) -> Vec<Range<u64>>,
) -> Result<Found, String> {
    let metric = stat.metric.metric();
    let statistic = Statistic::parse(&stat.stat).ok_or_else(|| no_statistic(&stat.stat))?;
    let value = |seconds: Range<u64>| {
        statistic.of(&metrics.between(&metric, stat.unit.as_deref(), seconds)?)
    };
    let series = windows(stat.period).into_iter().map(value).collect();
    Ok(Found { period_s: stat.period, series })
}

fn calculated(
    query: &Query,
    expression: &Expression,
    queries: &[Query],
    found: &BTreeMap<String, Found>,
    windows: &impl Fn(u32) -> Vec<Range<u64>>,
) -> Result<Found, String> {
    let refers = expression.ids();
    let named = found.iter().filter(|(id, _)| refers.contains(id.as_str()));
    let mut periods: BTreeSet<u32> = named.map(|(_, one)| one.period_s).collect();
    if periods.is_empty() {
        let metrics = queries.iter().filter_map(|one| one.metric_stat.as_ref());
        periods = metrics.map(|stat| stat.period).collect();
        periods = query.period.map_or(periods, |period| BTreeSet::from([period]));
    }
    let period_s = match periods.len() {
        0 => return Err(format!("The expression {} needs a Period", query.id)),
        1 => periods.first().copied().unwrap_or_default(),
        _ => {
            let id = &query.id;
            return Err(format!("An expression ({id}) over different periods {UNSUPPORTED}"));
        }
    };
    let alike = found.iter().filter(|(_, one)| one.period_s == period_s);
    let known = alike.map(|(id, one)| (id.clone(), one.series.clone())).collect();
    let metrics = queries.iter().filter(|one| one.metric_stat.is_some());
    let metrics = metrics.map(|one| one.id.clone()).collect();
    let periods = windows(period_s).len();
    let scope = Scope { known: &known, metrics: &metrics, periods, period_s };
    Ok(Found { period_s, series: scope.calculate(expression)? })
}
