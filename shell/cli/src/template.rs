//! The template a command was given: its file, its default name, its hints for this machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use standin_cloudformation::template::{
    NestedTemplate, PseudoParameters, Template, TemplateError, Verdict,
};
use standin_cloudformation::{TemplateReport, check_template};
use standin_engine::resource_types;
use standin_kernel::{Value, json};

use crate::Failure;

/// A template on disk.
#[derive(Debug)]
pub(crate) struct TemplateFile {
    path: PathBuf,
    text: String,
    pub(crate) template: Template,
    folders: Vec<(String, PathBuf)>,
    /// Templates it nests by their paths, by absolute path.
    nested: BTreeMap<PathBuf, Nested>,
}

/// The template of a nested stack that is a file of this machine.
#[derive(Debug)]
struct Nested {
    shown: String,
    text: String,
    template: Template,
}

/// The reference stack, for a checkout of Standin itself.
const REFERENCE: &str = "stacks/diary/template.yaml";

impl TemplateFile {
    /// Reads the template named, or the one that is there.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, Failure> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => ["template.yaml", "template.yml", "template.json", REFERENCE]
                .iter()
                .map(PathBuf::from)
                .find(|path| path.is_file())
                .ok_or("there is no template.yaml here; name the template: standin up TEMPLATE")?,
        };
        let text = std::fs::read_to_string(&path)
            .map_err(|wrong| format!("cannot read {}: {wrong}", path.display()))?;
        let path = plain(path);
        let shown = path.display().to_string();
        let template = Template::parse(&shown, &text).map_err(|wrong| listed(&wrong))?;
        let mut nested = BTreeMap::new();
        read_nested(&path, &template, &mut nested)?;
        Ok(Self { path, text, template, folders: Vec::new(), nested })
    }

    /// Checks everything that can be checked without creating anything, with these parameters.
    pub(crate) fn bind(&mut self, stack: &str, given: &[(String, String)]) -> Result<(), Failure> {
        let types = resource_types();
        let wrong = self.template.check(&types);
        let wrong_nested = self.nested.values().flat_map(|one| one.template.check(&types));
        let wrong: Vec<TemplateError> = wrong.into_iter().chain(wrong_nested).collect();
        if !wrong.is_empty() {
            return Err(listed(&wrong).into());
        }
        // Values that only the stack knows (those of an earlier run) are its own matter.
        if let Ok(scope) = self.template.bind(given, None, &pseudo(stack))
            && let Ok(plan) = self.template.plan(&scope)
        {
            let base = self.base_directory();
            for resource in &plan.resources {
                if let Some(folder) = resource.hint["Folder"].as_str() {
                    self.folders.push((resource.logical_id.clone(), base.join(folder)));
                }
            }
        }
        for (path, nested) in &self.nested {
            let base = path.parent().unwrap_or(path);
            for (logical_id, hint) in nested.template.hints() {
                if let Some(folder) = hint["Folder"].as_str() {
                    self.folders.push((logical_id.to_owned(), base.join(folder)));
                }
            }
        }
        Ok(())
    }

    /// All that is wrong, and what becomes of every property; with parameters, of those that exist
    /// with them.
    pub(crate) fn report(&self, given: Option<&[(String, String)]>) -> TemplateReport {
        let shown = self.path.display().to_string();
        check_template(&shown, &self.text, &resource_types(), given)
    }

    /// The same for each template it nests by a path; those get their parameters from it.
    pub(crate) fn nested_reports(&self) -> impl Iterator<Item = (&str, TemplateReport)> {
        self.nested.values().map(|one| {
            let report = check_template(&one.shown, &one.text, &resource_types(), None);
            (one.shown.as_str(), report)
        })
    }

    /// `diary` for `stacks/diary/template.yaml`, `shop` for `shop.yaml`, as CloudFormation allows.
    pub(crate) fn stack_name(&self) -> String {
        let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let mut name = stem(&self.path).unwrap_or_default();
        // CDK writes cdk.out/Site.template.json.
        name.truncate(name.strip_suffix(".template").unwrap_or(&name).len());
        if name == "template" {
            name = stem(&self.base_directory()).unwrap_or_default();
        }
        let legal = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let name: String = name.chars().map(legal).collect();
        let name = name.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
        if name.is_empty() { "stack".to_owned() } else { name.to_owned() }
    }

    /// The folder of the template, absolute: hints are relative to it.
    pub(crate) fn base_directory(&self) -> PathBuf {
        let path = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        path.parent().map(Path::to_owned).unwrap_or_default()
    }

    /// The folder a bucket is filled from.
    pub(crate) fn folder_of(&self, logical_id: &str) -> Option<&Path> {
        let found = self.folders.iter().find(|(bucket, _)| bucket == logical_id);
        found.map(|(_, folder)| folder.as_path())
    }

    pub(crate) fn folders(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.folders.iter().map(|(bucket, folder)| (bucket.as_str(), folder.as_path()))
    }

    /// The input of CreateStack and UpdateStack.
    pub(crate) fn stack_input(&self, stack: &str, parameters: &[(String, String)]) -> Value {
        let mut list: Vec<Value> = parameters
            .iter()
            .map(|(key, value)| json!({"ParameterKey": key, "ParameterValue": value}))
            .collect();
        // As `aws cloudformation deploy` does: what is not named keeps its value.
        let named = |name: &str| parameters.iter().any(|(key, _)| key == name);
        for declared in self.template.parameters() {
            if !named(&declared.name) && declared.default.is_none() {
                list.push(json!({"ParameterKey": declared.name, "UsePreviousValue": true}));
            }
        }
        let templates: BTreeMap<String, &str> = self
            .nested
            .iter()
            .map(|(path, one)| (path.display().to_string(), one.text.as_str()))
            .collect();
        json!({
            "StackName": stack,
            "TemplateBody": self.text,
            "Parameters": list,
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
            "Standin": {
                "File": self.path.display().to_string(),
                "BaseDirectory": self.base_directory(),
                "Templates": templates,
            },
        })
    }

    /// `template.yaml: 84 properties honoured, 12 without effect here, 0 refused (...)`
    pub(crate) fn support_line(&self) -> String {
        let types = resource_types();
        let nested = self.nested.values().flat_map(|one| one.template.support(&types, None));
        let reports: Vec<_> =
            self.template.support(&types, None).into_iter().chain(nested).collect();
        let count = |wanted: fn(&Verdict) -> bool| {
            reports.iter().filter(|report| wanted(&report.verdict)).count()
        };
        let honoured = count(|verdict| matches!(verdict, Verdict::Honoured));
        let without = count(|verdict| matches!(verdict, Verdict::NoEffect(_)));
        let path = self.path.display();
        format!("{path}: {honoured} properties honoured, {without} without effect here")
    }
}

