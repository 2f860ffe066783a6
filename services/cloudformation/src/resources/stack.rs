//! `AWS::CloudFormation::Stack`: a stack in a stack, made through the operations that make any
//! (CFN-NS-*, CFN-RS-56).

use std::collections::BTreeMap;

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType, is_system_tag};
use standin_kernel::{ApiError, Duration, ServiceName, Value, json};

use super::NESTED_STACK;
use crate::api::NESTED_STACK_STATE;

#[derive(Debug)]
pub(super) struct NestedStack;

const TAG: [Property; 2] =
    [Property::new("Key", Kind::Text).required(), Property::new("Value", Kind::Text).required()];

static PROPERTIES: [Property; 5] = [
    Property::new("TemplateURL", Kind::Text).required(),
    Property::new("Parameters", Kind::Map(&Kind::Text)),
    Property::new("Tags", Kind::List(&Kind::Object(&TAG))),
    Property::new("TimeoutInMinutes", Kind::Integer(1, i64::MAX)),
    Property::new("NotificationARNs", Kind::List(&Kind::Text))
        .no_effect("they are shown; nobody is notified"),
];

/// How often a parent looks how a child is.
const LOOK: Duration = Duration::from_millis(200);
/// Longest name of a stack.
const NAME_MAX: usize = 128;

impl ResourceType for NestedStack {
    fn type_name(&self) -> &'static str {
        NESTED_STACK
    }

    fn properties(&self) -> &'static [Property] {
        &PROPERTIES
    }

    /// Besides, `Outputs.Name`.
    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match job.step {
            0 => asked(job, "CreateStack", &name(job), 1),
            1 => match reply(job) {
                Ok(reply) => {
                    let id = reply["StackId"].as_str().map(str::to_owned);
                    wait(2, Value::Null, id)
                }
                Err(refused) => Progress::Failed { message: refused.message },
            },
            2 => look(job, 3),
            _ => match Child::of(job) {
                Err(refused) => Progress::Failed { message: refused.message },
                Ok(child) => match child.status.as_str() {
                    "CREATE_COMPLETE" => child.done(job),
                    "CREATE_IN_PROGRESS" => wait(2, Value::Null, None),
                    // CFN-NS-03
                    _ => child.failed(job, "created"),
                },
            },
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        match job.step {
            0 => asked(job, "UpdateStack", job.physical_id.unwrap_or_default(), 1),
            1 => match reply(job) {
                Ok(reply) => wait(2, reply["Standin"].clone(), None),
                // An earlier operation is not over.
                Err(refused) if refused.message.contains("_IN_PROGRESS state") => {
                    wait(0, Value::Null, None)
                }
                Err(refused) => Progress::Failed { message: refused.message },
            },
            2 => look(job, 3),
            _ => match Child::of(job) {
                Err(refused) => Progress::Failed { message: refused.message },
                Ok(child) => child.updated(job),
            },
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let id = job.physical_id.unwrap_or_default();
        match job.step {
            0 => call("DeleteStack", json!({"StackName": id}), 1, Value::Null),
            1 => match reply(job) {
                Ok(_) => wait(2, Value::Null, None),
                Err(refused) if refused.message.contains("cannot be deleted while in status") => {
                    wait(0, Value::Null, None)
                }
                Err(refused) => Progress::Failed { message: refused.message },
            },
            2 => look(job, 3),
            _ => match Child::of(job) {
                Err(_) => Child::default().done(job),
                Ok(child) => match child.status.as_str() {
                    "DELETE_COMPLETE" => child.done(job),
                    "DELETE_IN_PROGRESS" | "CREATE_IN_PROGRESS" => wait(2, Value::Null, None),
                    _ => child.failed(job, "deleted"),
                },
            },
        }
    }
}

fn call(operation: &'static str, input: Value, step: u32, context: Value) -> Progress {
    Progress::Call { service: ServiceName::CloudFormation, operation, input, step, context }
}

fn wait(step: u32, context: Value, physical_id: Option<String>) -> Progress {
    Progress::Wait { after: LOOK, step, context, physical_id }
}

fn look(job: &Job<'_>, step: u32) -> Progress {
    let input = json!({"StackName": job.physical_id.unwrap_or_default()});
    call(NESTED_STACK_STATE, input, step, job.context.clone())
}

fn reply(job: &Job<'_>) -> Result<Value, ApiError> {
    let missing = || ApiError::new("InternalFailure", 500, "there is no answer");
    job.reply.cloned().unwrap_or_else(|| Err(missing()))
}

/// CFN-NS-01: `Parent-LogicalId-RANDOM`; of a long one the beginning is cut.
fn name(job: &Job<'_>) -> String {
    let behind = job.generated_name.get(job.stack_name.len()..).unwrap_or_default();
    let room = NAME_MAX.saturating_sub(behind.len());
    let before: String = job.stack_name.chars().take(room).collect();
    format!("{before}{behind}")
}

