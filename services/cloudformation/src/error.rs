//! What CloudFormation's operations refuse, in the words AWS uses (tools match on them).

use standin_kernel::ApiError;

use crate::template::{Stage, TemplateError, api_message};

pub(crate) fn validation(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationError", 400, message)
}

/// CFN-ST-14: DescribeStacks, GetTemplate and the operations on resources.
pub(crate) fn no_stack_with_id(name: &str) -> ApiError {
    validation(format!("Stack with id {name} does not exist"))
}

/// CFN-ST-14: UpdateStack, events and what changes a stack.
pub(crate) fn no_stack(name: &str) -> ApiError {
    validation(format!("Stack [{name}] does not exist"))
}

/// CFN-ST-14
pub(crate) fn stack_exists(name: &str) -> ApiError {
    ApiError::new("AlreadyExistsException", 400, format!("Stack [{name}] already exists"))
}

/// CFN-CS-05
pub(crate) fn no_change_set(name: &str) -> ApiError {
    ApiError::new("ChangeSetNotFound", 404, format!("ChangeSet [{name}] does not exist"))
}

/// CFN-CS-03
pub(crate) fn change_set_status(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidChangeSetStatus", 400, message)
}

/// CFN-TP-11, CFN-TP-12: an input that breaks the API's own model.
pub(crate) fn constraint(value: &str, member: &str, constraint: &str) -> ApiError {
    validation(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy \
         constraint: Member must {constraint}"
    ))
}

/// Refuses a template. Somebody who named its file is told every mistake with its place; others
/// are told what AWS would say, which has no place, except for properties: AWS would find those
/// only while creating the resource (CFN-TP-15), so the place is what helps.
pub(crate) fn template(errors: &[TemplateError], file_named: bool) -> ApiError {
    if file_named {
        let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
        return validation(all.join("\n"));
    }
    let first = errors.iter().min_by_key(|error| error.stage);
    match first {
        Some(wrong) if wrong.stage == Stage::Property && wrong.line > 0 => {
            validation(format!("{}:{}:{}: {}", wrong.file, wrong.line, wrong.column, wrong.message))
        }
        _ => validation(api_message(errors)),
    }
}
