//! DeleteStack.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Duration, Value, json};

use crate::CloudFormation;
use crate::api::role::check_role;
use crate::error::validation;
use crate::event::USER_INITIATED;
use crate::machine::Run;
use crate::state::{Failure, Stack};
use crate::status::StackStatus;
use crate::store;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DeleteStack {
    stack_name: String,
    #[serde(default)]
    retain_resources: Vec<String>,
    client_request_token: Option<String>,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    #[serde(default)]
    deletion_mode: DeletionMode,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum DeletionMode {
    #[default]
    Standard,
    ForceDeleteStack,
}

/// CFN-ST-09
const DELETED_KEPT: Duration = Duration::from_secs(90 * 24 * 3600);
/// Most deleted stacks that are remembered.
const DELETED_MAX: usize = 200;

pub(super) fn delete_stack(
    all: &mut CloudFormation,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let given: DeleteStack = input("DeleteStack", value)?;
    forget_old(all, cx);
    let done = Ok(json!({}));
    // CFN-ST-09: what is not there is deleted.
    let Some(stack) = all.find(&given.stack_name).filter(|stack| stack.is_live()) else {
        return done;
    };
    let (id, status) = (stack.facts.id.clone(), stack.status());
    check(stack, &given)?;
    check_role(given.role_arn.as_deref())?;
    if status == StackStatus::DeleteInProgress {
        return done;
    }
    let force = given.deletion_mode == DeletionMode::ForceDeleteStack;
    all.run(cx, &id, |run| {
        let facts = run.stack.facts_mut();
        facts.token = given.client_request_token;
        facts.options.force_delete = force;
        if given.role_arn.is_some() {
            facts.role_arn = given.role_arn;
        }
        run.stack.keep_change_set(None);
        if let Some(why) = run.needed_exports() {
            run.refuse_deletion(&why);
        } else if status == StackStatus::CreateInProgress {
            run.supersede(Failure::Deleted);
            run.advance();
        } else {
            run.delete(Some(USER_INITIATED), &given.retain_resources);
            run.advance();
        }
    });
    done
}

fn check(stack: &Stack, given: &DeleteStack) -> Result<(), ApiError> {
    let (id, name, status) = (&stack.facts.id, &stack.facts.name, stack.status());
    if stack.facts.termination_protection {
        // CFN-ST-11
        return Err(validation(format!(
            "Stack [{name}] cannot be deleted while TerminationProtection is enabled"
        )));
    }
    let updating =
        status.is_in_progress() && status.as_str().starts_with("UPDATE_") && !stack.facts.held;
    if updating {
        let status = status.as_str();
        return Err(validation(format!("Stack [{id}] cannot be deleted while in status {status}")));
    }
    let failed = status == StackStatus::DeleteFailed;
    // CFN-ST-10
    if !failed && !given.retain_resources.is_empty() {
        return Err(validation(format!(
            "Stack [{name}] is in {} state; RetainResources can be given for a stack in \
             DELETE_FAILED state only",
            status.as_str()
        )));
    }
    if !failed && given.deletion_mode == DeletionMode::ForceDeleteStack {
        return Err(validation(format!(
            "Stack [{name}] is in {} state; FORCE_DELETE_STACK can be given for a stack in \
             DELETE_FAILED state only",
            status.as_str()
        )));
    }
    let unknown = given.retain_resources.iter().find(|id| stack.resource(id).is_none());
    match unknown {
        Some(unknown) => Err(validation(format!(
            "The following resources to retain do not exist in stack {name}: [{unknown}]"
        ))),
        None => Ok(()),
    }
}

impl Run<'_, '_> {
    /// An export that is in use keeps the stack: it goes back to the status it had (CFN-OU-02).
    fn refuse_deletion(&mut self, why: &str) {
        let status = self.stack.status();
        self.stack.enter(self.cx, StackStatus::DeleteInProgress, Some(USER_INITIATED));
        self.stack.enter(self.cx, status, Some(why));
    }
}

/// Forgets stacks that were deleted long ago, and the oldest of very many.
fn forget_old(all: &mut CloudFormation, cx: &mut Cx<'_>) {
    let mut deleted: Vec<_> = all
        .stacks
        .values()
        .filter_map(|stack| Some((stack.facts.deleted?, stack.facts.id.clone())))
        .collect();
    deleted.sort();
    let many = deleted.len().saturating_sub(DELETED_MAX);
    for (number, (at, id)) in deleted.into_iter().enumerate() {
        if (number < many || cx.now.since(at) > DELETED_KEPT)
            && let Some(stack) = all.stacks.remove(&id)
        {
            store::forget(cx, &stack);
        }
    }
}
