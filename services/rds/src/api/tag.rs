//! Tags of instances, groups and snapshots.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::resource::{RESERVED_TAG, is_system_tag, may_tag};
use standin_kernel::{Cx, Value, json};

use crate::Rds;
use crate::error::{Result, invalid};
use crate::state::{State, Tags};

const TAGS_MAX: usize = 50;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

pub(super) fn read(cx: &Cx<'_>, tags: &[Tag]) -> Result<Tags> {
    if tags.iter().any(|tag| !may_tag(cx.asked_by, &tag.key)) {
        return Err(invalid(RESERVED_TAG));
    }
    if tags.iter().filter(|tag| !is_system_tag(&tag.key)).count() > TAGS_MAX {
        return Err(invalid("Too many tags"));
    }
    Ok(tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect())
}

pub(super) fn shown(tags: &Tags) -> Vec<Value> {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Add {
    resource_name: String,
    tags: Vec<Tag>,
}

pub(super) fn add(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Add = input("AddTagsToResource", value)?;
    let more = read(cx, &asked.tags)?;
    change(&mut rds.state, cx, &asked.resource_name, |tags| tags.extend(more))?;
    Ok(json!({}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Remove {
    resource_name: String,
    tag_keys: Vec<String>,
}

pub(super) fn remove(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Remove = input("RemoveTagsFromResource", value)?;
    let gone = asked.tag_keys;
    if gone.iter().any(|key| !may_tag(cx.asked_by, key)) {
        return Err(invalid(RESERVED_TAG));
    }
    change(&mut rds.state, cx, &asked.resource_name, |tags| {
        tags.retain(|key, _| !gone.contains(key));
    })?;
    Ok(json!({}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    resource_name: String,
}

pub(super) fn list(rds: &mut Rds, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: List = input("ListTagsForResource", value)?;
    let mut found = Tags::new();
    change(&mut rds.state, cx, &asked.resource_name, |tags| found = tags.clone())?;
    Ok(json!({"TagList": shown(&found)}))
}

/// Changes the tags of what an ARN names: `arn:aws:rds:region:account:db:name`.
fn change(
    state: &mut State,
    cx: &mut Cx<'_>,
    arn: &str,
    change: impl FnOnce(&mut Tags),
) -> Result<()> {
    let mut parts = arn.splitn(7, ':').skip(5);
    let (Some(kind), Some(name)) = (parts.next(), parts.next()) else {
        return Err(invalid(format!("Invalid resource name: {arn}")));
    };
    match kind {
        "db" => {
            let instance = state.instance_mut(name)?;
            change(&mut instance.tags);
            let id = instance.id.clone();
            state.store_instance(cx, &id);
        }
        "pg" => {
            state.parameter_group(name)?;
            if let Some(group) = state.parameter_groups.get_mut(name) {
                change(&mut group.tags);
                state.store_parameter_group(cx, name);
            }
        }
        "subgrp" => {
            state.subnet_group(name)?;
            if let Some(group) = state.subnet_groups.get_mut(name) {
                change(&mut group.tags);
                state.store_subnet_group(cx, name);
            }
        }
        "snapshot" => {
            state.snapshot(name)?;
            if let Some(snapshot) = state.snapshots.get_mut(name) {
                change(&mut snapshot.tags);
                state.store_snapshot(cx, name);
            }
        }
        other => return Err(invalid(format!("Invalid resource type: {other}"))),
    }
    Ok(())
}
