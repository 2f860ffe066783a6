//! Tags of clusters, task definitions, services and tasks.

use serde::{Deserialize, Serialize};
use standin_kernel::resource::{RESERVED_TAG, is_system_tag, may_tag};
use standin_kernel::{ApiError, Cx, Value, ids, json};

use super::read;
use crate::Ecs;
use crate::error::{client, cluster_not_found, invalid_parameter};
use crate::state::cluster_name;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Tag {
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) value: String,
}

/// Most tags on one resource.
const TAGS_MAX: usize = 50;

/// Whether these can be the tags of one resource.
pub(super) fn check(cx: &Cx<'_>, tags: &[Tag]) -> Result<(), ApiError> {
    if tags.iter().any(|tag| !may_tag(cx.asked_by, &tag.key)) {
        return Err(invalid_parameter(RESERVED_TAG));
    }
    together(tags)
}

/// Whether a resource can have these together, whoever wrote them.
fn together(tags: &[Tag]) -> Result<(), ApiError> {
    if tags.iter().filter(|tag| !is_system_tag(&tag.key)).count() > TAGS_MAX {
        return Err(invalid_parameter(format!("A resource can have at most {TAGS_MAX} tags.")));
    }
    for (at, tag) in tags.iter().enumerate() {
        if tag.key.is_empty() || tag.key.chars().count() > 128 || tag.value.chars().count() > 256 {
            let message = "A tag's key has 1 to 128 characters, its value at most 256.";
            return Err(invalid_parameter(message));
        }
        if tags[..at].iter().any(|other| other.key == tag.key) {
            return Err(invalid_parameter(format!("Duplicate tag key: {}", tag.key)));
        }
    }
    Ok(())
}

/// What a tagged ARN names.
enum Resource {
    Cluster(String),
    Definition(String, u32),
    Service(String),
    Task(String),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TagInput {
    resource_arn: String,
    tags: Vec<Tag>,
}

pub(super) fn tag(ecs: &mut Ecs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: TagInput = read("TagResource", value)?;
    let resource = resource(ecs, cx, &asked.resource_arn)?;
    check(cx, &asked.tags)?;
    let mut tags = tags_of(ecs, &resource);
    for tag in asked.tags {
        match tags.iter_mut().find(|other| other.key == tag.key) {
            Some(other) => other.value = tag.value,
            None => tags.push(tag),
        }
    }
    together(&tags)?;
    set(ecs, cx, &resource, tags);
    Ok(json!({}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UntagInput {
    resource_arn: String,
    tag_keys: Vec<String>,
}

pub(super) fn untag(ecs: &mut Ecs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: UntagInput = read("UntagResource", value)?;
    let resource = resource(ecs, cx, &asked.resource_arn)?;
    if asked.tag_keys.iter().any(|key| !may_tag(cx.asked_by, key)) {
        return Err(invalid_parameter(RESERVED_TAG));
    }
    let mut tags = tags_of(ecs, &resource);
    tags.retain(|tag| !asked.tag_keys.contains(&tag.key));
    set(ecs, cx, &resource, tags);
    Ok(json!({}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListInput {
    resource_arn: String,
}

pub(super) fn list(ecs: &mut Ecs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: ListInput = read("ListTagsForResource", value)?;
    let resource = resource(ecs, cx, &asked.resource_arn)?;
    Ok(json!({"tags": tags_of(ecs, &resource)}))
}

fn resource(ecs: &Ecs, cx: &Cx<'_>, arn: &str) -> Result<Resource, ApiError> {
    let gone =
        || ApiError::new("ResourceNotFoundException", 400, "The specified resource was not found.");
    let Some(name) = arn.strip_prefix(&ids::arn(cx.env, "ecs", "")) else {
        return Err(invalid_parameter(format!("Invalid resource ARN: {arn}")));
    };
    match name.split_once('/') {
        Some(("cluster", _)) => {
            let name = cluster_name(cx.env, Some(arn))
                .filter(|name| ecs.state.clusters.get(*name).is_some_and(|cluster| cluster.active));
            name.map(|name| Resource::Cluster(name.into())).ok_or_else(cluster_not_found)
        }
        Some(("task-definition", name)) => {
            let (family, revision) = name.split_once(':').ok_or_else(gone)?;
            let revision = revision.parse().map_err(|_| gone())?;
            ecs.state.definition(family, revision).ok_or_else(gone)?;
            Ok(Resource::Definition(family.into(), revision))
        }
        Some(("service", _)) if ecs.state.services.contains_key(arn) => {
            Ok(Resource::Service(arn.into()))
        }
        Some(("task", _)) if ecs.scheduler.task(arn).is_some() => Ok(Resource::Task(arn.into())),
        Some(("service" | "task", _)) => Err(gone()),
        _ => Err(client(format!("{arn} is nothing that can have tags here"))),
    }
}

fn tags_of(ecs: &Ecs, resource: &Resource) -> Vec<Tag> {
    let tags = match resource {
        Resource::Cluster(name) => ecs.state.clusters.get(name).map(|cluster| &cluster.tags),
        Resource::Definition(family, revision) => {
            ecs.state.definition(family, *revision).map(|definition| &definition.tags)
        }
        Resource::Service(arn) => ecs.state.services.get(arn).map(|service| &service.tags),
        Resource::Task(arn) => {
            return ecs.scheduler.task(arn).map(|task| ecs.task_tags(&task)).unwrap_or_default();
        }
    };
    tags.cloned().unwrap_or_default()
}

fn set(ecs: &mut Ecs, cx: &mut Cx<'_>, resource: &Resource, tags: Vec<Tag>) {
    match resource {
        Resource::Cluster(name) => {
            if let Some(cluster) = ecs.state.clusters.get_mut(name) {
                cluster.tags = tags;
            }
            ecs.state.store_cluster(cx, name);
        }
        Resource::Definition(family, revision) => {
            if let Some(definition) = ecs.state.definition_mut(family, *revision) {
                definition.tags = tags;
            }
            ecs.state.store_definition(cx, family, *revision);
        }
        Resource::Service(arn) => {
            if let Some(service) = ecs.state.services.get_mut(arn) {
                service.tags = tags;
            }
            ecs.state.store_service(cx, arn);
        }
        Resource::Task(arn) => {
            ecs.state.tasks.entry(arn.clone()).or_default().tags = Some(tags);
            ecs.state.store_task(cx, arn);
        }
    }
}
