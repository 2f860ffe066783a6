//! Everything that can be said against a template before its parameters have values.

use standin_kernel::resource::ResourceType;

use super::error::{Stage, TemplateError};
use super::expr::{BOTH, By, Expr};
use super::suggest::{did_you_mean, one_of};
use super::support::type_named;
use super::{Template, bind, dynamic, locate, plan, properties, reference};

type Types<'a> = &'a [&'static dyn ResourceType];

/// All findings, in the order of the text.
pub(super) fn check(template: &Template, types: Types<'_>) -> Vec<TemplateError> {
    let mut errors = reference::check(template);
    errors.extend(plan::certain_circle(template));
    errors.extend(template.resources.iter().filter_map(|one| one.snapshot(&template.source)));
    errors.extend(defaults(template));
    errors.extend(dynamic::check(template));
    errors.extend(unknown_types(template, types));
    errors.extend(attributes(template, types));
    errors.extend(wrong_properties(template, types));
    errors.sort_by_key(|error| (error.line, error.column));
    errors
}

/// Defaults that break the parameter's own constraints.
fn defaults(template: &Template) -> Vec<TemplateError> {
    template
        .parameters
        .iter()
        .filter_map(|declared| bind::refused(template, declared, declared.default.as_deref()?))
        .collect()
}

/// CFN-TP-10
fn unknown_types(template: &Template, types: Types<'_>) -> Vec<TemplateError> {
    let names = || types.iter().map(|known| known.type_name());
    template
        .resources
        .iter()
        .filter(|resource| type_named(types, &resource.type_name).is_none())
        .map(|resource| {
            let name = &resource.type_name;
            let message = format!("Template format error: Unrecognized resource types: [{name}]");
            let hint = did_you_mean(name, names())
                .unwrap_or_else(|| "Standin has no such type".to_owned());
            let error = template.source.error(Stage::Type, resource.type_mark, message);
            error.listing().with_hint(hint)
        })
        .collect()
}

/// CFN-IN-04
fn attributes(template: &Template, types: Types<'_>) -> Vec<TemplateError> {
    let mut errors = Vec::new();
    let mut check = |expr: &Expr| {
        for found in expr.references(BOTH) {
            let By::GetAtt(Some(attribute)) = found.by else { continue };
            let declared = template.resource(found.name);
            let Some(known) = declared.and_then(|one| type_named(types, &one.type_name)) else {
                continue;
            };
            let names = || known.attributes().iter().copied();
            // The outputs of a nested stack have the names its template gives them.
            if attribute.starts_with("Outputs.") || names().any(|name| name == attribute) {
                continue;
            }
            let message = format!(
                "Template error: resource {} does not support attribute type {attribute} in \
                    Fn::GetAtt",
                found.name
            );
            let hint = did_you_mean(attribute, names()).or_else(|| one_of(names()));
            errors.push(template.source.error(Stage::Resolve, found.mark, message).hinted(hint));
        }
    };
    template.resources.iter().for_each(|resource| check(&resource.properties));
    template.outputs.iter().for_each(|output| check(&output.value));
    errors
}

fn wrong_properties(template: &Template, types: Types<'_>) -> Vec<TemplateError> {
    let mut errors = Vec::new();
    for resource in &template.resources {
        let Some(known) = type_named(types, &resource.type_name) else { continue };
        for problem in properties::check(&resource.properties, known.properties()) {
            let mark = locate::locate(resource, &problem.path, BOTH);
            let message = properties::status_reason(std::slice::from_ref(&problem));
            let error = template.source.error(Stage::Property, mark, message);
            errors.push(error.hinted(problem.hint));
        }
    }
    errors
}
