//! The CloudFormation types of Rds.

use standin_kernel::resource::ResourceType;

pub(crate) const ALL: &[&dyn ResourceType] = &[];
