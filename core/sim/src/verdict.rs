//! Whether a drill's expectations were met, and by which answer not.

use std::fmt::Write;

use serde::Serialize;
use standin_kernel::Duration;

use crate::drill::{Drill, Expectation};
use crate::observe::Observation;
use crate::timeline::seconds;

/// The outcome of one expectation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The expectation in words.
    pub says: String,
    pub met: bool,
    /// How many answers it was about, and how many were against it.
    pub answers: usize,
    pub against: usize,
    /// The first answer against it, or why there is nothing to judge.
    pub first_against: Option<String>,
}

/// Judges every expectation of a drill.
pub fn judge(drill: &Drill, observations: &[Observation]) -> Vec<Verdict> {
    drill.expect.iter().map(|expected| one(drill, expected, observations)).collect()
}

fn one(drill: &Drill, expected: &Expectation, observations: &[Observation]) -> Verdict {
    let from = expected.after + expected.within;
    let until = expected.until.unwrap_or(drill.duration);
    let mut about: Vec<&Observation> = observations
        .iter()
        .filter(|seen| seen.asked_at >= from && seen.asked_at < until)
        .filter(|seen| expected.viewer.as_ref().is_none_or(|viewer| *viewer == seen.viewer))
        .collect();
    about.sort_by_key(|seen| seen.asked_at);
    let against: Vec<_> = about.iter().filter(|seen| !fits(expected, seen)).collect();
    let first_against = match against.first() {
        Some(seen) => Some(described(seen)),
        None if about.is_empty() => Some("no answer falls into this time".to_owned()),
        None => None,
    };
    Verdict {
        says: words(expected, from, until),
        // Nothing seen is nothing proven.
        met: against.is_empty() && !about.is_empty(),
        answers: about.len(),
        against: against.len(),
        first_against,
    }
}

fn fits(expected: &Expectation, seen: &Observation) -> bool {
    let class = seen.class.as_str();
    expected.every_answer.as_ref().is_none_or(|wanted| wanted == class)
        && expected.never.as_ref().is_none_or(|never| never != class)
        && expected.status.is_none_or(|status| seen.status == Some(status))
}

fn described(seen: &Observation) -> String {
    let status = seen.status.map_or(String::new(), |status| format!(" {status}"));
    format!("{} at {}: {}{status}", seen.viewer, seconds(seen.asked_at), seen.class)
}

fn words(expected: &Expectation, from: Duration, until: Duration) -> String {
    let mut words = format!("{} - {}: ", seconds(from), seconds(until));
    if let Some(viewer) = &expected.viewer {
        let _ = write!(words, "{viewer}: ");
    }
    match (&expected.every_answer, &expected.never) {
        (Some(class), _) => {
            let _ = write!(words, "every answer is {class}");
        }
        (None, Some(class)) => {
            let _ = write!(words, "never {class}");
        }
        (None, None) => words.push_str("every answer"),
    }
    if let Some(status) = expected.status {
        let _ = write!(words, " with {status}");
    }
    words
}

#[cfg(test)]
mod tests {
    use standin_kernel::json;

    use super::*;
    use crate::observe::Class;

    fn drill(expect: &standin_kernel::Value) -> Drill {
        Drill::from_value(json!({
            "name": "n", "template": "t", "duration": "10s",
            "viewers": [{"name": "v", "get": "/", "every": "1s"}],
            "expect": [expect],
        }))
        .unwrap()
    }

    fn seen(at_s: u64, class: Class, status: u16) -> Observation {
        Observation {
            viewer: "v".into(),
            asked_at: Duration::from_secs(at_s),
            took: Duration::ZERO,
            class,
            status: Some(status),
            because: Vec::new(),
        }
    }

    #[test]
    fn names_the_first_answer_against_it() {
        let drill = drill(&json!({"after": "2s", "within": "1s", "never": "raw-error"}));
        let fine = [seen(2, Class::RawError, 502), seen(3, Class::Page, 200)];
        assert!(judge(&drill, &fine)[0].met);
        let bad = [seen(4, Class::RawError, 504), seen(3, Class::RawError, 502)];
        let verdict = &judge(&drill, &bad)[0];
        assert_eq!(verdict.first_against.as_deref(), Some("v at 3.0s: raw-error 502"));
        assert_eq!((verdict.met, verdict.against), (false, 2));
    }

    #[test]
    fn nothing_seen_is_nothing_proven() {
        let drill = drill(&json!({"after": "5s", "every_answer": "page"}));
        assert!(!judge(&drill, &[seen(1, Class::Page, 200)])[0].met);
    }

    #[test]
    fn status_counts_too() {
        let drill = drill(&json!({"after": "0s", "every_answer": "page", "status": 200}));
        assert!(!judge(&drill, &[seen(1, Class::Page, 204)])[0].met);
    }
}
