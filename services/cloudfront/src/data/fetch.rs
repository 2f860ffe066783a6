//! Decides whom to ask and how often, until an origin answers or is given up (CF-OG-05 to
//! CF-OG-16).

use std::sync::Arc;

use standin_kernel::{Caller, Cx, ExchangeId, LegRequest, LinkFailure, Method, Out};

use super::answer::Given;
use super::cache::{Entry, Kept, Key};
use super::cache_key::Asked;
use super::freshness::{self, Directives, Life};
use super::generated_page::{self, Reason};
use super::origin_group::{self, Came};
use super::origin_request::{self, Ask, Conditions};
use super::serve::suits;
use super::viewer::Viewer;
use super::{Edge, EdgeTimer, Open, State, error_response, fact, viewer_response};
use crate::config::{Distribution, Origin, OriginGroup, OriginKind, Target};

/// A viewer and what is wanted for it at the moment.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) viewer: Viewer,
    pub(crate) wanted: Wanted,
}

/// What is looked up in the cache or fetched: the viewer's object, then perhaps an error page.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) purpose: Purpose,
    /// The behavior it is fetched through.
    pub(crate) behavior: usize,
    pub(crate) method: Method,
    /// The cache may have it.
    pub(crate) cacheable: bool,
    /// Its key, once it was looked up in vain.
    pub(crate) key: Option<Key>,
    /// What comes may go into the cache: it was not invalidated meanwhile.
    pub(crate) stores: bool,
    /// It has waited for another already and does not wait again.
    pub(crate) solo: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// What the viewer asked for.
    Object,
    Page(PageFor),
}

/// The error that a custom page is fetched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageFor {
    /// The position in `CustomErrorResponses`.
    pub(crate) entry: usize,
    /// For how many seconds the error is kept; the page too, where no behavior of its own says
    /// otherwise (CF-CER-12).
    pub(crate) kept_s: u64,
}

/// A request to an origin under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking {
    /// The position in `Origins`.
    pub(crate) origin: usize,
    /// The primary has been given up already.
    pub(crate) second: bool,
    /// How often it may be sent, this time included.
    pub(crate) tries_left: u8,
    /// It asks whether the stale copy is still right.
    pub(crate) revalidates: bool,
}

impl Wanted {
    pub(crate) fn asked<'a>(&'a self, viewer: &'a Viewer) -> Asked<'a> {
        let target = match self.purpose {
            Purpose::Object => viewer.target(),
            Purpose::Page(page) => page.path(&viewer.distribution),
        };
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        Asked { method: &self.method, path, query }
    }
}

impl PageFor {
    pub(crate) fn path(self, distribution: &Distribution) -> &str {
        let page = distribution.error_responses[self.entry].page.as_ref();
        page.map_or("/", |page| &page.path)
    }
}

impl Edge {
    /// Asks the behavior's origin, or the primary of its group.
    pub(super) fn ask_first(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId, visit: Visit) {
        let asking = self.first_asking(&visit);
        self.ask(cx, exchange, visit, asking);
    }

    pub(super) fn first_asking(&self, visit: &Visit) -> Asking {
        let distribution = &visit.viewer.distribution;
        let behavior = &distribution.behaviors[visit.wanted.behavior];
        let origin = origin_group::first(distribution, behavior.target);
        let copy = visit.wanted.key.as_ref().and_then(|key| self.cache.peek(key));
        let revalidates = !viewer_response::forwards_cookies(behavior)
            && copy.is_some_and(|copy| {
                copy.validators().is_some() && suits(copy, &visit.viewer, &visit.wanted)
            });
        let tries_left = distribution.origins[origin].connection_attempts.max(1);
        Asking { origin, second: false, tries_left, revalidates }
    }

