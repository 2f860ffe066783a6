//! What a template says of itself under `Metadata: Standin: Pattern`: how its site is closed for
//! planned work, who passes then, and by which words its page is known.

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::Value;

use crate::keys::Keys;
use crate::play::Stage;
use crate::review::scene::Scene;

/// A known way to show a page.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase", default)]
pub(super) struct Pattern {
    /// Rows of the ledger.
    pub(super) ledger: Vec<String>,
    pub(super) title: Title,
    /// Words that stand in the page and in nothing else.
    pub(super) says: String,
    /// A path that an edge keeps in its cache.
    pub(super) cached: Option<String>,
    /// A path that takes a form; `/` without it.
    pub(super) form: Option<String>,
    /// How the site is closed; without it, the page is for failures alone.
    pub(super) close: Option<Close>,
    /// The headers of those who pass while the site is closed.
    pub(super) operator: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Title {
    pub(super) en: String,
    pub(super) ja: String,
}

/// A planned change and its way back.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase", default)]
pub(super) struct Close {
    /// The stack is updated with these; opening gives them their former values.
    pub(super) parameters: BTreeMap<String, Value>,
    /// Written into key value stores, by the store's logical id; opening deletes them.
    pub(super) keys: Keys,
}

impl Pattern {
    /// `None` when the template says nothing of the kind.
    pub(super) fn of(scene: &Scene) -> Result<Option<Self>, String> {
        let written = &scene.written["Metadata"]["Standin"]["Pattern"];
        if written.is_null() {
            return Ok(None);
        }
        let read = Self::deserialize(written);
        read.map(Some).map_err(|wrong| format!("Metadata.Standin.Pattern: {wrong}"))
    }
}

/// The stage of a site that is closed from the beginning.
pub(super) fn closed(stage: &Stage, close: &Close) -> Stage {
    let (mut stage, values) = (stage.clone(), &close.parameters);
    stage.keys.extend(close.keys.clone());
    let given = stage.stack["Parameters"].as_array().cloned().unwrap_or_default();
    let named =
        |one: &Value| one["ParameterKey"].as_str().is_some_and(|key| values.contains_key(key));
    let mut list: Vec<Value> = given.into_iter().filter(|one| !named(one)).collect();
    list.extend(values.iter().map(|(key, value)| {
        let value = crate::drill::parameter_text(value);
        standin_kernel::json!({"ParameterKey": key, "ParameterValue": value})
    }));
    stage.stack["Parameters"] = Value::Array(list);
    stage
}
