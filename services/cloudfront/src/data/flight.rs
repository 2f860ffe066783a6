//! Decides who waits for whom: requests with the same key wait for the first one's answer
//! (CF-TTL-15).

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_kernel::ExchangeId;

use super::cache::Key;

/// Requests to origins that others wait for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flights {
    by_key: BTreeMap<Key, Flight>,
}

#[derive(Clone, Debug)]
struct Flight {
    leader: ExchangeId,
    waiting: Vec<ExchangeId>,
}

/// What becomes of a request that the cache cannot answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// It asks the origin; others wait for it.
    Leads,
    Waits,
}

impl Flights {
    pub(crate) fn join(&mut self, key: &Key, exchange: ExchangeId) -> Part {
        if let Some(flight) = self.by_key.get_mut(key) {
            flight.waiting.push(exchange);
            return Part::Waits;
        }
        let flight = Flight { leader: exchange, waiting: Vec::new() };
        self.by_key.insert(Arc::clone(key), flight);
        Part::Leads
    }

    pub(crate) fn leads(&self, key: &Key, exchange: ExchangeId) -> bool {
        self.by_key.get(key).is_some_and(|flight| flight.leader == exchange)
    }

    /// Ends the flight that `exchange` leads and gives those who waited, in order of arrival. Empty
    /// when it leads none.
    pub(crate) fn land(&mut self, key: &Key, exchange: ExchangeId) -> Vec<ExchangeId> {
        match self.by_key.get(key) {
            Some(flight) if flight.leader == exchange => {
                self.by_key.remove(key).map(|flight| flight.waiting).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// One who waited has gone.
    pub(crate) fn leave(&mut self, key: &Key, exchange: ExchangeId) {
        if let Some(flight) = self.by_key.get_mut(key) {
            flight.waiting.retain(|one| *one != exchange);
        }
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }
}
