//! `AWS::ECS::TaskDefinition`: a change of anything but tags registers a new revision (CFN-RS-15).

mod container;
mod idle;
mod table;

use std::collections::BTreeMap;

use standin_kernel::resource::{Job, Progress, Property, ResourceType};
use standin_kernel::{Value, json};

use super::names::some;
use super::{call, refused, tagging};

#[derive(Debug)]
pub(super) struct TaskDefinition;

impl ResourceType for TaskDefinition {
    fn type_name(&self) -> &'static str {
        "AWS::ECS::TaskDefinition"
    }

    fn properties(&self) -> &'static [Property] {
        table::PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["TaskDefinitionArn"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match job.reply {
            None => match registration(job) {
                Ok(input) => call("RegisterTaskDefinition", input, 1),
                Err(message) => Progress::Failed { message },
            },
            Some(Err(error)) => refused(error),
            Some(Ok(registered)) => {
                done(registered["taskDefinition"]["taskDefinitionArn"].as_str().unwrap_or_default())
            }
        }
    }

    /// Only tags change in place.
    fn update(&self, job: &Job<'_>) -> Progress {
        if let Some(Err(error)) = job.reply {
            return refused(error);
        }
        let arn = job.physical_id.unwrap_or_default();
        match tagging::calls(job, arn).get(job.step as usize) {
            Some((operation, input)) => call(operation, input.clone(), job.step + 1),
            None => done(arn),
        }
    }

    /// The revision stays to be described, INACTIVE.
    fn delete(&self, job: &Job<'_>) -> Progress {
        let arn = job.physical_id.unwrap_or_default();
        match job.reply {
            None => call("DeregisterTaskDefinition", json!({"taskDefinition": arn}), 1),
            Some(Err(error)) if !error.message.contains("does not exist") => refused(error),
            Some(_) => done(arn),
        }
    }
}

/// The input of `RegisterTaskDefinition`; the hint travels as its member `Standin`.
fn registration(job: &Job<'_>) -> Result<Value, String> {
    let mut input = some(job.properties, table::TAKEN);
    if input["family"].is_null() {
        input["family"] = json!(job.generated_name);
    }
    // A template speaks for itself: without a hint it takes none over from an earlier revision.
    input["Standin"] = match job.hint {
        Value::Null => json!({"Containers": {}}),
        hint => with_base_directory(hint, job.base_directory)?,
    };
    Ok(input)
}

/// The hint, with the folder that its relative paths start from.
fn with_base_directory(hint: &Value, base_directory: &str) -> Result<Value, String> {
    let mut hint = hint.clone();
    if !hint.is_object() {
        return Err("Metadata: Standin: must be an object with the key Containers".to_owned());
    }
    let containers = hint.get_mut("Containers").and_then(Value::as_object_mut);
    for container in containers.into_iter().flat_map(serde_json::Map::values_mut) {
        if let Some(members) = container.as_object_mut() {
            members.insert("BaseDirectory".into(), json!(base_directory));
        }
    }
    Ok(hint)
}

fn done(arn: &str) -> Progress {
    let attributes = BTreeMap::from([("TaskDefinitionArn".to_owned(), json!(arn))]);
    Progress::Done { physical_id: arn.to_owned(), attributes }
}
