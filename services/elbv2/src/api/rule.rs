//! Rules of listeners: made, shown, changed, deleted, put into another order.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, ids, json};

use super::action::{self, Action};
use super::condition::{self, Condition};
use super::tag::{self, Tag};
use super::{Page, forward, nothing, page};
use crate::Elbv2;
use crate::error::{Result, invalid, not_built, refuse, rule_not_found, within};
use crate::state::{Listener, Rule, State};

/// ALB-LS-11: of one load balancer, default rules not counted.
const RULES_MAX: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    listener_arn: String,
    conditions: Vec<Condition>,
    priority: i64,
    actions: Vec<Action>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    transforms: Vec<Value>,
}

pub(super) fn create(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Create = input("CreateRule", value)?;
    let state = &elbv2.state;
    let listener = state.listener(&asked.listener_arn)?;
    refuse_transforms(&asked.transforms)?;
    let priority = priority(asked.priority)?;
    let conditions = condition::checked(asked.conditions)?;
    let actions = action::checked(asked.actions, listener.protocol)?;
    let tags = tag::checked(cx, asked.tags)?;
    if state.rules_of(&listener.arn).iter().any(|rule| rule.priority == priority) {
        return Err(priority_in_use(priority));
    }
    let load_balancer = listener.load_balancer_arn.clone();
    let count: usize =
        state.listeners_of(&load_balancer).map(|one| state.rules_of(&one.arn).len()).sum();
    if count >= RULES_MAX {
        let message = "The maximum number of rules of the load balancer has been reached";
        return Err(refuse("TooManyRules", message));
    }
    forward::check(state, &load_balancer, &actions)?;
    let (_, name) = listener.arn.split_once(":listener/").unwrap_or_default();
    let resource = format!("listener-rule/{name}/{}", cx.rng.hex(16));
    let made = Rule {
        arn: ids::arn(cx.env, "elasticloadbalancing", &resource),
        listener_arn: asked.listener_arn,
        priority,
        conditions,
        actions,
        tags,
    };
    made.store(cx);
    let answer = shown(&made);
    elbv2.state.rules.insert(made.arn.clone(), made);
    elbv2.reconfigure(cx, &load_balancer);
    Ok(json!({"Rules": [answer]}))
}

/// ALB-RU-01
fn priority(asked: i64) -> Result<u16> {
    within("priority", asked, 1, 50_000)?;
    u16::try_from(asked).map_err(|_| invalid("the priority is not a number"))
}

fn priority_in_use(priority: u16) -> ApiError {
    refuse("PriorityInUse", format!("Priority '{priority}' is currently in use"))
}

fn refuse_transforms(transforms: &[Value]) -> Result<()> {
    if transforms.is_empty() { Ok(()) } else { Err(not_built("Transforms of a rule")) }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    listener_arn: Option<String>,
    #[serde(default)]
    rule_arns: Vec<String>,
    marker: Option<String>,
    page_size: Option<i64>,
}

pub(super) fn describe(elbv2: &mut Elbv2, _cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Describe = input("DescribeRules", value)?;
    let state = &elbv2.state;
    let mut found = Vec::new();
    match (&asked.listener_arn, asked.rule_arns.as_slice()) {
        (Some(arn), []) => {
            let listener = state.listener(arn)?;
            found.extend(state.rules_of(arn).into_iter().map(shown));
            found.push(default_shown(listener));
        }
        (None, arns) if !arns.is_empty() => {
            for arn in arns {
                found.push(shown_by_arn(state, arn)?);
            }
        }
        _ => {
            return Err(invalid(
                "You must specify either a listener ARN or rule ARNs, and not both",
            ));
        }
    }
    let Page { items, next } = page(found, asked.marker.as_deref(), asked.page_size)?;
    Ok(super::with_marker(json!({"Rules": items}), next))
}

fn shown_by_arn(state: &State, arn: &str) -> Result<Value> {
    match (state.rules.get(arn), state.default_rule(arn)) {
        (Some(rule), _) => Ok(shown(rule)),
        (None, Some(listener)) => Ok(default_shown(listener)),
        (None, None) => Err(rule_not_found()),
    }
}

