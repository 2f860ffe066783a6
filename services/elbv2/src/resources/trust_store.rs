//! `AWS::ElasticLoadBalancingV2::TrustStore` and `TrustStoreRevocation`: known, so that their
//! refusal says why.

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType};

use super::steps::TAG;

const WHY: &str = "mutual TLS is not built: no TLS session ends at the load balancer here";

#[derive(Debug)]
pub(super) struct TrustStore;

const TRUST_STORE: &[Property] = &[
    Property::new("CaCertificatesBundleS3Bucket", Kind::Text).refused(WHY),
    Property::new("CaCertificatesBundleS3Key", Kind::Text).refused(WHY),
    Property::new("CaCertificatesBundleS3ObjectVersion", Kind::Text).refused(WHY),
    Property::new("Name", Kind::Text).replaces().refused(WHY),
    Property::new("Tags", Kind::List(&Kind::Object(TAG))).refused(WHY),
];

impl ResourceType for TrustStore {
    fn type_name(&self) -> &'static str {
        "AWS::ElasticLoadBalancingV2::TrustStore"
    }

    fn properties(&self) -> &'static [Property] {
        TRUST_STORE
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["NumberOfCaCertificates", "Status", "TrustStoreArn"]
    }

    fn create(&self, _job: &Job<'_>) -> Progress {
        refused()
    }

    fn update(&self, _job: &Job<'_>) -> Progress {
        refused()
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        Progress::done(job.physical_id.unwrap_or_default(), [])
    }
}

#[derive(Debug)]
pub(super) struct TrustStoreRevocation;

const TRUST_STORE_REVOCATION: &[Property] = &[
    Property::new("RevocationContents", Kind::List(&Kind::Object(REVOCATION_CONTENT)))
        .replaces()
        .refused(WHY),
    Property::new("TrustStoreArn", Kind::Text).replaces().refused(WHY),
];

const REVOCATION_CONTENT: &[Property] = &[
    Property::new("RevocationType", Kind::Choice(&["CRL"])),
    Property::new("S3Bucket", Kind::Text),
    Property::new("S3Key", Kind::Text),
    Property::new("S3ObjectVersion", Kind::Text),
];

impl ResourceType for TrustStoreRevocation {
    fn type_name(&self) -> &'static str {
        "AWS::ElasticLoadBalancingV2::TrustStoreRevocation"
    }

    fn properties(&self) -> &'static [Property] {
        TRUST_STORE_REVOCATION
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["RevocationId", "TrustStoreRevocations"]
    }

    fn create(&self, _job: &Job<'_>) -> Progress {
        refused()
    }

    fn update(&self, _job: &Job<'_>) -> Progress {
        refused()
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        Progress::done(job.physical_id.unwrap_or_default(), [])
    }
}

fn refused() -> Progress {
    Progress::Failed { message: WHY.to_owned() }
}
