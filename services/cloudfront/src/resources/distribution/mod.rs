//! `AWS::CloudFront::Distribution` (CFN-RS-01): created and changed in place, and done when it is
//! deployed; disabled, then waited for, then deleted.

mod convert;
mod table;

use std::collections::BTreeMap;

use standin_kernel::resource::{Job, Progress, Property, ResourceType, Tagging};
use standin_kernel::{Duration, Value, json};

use super::{call, refused};

#[derive(Debug)]
pub(super) struct Distribution;

const TYPE: &str = "AWS::CloudFront::Distribution";

/// Steps.
const BEGIN: u32 = 0;
/// `CreateDistributionWithTags` has answered.
const CREATED: u32 = 1;
/// Time to ask whether it is deployed.
const LOOK: u32 = 2;
/// `GetDistribution` has answered.
const LOOKED: u32 = 3;
/// For an update or a deletion: the current document and version are known.
const READ: u32 = 4;
/// `UpdateDistribution` has answered.
const UPDATED: u32 = 5;
/// Old tags are gone.
const UNTAGGED: u32 = 6;
/// New tags are there.
const TAGGED: u32 = 7;
/// `DeleteDistribution` has answered.
const DELETED: u32 = 8;

impl ResourceType for Distribution {
    fn type_name(&self) -> &'static str {
        TYPE
    }

    fn properties(&self) -> &'static [Property] {
        table::PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["DomainName", "Id"]
    }

    fn tagging(&self) -> Tagging {
        Tagging::without_system_tags("Tags")
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        if let Some(Err(error)) = job.reply {
            return refused(TYPE, error);
        }
        match (job.step, job.reply) {
            (BEGIN, _) => {
                let mut input = json!({
                    "DistributionConfigWithTags": {
                        "DistributionConfig": convert::document(job, job.generated_name),
                        "Tags": {"Items": tags(job.properties)},
                    },
                });
                if !job.hint.is_null() {
                    input["Standin"] = job.hint.clone();
                }
                call("CreateDistributionWithTags", input, CREATED, Value::Null)
            }
            (CREATED, Some(Ok(answer))) => Progress::Wait {
                after: Duration::ZERO,
                step: LOOK,
                context: json!(0),
                physical_id: answer["Distribution"]["Id"].as_str().map(str::to_owned),
            },
            (LOOK, _) => look(job),
            (_, Some(Ok(answer))) => looked(job, answer),
            _ => look(job),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        if let Some(Err(error)) = job.reply {
            return refused(TYPE, error);
        }
        match (job.step, job.reply) {
            (BEGIN, _) => {
                call("GetDistribution", json!({"Id": job.physical_id}), READ, Value::Null)
            }
            (READ, Some(Ok(answer))) => {
                let current = &answer["Distribution"];
                let reference = current["DistributionConfig"]["CallerReference"].as_str();
                let hint = if job.hint.is_null() { json!({}) } else { job.hint.clone() };
                let input = json!({
                    "Id": job.physical_id,
                    "IfMatch": answer["ETag"],
                    "DistributionConfig": convert::document(job, reference.unwrap_or_default()),
                    "Standin": hint,
                });
                call("UpdateDistribution", input, UPDATED, current["ARN"].clone())
            }
            (UPDATED, _) => untag(job),
            (UNTAGGED, _) => tag(job),
            (LOOKED, Some(Ok(answer))) => looked(job, answer),
            (TAGGED, _) => wait(job, 0),
            _ => look(job),
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let id = job.physical_id.unwrap_or_default();
        let gone = || Progress::Done { physical_id: id.to_owned(), attributes: BTreeMap::new() };
        match (job.step, job.reply) {
            (_, Some(Err(error))) if error.code == "NoSuchDistribution" => gone(),
            (_, Some(Err(error))) => refused(TYPE, error),
            (READ, Some(Ok(answer))) => disable(job, answer),
            (UPDATED, _) => wait(job, 0),
            (LOOKED, Some(Ok(answer))) if answer["Distribution"]["Status"] == "Deployed" => {
                let input = json!({"Id": id, "IfMatch": answer["ETag"]});
                call("DeleteDistribution", input, DELETED, Value::Null)
            }
            (LOOKED, _) => wait_longer(job),
            (DELETED, _) => gone(),
            (LOOK, _) => look(job),
            _ => call("GetDistribution", json!({"Id": id}), READ, Value::Null),
        }
    }
}

fn look(job: &Job<'_>) -> Progress {
    call("GetDistribution", json!({"Id": job.physical_id}), LOOKED, job.context.clone())
}

/// Done when it is deployed; else a later look.
fn looked(job: &Job<'_>, answer: &Value) -> Progress {
    let found = &answer["Distribution"];
    if found["Status"] != "Deployed" {
        return wait_longer(job);
    }
    let named = |name: &str| (name.to_owned(), found[name].clone());
    Progress::Done {
        physical_id: found["Id"].as_str().unwrap_or_default().to_owned(),
        attributes: ["DomainName", "Id"].map(named).into(),
    }
}

fn wait_longer(job: &Job<'_>) -> Progress {
    wait(job, job.context.as_u64().unwrap_or(0) + 1)
}

/// Looks again after a tenth of a second, then ever later, at most every five seconds.
fn wait(job: &Job<'_>, times: u64) -> Progress {
    let tenths = 1_u64 << times.min(6);
    Progress::Wait {
        after: Duration::from_millis(100 * tenths).min(Duration::from_secs(5)),
        step: LOOK,
        context: json!(times),
        physical_id: job.physical_id.map(str::to_owned),
    }
}

/// Disables it, if it is not.
fn disable(job: &Job<'_>, answer: &Value) -> Progress {
    let mut config = answer["Distribution"]["DistributionConfig"].clone();
    if config["Enabled"] == false {
        return wait(job, 0);
    }
    config["Enabled"] = json!(false);
    let input = json!({
        "Id": job.physical_id,
        "IfMatch": answer["ETag"],
        "DistributionConfig": config,
    });
    call("UpdateDistribution", input, UPDATED, Value::Null)
}

/// The tags that a template gives.
fn tags(properties: &Value) -> Vec<Value> {
    properties["Tags"].as_array().cloned().unwrap_or_default()
}

/// Takes away the tags that are in the template no longer. The context is the ARN.
fn untag(job: &Job<'_>) -> Progress {
    let wanted = tags(job.properties);
    let kept = |key: &Value| wanted.iter().any(|tag| tag["Key"] == *key);
    let old = job.previous.map(tags).unwrap_or_default();
    let keys: Vec<Value> =
        old.into_iter().map(|tag| tag["Key"].clone()).filter(|key| !kept(key)).collect();
    if keys.is_empty() {
        return tag(job);
    }
    let input = json!({"Resource": job.context, "TagKeys": {"Items": keys}});
    call("UntagResource", input, UNTAGGED, job.context.clone())
}

fn tag(job: &Job<'_>) -> Progress {
    let wanted = tags(job.properties);
    if wanted.is_empty() || job.previous.is_some_and(|before| tags(before) == wanted) {
        return wait(job, 0);
    }
    let input = json!({"Resource": job.context, "Tags": {"Items": wanted}});
    call("TagResource", input, TAGGED, Value::Null)
}
