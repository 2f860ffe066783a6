//! The story of a drill as its author wrote it: viewers, faults and planned operations over time,
//! expectations.
//!
//! Reading order: this file (what a story holds), [`written`] (how its members are written),
//! [`sense`] (what is refused although it can be read).

mod sense;
#[cfg(test)]
mod tests;
mod written;

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::cx::Pace;
use standin_kernel::fault::Mode;
use standin_kernel::{Duration, Env, ServiceName, Value};

use crate::cohort::Cohort;

use written::{duration, one_or_many, some_duration};

/// A drill, read from its file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    pub name: String,
    /// The template the story is about, relative to the drill's file.
    pub template: String,
    /// Parameters of the template, for the simulator.
    #[serde(default)]
    pub parameters: BTreeMap<String, Value>,
    /// Where it may be played.
    #[serde(default)]
    pub world: Worlds,
    /// How long AWS's own waits take in the simulator; the running stack has its own pace.
    #[serde(default, deserialize_with = "written::pace")]
    pub pace: Pace,
    #[serde(deserialize_with = "duration")]
    pub duration: Duration,
    /// An answer that takes longer is a hang, whatever it says.
    #[serde(default = "written::patience", deserialize_with = "duration")]
    pub patience: Duration,
    pub viewers: Vec<Viewer>,
    #[serde(default)]
    pub faults: Vec<Turn>,
    /// What is done on purpose while viewers ask.
    #[serde(default)]
    pub operations: Vec<Planned>,
    #[serde(default)]
    pub expect: Vec<Expectation>,
    /// How answers are told apart: an answer is of the class `name` when its body is that page's,
    /// or contains that text.
    #[serde(default)]
    pub pages: BTreeMap<String, Page>,
}

/// The worlds a story is true in. A story of one world says so because it uses something that the
/// other does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Worlds {
    Virtual,
    Real,
    #[default]
    Both,
}

/// Somebody who asks for the same thing again and again.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Viewer {
    pub name: String,
    /// Path and query.
    pub get: String,
    /// The host asked for; the stack's first distribution when left out.
    #[serde(default)]
    pub host: Option<String>,
    #[serde(deserialize_with = "duration")]
    pub every: Duration,
    /// What kind of viewers they are, and how many.
    #[serde(default)]
    pub cohort: Cohort,
}

/// Something that is broken or mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    pub at: Duration,
    pub act: Act,
    /// The AWS FIS action it was written as.
    pub action: Option<FisAction>,
}

/// An action of AWS Fault Injection Service with its parameters, all of them text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FisAction {
    pub id: String,
    pub parameters: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Break {
        target: String,
        mode: Mode,
        /// Mended by itself after this long.
        lasts: Option<Duration>,
    },
    /// `None`: everything.
    Repair { target: Option<String> },
}

impl Turn {
    /// In a few words: `break Service (stop) for 60s`.
    pub fn words(&self) -> String {
        match &self.act {
            Act::Break { target, mode, lasts } => {
                let lasts = lasts.map(|lasts| format!(" for {}s", lasts.as_secs_f64()));
                format!("break {target} ({mode}){}", lasts.unwrap_or_default())
            }
            Act::Repair { target } => {
                format!("repair {}", target.as_deref().unwrap_or("everything"))
            }
        }
    }
}

/// An operation that somebody carries out at its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    pub at: Duration,
    pub operation: Operation,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// An AWS operation by name; in its input `{"Ref": "LogicalId"}` is the physical id,
    /// `{"Drill::Time": "40s"}` that moment of the story, `{"Drill::Json": ..}` a document as text.
    Call { service: ServiceName, operation: String, input: Value },
    /// The stack gets new values for some parameters; the others keep theirs.
    UpdateStack { parameters: BTreeMap<String, Value> },
}

