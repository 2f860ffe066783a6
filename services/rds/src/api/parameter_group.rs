//! Parameter groups: their values set, reset and shown, and what that means to the instances that
//! use them (RDS-PG-01 to RDS-PG-20).

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{Cx, Value, ids, json};

use super::tag::{self, Tag};
use super::{identifier, page};
use crate::Rds;
use crate::error::{Result, group_exists, group_in_use, invalid, missing};
use crate::family::Family;
use crate::parameter::table::{self, Apply};
use crate::parameter::{ApplyMethod, check};
use crate::state::{ApplyStatus, ParameterGroup, SetValue};

/// RDS-PG-06
const PARAMETERS_A_CALL: usize = 20;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    #[serde(rename = "DBParameterGroupName")]
    name: String,
    #[serde(rename = "DBParameterGroupFamily")]
    family: String,
    description: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn create(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    const LONGEST: usize = 255;
    let asked: Create = input("CreateDBParameterGroup", value)?;
    let name = identifier("DBParameterGroupName", &asked.name, LONGEST)?;
    if Family::parse(&asked.family).is_none() {
        return Err(invalid(format!(
            "ParameterGroupFamily {} is not a valid parameter group family",
            asked.family
        )));
    }
    if rds.state.parameter_groups.contains_key(&name) {
        return Err(group_exists(&name));
    }
    let group = ParameterGroup {
        name: name.clone(),
        family: asked.family,
        description: asked.description,
        values: BTreeMap::new(),
        tags: tag::read(cx, &asked.tags)?,
    };
    let answer = shown(&group, cx);
    rds.state.parameter_groups.insert(name.clone(), group);
    rds.state.store_parameter_group(cx, &name);
    Ok(json!({"DBParameterGroup": answer}))
}

