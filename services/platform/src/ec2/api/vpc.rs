//! VPCs, and what each has from the start: a main route table, a default group, a network ACL.

use serde::Deserialize;
use standin_kernel::ids::{arn, ec2_id};
use standin_kernel::{ApiError, Cx, Value, json};

use super::describe::{Asked, chosen};
use super::error::{self, CODES, refused, wrong};
use super::tags::{Specification, specified};
use super::{nothing, subnet};
use crate::ec2::cidr::Cidr;
use crate::ec2::rule::Rule;
use crate::ec2::state::{
    Association, Destination, InternetGateway, Route, RouteTable, SecurityGroup, Target, Vpc,
};
use crate::ec2::{Ec2, zone};
use crate::operation::read;
use crate::tags::{Tags, list};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    cidr_block: Option<String>,
    instance_tenancy: Option<String>,
    #[serde(default)]
    tag_specifications: Vec<Specification>,
}

pub(super) fn create(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Create = read("CreateVpc", value, CODES)?;
    let text = asked.cidr_block.ok_or_else(|| error::missing("cidrBlock"))?;
    let cidr = block(&text)?;
    let tenancy = asked.instance_tenancy.unwrap_or_else(|| "default".into());
    if !["default", "dedicated"].contains(&tenancy.as_str()) {
        let why = "Valid values are default and dedicated.";
        return Err(wrong(&tenancy, "instanceTenancy", why));
    }
    let tags = specified(cx, asked.tag_specifications, "vpc")?;
    let id = make(ec2, cx, cidr, tenancy, tags);
    Ok(json!({"Vpc": show(cx, ec2.vpc(&id)?)}))
}

/// A VPC's block has a prefix of 16 to 28.
fn block(text: &str) -> Result<Cidr, ApiError> {
    let cidr = Cidr::parse(text)
        .ok_or_else(|| wrong(text, "cidrBlock", "This is not a valid CIDR block."))?;
    if (16..=28).contains(&cidr.prefix) {
        return Ok(cidr);
    }
    Err(refused("InvalidVpc.Range", format!("The CIDR '{text}' is invalid.")))
}

