//! Whether a rule may forward to the target groups it names.

use standin_kernel::ApiError;

use super::action::Action;
use super::{target, target_group_attribute};
use crate::error::{Result, invalid_action, refuse};
use crate::state::State;

/// ALB-LS-11
const TARGET_GROUPS_MAX: usize = 100;

/// Checks the target groups of actions of a load balancer's.
pub(super) fn check(state: &State, load_balancer_arn: &str, actions: &[Action]) -> Result<()> {
    let mut together = state.target_groups_of(load_balancer_arn);
    for action in actions {
        for arn in action.forwards_to() {
            if !state.target_groups.contains_key(arn) {
                let message = format!("Target groups '{arn}' not found");
                return Err(refuse("TargetGroupNotFound", message));
            }
            // ALB-TG-03
            if state.load_balancers_using(arn).iter().any(|other| *other != load_balancer_arn) {
                return Err(refuse(
                    "TargetGroupAssociationLimit",
                    format!(
                        "The following target groups cannot be associated with more than one \
                         load balancer: {arn}"
                    ),
                ));
            }
            together.push(arn.to_owned());
        }
        if !is_sticky(action) && names_a_sticky_group(state, action) {
            return Err(group_stickiness());
        }
    }
    together.sort_unstable();
    together.dedup();
    if together.len() > TARGET_GROUPS_MAX {
        let message = format!("A load balancer can have at most {TARGET_GROUPS_MAX} target groups");
        return Err(refuse("TooManyUniqueTargetGroupsPerLoadBalancer", message));
    }
    target::few(state, &together, 0)
}

/// ALB-AC-04
pub(super) fn group_stickiness() -> ApiError {
    invalid_action(
        "You must enable group stickiness on a rule if you enabled target stickiness on one of \
         its target groups",
    )
}

/// Whether the group stands beside others in an action that does not keep clients with a group.
pub(super) fn shares_an_unsticky_action(state: &State, target_group_arn: &str) -> bool {
    let by_default = state.listeners.values().flat_map(|listener| &listener.default_actions);
    let by_rule = state.rules.values().flat_map(|rule| &rule.actions);
    by_default.chain(by_rule).any(|action| {
        action.forwards_to().count() > 1
            && !is_sticky(action)
            && action.forwards_to().any(|arn| arn == target_group_arn)
    })
}

fn is_sticky(action: &Action) -> bool {
    let config = action.forward_config.as_ref();
    config
        .and_then(|config| config.target_group_stickiness_config.as_ref())
        .is_some_and(|stickiness| stickiness.enabled)
}

/// Whether one of several groups keeps clients with a target of its own.
fn names_a_sticky_group(state: &State, action: &Action) -> bool {
    action.forwards_to().count() > 1
        && action.forwards_to().any(|arn| {
            let group = state.target_groups.get(arn);
            group.is_some_and(|group| target_group_attribute::is_sticky(&group.attributes))
        })
}
