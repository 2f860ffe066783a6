//! Route 53: hosted zones, what a name is answered with, and the health checks behind it.
//!
//! [`state`] is what is kept, [`record_set`] and [`health_check`] the two things in it. `api/`
//! holds the operations, `resources/` the CloudFormation types. `data/` decides about questions:
//! `zone` (what there is at a name), `answer` (what it is answered with), `policy` (which record
//! set), `health` (which of them are fit), `target` (what an alias points at), `location`, `rdata`.
//! [`checkers`] ask the endpoints of health checks.

mod api;
mod checkers;
mod data;
mod error;
mod health_check;
mod record_set;
mod resources;
mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use standin_kernel::control::Record;
use standin_kernel::dns::{Answer, Name, Question, RecordType};
use standin_kernel::resource::ResourceType;
use standin_kernel::{
    ApiError, Caller, Cx, Deadline, Duration, Heard, LinkFailure, Need, Response, Service,
    ServiceName, Timers, Value, ids, metric,
};

pub use crate::checkers::FROM as HEALTH_CHECKER;
pub use crate::data::answer::cname;
pub use crate::data::health::Endpoints;

use crate::checkers::{Checkers, LOOKS};
use crate::data::answer::Server;
use crate::data::zone::{ALIAS_TTL_S, Entry, LiveZone};
use crate::record_set::{Key, RecordSet};
use crate::state::{Change, State};

/// Hosted zones, their name servers, and health checks of the account.
#[derive(Clone, Debug, Default)]
pub struct Route53 {
    state: State,
    /// What name servers answer from, by zone.
    live: BTreeMap<String, LiveZone>,
    /// What is on its way to them, by change.
    pending: BTreeMap<String, Pending>,
    checkers: Checkers,
    /// Changes, when they are in sync.
    timers: Timers<String>,
    /// Hosts by the addresses that stand for them.
    hosts: BTreeMap<Ipv4Addr, String>,
}

#[derive(Clone, Debug)]
struct Pending {
    zone: String,
    changed: Vec<(Key, Option<RecordSet>)>,
}

/// The first two octets of addresses that stand for load balancers, distributions and websites.
/// Tasks' addresses never begin so.
const ENDPOINT_NETWORK: [u8; 2] = [127, 240];

impl Route53 {
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a health check asks an endpoint, and does not follow other checks or an alarm.
    pub fn has_checkers(&self, id: &str) -> bool {
        !self.checkers.shown(id).is_empty()
    }

    /// Whether a name (lower case, without final dot) lies in a public zone that name servers know.
    pub fn knows(&self, host: &str) -> bool {
        !self.live.is_empty()
            && Name::parse(host).is_ok_and(|name| self.state.zone_of(&name, None).is_some())
    }

    /// What a question about a name of a hosted zone is answered with; `None` when it lies in none.
    pub fn answer(
        &self,
        cx: &mut Cx<'_>,
        question: &Question,
        endpoints: &dyn Endpoints,
    ) -> Option<Answer> {
        let zone = self.state.zone_of(&question.name, question.vpc.as_deref())?;
        self.live.get(&zone.settings.id)?;
        Some(self.answer_from(cx, &zone.settings.id, question, endpoints))
    }

    /// What a question about a host of AWS's own names is answered with, which is here: the address
    /// that stands for it.
    pub fn answer_for_endpoint(&mut self, cx: &mut Cx<'_>, question: &Question) -> Answer {
        let address = self.address_of(cx, &question.name.host());
        Answer::address(question, address, ALIAS_TTL_S)
    }

    /// The host that an address stands for.
    pub fn host_at(&self, address: Ipv4Addr) -> Option<&str> {
        self.hosts.get(&address).map(String::as_str)
    }

    /// Whether an address is one of those that stand for hosts.
    pub fn is_endpoint(address: Ipv4Addr) -> bool {
        address.octets()[..2] == ENDPOINT_NETWORK
    }

