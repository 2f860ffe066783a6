//! Where a property is written: `DistributionConfig.Origins[0].Id` to a line of the template.

use super::expr::{Choose, Expr, ExprKind};
use super::resource::Resource;
use super::tree::{Mark, Node};

enum Step<'p> {
    Name(&'p str),
    Index(usize),
}

/// The place of a property of `resource`, or of its nearest ancestor that is written. Indices count
/// what is there: what `choose` shows to be `AWS::NoValue` does not count.
pub(super) fn locate(resource: &Resource, path: &str, choose: Choose<'_>) -> Mark {
    let steps = steps(path);
    let (mark, found) = descend(&resource.properties, &steps, resource.mark, choose);
    if found == 0 { resource.mark } else { mark }
}

/// The place of a member of any document, or of its nearest ancestor that is written; `None` when
/// not even the first step of the path is.
pub(super) fn in_tree(root: &Node, path: &str) -> Option<Mark> {
    let (mut node, mut found) = (root, None);
    for step in steps(path) {
        let next = match step {
            Step::Name(name) => node.entries().and_then(|entries| {
                let entry = entries.iter().find(|entry| entry.key == name)?;
                Some((&entry.value, entry.key_mark))
            }),
            Step::Index(index) => {
                node.items().and_then(|items| items.get(index)).map(|item| (item, item.mark))
            }
        };
        let Some((value, mark)) = next else { break };
        (node, found) = (value, Some(mark));
    }
    found
}

/// How far the steps lead, and where that is.
fn descend(expr: &Expr, steps: &[Step<'_>], mark: Mark, choose: Choose<'_>) -> (Mark, usize) {
    let Some((step, rest)) = steps.split_first() else { return (mark, 0) };
    let next = match (&expr.kind, step) {
        (ExprKind::Map(fields), Step::Name(name)) => fields
            .iter()
            .find(|field| field.key == *name)
            .map(|field| (&field.value, field.key_mark)),
        (ExprKind::List(items), Step::Index(index)) => {
            let there = items.iter().filter(|item| !absent(item, choose));
            there.map(|item| (item, item.mark)).nth(*index)
        }
        (ExprKind::If { condition, then, otherwise }, _) => {
            let one = || descend(then, steps, mark, choose);
            let other = || descend(otherwise, steps, mark, choose);
            return match choose(condition) {
                Some(true) => one(),
                Some(false) => other(),
                // Both branches may have it; the one that leads further counts.
                None => {
                    let (one, other) = (one(), other());
                    if other.1 > one.1 { other } else { one }
                }
            };
        }
        _ => None,
    };
    match next {
        Some((value, place)) => {
            let (mark, found) = descend(value, rest, place, choose);
            (mark, found + 1)
        }
        None => (mark, 0),
    }
}

fn absent(expr: &Expr, choose: Choose<'_>) -> bool {
    match &expr.kind {
        ExprKind::If { condition, then, otherwise } => match choose(condition) {
            Some(true) => absent(then, choose),
            Some(false) => absent(otherwise, choose),
            None => false,
        },
        _ => expr.is_no_value(),
    }
}

fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    for part in path.split('.').filter(|part| !part.is_empty()) {
        let (name, indices) = part.split_once('[').unwrap_or((part, ""));
        if !name.is_empty() {
            steps.push(Step::Name(name));
        }
        let indices = indices.split(['[', ']']).filter_map(|index| index.parse().ok());
        steps.extend(indices.map(Step::Index));
    }
    steps
}
