//! Elastic IP addresses. They are out of the blocks kept for examples, so nobody takes one for an
//! address of the real network.

use std::net::Ipv4Addr;

use serde::Deserialize;
use standin_kernel::ids::ec2_id;
use standin_kernel::{ApiError, Cx, Value, json};

use super::describe::{Asked, chosen};
use super::error::{self, CODES, refused, wrong};
use super::nothing;
use super::tags::{Specification, specified};
use crate::ec2::Ec2;
use crate::ec2::state::Address;
use crate::operation::{present, read};
use crate::tags::list;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Allocate {
    domain: Option<String>,
    network_border_group: Option<String>,
    #[serde(default)]
    tag_specifications: Vec<Specification>,
}

/// TEST-NET-2 and TEST-NET-3 (RFC 5737).
const BLOCKS: [[u8; 3]; 2] = [[203, 0, 113], [198, 51, 100]];

pub(super) fn allocate(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Allocate = read("AllocateAddress", value, CODES)?;
    if let Some(domain) = asked.domain.filter(|domain| domain != "vpc") {
        return Err(wrong(&domain, "domain", "Only vpc is offered."));
    }
    let border = asked.network_border_group.as_ref();
    if let Some(group) = border.filter(|group| **group != cx.env.region) {
        return Err(wrong(group, "networkBorderGroup", "There is only the region's own."));
    }
    let used = |ip: &Ipv4Addr| ec2.addresses.values().any(|address| address.ip == *ip);
    let start = u8::try_from(cx.rng.below(254)).unwrap_or(0);
    let hosts = (0..254_u8).map(|step| (start.wrapping_add(step) % 254) + 1);
    let mut all = BLOCKS.into_iter().flat_map(|[a, b, c]| {
        hosts.clone().map(move |host| Ipv4Addr::new(a, b, c, host)).collect::<Vec<_>>()
    });
    let free = all.find(|ip| !used(ip));
    let none =
        || refused("AddressLimitExceeded", "The maximum number of addresses has been reached.");
    let ip = free.ok_or_else(none)?;
    let address = Address {
        allocation_id: ec2_id(cx.rng, "eipalloc"),
        ip,
        association: None,
        tags: specified(cx, asked.tag_specifications, "elastic-ip")?,
    };
    let answer = json!({
        "AllocationId": address.allocation_id,
        "PublicIp": ip,
        "Domain": "vpc",
        "PublicIpv4Pool": "amazon",
        "NetworkBorderGroup": cx.env.region,
    });
    let id = address.allocation_id.clone();
    ec2.addresses.put(cx, &id, address);
    Ok(answer)
}

fn show(cx: &Cx<'_>, address: &Address) -> Value {
    let association = address.association.as_ref();
    present(json!({
        "AllocationId": address.allocation_id,
        "PublicIp": address.ip,
        "Domain": "vpc",
        "PublicIpv4Pool": "amazon",
        "NetworkBorderGroup": cx.env.region,
        "AssociationId": association.map(|one| &one.id),
        "NetworkInterfaceId": association.map(|one| &one.interface),
        "NetworkInterfaceOwnerId": association.map(|_| &cx.env.account),
        "PrivateIpAddress": association.map(|one| one.private_ip),
        "Tags": list(&address.tags),
    }))
}

/// By allocation ids, or by public addresses.
pub(super) fn describe(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let mut value = value.clone();
    let given = value.as_object_mut().and_then(|members| members.remove("PublicIps"));
    let given = given.unwrap_or_else(|| json!([]));
    let ips: Vec<String> = read("DescribeAddresses", &given, CODES)?;
    let asked = Asked::read("DescribeAddresses", &value, "AllocationIds")?;
    let get = |id: &str| ec2.addresses.get(id).ok_or_else(|| error::no_allocation(id));
    let mut ids = asked.ids.clone();
    for ip in &ips {
        ids.push(of_ip(ec2, ip)?.allocation_id.clone());
    }
    let addresses = chosen(&ids, ec2.addresses.values(), get)?;
    let shown = addresses.into_iter().map(|address| show(cx, address)).collect();
    let paths = [
        ("allocation-id", "AllocationId"),
        ("association-id", "AssociationId"),
        ("domain", "Domain"),
        ("network-border-group", "NetworkBorderGroup"),
        ("network-interface-id", "NetworkInterfaceId"),
        ("private-ip-address", "PrivateIpAddress"),
        ("public-ip", "PublicIp"),
    ];
    asked.answer("Addresses", shown, &paths)
}

fn of_ip<'e>(ec2: &'e Ec2, ip: &str) -> Result<&'e Address, ApiError> {
    let found = ec2.addresses.values().find(|address| address.ip.to_string() == ip);
    found.ok_or_else(|| refused("InvalidAddress.NotFound", format!("Address '{ip}' not found.")))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Release {
    allocation_id: Option<String>,
    public_ip: Option<String>,
}

pub(super) fn release(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Release = read("ReleaseAddress", value, CODES)?;
    super::nat::settle(ec2, cx);
    let address = match (&asked.allocation_id, &asked.public_ip) {
        (Some(id), None) => ec2.addresses.get(id).ok_or_else(|| error::no_allocation(id))?,
        (None, Some(ip)) => of_ip(ec2, ip)?,
        _ => return Err(error::missing("allocationId")),
    };
    if address.association.is_some() {
        let message = format!("Address {} is in use.", address.ip);
        return Err(refused("InvalidIPAddress.InUse", message));
    }
    let id = address.allocation_id.clone();
    ec2.addresses.remove(cx, &id);
    Ok(nothing())
}
