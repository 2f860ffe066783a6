//! Security groups: names, descriptions, and who refers to whom.

use serde::Deserialize;
use standin_kernel::ids::ec2_id;
use standin_kernel::{ApiError, Cx, Value, json};

use super::describe::Asked;
use super::error::{self, CODES, refused};
use super::tags::{Specification, specified};
use super::vpc::arn_of;
use crate::ec2::Ec2;
use crate::ec2::rule::{Peer, Rule, check_description, permissions};
use crate::ec2::state::SecurityGroup;
use crate::operation::read;
use crate::tags::list;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    group_name: String,
    description: String,
    vpc_id: Option<String>,
    #[serde(default)]
    tag_specifications: Vec<Specification>,
}

pub(super) fn create(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let mut value = value.clone();
    // The API's member is called GroupDescription; SDKs write Description.
    if let Some(text) = value.as_object_mut().and_then(|all| all.remove("GroupDescription")) {
        value["Description"] = text;
    }
    let asked: Create = read("CreateSecurityGroup", &value, CODES)?;
    let vpc = match asked.vpc_id {
        Some(id) => ec2.vpc(&id)?.id.clone(),
        None => default_vpc(ec2)?,
    };
    check_name(&asked.group_name)?;
    check_description(&asked.description, "security group")?;
    if named(ec2, &asked.group_name, &vpc).is_some() {
        let name = &asked.group_name;
        let message = format!("The security group '{name}' already exists for VPC '{vpc}'");
        return Err(refused("InvalidGroup.Duplicate", message));
    }
    let group = SecurityGroup {
        id: ec2_id(cx.rng, "sg"),
        name: asked.group_name,
        description: asked.description,
        vpc,
        rules: vec![Rule::to_anywhere(cx.rng)],
        tags: specified(cx, asked.tag_specifications, "security-group")?,
    };
    let answer = json!({
        "GroupId": group.id,
        "SecurityGroupArn": arn_of(cx, "security-group", &group.id),
        "Tags": list(&group.tags),
    });
    let id = group.id.clone();
    ec2.groups.put(cx, &id, group);
    Ok(answer)
}

fn default_vpc(ec2: &Ec2) -> Result<String, ApiError> {
    let none = || refused("VPCIdNotSpecified", "No default VPC for this user");
    ec2.default_vpc().map(|vpc| vpc.id.clone()).ok_or_else(none)
}

fn check_name(name: &str) -> Result<(), ApiError> {
    check_description(name, "security group name")?;
    if name.is_empty() || name.starts_with("sg-") {
        let message = format!(
            "Invalid value '{name}' for groupName. Group names must not be empty and may not be \
             in the format sg-*."
        );
        return Err(refused("InvalidParameterValue", message));
    }
    Ok(())
}

fn named<'e>(ec2: &'e Ec2, name: &str, vpc: &str) -> Option<&'e SecurityGroup> {
    ec2.groups.values().find(|group| group.name == name && group.vpc == vpc)
}

/// The id of the group meant by an id, or by a name in the default VPC.
pub(super) fn meant(ec2: &Ec2, id: Option<&str>, name: Option<&str>) -> Result<String, ApiError> {
    match (id, name) {
        (Some(id), _) => Ok(ec2.group(id)?.id.clone()),
        (None, Some(name)) => {
            let group = named(ec2, name, &default_vpc(ec2)?);
            group.map(|group| group.id.clone()).ok_or_else(|| error::no_group(name))
        }
        (None, None) => Err(error::missing("groupId")),
    }
}

fn show(cx: &Cx<'_>, group: &SecurityGroup) -> Value {
    let account = &cx.env.account;
    let of = |egress: bool| group.rules.iter().filter(move |rule| rule.egress == egress);
    json!({
        "GroupId": group.id,
        "GroupName": group.name,
        "Description": group.description,
        "VpcId": group.vpc,
        "OwnerId": account,
        "SecurityGroupArn": arn_of(cx, "security-group", &group.id),
        "IpPermissions": permissions(of(false), account),
        "IpPermissionsEgress": permissions(of(true), account),
        "Tags": list(&group.tags),
    })
}

pub(super) fn describe(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let mut value = value.clone();
    let names = value.as_object_mut().and_then(|all| all.remove("GroupNames"));
    let names: Vec<String> =
        names.map_or(Ok(Vec::new()), |names| read("DescribeSecurityGroups", &names, CODES))?;
    let asked = Asked::read("DescribeSecurityGroups", &value, "GroupIds")?;
    let mut ids = asked.ids.clone();
    for name in &names {
        ids.push(meant(ec2, None, Some(name))?);
    }
    let groups = super::describe::chosen(&ids, ec2.groups.values(), |id| ec2.group(id))?;
    let shown = groups.into_iter().map(|group| show(cx, group)).collect();
    let paths = [
        ("group-id", "GroupId"),
        ("group-name", "GroupName"),
        ("description", "Description"),
        ("vpc-id", "VpcId"),
        ("owner-id", "OwnerId"),
        ("ip-permission.cidr", "IpPermissions.IpRanges.CidrIp"),
        ("ip-permission.from-port", "IpPermissions.FromPort"),
        ("ip-permission.to-port", "IpPermissions.ToPort"),
        ("ip-permission.protocol", "IpPermissions.IpProtocol"),
        ("ip-permission.group-id", "IpPermissions.UserIdGroupPairs.GroupId"),
        ("ip-permission.prefix-list-id", "IpPermissions.PrefixListIds.PrefixListId"),
        ("egress.ip-permission.cidr", "IpPermissionsEgress.IpRanges.CidrIp"),
        ("egress.ip-permission.from-port", "IpPermissionsEgress.FromPort"),
        ("egress.ip-permission.to-port", "IpPermissionsEgress.ToPort"),
        ("egress.ip-permission.protocol", "IpPermissionsEgress.IpProtocol"),
        ("egress.ip-permission.group-id", "IpPermissionsEgress.UserIdGroupPairs.GroupId"),
    ];
    asked.answer("SecurityGroups", shown, &paths)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    group_id: Option<String>,
    group_name: Option<String>,
}

/// Not while a rule of another group names it, nor while an endpoint is in it.
pub(super) fn delete(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Delete = read("DeleteSecurityGroup", value, CODES)?;
    let id = meant(ec2, asked.group_id.as_deref(), asked.group_name.as_deref())?;
    let group = ec2.group(&id)?;
    if group.name == "default" {
        let message =
            format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user");
        return Err(refused("CannotDelete", message));
    }
    let names = |rule: &Rule| matches!(&rule.what.peer, Peer::Group(named) if *named == id);
    let mut others = ec2.groups.values().filter(|other| other.id != id);
    let used = others.any(|other| other.rules.iter().any(names))
        || ec2.endpoints.values().any(|endpoint| endpoint.groups.contains(&id));
    if used {
        let message = format!("resource {id} has a dependent object");
        return Err(refused("DependencyViolation", message));
    }
    ec2.groups.remove(cx, &id);
    Ok(json!({"Return": true, "GroupId": id}))
}
