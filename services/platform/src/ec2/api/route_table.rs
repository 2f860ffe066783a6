//! Route tables and which subnets use them.

use serde::Deserialize;
use standin_kernel::ids::ec2_id;
use standin_kernel::{ApiError, Cx, Value, json};

use super::describe::{Asked, chosen};
use super::error::{self, CODES, refused};
use super::nothing;
use super::tags::{Specification, specified};
use crate::ec2::Ec2;
use crate::ec2::state::{Association, Destination, Route, RouteTable, Target};
use crate::operation::read;
use crate::tags::list;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    vpc_id: String,
    client_token: Option<String>,
    #[serde(default)]
    tag_specifications: Vec<Specification>,
}

pub(super) fn create(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Create = read("CreateRouteTable", value, CODES)?;
    ec2.vpc(&asked.vpc_id)?;
    let same = |table: &&RouteTable| {
        asked.client_token.is_some() && table.client_token == asked.client_token
    };
    if let Some(there) = ec2.route_tables.values().find(same) {
        return Ok(json!({"RouteTable": show(ec2, cx, there)}));
    }
    let table = RouteTable {
        id: ec2_id(cx.rng, "rtb"),
        vpc: asked.vpc_id,
        routes: Vec::new(),
        associations: Vec::new(),
        client_token: asked.client_token,
        tags: specified(cx, asked.tag_specifications, "route-table")?,
    };
    let id = table.id.clone();
    ec2.route_tables.put(cx, &id, table);
    Ok(json!({"RouteTable": show(ec2, cx, ec2.route_table(&id)?)}))
}

fn show(ec2: &Ec2, cx: &Cx<'_>, table: &RouteTable) -> Value {
    let local = ec2.vpcs.get(&table.vpc).map(|vpc| vpc.cidr);
    let mut routes = vec![json!({
        "DestinationCidrBlock": local,
        "GatewayId": "local",
        "Origin": "CreateRouteTable",
        "State": "active",
    })];
    routes.extend(table.routes.iter().map(|route| show_route(ec2, table, route)));
    let association = |one: &Association| match &one.subnet {
        Some(subnet) => json!({
            "RouteTableAssociationId": one.id,
            "RouteTableId": table.id,
            "SubnetId": subnet,
            "Main": false,
            "AssociationState": {"State": "associated"},
        }),
        None => json!({
            "RouteTableAssociationId": one.id,
            "RouteTableId": table.id,
            "Main": true,
            "AssociationState": {"State": "associated"},
        }),
    };
    let associations: Vec<Value> = table.associations.iter().map(association).collect();
    json!({
        "RouteTableId": table.id,
        "VpcId": table.vpc,
        "Routes": routes,
        "Associations": associations,
        "PropagatingVgws": [],
        "OwnerId": cx.env.account,
        "Tags": list(&table.tags),
    })
}

/// A route to what is gone or detached is a black hole.
fn show_route(ec2: &Ec2, table: &RouteTable, route: &Route) -> Value {
    let (member, id, active) = match &route.target {
        Target::InternetGateway(id) => {
            let gateway = ec2.internet_gateways.get(id);
            let attached = gateway.is_some_and(|one| one.vpc.as_ref() == Some(&table.vpc));
            ("GatewayId", id, attached)
        }
        Target::NatGateway(id) => {
            let there = ec2.nat_gateways.get(id);
            ("NatGatewayId", id, there.is_some_and(|nat| nat.deletion.is_none()))
        }
        Target::Endpoint(id) => ("GatewayId", id, ec2.endpoints.has(id)),
    };
    let (to, destination) = match &route.destination {
        Destination::Block(cidr) => ("DestinationCidrBlock", cidr.to_string()),
        Destination::PrefixList(list) => ("DestinationPrefixListId", list.clone()),
    };
    json!({
        to: destination,
        member: id,
        "Origin": "CreateRoute",
        "State": if active { "active" } else { "blackhole" },
    })
}

