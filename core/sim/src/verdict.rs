//! Whether a drill's expectations were met, and by which answer not; and whether an answer was the
//! right one at its time.

use std::fmt::Write;

use serde::Serialize;
use standin_kernel::Duration;

use crate::alarm::AlarmStates;
use crate::drill::{Drill, Expectation};
use crate::observe::{Class, Observation};
use crate::timeline::{Run, seconds};

/// The outcome of one expectation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The expectation in words.
    pub says: String,
    pub met: bool,
    /// How many answers it was about, and how many were against it; of an alarm, how many states.
    pub answers: usize,
    pub against: usize,
    /// What is counted there: `answers`, or `states` of an alarm.
    pub counted: &'static str,
    /// The first answer against it, or why there is nothing to judge.
    pub first_against: Option<String>,
}

/// What an answer was worth to the viewer who got it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Worth {
    /// What the viewer came for.
    RightPage,
    /// A page made for such times, and nothing expected is against it.
    RightSorryPage,
    /// A page made for other times, as an expectation that covers this moment says; or a page
    /// without its styles.
    WrongPage,
    Stale,
    RawError,
    Hang,
    NoAnswer,
}

impl Worth {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RightPage => "right-page",
            Self::RightSorryPage => "right-sorry-page",
            Self::WrongPage => "wrong-page",
            Self::Stale => "stale",
            Self::RawError => "raw-error",
            Self::Hang => "hang",
            Self::NoAnswer => "no-answer",
        }
    }

    /// Of an answer, by its class and by what the drill expects at its time.
    pub fn of(drill: &Drill, seen: &Observation) -> Self {
        match seen.class {
            Class::Page => Self::RightPage,
            Class::Incomplete => Self::WrongPage,
            Class::Stale => Self::Stale,
            Class::RawError => Self::RawError,
            Class::Hang => Self::Hang,
            Class::NoAnswer => Self::NoAnswer,
            Class::Named(_) => {
                let expected = drill.expect.iter().filter(|one| one.is_about(drill, seen));
                let mut against = expected.filter(|expected| !expected.class_fits(&seen.class));
                if against.next().is_some() { Self::WrongPage } else { Self::RightSorryPage }
            }
        }
    }
}

impl Expectation {
    /// From when it counts, and until when.
    pub fn span(&self, drill: &Drill) -> (Duration, Duration) {
        (self.after + self.within, self.until.unwrap_or(drill.duration))
    }

    fn is_about(&self, drill: &Drill, seen: &Observation) -> bool {
        let (from, until) = self.span(drill);
        let in_time = seen.asked_at >= from && seen.asked_at < until;
        in_time
            && self.alarm.is_none()
            && self.viewer.as_ref().is_none_or(|viewer| *viewer == seen.viewer)
    }

    fn class_fits(&self, class: &Class) -> bool {
        let among = |classes: &[String]| classes.iter().any(|one| one == class.as_str());
        (self.every_answer.is_empty() || among(&self.every_answer)) && !among(&self.never)
    }

    fn fits(&self, seen: &Observation) -> bool {
        let has = |(name, wanted): (&String, &String)| {
            let found = seen.headers.get(name);
            found.is_some_and(|value| wanted == "*" || value == wanted)
        };
        self.class_fits(&seen.class)
            && self.status.is_none_or(|status| seen.status == Some(status))
            && self.header.iter().all(has)
    }

    /// The expectation in words.
    fn words(&self, drill: &Drill) -> String {
        let (from, until) = self.span(drill);
        let mut words = format!("{} - {}: ", seconds(from), seconds(until));
        if let (Some(alarm), Some(state)) = (&self.alarm, &self.state) {
            let _ = write!(words, "the alarm {alarm} is in {state}");
            return words;
        }
        if let Some(viewer) = &self.viewer {
            let _ = write!(words, "{viewer}: ");
        }
        words.push_str("every answer");
        if !self.every_answer.is_empty() {
            let _ = write!(words, " is {}", self.every_answer.join(" or "));
        }
        if let Some(status) = self.status {
            let _ = write!(words, " with {status}");
        }
        for (name, value) in &self.header {
            let _ = write!(words, " with {name}: {value}");
        }
        if !self.never.is_empty() {
            if words.ends_with("every answer") {
                words.truncate(words.len() - "every answer".len());
            } else {
                words.push_str(", ");
            }
            let _ = write!(words, "never {}", self.never.join(" or "));
        }
        words
    }
}

