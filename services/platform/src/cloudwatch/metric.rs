//! What is kept of a metric: points of time with the statistics of what was put there.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use serde::{Deserialize, Serialize};
use standin_kernel::control::Record;
use standin_kernel::{Cx, Duration, Time};

/// Kind of the records, each with the data of one call.
const DATA: &str = "cloudwatch.data";

/// How long data are kept; AWS keeps those of minutes for 15 days (CW-MT-06).
pub(super) const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// A metric by its names; the dimensions in their order (CW-MT-01).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Metric {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) dimensions: BTreeMap<String, String>,
}

/// What was put at one moment, in one unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Sample {
    /// The second it counts for: the beginning of a minute unless it is of high resolution.
    pub(super) second: u64,
    pub(super) unit: String,
    pub(super) set: Set,
}

/// Statistics of values, and the values themselves as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Set {
    pub(super) samples: f64,
    pub(super) sum: f64,
    pub(super) minimum: f64,
    pub(super) maximum: f64,
    /// Values with how often each came, in ascending order; `None` when only the statistics were
    /// put, which have no percentiles (CW-MT-05).
    pub(super) values: Option<Vec<(f64, f64)>>,
}

impl Set {
    /// Of values with how often each came; `None` without any.
    pub(super) fn of(values: &[(f64, f64)]) -> Option<Self> {
        let mut kept: Vec<(f64, f64)> =
            values.iter().copied().filter(|(_, count)| *count > 0.0).collect();
        kept.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (minimum, maximum) = (kept.first()?.0, kept.last()?.0);
        Some(Self {
            samples: kept.iter().map(|(_, count)| count).sum(),
            sum: kept.iter().map(|(value, count)| value * count).sum(),
            minimum,
            maximum,
            values: Some(kept),
        })
    }

    /// Adds what else falls into the same period.
    pub(super) fn join(&mut self, other: &Self) {
        self.samples += other.samples;
        self.sum += other.sum;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
        self.values = match (self.values.take(), &other.values) {
            (Some(mut mine), Some(its)) => {
                mine.extend(its);
                mine.sort_by(|one, other| one.0.total_cmp(&other.0));
                Some(mine)
            }
            _ => None,
        };
    }
}

/// The data of one call, as they are stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Put(Vec<(Metric, Sample)>);

/// The data of a metric by second and unit.
type Series = BTreeMap<(u64, String), Set>;

/// All metrics.
#[derive(Clone, Debug, Default)]
pub(super) struct Metrics {
    series: BTreeMap<Metric, Series>,
    /// Ids of the records, with when they were put; the oldest first.
    records: VecDeque<(Time, String)>,
}

impl Metrics {
    /// Takes in the data of one call, and drops what is too old.
    pub(super) fn put(&mut self, cx: &mut Cx<'_>, data: Vec<(Metric, Sample)>) {
        self.drop_old(cx);
        let count = self.records.iter().rev().take_while(|(put, _)| *put == cx.now).count();
        let id = format!("{:020}-{count:04}", cx.now.0);
        let put = Put(data);
        cx.store(DATA, &id, serde_json::to_value(&put).ok());
        self.records.push_back((cx.now, id));
        self.take_in(put);
    }

    fn take_in(&mut self, put: Put) {
        for (metric, Sample { second, unit, set }) in put.0 {
            match self.series.entry(metric).or_default().entry((second, unit)) {
                Entry::Occupied(mut there) => there.get_mut().join(&set),
                Entry::Vacant(free) => {
                    free.insert(set);
                }
            }
        }
    }

    fn drop_old(&mut self, cx: &mut Cx<'_>) {
        let oldest = cx.now - KEPT;
        while self.records.front().is_some_and(|(put, _)| *put < oldest) {
            if let Some((_, id)) = self.records.pop_front() {
                cx.store(DATA, &id, None);
            }
        }
        let oldest = (oldest.seconds(), String::new());
        self.series.retain(|_, series| {
            if series.first_key_value().is_some_and(|(first, _)| *first < oldest) {
                *series = series.split_off(&oldest);
            }
            !series.is_empty()
        });
    }

    pub(super) fn restore(&mut self, record: &Record) -> Result<bool, String> {
        let document = record.document.clone().ok_or("a record without document")?;
        let put = serde_json::from_value(document).map_err(|wrong| wrong.to_string())?;
        let put_at = record.id.split('-').next().and_then(|nanos| nanos.parse().ok());
        let put_at = put_at.ok_or("an id without its time")?;
        self.records.push_back((Time(put_at), record.id.clone()));
        self.take_in(put);
        Ok(true)
    }

    fn during(&self, metric: &Metric, seconds: Range<u64>) -> impl Iterator<Item = (&str, &Set)> {
        let (begin, end) = ((seconds.start, String::new()), (seconds.end, String::new()));
        let series = self.series.get(metric).into_iter();
        let range = series.flat_map(move |series| series.range(begin.clone()..end.clone()));
        range.map(|((_, unit), set)| (unit.as_str(), set))
    }

    /// What was put for a metric in these seconds since 1970, in `unit` or in any; `None` when
    /// there is nothing.
    pub(super) fn between(
        &self,
        metric: &Metric,
        unit: Option<&str>,
        seconds: Range<u64>,
    ) -> Option<Set> {
        let fits = |(of, _): &(&str, &Set)| unit.is_none_or(|unit| unit == *of);
        self.during(metric, seconds).filter(fits).fold(None, |sum: Option<Set>, (_, set)| {
            let mut sum = sum;
            match &mut sum {
                Some(sum) => sum.join(set),
                None => sum = Some(set.clone()),
            }
            sum
        })
    }

    /// The unit that a metric's data have in a while, if there are any.
    pub(super) fn unit(&self, metric: &Metric, seconds: Range<u64>) -> Option<&str> {
        self.during(metric, seconds).next().map(|(unit, _)| unit)
    }

    /// The metrics with the second of their latest datum.
    pub(super) fn known(&self) -> impl Iterator<Item = (&Metric, u64)> {
        let latest =
            |series: &Series| series.last_key_value().map_or(0, |((second, _), _)| *second);
        self.series.iter().map(move |(metric, series)| (metric, latest(series)))
    }
}
