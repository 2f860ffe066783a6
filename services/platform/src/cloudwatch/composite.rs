//! A composite alarm: its state follows from those of other alarms whenever one of them changes
//! (CW-CA-03 to CW-CA-05).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use standin_kernel::{Cx, Time, Value, json};

use super::alarm::Status;
use super::alarm_rule::AlarmRule;
use super::evaluate::State;
use super::run::zoned;
use super::state::CloudWatch;
use crate::tags::Tags;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Composite {
    pub(super) arn: String,
    pub(super) updated: Time,
    pub(super) settings: CompositeSettings,
    pub(super) tags: Tags,
    pub(super) status: Status,
}

/// A composite alarm as `PutCompositeAlarm` takes it and `DescribeAlarms` shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct CompositeSettings {
    pub(super) alarm_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alarm_description: Option<String>,
    #[serde(default = "yes")]
    pub(super) actions_enabled: bool,
    #[serde(rename = "OKActions", default)]
    ok_actions: Vec<String>,
    #[serde(default)]
    alarm_actions: Vec<String>,
    #[serde(default)]
    insufficient_data_actions: Vec<String>,
    pub(super) alarm_rule: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_configuration: Option<Value>,
}

const fn yes() -> bool {
    true
}

impl CompositeSettings {
    /// What any of its states would set off.
    pub(super) fn acts(&self) -> impl Iterator<Item = &String> {
        let alarm = self.alarm_actions.iter();
        alarm.chain(&self.ok_actions).chain(&self.insufficient_data_actions)
    }

    /// What is set off when it turns to a state.
    pub(super) fn actions(&self, state: State) -> &[String] {
        match state {
            State::Ok => &self.ok_actions,
            State::Alarm => &self.alarm_actions,
            State::InsufficientData => &self.insufficient_data_actions,
        }
    }

    /// The alarms that its rule names, by their names.
    pub(super) fn children(&self) -> BTreeSet<String> {
        let rule = AlarmRule::parse(&self.alarm_rule);
        let children = rule.iter().flat_map(AlarmRule::children);
        children.map(|alarm| named(alarm).to_owned()).collect()
    }
}

/// The name of an alarm that is given by name or ARN.
pub(super) fn named(alarm: &str) -> &str {
    let arn = alarm.strip_prefix("arn:").and_then(|rest| rest.split_once(":alarm:"));
    arn.map_or(alarm, |(_, name)| name)
}

impl CloudWatch {
    /// The state of an alarm of either kind; `None`: there is none of that name.
    pub(super) fn state_of(&self, name: &str) -> Option<State> {
        let metric = self.alarms.get(name).map(|alarm| alarm.status.state);
        metric.or_else(|| self.composites.get(name).map(|alarm| alarm.status.state))
    }

    pub(super) fn arn_of(&self, name: &str) -> Option<&str> {
        let metric = self.alarms.get(name).map(|alarm| alarm.arn.as_str());
        metric.or_else(|| self.composites.get(name).map(|alarm| alarm.arn.as_str()))
    }

    /// The composite alarms whose rules name an alarm.
    pub(super) fn parents(&self, name: &str) -> Vec<&str> {
        let names = |composite: &Composite| composite.settings.children().contains(name);
        let all = self.composites.iter().filter(|(_, composite)| names(composite));
        all.map(|(parent, _)| parent).collect()
    }

    /// The state that a rule gives; `None` for an alarm in a cycle, or above one: it is not
    /// evaluated (CW-CA-05).
    pub(super) fn judged(&self, name: &str) -> Option<State> {
        if !self.order().iter().any(|one| one == name) {
            return None;
        }
        let rule = AlarmRule::parse(&self.composites.get(name)?.settings.alarm_rule).ok()?;
        let is_so = rule.holds(&|alarm| self.state_of(named(alarm)));
        Some(if is_so { State::Alarm } else { State::Ok })
    }

    /// The composite alarms, each after those that its rule names. What is part of a cycle, or
    /// names an alarm that is, is not among them.
    fn order(&self) -> Vec<String> {
        let all = self.composites.iter();
        let mut left: BTreeMap<&str, BTreeSet<String>> =
            all.map(|(name, composite)| (name, composite.settings.children())).collect();
        let mut order = Vec::new();
        loop {
            let waits = |children: &BTreeSet<String>| {
                children.iter().any(|child| left.contains_key(child.as_str()))
            };
            let free = left.iter().filter(|(_, children)| !waits(children));
            let free: Vec<&str> = free.map(|(name, _)| *name).collect();
            if free.is_empty() {
                return order;
            }
            for name in free {
                left.remove(name);
                order.push(name.to_owned());
            }
        }
    }

    /// An alarm has changed: so may those that name it, and those that name these.
    pub(super) fn follow(&mut self, cx: &mut Cx<'_>, name: &str) {
        let mut changed = BTreeSet::from([name.to_owned()]);
        for composite in self.order() {
            let Some(is) = self.composites.get(&composite) else { continue };
            let children = is.settings.children();
            let Some(cause) = children.intersection(&changed).next().cloned() else { continue };
            let was = is.status.state;
            let Some(to) = self.judged(&composite).filter(|to| *to != was) else { continue };
            let reason = self.because(cx, &cause);
            let data = self.triggers(cx, &children.intersection(&changed).collect::<Vec<_>>());
            self.take_on(cx, &composite, to, reason, Some(data.to_string()));
            changed.insert(composite);
        }
    }

    fn because(&self, cx: &Cx<'_>, cause: &str) -> String {
        let state = self.state_of(cause).unwrap_or_default().as_str();
        let arn = self.arn_of(cause).unwrap_or(cause);
        let seconds = i64::try_from(cx.now.seconds()).unwrap_or(i64::MAX);
        let at = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
        let at = at.strftime("%A %d %B, %Y %H:%M:%S UTC");
        format!("{arn} transitioned to {state} at {at}")
    }

    fn triggers(&self, cx: &Cx<'_>, causes: &[&String]) -> Value {
        let cause = |name: &&String| {
            json!({
                "arn": self.arn_of(name),
                "state": {
                    "value": self.state_of(name).unwrap_or_default().as_str(),
                    "timestamp": zoned(cx.now),
                },
            })
        };
        json!({"triggeringAlarms": causes.iter().map(cause).collect::<Vec<_>>()})
    }
}
