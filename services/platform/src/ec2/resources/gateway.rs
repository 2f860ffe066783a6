//! `AWS::EC2::InternetGateway` and `AWS::EC2::VPCGatewayAttachment` (CFN-RS-44, CFN-RS-45).

use standin_kernel::{Value, json};

use super::{PLAIN, retag, table, tagged};
use crate::made::{Made, changed, property, text, with};

pub(crate) const INTERNET_GATEWAY: Made = Made {
    type_name: "AWS::EC2::InternetGateway",
    properties: table::INTERNET_GATEWAY,
    attributes: &["InternetGatewayId"],
    create: |job| ("ec2:CreateInternetGateway", tagged(json!({}), job, "internet-gateway")),
    physical_id: |_, reply| text(reply, "/InternetGateway/InternetGatewayId"),
    settings: retag,
    known: |_, id, _| vec![("InternetGatewayId", json!(id))],
    delete: |_, id| vec![("ec2:DeleteInternetGateway", json!({"InternetGatewayId": id}))],
    gone: &["InvalidInternetGatewayID.NotFound"],
    ..PLAIN
};

pub(crate) const VPC_GATEWAY_ATTACHMENT: Made = Made {
    type_name: "AWS::EC2::VPCGatewayAttachment",
    properties: table::VPC_GATEWAY_ATTACHMENT,
    attributes: &["AttachmentType"],
    create: |job| {
        let input = with(json!({}), job, &["InternetGatewayId", "VpcId"]);
        ("ec2:AttachInternetGateway", input)
    },
    physical_id: |job, _| format!("IGW|{}", property(job, "VpcId")),
    settings: |job, _, previous| {
        if previous.is_null() || !changed(job, previous, "InternetGatewayId") {
            return Vec::new();
        }
        vec![
            ("ec2:DetachInternetGateway", both(previous)),
            ("ec2:AttachInternetGateway", both(job.properties)),
        ]
    },
    known: |_, _, _| vec![("AttachmentType", json!("IGW"))],
    delete: |job, _| vec![("ec2:DetachInternetGateway", both(job.properties))],
    gone: &["Gateway.NotAttached", "InvalidInternetGatewayID.NotFound"],
    ..PLAIN
};

fn both(properties: &Value) -> Value {
    json!({
        "InternetGatewayId": properties["InternetGatewayId"],
        "VpcId": properties["VpcId"],
    })
}
