//! `AWS::EC2::SecurityGroup` (CFN-RS-39). A group whose template lists rules out loses the rule
//! that lets everything out.

use standin_kernel::resource::Job;
use standin_kernel::{Value, json};

use super::{PLAIN, retag, rule_table, tagged};
use crate::made::{Call, Made, text, with};
use crate::name;
use crate::operation::present;

/// Longest name of a group.
const NAME_LENGTH_MAX: usize = 255;

pub(crate) const SECURITY_GROUP: Made = Made {
    type_name: "AWS::EC2::SecurityGroup",
    properties: rule_table::SECURITY_GROUP,
    attributes: &["GroupId", "VpcId"],
    create: |job| {
        let input = json!({
            "GroupName": name::of(job, "GroupName", NAME_LENGTH_MAX),
            "Description": job.properties["GroupDescription"],
        });
        ("ec2:CreateSecurityGroup", tagged(with(input, job, &["VpcId"]), job, "security-group"))
    },
    // Without VpcId it is the name: templates older than VPCs ask for that.
    physical_id: |job, reply| match job.properties["VpcId"].is_null() {
        true => name::of(job, "GroupName", NAME_LENGTH_MAX),
        false => text(reply, "/GroupId"),
    },
    settings: |job, id, previous| {
        let mut calls = Vec::new();
        let rules = |all: &Value, direction: &str| all[direction].as_array().cloned();
        let ingress = |all: &Value| rules(all, "SecurityGroupIngress").unwrap_or_default();
        let egress = |all: &Value| {
            let listed = rules(all, "SecurityGroupEgress").filter(|rules| !rules.is_empty());
            listed.unwrap_or_else(|| vec![json!({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"})])
        };
        let group = named(job, id);
        let (before, after) = (ingress(previous), ingress(job.properties));
        calls.extend(change(&group, INGRESS, &before, &after));
        let (before, after) = (egress(previous), egress(job.properties));
        calls.extend(change(&group, EGRESS, &before, &after));
        // Without VpcId `id` is a name, which has no tags.
        if let Some(group) = id.starts_with("sg-").then_some(id) {
            calls.extend(retag(job, group, previous));
        }
        calls
    },
    look: |job, id| {
        let member = if job.properties["VpcId"].is_null() { "GroupNames" } else { "GroupIds" };
        vec![("ec2:DescribeSecurityGroups", json!({member: [id]}))]
    },
    known: |_, _, seen| {
        vec![
            ("GroupId", json!(text(seen, "/0/SecurityGroups/0/GroupId"))),
            ("VpcId", json!(text(seen, "/0/SecurityGroups/0/VpcId"))),
        ]
    },
    delete: |job, id| vec![("ec2:DeleteSecurityGroup", named(job, id))],
    gone: &["InvalidGroup.NotFound"],
    ..PLAIN
};

fn named(job: &Job<'_>, id: &str) -> Value {
    let member = if job.properties["VpcId"].is_null() { "GroupName" } else { "GroupId" };
    json!({member: id})
}

struct Direction {
    revoke: &'static str,
    authorize: &'static str,
}

const INGRESS: &Direction = &Direction {
    revoke: "ec2:RevokeSecurityGroupIngress",
    authorize: "ec2:AuthorizeSecurityGroupIngress",
};

const EGRESS: &Direction = &Direction {
    revoke: "ec2:RevokeSecurityGroupEgress",
    authorize: "ec2:AuthorizeSecurityGroupEgress",
};

/// What is listed no more is revoked, then what is new is authorized.
fn change(group: &Value, of: &Direction, before: &[Value], after: &[Value]) -> Vec<Call> {
    let only = |these: &[Value], others: &[Value]| {
        let new = these.iter().filter(|rule| !others.contains(rule));
        new.map(permission).collect::<Vec<Value>>()
    };
    let mut calls: Vec<Call> = Vec::new();
    for (operation, rules) in
        [(of.revoke, only(before, after)), (of.authorize, only(after, before))]
    {
        if !rules.is_empty() {
            let mut input = group.clone();
            input["IpPermissions"] = Value::Array(rules);
            calls.push((operation, input));
        }
    }
    calls
}

/// A template's rule as EC2's operations write it.
pub(super) fn permission(rule: &Value) -> Value {
    let description = &rule["Description"];
    let peers = |member: &str, value: &Value| match value {
        Value::Null => Value::Null,
        value => json!([present(json!({member: value, "Description": description}))]),
    };
    let either = |one: &str, other: &str| match &rule[one] {
        Value::Null => rule[other].clone(),
        value => value.clone(),
    };
    let list = either("SourcePrefixListId", "DestinationPrefixListId");
    let group = either("SourceSecurityGroupId", "DestinationSecurityGroupId");
    let named = &rule["SourceSecurityGroupName"];
    let pair = present(json!({
        "GroupId": group,
        "GroupName": named,
        "UserId": rule["SourceSecurityGroupOwnerId"],
        "Description": description,
    }));
    let pairs = if group.is_null() && named.is_null() { Value::Null } else { json!([pair]) };
    present(json!({
        "IpProtocol": rule["IpProtocol"],
        "FromPort": rule["FromPort"],
        "ToPort": rule["ToPort"],
        "IpRanges": peers("CidrIp", &rule["CidrIp"]),
        "Ipv6Ranges": peers("CidrIpv6", &rule["CidrIpv6"]),
        "PrefixListIds": peers("PrefixListId", &list),
        "UserIdGroupPairs": pairs,
    }))
}
