//! `AWS::EC2::Route` (CFN-RS-42).

use standin_kernel::json;

use super::{PLAIN, table};
use crate::made::{Made, property, with};

const WHERE: &[&str] = &["RouteTableId", "DestinationCidrBlock", "DestinationPrefixListId"];
const ALL: &[&str] = &[
    "RouteTableId",
    "DestinationCidrBlock",
    "DestinationPrefixListId",
    "GatewayId",
    "NatGatewayId",
];

pub(crate) const ROUTE: Made = Made {
    type_name: "AWS::EC2::Route",
    properties: table::ROUTE,
    attributes: &["CidrBlock"],
    create: |job| ("ec2:CreateRoute", with(json!({}), job, ALL)),
    physical_id: |job, _| format!("{}|{}", property(job, "RouteTableId"), destination(job)),
    settings: |job, _, previous| match previous.is_null() {
        true => Vec::new(),
        false => vec![("ec2:ReplaceRoute", with(json!({}), job, ALL))],
    },
    known: |job, _, _| vec![("CidrBlock", json!(destination(job)))],
    delete: |job, _| vec![("ec2:DeleteRoute", with(json!({}), job, WHERE))],
    gone: &["InvalidRoute.NotFound", "InvalidRouteTableID.NotFound"],
    ..PLAIN
};

fn destination<'j>(job: &standin_kernel::resource::Job<'j>) -> &'j str {
    match property(job, "DestinationCidrBlock") {
        "" => property(job, "DestinationPrefixListId"),
        block => block,
    }
}
