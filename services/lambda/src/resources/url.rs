//! `AWS::Lambda::Url`.

use standin_kernel::resource::{Job, Progress, Property, ResourceType};
use standin_kernel::{Value, json};

use super::{call, refused, some, table, text};

#[derive(Debug)]
pub(super) struct Url;

impl ResourceType for Url {
    fn type_name(&self) -> &'static str {
        "AWS::Lambda::Url"
    }

    fn properties(&self) -> &'static [Property] {
        table::URL
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["FunctionArn", "FunctionUrl"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        run(job, "CreateFunctionUrlConfig")
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        run(job, "UpdateFunctionUrlConfig")
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        super::delete(job, "DeleteFunctionUrlConfig", target(job))
    }
}

fn run(job: &Job<'_>, operation: &'static str) -> Progress {
    match job.reply {
        None => {
            let mut input = target(job);
            let settings = some(job.properties, &["AuthType", "Cors", "InvokeMode"]);
            for (name, value) in settings.as_object().into_iter().flatten() {
                input[name] = value.clone();
            }
            call(operation, input, 1)
        }
        Some(Err(error)) => refused(error),
        Some(Ok(reply)) => {
            let arn = text(reply, "FunctionArn");
            let url = json!(text(reply, "FunctionUrl"));
            Progress::done(&arn, [("FunctionArn", json!(arn)), ("FunctionUrl", url)])
        }
    }
}

fn target(job: &Job<'_>) -> Value {
    let mut input = json!({"FunctionName": job.properties["TargetFunctionArn"]});
    if !job.properties["Qualifier"].is_null() {
        input["Qualifier"] = job.properties["Qualifier"].clone();
    }
    input
}
