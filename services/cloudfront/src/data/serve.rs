//! Decides whether a request is answered from the cache, waits for another, or asks the origin.

use std::sync::Arc;

use standin_kernel::{Cx, ExchangeId, Method, Response, ResponseHead};

use super::answer::Given;
use super::cache::{Entry, Kept, Use};
use super::fetch::{Purpose, Visit, Wanted};
use super::flight::Part;
use super::viewer::Viewer;
use super::viewer_response::{ERROR, HIT};
use super::{Edge, Open, State, cache_key, error_response, fact, generated_page, viewer_response};

/// What the cache has to say.
enum Found {
    Answer(Given),
    /// The same, and the copy is to be refreshed in the background.
    Refresh(Given),
    Nothing,
}

impl Edge {
    /// Serves a visit, from its beginning or again after a wait.
    pub(super) fn serve(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, mut visit: Visit) {
        if !visit.wanted.cacheable {
            note_uncached(cx, &visit);
            return self.ask_first(cx, exchange, visit);
        }
        match self.look(cx, &visit) {
            Found::Answer(given) => return self.conclude(cx, exchange, visit, given),
            Found::Refresh(given) => {
                self.refresh(cx, &visit);
                return self.conclude(cx, exchange, visit, given);
            }
            Found::Nothing => {}
        }
        let key = visit.wanted.key.take().unwrap_or_else(|| self.key.as_slice().into());
        visit.wanted.key = Some(Arc::clone(&key));
        if collapses(&visit.viewer, &visit.wanted)
            && self.flights.join(&key, exchange) == Part::Waits
        {
            cx.note(|| fact("cache", "waits for the answer to the same request").row("CF-TTL-15"));
            self.open
                .insert(exchange, Box::new(Open { visit, state: State::Waiting, answer: None }));
            return;
        }
        self.ask_first(cx, exchange, visit);
    }

    /// Looks the visit's key up; the key stays in `self.key`.
    fn look(&mut self, cx: &mut Cx<'_>, visit: &Visit) -> Found {
        let Visit { viewer, wanted } = visit;
        let distribution = &viewer.distribution;
        let settings = &distribution.behaviors[wanted.behavior].cache;
        let asked = wanted.asked(viewer);
        cache_key::write(&mut self.key, &distribution.id, asked, settings, viewer);
        let Some(entry) = self.cache.get(&self.key) else {
            note_cache(cx, visit, "nothing is stored under the key", "CF-KEY-01");
            return Found::Nothing;
        };
        if !suits(entry, viewer, wanted) {
            return Found::Nothing;
        }
        let way = entry.at(cx.now);
        note_found(cx, visit, entry, way);
        if way == Use::Stale {
            return Found::Nothing;
        }
        let refresh =
            way == Use::WhileRevalidate && !std::mem::replace(&mut entry.refreshing, true);
        let x_cache = if entry.status >= 400 { ERROR } else { HIT };
        let age_s = cx.now.since(entry.stored).as_secs();
        let response = match entry.kept {
            Kept::Generated(why) => {
                generated_page::error(&self.names, &viewer.id, entry.status, why)
            }
            _ => copy(entry, visit, x_cache, Some(age_s)),
        };
        let generated = matches!(entry.kept, Kept::Generated(_));
        let given = Given { response, generated, kept_s: entry.life.fresh_s };
        if refresh { Found::Refresh(given) } else { Found::Answer(given) }
    }
}

/// An answer out of the cache, to the viewer's conditions and range.
pub(super) fn copy(entry: &Entry, visit: &Visit, x_cache: &str, age_s: Option<u64>) -> Response {
    // Still to come: X-Cache, Age and the request's id, perhaps a policy's headers.
    let mut headers = entry.headers.clone_with_room(8, 256);
    headers.append("X-Cache", x_cache);
    if let Some(age_s) = age_s {
        headers.append("Age", age_s.to_string());
    }
    let head = ResponseHead { status: entry.status, headers };
    let (body, head_length) = match &entry.kept {
        Kept::Whole(body) => (body.clone(), None),
        Kept::HeadOnly(length) => (standin_kernel::Body::Empty, *length),
        Kept::Replaced | Kept::Generated(_) => (standin_kernel::Body::Empty, None),
    };
    let response = Response { head, body, head_length, close: false, coding: entry.coding };
    match visit.wanted.purpose {
        Purpose::Object => super::answer::to_conditions(response, &visit.viewer),
        Purpose::Page(_) => response,
    }
}

