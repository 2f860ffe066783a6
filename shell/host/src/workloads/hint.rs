//! Reads what stands for an image on this machine: `Metadata: Standin: Containers: NAME:` of the
//! task definition.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// The hint as the template's author wrote it; `BaseDirectory` is added on the way here.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Hint {
    /// Program and arguments; empty: the task definition's own command.
    pub(super) command: Vec<Scalar>,
    /// Relative to `base_directory`; absent: that directory itself.
    pub(super) working_directory: Option<String>,
    /// The template's folder.
    pub(super) base_directory: Option<PathBuf>,
    /// Goes before the container's own entries of the same name: it is there to adapt them.
    pub(super) environment: BTreeMap<String, Scalar>,
    /// The program is a binary of this package of the Cargo workspace around the template.
    pub(super) cargo: Option<String>,
    /// A function's code, as it lies there.
    pub(super) folder: Option<String>,
    /// How the container behaves in the simulator; nothing to this machine.
    model: IgnoredAny,
    /// What nobody reads; named in the container's log.
    #[serde(flatten)]
    pub(super) others: BTreeMap<String, Value>,
}

impl Hint {
    /// `Null` is no hint. Fails with what is wrong with it, in one line.
    pub(super) fn read(local: &Value) -> Result<Option<Self>, String> {
        if local.is_null() {
            return Ok(None);
        }
        Self::deserialize(local).map(Some).map_err(|wrong| wrong.to_string())
    }
}

/// A text that YAML may have taken for a number or a truth value: `PORT: 8080`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub(super) enum Scalar {
    Text(String),
    Number(serde_json::Number),
    Truth(bool),
}

impl Scalar {
    /// The text, with the variables of `names` filled in. Any other `${...}` stays as it is: it
    /// may be for a shell.
    pub(super) fn filled(&self, names: &[(&str, String)]) -> String {
        match self {
            Self::Text(text) => fill(text, names),
            Self::Number(number) => number.to_string(),
            Self::Truth(truth) => truth.to_string(),
        }
    }
}

pub(super) fn fill(text: &str, names: &[(&str, String)]) -> String {
    names
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_numbers_and_truths_as_text_and_keeps_what_it_does_not_know() {
        let hint = Hint::read(&json!({
            "Command": ["app", "--port", 8080],
            "Environment": {"DEBUG": true, "LEVEL": "1"},
            "Memory": 5,
            "Model": {"ReadySeconds": 3},
        }))
        .unwrap()
        .unwrap();
        let words: Vec<_> = hint.command.iter().map(|word| word.filled(&[])).collect();
        assert_eq!(words, ["app", "--port", "8080"]);
        assert_eq!(hint.environment["DEBUG"].filled(&[]), "true");
        assert_eq!(hint.others, BTreeMap::from([("Memory".into(), json!(5))]));
        assert_eq!(Hint::read(&Value::Null).unwrap(), None);
    }

    #[test]
    fn a_hint_of_the_wrong_shape_is_refused() {
        let wrong = Hint::read(&json!({"Command": "app --port 1"})).unwrap_err();
        assert!(wrong.contains("expected a sequence"), "{wrong}");
        assert!(Hint::read(&json!({"Environment": {"A": [1]}})).is_err());
        assert!(Hint::read(&json!("app")).is_err());
    }

    #[test]
    fn fills_in_known_names_only() {
        let names = [("TASK_ADDRESS", "127.77.0.1".to_owned())];
        let text = "http://${TASK_ADDRESS}:80/${HOME}/$TASK_ADDRESS";
        assert_eq!(fill(text, &names), "http://127.77.0.1:80/${HOME}/$TASK_ADDRESS");
    }
}
