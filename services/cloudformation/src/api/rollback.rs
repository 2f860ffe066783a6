//! RollbackStack, ContinueUpdateRollback and CancelUpdateStack (CFN-ST-05, CFN-ST-08, CFN-ST-12).

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use crate::CloudFormation;
use crate::api::role::check_role;
use crate::error::validation;
use crate::event::USER_INITIATED;
use crate::state::{Failure, Stack};
use crate::status::{ResourceStatus, StackStatus};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RollbackStack {
    stack_name: String,
    client_request_token: Option<String>,
    #[serde(default)]
    retain_except_on_create: bool,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
}

pub(super) fn rollback_stack(
    all: &mut CloudFormation,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let given: RollbackStack = input("RollbackStack", value)?;
    let id = all.live_id(&given.stack_name)?;
    let status = all.stacks.get(&id).map(Stack::status);
    if !matches!(status, Some(StackStatus::CreateFailed | StackStatus::UpdateFailed)) {
        return Err(not_in(&id, status, "rolled back", "CREATE_FAILED or UPDATE_FAILED"));
    }
    check_role(given.role_arn.as_deref())?;
    all.run(cx, &id, |run| {
        let facts = run.stack.facts_mut();
        facts.token = given.client_request_token;
        if given.role_arn.is_some() {
            facts.role_arn = given.role_arn;
        }
        facts.options.retain_except_on_create |= given.retain_except_on_create;
        // A stack that never was as it should has nothing to go back to.
        match run.stack.stable {
            Some(_) => run.roll_back_update(USER_INITIATED),
            None => run.roll_back_creation(USER_INITIATED),
        }
        run.advance();
    });
    Ok(json!({"StackId": id}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ContinueUpdateRollback {
    stack_name: String,
    client_request_token: Option<String>,
    #[serde(default)]
    resources_to_skip: Vec<String>,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
}

pub(super) fn continue_update_rollback(
    all: &mut CloudFormation,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let given: ContinueUpdateRollback = input("ContinueUpdateRollback", value)?;
    let id = all.live_id(&given.stack_name)?;
    let Some(stack) = all.stacks.get(&id) else { return Ok(Value::Null) };
    if stack.status() != StackStatus::UpdateRollbackFailed {
        let status = Some(stack.status());
        return Err(not_in(&id, status, "rolled back further", "UPDATE_ROLLBACK_FAILED"));
    }
    let failed = |id: &String| {
        let status = stack.resource(id).and_then(|resource| resource.status);
        status == Some(ResourceStatus::UpdateFailed)
    };
    if let Some(wrong) = given.resources_to_skip.iter().find(|id| !failed(id)) {
        return Err(validation(format!(
            "ResourcesToSkip can name resources in UPDATE_FAILED state only, not {wrong}"
        )));
    }
    check_role(given.role_arn.as_deref())?;
    all.run(cx, &id, |run| {
        let facts = run.stack.facts_mut();
        facts.token = given.client_request_token;
        if given.role_arn.is_some() {
            facts.role_arn = given.role_arn;
        }
        for logical_id in &given.resources_to_skip {
            run.skip_revert(logical_id);
        }
        run.roll_back_update(USER_INITIATED);
        run.advance();
    });
    Ok(json!({}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CancelUpdateStack {
    stack_name: String,
    client_request_token: Option<String>,
}

pub(super) fn cancel_update_stack(
    all: &mut CloudFormation,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let given: CancelUpdateStack = input("CancelUpdateStack", value)?;
    let id = all.live_id(&given.stack_name)?;
    let status = all.stacks.get(&id).map(Stack::status);
    if status != Some(StackStatus::UpdateInProgress) {
        let message = "CancelUpdateStack cannot be called from current stack status";
        return Err(validation(message));
    }
    all.run(cx, &id, |run| {
        run.stack.facts_mut().token = given.client_request_token;
        run.supersede(Failure::Cancelled);
        run.advance();
    });
    Ok(json!({}))
}

fn not_in(id: &str, status: Option<StackStatus>, done: &str, wanted: &str) -> ApiError {
    let status = status.map_or("unknown", StackStatus::as_str);
    validation(format!("Stack:{id} is in {status} state and can not be {done}: {wanted} is needed"))
}
