//! The CloudFormation types of RDS.

mod db_instance;
mod db_parameter_group;
mod db_subnet_group;
mod steps;

use standin_kernel::resource::ResourceType;

pub(crate) const ALL: &[&dyn ResourceType] = &[
    &db_instance::DbInstance,
    &db_parameter_group::DbParameterGroup,
    &db_subnet_group::DbSubnetGroup,
];
