//! UpdateStack.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use crate::CloudFormation;
use crate::api::intake::{Intake, Parameter, Standin, Tag};
use crate::api::nested::{self, place};
use crate::api::policy;
use crate::api::role::{check_role, check_rollback};
use crate::error::validation;
use crate::library::Library;
use crate::machine::review::changes;
use crate::machine::watch::RollbackConfiguration;
use crate::revision::Revision;
use crate::state::{OnFailure, Options, Resource, Stack};
use crate::status::StackStatus;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct UpdateStack {
    stack_name: String,
    template_body: Option<String>,
    #[serde(rename = "TemplateURL")]
    template_url: Option<String>,
    #[serde(default)]
    use_previous_template: bool,
    #[serde(default)]
    parameters: Vec<Parameter>,
    tags: Option<Vec<Tag>>,
    #[serde(default)]
    capabilities: Vec<String>,
    #[serde(default)]
    disable_rollback: bool,
    client_request_token: Option<String>,
    #[serde(default)]
    retain_except_on_create: bool,
    stack_policy_body: Option<String>,
    #[serde(rename = "StackPolicyURL")]
    stack_policy_url: Option<String>,
    stack_policy_during_update_body: Option<String>,
    #[serde(rename = "StackPolicyDuringUpdateURL")]
    stack_policy_during_update_url: Option<String>,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    #[serde(rename = "NotificationARNs")]
    notification_arns: Option<Vec<String>>,
    rollback_configuration: Option<RollbackConfiguration>,
    standin: Option<Standin>,
}

pub(super) fn update_stack(
    all: &mut CloudFormation,
    cx: &mut Cx<'_>,
    value: &Value,
    library: Library<'_>,
) -> Result<Value, ApiError> {
    if all.puts_back(value) {
        return nested::put_back(all, cx, value);
    }
    let given: UpdateStack = input("UpdateStack", value)?;
    let id = all.live_id(&given.stack_name)?;
    let Some(stack) = all.stacks.get(&id) else { return Ok(Value::Null) };
    let status = stack.status();
    let token = given.client_request_token;
    let same = token.is_some() && token == stack.facts.token;
    let nested = given.standin.as_ref().is_some_and(|standin| standin.parent.is_some());
    if (same && status == StackStatus::UpdateInProgress) || (nested && stack.facts.held) {
        // A caller that did not hear the answer asks again.
        return Ok(json!({"StackId": id}));
    }
    updatable(stack, given.disable_rollback)?;
    check_role(given.role_arn.as_deref())?;
    check_rollback(given.rollback_configuration.as_ref())?;
    let place = given.standin.as_ref().and_then(|standin| place(all, standin));
    let parent = place.as_ref().and_then(|place| all.stacks.get(&place.stack_id));
    let keeps = |parent: &Stack| parent.facts.options.on_failure == OnFailure::DoNothing;
    let disable_rollback = parent.map_or(given.disable_rollback, keeps);
    let intake = Intake {
        stack_id: &id,
        body: given.template_body,
        url: given.template_url,
        use_previous: given.use_previous_template,
        parameters: given.parameters,
        tags: given.tags,
        capabilities: given.capabilities,
        standin: given.standin,
        notification_arns: given.notification_arns,
        previous: Some(&stack.revision.source),
        parent,
        library,
    };
    let revision = intake.read(&all.desk.list)?;
    same_types(stack, &revision)?;
    if !changes(&all.desk, stack, &all.stacks, &revision) {
        if parent.is_some() {
            return Ok(json!({"StackId": id, "Standin": {"Unchanged": true}}));
        }
        return Err(validation("No updates are to be performed."));
    }
    let template = Some(&revision.template);
    let url = given.stack_policy_url.as_deref();
    let policy = policy::read(given.stack_policy_body, url, template, library)?;
    let url = given.stack_policy_during_update_url.as_deref();
    let meanwhile = policy::read(given.stack_policy_during_update_body, url, template, library)?;
    let on_failure = if disable_rollback { OnFailure::DoNothing } else { OnFailure::Rollback };
    let options = Options {
        on_failure,
        timeout_min: stack.facts.options.timeout_min,
        retain_except_on_create: given.retain_except_on_create,
        force_delete: false,
    };
    all.run(cx, &id, |run| {
        run.stack.keep_change_set(None);
        let facts = run.stack.facts_mut();
        facts.policy_during_update = meanwhile;
        if policy.is_some() {
            facts.policy = policy;
        }
        if given.role_arn.is_some() {
            facts.role_arn = given.role_arn;
        }
        facts.rollback = facts.rollback.followed_by(given.rollback_configuration.as_ref());
        run.begin_update(revision, options, token);
    });
    Ok(json!({"StackId": id}))
}

/// CFN-ST-02, CFN-ST-04, CFN-ST-16. `keeping`: with DisableRollback.
pub(super) fn updatable(stack: &Stack, keeping: bool) -> Result<(), ApiError> {
    if stack.status().can_be_updated(keeping) {
        return Ok(());
    }
    let (id, status) = (&stack.facts.id, stack.status().as_str());
    Err(validation(format!("Stack:{id} is in {status} state and can not be updated.")))
}

/// A logical id keeps its type as long as there is something of it.
pub(super) fn same_types(stack: &Stack, revision: &Revision) -> Result<(), ApiError> {
    let plan = revision.plan.resources.iter();
    let other = |resource: &Resource, type_name: &str| {
        resource.type_name != type_name && !resource.is_gone()
    };
    let changed: Vec<&str> = plan
        .filter(|planned| {
            let resource = stack.resource(&planned.logical_id);
            resource.is_some_and(|resource| other(resource, &planned.type_name))
        })
        .map(|planned| planned.logical_id.as_str())
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    Err(validation(format!(
        "Update of resource type is not permitted. The new template modifies resource type of the \
         following resources: [{}]",
        changed.join(", ")
    )))
}
