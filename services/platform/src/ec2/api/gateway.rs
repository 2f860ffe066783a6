//! Internet gateways: one for a VPC, one VPC for each.

use serde::Deserialize;
use standin_kernel::ids::ec2_id;
use standin_kernel::{ApiError, Cx, Value, json};

use super::describe::{Asked, chosen};
use super::error::{self, CODES, refused};
use super::nothing;
use super::tags::{Specification, specified};
use crate::ec2::Ec2;
use crate::ec2::state::InternetGateway;
use crate::operation::read;
use crate::tags::list;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    #[serde(default)]
    tag_specifications: Vec<Specification>,
}

pub(super) fn create(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Create = read("CreateInternetGateway", value, CODES)?;
    let tags = specified(cx, asked.tag_specifications, "internet-gateway")?;
    let gateway = InternetGateway { id: ec2_id(cx.rng, "igw"), vpc: None, tags };
    let shown = show(cx, &gateway);
    let id = gateway.id.clone();
    ec2.internet_gateways.put(cx, &id, gateway);
    Ok(json!({"InternetGateway": shown}))
}

fn show(cx: &Cx<'_>, gateway: &InternetGateway) -> Value {
    let attachments: Vec<Value> =
        gateway.vpc.iter().map(|vpc| json!({"State": "available", "VpcId": vpc})).collect();
    json!({
        "InternetGatewayId": gateway.id,
        "Attachments": attachments,
        "OwnerId": cx.env.account,
        "Tags": list(&gateway.tags),
    })
}

pub(super) fn describe(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked = Asked::read("DescribeInternetGateways", value, "InternetGatewayIds")?;
    let all = ec2.internet_gateways.values();
    let gateways = chosen(&asked.ids, all, |id| ec2.internet_gateway(id))?;
    let shown = gateways.into_iter().map(|gateway| show(cx, gateway)).collect();
    let paths = [
        ("internet-gateway-id", "InternetGatewayId"),
        ("attachment.vpc-id", "Attachments.VpcId"),
        ("attachment.state", "Attachments.State"),
        ("owner-id", "OwnerId"),
    ];
    asked.answer("InternetGateways", shown, &paths)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Attachment {
    internet_gateway_id: String,
    vpc_id: String,
}

pub(super) fn attach(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Attachment = read("AttachInternetGateway", value, CODES)?;
    let (id, vpc) = (asked.internet_gateway_id, asked.vpc_id);
    let gateway = ec2.internet_gateway(&id)?;
    ec2.vpc(&vpc)?;
    if let Some(other) = &gateway.vpc {
        let message = format!("resource {id} is already attached to network {other}");
        return Err(refused("Resource.AlreadyAssociated", message));
    }
    let mut all = ec2.internet_gateways.values();
    if all.any(|other| other.vpc.as_ref() == Some(&vpc)) {
        let message = format!("Network {vpc} already has an internet gateway attached");
        return Err(refused("InvalidParameterValue", message));
    }
    ec2.internet_gateways.change(cx, &id, |gateway| gateway.vpc = Some(vpc));
    Ok(nothing())
}

/// Not while a public NAT gateway needs it.
pub(super) fn detach(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Attachment = read("DetachInternetGateway", value, CODES)?;
    let (id, vpc) = (asked.internet_gateway_id, asked.vpc_id);
    let gateway = ec2.internet_gateway(&id)?;
    if gateway.vpc.as_ref() != Some(&vpc) {
        let message = format!("resource {id} is not attached to network {vpc}");
        return Err(refused("Gateway.NotAttached", message));
    }
    let mut nats = ec2.nat_gateways.values();
    if nats.any(|nat| nat.vpc == vpc && nat.public.is_some() && !nat.is_deleted(cx.now)) {
        let message = format!(
            "Network {vpc} has some mapped public address(es). Please unmap those public \
             address(es) before detaching the gateway."
        );
        return Err(refused("DependencyViolation", message));
    }
    ec2.internet_gateways.change(cx, &id, |gateway| gateway.vpc = None);
    Ok(nothing())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    internet_gateway_id: String,
}

pub(super) fn delete(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Delete = read("DeleteInternetGateway", value, CODES)?;
    let gateway = ec2.internet_gateway(&asked.internet_gateway_id)?;
    if gateway.vpc.is_some() {
        return Err(error::has_dependencies("internetGateway", &gateway.id));
    }
    ec2.internet_gateways.remove(cx, &asked.internet_gateway_id);
    Ok(nothing())
}
