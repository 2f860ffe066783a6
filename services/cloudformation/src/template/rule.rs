//! The Rules section: assertions over parameters, checked before anything is made (CFN-RU-01).

use super::condition;
use super::error::{Stage, TemplateError};
use super::expr::Test;
use super::intrinsic::Evaluation;
use super::section::Findings;
use super::tree::{Entry, Mark, Node, NodeKind};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) condition: Option<Test>,
    pub(super) assertions: Vec<Assertion>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Assertion {
    pub(super) mark: Mark,
    pub(super) test: Test,
    pub(super) description: Option<String>,
}

/// Functions that ask the account about the resources behind parameters.
const ACCOUNT: [&str; 3] = ["Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll"];

pub(super) fn read(findings: &mut Findings<'_>, section: Option<&Node>) -> Vec<Rule> {
    let Some(section) = section else { return Vec::new() };
    let entries = findings.entries(section, "Template format error: Rules must be an object.");
    entries.iter().filter_map(|entry| rule(findings, entry)).collect()
}

fn rule(findings: &mut Findings<'_>, entry: &Entry) -> Option<Rule> {
    let before = findings.errors.len();
    account_functions(findings, &entry.value);
    if findings.errors.len() > before {
        return None;
    }
    findings.logical_name(entry, "Rule");
    let message = "Template format error: Any Rules member must be an object.";
    let members = findings.entries(&entry.value, message);
    for member in members {
        let message = format!("Invalid template rule property '{}'", member.key);
        findings.known(member, &["RuleCondition", "Assertions"], message);
    }
    let get = |name: &str| members.iter().find(|member| member.key == name).map(|m| &m.value);
    let condition = match get("RuleCondition") {
        Some(node) => Some(condition::test(findings, node, true)?),
        None => None,
    };
    let Some(items) = get("Assertions").and_then(Node::items) else {
        let message =
            format!("Template format error: Rule {} must contain a list of Assertions.", entry.key);
        findings.form(entry.key_mark, message);
        return None;
    };
    let assertions = items.iter().filter_map(|item| assertion(findings, item)).collect();
    Some(Rule { name: entry.key.clone(), condition, assertions })
}

fn assertion(findings: &mut Findings<'_>, node: &Node) -> Option<Assertion> {
    let members =
        findings.entries(node, "Template format error: Every Assertions member must be an object.");
    for member in members {
        let message = format!("Invalid template rule property '{}'", member.key);
        findings.known(member, &["Assert", "AssertDescription"], message);
    }
    let get = |name: &str| members.iter().find(|member| member.key == name).map(|m| &m.value);
    let Some(assert) = get("Assert") else {
        findings
            .form(node.mark, "Template format error: Every Assertions member must have an Assert.");
        return None;
    };
    let test = condition::test(findings, assert, true)?;
    let description = get("AssertDescription").and_then(Node::as_string);
    Some(Assertion { mark: node.mark, test, description })
}

fn account_functions(findings: &mut Findings<'_>, node: &Node) {
    match &node.kind {
        NodeKind::List(items) => items.iter().for_each(|item| account_functions(findings, item)),
        NodeKind::Map(entries) => {
            for entry in entries {
                if ACCOUNT.contains(&entry.key.as_str()) {
                    let message = format!("{} is not supported by Standin", entry.key);
                    let hint = "Standin has no account to ask: leave the rule out";
                    findings.unsupported(entry.key_mark, message, hint);
                }
                account_functions(findings, &entry.value);
            }
        }
        _ => {}
    }
}

/// The assertions that do not hold, with their descriptions.
pub(super) fn broken(
    rules: &[Rule],
    conditions: &std::collections::BTreeMap<String, bool>,
    evaluation: &mut Evaluation<'_>,
) -> Vec<TemplateError> {
    let mut errors = Vec::new();
    for rule in rules {
        let applies = rule
            .condition
            .as_ref()
            .map_or(Ok(true), |test| condition::holds(test, conditions, evaluation));
        match applies {
            Ok(true) => {}
            Ok(false) => continue,
            Err(error) => {
                errors.push(error);
                continue;
            }
        }
        for assertion in &rule.assertions {
            match condition::holds(&assertion.test, conditions, evaluation) {
                Ok(true) => {}
                Ok(false) => {
                    let why = assertion.description.as_deref().unwrap_or("an assertion is false");
                    let message = format!("Template error: Rule {} failed: {why}", rule.name);
                    errors.push(evaluation.error(Stage::Parameter, assertion.mark, message));
                }
                Err(error) => errors.push(error),
            }
        }
    }
    errors
}
