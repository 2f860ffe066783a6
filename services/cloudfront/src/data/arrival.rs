//! Decides what an origin's answer is good for: a refreshed copy, a new one, an error to remember,
//! or only this one viewer.

use std::sync::Arc;

use standin_kernel::limits::CACHED_BODY_BYTES_MAX;
use standin_kernel::{Body, Bytes, Cx, Duration, ExchangeId, Method, Response, Time};

use super::answer::Given;
use super::cache::{Entry, Kept, Key};
use super::fetch::{Asking, Purpose, Visit, Wanted, is_s3};
use super::freshness::{self, Directives, Life};
use super::origin_group::Came;
use super::serve::{cache_property, copy, note_error_ttl, suits};
use super::viewer_response::{self, ERROR, HIT, MISS, REFRESH_HIT};
use super::{Edge, EdgeTimer, Open, Pending, State, compression, error_response, fact};

/// How long others wait for a body that is on its way to the viewer who asked first.
const WAIT_FOR_BODY: Duration = Duration::from_secs(1);

impl Edge {
    pub(super) fn arrived(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, response: Response) {
        let Some(open) = self.open.remove(&exchange) else { return };
        let Open { visit, state: State::Asking(asking), .. } = *open else {
            self.open.insert(exchange, open);
            return;
        };
        self.timers.clear(&EdgeTimer::Completion(exchange));
        let status = response.head.status;
        note_answer(cx, &visit, asking, status);
        let Some(visit) = self.fail_over(cx, exchange, visit, asking, Came::Status(status)) else {
            return;
        };
        if status == 304 && asking.revalidates {
            return self.revalidated(cx, exchange, visit, asking, &response);
        }
        if status >= 500
            && let Some(given) = self.stale(cx, &visit, false, status)
        {
            return self.deliver(cx, exchange, visit, given);
        }
        let (mut response, life) = self.judge(cx, &visit, asking, response);
        let kept_s = life.map_or(0, |life| life.fresh_s);
        let waits = self.keep(cx, exchange, &visit, &mut response, life);
        let x_cache = if status >= 400 { ERROR } else { MISS };
        response.head.headers.append("X-Cache", x_cache);
        let given = Given { response, generated: false, kept_s };
        if waits {
            self.conclude(cx, exchange, visit, given);
        } else {
            self.deliver(cx, exchange, visit, given);
        }
    }

    /// Answers, then lets those go on who waited for it.
    pub(super) fn deliver(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        visit: Visit,
        given: Given,
    ) {
        let key = visit.wanted.key.clone();
        self.conclude(cx, exchange, visit, given);
        if let Some(key) = key {
            self.wake(cx, &key, exchange, true);
        }
    }

    /// Serves those who waited for `exchange`. `solo`: none of them waits again.
    pub(super) fn wake(&mut self, cx: &mut Cx<'_>, key: &Key, exchange: ExchangeId, solo: bool) {
        let waiting = self.flights.land(key, exchange);
        if waiting.is_empty() {
            return;
        }
        // Their decisions are not part of this exchange's story.
        let facts = cx.facts.take();
        for one in waiting {
            if let Some(open) = self.open.remove(&one) {
                let mut visit = open.visit;
                visit.wanted.solo = solo;
                self.serve(cx, one, visit);
            }
        }
        cx.facts = facts;
    }

    /// Readies an answer for viewers, and says how long it lives.
    pub(super) fn judge(
        &mut self,
        cx: &mut Cx<'_>,
        visit: &Visit,
        asking: Asking,
        mut response: Response,
    ) -> (Response, Option<Life>) {
        let distribution = &visit.viewer.distribution;
        let origin = &distribution.origins[asking.origin];
        let behavior = &distribution.behaviors[visit.wanted.behavior];
        let directives = Directives::read(&response.head.headers, cx.now);
        viewer_response::clean(&mut response.head.headers, behavior, origin, &self.names);
        let status = response.head.status;
        let life = match status {
            _ if !visit.wanted.cacheable => None,
            400.. => {
                let min_ttl_s = error_response::min_ttl_s(distribution, status);
                let s3 = is_s3(origin);
                freshness::error_s(status, &directives, &behavior.cache, min_ttl_s, s3)
                    .map(|fresh_s| Life { fresh_s, ..Life::default() })
            }
            200..400 if status != 206 && status != 304 => object_life(visit, &directives),
            _ => None,
        };
        note_life(cx, visit, status, life);
        compression::apply(cx, visit, &mut response);
        (response, life)
    }

