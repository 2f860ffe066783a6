//! VPC endpoints: recorded. Everything on one machine reaches its services without them.

use serde::Deserialize;
use standin_kernel::ids::ec2_id;
use standin_kernel::{ApiError, Cx, Value, json};

use super::describe::{Asked, chosen};
use super::error::{self, CODES, not_built, refused, wrong};
use super::tags::{Specification, specified};
use crate::ec2::Ec2;
use crate::ec2::state::{Destination, EndpointKind, Route, Target, VpcEndpoint};
use crate::operation::{present, read};
use crate::tags::list;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    vpc_id: String,
    service_name: String,
    vpc_endpoint_type: Option<String>,
    policy_document: Option<String>,
    #[serde(default)]
    route_table_ids: Vec<String>,
    #[serde(default)]
    subnet_ids: Vec<String>,
    #[serde(default)]
    security_group_ids: Vec<String>,
    private_dns_enabled: Option<bool>,
    ip_address_type: Option<String>,
    #[serde(default)]
    tag_specifications: Vec<Specification>,
}

const FULL_ACCESS: &str =
    r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;

pub(super) fn create(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Create = read("CreateVpcEndpoint", value, CODES)?;
    let kind = kind(&asked, &cx.env.region)?;
    let vpc = ec2.vpc(&asked.vpc_id)?;
    for id in &asked.route_table_ids {
        belongs(ec2.route_table(id)?.vpc == vpc.id, id, &vpc.id)?;
    }
    for id in &asked.subnet_ids {
        belongs(ec2.subnet(id)?.vpc == vpc.id, id, &vpc.id)?;
    }
    for id in &asked.security_group_ids {
        belongs(ec2.group(id)?.vpc == vpc.id, id, &vpc.id)?;
    }
    if let Some(kind) = asked.ip_address_type.filter(|kind| kind != "ipv4") {
        return Err(not_built(&format!("An endpoint of address type {kind}")));
    }
    let policy = policy(asked.policy_document)?;
    let mut groups = asked.security_group_ids;
    if kind == EndpointKind::Interface && groups.is_empty() {
        groups.push(vpc.default_group.clone());
    }
    let interfaces = asked.subnet_ids.iter().map(|_| ec2_id(cx.rng, "eni")).collect();
    let endpoint = VpcEndpoint {
        id: ec2_id(cx.rng, "vpce"),
        vpc: asked.vpc_id,
        service: asked.service_name,
        kind,
        route_tables: asked.route_table_ids,
        subnets: asked.subnet_ids,
        groups,
        interfaces,
        policy,
        private_dns: asked.private_dns_enabled.unwrap_or(kind == EndpointKind::Interface),
        created: cx.now,
        tags: specified(cx, asked.tag_specifications, "vpc-endpoint")?,
    };
    let shown = show(ec2, cx, &endpoint);
    let id = endpoint.id.clone();
    let (tables, service) = (endpoint.route_tables.clone(), endpoint.service.clone());
    ec2.endpoints.put(cx, &id, endpoint);
    tables.iter().for_each(|table| add_route(ec2, cx, table, &id, &service));
    Ok(json!({"VpcEndpoint": shown}))
}

/// S3 and DynamoDB are reached through gateways (S3 also through interfaces), others through
/// interfaces.
fn kind(asked: &Create, region: &str) -> Result<EndpointKind, ApiError> {
    let service = &asked.service_name;
    let unknown = || {
        let message = format!("The Vpc Endpoint Service '{service}' does not exist");
        refused("InvalidServiceName", message)
    };
    let prefix = format!("com.amazonaws.{region}.");
    let name = service.strip_prefix(&prefix).ok_or_else(unknown)?;
    let gateways = ["s3", "dynamodb"].contains(&name);
    match asked.vpc_endpoint_type.as_deref().unwrap_or("Gateway") {
        "Gateway" if gateways => Ok(EndpointKind::Gateway),
        "Gateway" => {
            let message = format!(
                "VPC Endpoint type (Gateway) does not match available types ([Interface]) of the \
                 service {service}"
            );
            Err(refused("InvalidParameter", message))
        }
        "Interface" => Ok(EndpointKind::Interface),
        other => Err(not_built(&format!("An endpoint of type {other}"))),
    }
}

fn belongs(same: bool, id: &str, vpc: &str) -> Result<(), ApiError> {
    if same { Ok(()) } else { Err(wrong(id, "id", &format!("It does not belong to {vpc}."))) }
}

fn policy(text: Option<String>) -> Result<String, ApiError> {
    let text = text.unwrap_or_else(|| FULL_ACCESS.into());
    match serde_json::from_str(&text) {
        Ok(Value::Object(_)) => Ok(text),
        _ => Err(refused("InvalidPolicyDocument", "The policy document is not valid JSON")),
    }
}

/// The id AWS would give its list of the service's addresses is not known here; the endpoint's own
/// digits stand in its place.
fn add_route(ec2: &mut Ec2, cx: &mut Cx<'_>, table: &str, id: &str, service: &str) {
    let list = super::region::prefix_list(service);
    let route = Route {
        destination: Destination::PrefixList(list),
        target: Target::Endpoint(id.to_owned()),
    };
    ec2.route_tables.change(cx, table, |table| table.routes.push(route));
}

fn take_route(ec2: &mut Ec2, cx: &mut Cx<'_>, table: &str, id: &str) {
    let target = Target::Endpoint(id.to_owned());
    ec2.route_tables.change(cx, table, |table| {
        table.routes.retain(|route| route.target != target);
    });
}

