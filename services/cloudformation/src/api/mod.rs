//! The operations, by name.

mod change_set;
mod create;
mod delete;
mod describe;
mod events;
mod exports;
mod intake;
pub(crate) mod needs;
mod nested;
mod page;
mod policy;
mod protection;
mod resources;
mod role;
mod rollback;
mod template;
mod update;

pub(crate) use nested::{FINISH as FINISH_NESTED_UPDATE, STATE as NESTED_STACK_STATE};

use standin_kernel::{ApiError, Cx, Value};

use crate::CloudFormation;
use crate::error;
use crate::library::Library;
use crate::state::Stack;

/// Carries out an operation; those AWS has and Standin has not are refused by name.
pub(crate) fn call(
    all: &mut CloudFormation,
    cx: &mut Cx<'_>,
    operation: &str,
    input: &Value,
    library: Library<'_>,
) -> Result<Value, ApiError> {
    match operation {
        "CreateStack" => create::create_stack(all, cx, input, library),
        "UpdateStack" => update::update_stack(all, cx, input, library),
        "DeleteStack" => delete::delete_stack(all, cx, input),
        "RollbackStack" => rollback::rollback_stack(all, cx, input),
        "ContinueUpdateRollback" => rollback::continue_update_rollback(all, cx, input),
        "CancelUpdateStack" => rollback::cancel_update_stack(all, cx, input),
        "UpdateTerminationProtection" => protection::update(all, cx, input),
        "DescribeStacks" => describe::describe_stacks(all, input),
        "ListStacks" => describe::list_stacks(all, input),
        "DescribeStackEvents" => events::describe_stack_events(all, input),
        "DescribeStackResource" => resources::describe_stack_resource(all, input),
        "DescribeStackResources" => resources::describe_stack_resources(all, input),
        "ListStackResources" => resources::list_stack_resources(all, input),
        "ListExports" => exports::list_exports(all, input),
        "ListImports" => exports::list_imports(all, input),
        "GetTemplate" => template::get_template(all, input),
        "GetTemplateSummary" => template::get_template_summary(all, input, library),
        "ValidateTemplate" => template::validate_template(all, input, library),
        "SetStackPolicy" => policy::set_stack_policy(all, cx, input, library),
        "GetStackPolicy" => policy::get_stack_policy(all, input),
        "CreateChangeSet" => change_set::create::create_change_set(all, cx, input, library),
        "DescribeChangeSet" => change_set::describe::describe_change_set(all, input),
        "ListChangeSets" => change_set::describe::list_change_sets(all, input),
        "ExecuteChangeSet" => change_set::execute::execute_change_set(all, cx, input),
        "DeleteChangeSet" => change_set::delete::delete_change_set(all, cx, input),
        nested::STATE => nested::state(all, input),
        nested::FINISH => nested::finish(all, cx, input),
        _ => Err(ApiError::unsupported_operation("cloudformation", operation)),
    }
}

impl CloudFormation {
    /// A stack by name, or by ARN, which also finds deleted ones (CFN-ST-09).
    fn find(&self, name: &str) -> Option<&Stack> {
        if name.starts_with("arn:") {
            return self.stacks.get(name);
        }
        self.stacks.values().find(|stack| stack.is_live() && stack.facts.name == name)
    }

    /// The ARN of a stack that is not deleted.
    fn live_id(&self, name: &str) -> Result<String, ApiError> {
        let stack = self.find(name).filter(|stack| stack.is_live());
        stack.map(|stack| stack.facts.id.clone()).ok_or_else(|| error::no_stack(name))
    }
}
