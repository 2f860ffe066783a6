//! Whether everything a template refers to is there (CFN-TP-08, CFN-IN-10, CFN-IN-12).

use std::collections::BTreeSet;

use super::error::{Stage, TemplateError};
use super::expr::{BOTH, By, Expr, ExprKind, NO_VALUE, Reference};
use super::suggest::did_you_mean;
use super::tree::Mark;
use super::{Template, condition, mapping, output};

/// CFN-PA-13
pub(super) const PSEUDO: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NotificationARNs",
    NO_VALUE,
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

const IMPORT: &str = "\
    Template error: the attribute in Fn::ImportValue must not depend on any resources, imported \
    values, or Fn::GetAZs";

/// CFN-TP-08
pub(super) fn in_resources(name: &str) -> String {
    format!(
        "Template format error: Unresolved resource dependencies [{name}] in the Resources block \
            of the template"
    )
}

/// CFN-TP-08: without the prefix.
pub(super) fn in_outputs(name: &str) -> String {
    format!("Unresolved resource dependencies [{name}] in the Outputs block of the template")
}

/// CFN-IN-12
pub(super) fn in_conditions(name: &str) -> String {
    format!(
        "Template format error: Unresolved dependencies [{name}]. Cannot reference resources in \
            the Conditions block of the template"
    )
}

/// All references to nothing.
pub(super) fn check(template: &Template) -> Vec<TemplateError> {
    let names = Names {
        parameters: template.parameters.iter().map(|one| one.name.as_str()).collect(),
        resources: template.resources.iter().map(|one| one.id.as_str()).collect(),
        conditions: template.conditions.iter().map(|one| one.name.as_str()).collect(),
    };
    let mut checker = Checker { template, names, errors: Vec::new() };
    checker.resources();
    checker.outputs();
    checker.conditions();
    checker.errors
}

struct Names<'a> {
    parameters: BTreeSet<&'a str>,
    resources: BTreeSet<&'a str>,
    conditions: BTreeSet<&'a str>,
}

struct Checker<'a> {
    template: &'a Template,
    names: Names<'a>,
    errors: Vec<TemplateError>,
}

impl<'a> Checker<'a> {
    fn resources(&mut self) {
        for resource in &self.template.resources {
            let metadata = resource.metadata.iter().map(|(_, expr)| expr);
            let policies = resource.deletion_policy.iter().chain(&resource.update_replace_policy);
            for expr in [&resource.properties].into_iter().chain(metadata).chain(policies) {
                self.expr(expr, in_resources);
            }
            for (name, mark) in &resource.depends_on {
                let reference = Reference { name, mark: *mark, by: By::DependsOn };
                self.reference(&reference, in_resources);
            }
            if let Some((name, mark)) = &resource.condition {
                self.condition(name, *mark, "the Resources block of the template");
            }
        }
    }

    fn outputs(&mut self) {
        for output in &self.template.outputs {
            self.expr(&output.value, in_outputs);
            if let Some((name, mark)) = &output.condition {
                self.condition(name, *mark, "the Outputs block of the template");
            }
            if let Some(name) = &output.export {
                self.expr(name, in_outputs);
                self.only_parameters(name, &output::malformed_export(&output.name));
            }
        }
    }

    fn conditions(&mut self) {
        let template = self.template;
        let mut values: Vec<&'a Expr> = Vec::new();
        for condition in &template.conditions {
            condition.test.values(&mut |value| values.push(value));
        }
        for rule in &template.rules {
            let tests = rule.assertions.iter().map(|assertion| &assertion.test);
            tests.chain(&rule.condition).for_each(|test| test.values(&mut |v| values.push(v)));
        }
        for value in values {
            for reference in value.references(BOTH) {
                if !self.is_value(reference.name) || matches!(reference.by, By::GetAtt(_)) {
                    let hint = self.meant(reference.name, &[]);
                    self.missing(&reference, in_conditions(reference.name), hint);
                }
            }
            self.maps(value);
        }
    }

