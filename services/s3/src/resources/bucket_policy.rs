//! `AWS::S3::BucketPolicy`: the policy of a bucket that has none (CFN-RS-09).

use std::collections::BTreeMap;

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType};
use standin_kernel::{ServiceName, Value, json};

#[derive(Debug)]
pub(super) struct BucketPolicy;

const PROPERTIES: &[Property] = &[
    Property::new("Bucket", Kind::Text).required().replaces(),
    Property::new("PolicyDocument", Kind::Json).required(),
];

const LOOK: u32 = 0;
const PUT: u32 = 1;
const DONE: u32 = 2;

impl ResourceType for BucketPolicy {
    fn type_name(&self) -> &'static str {
        "AWS::S3::BucketPolicy"
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    /// A bucket that has a policy already keeps it: two resources would overwrite each other.
    fn create(&self, job: &Job<'_>) -> Progress {
        let bucket = bucket(job);
        match (job.step, job.reply) {
            (LOOK, _) => call("GetBucketPolicy", json!({"Bucket": bucket}), PUT),
            (PUT, Some(Ok(_))) => Progress::Failed {
                message: format!("The bucket policy already exists on bucket {bucket}."),
            },
            (PUT, Some(Err(error))) if error.code == "NoSuchBucketPolicy" => put(job),
            (_, Some(Err(error))) => Progress::refused(error, "S3"),
            _ => done(bucket),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        match (job.step, job.reply) {
            (LOOK, _) => put(job),
            (_, Some(Err(error))) => Progress::refused(error, "S3"),
            _ => done(bucket(job)),
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let bucket = job.physical_id.unwrap_or_default();
        match (job.step, job.reply) {
            (LOOK, _) => call("DeleteBucketPolicy", json!({"Bucket": bucket}), DONE),
            (_, Some(Err(error))) if error.code != "NoSuchBucket" => Progress::refused(error, "S3"),
            _ => done(bucket),
        }
    }
}

fn bucket<'j>(job: &Job<'j>) -> &'j str {
    job.properties["Bucket"].as_str().unwrap_or_default()
}

fn put(job: &Job<'_>) -> Progress {
    let policy = match &job.properties["PolicyDocument"] {
        Value::String(text) => text.clone(),
        document => document.to_string(),
    };
    call("PutBucketPolicy", json!({"Bucket": bucket(job), "Policy": policy}), DONE)
}

fn call(operation: &'static str, input: Value, step: u32) -> Progress {
    Progress::Call { service: ServiceName::S3, operation, input, step, context: Value::Null }
}

fn done(bucket: &str) -> Progress {
    Progress::Done { physical_id: bucket.to_owned(), attributes: BTreeMap::new() }
}
