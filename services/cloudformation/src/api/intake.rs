//! Takes in a template with its parameters: everything that can be refused before anything is made
//! (CFN-TP-*, CFN-PA-*, CFN-ST-17).

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::ApiError;
use standin_kernel::resource::{RESERVED_TAG, ResourceType, is_system_tag};

use crate::error::{self, constraint, validation};
use crate::library::{Lack, Library};
use crate::revision::{Revision, Source, pseudo};
use crate::state::Stack;
use crate::template::{DeletionPolicy, PlannedResource, Template};

/// The type of ours that can be kept as a snapshot.
const KEEPS_SNAPSHOTS: &str = "AWS::RDS::DBInstance";

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

/// Most tags of a stack.
const TAGS_MAX: usize = 50;

/// The tags of a stack (CFN-TG-03).
fn stack_tags(tags: Vec<Tag>) -> Result<Vec<(String, String)>, ApiError> {
    if tags.iter().any(|tag| is_system_tag(&tag.key)) {
        return Err(validation(RESERVED_TAG));
    }
    if tags.len() > TAGS_MAX {
        return Err(validation(format!("A stack can have at most {TAGS_MAX} tags")));
    }
    Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
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
    /// Texts of the templates it nests by paths of this machine, by absolute path.
    #[serde(default)]
    templates: BTreeMap<String, String>,
    /// The ARN of the stack that nests this one, and the logical id this one has there.
    pub(super) parent: Option<String>,
    #[serde(default)]
    pub(super) logical_id: String,
}

impl Standin {
    /// Whether somebody on this machine named the template's file.
    fn names_file(&self) -> bool {
        self.parent.is_none() || !self.file.is_empty()
    }
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
    pub(super) notification_arns: Option<Vec<String>>,
    /// The version the stack has.
    pub(super) previous: Option<&'a Source>,
    /// The stack that nests this one.
    pub(super) parent: Option<&'a Stack>,
    pub(super) library: Library<'a>,
}