fn make(ec2: &mut Ec2, cx: &mut Cx<'_>, cidr: Cidr, tenancy: String, tags: Tags) -> String {
    let [id, table, group] = ["vpc", "rtb", "sg"].map(|prefix| ec2_id(cx.rng, prefix));
    let vpc = Vpc {
        id: id.clone(),
        cidr,
        cidr_association_id: ec2_id(cx.rng, "vpc-cidr-assoc"),
        tenancy,
        dns_support: true,
        dns_hostnames: false,
        default_acl: ec2_id(cx.rng, "acl"),
        default_group: group.clone(),
        main_route_table: table.clone(),
        dhcp_options: ec2_id(cx.rng, "dopt"),
        is_default: false,
        tags,
    };
    let main = Association { id: ec2_id(cx.rng, "rtbassoc"), subnet: None };
    let main_table = RouteTable {
        id: table.clone(),
        vpc: id.clone(),
        routes: Vec::new(),
        associations: vec![main],
        client_token: None,
        tags: Tags::new(),
    };
    let rules = vec![Rule::from_same_group(cx.rng, &group), Rule::to_anywhere(cx.rng)];
    let default_group = SecurityGroup {
        id: group.clone(),
        name: "default".into(),
        description: "default VPC security group".into(),
        vpc: id.clone(),
        rules,
        tags: Tags::new(),
    };
    ec2.vpcs.put(cx, &id, vpc);
    ec2.route_tables.put(cx, &table, main_table);
    ec2.groups.put(cx, &group, default_group);
    id
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// The network every new account of AWS has: a subnet in each zone, all of them public.
pub(super) fn create_default(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let Nothing {} = read("CreateDefaultVpc", value, CODES)?;
    if let Some(there) = ec2.default_vpc() {
        let message = format!("A Default VPC already exists for this account: '{}'.", there.id);
        return Err(refused("DefaultVpcAlreadyExists", message));
    }
    let id = make(ec2, cx, block("172.31.0.0/16")?, "default".into(), Tags::new());
    ec2.vpcs.change(cx, &id, |vpc| {
        vpc.is_default = true;
        vpc.dns_hostnames = true;
    });
    for (index, zone) in zone::names(&cx.env.region.clone()).iter().enumerate() {
        let cidr = Cidr::parse(&format!("172.31.{}.0/20", index * 16));
        let cidr = cidr.ok_or_else(|| error::missing("cidrBlock"))?;
        let made = subnet::make(ec2, cx, &id, cidr, zone, Tags::new());
        ec2.subnets.change(cx, &made, |subnet| {
            subnet.default_for_zone = true;
            subnet.map_public_ip = true;
        });
    }
    let gateway = ec2_id(cx.rng, "igw");
    let attached =
        InternetGateway { id: gateway.clone(), vpc: Some(id.clone()), tags: Tags::new() };
    ec2.internet_gateways.put(cx, &gateway, attached);
    let table = ec2.vpc(&id)?.main_route_table.clone();
    let destination = Destination::Block(Cidr::EVERYTHING);
    let route = Route { destination, target: Target::InternetGateway(gateway) };
    ec2.route_tables.change(cx, &table, |table| table.routes.push(route));
    Ok(json!({"Vpc": show(cx, ec2.vpc(&id)?)}))
}

fn show(cx: &Cx<'_>, vpc: &Vpc) -> Value {
    json!({
        "VpcId": vpc.id,
        "State": "available",
        "CidrBlock": vpc.cidr,
        "CidrBlockAssociationSet": [{
            "AssociationId": vpc.cidr_association_id,
            "CidrBlock": vpc.cidr,
            "CidrBlockState": {"State": "associated"},
        }],
        "DhcpOptionsId": vpc.dhcp_options,
        "InstanceTenancy": vpc.tenancy,
        "Ipv6CidrBlockAssociationSet": [],
        "IsDefault": vpc.is_default,
        "OwnerId": cx.env.account,
        "Tags": list(&vpc.tags),
    })
}

pub(super) fn describe(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked = Asked::read("DescribeVpcs", value, "VpcIds")?;
    let vpcs = chosen(&asked.ids, ec2.vpcs.values(), |id| ec2.vpc(id))?;
    let shown = vpcs.into_iter().map(|vpc| show(cx, vpc)).collect();
    let paths = [
        ("vpc-id", "VpcId"),
        ("cidr", "CidrBlock"),
        ("cidr-block-association.cidr-block", "CidrBlockAssociationSet.CidrBlock"),
        ("dhcp-options-id", "DhcpOptionsId"),
        ("is-default", "IsDefault"),
        ("isDefault", "IsDefault"),
        ("owner-id", "OwnerId"),
        ("state", "State"),
    ];
    asked.answer("Vpcs", shown, &paths)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeAttribute {
    vpc_id: String,
    attribute: String,
}

pub(super) fn describe_attribute(
    ec2: &mut Ec2,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: DescribeAttribute = read("DescribeVpcAttribute", value, CODES)?;
    let vpc = ec2.vpc(&asked.vpc_id)?;
    let (member, value) = match asked.attribute.as_str() {
        "enableDnsSupport" => ("EnableDnsSupport", vpc.dns_support),
        "enableDnsHostnames" => ("EnableDnsHostnames", vpc.dns_hostnames),
        "enableNetworkAddressUsageMetrics" => ("EnableNetworkAddressUsageMetrics", false),
        other => return Err(wrong(other, "attribute", "Unknown attribute.")),
    };
    Ok(json!({"VpcId": vpc.id, member: {"Value": value}}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ModifyAttribute {
    vpc_id: String,
    enable_dns_support: Option<Switch>,
    enable_dns_hostnames: Option<Switch>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Switch {
    pub(super) value: bool,
}

pub(super) fn modify_attribute(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: ModifyAttribute = read("ModifyVpcAttribute", value, CODES)?;
    if asked.enable_dns_support.is_some() && asked.enable_dns_hostnames.is_some() {
        let message = "Fields for multiple attribute types specified";
        return Err(refused("InvalidParameterCombination", message));
    }
    let changed = ec2.vpcs.change(cx, &asked.vpc_id, |vpc| {
        vpc.dns_support = asked.enable_dns_support.map_or(vpc.dns_support, |on| on.value);
        vpc.dns_hostnames = asked.enable_dns_hostnames.map_or(vpc.dns_hostnames, |on| on.value);
    });
    changed.ok_or_else(|| error::no_vpc(&asked.vpc_id))?;
    Ok(nothing())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ModifyTenancy {
    vpc_id: String,
    instance_tenancy: String,
}

pub(super) fn modify_tenancy(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: ModifyTenancy = read("ModifyVpcTenancy", value, CODES)?;
    if asked.instance_tenancy != "default" {
        let why = "The tenancy of a VPC can only be changed to default.";
        return Err(wrong(&asked.instance_tenancy, "instanceTenancy", why));
    }
    let changed = ec2.vpcs.change(cx, &asked.vpc_id, |vpc| vpc.tenancy = "default".into());
    changed.ok_or_else(|| error::no_vpc(&asked.vpc_id))?;
    Ok(json!({"ReturnValue": true}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    vpc_id: String,
}

/// The parts it had from the start go with it; whatever else is in it must be gone before.
pub(super) fn delete(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Delete = read("DeleteVpc", value, CODES)?;
    let vpc = ec2.vpc(&asked.vpc_id)?;
    let (id, table, group) =
        (vpc.id.clone(), vpc.main_route_table.clone(), vpc.default_group.clone());
    let nat = |one: &crate::ec2::state::NatGateway| one.vpc == id && !one.is_deleted(cx.now);
    let used = ec2.subnets.values().any(|one| one.vpc == id)
        || ec2.internet_gateways.values().any(|one| one.vpc.as_ref() == Some(&id))
        || ec2.route_tables.values().any(|one| one.vpc == id && one.id != table)
        || ec2.groups.values().any(|one| one.vpc == id && one.id != group)
        || ec2.endpoints.values().any(|one| one.vpc == id)
        || ec2.nat_gateways.values().any(nat);
    if used {
        return Err(error::has_dependencies("vpc", &id));
    }
    ec2.vpcs.remove(cx, &id);
    ec2.route_tables.remove(cx, &table);
    ec2.groups.remove(cx, &group);
    Ok(nothing())
}

/// Each VPC has one network ACL, which lets everything through; others are not built.
pub(super) fn describe_network_acls(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked = Asked::read("DescribeNetworkAcls", value, "NetworkAclIds")?;
    let acl = |id: &str| {
        let message = format!("The networkAcl ID '{id}' does not exist");
        let unknown = || refused("InvalidNetworkAclID.NotFound", message);
        ec2.vpcs.values().find(|vpc| vpc.default_acl == id).ok_or_else(unknown)
    };
    let vpcs = chosen(&asked.ids, ec2.vpcs.values(), acl)?;
    let shown = vpcs.into_iter().map(|vpc| show_acl(ec2, cx, vpc)).collect();
    let paths = [
        ("network-acl-id", "NetworkAclId"),
        ("vpc-id", "VpcId"),
        ("default", "IsDefault"),
        ("association.subnet-id", "Associations.SubnetId"),
        ("association.association-id", "Associations.NetworkAclAssociationId"),
        ("association.network-acl-id", "Associations.NetworkAclId"),
        ("owner-id", "OwnerId"),
    ];
    asked.answer("NetworkAcls", shown, &paths)
}

fn show_acl(ec2: &Ec2, cx: &Cx<'_>, vpc: &Vpc) -> Value {
    let associations: Vec<Value> = ec2
        .subnets
        .values()
        .filter(|subnet| subnet.vpc == vpc.id)
        .map(|subnet| {
            json!({
                "NetworkAclAssociationId": subnet.acl_association_id,
                "NetworkAclId": vpc.default_acl,
                "SubnetId": subnet.id,
            })
        })
        .collect();
    let entry = |egress: bool, number: u32, action: &str| {
        json!({
            "CidrBlock": "0.0.0.0/0", "Egress": egress, "Protocol": "-1", "RuleAction": action,
            "RuleNumber": number,
        })
    };
    let entries = [
        entry(true, 100, "allow"),
        entry(true, 32_767, "deny"),
        entry(false, 100, "allow"),
        entry(false, 32_767, "deny"),
    ];
    json!({
        "NetworkAclId": vpc.default_acl,
        "VpcId": vpc.id,
        "IsDefault": true,
        "OwnerId": cx.env.account,
        "Associations": associations,
        "Entries": entries,
        "Tags": [],
    })
}

/// The ARN of a thing of EC2: `subnet/subnet-0a...`.
pub(super) fn arn_of(cx: &Cx<'_>, kind: &str, id: &str) -> String {
    arn(cx.env, "ec2", &format!("{kind}/{id}"))
}
