//! The data plane: the edge that viewers reach, as on AWS the one nearest to them. It may stand in
//! several points of presence, each with a cache of its own.
//!
//! A request goes through `admission` (may it be made), `behavior`, `viewer_protocol`, then `serve`
//! (`cache_key`, `cache`, `flight`: can it be answered from here, must it wait) and `fetch`
//! (`origin_request`, `origin_group`: asking the origin). What comes back is judged in `arrival`
//! (`freshness`: how long it lives) and answered in `answer` (`error_response`, `viewer_response`,
//! `response_headers`, `conditional`, `range`, `generated_page`). `background` refreshes stale
//! copies.

mod admission;
mod answer;
mod arrival;
mod background;
mod behavior;
mod cache;
mod cache_key;
mod compression;
mod conditional;
mod cookies;
mod encoding;
mod error_response;
mod fetch;
mod flight;
mod freshness;
pub(crate) mod function;
mod generated_page;
mod names;
mod origin_group;
mod origin_request;
mod query;
mod range;
mod response_headers;
mod serve;
#[cfg(test)]
mod tests;
mod viewer;
mod viewer_protocol;
mod viewer_response;

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_kernel::evaluation::KeyValues;
use standin_kernel::{
    Bytes, Caller, Cx, Deadline, ExchangeId, Fact, Finish, LinkFailure, Request, Response,
    ServiceName, Timers, Value,
};

use crate::config::Distribution;
use background::Background;
pub(crate) use behavior::choose as choose_behavior;
use cache::{Cache, Entry, Key};
use fetch::{Asking, Visit};
use flight::Flights;
use function::Events;
use generated_page::Reason;
use names::{EdgeNames, RequestId};

/// The edge: its cache and what is under way. All of it is live state; a restart begins with an
/// empty cache.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edge {
    cache: Cache,
    /// Exchanges that are not answered yet.
    open: BTreeMap<ExchangeId, Box<Open>>,
    flights: Flights,
    /// Answers on their way to a viewer of which a copy is awaited, by the `keep` number.
    pending: BTreeMap<u64, Pending>,
    /// The `keep` number of an exchange whose answer is on its way.
    relaying: BTreeMap<ExchangeId, u64>,
    /// Refreshing requests in the background, by their `Caller::Own` number.
    background: BTreeMap<u64, Background>,
    timers: Timers<EdgeTimer>,
    last_number: u64,
    names: EdgeNames,
    /// The key value stores, as this edge has them, by their ids.
    stores: BTreeMap<Box<str>, Arc<KeyValues>>,
    events: Events,
    /// The key being looked up.
    key: Vec<u8>,
}

/// An exchange that waits for something.
#[derive(Clone, Debug)]
struct Open {
    visit: Visit,
    state: State,
    /// The answer that a viewer-response function has before it.
    answer: Option<Box<Response>>,
}

#[derive(Clone, Debug)]
enum State {
    /// For the answer to another request with the same key.
    Waiting,
    /// For its viewer-request function, which was given this event.
    Calling(Arc<Value>),
    /// For an origin.
    Asking(Asking),
    /// For its viewer-response function.
    Finishing,
}

/// An entry without its body.
#[derive(Clone, Debug)]
struct Pending {
    exchange: ExchangeId,
    key: Key,
    /// `None` when it was invalidated on the way.
    entry: Option<Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum EdgeTimer {
    /// The response completion timeout (CF-OG-16).
    Completion(ExchangeId),
    /// Those who wait for this one's body have waited long enough.
    Waiters(ExchangeId),
}

impl Edge {
    /// A viewer asks at the point of presence number `edge`, 0 being the nearest.
    /// `distribution`: the one that its `Host` names (CF-REQ-01), if there is one.
    pub(crate) fn request_at(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        edge: u8,
        request: Box<Request>,
        distribution: Option<Arc<Distribution>>,
    ) {
        self.move_to(cx, edge);
        let id = RequestId::new(cx.rng);
        match self.admit(cx, request, distribution, id) {
            Ok(visit) => self.begin(cx, exchange, visit),
            Err(response) => cx.respond(exchange, *response),
        }
    }

    /// An origin answered.
    pub(crate) fn response(&mut self, cx: &mut Cx<'_>, caller: Caller, response: Response) {
        self.move_to(cx, self.edge_of(caller));
        match caller {
            Caller::Exchange(exchange) => self.arrived(cx, exchange, response),
            Caller::Own(number) => self.refreshed(cx, number, response),
        }
    }

    /// An origin gave no answer.
    pub(crate) fn failed(&mut self, cx: &mut Cx<'_>, caller: Caller, failure: LinkFailure) {
        self.move_to(cx, self.edge_of(caller));
        match caller {
            Caller::Exchange(exchange) => self.attempt_failed(cx, exchange, failure),
            Caller::Own(number) => self.refresh_failed(cx, number),
        }
    }

