//! What stands for a container's image on this machine: the member `Standin` of
//! `RegisterTaskDefinition`, filled from `Metadata: Standin:` of the task definition.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use standin_kernel::datadog::is_agent_image;
use standin_kernel::{ApiError, Value};

use super::document::Document;
use crate::error::client;

/// The hints by the names of their containers. They may hold secrets: never printed.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Hints(BTreeMap<String, Value>);

impl fmt::Debug for Hints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The shape of the member; only read to find what is wrong with it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Shape {
    #[serde(default)]
    containers: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[expect(dead_code, reason = "the driver reads the hint; here its shape is checked")]
struct Hint {
    #[serde(default)]
    command: Vec<Scalar>,
    working_directory: Option<String>,
    #[serde(default)]
    environment: BTreeMap<String, Scalar>,
    cargo: Option<String>,
    /// How the container behaves in a review.
    model: Option<BTreeMap<String, Value>>,
    base_directory: Option<String>,
}

/// What YAML may make of a word.
#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only the shape counts")]
enum Scalar {
    Text(String),
    Number(serde_json::Number),
    Truth(bool),
}

impl Hints {
    /// Unknown keys and hints for containers that do not exist are refused by name.
    pub(super) fn read(value: &Value, document: &Document) -> Result<Self, ApiError> {
        if value.is_null() {
            return Ok(Self::default());
        }
        let shape = Shape::deserialize(value)
            .map_err(|wrong| client(format!("Metadata: Standin: {wrong}")))?;
        for (name, hint) in &shape.containers {
            let place = format!("Metadata: Standin: Containers: {name}");
            if !document.container_definitions.iter().any(|container| container.name == *name) {
                let names: Vec<&str> = document.names().collect();
                return Err(client(format!(
                    "{place}: the task definition has no such container; it has: {}",
                    names.join(", ")
                )));
            }
            Hint::deserialize(hint).map_err(|wrong| client(format!("{place}: {wrong}")))?;
        }
        Ok(Self(shape.containers))
    }

    /// For a revision that an SDK registers, which knows no hints: those of the revision before,
    /// for the containers that are still there. So `aws ecs register-task-definition` can be
    /// rehearsed.
    pub(super) fn taken_over(&self, document: &Document) -> Self {
        let there = |name: &str| document.names().any(|known| known == name);
        Self(self.0.iter().filter(|(name, _)| there(name)).map(owned).collect())
    }

    /// A line for each container whose image is the Datadog Agent's: a stand-in runs in its place,
    /// unless a hint names another program.
    pub(super) fn stood_in(&self, document: &Document) -> Vec<String> {
        let has_command =
            |name: &str| self.of(name)["Command"].as_array().is_some_and(|words| !words.is_empty());
        let containers = document.container_definitions.iter();
        let agents = containers.filter(|one| is_agent_image(&one.image) && !has_command(&one.name));
        let line = |(name, image): (&str, &str)| {
            format!(
                "the container {name} ({image}) is stood in for by `standin agent`, which sends \
                 nothing to Datadog"
            )
        };
        agents.map(|one| line((&one.name, &one.image))).collect()
    }

    /// The hint for a container, or `Null`.
    pub(super) fn of(&self, container: &str) -> Value {
        self.0.get(container).cloned().unwrap_or(Value::Null)
    }
}

fn owned((name, hint): (&String, &Value)) -> (String, Value) {
    (name.clone(), hint.clone())
}
