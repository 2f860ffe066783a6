//! The Conditions section: read, put into an order in which each can be decided, and decided
//! (CFN-IN-10 to CFN-IN-12).

use std::collections::BTreeMap;

use super::error::{Stage, TemplateError};
use super::expr::{Expr, Test};
use super::graph;
use super::intrinsic::Evaluation;
use super::reader::Where;
use super::section::Findings;
use super::suggest::did_you_mean;
use super::tree::{Entry, Mark, Node};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct ConditionDecl {
    pub(super) name: String,
    pub(super) mark: Mark,
    pub(super) test: Test,
}

const NOT_BOOLEAN: &str = "\
    Template format error: Conditions can only be boolean operations on parameters and other \
    conditions";
const EQUALS: &str =
    "Template error: every Fn::Equals object requires a list of 2 string parameters.";

pub(super) fn read(findings: &mut Findings<'_>, section: Option<&Node>) -> Vec<ConditionDecl> {
    let Some(section) = section else { return Vec::new() };
    let entries = findings.entries(section, "Template format error: Conditions must be an object.");
    let mut conditions = Vec::new();
    for entry in entries {
        findings.logical_name(entry, "Condition");
        if let Some(test) = test(findings, &entry.value, false) {
            conditions.push(ConditionDecl { name: entry.key.clone(), mark: entry.key_mark, test });
        }
    }
    conditions
}

/// A condition function; `in_rule` also those of rules (CFN-RU-01).
pub(super) fn test(findings: &mut Findings<'_>, node: &Node, in_rule: bool) -> Option<Test> {
    let Some([only]) = node.entries() else {
        findings.hinted(
            node.mark,
            NOT_BOOLEAN,
            "!Equals, !And, !Or, !Not or !Condition".to_owned(),
        );
        return None;
    };
    match only.key.as_str() {
        "Condition" => named(findings, only),
        "Fn::And" | "Fn::Or" => several(findings, node.mark, only, in_rule),
        "Fn::Not" => match only.value.items() {
            Some([inner]) => Some(Test::Not(Box::new(test(findings, inner, in_rule)?))),
            _ => {
                let message = "\
                    Template error: every Fn::Not object requires a list with exactly 1 boolean \
                    parameter.";
                findings.hinted(node.mark, message, "!Not [!Condition Name]".to_owned());
                None
            }
        },
        "Fn::Equals" => {
            let (a, b) = pair(findings, node.mark, only, EQUALS)?;
            Some(Test::Equals(a, b))
        }
        "Fn::Contains" | "Fn::EachMemberIn" | "Fn::EachMemberEquals" if in_rule => {
            let message =
                format!("Template error: every {} object requires two parameters", only.key);
            let (a, b) = pair(findings, node.mark, only, &message)?;
            Some(match only.key.as_str() {
                "Fn::Contains" => Test::Contains(a, b),
                "Fn::EachMemberIn" => Test::EachMemberIn(a, b),
                _ => Test::EachMemberEquals(a, b),
            })
        }
        _ => {
            let names = ["Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not", "Condition"];
            let hint = did_you_mean(&only.key, names)
                .unwrap_or_else(|| "!Equals, !And, !Or, !Not or !Condition".to_owned());
            findings.hinted(only.key_mark, NOT_BOOLEAN, hint);
            None
        }
    }
}

fn named(findings: &mut Findings<'_>, only: &Entry) -> Option<Test> {
    if let Some(name) = only.value.text() {
        return Some(Test::Named(name.to_owned(), only.value.mark));
    }
    findings.hinted(only.value.mark, NOT_BOOLEAN, "the name of a condition".to_owned());
    None
}

fn several(findings: &mut Findings<'_>, mark: Mark, only: &Entry, in_rule: bool) -> Option<Test> {
    let items = only.value.items().unwrap_or_default();
    if !(2..=10).contains(&items.len()) {
        let message = format!(
            "Template error: every {} object requires a list of at least 2 and at most 10 \
                boolean parameters.",
            only.key
        );
        findings.form(mark, message);
        return None;
    }
    let tests: Vec<Option<Test>> = items.iter().map(|item| test(findings, item, in_rule)).collect();
    let tests: Vec<Test> = tests.into_iter().collect::<Option<_>>()?;
    Some(if only.key == "Fn::And" { Test::And(tests) } else { Test::Or(tests) })
}

