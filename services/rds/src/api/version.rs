//! DescribeDBEngineVersions: the engines that can be run here.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{Cx, Value, json};

use super::page;
use crate::Rds;
use crate::error::Result;
use crate::parameter::table;

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
    let newest = *table::MAJORS.end();
    let found = table::MAJORS
        .filter(|_| asked.engine.as_deref().is_none_or(|engine| engine == "postgres"))
        .filter(|major| !asked.default_only.unwrap_or(false) || *major == newest)
        .map(|major| {
            json!({
                "Engine": "postgres",
                "EngineVersion": major.to_string(),
                "DBParameterGroupFamily": format!("postgres{major}"),
                "DBEngineDescription": "PostgreSQL",
                "DBEngineVersionDescription": format!("PostgreSQL {major}"),
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
