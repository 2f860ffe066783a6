//! What a region has from the start: its zones, and AWS's own prefix lists.

use standin_kernel::{ApiError, Cx, Rng, Value, json};

use super::describe::Asked;
use super::error::{CODES, wrong};
use crate::ec2::{Ec2, zone};
use crate::operation::read;

pub(super) fn describe_zones(
    _ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked = Asked::read("DescribeAvailabilityZones", value, "ZoneNames")?;
    let region = &cx.env.region;
    let names = zone::names(region);
    if let Some(unknown) = asked.ids.iter().find(|name| !names.contains(name)) {
        let why = "There is no such zone in the region.";
        return Err(wrong(unknown, "zoneName", why));
    }
    let wanted = |name: &String| asked.ids.is_empty() || asked.ids.contains(name);
    let zones = names.into_iter().filter(wanted).map(|name| {
        json!({
            "ZoneName": name,
            "ZoneId": zone::id(region, &name),
            "ZoneType": "availability-zone",
            "State": "available",
            "OptInStatus": "opt-in-not-required",
            "RegionName": region,
            "GroupName": region,
            "NetworkBorderGroup": region,
            "Messages": [],
        })
    });
    let paths = [
        ("zone-name", "ZoneName"),
        ("zone-id", "ZoneId"),
        ("zone-type", "ZoneType"),
        ("state", "State"),
        ("region-name", "RegionName"),
        ("group-name", "GroupName"),
        ("opt-in-status", "OptInStatus"),
    ];
    asked.answer("AvailabilityZones", zones.collect(), &paths)
}

/// There is one region here: the one it runs as.
pub(super) fn describe_regions(
    _ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let mut value = value.clone();
    let all = value.as_object_mut().and_then(|members| members.remove("AllRegions"));
    let _all: Option<bool> = read("DescribeRegions", &all.unwrap_or(Value::Null), CODES)?;
    let asked = Asked::read("DescribeRegions", &value, "RegionNames")?;
    let region = &cx.env.region;
    if let Some(unknown) = asked.ids.iter().find(|name| *name != region) {
        return Err(wrong(unknown, "regionName", "Standin runs as one region."));
    }
    let shown = json!({
        "RegionName": region,
        "Endpoint": format!("ec2.{region}.amazonaws.com"),
        "OptInStatus": "opt-in-not-required",
    });
    let paths =
        [("region-name", "RegionName"), ("endpoint", "Endpoint"), ("opt-in-status", "OptInStatus")];
    asked.answer("Regions", vec![shown], &paths)
}

/// The id of the prefix list of that name. On AWS it differs from region to region; here it is made
/// from the name, and is the same in every run.
pub(super) fn prefix_list(name: &str) -> String {
    format!("pl-{}", Rng::new(0).fork(name).hex(8))
}

pub(super) fn describe_prefix_lists(
    _ec2: &mut Ec2,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked = Asked::read("DescribeManagedPrefixLists", value, "PrefixListIds")?;
    let region = &cx.env.region;
    let names = [
        "com.amazonaws.global.cloudfront.origin-facing".to_owned(),
        format!("com.amazonaws.{region}.s3"),
        format!("com.amazonaws.{region}.dynamodb"),
    ];
    let lists = names.iter().map(|name| {
        let id = prefix_list(name);
        json!({
            "PrefixListId": id,
            "PrefixListName": name,
            "PrefixListArn": format!("arn:aws:ec2:{region}:aws:prefix-list/{id}"),
            "AddressFamily": "IPv4",
            "OwnerId": "AWS",
            "State": "create-complete",
            "Tags": [],
        })
    });
    let lists: Vec<Value> = lists.collect();
    for id in &asked.ids {
        if !lists.iter().any(|list| list["PrefixListId"] == json!(id)) {
            let message = format!("The prefix list ID '{id}' does not exist.");
            return Err(super::error::refused("InvalidPrefixListID.NotFound", message));
        }
    }
    let wanted = |list: &Value| {
        asked.ids.is_empty() || asked.ids.iter().any(|id| list["PrefixListId"] == json!(id))
    };
    let shown = lists.into_iter().filter(wanted).collect();
    let paths = [
        ("prefix-list-id", "PrefixListId"),
        ("prefix-list-name", "PrefixListName"),
        ("owner-id", "OwnerId"),
    ];
    asked.answer("PrefixLists", shown, &paths)
}
