//! The types that nothing stands behind: `AWS::CloudFormation::WaitConditionHandle` and
//! `AWS::CDK::Metadata`.

use std::collections::BTreeMap;

use standin_kernel::Value;
use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType};

/// A place to send signals to. No wait condition is built, so nobody listens; templates use a
/// handle alone as a resource that does nothing.
#[derive(Debug)]
pub(crate) struct WaitConditionHandle;

/// What CDK tells AWS about the constructs in use.
#[derive(Debug)]
pub(crate) struct CdkMetadata;

impl ResourceType for WaitConditionHandle {
    fn type_name(&self) -> &'static str {
        "AWS::CloudFormation::WaitConditionHandle"
    }

    fn properties(&self) -> &'static [Property] {
        &[]
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        let (region, stack) = (job.region, job.stack_id.replace(':', "%3A").replace('/', "%2F"));
        let id = format!(
            "https://cloudformation-waitcondition-{region}.s3.{region}.amazonaws.com/{stack}%2F{}",
            job.generated_name
        );
        done(&id)
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        done(job.physical_id.unwrap_or_default())
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        done(job.physical_id.unwrap_or_default())
    }
}

const METADATA: &[Property] = &[
    Property::new("Analytics", Kind::Text).no_effect("nobody counts constructs here"),
    Property::new("Modules", Kind::Text).no_effect("nobody counts constructs here"),
];

impl ResourceType for CdkMetadata {
    fn type_name(&self) -> &'static str {
        "AWS::CDK::Metadata"
    }

    fn properties(&self) -> &'static [Property] {
        METADATA
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        done(job.generated_name)
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        done(job.physical_id.unwrap_or_default())
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        done(job.physical_id.unwrap_or_default())
    }
}

fn done(id: &str) -> Progress {
    let attributes = BTreeMap::from([("Id".to_owned(), Value::from(id))]);
    Progress::Done { physical_id: id.to_owned(), attributes }
}