fn pair(
    findings: &mut Findings<'_>,
    mark: Mark,
    only: &Entry,
    message: &str,
) -> Option<(Expr, Expr)> {
    let Some([a, b]) = only.value.items() else {
        findings.form(mark, message);
        return None;
    };
    let mut reader = findings.reader(Where::Conditions);
    Some((reader.expr(a), reader.expr(b)))
}

/// Puts conditions behind those they name; refuses names of nothing and circles.
pub(super) fn sort(findings: &mut Findings<'_>, conditions: &mut Vec<ConditionDecl>) {
    let mut edges = Vec::new();
    let mut whole = true;
    for condition in conditions.iter() {
        let mut needs = Vec::new();
        for (name, mark) in condition.test.named() {
            match conditions.iter().position(|other| other.name == name) {
                Some(index) => needs.push(index),
                None => {
                    whole = false;
                    let message = unresolved(name, "Condition");
                    let names = conditions.iter().map(|other| other.name.as_str());
                    let hint = did_you_mean(name, names);
                    findings.hinted(mark, message, hint);
                }
            }
        }
        edges.push(needs);
    }
    match graph::order(&edges) {
        Ok(order) if whole => {
            let mut taken: Vec<Option<ConditionDecl>> = conditions.drain(..).map(Some).collect();
            conditions.extend(order.into_iter().filter_map(|index| taken[index].take()));
        }
        Ok(_) => {}
        Err(circles) => {
            let circle = graph::circle(&edges, &circles);
            let names: Vec<&str> =
                circle.iter().map(|&index| conditions[index].name.as_str()).collect();
            let message = format!(
                "Template error: Found circular condition dependency: [{}]",
                names.join(", ")
            );
            let mark = conditions[circle[0]].mark;
            findings.form(mark, message);
        }
    }
}

/// CFN-IN-10
pub(super) fn unresolved(name: &str, function: &str) -> String {
    format!("Template error: unresolved condition dependency {name} in {function}")
}

/// The values of all conditions, which [`sort`] has put into order.
pub(super) fn decide(
    conditions: &[ConditionDecl],
    evaluation: &mut Evaluation<'_>,
) -> Result<BTreeMap<String, bool>, Vec<TemplateError>> {
    let mut decided = BTreeMap::new();
    let mut errors = Vec::new();
    for condition in conditions {
        match holds(&condition.test, &decided, evaluation) {
            Ok(value) => {
                decided.insert(condition.name.clone(), value);
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(decided) } else { Err(errors) }
}

/// Whether a test holds, given the conditions decided before it.
pub(super) fn holds(
    test: &Test,
    decided: &BTreeMap<String, bool>,
    evaluation: &mut Evaluation<'_>,
) -> Result<bool, TemplateError> {
    Ok(match test {
        Test::Named(name, mark) => match decided.get(name) {
            Some(value) => *value,
            None => {
                let message = unresolved(name, "Condition");
                return Err(evaluation.error(Stage::Parameter, *mark, message));
            }
        },
        Test::Not(inner) => !holds(inner, decided, evaluation)?,
        Test::And(tests) => {
            let mut all = true;
            for test in tests {
                all &= holds(test, decided, evaluation)?;
            }
            all
        }
        Test::Or(tests) => {
            let mut any = false;
            for test in tests {
                any |= holds(test, decided, evaluation)?;
            }
            any
        }
        Test::Equals(a, b) => evaluation.string(a, EQUALS)? == evaluation.string(b, EQUALS)?,
        Test::Contains(list, value) => {
            let wanted = evaluation.string(value, "Template error: Fn::Contains needs a string")?;
            evaluation.strings(list)?.contains(&wanted)
        }
        Test::EachMemberIn(list, among) => {
            let among = evaluation.strings(among)?;
            evaluation.strings(list)?.iter().all(|member| among.contains(member))
        }
        Test::EachMemberEquals(list, value) => {
            let message = "Template error: Fn::EachMemberEquals needs a string";
            let wanted = evaluation.string(value, message)?;
            evaluation.strings(list)?.iter().all(|member| *member == wanted)
        }
    })
}
