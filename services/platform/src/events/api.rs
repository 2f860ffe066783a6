//! The operations on rules, by AWS's names.

use serde::Deserialize;
use standin_kernel::ids::arn;
use standin_kernel::{ApiError, Cx, Value, json};

use super::state::{Events, Rule, Target};
use crate::operation::{Codes, Operations, present, read};
use crate::paging::page;
use crate::scheduler::{Dialect, Expression};
use crate::tags::{self, Tag};

pub(crate) const OPERATIONS: Operations<Events> = &[
    ("PutRule", put_rule),
    ("DescribeRule", describe),
    ("ListRules", list),
    ("EnableRule", |all, cx, value| turn(all, cx, value, true)),
    ("DisableRule", |all, cx, value| turn(all, cx, value, false)),
    ("DeleteRule", delete),
    ("PutTargets", put_targets),
    ("RemoveTargets", remove_targets),
    ("ListTargetsByRule", list_targets),
    ("TagResource", tag),
    ("UntagResource", untag),
    ("ListTagsForResource", list_tags),
];

const CODES: Codes = Codes::all("ValidationException");
const INPUT_LENGTH_MAX: usize = 8192;
const TARGETS_MAX: usize = 5;

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationException", 400, message)
}

fn not_found(name: &str) -> ApiError {
    let message = format!("Rule {name} does not exist on EventBus default.");
    ApiError::new("ResourceNotFoundException", 400, message)
}

