//! `AWS::Lambda::Permission`: one statement of a function's policy; any change replaces it.

use standin_kernel::resource::{Job, Progress, Property, ResourceType};
use standin_kernel::{Value, json};

use super::{call, refused, some, table};

#[derive(Debug)]
pub(super) struct Permission;

const TAKEN: [&str; 7] = [
    "Action",
    "FunctionName",
    "FunctionUrlAuthType",
    "InvokedViaFunctionUrl",
    "Principal",
    "SourceAccount",
    "SourceArn",
];

impl ResourceType for Permission {
    fn type_name(&self) -> &'static str {
        "AWS::Lambda::Permission"
    }

    fn properties(&self) -> &'static [Property] {
        table::PERMISSION
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match job.reply {
            None => {
                let mut input = some(job.properties, &TAKEN);
                input["StatementId"] = json!(job.generated_name);
                let via = &mut input["InvokedViaFunctionUrl"];
                if let Some(text) = via.as_str() {
                    *via = json!(text == "true");
                }
                if let (true, Some(members)) = (via.is_null(), input.as_object_mut()) {
                    members.remove("InvokedViaFunctionUrl");
                }
                call("AddPermission", input, 1)
            }
            Some(Err(error)) => refused(error),
            Some(Ok(_)) => made(job.generated_name),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        made(job.physical_id.unwrap_or_default())
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let function: &Value = &job.properties["FunctionName"];
        let input = json!({
            "FunctionName": function, "StatementId": job.physical_id.unwrap_or_default(),
        });
        super::delete(job, "RemovePermission", input)
    }
}

fn made(id: &str) -> Progress {
    Progress::done(id, [("Id", json!(id))])
}
