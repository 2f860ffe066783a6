//! A record set as SDKs write and read it, and the key it is known under.

use serde::{Deserialize, Serialize};
use standin_kernel::dns::Name;

/// Name, type and set identifier; the order in which record sets are listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) name: Name,
    /// `AAAA`
    pub(crate) kind: String,
    /// Empty for a simple record set.
    pub(crate) set: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct RecordSet {
    pub(crate) name: Name,
    #[serde(rename = "Type")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) set_identifier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) weight: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) geo_location: Option<GeoLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) geo_proximity_location: Option<GeoProximity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failover: Option<Failover>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) multi_value_answer: Option<bool>,
    #[serde(rename = "TTL", skip_serializing_if = "Option::is_none")]
    pub(crate) ttl: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) resource_records: Vec<ResourceRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alias_target: Option<AliasTarget>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) health_check_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ResourceRecord {
    pub(crate) value: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct AliasTarget {
    pub(crate) hosted_zone_id: String,
    #[serde(rename = "DNSName")]
    pub(crate) dns_name: Name,
    pub(crate) evaluate_target_health: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct GeoLocation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) continent_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) country_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subdivision_code: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct GeoProximity {
    #[serde(rename = "AWSRegion", skip_serializing_if = "Option::is_none")]
    pub(crate) aws_region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) coordinates: Option<Coordinates>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bias: Option<i64>,
}

/// Degrees, as text with at most two decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Coordinates {
    pub(crate) latitude: String,
    pub(crate) longitude: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Failover {
    Primary,
    Secondary,
}

/// The routing policies, by the member that asks for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PolicyKind {
    Weight,
    Region,
    Failover,
    GeoLocation,
    MultiValueAnswer,
    GeoProximityLocation,
}

impl RecordSet {
    /// A simple one.
    pub(crate) fn simple(name: Name, kind: &str, ttl: i64, values: &[String]) -> Self {
        let value = |value: &String| ResourceRecord { value: value.clone() };
        Self {
            name,
            kind: kind.to_owned(),
            set_identifier: None,
            weight: None,
            region: None,
            geo_location: None,
            geo_proximity_location: None,
            failover: None,
            multi_value_answer: None,
            ttl: Some(ttl),
            resource_records: values.iter().map(value).collect(),
            alias_target: None,
            health_check_id: None,
        }
    }

    pub(crate) fn key(&self) -> Key {
        let set = self.set_identifier.clone().unwrap_or_default();
        Key { name: self.name.clone(), kind: self.kind.clone(), set }
    }

    /// The policies its members ask for; none for a simple one.
    pub(crate) fn policies(&self) -> Vec<PolicyKind> {
        let members = [
            (self.weight.is_some(), PolicyKind::Weight),
            (self.region.is_some(), PolicyKind::Region),
            (self.failover.is_some(), PolicyKind::Failover),
            (self.geo_location.is_some(), PolicyKind::GeoLocation),
            (self.multi_value_answer == Some(true), PolicyKind::MultiValueAnswer),
            (self.geo_proximity_location.is_some(), PolicyKind::GeoProximityLocation),
        ];
        members.into_iter().filter(|(there, _)| *there).map(|(_, kind)| kind).collect()
    }

    /// As messages name it: `[name='www.example.com.', type='A', set-identifier='one']`.
    pub(crate) fn shown(&self) -> String {
        let set = self.set_identifier.as_ref();
        let set = set.map(|set| format!(", set-identifier='{set}'")).unwrap_or_default();
        format!("[name='{}', type='{}'{set}]", self.name, self.kind)
    }

    /// Whether both say the same; the order of values does not count.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let sorted = |set: &Self| {
            let mut set = set.clone();
            set.resource_records.sort();
            set
        };
        sorted(self) == sorted(other)
    }
}