/// Judges every expectation of a drill.
pub fn judge(drill: &Drill, run: &Run) -> Vec<Verdict> {
    let judged = |expected: &Expectation| match &expected.alarm {
        Some(alarm) => of_alarm(drill, expected, alarm, &run.alarms),
        None => one(drill, expected, &run.observations),
    };
    drill.expect.iter().map(judged).collect()
}

/// Counts the states the alarm was in, instead of answers.
fn of_alarm(drill: &Drill, expected: &Expectation, name: &str, all: &[AlarmStates]) -> Verdict {
    let (from, until) = expected.span(drill);
    let alarm = all.iter().find(|alarm| alarm.name == name);
    let states = alarm.map(|alarm| alarm.between(from, until)).unwrap_or_default();
    let is_against = |(_, state): &&(Duration, &str)| expected.state.as_deref() != Some(*state);
    let against: Vec<_> = states.iter().filter(is_against).collect();
    let first_against = match against.first() {
        Some((at, state)) => Some(format!("{name} at {}: {state}", seconds(*at))),
        None if states.is_empty() => Some("the alarm was not watched".to_owned()),
        None => None,
    };
    Verdict {
        says: expected.words(drill),
        met: against.is_empty() && !states.is_empty(),
        answers: states.len(),
        against: against.len(),
        counted: "states",
        first_against,
    }
}

fn one(drill: &Drill, expected: &Expectation, observations: &[Observation]) -> Verdict {
    let mut about: Vec<&Observation> =
        observations.iter().filter(|seen| expected.is_about(drill, seen)).collect();
    about.sort_by_key(|seen| seen.asked_at);
    let against: Vec<_> = about.iter().filter(|seen| !expected.fits(seen)).collect();
    let first_against = match against.first() {
        Some(seen) => Some(described(expected, seen)),
        None if about.is_empty() => Some("no answer falls into this time".to_owned()),
        None => None,
    };
    Verdict {
        says: expected.words(drill),
        // Nothing seen is nothing proven.
        met: against.is_empty() && !about.is_empty(),
        answers: about.len(),
        against: against.len(),
        counted: "answers",
        first_against,
    }
}

