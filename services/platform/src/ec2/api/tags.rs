//! Tags of EC2's things: `CreateTags`, `DeleteTags`, `DescribeTags`, and those given at creation.

use serde::Deserialize;
use standin_kernel::resource::{is_system_tag, may_tag};
use standin_kernel::{ApiError, Cx, Value, json};

use super::describe::Asked;
use super::error::{CODES, refused};
use crate::ec2::Ec2;
use crate::operation::read;
use crate::tags::{Fault, Tag, Tags, add};

/// Tags given at creation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Specification {
    resource_type: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// The tags of a new thing of kind `of` (`vpc`).
pub(super) fn specified(
    cx: &Cx<'_>,
    given: Vec<Specification>,
    of: &str,
) -> Result<Tags, ApiError> {
    let mut tags = Tags::new();
    for one in given {
        if one.resource_type != of {
            let kind = &one.resource_type;
            let message = format!("'{kind}' is not a valid taggable resource type.");
            return Err(refused("InvalidParameterValue", message));
        }
        add(&mut tags, one.tags, cx.asked_by).map_err(|fault| wrong(&fault))?;
    }
    Ok(tags)
}

fn wrong(fault: &Fault) -> ApiError {
    let code = match fault {
        Fault::TooMany => "TagLimitExceeded",
        _ => "InvalidParameterValue",
    };
    refused(code, fault.message())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    resources: Vec<String>,
    tags: Vec<Tag>,
}

pub(super) fn create(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Create = read("CreateTags", value, CODES)?;
    let by = cx.asked_by;
    for id in &asked.resources {
        let tags = asked.tags.clone();
        let added = ec2.retag(cx, id, |there| add(there, tags, by)).ok_or_else(|| unknown(id))?;
        added.map_err(|fault| wrong(&fault))?;
    }
    Ok(json!({}))
}

fn unknown(id: &str) -> ApiError {
    refused("InvalidID", format!("The ID '{id}' is not valid"))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    resources: Vec<String>,
    /// `None`: all but those of AWS's own.
    tags: Option<Vec<Unwanted>>,
}

/// With a value: only if the tag has it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Unwanted {
    key: String,
    value: Option<String>,
}

pub(super) fn delete(ec2: &mut Ec2, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Delete = read("DeleteTags", value, CODES)?;
    let mut unwanted = asked.tags.iter().flatten();
    if unwanted.any(|one| !may_tag(cx.asked_by, &one.key)) {
        return Err(wrong(&Fault::Reserved));
    }
    for id in &asked.resources {
        let take = |tags: &mut Tags| match &asked.tags {
            None => tags.retain(|key, _| is_system_tag(key)),
            Some(unwanted) => tags.retain(|key, value| {
                !unwanted.iter().any(|one| {
                    one.key == *key && one.value.as_ref().is_none_or(|wanted| wanted == value)
                })
            }),
        };
        ec2.retag(cx, id, take).ok_or_else(|| unknown(id))?;
    }
    Ok(json!({}))
}

pub(super) fn describe(ec2: &mut Ec2, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked = Asked::read("DescribeTags", value, "")?;
    let mut all = Vec::new();
    let mut take = |kind: &str, id: &str, tags: &Tags| {
        all.extend(tags.iter().map(|(key, value)| {
            json!({
                "ResourceType": kind,
                "ResourceId": id,
                "Key": key,
                "Value": value,
            })
        }));
    };
    ec2.vpcs.values().for_each(|one| take("vpc", &one.id, &one.tags));
    ec2.subnets.values().for_each(|one| take("subnet", &one.id, &one.tags));
    ec2.internet_gateways.values().for_each(|one| take("internet-gateway", &one.id, &one.tags));
    ec2.route_tables.values().for_each(|one| take("route-table", &one.id, &one.tags));
    ec2.groups.values().for_each(|one| take("security-group", &one.id, &one.tags));
    ec2.addresses.values().for_each(|one| take("elastic-ip", &one.allocation_id, &one.tags));
    ec2.nat_gateways.values().for_each(|one| take("natgateway", &one.id, &one.tags));
    ec2.endpoints.values().for_each(|one| take("vpc-endpoint", &one.id, &one.tags));
    let paths = [
        ("key", "Key"),
        ("value", "Value"),
        ("resource-id", "ResourceId"),
        ("resource-type", "ResourceType"),
    ];
    asked.answer("Tags", all, &paths)
}
