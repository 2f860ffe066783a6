//! DescribeChangeSet and ListChangeSets.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Value, json};

use crate::CloudFormation;
use crate::api::describe::{add, parameters, tags};
use crate::api::page::page;
use crate::change_set::ChangeSet;
use crate::error::no_stack;
use crate::state::Stack;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeChangeSet {
    change_set_name: String,
    stack_name: Option<String>,
    next_token: Option<String>,
    #[serde(default)]
    include_property_values: bool,
}

pub(crate) fn describe_change_set(all: &CloudFormation, value: &Value) -> Result<Value, ApiError> {
    let given: DescribeChangeSet = input("DescribeChangeSet", value)?;
    let (stack, found) = all.change_set(&given.change_set_name, given.stack_name.as_deref())?;
    let (facts, source) = (&found.facts, &found.revision.source);
    let changes: Vec<Value> =
        facts.changes.iter().map(|one| one.shown(given.include_property_values)).collect();
    let mut shown = summary(stack, found);
    let page = page("Changes", changes, given.next_token.as_deref())?;
    for (member, value) in page.as_object().into_iter().flatten() {
        shown[member] = value.clone();
    }
    shown["Parameters"] = json!(parameters(&found.revision));
    shown["Tags"] = json!(tags(&found.revision));
    shown["Capabilities"] = json!(source.capabilities);
    shown["NotificationARNs"] = json!([]);
    shown["RollbackConfiguration"] = json!(facts.rollback.clone().unwrap_or_default());
    if let Some(on_failure) = facts.on_failure {
        shown["OnStackFailure"] = json!(on_failure);
    }
    Ok(shown)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListChangeSets {
    stack_name: String,
    next_token: Option<String>,
}

pub(crate) fn list_change_sets(all: &CloudFormation, value: &Value) -> Result<Value, ApiError> {
    let given: ListChangeSets = input("ListChangeSets", value)?;
    let name = &given.stack_name;
    let stack = all.find(name).ok_or_else(|| no_stack(name))?;
    let mut change_sets: Vec<&ChangeSet> = stack.change_sets().values().collect();
    change_sets.sort_by_key(|one| one.facts.created);
    let summaries = change_sets.into_iter().map(|one| summary(stack, one)).collect();
    page("Summaries", summaries, given.next_token.as_deref())
}

/// What both show.
fn summary(stack: &Stack, change_set: &ChangeSet) -> Value {
    let facts = &change_set.facts;
    let mut shown = json!({
        "StackId": stack.facts.id,
        "StackName": stack.facts.name,
        "ChangeSetId": facts.id,
        "ChangeSetName": facts.name,
        "CreationTime": facts.created.iso8601(),
        "Status": facts.status.as_str(),
        "ExecutionStatus": facts.execution.as_str(),
        "IncludeNestedStacks": false,
        "ImportExistingResources": false,
    });
    add(&mut shown, "StatusReason", facts.reason.as_deref());
    add(&mut shown, "Description", facts.description.as_deref());
    shown
}