fn show(ec2: &Ec2, cx: &Cx<'_>, endpoint: &VpcEndpoint) -> Value {
    let interface = endpoint.kind == EndpointKind::Interface;
    let name = |id: &String| ec2.groups.get(id).map(|group| group.name.clone());
    let groups: Vec<Value> =
        endpoint.groups.iter().map(|id| json!({"GroupId": id, "GroupName": name(id)})).collect();
    let short = endpoint.service.rsplit('.').next().unwrap_or_default();
    let dns = format!("{}.{short}.{}.vpce.amazonaws.com", endpoint.id, cx.env.region);
    let entries = if interface { json!([{"DnsName": dns}]) } else { json!([]) };
    present(json!({
        "VpcEndpointId": endpoint.id,
        "VpcEndpointType": if interface { "Interface" } else { "Gateway" },
        "VpcId": endpoint.vpc,
        "ServiceName": endpoint.service,
        "State": "available",
        "PolicyDocument": endpoint.policy,
        "RouteTableIds": endpoint.route_tables,
        "SubnetIds": endpoint.subnets,
        "Groups": groups,
        "IpAddressType": "ipv4",
        "PrivateDnsEnabled": endpoint.private_dns,
        "RequesterManaged": false,
        "NetworkInterfaceIds": endpoint.interfaces,
        "DnsEntries": entries,
        "CreationTimestamp": endpoint.created.iso8601(),
        "OwnerId": cx.env.account,
        "Tags": list(&endpoint.tags),
    }))
}

pub(super) fn describe(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked = Asked::read("DescribeVpcEndpoints", value, "VpcEndpointIds")?;
    let get = |id: &str| ec2.endpoints.get(id).ok_or_else(|| error::no_endpoint(id));
    let endpoints = chosen(&asked.ids, ec2.endpoints.values(), get)?;
    let shown = endpoints.into_iter().map(|endpoint| show(ec2, cx, endpoint)).collect();
    let paths = [
        ("vpc-endpoint-id", "VpcEndpointId"),
        ("vpc-endpoint-type", "VpcEndpointType"),
        ("vpc-endpoint-state", "State"),
        ("vpc-id", "VpcId"),
        ("service-name", "ServiceName"),
    ];
    asked.answer("VpcEndpoints", shown, &paths)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Modify {
    vpc_endpoint_id: String,
    reset_policy: Option<bool>,
    policy_document: Option<String>,
    #[serde(default)]
    add_route_table_ids: Vec<String>,
    #[serde(default)]
    remove_route_table_ids: Vec<String>,
    #[serde(default)]
    add_subnet_ids: Vec<String>,
    #[serde(default)]
    remove_subnet_ids: Vec<String>,
    #[serde(default)]
    add_security_group_ids: Vec<String>,
    #[serde(default)]
    remove_security_group_ids: Vec<String>,
    private_dns_enabled: Option<bool>,
}

pub(super) fn modify(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Modify = read("ModifyVpcEndpoint", value, CODES)?;
    let id = asked.vpc_endpoint_id.clone();
    let endpoint = ec2.endpoints.get(&id).ok_or_else(|| error::no_endpoint(&id))?;
    let (vpc, service) = (endpoint.vpc.clone(), endpoint.service.clone());
    let there = endpoint.route_tables.clone();
    for table in &asked.add_route_table_ids {
        belongs(ec2.route_table(table)?.vpc == vpc, table, &vpc)?;
    }
    for subnet in &asked.add_subnet_ids {
        belongs(ec2.subnet(subnet)?.vpc == vpc, subnet, &vpc)?;
    }
    for group in &asked.add_security_group_ids {
        belongs(ec2.group(group)?.vpc == vpc, group, &vpc)?;
    }
    let policy = match asked.policy_document {
        None if asked.reset_policy != Some(true) => None,
        text => Some(policy(text)?),
    };
    let fresh: Vec<String> = asked.add_subnet_ids.iter().map(|_| ec2_id(cx.rng, "eni")).collect();
    ec2.endpoints.change(cx, &id, |endpoint| {
        swap(&mut endpoint.route_tables, &asked.add_route_table_ids, &asked.remove_route_table_ids);
        swap(&mut endpoint.groups, &asked.add_security_group_ids, &asked.remove_security_group_ids);
        swap(&mut endpoint.subnets, &asked.add_subnet_ids, &asked.remove_subnet_ids);
        endpoint.interfaces.extend(fresh);
        endpoint.interfaces.truncate(endpoint.subnets.len());
        endpoint.policy = policy.unwrap_or_else(|| std::mem::take(&mut endpoint.policy));
        endpoint.private_dns = asked.private_dns_enabled.unwrap_or(endpoint.private_dns);
    });
    for table in &asked.remove_route_table_ids {
        take_route(ec2, cx, table, &id);
    }
    for table in asked.add_route_table_ids.iter().filter(|table| !there.contains(table)) {
        add_route(ec2, cx, table, &id, &service);
    }
    Ok(json!({"Return": true}))
}

fn swap(there: &mut Vec<String>, add: &[String], remove: &[String]) {
    there.retain(|id| !remove.contains(id));
    for id in add {
        if !there.contains(id) {
            there.push(id.clone());
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    vpc_endpoint_ids: Vec<String>,
}

/// Those that are there go; the others are named in the answer.
pub(super) fn delete(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Delete = read("DeleteVpcEndpoints", value, CODES)?;
    let mut failed = Vec::new();
    for id in &asked.vpc_endpoint_ids {
        match ec2.endpoints.remove(cx, id) {
            Some(endpoint) => {
                endpoint.route_tables.iter().for_each(|table| take_route(ec2, cx, table, id));
            }
            None => {
                let error = error::no_endpoint(id);
                let words = json!({"Code": error.code, "Message": error.message});
                failed.push(json!({"ResourceId": id, "Error": words}));
            }
        }
    }
    Ok(json!({"Unsuccessful": failed}))
}