impl Intake<'_> {
    pub(super) fn read(self, types: &[&'static dyn ResourceType]) -> Result<Revision, ApiError> {
        let named = self.standin.as_ref().is_some_and(Standin::names_file);
        let text = self.text()?;
        let (file, base_directory) = self.place();
        let template = read(&file, &text, named)?;
        let wrong = template.check(types);
        if !wrong.is_empty() {
            return Err(error::template(&wrong, named));
        }
        // What was acknowledged for the parent was for its children, too.
        let of_parent = self.parent.map(|parent| parent.revision.source.capabilities.clone());
        let capabilities = of_parent.unwrap_or_else(|| self.capabilities.clone());
        acknowledged(&template, &capabilities)?;
        let (given, previous) = self.values()?;
        let notification_arns = self.notification_arns();
        let pseudo = pseudo(self.stack_id, &notification_arns);
        let value = |name: &str| {
            let given = given.iter().find(|(key, _)| key == name).map(|(_, value)| value);
            given.or_else(|| previous.get(name)).map(String::as_str)
        };
        let stored = stored_values(&template, value, self.library)?;
        let scope = template
            .bind_stored(&given, Some(&previous), &pseudo, &stored)
            .map_err(|wrong| error::template(&wrong, named))?;
        let plan = template.plan(&scope).map_err(|wrong| error::template(&wrong, named))?;
        let unkept = |one: &&PlannedResource| {
            one.deletion_policy == DeletionPolicy::Snapshot && one.type_name != KEEPS_SNAPSHOTS
        };
        if let Some(kept) = plan.resources.iter().find(unkept) {
            return Err(validation(format!(
                "Template error: resource type {} does not support deletion policy Snapshot",
                kept.type_name
            )));
        }
        let parameters = scope.parameters().clone();
        let templates = self.templates();
        let tags = match self.tags {
            Some(tags) => stack_tags(tags)?,
            None => self.previous.map(|previous| previous.tags.clone()).unwrap_or_default(),
        };
        let source = Source {
            text,
            file,
            base_directory,
            parameters,
            tags,
            capabilities,
            stored,
            notification_arns,
            templates,
        };
        Ok(Revision { source, template, scope, plan })
    }

    /// CFN-TP-13
    fn text(&self) -> Result<String, ApiError> {
        if let (true, Some(previous)) = (self.use_previous, self.previous) {
            return Ok(previous.text.clone());
        }
        let file = self.standin.as_ref().map(|standin| standin.file.as_str());
        if let Some(text) = parent_template(self.parent, file) {
            return Ok(text.to_owned());
        }
        let limit = if self.standin.is_some() { FILE_MAX } else { BODY_MAX };
        body(self.body.clone(), self.url.as_deref(), limit, self.library)
    }

    /// The files that nested stacks are made from: a parent's are its children's, too.
    fn templates(&self) -> BTreeMap<String, String> {
        match (self.parent, &self.standin) {
            (Some(parent), _) => parent.revision.source.templates.clone(),
            (None, Some(standin)) => standin.templates.clone(),
            (None, None) => self.previous.map(|one| one.templates.clone()).unwrap_or_default(),
        }
    }

    fn notification_arns(&self) -> Vec<String> {
        let previous = || self.previous.map(|previous| previous.notification_arns.clone());
        self.notification_arns.clone().or_else(previous).unwrap_or_default()
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
    library: Library<'_>,
) -> Result<String, ApiError> {
    let Some(body) = body else {
        let Some(url) = url else {
            return Err(validation("Either Template URL or Template Body must be specified."));
        };
        return Ok(library.text(url)?);
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
pub(super) fn read_unnamed(
    text: Option<String>,
    url: Option<&str>,
    library: Library<'_>,
) -> Result<Template, ApiError> {
    read(UNNAMED, &body(text, url, BODY_MAX, library)?, false)
}

/// The template of a nested stack that is a file of this machine.
pub(super) fn parent_template<'a>(
    parent: Option<&'a Stack>,
    file: Option<&str>,
) -> Option<&'a str> {
    parent?.revision.source.templates.get(file?).map(String::as_str)
}

/// CFN-PA-09: values out of the parameter store for a template's parameters, of which `value` gives
/// what they are to be.
pub(super) fn stored_values<'v>(
    template: &'v Template,
    value: impl Fn(&str) -> Option<&'v str>,
    library: Library<'_>,
) -> Result<BTreeMap<String, String>, Lack> {
    let mut stored = BTreeMap::new();
    let mut missing = Vec::new();
    for declared in template.parameters().iter().filter(|declared| declared.stored) {
        let name = value(&declared.name).or(declared.default.as_deref());
        // Without a value, or with a wrong one, it is refused when the others are.
        let Some(name) = name.filter(|name| template.allows(declared, name)) else { continue };
        let Ok(found) = library.parameter(name)? else {
            match bootstrap_version(name) {
                Some(version) => drop(stored.insert(declared.name.clone(), version.to_owned())),
                None => missing.push(name),
            }
            continue;
        };
        if found["Type"] == "SecureString" {
            // CFN-PA-10
            return Err(Lack::Refused(validation(format!(
                "Parameters [{name}] referenced by template have types not supported by \
                 CloudFormation."
            ))));
        }
        let value = found["Value"].as_str().unwrap_or_default();
        stored.insert(declared.name.clone(), value.to_owned());
    }
    if missing.is_empty() {
        return Ok(stored);
    }
    Err(Lack::Refused(validation(format!(
        "Unable to fetch parameters [{}] from parameter store for this account.",
        missing.join(",")
    ))))
}

/// What CDK asks an account before it makes anything: a machine with Standin counts as prepared for
/// it (`cdk bootstrap`), for nothing that is prepared there is used here.
fn bootstrap_version(name: &str) -> Option<&'static str> {
    let within = name.strip_prefix("/cdk-bootstrap/")?.strip_suffix("/version")?;
    (!within.contains('/')).then_some("30")
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
