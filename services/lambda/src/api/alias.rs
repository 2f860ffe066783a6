//! Aliases: names for a version, or for two of them by weights.

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, ids, json};

use super::name::Named;
use super::{nothing, present, read};
use crate::Lambda;
use crate::error::{conflict, invalid, no_function, not_found, stale_revision, validation};
use crate::state::{Alias, Function, LATEST};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Given {
    function_name: String,
    name: String,
    function_version: Option<String>,
    description: Option<String>,
    routing_config: Option<Routing>,
    revision_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
struct Routing {
    additional_version_weights: BTreeMap<String, f64>,
}

pub(super) fn create(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Given = read("CreateAlias", value)?;
    let named = Named::read(&asked.function_name, None)?;
    check_name(&asked.name)?;
    let version = asked.function_version.clone().unwrap_or_default();
    let weights = asked.routing_config.unwrap_or_default().additional_version_weights;
    let revision = ids::uuid(cx.rng);
    let function = lambda.named_mut(cx, &named)?;
    check_versions(function, &version, &weights)?;
    let arn = function.qualified_arn(Some(&asked.name));
    if function.aliases.contains_key(&asked.name) {
        return Err(conflict(format!("Alias already exists: {arn}")));
    }
    let alias = Alias {
        name: asked.name.clone(),
        version,
        description: asked.description.unwrap_or_default(),
        weights,
        revision,
    };
    let shown = show(function, &alias);
    function.aliases.insert(asked.name, alias);
    function.store(cx);
    Ok(shown)
}

/// A name that cannot be a version's number.
fn check_name(name: &str) -> Result<(), ApiError> {
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let number = name.bytes().all(|byte| byte.is_ascii_digit());
    if name.is_empty() || name.len() > 128 || number || !name.chars().all(fine) {
        let constraint =
            "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)";
        return Err(validation(name, "name", constraint));
    }
    Ok(())
}

fn check_versions(
    function: &Function,
    version: &str,
    weights: &BTreeMap<String, f64>,
) -> Result<(), ApiError> {
    for version in weights.keys().map(String::as_str).chain([version]) {
        if function.version(version).is_none() {
            return Err(no_function(&function.qualified_arn(Some(version))));
        }
    }
    if weights.len() > 1 {
        return Err(invalid(
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        ));
    }
    if !weights.is_empty() && version == LATEST {
        return Err(invalid(
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ));
    }
    match weights.values().find(|weight| !(0.0..=1.0).contains(*weight)) {
        None => Ok(()),
        Some(weight) => {
            let constraint = "Member must have value between 0 and 1";
            Err(validation(&weight.to_string(), "routingConfig", constraint))
        }
    }
}

fn show(function: &Function, alias: &Alias) -> Value {
    present(json!({
        "AliasArn": function.qualified_arn(Some(&alias.name)),
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RoutingConfig": match alias.weights.is_empty() {
            true => Value::Null,
            false => json!({"AdditionalVersionWeights": alias.weights}),
        },
        "RevisionId": alias.revision,
    }))
}

fn no_alias(function: &Function, name: &str) -> ApiError {
    not_found(format!("Cannot find alias arn: {}", function.qualified_arn(Some(name))))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Asked {
    function_name: String,
    name: String,
}

pub(super) fn get(lambda: &mut Lambda, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Asked = read("GetAlias", value)?;
    let named = Named::read(&asked.function_name, None)?;
    let function = lambda.named(cx, &named)?;
    let alias = function.aliases.get(&asked.name);
    alias.map(|alias| show(function, alias)).ok_or_else(|| no_alias(function, &asked.name))
}

pub(super) fn update(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Given = read("UpdateAlias", value)?;
    let named = Named::read(&asked.function_name, None)?;
    let revision = ids::uuid(cx.rng);
    let function = lambda.named_mut(cx, &named)?;
    let Some(mut alias) = function.aliases.get(&asked.name).cloned() else {
        return Err(no_alias(function, &asked.name));
    };
    if asked.revision_id.is_some_and(|given| given != alias.revision) {
        return Err(stale_revision());
    }
    alias.version = asked.function_version.unwrap_or(alias.version);
    alias.description = asked.description.unwrap_or(alias.description);
    if let Some(routing) = asked.routing_config {
        alias.weights = routing.additional_version_weights;
    }
    alias.revision = revision;
    check_versions(function, &alias.version, &alias.weights)?;
    let shown = show(function, &alias);
    function.aliases.insert(asked.name, alias);
    function.store(cx);
    Ok(shown)
}

pub(super) fn delete(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Asked = read("DeleteAlias", value)?;
    let named = Named::read(&asked.function_name, None)?;
    let function = lambda.named_mut(cx, &named)?;
    // One that is not there is deleted already.
    function.aliases.remove(&asked.name);
    function.store(cx);
    nothing()
}

pub(super) fn shown(function: &Function) -> Vec<Value> {
    function.aliases.values().map(|alias| show(function, alias)).collect()
}
