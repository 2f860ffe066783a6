//! What a nested stack is told and asked by the stack that nests it, beside the operations AWS has.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use crate::CloudFormation;
use crate::api::intake::Standin;
use crate::error::no_stack_with_id;
use crate::event::USER_INITIATED;
use crate::state::{Failure, Parent, Stack};
use crate::status::StackStatus;

/// How a nested stack is, with its outputs though it may not rest yet.
pub(crate) const STATE: &str = "Standin:NestedStack";
/// The parent's update is good.
pub(crate) const FINISH: &str = "Standin:FinishNestedUpdate";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Named {
    stack_name: String,
}

/// Where a stack that a parent asks for belongs.
pub(super) fn place(all: &CloudFormation, standin: &Standin) -> Option<Parent> {
    let parent = all.stacks.get(standin.parent.as_deref()?)?;
    let own = &parent.facts.id;
    let root = parent.facts.parent.as_ref().map_or(own, |grand| &grand.root_id);
    Some(Parent {
        stack_id: own.clone(),
        root_id: root.clone(),
        logical_id: standin.logical_id.clone(),
    })
}

impl CloudFormation {
    /// Whether an UpdateStack comes from a parent that rolls back.
    pub(super) fn puts_back(&self, update: &Value) -> bool {
        let parent = update["Standin"]["Parent"].as_str().and_then(|id| self.stacks.get(id));
        parent.is_some_and(|parent| parent.status() == StackStatus::UpdateRollbackInProgress)
    }
}

/// The parent rolls back: so does a child that was updated, or is being.
pub(super) fn put_back(
    all: &mut CloudFormation,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let name = value["StackName"].as_str().unwrap_or_default();
    let id = all.live_id(name)?;
    let stack = all.stacks.get(&id);
    let (status, held) =
        stack.map_or((StackStatus::CreateComplete, false), |one| (one.status(), one.facts.held));
    all.run(cx, &id, |run| match status {
        StackStatus::UpdateInProgress => {
            run.supersede(Failure::Cancelled);
            run.advance();
        }
        StackStatus::UpdateFailed | StackStatus::UpdateRollbackFailed => {
            run.roll_back_update(USER_INITIATED);
            run.advance();
        }
        StackStatus::UpdateCompleteCleanupInProgress if held => {
            run.roll_back_update(USER_INITIATED);
            run.advance();
        }
        _ => {}
    });
    Ok(json!({"StackId": id, "Standin": {"PutBack": true}}))
}

pub(super) fn state(all: &CloudFormation, value: &Value) -> Result<Value, ApiError> {
    let Named { stack_name } = input(STATE, value)?;
    let stack = all.find(&stack_name).ok_or_else(|| no_stack_with_id(&stack_name))?;
    let facts = &stack.facts;
    let outputs = facts.outputs.iter();
    let outputs: serde_json::Map<String, Value> =
        outputs.map(|output| (output.name.clone(), output.value.clone())).collect();
    Ok(json!({
        "Status": facts.status.as_str(),
        "Reason": facts.reason,
        "Outputs": outputs,
    }))
}

pub(super) fn finish(
    all: &mut CloudFormation,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let Named { stack_name } = input(FINISH, value)?;
    let id = all.live_id(&stack_name)?;
    if all.stacks.get(&id).is_some_and(|stack: &Stack| stack.facts.held) {
        all.run(cx, &id, |run| {
            run.clean_up();
            run.advance();
        });
    }
    Ok(json!({}))
}
