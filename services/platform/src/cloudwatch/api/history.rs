//! What has happened to alarms.

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, json};

use super::alarm::{COMPOSITE, METRIC};
use super::{CODES, invalid, moment, refused};
use crate::cloudwatch::alarm::HistoryItem;
use crate::cloudwatch::state::CloudWatch;
use crate::operation::{present, read};
use crate::paging::page;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    alarm_name: Option<String>,
    #[serde(default)]
    alarm_types: Vec<String>,
    history_item_type: Option<String>,
    #[serde(default)]
    start_date: Value,
    #[serde(default)]
    end_date: Value,
    max_records: Option<usize>,
    next_token: Option<String>,
    scan_by: Option<String>,
}

/// The newest first unless asked otherwise.
pub(super) fn describe(
    all: &mut CloudWatch,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Describe = read("DescribeAlarmHistory", value, CODES)?;
    let ascending = match asked.scan_by.as_deref() {
        None | Some("TimestampDescending") => false,
        Some("TimestampAscending") => true,
        Some(_) => {
            return Err(invalid("ScanBy must be TimestampDescending or TimestampAscending."));
        }
    };
    let date = |name: &str, value: &Value| match value {
        Value::Null => Ok(None),
        value => moment(name, value).map(Some),
    };
    let (start, end) = (date("StartDate", &asked.start_date)?, date("EndDate", &asked.end_date)?);
    // Metric alarms alone are shown to whom names no type (CW-CA-06).
    let kind = |name: &str| if all.composites.has(name) { COMPOSITE } else { METRIC };
    let wants = |kind: &str| match asked.alarm_types.is_empty() {
        true => kind == METRIC,
        false => asked.alarm_types.iter().any(|one| one == kind),
    };
    let fits = |item: &&HistoryItem| {
        asked.history_item_type.as_ref().is_none_or(|kind| *kind == item.kind)
            && start.is_none_or(|start| item.at >= start)
            && end.is_none_or(|end| item.at <= end)
    };
    let named = |name: &str| asked.alarm_name.as_deref().is_none_or(|wanted| wanted == name);
    let mut items: Vec<(&str, &HistoryItem)> = all
        .histories
        .iter()
        .filter(|(name, _)| named(name) && wants(kind(name)))
        .flat_map(|(name, history)| history.items.iter().filter(fits).map(move |item| (name, item)))
        .collect();
    items.sort_by_key(|(_, item)| item.at);
    if !ascending {
        items.reverse();
    }
    let shown = |(name, item): (&str, &HistoryItem)| {
        json!({
            "AlarmName": name,
            "AlarmType": kind(name),
            "Timestamp": item.at.iso8601(),
            "HistoryItemType": item.kind,
            "HistorySummary": item.summary,
            "HistoryData": item.data.to_string(),
        })
    };
    let items = items.into_iter().map(shown).collect();
    let page = page(items, asked.next_token.as_deref(), asked.max_records.unwrap_or(100));
    let page = page.ok_or_else(|| refused("InvalidNextToken", "Invalid NextToken"))?;
    Ok(present(json!({"AlarmHistoryItems": page.items, "NextToken": page.next})))
}
