//! CreateChangeSet.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, ids, json};

use crate::CloudFormation;
use crate::api::create::{check_name, new_id};
use crate::api::intake::{Intake, Parameter, Standin, Tag};
use crate::api::role::{check_role, check_rollback};
use crate::api::update::{same_types, updatable};
use crate::change_set::{ChangeSet, ChangeSetFacts, ChangeSetStatus, ExecutionStatus};
use crate::error::{constraint, validation};
use crate::event::USER_INITIATED;
use crate::library::Library;
use crate::machine::watch::RollbackConfiguration;
use crate::revision::Revision;
use crate::state::{Facts, OnFailure, Stack};
use crate::status::StackStatus;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CreateChangeSet {
    stack_name: String,
    change_set_name: String,
    #[serde(default)]
    change_set_type: ChangeSetType,
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
    description: Option<String>,
    client_token: Option<String>,
    on_stack_failure: Option<OnFailure>,
    /// A change set for each nested stack; refused.
    #[serde(default)]
    include_nested_stacks: bool,
    #[serde(default)]
    import_existing_resources: bool,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    #[serde(rename = "NotificationARNs")]
    notification_arns: Option<Vec<String>>,
    rollback_configuration: Option<RollbackConfiguration>,
    standin: Option<Standin>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ChangeSetType {
    Create,
    #[default]
    Update,
    Import,
}

const NAME_MAX: usize = 128;

pub(crate) fn create_change_set(
    all: &mut CloudFormation,
    cx: &mut Cx<'_>,
    value: &Value,
    library: Library<'_>,
) -> Result<Value, ApiError> {
    let given: CreateChangeSet = input("CreateChangeSet", value)?;
    check_change_set_name(&given.change_set_name)?;
    given.check()?;
    check_role(given.role_arn.as_deref())?;
    check_rollback(given.rollback_configuration.as_ref())?;
    let creates = given.change_set_type == ChangeSetType::Create;
    let stack = all.find(&given.stack_name).filter(|stack| stack.is_live());
    if let Some(stack) = stack
        && let Some(answer) = repeated(stack, &given)?
    {
        return Ok(answer);
    }
    let (stack_id, new) = match (stack, creates) {
        (Some(stack), true) if stack.status() == StackStatus::ReviewInProgress => {
            (stack.facts.id.clone(), false)
        }
        (Some(_), true) => {
            // CFN-CS-01
            return Err(validation(format!(
                "Stack [{}] already exists and cannot be created again with the changeSet [{}].",
                given.stack_name, given.change_set_name
            )));
        }
        (Some(stack), false) => {
            updatable(stack, true)?;
            (stack.facts.id.clone(), false)
        }
        (None, true) => {
            check_name(&given.stack_name)?;
            (new_id(all, cx, &given.stack_name)?, true)
        }
        (None, false) => return Err(crate::error::no_stack(&given.stack_name)),
    };
    let revision = read(all, &stack_id, &given, library)?;
    if new {
        let status = StackStatus::ReviewInProgress;
        let facts = Facts::new(&stack_id, &given.stack_name, cx.now, status);
        all.stacks.insert(stack_id.clone(), Stack::new(facts, revision.clone()));
        all.run(cx, &stack_id, |run| {
            run.stack.enter(run.cx, StackStatus::ReviewInProgress, Some(USER_INITIATED));
        });
    }
    let facts = given.facts(cx);
    let id = facts.id.clone();
    all.run(cx, &stack_id, |run| {
        run.stack.insert_change_set(ChangeSet { facts, revision });
        run.work_out_later(&id);
    });
    Ok(json!({"Id": id, "StackId": stack_id}))
}

/// A change set of that name: the answer again for the same caller, else a refusal.
fn repeated(stack: &Stack, given: &CreateChangeSet) -> Result<Option<Value>, ApiError> {
    let name = &given.change_set_name;
    let Some(there) = stack.change_sets().values().find(|one| one.facts.name == *name) else {
        return Ok(None);
    };
    if given.client_token.is_some() && there.facts.token == given.client_token {
        return Ok(Some(json!({"Id": there.facts.id, "StackId": stack.facts.id})));
    }
    let message = format!("ChangeSet [{name}] already exists");
    Err(ApiError::new("AlreadyExistsException", 400, message))
}

fn read(
    all: &CloudFormation,
    stack_id: &str,
    given: &CreateChangeSet,
    library: Library<'_>,
) -> Result<Revision, ApiError> {
    let stack = all.stacks.get(stack_id);
    // A stack under review has no template yet.
    let rested = stack.filter(|stack| stack.status() != StackStatus::ReviewInProgress);
    let intake = Intake {
        stack_id,
        body: given.template_body.clone(),
        url: given.template_url.clone(),
        use_previous: given.use_previous_template,
        parameters: given.parameters.clone(),
        tags: given.tags.clone(),
        capabilities: given.capabilities.clone(),
        standin: given.standin.clone(),
        notification_arns: given.notification_arns.clone(),
        previous: rested.map(|stack| &stack.revision.source),
        parent: None,
        library,
    };
    let revision = intake.read(&all.desk.list)?;
    if let Some(stack) = rested {
        same_types(stack, &revision)?;
    }
    Ok(revision)
}

impl CreateChangeSet {
    /// What is legal on AWS and not here, and what is legal nowhere.
    fn check(&self) -> Result<(), ApiError> {
        let unsupported =
            |what: &str| Err(validation(format!("{what} is not supported by Standin")));
        if self.change_set_type == ChangeSetType::Import {
            return unsupported("ChangeSetType IMPORT");
        }
        if self.import_existing_resources {
            return unsupported("ImportExistingResources");
        }
        if self.include_nested_stacks {
            return unsupported("IncludeNestedStacks");
        }
        let creates = self.change_set_type == ChangeSetType::Create;
        if !creates && self.on_stack_failure == Some(OnFailure::Delete) {
            return Err(validation(
                "OnStackFailure DELETE can be given for a change set of type CREATE only",
            ));
        }
        Ok(())
    }

    fn facts(self, cx: &mut Cx<'_>) -> ChangeSetFacts {
        let resource = format!("changeSet/{}/{}", self.change_set_name, ids::uuid(cx.rng));
        ChangeSetFacts {
            id: ids::arn(cx.env, "cloudformation", &resource),
            name: self.change_set_name,
            created: cx.now,
            creates: self.change_set_type == ChangeSetType::Create,
            description: self.description,
            token: self.client_token,
            on_failure: self.on_stack_failure,
            role_arn: self.role_arn,
            rollback: self.rollback_configuration,
            status: ChangeSetStatus::CreatePending,
            reason: None,
            execution: ExecutionStatus::Unavailable,
            changes: Vec::new(),
        }
    }
}

fn check_change_set_name(name: &str) -> Result<(), ApiError> {
    let legal = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    if !legal {
        let pattern = "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*";
        return Err(constraint(name, "changeSetName", pattern));
    }
    if name.len() > NAME_MAX {
        let wanted = format!("have length less than or equal to {NAME_MAX}");
        return Err(constraint(name, "changeSetName", &wanted));
    }
    Ok(())
}
