//! The operations, by AWS's names.

pub(crate) mod action;
pub(crate) mod attribute;
mod certificate;
pub(crate) mod condition;
mod forward;
mod health_check;
mod limits;
mod listener;
pub(crate) mod listener_attribute;
pub(crate) mod load_balancer;
pub(crate) mod load_balancer_attribute;
mod placement;
mod rule;
mod tag;
mod target;
mod target_group;
pub(crate) mod target_group_attribute;

use standin_kernel::{ApiError, Cx, Heard, Need, Value, json};

use crate::Elbv2;
use crate::error::{Result, invalid, within};
use crate::state::State;

type Operation = fn(&mut Elbv2, &mut Cx<'_>, &Value) -> Result<Value>;

/// Carries out an operation.
pub(crate) fn call(
    elbv2: &mut Elbv2,
    cx: &mut Cx<'_>,
    operation: &str,
    input: &Value,
    heard: &[Heard],
) -> Result<Value> {
    if operation == "RegisterTargets" {
        return target::register(elbv2, cx, input, heard);
    }
    let known = OPERATIONS.iter().find(|(name, _)| *name == operation);
    let (_, carry_out) =
        known.ok_or_else(|| ApiError::unsupported_operation("elbv2", operation))?;
    carry_out(elbv2, cx, input)
}

/// What has to be heard before an operation.
pub(crate) fn needs(
    state: &State,
    operation: &str,
    input: &Value,
    heard: &[Heard],
) -> Option<Need> {
    (operation == "RegisterTargets").then(|| target::needs(state, input, heard)).flatten()
}

/// All of them but `RegisterTargets`.
const OPERATIONS: &[(&str, Operation)] = &[
    ("CreateLoadBalancer", load_balancer::create),
    ("DescribeLoadBalancers", load_balancer::describe),
    ("DeleteLoadBalancer", load_balancer::delete),
    ("ModifyLoadBalancerAttributes", load_balancer_attribute::modify),
    ("DescribeLoadBalancerAttributes", load_balancer_attribute::describe),
    ("SetSubnets", placement::set_subnets),
    ("SetSecurityGroups", placement::set_security_groups),
    ("SetIpAddressType", placement::set_ip_address_type),
    ("CreateListener", listener::create),
    ("DescribeListeners", listener::describe),
    ("ModifyListener", listener::modify),
    ("DeleteListener", listener::delete),
    ("ModifyListenerAttributes", listener_attribute::modify),
    ("DescribeListenerAttributes", listener_attribute::describe),
    ("AddListenerCertificates", certificate::add),
    ("RemoveListenerCertificates", certificate::remove),
    ("DescribeListenerCertificates", certificate::describe),
    ("CreateRule", rule::create),
    ("DescribeRules", rule::describe),
    ("ModifyRule", rule::modify),
    ("DeleteRule", rule::delete),
    ("SetRulePriorities", rule::set_priorities),
    ("CreateTargetGroup", target_group::create),
    ("DescribeTargetGroups", target_group::describe),
    ("ModifyTargetGroup", target_group::modify),
    ("DeleteTargetGroup", target_group::delete),
    ("ModifyTargetGroupAttributes", target_group_attribute::modify),
    ("DescribeTargetGroupAttributes", target_group_attribute::describe),
    ("DeregisterTargets", target::deregister),
    ("DescribeTargetHealth", target::health),
    ("AddTags", tag::add),
    ("RemoveTags", tag::remove),
    ("DescribeTags", tag::describe),
    ("DescribeAccountLimits", limits::describe),
];

/// The output of operations that have nothing to say.
fn nothing() -> Result<Value> {
    Ok(json!({}))
}

/// One page of a list.
#[derive(Debug)]
struct Page<T> {
    items: Vec<T>,
    /// Where the next one begins, if there is one.
    next: Option<String>,
}

/// Most items of a page, and how many there are when nobody says.
const PAGE_SIZE_MAX: i64 = 400;

/// The page that begins at `marker`, which a page before gave out.
fn page<T>(items: Vec<T>, marker: Option<&str>, page_size: Option<i64>) -> Result<Page<T>> {
    let size = within("pageSize", page_size.unwrap_or(PAGE_SIZE_MAX), 1, PAGE_SIZE_MAX)?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let from = match marker {
        None | Some("") => 0,
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|from| *from <= items.len())
            .ok_or_else(|| invalid(format!("Marker '{text}' is not valid")))?,
    };
    let to = from.saturating_add(size);
    let next = (to < items.len()).then(|| to.to_string());
    let items = items.into_iter().skip(from).take(size).collect();
    Ok(Page { items, next })
}

/// The output with the marker of the next page, if there is one.
fn with_marker(mut output: Value, next: Option<String>) -> Value {
    if let Some(next) = next {
        output["NextMarker"] = next.into();
    }
    output
}
