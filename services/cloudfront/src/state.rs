//! What is kept: distributions, what they refer to, invalidations; and beside it what the edge has
//! of each distribution and under which names it is found.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use standin_kernel::control::Record;
use standin_kernel::{ApiError, Cx, Time, Timers};

use crate::api::document::{DistributionConfig, Hint};
use crate::config;
use crate::error::no_such_distribution;
use crate::functions::{self, Function};
use crate::names::{self, Names};
use crate::policies::access_control::OriginAccessControlConfig;
use crate::policies::cache::CachePolicyConfig;
use crate::policies::origin_request::OriginRequestPolicyConfig;
use crate::policies::response_headers::ResponseHeadersPolicyConfig;
use crate::policies::{Document, Shelf, managed};
use crate::stores::{self, KeyValueStore};

/// Points of presence other than the nearest fall into this many groups, each of which takes a
/// change at its own time (CF-DEP-02).
pub(crate) const FAR: usize = 3;

const DISTRIBUTION: &str = "distribution";
const INVALIDATION: &str = "invalidation";

#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) distributions: BTreeMap<String, Distribution>,
    pub(crate) cache_policies: Shelf<CachePolicyConfig>,
    pub(crate) origin_request_policies: Shelf<OriginRequestPolicyConfig>,
    pub(crate) response_headers_policies: Shelf<ResponseHeadersPolicyConfig>,
    pub(crate) access_controls: Shelf<OriginAccessControlConfig>,
    pub(crate) functions: BTreeMap<String, Function>,
    /// Key value stores by their names.
    pub(crate) stores: BTreeMap<String, KeyValueStore>,
    /// Values whose store's record is still to come, by its id.
    pub(crate) restored_values: BTreeMap<String, BTreeMap<String, String>>,
    pub(crate) names: Names,
    pub(crate) timers: Timers<Timer>,
    /// The names at the points of presence other than the nearest, by group.
    pub(crate) far_names: [Names; FAR],
}

/// What the control side waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// The edge has the next configuration of a distribution.
    Arrival { distribution: String },
    /// All of AWS's edges have it: `Deployed`.
    Deployed { distribution: String },
    /// A distribution was deleted.
    Gone { distribution: String },
    /// The edge forgets what an invalidation names.
    Forget { distribution: String, invalidation: String },
    /// The edge has the next values of a key value store.
    Values { store: String },
    /// A key value store was deleted.
    Emptied { store: String },
}

/// A distribution: what is stored, and what the edge has of it.
#[derive(Clone, Debug)]
pub(crate) struct Distribution {
    pub(crate) settings: Settings,
    /// What the edge has; `None` until the first configuration has arrived.
    pub(crate) edge: Option<Rollout>,
    /// Configurations on their way to the edge, in order (CF-DEP-02).
    pub(crate) arriving: VecDeque<Rollout>,
    /// The same at the other points of presence, by group.
    pub(crate) far: [Far; FAR],
    pub(crate) invalidations: BTreeMap<String, Invalidation>,
}

/// What a group of points of presence has of a distribution.
#[derive(Clone, Debug, Default)]
pub(crate) struct Far {
    pub(crate) has: Option<Rollout>,
    pub(crate) arriving: VecDeque<Rollout>,
}

/// A configuration for the edge.
#[derive(Clone, Debug)]
pub(crate) struct Rollout {
    /// When it was sent, and when it arrives.
    pub(crate) sent: Time,
    pub(crate) at: Time,
    /// Whether there was another one before.
    pub(crate) is_change: bool,
    pub(crate) aliases: Vec<String>,
    pub(crate) config: Arc<config::Distribution>,
}

/// A distribution's record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) id: String,
    /// Counts up over all distributions: the oldest has the smallest.
    pub(crate) number: u64,
    pub(crate) domain_name: String,
    pub(crate) modified: Time,
    /// From when on the last change is `Deployed`.
    pub(crate) deployed: Time,
    pub(crate) etag: String,
    pub(crate) config: DistributionConfig,
    pub(crate) hint: Hint,
    pub(crate) tags: BTreeMap<String, String>,
}

/// An invalidation's record; its id is the distribution's and its own with a slash between.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Invalidation {
    pub(crate) created: Time,
    /// From when on it is `Completed`.
    pub(crate) completed: Time,
    pub(crate) caller_reference: String,
    pub(crate) paths: Vec<String>,
}

impl State {
    /// With AWS's own policies.
    pub(crate) fn new() -> Self {
        let mut state = Self::default();
        managed::install(&mut state);
        state
    }

    pub(crate) fn distribution(&self, id: &str) -> Result<&Distribution, ApiError> {
        self.distributions.get(id).ok_or_else(no_such_distribution)
    }

