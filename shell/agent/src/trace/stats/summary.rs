//! Writes how durations are spread, in the form the intake reads: bins that grow by two percent.

use std::collections::BTreeMap;

use prost::Message;

/// A percentile is told within one percent.
const ACCURACY: f64 = 0.01;
const GROWTH: f64 = (1.0 + ACCURACY) / (1.0 - ACCURACY);

#[derive(Clone, PartialEq, Message)]
struct Sketch {
    #[prost(message, tag = "1")]
    mapping: Option<Mapping>,
    #[prost(message, tag = "2")]
    positive: Option<Store>,
    #[prost(message, tag = "3")]
    negative: Option<Store>,
    #[prost(double, tag = "4")]
    zeros: f64,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Mapping {
    #[prost(double, tag = "1")]
    growth: f64,
    #[prost(double, tag = "2")]
    offset: f64,
}

#[derive(Clone, PartialEq, Message)]
struct Store {
    #[prost(btree_map = "sint32, double", tag = "1")]
    bins: BTreeMap<i32, f64>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Summary {
    bins: BTreeMap<i32, f64>,
    zeros: f64,
}

impl Summary {
    /// In nanoseconds.
    pub(super) fn add(&mut self, duration_ns: u64) {
        if duration_ns == 0 {
            self.zeros += 1.0;
            return;
        }
        #[expect(clippy::cast_possible_truncation, reason = "a logarithm is small")]
        let bin = ((duration_ns as f64).ln() / GROWTH.ln()).floor() as i32;
        *self.bins.entry(bin).or_default() += 1.0;
    }

    pub(super) fn encoded(self) -> Vec<u8> {
        let sketch = Sketch {
            mapping: Some(Mapping { growth: GROWTH, offset: 0.0 }),
            positive: Some(Store { bins: self.bins }),
            negative: Some(Store::default()),
            zeros: self.zeros,
        };
        sketch.encode_to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_in_a_bin_that_is_two_percent_wide() {
        let mut summary = Summary::default();
        for duration in [0, 1, 1_000_000, 1_000_001, 2_000_000] {
            summary.add(duration);
        }
        let read = Sketch::decode(summary.encoded().as_slice()).unwrap();
        assert_eq!(read.zeros, 1.0);
        let bins = read.positive.unwrap().bins;
        assert_eq!(bins.values().copied().collect::<Vec<_>>(), [1.0, 2.0, 1.0]);
        let width = read.mapping.unwrap().growth;
        let lower = |bin: &i32| width.powi(*bin);
        let millisecond = bins.keys().nth(1).unwrap();
        assert!(lower(millisecond) <= 1e6 && 1e6 < lower(&(millisecond + 1)));
    }
}
