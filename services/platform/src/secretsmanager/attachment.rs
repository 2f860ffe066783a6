//! `AWS::SecretsManager::SecretTargetAttachment` (CFN-RS-33): where a database is reached, written
//! into the secret with its password. The secret's value is in no context of a job.

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType};
use standin_kernel::{ServiceName, Value, json};

#[derive(Debug)]
pub(crate) struct Attachment;

pub(crate) const ATTACHMENT: Attachment = Attachment;

const PROPERTIES: &[Property] = &[
    Property::new("SecretId", Kind::Text).required().replaces(),
    Property::new("TargetId", Kind::Text).required(),
    Property::new("TargetType", Kind::Text).required(),
];

const INSTANCE: &str = "AWS::RDS::DBInstance";

const BEGIN: u32 = 0;
const FOUND: u32 = 1;
const READ: u32 = 2;

impl ResourceType for Attachment {
    fn type_name(&self) -> &'static str {
        "AWS::SecretsManager::SecretTargetAttachment"
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        let secret = job.properties["SecretId"].clone();
        match (job.step, job.reply) {
            (_, Some(Err(error))) => Progress::refused(error, "SecretsManager"),
            (BEGIN, _) => find(job.properties),
            (FOUND, Some(Ok(found))) => {
                let context = connection(&found["DBInstances"][0]);
                let input = json!({"SecretId": secret});
                call("secretsmanager:GetSecretValue", input, READ, context)
            }
            (READ, Some(Ok(read))) => match joined(read, job.context) {
                Some(value) => {
                    let input = json!({"SecretId": secret, "SecretString": value.to_string()});
                    // The ARN is known from here on; the value is not.
                    call("secretsmanager:PutSecretValue", input, READ + 1, read["ARN"].clone())
                }
                None => failed("The secret's value is not a JSON object."),
            },
            _ => done(job.context.as_str().unwrap_or_default()),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        self.create(job)
    }

    /// The secret keeps its value: its own type may be about to delete it, or it is kept with it.
    fn delete(&self, job: &Job<'_>) -> Progress {
        done(job.physical_id.unwrap_or_default())
    }
}

fn call(operation: &'static str, input: Value, step: u32, context: Value) -> Progress {
    Progress::Call { service: ServiceName::Platform, operation, input, step, context }
}

fn failed(message: &str) -> Progress {
    Progress::Failed { message: message.to_owned() }
}

fn done(arn: &str) -> Progress {
    Progress::done(arn, [("Id", json!(arn))])
}

fn find(properties: &Value) -> Progress {
    let kind = properties["TargetType"].as_str().unwrap_or_default();
    if kind != INSTANCE {
        return failed(&format!("A target of type {kind} is not supported by Standin"));
    }
    Progress::Call {
        service: ServiceName::Rds,
        operation: "DescribeDBInstances",
        input: json!({"DBInstanceIdentifier": properties["TargetId"]}),
        step: FOUND,
        context: Value::Null,
    }
}

/// The members that say where a database is.
fn connection(instance: &Value) -> Value {
    let mut members = json!({
        "engine": instance["Engine"],
        "host": instance["Endpoint"]["Address"],
        "port": instance["Endpoint"]["Port"],
        "dbInstanceIdentifier": instance["DBInstanceIdentifier"],
    });
    if !instance["DBName"].is_null() {
        members["dbname"] = instance["DBName"].clone();
    }
    members
}

/// The secret's value with these members.
fn joined(read: &Value, members: &Value) -> Option<Value> {
    let mut value: Value = serde_json::from_str(read["SecretString"].as_str()?).ok()?;
    value.as_object_mut()?.extend(members.as_object()?.clone());
    Some(value)
}
