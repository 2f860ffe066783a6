//! Users: there is the account's root, who calls, and nobody else; and the account has no alias.

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, json};

use super::error::{self, CODES};
use super::{Paging, answer};
use crate::iam::state::Iam;
use crate::operation::read;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Get {
    user_name: Option<String>,
}

/// Who calls, without a name. AWS leaves the name of the root out, too.
pub(super) fn get(_: &mut Iam, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Get = read("GetUser", value, CODES)?;
    if let Some(name) = asked.user_name {
        let message = format!("The user with name {name} cannot be found.");
        return Err(error::no_such_entity(message));
    }
    let account = &cx.env.account;
    Ok(json!({"User": {
        "UserId": account,
        "Arn": format!("arn:aws:iam::{account}:root"),
        // The account has been there before anything that can be asked about it.
        "CreateDate": standin_kernel::Time::from_seconds(0).iso8601(),
    }}))
}

pub(super) fn list(_: &mut Iam, _: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Paging = read("ListUsers", value, CODES)?;
    asked.answer("Users", Vec::new())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Aliases {
    marker: Option<String>,
    max_items: Option<usize>,
}

pub(super) fn list_aliases(_: &mut Iam, _: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Aliases = read("ListAccountAliases", value, CODES)?;
    answer("AccountAliases", Vec::new(), asked.marker.as_deref(), asked.max_items)
}
