//! Where a property is written: `DistributionConfig.Origins[0].Id` to a line of the template.

use super::expr::{Expr, ExprKind};
use super::resource::Resource;
use super::tree::Mark;

enum Step<'p> {
    Name(&'p str),
    Index(usize),
}

/// The place of a property of `resource`, or of its nearest ancestor that is written.
pub(super) fn locate(resource: &Resource, path: &str) -> Mark {
    let steps = steps(path);
    let (mark, found) = descend(&resource.properties, &steps, resource.mark);
    if found == 0 { resource.mark } else { mark }
}

/// How far the steps lead, and where that is.
fn descend(expr: &Expr, steps: &[Step<'_>], mark: Mark) -> (Mark, usize) {
    let Some((step, rest)) = steps.split_first() else { return (mark, 0) };
    let next = match (&expr.kind, step) {
        (ExprKind::Map(fields), Step::Name(name)) => fields
            .iter()
            .find(|field| field.key == *name)
            .map(|field| (&field.value, field.key_mark)),
        (ExprKind::List(items), Step::Index(index)) => {
            items.get(*index).map(|item| (item, item.mark))
        }
        (ExprKind::If { then, otherwise, .. }, _) => {
            // Both branches may have it; the one that leads further counts.
            let (one, other) = (descend(then, steps, mark), descend(otherwise, steps, mark));
            return if other.1 > one.1 { other } else { one };
        }
        _ => None,
    };
    match next {
        Some((value, place)) => {
            let (mark, found) = descend(value, rest, place);
            (mark, found + 1)
        }
        None => (mark, 0),
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
