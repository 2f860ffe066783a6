//! Decides what comes of samples: one point for each series and each 10 seconds (DD-DS-13,
//! DD-DS-14).

mod histogram;
pub mod sketch;

use std::collections::{BTreeMap, BTreeSet};

use standin_kernel::Time;

pub use histogram::Aggregates;
use histogram::Samples;
pub use sketch::Sketch;

use crate::dogstatsd::{Metric, MetricType, Values};

/// The width of a bucket.
pub const BUCKET_S: u64 = 10;
/// So many series are kept apart at once; samples of further ones are dropped and counted.
const MOST_SERIES: usize = 50_000;

/// What tells series apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Context {
    pub name: String,
    /// Empty: none.
    pub host: String,
    /// Sorted, each once.
    pub tags: Vec<String>,
}

/// What a point means (DD-IN-06).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Count,
    /// For each second.
    Rate,
    Gauge,
}

/// One line of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub context: Context,
    pub kind: Kind,
    /// 0 when the points are no sums over an interval.
    pub interval_s: u64,
    /// Seconds of the epoch, and the value.
    pub points: Vec<(u64, f64)>,
}

/// The distribution of one series, a sketch for each bucket.
#[derive(Clone, Debug, PartialEq)]
pub struct SketchSeries {
    pub context: Context,
    pub points: Vec<(u64, Sketch)>,
}

/// What a flush gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flush {
    pub series: Vec<Series>,
    pub sketches: Vec<SketchSeries>,
}

/// How samples are put together.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How long a counter without samples goes on as 0 (DD-DS-15), in seconds.
    pub expiry_s: u64,
    pub aggregates: Aggregates,
}

impl Default for Settings {
    fn default() -> Self {
        Self { expiry_s: 300, aggregates: Aggregates::default() }
    }
}

#[derive(Clone, Debug)]
enum Sum {
    Count(f64),
    Gauge(f64),
    Samples(Samples),
    Set(BTreeSet<String>),
    Sketch(Sketch),
}

type Bucket = BTreeMap<(Context, MetricType), Sum>;

#[derive(Debug, Default)]
pub struct Aggregator {
    settings: Settings,
    /// By their beginnings, in seconds.
    buckets: BTreeMap<u64, Bucket>,
    /// Counters, with the bucket of their last sample.
    counters: BTreeMap<Context, u64>,
    /// Buckets that began before this are sent.
    sent_until: Option<u64>,
    /// Points that came with a time of their own (DD-DS-08).
    timed: BTreeMap<(Context, Kind), Vec<(u64, f64)>>,
    /// Samples of series beyond [`MOST_SERIES`].
    pub dropped: u64,
}

impl Aggregator {
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Takes the samples of a metric, with the tags and the host it is to have.
    pub fn add(&mut self, now: Time, context: Context, metric: &Metric) {
        if let Some(at) = metric.timestamp_s {
            return self.add_timed(context, metric, at.unsigned_abs());
        }
        let start = now.seconds() / BUCKET_S * BUCKET_S;
        let bucket = self.buckets.entry(start).or_default();
        if bucket.len() >= MOST_SERIES && !bucket.contains_key(&(context.clone(), metric.kind)) {
            self.dropped += 1;
            return;
        }
        if metric.kind == MetricType::Count {
            self.counters.insert(context.clone(), start);
        }
        let sum = bucket.entry((context, metric.kind)).or_insert_with(|| Sum::new(metric.kind));
        sum.take(&metric.values, 1.0 / metric.sample_rate);
    }

    fn add_timed(&mut self, context: Context, metric: &Metric, at: u64) {
        let Values::Numbers(numbers) = &metric.values else { return };
        if self.timed.len() >= MOST_SERIES {
            self.dropped += 1;
            return;
        }
        let (kind, scale) = match metric.kind {
            MetricType::Count => (Kind::Count, 1.0 / metric.sample_rate),
            _ => (Kind::Gauge, 1.0),
        };
        let points = self.timed.entry((context, kind)).or_default();
        points.extend(numbers.iter().map(|number| (at, number * scale)));
    }

    /// What is ripe: the buckets that are over by `now`, or all of them with `whole`.
    pub fn flush(&mut self, now: Time, whole: bool) -> Flush {
        let now_s = now.seconds();
        let open_from = if whole { now_s + 1 } else { now_s / BUCKET_S * BUCKET_S };
        let rest = self.buckets.split_off(&open_from);
        let mut ripe = std::mem::replace(&mut self.buckets, rest);
        self.add_zeros(&mut ripe, open_from);
        self.sent_until = Some(open_from);
        let mut out = Gathered::default();
        for (start, bucket) in ripe {
            for ((context, kind), sum) in bucket {
                self.settings.spread(&mut out, start, context, kind, sum);
            }
        }
        for ((context, kind), points) in std::mem::take(&mut self.timed) {
            out.series.entry((context, kind, 0)).or_default().extend(points);
        }
        out.flush()
    }