    /// A 304 to our own condition: the copy is fresh again (CF-TTL-09).
    fn revalidated(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        visit: Visit,
        asking: Asking,
        response: &Response,
    ) {
        if !self.refresh_copy(cx, &visit, response) {
            // The copy is gone meanwhile: the whole object is needed.
            return self.ask(cx, exchange, visit, Asking { revalidates: false, ..asking });
        }
        let entry = visit.wanted.key.as_ref().and_then(|key| self.cache.peek(key));
        let Some(entry) = entry else { return };
        let response = copy(entry, &visit, REFRESH_HIT, None);
        let given = Given { response, generated: false, kept_s: entry.life.fresh_s };
        self.deliver(cx, exchange, visit, given);
    }

    /// Takes what a 304 says into the copy; `false` when there is none (any more) that has what is
    /// asked for.
    pub(super) fn refresh_copy(
        &mut self,
        cx: &mut Cx<'_>,
        visit: &Visit,
        response: &Response,
    ) -> bool {
        let Some(key) = &visit.wanted.key else { return false };
        let Some(entry) = self.cache.get(key) else { return false };
        if entry.status >= 400 || !suits(entry, &visit.viewer, &visit.wanted) {
            return false;
        }
        for name in ["Cache-Control", "Expires", "Date", "ETag", "Last-Modified"] {
            if let Some(value) = response.head.headers.get(name) {
                let is_weak = name == "ETag" && entry.coding.is_some();
                let value = if is_weak { compression::weak(value) } else { value.to_owned() };
                entry.headers.set(name, value);
            }
        }
        let directives = Directives::read(&entry.headers, cx.now);
        entry.life = object_life(visit, &directives).unwrap_or_default();
        entry.stored = cx.now;
        entry.unasked_until = Time::default();
        entry.refreshing = false;
        let fresh_s = entry.life.fresh_s;
        cx.note(|| {
            let says = format!("the copy is still right, fresh for {fresh_s} s");
            fact("cache", says).row("CF-TTL-09")
        });
        true
    }

    /// The stale copy in the place of an error, if it may be (CF-STALE-01 to CF-STALE-09).
    pub(super) fn stale(
        &mut self,
        cx: &mut Cx<'_>,
        visit: &Visit,
        unreachable: bool,
        status: u16,
    ) -> Option<Given> {
        let key = visit.wanted.key.as_ref()?;
        let entry = self.cache.get(key)?;
        if !entry.serves_on_error(cx.now, unreachable)
            || !suits(entry, &visit.viewer, &visit.wanted)
        {
            return None;
        }
        entry.leave_unasked(cx.now, error_response::min_ttl_s(&visit.viewer.distribution, status));
        let age_s = cx.now.since(entry.stored).as_secs();
        cx.note(|| {
            let says = format!("the stale copy stands in for the error, {age_s} s old");
            fact("cache", says).row("CF-STALE-01")
        });
        let response = copy(entry, visit, HIT, Some(age_s));
        Some(Given { response, generated: false, kept_s: 0 })
    }

    /// Puts an answer into the cache, or arranges for its body to be copied on the way; `true`: the
    /// copy is awaited.
    fn keep(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        visit: &Visit,
        response: &mut Response,
        life: Option<Life>,
    ) -> bool {
        let Wanted { key: Some(key), stores: true, .. } = &visit.wanted else { return false };
        let Some(life) = life else { return false };
        let Some(kept) = kept(visit, response) else {
            let Body::Relay { length, keep } = &mut response.body else { return false };
            if length.is_some_and(|length| length > CACHED_BODY_BYTES_MAX) {
                self.cache.remove(key);
                return false;
            }
            self.last_number += 1;
            let number = self.last_number;
            *keep = Some(number);
            let kept = Kept::Whole(Body::Empty);
            let entry = Entry::of(response, cx.now, life, kept);
            let key = Arc::clone(key);
            self.await_body(cx, exchange, number, Pending { exchange, key, entry: Some(entry) });
            return true;
        };
        let keeps_whole = matches!(kept, Kept::HeadOnly(_))
            && response.head.status < 400
            && self.cache.peek(key).is_some_and(|old| matches!(old.kept, Kept::Whole(_)));
        if !keeps_whole {
            self.cache.insert(Arc::clone(key), Entry::of(response, cx.now, life, kept));
        }
        false
    }

