//! DescribePendingMaintenanceActions: AWS announces its own work on instances here. There is no
//! AWS on this machine that would have any, so the list is empty, which is the truth.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{Cx, Value, json};

use super::instance::Filter;
use crate::Rds;
use crate::error::Result;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct Describe {
    resource_identifier: Option<String>,
    filters: Vec<Filter>,
    #[serde(rename = "MaxRecords")]
    _max_records: Option<i64>,
    #[serde(rename = "Marker")]
    _marker: Option<String>,
}

pub(super) fn pending(rds: &mut Rds, _cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Describe = input("DescribePendingMaintenanceActions", value)?;
    let named = asked.filters.iter().filter(|filter| filter.name == "db-instance-id");
    let named = named.flat_map(|filter| filter.values.iter());
    for name in asked.resource_identifier.iter().chain(named) {
        rds.state.instance(name.rsplit(":db:").next().unwrap_or(name))?;
    }
    Ok(json!({"PendingMaintenanceActions": []}))
}
