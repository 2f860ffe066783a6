//! Lists, in pages.

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, json};

use super::name::Named;
use super::{alias, event_invoke, function, read, show, url};
use crate::Lambda;
use crate::error::{invalid, validation};
use crate::state::Function;

/// Most items on a page.
const PAGE: i64 = 50;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Page {
    function_name: Option<String>,
    function_version: Option<String>,
    marker: Option<String>,
    max_items: Option<i64>,
}

impl Page {
    /// A page of the items and the marker of the next one; markers are numbers here.
    fn of(&self, member: &str, items: Vec<Value>) -> Result<Value, ApiError> {
        let size = self.max_items.unwrap_or(PAGE);
        if size < 1 {
            let constraint = "Member must have value greater than or equal to 1";
            return Err(validation(&size.to_string(), "maxItems", constraint));
        }
        let size = usize::try_from(size.min(PAGE)).unwrap_or(1);
        let from = match &self.marker {
            None => 0,
            Some(marker) => marker.parse().map_err(|_| invalid("Invalid marker"))?,
        };
        let left = items.len().saturating_sub(from);
        let page: Vec<Value> = items.into_iter().skip(from).take(size).collect();
        let mut shown = json!({member: page});
        if left > size {
            shown["NextMarker"] = json!((from + size).to_string());
        }
        Ok(shown)
    }

    fn function<'l>(&self, lambda: &'l Lambda, cx: &Cx<'_>) -> Result<&'l Function, ApiError> {
        let named = Named::read(self.function_name.as_deref().unwrap_or(""), None)?;
        lambda.named(cx, &named)
    }
}

pub(super) fn functions(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Page = read("ListFunctions", value)?;
    let all = asked.function_version.as_deref() == Some("ALL");
    let mut items = Vec::new();
    for one in lambda.state.functions.values() {
        items.push(function::listed(cx, one));
        for version in one.versions.values().filter(|_| all) {
            items.push(show::configuration(cx, one, version, Some(&version.version)));
        }
    }
    asked.of("Functions", items)
}

pub(super) fn versions(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Page = read("ListVersionsByFunction", value)?;
    let function = asked.function(lambda, cx)?;
    let all = std::iter::once(&function.latest).chain(function.versions.values());
    let items = all.map(|one| show::configuration(cx, function, one, Some(&one.version)));
    asked.of("Versions", items.collect())
}

pub(super) fn aliases(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Page = read("ListAliases", value)?;
    let mut items = alias::shown(asked.function(lambda, cx)?);
    if let Some(version) = &asked.function_version {
        items.retain(|alias| alias["FunctionVersion"] == version.as_str());
    }
    asked.of("Aliases", items)
}

pub(super) fn urls(lambda: &mut Lambda, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Page = read("ListFunctionUrlConfigs", value)?;
    let function = asked.function(lambda, cx)?;
    let items = function.urls.values().map(|one| url::show(cx, one)).collect();
    asked.of("FunctionUrlConfigs", items)
}

pub(super) fn event_invokes(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Page = read("ListFunctionEventInvokeConfigs", value)?;
    let items = event_invoke::shown(asked.function(lambda, cx)?);
    asked.of("FunctionEventInvokeConfigs", items)
}
