//! How a target that has just become healthy gets its share little by little (ALB-TG-10).

use standin_kernel::{Rng, Time};

use super::target_group::Group;
use super::target_health::State;

impl Group {
    /// A target has just turned healthy. It starts slowly only while another healthy target
    /// carries the full load, so the first ones of a group never do.
    pub(super) fn enter_slow_start(&mut self, at: usize, now: Time) {
        let slow = !self.settings.attributes.slow_start.is_zero()
            && (0..self.members.len()).any(|other| other != at && self.at_full_share(other, now));
        self.members[at].slow_since = slow.then_some(now);
    }

    fn at_full_share(&self, at: usize, now: Time) -> bool {
        let member = &self.members[at];
        let warm = |since: Time| now.since(since) >= self.settings.attributes.slow_start;
        member.health.state() == State::Healthy && member.slow_since.is_none_or(warm)
    }

    /// Whether the target takes a request that is its by turn: the chance grows linearly from
    /// nothing to certainty.
    pub(super) fn takes_its_turn(&self, at: usize, rng: &mut Rng, now: Time) -> bool {
        let Some(since) = self.members[at].slow_since else { return true };
        let lasts_ms = self.settings.attributes.slow_start.as_millis();
        let gone_ms = now.since(since).as_millis();
        gone_ms >= lasts_ms || {
            let lasts_ms = u64::try_from(lasts_ms).unwrap_or(u64::MAX);
            u128::from(rng.below(lasts_ms)) < gone_ms
        }
    }
}
