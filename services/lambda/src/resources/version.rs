//! `AWS::Lambda::Version`: published once; any change publishes another.

use standin_kernel::resource::{Job, Progress, Property, ResourceType};
use standin_kernel::{Value, json};

use super::{call, refused, some, table, text};

#[derive(Debug)]
pub(super) struct Version;

impl ResourceType for Version {
    fn type_name(&self) -> &'static str {
        "AWS::Lambda::Version"
    }

    fn properties(&self) -> &'static [Property] {
        table::VERSION
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["FunctionArn", "Version"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match job.reply {
            None => {
                let taken = ["FunctionName", "Description", "CodeSha256"];
                call("PublishVersion", some(job.properties, &taken), 1)
            }
            Some(Err(error)) => refused(error),
            Some(Ok(reply)) => made(&text(reply, "FunctionArn")),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        made(job.physical_id.unwrap_or_default())
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let arn = job.physical_id.unwrap_or_default();
        super::delete(job, "DeleteFunction", json!({"FunctionName": arn}))
    }
}

fn made(arn: &str) -> Progress {
    let version: Value = json!(arn.rsplit(':').next().unwrap_or_default());
    Progress::done(arn, [("FunctionArn", json!(arn)), ("Version", version)])
}
