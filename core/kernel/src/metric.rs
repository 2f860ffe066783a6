//! What a service measures of its own work, and how CloudWatch is told of it: counts of whole
//! minutes, which become visible when the minute is over.

use std::collections::BTreeMap;

use crate::cx::Cx;
use crate::service::ServiceName;
use crate::time::{Deadline, Duration, Time};
use crate::{Value, json};

/// The ticket of calls whose reply nobody waits for.
pub const TICKET: u64 = u64::MAX;

/// Metrics of AWS's own services have one value a minute (ALB-LG-05).
pub const MINUTE: Duration = Duration::from_secs(60);

/// When the minute that `now` is in began.
pub const fn minute(now: Time) -> Time {
    Time::from_seconds(now.seconds() / 60 * 60)
}

/// Counts by key, minute by minute. `K` says of what, `C` has the counters.
#[derive(Clone, Debug)]
pub struct Meter<K, C> {
    /// From the oldest minute to the one under way.
    minutes: Vec<Minute<K, C>>,
}

/// The counts of one minute.
#[derive(Clone, Debug)]
pub struct Minute<K, C> {
    /// When it began.
    pub began: Time,
    /// When it is to be told.
    due: Time,
    pub counts: BTreeMap<K, C>,
}

impl<K, C> Default for Meter<K, C> {
    fn default() -> Self {
        Self { minutes: Vec::new() }
    }
}

impl<K: Ord, C: Default> Meter<K, C> {
    /// The counters of `key` in the minute under way. `lag`: how long after its end AWS shows a
    /// minute's values, which counts at AWS's pace.
    pub fn count(&mut self, cx: &Cx<'_>, lag: Duration, key: K) -> &mut C {
        self.begin(cx, lag).counts.entry(key).or_default()
    }

    /// Begins the minute under way, so that it is told even if nothing is counted in it.
    pub fn begin(&mut self, cx: &Cx<'_>, lag: Duration) -> &mut Minute<K, C> {
        let began = minute(cx.now);
        if self.minutes.last().is_none_or(|last| last.began < began) {
            let due = began + MINUTE + cx.env.paced(Duration::ZERO, lag);
            self.minutes.push(Minute { began, due, counts: BTreeMap::new() });
        }
        let last = self.minutes.len() - 1;
        &mut self.minutes[last]
    }

    pub fn deadline(&self) -> Option<Deadline> {
        self.minutes.first().map(|first| Deadline { at: first.due, why: "metrics of a minute" })
    }

    /// Takes the next minute that is to be told at `now`. Call until it says `None`.
    pub fn take(&mut self, now: Time) -> Option<Minute<K, C>> {
        let due = self.minutes.first().is_some_and(|first| first.due <= now);
        due.then(|| self.minutes.remove(0))
    }
}

/// A set of values of which CloudWatch keeps the statistics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    pub samples: f64,
    pub sum: f64,
    pub minimum: f64,
    pub maximum: f64,
}

impl Statistics {
    /// `count` times 1, as counters report.
    pub fn ones(count: u64) -> Self {
        let count = count as f64;
        Self { samples: count, sum: count, minimum: 1.0, maximum: 1.0 }
    }

    /// `all` values, `some` of which are `value` and the others 0.
    pub fn part(some: u64, all: u64, value: f64) -> Self {
        Self {
            samples: all as f64,
            sum: some as f64 * value,
            minimum: if some < all { 0.0 } else { value },
            maximum: if some > 0 { value } else { 0.0 },
        }
    }

    pub const fn one(value: f64) -> Self {
        Self { samples: 1.0, sum: value, minimum: value, maximum: value }
    }
}

/// How values are spread, in two significant digits: for percentiles.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    /// How often, by microseconds.
    counts: BTreeMap<u64, u64>,
}

impl Spread {
    /// Adds a time.
    pub fn add(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let mut step = 1;
        while micros / step >= 100 {
            step *= 10;
        }
        let rounded = micros.saturating_add(step / 2) / step * step;
        *self.counts.entry(rounded).or_default() += 1;
    }

