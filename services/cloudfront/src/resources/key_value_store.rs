//! `AWS::CloudFront::KeyValueStore`: created with what it imports, done when it is `READY`.

use std::collections::BTreeMap;

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType, Tagging};
use standin_kernel::{Duration, Value, json};

use super::tag::{self, TAGGED, TAGS, UNTAGGED};
use super::{call, refused, without_hint};

#[derive(Debug)]
pub(super) struct KeyValueStore;

const TYPE: &str = "AWS::CloudFront::KeyValueStore";

const PROPERTIES: &[Property] = &[
    Property::new("Comment", Kind::Text),
    // Read when the store is created; AWS takes no second import into a store.
    Property::new("ImportSource", Kind::Object(IMPORT_SOURCE)),
    Property::new("Name", Kind::Text).required().replaces(),
    Property::new("Tags", TAGS),
];

const IMPORT_SOURCE: &[Property] = &[
    Property::new("SourceArn", Kind::Text).required(),
    Property::new("SourceType", Kind::Choice(&["S3"])).required(),
];

const BEGIN: u32 = 0;
const LOOKED: u32 = 1;
const MADE: u32 = 2;
const WAITS: u32 = 3;

/// How often a new store is asked whether it is ready.
const EVERY: Duration = Duration::from_millis(100);

impl ResourceType for KeyValueStore {
    fn type_name(&self) -> &'static str {
        TYPE
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "Id", "Status"]
    }

    fn tagging(&self) -> Tagging {
        Tagging::without_system_tags("Tags")
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        if let Some(refused) = without_hint(job, TYPE) {
            return refused;
        }
        let name = || json!({"Name": job.properties["Name"]});
        match (job.step, job.reply) {
            (_, Some(Err(error))) => refused(TYPE, error),
            (MADE, Some(Ok(answer))) => settled(answer),
            (WAITS, _) => call("DescribeKeyValueStore", name(), MADE, Value::Null),
            _ => {
                let properties = job.properties;
                let mut input = name();
                if let Some(comment) = properties.get("Comment") {
                    input["Comment"] = comment.clone();
                }
                if let Some(source) = properties.get("ImportSource") {
                    input["ImportSource"] = json!({
                        "SourceType": source["SourceType"], "SourceARN": source["SourceArn"],
                    });
                }
                if let Some(tags) = properties["Tags"].as_array() {
                    input["Tags"] = json!({"Items": tags});
                }
                call("CreateKeyValueStore", input, MADE, Value::Null)
            }
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        if let Some(refused) = without_hint(job, TYPE) {
            return refused;
        }
        let before = job.previous.map_or(&Value::Null, |previous| &previous["ImportSource"]);
        if *before != job.properties["ImportSource"] {
            let message = "ImportSource cannot be changed: a store imports when it is created";
            return Progress::Failed { message: message.to_owned() };
        }
        match (job.step, job.reply) {
            (_, Some(Err(error))) => refused(TYPE, error),
            (LOOKED, Some(Ok(answer))) => {
                // Left out, it is empty.
                let comment = job.properties["Comment"].as_str().unwrap_or_default();
                let input = json!({
                    "Name": job.physical_id, "Comment": comment, "IfMatch": answer["ETag"],
                });
                call("UpdateKeyValueStore", input, MADE, Value::Null)
            }
            (UNTAGGED | TAGGED, Some(Ok(_))) => tagged(job, job.context),
            (_, Some(Ok(answer))) => tagged(job, answer),
            _ => {
                call("DescribeKeyValueStore", json!({"Name": job.physical_id}), LOOKED, Value::Null)
            }
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let gone = || Progress::Done {
            physical_id: job.physical_id.unwrap_or_default().to_owned(),
            attributes: BTreeMap::new(),
        };
        let name = json!({"Name": job.physical_id});
        match (job.step, job.reply) {
            (BEGIN, _) => call("DescribeKeyValueStore", name, LOOKED, Value::Null),
            (_, Some(Err(error))) if error.status == 404 => gone(),
            (_, Some(Err(error))) => refused(TYPE, error),
            (LOOKED, Some(Ok(answer))) => {
                let input = json!({"Name": job.physical_id, "IfMatch": answer["ETag"]});
                call("DeleteKeyValueStore", input, MADE, Value::Null)
            }
            _ => gone(),
        }
    }
}

/// Ready, failed, or to be asked again.
fn settled(answer: &Value) -> Progress {
    let store = &answer["KeyValueStore"];
    let physical_id = store["Name"].as_str().unwrap_or_default().to_owned();
    match store["Status"].as_str() {
        Some("READY") => done(answer),
        Some("PROVISIONING") => Progress::Wait {
            after: EVERY,
            step: WAITS,
            context: Value::Null,
            physical_id: Some(physical_id),
        },
        _ => Progress::Failed {
            message: format!("The key value store {physical_id} could not import its values."),
        },
    }
}

/// Done, once the tags are as the template has them.
fn tagged(job: &Job<'_>, answer: &Value) -> Progress {
    let arn = &answer["KeyValueStore"]["ARN"];
    tag::in_line(job, arn, answer).unwrap_or_else(|| done(answer))
}

fn done(answer: &Value) -> Progress {
    let store = &answer["KeyValueStore"];
    Progress::Done {
        physical_id: store["Name"].as_str().unwrap_or_default().to_owned(),
        attributes: BTreeMap::from([
            ("Arn".to_owned(), store["ARN"].clone()),
            ("Id".to_owned(), store["Id"].clone()),
            ("Status".to_owned(), store["Status"].clone()),
        ]),
    }
}
