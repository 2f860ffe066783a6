//! The operations, by AWS's names.
//!
//! `CreateDistribution`, `CreateDistributionWithTags` and `UpdateDistribution` take one member more
//! than on AWS: `Standin: {ViewerProtocol: "assume-https"}`, the template's metadata. An update
//! without it leaves it as it was.
//!
//! The operations of `cloudfront-keyvaluestore` are here under that name with a colon behind it,
//! for both services have a `DescribeKeyValueStore`.

mod alias;
mod distribution;
pub(crate) mod document;
pub(crate) mod function;
mod function_test;
mod invalidation;
mod key_value_store;
mod keys;
mod logging;
mod named;
mod page;
mod tagging;
mod view;

use standin_kernel::{ApiError, Cx, Heard, Need, Value, json};

use crate::policies::access_control::OriginAccessControlConfig as AccessControl;
use crate::policies::cache::CachePolicyConfig as CachePolicy;
use crate::policies::origin_request::OriginRequestPolicyConfig as OriginRequestPolicy;
use crate::policies::response_headers::ResponseHeadersPolicyConfig as ResponseHeadersPolicy;
use crate::state::State;

type Operation = fn(&mut State, &mut Cx<'_>, &Value) -> Result<Value, ApiError>;

/// Carries out an operation.
pub(crate) fn call(
    state: &mut State,
    cx: &mut Cx<'_>,
    operation: &str,
    input: &Value,
    heard: &[Heard],
) -> Result<Value, ApiError> {
    match operation {
        "TestFunction" => return function_test::test(state, cx, input, heard),
        "CreateKeyValueStore" => return key_value_store::create(state, cx, input, heard),
        _ => logging::check(operation, input, heard)?,
    }
    let known = OPERATIONS.iter().find(|(name, _)| *name == operation);
    let unsupported = || ApiError::unsupported_operation("cloudfront", operation);
    let (_, carry_out) = known.ok_or_else(unsupported)?;
    carry_out(state, cx, input)
}

/// What an operation has to hear before.
pub(crate) fn needs(
    state: &State,
    operation: &str,
    input: &Value,
    heard: &[Heard],
) -> Option<Need> {
    match operation {
        "TestFunction" => function_test::needs(state, input, heard),
        "CreateKeyValueStore" => key_value_store::needs(input, heard),
        _ => logging::needs(operation, input, heard),
    }
}

const OPERATIONS: &[(&str, Operation)] = &[
    ("CreateDistribution", distribution::create),
    ("CreateDistributionWithTags", distribution::create_with_tags),
    ("GetDistribution", distribution::get),
    ("GetDistributionConfig", distribution::get_config),
    ("UpdateDistribution", distribution::update),
    ("DeleteDistribution", distribution::delete),
    ("ListDistributions", distribution::list),
    ("AssociateAlias", alias::associate),
    ("CreateInvalidation", invalidation::create),
    ("GetInvalidation", invalidation::get),
    ("ListInvalidations", invalidation::list),
    ("TagResource", tagging::tag),
    ("UntagResource", tagging::untag),
    ("ListTagsForResource", tagging::list),
    ("CreateCachePolicy", named::create::<CachePolicy>),
    ("GetCachePolicy", named::get::<CachePolicy>),
    ("GetCachePolicyConfig", named::get_config::<CachePolicy>),
    ("UpdateCachePolicy", named::update::<CachePolicy>),
    ("DeleteCachePolicy", named::delete::<CachePolicy>),
    ("ListCachePolicies", named::list::<CachePolicy>),
    ("CreateOriginRequestPolicy", named::create::<OriginRequestPolicy>),
    ("GetOriginRequestPolicy", named::get::<OriginRequestPolicy>),
    ("GetOriginRequestPolicyConfig", named::get_config::<OriginRequestPolicy>),
    ("UpdateOriginRequestPolicy", named::update::<OriginRequestPolicy>),
    ("DeleteOriginRequestPolicy", named::delete::<OriginRequestPolicy>),
    ("ListOriginRequestPolicies", named::list::<OriginRequestPolicy>),
    ("CreateResponseHeadersPolicy", named::create::<ResponseHeadersPolicy>),
    ("GetResponseHeadersPolicy", named::get::<ResponseHeadersPolicy>),
    ("GetResponseHeadersPolicyConfig", named::get_config::<ResponseHeadersPolicy>),
    ("UpdateResponseHeadersPolicy", named::update::<ResponseHeadersPolicy>),
    ("DeleteResponseHeadersPolicy", named::delete::<ResponseHeadersPolicy>),
    ("ListResponseHeadersPolicies", named::list::<ResponseHeadersPolicy>),
    ("CreateOriginAccessControl", named::create::<AccessControl>),
    ("GetOriginAccessControl", named::get::<AccessControl>),
    ("GetOriginAccessControlConfig", named::get_config::<AccessControl>),
    ("UpdateOriginAccessControl", named::update::<AccessControl>),
    ("DeleteOriginAccessControl", named::delete::<AccessControl>),
    ("ListOriginAccessControls", named::list_access_controls),
    ("CreateFunction", function::create),
    ("UpdateFunction", function::update),
    ("PublishFunction", function::publish),
    ("DescribeFunction", function::describe),
    ("GetFunction", function::get),
    ("DeleteFunction", function::delete),
    ("ListFunctions", function::list),
    ("DescribeKeyValueStore", key_value_store::describe),
    ("UpdateKeyValueStore", key_value_store::update),
    ("DeleteKeyValueStore", key_value_store::delete),
    ("ListKeyValueStores", key_value_store::list),
    ("cloudfront-keyvaluestore:DescribeKeyValueStore", keys::describe),
    ("cloudfront-keyvaluestore:GetKey", keys::get),
    ("cloudfront-keyvaluestore:PutKey", keys::put),
    ("cloudfront-keyvaluestore:DeleteKey", keys::delete),
    ("cloudfront-keyvaluestore:UpdateKeys", keys::update),
    ("cloudfront-keyvaluestore:ListKeys", keys::list),
];

/// The output of operations that have nothing to say.
fn nothing() -> Result<Value, ApiError> {
    Ok(json!({}))
}

/// Lists of these say neither where they begin nor whether they go on.
fn named_list(page: &mut Value) {
    if let Some(members) = page.as_object_mut() {
        members.remove("Marker");
        members.remove("IsTruncated");
    }
}

/// An identifier as CloudFront gives them out: `E` and 13 letters and digits.
fn new_id(cx: &mut Cx<'_>) -> String {
    format!("E{}", standin_kernel::ids::upper(cx.rng, 13))
}

/// Where a new thing can be found.
fn location(path: &str) -> String {
    format!("https://cloudfront.amazonaws.com/2020-05-31/{path}")
}

/// The document of a thing, as a value.
fn value_of(document: &impl serde::Serialize) -> Value {
    serde_json::to_value(document).unwrap_or_default()
}

/// Input of operations that show one thing.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct One {
    id: String,
}

/// Input of operations that delete one thing in its current version.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Version {
    id: String,
    if_match: Option<String>,
}
