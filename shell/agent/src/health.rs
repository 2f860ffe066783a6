//! Decides whether the agent is well (DD-SC-05): every part of it answers, and its key is not
//! refused.

use std::collections::BTreeMap;
use std::time::Duration;

use standin_kernel::Time;

/// How often a part says that it is there.
pub const PING_EVERY: Duration = Duration::from_secs(15);
/// A part that has been silent for longer is not well.
const SILENT: Duration = Duration::from_secs(30);

/// What is known of each part.
#[derive(Clone, Debug, Default)]
pub struct Health {
    heard: BTreeMap<&'static str, Time>,
    /// Every place has refused its key (DD-SC-06).
    keys_refused: bool,
}

impl Health {
    /// A part says that it is there.
    pub fn ping(&mut self, now: Time, part: &'static str) {
        self.heard.insert(part, now);
    }

    /// What the places said when they were asked about the keys: a status each, `None` when nothing
    /// was said. Only a refusal by all of them counts.
    pub fn keys_checked(&mut self, statuses: &[Option<u16>]) {
        self.keys_refused =
            !statuses.is_empty() && statuses.iter().all(|status| *status == Some(403));
    }

    /// The parts that are not well.
    pub fn unwell(&self, now: Time) -> Vec<&'static str> {
        let silent = self.heard.iter().filter(|(_, heard)| now.since(**heard) > SILENT);
        let silent = silent.map(|(part, _)| *part);
        silent.chain(self.keys_refused.then_some("forwarder")).collect()
    }

    /// Every part there is.
    pub fn parts(&self) -> impl Iterator<Item = &'static str> {
        self.heard.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dd_sc_05_a_part_that_is_silent_for_30_seconds_is_not_well() {
        let start = Time::from_seconds(1000);
        let mut health = Health::default();
        health.ping(start, "dogstatsd");
        health.ping(start, "traces");
        assert!(health.unwell(start + SILENT).is_empty());
        health.ping(start + PING_EVERY, "traces");
        let later = start + SILENT + Duration::from_secs(1);
        assert_eq!(health.unwell(later), ["dogstatsd"]);
        health.ping(later, "dogstatsd");
        assert!(health.unwell(later).is_empty());
    }

    #[test]
    fn dd_sc_06_only_a_key_that_all_places_refuse_makes_it_unwell() {
        let mut health = Health::default();
        let now = Time::from_seconds(1);
        for (said, unwell) in [
            (vec![None], false),
            (vec![Some(403)], true),
            (vec![Some(403), None], false),
            (vec![Some(403), Some(200)], false),
            (vec![Some(500)], false),
            (Vec::new(), false),
        ] {
            health.keys_checked(&said);
            assert_eq!(!health.unwell(now).is_empty(), unwell, "{said:?}");
        }
    }
}
