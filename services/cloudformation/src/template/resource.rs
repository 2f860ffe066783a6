//! The Resources section: what a resource declares besides its properties (CFN-TP-04, CFN-AT-*).

use super::error::{Stage, TemplateError};
use super::expr::{Expr, ExprKind};
use super::reader::Where;
use super::section::{Findings, count};
use super::suggest::did_you_mean;
use super::tree::{Entry, Mark, Node, NodeKind};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Resource {
    pub(super) id: String,
    pub(super) mark: Mark,
    pub(super) type_name: String,
    pub(super) type_mark: Mark,
    /// Always an object, perhaps an empty one.
    pub(super) properties: Expr,
    /// As written, for comparing; and read, for what it refers to.
    pub(super) metadata: Option<(Node, Expr)>,
    pub(super) depends_on: Vec<(String, Mark)>,
    pub(super) condition: Option<(String, Mark)>,
    pub(super) deletion_policy: Option<Expr>,
    pub(super) update_replace_policy: Option<Expr>,
    /// `CreationPolicy` and `UpdatePolicy`, which concern no type that Standin has (CFN-AT-05,
    /// CFN-AT-06).
    pub(super) idle: Vec<(String, Mark)>,
}

const MEMBERS: [&str; 9] = [
    "Type",
    "Properties",
    "DependsOn",
    "Condition",
    "Metadata",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "CreationPolicy",
    "UpdatePolicy",
];

/// Members that belong to `Properties`, when they are seen one level too high.
const MISPLACED: [&str; 3] = ["Tags", "Name", "Environment"];

const NONE: &str = "Template format error: At least one Resources member must be defined.";

pub(super) fn read(
    findings: &mut Findings<'_>,
    section: Option<&Node>,
    root: Mark,
) -> Vec<Resource> {
    let Some(section) = section else {
        findings.form(root, NONE);
        return Vec::new();
    };
    count(findings, section, "resources", 500);
    let entries = findings.entries(section, "Template format error: Resources must be an object.");
    if entries.is_empty() && matches!(section.kind, NodeKind::Map(_) | NodeKind::Null) {
        findings.form(section.mark, NONE);
    }
    entries.iter().filter_map(|entry| resource(findings, entry)).collect()
}

fn resource(findings: &mut Findings<'_>, entry: &Entry) -> Option<Resource> {
    if entry.key.starts_with("Fn::ForEach::") {
        let message = format!("{} is not supported by Standin", entry.key);
        findings.unsupported(entry.key_mark, message, "write out what it would make");
        return None;
    }
    findings.logical_name(entry, "Resource");
    let Some(members) = entry.value.entries() else {
        let message = "Template format error: Any Resources member must be an object.";
        findings.form(entry.value.mark, message);
        return None;
    };
    for member in members {
        let message = format!("Invalid template resource property '{}'", member.key);
        if MISPLACED.contains(&member.key.as_str()) {
            let hint = "it belongs under Properties, one level deeper".to_owned();
            findings.hinted(member.key_mark, message, hint);
        } else {
            findings.known(member, &MEMBERS, message);
        }
    }
    let get = |name: &str| members.iter().find(|member| member.key == name);
    let Some(written) = get("Type") else {
        let message = format!(
            "Template format error: [/Resources/{}] Every Resources object must contain a Type \
                member.",
            entry.key
        );
        findings.form(entry.key_mark, message);
        return None;
    };
    let type_name = literal(findings, &written.value, "Type").unwrap_or_default();
    let idle = ["CreationPolicy", "UpdatePolicy"].into_iter().filter_map(get);
    Some(Resource {
        id: entry.key.clone(),
        mark: entry.key_mark,
        type_name,
        type_mark: written.value.mark,
        properties: properties(findings, entry, get("Properties")),
        metadata: get("Metadata").map(|it| (it.value.clone(), expr(findings, &it.value))),
        depends_on: get("DependsOn").map_or_else(Vec::new, |it| depends_on(findings, &it.value)),
        condition: get("Condition").and_then(|it| {
            literal(findings, &it.value, "Condition").map(|name| (name, it.value.mark))
        }),
        deletion_policy: policy(findings, get("DeletionPolicy")),
        update_replace_policy: policy(findings, get("UpdateReplacePolicy")),
        idle: idle.map(|it| (it.key.clone(), it.key_mark)).collect(),
    })
}

fn expr(findings: &mut Findings<'_>, node: &Node) -> Expr {
    let mut reader = findings.reader(Where::Resources);
    reader.expr(node)
}

