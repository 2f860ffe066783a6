//! Listing record sets: by name from the right, then type, then set identifier.

use serde::Deserialize;
use standin_kernel::dns::Name;
use standin_kernel::{ApiError, Cx, Value, json};

use super::{PAGE_MAX, page_size, read};
use crate::Route53;
use crate::error::invalid_input;
use crate::record_set::Key;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    hosted_zone_id: String,
    start_record_name: Option<String>,
    start_record_type: Option<String>,
    start_record_identifier: Option<String>,
    max_items: Option<String>,
}

pub(super) fn list(
    route53: &mut Route53,
    _cx: &mut Cx<'_>,
    input: &Value,
) -> Result<Value, ApiError> {
    let input: List = read("ListResourceRecordSets", input)?;
    let zone = route53.state.zone(&input.hosted_zone_id)?;
    if input.start_record_type.is_some() && input.start_record_name.is_none() {
        return Err(invalid_input("The input is not valid: a type is given without a name."));
    }
    if input.start_record_identifier.is_some() && input.start_record_type.is_none() {
        return Err(invalid_input(
            "The input is not valid: an identifier is given without a type.",
        ));
    }
    let size = page_size(input.max_items.as_deref(), PAGE_MAX, PAGE_MAX)?;
    let name = Name::parse(input.start_record_name.as_deref().unwrap_or("."));
    let from = Key {
        name: name.map_err(|wrong| invalid_input(format!("StartRecordName: {wrong}")))?,
        kind: input.start_record_type.unwrap_or_default(),
        set: input.start_record_identifier.unwrap_or_default(),
    };
    let mut records = zone.records.range(from..);
    let page: Vec<Value> =
        records.by_ref().take(size).filter_map(|(_, set)| serde_json::to_value(set).ok()).collect();
    let next = records.next();
    let mut listed = json!({
        "ResourceRecordSets": page,
        "IsTruncated": next.is_some(),
        "MaxItems": size.to_string(),
    });
    if let Some((next, _)) = next {
        listed["NextRecordName"] = json!(next.name);
        listed["NextRecordType"] = json!(next.kind);
        if !next.set.is_empty() {
            listed["NextRecordIdentifier"] = json!(next.set);
        }
    }
    Ok(listed)
}