    /// Adds all of another one.
    pub fn join(&mut self, other: &Self) {
        for (micros, count) in &other.counts {
            *self.counts.entry(*micros).or_default() += count;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

/// The values of one metric in one minute.
#[derive(Clone, Debug)]
pub struct Datum {
    /// AWS's name: `RequestCount`.
    pub name: &'static str,
    pub dimensions: Vec<(&'static str, String)>,
    /// AWS's word: `Count`, `Seconds`, `None`.
    pub unit: &'static str,
    pub values: Values,
}

#[derive(Clone, Debug)]
pub enum Values {
    Statistics(Statistics),
    /// Times, told in units of `unit_micros` microseconds.
    Spread {
        spread: Spread,
        unit_micros: u32,
    },
}

impl Datum {
    /// A counter's datum.
    pub fn count(name: &'static str, dimensions: Vec<(&'static str, String)>, count: u64) -> Self {
        let values = Values::Statistics(Statistics::ones(count));
        Self { name, dimensions, unit: "Count", values }
    }
}

/// Tells CloudWatch the data of the minute that began at `began`; only a service may write to a
/// namespace of AWS's.
pub fn put(cx: &mut Cx<'_>, namespace: &str, began: Time, data: impl IntoIterator<Item = Datum>) {
    let data: Vec<Value> = data.into_iter().map(|datum| written(datum, began)).collect();
    if data.is_empty() {
        return;
    }
    let input = json!({"Namespace": namespace, "MetricData": data});
    cx.call(TICKET, ServiceName::Platform, "cloudwatch:PutMetricData", input);
}

fn written(datum: Datum, began: Time) -> Value {
    let Datum { name, dimensions, unit, values } = datum;
    let dimensions: Vec<Value> =
        dimensions.into_iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
    let mut written = json!({
        "MetricName": name,
        "Dimensions": dimensions,
        "Unit": unit,
        "Timestamp": began.seconds(),
    });
    match values {
        Values::Statistics(Statistics { samples, sum, minimum, maximum }) => {
            written["StatisticValues"] = json!({
                "SampleCount": samples, "Sum": sum, "Minimum": minimum, "Maximum": maximum,
            });
        }
        Values::Spread { spread, unit_micros } => {
            let value = |micros: &u64| *micros as f64 / f64::from(unit_micros);
            let values: Vec<f64> = spread.counts.keys().map(value).collect();
            let counts: Vec<u64> = spread.counts.values().copied().collect();
            written["Values"] = json!(values);
            written["Counts"] = json!(counts);
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Env, Out, Pace, Rng};

    fn with<R>(now: u64, pace: Pace, act: impl FnOnce(&mut Cx<'_>) -> R) -> (R, Vec<Out>) {
        let (mut rng, mut out) = (Rng::new(1), Vec::new());
        let env = Env { pace, ..Env::default() };
        let now = Time::from_seconds(now);
        let mut cx =
            Cx { now, rng: &mut rng, env: &env, out: &mut out, facts: None, asked_by: None };
        let result = act(&mut cx);
        (result, out)
    }

    #[test]
    fn alb_lg_05_a_minute_is_told_when_it_is_over_and_only_if_something_was_counted() {
        let mut meter: Meter<&str, u64> = Meter::default();
        assert_eq!(meter.deadline(), None);
        let lag = Duration::from_secs(60);
        for now in [61, 119] {
            with(now, Pace::Fast, |cx| *meter.count(cx, lag, "a") += 1);
        }
        with(120, Pace::Fast, |cx| *meter.count(cx, lag, "a") += 1);
        assert_eq!(meter.deadline().map(|due| due.at), Some(Time::from_seconds(120)));
        let first = meter.take(Time::from_seconds(120)).unwrap();
        assert_eq!((first.began.seconds(), first.counts["a"]), (60, 2));
        assert!(meter.take(Time::from_seconds(179)).is_none());
        assert_eq!(meter.take(Time::from_seconds(180)).unwrap().counts["a"], 1);
        with(200, Pace::Aws, |cx| *meter.count(cx, lag, "a") += 1);
        assert_eq!(meter.deadline().map(|due| due.at), Some(Time::from_seconds(300)));
    }

    #[test]
    fn times_keep_two_digits_and_are_told_in_their_unit() {
        let mut spread = Spread::default();
        for micros in [1, 1_234, 1_290, 98_765] {
            spread.add(Duration::from_micros(micros));
        }
        let datum = Datum {
            name: "TargetResponseTime",
            dimensions: vec![("LoadBalancer", "app/x/1".into())],
            unit: "Seconds",
            values: Values::Spread { spread, unit_micros: 1_000_000 },
        };
        let ((), out) = with(0, Pace::Fast, |cx| {
            put(cx, "AWS/ApplicationELB", cx.now, [datum]);
            put(cx, "AWS/None", cx.now, []);
        });
        let [Out::Call { input, .. }] = &out[..] else { panic!("{out:?}") };
        let told = &input["MetricData"][0];
        assert_eq!(told["Values"], json!([0.000_001, 0.001_2, 0.001_3, 0.099]));
        assert_eq!(told["Counts"], json!([1, 1, 1, 1]));
    }
}
