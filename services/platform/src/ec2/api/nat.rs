//! NAT gateways: a place in a subnet and, when public, an Elastic IP address. No connection passes
//! through one here.

use std::net::Ipv4Addr;

use serde::Deserialize;
use standin_kernel::ids::ec2_id;
use standin_kernel::{ApiError, Cx, Duration, Value, json};

use super::describe::{Asked, chosen};
use super::error::{self, CODES, refused, wrong};
use super::tags::{Specification, specified};
use crate::ec2::Ec2;
use crate::ec2::state::{AddressAssociation, Deletion, NatGateway};
use crate::operation::{present, read};
use crate::tags::list;

const START: Duration = Duration::from_secs(100);
const STOP: Duration = Duration::from_secs(50);
/// How long a deleted one is still shown.
const SHOWN: Duration = Duration::from_secs(3600);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    subnet_id: String,
    allocation_id: Option<String>,
    connectivity_type: Option<String>,
    private_ip_address: Option<Ipv4Addr>,
    client_token: Option<String>,
    #[serde(default)]
    tag_specifications: Vec<Specification>,
}

pub(super) fn create(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Create = read("CreateNatGateway", value, CODES)?;
    settle(ec2, cx);
    let same =
        |nat: &&NatGateway| asked.client_token.is_some() && nat.client_token == asked.client_token;
    if let Some(there) = ec2.nat_gateways.values().find(same) {
        return Ok(json!({"NatGateway": show(cx, there)}));
    }
    let vpc = ec2.subnet(&asked.subnet_id)?.vpc.clone();
    let public = public(ec2, &asked, &vpc)?;
    let private_ip = private_ip(ec2, cx, &asked)?;
    let tags = specified(cx, asked.tag_specifications, "natgateway")?;
    let nat = NatGateway {
        id: ec2_id(cx.rng, "nat"),
        subnet: asked.subnet_id,
        vpc,
        interface: ec2_id(cx.rng, "eni"),
        private_ip,
        public,
        created: cx.now,
        available: cx.now + cx.env.paced(Duration::ZERO, START),
        deletion: None,
        client_token: asked.client_token,
        tags,
    };
    if let Some((allocation, _)) = &nat.public {
        let id = ec2_id(cx.rng, "eipassoc");
        let association = AddressAssociation { id, interface: nat.interface.clone(), private_ip };
        ec2.addresses.change(cx, allocation, |address| address.association = Some(association));
    }
    let shown = show(cx, &nat);
    let id = nat.id.clone();
    ec2.nat_gateways.put(cx, &id, nat);
    Ok(json!({"NatGateway": shown}))
}

/// The allocation and its address; a public one also needs the VPC's way to the internet.
fn public(ec2: &Ec2, asked: &Create, vpc: &str) -> Result<Option<(String, Ipv4Addr)>, ApiError> {
    match asked.connectivity_type.as_deref().unwrap_or("public") {
        "private" if asked.allocation_id.is_some() => {
            let message = "A private NAT gateway has no allocation ID";
            Err(refused("InvalidParameterCombination", message))
        }
        "private" => Ok(None),
        "public" => {
            let id = asked.allocation_id.as_ref();
            let id = id.ok_or_else(|| error::missing("AllocationId"))?;
            let address = ec2.addresses.get(id).ok_or_else(|| error::no_allocation(id))?;
            if address.association.is_some() {
                let message = format!("Elastic IP address [{id}] is already associated");
                return Err(refused("Resource.AlreadyAssociated", message));
            }
            let mut gateways = ec2.internet_gateways.values();
            if !gateways.any(|gateway| gateway.vpc.as_deref() == Some(vpc)) {
                let message = format!("Network {vpc} has no Internet gateway attached");
                return Err(refused("Gateway.NotAttached", message));
            }
            Ok(Some((id.clone(), address.ip)))
        }
        other => Err(wrong(other, "connectivityType", "Valid values are public and private.")),
    }
}