    /// The address that stands for a host, given out once and kept.
    fn address_of(&mut self, cx: &mut Cx<'_>, host: &str) -> Ipv4Addr {
        if let Some(address) = self.state.addresses.get(host) {
            return *address;
        }
        // Runs beside each other give out different ones, for each of them wants port 80.
        let before = u16::from_be_bytes([cx.env.task_network[1], 0]);
        let given = u16::try_from(self.state.addresses.len() + 1).unwrap_or(u16::MAX);
        let mut number = before.wrapping_add(given);
        let [one, two] = ENDPOINT_NETWORK;
        let address = loop {
            let [high, low] = number.to_be_bytes();
            let address = Ipv4Addr::new(one, two, high, low);
            if !self.hosts.contains_key(&address) {
                break address;
            }
            number = number.wrapping_add(1);
        };
        self.hosts.insert(address, host.to_owned());
        self.state.addresses.insert(host.to_owned(), address);
        self.state.store_address(cx, host);
        address
    }

    /// What the name servers of one zone answer.
    fn answer_from(
        &self,
        cx: &mut Cx<'_>,
        zone: &str,
        question: &Question,
        endpoints: &dyn Endpoints,
    ) -> Answer {
        let (Some(kept), Some(live)) = (self.state.zones.get(zone), self.live.get(zone)) else {
            return Answer::default();
        };
        let checks = |id: &str| self.checkers.is_healthy(id);
        let (settings, zone) = (&kept.settings, live);
        Server { settings, zone, endpoints, checks: &checks, question }.answer(cx)
    }

    /// Makes changes that have been found good: at once for SDKs, later for name servers
    /// (R53-CHG-03). Gives the `ChangeInfo`.
    fn apply(
        &mut self,
        cx: &mut Cx<'_>,
        zone: &str,
        changed: Vec<(Key, Option<RecordSet>)>,
        comment: Option<String>,
    ) -> Result<Value, ApiError> {
        let kept = self.state.zone_mut(zone)?;
        for (key, set) in &changed {
            match set {
                Some(set) => kept.records.insert(key.clone(), set.clone()),
                None => kept.records.remove(key),
            };
            kept.store_record(cx, key);
        }
        // Later changes never overtake earlier ones.
        let in_sync = (cx.now + propagation(cx)).max(kept.in_sync + Duration::from_nanos(1));
        kept.in_sync = in_sync;
        let id = format!("C{}", ids::upper(cx.rng, 20));
        let change = Change { id: id.clone(), comment, submitted: cx.now, in_sync };
        change.store(cx);
        let shown = change.shown(cx.now);
        self.state.changes.insert(id.clone(), change);
        self.timers.set(id.clone(), in_sync, "change in sync");
        self.pending.insert(id, Pending { zone: zone.to_owned(), changed });
        Ok(shown)
    }

    /// A change has reached all name servers.
    fn publish(&mut self, cx: &mut Cx<'_>, change: &str) {
        let Some(Pending { zone, changed }) = self.pending.remove(change) else { return };
        if self.state.zones.contains_key(&zone) {
            for (key, set) in changed {
                self.publish_one(cx, &zone, &key, set.as_ref());
            }
        }
    }

    fn publish_one(&mut self, cx: &mut Cx<'_>, zone: &str, key: &Key, set: Option<&RecordSet>) {
        let Some(kind) = RecordType::parse(&key.kind) else { return };
        let entry = set.map(|set| Entry::compile(set, kind, |host| self.address_of(cx, host)));
        match entry.transpose() {
            Ok(entry) => {
                let live = self.live.entry(zone.to_owned()).or_default();
                live.set(&key.name, kind, &key.set, entry);
            }
            Err(wrong) => cx.log("route53", format!("{} {}: {wrong}", key.name, key.kind)),
        }
    }