/// Reads the templates that one nests, and those that they nest. A TemplateURL that is no address
/// is a path from the folder of the template that has it, as `aws cloudformation package` takes it.
fn read_nested(
    file: &Path,
    template: &Template,
    all: &mut BTreeMap<PathBuf, Nested>,
) -> Result<(), Failure> {
    let folder = file.parent().unwrap_or(Path::new(""));
    for nested in template.nested().into_iter().filter(NestedTemplate::is_file) {
        let path = folder.join(&nested.url);
        let shown = path.display().to_string();
        let whole = tidy(&std::path::absolute(&path)?);
        if all.contains_key(&whole) {
            continue;
        }
        let text = std::fs::read_to_string(&path).map_err(|wrong| {
            let (line, id) = (nested.place.line, &nested.logical_id);
            format!("{}:{line}: the template of {id}, {shown}: {wrong}", nested.place.file)
        })?;
        let template = Template::parse(&shown, &text).map_err(|wrong| listed(&wrong))?;
        all.insert(whole.clone(), Nested { shown, text, template: template.clone() });
        read_nested(&path, &template, all)?;
    }
    Ok(())
}

/// Without `.` and `..`.
fn tidy(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts
}

/// `stacks/diary/template.yaml` for `stacks/diary/drills/../template.yaml`.
fn plain(path: PathBuf) -> PathBuf {
    if !path.components().any(|part| part == std::path::Component::ParentDir) {
        return path;
    }
    let (Ok(whole), Ok(here)) = (path.canonicalize(), std::env::current_dir()) else { return path };
    whole.strip_prefix(&here).map(Path::to_owned).unwrap_or(whole)
}

/// What the pseudo parameters stand for before there is a stack.
pub(crate) fn pseudo(stack: &str) -> PseudoParameters {
    let env = standin_kernel::Env::default();
    PseudoParameters {
        stack_id: format!(
            "arn:aws:cloudformation:{}:{}:stack/{stack}/00000000",
            env.region, env.account
        ),
        account_id: env.account,
        region: env.region,
        stack_name: stack.to_owned(),
        notification_arns: Vec::new(),
    }
}

/// All errors, each with its place.
pub(crate) fn listed(errors: &[TemplateError]) -> String {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    format!("the template cannot be used\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_named_after_its_template_or_its_folder() {
        let name = |path: &str| {
            let text = String::new();
            let minimal = "Resources: {T: {Type: 'AWS::SNS::Topic'}}";
            let template = Template::parse(path, minimal).unwrap();
            let (path, folders, nested) = (path.into(), Vec::new(), BTreeMap::new());
            TemplateFile { path, text, template, folders, nested }.stack_name()
        };
        assert_eq!(name("stacks/diary/template.yaml"), "diary");
        assert_eq!(name("/tmp/my_shop.yaml"), "my-shop");
        assert_eq!(name("/tmp/42.yaml"), "stack");
        assert_eq!(name("cdk.out/Site.template.json"), "Site");
    }
}
