//! The Parameters section: what may be given, of which type, within which bounds (CFN-PA-*).

use super::error::Stage;
use super::pattern;
use super::section::{Findings, check_description, count};
use super::tree::{Entry, Mark, Node};

const MEMBERS: [&str; 11] = [
    "Type",
    "Default",
    "NoEcho",
    "AllowedValues",
    "AllowedPattern",
    "MaxLength",
    "MinLength",
    "MaxValue",
    "MinValue",
    "Description",
    "ConstraintDescription",
];

/// The AWS-specific types (CFN-PA-01); all but the key pair also as a list.
const SPECIFIC: [&str; 10] = [
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::Volume::Id",
    "AWS::EC2::VPC::Id",
    "AWS::Route53::HostedZone::Id",
];

/// A template's parameter, as written.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterDecl {
    pub name: String,
    /// `String`, `Number`, `AWS::EC2::VPC::Id`, as written.
    pub type_name: String,
    /// As one string; lists joined with commas.
    pub default: Option<String>,
    pub no_echo: bool,
    pub description: Option<String>,
    pub allowed_values: Vec<String>,
    pub allowed_pattern: Option<String>,
    /// In characters, as is the next.
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub min_value: Option<f64>,
    pub max_value: Option<f64>,
    pub constraint_description: Option<String>,
    /// Its value is the name of a parameter of the parameter store (CFN-PA-09).
    pub stored: bool,
    pub(super) kind: ParameterKind,
    pub(super) mark: Mark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ParameterKind {
    Text,
    Number,
    /// `CommaDelimitedList` and lists of AWS-specific types.
    List,
    NumberList,
}

impl ParameterKind {
    pub(super) const fn is_list(self) -> bool {
        matches!(self, Self::List | Self::NumberList)
    }
}

pub(super) fn read(findings: &mut Findings<'_>, section: Option<&Node>) -> Vec<ParameterDecl> {
    let Some(section) = section else { return Vec::new() };
    count(findings, section, "parameters", 200);
    let entries = findings.entries(section, "Template format error: Parameters must be an object.");
    entries.iter().filter_map(|entry| declaration(findings, entry)).collect()
}

fn declaration(findings: &mut Findings<'_>, entry: &Entry) -> Option<ParameterDecl> {
    findings.logical_name(entry, "Parameter");
    let members = findings
        .entries(&entry.value, "Template format error: Any Parameters member must be an object.");
    for member in members {
        let message = format!("Invalid template parameter property '{}'", member.key);
        findings.known(member, &MEMBERS, message);
    }
    let mut reader = Members { findings, members };
    let Some(type_name) = reader.text("Type") else {
        let message = format!(
            "Template format error: [/Parameters/{}] Every Parameters object must contain a Type \
                member.",
            entry.key
        );
        reader.findings.form(entry.key_mark, message);
        return None;
    };
    let value_of = |name: &str| {
        let of = name.strip_prefix("AWS::SSM::Parameter::Value<")?.strip_suffix('>')?;
        (of != "Number" && !of.starts_with("AWS::SSM::")).then(|| of.to_owned())
    };
    let inner = value_of(&type_name);
    let kind = reader.kind(inner.as_deref().unwrap_or(&type_name), &type_name)?;
    let no_echo = reader.get("NoEcho").and_then(Node::as_string).is_some_and(|is| is == "true");
    let declared = ParameterDecl {
        name: entry.key.clone(),
        type_name,
        default: reader.text("Default"),
        no_echo,
        description: reader.text("Description"),
        allowed_values: reader.allowed_values(),
        allowed_pattern: reader.pattern(&entry.key),
        min_length: reader.number("MinLength"),
        max_length: reader.number("MaxLength"),
        min_value: reader.number("MinValue"),
        max_value: reader.number("MaxValue"),
        constraint_description: reader.text("ConstraintDescription"),
        stored: inner.is_some(),
        kind,
        mark: entry.key_mark,
    };
    if let (Some(description), Some(node)) = (&declared.description, reader.get("Description")) {
        check_description(reader.findings, node.mark, description);
    }
    Some(declared)
}

struct Members<'f, 's, 'n> {
    findings: &'f mut Findings<'s>,
    members: &'n [Entry],
}

impl<'n> Members<'_, '_, 'n> {
    fn get(&self, name: &str) -> Option<&'n Node> {
        self.members.iter().find(|member| member.key == name).map(|member| &member.value)
    }

    fn text(&mut self, name: &str) -> Option<String> {
        let node = self.get(name)?;
        let text = node.as_string();
        if text.is_none() && node.kind != super::tree::NodeKind::Null {
            let message = format!("Template format error: Every {name} member must be a string.");
            self.findings.form(node.mark, message);
        }
        text
    }

    fn number<N: std::str::FromStr>(&mut self, name: &str) -> Option<N> {
        let node = self.get(name)?;
        let number = node.as_string().and_then(|text| text.parse().ok());
        if number.is_none() {
            let message = format!("Template format error: Every {name} member must be a number.");
            self.findings.form(node.mark, message);
        }
        number
    }

    fn allowed_values(&mut self) -> Vec<String> {
        let Some(node) = self.get("AllowedValues") else { return Vec::new() };
        let values: Option<Vec<String>> =
            node.items().and_then(|items| items.iter().map(Node::as_string).collect());
        values.unwrap_or_else(|| {
            let message = "Template format error: Every AllowedValues member must be a list.";
            self.findings.hinted(node.mark, message, "a list of strings".to_owned());
            Vec::new()
        })
    }

    fn pattern(&mut self, parameter: &str) -> Option<String> {
        let written = self.text("AllowedPattern")?;
        if let (Err(why), Some(node)) = (pattern::compile(&written), self.get("AllowedPattern")) {
            let message =
                format!("Parameter '{parameter}' has an AllowedPattern that cannot be read");
            let error = self.findings.source.error(Stage::Unsupported, node.mark, message);
            self.findings.errors.push(error.with_hint(why));
        }
        Some(written)
    }

    /// CFN-PA-01 and CFN-TP-10. `written`: the type, `type_name`: the type of its value.
    fn kind(&mut self, type_name: &str, written: &str) -> Option<ParameterKind> {
        let element = type_name.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>'));
        match (type_name, element) {
            ("String" | "AWS::SSM::Parameter::Name", _) => return Some(ParameterKind::Text),
            ("Number", _) => return Some(ParameterKind::Number),
            ("CommaDelimitedList", _) | (_, Some("String")) => return Some(ParameterKind::List),
            (_, Some("Number")) => return Some(ParameterKind::NumberList),
            (_, Some(element)) if SPECIFIC.contains(&element) && !element.contains("KeyPair") => {
                return Some(ParameterKind::List);
            }
            (name, _) if SPECIFIC.contains(&name) => return Some(ParameterKind::Text),
            _ => {}
        }
        let mark = self.get("Type")?.mark;
        let names = ["String", "Number", "CommaDelimitedList", "List<Number>"];
        let message = format!("Template format error: Unrecognized parameter type: {written}");
        let hint = super::suggest::did_you_mean(type_name, names.into_iter().chain(SPECIFIC));
        self.findings.hinted(mark, message, hint);
        None
    }
}
