//! `AWS::CDK::Metadata`: what CDK tells AWS about itself. It does nothing, on AWS neither.

use std::collections::BTreeMap;

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType};

#[derive(Debug)]
pub(super) struct CdkMetadata;

static PROPERTIES: [Property; 1] =
    [Property::new("Analytics", Kind::Text).no_effect("nobody counts constructs here")];

impl ResourceType for CdkMetadata {
    fn type_name(&self) -> &'static str {
        "AWS::CDK::Metadata"
    }

    fn properties(&self) -> &'static [Property] {
        &PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        done(job)
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        done(job)
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        done(job)
    }
}

fn done(job: &Job<'_>) -> Progress {
    let physical_id = job.physical_id.unwrap_or(job.generated_name).to_owned();
    Progress::Done { physical_id, attributes: BTreeMap::new() }
}
