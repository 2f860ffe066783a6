//! The CloudFormation types of Route 53.

mod health_check;
mod hosted_zone;
mod record_set;
mod record_set_group;
mod steps;

use standin_kernel::resource::ResourceType;

pub(crate) const ALL: &[&dyn ResourceType] = &[
    &hosted_zone::HostedZone,
    &record_set::RecordSet,
    &record_set_group::RecordSetGroup,
    &health_check::HealthCheck,
];