    /// Counters that got no sample go on as 0, until they expire (DD-DS-15).
    fn add_zeros(&mut self, ripe: &mut BTreeMap<u64, Bucket>, open_from: u64) {
        let expiry_s = self.settings.expiry_s;
        let Some(from) = self.sent_until else { return };
        for start in (from / BUCKET_S..open_from.div_ceil(BUCKET_S)).map(|at| at * BUCKET_S) {
            for (context, last) in &self.counters {
                if start > *last && start - last <= expiry_s {
                    let bucket = ripe.entry(start).or_default();
                    let key = (context.clone(), MetricType::Count);
                    bucket.entry(key).or_insert(Sum::Count(0.0));
                }
            }
        }
        self.counters.retain(|_, last| open_from.saturating_sub(*last) <= expiry_s + BUCKET_S);
    }
}

impl Sum {
    fn new(kind: MetricType) -> Self {
        match kind {
            MetricType::Count => Self::Count(0.0),
            MetricType::Gauge => Self::Gauge(0.0),
            MetricType::Histogram | MetricType::Timing => Self::Samples(Samples::default()),
            MetricType::Set => Self::Set(BTreeSet::new()),
            MetricType::Distribution => Self::Sketch(Sketch::default()),
        }
    }

    /// Each sample stands for `weight` of its kind (DD-DS-04).
    fn take(&mut self, values: &Values, weight: f64) {
        match (self, values) {
            (Self::Count(sum), Values::Numbers(numbers)) => {
                *sum += numbers.iter().sum::<f64>() * weight;
            }
            (Self::Gauge(last), Values::Numbers(numbers)) => {
                *last = numbers.last().copied().unwrap_or(*last);
            }
            (Self::Samples(samples), Values::Numbers(numbers)) => {
                numbers.iter().for_each(|number| samples.add(*number, weight));
            }
            (Self::Sketch(sketch), Values::Numbers(numbers)) => {
                numbers.iter().for_each(|number| sketch.add(*number, weight));
            }
            (Self::Set(members), Values::Member(member)) => {
                members.insert(member.clone());
            }
            // The reader gives members to sets and numbers to all others.
            _ => {}
        }
    }
}

/// Series under way to a [`Flush`]: the points of several buckets side by side.
#[derive(Default)]
struct Gathered {
    series: BTreeMap<(Context, Kind, u64), Vec<(u64, f64)>>,
    sketches: BTreeMap<Context, Vec<(u64, Sketch)>>,
}

impl Gathered {
    fn point(&mut self, context: Context, kind: Kind, start: u64, value: f64) {
        let interval_s = if kind == Kind::Rate { BUCKET_S } else { 0 };
        self.series.entry((context, kind, interval_s)).or_default().push((start, value));
    }

    fn flush(self) -> Flush {
        let series = self.series.into_iter().map(|((context, kind, interval_s), points)| Series {
            context,
            kind,
            interval_s,
            points,
        });
        let sketches = self.sketches.into_iter();
        Flush {
            series: series.collect(),
            sketches: sketches.map(|(context, points)| SketchSeries { context, points }).collect(),
        }
    }
}

impl Settings {
    /// What a sum is sent as (DD-DS-14).
    fn spread(&self, out: &mut Gathered, start: u64, context: Context, kind: MetricType, sum: Sum) {
        debug_assert!(matches!(sum, Sum::Count(_)) == (kind == MetricType::Count));
        // A bucket is ten seconds long.
        let per_second = |sum: f64| sum / BUCKET_S as f64;
        match sum {
            Sum::Count(sum) => out.point(context, Kind::Rate, start, per_second(sum)),
            Sum::Gauge(last) => out.point(context, Kind::Gauge, start, last),
            Sum::Set(members) => out.point(context, Kind::Gauge, start, members.len() as f64),
            Sum::Sketch(sketch) => {
                out.sketches.entry(context).or_default().push((start, sketch));
            }
            Sum::Samples(samples) => {
                for (suffix, value, is_count) in self.aggregates.of(samples) {
                    let name = format!("{}.{suffix}", context.name);
                    let context = Context { name, ..context.clone() };
                    if is_count {
                        out.point(context, Kind::Rate, start, per_second(value));
                    } else {
                        out.point(context, Kind::Gauge, start, value);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
