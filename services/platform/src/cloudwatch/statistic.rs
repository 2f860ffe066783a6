//! A statistic by its name, and its value for a set of data (CW-MT-04, CW-MT-05).

use super::metric::Set;

/// `Average`, `p99`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Statistic {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
    /// From 0 to 100.
    Percentile(f64),
    /// The mean of what lies between two percentiles: `tm99`, `TM(10%:90%)`, `IQM`.
    TrimmedMean(f64, f64),
}

impl Statistic {
    /// `None` for a name that is none, or that is not built: winsorized means, percentile ranks,
    /// trimmed counts and sums.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::simple(name).or_else(|| Self::extended(name))
    }

    /// One of those that `Statistic` names.
    pub(super) fn simple(name: &str) -> Option<Self> {
        Some(match name {
            "SampleCount" => Self::SampleCount,
            "Average" => Self::Average,
            "Sum" => Self::Sum,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            _ => return None,
        })
    }

    /// One of those that `ExtendedStatistic` names.
    pub(super) fn extended(name: &str) -> Option<Self> {
        let percent =
            |text: &str| text.parse().ok().filter(|percent: &f64| (0.0..=100.0).contains(percent));
        if name == "IQM" {
            return Some(Self::TrimmedMean(25.0, 75.0));
        }
        if let Some(digits) = name.strip_prefix('p') {
            return percent(digits).map(Self::Percentile);
        }
        if let Some(digits) = name.strip_prefix("tm") {
            return percent(digits).map(|upper| Self::TrimmedMean(0.0, upper));
        }
        let range = name.strip_prefix("TM(")?.strip_suffix(')')?;
        let (lower, upper) = range.split_once(':')?;
        let end = |text: &str, open: f64| match text {
            "" => Some(open),
            text => percent(text.strip_suffix('%')?),
        };
        Some(Self::TrimmedMean(end(lower, 0.0)?, end(upper, 100.0)?))
    }

    /// `None` when the data do not say: percentiles need the values themselves.
    pub(super) fn of(self, set: &Set) -> Option<f64> {
        match self {
            Self::SampleCount => Some(set.samples),
            Self::Average => (set.samples > 0.0).then(|| set.sum / set.samples),
            Self::Sum => Some(set.sum),
            Self::Minimum => Some(set.minimum),
            Self::Maximum => Some(set.maximum),
            Self::Percentile(percent) => percentile(set, percent),
            Self::TrimmedMean(lower, upper) => trimmed_mean(set, lower, upper),
        }
    }

    /// How many samples a percentile needs to say something (CW-AL-09).
    pub(super) fn samples_needed(self) -> f64 {
        let Self::Percentile(percent) = self else { return 0.0 };
        let share = percent / 100.0;
        let rare = share.min(1.0 - share);
        if rare > 0.0 { 10.0 / rare } else { 0.0 }
    }
}

/// The smallest value that so many percent of all samples do not exceed.
fn percentile(set: &Set, percent: f64) -> Option<f64> {
    let values = values(set)?;
    let rank = set.samples * percent / 100.0;
    let mut below = 0.0;
    for (value, count) in &values {
        below += count;
        if below >= rank {
            return Some(*value);
        }
    }
    values.last().map(|(value, _)| *value)
}

fn trimmed_mean(set: &Set, lower: f64, upper: f64) -> Option<f64> {
    let (from, to) = (set.samples * lower / 100.0, set.samples * upper / 100.0);
    let (mut below, mut sum, mut taken) = (0.0, 0.0, 0.0);
    for (value, count) in values(set)? {
        let inside = f64::max(0.0, f64::min(below + count, to) - f64::max(below, from));
        below += count;
        sum += value * inside;
        taken += inside;
    }
    (taken > 0.0).then(|| sum / taken)
}

/// The values of a set; statistics of one value, or of equal ones, say it too.
fn values(set: &Set) -> Option<Vec<(f64, f64)>> {
    let equal = set.minimum.total_cmp(&set.maximum).is_eq();
    match &set.values {
        Some(values) => Some(values.clone()),
        None if equal => Some(vec![(set.minimum, set.samples)]),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cw_mt_04_statistics_of_a_hundred_values() {
        let values: Vec<(f64, f64)> = (1..=100).map(|value| (f64::from(value), 1.0)).collect();
        let set = Set::of(&values).unwrap();
        let of = |name: &str| Statistic::parse(name).unwrap().of(&set).unwrap();
        assert_eq!([of("SampleCount"), of("Sum"), of("Average")], [100.0, 5050.0, 50.5]);
        assert_eq!([of("Minimum"), of("Maximum")], [1.0, 100.0]);
        assert_eq!([of("p50"), of("p99"), of("p99.9"), of("p0")], [50.0, 99.0, 100.0, 1.0]);
        assert_eq!([of("tm99"), of("TM(10%:90%)"), of("IQM")], [50.0, 50.5, 50.5]);
        for name in ["p101", "pmax", "wm99", "PR(0:10)", "TM(a:b)", "average"] {
            assert_eq!(Statistic::parse(name), None, "{name}");
        }
    }

    #[test]
    fn cw_mt_05_statistics_without_values_have_no_percentiles_unless_all_are_equal() {
        let spread = Set { samples: 3.0, sum: 9.0, minimum: 1.0, maximum: 5.0, values: None };
        assert_eq!(Statistic::Percentile(50.0).of(&spread), None);
        assert_eq!(Statistic::Average.of(&spread), Some(3.0));
        let equal = Set { minimum: 3.0, maximum: 3.0, ..spread };
        assert_eq!(Statistic::Percentile(50.0).of(&equal), Some(3.0));
    }
}