    fn expr(&mut self, expr: &'a Expr, message: fn(&str) -> String) {
        for reference in expr.references(BOTH) {
            self.reference(&reference, message);
        }
        let mut found = Vec::new();
        expr.walk(BOTH, &mut |part| match &part.kind {
            ExprKind::If { .. } | ExprKind::ImportValue(_) => found.push(part),
            _ => {}
        });
        for part in found {
            match &part.kind {
                ExprKind::If { condition, .. } => self.condition(condition, part.mark, "Fn::If"),
                ExprKind::ImportValue(name) => self.only_parameters(name, IMPORT),
                _ => {}
            }
        }
        self.maps(expr);
    }

    fn reference(&mut self, reference: &Reference<'_>, message: fn(&str) -> String) {
        let name = reference.name;
        let resource = self.names.resources.contains(name);
        let good = match reference.by {
            By::Ref => resource || self.is_value(name),
            By::GetAtt(_) | By::DependsOn => resource,
        };
        if good {
            return;
        }
        let hint = match reference.by {
            By::GetAtt(_) if self.is_value(name) => {
                Some(format!("{name} is a parameter and has no attributes: use !Ref {name}"))
            }
            By::DependsOn if self.is_value(name) => Some(format!("{name} is not a resource")),
            By::GetAtt(_) | By::DependsOn => {
                did_you_mean(name, self.names.resources.iter().copied())
            }
            By::Ref => {
                let resources: Vec<&str> = self.names.resources.iter().copied().collect();
                self.meant(name, &resources)
            }
        };
        self.missing(reference, message(name), hint);
    }

    fn missing(&mut self, reference: &Reference<'_>, message: String, hint: Option<String>) {
        let error = self.template.source.error(Stage::Reference, reference.mark, message);
        self.errors.push(error.listing().hinted(hint));
    }

    /// Parameters and pseudo parameters.
    fn is_value(&self, name: &str) -> bool {
        self.names.parameters.contains(name) || PSEUDO.contains(&name)
    }

    fn meant(&self, name: &str, more: &[&str]) -> Option<String> {
        let known = self.names.parameters.iter().copied().chain(PSEUDO);
        did_you_mean(name, known.chain(more.iter().copied()))
    }

    fn condition(&mut self, name: &str, mark: Mark, place: &str) {
        if self.names.conditions.contains(name) {
            return;
        }
        let mark = self.template.source.find(mark, name);
        let hint = did_you_mean(name, self.names.conditions.iter().copied());
        let message = condition::unresolved(name, place);
        let error = self.template.source.error(Stage::Reference, mark, message);
        self.errors.push(error.hinted(hint));
    }

    /// A name that must be known before any resource is (CFN-IN-18, CFN-OU-01).
    fn only_parameters(&mut self, name: &Expr, message: &str) {
        let resource = name
            .references(BOTH)
            .into_iter()
            .find(|reference| self.names.resources.contains(reference.name));
        let mark = match resource {
            Some(reference) => reference.mark,
            None if output::needs_more_than_parameters(name) => name.mark,
            None => return,
        };
        let error = self.template.source.error(Stage::Reference, mark, message);
        self.errors.push(error);
    }

    /// Literal names of a map that is not there, or not in it (CFN-IN-15).
    fn maps(&mut self, expr: &Expr) {
        let mut found = Vec::new();
        expr.walk(BOTH, &mut |part| {
            if let ExprKind::FindInMap { map, top, second, default: None } = &part.kind {
                found.push((part.mark, map.literal(), top.literal(), second.literal()));
            }
        });
        for (mark, map, top, second) in found {
            let Some(map) = map else { continue };
            let known = self.template.mappings.iter().any(|mapping| mapping.name == map);
            let (top, second) = match (top, second) {
                (Some(top), Some(second)) => (top, second),
                _ if known => continue,
                _ => ("", ""),
            };
            if let Err(message) = mapping::find(&self.template.mappings, map, top, second) {
                let names = self.template.mappings.iter().map(|mapping| mapping.name.as_str());
                let hint = if known { None } else { did_you_mean(map, names) };
                let error = self.template.source.error(Stage::Reference, mark, message);
                self.errors.push(error.hinted(hint));
            }
        }
    }
}
