//! `AWS::Lambda::Alias`.

use standin_kernel::resource::{Job, Progress, Property, ResourceType};
use standin_kernel::{Value, json};

use super::{call, refused, some, table, text};

#[derive(Debug)]
pub(super) struct Alias;

impl ResourceType for Alias {
    fn type_name(&self) -> &'static str {
        "AWS::Lambda::Alias"
    }

    fn properties(&self) -> &'static [Property] {
        table::ALIAS
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["AliasArn"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        run(job, "CreateAlias")
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        run(job, "UpdateAlias")
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        super::delete(job, "DeleteAlias", some(job.properties, &["FunctionName", "Name"]))
    }
}

fn run(job: &Job<'_>, operation: &'static str) -> Progress {
    match job.reply {
        None => {
            let taken = ["FunctionName", "Name", "FunctionVersion", "Description"];
            let mut input = some(job.properties, &taken);
            input["RoutingConfig"] = routing(&job.properties["RoutingConfig"]);
            call(operation, input, 1)
        }
        Some(Err(error)) => refused(error),
        Some(Ok(reply)) => {
            let arn = text(reply, "AliasArn");
            Progress::done(&arn, [("AliasArn", json!(arn))])
        }
    }
}

/// A list in a template, a map in the API.
fn routing(given: &Value) -> Value {
    let weights = given["AdditionalVersionWeights"].as_array().into_iter().flatten();
    let weights = weights.filter_map(|one| {
        let weight = &one["FunctionWeight"];
        let weight = weight.as_f64().or_else(|| weight.as_str()?.parse().ok())?;
        let version = &one["FunctionVersion"];
        let version = version.as_str().map_or_else(|| version.to_string(), str::to_owned);
        Some((version, json!(weight)))
    });
    json!({"AdditionalVersionWeights": Value::Object(weights.collect())})
}
