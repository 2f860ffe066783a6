//! What a template makes in a scope: the resources whose conditions hold, what each waits for, and
//! what becomes of it when it goes (CFN-IN-13, CFN-IN-14, CFN-AT-*).

use standin_kernel::Value;

use super::error::{Stage, TemplateError};
use super::expr::{BOTH, By, Choose, Expr, Reference};
use super::intrinsic::Evaluation;
use super::resource::{Resource, check_policy};
use super::tree::{Mark, Node};
use super::{Scope, Template, graph, reference};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionPolicy {
    Delete,
    Retain,
    RetainExceptOnCreate,
    Snapshot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateReplacePolicy {
    Delete,
    Retain,
    Snapshot,
}

/// The resources that exist in a scope, in declared order.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub resources: Vec<PlannedResource>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlannedResource {
    pub logical_id: String,
    pub type_name: String,
    /// Logical ids of resources in the plan that must be there before this one, each once:
    /// `DependsOn`, `Ref`, `Fn::GetAtt` and `Fn::Sub` (CFN-AT-01).
    pub depends_on: Vec<String>,
    pub deletion_policy: DeletionPolicy,
    pub update_replace_policy: UpdateReplacePolicy,
    /// `Metadata` with its functions as written (`{"Ref": "X"}`), or `Null`; for comparing two
    /// versions of a template (CFN-AT-07).
    pub metadata: Value,
    /// `Metadata: Standin:`, resolved against parameters, or `Null`.
    pub hint: Value,
    pub condition: Option<String>,
}

