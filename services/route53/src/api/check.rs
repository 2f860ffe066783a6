//! What may stand in a zone: the form of one record set, the set by itself, and all sets together.

use std::collections::{BTreeMap, BTreeSet};

use standin_kernel::ApiError;
use standin_kernel::dns::RecordType;

use super::change::Action;
use crate::data::zone::Entry;
use crate::data::{rdata, target};
use crate::error::invalid_input;
use crate::record_set::{Key, PolicyKind, RecordSet};
use crate::state::{Settings, Zone};

/// R53-CHG-05
const RECORDS_PER_ZONE_MAX: usize = 10_000;
const SETS_PER_NAME_MAX: usize = 100;
const VALUES_MAX: usize = 400;
/// R53-CHG-06
const TTL_MAX: i64 = 2_147_483_647;

/// Whether a set has the members it needs and no other; not so is invalid input.
pub(super) fn form(action: Action, set: &RecordSet) -> Result<(), ApiError> {
    let shown = |set: &RecordSet| {
        let identifier = set.set_identifier.as_deref().unwrap_or("null");
        format!(
            "Change with [Action={}, Name={}, Type={}, SetIdentifier={identifier}]",
            action.name(),
            set.name,
            set.kind
        )
    };
    let invalid = |what: &str| invalid_input(format!("Invalid request: {what} in {}", shown(set)));
    if RecordType::parse(&set.kind).is_none() {
        return Err(invalid("Unknown record type"));
    }
    let values = set.ttl.is_some() || !set.resource_records.is_empty();
    let either = "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or \
                  TrafficPolicyInstanceId], but found";
    match (&set.alias_target, values) {
        // R53-AL-13
        (Some(_), true) => return Err(invalid(&format!("{either} more than one"))),
        (None, false) => return Err(invalid(&format!("{either} none"))),
        (None, true) if set.ttl.is_none() => return Err(invalid("Missing field 'TTL'")),
        (None, true) if set.resource_records.is_empty() => {
            return Err(invalid("Missing field 'ResourceRecords'"));
        }
        _ => {}
    }
    let policies = set.policies();
    if policies.len() > 1 {
        return Err(invalid("More than one routing policy"));
    }
    match (&set.set_identifier, policies.first()) {
        // R53-CHG-08
        (None, Some(_)) => return Err(invalid("Missing field 'SetIdentifier'")),
        (Some(_), None) => {
            let one = "Expected exactly one of [Weight, Region, Failover, GeoLocation, \
                       MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig], but found \
                       none";
            return Err(invalid(one));
        }
        _ => {}
    }
    if set.ttl.is_some_and(|ttl| !(0..=TTL_MAX).contains(&ttl)) {
        return Err(invalid("TTL must be between 0 and 2147483647"));
    }
    if set.weight.is_some_and(|weight| !(0..=255).contains(&weight)) {
        return Err(invalid("Weight must be between 0 and 255"));
    }
    if set.set_identifier.as_ref().is_some_and(|text| text.is_empty() || text.len() > 128) {
        return Err(invalid("SetIdentifier has 1 to 128 characters"));
    }
    Ok(())
}