fn properties(findings: &mut Findings<'_>, entry: &Entry, written: Option<&Entry>) -> Expr {
    let Some(written) = written else {
        return Expr::new(entry.key_mark, ExprKind::Map(Vec::new()));
    };
    let before = findings.errors.len();
    let read = expr(findings, &written.value);
    match read.kind {
        ExprKind::Map(_) => read,
        // Said already.
        _ if findings.errors.len() > before || written.value.kind == NodeKind::Null => read,
        _ => {
            let message = "Template format error: Properties must be an object.";
            findings.form(written.value.mark, message);
            read
        }
    }
}

fn literal(findings: &mut Findings<'_>, node: &Node, name: &str) -> Option<String> {
    let text = node.text();
    if text.is_none() && node.kind != NodeKind::Null {
        let message = format!("Template format error: Every {name} member must be a string.");
        findings.hinted(node.mark, message, quote(node));
    }
    text.map(str::to_owned)
}

/// A name that YAML 1.1 takes for something else.
pub(super) fn quote(node: &Node) -> Option<String> {
    let taken = match &node.kind {
        NodeKind::Bool(truth) => format!("{truth}"),
        NodeKind::Integer(number) => number.to_string(),
        _ => return None,
    };
    Some(format!("YAML reads {taken} here: a name like that is put in quotes"))
}

fn depends_on(findings: &mut Findings<'_>, node: &Node) -> Vec<(String, Mark)> {
    let items = match &node.kind {
        NodeKind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut names = Vec::new();
    for item in items {
        match item.text() {
            Some(name) => names.push((name.to_owned(), item.mark)),
            None if item.kind == NodeKind::Null => {}
            None => {
                let message =
                    "Template format error: DependsOn must be a string or list of strings.";
                findings.form(item.mark, message);
            }
        }
    }
    names
}

/// CFN-AT-02: a literal; functions only with AWS::LanguageExtensions.
fn policy(findings: &mut Findings<'_>, member: Option<&Entry>) -> Option<Expr> {
    let member = member?;
    let function = findings.extensions && member.value.entries().is_some();
    if member.value.text().is_none() && !function {
        let message = format!("Template error: every {} member must be a string.", member.key);
        findings.form(member.value.mark, message);
        return None;
    }
    let read = expr(findings, &member.value);
    if let Some(name) = read.literal()
        && let Err((message, hint)) = check_policy(&member.key, name)
    {
        findings.hinted(member.value.mark, message, hint);
    }
    Some(read)
}

const POLICIES: [&str; 4] = ["Delete", "Retain", "Snapshot", "RetainExceptOnCreate"];

/// Whether a policy of that name exists; the error has what would be right.
pub(super) fn check_policy(member: &str, name: &str) -> Result<(), (String, Option<String>)> {
    let names = if member == "DeletionPolicy" { &POLICIES[..] } else { &POLICIES[..3] };
    if names.contains(&name) {
        return Ok(());
    }
    let message = format!("Template format error: Unrecognized {member} {name}");
    let hint = did_you_mean(name, names.iter().copied())
        .unwrap_or_else(|| format!("one of: {}", names.join(", ")));
    Err((message, Some(hint)))
}

/// The types that can be kept as a snapshot.
const WITH_SNAPSHOTS: [&str; 8] = [
    "AWS::DocDB::DBCluster",
    "AWS::EC2::Volume",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
];

impl Resource {
    /// Refuses DeletionPolicy Snapshot for a type without snapshots.
    pub(super) fn snapshot(&self, source: &super::error::Source) -> Option<TemplateError> {
        let policy = self.deletion_policy.as_ref()?;
        if policy.literal() != Some("Snapshot") || WITH_SNAPSHOTS.contains(&self.type_name.as_str())
        {
            return None;
        }
        let message = format!(
            "Template error: resource type {} does not support deletion policy Snapshot",
            self.type_name
        );
        Some(source.error(Stage::Form, policy.mark, message).with_hint("Delete or Retain"))
    }

    /// CFN-AT-03: databases are kept as a snapshot when nothing else is said.
    pub(super) fn keeps_snapshot(&self) -> bool {
        match self.type_name.as_str() {
            "AWS::RDS::DBCluster" => true,
            "AWS::RDS::DBInstance" => self.property("DBClusterIdentifier").is_none(),
            _ => false,
        }
    }

    pub(super) fn property(&self, name: &str) -> Option<&Expr> {
        member(&self.properties, name)
    }

    /// `Metadata: Standin:`
    pub(super) fn hint(&self) -> Option<&Expr> {
        member(&self.metadata.as_ref()?.1, "Standin")
    }
}

fn member<'e>(expr: &'e Expr, name: &str) -> Option<&'e Expr> {
    match &expr.kind {
        ExprKind::Map(fields) => {
            fields.iter().find(|field| field.key == name).map(|field| &field.value)
        }
        _ => None,
    }
}
