//! `AWS::CloudFront::Function`: code and settings, published when the template says so.

use std::collections::BTreeMap;

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType, Tagging};
use standin_kernel::{Value, json};

use super::convert::quantified;
use super::tag::{self, TAGGED, TAGS, UNTAGGED};
use super::{call, refused, without_hint};
use crate::functions::name_of;
use standin_kernel::base64;

#[derive(Debug)]
pub(super) struct Function;

const TYPE: &str = "AWS::CloudFront::Function";

const PROPERTIES: &[Property] = &[
    Property::new("AutoPublish", Kind::Bool),
    Property::new("FunctionCode", Kind::Text).required(),
    Property::new("FunctionConfig", Kind::Object(CONFIG)).required(),
    Property::new("FunctionMetadata", Kind::Json)
        .no_effect("AWS gives the metadata out; what a template says is not used"),
    Property::new("Name", Kind::Text).required().replaces(),
    Property::new("Tags", TAGS),
];

const CONFIG: &[Property] = &[
    Property::new("Comment", Kind::Text).required(),
    Property::new("KeyValueStoreAssociations", Kind::List(&Kind::Object(ASSOCIATION))),
    Property::new("Runtime", Kind::Choice(&["cloudfront-js-1.0", "cloudfront-js-2.0"])).required(),
];

const ASSOCIATION: &[Property] = &[Property::new("KeyValueStoreARN", Kind::Text).required()];

const BEGIN: u32 = 0;
const LOOKED: u32 = 1;
const MADE: u32 = 2;
const PUBLISHED: u32 = 3;

impl ResourceType for Function {
    fn type_name(&self) -> &'static str {
        TYPE
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["FunctionARN", "FunctionMetadata.FunctionARN", "Stage"]
    }

    fn tagging(&self) -> Tagging {
        Tagging::without_system_tags("Tags")
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        if let Some(refused) = without_hint(job, TYPE) {
            return refused;
        }
        match (job.step, job.reply) {
            (_, Some(Err(error))) => refused(TYPE, error),
            (MADE, Some(Ok(answer))) => publish_or_end(job, answer),
            (PUBLISHED, Some(Ok(answer))) => done(answer),
            _ => {
                let mut input = document(job);
                if let Some(tags) = job.properties["Tags"].as_array() {
                    input["Tags"] = json!({"Items": tags});
                }
                call("CreateFunction", input, MADE, Value::Null)
            }
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        if let Some(refused) = without_hint(job, TYPE) {
            return refused;
        }
        match (job.step, job.reply) {
            (_, Some(Err(error))) => refused(TYPE, error),
            (LOOKED, Some(Ok(answer))) => {
                let mut input = document(job);
                input["IfMatch"] = answer["ETag"].clone();
                call("UpdateFunction", input, MADE, Value::Null)
            }
            (MADE, Some(Ok(answer))) => publish_or_end(job, answer),
            (PUBLISHED, Some(Ok(answer))) => tagged(job, answer),
            (UNTAGGED | TAGGED, Some(Ok(_))) => tagged(job, job.context),
            _ => call("DescribeFunction", json!({"Name": name(job)}), LOOKED, Value::Null),
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let gone = || Progress::Done {
            physical_id: job.physical_id.unwrap_or_default().to_owned(),
            attributes: BTreeMap::new(),
        };
        match (job.step, job.reply) {
            (BEGIN, _) => call("DescribeFunction", json!({"Name": name(job)}), LOOKED, Value::Null),
            (_, Some(Err(error))) if error.status == 404 => gone(),
            (_, Some(Err(error))) => refused(TYPE, error),
            (LOOKED, Some(Ok(answer))) => {
                let input = json!({"Name": name(job), "IfMatch": answer["ETag"]});
                call("DeleteFunction", input, MADE, Value::Null)
            }
            _ => gone(),
        }
    }
}

/// Done, once the tags are as the template has them.
fn tagged(job: &Job<'_>, answer: &Value) -> Progress {
    let arn = &answer["FunctionSummary"]["FunctionMetadata"]["FunctionARN"];
    tag::in_line(job, arn, answer).unwrap_or_else(|| done(answer))
}

/// The name it has, or is to have.
fn name<'j>(job: &'j Job<'_>) -> &'j str {
    let named = job.properties["Name"].as_str().unwrap_or_default();
    job.physical_id.and_then(name_of).unwrap_or(named)
}

fn document(job: &Job<'_>) -> Value {
    let code = job.properties["FunctionCode"].as_str().unwrap_or_default();
    json!({
        "Name": job.properties["Name"],
        "FunctionConfig": quantified(&job.properties["FunctionConfig"]),
        "FunctionCode": base64::encode(code.as_bytes()),
    })
}

/// A function that is not published stays in the stage DEVELOPMENT.
fn publish_or_end(job: &Job<'_>, answer: &Value) -> Progress {
    let publish = &job.properties["AutoPublish"];
    if *publish == true || *publish == "true" {
        let input = json!({"Name": job.properties["Name"], "IfMatch": answer["ETag"]});
        return call("PublishFunction", input, PUBLISHED, Value::Null);
    }
    match job.previous {
        Some(_) => tagged(job, answer),
        None => done(answer),
    }
}

fn done(answer: &Value) -> Progress {
    let metadata = &answer["FunctionSummary"]["FunctionMetadata"];
    let arn = &metadata["FunctionARN"];
    Progress::Done {
        physical_id: arn.as_str().unwrap_or_default().to_owned(),
        attributes: BTreeMap::from([
            ("FunctionARN".to_owned(), arn.clone()),
            ("FunctionMetadata.FunctionARN".to_owned(), arn.clone()),
            ("Stage".to_owned(), metadata["Stage"].clone()),
        ]),
    }
}
