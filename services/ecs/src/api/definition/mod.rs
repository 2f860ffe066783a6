//! Task definitions: families of revisions that never change (ECS-TD-03).
//!
//! `document` is what an author writes, `check` and `size` say whether it can run, `hint` what
//! stands for images on this machine, `parse` what the running side gets; `list` the lists.

mod check;
mod document;
mod hint;
mod list;
mod parse;
mod size;

use serde::{Deserialize, Serialize};
use standin_kernel::{ApiError, Cx, Env, Time, Value, ids, json};

pub(super) use self::document::Variable;
use self::document::{Compatibility, Document};
use self::hint::Hints;
pub(super) use self::list::{list, list_families};
pub(crate) use self::size::Size;
use super::tags::{self, Tag};
use super::{Missing, epoch, includes, missing, read, without};
use crate::Ecs;
use crate::error::{
    cannot_describe_definition, client, definition_inactive, definition_not_found,
    invalid_parameter,
};
use crate::state::State;

/// A revision of a family: one record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Definition {
    pub(crate) document: Document,
    pub(crate) revision: u32,
    pub(crate) status: Status,
    /// Whether Fargate can run it.
    pub(crate) fargate: bool,
    pub(crate) hints: Hints,
    pub(crate) tags: Vec<Tag>,
    pub(crate) registered_at: Time,
    pub(crate) deregistered_at: Option<Time>,
    pub(crate) delete_requested_at: Option<Time>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    Active,
    Inactive,
    DeleteInProgress,
}

impl Definition {
    pub(crate) fn arn(&self, env: &Env) -> String {
        let name = format!("task-definition/{}:{}", self.document.family, self.revision);
        ids::arn(env, "ecs", &name)
    }

    /// CPU units and MiB of the task, as `DescribeTasks` shows them.
    pub(crate) fn size(&self) -> (Option<&str>, Option<&str>) {
        (self.document.cpu.as_deref(), self.document.memory.as_deref())
    }

    /// Whether there is a container of that name; if there is, the ports it says it listens on.
    pub(crate) fn ports_of(&self, container: &str) -> Option<Vec<u16>> {
        let mut containers = self.document.container_definitions.iter();
        let container = containers.find(|known| known.name == container)?;
        Some(container.port_mappings.iter().map(|mapping| mapping.container_port).collect())
    }
}

const MISSING: &[Missing] = &[
    ("proxyConfiguration", "App Mesh proxies are not run"),
    ("inferenceAccelerators", "Fargate has no inference accelerators"),
    ("ipcMode", "Fargate does not take it"),
    ("trustedExecutionConfiguration", "Fargate does not take it"),
];

const MISSING_OF_CONTAINER: &[Missing] = &[
    ("environmentFiles", "files in S3 are not read for containers yet"),
    ("firelensConfiguration", "lines go to the log of the task only"),
    ("resourceRequirements", "Fargate has no GPUs"),
    ("privileged", "Fargate does not take it"),
    ("links", "network mode awsvpc does not take it"),
    ("hostname", "network mode awsvpc does not take it"),
    ("extraHosts", "network mode awsvpc does not take it"),
    ("dnsServers", "network mode awsvpc does not take it"),
    ("dnsSearchDomains", "network mode awsvpc does not take it"),
    ("disableNetworking", "network mode awsvpc does not take it"),
    ("dockerSecurityOptions", "Fargate does not take it"),
    ("credentialSpecs", "containers of Windows are not run"),
];

const MISSING_OF_VOLUME: &[Missing] = &[
    ("efsVolumeConfiguration", "there is no EFS"),
    ("fsxWindowsFileServerVolumeConfiguration", "there is no FSx"),
    ("s3filesVolumeConfiguration", "there are no S3 file systems"),
    ("dockerVolumeConfiguration", "Fargate does not take it"),
    ("configuredAtLaunch", "there are no EBS volumes"),
];