/// The address asked for, or the first free one behind those that AWS keeps.
fn private_ip(ec2: &Ec2, cx: &Cx<'_>, asked: &Create) -> Result<Ipv4Addr, ApiError> {
    const FIRST: u32 = 4;
    let cidr = ec2.subnet(&asked.subnet_id)?.cidr;
    let nats = || ec2.nat_gateways.values().filter(|nat| !nat.is_deleted(cx.now));
    let used =
        |ip: Ipv4Addr| nats().any(|nat| nat.subnet == asked.subnet_id && nat.private_ip == ip);
    let mut hosts =
        (FIRST..).map_while(|offset| cidr.address(offset + 1).and(cidr.address(offset)));
    match asked.private_ip_address {
        Some(wanted) if used(wanted) => {
            let message = format!("Address {wanted} is in use.");
            Err(refused("InvalidIPAddress.InUse", message))
        }
        Some(wanted) if hosts.any(|ip| ip == wanted) => Ok(wanted),
        Some(wanted) => {
            let why = "Address does not fall within the subnet's address range";
            Err(wrong(&wanted.to_string(), "privateIpAddress", why))
        }
        None => {
            let message = "The subnet has no free addresses";
            let full = || refused("InsufficientFreeAddressesInSubnet", message);
            hosts.find(|ip| !used(*ip)).ok_or_else(full)
        }
    }
}

fn show(cx: &Cx<'_>, nat: &NatGateway) -> Value {
    let state = match &nat.deletion {
        Some(deletion) if deletion.done <= cx.now => "deleted",
        Some(_) => "deleting",
        None if nat.available <= cx.now => "available",
        None => "pending",
    };
    let address = present(json!({
        "AllocationId": nat.public.as_ref().map(|(allocation, _)| allocation),
        "PublicIp": nat.public.as_ref().map(|(_, ip)| ip),
        "PrivateIp": nat.private_ip,
        "NetworkInterfaceId": nat.interface,
        "IsPrimary": true,
        "Status": "succeeded",
    }));
    present(json!({
        "NatGatewayId": nat.id,
        "SubnetId": nat.subnet,
        "VpcId": nat.vpc,
        "State": state,
        "ConnectivityType": if nat.public.is_some() { "public" } else { "private" },
        "CreateTime": nat.created.iso8601(),
        "DeleteTime": nat.deletion.as_ref().map(|deletion| deletion.asked.iso8601()),
        "NatGatewayAddresses": [address],
        "Tags": list(&nat.tags),
    }))
}

pub(super) fn describe(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let mut value = value.clone();
    // In this one operation the API's member is Filter.
    if let Some(filters) = value.as_object_mut().and_then(|all| all.remove("Filter")) {
        value["Filters"] = filters;
    }
    let asked = Asked::read("DescribeNatGateways", &value, "NatGatewayIds")?;
    settle(ec2, cx);
    let get = |id: &str| ec2.nat_gateways.get(id).ok_or_else(|| error::no_nat_gateway(id));
    let nats = chosen(&asked.ids, ec2.nat_gateways.values(), get)?;
    let shown = nats.into_iter().map(|nat| show(cx, nat)).collect();
    let paths = [
        ("nat-gateway-id", "NatGatewayId"),
        ("state", "State"),
        ("subnet-id", "SubnetId"),
        ("vpc-id", "VpcId"),
    ];
    asked.answer("NatGateways", shown, &paths)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    nat_gateway_id: String,
}

pub(super) fn delete(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Delete = read("DeleteNatGateway", value, CODES)?;
    let id = asked.nat_gateway_id;
    let done = cx.now + cx.env.paced(Duration::ZERO, STOP);
    let deletion = Deletion { asked: cx.now, done };
    let there = ec2.nat_gateways.change(cx, &id, |nat| {
        nat.deletion.get_or_insert(deletion);
    });
    there.ok_or_else(|| error::no_nat_gateway(&id))?;
    settle(ec2, cx);
    Ok(json!({"NatGatewayId": id}))
}

/// Does what has come about since: a deleted gateway lets its address go, and is forgotten later.
pub(super) fn settle(ec2: &mut Ec2, cx: &mut Cx<'_>) {
    for id in ec2.nat_gateways.ids() {
        let Some(nat) = ec2.nat_gateways.get(&id) else { continue };
        let Some(deletion) = nat.deletion.as_ref().filter(|one| one.done <= cx.now) else {
            continue;
        };
        let forgotten = deletion.done + SHOWN <= cx.now;
        let interface = nat.interface.clone();
        if let Some((allocation, _)) = nat.public.clone() {
            let address = ec2.addresses.get(&allocation);
            let mine = address.and_then(|address| address.association.as_ref());
            if mine.is_some_and(|association| association.interface == interface) {
                ec2.addresses.change(cx, &allocation, |address| address.association = None);
            }
        }
        if forgotten {
            ec2.nat_gateways.remove(cx, &id);
        }
    }
}
