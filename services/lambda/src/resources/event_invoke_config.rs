//! `AWS::Lambda::EventInvokeConfig`.

use standin_kernel::resource::{Job, Progress, Property, ResourceType};
use standin_kernel::{Value, json};

use super::{call, refused, some, table};

#[derive(Debug)]
pub(super) struct EventInvokeConfig;

const TAKEN: [&str; 5] = [
    "FunctionName",
    "Qualifier",
    "MaximumRetryAttempts",
    "MaximumEventAgeInSeconds",
    "DestinationConfig",
];

impl ResourceType for EventInvokeConfig {
    fn type_name(&self) -> &'static str {
        "AWS::Lambda::EventInvokeConfig"
    }

    fn properties(&self) -> &'static [Property] {
        table::EVENT_INVOKE_CONFIG
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        put(job)
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        put(job)
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let input = some(job.properties, &["FunctionName", "Qualifier"]);
        super::delete(job, "DeleteFunctionEventInvokeConfig", input)
    }
}

fn put(job: &Job<'_>) -> Progress {
    match job.reply {
        None => {
            let mut input = some(job.properties, &TAKEN);
            for name in ["MaximumRetryAttempts", "MaximumEventAgeInSeconds"] {
                let number = input[name].as_str().and_then(|text| text.parse::<i64>().ok());
                if let Some(number) = number {
                    input[name] = json!(number);
                }
            }
            call("PutFunctionEventInvokeConfig", some(&input, &TAKEN), 1)
        }
        Some(Err(error)) => refused(error),
        Some(Ok(_)) => {
            let text = |name: &str| -> &Value { &job.properties[name] };
            let function = text("FunctionName").as_str().unwrap_or_default();
            let qualifier = text("Qualifier").as_str().unwrap_or_default();
            Progress::done(&format!("{function}|{qualifier}"), [])
        }
    }
}
