//! What is kept: zones with their record sets, changes, health checks, addresses given out. What
//! name servers answer from, and how health stands, is live and not here.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use standin_kernel::control::Record;
use standin_kernel::dns::Name;
use standin_kernel::{ApiError, Cx, Time, Value, json};

use crate::error;
use crate::health_check::HealthCheck;
use crate::record_set::{Key, RecordSet};

const ADDRESS: &str = "address";
const CHANGE: &str = "change";
const HEALTH_CHECK: &str = "health-check";
const HOSTED_ZONE: &str = "hosted-zone";
const RECORD_SET: &str = "record-set";

/// All that is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) zones: BTreeMap<String, Zone>,
    pub(crate) changes: BTreeMap<String, Change>,
    pub(crate) checks: BTreeMap<String, HealthCheck>,
    /// The addresses that stand for load balancers, distributions and website endpoints.
    pub(crate) addresses: BTreeMap<String, Ipv4Addr>,
}

/// A hosted zone with the record sets that SDKs see. Name servers may be behind them.
#[derive(Clone, Debug)]
pub(crate) struct Zone {
    pub(crate) settings: Settings,
    pub(crate) records: BTreeMap<Key, RecordSet>,
    /// When the last change reaches all name servers.
    pub(crate) in_sync: Time,
}

/// A zone without its record sets: one record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) id: String,
    pub(crate) name: Name,
    pub(crate) caller_reference: String,
    pub(crate) comment: Option<String>,
    pub(crate) name_servers: Vec<String>,
    pub(crate) tags: BTreeMap<String, String>,
    /// Where askers are, as the template's hint says.
    pub(crate) locations: Vec<Location>,
    /// The VPCs that a private zone answers in; none: it is public.
    #[serde(default)]
    pub(crate) vpcs: Vec<Vpc>,
}

impl Settings {
    pub(crate) const fn is_private(&self) -> bool {
        !self.vpcs.is_empty()
    }
}

/// A VPC as operations name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vpc {
    #[serde(rename = "VPCRegion")]
    pub(crate) region: String,
    #[serde(rename = "VPCId")]
    pub(crate) id: String,
}

/// Where the askers of a network are. AWS looks that up in data it does not publish; here the
/// template's metadata says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Location {
    /// `192.0.2.0/24`
    pub(crate) cidr: String,
    /// `EU`
    pub(crate) continent: Option<String>,
    /// `DE`
    pub(crate) country: Option<String>,
    /// `CA`, of the United States
    pub(crate) subdivision: Option<String>,
    /// The Region nearest to them.
    pub(crate) region: Option<String>,
}

/// A change and when all name servers know of it (R53-CHG-03).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) id: String,
    pub(crate) comment: Option<String>,
    pub(crate) submitted: Time,
    pub(crate) in_sync: Time,
}

impl Change {
    /// `ChangeInfo`
    pub(crate) fn shown(&self, now: Time) -> Value {
        let status = if self.in_sync <= now { "INSYNC" } else { "PENDING" };
        let mut shown = json!({
            "Id": format!("/change/{}", self.id),
            "Status": status,
            "SubmittedAt": self.submitted.iso8601(),
        });
        if let Some(comment) = &self.comment {
            shown["Comment"] = json!(comment);
        }
        shown
    }
}

impl State {
    /// The zone of an id as it is written, with `/hostedzone/` before it or without.
    pub(crate) fn zone(&self, id: &str) -> Result<&Zone, ApiError> {
        let id = bare(id);
        self.zones.get(id).ok_or_else(|| error::no_such_hosted_zone(id))
    }

    pub(crate) fn zone_mut(&mut self, id: &str) -> Result<&mut Zone, ApiError> {
        let id = bare(id);
        self.zones.get_mut(id).ok_or_else(|| error::no_such_hosted_zone(id))
    }

    pub(crate) fn check(&self, id: &str) -> Result<&HealthCheck, ApiError> {
        self.checks.get(id).ok_or_else(|| error::no_such_health_check(id))
    }

    pub(crate) fn check_mut(&mut self, id: &str) -> Result<&mut HealthCheck, ApiError> {
        self.checks.get_mut(id).ok_or_else(|| error::no_such_health_check(id))
    }

