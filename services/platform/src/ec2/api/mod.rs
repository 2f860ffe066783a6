//! The operations of EC2, by AWS's names.

mod address;
mod describe;
mod endpoint;
pub(super) mod error;
mod gateway;
mod nat;
mod none;
mod region;
mod route;
mod route_table;
mod security_group;
mod security_rule;
mod subnet;
mod tags;
mod vpc;

use standin_kernel::{ApiError, Cx, Value, json};

use super::Ec2;
use crate::operation::{Operations, Section, run};

/// Carries out an operation. With `DryRun: true` it only says that it could.
pub(crate) fn call(
    ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    name: &str,
    input: &Value,
) -> Result<Value, ApiError> {
    let mut input = input.clone();
    let dry = input.as_object_mut().and_then(|members| members.remove("DryRun"));
    if dry == Some(Value::Bool(true)) {
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Err(ApiError::new("DryRunOperation", 412, message));
    }
    run(Section::Ec2, OPERATIONS, ec2, cx, name, &input)
}

pub(crate) const OPERATIONS: Operations<Ec2> = &[
    ("CreateVpc", vpc::create),
    ("CreateDefaultVpc", vpc::create_default),
    ("DescribeVpcs", vpc::describe),
    ("DescribeVpcAttribute", vpc::describe_attribute),
    ("ModifyVpcAttribute", vpc::modify_attribute),
    ("ModifyVpcTenancy", vpc::modify_tenancy),
    ("DeleteVpc", vpc::delete),
    ("DescribeNetworkAcls", vpc::describe_network_acls),
    ("CreateSubnet", subnet::create),
    ("DescribeSubnets", subnet::describe),
    ("ModifySubnetAttribute", subnet::modify_attribute),
    ("DeleteSubnet", subnet::delete),
    ("CreateInternetGateway", gateway::create),
    ("DescribeInternetGateways", gateway::describe),
    ("AttachInternetGateway", gateway::attach),
    ("DetachInternetGateway", gateway::detach),
    ("DeleteInternetGateway", gateway::delete),
    ("CreateRouteTable", route_table::create),
    ("DescribeRouteTables", route_table::describe),
    ("AssociateRouteTable", route_table::associate),
    ("DisassociateRouteTable", route_table::disassociate),
    ("ReplaceRouteTableAssociation", route_table::replace_association),
    ("DeleteRouteTable", route_table::delete),
    ("CreateRoute", route::create),
    ("ReplaceRoute", route::replace),
    ("DeleteRoute", route::delete),
    ("CreateSecurityGroup", security_group::create),
    ("DescribeSecurityGroups", security_group::describe),
    ("DeleteSecurityGroup", security_group::delete),
    ("AuthorizeSecurityGroupIngress", security_rule::authorize_ingress),
    ("AuthorizeSecurityGroupEgress", security_rule::authorize_egress),
    ("RevokeSecurityGroupIngress", security_rule::revoke_ingress),
    ("RevokeSecurityGroupEgress", security_rule::revoke_egress),
    ("UpdateSecurityGroupRuleDescriptionsIngress", security_rule::describe_anew_ingress),
    ("UpdateSecurityGroupRuleDescriptionsEgress", security_rule::describe_anew_egress),
    ("DescribeSecurityGroupRules", security_rule::describe),
    ("AllocateAddress", address::allocate),
    ("DescribeAddresses", address::describe),
    ("ReleaseAddress", address::release),
    ("CreateNatGateway", nat::create),
    ("DescribeNatGateways", nat::describe),
    ("DeleteNatGateway", nat::delete),
    ("CreateVpcEndpoint", endpoint::create),
    ("DescribeVpcEndpoints", endpoint::describe),
    ("ModifyVpcEndpoint", endpoint::modify),
    ("DeleteVpcEndpoints", endpoint::delete),
    ("CreateTags", tags::create),
    ("DeleteTags", tags::delete),
    ("DescribeTags", tags::describe),
    ("DescribeAvailabilityZones", region::describe_zones),
    ("DescribeRegions", region::describe_regions),
    ("DescribeManagedPrefixLists", region::describe_prefix_lists),
    ("DescribeInstances", none::instances),
    ("DescribeVolumes", none::volumes),
    ("DescribeKeyPairs", none::key_pairs),
    ("DescribeVpcPeeringConnections", none::peerings),
    ("DescribeEgressOnlyInternetGateways", none::egress_gateways),
];

/// The output of operations that only succeed.
fn nothing() -> Value {
    json!({})
}