    fn await_body(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, number: u64, pending: Pending) {
        if self.flights.leads(&pending.key, exchange) {
            let timer = EdgeTimer::Waiters(exchange);
            self.timers.set(timer, cx.now + WAIT_FOR_BODY, "others wait for a body");
        }
        self.pending.insert(number, pending);
        self.relaying.insert(exchange, number);
    }

    /// The copy of a body has come, or never will: stores it and lets those go on who waited.
    /// Without it, the first of them takes the lead.
    pub(super) fn store_kept(&mut self, cx: &mut Cx<'_>, pending: Pending, body: Option<Bytes>) {
        let Pending { exchange, key, entry } = pending;
        let came = body.is_some();
        if let (Some(mut entry), Some(body)) = (entry, body)
            && body.len() as u64 <= CACHED_BODY_BYTES_MAX
        {
            entry.kept = Kept::Whole(Body::Bytes(body));
            self.cache.insert(Arc::clone(&key), entry);
        }
        self.wake(cx, &key, exchange, came);
    }
}

/// What can be kept at once; `None` for a body on its way.
pub(super) fn kept(visit: &Visit, response: &Response) -> Option<Kept> {
    let status = response.head.status;
    let replaced = visit.wanted.purpose == Purpose::Object
        && error_response::page(&visit.viewer.distribution, status).is_some();
    match &response.body {
        _ if replaced => Some(Kept::Replaced),
        _ if visit.wanted.method == Method::Head => Some(Kept::HeadOnly(response.head_length)),
        Body::Relay { .. } => None,
        whole => Some(Kept::Whole(whole.clone())),
    }
}

/// How long an object lives. An error page without a behavior of its own lives as long as the error
/// (CF-CER-12).
fn object_life(visit: &Visit, directives: &Directives) -> Option<Life> {
    let behaviors = &visit.viewer.distribution.behaviors;
    let life = freshness::object(directives, &behaviors[visit.wanted.behavior].cache)?;
    match visit.wanted.purpose {
        Purpose::Page(page) if visit.wanted.behavior + 1 == behaviors.len() => {
            Some(Life { fresh_s: page.kept_s, ..life })
        }
        _ => Some(life),
    }
}

fn note_answer(cx: &mut Cx<'_>, visit: &Visit, asking: Asking, status: u16) {
    cx.note(|| {
        let origin = &visit.viewer.distribution.origins[asking.origin];
        fact("origin", format!("{} answered {status}", origin.id))
    });
}

fn note_life(cx: &mut Cx<'_>, visit: &Visit, status: u16, life: Option<Life>) {
    if !visit.wanted.cacheable || cx.facts.is_none() {
        return;
    }
    if status >= 400 {
        let Some(life) = life else {
            let says = format!("the error {status} is not remembered");
            let distribution = &visit.viewer.distribution;
            if error_response::entry(distribution, status).is_some() {
                return note_error_ttl(cx, distribution, status, &says);
            }
            return cx.note(|| fact("error caching", says).row("CF-ERR-03"));
        };
        let says = format!("the error {status} is remembered for {} s", life.fresh_s);
        return note_error_ttl(cx, &visit.viewer.distribution, status, &says);
    }
    cx.note(|| {
        let says = match life {
            Some(Life { fresh_s: 0, .. }) => "not reused: stale at once".to_owned(),
            Some(life) => format!("stored, fresh for {} s", life.fresh_s),
            None => format!("a {status} is not stored"),
        };
        let id = &visit.viewer.distribution.id;
        fact("cache", says).setting(id, cache_property(visit)).row("CF-TTL-06")
    });
}
