//! The resource policy of a function, a statement at a time (LAM-FN-03).

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, ids, json};

use super::name::Named;
use super::{nothing, read};
use crate::Lambda;
use crate::error::{conflict, invalid, not_found, stale_revision, validation};
use crate::state::{Policy, Statement};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Add {
    function_name: String,
    qualifier: Option<String>,
    statement_id: String,
    action: String,
    principal: String,
    source_arn: Option<String>,
    source_account: Option<String>,
    function_url_auth_type: Option<String>,
    invoked_via_function_url: Option<bool>,
    revision_id: Option<String>,
}

pub(super) fn add(lambda: &mut Lambda, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Add = read("AddPermission", value)?;
    let named = Named::read(&asked.function_name, asked.qualifier.as_deref())?;
    if !asked.action.starts_with("lambda:") && asked.action != "*" {
        let constraint = "Member must satisfy regular expression pattern: \
                          (lambda:[*]|lambda:[a-zA-Z]+|[*])";
        return Err(validation(&asked.action, "action", constraint));
    }
    if asked.function_url_auth_type.is_some() && asked.action != "lambda:InvokeFunctionUrl" {
        return Err(invalid(
            "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action",
        ));
    }
    let qualifier = named.qualifier.clone().unwrap_or_default();
    let (arn, revision) = (named.arn(cx), ids::uuid(cx.rng));
    let function = lambda.named_mut(cx, &named)?;
    let policy = function.policies.entry(qualifier).or_insert_with(Policy::default);
    if asked.revision_id.is_some_and(|given| given != policy.revision) {
        return Err(stale_revision());
    }
    if policy.statements.iter().any(|statement| statement.sid == asked.statement_id) {
        return Err(conflict(format!(
            "The statement id ({}) provided already exists. Please provide a new statement id, or \
             remove the existing statement.",
            asked.statement_id
        )));
    }
    let statement = Statement {
        sid: asked.statement_id,
        action: asked.action,
        principal: asked.principal,
        source_arn: asked.source_arn,
        source_account: asked.source_account,
        url_auth_type: asked.function_url_auth_type,
        via_url: asked.invoked_via_function_url,
    };
    let shown = statement.document(&arn).to_string();
    policy.statements.push(statement);
    policy.revision = revision;
    function.store(cx);
    Ok(json!({"Statement": shown}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Remove {
    function_name: String,
    qualifier: Option<String>,
    statement_id: String,
    revision_id: Option<String>,
}

pub(super) fn remove(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Remove = read("RemovePermission", value)?;
    let named = Named::read(&asked.function_name, asked.qualifier.as_deref())?;
    let qualifier = named.qualifier.clone().unwrap_or_default();
    let revision = ids::uuid(cx.rng);
    let function = lambda.named_mut(cx, &named)?;
    let Some(policy) = function.policies.get_mut(&qualifier) else {
        return Err(not_found("No policy is associated with the given resource."));
    };
    if asked.revision_id.is_some_and(|given| given != policy.revision) {
        return Err(stale_revision());
    }
    let Some(at) = policy.statements.iter().position(|one| one.sid == asked.statement_id) else {
        let message = format!("Statement {} is not found in resource policy.", asked.statement_id);
        return Err(not_found(message));
    };
    policy.statements.remove(at);
    policy.revision = revision;
    if policy.statements.is_empty() {
        function.policies.remove(&qualifier);
    }
    function.store(cx);
    nothing()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Get {
    function_name: String,
    qualifier: Option<String>,
}

pub(super) fn get(lambda: &mut Lambda, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Get = read("GetPolicy", value)?;
    let named = Named::read(&asked.function_name, asked.qualifier.as_deref())?;
    let arn = named.arn(cx);
    let function = lambda.named(cx, &named)?;
    let Some(policy) = function.policies.get(named.qualifier.as_deref().unwrap_or("")) else {
        return Err(not_found("The resource you requested does not exist."));
    };
    let statements: Vec<Value> =
        policy.statements.iter().map(|statement| statement.document(&arn)).collect();
    let document = json!({"Version": "2012-10-17", "Id": "default", "Statement": statements});
    Ok(json!({"Policy": document.to_string(), "RevisionId": policy.revision}))
}
