//! `AWS::EC2::VPC` (CFN-RS-37).

use standin_kernel::{Value, json};

use super::{PLAIN, retag, table, tagged};
use crate::made::{Call, Made, changed, text, with};

pub(crate) const VPC: Made = Made {
    type_name: "AWS::EC2::VPC",
    properties: table::VPC,
    attributes: &[
        "CidrBlock",
        "CidrBlockAssociations",
        "DefaultNetworkAcl",
        "DefaultSecurityGroup",
        "Ipv6CidrBlocks",
        "VpcId",
    ],
    create: |job| {
        let input = with(json!({}), job, &["CidrBlock", "InstanceTenancy"]);
        ("ec2:CreateVpc", tagged(input, job, "vpc"))
    },
    physical_id: |_, reply| text(reply, "/Vpc/VpcId"),
    settings: |job, id, previous| {
        let mut calls: Vec<Call> = Vec::new();
        if !previous.is_null() && changed(job, previous, "InstanceTenancy") {
            let tenancy = job.properties["InstanceTenancy"].as_str().unwrap_or("default");
            let input = json!({"VpcId": id, "InstanceTenancy": tenancy});
            calls.push(("ec2:ModifyVpcTenancy", input));
        }
        for (name, default) in [("EnableDnsSupport", true), ("EnableDnsHostnames", false)] {
            if changed(job, previous, name) {
                let on = job.properties[name].as_bool().unwrap_or(default);
                calls.push(("ec2:ModifyVpcAttribute", json!({"VpcId": id, name: {"Value": on}})));
            }
        }
        calls.extend(retag(job, id, previous));
        calls
    },
    look: |_, id| {
        let of = |name: &str| json!([{"Name": name, "Values": [id]}]);
        let mut groups = of("vpc-id");
        if let Some(filters) = groups.as_array_mut() {
            filters.push(json!({"Name": "group-name", "Values": ["default"]}));
        }
        vec![
            ("ec2:DescribeVpcs", json!({"VpcIds": [id]})),
            ("ec2:DescribeNetworkAcls", json!({"Filters": of("vpc-id")})),
            ("ec2:DescribeSecurityGroups", json!({"Filters": groups})),
        ]
    },
    known: |_, id, seen| {
        vec![
            ("VpcId", json!(id)),
            ("CidrBlock", json!(text(seen, "/0/Vpcs/0/CidrBlock"))),
            (
                "CidrBlockAssociations",
                json!([text(seen, "/0/Vpcs/0/CidrBlockAssociationSet/0/AssociationId")]),
            ),
            ("DefaultNetworkAcl", json!(text(seen, "/1/NetworkAcls/0/NetworkAclId"))),
            ("DefaultSecurityGroup", json!(text(seen, "/2/SecurityGroups/0/GroupId"))),
            ("Ipv6CidrBlocks", Value::Array(Vec::new())),
        ]
    },
    delete: |_, id| vec![("ec2:DeleteVpc", json!({"VpcId": id}))],
    gone: &["InvalidVpcID.NotFound"],
    ..PLAIN
};
