//! Things that survive a restart: a table by id whose every change is stored.

use std::collections::{BTreeMap, btree_map};

use serde::Serialize;
use serde::de::DeserializeOwned;
use standin_kernel::Cx;
use standin_kernel::control::Record;

/// The things of one kind, by id. `kind` names their records: `ec2.vpc`.
#[derive(Clone, Debug)]
pub(crate) struct Shelf<T> {
    kind: &'static str,
    things: BTreeMap<String, T>,
}

impl<T: Serialize + DeserializeOwned> Shelf<T> {
    pub(crate) const fn new(kind: &'static str) -> Self {
        Self { kind, things: BTreeMap::new() }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.things.get(id)
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.things.contains_key(id)
    }

    pub(crate) fn values(&self) -> btree_map::Values<'_, String, T> {
        self.things.values()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.things.iter().map(|(id, thing)| (id.as_str(), thing))
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.things.keys().cloned().collect()
    }

    /// Adds or replaces.
    pub(crate) fn put(&mut self, cx: &mut Cx<'_>, id: &str, thing: T) {
        cx.store(self.kind, id, serde_json::to_value(&thing).ok());
        self.things.insert(id.to_owned(), thing);
    }

    /// Changes the thing of that id and stores it; `None` when there is none.
    pub(crate) fn change<R>(
        &mut self,
        cx: &mut Cx<'_>,
        id: &str,
        change: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        let thing = self.things.get_mut(id)?;
        let result = change(thing);
        cx.store(self.kind, id, serde_json::to_value(&*thing).ok());
        Some(result)
    }

    pub(crate) fn remove(&mut self, cx: &mut Cx<'_>, id: &str) -> Option<T> {
        let thing = self.things.remove(id)?;
        cx.store(self.kind, id, None);
        Some(thing)
    }

    pub(crate) fn restore(&mut self, record: &Record) -> Result<bool, String> {
        let document = record.document.clone().ok_or("a record without document")?;
        let thing = serde_json::from_value(document).map_err(|wrong| wrong.to_string())?;
        self.things.insert(record.id.clone(), thing);
        Ok(true)
    }
}
