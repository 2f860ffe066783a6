//! Subnet groups: one machine has one network, so they are kept and shown and decide nothing.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{Cx, Value, ids, json};

use super::page;
use super::tag::{self, Tag};
use crate::Rds;
use crate::error::{Result, invalid, subnet_group_exists, subnet_group_in_use};
use crate::state::SubnetGroup;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    #[serde(rename = "DBSubnetGroupName")]
    name: String,
    #[serde(rename = "DBSubnetGroupDescription")]
    description: String,
    subnet_ids: Vec<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn create(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Create = input("CreateDBSubnetGroup", value)?;
    let name = asked.name.to_lowercase();
    let fits = (1..=255).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_. ".contains(c));
    if !fits || name == "default" {
        let text = format!("The parameter DBSubnetGroupName is not valid: {}", asked.name);
        return Err(invalid(text));
    }
    if rds.state.subnet_groups.contains_key(&name) {
        return Err(subnet_group_exists(&name));
    }
    let group = SubnetGroup {
        name: name.clone(),
        description: asked.description,
        subnets: subnets(asked.subnet_ids)?,
        tags: tag::read(cx, &asked.tags)?,
    };
    let answer = described(&group, cx);
    rds.state.subnet_groups.insert(name.clone(), group);
    rds.state.store_subnet_group(cx, &name);
    Ok(json!({"DBSubnetGroup": answer}))
}

/// Which zones they are in EC2 knows; RDS wants two, so one subnet alone is not enough.
fn subnets(ids: Vec<String>) -> Result<Vec<String>> {
    if ids.len() < 2 {
        return Err(standin_kernel::ApiError::new(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            400,
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. \
             Current AZ coverage: 1. Add subnets to cover at least 2 AZs.",
        ));
    }
    Ok(ids)
}

/// As an instance shows it.
pub(super) fn shown(group: &SubnetGroup) -> Value {
    let subnets: Vec<Value> = group
        .subnets
        .iter()
        .map(|id| json!({"SubnetIdentifier": id, "SubnetStatus": "Active"}))
        .collect();
    json!({
        "DBSubnetGroupName": group.name,
        "DBSubnetGroupDescription": group.description,
        "SubnetGroupStatus": "Complete",
        "Subnets": subnets,
    })
}

fn described(group: &SubnetGroup, cx: &Cx<'_>) -> Value {
    let mut shown = shown(group);
    let arn = ids::arn(cx.env, "rds", &format!("subgrp:{}", group.name));
    shown["DBSubnetGroupArn"] = arn.into();
    shown
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct Describe {
    #[serde(rename = "DBSubnetGroupName")]
    name: Option<String>,
    max_records: Option<i64>,
    marker: Option<String>,
}

pub(super) fn describe(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Describe = input("DescribeDBSubnetGroups", value)?;
    let found: Vec<&SubnetGroup> = match &asked.name {
        Some(name) => vec![rds.state.subnet_group(name)?],
        None => rds.state.subnet_groups.values().collect(),
    };
    let found = found.into_iter().map(|group| described(group, cx)).collect();
    page(found, "DBSubnetGroups", asked.marker.as_deref(), asked.max_records)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Modify {
    #[serde(rename = "DBSubnetGroupName")]
    name: String,
    #[serde(rename = "DBSubnetGroupDescription")]
    description: Option<String>,
    subnet_ids: Vec<String>,
}

pub(super) fn modify(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Modify = input("ModifyDBSubnetGroup", value)?;
    let name = rds.state.subnet_group(&asked.name)?.name.clone();
    let subnets = subnets(asked.subnet_ids)?;
    if let Some(group) = rds.state.subnet_groups.get_mut(&name) {
        group.subnets = subnets;
        group.description = asked.description.unwrap_or_else(|| group.description.clone());
        rds.state.store_subnet_group(cx, &name);
    }
    Ok(json!({"DBSubnetGroup": described(rds.state.subnet_group(&name)?, cx)}))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Delete {
    #[serde(rename = "DBSubnetGroupName")]
    name: String,
}

pub(super) fn delete(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Delete = input("DeleteDBSubnetGroup", value)?;
    let name = rds.state.subnet_group(&asked.name)?.name.clone();
    let mut all = rds.state.instances.values();
    if let Some(user) = all.find(|one| one.subnet_group.as_deref() == Some(&name)) {
        return Err(subnet_group_in_use(&name, &user.id));
    }
    rds.state.subnet_groups.remove(&name);
    rds.state.store_subnet_group(cx, &name);
    Ok(json!({}))
}
