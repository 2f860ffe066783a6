//! The story of a drill as its author wrote it: viewers, faults over time, expectations.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use standin_kernel::fault::{Mode, parse_duration};
use standin_kernel::{Duration, Value};

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
    #[serde(deserialize_with = "duration")]
    pub duration: Duration,
    pub viewers: Vec<Viewer>,
    #[serde(default)]
    pub faults: Vec<Turn>,
    #[serde(default)]
    pub expect: Vec<Expectation>,
    /// How answers are told apart: an answer is of the class `name` when its body is that object's.
    #[serde(default)]
    pub pages: BTreeMap<String, Page>,
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
}

/// Something that is broken or mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    pub at: Duration,
    pub act: Act,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Break {
        target: String,
        mode: Mode,
    },
    /// `None`: everything.
    Repair {
        target: Option<String>,
    },
}

/// What must be so between two moments of the story.
#[derive(Clone, Debug, Deserialize)]
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
    #[serde(default)]
    pub every_answer: Option<String>,
    #[serde(default)]
    pub never: Option<String>,
    #[serde(default)]
    pub status: Option<u16>,
}

/// A page answers are compared with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Where the page is found on the first distribution.
    pub path: String,
}

/// Why a drill cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    #[error("{0}")]
    Format(#[from] serde_json::Error),
    #[error("{0}")]
    Sense(String),
    #[error("the stack of the drill did not come up: {0}")]
    Stack(String),
}

impl Drill {
    /// Reads a drill from the value its YAML stands for, and refuses what makes no sense.
    pub fn from_value(value: Value) -> Result<Self, DrillError> {
        let drill: Self = serde_json::from_value(value)?;
        drill.check().map_err(DrillError::Sense)?;
        Ok(drill)
    }

    fn check(&self) -> Result<(), String> {
        if self.viewers.is_empty() {
            return Err("a drill needs at least one viewer".into());
        }
        for viewer in &self.viewers {
            if viewer.every < Duration::from_millis(10) {
                return Err(format!("viewer {}: every must be 10ms or more", viewer.name));
            }
            if !viewer.get.starts_with('/') {
                return Err(format!("viewer {}: get must begin with /", viewer.name));
            }
        }
        if let Some(turn) = self.faults.iter().find(|turn| turn.at > self.duration) {
            return Err(format!("a fault at {:?} comes after the end", turn.at));
        }
        for expectation in &self.expect {
            let class = expectation.every_answer.as_deref().or(expectation.never.as_deref());
            match class {
                None if expectation.status.is_none() => {
                    return Err("an expectation needs every_answer, never or status".into());
                }
                Some(class) if !self.knows(class) => {
                    return Err(format!(
                        "'{class}' is neither page, raw-error, no-answer nor one of pages"
                    ));
                }
                _ => {}
            }
            let named = expectation.viewer.as_ref();
            if named.is_some_and(|name| self.viewers.iter().all(|viewer| viewer.name != *name)) {
                return Err(format!("there is no viewer {}", named.map_or("", String::as_str)));
            }
        }
        Ok(())
    }

    fn knows(&self, class: &str) -> bool {
        matches!(class, "page" | "raw-error" | "no-answer") || self.pages.contains_key(class)
    }
}

/// A turn as it is written: `{at, break, mode}` or `{at, repair}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTurn {
    #[serde(deserialize_with = "duration")]
    at: Duration,
    #[serde(default, rename = "break")]
    broken: Option<String>,
    #[serde(default)]
    mode: Option<String>,
    #[serde(default)]
    repair: Option<String>,
}

impl<'de> Deserialize<'de> for Turn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let WrittenTurn { at, broken, mode, repair } = WrittenTurn::deserialize(deserializer)?;
        let act = match (broken, repair, mode) {
            (Some(target), None, mode) => {
                let mode = mode.as_deref().unwrap_or("stop").parse().map_err(D::Error::custom)?;
                Act::Break { target, mode }
            }
            (None, Some(target), None) => {
                Act::Repair { target: Some(target).filter(|target| target != "all") }
            }
            _ => return Err(D::Error::custom("a fault says either break (with mode) or repair")),
        };
        Ok(Self { at, act })
    }
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    use serde::de::Error;
    let value = Value::deserialize(deserializer)?;
    let text = match &value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let wrong =
        || D::Error::custom(format!("'{text}' is not a length of time; use 20s, 500ms, 2m"));
    parse_duration(&text).ok_or_else(wrong)
}

fn some_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    duration(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use standin_kernel::json;

    use super::*;

    fn written() -> Value {
        json!({
            "name": "n", "template": "t.yaml", "duration": "90s",
            "viewers": [{"name": "reader", "get": "/", "every": "1s"}],
            "faults": [
                {"at": "20s", "break": "Service", "mode": "hang"}, {"at": 80, "repair": "all"},
            ],
            "expect": [{"after": "20s", "within": "10s", "never": "raw-error"}],
        })
    }

    #[test]
    fn reads_a_story() {
        let drill = Drill::from_value(written()).unwrap();
        let act = Act::Break { target: "Service".into(), mode: Mode::Hang };
        assert_eq!(drill.faults[0], Turn { at: Duration::from_secs(20), act });
        assert_eq!(drill.faults[1].act, Act::Repair { target: None });
    }

    #[test]
    fn refuses_nonsense_by_name() {
        let refusal = |path: &str, value: Value| {
            let mut story = written();
            *story.pointer_mut(path).unwrap() = value;
            Drill::from_value(story).unwrap_err().to_string()
        };
        assert!(refusal("/duration", json!("soon")).contains("'soon' is not a length of time"));
        assert!(refusal("/viewers", json!([])).contains("at least one viewer"));
        assert!(refusal("/faults/0/mode", json!("burn")).contains("'burn' is not a mode"));
        assert!(refusal("/expect/0/never", json!("blank")).contains("'blank' is neither"));
        assert!(refusal("/viewers/0", json!({"nane": "x"})).contains("unknown field `nane`"));
        assert!(refusal("/faults/0/at", json!("2h")).contains("after the end"));
    }
}
