//! Metrics: data put and metrics listed.

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Duration, Time, Value, json};

use super::{CODES, moment, refused, wrong_value};
use crate::cloudwatch::metric::{KEPT, Metric, Sample, Set};
use crate::cloudwatch::query::Dimension;
use crate::cloudwatch::state::CloudWatch;
use crate::cloudwatch::table::UNITS;
use crate::operation::{present, read};
use crate::paging::page;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Put {
    namespace: String,
    metric_data: Vec<Datum>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Datum {
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    #[serde(default)]
    timestamp: Value,
    value: Option<f64>,
    statistic_values: Option<Statistics>,
    #[serde(default)]
    values: Vec<f64>,
    #[serde(default)]
    counts: Vec<f64>,
    unit: Option<String>,
    storage_resolution: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statistics {
    sample_count: f64,
    sum: f64,
    minimum: f64,
    maximum: f64,
}

/// Most data of one call, dimensions of a datum, and values of a datum (CW-MT-02).
const DATA_MAX: usize = 1000;
const DIMENSIONS_MAX: usize = 30;
const VALUES_MAX: usize = 150;

/// How far ahead of now a datum may lie (CW-MT-02).
const AHEAD_MAX: Duration = Duration::from_secs(2 * 60 * 60);

pub(super) fn put(all: &mut CloudWatch, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Put = read("PutMetricData", value, CODES)?;
    // Only a service writes to a namespace of AWS's, and no client can say that it is one.
    let of_service = cx.asked_by.is_some();
    let namespace = asked.namespace;
    if namespace.is_empty() || namespace.len() > 255 || namespace.starts_with(':') {
        return Err(wrong_value("The parameter Namespace must have 1 to 255 characters."));
    }
    if namespace.starts_with("AWS/") && !of_service {
        let message = "The value AWS/ for parameter Namespace is invalid.";
        return Err(wrong_value(message));
    }
    if asked.metric_data.len() > DATA_MAX {
        return Err(wrong_value(
            "The collection MetricData must not have a size greater than 1000.",
        ));
    }
    let mut data = Vec::new();
    for datum in asked.metric_data {
        if !of_service && datum.values.len() > VALUES_MAX {
            return Err(wrong_value(
                "The collection Values must not have a size greater than 150.",
            ));
        }
        data.push(sample(cx.now, &namespace, &datum)?);
    }
    all.metrics.put(cx, data);
    Ok(json!({}))
}

fn sample(now: Time, namespace: &str, datum: &Datum) -> Result<(Metric, Sample), ApiError> {
    let name = &datum.metric_name;
    if name.is_empty() || name.len() > 255 {
        return Err(wrong_value("The parameter MetricName must have 1 to 255 characters."));
    }
    if datum.dimensions.len() > DIMENSIONS_MAX {
        return Err(wrong_value("The collection Dimensions must not have a size greater than 30."));
    }
    let unit = datum.unit.clone().unwrap_or_else(|| "None".to_owned());
    if !UNITS.contains(&unit.as_str()) {
        return Err(wrong_value(format!("The value {unit} for parameter Unit is invalid.")));
    }
    let time = match &datum.timestamp {
        Value::Null => now,
        given => moment("Timestamp", given)?,
    };
    if time > now + AHEAD_MAX {
        return Err(wrong_value("The parameter Timestamp must not be more than two hours ahead."));
    }
    if time < now - KEPT {
        return Err(wrong_value(
            "The parameter Timestamp is older than the day that Standin keeps.",
        ));
    }
    let second = match datum.storage_resolution {
        Some(1) => time.seconds(),
        None | Some(60) => time.seconds() / 60 * 60,
        Some(_) => return Err(wrong_value("The parameter StorageResolution must be 1 or 60.")),
    };
    let pair = |one: &Dimension| (one.name.clone(), one.value.clone());
    let dimensions: BTreeMap<String, String> = datum.dimensions.iter().map(pair).collect();
    let metric = Metric { namespace: namespace.to_owned(), name: name.clone(), dimensions };
    Ok((metric, Sample { second, unit, set: set(datum)? }))
}

/// A datum has a value, statistics of values, or a list of values.
fn set(datum: &Datum) -> Result<Set, ApiError> {
    let combined = |message: &str| refused("InvalidParameterCombination", message);
    let all = || {
        let statistics = datum.statistic_values.as_ref();
        let of = statistics.map(|of| vec![of.sample_count, of.sum, of.minimum, of.maximum]);
        let lists = datum.values.iter().chain(&datum.counts).copied();
        datum.value.into_iter().chain(of.into_iter().flatten()).chain(lists)
    };
    if all().any(|number| !number.is_finite()) {
        return Err(wrong_value("A value must be a finite number."));
    }
    match (datum.value, &datum.statistic_values, datum.values.is_empty()) {
        (Some(value), None, true) => Set::of(&[(value, 1.0)]),
        (None, Some(of), true) => Some(Set {
            samples: of.sample_count,
            sum: of.sum,
            minimum: of.minimum,
            maximum: of.maximum,
            values: None,
        }),
        (None, None, false) => {
            let counts = &datum.counts;
            if !counts.is_empty() && counts.len() != datum.values.len() {
                return Err(combined("Values and Counts must have the same size."));
            }
            let counts = counts.iter().copied().chain(std::iter::repeat(1.0));
            let pairs: Vec<(f64, f64)> = datum.values.iter().copied().zip(counts).collect();
            Set::of(&pairs)
        }
        _ => return Err(combined("Give one of Value, StatisticValues and Values.")),
    }
    .ok_or_else(|| wrong_value("The counts of a datum must not all be zero."))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    namespace: Option<String>,
    metric_name: Option<String>,
    #[serde(default)]
    dimensions: Vec<Filter>,
    recently_active: Option<String>,
    next_token: Option<String>,
    /// One account is all there is.
    #[serde(rename = "IncludeLinkedAccounts")]
    _include_linked_accounts: Option<bool>,
    owning_account: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    name: String,
    value: Option<String>,
}

/// How recently an active metric has had data: `PT3H`.
const ACTIVE: Duration = Duration::from_secs(3 * 60 * 60);

pub(super) fn list(
    all: &mut CloudWatch,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: List = read("ListMetrics", value, CODES)?;
    if asked.recently_active.as_deref().is_some_and(|active| active != "PT3H") {
        return Err(wrong_value("The parameter RecentlyActive must be PT3H."));
    }
    let since = match asked.recently_active {
        Some(_) => (cx.now - ACTIVE).seconds(),
        None => 0,
    };
    let own = asked.owning_account.as_ref().is_none_or(|account| *account == cx.env.account);
    let fits = |(metric, latest): &(&Metric, u64)| {
        let has = |filter: &Filter| {
            let there = metric.dimensions.get(&filter.name);
            there.is_some_and(|there| filter.value.as_ref().is_none_or(|value| value == there))
        };
        own && *latest >= since
            && asked.namespace.as_ref().is_none_or(|namespace| *namespace == metric.namespace)
            && asked.metric_name.as_ref().is_none_or(|name| *name == metric.name)
            && asked.dimensions.iter().all(has)
    };
    let shown = |(metric, _): (&Metric, u64)| {
        let pairs = metric.dimensions.iter();
        let dimensions: Vec<Value> =
            pairs.map(|(name, value)| json!({"Name": name, "Value": value})).collect();
        json!({
            "Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions,
        })
    };
    let metrics = all.metrics.known().filter(fits).map(shown).collect();
    let page = page(metrics, asked.next_token.as_deref(), 500);
    let page = page.ok_or_else(|| wrong_value("Invalid NextToken"))?;
    Ok(present(json!({"Metrics": page.items, "NextToken": page.next})))
}