/// What is wrong with a set by itself.
pub(super) fn alone(zone: &Settings, set: &RecordSet) -> Vec<String> {
    let mut wrong = Vec::new();
    let apex = &zone.name;
    if !set.name.is_within(apex) {
        wrong.push(format!("RRSet with DNS name {} is not permitted in zone {apex}", set.name));
    }
    // R53-ZN-09
    if set.kind == "CNAME" && set.name == *apex {
        wrong.push(format!(
            "RRSet of type CNAME with DNS name {} is not permitted at apex in zone {apex}",
            set.name
        ));
    }
    // R53-ZN-06
    if set.kind == "NS" && set.name.is_wildcard() {
        wrong.push(format!("RRSet of type NS with DNS name {} is not permitted", set.name));
    }
    if set.kind == "SOA" && (set.name != *apex || set.alias_target.is_some()) {
        wrong.push(format!(
            "RRSet of type SOA with DNS name {} is not permitted in zone {apex}",
            set.name
        ));
    }
    if set.resource_records.len() > VALUES_MAX {
        wrong.push(format!("A record set has at most {VALUES_MAX} values: {}", set.shown()));
    }
    if matches!(set.kind.as_str(), "CNAME" | "SOA") && set.resource_records.len() > 1 {
        wrong.push(format!("RRSet of type {} must have exactly one value", set.kind));
    }
    let mut values = BTreeSet::new();
    if let Some(twice) = set.resource_records.iter().find(|one| !values.insert(&one.value)) {
        wrong.push(format!("Duplicate Resource Record: '{}'", twice.value));
    }
    if let Some(kind) = RecordType::parse(&set.kind) {
        let values = set.resource_records.iter();
        wrong.extend(values.filter_map(|record| rdata::parse(kind, &record.value).err()));
    }
    if set.multi_value_answer == Some(true) && set.resource_records.len() > 1 {
        wrong.push(format!("A multivalue answer has one value: {}", set.shown()));
    }
    if set.multi_value_answer == Some(true) && set.alias_target.is_some() {
        wrong.push(format!("A multivalue answer cannot be an alias: {}", set.shown()));
    }
    // R53-RP-15
    if set.policies().is_empty() && set.health_check_id.is_some() && set.alias_target.is_none() {
        wrong.push(format!("A simple record set cannot have a health check: {}", set.shown()));
    }
    wrong.extend(alias(zone, set));
    if wrong.is_empty()
        && let Some(kind) = RecordType::parse(&set.kind)
        && let Err(message) = Entry::compile(set, kind, |_| std::net::Ipv4Addr::LOCALHOST)
    {
        wrong.push(message);
    }
    wrong
}

/// What is wrong with an alias.
fn alias(zone: &Settings, set: &RecordSet) -> Option<String> {
    let alias = set.alias_target.as_ref()?;
    let tried = format!(
        "Tried to create an alias that targets {}, type {} in zone {}",
        alias.dns_name, set.kind, alias.hosted_zone_id
    );
    let own = alias.hosted_zone_id == zone.id;
    if own {
        if matches!(set.kind.as_str(), "NS" | "SOA") {
            return Some(format!("{tried}, but an alias of this type cannot be had"));
        }
        let inside = alias.dns_name.is_within(&zone.name);
        return (!inside).then(|| {
            format!("{tried}, but the alias target name does not lie within the target zone")
        });
    }
    match target::kind(&alias.hosted_zone_id, &alias.dns_name) {
        Err(target::Wrong::NotInZone) => {
            Some(format!("{tried}, but the alias target name does not lie within the target zone"))
        }
        Err(target::Wrong::NotBuilt) => {
            Some(format!("{tried}, but targets of this kind are not supported by Standin"))
        }
        // R53-AL-03
        Ok(target::Kind::Distribution) if zone.is_private() => {
            Some(format!("{tried}, but that cannot be had in a private zone"))
        }
        // R53-AL-04
        Ok(target::Kind::Distribution) if alias.evaluate_target_health => Some(
            "EvaluateTargetHealth can not be set to true for an alias that targets a CloudFront \
             distribution"
                .into(),
        ),
        Ok(kind) => {
            let types: &[&str] = match kind {
                target::Kind::Distribution => &["A", "AAAA", "HTTPS"],
                target::Kind::LoadBalancer => &["A", "AAAA"],
                target::Kind::Website => &["A"],
            };
            (!types.contains(&set.kind.as_str()))
                .then(|| format!("{tried}, but that target was not found"))
        }
    }
}

