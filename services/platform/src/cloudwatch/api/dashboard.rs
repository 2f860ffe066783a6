//! Dashboards: kept and given back, drawn by nobody.

use serde::Deserialize;
use standin_kernel::ids::global_arn;
use standin_kernel::{ApiError, Cx, Value, json};

use super::{CODES, refused, wrong_tags};
use crate::cloudwatch::state::{CloudWatch, Dashboard};
use crate::operation::{present, read};
use crate::paging::page;
use crate::tags::{self, Tag};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutDashboard {
    dashboard_name: String,
    dashboard_body: String,
    tags: Option<Vec<Tag>>,
}

pub(super) fn put(all: &mut CloudWatch, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: PutDashboard = read("PutDashboard", value, CODES)?;
    let name = asked.dashboard_name;
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || name.len() > 255 || !name.bytes().all(fine) {
        let message = "Dashboard names have 1 to 255 letters, digits, hyphens and underscores.";
        return Err(refused("InvalidParameterInput", message));
    }
    let body = serde_json::from_str::<Value>(&asked.dashboard_body).ok();
    if !body.is_some_and(|body| body.is_object()) {
        let message = "The field DashboardBody must be a valid JSON object";
        return Err(refused("InvalidParameterInput", message));
    }
    let tags = match all.dashboards.get(&name) {
        Some(there) => there.tags.clone(),
        None => tags::of(asked.tags, cx.asked_by).map_err(|fault| wrong_tags(&fault))?,
    };
    let dashboard = Dashboard {
        arn: global_arn(cx.env, "cloudwatch", &format!("dashboard/{name}")),
        name: name.clone(),
        body: asked.dashboard_body,
        modified: cx.now,
        tags,
    };
    all.dashboards.put(cx, &name, dashboard);
    Ok(json!({"DashboardValidationMessages": []}))
}

fn no_dashboard(name: &str) -> ApiError {
    ApiError::new("ResourceNotFound", 404, format!("Dashboard {name} does not exist"))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetDashboard {
    dashboard_name: String,
}

pub(super) fn get(
    all: &mut CloudWatch,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: GetDashboard = read("GetDashboard", value, CODES)?;
    let found = all.dashboards.get(&asked.dashboard_name);
    let dashboard = found.ok_or_else(|| no_dashboard(&asked.dashboard_name))?;
    Ok(json!({
        "DashboardName": dashboard.name,
        "DashboardArn": dashboard.arn,
        "DashboardBody": dashboard.body,
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListDashboards {
    dashboard_name_prefix: Option<String>,
    next_token: Option<String>,
}

pub(super) fn list(
    all: &mut CloudWatch,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: ListDashboards = read("ListDashboards", value, CODES)?;
    let prefix = asked.dashboard_name_prefix.as_deref().unwrap_or_default();
    let shown = |one: &Dashboard| {
        json!({
            "DashboardName": one.name,
            "DashboardArn": one.arn,
            "LastModified": one.modified.iso8601(),
            "Size": one.body.len(),
        })
    };
    let entries = all.dashboards.values().filter(|one| one.name.starts_with(prefix)).map(shown);
    let page = page(entries.collect(), asked.next_token.as_deref(), 1000);
    let page = page.ok_or_else(|| refused("InvalidParameterValue", "Invalid NextToken"))?;
    Ok(present(json!({"DashboardEntries": page.items, "NextToken": page.next})))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DeleteDashboards {
    dashboard_names: Vec<String>,
}

pub(super) fn delete(
    all: &mut CloudWatch,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: DeleteDashboards = read("DeleteDashboards", value, CODES)?;
    if let Some(name) = asked.dashboard_names.iter().find(|name| !all.dashboards.has(name)) {
        return Err(no_dashboard(name));
    }
    for name in &asked.dashboard_names {
        all.dashboards.remove(cx, name);
    }
    Ok(json!({}))
}
