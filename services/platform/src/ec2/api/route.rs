//! Routes: where packets would go. Each target must be there and belong to the same VPC.

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, json};

use super::error::{self, CODES, refused, wrong};
use super::nothing;
use crate::ec2::Ec2;
use crate::ec2::cidr::Cidr;
use crate::ec2::state::{Destination, Route, Target};
use crate::operation::read;

/// Input of `CreateRoute` and `ReplaceRoute`. Targets that are not built are refused by name.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Put {
    route_table_id: String,
    destination_cidr_block: Option<String>,
    destination_prefix_list_id: Option<String>,
    gateway_id: Option<String>,
    nat_gateway_id: Option<String>,
}

pub(super) fn create(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Put = read("CreateRoute", value, CODES)?;
    let (destination, target) = (destination(&asked)?, target(ec2, &asked)?);
    let table = ec2.route_table(&asked.route_table_id)?;
    let local = ec2.vpc(&table.vpc)?.cidr;
    let taken = table.routes.iter().any(|route| route.destination == destination)
        || destination == Destination::Block(local);
    if taken {
        let name = name(&destination);
        let message = format!("The route identified by {name} already exists.");
        return Err(refused("RouteAlreadyExists", message));
    }
    let route = Route { destination, target };
    ec2.route_tables.change(cx, &asked.route_table_id, |table| table.routes.push(route));
    Ok(json!({"Return": true}))
}

pub(super) fn replace(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Put = read("ReplaceRoute", value, CODES)?;
    let (destination, target) = (destination(&asked)?, target(ec2, &asked)?);
    let id = &asked.route_table_id;
    find(ec2, id, &destination)?;
    ec2.route_tables.change(cx, id, |table| {
        for route in table.routes.iter_mut().filter(|route| route.destination == destination) {
            route.target = target.clone();
        }
    });
    Ok(nothing())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    route_table_id: String,
    destination_cidr_block: Option<String>,
    destination_prefix_list_id: Option<String>,
}

pub(super) fn delete(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Delete = read("DeleteRoute", value, CODES)?;
    let id = &asked.route_table_id;
    let destination = place(
        asked.destination_cidr_block.as_deref(),
        asked.destination_prefix_list_id.as_deref(),
    )?;
    find(ec2, id, &destination)?;
    ec2.route_tables.change(cx, id, |table| {
        table.routes.retain(|route| route.destination != destination);
    });
    Ok(nothing())
}

fn find(ec2: &Ec2, table: &str, destination: &Destination) -> Result<(), ApiError> {
    let mut routes = ec2.route_table(table)?.routes.iter();
    if routes.any(|route| route.destination == *destination) {
        return Ok(());
    }
    let kind = match destination {
        Destination::Block(_) => "destination-cidr-block",
        Destination::PrefixList(_) => "destination-prefix-list-id",
    };
    let name = name(destination);
    let message = format!("no route with {kind} {name} in route table {table}");
    Err(refused("InvalidRoute.NotFound", message))
}

fn name(destination: &Destination) -> String {
    match destination {
        Destination::Block(cidr) => cidr.to_string(),
        Destination::PrefixList(list) => list.clone(),
    }
}

fn destination(asked: &Put) -> Result<Destination, ApiError> {
    place(asked.destination_cidr_block.as_deref(), asked.destination_prefix_list_id.as_deref())
}

fn place(block: Option<&str>, list: Option<&str>) -> Result<Destination, ApiError> {
    match (block, list) {
        (Some(text), None) => {
            let why = "This is not a valid CIDR block.";
            let cidr = Cidr::parse(text);
            cidr.map(Destination::Block).ok_or_else(|| wrong(text, "destinationCidrBlock", why))
        }
        (None, Some(list)) => Ok(Destination::PrefixList(list.to_owned())),
        (None, None) => Err(error::missing("destinationCidrBlock")),
        (Some(_), Some(_)) => {
            let message = "A route has exactly one destination";
            Err(refused("InvalidParameterCombination", message))
        }
    }
}

fn target(ec2: &Ec2, asked: &Put) -> Result<Target, ApiError> {
    let table = ec2.route_table(&asked.route_table_id)?;
    let elsewhere = |kind: &str, id: &str| {
        let message =
            format!("route table {} and {kind} {id} belong to different networks", table.id);
        refused("InvalidParameterValue", message)
    };
    match (&asked.gateway_id, &asked.nat_gateway_id) {
        (Some(id), None) if id.starts_with("igw-") => {
            let gateway = ec2.internet_gateway(id)?;
            if gateway.vpc.as_ref() != Some(&table.vpc) {
                return Err(elsewhere("network gateway", id));
            }
            Ok(Target::InternetGateway(id.clone()))
        }
        (Some(id), None) => {
            let message = format!("The gateway ID '{id}' does not exist");
            Err(refused("InvalidGatewayID.NotFound", message))
        }
        (None, Some(id)) => {
            let nat = ec2.nat_gateways.get(id);
            let nat = nat.filter(|nat| nat.deletion.is_none());
            let nat = nat.ok_or_else(|| {
                let message = format!("The NatGateway ID '{id}' does not exist");
                refused("InvalidNatGatewayID.NotFound", message)
            })?;
            if nat.vpc != table.vpc {
                return Err(elsewhere("NAT gateway", id));
            }
            Ok(Target::NatGateway(id.clone()))
        }
        (None, None) => Err(error::missing("gatewayId")),
        (Some(_), Some(_)) => {
            let message = "A route has exactly one target";
            Err(refused("InvalidParameterCombination", message))
        }
    }
}
