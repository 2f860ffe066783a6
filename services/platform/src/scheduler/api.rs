//! The operations on schedules, by AWS's names.

use serde::Deserialize;
use standin_kernel::ids::arn;
use standin_kernel::{ApiError, Cx, Duration, Time, Value, json};

use super::expression::{Dialect, Expression, zone};
use super::group;
use super::state::{Schedule, Scheduler, Target};
use crate::operation::{Codes, Operations, present, read, seconds};
use crate::paging::page;

pub(crate) const OPERATIONS: Operations<Scheduler> = &[
    ("CreateSchedule", create),
    ("UpdateSchedule", update),
    ("GetSchedule", get),
    ("ListSchedules", list),
    ("DeleteSchedule", delete),
    ("CreateScheduleGroup", group::create),
    ("GetScheduleGroup", group::get),
    ("ListScheduleGroups", group::list),
    ("DeleteScheduleGroup", group::delete),
    ("TagResource", group::tag),
    ("UntagResource", group::untag),
    ("ListTagsForResource", group::list_tags),
];

pub(super) const CODES: Codes = Codes::all("ValidationException");
pub(super) const DEFAULT: &str = "default";

const ATTEMPTS_DEFAULT: u32 = 185;
const AGE_DEFAULT_S: u32 = 86_400;
const INPUT_LENGTH_MAX: usize = 262_144;

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationException", 400, message)
}

pub(super) fn conflict(message: impl Into<String>) -> ApiError {
    ApiError::new("ConflictException", 409, message)
}

pub(super) fn not_found(message: impl Into<String>) -> ApiError {
    ApiError::new("ResourceNotFoundException", 404, message)
}

