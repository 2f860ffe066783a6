//! The sections of a template: which there are, what each must look like, how many members it may
//! have (CFN-TP-02 to CFN-TP-11).

use standin_kernel::Value;

use super::error::{Source, Stage, TemplateError};
use super::reader::{Reader, Where};
use super::suggest::{did_you_mean, one_of};
use super::tree::{Entry, Fault, Mark, Node, NodeKind};
use super::{Template, condition, json, mapping, output, parameter, resource, rule, yaml};

const SECTIONS: [&str; 11] = [
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Transform",
    "Resources",
    "Outputs",
    "Hooks",
];

const EXTENSIONS: &str = "AWS::LanguageExtensions";
const LONGEST_DESCRIPTION: usize = 1024;
const LONGEST_NAME: usize = 255;

/// Where the sections' readers put what is wrong.
#[derive(Debug)]
pub(super) struct Findings<'a> {
    pub(super) source: &'a Source,
    pub(super) errors: Vec<TemplateError>,
    pub(super) extensions: bool,
}

impl Findings<'_> {
    pub(super) fn form(&mut self, mark: Mark, message: impl Into<String>) {
        self.errors.push(self.source.error(Stage::Form, mark, message));
    }

    pub(super) fn hinted(
        &mut self,
        mark: Mark,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        self.errors.push(self.source.error(Stage::Form, mark, message).hinted(hint.into()));
    }

    pub(super) fn unsupported(&mut self, mark: Mark, message: impl Into<String>, hint: &str) {
        let error = self.source.error(Stage::Unsupported, mark, message);
        self.errors.push(error.with_hint(hint));
    }

    /// Reads values that stand in `place`.
    pub(super) const fn reader(&mut self, place: Where) -> Reader<'_> {
        Reader::new(self.source, &mut self.errors, place, self.extensions)
    }

    /// Refuses a member that none of `known` names.
    pub(super) fn known(&mut self, entry: &Entry, known: &[&str], message: impl Into<String>) {
        if !known.contains(&entry.key.as_str()) {
            let hint = did_you_mean(&entry.key, known.iter().copied())
                .or_else(|| one_of(known.iter().copied()));
            self.hinted(entry.key_mark, message, hint);
        }
    }

    /// CFN-TP-07 and CFN-TP-11 for the name of `what`: `Resource`, `Parameter`.
    pub(super) fn logical_name(&mut self, entry: &Entry, what: &str) {
        let name = entry.key.as_str();
        if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric()) {
            let message = format!("Template format error: {what} name {name} is non alphanumeric.");
            let suggestion: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
            let hint = (!suggestion.is_empty()).then(|| format!("{suggestion} would do"));
            self.hinted(entry.key_mark, message, hint);
        } else if name.len() > LONGEST_NAME {
            let message = format!("Template format error: {what} name '{name}' is too long");
            self.hinted(entry.key_mark, message, "at most 255 characters".to_owned());
        }
    }

    /// The members of a section or of an object in it; another shape is refused.
    pub(super) fn entries<'n>(&mut self, node: &'n Node, message: &str) -> &'n [Entry] {
        match &node.kind {
            NodeKind::Map(entries) => entries,
            NodeKind::Null => &[],
            _ => {
                self.form(node.mark, message);
                &[]
            }
        }
    }
}

/// The tree of a YAML or JSON text.
pub(super) fn tree(file: &str, text: &str) -> Result<(Source, Node), Vec<TemplateError>> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let source = Source::new(file, body);
    let tree = if body.trim_start().starts_with('{') { json::read(body) } else { yaml::read(body) };
    match tree {
        Ok(root) => Ok((source, root)),
        Err(faults) => Err(faults.into_iter().map(|one| fault(&source, one)).collect()),
    }
}

