//! `AWS::EC2::Subnet` (CFN-RS-38).

use standin_kernel::json;

use super::{PLAIN, retag, table, tagged};
use crate::made::{Call, Made, changed, text, with};

pub(crate) const SUBNET: Made = Made {
    type_name: "AWS::EC2::Subnet",
    properties: table::SUBNET,
    attributes: &[
        "AvailabilityZone",
        "AvailabilityZoneId",
        "CidrBlock",
        "Ipv6CidrBlocks",
        "NetworkAclAssociationId",
        "OutpostArn",
        "SubnetId",
        "VpcId",
    ],
    create: |job| {
        let names = ["VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId"];
        ("ec2:CreateSubnet", tagged(with(json!({}), job, &names), job, "subnet"))
    },
    physical_id: |_, reply| text(reply, "/Subnet/SubnetId"),
    settings: |job, id, previous| {
        let mut calls: Vec<Call> = Vec::new();
        let mut modify = |member: &str, value: standin_kernel::Value| {
            calls.push(("ec2:ModifySubnetAttribute", json!({"SubnetId": id, member: value})));
        };
        if changed(job, previous, "MapPublicIpOnLaunch") {
            let on = job.properties["MapPublicIpOnLaunch"].as_bool().unwrap_or(false);
            modify("MapPublicIpOnLaunch", json!({"Value": on}));
        }
        const OPTIONS: &str = "PrivateDnsNameOptionsOnLaunch";
        if changed(job, previous, OPTIONS) {
            let options = &job.properties[OPTIONS];
            let on = |name: &str| json!({"Value": options[name].as_bool().unwrap_or(false)});
            let kind = options["HostnameType"].as_str().unwrap_or("ip-name");
            modify("PrivateDnsHostnameTypeOnLaunch", json!(kind));
            modify("EnableResourceNameDnsARecordOnLaunch", on("EnableResourceNameDnsARecord"));
            modify(
                "EnableResourceNameDnsAAAARecordOnLaunch",
                on("EnableResourceNameDnsAAAARecord"),
            );
        }
        calls.extend(retag(job, id, previous));
        calls
    },
    look: |_, id| {
        let filters = json!([{"Name": "association.subnet-id", "Values": [id]}]);
        vec![
            ("ec2:DescribeSubnets", json!({"SubnetIds": [id]})),
            ("ec2:DescribeNetworkAcls", json!({"Filters": filters})),
        ]
    },
    known: |_, id, seen| {
        let of = |name: &str| json!(text(seen, &format!("/0/Subnets/0/{name}")));
        let associations = seen.pointer("/1/NetworkAcls/0/Associations");
        let mine = associations
            .and_then(standin_kernel::Value::as_array)
            .and_then(|all| all.iter().find(|one| one["SubnetId"] == id))
            .map(|one| one["NetworkAclAssociationId"].clone());
        vec![
            ("SubnetId", json!(id)),
            ("VpcId", of("VpcId")),
            ("AvailabilityZone", of("AvailabilityZone")),
            ("AvailabilityZoneId", of("AvailabilityZoneId")),
            ("CidrBlock", of("CidrBlock")),
            ("Ipv6CidrBlocks", json!([])),
            ("NetworkAclAssociationId", mine.unwrap_or_default()),
            ("OutpostArn", json!("")),
        ]
    },
    delete: |_, id| vec![("ec2:DeleteSubnet", json!({"SubnetId": id}))],
    gone: &["InvalidSubnetID.NotFound"],
    ..PLAIN
};
