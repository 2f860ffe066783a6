//! Subnets: which blocks they may have, and in which zones.

use serde::Deserialize;
use standin_kernel::ids::ec2_id;
use standin_kernel::{ApiError, Cx, Value, json};

use super::describe::{Asked, chosen};
use super::error::{self, CODES, refused, wrong};
use super::nothing;
use super::tags::{Specification, specified};
use super::vpc::{Switch, arn_of};
use crate::ec2::cidr::Cidr;
use crate::ec2::state::Subnet;
use crate::ec2::{Ec2, zone};
use crate::operation::read;
use crate::tags::{Tags, list};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    vpc_id: String,
    cidr_block: Option<String>,
    availability_zone: Option<String>,
    availability_zone_id: Option<String>,
    #[serde(default)]
    tag_specifications: Vec<Specification>,
}

/// AWS keeps five addresses of each subnet.
const KEPT_ADDRESSES: u64 = 5;

pub(super) fn create(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Create = read("CreateSubnet", value, CODES)?;
    let text = asked.cidr_block.as_deref().ok_or_else(|| error::missing("cidrBlock"))?;
    let cidr = block(ec2, &asked.vpc_id, text)?;
    let zone = zone(cx, asked.availability_zone, asked.availability_zone_id)?;
    let tags = specified(cx, asked.tag_specifications, "subnet")?;
    let id = make(ec2, cx, &asked.vpc_id, cidr, &zone, tags);
    Ok(json!({"Subnet": show(ec2, cx, ec2.subnet(&id)?)}))
}

/// Within the VPC's block, with a prefix of 16 to 28, beside the others.
fn block(ec2: &Ec2, vpc: &str, text: &str) -> Result<Cidr, ApiError> {
    let vpc = ec2.vpc(vpc)?;
    let cidr = Cidr::parse(text)
        .ok_or_else(|| wrong(text, "cidrBlock", "This is not a valid CIDR block."))?;
    if !(16..=28).contains(&cidr.prefix) || !vpc.cidr.contains(cidr) {
        return Err(refused("InvalidSubnet.Range", format!("The CIDR '{text}' is invalid.")));
    }
    let mut others = ec2.subnets.values().filter(|one| one.vpc == vpc.id);
    if others.any(|one| one.cidr.overlaps(cidr)) {
        let message = format!("The CIDR '{text}' conflicts with another subnet");
        return Err(refused("InvalidSubnet.Conflict", message));
    }
    Ok(cidr)
}

/// The zone asked for, or the first.
fn zone(cx: &Cx<'_>, name: Option<String>, id: Option<String>) -> Result<String, ApiError> {
    let region = &cx.env.region;
    let names = zone::names(region);
    let only = |parameter: &str, value: &str| {
        let why = format!(
            "Subnets can currently only be created in the following availability zones: {}.",
            names.join(", ")
        );
        wrong(value, parameter, &why)
    };
    match (name, id) {
        (Some(_), Some(_)) => {
            let message = "AvailabilityZone and AvailabilityZoneId cannot be given together";
            Err(refused("InvalidParameterCombination", message))
        }
        (Some(name), None) if names.contains(&name) => Ok(name),
        (Some(name), None) => Err(only("availabilityZone", &name)),
        (None, Some(id)) => zone::of_id(region, &id).ok_or_else(|| only("availabilityZoneId", &id)),
        (None, None) => Ok(names.into_iter().next().unwrap_or_default()),
    }
}

pub(super) fn make(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    vpc: &str,
    cidr: Cidr,
    zone: &str,
    tags: Tags,
) -> String {
    let subnet = Subnet {
        id: ec2_id(cx.rng, "subnet"),
        vpc: vpc.to_owned(),
        cidr,
        zone: zone.to_owned(),
        zone_id: zone::id(&cx.env.region, zone).unwrap_or_default(),
        map_public_ip: false,
        hostname_type: "ip-name".into(),
        resource_name_a: false,
        resource_name_aaaa: false,
        default_for_zone: false,
        acl_association_id: ec2_id(cx.rng, "aclassoc"),
        tags,
    };
    let id = subnet.id.clone();
    ec2.subnets.put(cx, &id, subnet);
    id
}

