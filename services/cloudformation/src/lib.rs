//! CloudFormation: the template language, and later stacks and their operations.

pub mod template;