    pub(super) fn ask(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        visit: Visit,
        asking: Asking,
    ) {
        let origin = &visit.viewer.distribution.origins[asking.origin];
        if let Some(within) = origin.completion_timeout {
            let timer = EdgeTimer::Completion(exchange);
            self.timers.set(timer, cx.now + within, "response completion timeout");
        }
        note_asking(cx, &visit, asking);
        let leg = self.leg(&visit, asking, true);
        let state = State::Asking(asking);
        self.open.insert(exchange, Box::new(Open { visit, state, answer: None }));
        cx.send(Caller::Exchange(exchange), leg);
    }

    /// `viewers`: the viewer's own conditions and range may go along.
    pub(super) fn leg(&self, visit: &Visit, asking: Asking, viewers: bool) -> LegRequest {
        let Visit { viewer, wanted } = visit;
        let object = wanted.purpose == Purpose::Object;
        let copy = match &wanted.key {
            Some(key) if asking.revalidates => self.cache.peek(key).and_then(Entry::validators),
            _ => None,
        };
        let ask = Ask {
            viewer,
            behavior: &viewer.distribution.behaviors[wanted.behavior],
            origin: &viewer.distribution.origins[asking.origin],
            asked: wanted.asked(viewer),
            conditions: Conditions { copy, viewers: viewers && object && copy.is_none() },
            with_body: object && viewer.request.has_body,
        };
        origin_request::build(&ask, &self.names)
    }

    /// Tries again, asks the secondary, or gives up.
    pub(super) fn attempt_failed(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        failure: LinkFailure,
    ) {
        let Some(mut open) = self.open.remove(&exchange) else { return };
        let State::Asking(asking) = &mut open.state else {
            self.open.insert(exchange, open);
            return;
        };
        note_failure(cx, &open.visit, *asking, failure);
        let again = origin_group::tries_again(failure, &open.visit.wanted.method);
        if again && asking.tries_left > 1 {
            asking.tries_left -= 1;
            let leg = self.leg(&open.visit, *asking, true);
            self.open.insert(exchange, open);
            cx.send(Caller::Exchange(exchange), leg);
            return;
        }
        let asking = *asking;
        self.give_up(cx, exchange, open.visit, asking, failure);
    }

    /// The response completion timeout is over: no further try of this origin (CF-OG-16).
    pub(super) fn time_is_up(&mut self, cx: &mut Cx<'_>, exchange: ExchangeId) {
        let Some(open) = self.open.remove(&exchange) else { return };
        let Open { visit, state: State::Asking(asking), .. } = *open else {
            self.open.insert(exchange, open);
            return;
        };
        cx.emit(Out::Cancel { caller: Caller::Exchange(exchange) });
        cx.note(|| fact("origin", "the response completion timeout is over").row("CF-OG-16"));
        self.give_up(cx, exchange, visit, asking, LinkFailure::ResponseTimeout);
    }

    fn give_up(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        visit: Visit,
        asking: Asking,
        failure: LinkFailure,
    ) {
        self.timers.clear(&EdgeTimer::Completion(exchange));
        let Some(visit) = self.fail_over(cx, exchange, visit, asking, Came::Failure(failure))
        else {
            return;
        };
        let status = origin_group::status_of(failure);
        if let Some(given) = self.stale(cx, &visit, true, status) {
            return self.deliver(cx, exchange, visit, given);
        }
        let why = Reason::Origin(failure);
        let kept_s = self.remember(cx, &visit, asking, status, why);
        let response = generated_page::error(&self.names, &visit.viewer.id, status, why);
        self.deliver(cx, exchange, visit, Given { response, generated: true, kept_s });
    }

    /// Asks the secondary if there is one for this; gives the visit back if not.
    pub(super) fn fail_over(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        visit: Visit,
        asking: Asking,
        came: Came,
    ) -> Option<Visit> {
        let distribution = Arc::clone(&visit.viewer.distribution);
        let behavior = &distribution.behaviors[visit.wanted.behavior];
        let group = match asking.second {
            true => None,
            false => origin_group::failover(&distribution, behavior, &visit.wanted.method, came),
        };
        let Some(group) = group else { return Some(visit) };
        note_failover(cx, &distribution, behavior.target, group);
        let origin = group.secondary;
        let tries_left = distribution.origins[origin].connection_attempts.max(1);
        self.ask(cx, exchange, visit, Asking { origin, second: true, tries_left, ..asking });
        None
    }

