//! Composite alarms: put, shown.

use standin_kernel::ids::arn;
use standin_kernel::{ApiError, Cx, Value, json};

use super::alarm::{check_name, with_status};
use super::{CODES, invalid, wrong_tags};
use crate::cloudwatch::alarm::Status;
use crate::cloudwatch::alarm_rule::AlarmRule;
use crate::cloudwatch::composite::{Composite, CompositeSettings, named};
use crate::cloudwatch::run::is_function;
use crate::cloudwatch::state::CloudWatch;
use crate::operation::read;
use crate::tags::{self, Tag};

/// Longest text of a rule.
const RULE_LENGTH_MAX: usize = 10_240;

pub(super) fn put(all: &mut CloudWatch, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let mut value = value.clone();
    let given = value.as_object_mut().and_then(|members| members.remove("Tags"));
    let given: Option<Vec<Tag>> = read("PutCompositeAlarm", &given.unwrap_or_default(), CODES)?;
    let settings: CompositeSettings = read("PutCompositeAlarm", &value, CODES)?;
    let name = settings.alarm_name.clone();
    check_name(&name)?;
    if all.alarms.has(&name) {
        return Err(invalid(format!("{name} is the name of a metric alarm.")));
    }
    check_rule(all, cx, &settings)?;
    let there = all.composites.get(&name);
    // Tags count only for a new alarm.
    let tags = match there {
        Some(there) => there.tags.clone(),
        None => tags::of(given, cx.asked_by).map_err(|fault| wrong_tags(&fault))?,
    };
    let status =
        there.map_or(Status { updated: cx.now, ..Status::default() }, |there| there.status.clone());
    let (word, kind) = if there.is_some() { ("updated", "Update") } else { ("created", "Create") };
    for action in settings.acts().filter(|action| !is_function(action)) {
        cx.log("cloudwatch", format!("alarm {name}: the action {action} has no effect here"));
    }
    let arn = arn(cx.env, "cloudwatch", &format!("alarm:{name}"));
    let composite = Composite { arn: arn.clone(), updated: cx.now, settings, tags, status };
    all.composites.put(cx, &name, composite);
    let data = json!({"version": "1.0", "type": kind});
    all.note(cx, &name, "ConfigurationUpdate", format!("Alarm \"{name}\" {word}"), data);
    // It is evaluated at once: after that it never lacks data (CW-CA-03).
    match all.judged(&name) {
        Some(state) => {
            let is = state.as_str();
            let reason = format!("{arn} was {word} and its alarm rule evaluates to {is}");
            all.turn(cx, &name, state, reason, None);
        }
        None => {
            let line = format!("alarm {name} stays in its state: its rule leads back to itself");
            cx.log("cloudwatch", line);
        }
    }
    Ok(json!({}))
}

/// The rule can be read, and the alarms that it names are there.
fn check_rule(all: &CloudWatch, cx: &Cx<'_>, settings: &CompositeSettings) -> Result<(), ApiError> {
    let text = &settings.alarm_rule;
    if text.is_empty() || text.chars().count() > RULE_LENGTH_MAX {
        return Err(invalid(format!("AlarmRule must have 1 to {RULE_LENGTH_MAX} characters.")));
    }
    let rule =
        AlarmRule::parse(text).map_err(|wrong| invalid(format!("Error in AlarmRule [{wrong}]")))?;
    let is_here = |alarm: &str| {
        let name = named(alarm);
        let by_arn = alarm != name;
        let here = arn(cx.env, "cloudwatch", &format!("alarm:{name}"));
        all.state_of(name).is_some() && (!by_arn || alarm == here)
    };
    let missing: Vec<&str> = rule.children().into_iter().filter(|alarm| !is_here(alarm)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(", ");
    Err(invalid(format!(
        "Could not save the composite alarm as alarms [{missing}] in the alarm rule do not exist"
    )))
}

pub(super) fn show(composite: &Composite) -> Value {
    let shown = serde_json::to_value(&composite.settings).unwrap_or_default();
    with_status(shown, &composite.arn, composite.updated, &composite.status)
}