/// The template of a text, or all that is wrong with it.
pub(super) fn read(file: &str, text: &str) -> Result<Template, Vec<TemplateError>> {
    let (source, root) = tree(file, text)?;
    let Some(sections) = root.entries() else {
        let message = match root.kind {
            NodeKind::Null => {
                "Template format error: At least one Resources member must be defined."
            }
            _ => "Template format error: unsupported structure.",
        };
        return Err(vec![source.error(Stage::Form, root.mark, message)]);
    };
    let mut findings = Findings { source: &source, errors: Vec::new(), extensions: false };
    nulls(&mut findings, &root, &mut String::new());
    for section in sections.iter().filter(|one| !SECTIONS.contains(&one.key.as_str())) {
        let message = format!("Invalid template property or properties [{}]", section.key);
        let hint = did_you_mean(&section.key, SECTIONS)
            .unwrap_or_else(|| format!("one of: {}", SECTIONS.join(", ")));
        let error = source.error(Stage::Form, section.key_mark, message);
        findings.errors.push(error.listing().with_hint(hint));
    }
    let transforms = transforms(&mut findings, get(sections, "Transform"));
    findings.extensions = transforms.iter().any(|name| name == EXTENSIONS);
    let parameters = parameter::read(&mut findings, get(sections, "Parameters"));
    let mut template = Template {
        description: description(&mut findings, get(sections, "Description")),
        metadata: get(sections, "Metadata").map_or(Value::Null, Node::to_value),
        transforms,
        parameters,
        rules: rule::read(&mut findings, get(sections, "Rules")),
        mappings: mapping::read(&mut findings, get(sections, "Mappings")),
        conditions: condition::read(&mut findings, get(sections, "Conditions")),
        resources: resource::read(&mut findings, get(sections, "Resources"), root.mark),
        outputs: output::read(&mut findings, get(sections, "Outputs")),
        source: source.clone(),
    };
    version(&mut findings, get(sections, "AWSTemplateFormatVersion"));
    if let Some(hooks) = get(sections, "Hooks") {
        findings.unsupported(hooks.mark, "Hooks are not supported by Standin", "leave them out");
    }
    condition::sort(&mut findings, &mut template.conditions);
    let mut errors = findings.errors;
    if errors.is_empty() {
        return Ok(template);
    }
    errors.sort_by_key(|error| (error.line, error.column));
    Err(errors)
}

fn fault(source: &Source, fault: Fault) -> TemplateError {
    source.error(Stage::Form, fault.mark, fault.message).hinted(fault.hint)
}

fn get<'n>(entries: &'n [Entry], key: &str) -> Option<&'n Node> {
    entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
}

/// CFN-TP-06. AWS's paths have the word Type where the template has Properties.
fn nulls(findings: &mut Findings<'_>, node: &Node, path: &mut String) {
    let length = path.len();
    match &node.kind {
        // Has a message of its own (CFN-TP-03).
        NodeKind::Null if path == "/Resources" => {}
        NodeKind::Null => {
            let message = format!("[{path}] 'null' values are not allowed in templates");
            let hint = "write a value, or take the name out".to_owned();
            findings.hinted(node.mark, message, hint);
        }
        NodeKind::List(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push_str(&format!("/{index}"));
                nulls(findings, item, path);
                path.truncate(length);
            }
        }
        NodeKind::Map(entries) => {
            let resource = path.starts_with("/Resources/") && path.matches('/').count() == 2;
            for entry in entries {
                let properties = resource && entry.key == "Properties";
                path.push('/');
                path.push_str(if properties { "Type" } else { &entry.key });
                nulls(findings, &entry.value, path);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

fn version(findings: &mut Findings<'_>, node: Option<&Node>) {
    let Some(node) = node else { return };
    if node.text() != Some("2010-09-09") {
        let message = "Template format error: unsupported value for AWSTemplateFormatVersion.";
        findings.hinted(node.mark, message, "2010-09-09 is the only one".to_owned());
    }
}

fn description(findings: &mut Findings<'_>, node: Option<&Node>) -> Option<String> {
    let node = node?;
    let Some(text) = node.as_string() else {
        findings.form(node.mark, "Template format error: Description must be a string.");
        return None;
    };
    check_description(findings, node.mark, &text);
    Some(text)
}

/// CFN-TP-11: 1024 bytes.
pub(super) fn check_description(findings: &mut Findings<'_>, mark: Mark, text: &str) {
    if text.len() > LONGEST_DESCRIPTION {
        let message = "Template format error: 'Description' length is greater than 1024";
        findings.form(mark, message);
    }
}

/// CFN-TP-11: how many members a section may have.
pub(super) fn count(findings: &mut Findings<'_>, node: &Node, what: &str, most: usize) {
    let number = node.entries().map_or(0, <[Entry]>::len);
    if number > most {
        let message = format!(
            "Template format error: Number of {what}, {number}, is greater than maximum allowed, \
                {most}"
        );
        findings.form(node.mark, message);
    }
}

/// The transforms of a template. Macros run on AWS only; AWS::LanguageExtensions is ours to do.
fn transforms(findings: &mut Findings<'_>, node: Option<&Node>) -> Vec<String> {
    let Some(node) = node else { return Vec::new() };
    let items = match &node.kind {
        NodeKind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut names = Vec::new();
    for item in items {
        match item.text() {
            Some(EXTENSIONS) => names.push(EXTENSIONS.to_owned()),
            Some(name) => findings.unsupported(
                item.mark,
                format!("Transform {name} is not supported by Standin"),
                "give Standin the template after the transform (GetTemplate --template-stage \
                    Processed)",
            ),
            None => findings.unsupported(
                item.mark,
                "Transforms with parameters are not supported by Standin",
                "write out what the macro would make",
            ),
        }
    }
    names
}
