//! VPCs that private zones answer in (R53-ZN-13): associated, taken away again, listed.

use serde::Deserialize;
use standin_kernel::dns::Name;
use standin_kernel::{ApiError, Cx, Value, json};

use super::{PAGE, PAGE_MAX, page_size, read};
use crate::Route53;
use crate::error::invalid_input;
use crate::state::{State, Vpc};

/// Those that every private zone names; nobody can ask them.
pub(super) const NAME_SERVERS: [&str; 4] = [
    "ns-1536.awsdns-00.co.uk",
    "ns-0.awsdns-00.com",
    "ns-1024.awsdns-00.org",
    "ns-512.awsdns-00.net",
];

/// In one VPC a name belongs to one zone.
pub(super) fn free_for(state: &State, name: &Name, vpc: &Vpc) -> Result<(), ApiError> {
    let taken = state.zones.values().find(|zone| {
        zone.settings.name == *name && zone.settings.vpcs.iter().any(|one| one.id == vpc.id)
    });
    let Some(zone) = taken else { return Ok(()) };
    let message = format!(
        "The VPC {} in region {} has already been associated with the hosted zone {} with the same \
         domain name.",
        vpc.id, vpc.region, zone.settings.id
    );
    Err(ApiError::new("ConflictingDomainExists", 400, message))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Association {
    hosted_zone_id: String,
    #[serde(rename = "VPC")]
    vpc: Vpc,
    comment: Option<String>,
}

pub(super) fn associate(
    route53: &mut Route53,
    cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: Association = read("AssociateVPCWithHostedZone", input)?;
    let settings = &route53.state.zone(&input.hosted_zone_id)?.settings;
    if !settings.is_private() {
        let message = "A public hosted zone cannot be associated with a VPC.";
        return Err(ApiError::new("PublicZoneVPCAssociation", 400, message));
    }
    free_for(&route53.state, &settings.name, &input.vpc)?;
    changed(route53, cx, &input.hosted_zone_id, input.comment, |vpcs| vpcs.push(input.vpc))
}

pub(super) fn disassociate(
    route53: &mut Route53,
    cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: Association = read("DisassociateVPCFromHostedZone", input)?;
    let vpcs = &route53.state.zone(&input.hosted_zone_id)?.settings.vpcs;
    if !vpcs.contains(&input.vpc) {
        let message = "The specified VPC and hosted zone are not currently associated.";
        return Err(ApiError::new("VPCAssociationNotFound", 404, message));
    }
    if vpcs.len() == 1 {
        let message = "The VPC that you are trying to disassociate from the hosted zone is the \
                       last VPC that is associated with the hosted zone.";
        return Err(ApiError::new("LastVPCAssociation", 400, message));
    }
    changed(route53, cx, &input.hosted_zone_id, input.comment, |vpcs| {
        vpcs.retain(|one| *one != input.vpc);
    })
}

/// Changes a zone's VPCs; `ChangeInfo` tells when that is known everywhere, as with records.
fn changed(
    route53: &mut Route53,
    cx: &mut Cx<'_>,
    id: &str,
    comment: Option<String>,
    change: impl FnOnce(&mut Vec<Vpc>),
) -> Result<Value, ApiError> {
    let zone = route53.state.zone_mut(id)?;
    change(&mut zone.settings.vpcs);
    zone.settings.store(cx);
    let id = zone.settings.id.clone();
    let info = route53.apply(cx, &id, Vec::new(), comment)?;
    Ok(json!({"ChangeInfo": info}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    #[serde(rename = "VPCId")]
    id: String,
    #[serde(rename = "VPCRegion")]
    region: String,
    max_items: Option<String>,
    next_token: Option<String>,
}

pub(super) fn list(
    route53: &mut Route53,
    cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: List = read("ListHostedZonesByVPC", input)?;
    let size = page_size(input.max_items.as_deref(), PAGE, PAGE_MAX)?;
    let from = match input.next_token {
        None => 0,
        Some(token) => token.parse().map_err(|_| invalid_input("NextToken is not valid"))?,
    };
    let vpc = Vpc { id: input.id, region: input.region };
    let zones = route53.state.zones.values();
    let all: Vec<Value> = zones
        .filter(|zone| zone.settings.vpcs.contains(&vpc))
        .map(|zone| {
            json!({
                "HostedZoneId": zone.settings.id,
                "Name": zone.settings.name,
                "Owner": {"OwningAccount": cx.env.account},
            })
        })
        .collect();
    let page: Vec<Value> = all.iter().skip(from).take(size).cloned().collect();
    let mut listed = json!({"HostedZoneSummaries": page, "MaxItems": size.to_string()});
    if from + size < all.len() {
        listed["NextToken"] = json!((from + size).to_string());
    }
    Ok(listed)
}
