//! Which target group of a forward action a request goes to: in proportion to the weights, however
//! the groups are (ALB-AC-02, ALB-AC-03).

use standin_kernel::{Headers, Rng, Time};

use super::stickiness;
use crate::config::Forward;

impl Forward {
    /// The place of the group; `None` when every weight is 0.
    pub(crate) fn choose(&self, headers: &Headers, rng: &mut Rng, now: Time) -> Option<usize> {
        if let [only] = &self.target_groups[..] {
            return (only.weight > 0).then_some(0);
        }
        if let Some(before) = stickiness::group_of(self, headers, now) {
            return Some(before);
        }
        let total: u64 = self.target_groups.iter().map(|group| u64::from(group.weight)).sum();
        let mut drawn = rng.below(total);
        self.target_groups.iter().position(|group| {
            let weight = u64::from(group.weight);
            let hit = drawn < weight;
            drawn = drawn.saturating_sub(weight);
            hit
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use standin_kernel::Rng;

    use super::*;
    use crate::config::WeightedTargetGroup;

    fn forward(weights: &[u32]) -> Forward {
        let group = |(at, weight): (usize, &u32)| WeightedTargetGroup {
            arn: format!("arn:{at}").into(),
            weight: *weight,
        };
        let target_groups = weights.iter().enumerate().map(group).collect();
        Forward { target_groups, stickiness: None }
    }

    fn shares(weights: &[u32], requests: usize, seed: u64) -> Vec<usize> {
        let (forward, mut rng) = (forward(weights), Rng::new(seed));
        let mut counts = vec![0; weights.len()];
        for _ in 0..requests {
            let at = forward.choose(&Headers::new(), &mut rng, Time(0));
            counts[at.expect("some weight is not 0")] += 1;
        }
        counts
    }

    #[test]
    fn alb_ac_02_weights_one_and_three_share_four_thousand_requests() {
        let counts = shares(&[1, 3], 4000, 1);
        assert!((900..1100).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn alb_ac_02_weight_zero_gets_nothing() {
        assert_eq!(shares(&[0, 5, 0], 500, 1), [0, 500, 0]);
        let nothing = forward(&[0, 0]).choose(&Headers::new(), &mut Rng::new(1), Time(0));
        assert_eq!(nothing, None);
        assert_eq!(forward(&[0]).choose(&Headers::new(), &mut Rng::new(1), Time(0)), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn alb_ac_02_many_requests_are_shared_in_proportion(
            weights in prop::collection::vec(0_u32..=999, 2..=5),
            seed in any::<u64>(),
        ) {
            let total: u32 = weights.iter().sum();
            prop_assume!(total > 0);
            let requests = 20_000;
            for (count, weight) in shares(&weights, requests, seed).iter().zip(&weights) {
                let expected = requests * *weight as usize / total as usize;
                prop_assert!(count.abs_diff(expected) < 800, "{count} for {expected}");
            }
        }
    }
}
