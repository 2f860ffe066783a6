//! ListExports and ListImports (CFN-OU-01, CFN-OU-02).

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Value, json};

use crate::CloudFormation;
use crate::api::page::page;
use crate::error::validation;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListExports {
    next_token: Option<String>,
}

pub(super) fn list_exports(all: &CloudFormation, value: &Value) -> Result<Value, ApiError> {
    let given: ListExports = input("ListExports", value)?;
    let mut exports: Vec<_> = all
        .live()
        .flat_map(|stack| stack.exports().map(|(name, value)| (name, &stack.facts.id, value)))
        .collect();
    exports.sort_by_key(|(name, ..)| *name);
    let exports = exports
        .into_iter()
        .map(|(name, id, value)| json!({"ExportingStackId": id, "Name": name, "Value": value}))
        .collect();
    page("Exports", exports, given.next_token.as_deref())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListImports {
    export_name: String,
    next_token: Option<String>,
}

pub(super) fn list_imports(all: &CloudFormation, value: &Value) -> Result<Value, ApiError> {
    let given: ListImports = input("ListImports", value)?;
    let name = given.export_name.as_str();
    let users: Vec<Value> = all
        .live()
        .filter(|stack| stack.imports().contains(name))
        .map(|stack| json!(stack.facts.name))
        .collect();
    if users.is_empty() {
        return Err(validation(format!("Export '{name}' is not imported by any stack.")));
    }
    page("Imports", users, given.next_token.as_deref())
}