    /// An exchange is over. If its viewer went away while others waited for its answer, one of them
    /// takes its place.
    pub(crate) fn finished(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, _finish: Finish) {
        if let Some(open) = self.open.remove(&exchange) {
            self.timers.clear(&EdgeTimer::Completion(exchange));
            if matches!(open.state, State::Finishing) {
                return self.never_relayed(cx, exchange);
            }
            let Some(key) = open.visit.wanted.key else { return };
            match open.state {
                State::Waiting => self.flights.leave(&key, exchange),
                State::Asking(_) => self.wake(cx, &key, exchange, false),
                State::Calling(_) | State::Finishing => {}
            }
        } else {
            self.never_relayed(cx, exchange);
        }
    }

    /// An exchange is over; a copy of its body comes before the end, or not at all.
    fn never_relayed(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId) {
        if let Some(keep) = self.relaying.get(&exchange).copied() {
            self.kept(cx, keep, None);
        }
    }

    /// The copy of a body that went to a viewer.
    pub(crate) fn kept(&mut self, cx: &mut Cx<'_>, keep: u64, body: Option<Bytes>) {
        let Some(pending) = self.pending.remove(&keep) else { return };
        self.relaying.remove(&pending.exchange);
        self.timers.clear(&EdgeTimer::Waiters(pending.exchange));
        self.store_kept(cx, pending, body);
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.timers.deadline()
    }

    pub(crate) fn on_deadline(&mut self, cx: &mut Cx<'_>) {
        self.names.refresh(cx);
        while let Some(timer) = self.timers.pop(cx.now) {
            match timer {
                EdgeTimer::Completion(exchange) => {
                    self.move_to(cx, self.edge_of(Caller::Exchange(exchange)));
                    self.time_is_up(cx, exchange);
                }
                EdgeTimer::Waiters(exchange) => {
                    let keep = self.relaying.get(&exchange);
                    let pending = keep.and_then(|keep| self.pending.get(keep));
                    if let Some(key) = pending.map(|pending| Arc::clone(&pending.key)) {
                        self.wake(cx, &key, exchange, true);
                    }
                }
            }
        }
    }

    /// CloudFront's own page, for a request whose head cannot be read (CF-CER-20).
    pub(crate) fn generated_error(&mut self, cx: &mut Cx<'_>, status: u16) -> Response {
        self.names.refresh(cx);
        let id = RequestId::new(cx.rng);
        let mut response = generated_page::error(&self.names, &id, status, Reason::BadRequest);
        response.close = true;
        response
    }

    /// Takes a key value store in its next version; `None`: it is deleted.
    pub(crate) fn take_store(&mut self, id: &str, values: Option<Arc<KeyValues>>) {
        match values {
            Some(values) => self.stores.insert(id.into(), values),
            None => self.stores.remove(id),
        };
    }

    /// Removes what an invalidation names from the cache, also what is on its way into it.
    pub(crate) fn invalidate(&mut self, distribution_id: &str, paths: &[String]) {
        for path in paths {
            self.remove_all(&cache::beginning(distribution_id, path));
        }
    }

    /// Removes everything of a distribution that is deleted.
    pub(crate) fn forget(&mut self, distribution_id: &str) {
        self.remove_all(&cache::beginning(distribution_id, "*"));
    }

    fn remove_all(&mut self, beginning: &[u8]) {
        self.cache.remove_all(beginning);
        for pending in self.pending.values_mut() {
            if pending.key.starts_with(beginning) {
                pending.entry = None;
            }
        }
        let asked = self.open.values_mut().map(|open| &mut open.visit.wanted);
        let refreshed = self.background.values_mut().map(|one| &mut one.visit.wanted);
        for wanted in asked.chain(refreshed) {
            if wanted.key.as_ref().is_some_and(|key| key.starts_with(beginning)) {
                wanted.stores = false;
            }
        }
    }

    fn move_to(&mut self, cx: &mut Cx<'_>, edge: u8) {
        self.names.move_to(edge);
        self.names.refresh(cx);
    }

    /// The point of presence that asked.
    fn edge_of(&self, caller: Caller) -> u8 {
        let viewer = match caller {
            Caller::Exchange(exchange) => self.open.get(&exchange).map(|open| &open.visit.viewer),
            Caller::Own(number) => self.background.get(&number).map(|one| &one.visit.viewer),
        };
        viewer.map_or(0, |viewer| viewer.edge)
    }

    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }
}

/// A fact of this service.
fn fact(step: &'static str, says: impl Into<String>) -> Fact {
    Fact::new(ServiceName::CloudFront, step, says)
}
