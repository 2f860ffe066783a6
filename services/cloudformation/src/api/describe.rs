//! DescribeStacks and ListStacks.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Time, Value, json};

use crate::CloudFormation;
use crate::api::page::page;
use crate::error::no_stack_with_id;
use crate::revision::Revision;
use crate::state::{Facts, OnFailure, Output, Stack};
use crate::status::StackStatus;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeStacks {
    stack_name: Option<String>,
    next_token: Option<String>,
}

/// What NoEcho shows (CFN-PA-07).
const MASK: &str = "****";

pub(super) fn describe_stacks(all: &CloudFormation, value: &Value) -> Result<Value, ApiError> {
    let given: DescribeStacks = input("DescribeStacks", value)?;
    let stacks: Vec<Value> = match &given.stack_name {
        Some(name) => {
            let stack = all.find(name).ok_or_else(|| no_stack_with_id(name))?;
            vec![shown(stack)]
        }
        None => newest_first(all).into_iter().filter(|stack| stack.is_live()).map(shown).collect(),
    };
    page("Stacks", stacks, given.next_token.as_deref())
}

fn newest_first(all: &CloudFormation) -> Vec<&Stack> {
    let mut stacks: Vec<&Stack> = all.stacks.values().collect();
    stacks.sort_by_key(|stack| std::cmp::Reverse(stack.facts.created));
    stacks
}

fn shown(stack: &Stack) -> Value {
    let (facts, revision) = (&stack.facts, &stack.revision);
    if facts.status == StackStatus::ReviewInProgress {
        return under_review(stack);
    }
    let mut shown = json!({
        "StackId": facts.id,
        "StackName": facts.name,
        "Parameters": parameters(revision),
        "CreationTime": facts.created.iso8601(),
        "RollbackConfiguration": facts.rollback,
        "StackStatus": facts.status.as_str(),
        "DisableRollback": facts.options.on_failure == OnFailure::DoNothing,
        "NotificationARNs": revision.source.notification_arns,
        "Capabilities": revision.source.capabilities,
        "Tags": tags(revision),
        "EnableTerminationProtection": facts.termination_protection,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    });
    add(&mut shown, "Description", revision.template.description());
    add(&mut shown, "StackStatusReason", facts.reason.as_deref());
    add(&mut shown, "LastUpdatedTime", facts.updated.map(Time::iso8601).as_deref());
    add(&mut shown, "DeletionTime", facts.deleted.map(Time::iso8601).as_deref());
    add(&mut shown, "RoleARN", facts.role_arn.as_deref());
    add_parent(&mut shown, facts);
    if let Some(minutes) = facts.options.timeout_min {
        shown["TimeoutInMinutes"] = json!(minutes);
    }
    // CFN-ST-13
    if !facts.status.is_in_progress() && !facts.outputs.is_empty() {
        shown["Outputs"] = facts.outputs.iter().map(output).collect();
    }
    shown
}

/// A stack that has no template yet (CFN-ST-21).
fn under_review(stack: &Stack) -> Value {
    let facts = &stack.facts;
    let mut shown = json!({
        "StackId": facts.id,
        "StackName": facts.name,
        "CreationTime": facts.created.iso8601(),
        "RollbackConfiguration": {},
        "StackStatus": facts.status.as_str(),
        "DisableRollback": false,
        "NotificationARNs": [],
        "Tags": [],
        "EnableTerminationProtection": facts.termination_protection,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    });
    add(&mut shown, "StackStatusReason", facts.reason.as_deref());
    shown
}

/// A version's parameters, those with NoEcho masked.
pub(super) fn parameters(revision: &Revision) -> Vec<Value> {
    let no_echo = |name: &str| {
        let declared = revision.template.parameters().iter();
        declared.filter(|one| one.no_echo).any(|one| one.name == name)
    };
    let shown = |(name, value): (&String, &String)| {
        let masked = no_echo(name);
        let value = if masked { MASK } else { value.as_str() };
        let mut shown = json!({"ParameterKey": name, "ParameterValue": value});
        let resolved = revision.source.stored.get(name);
        // CFN-PA-09
        add(&mut shown, "ResolvedValue", resolved.map(|value| if masked { MASK } else { value }));
        shown
    };
    revision.source.parameters.iter().map(shown).collect()
}

pub(super) fn tags(revision: &Revision) -> Vec<Value> {
    let tags = revision.source.tags.iter();
    tags.map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

fn output(output: &Output) -> Value {
    let mut shown = json!({"OutputKey": output.name, "OutputValue": output.value});
    add(&mut shown, "Description", output.description.as_deref());
    add(&mut shown, "ExportName", output.export_name.as_deref());
    shown
}

/// Of a nested stack.
fn add_parent(shown: &mut Value, facts: &Facts) {
    add(shown, "ParentId", facts.parent.as_ref().map(|parent| parent.stack_id.as_str()));
    add(shown, "RootId", facts.parent.as_ref().map(|parent| parent.root_id.as_str()));
}

/// Members without a value are left out.
pub(super) fn add(shown: &mut Value, member: &str, text: Option<&str>) {
    if let Some(text) = text {
        shown[member] = json!(text);
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListStacks {
    #[serde(default)]
    stack_status_filter: Vec<String>,
    next_token: Option<String>,
}

pub(super) fn list_stacks(all: &CloudFormation, value: &Value) -> Result<Value, ApiError> {
    let given: ListStacks = input("ListStacks", value)?;
    let wanted = |stack: &&Stack| {
        let filter = &given.stack_status_filter;
        filter.is_empty() || filter.iter().any(|status| status == stack.status().as_str())
    };
    let summaries = newest_first(all).into_iter().filter(wanted).map(summary).collect();
    page("StackSummaries", summaries, given.next_token.as_deref())
}

fn summary(stack: &Stack) -> Value {
    let facts = &stack.facts;
    let mut shown = json!({
        "StackId": facts.id,
        "StackName": facts.name,
        "CreationTime": facts.created.iso8601(),
        "StackStatus": facts.status.as_str(),
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    });
    if facts.status != StackStatus::ReviewInProgress {
        add(&mut shown, "TemplateDescription", stack.revision.template.description());
    }
    add(&mut shown, "StackStatusReason", facts.reason.as_deref());
    add(&mut shown, "LastUpdatedTime", facts.updated.map(Time::iso8601).as_deref());
    add(&mut shown, "DeletionTime", facts.deleted.map(Time::iso8601).as_deref());
    add_parent(&mut shown, facts);
    shown
}