fn show(ec2: &Ec2, cx: &Cx<'_>, subnet: &Subnet) -> Value {
    let nats = ec2.nat_gateways.values();
    let used = nats.filter(|nat| nat.subnet == subnet.id && !nat.is_deleted(cx.now)).count();
    let interfaces = ec2.endpoints.values().filter(|one| one.subnets.contains(&subnet.id)).count();
    let used = u64::try_from(used + interfaces).unwrap_or(0);
    json!({
        "SubnetId": subnet.id,
        "SubnetArn": arn_of(cx, "subnet", &subnet.id),
        "VpcId": subnet.vpc,
        "State": "available",
        "CidrBlock": subnet.cidr,
        "AvailabilityZone": subnet.zone,
        "AvailabilityZoneId": subnet.zone_id,
        "AvailableIpAddressCount": subnet.cidr.size().saturating_sub(KEPT_ADDRESSES + used),
        "DefaultForAz": subnet.default_for_zone,
        "MapPublicIpOnLaunch": subnet.map_public_ip,
        "MapCustomerOwnedIpOnLaunch": false,
        "AssignIpv6AddressOnCreation": false,
        "EnableDns64": false,
        "Ipv6Native": false,
        "Ipv6CidrBlockAssociationSet": [],
        "PrivateDnsNameOptionsOnLaunch": {
            "HostnameType": subnet.hostname_type,
            "EnableResourceNameDnsARecord": subnet.resource_name_a,
            "EnableResourceNameDnsAAAARecord": subnet.resource_name_aaaa,
        },
        "OwnerId": cx.env.account,
        "Tags": list(&subnet.tags),
    })
}

pub(super) fn describe(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked = Asked::read("DescribeSubnets", value, "SubnetIds")?;
    let subnets = chosen(&asked.ids, ec2.subnets.values(), |id| ec2.subnet(id))?;
    let shown = subnets.into_iter().map(|subnet| show(ec2, cx, subnet)).collect();
    let paths = [
        ("subnet-id", "SubnetId"),
        ("subnet-arn", "SubnetArn"),
        ("vpc-id", "VpcId"),
        ("availability-zone", "AvailabilityZone"),
        ("availabilityZone", "AvailabilityZone"),
        ("availability-zone-id", "AvailabilityZoneId"),
        ("available-ip-address-count", "AvailableIpAddressCount"),
        ("cidr-block", "CidrBlock"),
        ("cidr", "CidrBlock"),
        ("cidrBlock", "CidrBlock"),
        ("default-for-az", "DefaultForAz"),
        ("defaultForAz", "DefaultForAz"),
        ("map-public-ip-on-launch", "MapPublicIpOnLaunch"),
        ("owner-id", "OwnerId"),
        ("state", "State"),
    ];
    asked.answer("Subnets", shown, &paths)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ModifyAttribute {
    subnet_id: String,
    map_public_ip_on_launch: Option<Switch>,
    private_dns_hostname_type_on_launch: Option<String>,
    #[serde(rename = "EnableResourceNameDnsARecordOnLaunch")]
    resource_name_a: Option<Switch>,
    #[serde(rename = "EnableResourceNameDnsAAAARecordOnLaunch")]
    resource_name_aaaa: Option<Switch>,
}

pub(super) fn modify_attribute(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: ModifyAttribute = read("ModifySubnetAttribute", value, CODES)?;
    if let Some(kind) = &asked.private_dns_hostname_type_on_launch
        && !["ip-name", "resource-name"].contains(&kind.as_str())
    {
        let why = "Valid values are ip-name and resource-name.";
        return Err(wrong(kind, "privateDnsHostnameTypeOnLaunch", why));
    }
    let id = asked.subnet_id.clone();
    let changed = ec2.subnets.change(cx, &id, |subnet| {
        let set = |there: &mut bool, asked: Option<Switch>| {
            *there = asked.map_or(*there, |on| on.value);
        };
        set(&mut subnet.map_public_ip, asked.map_public_ip_on_launch);
        set(&mut subnet.resource_name_a, asked.resource_name_a);
        set(&mut subnet.resource_name_aaaa, asked.resource_name_aaaa);
        if let Some(kind) = asked.private_dns_hostname_type_on_launch {
            subnet.hostname_type = kind;
        }
    });
    changed.ok_or_else(|| error::no_subnet(&id))?;
    Ok(nothing())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    subnet_id: String,
}

/// Its association with a route table goes with it.
pub(super) fn delete(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Delete = read("DeleteSubnet", value, CODES)?;
    let id = ec2.subnet(&asked.subnet_id)?.id.clone();
    let mut nats = ec2.nat_gateways.values();
    let used = nats.any(|nat| nat.subnet == id && !nat.is_deleted(cx.now))
        || ec2.endpoints.values().any(|endpoint| endpoint.subnets.contains(&id));
    if used {
        return Err(error::has_dependencies("subnet", &id));
    }
    ec2.subnets.remove(cx, &id);
    for table in ec2.route_tables.ids() {
        let mine = |one: &crate::ec2::state::Association| one.subnet.as_ref() == Some(&id);
        let there = ec2.route_tables.get(&table);
        if there.is_some_and(|table| table.associations.iter().any(mine)) {
            ec2.route_tables.change(cx, &table, |table| {
                table.associations.retain(|one| !mine(one));
            });
        }
    }
    Ok(nothing())
}
