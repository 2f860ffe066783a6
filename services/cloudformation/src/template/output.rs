//! The Outputs section (CFN-TP-06, CFN-OU-01).

use super::expr::{BOTH, Expr, ExprKind};
use super::reader::Where;
use super::section::{Findings, check_description, count};
use super::tree::{Entry, Mark, Node, NodeKind};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct OutputDecl {
    pub(super) name: String,
    pub(super) value: Expr,
    pub(super) description: Option<String>,
    pub(super) export: Option<Expr>,
    pub(super) condition: Option<(String, Mark)>,
}

const MEMBERS: [&str; 4] = ["Value", "Description", "Export", "Condition"];

pub(super) fn read(findings: &mut Findings<'_>, section: Option<&Node>) -> Vec<OutputDecl> {
    let Some(section) = section else { return Vec::new() };
    count(findings, section, "outputs", 200);
    let entries = findings.entries(section, "Template format error: Outputs must be an object.");
    entries.iter().filter_map(|entry| output(findings, entry)).collect()
}

fn output(findings: &mut Findings<'_>, entry: &Entry) -> Option<OutputDecl> {
    if entry.key.starts_with("Fn::ForEach::") {
        let message = format!("{} is not supported by Standin", entry.key);
        findings.unsupported(entry.key_mark, message, "write out what it would make");
        return None;
    }
    findings.logical_name(entry, "Output");
    let message = "Template format error: Any Outputs member must be an object.";
    let members = findings.entries(&entry.value, message);
    for member in members {
        let message = format!("Invalid template output property '{}'", member.key);
        findings.known(member, &MEMBERS, message);
    }
    let get = |name: &str| members.iter().find(|member| member.key == name).map(|m| &m.value);
    let Some(value) = get("Value") else {
        let message = "Template format error: Every Outputs member must contain a Value object";
        findings.form(entry.key_mark, message);
        return None;
    };
    let value = read_expr(findings, value);
    if matches!(value.kind, ExprKind::List(_) | ExprKind::Map(_)) {
        findings.form(value.mark, NOT_TEXT);
    }
    Some(OutputDecl {
        name: entry.key.clone(),
        value,
        description: description(findings, get("Description")),
        export: export(findings, &entry.key, get("Export")),
        condition: text(findings, get("Condition"), "Condition"),
    })
}

pub(super) const NOT_TEXT: &str =
    "Template format error: The Value field of every Outputs member must evaluate to a String.";

fn read_expr(findings: &mut Findings<'_>, node: &Node) -> Expr {
    let mut reader = findings.reader(Where::Outputs);
    reader.expr(node)
}

fn description(findings: &mut Findings<'_>, node: Option<&Node>) -> Option<String> {
    let (text, mark) = text(findings, node, "Description")?;
    check_description(findings, mark, &text);
    Some(text)
}

fn text(findings: &mut Findings<'_>, node: Option<&Node>, name: &str) -> Option<(String, Mark)> {
    let node = node?;
    let text = node.as_string();
    if text.is_none() && node.kind != NodeKind::Null {
        let message = format!("Template format error: Every {name} member must be a string.");
        findings.form(node.mark, message);
    }
    text.map(|text| (text, node.mark))
}

/// `Export: {Name: ...}`, whose name must be known before anything is made.
fn export(findings: &mut Findings<'_>, output: &str, node: Option<&Node>) -> Option<Expr> {
    let node = node?;
    match node.entries() {
        Some([only]) if only.key == "Name" => Some(read_expr(findings, &only.value)),
        _ => {
            let message = malformed_export(output);
            findings.hinted(node.mark, message, "Export: {Name: a name}".to_owned());
            None
        }
    }
}

/// CFN-OU-01
pub(super) fn malformed_export(output: &str) -> String {
    format!(
        "Template format error: Output {output} is malformed. The Name field of every Export \
            member must be specified and may not depend on any resources, imported values, or \
            Fn::GetAZs."
    )
}

/// Whether it takes an attribute, an imported value or the zones of a region. References to
/// resources by name are found with all others.
pub(super) fn needs_more_than_parameters(expr: &Expr) -> bool {
    let mut needs = false;
    expr.walk(BOTH, &mut |part| {
        needs |= match &part.kind {
            ExprKind::GetAtt { .. } | ExprKind::ImportValue(_) | ExprKind::GetAzs(_) => true,
            ExprKind::Sub { pieces, .. } => {
                pieces.iter().any(|piece| matches!(piece, super::expr::Piece::GetAtt(..)))
            }
            _ => false,
        };
    });
    needs
}