/// A rule as Describe operations show it.
fn shown(one: &Rule) -> Value {
    json!({
        "RuleArn": one.arn,
        "Priority": one.priority.to_string(),
        "Conditions": one.conditions,
        "Actions": one.actions,
        "IsDefault": false,
    })
}

fn default_shown(listener: &Listener) -> Value {
    json!({
        "RuleArn": listener.default_rule_arn,
        "Priority": "default",
        "Conditions": [],
        "Actions": listener.default_actions,
        "IsDefault": true,
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Modify {
    rule_arn: String,
    conditions: Option<Vec<Condition>>,
    actions: Option<Vec<Action>>,
    #[serde(default)]
    transforms: Vec<Value>,
    /// There are none to reset.
    #[serde(default, rename = "ResetTransforms")]
    _reset_transforms: bool,
}

pub(super) fn modify(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Modify = input("ModifyRule", value)?;
    refuse_transforms(&asked.transforms)?;
    let state = &elbv2.state;
    if state.default_rule(&asked.rule_arn).is_some() {
        return Err(not_permitted(&asked.rule_arn, "modified"));
    }
    let mut changed = state.rules.get(&asked.rule_arn).ok_or_else(rule_not_found)?.clone();
    let listener = state.listener(&changed.listener_arn)?;
    let load_balancer = listener.load_balancer_arn.clone();
    if let Some(conditions) = asked.conditions {
        changed.conditions = condition::checked(conditions)?;
    }
    if let Some(actions) = asked.actions {
        changed.actions = action::checked(actions, listener.protocol)?;
        forward::check(state, &load_balancer, &changed.actions)?;
    }
    changed.store(cx);
    let answer = shown(&changed);
    elbv2.state.rules.insert(changed.arn.clone(), changed);
    elbv2.reconfigure(cx, &load_balancer);
    Ok(json!({"Rules": [answer]}))
}

/// ALB-RU-02
fn not_permitted(arn: &str, what: &str) -> ApiError {
    refuse("OperationNotPermitted", format!("Default rule '{arn}' cannot be {what}"))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    rule_arn: String,
}

pub(super) fn delete(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let Delete { rule_arn: arn } = input("DeleteRule", value)?;
    if elbv2.state.default_rule(&arn).is_some() {
        return Err(not_permitted(&arn, "deleted"));
    }
    let gone = elbv2.state.rules.remove(&arn).ok_or_else(rule_not_found)?;
    gone.forget(cx);
    let load_balancer = elbv2.state.listener(&gone.listener_arn)?.load_balancer_arn.clone();
    elbv2.reconfigure(cx, &load_balancer);
    nothing()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SetPriorities {
    rule_priorities: Vec<RulePriority>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RulePriority {
    rule_arn: String,
    priority: i64,
}

/// ALB-RU-03: all of it, or nothing.
pub(super) fn set_priorities(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: SetPriorities = input("SetRulePriorities", value)?;
    let state = &elbv2.state;
    let mut wanted = BTreeMap::new();
    let mut listeners = BTreeSet::new();
    for RulePriority { rule_arn, priority: number } in asked.rule_priorities {
        if state.default_rule(&rule_arn).is_some() {
            return Err(not_permitted(&rule_arn, "given a priority"));
        }
        let rule = state.rules.get(&rule_arn).ok_or_else(rule_not_found)?;
        listeners.insert(rule.listener_arn.clone());
        if wanted.insert(rule_arn.clone(), priority(number)?).is_some() {
            return Err(invalid(format!("Rule '{rule_arn}' is specified twice")));
        }
    }
    for listener in &listeners {
        let mut taken = BTreeSet::new();
        for rule in state.rules_of(listener) {
            let priority = wanted.get(&rule.arn).copied().unwrap_or(rule.priority);
            if !taken.insert(priority) {
                return Err(priority_in_use(priority));
            }
        }
    }
    let mut answers = Vec::new();
    for (arn, priority) in wanted {
        let rule = elbv2.state.rule_mut(&arn)?;
        rule.priority = priority;
        rule.store(cx);
        answers.push(shown(rule));
    }
    for listener in listeners {
        let load_balancer = elbv2.state.listener(&listener)?.load_balancer_arn.clone();
        elbv2.reconfigure(cx, &load_balancer);
    }
    Ok(json!({"Rules": answers}))
}
