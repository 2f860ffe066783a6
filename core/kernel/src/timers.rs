//! A machine's timers: a table keyed by the machine's own enum, fired in order of time and, within
//! one moment, in the order they were set.

use std::collections::BTreeMap;

use crate::{Deadline, Time};

/// Timers of one machine. `K` is the machine's enum, say `HealthCheck(target)`.
#[derive(Clone, Debug)]
pub struct Timers<K> {
    due: BTreeMap<(Time, u64), (K, &'static str)>,
    set: BTreeMap<K, (Time, u64)>,
    sequence: u64,
}

impl<K> Default for Timers<K> {
    fn default() -> Self {
        Self { due: BTreeMap::new(), set: BTreeMap::new(), sequence: 0 }
    }
}

impl<K: Clone + Ord> Timers<K> {
    /// Sets `key` to fire at `at`; an earlier setting of the same key is forgotten.
    pub fn set(&mut self, key: K, at: Time, why: &'static str) {
        self.clear(&key);
        self.sequence += 1;
        let slot = (at, self.sequence);
        self.set.insert(key.clone(), slot);
        self.due.insert(slot, (key, why));
    }

    pub fn clear(&mut self, key: &K) {
        if let Some(slot) = self.set.remove(key) {
            self.due.remove(&slot);
        }
    }

    /// When `key` will fire, if it is set.
    pub fn at(&self, key: &K) -> Option<Time> {
        self.set.get(key).map(|slot| slot.0)
    }

    /// Takes the next timer that is due at `now`. Call until it says `None`.
    pub fn pop(&mut self, now: Time) -> Option<K> {
        let entry = self.due.first_entry()?;
        if entry.key().0 > now {
            return None;
        }
        let (key, _) = entry.remove();
        self.set.remove(&key);
        Some(key)
    }

    pub fn deadline(&self) -> Option<Deadline> {
        let ((at, _), (_, why)) = self.due.first_key_value()?;
        Some(Deadline { at: *at, why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fires_in_order_of_time_then_of_setting() {
        let mut timers = Timers::default();
        timers.set("b", Time(20), "b");
        timers.set("a", Time(20), "a");
        timers.set("c", Time(10), "c");
        timers.set("gone", Time(5), "gone");
        timers.clear(&"gone");
        assert_eq!(timers.deadline().map(|d| d.why), Some("c"));
        assert_eq!(timers.pop(Time(9)), None);
        let fired: Vec<_> = std::iter::from_fn(|| timers.pop(Time(30))).collect();
        assert_eq!(fired, ["c", "b", "a"]);
    }

    #[test]
    fn setting_again_moves_the_timer() {
        let mut timers = Timers::default();
        timers.set(1, Time(10), "x");
        timers.set(1, Time(50), "x");
        assert_eq!(timers.pop(Time(10)), None);
        assert_eq!(timers.at(&1), Some(Time(50)));
    }
}
