//! A visit: one viewer asks once, and, if it is a browser, for all that the page names.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use standin_kernel::{Bytes, ExchangeId, Fact, ResponseHead, Time};

use crate::cohort::{Cohort, Connection, Kind};
use crate::links::links;
use crate::world::{Arrival, Seen, World};

/// One visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VisitId(u64);

/// What a visit has come to.
#[derive(Clone, Debug, Default)]
pub struct Visited {
    /// `None`: no answer so far.
    pub page: Option<Seen>,
    /// What the page names, in its order. Empty for all but browsers.
    pub assets: Vec<Asset>,
}

/// A style sheet, a script or an image.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Path and query.
    pub target: String,
    /// `None`: no answer so far.
    pub seen: Option<Seen>,
}

impl Visited {
    /// The page's answer; `None` also when the connection was closed without one.
    pub fn answer(&self) -> Option<&(ResponseHead, Bytes)> {
        self.page.as_ref()?.answer.as_ref()
    }

    /// When the last of it had come; `None`: not even the page has.
    pub fn at(&self) -> Option<Time> {
        let page = self.page.as_ref()?.at;
        let assets = self.assets.iter().filter_map(|asset| Some(asset.seen.as_ref()?.at));
        Some(assets.fold(page, Time::max))
    }

    /// What the page names and the browser did not get.
    pub fn missing(&self) -> impl Iterator<Item = &Asset> {
        self.assets.iter().filter(|asset| !asset.has_come())
    }

    /// What decided about the first thing that is missing.
    pub fn why_missing(&self) -> &[Fact] {
        let first = self.missing().find_map(|asset| asset.seen.as_ref());
        first.map_or(&[][..], |seen| &seen.facts)
    }
}

impl Asset {
    fn has_come(&self) -> bool {
        let answer = self.seen.as_ref().and_then(|seen| seen.answer.as_ref());
        answer.is_some_and(|(head, _)| head.status < 400)
    }
}

/// What a page names on its own host.
#[derive(Clone, Debug)]
struct Page {
    target: String,
    body: Bytes,
    named: Vec<String>,
}

/// Pages that are read once; the others are few.
const PAGES_MAX: usize = 16;

/// The visits of a world, and the connections that viewers keep.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visits {
    last: u64,
    visits: BTreeMap<VisitId, Visit>,
    /// Which visit a request belongs to, and which asset of it; `None`: its page.
    asked: BTreeMap<ExchangeId, (VisitId, Option<usize>)>,
    /// Viewers with an open connection to a point of presence, by cohort and member.
    connected: BTreeSet<(String, u32, u8)>,
    /// The latest pages.
    pages: VecDeque<Page>,
}

/// How a request reaches the other end.
#[derive(Clone, Copy, Debug)]
struct Way {
    /// What the name was resolved to, if it is one of a hosted zone.
    address: Option<IpAddr>,
    /// Whether the connection is opened for it.
    is_new: bool,
}

#[derive(Clone, Debug)]
struct Visit {
    cohort: Cohort,
    address: Option<IpAddr>,
    host: String,
    target: String,
    trace: bool,
    visited: Visited,
}

impl World {
    /// Member number `member` of a cohort asks. `name` tells cohorts apart. What comes of it is
    /// found with [`World::visited`].
    pub fn visit(
        &mut self,
        (name, member): (&str, u32),
        cohort: &Cohort,
        (host, target): (&str, &str),
        trace: bool,
    ) -> VisitId {
        let keeps = cohort.connection == Connection::KeepAlive;
        let connection = (name.to_owned(), member, cohort.edge);
        let is_new = !keeps || self.visits.connected.insert(connection);
        self.visits.last += 1;
        let id = VisitId(self.visits.last);
        let address = self.resolve(name, cohort.resolver, host);
        let way = Way { address, is_new };
        let exchange = self.ask_as(cohort, (host, target), way, trace);
        self.visits.asked.insert(exchange, (id, None));
        let (cohort, host, target) = (cohort.clone(), host.to_owned(), target.to_owned());
        let visit = Visit { cohort, address, host, target, trace, visited: Visited::default() };
        self.visits.visits.insert(id, visit);
        id
    }

