//! `AWS::ECS::CapacityProvider`: capacity of one's own, which is refused.

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType};

use super::TAG;

#[derive(Debug)]
pub(super) struct CapacityProvider;

const NO_INSTANCES: &str = "tasks run as on Fargate, on no container instances";

const PROPERTIES: &[Property] = &[
    Property::new("AutoScalingGroupProvider", Kind::Json).refused(NO_INSTANCES),
    Property::new("ClusterName", Kind::Text).replaces().refused(NO_INSTANCES),
    Property::new("ManagedInstancesProvider", Kind::Json).refused(NO_INSTANCES),
    Property::new("Name", Kind::Text).replaces().refused(NO_INSTANCES),
    Property::new("Tags", Kind::List(&Kind::Object(TAG))).refused(NO_INSTANCES),
];

impl ResourceType for CapacityProvider {
    fn type_name(&self) -> &'static str {
        "AWS::ECS::CapacityProvider"
    }

    fn properties(&self) -> &'static [Property] {
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    fn create(&self, _job: &Job<'_>) -> Progress {
        refused()
    }

    fn update(&self, _job: &Job<'_>) -> Progress {
        refused()
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        super::done(job.physical_id.unwrap_or_default())
    }
}

fn refused() -> Progress {
    let message = format!("AWS::ECS::CapacityProvider is not supported by Standin: {NO_INSTANCES}");
    Progress::Failed { message }
}
