//! DescribeDBEngineVersions: the engines that can be run here.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{Cx, Value, json};

use super::page;
use crate::Rds;
use crate::error::Result;
use crate::family;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct Describe {
    engine: Option<String>,
    engine_version: Option<String>,
    #[serde(rename = "DBParameterGroupFamily")]
    family: Option<String>,
    default_only: Option<bool>,
    max_records: Option<i64>,
    marker: Option<String>,
}

pub(super) fn describe(_rds: &mut Rds, _cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Describe = input("DescribeDBEngineVersions", value)?;
    let default_only = asked.default_only.unwrap_or(false);
    let found = family::ENGINES
        .into_iter()
        .filter(|engine| asked.engine.as_deref().is_none_or(|wanted| wanted == engine.as_str()))
        .flat_map(family::families)
        .filter(|it| !default_only || it.version() == family::default_version(it.engine))
        .map(|it| {
            let (title, version) = (family::title(it.engine), it.version());
            json!({
                "Engine": it.engine.as_str(),
                "EngineVersion": version,
                "DBParameterGroupFamily": it.name(),
                "DBEngineDescription": title,
                "DBEngineVersionDescription": format!("{title} {version}"),
                "Status": "available",
            })
        })
        .filter(|shown| {
            asked.family.as_deref().is_none_or(|it| shown["DBParameterGroupFamily"] == it)
        })
        .filter(|shown| {
            asked.engine_version.as_deref().is_none_or(|it| shown["EngineVersion"] == it)
        })
        .collect();
    page(found, "DBEngineVersions", asked.marker.as_deref(), asked.max_records)
}