    /// Whether everything of a visit has been answered.
    pub fn has_visited(&self, id: VisitId) -> bool {
        self.visits.visits.get(&id).is_some_and(|visit| {
            let Visited { page, assets } = &visit.visited;
            page.is_some() && assets.iter().all(|asset| asset.seen.is_some())
        })
    }

    /// Takes what a visit has come to by now; it is forgotten.
    pub fn visited(&mut self, id: VisitId) -> Option<Visited> {
        let visit = self.visits.visits.remove(&id)?;
        Some(visit.visited)
    }

    fn ask_as(
        &mut self,
        cohort: &Cohort,
        (host, target): (&str, &str),
        way: Way,
        trace: bool,
    ) -> ExchangeId {
        let (head, has_body) = cohort.head(host, target);
        let from = cohort.address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let peer = SocketAddr::new(from, 40_000);
        let (edge, Way { address, is_new }) = (cohort.edge, way);
        let scheme = cohort.scheme;
        let arrival = Arrival { edge, address, peer, has_body, scheme, new_connection: is_new };
        self.request_as(head, arrival, trace)
    }

    /// An answer has reached its viewer; gives it back when it is part of no visit.
    pub(crate) fn arrived(&mut self, exchange: ExchangeId, seen: Seen) -> Option<Seen> {
        let Some((id, asset)) = self.visits.asked.remove(&exchange) else { return Some(seen) };
        let visit = self.visits.visits.get_mut(&id)?;
        if let Some(asset) = asset {
            visit.visited.assets[asset].seen = Some(seen);
            return None;
        }
        let targets = match visit.cohort.kind {
            Kind::Page => named_by(&mut self.visits.pages, &seen, &visit.target),
            _ => Vec::new(),
        };
        visit.visited.page = Some(seen);
        visit.visited.assets =
            targets.iter().map(|target| Asset { target: target.clone(), seen: None }).collect();
        // A browser asks for them over the connection it has.
        let asset_kind = Cohort { kind: Kind::Get, ..visit.cohort.clone() };
        let (host, trace) = (visit.host.clone(), visit.trace);
        let way = Way { address: visit.address, is_new: false };
        for (at, target) in targets.iter().enumerate() {
            let exchange = self.ask_as(&asset_kind, (&host, target), way, trace);
            self.visits.asked.insert(exchange, (id, Some(at)));
        }
        None
    }

    /// Whether an answer is part of a visit.
    pub(crate) fn is_visit(&self, exchange: ExchangeId) -> bool {
        !self.visits.asked.is_empty() && self.visits.asked.contains_key(&exchange)
    }
}

fn named_by(pages: &mut VecDeque<Page>, seen: &Seen, target: &str) -> Vec<String> {
    let Some((head, body)) = &seen.answer else { return Vec::new() };
    if !is_html(head) {
        return Vec::new();
    }
    if let Some(known) = pages.iter().find(|page| page.target == target && page.body == *body) {
        return known.named.clone();
    }
    let named = named_in(head, body, target);
    if pages.len() >= PAGES_MAX {
        pages.pop_front();
    }
    pages.push_back(Page { target: target.to_owned(), body: body.clone(), named: named.clone() });
    named
}

/// What a page names on its own host, each once: styles, scripts and images. `target`: the page's
/// own path.
pub fn named_in(head: &ResponseHead, body: &[u8], target: &str) -> Vec<String> {
    if !is_html(head) {
        return Vec::new();
    }
    links(&String::from_utf8_lossy(body), target)
}

fn is_html(head: &ResponseHead) -> bool {
    head.headers.get("Content-Type").is_some_and(|kind| kind.starts_with("text/html"))
}
