//! Observations of one viewer drawn together into stretches of the same answer: who saw what, from
//! when to when, and why it changed.

use std::fmt::Write;

use serde::Serialize;
use standin_kernel::Duration;

use crate::observe::{Class, Observation};

/// What all viewers saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Timeline {
    pub viewers: Vec<Track>,
}

/// What one viewer saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Track {
    pub viewer: String,
    pub stretches: Vec<Stretch>,
}

/// A run of answers of the same class and status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// When the first and the last of them were asked.
    pub from: Duration,
    pub to: Duration,
    pub class: Class,
    pub status: Option<u16>,
    pub answers: usize,
    /// How long the slowest took.
    pub slowest: Duration,
    /// What decided the first of them.
    pub because: Vec<String>,
}

impl Timeline {
    /// Draws observations together; viewers in the order of their first request.
    pub fn of(observations: &[Observation]) -> Self {
        let mut viewers: Vec<Track> = Vec::new();
        let mut sorted: Vec<&Observation> = observations.iter().collect();
        sorted.sort_by_key(|seen| seen.asked_at);
        for seen in sorted {
            let track = match viewers.iter().position(|track| track.viewer == seen.viewer) {
                Some(at) => &mut viewers[at],
                None => {
                    viewers.push(Track { viewer: seen.viewer.clone(), stretches: Vec::new() });
                    let last = viewers.len() - 1;
                    &mut viewers[last]
                }
            };
            track.add(seen);
        }
        Self { viewers }
    }

    /// As text: a line each stretch, the reasons below it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for track in &self.viewers {
            let _ = writeln!(text, "{}", track.viewer);
            for stretch in &track.stretches {
                text.push_str(&stretch.text());
            }
        }
        text
    }
}

impl Track {
    fn add(&mut self, seen: &Observation) {
        if let Some(last) = self.stretches.last_mut()
            && last.class == seen.class
            && last.status == seen.status
        {
            last.to = seen.asked_at;
            last.answers += 1;
            last.slowest = last.slowest.max(seen.took);
            return;
        }
        self.stretches.push(Stretch {
            from: seen.asked_at,
            to: seen.asked_at,
            class: seen.class.clone(),
            status: seen.status,
            answers: 1,
            slowest: seen.took,
            because: seen.because.clone(),
        });
    }
}

impl Stretch {
    fn text(&self) -> String {
        let status = self.status.map_or("-".to_owned(), |status| status.to_string());
        let mut text = format!(
            "  {:>7} - {:>7}  {:<12} {:<4} {:>5} answers, slowest {}\n",
            seconds(self.from),
            seconds(self.to),
            self.class.as_str(),
            status,
            self.answers,
            seconds(self.slowest),
        );
        for reason in &self.because {
            let _ = writeln!(text, "                       {reason}");
        }
        text
    }
}

/// `21.0s`
pub fn seconds(time: Duration) -> String {
    format!("{:.1}s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(at_s: u64, class: Class, status: u16) -> Observation {
        Observation {
            viewer: "reader".into(),
            asked_at: Duration::from_secs(at_s),
            took: Duration::from_millis(at_s),
            class,
            status: Some(status),
            because: vec![format!("reason at {at_s}")],
        }
    }

    #[test]
    fn same_answers_are_drawn_together_in_order_of_asking() {
        let sorry = Class::Named("sorry-page".into());
        let observations = [
            seen(3, sorry.clone(), 503),
            seen(1, Class::Page, 200),
            seen(2, Class::Page, 200),
            seen(4, Class::Page, 200),
        ];
        let timeline = Timeline::of(&observations);
        let stretches = &timeline.viewers[0].stretches;
        let short: Vec<_> = stretches
            .iter()
            .map(|stretch| (stretch.from.as_secs(), stretch.class.as_str(), stretch.answers))
            .collect();
        assert_eq!(short, [(1, "page", 2), (3, "sorry-page", 1), (4, "page", 1)]);
        assert_eq!(stretches[0].slowest, Duration::from_millis(2));
        assert!(timeline.text().contains("reason at 3"));
    }
}