fn described(expected: &Expectation, seen: &Observation) -> String {
    let status = seen.status.map_or(String::new(), |status| format!(" {status}"));
    let mut text = format!("{} at {}: {}{status}", seen.viewer, seconds(seen.asked_at), seen.class);
    if !seen.missing.is_empty() {
        text.push_str(&format!(" without {}", seen.missing.join(", ")));
    }
    for name in expected.header.keys() {
        match seen.headers.get(name) {
            Some(value) => text.push_str(&format!(", {name}: {value}")),
            None => text.push_str(&format!(", without {name}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use standin_kernel::{Value, json};

    use super::*;

    fn drill(expect: &Value) -> Drill {
        Drill::from_value(json!({
            "name": "n", "template": "t", "duration": "10s",
            "viewers": [{"name": "v", "get": "/", "every": "1s"}],
            "expect": [expect], "pages": {"sorry": {"path": "/sorry"}},
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
            headers: BTreeMap::new(),
            missing: Vec::new(),
            because: Vec::new(),
        }
    }

    fn judged(drill: &Drill, observations: &[Observation]) -> Vec<Verdict> {
        judge(drill, &Run { observations: observations.to_vec(), ..Run::default() })
    }

    #[test]
    fn names_the_first_answer_against_it() {
        let drill = drill(&json!({"after": "2s", "within": "1s", "never": "raw-error"}));
        let fine = [seen(2, Class::RawError, 502), seen(3, Class::Page, 200)];
        assert!(judged(&drill, &fine)[0].met);
        let bad = [seen(4, Class::RawError, 504), seen(3, Class::RawError, 502)];
        let verdict = &judged(&drill, &bad)[0];
        assert_eq!(verdict.first_against.as_deref(), Some("v at 3.0s: raw-error 502"));
        assert_eq!((verdict.met, verdict.against), (false, 2));
        assert_eq!(verdict.says, "3.0s - 10.0s: never raw-error");
    }

    #[test]
    fn nothing_seen_is_nothing_proven() {
        let drill = drill(&json!({"after": "5s", "every_answer": "page"}));
        assert!(!judged(&drill, &[seen(1, Class::Page, 200)])[0].met);
    }

    #[test]
    fn status_and_headers_count_too() {
        let status = drill(&json!({"after": "0s", "every_answer": "page", "status": 200}));
        assert!(!judged(&status, &[seen(1, Class::Page, 204)])[0].met);
        let header = drill(&json!({"after": "0s", "header": {"Retry-After": "60", "Via": "*"}}));
        let mut answer = seen(1, Class::Page, 503);
        answer.headers.insert("Retry-After".into(), "60".into());
        let verdict = &judged(&header, std::slice::from_ref(&answer))[0];
        let first = verdict.first_against.as_deref();
        assert_eq!(first, Some("v at 1.0s: page 503, Retry-After: 60, without Via"));
        answer.headers.insert("Via".into(), "1.1 x".into());
        assert!(judged(&header, &[answer])[0].met);
    }

    #[test]
    fn one_of_several_classes_is_enough() {
        let drill = drill(&json!({"after": "0s", "every_answer": ["page", "stale"]}));
        let answers = [seen(1, Class::Page, 200), seen(2, Class::Stale, 200)];
        let verdict = &judged(&drill, &answers)[0];
        assert!(verdict.met);
        assert_eq!(verdict.says, "0.0s - 10.0s: every answer is page or stale");
    }

    #[test]
    fn a_sorry_page_is_wrong_once_an_expectation_is_against_it() {
        let drill = drill(&json!({"after": "4s", "within": "1s", "never": "sorry"}));
        let worth = |at_s| Worth::of(&drill, &seen(at_s, Class::Named("sorry".into()), 503));
        assert_eq!(worth(4), Worth::RightSorryPage);
        assert_eq!(worth(5), Worth::WrongPage);
    }

    #[test]
    fn an_alarm_is_in_its_state_all_the_time() {
        let states = [(0, "OK"), (3, "ALARM"), (7, "OK")];
        let states = states.map(|(at_s, state)| (Duration::from_secs(at_s), state.to_owned()));
        let alarms = vec![AlarmStates { name: "Errors".into(), states: states.to_vec() }];
        let run = Run { alarms, ..Run::default() };
        let judged = |after: u64, until: u64, state: &str| {
            let expect = json!({"after": after, "until": until, "alarm": "Errors", "in": state});
            judge(&drill(&expect), &run).remove(0)
        };
        assert!(judged(0, 3, "OK").met);
        assert!(judged(3, 7, "ALARM").met);
        assert!(judged(8, 9, "OK").met);
        let verdict = judged(2, 8, "ALARM");
        assert_eq!(verdict.says, "2.0s - 8.0s: the alarm Errors is in ALARM");
        assert_eq!((verdict.met, verdict.answers, verdict.against), (false, 3, 2));
        assert_eq!(verdict.first_against.as_deref(), Some("Errors at 2.0s: OK"));
        let expect = json!({"after": 0, "alarm": "Other", "in": "OK"});
        assert!(!judge(&drill(&expect), &run)[0].met, "what was not watched is not proven");
    }
}
