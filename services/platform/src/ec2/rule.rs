//! The rules of security groups: which are valid, when two are the same, and how they are shown.

use std::net::Ipv6Addr;

use serde::{Deserialize, Serialize};
use standin_kernel::ids::ec2_id;
use standin_kernel::{ApiError, Rng, Value, json};

use super::api::error::refused;
use super::cidr::Cidr;
use crate::operation::present;

/// One protocol, one range of ports, one peer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) egress: bool,
    #[serde(flatten)]
    pub(super) what: Permission,
    pub(super) description: Option<String>,
}

/// What makes two rules of a direction the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Permission {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, `-1` for all, or a number.
    pub(super) protocol: String,
    /// For ICMP type and code.
    pub(super) ports: Option<(i64, i64)>,
    pub(super) peer: Peer,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Peer {
    Block(Cidr),
    /// In canonical form.
    Block6(String),
    PrefixList(String),
    Group(String),
}

/// As SDKs write permissions: all peers of one protocol and range.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct IpPermission {
    pub(super) ip_protocol: String,
    pub(super) from_port: Option<i64>,
    pub(super) to_port: Option<i64>,
    #[serde(default)]
    pub(super) ip_ranges: Vec<IpRange>,
    #[serde(default)]
    pub(super) ipv6_ranges: Vec<Ipv6Range>,
    #[serde(default)]
    pub(super) prefix_list_ids: Vec<PrefixListId>,
    #[serde(default)]
    pub(super) user_id_group_pairs: Vec<GroupPair>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct IpRange {
    pub(super) cidr_ip: String,
    pub(super) description: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Ipv6Range {
    pub(super) cidr_ipv6: String,
    pub(super) description: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct PrefixListId {
    pub(super) prefix_list_id: String,
    pub(super) description: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct GroupPair {
    pub(super) group_id: Option<String>,
    pub(super) group_name: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) vpc_id: Option<String>,
    pub(super) description: Option<String>,
}

impl Rule {
    /// The rule that a default group has: whoever is in it.
    pub(super) fn from_same_group(rng: &mut Rng, group: &str) -> Self {
        Self::everything(rng, false, Peer::Group(group.to_owned()))
    }

    /// The rule that every group has at first: out to anywhere.
    pub(super) fn to_anywhere(rng: &mut Rng) -> Self {
        Self::everything(rng, true, Peer::Block(Cidr::EVERYTHING))
    }

    fn everything(rng: &mut Rng, egress: bool, peer: Peer) -> Self {
        let what = Permission { protocol: "-1".into(), ports: None, peer };
        Self { id: ec2_id(rng, "sgr"), egress, what, description: None }
    }
}

/// Protocol and ports in the form they are kept in.
pub(super) fn reach(
    protocol: &str,
    from: Option<i64>,
    to: Option<i64>,
) -> Result<(String, Option<(i64, i64)>), ApiError> {
    let protocol = known(protocol)?;
    let limits = match protocol.as_str() {
        "tcp" | "udp" => 0..=65_535,
        "icmp" | "icmpv6" => -1..=255,
        _ => return Ok((protocol, None)),
    };
    let icmp = limits.contains(&-1);
    let (from, to) = match (from, to) {
        (Some(from), Some(to)) => (from, to),
        (from, None) if icmp => (from.unwrap_or(-1), -1),
        _ => {
            let message = "Invalid value 'Must specify both from and to ports with TCP/UDP.' \
                           for portRange.";
            return Err(refused("InvalidParameterValue", message));
        }
    };
    let whole = !icmp && (from, to) == (-1, -1);
    if whole {
        return Ok((protocol, Some((0, 65_535))));
    }
    if !limits.contains(&from) || !limits.contains(&to) || (!icmp && from > to) {
        let upper = protocol.to_uppercase();
        let message = format!("Invalid {upper} port range: from {from} to {to}.");
        return Err(refused("InvalidParameterValue", message));
    }
    Ok((protocol, Some((from, to))))
}

fn known(protocol: &str) -> Result<String, ApiError> {
    let lower = protocol.to_ascii_lowercase();
    let name = match lower.as_str() {
        "tcp" | "6" => "tcp",
        "udp" | "17" => "udp",
        "icmp" | "1" => "icmp",
        "icmpv6" | "58" => "icmpv6",
        "-1" => "-1",
        number if number.parse::<u8>().is_ok() => number,
        _ => {
            let message = format!("Invalid value '{protocol}' for IP protocol. Unknown protocol.");
            return Err(refused("InvalidParameterValue", message));
        }
    };
    Ok(name.to_owned())
}

/// An IPv4 block as a peer.
pub(super) fn block(text: &str) -> Result<Peer, ApiError> {
    Cidr::parse(text).map(Peer::Block).ok_or_else(|| malformed(text))
}

/// An IPv6 block as a peer; bits behind the prefix are dropped.
pub(super) fn block6(text: &str) -> Result<Peer, ApiError> {
    let parsed = || {
        let (address, prefix) = text.split_once('/')?;
        let address: Ipv6Addr = address.parse().ok()?;
        let prefix: u32 = prefix.parse().ok().filter(|prefix| *prefix <= 128)?;
        let mask = if prefix == 0 { 0 } else { u128::MAX << (128 - prefix) };
        Some(format!("{}/{prefix}", Ipv6Addr::from(u128::from(address) & mask)))
    };
    parsed().map(Peer::Block6).ok_or_else(|| malformed(text))
}

fn malformed(text: &str) -> ApiError {
    refused("InvalidParameterValue", format!("CIDR block {text} is malformed"))
}

/// A prefix list as a peer. AWS's own lists have ids that nobody here can know, so any id will do.
pub(super) fn prefix_list(id: &str) -> Result<Peer, ApiError> {
    if id.starts_with("pl-") {
        return Ok(Peer::PrefixList(id.to_owned()));
    }
    let message = format!("Invalid id: \"{id}\" (expecting \"pl-...\")");
    Err(refused("InvalidPrefixListId.Malformed", message))
}

/// At most 255 of the characters EC2 takes in the descriptions of groups and rules.
pub(super) fn check_description(text: &str, of: &str) -> Result<(), ApiError> {
    let fine = |character: char| {
        character.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(character)
    };
    if text.len() <= 255 && text.chars().all(fine) {
        return Ok(());
    }
    let message = format!(
        "Invalid {of} description. Valid descriptions are strings less than 256 characters from \
         the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{{}}!$*"
    );
    Err(refused("InvalidParameterValue", message))
}

impl Permission {
    /// As EC2 writes it in refusals: `peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW`.
    pub(super) fn words(&self) -> String {
        let peer = match &self.peer {
            Peer::Block(cidr) => cidr.to_string(),
            Peer::Block6(text) | Peer::PrefixList(text) | Peer::Group(text) => text.clone(),
        };
        let protocol = match self.protocol.as_str() {
            "-1" => "ALL".to_owned(),
            other => other.to_uppercase(),
        };
        match self.ports {
            Some((from, to)) => {
                format!("peer: {peer}, {protocol}, from port: {from}, to port: {to}, ALLOW")
            }
            None => format!("peer: {peer}, {protocol}, ALLOW"),
        }
    }
}

/// Rules of one direction as `DescribeSecurityGroups` shows them: grouped by protocol and ports.
pub(super) fn permissions<'r>(rules: impl Iterator<Item = &'r Rule>, account: &str) -> Value {
    let mut shown: Vec<Value> = Vec::new();
    for rule in rules {
        let Permission { protocol, ports, peer } = &rule.what;
        let (from, to) = (ports.map(|ports| ports.0), ports.map(|ports| ports.1));
        let same = |one: &Value| {
            one["IpProtocol"] == json!(protocol)
                && one["FromPort"] == json!(from)
                && one["ToPort"] == json!(to)
        };
        let at = shown.iter().position(same).unwrap_or_else(|| {
            let mut new = json!({
                "IpProtocol": protocol, "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [],
                "UserIdGroupPairs": [],
            });
            if let Some((from, to)) = ports {
                new["FromPort"] = json!(from);
                new["ToPort"] = json!(to);
            }
            shown.push(new);
            shown.len() - 1
        });
        let description = &rule.description;
        let (list, entry) = match peer {
            Peer::Block(cidr) => ("IpRanges", json!({"CidrIp": cidr, "Description": description})),
            Peer::Block6(cidr) => {
                ("Ipv6Ranges", json!({"CidrIpv6": cidr, "Description": description}))
            }
            Peer::PrefixList(id) => {
                ("PrefixListIds", json!({"PrefixListId": id, "Description": description}))
            }
            Peer::Group(id) => {
                let pair = json!({"GroupId": id, "UserId": account, "Description": description});
                ("UserIdGroupPairs", pair)
            }
        };
        if let Some(entries) = shown[at][list].as_array_mut() {
            entries.push(present(entry));
        }
    }
    Value::Array(shown)
}

/// A rule as `DescribeSecurityGroupRules` shows it.
pub(super) fn show(rule: &Rule, group: &str, account: &str) -> Value {
    let Permission { protocol, ports, peer } = &rule.what;
    let (from, to) = ports.unwrap_or((-1, -1));
    let mut shown = present(json!({
        "SecurityGroupRuleId": rule.id,
        "GroupId": group,
        "GroupOwnerId": account,
        "IsEgress": rule.egress,
        "IpProtocol": protocol,
        "FromPort": from,
        "ToPort": to,
        "Description": rule.description,
        "Tags": [],
    }));
    let (member, value) = match peer {
        Peer::Block(cidr) => ("CidrIpv4", json!(cidr)),
        Peer::Block6(cidr) => ("CidrIpv6", json!(cidr)),
        Peer::PrefixList(id) => ("PrefixListId", json!(id)),
        Peer::Group(id) => ("ReferencedGroupInfo", json!({"GroupId": id, "UserId": account})),
    };
    shown[member] = value;
    shown
}
