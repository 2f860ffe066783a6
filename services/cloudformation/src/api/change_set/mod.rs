//! The operations on change sets (CFN-CS-*), a file each.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod describe;
pub(super) mod execute;

use standin_kernel::ApiError;

use crate::CloudFormation;
use crate::change_set::ChangeSet;
use crate::error::{no_change_set, no_stack, validation};
use crate::state::Stack;

impl CloudFormation {
    /// A change set by its ARN, or by its name and its stack's.
    pub(super) fn change_set(
        &self,
        name: &str,
        stack_name: Option<&str>,
    ) -> Result<(&Stack, &ChangeSet), ApiError> {
        let missing = || no_change_set(name);
        if name.starts_with("arn:") {
            let mut stacks = self.stacks.values();
            let found = |stack| Stack::change_sets(stack).get(name).map(|one| (stack, one));
            return stacks.find_map(found).ok_or_else(missing);
        }
        let stack = self.stack_of_change_set(stack_name)?;
        let mut all = stack.change_sets().values();
        let found = all.find(|one| one.facts.name == name).ok_or_else(missing)?;
        Ok((stack, found))
    }

    /// CFN-CS-07
    fn stack_of_change_set(&self, stack_name: Option<&str>) -> Result<&Stack, ApiError> {
        let name = stack_name.ok_or_else(|| {
            validation("StackName must be specified if ChangeSetName is not specified as an ARN.")
        })?;
        self.find(name).filter(|stack| stack.is_live()).ok_or_else(|| no_stack(name))
    }
}
