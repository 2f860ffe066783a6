//! Where a load balancer stands and under which security groups: changed after it was made.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{Cx, Value, json};

use super::load_balancer::{self, SubnetMapping};
use crate::Elbv2;
use crate::error::Result;
use crate::state::Placement;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SetSubnets {
    load_balancer_arn: String,
    #[serde(default)]
    subnets: Vec<String>,
    #[serde(default)]
    subnet_mappings: Vec<SubnetMapping>,
    ip_address_type: Option<String>,
}

/// It stays where it is until EC2 has said that the new subnets are good.
pub(super) fn set_subnets(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: SetSubnets = input("SetSubnets", value)?;
    let one = elbv2.state.load_balancer_mut(&asked.load_balancer_arn)?;
    let subnets = load_balancer::subnets(asked.subnets, asked.subnet_mappings)?;
    if let Some(wanted) = asked.ip_address_type {
        load_balancer::check_ip_address_type(&wanted, one.internal)?;
        one.ip_address_type = wanted;
    }
    let sought = Placement { wanted: Some(subnets.clone()), ..Placement::default() };
    one.placement.wanted = Some(subnets);
    one.placement.refused = None;
    one.store(cx);
    let answer = json!({
        "AvailabilityZones": load_balancer::zones(&sought),
        "IpAddressType": one.ip_address_type,
    });
    elbv2.ask_for_zones(cx, &asked.load_balancer_arn);
    Ok(answer)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SetSecurityGroups {
    load_balancer_arn: String,
    security_groups: Vec<String>,
}

pub(super) fn set_security_groups(
    elbv2: &mut Elbv2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value> {
    let asked: SetSecurityGroups = input("SetSecurityGroups", value)?;
    let one = elbv2.state.load_balancer_mut(&asked.load_balancer_arn)?;
    one.security_groups = asked.security_groups;
    one.store(cx);
    Ok(json!({"SecurityGroupIds": one.security_groups}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SetIpAddressType {
    load_balancer_arn: String,
    ip_address_type: String,
}

pub(super) fn set_ip_address_type(
    elbv2: &mut Elbv2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value> {
    let asked: SetIpAddressType = input("SetIpAddressType", value)?;
    let one = elbv2.state.load_balancer_mut(&asked.load_balancer_arn)?;
    load_balancer::check_ip_address_type(&asked.ip_address_type, one.internal)?;
    one.ip_address_type = asked.ip_address_type;
    one.store(cx);
    Ok(json!({"IpAddressType": one.ip_address_type}))
}
