//! Decides in which bin of a distribution a value falls: bins grow by a fixed share, so that a
//! percentile is told within about one percent of its value.

use std::collections::BTreeMap;

/// How far apart the bounds of a bin are: 1/64 of the value, so that its middle errs by 1/128.
const GROWTH: f64 = 1.0 / 64.0;
/// Smaller values count as 0.
const LEAST: f64 = 1e-9;
/// Bins are numbered so that [`LEAST`] falls into number 1 or so.
const OFFSET: i32 = 1338;
/// The last bin; what is larger falls into it too.
const LAST_BIN: i32 = 0x7fff;
/// So many bins are kept; beyond, the lowest ones are put together.
const MOST_BINS: usize = 4096;

/// A distribution of values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sketch {
    /// Bin number to how many fell into it; negative numbers for negative values.
    bins: BTreeMap<i32, f64>,
    pub count: f64,
    pub sum: f64,
    pub min: f64,
    pub max: f64,
}

impl Sketch {
    pub fn add(&mut self, value: f64, weight: f64) {
        let first = self.bins.is_empty();
        *self.bins.entry(bin(value)).or_default() += weight;
        self.min = if first { value } else { self.min.min(value) };
        self.max = if first { value } else { self.max.max(value) };
        self.count += weight;
        self.sum += value * weight;
        if self.bins.len() > MOST_BINS {
            self.put_lowest_together();
        }
    }

    /// Adds all of another one.
    pub fn merge(&mut self, other: &Self) {
        if other.bins.is_empty() {
            return;
        }
        let first = self.bins.is_empty();
        self.min = if first { other.min } else { self.min.min(other.min) };
        self.max = if first { other.max } else { self.max.max(other.max) };
        self.count += other.count;
        self.sum += other.sum;
        for (bin, count) in &other.bins {
            *self.bins.entry(*bin).or_default() += count;
        }
        while self.bins.len() > MOST_BINS {
            self.put_lowest_together();
        }
    }

    fn put_lowest_together(&mut self) {
        if let Some((_, lowest)) = self.bins.pop_first()
            && let Some(mut next) = self.bins.first_entry()
        {
            *next.get_mut() += lowest;
        }
    }

    /// The bins in order: number, and how many, rounded.
    pub fn bins(&self) -> impl Iterator<Item = (i32, u32)> {
        self.bins.iter().map(|(bin, count)| (*bin, whole(*count)))
    }

    pub fn average(&self) -> f64 {
        if self.count > 0.0 { self.sum / self.count } else { 0.0 }
    }

    /// The value below which `share` of all lie, within a bin's width.
    pub fn quantile(&self, share: f64) -> f64 {
        let target = share * (self.count - 1.0);
        let mut seen = 0.0;
        for (bin, count) in &self.bins {
            seen += count;
            if seen > target {
                return middle(*bin).clamp(self.min, self.max);
            }
        }
        self.max
    }
}

/// Rounded, and as large as the number can be.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is clamped")]
fn whole(count: f64) -> u32 {
    count.round().clamp(0.0, f64::from(u32::MAX)) as u32
}

fn bin(value: f64) -> i32 {
    if value < 0.0 {
        return -bin(-value);
    }
    if value < LEAST {
        return 0;
    }
    let power = (value.ln() / GROWTH.ln_1p()).round_ties_even();
    #[expect(clippy::cast_possible_truncation, reason = "a power of a finite number is small")]
    let number = power as i32 + OFFSET;
    number.clamp(1, LAST_BIN)
}

fn middle(bin: i32) -> f64 {
    match bin {
        0 => 0.0,
        bin if bin < 0 => -middle(-bin),
        bin => (f64::from(bin - OFFSET) * GROWTH.ln_1p()).exp(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn zero_and_signs_have_bins_of_their_own() {
        assert_eq!((bin(0.0), bin(1.0), bin(-1.0)), (0, OFFSET, -OFFSET));
        assert_eq!((bin(f64::MAX) <= LAST_BIN, bin(LEAST) >= 1), (true, true));
    }

    #[test]
    fn keeps_a_bounded_number_of_bins_and_every_sample() {
        let mut sketch = Sketch::default();
        for step in -3000..3000 {
            sketch.add((f64::from(step) * 0.016).sinh(), 1.0);
        }
        assert!(sketch.bins.len() <= MOST_BINS);
        assert_eq!(sketch.bins().map(|(_, count)| count).sum::<u32>(), 6000);
    }

    proptest! {
        #[test]
        fn a_quantile_is_within_a_percent(
            mut values in proptest::collection::vec(1e-6f64..1e9, 1..200),
        ) {
            let mut sketch = Sketch::default();
            values.iter().for_each(|value| sketch.add(*value, 1.0));
            values.sort_by(f64::total_cmp);
            let median = values[(values.len() - 1) / 2];
             let told = sketch.quantile(0.5);
            prop_assert!((told - median).abs() <= median * 0.01, "{told} {median}");
        }
    }
}
