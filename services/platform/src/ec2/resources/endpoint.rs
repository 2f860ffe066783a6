//! `AWS::EC2::VPCEndpoint`. `DnsEntries` is not among the attributes: no name of an endpoint is
//! served here.

use standin_kernel::resource::Job;
use standin_kernel::{Value, json};

use super::{PLAIN, retag, table, tagged};
use crate::made::{Call, Made, changed, text, with};

pub(crate) const VPC_ENDPOINT: Made = Made {
    type_name: "AWS::EC2::VPCEndpoint",
    properties: table::VPC_ENDPOINT,
    attributes: &["CreationTimestamp", "Id", "NetworkInterfaceIds"],
    create: |job| {
        let names = [
            "VpcId",
            "ServiceName",
            "VpcEndpointType",
            "RouteTableIds",
            "SubnetIds",
            "SecurityGroupIds",
            "PrivateDnsEnabled",
            "IpAddressType",
        ];
        let mut input = with(json!({}), job, &names);
        if let Some(policy) = policy(job) {
            input["PolicyDocument"] = json!(policy);
        }
        ("ec2:CreateVpcEndpoint", tagged(input, job, "vpc-endpoint"))
    },
    physical_id: |_, reply| text(reply, "/VpcEndpoint/VpcEndpointId"),
    settings: |job, id, previous| {
        let mut calls: Vec<Call> = Vec::new();
        if !previous.is_null() {
            calls.push(("ec2:ModifyVpcEndpoint", modification(job, id, previous)));
        }
        calls.extend(retag(job, id, previous));
        calls
    },
    look: |_, id| vec![("ec2:DescribeVpcEndpoints", json!({"VpcEndpointIds": [id]}))],
    known: |_, id, seen| {
        let interfaces = seen.pointer("/0/VpcEndpoints/0/NetworkInterfaceIds").cloned();
        vec![
            ("Id", json!(id)),
            ("CreationTimestamp", json!(text(seen, "/0/VpcEndpoints/0/CreationTimestamp"))),
            ("NetworkInterfaceIds", interfaces.unwrap_or_else(|| json!([]))),
        ]
    },
    delete: |_, id| vec![("ec2:DeleteVpcEndpoints", json!({"VpcEndpointIds": [id]}))],
    ..PLAIN
};

fn policy(job: &Job<'_>) -> Option<String> {
    match &job.properties["PolicyDocument"] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        document => Some(document.to_string()),
    }
}

fn modification(job: &Job<'_>, id: &str, previous: &Value) -> Value {
    let mut input = json!({"VpcEndpointId": id});
    let lists = [
        ("RouteTableIds", "AddRouteTableIds", "RemoveRouteTableIds"),
        ("SubnetIds", "AddSubnetIds", "RemoveSubnetIds"),
        ("SecurityGroupIds", "AddSecurityGroupIds", "RemoveSecurityGroupIds"),
    ];
    let none = Vec::new();
    for (name, add, remove) in lists {
        let before = previous[name].as_array().unwrap_or(&none);
        let after = job.properties[name].as_array().unwrap_or(&none);
        input[add] = after.iter().filter(|one| !before.contains(one)).cloned().collect();
        input[remove] = before.iter().filter(|one| !after.contains(one)).cloned().collect();
    }
    if changed(job, previous, "PolicyDocument") {
        match policy(job) {
            Some(policy) => input["PolicyDocument"] = json!(policy),
            None => input["ResetPolicy"] = json!(true),
        }
    }
    with(input, job, &["PrivateDnsEnabled"])
}
