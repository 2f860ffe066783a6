//! Which target of a group gets a request (ALB-TG-11). One pass over the targets, nothing built.

use standin_kernel::{Rng, Time};

use super::target_group::Group;
use crate::config::Algorithm;

impl Group {
    /// Chooses among the fit targets; `None` when there is none.
    pub(super) fn choose(&mut self, rng: &mut Rng, now: Time) -> Option<usize> {
        let open = self.fails_open();
        match self.settings.attributes.algorithm {
            Algorithm::RoundRobin => self.round_robin(rng, now, open),
            Algorithm::LeastOutstandingRequests => self.least_outstanding(open),
            Algorithm::WeightedRandom => self.random(rng, open),
        }
    }

    /// Places in turn, beginning after the one that was chosen last.
    fn turn(&self) -> impl Iterator<Item = usize> {
        let count = self.members.len();
        let cursor = self.cursor;
        (0..count).map(move |step| (cursor + step) % count)
    }

    /// A target in slow start is passed over now and then, the less the longer it is there.
    fn round_robin(&mut self, rng: &mut Rng, now: Time, open: bool) -> Option<usize> {
        let fit = |at: &usize| self.members[*at].is_fit(open);
        let mut passed_over = None;
        let mut chosen = None;
        for at in self.turn().filter(fit) {
            if self.takes_its_turn(at, rng, now) {
                chosen = Some(at);
                break;
            }
            passed_over = passed_over.or(Some(at));
        }
        let chosen = chosen.or(passed_over)?;
        self.cursor = chosen + 1;
        Some(chosen)
    }

    fn least_outstanding(&mut self, open: bool) -> Option<usize> {
        let fit = |at: &usize| self.members[*at].is_fit(open);
        let least = self.turn().filter(fit).min_by_key(|at| self.members[*at].outstanding)?;
        self.cursor = least + 1;
        Some(least)
    }

    /// Every fit target has the same weight: nothing here is anomalous.
    fn random(&self, rng: &mut Rng, open: bool) -> Option<usize> {
        let fit = || (0..self.members.len()).filter(|at| self.members[*at].is_fit(open));
        let drawn = rng.below(fit().count() as u64);
        fit().nth(usize::try_from(drawn).unwrap_or(0))
    }
}
