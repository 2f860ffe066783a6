//! The CloudFormation types of IAM, a file each.

mod instance_profile;
mod managed_policy;
mod policy;
mod role;
mod role_policy;
mod table;

pub(crate) use instance_profile::INSTANCE_PROFILE;
pub(crate) use managed_policy::MANAGED_POLICY;
pub(crate) use policy::POLICY;
pub(crate) use role::ROLE;
pub(crate) use role_policy::ROLE_POLICY;

use standin_kernel::Value;

use crate::made::Made;

/// What all types of IAM have in common.
const PLAIN: Made = Made { service: "Iam", gone: &["NoSuchEntity"], ..Made::PLAIN };

/// A document as IAM's operations take it: as text.
fn text_of(document: &Value) -> String {
    match document {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A property that is a list of texts.
fn texts(properties: &Value, name: &str) -> Vec<String> {
    let items = properties[name].as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What is in `these` and not in `others`.
fn only<'l>(these: &'l [String], others: &'l [String]) -> impl Iterator<Item = &'l String> {
    these.iter().filter(move |one| !others.contains(one))
}
