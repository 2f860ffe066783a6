//! One version of a stack: a template with its parameters, read and planned.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::template::{Plan, PseudoParameters, Scope, Template, TemplateError};

/// What is stored of a version; the rest follows from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    pub(crate) text: String,
    /// The template's name in messages.
    pub(crate) file: String,
    /// Its folder, for relative paths in hints; empty when it came over the API.
    pub(crate) base_directory: String,
    /// Every parameter's value.
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) capabilities: Vec<String>,
    /// Values out of the parameter store, by the template's parameters (CFN-PA-09).
    #[serde(default)]
    pub(crate) stored: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) notification_arns: Vec<String>,
    /// Templates of nested stacks that are files of this machine, by their absolute paths.
    #[serde(default)]
    pub(crate) templates: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Revision {
    pub(crate) source: Source,
    pub(crate) template: Template,
    pub(crate) scope: Scope,
    pub(crate) plan: Plan,
}

impl Revision {
    /// Reads a version that was accepted before.
    pub(crate) fn read(source: Source, stack_id: &str) -> Result<Self, Vec<TemplateError>> {
        let template = Template::parse(&source.file, &source.text)?;
        let pseudo = pseudo(stack_id, &source.notification_arns);
        let (parameters, stored) = (Some(&source.parameters), &source.stored);
        let scope = template.bind_stored(&[], parameters, &pseudo, stored)?;
        let plan = template.plan(&scope)?;
        Ok(Self { source, template, scope, plan })
    }

    pub(crate) fn has(&self, logical_id: &str) -> bool {
        self.plan.resources.iter().any(|planned| planned.logical_id == logical_id)
    }
}

/// Region, account and name of a stack are in its ARN:
/// `arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID`.
pub(crate) fn pseudo(stack_id: &str, notification_arns: &[String]) -> PseudoParameters {
    let parts: Vec<&str> = stack_id.split(':').collect();
    let part = |at: usize| parts.get(at).copied().unwrap_or_default().to_owned();
    let name = stack_id.split('/').nth(1).unwrap_or_default();
    PseudoParameters {
        account_id: part(4),
        region: part(3),
        stack_id: stack_id.to_owned(),
        stack_name: name.to_owned(),
        notification_arns: notification_arns.to_vec(),
    }
}
