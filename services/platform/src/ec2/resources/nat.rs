//! `AWS::EC2::NatGateway` (CFN-RS-46): created when it is available, deleted when it is gone.

use standin_kernel::json;

use super::{PLAIN, retag, table, tagged};
use crate::made::{Made, text, with};

pub(crate) const NAT_GATEWAY: Made = Made {
    type_name: "AWS::EC2::NatGateway",
    properties: table::NAT_GATEWAY,
    attributes: &["EniId", "NatGatewayId"],
    create: |job| {
        let names = ["SubnetId", "AllocationId", "ConnectivityType", "PrivateIpAddress"];
        ("ec2:CreateNatGateway", tagged(with(json!({}), job, &names), job, "natgateway"))
    },
    physical_id: |_, reply| text(reply, "/NatGateway/NatGatewayId"),
    settings: retag,
    look: |_, id| vec![("ec2:DescribeNatGateways", json!({"NatGatewayIds": [id]}))],
    ready: |seen| text(seen, "/0/NatGateways/0/State") == "available",
    known: |_, id, seen| {
        let interface = "/0/NatGateways/0/NatGatewayAddresses/0/NetworkInterfaceId";
        vec![("EniId", json!(text(seen, interface))), ("NatGatewayId", json!(id))]
    },
    delete: |_, id| vec![("ec2:DeleteNatGateway", json!({"NatGatewayId": id}))],
    gone: &["NatGatewayNotFound"],
    vanished: Some(|seen| text(seen, "/0/NatGateways/0/State") == "deleted"),
    ..PLAIN
};