/// Whether the entry has what is asked for: a body for GET, a page in its place if it has one.
pub(super) fn suits(entry: &Entry, viewer: &Viewer, wanted: &Wanted) -> bool {
    let replaced = matches!(wanted.purpose, Purpose::Object)
        && error_response::page(&viewer.distribution, entry.status).is_some();
    match entry.kept {
        Kept::Whole(_) | Kept::Generated(_) => true,
        Kept::HeadOnly(_) => wanted.method == Method::Head || replaced,
        Kept::Replaced => replaced,
    }
}

/// Whether it may wait for another's answer: GET of whole objects, where cookies play no part
/// (CF-TTL-15).
fn collapses(viewer: &Viewer, wanted: &Wanted) -> bool {
    let behavior = &viewer.distribution.behaviors[wanted.behavior];
    let part =
        matches!(wanted.purpose, Purpose::Object) && viewer.request.head.headers.contains("Range");
    wanted.method == Method::Get
        && !wanted.solo
        && !part
        && !viewer_response::forwards_cookies(behavior)
}

fn note_found(cx: &mut Cx<'_>, visit: &Visit, entry: &Entry, way: Use) {
    if cx.facts.is_none() {
        return;
    }
    let age_s = cx.now.since(entry.stored).as_secs();
    let fresh_s = entry.life.fresh_s;
    if entry.status >= 400 {
        let status = entry.status;
        return match way {
            Use::Stale => note_cache(cx, visit, "the error's time is over", "CF-ERR-14"),
            _ => {
                let distribution = &visit.viewer.distribution;
                let says = format!(
                    "the error {status} is remembered for {fresh_s} s and is {age_s} s old"
                );
                note_error_ttl(cx, distribution, status, &says);
            }
        };
    }
    let (says, row) = match way {
        Use::Fresh => (format!("hit: {age_s} s old, fresh for {fresh_s} s"), "CF-TTL-01"),
        Use::Unasked => {
            (format!("stale, but the origin failed just now: {age_s} s old"), "CF-STALE-01")
        }
        Use::WhileRevalidate => {
            (format!("stale while it is refreshed: {age_s} s old"), "CF-STALE-06")
        }
        Use::Stale => (format!("stale: {age_s} s old, was fresh for {fresh_s} s"), "CF-TTL-09"),
    };
    note_cache(cx, visit, &says, row);
}

/// Notes something about an error's time in the cache, at the setting that decides it.
pub(super) fn note_error_ttl(
    cx: &mut Cx<'_>,
    distribution: &Arc<crate::config::Distribution>,
    status: u16,
    says: &dyn std::fmt::Display,
) {
    cx.note(|| {
        let note = fact("error caching", says.to_string());
        match error_response::entry(distribution, status) {
            Some((index, _)) => {
                let property =
                    format!("DistributionConfig.CustomErrorResponses[{index}].ErrorCachingMinTTL");
                note.setting(&distribution.id, property).row("CF-ERR-05")
            }
            None => note.row("CF-ERR-01"),
        }
    });
}

fn note_cache(cx: &mut Cx<'_>, visit: &Visit, says: &str, row: &'static str) {
    cx.note(|| {
        let id = &visit.viewer.distribution.id;
        fact("cache", says).setting(id, cache_property(visit)).row(row)
    });
}

/// The property with the cache settings that hold.
pub(super) fn cache_property(visit: &Visit) -> String {
    let behavior = &visit.viewer.distribution.behaviors[visit.wanted.behavior];
    let legacy = behavior.origin_request.legacy;
    let member = if legacy { "ForwardedValues" } else { "CachePolicyId" };
    format!("{}.{member}", behavior.property)
}

fn note_uncached(cx: &mut Cx<'_>, visit: &Visit) {
    let behavior = &visit.viewer.distribution.behaviors[visit.wanted.behavior];
    if behavior.cache.disabled() {
        note_cache(cx, visit, "caching is disabled", "CF-POL-08");
    } else {
        cx.note(|| {
            fact("cache", format!("answers to {} are not cached", visit.wanted.method))
                .row("CF-BEH-11")
        });
    }
}