pub(super) fn describe(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked = Asked::read("DescribeRouteTables", value, "RouteTableIds")?;
    let tables = chosen(&asked.ids, ec2.route_tables.values(), |id| ec2.route_table(id))?;
    let shown = tables.into_iter().map(|table| show(ec2, cx, table)).collect();
    let paths = [
        ("route-table-id", "RouteTableId"),
        ("vpc-id", "VpcId"),
        ("association.route-table-association-id", "Associations.RouteTableAssociationId"),
        ("association.route-table-id", "Associations.RouteTableId"),
        ("association.subnet-id", "Associations.SubnetId"),
        ("association.main", "Associations.Main"),
        ("route.destination-cidr-block", "Routes.DestinationCidrBlock"),
        ("route.destination-prefix-list-id", "Routes.DestinationPrefixListId"),
        ("route.gateway-id", "Routes.GatewayId"),
        ("route.nat-gateway-id", "Routes.NatGatewayId"),
        ("route.origin", "Routes.Origin"),
        ("route.state", "Routes.State"),
        ("owner-id", "OwnerId"),
    ];
    asked.answer("RouteTables", shown, &paths)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Associate {
    route_table_id: String,
    subnet_id: String,
}

/// A subnet has one route table.
pub(super) fn associate(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Associate = read("AssociateRouteTable", value, CODES)?;
    let table = ec2.route_table(&asked.route_table_id)?;
    let subnet = ec2.subnet(&asked.subnet_id)?;
    same_network(table, &subnet.id, &subnet.vpc)?;
    let of_subnet = |one: &Association| one.subnet.as_ref() == Some(&subnet.id);
    let mut tables = ec2.route_tables.values();
    let there = tables.find_map(|one| one.associations.iter().find(|one| of_subnet(one)));
    if let Some(there) = there {
        if table.associations.iter().any(|one| one.id == there.id) {
            return Ok(associated(&there.id));
        }
        let message = format!(
            "the specified association for route table {} conflicts with an existing association",
            table.id
        );
        return Err(refused("Resource.AlreadyAssociated", message));
    }
    let id = ec2_id(cx.rng, "rtbassoc");
    let one = Association { id: id.clone(), subnet: Some(asked.subnet_id) };
    ec2.route_tables.change(cx, &asked.route_table_id, |table| table.associations.push(one));
    Ok(associated(&id))
}

fn associated(id: &str) -> Value {
    json!({"AssociationId": id, "AssociationState": {"State": "associated"}})
}

fn same_network(table: &RouteTable, other: &str, vpc: &str) -> Result<(), ApiError> {
    if table.vpc == vpc {
        return Ok(());
    }
    let message =
        format!("route table {} and subnet {other} belong to different networks", table.id);
    Err(refused("InvalidParameterValue", message))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Disassociate {
    association_id: String,
}

/// The table that has the association, by its id.
fn holder(ec2: &Ec2, association: &str) -> Result<(String, Option<String>), ApiError> {
    let mut tables = ec2.route_tables.values();
    let found = tables.find_map(|table| {
        let one = table.associations.iter().find(|one| one.id == association)?;
        Some((table.id.clone(), one.subnet.clone()))
    });
    found.ok_or_else(|| error::no_association(association))
}

pub(super) fn disassociate(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Disassociate = read("DisassociateRouteTable", value, CODES)?;
    let (table, subnet) = holder(ec2, &asked.association_id)?;
    if subnet.is_none() {
        let message = format!(
            "cannot disassociate the main route table association {}",
            asked.association_id
        );
        return Err(refused("InvalidParameterValue", message));
    }
    ec2.route_tables.change(cx, &table, |table| {
        table.associations.retain(|one| one.id != asked.association_id);
    });
    Ok(nothing())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Replace {
    association_id: String,
    route_table_id: String,
}

/// Gives the subnet, or the whole VPC, another table.
pub(super) fn replace_association(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Replace = read("ReplaceRouteTableAssociation", value, CODES)?;
    let (before, subnet) = holder(ec2, &asked.association_id)?;
    let vpc = ec2.route_table(&before)?.vpc.clone();
    let table = ec2.route_table(&asked.route_table_id)?;
    same_network(table, subnet.as_deref().unwrap_or(&vpc), &vpc)?;
    if subnet.is_none() {
        ec2.vpcs.change(cx, &vpc, |vpc| vpc.main_route_table.clone_from(&asked.route_table_id));
    }
    ec2.route_tables.change(cx, &before, |table| {
        table.associations.retain(|one| one.id != asked.association_id);
    });
    let one = Association { id: ec2_id(cx.rng, "rtbassoc"), subnet };
    let id = one.id.clone();
    ec2.route_tables.change(cx, &asked.route_table_id, |table| table.associations.push(one));
    Ok(json!({"NewAssociationId": id, "AssociationState": {"State": "associated"}}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    route_table_id: String,
}

pub(super) fn delete(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Delete = read("DeleteRouteTable", value, CODES)?;
    let table = ec2.route_table(&asked.route_table_id)?;
    if !table.associations.is_empty() {
        return Err(error::has_dependencies("routeTable", &table.id));
    }
    ec2.route_tables.remove(cx, &asked.route_table_id);
    Ok(nothing())
}
