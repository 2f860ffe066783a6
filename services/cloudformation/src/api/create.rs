//! CreateStack.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, ids, json};

use crate::CloudFormation;
use crate::api::intake::{Intake, Parameter, Standin, Tag};
use crate::api::nested::place;
use crate::api::policy;
use crate::api::role::{check_role, check_rollback};
use crate::error::{constraint, stack_exists, validation};
use crate::library::Library;
use crate::machine::watch::RollbackConfiguration;
use crate::state::{Facts, OnFailure, Options, Stack};
use crate::status::StackStatus;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CreateStack {
    stack_name: String,
    template_body: Option<String>,
    #[serde(rename = "TemplateURL")]
    template_url: Option<String>,
    #[serde(default)]
    parameters: Vec<Parameter>,
    tags: Option<Vec<Tag>>,
    #[serde(default)]
    capabilities: Vec<String>,
    disable_rollback: Option<bool>,
    on_failure: Option<OnFailure>,
    timeout_in_minutes: Option<u32>,
    client_request_token: Option<String>,
    #[serde(default)]
    enable_termination_protection: bool,
    #[serde(default)]
    retain_except_on_create: bool,
    stack_policy_body: Option<String>,
    #[serde(rename = "StackPolicyURL")]
    stack_policy_url: Option<String>,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    #[serde(rename = "NotificationARNs")]
    notification_arns: Option<Vec<String>>,
    rollback_configuration: Option<RollbackConfiguration>,
    standin: Option<Standin>,
}

/// CFN-TP-11
const STACKS_MAX: usize = 2000;
const NAME_MAX: usize = 128;

pub(super) fn create_stack(
    all: &mut CloudFormation,
    cx: &mut Cx<'_>,
    value: &Value,
    library: Library<'_>,
) -> Result<Value, ApiError> {
    let given: CreateStack = input("CreateStack", value)?;
    let name = given.stack_name.clone();
    check_name(&name)?;
    let mut options = given.options()?;
    check_role(given.role_arn.as_deref())?;
    check_rollback(given.rollback_configuration.as_ref())?;
    let place = given.standin.as_ref().and_then(|standin| place(all, standin));
    if let Some(stack) = all.find(&name) {
        let again = given.client_request_token.is_some()
            && stack.facts.token == given.client_request_token
            && stack.status() == StackStatus::CreateInProgress;
        let same = again || (place.is_some() && stack.facts.parent == place);
        // A caller that did not hear the answer asks again.
        return if same {
            Ok(json!({"StackId": stack.facts.id}))
        } else {
            Err(stack_exists(&name))
        };
    }
    let id = new_id(all, cx, &name)?;
    let parent = place.as_ref().and_then(|place| all.stacks.get(&place.stack_id));
    if parent.is_some() {
        // What to do with a failure is the parent's to say.
        options.on_failure = OnFailure::DoNothing;
    }
    let intake = Intake {
        stack_id: &id,
        body: given.template_body,
        url: given.template_url,
        use_previous: false,
        parameters: given.parameters,
        tags: given.tags,
        capabilities: given.capabilities,
        standin: given.standin,
        notification_arns: given.notification_arns,
        previous: None,
        parent,
        library,
    };
    let revision = intake.read(&all.desk.list)?;
    let url = given.stack_policy_url.as_deref();
    let policy = policy::read(given.stack_policy_body, url, Some(&revision.template), library)?;
    let facts = Facts {
        options,
        policy,
        token: given.client_request_token,
        termination_protection: given.enable_termination_protection,
        role_arn: given.role_arn.or_else(|| parent.and_then(|one| one.facts.role_arn.clone())),
        rollback: given.rollback_configuration.unwrap_or_default(),
        parent: place,
        ..Facts::new(&id, &name, cx.now, StackStatus::CreateInProgress)
    };
    all.stacks.insert(id.clone(), Stack::new(facts, revision));
    all.run(cx, &id, |run| {
        run.begin_creation();
    });
    Ok(json!({"StackId": id}))
}

/// The ARN of a stack that is not there yet.
pub(super) fn new_id(
    all: &CloudFormation,
    cx: &mut Cx<'_>,
    name: &str,
) -> Result<String, ApiError> {
    if all.live().count() >= STACKS_MAX {
        let message = format!("Limit of {STACKS_MAX} stacks exceeded");
        return Err(ApiError::new("LimitExceededException", 400, message));
    }
    let uuid = ids::uuid(cx.rng);
    Ok(ids::arn(cx.env, "cloudformation", &format!("stack/{name}/{uuid}")))
}

impl CreateStack {
    /// CFN-ST-07
    fn options(&self) -> Result<Options, ApiError> {
        if self.timeout_in_minutes == Some(0) {
            return Err(constraint(
                "0",
                "timeoutInMinutes",
                "have value greater than or equal to 1",
            ));
        }
        let on_failure = match (self.on_failure, self.disable_rollback) {
            (Some(_), Some(_)) => {
                let message = "Either DisableRollback or OnFailure can be specified, not both.";
                return Err(validation(message));
            }
            (Some(on_failure), None) => on_failure,
            (None, Some(true)) => OnFailure::DoNothing,
            (None, _) => OnFailure::Rollback,
        };
        Ok(Options {
            on_failure,
            timeout_min: self.timeout_in_minutes,
            retain_except_on_create: self.retain_except_on_create,
            force_delete: false,
        })
    }
}

/// CFN-TP-11, CFN-TP-12
pub(super) fn check_name(name: &str) -> Result<(), ApiError> {
    let legal = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    if !legal {
        let pattern = "satisfy regular expression pattern: \
                       [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*";
        return Err(constraint(name, "stackName", pattern));
    }
    if name.len() > NAME_MAX {
        let wanted = format!("have length less than or equal to {NAME_MAX}");
        return Err(constraint(name, "stackName", &wanted));
    }
    Ok(())
}