    pub(crate) fn distribution_mut(&mut self, id: &str) -> Result<&mut Distribution, ApiError> {
        self.distributions.get_mut(id).ok_or_else(no_such_distribution)
    }

    /// Which alias of a distribution covers `host`, the exact one first.
    pub(crate) fn alias_index(&self, id: &str, host: &str) -> Option<usize> {
        let aliases = &self.distributions.get(id)?.edge.as_ref()?.aliases;
        let host = host.to_ascii_lowercase();
        let host = names::bare(&host);
        let exact = aliases.iter().position(|alias| alias == host);
        exact.or_else(|| {
            let covers =
                |alias: &String| alias.strip_prefix('*').is_some_and(|end| host.ends_with(end));
            aliases.iter().position(covers)
        })
    }

    /// The number of the next distribution.
    pub(crate) fn next_number(&self) -> u64 {
        let numbers = self.distributions.values().map(|one| one.settings.number);
        numbers.max().map_or(0, |number| number + 1)
    }

    pub(crate) fn restore(&mut self, record: &Record) -> Result<(), String> {
        let document = record.document.clone().ok_or("a record without document")?;
        let wrong = |error: serde_json::Error| error.to_string();
        match record.kind.as_str() {
            DISTRIBUTION => {
                let settings: Settings = serde_json::from_value(document).map_err(wrong)?;
                self.distributions.insert(record.id.clone(), Distribution::new(settings));
                Ok(())
            }
            INVALIDATION => {
                let invalidation: Invalidation = serde_json::from_value(document).map_err(wrong)?;
                let (of, id) = record.id.split_once('/').ok_or("an invalidation of nothing")?;
                let distribution = self.distributions.get_mut(of);
                let distribution = distribution.ok_or("an invalidation of no distribution")?;
                distribution.invalidations.insert(id.to_owned(), invalidation);
                Ok(())
            }
            CachePolicyConfig::RECORD => self.cache_policies.restore(record, document),
            OriginRequestPolicyConfig::RECORD => {
                self.origin_request_policies.restore(record, document)
            }
            ResponseHeadersPolicyConfig::RECORD => {
                self.response_headers_policies.restore(record, document)
            }
            OriginAccessControlConfig::RECORD => self.access_controls.restore(record, document),
            functions::RECORD => {
                let function: Function = serde_json::from_value(document).map_err(wrong)?;
                self.functions.insert(record.id.clone(), function);
                Ok(())
            }
            stores::VALUE_RECORD => self.restore_value(record),
            stores::RECORD => {
                self.restore_store(serde_json::from_value(document).map_err(wrong)?);
                Ok(())
            }
            other => Err(format!("a record of unknown kind {other}")),
        }
    }
}

impl Distribution {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            edge: None,
            arriving: VecDeque::new(),
            far: Default::default(),
            invalidations: BTreeMap::new(),
        }
    }

    /// What a point of presence has, and what is on its way there.
    pub(crate) fn at_edge(&self, edge: u8) -> (Option<&Rollout>, &VecDeque<Rollout>) {
        match far_group(edge) {
            None => (self.edge.as_ref(), &self.arriving),
            Some(group) => (self.far[group].has.as_ref(), &self.far[group].arriving),
        }
    }

    /// The next arrival at any point of presence.
    pub(crate) fn next_arrival(&self) -> Option<Time> {
        let far = self.far.iter().map(|far| &far.arriving);
        let next = [&self.arriving].into_iter().chain(far).filter_map(VecDeque::front);
        next.map(|one| one.at).min()
    }

    pub(crate) fn store_invalidation(&self, cx: &mut Cx<'_>, id: &str) {
        let document = self.invalidations.get(id).and_then(|one| serde_json::to_value(one).ok());
        cx.store(INVALIDATION, &format!("{}/{id}", self.settings.id), document);
    }

    /// Forgets it and its invalidations.
    pub(crate) fn forget(&self, cx: &mut Cx<'_>) {
        for id in self.invalidations.keys() {
            cx.store(INVALIDATION, &format!("{}/{id}", self.settings.id), None);
        }
        cx.store(DISTRIBUTION, &self.settings.id, None);
    }
}

/// The group of a point of presence; `None`: the nearest, which is in none.
pub(crate) fn far_group(edge: u8) -> Option<usize> {
    Some((usize::from(edge).checked_sub(1)?) % FAR)
}

impl Settings {
    /// Its id and its domain name.
    pub(crate) fn names(&self) -> (&str, &str) {
        (&self.id, &self.domain_name)
    }

    pub(crate) fn store(&self, cx: &mut Cx<'_>) {
        cx.store(DISTRIBUTION, &self.id, serde_json::to_value(self).ok());
    }
}