pub(super) fn plan(template: &Template, scope: &Scope) -> Result<Plan, Vec<TemplateError>> {
    let choose: Choose<'_> = &|name| scope.condition(name);
    let active: Vec<&Resource> =
        template.resources.iter().filter(|resource| scope.has(resource)).collect();
    let mut errors = missing(template, scope, &active, choose);
    let edges = edges(&active, &|resource| needs(resource, choose));
    errors.extend(circle(template, &active, &edges));
    let mut resources = Vec::new();
    for (resource, needs) in active.iter().zip(&edges) {
        match planned(template, scope, resource) {
            Ok(mut planned) => {
                for edge in needs {
                    let id = &active[edge.target].id;
                    if !planned.depends_on.contains(id) {
                        planned.depends_on.push(id.clone());
                    }
                }
                resources.push(planned);
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(Plan { resources }) } else { Err(errors) }
}

fn planned(
    template: &Template,
    scope: &Scope,
    resource: &Resource,
) -> Result<PlannedResource, TemplateError> {
    let path = vec!["Resources".to_owned(), resource.id.clone()];
    let mut evaluation = Evaluation::new(template, scope, None, path);
    let hint = match resource.hint() {
        Some(hint) => {
            only_parameters(template, hint)?;
            evaluation.value(hint)?.unwrap_or(Value::Null)
        }
        None => Value::Null,
    };
    let mut policy = |member: &str, written: &Option<Expr>| match written {
        None => Ok(None),
        Some(expr) => {
            let message = format!("Template error: every {member} member must be a string.");
            let name = evaluation.string(expr, &message)?;
            match check_policy(member, &name) {
                Ok(()) => Ok(Some(name)),
                Err((message, hint)) => {
                    Err(template.source.error(Stage::Form, expr.mark, message).hinted(hint))
                }
            }
        }
    };
    let deletion = policy("DeletionPolicy", &resource.deletion_policy)?;
    let replacement = policy("UpdateReplacePolicy", &resource.update_replace_policy)?;
    Ok(PlannedResource {
        logical_id: resource.id.clone(),
        type_name: resource.type_name.clone(),
        depends_on: Vec::new(),
        deletion_policy: match deletion.as_deref() {
            Some("Retain") => DeletionPolicy::Retain,
            Some("RetainExceptOnCreate") => DeletionPolicy::RetainExceptOnCreate,
            Some("Snapshot") => DeletionPolicy::Snapshot,
            None if resource.keeps_snapshot() => DeletionPolicy::Snapshot,
            _ => DeletionPolicy::Delete,
        },
        update_replace_policy: match replacement.as_deref() {
            Some("Retain") => UpdateReplacePolicy::Retain,
            Some("Snapshot") => UpdateReplacePolicy::Snapshot,
            _ => UpdateReplacePolicy::Delete,
        },
        metadata: resource.metadata.as_ref().map_or(Value::Null, |(node, _)| Node::to_value(node)),
        hint,
        condition: resource.condition.as_ref().map(|(name, _)| name.clone()),
    })
}

/// Hints are read before anything is made.
fn only_parameters(template: &Template, hint: &Expr) -> Result<(), TemplateError> {
    let references = hint.references(BOTH);
    let Some(found) = references.iter().find(|found| template.resource(found.name).is_some())
    else {
        return Ok(());
    };
    let message =
        format!("Metadata Standin may refer to parameters only, not to resource {}", found.name);
    Err(template.source.error(Stage::Unsupported, found.mark, message))
}

/// CFN-IN-13: references from what exists to what does not. A `DependsOn` alone is passed over
/// (CFN-IN-14).
fn missing(
    template: &Template,
    scope: &Scope,
    active: &[&Resource],
    choose: Choose<'_>,
) -> Vec<TemplateError> {
    let absent = |name: &str| template.resource(name).is_some_and(|found| !scope.has(found));
    let mut errors = Vec::new();
    let mut check = |expr: &Expr, message: fn(&str) -> String| {
        for found in expr.references(choose).iter().filter(|found| absent(found.name)) {
            let error = template.source.error(Stage::Reference, found.mark, message(found.name));
            let hint = format!("the condition of {} does not hold: use Fn::If here", found.name);
            errors.push(error.listing().with_hint(hint));
        }
    };
    for resource in active {
        check(&resource.properties, reference::in_resources);
    }
    for output in &template.outputs {
        let holds = |(name, _): &(String, Mark)| scope.condition(name) == Some(true);
        if output.condition.as_ref().is_none_or(holds) {
            check(&output.value, reference::in_outputs);
        }
    }
    errors
}

/// One resource needs another.
struct Edge {
    /// The place of the other among those looked at.
    target: usize,
    mark: Mark,
}

/// What a resource refers to, in a scope.
fn needs<'r>(resource: &'r Resource, choose: Choose<'_>) -> Vec<Reference<'r>> {
    let explicit = resource.depends_on.iter().map(|(name, mark)| Reference {
        name,
        mark: *mark,
        by: By::DependsOn,
    });
    explicit.chain(resource.properties.references(choose)).collect()
}

fn edges<'r>(
    resources: &[&'r Resource],
    needs: &dyn Fn(&'r Resource) -> Vec<Reference<'r>>,
) -> Vec<Vec<Edge>> {
    let places: std::collections::BTreeMap<&str, usize> =
        resources.iter().enumerate().map(|(at, resource)| (resource.id.as_str(), at)).collect();
    let edge = |found: &Reference<'_>| {
        places.get(found.name).map(|&target| Edge { target, mark: found.mark })
    };
    resources.iter().map(|resource| needs(resource).iter().filter_map(edge).collect()).collect()
}

/// CFN-TP-09
fn circle(
    template: &Template,
    resources: &[&Resource],
    edges: &[Vec<Edge>],
) -> Option<TemplateError> {
    let targets: Vec<Vec<usize>> =
        edges.iter().map(|needs| needs.iter().map(|edge| edge.target).collect()).collect();
    let among = graph::order(&targets).err()?;
    let names: Vec<&str> = among.iter().map(|&at| resources[at].id.as_str()).collect();
    let message = format!("Circular dependency between resources: [{}]", names.join(", "));
    let circle = graph::circle(&targets, &among);
    let mut steps = Vec::new();
    let mut first = None;
    for (at, &index) in circle.iter().enumerate() {
        let next = circle[(at + 1) % circle.len()];
        let edge = edges[index].iter().find(|edge| edge.target == next)?;
        first = first.or(Some(edge.mark));
        let (from, to) = (&resources[index].id, &resources[next].id);
        steps.push(format!("{from} needs {to} (line {})", edge.mark.line));
    }
    let error = template.source.error(Stage::Reference, first?, message);
    Some(error.with_hint(steps.join(", ")))
}

/// A circle that is there whatever the conditions are: references outside of `Fn::If`, and
/// `DependsOn` to what is always there.
pub(super) fn certain_circle(template: &Template) -> Option<TemplateError> {
    let all: Vec<&Resource> = template.resources.iter().collect();
    let certain = |resource: &'_ Resource| -> bool { resource.condition.is_none() };
    let edges = edges(&all, &|resource| {
        let otherwise = resource.properties.references(&|_| Some(false));
        let mut found = resource.properties.references(&|_| Some(true));
        found.retain(|reference| otherwise.contains(reference));
        found.extend(needs(resource, BOTH).into_iter().filter(|reference| {
            reference.by == By::DependsOn && template.resource(reference.name).is_some_and(certain)
        }));
        found
    });
    circle(template, &all, &edges)
}