/// What is wrong with the zone as it would be, as far as the touched names go.
pub(super) fn together(
    zone: &Zone,
    records: &BTreeMap<Key, RecordSet>,
    touched: &BTreeSet<Key>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let apex = &zone.settings.name;
    if records.len() > RECORDS_PER_ZONE_MAX {
        wrong.push(format!("A zone has at most {RECORDS_PER_ZONE_MAX} records"));
    }
    let own = |kind: &str| {
        let (kind, set) = (kind.to_owned(), String::new());
        records.contains_key(&Key { name: apex.clone(), kind, set })
    };
    if !own("NS") {
        wrong.push("A HostedZone must contain at least one NS record for the zone itself.".into());
    }
    if !own("SOA") {
        wrong.push("A HostedZone must contain exactly one SOA record.".into());
    }
    let groups: BTreeSet<(_, _)> = touched.iter().map(|key| (&key.name, &key.kind)).collect();
    for (name, kind) in groups {
        let from = Key { name: name.clone(), kind: String::new(), set: String::new() };
        let at_name: Vec<&RecordSet> = records
            .range(from..)
            .take_while(|(key, _)| key.name == *name)
            .map(|(_, set)| set)
            .collect();
        let cname = at_name.iter().any(|set| set.kind == "CNAME");
        if cname && at_name.iter().any(|set| set.kind != "CNAME") {
            wrong.push(format!(
                "RRSet of type {kind} with DNS name {name} is not permitted as it conflicts with \
                 other records with the same DNS name in zone {apex}"
            ));
        }
        let group: Vec<&RecordSet> = at_name.into_iter().filter(|set| set.kind == *kind).collect();
        wrong.extend(one_group(&group));
        wrong.extend(group.iter().filter_map(|set| target_record(zone, records, set)));
    }
    wrong
}

/// An alias of a record of the zone: it has to be there, with the same type (R53-AL-09).
fn target_record(
    zone: &Zone,
    records: &BTreeMap<Key, RecordSet>,
    set: &RecordSet,
) -> Option<String> {
    let alias = set.alias_target.as_ref()?;
    if alias.hosted_zone_id != zone.settings.id {
        return None;
    }
    let from = Key { name: alias.dns_name.clone(), kind: set.kind.clone(), set: String::new() };
    let next = records.range(from..).next();
    let there = next.is_some_and(|(key, _)| key.name == alias.dns_name && key.kind == set.kind);
    (!there).then(|| {
        format!(
            "Tried to create an alias that targets {}, type {} in zone {}, but that target was \
             not found",
            alias.dns_name, set.kind, zone.settings.id
        )
    })
}

/// All sets of one name and type.
fn one_group(group: &[&RecordSet]) -> Vec<String> {
    let Some(first) = group.first() else { return Vec::new() };
    let mut wrong = Vec::new();
    let at = format!("RRSet with DNS name {}, type {}", first.name, first.kind);
    let kinds: BTreeSet<Option<PolicyKind>> =
        group.iter().map(|set| set.policies().first().copied()).collect();
    if kinds.contains(&None) && group.len() > 1 {
        let set = group.iter().find_map(|set| set.set_identifier.as_deref()).unwrap_or("null");
        wrong.push(format!(
            "{at}, SetIdentifier {set} cannot be created because a non multi-answer RRSet exists \
             with the same name and type"
        ));
    } else if kinds.len() > 1 {
        wrong.push(format!("{at} has record sets of different routing policies"));
    }
    if group.len() > SETS_PER_NAME_MAX {
        wrong.push(format!("{at} has more than {SETS_PER_NAME_MAX} record sets"));
    }
    let mut unique = BTreeSet::new();
    for set in group {
        // R53-RP-05, R53-RP-10, R53-RP-11
        let mark = match (&set.failover, &set.region, &set.geo_location) {
            (Some(role), ..) => format!("Failover {role:?}"),
            (_, Some(region), _) => format!("Region {region}"),
            (_, _, Some(location)) => format!("GeoLocation {location:?}"),
            _ => continue,
        };
        if !unique.insert(mark.clone()) {
            let set = set.set_identifier.as_deref().unwrap_or("null");
            wrong.push(format!(
                "{at}, SetIdentifier {set} cannot be created as an RRSet with the same {mark} \
                 exists"
            ));
        }
    }
    // R53-CHG-07
    let weighted = group.iter().filter(|set| set.weight.is_some());
    let times: BTreeSet<i64> = weighted.filter_map(|set| set.ttl).collect();
    if times.len() > 1 {
        wrong.push(format!("{at} has weighted record sets with different TTLs"));
    }
    wrong
}
