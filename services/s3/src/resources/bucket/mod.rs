//! `AWS::S3::Bucket`: a bucket, then a call for each of its settings (CFN-RS-08). A bucket that is
//! filled from a folder is emptied again before it is deleted; any other must be empty.

mod idle;
mod settings;
mod table;

use std::collections::BTreeMap;

use standin_kernel::resource::{Job, Progress, Property, ResourceType};
use standin_kernel::{Duration, ServiceName, Value, json};

use crate::data::endpoint::{regional, website};

#[derive(Debug)]
pub(super) struct Bucket;

/// Steps of a creation before the settings.
const CREATE: u32 = 0;
const CREATED: u32 = 1;
const SETTINGS: u32 = 2;

/// Steps of a deletion.
const BEGIN: u32 = 0;
const LISTED: u32 = 1;
const EMPTIED: u32 = 2;
const DELETED: u32 = 3;

impl ResourceType for Bucket {
    fn type_name(&self) -> &'static str {
        "AWS::S3::Bucket"
    }

    fn properties(&self) -> &'static [Property] {
        table::PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "DomainName", "DualStackDomainName", "RegionalDomainName", "WebsiteURL"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        match (job.step, job.reply) {
            (_, Some(Err(error))) => Progress::refused(error, "S3"),
            (CREATE, _) => call("CreateBucket", settings::creation(job, &name(job)), CREATED),
            (CREATED, _) => Progress::Wait {
                after: Duration::ZERO,
                step: SETTINGS,
                context: Value::Null,
                physical_id: Some(name(job)),
            },
            (step, _) => {
                go_on(job, step, SETTINGS, &settings::calls(job, &name(job), &Value::Null))
            }
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        if let Some(Err(error)) = job.reply {
            return Progress::refused(error, "S3");
        }
        let bucket = job.physical_id.unwrap_or_default();
        let previous = job.previous.unwrap_or(&Value::Null);
        go_on(job, job.step, 0, &settings::calls(job, bucket, previous))
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let bucket = job.physical_id.unwrap_or_default();
        match (job.step, job.reply) {
            (_, Some(Err(error))) if error.code == "NoSuchBucket" => done(job, bucket),
            (_, Some(Err(error))) => Progress::refused(error, "S3"),
            (BEGIN, _) if !is_filled(job) => delete(bucket),
            (BEGIN | EMPTIED, _) => call("ListObjectVersions", json!({"Bucket": bucket}), LISTED),
            (LISTED, Some(Ok(listed))) => empty(bucket, listed),
            (DELETED, _) => done(job, bucket),
            _ => delete(bucket),
        }
    }
}

/// Whether the bucket's objects are copies of a folder beside the template.
fn is_filled(job: &Job<'_>) -> bool {
    !job.hint["Folder"].is_null() && !job.base_directory.is_empty()
}

/// Makes the next of the calls, which begin at step `first`.
fn go_on(job: &Job<'_>, step: u32, first: u32, calls: &[(&'static str, Value)]) -> Progress {
    let index = usize::try_from(step - first).unwrap_or(usize::MAX);
    match calls.get(index) {
        Some((operation, input)) => call(operation, input.clone(), step + 1),
        None => done(job, &job.physical_id.map_or_else(|| name(job), str::to_owned)),
    }
}

/// Deletes one page of versions, or the bucket when there are none left.
fn empty(bucket: &str, listed: &Value) -> Progress {
    let versions = ["Versions", "DeleteMarkers"].map(|kind| listed[kind].as_array());
    let objects: Vec<Value> = versions
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| json!({"Key": version["Key"], "VersionId": version["VersionId"]}))
        .collect();
    if objects.is_empty() {
        return delete(bucket);
    }
    let input = json!({"Bucket": bucket, "Delete": {"Objects": objects, "Quiet": true}});
    call("DeleteObjects", input, EMPTIED)
}

fn delete(bucket: &str) -> Progress {
    call("DeleteBucket", json!({"Bucket": bucket}), DELETED)
}

fn call(operation: &'static str, input: Value, step: u32) -> Progress {
    Progress::Call { service: ServiceName::S3, operation, input, step, context: Value::Null }
}

/// The bucket's name, or one made from the stack's and the resource's.
fn name(job: &Job<'_>) -> String {
    match job.properties["BucketName"].as_str() {
        Some(name) => name.to_owned(),
        None => generated(job.generated_name),
    }
}

/// In lower case and at most 63 characters: the front is cut, the random end stays.
fn generated(name: &str) -> String {
    const LENGTH_MAX: usize = 63;
    let name = name.to_ascii_lowercase();
    if name.len() <= LENGTH_MAX {
        return name;
    }
    let (front, end) = name.rsplit_once('-').unwrap_or((&name, ""));
    let kept = LENGTH_MAX.saturating_sub(end.len() + 1).min(front.len());
    format!("{}-{end}", front[..kept].trim_end_matches('-'))
}

fn done(job: &Job<'_>, bucket: &str) -> Progress {
    let text = |text: String| Value::from(text);
    let attributes = BTreeMap::from([
        ("Arn".to_owned(), text(format!("arn:aws:s3:::{bucket}"))),
        ("DomainName".to_owned(), text(format!("{bucket}.s3.amazonaws.com"))),
        (
            "DualStackDomainName".to_owned(),
            text(format!("{bucket}.s3.dualstack.{}.amazonaws.com", job.region)),
        ),
        ("RegionalDomainName".to_owned(), text(regional(bucket, job.region))),
        ("WebsiteURL".to_owned(), text(format!("http://{}", website(bucket, job.region)))),
    ]);
    Progress::Done { physical_id: bucket.to_owned(), attributes }
}

#[cfg(test)]
mod tests {
    use super::generated;

    #[test]
    fn a_generated_name_keeps_its_random_end() {
        assert_eq!(generated("Stack-Pages-1AB2C3"), "stack-pages-1ab2c3");
        let long = format!("{}-Pages-1AB2C3D4E5F6G", "Stack".repeat(12));
        let name = generated(&long);
        assert_eq!(name.len(), 63);
        assert!(name.ends_with("-1ab2c3d4e5f6g"), "{name}");
    }
}
