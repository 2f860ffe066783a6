//! Hosted zones: made with four name servers and an SOA record, listed, deleted when empty.

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::dns::Name;
use standin_kernel::{ApiError, Cx, Rng, Value, ids, json};

use super::{PAGE, PAGE_MAX, page_size, read, vpc};
use crate::Route53;
use crate::error::{hosted_zone_not_empty, invalid_input};
use crate::record_set::RecordSet;
use crate::state::{Location, Settings, Vpc, Zone, bare};

const ZONES_MAX: usize = 500;
/// Seconds (R53-ZN-01).
const NS_TTL_S: i64 = 172_800;
const SOA_TTL_S: i64 = 900;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    name: String,
    caller_reference: String,
    hosted_zone_config: Option<ZoneConfig>,
    #[serde(rename = "VPC")]
    vpc: Option<Vpc>,
    standin: Option<Hint>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ZoneConfig {
    comment: Option<String>,
    private_zone: Option<bool>,
}

/// What a template's metadata says about a zone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Hint {
    #[serde(default)]
    locations: Vec<Location>,
}

pub(super) fn create(
    route53: &mut Route53,
    cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: Create = read("CreateHostedZone", input)?;
    let config = input.hosted_zone_config;
    let private = config.as_ref().and_then(|config| config.private_zone).unwrap_or(false);
    if private && input.vpc.is_none() {
        return Err(invalid_input("A private hosted zone needs a VPC to be associated with"));
    }
    let wrong = || ApiError::new("InvalidDomainName", 400, "The domain name is not valid.");
    let name = Name::parse(&input.name).map_err(|_| wrong())?;
    if name.label_count() < 1 || name.is_wildcard() {
        return Err(wrong());
    }
    let zones = &route53.state.zones;
    if zones.values().any(|zone| zone.settings.caller_reference == input.caller_reference) {
        let message = "A hosted zone has already been created with the specified caller reference.";
        return Err(ApiError::new("HostedZoneAlreadyExists", 409, message));
    }
    if zones.len() >= ZONES_MAX {
        let message =
            "Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER - Cannot create more hosted zones";
        return Err(ApiError::new("TooManyHostedZones", 400, message));
    }
    if let Some(vpc) = &input.vpc {
        vpc::free_for(&route53.state, &name, vpc)?;
    }
    let locations = input.standin.map(|hint| hint.locations).unwrap_or_default();
    if let Some(wrong) = locations.iter().find(|at| crate::data::location::cidr(&at.cidr).is_none())
    {
        return Err(invalid_input(format!("Standin.Locations: {} is no network", wrong.cidr)));
    }
    let settings = Settings {
        id: format!("Z{}", ids::upper(cx.rng, 20)),
        name,
        caller_reference: input.caller_reference,
        comment: config.and_then(|config| config.comment),
        name_servers: match &input.vpc {
            None => name_servers(cx.rng),
            Some(_) => vpc::NAME_SERVERS.map(str::to_owned).to_vec(),
        },
        tags: BTreeMap::new(),
        locations,
        vpcs: input.vpc.iter().cloned().collect(),
    };
    let id = settings.id.clone();
    settings.store(cx);
    let own = own_records(&settings).into_iter();
    let own = own.map(|set| (set.key(), Some(set))).collect();
    let zone = Zone { settings, records: BTreeMap::new(), in_sync: cx.now };
    route53.state.zones.insert(id.clone(), zone);
    let change = route53.apply(cx, &id, own, None)?;
    let zone = route53.state.zone(&id)?;
    let mut made = json!({
        "HostedZone": shown(zone),
        "ChangeInfo": change,
        "Location": format!("https://route53.amazonaws.com/2013-04-01/hostedzone/{id}"),
    });
    match input.vpc {
        Some(vpc) => made["VPC"] = json!(vpc),
        None => made["DelegationSet"] = json!({"NameServers": zone.settings.name_servers}),
    }
    Ok(made)
}

/// Four servers under different top level domains, as Route 53 names them.
fn name_servers(rng: &mut Rng) -> Vec<String> {
    let mut server = |domain: &str, first: u64| {
        let (number, group) = (first + rng.below(512), rng.below(64));
        format!("ns-{number}.awsdns-{group:02}.{domain}")
    };
    vec![server("com", 0), server("net", 512), server("org", 1024), server("co.uk", 1536)]
}

/// The records every zone has (R53-ZN-01, R53-ZN-02).
fn own_records(settings: &Settings) -> Vec<RecordSet> {
    let servers: Vec<String> =
        settings.name_servers.iter().map(|server| format!("{server}.")).collect();
    let soa = format!("{} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400", servers[0]);
    vec![
        RecordSet::simple(settings.name.clone(), "NS", NS_TTL_S, &servers),
        RecordSet::simple(settings.name.clone(), "SOA", SOA_TTL_S, &[soa]),
    ]
}

