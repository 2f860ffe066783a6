//! UpdateTerminationProtection (CFN-ST-11).

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use crate::CloudFormation;
use crate::error::validation;
use crate::status::StackStatus;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct UpdateTerminationProtection {
    stack_name: String,
    enable_termination_protection: bool,
}

pub(super) fn update(
    all: &mut CloudFormation,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let given: UpdateTerminationProtection = input("UpdateTerminationProtection", value)?;
    let id = all.live_id(&given.stack_name)?;
    let deleting = |status| status == StackStatus::DeleteInProgress;
    if all.stacks.get(&id).is_some_and(|stack| deleting(stack.status())) {
        let message = format!("Stack [{id}] is being deleted: its protection cannot be changed");
        return Err(validation(message));
    }
    all.run(cx, &id, |run| {
        run.stack.facts_mut().termination_protection = given.enable_termination_protection;
    });
    Ok(json!({"StackId": id}))
}
