//! `AWS::SecretsManager::Secret` (CFN-RS-32). A generated value is asked for first, so that the
//! secret has it from the start; it is in no context of a job.

use standin_kernel::resource::{Job, Progress, Property, ResourceType};
use standin_kernel::{Duration, ServiceName, Value, json};

use super::table;
use crate::made::{Call, with};
use crate::tags;

#[derive(Debug)]
pub(crate) struct Secret;

pub(crate) const SECRET: Secret = Secret;

const SERVICE: &str = "SecretsManager";
const BEGIN: u32 = 0;
const GENERATED: u32 = 1;
const CREATED: u32 = 2;
const DONE: u32 = 3;
/// The first of the calls of an update after the value.
const REST: u32 = 10;

fn name(job: &Job<'_>) -> String {
    match job.properties["Name"].as_str() {
        Some(name) => name.to_owned(),
        None => {
            let end = job.generated_name.rsplit('-').next().unwrap_or_default();
            format!("{}-{end}", job.logical_id)
        }
    }
}

fn call((operation, input): Call, step: u32) -> Progress {
    let context = Value::Null;
    Progress::Call { service: ServiceName::Platform, operation, input, step, context }
}

fn done(arn: &str) -> Progress {
    let attributes = [("Id".to_owned(), json!(arn))].into();
    Progress::Done { physical_id: arn.to_owned(), attributes }
}

fn failed(message: &str) -> Progress {
    Progress::Failed { message: message.to_owned() }
}

fn generate(job: &Job<'_>) -> Call {
    let mut input = job.properties["GenerateSecretString"].clone();
    if let Some(members) = input.as_object_mut() {
        members.remove("GenerateStringKey");
        members.remove("SecretStringTemplate");
    }
    ("secretsmanager:GetRandomPassword", input)
}

/// The password, or the template's object with the password under the template's key.
fn generated(job: &Job<'_>, reply: &Value) -> Result<String, &'static str> {
    let password = reply["RandomPassword"].as_str().unwrap_or_default();
    let recipe = &job.properties["GenerateSecretString"];
    match (recipe["SecretStringTemplate"].as_str(), recipe["GenerateStringKey"].as_str()) {
        (None, None) => Ok(password.to_owned()),
        (Some(template), Some(key)) => {
            let document = serde_json::from_str::<Value>(template).ok();
            let mut document = document
                .filter(Value::is_object)
                .ok_or("Could not parse SecretStringTemplate JSON. It must be a JSON object.")?;
            document[key] = json!(password);
            Ok(document.to_string())
        }
        _ => Err("You must specify both SecretStringTemplate and GenerateStringKey, or neither."),
    }
}

fn creation(job: &Job<'_>, value: Option<String>) -> Call {
    let mut input = with(json!({"Name": name(job)}), job, &["Description", "KmsKeyId", "Tags"]);
    if let Some(value) = value {
        input["SecretString"] = json!(value);
    }
    ("secretsmanager:CreateSecret", input)
}

/// The calls of an update, without a generated value.
fn changes(job: &Job<'_>, arn: &str) -> Vec<Call> {
    let (previous, wanted) = (job.previous.unwrap_or(&Value::Null), job.properties);
    let mut calls: Vec<Call> = Vec::new();
    let mut input = json!({"SecretId": arn});
    for member in ["Description", "KmsKeyId", "SecretString"] {
        let gone = wanted[member].is_null();
        if wanted[member] == previous[member] || (gone && member == "SecretString") {
            continue;
        }
        input[member] = if gone { json!("") } else { wanted[member].clone() };
    }
    if input.as_object().is_some_and(|members| members.len() > 1) {
        calls.push(("secretsmanager:UpdateSecret", input));
    }
    let (put, gone) = tags::change(&previous["Tags"], &wanted["Tags"]);
    if !gone.is_empty() {
        let input = json!({"SecretId": arn, "TagKeys": gone});
        calls.push(("secretsmanager:UntagResource", input));
    }
    if !put.is_empty() {
        calls.push(("secretsmanager:TagResource", json!({"SecretId": arn, "Tags": put})));
    }
    calls
}

impl ResourceType for Secret {
    fn type_name(&self) -> &'static str {
        "AWS::SecretsManager::Secret"
    }

    fn properties(&self) -> &'static [Property] {
        table::SECRET
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        let text = job.properties["SecretString"].as_str();
        let generating = !job.properties["GenerateSecretString"].is_null();
        match (job.step, job.reply) {
            (_, Some(Err(error))) => Progress::refused(error, SERVICE),
            (BEGIN, _) if generating && text.is_some() => {
                failed("You can't specify both SecretString and GenerateSecretString.")
            }
            (BEGIN, _) if generating => call(generate(job), GENERATED),
            (BEGIN, _) => call(creation(job, text.map(str::to_owned)), CREATED),
            (GENERATED, Some(Ok(reply))) => match generated(job, reply) {
                Ok(value) => call(creation(job, Some(value)), CREATED),
                Err(message) => failed(message),
            },
            (CREATED, Some(Ok(reply))) => Progress::Wait {
                after: Duration::ZERO,
                step: DONE,
                context: Value::Null,
                physical_id: Some(reply["ARN"].as_str().unwrap_or_default().to_owned()),
            },
            _ => done(job.physical_id.unwrap_or_default()),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        let arn = job.physical_id.unwrap_or_default();
        let previous = job.previous.unwrap_or(&Value::Null);
        let recipe = &job.properties["GenerateSecretString"];
        let step = match (job.step, job.reply) {
            (_, Some(Err(error))) => return Progress::refused(error, SERVICE),
            (BEGIN, _) if !recipe.is_null() && *recipe != previous["GenerateSecretString"] => {
                return call(generate(job), GENERATED);
            }
            (GENERATED, Some(Ok(reply))) => {
                return match generated(job, reply) {
                    Ok(value) => {
                        let input = json!({"SecretId": arn, "SecretString": value});
                        call(("secretsmanager:PutSecretValue", input), REST)
                    }
                    Err(message) => failed(message),
                };
            }
            (step, _) => step.max(REST),
        };
        let index = usize::try_from(step - REST).unwrap_or(usize::MAX);
        match changes(job, arn).into_iter().nth(index) {
            Some(next) => call(next, step + 1),
            None => done(arn),
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let arn = job.physical_id.unwrap_or_default();
        match (job.step, job.reply) {
            (BEGIN, _) => {
                let input = json!({"SecretId": arn, "ForceDeleteWithoutRecovery": true});
                call(("secretsmanager:DeleteSecret", input), DONE)
            }
            (_, Some(Err(error))) if error.code != "ResourceNotFoundException" => {
                Progress::refused(error, SERVICE)
            }
            _ => done(arn),
        }
    }
}