pub(super) fn register(ecs: &mut Ecs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let mut members = without(value, MISSING, "")?;
    each(members.get_mut("containerDefinitions"), MISSING_OF_CONTAINER, "container definition")?;
    each(members.get_mut("volumes"), MISSING_OF_VOLUME, "volume")?;
    let (tags, hints) = match members.as_object_mut() {
        Some(members) => (members.remove("tags"), members.remove("Standin")),
        None => (None, None),
    };
    let mut document: Document = read("RegisterTaskDefinition", &members)?;
    let tags: Vec<Tag> =
        tags.map(|tags| read("RegisterTaskDefinition", &tags)).transpose()?.unwrap_or_default();
    tags::check(cx, &tags)?;
    check::common(&document)?;
    let size = check::fargate(&document);
    let fargate = size.is_ok();
    match size {
        Ok(size) => {
            document.cpu = Some(size.cpu.to_string());
            document.memory = Some(size.memory.to_string());
        }
        Err(wrong) if document.requires_compatibilities.contains(&Compatibility::Fargate) => {
            return Err(wrong);
        }
        Err(_) => {}
    }
    let hints = match hints {
        Some(hints) => Hints::read(&hints, &document)?,
        None => {
            let revisions = ecs.state.families.get(&document.family);
            let last = revisions.and_then(|revisions| revisions.values().next_back());
            last.map(|last| last.hints.taken_over(&document)).unwrap_or_default()
        }
    };
    fill(&mut document);
    let family = document.family.clone();
    let revisions = ecs.state.families.entry(family.clone()).or_default();
    let revision = revisions.last_key_value().map_or(1, |(last, _)| last + 1);
    let definition = Definition {
        document,
        revision,
        status: Status::Active,
        fargate,
        hints,
        tags,
        registered_at: cx.now,
        deregistered_at: None,
        delete_requested_at: None,
    };
    let stood_in = definition.hints.stood_in(&definition.document);
    let shown = json!({"taskDefinition": shown(cx.env, &definition), "tags": definition.tags});
    revisions.insert(revision, definition);
    ecs.state.store_definition(cx, &family, revision);
    cx.log("ecs", format!("task definition {family}:{revision} registered"));
    for line in stood_in {
        cx.log("ecs", line);
    }
    Ok(shown)
}

/// Refuses what `missing` names in any object of a list.
fn each(list: Option<&mut Value>, missing: &[Missing], what: &str) -> Result<(), ApiError> {
    for item in list.and_then(Value::as_array_mut).into_iter().flatten() {
        let name = item["name"].as_str().unwrap_or_default();
        *item = without(item, missing, &format!("{what} {name}: "))?;
    }
    Ok(())
}

/// What AWS fills in: in awsvpc mode a port is the host's as well.
fn fill(document: &mut Document) {
    for container in &mut document.container_definitions {
        for mapping in &mut container.port_mappings {
            mapping.host_port = mapping.host_port.or(Some(mapping.container_port));
        }
    }
}

/// A definition as `DescribeTaskDefinition` shows it.
fn shown(env: &Env, definition: &Definition) -> Value {
    let mut shown = serde_json::to_value(&definition.document).unwrap_or_default();
    let fargate = definition.fargate.then_some("FARGATE");
    shown["taskDefinitionArn"] = json!(definition.arn(env));
    shown["revision"] = json!(definition.revision);
    shown["status"] = json!(definition.status);
    shown["compatibilities"] = json!(["EC2"].into_iter().chain(fargate).collect::<Vec<_>>());
    shown["registeredAt"] = epoch(definition.registered_at);
    shown["registeredBy"] = json!(ids::global_arn(env, "iam", "root"));
    if let Some(at) = definition.deregistered_at {
        shown["deregisteredAt"] = epoch(at);
    }
    if let Some(at) = definition.delete_requested_at {
        shown["deleteRequestedAt"] = epoch(at);
    }
    shown
}

/// What `family`, `family:revision` or an ARN means.
#[derive(Debug, PartialEq, Eq)]
struct Name {
    family: String,
    /// `None`: the newest ACTIVE one.
    revision: Option<u32>,
}

impl Name {
    /// `None` for the ARN of something else.
    fn parse(env: &Env, text: &str) -> Result<Option<Self>, ApiError> {
        let name = match text.starts_with("arn:") {
            false => text,
            true => match text.strip_prefix(&ids::arn(env, "ecs", "task-definition/")) {
                Some(name) => name,
                None => return Ok(None),
            },
        };
        let (family, revision) = match name.split_once(':') {
            None => (name, None),
            Some((family, revision)) => {
                let wrong =
                    || invalid_parameter(format!("Invalid revision number. Number: {revision}"));
                (family, Some(revision.parse().map_err(|_| wrong())?))
            }
        };
        Ok(Some(Self { family: family.to_owned(), revision }))
    }
}

