//! How a container behaves under virtual time: when it starts, whether it ends by itself, how fast
//! it answers. Inferred from the task definition, refined under `Metadata: Standin: Containers: X:
//! Model`.

use standin_kernel::workload::WorkloadSpec;
use standin_kernel::{Duration, Value};

/// The behaviour of one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// From launch until it runs.
    pub starts_after: Duration,
    /// Ends by itself with code 0 this long after it started.
    pub ends_after: Option<Duration>,
    /// From start until it accepts connections.
    pub ready_after: Duration,
    /// How long an answer takes.
    pub answers_after: Duration,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            starts_after: Duration::from_millis(20),
            ends_after: None,
            ready_after: Duration::from_millis(30),
            answers_after: Duration::from_millis(2),
        }
    }
}

impl Model {
    /// The model of a container. `one_shot`: another container waits for it to SUCCESS or COMPLETE,
    /// so it is one that ends.
    pub fn of(spec: &WorkloadSpec, one_shot: bool) -> Self {
        let written = &spec.local["Model"];
        let default = Self::default();
        let seconds = |name: &str| written[name].as_f64().and_then(to_duration);
        Self {
            starts_after: seconds("StartSeconds").unwrap_or(default.starts_after),
            ends_after: seconds("EndsAfterSeconds")
                .or_else(|| one_shot.then_some(Duration::from_millis(50))),
            ready_after: seconds("ReadySeconds").unwrap_or(default.ready_after),
            answers_after: seconds("AnswerSeconds").unwrap_or(default.answers_after),
        }
    }
}

fn to_duration(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

/// Names of the containers of a task definition that others wait for to end.
pub fn one_shots(task_definition: &Value) -> Vec<String> {
    let containers = task_definition["containerDefinitions"].as_array();
    containers
        .into_iter()
        .flatten()
        .flat_map(|container| container["dependsOn"].as_array().into_iter().flatten())
        .filter(|needs| needs["condition"] == "SUCCESS" || needs["condition"] == "COMPLETE")
        .filter_map(|needs| needs["containerName"].as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use standin_kernel::json;

    use super::*;

    #[test]
    fn a_container_waited_for_to_succeed_is_one_that_ends() {
        let definition = json!({"containerDefinitions": [
            {"name": "app", "dependsOn": [
                {"containerName": "prepare", "condition": "SUCCESS"},
                {"containerName": "agent", "condition": "HEALTHY"},
            ]},
            {"name": "prepare"}, {"name": "agent"},
        ]});
        assert_eq!(one_shots(&definition), ["prepare"]);
    }
}
