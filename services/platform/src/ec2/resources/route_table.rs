//! `AWS::EC2::RouteTable` and `AWS::EC2::SubnetRouteTableAssociation` (CFN-RS-41, CFN-RS-43).

use standin_kernel::json;

use super::{PLAIN, retag, table, tagged};
use crate::made::{Made, text, with};

pub(crate) const ROUTE_TABLE: Made = Made {
    type_name: "AWS::EC2::RouteTable",
    properties: table::ROUTE_TABLE,
    attributes: &["RouteTableId"],
    create: |job| {
        let input = with(json!({}), job, &["VpcId"]);
        ("ec2:CreateRouteTable", tagged(input, job, "route-table"))
    },
    physical_id: |_, reply| text(reply, "/RouteTable/RouteTableId"),
    settings: retag,
    known: |_, id, _| vec![("RouteTableId", json!(id))],
    delete: |_, id| vec![("ec2:DeleteRouteTable", json!({"RouteTableId": id}))],
    gone: &["InvalidRouteTableID.NotFound"],
    ..PLAIN
};

pub(crate) const SUBNET_ROUTE_TABLE_ASSOCIATION: Made = Made {
    type_name: "AWS::EC2::SubnetRouteTableAssociation",
    properties: table::SUBNET_ROUTE_TABLE_ASSOCIATION,
    attributes: &["Id"],
    create: |job| ("ec2:AssociateRouteTable", with(json!({}), job, &["RouteTableId", "SubnetId"])),
    physical_id: |_, reply| text(reply, "/AssociationId"),
    known: |_, id, _| vec![("Id", json!(id))],
    delete: |_, id| vec![("ec2:DisassociateRouteTable", json!({"AssociationId": id}))],
    gone: &["InvalidAssociationID.NotFound"],
    ..PLAIN
};