/// `HostedZone`
fn shown(zone: &Zone) -> Value {
    let settings = &zone.settings;
    let mut shown = json!({
        "Id": format!("/hostedzone/{}", settings.id),
        "Name": settings.name,
        "CallerReference": settings.caller_reference,
        "Config": {"PrivateZone": settings.is_private()},
        "ResourceRecordSetCount": zone.records.len(),
    });
    if let Some(comment) = &settings.comment {
        shown["Config"]["Comment"] = json!(comment);
    }
    shown
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ById {
    id: String,
}

pub(super) fn get(
    route53: &mut Route53,
    _cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: ById = read("GetHostedZone", input)?;
    let zone = route53.state.zone(&input.id)?;
    Ok(match zone.settings.is_private() {
        true => json!({"HostedZone": shown(zone), "VPCs": zone.settings.vpcs}),
        false => json!({
            "HostedZone": shown(zone),
            "DelegationSet": {"NameServers": zone.settings.name_servers},
        }),
    })
}

pub(super) fn count(
    route53: &mut Route53,
    _cx: &mut Cx<'_>,
    _input: &Value,
) -> Result<Value, ApiError> {
    Ok(json!({"HostedZoneCount": route53.state.zones.len()}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    marker: Option<String>,
    max_items: Option<String>,
}

pub(super) fn list(
    route53: &mut Route53,
    _cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: List = read("ListHostedZones", input)?;
    let size = page_size(input.max_items.as_deref(), PAGE, PAGE_MAX)?;
    let marker = input.marker.unwrap_or_default();
    let mut zones = route53.state.zones.range(bare(&marker).to_owned()..);
    let page: Vec<Value> = zones.by_ref().take(size).map(|(_, zone)| shown(zone)).collect();
    let next = zones.next();
    let mut listed = json!({
        "HostedZones": page,
        "Marker": marker,
        "IsTruncated": next.is_some(),
        "MaxItems": size.to_string(),
    });
    if let Some((id, _)) = next {
        listed["NextMarker"] = json!(id);
    }
    Ok(listed)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListByName {
    #[serde(rename = "DNSName")]
    dns_name: Option<String>,
    hosted_zone_id: Option<String>,
    max_items: Option<String>,
}

pub(super) fn list_by_name(
    route53: &mut Route53,
    _cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: ListByName = read("ListHostedZonesByName", input)?;
    let size = page_size(input.max_items.as_deref(), PAGE, PAGE_MAX)?;
    let name = input.dns_name.as_deref().map(Name::parse).transpose();
    let name = name.map_err(|wrong| invalid_input(format!("DNSName: {wrong}")))?;
    let from = (name.unwrap_or_default(), input.hosted_zone_id.clone().unwrap_or_default());
    let key = |zone: &Zone| (zone.settings.name.clone(), zone.settings.id.clone());
    let mut zones: Vec<&Zone> = route53.state.zones.values().collect();
    zones.sort_by_key(|zone| key(zone));
    let mut zones = zones.into_iter().filter(|zone| key(zone) >= from);
    let page: Vec<Value> = zones.by_ref().take(size).map(shown).collect();
    let next = zones.next();
    let mut listed = json!({
        "HostedZones": page,
        "IsTruncated": next.is_some(),
        "MaxItems": size.to_string(),
    });
    for (member, given) in [("DNSName", input.dns_name), ("HostedZoneId", input.hosted_zone_id)] {
        if let Some(given) = given {
            listed[member] = json!(given);
        }
    }
    if let Some(zone) = next {
        listed["NextDNSName"] = json!(zone.settings.name);
        listed["NextHostedZoneId"] = json!(zone.settings.id);
    }
    Ok(listed)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct UpdateComment {
    id: String,
    comment: Option<String>,
}

pub(super) fn update_comment(
    route53: &mut Route53,
    cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: UpdateComment = read("UpdateHostedZoneComment", input)?;
    let zone = route53.state.zone_mut(&input.id)?;
    zone.settings.comment = input.comment;
    zone.settings.store(cx);
    Ok(json!({"HostedZone": shown(zone)}))
}

pub(super) fn delete(
    route53: &mut Route53,
    cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: ById = read("DeleteHostedZone", input)?;
    let zone = route53.state.zone(&input.id)?;
    let apex = &zone.settings.name;
    let required = |set: &RecordSet| set.name == *apex && matches!(set.kind.as_str(), "NS" | "SOA");
    if !zone.records.values().all(required) {
        return Err(hosted_zone_not_empty());
    }
    let change = route53.delete_zone(cx, bare(&input.id));
    Ok(json!({"ChangeInfo": change}))
}