/// The input of CreateStack and UpdateStack.
fn asked(job: &Job<'_>, operation: &'static str, stack_name: &str, step: u32) -> Progress {
    let properties = job.properties;
    let parameters = properties["Parameters"].as_object().cloned().unwrap_or_default();
    let parameters: Vec<Value> = parameters
        .into_iter()
        .map(|(key, value)| json!({"ParameterKey": key, "ParameterValue": value}))
        .collect();
    let mut tags = job.tags("Tags");
    tags.retain(|tag| tag["Key"].as_str().is_some_and(|key| !is_system_tag(key)));
    let url = properties["TemplateURL"].as_str().unwrap_or_default();
    let mut standin = json!({"Parent": job.stack_id, "LogicalId": job.logical_id});
    if let Some((folder, file)) = local_file(job.base_directory, url) {
        standin["File"] = json!(file);
        standin["BaseDirectory"] = json!(folder);
    }
    let mut input = json!({
        "StackName": stack_name,
        "TemplateURL": url,
        "Parameters": parameters,
        "Tags": tags,
        "Standin": standin,
    });
    if let (Some(minutes), "CreateStack") = (properties.get("TimeoutInMinutes"), operation) {
        input["TimeoutInMinutes"] = minutes.clone();
    }
    if let Some(arns) = properties.get("NotificationARNs") {
        input["NotificationARNs"] = arns.clone();
    }
    call(operation, input, step, Value::Null)
}

/// Folder and path of a template that is a file beside its parent (before `aws cloudformation
/// package` has made an address of it).
fn local_file(base_directory: &str, url: &str) -> Option<(String, String)> {
    if base_directory.is_empty() || url.contains("://") || url.is_empty() {
        return None;
    }
    let whole =
        if url.starts_with('/') { url.to_owned() } else { format!("{base_directory}/{url}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let (_, folders) = parts.split_last()?;
    Some((format!("/{}", folders.join("/")), format!("/{}", parts.join("/"))))
}

/// How a child is.
#[derive(Debug, Default)]
struct Child {
    status: String,
    reason: String,
    outputs: serde_json::Map<String, Value>,
}

impl Child {
    fn of(job: &Job<'_>) -> Result<Self, ApiError> {
        let reply = reply(job)?;
        let text = |member: &str| reply[member].as_str().unwrap_or_default().to_owned();
        let outputs = reply["Outputs"].as_object().cloned().unwrap_or_default();
        Ok(Self { status: text("Status"), reason: text("Reason"), outputs })
    }

    fn updated(self, job: &Job<'_>) -> Progress {
        let rests = !self.status.ends_with("_IN_PROGRESS");
        let failed = self.status == "UPDATE_FAILED" || self.status == "UPDATE_ROLLBACK_FAILED";
        if job.context["PutBack"] == true || job.context["Unchanged"] == true {
            return match rests {
                false => wait(2, job.context.clone(), None),
                true if failed => self.failed(job, "updated"),
                true => self.done(job),
            };
        }
        match self.status.as_str() {
            "UPDATE_COMPLETE" | "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" => self.done(job),
            "UPDATE_IN_PROGRESS" => wait(2, job.context.clone(), None),
            _ => {
                let (id, status) = (job.physical_id.unwrap_or_default(), &self.status);
                let message = format!(
                    "Embedded stack {id} was not successfully updated. Currently in {status} with \
                     reason: {}",
                    self.reason
                );
                Progress::Failed { message }
            }
        }
    }

    fn done(self, job: &Job<'_>) -> Progress {
        let physical_id = job.physical_id.unwrap_or_default().to_owned();
        let named = |(name, value)| (format!("Outputs.{name}"), value);
        let attributes: BTreeMap<String, Value> = self.outputs.into_iter().map(named).collect();
        Progress::Done { physical_id, attributes }
    }

    fn failed(self, job: &Job<'_>, done: &str) -> Progress {
        let id = job.physical_id.unwrap_or_default();
        let message = format!("Embedded stack {id} was not successfully {done}: {}", self.reason);
        Progress::Failed { message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_from_the_folder_of_the_template_that_names_it() {
        let file = |base, url| local_file(base, url).map(|(_, file)| file);
        assert_eq!(file("/a/b", "./c.yaml").as_deref(), Some("/a/b/c.yaml"));
        assert_eq!(file("/a/b", "../c/d.yaml").as_deref(), Some("/a/c/d.yaml"));
        assert_eq!(file("/a/b", "/x.yaml").as_deref(), Some("/x.yaml"));
        assert_eq!(file("/a/b", "https://b.s3.amazonaws.com/k"), None);
        assert_eq!(file("", "c.yaml"), None);
    }
}