    /// Remembers an error that the edge made itself; gives for how many seconds (CF-ERR-10).
    fn remember(
        &mut self,
        cx: &mut Cx<'_>,
        visit: &Visit,
        asking: Asking,
        status: u16,
        why: Reason,
    ) -> u64 {
        let distribution = &visit.viewer.distribution;
        let settings = &distribution.behaviors[visit.wanted.behavior].cache;
        let min_ttl_s = error_response::min_ttl_s(distribution, status);
        let s3 = is_s3(&distribution.origins[asking.origin]);
        let none = Directives::default();
        let ttl_s = freshness::error_s(status, &none, settings, min_ttl_s, s3);
        let (Some(fresh_s), Some(key)) = (ttl_s, &visit.wanted.key) else { return 0 };
        if visit.wanted.stores {
            let life = Life { fresh_s, ..Life::default() };
            let entry = Entry::new(status, cx.now, life, Kept::Generated(why));
            self.cache.insert(Arc::clone(key), entry);
            let says = format_args!("the error {status} is remembered for {fresh_s} s");
            super::serve::note_error_ttl(cx, distribution, status, &says);
        }
        fresh_s
    }
}

pub(super) const fn is_s3(origin: &Origin) -> bool {
    matches!(origin.kind, OriginKind::S3 { .. })
}

fn note_asking(cx: &mut Cx<'_>, visit: &Visit, asking: Asking) {
    cx.note(|| {
        let distribution = &visit.viewer.distribution;
        let origin = &distribution.origins[asking.origin];
        let behavior = &distribution.behaviors[visit.wanted.behavior];
        let path = visit.wanted.asked(&visit.viewer).path;
        let how = if asking.revalidates { " whether the copy is still right" } else { "" };
        let says = format!("{} ({}) is asked for {path}{how}", origin.id, origin.domain_name);
        let property = format!("{}.TargetOriginId", behavior.property);
        fact("origin", says).setting(&distribution.id, property).row("CF-FWD-01")
    });
}

fn note_failure(cx: &mut Cx<'_>, visit: &Visit, asking: Asking, failure: LinkFailure) {
    cx.note(|| {
        let distribution = &visit.viewer.distribution;
        let origin = &distribution.origins[asking.origin];
        let (property, row) = match failure {
            LinkFailure::ConnectTimeout => ("ConnectionTimeout", "CF-ORG-03"),
            LinkFailure::ResponseTimeout => ("CustomOriginConfig.OriginReadTimeout", "CF-ORG-05"),
            LinkFailure::NameNotFound => ("DomainName", "CF-ORG-01"),
            LinkFailure::Refused => ("ConnectionAttempts", "CF-ORG-02"),
            LinkFailure::Tls => ("CustomOriginConfig.OriginProtocolPolicy", "CF-ORG-06"),
            LinkFailure::HeadTooLarge => ("DomainName", "CF-ORG-09"),
            LinkFailure::Closed | LinkFailure::BadResponse => ("DomainName", "CF-ORG-07"),
        };
        let status = origin_group::status_of(failure);
        let says = format!("{}: {}, which is a {status}", origin.id, failure.words());
        let property = format!("DistributionConfig.Origins[{}].{property}", asking.origin);
        fact("origin", says).setting(&distribution.id, property).row(row)
    });
}

fn note_failover(
    cx: &mut Cx<'_>,
    distribution: &Distribution,
    target: Target,
    group: &OriginGroup,
) {
    cx.note(|| {
        let index = match target {
            Target::Group(index) | Target::Origin(index) => index,
        };
        let secondary = &distribution.origins[group.secondary].id;
        let property = format!("DistributionConfig.OriginGroups.Items[{index}].FailoverCriteria");
        fact("origin group", format!("{} fails over to {secondary}", group.id))
            .setting(&distribution.id, property)
            .row("CF-OG-05")
    });
}
