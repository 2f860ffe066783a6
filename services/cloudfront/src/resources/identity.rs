//! `AWS::CloudFront::CloudFrontOriginAccessIdentity`: refused, an origin access control does it.

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType};

#[derive(Debug)]
pub(super) struct OriginAccessIdentity;

const WHY: &str = "origin access identities are not built; give the origin an \
                   AWS::CloudFront::OriginAccessControl";

const PROPERTIES: &[Property] =
    &[Property::new("CloudFrontOriginAccessIdentityConfig", Kind::Object(CONFIG))
        .required()
        .refused(WHY)];

const CONFIG: &[Property] = &[Property::new("Comment", Kind::Text).required().refused(WHY)];

impl ResourceType for OriginAccessIdentity {
    fn type_name(&self) -> &'static str {
        "AWS::CloudFront::CloudFrontOriginAccessIdentity"
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id", "S3CanonicalUserId"]
    }

    fn create(&self, _job: &Job<'_>) -> Progress {
        Progress::Failed { message: WHY.to_owned() }
    }

    fn update(&self, _job: &Job<'_>) -> Progress {
        Progress::Failed { message: WHY.to_owned() }
    }

    /// None was ever created.
    fn delete(&self, job: &Job<'_>) -> Progress {
        let physical_id = job.physical_id.unwrap_or_default().to_owned();
        Progress::Done { physical_id, attributes: std::collections::BTreeMap::new() }
    }
}
