//! Response timeouts of legs: one queue for each length of time, so that setting one costs a push.
//! Within a queue the deadlines are in order, since all were set the same time ahead.

use std::collections::{BTreeMap, VecDeque};

use standin_kernel::{Duration, Time};

use crate::io::LegId;

#[derive(Clone, Debug, Default)]
pub(crate) struct Timeouts {
    queues: BTreeMap<Duration, VecDeque<(Time, LegId)>>,
    /// The earliest of all.
    earliest: Option<Time>,
}

impl Timeouts {
    /// Sets the timeout of a leg. `waiting` says whether a leg still waits for its answer; those
    /// that do not are dropped from the front, which keeps the queues short.
    pub(crate) fn set(
        &mut self,
        now: Time,
        after: Duration,
        leg: LegId,
        waiting: impl Fn(Time, LegId) -> bool,
    ) -> Time {
        let queue = self.queues.entry(after).or_default();
        while queue.front().is_some_and(|(at, leg)| !waiting(*at, *leg)) {
            queue.pop_front();
        }
        let at = now + after;
        queue.push_back((at, leg));
        self.find_earliest();
        at
    }

    pub(crate) const fn deadline(&self) -> Option<Time> {
        self.earliest
    }

    /// Takes the next one due. It may name a leg that no longer waits.
    pub(crate) fn pop(&mut self, now: Time) -> Option<(Time, LegId)> {
        if self.earliest? > now {
            return None;
        }
        let due = |queue: &&mut VecDeque<(Time, LegId)>| {
            queue.front().is_some_and(|front| front.0 <= now)
        };
        let popped = self.queues.values_mut().find(due)?.pop_front();
        self.find_earliest();
        popped
    }

    fn find_earliest(&mut self) {
        let fronts = self.queues.values().filter_map(VecDeque::front);
        self.earliest = fronts.map(|front| front.0).min();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pops_only_what_is_due_and_forgets_what_no_longer_waits() {
        let mut timeouts = Timeouts::default();
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        timeouts.set(Time(0), minute, LegId(1), |_, _| true);
        timeouts.set(Time(0), second, LegId(2), |_, _| true);
        timeouts.set(Time(1), second, LegId(3), |_, leg| leg != LegId(2));
        assert_eq!(timeouts.deadline(), Some(Time(1) + second));
        assert_eq!(timeouts.pop(Time(0) + second), None);
        assert_eq!(timeouts.pop(Time(1) + second).map(|due| due.1), Some(LegId(3)));
        assert_eq!(timeouts.pop(Time(2) + second), None);
    }
}
