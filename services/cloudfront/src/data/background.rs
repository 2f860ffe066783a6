//! Decides how a stale copy is refreshed while viewers still get it (CF-STALE-06).

use std::sync::Arc;

use standin_kernel::{Body, Caller, Cx, Method, Response};

use super::arrival::kept;
use super::cache::Entry;
use super::fetch::{Asking, Visit};
use super::{Edge, error_response};

/// A request on the edge's own account.
#[derive(Clone, Debug)]
pub(super) struct Background {
    pub(super) visit: Visit,
    asking: Asking,
}

impl Edge {
    /// Asks the origin once for what `visit` found stale; the key is in `self.key`.
    pub(super) fn refresh(&mut self, cx: &mut Cx<'_>, visit: &Visit) {
        let mut visit = visit.clone();
        visit.wanted.key = Some(self.key.as_slice().into());
        visit.viewer.request.has_body = false;
        if visit.wanted.method == Method::Head {
            visit.wanted.method = Method::Get;
        }
        let asking = self.first_asking(&visit);
        let leg = self.leg(&visit, asking, false);
        let number = self.next_number();
        self.background.insert(number, Background { visit, asking });
        cx.send(Caller::Own(number), leg);
    }

    pub(super) fn refreshed(&mut self, cx: &mut Cx<'_>, number: u64, response: Response) {
        let Some(Background { visit, asking }) = self.background.remove(&number) else { return };
        let Some(key) = visit.wanted.key.clone() else { return };
        if response.head.status == 304 && asking.revalidates {
            self.refresh_copy(cx, &visit, &response);
            return;
        }
        let status = response.head.status;
        if status >= 500 {
            return self.put_off(cx, &visit, status);
        }
        let relayed = matches!(response.body, Body::Relay { .. });
        let (response, life) = self.judge(cx, &visit, asking, response);
        let stored = match (life, kept(&visit, &response)) {
            (Some(life), Some(kept)) if status < 400 && !relayed && visit.wanted.stores => {
                Some(Entry::of(&response, cx.now, life, kept))
            }
            _ => None,
        };
        match (stored, self.cache.get(&key)) {
            (Some(entry), Some(_)) => self.cache.insert(Arc::clone(&key), entry),
            // Nobody takes a longer body here, and an error is for a viewer to see (CF-STALE-03).
            (_, Some(entry)) => {
                entry.refreshing = false;
                entry.in_foreground = true;
            }
            (_, None) => {}
        }
    }

    pub(super) fn refresh_failed(&mut self, cx: &mut Cx<'_>, number: u64) {
        if let Some(Background { visit, .. }) = self.background.remove(&number) {
            self.put_off(cx, &visit, 504);
        }
    }

    /// The origin fails: the copy is served without asking for a while.
    fn put_off(&mut self, cx: &mut Cx<'_>, visit: &Visit, status: u16) {
        let span_s = error_response::min_ttl_s(&visit.viewer.distribution, status);
        let entry = visit.wanted.key.as_ref().and_then(|key| self.cache.get(key));
        if let Some(entry) = entry {
            entry.refreshing = false;
            entry.leave_unasked(cx.now, span_s);
        }
    }
}
