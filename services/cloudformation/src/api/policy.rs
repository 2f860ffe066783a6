//! SetStackPolicy and GetStackPolicy (CFN-SP-01, CFN-SP-02).

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use crate::CloudFormation;
use crate::error::{constraint, no_stack, validation};
use crate::library::Library;
use crate::stack_policy::{PolicyText, StackPolicy};
use crate::status::StackStatus;
use crate::template::Template;

/// In bytes.
const POLICY_MAX: usize = 16_384;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SetStackPolicy {
    stack_name: String,
    stack_policy_body: Option<String>,
    #[serde(rename = "StackPolicyURL")]
    stack_policy_url: Option<String>,
}

pub(super) fn set_stack_policy(
    all: &mut CloudFormation,
    cx: &mut Cx<'_>,
    value: &Value,
    library: Library<'_>,
) -> Result<Value, ApiError> {
    let given: SetStackPolicy = input("SetStackPolicy", value)?;
    let id = all.live_id(&given.stack_name)?;
    let Some(stack) = all.stacks.get(&id) else { return Ok(Value::Null) };
    let reviewed = stack.status() == StackStatus::ReviewInProgress;
    let template = (!reviewed).then_some(&stack.revision.template);
    let (body, url) = (given.stack_policy_body, given.stack_policy_url.as_deref());
    let Some(policy) = read(body, url, template, library)? else {
        return Err(validation("Either StackPolicyBody or StackPolicyURL must be specified."));
    };
    all.run(cx, &id, |run| run.stack.facts_mut().policy = Some(policy));
    Ok(json!({}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetStackPolicy {
    stack_name: String,
}

pub(super) fn get_stack_policy(all: &CloudFormation, value: &Value) -> Result<Value, ApiError> {
    let given: GetStackPolicy = input("GetStackPolicy", value)?;
    let stack = all.find(&given.stack_name).ok_or_else(|| no_stack(&given.stack_name))?;
    Ok(match &stack.facts.policy {
        Some(policy) => json!({"StackPolicyBody": policy.0}),
        None => json!({}),
    })
}

/// A policy given to an operation, for a stack of that template.
pub(super) fn read(
    body: Option<String>,
    url: Option<&str>,
    template: Option<&Template>,
    library: Library<'_>,
) -> Result<Option<PolicyText>, ApiError> {
    let body = match (body, url) {
        (Some(_), Some(_)) => {
            return Err(validation("You cannot specify both StackPolicyURL and StackPolicyBody"));
        }
        (None, Some(url)) => library.text(url)?,
        (None, None) => return Ok(None),
        (Some(body), None) => body,
    };
    if body.len() > POLICY_MAX {
        let wanted = format!("have length less than or equal to {POLICY_MAX}");
        return Err(constraint("...", "stackPolicyBody", &wanted));
    }
    let known: Vec<&str> =
        template.iter().flat_map(|one| one.resources()).map(|(id, _)| id).collect();
    match StackPolicy::read(&body, &known) {
        Ok(_) => Ok(Some(PolicyText(body))),
        Err(wrong) => Err(validation(format!("Error validating stack policy: {wrong}"))),
    }
}
