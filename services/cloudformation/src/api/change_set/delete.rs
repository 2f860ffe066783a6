//! DeleteChangeSet (CFN-CS-07).

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use crate::CloudFormation;
use crate::change_set::{ChangeSetStatus, ExecutionStatus};
use crate::error::change_set_status;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DeleteChangeSet {
    change_set_name: String,
    stack_name: Option<String>,
}

/// A change set that is not there is deleted; the stack, even an empty one, stays.
pub(crate) fn delete_change_set(
    all: &mut CloudFormation,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let given: DeleteChangeSet = input("DeleteChangeSet", value)?;
    let done = Ok(json!({}));
    let (stack, found) = match all.change_set(&given.change_set_name, given.stack_name.as_deref()) {
        Ok(found) => found,
        Err(refused) if refused.code == "ChangeSetNotFound" => return done,
        Err(refused) => return Err(refused),
    };
    let facts = &found.facts;
    let status = match (facts.status, facts.execution) {
        (_, execution @ ExecutionStatus::ExecuteInProgress) => Some(execution.as_str()),
        (status @ (ChangeSetStatus::CreatePending | ChangeSetStatus::CreateInProgress), _) => {
            Some(status.as_str())
        }
        _ => None,
    };
    if let Some(status) = status {
        return Err(change_set_status(format!(
            "ChangeSet [{}] cannot be deleted in its current status of [{status}]",
            facts.id
        )));
    }
    let (stack_id, id) = (stack.facts.id.clone(), facts.id.clone());
    all.run(cx, &stack_id, |run| run.stack.remove_change_set(&id));
    done
}
