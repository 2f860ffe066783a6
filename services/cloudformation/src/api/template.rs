//! GetTemplate, GetTemplateSummary and ValidateTemplate (CFN-TP-14).

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Value, json};

use crate::CloudFormation;
use crate::api::describe::add;
use crate::api::intake::read_unnamed;
use crate::error::{self, no_stack_with_id, validation};
use crate::library::Library;
use crate::revision::Revision;
use crate::status::StackStatus;
use crate::template::{ParameterDecl, Stage, Template, TemplateError};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetTemplate {
    stack_name: Option<String>,
    change_set_name: Option<String>,
    #[serde(default)]
    template_stage: TemplateStage,
}

/// The same text either way: a template whose transforms change it is not taken.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
enum TemplateStage {
    #[default]
    Original,
    Processed,
}

pub(super) fn get_template(all: &CloudFormation, value: &Value) -> Result<Value, ApiError> {
    let given: GetTemplate = input("GetTemplate", value)?;
    let stack_name = given.stack_name.as_deref();
    let revision = match (&given.change_set_name, stack_name) {
        (Some(name), _) => &all.change_set(name, stack_name)?.1.revision,
        (None, Some(name)) => revision(all, name)?,
        (None, None) => return Err(validation("StackName must be specified.")),
    };
    let text = match given.template_stage {
        TemplateStage::Original | TemplateStage::Processed => &revision.source.text,
    };
    Ok(json!({"TemplateBody": text, "StagesAvailable": ["Original", "Processed"]}))
}

/// A stack's own version; one under review has none yet (CFN-ST-21).
fn revision<'a>(all: &'a CloudFormation, name: &str) -> Result<&'a Revision, ApiError> {
    let stack = all.find(name).ok_or_else(|| no_stack_with_id(name))?;
    if stack.status() == StackStatus::ReviewInProgress {
        let name = &stack.facts.name;
        return Err(validation(format!("Stack [{name}] is under review and has no template yet")));
    }
    Ok(&stack.revision)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetTemplateSummary {
    stack_name: Option<String>,
    template_body: Option<String>,
    #[serde(rename = "TemplateURL")]
    template_url: Option<String>,
}

pub(super) fn get_template_summary(
    all: &CloudFormation,
    value: &Value,
    library: Library<'_>,
) -> Result<Value, ApiError> {
    let given: GetTemplateSummary = input("GetTemplateSummary", value)?;
    let has_template = given.template_body.is_some() || given.template_url.is_some();
    match given.stack_name {
        Some(_) if has_template => {
            Err(validation("StackName and a template cannot both be specified."))
        }
        Some(name) => Ok(summary(&revision(all, &name)?.template)),
        None => {
            let url = given.template_url.as_deref();
            let template = read_unnamed(given.template_body, url, library)?;
            refuse(all, &template, Stage::Unsupported)?;
            Ok(summary(&template))
        }
    }
}

fn summary(template: &Template) -> Value {
    let mut types: Vec<&str> = Vec::new();
    for (_, type_name) in template.resources() {
        if !types.contains(&type_name) {
            types.push(type_name);
        }
    }
    let mut shown = json!({
        "Parameters": template.parameters().iter().map(declared).collect::<Vec<_>>(),
        "ResourceTypes": types,
        "DeclaredTransforms": template.transforms(),
        "Version": "2010-09-09",
    });
    capabilities(&mut shown, template);
    add(&mut shown, "Description", template.description());
    if !template.metadata().is_null() {
        shown["Metadata"] = json!(template.metadata().to_string());
    }
    shown
}

/// A parameter with its type and bounds.
fn declared(parameter: &ParameterDecl) -> Value {
    let mut shown = brief(parameter);
    shown["ParameterType"] = json!(parameter.type_name);
    let mut bounds = json!({});
    if !parameter.allowed_values.is_empty() {
        bounds["AllowedValues"] = json!(parameter.allowed_values);
    }
    add(&mut bounds, "AllowedPattern", parameter.allowed_pattern.as_deref());
    add(&mut bounds, "ConstraintDescription", parameter.constraint_description.as_deref());
    for (member, length) in
        [("MinLength", parameter.min_length), ("MaxLength", parameter.max_length)]
    {
        add(&mut bounds, member, length.map(|length| length.to_string()).as_deref());
    }
    for (member, number) in [("MinValue", parameter.min_value), ("MaxValue", parameter.max_value)] {
        add(&mut bounds, member, number.map(|number| number.to_string()).as_deref());
    }
    shown["ParameterConstraints"] = bounds;
    shown
}

fn brief(parameter: &ParameterDecl) -> Value {
    let mut shown = json!({"ParameterKey": parameter.name, "NoEcho": parameter.no_echo});
    add(&mut shown, "DefaultValue", parameter.default.as_deref());
    add(&mut shown, "Description", parameter.description.as_deref());
    shown
}

fn capabilities(shown: &mut Value, template: &Template) {
    let needed = template.capabilities();
    if !needed.names.is_empty() {
        shown["Capabilities"] = json!(needed.names);
    }
    add(shown, "CapabilitiesReason", needed.reason.as_deref());
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ValidateTemplate {
    template_body: Option<String>,
    #[serde(rename = "TemplateURL")]
    template_url: Option<String>,
}

pub(super) fn validate_template(
    all: &CloudFormation,
    value: &Value,
    library: Library<'_>,
) -> Result<Value, ApiError> {
    let given: ValidateTemplate = input("ValidateTemplate", value)?;
    let template = read_unnamed(given.template_body, given.template_url.as_deref(), library)?;
    refuse(all, &template, Stage::Unsupported)?;
    let mut shown = json!({
        "Parameters": template.parameters().iter().map(brief).collect::<Vec<_>>(),
        "DeclaredTransforms": template.transforms(),
    });
    capabilities(&mut shown, &template);
    add(&mut shown, "Description", template.description());
    Ok(shown)
}

/// Refuses what is found up to a stage.
fn refuse(all: &CloudFormation, template: &Template, up_to: Stage) -> Result<(), ApiError> {
    let mut wrong: Vec<TemplateError> = template.check(&all.desk.list);
    wrong.retain(|error| error.stage <= up_to);
    if wrong.is_empty() { Ok(()) } else { Err(error::template(&wrong, false)) }
}
