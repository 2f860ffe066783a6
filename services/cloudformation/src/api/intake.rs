//! Takes in a template with its parameters: everything that can be refused before anything is made
//! (CFN-TP-*, CFN-PA-*, CFN-ST-17).

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::ApiError;
use standin_kernel::resource::ResourceType;

use crate::error::{self, constraint, validation};
use crate::revision::{Revision, Source, pseudo};
use crate::template::{DeletionPolicy, Template};

/// CFN-TP-11, in bytes: in a call, and from a file (which AWS would take from S3).
const BODY_MAX: usize = 51_200;
const FILE_MAX: usize = 1_000_000;

/// The template's name in messages when nobody named it.
const UNNAMED: &str = "template";

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Parameter {
    parameter_key: String,
    parameter_value: Option<String>,
    #[serde(default)]
    use_previous_value: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Tag {
    key: String,
    value: String,
}

/// Not part of AWS's API: where the template comes from on this machine.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Standin {
    /// The template's file, as messages are to name it.
    #[serde(default)]
    file: String,
    /// Its folder, for relative paths in hints.
    #[serde(default)]
    base_directory: String,
}

/// What an operation says about the template it wants.
#[derive(Debug)]
pub(super) struct Intake<'a> {
    pub(super) stack_id: &'a str,
    pub(super) body: Option<String>,
    pub(super) url: Option<String>,
    pub(super) use_previous: bool,
    pub(super) parameters: Vec<Parameter>,
    pub(super) tags: Option<Vec<Tag>>,
    pub(super) capabilities: Vec<String>,
    pub(super) standin: Option<Standin>,
    /// The version the stack has.
    pub(super) previous: Option<&'a Source>,
}

impl Intake<'_> {
    pub(super) fn read(self, types: &[&'static dyn ResourceType]) -> Result<Revision, ApiError> {
        let named = self.standin.is_some();
        let text = self.text()?;
        let (file, base_directory) = self.place();
        let template = read(&file, &text, named)?;
        let wrong = template.check(types);
        if !wrong.is_empty() {
            return Err(error::template(&wrong, named));
        }
        acknowledged(&template, &self.capabilities)?;
        let (given, previous) = self.values()?;
        let scope = template
            .bind(&given, Some(&previous), &pseudo(self.stack_id))
            .map_err(|wrong| error::template(&wrong, named))?;
        let plan = template.plan(&scope).map_err(|wrong| error::template(&wrong, named))?;
        let snapshot = |policy| policy == DeletionPolicy::Snapshot;
        if let Some(kept) = plan.resources.iter().find(|one| snapshot(one.deletion_policy)) {
            return Err(validation(format!(
                "Template error: resource type {} does not support deletion policy Snapshot",
                kept.type_name
            )));
        }
        let parameters = scope.parameters().clone();
        let tags = match self.tags {
            Some(tags) => tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
            None => self.previous.map(|previous| previous.tags.clone()).unwrap_or_default(),
        };
        let capabilities = self.capabilities;
        let source = Source { text, file, base_directory, parameters, tags, capabilities };
        Ok(Revision { source, template, scope, plan })
    }

    /// CFN-TP-13
    fn text(&self) -> Result<String, ApiError> {
        if let (true, Some(previous)) = (self.use_previous, self.previous) {
            return Ok(previous.text.clone());
        }
        let limit = if self.standin.is_some() { FILE_MAX } else { BODY_MAX };
        body(self.body.clone(), self.url.as_deref(), limit)
    }

    fn place(&self) -> (String, String) {
        let standin = self.standin.clone().unwrap_or_default();
        let known = self.previous.filter(|_| self.standin.is_none());
        let file = match known {
            Some(previous) if self.use_previous => previous.file.clone(),
            _ if standin.file.is_empty() => UNNAMED.to_owned(),
            _ => standin.file,
        };
        let folder = known.map(|previous| previous.base_directory.clone());
        (file, folder.unwrap_or(standin.base_directory))
    }

    /// The values given, and those the stack had that are to stay.
    #[expect(clippy::type_complexity, reason = "the two arguments of Template::bind")]
    fn values(&self) -> Result<(Vec<(String, String)>, BTreeMap<String, String>), ApiError> {
        let mut given = Vec::new();
        let mut kept = BTreeMap::new();
        for parameter in &self.parameters {
            let key = &parameter.parameter_key;
            match &parameter.parameter_value {
                Some(_) if parameter.use_previous_value => {
                    return Err(validation(format!(
                        "Invalid input for parameter key {key}. Cannot specify usePreviousValue \
                         as true and a value for the parameter"
                    )));
                }
                Some(value) => given.push((key.clone(), value.clone())),
                None if parameter.use_previous_value => {
                    let value = self.previous.and_then(|previous| previous.parameters.get(key));
                    kept.extend(value.map(|value| (key.clone(), value.clone())));
                }
                None => {}
            }
        }
        Ok((given, kept))
    }
}

/// The template given in a call.
pub(super) fn body(
    body: Option<String>,
    url: Option<&str>,
    limit_bytes: usize,
) -> Result<String, ApiError> {
    let Some(body) = body else {
        return Err(match url {
            Some(url) if url.starts_with("https://") => {
                validation("TemplateURL is not supported by Standin: give TemplateBody")
            }
            Some(_) => validation("TemplateURL must be a supported URL."),
            None => validation("Either Template URL or Template Body must be specified."),
        });
    };
    if body.len() > limit_bytes {
        let start: String = body.chars().take(40).collect();
        let wanted = format!("have length less than or equal to {limit_bytes}");
        return Err(constraint(&format!("{start}..."), "templateBody", &wanted));
    }
    Ok(body)
}

pub(super) fn read(file: &str, text: &str, named: bool) -> Result<Template, ApiError> {
    Template::parse(file, text).map_err(|wrong| error::template(&wrong, named))
}

/// The same for a template that only came over the API.
pub(super) fn read_unnamed(text: Option<String>, url: Option<&str>) -> Result<Template, ApiError> {
    read(UNNAMED, &body(text, url, BODY_MAX)?, false)
}

/// CFN-ST-17
fn acknowledged(template: &Template, given: &[String]) -> Result<(), ApiError> {
    let has = |name: &str| given.iter().any(|given| given == name);
    for needed in template.capabilities().names {
        let implied = needed == "CAPABILITY_IAM" && has("CAPABILITY_NAMED_IAM");
        if !has(needed) && !implied {
            let message = format!("Requires capabilities : [{needed}]");
            return Err(ApiError::new("InsufficientCapabilitiesException", 400, message));
        }
    }
    Ok(())
}
