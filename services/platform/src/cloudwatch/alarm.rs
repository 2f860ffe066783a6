//! An alarm: what it watches, the state it is in, and what has happened to it.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use standin_kernel::{Time, Value};

use super::evaluate::{FURTHER_PERIODS, Operator, Rule, State, Treat, Verdict, evaluate};
use super::metric::Metrics;
use super::query::{Dimension, MetricStat, Named, Query, solve};
use super::statistic::Statistic;
use crate::tags::Tags;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Alarm {
    pub(super) arn: String,
    pub(super) created: Time,
    pub(super) updated: Time,
    pub(super) settings: AlarmSettings,
    pub(super) tags: Tags,
    #[serde(default)]
    pub(super) status: Status,
}

/// The state an alarm is in, and since when.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Status {
    pub(super) state: State,
    pub(super) reason: String,
    /// A JSON document as text.
    pub(super) reason_data: Option<String>,
    pub(super) updated: Time,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            state: State::InsufficientData,
            reason: "Unchecked: Initial alarm creation".into(),
            reason_data: None,
            updated: Time::default(),
        }
    }
}

/// An alarm as `PutMetricAlarm` takes it and `DescribeAlarms` shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct AlarmSettings {
    pub(super) alarm_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alarm_description: Option<String>,
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
    pub(super) dimensions: Vec<Dimension>,
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
    pub(super) evaluate_low_sample_count_percentile: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) metrics: Vec<Query>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) threshold_metric_id: Option<String>,
    /// `SlidingWindow`, which is what there is in any case, or `WallClockWindow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) evaluation_window: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) warm_up_configuration: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) evaluation_criteria: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) evaluation_interval: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_configuration: Option<Value>,
}

const fn yes() -> bool {
    true
}

/// What one evaluation saw.
#[derive(Clone, Debug)]
pub(super) struct Evaluated {
    pub(super) rule: Rule,
    pub(super) verdict: Verdict,
    /// Period by period, the oldest first: when it began and its value.
    pub(super) points: Vec<(u64, Option<f64>)>,
    pub(super) period_s: u32,
}

impl AlarmSettings {
    /// What any of its states would set off.
    pub(super) fn acts(&self) -> impl Iterator<Item = &String> {
        let alarm = self.alarm_actions.iter();
        alarm.chain(&self.ok_actions).chain(&self.insufficient_data_actions)
    }

    /// What is set off when it turns to a state.
    pub(super) fn actions(&self, state: State) -> &[String] {
        match state {
            State::Ok => &self.ok_actions,
            State::Alarm => &self.alarm_actions,
            State::InsufficientData => &self.insufficient_data_actions,
        }
    }

    /// `Statistic` or `ExtendedStatistic`.
    pub(super) fn stat(&self) -> Option<&str> {
        self.statistic.as_deref().or(self.extended_statistic.as_deref())
    }

    /// What it watches as queries, of which one returns data.
    pub(super) fn queries(&self) -> Vec<Query> {
        let (Some(metric_name), Some(namespace), Some(stat)) =
            (&self.metric_name, &self.namespace, self.stat())
        else {
            return self.metrics.clone();
        };
        let metric = Named {
            namespace: namespace.clone(),
            metric_name: metric_name.clone(),
            dimensions: self.dimensions.clone(),
        };
        let stat = MetricStat {
            metric,
            period: self.period.unwrap_or(60),
            stat: stat.to_owned(),
            unit: self.unit.clone(),
        };
        vec![Query {
            id: "m1".into(),
            metric_stat: Some(stat),
            expression: None,
            label: None,
            return_data: None,
            period: None,
            account_id: None,
        }]
    }

    /// How long one period is, in seconds.
    pub(super) fn period_s(&self) -> u32 {
        let of_metric = |query: &Query| query.metric_stat.as_ref().map(|stat| stat.period);
        let first = self.metrics.iter().find_map(of_metric);
        self.period.or(first).or(self.metrics.iter().find_map(|one| one.period)).unwrap_or(60)
    }

    fn rule(&self) -> Option<Rule> {
        let periods = self.evaluation_periods? as usize;
        let missing = self.treat_missing_data.as_deref().unwrap_or("missing");
        Some(Rule {
            operator: Operator::parse(self.comparison_operator.as_deref()?)?,
            threshold: self.threshold?,
            evaluation_periods: periods,
            datapoints_to_alarm: self.datapoints_to_alarm.map_or(periods, |some| some as usize),
            missing: Treat::parse(missing)?,
        })
    }

    /// Looks at the periods that end at `end`, a second since 1970; periods of more than a minute
    /// slide minute by minute (CW-AL-02).
    pub(super) fn evaluate(&self, metrics: &Metrics, end: u64) -> Option<Evaluated> {
        if self.unsupported().is_some() {
            return None;
        }
        let rule = self.rule()?;
        let count = rule.evaluation_periods + FURTHER_PERIODS;
        let windows = |period_s: u32| -> Vec<Range<u64>> {
            let period_s = u64::from(period_s);
            let back = |number: usize| end.saturating_sub(period_s * number as u64);
            (1..=count).rev().map(|number| back(number)..back(number - 1)).collect()
        };
        let queries = self.queries();
        let watched = queries.iter().find(|query| query.returns())?;
        let mut found = solve(metrics, &queries, windows).ok()?;
        let found = found.remove(&watched.id)?;
        let mut values = found.series;
        if self.evaluate_low_sample_count_percentile.as_deref() == Some("ignore") {
            self.drop_small_samples(metrics, &windows(found.period_s), &mut values);
        }
        let begins = windows(found.period_s).into_iter().map(|window| window.start);
        let points = begins.zip(values.iter().copied()).collect();
        let verdict = evaluate(&values, rule);
        Some(Evaluated { rule, verdict, points, period_s: found.period_s })
    }

    /// CW-AL-09: percentiles of too few samples say nothing.
    fn drop_small_samples(
        &self,
        metrics: &Metrics,
        windows: &[Range<u64>],
        values: &mut [Option<f64>],
    ) {
        let queries = self.queries();
        let Some(stat) = queries.iter().find_map(|query| query.metric_stat.as_ref()) else {
            return;
        };
        let needed = Statistic::parse(&stat.stat).map_or(0.0, Statistic::samples_needed);
        let metric = stat.metric.metric();
        for (window, value) in windows.iter().zip(values) {
            let set = metrics.between(&metric, stat.unit.as_deref(), window.clone());
            if set.is_some_and(|set| set.samples < needed) {
                *value = None;
            }
        }
    }
}

/// What has happened to an alarm, the oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct History {
    pub(super) items: Vec<HistoryItem>,
}

/// Most items that are kept of one alarm.
const ITEMS_MAX: usize = 100;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct HistoryItem {
    pub(super) at: Time,
    /// `ConfigurationUpdate`, `StateUpdate` or `Action`.
    pub(super) kind: String,
    pub(super) summary: String,
    /// A JSON document.
    pub(super) data: Value,
}

impl History {
    pub(super) fn add(&mut self, item: HistoryItem) {
        if self.items.len() >= ITEMS_MAX {
            self.items.remove(0);
        }
        self.items.push(item);
    }
}
