//! Observations of one viewer drawn together into stretches of the same answer: who saw what, from
//! when to when, and why it changed.

use std::fmt::Write;

use serde::Serialize;
use standin_kernel::Duration;

use crate::alarm::AlarmStates;
use crate::drill::Drill;
use crate::observe::{Class, Observation};
use crate::reason::{Reason, deciding};
use crate::verdict::Worth;

/// What came of a story that was played.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// In the order in which they were asked.
    pub observations: Vec<Observation>,
    /// In the order in which they happened.
    pub events: Vec<Event>,
    /// Of the alarms that expectations are about.
    pub alarms: Vec<AlarmStates>,
}

/// Something that was done, or that came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    pub at: Duration,
    pub says: String,
}

/// What all viewers saw, and what was done meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// The length of the story.
    pub duration: Duration,
    pub events: Vec<Event>,
    pub viewers: Vec<Track>,
}

/// What one viewer saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Track {
    pub viewer: String,
    pub stretches: Vec<Stretch>,
}

/// A run of answers of the same class, worth and status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// When the first and the last of them were asked.
    pub from: Duration,
    pub to: Duration,
    pub class: Class,
    pub worth: Worth,
    pub status: Option<u16>,
    pub answers: usize,
    /// How long the slowest took.
    pub slowest: Duration,
    /// What the first of them named and a browser did not get.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The decision that made it differ from what was seen before.
    pub cause: Option<Reason>,
    /// Everything that decided the first of them.
    pub because: Vec<Reason>,
}

impl Timeline {
    /// Draws observations together; viewers in the order in which the drill names them.
    pub fn of(drill: &Drill, run: &Run) -> Self {
        let mut sorted: Vec<&Observation> = run.observations.iter().collect();
        sorted.sort_by_key(|seen| seen.asked_at);
        let mut viewers: Vec<&str> = Vec::new();
        for seen in &sorted {
            if !viewers.contains(&seen.viewer.as_str()) {
                viewers.push(&seen.viewer);
            }
        }
        let named = |viewer: &str| drill.viewers.iter().position(|one| one.name == viewer);
        viewers.sort_by_key(|viewer| named(viewer));
        let track = |viewer: &str| {
            let seen = sorted.iter().filter(|seen| seen.viewer == viewer);
            Track { viewer: viewer.to_owned(), stretches: stretches(drill, seen.copied()) }
        };
        Self {
            duration: drill.duration,
            events: run.events.clone(),
            viewers: viewers.into_iter().map(track).collect(),
        }
    }

    /// As text: what was done, then a line each stretch and its cause below it. `all`: every
    /// decision instead of the one that made the difference.
    pub fn text(&self, all: bool) -> String {
        let mut text = String::new();
        for Event { at, says } in &self.events {
            let _ = writeln!(text, "  {:>7}  {says}", seconds(*at));
        }
        if !self.events.is_empty() {
            text.push('\n');
        }
        for track in &self.viewers {
            let _ = writeln!(text, "{}", track.viewer);
            for (index, stretch) in track.stretches.iter().enumerate() {
                text.push_str(&stretch.line());
                if all {
                    for reason in &stretch.because {
                        let _ = writeln!(text, "{:24}{reason}", "");
                    }
                } else if index > 0
                    && let Some(cause) = &stretch.cause
                {
                    let _ = writeln!(text, "{:24}{cause}", "");
                }
            }
        }
        text
    }
}

fn stretches<'a>(
    drill: &Drill,
    observations: impl Iterator<Item = &'a Observation>,
) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for seen in observations {
        let worth = Worth::of(drill, seen);
        let like = |last: &Stretch| {
            last.class == seen.class && last.status == seen.status && last.worth == worth
        };
        match stretches.last_mut().filter(|last| like(last)) {
            Some(last) => {
                last.to = seen.asked_at;
                last.answers += 1;
                last.slowest = last.slowest.max(seen.took);
            }
            None => {
                let before = stretches.last().map_or(&[][..], |last| &last.because);
                let cause = deciding(&seen.because, before).cloned();
                stretches.push(Stretch {
                    from: seen.asked_at,
                    to: seen.asked_at,
                    class: seen.class.clone(),
                    worth,
                    status: seen.status,
                    answers: 1,
                    slowest: seen.took,
                    missing: seen.missing.clone(),
                    cause,
                    because: seen.because.clone(),
                });
            }
        }
    }
    stretches
}

impl Stretch {
    fn line(&self) -> String {
        let status = self.status.map_or("-".to_owned(), |status| status.to_string());
        // Whether a named page was the right one is the one thing its name does not say.
        let wrong = match self.worth {
            Worth::WrongPage if self.missing.is_empty() => " (wrong now)".to_owned(),
            _ if self.missing.is_empty() => String::new(),
            _ => format!(", without {}", self.missing.join(" ")),
        };
        format!(
            "  {:>7} - {:>7}  {:<12} {:<4} {:>5} answers, slowest {}{wrong}\n",
            seconds(self.from),
            seconds(self.to),
            self.class.as_str(),
            status,
            self.answers,
            seconds(self.slowest),
        )
    }
}

/// `21.0s`
pub fn seconds(time: Duration) -> String {
    format!("{:.1}s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use standin_kernel::json;

    use super::*;

    fn drill() -> Drill {
        Drill::from_value(json!({
            "name": "n", "template": "t", "duration": "10s",
            "viewers": [{"name": "reader", "get": "/", "every": "1s"}],
        }))
        .unwrap()
    }

    fn seen(at_s: u64, class: Class, status: u16) -> Observation {
        Observation {
            viewer: "reader".into(),
            asked_at: Duration::from_secs(at_s),
            took: Duration::from_millis(at_s),
            class,
            status: Some(status),
            headers: BTreeMap::new(),
            missing: Vec::new(),
            because: vec![Reason::from_located(&json!({
                "service": "elbv2", "step": "rule", "row": "ALB-RU-01",
                "says": if at_s == 3 { "closed" } else { "open" },
            }))],
        }
    }

    #[test]
    fn same_answers_are_drawn_together_in_order_of_asking() {
        let sorry = Class::Named("sorry-page".into());
        let observations = vec![
            seen(3, sorry, 503),
            seen(1, Class::Page, 200),
            seen(2, Class::Page, 200),
            seen(4, Class::Page, 200),
        ];
        let events = vec![Event { at: Duration::from_secs(3), says: "break it".into() }];
        let timeline = Timeline::of(&drill(), &Run { observations, events, alarms: Vec::new() });
        let stretches = &timeline.viewers[0].stretches;
        let short: Vec<_> = stretches
            .iter()
            .map(|stretch| (stretch.from.as_secs(), stretch.class.as_str(), stretch.answers))
            .collect();
        assert_eq!(short, [(1, "page", 2), (3, "sorry-page", 1), (4, "page", 1)]);
        assert_eq!(stretches[0].slowest, Duration::from_millis(2));
        let text = timeline.text(false);
        assert!(text.contains("3.0s  break it\n"), "{text}");
        assert_eq!(text.matches("elbv2 rule: closed [ALB-RU-01]").count(), 1, "{text}");
        assert_eq!(text.matches("elbv2 rule: open [ALB-RU-01]").count(), 1, "{text}");
        assert_eq!(timeline.text(true).matches("elbv2 rule").count(), 3);
    }
}