fn shown(group: &ParameterGroup, cx: &Cx<'_>) -> Value {
    json!({
        "DBParameterGroupName": group.name,
        "DBParameterGroupFamily": group.family,
        "Description": group.description,
        "DBParameterGroupArn": ids::arn(cx.env, "rds", &format!("pg:{}", group.name)),
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct Describe {
    #[serde(rename = "DBParameterGroupName")]
    name: Option<String>,
    max_records: Option<i64>,
    marker: Option<String>,
}

pub(super) fn describe(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Describe = input("DescribeDBParameterGroups", value)?;
    let found = match &asked.name {
        Some(name) => vec![rds.state.parameter_group(name)?],
        None => rds.state.parameter_groups.values().cloned().collect(),
    };
    let found = found.iter().map(|group| shown(group, cx)).collect();
    page(found, "DBParameterGroups", asked.marker.as_deref(), asked.max_records)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Parameters {
    #[serde(rename = "DBParameterGroupName")]
    name: String,
    source: Option<String>,
    max_records: Option<i64>,
    marker: Option<String>,
}

/// RDS-PG-03, RDS-PG-17
pub(super) fn parameters(rds: &mut Rds, _cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Parameters = input("DescribeDBParameters", value)?;
    let group = rds.state.parameter_group(&asked.name)?;
    let mut found = Vec::new();
    for definition in table::all(group.family()) {
        let set = group.values.get(definition.name);
        let source = match set {
            Some(_) => "user",
            None if definition.default.contains('{') => "system",
            None => "engine-default",
        };
        if asked.source.as_deref().is_some_and(|wanted| wanted != source) {
            continue;
        }
        let mut parameter = json!({
            "ParameterName": definition.name,
            "Source": source,
            "ApplyType": definition.apply_type(),
            "DataType": definition.data_type,
            "IsModifiable": definition.apply != Apply::Fixed,
            "ApplyMethod": set.map_or("pending-reboot", |set| set.method().as_str()),
        });
        if !definition.allowed.is_empty() {
            parameter["AllowedValues"] = definition.allowed.into();
        }
        let text = set.map_or(definition.default, |set| set.value.as_str());
        if !text.is_empty() {
            parameter["ParameterValue"] = text.into();
        }
        found.push(parameter);
    }
    page(found, "Parameters", asked.marker.as_deref(), asked.max_records)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Parameter {
    #[serde(rename = "ParameterName")]
    name: String,
    #[serde(rename = "ParameterValue")]
    value: Option<String>,
    apply_method: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Modify {
    #[serde(rename = "DBParameterGroupName")]
    name: String,
    parameters: Vec<Parameter>,
}

pub(super) fn modify(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Modify = input("ModifyDBParameterGroup", value)?;
    let group = changeable(rds, &asked.name)?;
    few_enough(asked.parameters.len())?;
    let mut new = Vec::new();
    for parameter in asked.parameters {
        let method = method(parameter.apply_method.as_deref())?;
        let value = parameter.value.ok_or_else(|| missing("ParameterValue"))?;
        check(group.family(), &parameter.name, &value, method)?;
        new.push((parameter.name, Some(value), method));
    }
    Ok(take(rds, cx, &group, &new))
}

fn method(asked: Option<&str>) -> Result<ApplyMethod> {
    ApplyMethod::parse(asked.ok_or_else(|| missing("ApplyMethod"))?)
}

fn few_enough(count: usize) -> Result<()> {
    if (1..=PARAMETERS_A_CALL).contains(&count) {
        return Ok(());
    }
    Err(invalid(format!(
        "The request must name 1 to {PARAMETERS_A_CALL} parameters, it names {count}"
    )))
}

/// RDS-PG-01
fn changeable(rds: &Rds, name: &str) -> Result<ParameterGroup> {
    let group = rds.state.parameter_group(name)?;
    if group.is_default() {
        return Err(invalid(format!("The parameter group {name} cannot be modified.")));
    }
    Ok(group)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Reset {
    #[serde(rename = "DBParameterGroupName")]
    name: String,
    reset_all_parameters: Option<bool>,
    #[serde(default)]
    parameters: Vec<Parameter>,
}

/// RDS-PG-18
pub(super) fn reset(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Reset = input("ResetDBParameterGroup", value)?;
    let group = changeable(rds, &asked.name)?;
    let mut gone = Vec::new();
    if asked.reset_all_parameters == Some(true) {
        for name in group.values.keys() {
            let dynamic = is_dynamic(group.family(), name);
            let method = if dynamic { ApplyMethod::Immediate } else { ApplyMethod::PendingReboot };
            gone.push((name.clone(), None, method));
        }
    } else {
        few_enough(asked.parameters.len())?;
        for parameter in asked.parameters {
            let method = method(parameter.apply_method.as_deref())?;
            if !is_dynamic(group.family(), &parameter.name) && method == ApplyMethod::Immediate {
                return Err(crate::error::combination(format!(
                    "cannot use immediate apply method for static parameter: {}",
                    parameter.name
                )));
            }
            gone.push((parameter.name, None, method));
        }
    }
    Ok(take(rds, cx, &group, &gone))
}

fn is_dynamic(family: Family, name: &str) -> bool {
    table::find(family, name).is_some_and(|definition| definition.apply == Apply::Dynamic)
}

/// Changes the group, and the instances that run with it as far as they take changes now.
fn take(
    rds: &mut Rds,
    cx: &mut Cx<'_>,
    group: &ParameterGroup,
    changes: &[(String, Option<String>, ApplyMethod)],
) -> Value {
    let name = group.name.clone();
    for (parameter, value, method) in changes {
        let shown = value.as_deref().unwrap_or("default");
        let text = format!(
            "Updated parameter {parameter} to {shown} with apply method {}",
            method.as_str()
        );
        rds.state.parameter_changed(cx, &name, text);
    }
    if let Some(group) = rds.state.parameter_groups.get_mut(&name) {
        for (parameter, value, method) in changes.iter().cloned() {
            match value {
                Some(value) => {
                    let pending_reboot = method == ApplyMethod::PendingReboot;
                    group.values.insert(parameter, SetValue { value, pending_reboot });
                }
                None => drop(group.values.remove(&parameter)),
            }
        }
        rds.state.store_parameter_group(cx, &name);
    }
    let users: Vec<String> = rds
        .state
        .instances
        .values()
        .filter(|one| one.settings.parameter_group == name)
        .map(|one| one.id.clone())
        .collect();
    for id in users {
        reach(rds, cx, &id, &name, changes);
    }
    json!({"DBParameterGroupName": name})
}

/// RDS-PG-04, RDS-PG-07, RDS-PG-08: an instance that has started with the group takes dynamic
/// values at once; one that is yet to be rebooted for the group takes none.
fn reach(
    rds: &mut Rds,
    cx: &mut Cx<'_>,
    id: &str,
    group: &str,
    changes: &[(String, Option<String>, ApplyMethod)],
) {
    let up = rds.is_up(id);
    let Some(instance) = rds.state.instances.get_mut(id) else { return };
    if instance.parameters.group != group {
        return;
    }
    let now: Vec<_> =
        changes.iter().filter(|(_, _, method)| *method == ApplyMethod::Immediate).collect();
    let waiting =
        now.len() < changes.len() || instance.parameters.status == ApplyStatus::PendingReboot;
    for (name, value, _) in &now {
        match value {
            Some(value) => {
                instance.parameters.values.insert(name.clone(), value.clone());
            }
            None => drop(instance.parameters.values.remove(name)),
        }
    }
    if waiting {
        instance.parameters.status = ApplyStatus::PendingReboot;
    }
    rds.state.store_instance(cx, id);
    if up && !now.is_empty() {
        rds.tell_parameters(cx, id, waiting);
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Delete {
    #[serde(rename = "DBParameterGroupName")]
    name: String,
}

/// RDS-PG-19
pub(super) fn delete(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Delete = input("DeleteDBParameterGroup", value)?;
    let name = changeable(rds, &asked.name)?.name;
    if rds.state.instances.values().any(|one| one.settings.parameter_group == name) {
        return Err(group_in_use());
    }
    rds.state.parameter_groups.remove(&name);
    rds.state.store_parameter_group(cx, &name);
    Ok(json!({}))
}
