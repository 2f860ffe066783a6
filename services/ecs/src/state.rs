//! What is kept of clusters, task definitions, and what services and tasks show beyond what the
//! running side knows. All of it survives a restart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use standin_kernel::control::Record;
use standin_kernel::{ApiError, Cx, Env, Time, Value, ids};

use crate::api::{Definition, ServiceSettings, StrategyItem, Tag, TaskSettings};
use crate::error::cluster_not_found;

const CLUSTER: &str = "cluster";
const DEFINITION: &str = "task-definition";
const SERVICE: &str = "service-settings";
const TASK: &str = "task-settings";

#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// By name.
    pub(crate) clusters: BTreeMap<String, Cluster>,
    /// By family, then revision; none is ever taken out, so that numbers are not used twice
    /// (ECS-TD-03).
    pub(crate) families: BTreeMap<String, BTreeMap<u32, Definition>>,
    /// By ARN.
    pub(crate) services: BTreeMap<String, ServiceSettings>,
    /// By ARN: tasks that somebody ran or tagged.
    pub(crate) tasks: BTreeMap<String, TaskSettings>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cluster {
    pub(crate) name: String,
    pub(crate) arn: String,
    /// False: deleted, INACTIVE, and still described.
    pub(crate) active: bool,
    /// `containerInsights`, as set or as AWS has it by default.
    pub(crate) container_insights: String,
    /// `configuration`, as given.
    pub(crate) configuration: Option<Value>,
    pub(crate) capacity_providers: Vec<String>,
    pub(crate) default_strategy: Vec<StrategyItem>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) created_at: Time,
}

/// The cluster that is meant when none is named.
pub(crate) const DEFAULT_CLUSTER: &str = "default";

impl State {
    /// The cluster of that name or ARN, also an INACTIVE one.
    pub(crate) fn find_cluster(&self, env: &Env, name: Option<&str>) -> Option<&Cluster> {
        self.clusters.get(cluster_name(env, name)?)
    }

    /// The ACTIVE cluster of that name or ARN; `None` means the one called `default`.
    pub(crate) fn cluster(&self, env: &Env, name: Option<&str>) -> Result<&Cluster, ApiError> {
        match self.find_cluster(env, name) {
            Some(cluster) if cluster.active => Ok(cluster),
            Some(_) => {
                let message = "The referenced cluster was inactive.";
                Err(ApiError::new("ClusterNotFoundException", 400, message))
            }
            None => Err(cluster_not_found()),
        }
    }

    pub(crate) fn store_cluster(&self, cx: &mut Cx<'_>, name: &str) {
        store(cx, CLUSTER, name, self.clusters.get(name));
    }

    pub(crate) fn definition(&self, family: &str, revision: u32) -> Option<&Definition> {
        self.families.get(family)?.get(&revision)
    }

    pub(crate) fn definition_mut(
        &mut self,
        family: &str,
        revision: u32,
    ) -> Option<&mut Definition> {
        self.families.get_mut(family)?.get_mut(&revision)
    }

    pub(crate) fn store_definition(&self, cx: &mut Cx<'_>, family: &str, revision: u32) {
        let id = format!("{family}:{revision}");
        store(cx, DEFINITION, &id, self.definition(family, revision));
    }

    /// Remembers a service's settings, or forgets those that are not there any more.
    pub(crate) fn store_service(&self, cx: &mut Cx<'_>, arn: &str) {
        store(cx, SERVICE, arn, self.services.get(arn));
    }

    /// Remembers a task's settings, or forgets those that are not there any more.
    pub(crate) fn store_task(&self, cx: &mut Cx<'_>, arn: &str) {
        store(cx, TASK, arn, self.tasks.get(arn));
    }

    /// Takes back a record; false when it is not of a kind that is kept here.
    pub(crate) fn restore(&mut self, record: &Record) -> Result<bool, String> {
        match record.kind.as_str() {
            CLUSTER => {
                self.clusters.insert(record.id.clone(), read(record)?);
            }
            DEFINITION => {
                let definition: Definition = read(record)?;
                let revisions = self.families.entry(definition.document.family.clone());
                revisions.or_default().insert(definition.revision, definition);
            }
            SERVICE => {
                self.services.insert(record.id.clone(), read(record)?);
            }
            TASK => {
                self.tasks.insert(record.id.clone(), read(record)?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn store<T: Serialize>(cx: &mut Cx<'_>, kind: &'static str, id: &str, value: Option<&T>) {
    cx.store(kind, id, value.and_then(|value| serde_json::to_value(value).ok()));
}

fn read<T: DeserializeOwned>(record: &Record) -> Result<T, String> {
    let document = record.document.clone().ok_or("a record without document")?;
    serde_json::from_value(document).map_err(|error| error.to_string())
}

/// The name in a cluster's name or ARN; `None` for an ARN of something else.
pub(crate) fn cluster_name<'n>(env: &Env, name: Option<&'n str>) -> Option<&'n str> {
    match name.filter(|name| !name.is_empty()) {
        None => Some(DEFAULT_CLUSTER),
        Some(arn) if arn.starts_with("arn:") => arn.strip_prefix(&ids::arn(env, "ecs", "cluster/")),
        Some(name) => Some(name),
    }
}