    /// The zone that a name lies in: the longest one, of several the oldest (R53-ZN-12). Within a
    /// VPC its private zones come first, and what they do not have is nowhere (R53-ZN-13).
    pub(crate) fn zone_of(&self, name: &Name, vpc: Option<&str>) -> Option<&Zone> {
        let private = vpc.and_then(|vpc| {
            self.longest(name, |settings| settings.vpcs.iter().any(|one| one.id == vpc))
        });
        private.or_else(|| self.longest(name, |settings| !settings.is_private()))
    }

    fn longest(&self, name: &Name, fits: impl Fn(&Settings) -> bool) -> Option<&Zone> {
        let within = self.zones.values().filter(|zone| name.is_within(&zone.settings.name));
        within.filter(|zone| fits(&zone.settings)).max_by(|one, other| {
            let labels = |zone: &Zone| zone.settings.name.label_count();
            let age = |zone: &Zone| zone.settings.id.clone();
            labels(one).cmp(&labels(other)).then_with(|| age(other).cmp(&age(one)))
        })
    }

    /// Takes back a record from before a restart.
    pub(crate) fn restore(&mut self, record: &Record) -> Result<(), String> {
        let document = record.document.clone().ok_or("a record without document")?;
        let wrong = |error: serde_json::Error| error.to_string();
        let id = record.id.clone();
        match record.kind.as_str() {
            ADDRESS => {
                let address = serde_json::from_value(document).map_err(wrong)?;
                self.addresses.insert(id, address);
            }
            CHANGE => {
                let change = serde_json::from_value(document).map_err(wrong)?;
                self.changes.insert(id, change);
            }
            HEALTH_CHECK => {
                let check = serde_json::from_value(document).map_err(wrong)?;
                self.checks.insert(id, check);
            }
            HOSTED_ZONE => {
                let settings = serde_json::from_value(document).map_err(wrong)?;
                let (records, in_sync) = (BTreeMap::new(), Time::default());
                self.zones.insert(id, Zone { settings, records, in_sync });
            }
            RECORD_SET => {
                let set: RecordSet = serde_json::from_value(document).map_err(wrong)?;
                let zone = id.split(' ').next().unwrap_or_default();
                let zone = self.zones.get_mut(zone).ok_or("a record set of no zone")?;
                zone.records.insert(set.key(), set);
            }
            other => return Err(error::unknown_record(other)),
        }
        Ok(())
    }

    pub(crate) fn store_address(&self, cx: &mut Cx<'_>, host: &str) {
        let address = self.addresses.get(host);
        cx.store(ADDRESS, host, address.and_then(|address| serde_json::to_value(address).ok()));
    }

    pub(crate) fn store_check(&self, cx: &mut Cx<'_>, id: &str) {
        let check = self.checks.get(id);
        cx.store(HEALTH_CHECK, id, check.and_then(|check| serde_json::to_value(check).ok()));
    }
}

impl Change {
    pub(crate) fn store(&self, cx: &mut Cx<'_>) {
        cx.store(CHANGE, &self.id, serde_json::to_value(self).ok());
    }
}

impl Settings {
    pub(crate) fn store(&self, cx: &mut Cx<'_>) {
        cx.store(HOSTED_ZONE, &self.id, serde_json::to_value(self).ok());
    }

    pub(crate) fn forget(&self, cx: &mut Cx<'_>) {
        cx.store(HOSTED_ZONE, &self.id, None);
    }
}

impl Zone {
    /// Remembers what became of a record set; one that is there no more is forgotten.
    pub(crate) fn store_record(&self, cx: &mut Cx<'_>, key: &Key) {
        let id = format!("{} {} {} {}", self.settings.id, key.name, key.kind, key.set);
        let set = self.records.get(key);
        cx.store(RECORD_SET, &id, set.and_then(|set| serde_json::to_value(set).ok()));
    }
}

/// `Z123` of `/hostedzone/Z123`, `C1` of `/change/C1`.
pub(crate) fn bare(id: &str) -> &str {
    id.rsplit_once('/').map_or(id, |(_, id)| id)
}