/// A schedule as it is asked for. `ClientToken` makes a repeated call safe on a network that loses
/// answers; here none is lost.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Asked {
    name: String,
    group_name: Option<String>,
    schedule_expression: String,
    start_date: Option<Value>,
    end_date: Option<Value>,
    description: Option<String>,
    schedule_expression_timezone: Option<String>,
    state: Option<State>,
    target: AskedTarget,
    flexible_time_window: Window,
    action_after_completion: Option<After>,
    #[serde(rename = "ClientToken")]
    _client_token: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum State {
    Enabled,
    Disabled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum After {
    None,
    Delete,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Window {
    mode: Mode,
    maximum_window_in_minutes: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Mode {
    Off,
    Flexible,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct AskedTarget {
    arn: String,
    role_arn: String,
    input: Option<String>,
    retry_policy: Option<Retry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Retry {
    maximum_event_age_in_seconds: Option<u32>,
    maximum_retry_attempts: Option<u32>,
}

fn create(all: &mut Scheduler, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Asked = read("CreateSchedule", value, CODES)?;
    let schedule = schedule(all, cx, asked)?;
    let key = schedule.key();
    if all.schedules.has(&key) {
        return Err(conflict(format!("Schedule {} already exists.", schedule.name)));
    }
    let arn = schedule.arn.clone();
    all.schedules.put(cx, &key, schedule);
    all.plan(&key, just_before(cx.now));
    Ok(json!({"ScheduleArn": arn}))
}

/// Replaces all settings: what is left out goes back to its default (SCH-EX-15).
fn update(all: &mut Scheduler, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Asked = read("UpdateSchedule", value, CODES)?;
    let mut schedule = schedule(all, cx, asked)?;
    let key = schedule.key();
    let there = all.schedules.get(&key).ok_or_else(|| no_schedule(&schedule.name))?;
    schedule.created = there.created;
    let arn = schedule.arn.clone();
    all.schedules.put(cx, &key, schedule);
    all.plan(&key, just_before(cx.now));
    Ok(json!({"ScheduleArn": arn}))
}

/// A rate's first moment is that of its creation.
fn just_before(time: Time) -> Time {
    time - Duration::from_nanos(1)
}

fn no_schedule(name: &str) -> ApiError {
    not_found(format!("Schedule {name} does not exist."))
}

fn schedule(all: &Scheduler, cx: &mut Cx<'_>, asked: Asked) -> Result<Schedule, ApiError> {
    check_name("name", &asked.name)?;
    let group = asked.group_name.unwrap_or_else(|| DEFAULT.into());
    group::check_there(all, &group)?;
    let expression = asked.schedule_expression;
    if Expression::parse(&expression, Dialect::Scheduler).is_none() {
        return Err(invalid(format!("Invalid Schedule Expression {expression}.")));
    }
    let timezone = asked.schedule_expression_timezone.unwrap_or_else(|| "UTC".into());
    if zone(&timezone).is_none() {
        return Err(invalid(format!("Invalid Schedule Expression Timezone {timezone}.")));
    }
    let (start, end) = (moment(asked.start_date.as_ref())?, moment(asked.end_date.as_ref())?);
    if let (Some(start), Some(end)) = (start, end)
        && start >= end
    {
        return Err(invalid("The StartDate you specify must come before the EndDate."));
    }
    if asked.description.as_ref().is_some_and(|text| text.chars().count() > 512) {
        return Err(invalid("The Description must have at most 512 characters."));
    }
    Ok(Schedule {
        arn: arn(cx.env, "scheduler", &format!("schedule/{group}/{}", asked.name)),
        group,
        name: asked.name,
        expression,
        timezone,
        start,
        end,
        window_min: window(&asked.flexible_time_window)?,
        enabled: asked.state != Some(State::Disabled),
        description: asked.description,
        delete_after: asked.action_after_completion == Some(After::Delete),
        target: target(asked.target)?,
        created: cx.now,
        modified: cx.now,
        lag_ms: cx.rng.below(60_000),
        ran: None,
    })
}

pub(super) fn check_name(what: &str, name: &str) -> Result<(), ApiError> {
    let fine = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    if (1..=64).contains(&name.len()) && name.chars().all(fine) {
        return Ok(());
    }
    Err(invalid(format!(
        "1 validation error detected: Value '{name}' at '{what}' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$"
    )))
}

/// A date as SDKs send it (seconds since 1970) or as templates write it (ISO 8601).
pub(super) fn moment(date: Option<&Value>) -> Result<Option<Time>, ApiError> {
    let Some(date) = date else { return Ok(None) };
    let wrong = || invalid(format!("{date} is not a date."));
    let nanoseconds = match (date.as_f64(), date.as_str()) {
        (Some(seconds), _) => jiff::Timestamp::from_microsecond(micros(seconds)),
        (None, Some(text)) => text.parse(),
        (None, None) => return Err(wrong()),
    };
    let nanoseconds = nanoseconds.map_err(|_| wrong())?.as_nanosecond();
    u64::try_from(nanoseconds).map(|nanoseconds| Some(Time(nanoseconds))).map_err(|_| wrong())
}

#[expect(clippy::cast_possible_truncation, reason = "a float saturates; the date is then refused")]
fn micros(seconds: f64) -> i64 {
    (seconds * 1_000_000.0) as i64
}

fn window(asked: &Window) -> Result<u32, ApiError> {
    match (asked.mode, asked.maximum_window_in_minutes) {
        (Mode::Off, None) => Ok(0),
        (Mode::Off, Some(_)) => {
            Err(invalid("MaximumWindowInMinutes must not be given when the Mode is OFF."))
        }
        (Mode::Flexible, Some(minutes)) if (1..=1440).contains(&minutes) => Ok(minutes),
        (Mode::Flexible, _) => {
            Err(invalid("MaximumWindowInMinutes must be from 1 to 1440 when the Mode is FLEXIBLE."))
        }
    }
}

fn target(asked: AskedTarget) -> Result<Target, ApiError> {
    let parts: Vec<&str> = asked.arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "lambda", _, _, "function", name, ..] if !name.is_empty() => {}
        ["arn", ..] => {
            let message = format!("Standin's Scheduler calls Lambda functions, not {}.", asked.arn);
            return Err(invalid(message));
        }
        _ => return Err(invalid("Provided Arn is not in correct format.")),
    }
    let retry = asked.retry_policy.unwrap_or_default();
    let attempts_max = retry.maximum_retry_attempts.unwrap_or(ATTEMPTS_DEFAULT);
    let age_max_s = retry.maximum_event_age_in_seconds.unwrap_or(AGE_DEFAULT_S);
    if attempts_max > 185 || !(60..=86_400).contains(&age_max_s) {
        let message = "MaximumRetryAttempts must be from 0 to 185, MaximumEventAgeInSeconds from \
                       60 to 86400.";
        return Err(invalid(message));
    }
    if let Some(input) = &asked.input {
        if input.len() > INPUT_LENGTH_MAX {
            return Err(invalid("The Input must have at most 256 KB."));
        }
        if serde_json::from_str::<Value>(input).is_err() {
            return Err(invalid("Input for a Lambda target must be valid JSON."));
        }
    }
    let (arn, role, input) = (asked.arn, asked.role_arn, asked.input);
    Ok(Target { arn, role, input, attempts_max, age_max_s })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Named {
    name: String,
    group_name: Option<String>,
    #[serde(rename = "ClientToken")]
    _client_token: Option<String>,
}

impl Named {
    fn key(&self) -> String {
        format!("{}/{}", self.group_name.as_deref().unwrap_or(DEFAULT), self.name)
    }
}

fn get(all: &mut Scheduler, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("GetSchedule", value, CODES)?;
    let schedule = all.schedules.get(&asked.key()).ok_or_else(|| no_schedule(&asked.name))?;
    Ok(show(schedule))
}

const fn state(schedule: &Schedule) -> &'static str {
    if schedule.enabled { "ENABLED" } else { "DISABLED" }
}

fn show(schedule: &Schedule) -> Value {
    let window = match schedule.window_min {
        0 => json!({"Mode": "OFF"}),
        minutes => json!({"Mode": "FLEXIBLE", "MaximumWindowInMinutes": minutes}),
    };
    let target = &schedule.target;
    present(json!({
        "Arn": schedule.arn,
        "GroupName": schedule.group,
        "Name": schedule.name,
        "ScheduleExpression": schedule.expression,
        "ScheduleExpressionTimezone": schedule.timezone,
        "StartDate": schedule.start.map(seconds),
        "EndDate": schedule.end.map(seconds),
        "Description": schedule.description,
        "State": state(schedule),
        "ActionAfterCompletion": if schedule.delete_after { "DELETE" } else { "NONE" },
        "FlexibleTimeWindow": window,
        "Target": present(json!({
            "Arn": target.arn,
            "RoleArn": target.role,
            "Input": target.input,
            "RetryPolicy": {
                "MaximumRetryAttempts": target.attempts_max,
                "MaximumEventAgeInSeconds": target.age_max_s,
            },
        })),
        "CreationDate": seconds(schedule.created),
        "LastModificationDate": seconds(schedule.modified),
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    group_name: Option<String>,
    name_prefix: Option<String>,
    state: Option<State>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

fn list(all: &mut Scheduler, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: List = read("ListSchedules", value, CODES)?;
    let wanted = |schedule: &&Schedule| {
        asked.group_name.as_ref().is_none_or(|group| *group == schedule.group)
            && asked.name_prefix.as_ref().is_none_or(|prefix| schedule.name.starts_with(prefix))
            && asked.state.is_none_or(|state| (state == State::Enabled) == schedule.enabled)
    };
    let line = |schedule: &Schedule| {
        json!({
            "Arn": schedule.arn,
            "Name": schedule.name,
            "GroupName": schedule.group,
            "State": state(schedule),
            "CreationDate": seconds(schedule.created),
            "LastModificationDate": seconds(schedule.modified),
            "Target": {"Arn": schedule.target.arn},
        })
    };
    let lines = all.schedules.values().filter(wanted).map(line).collect();
    answer("Schedules", lines, asked.next_token.as_deref(), asked.max_results)
}

/// One page of a list, 100 at most.
pub(super) fn answer(
    member: &str,
    items: Vec<Value>,
    token: Option<&str>,
    size: Option<usize>,
) -> Result<Value, ApiError> {
    let size = size.unwrap_or(100);
    if !(1..=100).contains(&size) {
        return Err(invalid("MaxResults must be from 1 to 100."));
    }
    let page = page(items, token, size).ok_or_else(|| invalid("Invalid NextToken."))?;
    let mut answer = present(json!({"NextToken": page.next}));
    answer[member] = Value::Array(page.items);
    Ok(answer)
}

fn delete(all: &mut Scheduler, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Named = read("DeleteSchedule", value, CODES)?;
    let key = asked.key();
    all.schedules.remove(cx, &key).ok_or_else(|| no_schedule(&asked.name))?;
    all.plan(&key, cx.now);
    Ok(json!({}))
}