    /// Forgets a zone, its name servers at once.
    fn delete_zone(&mut self, cx: &mut Cx<'_>, id: &str) -> Value {
        if let Some(mut zone) = self.state.zones.remove(id) {
            let keys: Vec<Key> = zone.records.keys().cloned().collect();
            for key in keys {
                zone.records.remove(&key);
                zone.store_record(cx, &key);
            }
            zone.settings.forget(cx);
        }
        self.live.remove(id);
        let id = format!("C{}", ids::upper(cx.rng, 20));
        let in_sync = cx.now + propagation(cx);
        let change = Change { id: id.clone(), comment: None, submitted: cx.now, in_sync };
        change.store(cx);
        let shown = change.shown(cx.now);
        self.state.changes.insert(id, change);
        shown
    }
}

/// From a change to the last name server: within 60 seconds on AWS.
fn propagation(cx: &mut Cx<'_>) -> Duration {
    let aws = Duration::from_millis(20_000 + cx.rng.below(40_000));
    cx.env.paced(Duration::from_millis(50), aws)
}

impl Service for Route53 {
    fn name(&self) -> ServiceName {
        ServiceName::Route53
    }

    fn resource_types(&self) -> &'static [&'static dyn ResourceType] {
        resources::ALL
    }

    fn call(&mut self, cx: &mut Cx<'_>, operation: &str, input: &Value) -> Result<Value, ApiError> {
        api::call(self, cx, operation, input, &[])
    }

    fn needs(&self, operation: &str, input: &Value, heard: &[Heard]) -> Option<Need> {
        api::needs(self, operation, input, heard)
    }

    fn call_knowing(
        &mut self,
        cx: &mut Cx<'_>,
        operation: &str,
        input: &Value,
        heard: &[Heard],
    ) -> Result<Value, ApiError> {
        api::call(self, cx, operation, input, heard)
    }

    fn reply(&mut self, cx: &mut Cx<'_>, ticket: u64, reply: Result<Value, ApiError>) {
        let look = ticket.checked_sub(LOOKS).filter(|_| ticket != metric::TICKET);
        if let Some(number) = look {
            self.checkers.looked(number, &reply);
            self.checkers.tell(cx);
        }
    }

    fn response(&mut self, cx: &mut Cx<'_>, caller: Caller, response: Response) {
        if let Caller::Own(slot) = caller {
            self.checkers.answered(cx, slot, &response);
            self.checkers.tell(cx);
        }
    }

    fn failed(&mut self, cx: &mut Cx<'_>, caller: Caller, failure: LinkFailure) {
        if let Caller::Own(slot) = caller {
            self.checkers.failed(cx, slot, failure);
            self.checkers.tell(cx);
        }
    }

    fn deadline(&self) -> Option<Deadline> {
        Deadline::earliest(self.timers.deadline(), self.checkers.deadline())
    }

    fn on_deadline(&mut self, cx: &mut Cx<'_>) {
        while let Some(change) = self.timers.pop(cx.now) {
            self.publish(cx, &change);
        }
        self.checkers.on_deadline(cx);
        self.checkers.tell(cx);
        self.checkers.tell_metrics(cx);
    }

    fn restore(&mut self, record: &Record) -> Result<(), String> {
        self.state.restore(record)
    }

    /// Name servers know all that is kept; changes under way had reached some of them.
    fn restored(&mut self, cx: &mut Cx<'_>) {
        for (host, address) in &self.state.addresses {
            self.hosts.insert(*address, host.clone());
        }
        let sets: Vec<(String, Key, RecordSet)> = self
            .state
            .zones
            .iter()
            .flat_map(|(id, zone)| {
                let sets = zone.records.iter();
                sets.map(|(key, set)| (id.clone(), key.clone(), set.clone()))
            })
            .collect();
        for (zone, key, set) in sets {
            self.publish_one(cx, &zone, &key, Some(&set));
        }
        let checks: Vec<_> = self.state.checks.values().cloned().collect();
        for check in &checks {
            self.checkers.set(cx, check);
        }
    }
}
