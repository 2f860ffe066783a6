//! Decides what a histogram is sent as: its largest, median and average sample, how many there
//! were, and the percentiles that are asked for (DD-DS-14).

/// Samples, each with how many it stands for.
#[derive(Clone, Debug, Default)]
pub(super) struct Samples(Vec<(f64, f64)>);

impl Samples {
    pub(super) fn add(&mut self, value: f64, weight: f64) {
        self.0.push((value, weight));
    }
}

/// Which sub-series a histogram has (DD-CT-07).
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregates {
    pub max: bool,
    pub min: bool,
    pub median: bool,
    pub avg: bool,
    pub sum: bool,
    pub count: bool,
    /// Of a hundred.
    pub percentiles: Vec<u8>,
}

impl Default for Aggregates {
    fn default() -> Self {
        Self {
            max: true,
            min: false,
            median: true,
            avg: true,
            sum: false,
            count: true,
            percentiles: vec![95],
        }
    }
}

impl Aggregates {
    /// Those of a list of words, and of `0.95 0.99`; a word that is not known is given back.
    pub fn named(aggregates: &[String], percentiles: &[String]) -> Result<Self, String> {
        let mut all = Self {
            max: false,
            median: false,
            avg: false,
            count: false,
            percentiles: Vec::new(),
            ..Self::default()
        };
        for word in aggregates {
            match word.as_str() {
                "max" => all.max = true,
                "min" => all.min = true,
                "median" => all.median = true,
                "avg" => all.avg = true,
                "sum" => all.sum = true,
                "count" => all.count = true,
                other => return Err(other.to_owned()),
            }
        }
        for text in percentiles {
            let share = text.parse::<f64>().ok().filter(|share| *share > 0.0 && *share < 1.0);
            let share = share.ok_or_else(|| text.clone())?;
            let percent =
                (1..100_u8).find(|percent| f64::from(*percent) >= (share * 100.0).round());
            all.percentiles.extend(percent);
        }
        Ok(all)
    }

    /// Suffix, value, and whether it is a number of samples.
    pub(super) fn of(&self, samples: Samples) -> Vec<(String, f64, bool)> {
        let mut samples = samples.0;
        samples.sort_by(|one, other| one.0.total_cmp(&other.0));
        let count: f64 = samples.iter().map(|(_, weight)| weight).sum();
        let sum: f64 = samples.iter().map(|(value, weight)| value * weight).sum();
        let (Some(least), Some(largest)) = (samples.first(), samples.last()) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        let mut add = |wanted: bool, suffix: &str, value: f64, is_count: bool| {
            if wanted {
                all.push((suffix.to_owned(), value, is_count));
            }
        };
        add(self.max, "max", largest.0, false);
        add(self.min, "min", least.0, false);
        add(self.median, "median", at(&samples, 50, count), false);
        add(self.avg, "avg", sum / count, false);
        add(self.sum, "sum", sum, false);
        add(self.count, "count", count, true);
        for percent in &self.percentiles {
            let value = at(&samples, *percent, count);
            add(true, &format!("{percent}percentile"), value, false);
        }
        all
    }
}

/// The sample below which `percent` of a hundred lie; `samples` in order, `count` of them in all.
fn at(samples: &[(f64, f64)], percent: u8, count: f64) -> f64 {
    let target = ((f64::from(percent) * count - 1.0) / 100.0).floor();
    let mut seen = 0.0;
    for (value, weight) in samples {
        seen += weight;
        if seen > target {
            return *value;
        }
    }
    samples.last().map_or(0.0, |last| last.0)
}
