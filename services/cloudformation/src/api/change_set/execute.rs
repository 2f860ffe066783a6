//! ExecuteChangeSet (CFN-CS-05, CFN-CS-06).

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use crate::CloudFormation;
use crate::api::update::{same_types, updatable};
use crate::change_set::{ChangeSet, ExecutionStatus};
use crate::error::{change_set_status, validation};
use crate::state::{OnFailure, Options, Stack};
use crate::status::StackStatus;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ExecuteChangeSet {
    change_set_name: String,
    stack_name: Option<String>,
    client_request_token: Option<String>,
    disable_rollback: Option<bool>,
    #[serde(default)]
    retain_except_on_create: bool,
}

pub(crate) fn execute_change_set(
    all: &mut CloudFormation,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let given: ExecuteChangeSet = input("ExecuteChangeSet", value)?;
    let (stack, found) = all.change_set(&given.change_set_name, given.stack_name.as_deref())?;
    let done = Ok(json!({}));
    let token = given.client_request_token.clone();
    let running = found.facts.execution == ExecutionStatus::ExecuteInProgress;
    if running && token.is_some() && token == stack.facts.token {
        // A caller that did not hear the answer asks again.
        return done;
    }
    let on_failure = given.on_failure(found)?;
    executable(stack, found, on_failure)?;
    let options = Options {
        on_failure,
        timeout_min: stack.facts.options.timeout_min,
        retain_except_on_create: given.retain_except_on_create,
        force_delete: false,
    };
    let (stack_id, id) = (stack.facts.id.clone(), found.facts.id.clone());
    all.run(cx, &stack_id, |run| {
        run.stack.keep_change_set(Some(&id));
        let Some(change_set) = run.stack.change_set_mut(&id) else { return };
        change_set.facts.execution = ExecutionStatus::ExecuteInProgress;
        let revision = change_set.revision.clone();
        let role_arn = change_set.facts.role_arn.clone();
        let creates = change_set.facts.creates;
        let rollback = change_set.facts.rollback.clone();
        let facts = run.stack.facts_mut();
        facts.rollback = facts.rollback.followed_by(rollback.as_ref());
        if role_arn.is_some() {
            run.stack.facts_mut().role_arn = role_arn;
        }
        if creates {
            run.stack.revision = revision;
            run.stack.dirty.revisions = true;
            let facts = run.stack.facts_mut();
            (facts.options, facts.token) = (options, token);
            run.begin_creation();
        } else {
            run.begin_update(revision, options, token);
        }
    });
    done
}

fn executable(stack: &Stack, found: &ChangeSet, on_failure: OnFailure) -> Result<(), ApiError> {
    let facts = &found.facts;
    if facts.execution != ExecutionStatus::Available {
        let status = match facts.execution {
            ExecutionStatus::Unavailable => facts.status.as_str(),
            execution => execution.as_str(),
        };
        return Err(change_set_status(format!(
            "ChangeSet [{}] cannot be executed in its current status of [{status}]",
            facts.id
        )));
    }
    if facts.creates && stack.status() == StackStatus::ReviewInProgress {
        return Ok(());
    }
    updatable(stack, on_failure == OnFailure::DoNothing)?;
    same_types(stack, &found.revision)
}

impl ExecuteChangeSet {
    /// OnStackFailure of the change set and DisableRollback exclude each other; without either a
    /// failure rolls back (CFN-CS-06).
    fn on_failure(&self, change_set: &ChangeSet) -> Result<OnFailure, ApiError> {
        match (change_set.facts.on_failure, self.disable_rollback) {
            (Some(_), Some(_)) => Err(validation(
                "DisableRollback cannot be specified for a change set created with OnStackFailure",
            )),
            (Some(on_failure), None) => Ok(on_failure),
            (None, Some(true)) => Ok(OnFailure::DoNothing),
            (None, _) => Ok(OnFailure::Rollback),
        }
    }
}
