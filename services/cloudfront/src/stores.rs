//! Key value stores, as they are kept, and when edges have what was written (CF-KVS-04).

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use standin_kernel::evaluation::KeyValues;
use standin_kernel::{ApiError, Cx, Duration, Env, Record, Time, ids};

use crate::data::Edge;
use crate::error::entity_not_found;
use crate::state::{State, Timer};

pub(crate) const RECORD: &str = "key-value-store";
pub(crate) const VALUE_RECORD: &str = "key-value";

/// Until an edge sees what was written: AWS says a few seconds.
const EDGE_AT_AWS: Duration = Duration::from_secs(5);
/// Until a new store is `READY`.
pub(crate) const READY_AT_AWS: Duration = Duration::from_secs(60);
pub(crate) const READY_FAST: Duration = Duration::from_millis(100);

/// A store, by its name; what is stored of it, its values, and what is on its way to edges.
#[derive(Clone, Debug)]
pub(crate) struct KeyValueStore {
    pub(crate) settings: Settings,
    pub(crate) values: BTreeMap<String, String>,
    arriving: VecDeque<(Time, Arc<KeyValues>)>,
}

/// A store's record. Its values have records of their own: the store's id, a slash, the key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) comment: String,
    pub(crate) created: Time,
    /// Of the comment: the control plane's version.
    pub(crate) etag: String,
    pub(crate) modified: Time,
    /// From when on it is `READY`.
    pub(crate) ready: Time,
    /// Why the import failed (CF-KVS-07).
    pub(crate) failed: Option<String>,
    /// Of the values: the data API's version (CF-KVS-03).
    pub(crate) data_etag: String,
    pub(crate) data_modified: Time,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
}

impl Settings {
    pub(crate) fn store(&self, cx: &mut Cx<'_>) {
        cx.store(RECORD, &self.name, serde_json::to_value(self).ok());
    }

    pub(crate) fn status(&self, now: Time) -> &'static str {
        match &self.failed {
            _ if now < self.ready => "PROVISIONING",
            Some(_) => "IMPORT FAILED",
            None => "READY",
        }
    }
}

impl KeyValueStore {
    pub(crate) const fn new(settings: Settings, values: BTreeMap<String, String>) -> Self {
        Self { settings, values, arriving: VecDeque::new() }
    }

    /// Keys and values, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        self.values.iter().map(|(key, value)| key.len() + value.len()).sum()
    }

    /// Writes or removes one value.
    pub(crate) fn set(&mut self, cx: &mut Cx<'_>, key: &str, value: Option<&str>) {
        let id = format!("{}/{key}", self.settings.id);
        match value {
            Some(value) => self.values.insert(key.to_owned(), value.to_owned()),
            None => self.values.remove(key),
        };
        cx.store(VALUE_RECORD, &id, value.map(Into::into));
    }

    fn snapshot(&self) -> Arc<KeyValues> {
        Arc::new(KeyValues {
            id: self.settings.id.clone(),
            created: self.settings.created,
            modified: self.settings.data_modified,
            values: self.values.clone(),
        })
    }

    /// Forgets it.
    pub(crate) fn forget(&self, cx: &mut Cx<'_>) {
        for key in self.values.keys() {
            cx.store(VALUE_RECORD, &format!("{}/{key}", self.settings.id), None);
        }
        cx.store(RECORD, &self.settings.name, None);
    }
}

pub(crate) fn arn(env: &Env, id: &str) -> String {
    ids::global_arn(env, "cloudfront", &format!("key-value-store/{id}"))
}

/// The id in a store's ARN.
pub(crate) fn id_of(arn: &str) -> Option<&str> {
    arn.starts_with("arn:aws:cloudfront::").then_some(())?;
    arn.split_once(":key-value-store/").map(|(_, id)| id)
}

impl State {
    pub(crate) fn key_value_store(&self, name: &str) -> Result<&KeyValueStore, ApiError> {
        self.stores.get(name).ok_or_else(entity_not_found)
    }

    /// The store with this ARN.
    pub(crate) fn store_at(&self, arn: &str) -> Option<&KeyValueStore> {
        let id = id_of(arn)?;
        self.stores.values().find(|one| one.settings.id == id)
    }

    /// Sends the values of a store as they are now on their way to the edges.
    pub(crate) fn send_values(&mut self, cx: &mut Cx<'_>, name: &str) {
        let Some(store) = self.stores.get_mut(name) else { return };
        let at = cx.now + cx.env.paced(Duration::ZERO, EDGE_AT_AWS);
        let values = store.snapshot();
        store.arriving.push_back((at, values));
        let first = store.arriving[0].0;
        let timer = Timer::Values { store: name.to_owned() };
        self.timers.set(timer, first, "key values arrive at the edge");
    }

    /// The edge takes the values that have come.
    pub(crate) fn values_arrive(&mut self, cx: &Cx<'_>, edge: &mut Edge, name: &str) {
        let Some(store) = self.stores.get_mut(name) else { return };
        let mut newest = None;
        while store.arriving.front().is_some_and(|(at, _)| *at <= cx.now) {
            newest = store.arriving.pop_front();
        }
        if let Some((_, values)) = newest {
            edge.take_store(&store.settings.id, Some(values));
        }
        if let Some((at, _)) = store.arriving.front() {
            let timer = Timer::Values { store: name.to_owned() };
            self.timers.set(timer, *at, "key values arrive at the edge");
        }
    }

    /// A store is no more; the edge hears of it with the next `catch_up`.
    pub(crate) fn drop_values(&mut self, cx: &Cx<'_>, name: &str, id: &str) {
        self.timers.clear(&Timer::Values { store: name.to_owned() });
        self.timers.set(Timer::Emptied { store: id.to_owned() }, cx.now, "key values deleted");
    }

    /// After a restart everything has arrived.
    pub(crate) fn restore_values(&self, edge: &mut Edge) {
        for store in self.stores.values() {
            edge.take_store(&store.settings.id, Some(store.snapshot()));
        }
    }

    /// Takes a value's record back. Values come before their stores: kinds come in order.
    pub(crate) fn restore_value(&mut self, record: &Record) -> Result<(), String> {
        let value = record.document.as_ref().and_then(|value| value.as_str());
        let value = value.ok_or("a value that is no text")?;
        let (id, key) = record.id.split_once('/').ok_or("a value of no store")?;
        let of = self.restored_values.entry(id.to_owned()).or_default();
        of.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    pub(crate) fn restore_store(&mut self, settings: Settings) {
        let values = self.restored_values.remove(&settings.id).unwrap_or_default();
        self.stores.insert(settings.name.clone(), KeyValueStore::new(settings, values));
    }
}
