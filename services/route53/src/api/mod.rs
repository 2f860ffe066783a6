//! The operations, by AWS's names.

mod alarm;
mod change;
mod check;
mod health_check;
mod hosted_zone;
mod record_set;
mod tag;
mod test_answer;
mod vpc;

use standin_kernel::{ApiError, Cx, Heard, Need, Value};

use crate::Route53;

type Operation = fn(&mut Route53, &mut Cx<'_>, &Value) -> Result<Value, ApiError>;

/// What has to be heard of other services before an operation.
pub(crate) fn needs(
    route53: &Route53,
    operation: &str,
    input: &Value,
    heard: &[Heard],
) -> Option<Need> {
    alarm::needs(route53, operation, input, heard)
}

/// Carries out an operation.
pub(crate) fn call(
    route53: &mut Route53,
    cx: &mut Cx<'_>,
    operation: &str,
    input: &Value,
    heard: &[Heard],
) -> Result<Value, ApiError> {
    match operation {
        "CreateHealthCheck" => return health_check::create(route53, cx, input, heard),
        "UpdateHealthCheck" => return health_check::update(route53, cx, input, heard),
        _ => {}
    }
    let known = OPERATIONS.iter().find(|(name, _)| *name == operation);
    let (_, carry_out) =
        known.ok_or_else(|| ApiError::unsupported_operation("route53", operation))?;
    carry_out(route53, cx, input)
}

/// Those that need to hear nothing before.
const OPERATIONS: &[(&str, Operation)] = &[
    ("CreateHostedZone", hosted_zone::create),
    ("GetHostedZone", hosted_zone::get),
    ("GetHostedZoneCount", hosted_zone::count),
    ("ListHostedZones", hosted_zone::list),
    ("ListHostedZonesByName", hosted_zone::list_by_name),
    ("ListHostedZonesByVPC", vpc::list),
    ("AssociateVPCWithHostedZone", vpc::associate),
    ("DisassociateVPCFromHostedZone", vpc::disassociate),
    ("UpdateHostedZoneComment", hosted_zone::update_comment),
    ("DeleteHostedZone", hosted_zone::delete),
    ("ChangeResourceRecordSets", change::change),
    ("GetChange", change::get),
    ("ListResourceRecordSets", record_set::list),
    ("TestDNSAnswer", test_answer::test),
    ("GetHealthCheck", health_check::get),
    ("GetHealthCheckCount", health_check::count),
    ("GetHealthCheckStatus", health_check::status),
    ("GetHealthCheckLastFailureReason", health_check::last_failure),
    ("ListHealthChecks", health_check::list),
    ("DeleteHealthCheck", health_check::delete),
    ("ChangeTagsForResource", tag::change),
    ("ListTagsForResource", tag::list),
    ("ListTagsForResources", tag::list_many),
];

/// Reads an operation's input; Route 53 calls what it cannot read invalid.
fn read<T: serde::de::DeserializeOwned>(operation: &str, input: &Value) -> Result<T, ApiError> {
    let wrong = |error: ApiError| ApiError { code: "InvalidInput".into(), ..error };
    standin_kernel::control::input(operation, input).map_err(wrong)
}

/// Most items a page has.
const PAGE_MAX: usize = 300;
const PAGE: usize = 100;

/// `MaxItems`, a number as text.
fn page_size(text: Option<&str>, usual: usize, most: usize) -> Result<usize, ApiError> {
    let Some(text) = text else { return Ok(usual) };
    let size: Option<usize> = text.parse().ok().filter(|size| *size > 0);
    let size =
        size.ok_or_else(|| crate::error::invalid_input(format!("Invalid MaxItems: {text}")))?;
    Ok(size.min(most))
}