/// What must be so between two moments of the story.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    #[serde(deserialize_with = "duration")]
    pub after: Duration,
    /// Counts only from this long after `after`: the time things may take to settle.
    #[serde(default, deserialize_with = "duration")]
    pub within: Duration,
    /// Until then; the end of the drill when left out.
    #[serde(default, deserialize_with = "some_duration")]
    pub until: Option<Duration>,
    /// Only this viewer's answers.
    #[serde(default)]
    pub viewer: Option<String>,
    /// Each answer is of one of these classes; empty: of any.
    #[serde(default, deserialize_with = "one_or_many")]
    pub every_answer: Vec<String>,
    /// No answer is of one of these classes.
    #[serde(default, deserialize_with = "one_or_many")]
    pub never: Vec<String>,
    #[serde(default)]
    pub status: Option<u16>,
    /// Headers each answer carries, with their values; `*`: any value.
    #[serde(default)]
    pub header: BTreeMap<String, String>,
    /// Not about answers, but about an alarm: its logical id or its name.
    #[serde(default)]
    pub alarm: Option<String>,
    /// The state that the alarm is in all the time: `OK`, `ALARM`, `INSUFFICIENT_DATA`.
    #[serde(default, rename = "in")]
    pub state: Option<String>,
}

/// A page answers are compared with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Where the page is found on the first distribution.
    #[serde(default)]
    pub path: Option<String>,
    /// Instead: a text that its body has, for a page that is not the same for everybody.
    #[serde(default)]
    pub contains: Option<String>,
}

/// Why a drill cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// A member of the drill, by its path (`faults[1].mode`), and what is wrong with it.
    #[error("{path}: {why}")]
    Member { path: String, why: String },
    #[error("the stack of the drill did not come up: {0}")]
    Stack(String),
}

impl DrillError {
    pub(crate) fn member(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Member { path: path.into(), why: why.into() }
    }
}

impl Drill {
    /// Reads a drill from the value its YAML stands for, and refuses what makes no sense.
    pub fn from_value(value: Value) -> Result<Self, DrillError> {
        let drill: Self = serde_path_to_error::deserialize(value).map_err(|wrong| {
            let path = wrong.path().to_string();
            let path = if path == "." { "the drill".to_owned() } else { path };
            DrillError::member(path, wrong.inner().to_string())
        })?;
        sense::check(&drill)?;
        Ok(drill)
    }

    /// What only the simulator's viewers can do, by its path: a drill that asks for it cannot be
    /// played on the running stack.
    pub fn check_real(&self) -> Result<(), DrillError> {
        for (index, viewer) in self.viewers.iter().enumerate() {
            let cohort = &viewer.cohort;
            let refused = |member: &str, why: &str| {
                Err(DrillError::member(format!("viewers[{index}].cohort.{member}"), why))
            };
            if cohort.edge != 0 {
                return refused("edge", "the running stack has one point of presence");
            }
            if cohort.address.is_some_and(|address| !address.is_loopback()) {
                let why = "on the running stack viewers come from this machine: 127.0.0.0/8";
                return refused("address", why);
            }
        }
        Ok(())
    }

    /// The surroundings in which the simulator plays it.
    pub fn env(&self) -> Env {
        Env { pace: self.pace, ..Env::default() }
    }

    /// The parameters as a stack takes them: texts.
    pub fn parameter_texts(&self) -> Vec<(String, String)> {
        self.parameters.iter().map(|(name, value)| (name.clone(), parameter_text(value))).collect()
    }

    /// When the earliest fault still in force at `at` began. Planned operations are no faults.
    pub fn outage_began(&self, at: Duration) -> Option<Duration> {
        let mut turns: Vec<&Turn> = self.faults.iter().filter(|turn| turn.at <= at).collect();
        turns.sort_by_key(|turn| turn.at);
        let mut broken: Vec<(&str, Duration, Option<Duration>)> = Vec::new();
        for turn in turns {
            broken.retain(|(_, _, until)| until.is_none_or(|until| until > turn.at));
            match &turn.act {
                // Over as soon as it is done.
                Act::Break { mode, .. } if mode.happens_once() => {}
                Act::Break { target, lasts, .. } => {
                    // A second fault on the same target takes the first one's place.
                    let since = broken.iter().find(|(name, ..)| name == target);
                    let since = since.map_or(turn.at, |(_, since, _)| *since);
                    broken.retain(|(name, ..)| name != target);
                    broken.push((target, since, lasts.map(|lasts| turn.at + lasts)));
                }
                Act::Repair { target: Some(target) } => {
                    broken.retain(|(name, ..)| name != target);
                }
                Act::Repair { target: None } => broken.clear(),
            }
        }
        broken.retain(|(_, _, until)| until.is_none_or(|until| until > at));
        broken.iter().map(|(_, since, _)| *since).min()
    }
}

/// The value of a parameter as a stack takes it.
pub fn parameter_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
