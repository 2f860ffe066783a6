//! A zone as name servers hold it: record sets ready to be answered, and what there is at a name
//! and below it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use standin_kernel::Bytes;
use standin_kernel::dns::{Name, RecordType};

use super::location::Place;
use super::rdata;
use super::target::{self, Kind};
use crate::record_set::{Failover, GeoLocation, RecordSet};

/// Seconds that answers from a load balancer's, distribution's or website's own zone may be kept
/// (R53-AL-02).
pub(crate) const ALIAS_TTL_S: u32 = 60;

/// What name servers know of a zone.
#[derive(Clone, Debug, Default)]
pub(crate) struct LiveZone {
    names: BTreeMap<Name, Node>,
}

/// All record sets of a name, by type.
pub(crate) type Node = BTreeMap<RecordType, Vec<Entry>>;

/// One record set.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its set identifier; empty for a simple one.
    pub(crate) set: String,
    pub(crate) policy: Policy,
    pub(crate) content: Content,
    pub(crate) health_check: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum Policy {
    Simple,
    Weighted(u64),
    Failover(Failover),
    /// By Region.
    Latency(String),
    Geolocation(GeoLocation),
    Multivalue,
    /// Where the resource is, and its bias from -99 to 99.
    Geoproximity(Place, i64),
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Values { ttl_s: u32, values: Vec<Bytes> },
    Alias { target: Target, evaluate: bool },
}

#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// Another name of this zone.
    Record(Name),
    /// A thing of this machine, by its host name, and the address that stands for it.
    Endpoint { host: String, kind: Kind, address: Ipv4Addr },
}

/// What there is at a name that is asked for.
#[derive(Debug)]
pub(crate) enum Found<'z> {
    Node(&'z Node),
    /// Nothing at the name, but something below it (R53-ZN-04).
    Below,
    Nothing,
}

impl LiveZone {
    /// Puts a record set there in place of one with the same key, or takes it away.
    pub(crate) fn set(&mut self, name: &Name, kind: RecordType, set: &str, entry: Option<Entry>) {
        let node = self.names.entry(name.clone()).or_default();
        let entries = node.entry(kind).or_default();
        entries.retain(|have| have.set != set);
        entries.extend(entry);
        if entries.is_empty() {
            node.remove(&kind);
        }
        if node.is_empty() {
            self.names.remove(name);
        }
    }

    pub(crate) fn entries(&self, name: &Name, kind: RecordType) -> &[Entry] {
        self.names.get(name).and_then(|node| node.get(&kind)).map_or(&[], Vec::as_slice)
    }

    /// Looks a name up; a wildcard stands for what does not exist next to it (R53-ZN-06).
    pub(crate) fn find(&self, name: &Name) -> Found<'_> {
        if let Some(node) = self.names.get(name) {
            return Found::Node(node);
        }
        if self.exists(name) {
            return Found::Below;
        }
        let encloser = (0..name.label_count())
            .rev()
            .map(|count| name.last(count))
            .find(|shorter| self.exists(shorter));
        let wildcard = encloser.and_then(|encloser| self.names.get(&encloser.wildcard()));
        wildcard.map_or(Found::Nothing, Found::Node)
    }

    /// The highest delegation above a name or at it, below the zone's own name.
    pub(crate) fn delegation(&self, apex: &Name, name: &Name) -> Option<Name> {
        let cuts = apex.label_count() + 1..=name.label_count();
        cuts.map(|count| name.last(count)).find(|cut| !self.entries(cut, RecordType::NS).is_empty())
    }

    /// Whether something is at the name or below it.
    fn exists(&self, name: &Name) -> bool {
        let next = self.names.range(name..).next();
        next.is_some_and(|(next, _)| next.is_within(name))
    }
}

impl Entry {
    /// A record set made ready. `address`: gives the address that stands for a host. What cannot
    /// be made ready was refused before it came here.
    pub(crate) fn compile(
        set: &RecordSet,
        kind: RecordType,
        address: impl FnOnce(&str) -> Ipv4Addr,
    ) -> Result<Self, String> {
        let content = match &set.alias_target {
            Some(alias) => {
                let target = match target::kind(&alias.hosted_zone_id, &alias.dns_name) {
                    Ok(kind) => {
                        let host = endpoint_host(&alias.dns_name);
                        let address = address(&host);
                        Target::Endpoint { host, kind, address }
                    }
                    Err(_) => Target::Record(alias.dns_name.clone()),
                };
                Content::Alias { target, evaluate: alias.evaluate_target_health }
            }
            None => {
                let values = set.resource_records.iter();
                let values: Result<Vec<Bytes>, String> =
                    values.map(|record| rdata::parse(kind, &record.value)).collect();
                let ttl_s = set.ttl.and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or(0);
                Content::Values { ttl_s, values: values? }
            }
        };
        Ok(Self {
            set: set.set_identifier.clone().unwrap_or_default(),
            policy: policy(set)?,
            content,
            health_check: set.health_check_id.clone(),
        })
    }
}

/// `dualstack.` before a load balancer's name is the same load balancer.
fn endpoint_host(name: &Name) -> String {
    let host = name.host();
    host.strip_prefix("dualstack.").unwrap_or(&host).to_owned()
}

fn policy(set: &RecordSet) -> Result<Policy, String> {
    if let Some(weight) = set.weight {
        return Ok(Policy::Weighted(u64::try_from(weight).unwrap_or(0)));
    }
    if let Some(failover) = set.failover {
        return Ok(Policy::Failover(failover));
    }
    if let Some(region) = &set.region {
        return Ok(Policy::Latency(region.clone()));
    }
    if let Some(location) = &set.geo_location {
        return Ok(Policy::Geolocation(location.clone()));
    }
    if let Some(near) = &set.geo_proximity_location {
        return Ok(Policy::Geoproximity(Place::of(near)?, near.bias.unwrap_or(0)));
    }
    Ok(match set.multi_value_answer {
        Some(true) => Policy::Multivalue,
        _ => Policy::Simple,
    })
}
