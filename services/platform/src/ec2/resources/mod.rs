//! The CloudFormation types of EC2, a file each or one for a pair.

mod eip;
mod endpoint;
mod gateway;
mod nat;
mod route;
mod route_table;
mod rule_table;
mod security_group;
mod security_rule;
mod subnet;
mod table;
mod vpc;

pub(crate) use eip::EIP;
pub(crate) use endpoint::VPC_ENDPOINT;
pub(crate) use gateway::{INTERNET_GATEWAY, VPC_GATEWAY_ATTACHMENT};
pub(crate) use nat::NAT_GATEWAY;
pub(crate) use route::ROUTE;
pub(crate) use route_table::{ROUTE_TABLE, SUBNET_ROUTE_TABLE_ASSOCIATION};
pub(crate) use security_group::SECURITY_GROUP;
pub(crate) use security_rule::{SECURITY_GROUP_EGRESS, SECURITY_GROUP_INGRESS};
pub(crate) use subnet::SUBNET;
pub(crate) use vpc::VPC;

use standin_kernel::resource::Job;
use standin_kernel::{Value, json};

use crate::made::{Call, Made};
use crate::tags::change;

/// What all types of EC2 have in common.
const PLAIN: Made = Made { service: "Ec2", ..Made::PLAIN };

/// `input` with the template's tags for a new thing of kind `of` (`vpc`).
fn tagged(mut input: Value, job: &Job<'_>, of: &str) -> Value {
    let tags = &job.properties["Tags"];
    if tags.as_array().is_some_and(|tags| !tags.is_empty()) {
        input["TagSpecifications"] = json!([{"ResourceType": of, "Tags": tags}]);
    }
    input
}

/// The calls that bring the tags of an update.
fn retag(job: &Job<'_>, id: &str, previous: &Value) -> Vec<Call> {
    if previous.is_null() {
        return Vec::new();
    }
    let (put, gone) = change(&previous["Tags"], &job.properties["Tags"]);
    let mut calls: Vec<Call> = Vec::new();
    if !gone.is_empty() {
        let keys: Vec<Value> = gone.iter().map(|key| json!({"Key": key})).collect();
        calls.push(("ec2:DeleteTags", json!({"Resources": [id], "Tags": keys})));
    }
    if !put.is_empty() {
        calls.push(("ec2:CreateTags", json!({"Resources": [id], "Tags": put})));
    }
    calls
}