/// The definition of that name, whatever its status; by family only an ACTIVE one.
fn find<'s>(state: &'s State, env: &Env, text: &str) -> Result<Option<&'s Definition>, ApiError> {
    let Some(Name { family, revision }) = Name::parse(env, text)? else { return Ok(None) };
    if let Some(revision) = revision {
        return Ok(state.definition(&family, revision));
    }
    let Some(revisions) = state.families.get(&family) else { return Ok(None) };
    Ok(revisions.values().rev().find(|definition| definition.status == Status::Active))
}

impl State {
    /// The definition of a name that tasks may be started from.
    pub(crate) fn runnable(&self, env: &Env, text: &str) -> Result<&Definition, ApiError> {
        let definition = find(self, env, text)?.ok_or_else(definition_not_found)?;
        if definition.status != Status::Active {
            return Err(definition_inactive());
        }
        if !definition.fargate {
            let message = "Task definition does not support launch_type FARGATE.";
            return Err(invalid_parameter(message));
        }
        Ok(definition)
    }

    /// The definition with that ARN, whatever its status.
    pub(crate) fn definition_by_arn(&self, env: &Env, arn: &str) -> Option<&Definition> {
        find(self, env, arn).ok().flatten()
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Describe {
    task_definition: String,
    #[serde(default)]
    include: Vec<String>,
}

pub(super) fn describe(ecs: &mut Ecs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Describe = read("DescribeTaskDefinition", value)?;
    let definition = find(&ecs.state, cx.env, &asked.task_definition)?;
    let definition = definition.ok_or_else(cannot_describe_definition)?;
    let mut answer = json!({"taskDefinition": shown(cx.env, definition)});
    if includes(&asked.include, "TAGS") {
        answer["tags"] = json!(definition.tags);
    }
    Ok(answer)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Deregister {
    task_definition: String,
}

/// Tasks and services that use the revision go on.
pub(super) fn deregister(ecs: &mut Ecs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Deregister = read("DeregisterTaskDefinition", value)?;
    let name = Name::parse(cx.env, &asked.task_definition)?;
    let gone = || client("The specified task definition does not exist.");
    let Name { family, revision } = name.ok_or_else(gone)?;
    let revision = revision
        .ok_or_else(|| invalid_parameter("The task definition must be given with its revision."))?;
    let definition = ecs.state.definition_mut(&family, revision).ok_or_else(gone)?;
    if definition.status == Status::Active {
        definition.status = Status::Inactive;
        definition.deregistered_at = Some(cx.now);
    }
    let answer = json!({"taskDefinition": shown(cx.env, definition)});
    ecs.state.store_definition(cx, &family, revision);
    Ok(answer)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Delete {
    task_definitions: Vec<String>,
}

/// Most definitions that one call deletes.
const DELETE_MAX: usize = 10;

/// Only what was deregistered before is deleted. It stays DELETE_IN_PROGRESS: its number is not
/// given out again.
pub(super) fn delete(ecs: &mut Ecs, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Delete = read("DeleteTaskDefinitions", value)?;
    if asked.task_definitions.is_empty() || asked.task_definitions.len() > DELETE_MAX {
        let message = format!("1 to {DELETE_MAX} task definitions can be deleted at once.");
        return Err(invalid_parameter(message));
    }
    let (mut deleted, mut failures) = (Vec::new(), Vec::new());
    for text in &asked.task_definitions {
        let found = Name::parse(cx.env, text)?
            .and_then(|Name { family, revision }| Some((family, revision?)));
        let definition = found
            .as_ref()
            .and_then(|(family, revision)| ecs.state.definition_mut(family, *revision));
        let (Some((family, revision)), Some(definition)) = (&found, definition) else {
            failures.push(missing(text));
            continue;
        };
        if definition.status == Status::Active {
            let detail = "The specified task definition is still in ACTIVE status. Please \
                          deregister the target and try again.";
            let arn = definition.arn(cx.env);
            failures.push(json!({"arn": arn, "reason": "InvalidState", "detail": detail}));
            continue;
        }
        definition.status = Status::DeleteInProgress;
        definition.delete_requested_at = definition.delete_requested_at.or(Some(cx.now));
        deleted.push(shown(cx.env, definition));
        ecs.state.store_definition(cx, family, *revision);
    }
    Ok(json!({"taskDefinitions": deleted, "failures": failures}))
}