/// Only the default bus is there; no other can have a schedule (EVR-EX-01).
fn check_bus(bus: Option<&str>) -> Result<(), ApiError> {
    match bus {
        Some(bus) if bus != "default" && !bus.ends_with(":event-bus/default") => {
            Err(invalid("ScheduleExpression is supported only on the default event bus."))
        }
        _ => Ok(()),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutRule {
    name: String,
    schedule_expression: Option<String>,
    state: Option<State>,
    description: Option<String>,
    role_arn: Option<String>,
    tags: Option<Vec<Tag>>,
    event_bus_name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum State {
    Enabled,
    Disabled,
}

fn put_rule(all: &mut Events, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: PutRule = read("PutRule", value, CODES)?;
    check_bus(asked.event_bus_name.as_deref())?;
    let name = asked.name;
    let fine = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    if !(1..=64).contains(&name.len()) || !name.chars().all(fine) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+"
        )));
    }
    let Some(expression) = asked.schedule_expression else {
        return Err(invalid("Parameter(s) EventPattern or ScheduleExpression must be specified."));
    };
    if Expression::parse(&expression, Dialect::Rule).is_none() {
        return Err(invalid("Parameter ScheduleExpression is not valid."));
    }
    let new_tags = tags::of(asked.tags, cx.asked_by).map_err(|fault| invalid(fault.message()))?;
    let there = all.rules.get(&name);
    let rule = Rule {
        arn: arn(cx.env, "events", &format!("rule/{name}")),
        name: name.clone(),
        expression,
        enabled: asked.state != Some(State::Disabled),
        description: asked.description,
        role: asked.role_arn,
        set: cx.now,
        targets: there.map(|there| there.targets.clone()).unwrap_or_default(),
        // Those of a rule that is there are changed by other operations.
        tags: there.map_or(new_tags, |there| there.tags.clone()),
    };
    let arn = rule.arn.clone();
    all.rules.put(cx, &name, rule);
    // The first run of a rate is one interval after the rule was made.
    all.plan(&name, cx.now);
    Ok(json!({"RuleArn": arn}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Named {
    name: String,
    event_bus_name: Option<String>,
    /// Of a rule that another service manages; there are none.
    #[serde(default, rename = "Force")]
    _force: bool,
}

fn named(operation: &str, value: &Value) -> Result<String, ApiError> {
    let asked: Named = read(operation, value, CODES)?;
    check_bus(asked.event_bus_name.as_deref())?;
    Ok(asked.name)
}

fn show(rule: &Rule) -> Value {
    present(json!({
        "Name": rule.name,
        "Arn": rule.arn,
        "ScheduleExpression": rule.expression,
        "State": if rule.enabled { "ENABLED" } else { "DISABLED" },
        "Description": rule.description,
        "RoleArn": rule.role,
        "EventBusName": "default",
    }))
}

fn describe(all: &mut Events, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let name = named("DescribeRule", value)?;
    all.rules.get(&name).map(show).ok_or_else(|| not_found(&name))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    name_prefix: Option<String>,
    event_bus_name: Option<String>,
    limit: Option<usize>,
    next_token: Option<String>,
}

fn list(all: &mut Events, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: List = read("ListRules", value, CODES)?;
    check_bus(asked.event_bus_name.as_deref())?;
    let prefix = asked.name_prefix.unwrap_or_default();
    let rules = all.rules.values().filter(|rule| rule.name.starts_with(&prefix)).map(show);
    answer("Rules", rules.collect(), asked.next_token.as_deref(), asked.limit)
}

fn answer(
    member: &str,
    items: Vec<Value>,
    token: Option<&str>,
    limit: Option<usize>,
) -> Result<Value, ApiError> {
    let page = page(items, token, limit.unwrap_or(100).clamp(1, 100));
    let page = page.ok_or_else(|| invalid("Invalid token."))?;
    let mut answer = present(json!({"NextToken": page.next}));
    answer[member] = Value::Array(page.items);
    Ok(answer)
}

fn turn(all: &mut Events, cx: &mut Cx<'_>, value: &Value, on: bool) -> Result<Value, ApiError> {
    let name = named(if on { "EnableRule" } else { "DisableRule" }, value)?;
    let changed = all.rules.change(cx, &name, |rule| rule.enabled = on);
    changed.ok_or_else(|| not_found(&name))?;
    all.plan(&name, cx.now);
    Ok(json!({}))
}

/// A rule that is not there is deleted without a word; one with targets is not.
fn delete(all: &mut Events, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let name = named("DeleteRule", value)?;
    if all.rules.get(&name).is_some_and(|rule| !rule.targets.is_empty()) {
        return Err(invalid("Rule can't be deleted since it has targets."));
    }
    all.rules.remove(cx, &name);
    all.plan(&name, cx.now);
    Ok(json!({}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutTargets {
    rule: String,
    event_bus_name: Option<String>,
    targets: Vec<AskedTarget>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct AskedTarget {
    id: String,
    arn: String,
    input: Option<String>,
    #[serde(rename = "RoleArn")]
    _role: Option<String>,
    retry_policy: Option<Retry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Retry {
    maximum_event_age_in_seconds: Option<u32>,
    maximum_retry_attempts: Option<u32>,
}

fn put_targets(all: &mut Events, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: PutTargets = read("PutTargets", value, CODES)?;
    check_bus(asked.event_bus_name.as_deref())?;
    let rule = all.rules.get(&asked.rule).ok_or_else(|| not_found(&asked.rule))?;
    let mut targets = rule.targets.clone();
    for target in asked.targets {
        let target = self::target(target)?;
        targets.insert(target.id.clone(), target);
    }
    if targets.len() > TARGETS_MAX {
        let message = "The requested resource exceeds the maximum number allowed.";
        return Err(ApiError::new("LimitExceededException", 400, message));
    }
    all.rules.change(cx, &asked.rule, |rule| rule.targets = targets);
    Ok(json!({"FailedEntryCount": 0, "FailedEntries": []}))
}

fn target(asked: AskedTarget) -> Result<Target, ApiError> {
    let parts: Vec<&str> = asked.arn.split(':').collect();
    if !matches!(parts.as_slice(), ["arn", _, "lambda", _, _, "function", ..]) {
        let arn = &asked.arn;
        return Err(invalid(format!("Standin's rules call Lambda functions, not {arn}.")));
    }
    if let Some(input) = &asked.input {
        if input.len() > INPUT_LENGTH_MAX {
            return Err(invalid("The Input must have at most 8192 characters."));
        }
        if serde_json::from_str::<Value>(input).is_err() {
            return Err(invalid(format!("JSON syntax error in input for target {}", asked.id)));
        }
    }
    let retry = asked.retry_policy.unwrap_or_default();
    let attempts_max = retry.maximum_retry_attempts.unwrap_or(185);
    let age_max_s = retry.maximum_event_age_in_seconds.unwrap_or(86_400);
    if attempts_max > 185 || !(60..=86_400).contains(&age_max_s) {
        let message = "MaximumRetryAttempts must be from 0 to 185, MaximumEventAgeInSeconds from \
                       60 to 86400.";
        return Err(invalid(message));
    }
    let (id, arn, input) = (asked.id, asked.arn, asked.input);
    Ok(Target { id, arn, input, attempts_max, age_max_s })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RemoveTargets {
    rule: String,
    event_bus_name: Option<String>,
    ids: Vec<String>,
    #[serde(default, rename = "Force")]
    _force: bool,
}

fn remove_targets(all: &mut Events, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: RemoveTargets = read("RemoveTargets", value, CODES)?;
    check_bus(asked.event_bus_name.as_deref())?;
    let removed = all.rules.change(cx, &asked.rule, |rule| {
        rule.targets.retain(|id, _| !asked.ids.contains(id));
    });
    removed.ok_or_else(|| not_found(&asked.rule))?;
    Ok(json!({"FailedEntryCount": 0, "FailedEntries": []}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListTargets {
    rule: String,
    event_bus_name: Option<String>,
    limit: Option<usize>,
    next_token: Option<String>,
}

fn list_targets(all: &mut Events, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: ListTargets = read("ListTargetsByRule", value, CODES)?;
    check_bus(asked.event_bus_name.as_deref())?;
    let rule = all.rules.get(&asked.rule).ok_or_else(|| not_found(&asked.rule))?;
    let line = |target: &Target| {
        present(json!({"Id": target.id, "Arn": target.arn, "Input": target.input}))
    };
    let lines = rule.targets.values().map(line).collect();
    answer("Targets", lines, asked.next_token.as_deref(), asked.limit)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tagging {
    #[serde(rename = "ResourceARN")]
    arn: String,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

impl Tagging {
    /// The name of the rule that is meant: nothing else has tags here.
    fn rule(&self) -> Result<&str, ApiError> {
        let name = self.arn.split_once(":rule/").map(|(_, name)| name);
        name.ok_or_else(|| invalid(format!("{} is not the ARN of a rule.", self.arn)))
    }
}

fn tag(all: &mut Events, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Tagging = read("TagResource", value, CODES)?;
    let (name, new, by) = (asked.rule()?, asked.tags.clone(), cx.asked_by);
    let added = all.rules.change(cx, name, |rule| tags::add(&mut rule.tags, new, by));
    let added = added.ok_or_else(|| not_found(name))?;
    added.map(|()| json!({})).map_err(|fault| invalid(fault.message()))
}

fn untag(all: &mut Events, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Tagging = read("UntagResource", value, CODES)?;
    let (name, by) = (asked.rule()?, cx.asked_by);
    let take = |rule: &mut Rule| tags::remove(&mut rule.tags, &asked.tag_keys, by);
    let taken = all.rules.change(cx, name, take).ok_or_else(|| not_found(name))?;
    taken.map(|()| json!({})).map_err(|fault| invalid(fault.message()))
}

fn list_tags(all: &mut Events, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Tagging = read("ListTagsForResource", value, CODES)?;
    let name = asked.rule()?;
    let rule = all.rules.get(name).ok_or_else(|| not_found(name))?;
    Ok(json!({"Tags": tags::list(&rule.tags)}))
}
