//! The resource types of CloudFormation itself.

mod cdk_metadata;
mod stack;

use standin_kernel::resource::ResourceType;

pub(crate) const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

pub(crate) const ALL: &[&dyn ResourceType] = &[&stack::NestedStack, &cdk_metadata::CdkMetadata];
