//! Rollback triggers: alarms that are looked at while an operation runs, and for a while after all
//! is made, before anything old goes (CFN-ST-19).

use serde::{Deserialize, Serialize};
use standin_kernel::{ApiError, Duration, ServiceName, Time, Value, json};

use crate::machine::{Run, Timer};
use crate::state::{Failure, Turn};
use crate::status::Phase;

/// Time between two looks at the alarms.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);

/// `RollbackConfiguration`, as it was given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct RollbackConfiguration {
    /// `None`: not given; those of the operation before count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rollback_triggers: Option<Vec<RollbackTrigger>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) monitoring_time_in_minutes: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct RollbackTrigger {
    /// Of an alarm.
    pub(crate) arn: String,
    #[serde(rename = "Type")]
    pub(crate) kind: String,
}

impl RollbackConfiguration {
    /// What counts when `given` comes after this.
    pub(crate) fn followed_by(&self, given: Option<&Self>) -> Self {
        let given = given.cloned().unwrap_or_default();
        Self {
            rollback_triggers: given.rollback_triggers.or(self.rollback_triggers.clone()),
            monitoring_time_in_minutes: given
                .monitoring_time_in_minutes
                .or(self.monitoring_time_in_minutes),
        }
    }

    fn arns(&self) -> impl Iterator<Item = &str> {
        self.rollback_triggers.iter().flatten().map(|trigger| trigger.arn.as_str())
    }
}

/// The watch over the operation under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Watch {
    /// An alarm that was in ALARM before is none that goes there.
    since: Time,
    /// Set when everything is made.
    until: Option<Time>,
}

impl Run<'_, '_> {
    /// An operation begins. Its parent watches over a nested stack.
    pub(crate) fn begin_watch(&mut self) {
        let since = self.cx.now;
        let facts = self.stack.facts_mut();
        facts.watch = facts.parent.is_none().then_some(Watch { since, until: None });
        self.arm_watch();
    }

    /// Looks at the alarms now; after a restart too.
    pub(crate) fn arm_watch(&mut self) {
        let facts = &self.stack.facts;
        if facts.watch.is_some() && facts.rollback.arns().next().is_some() {
            let timer = Timer::Look(facts.id.clone());
            self.desk.timers.set(timer, self.cx.now, "a look at rollback triggers");
        }
        if let Some(until) = facts.watch.as_ref().and_then(|watch| watch.until) {
            let timer = Timer::Watched(facts.id.clone());
            self.desk.timers.set(timer, until, "the end of a monitoring time");
        }
    }

    /// Everything is made, and the monitoring time is not over.
    pub(super) fn watches_on(&mut self) -> bool {
        let facts = &self.stack.facts;
        let minutes = facts.rollback.monitoring_time_in_minutes.unwrap_or(0);
        let Some(watch) = facts.watch.as_ref() else { return false };
        let spoilt = self.stack.any(Turn::Failed) || self.stack.any(Turn::Pending);
        if minutes == 0 || facts.failure.is_some() || spoilt {
            return false;
        }
        let now = self.cx.now;
        if let Some(until) = watch.until {
            return now < until;
        }
        let until = now + Duration::from_secs(u64::from(minutes) * 60);
        if let Some(watch) = &mut self.stack.facts_mut().watch {
            watch.until = Some(until);
        }
        self.cx.log("cloudformation", format!("monitoring for {minutes} minutes before cleanup"));
        self.arm_watch();
        true
    }

    pub(super) fn end_watch(&mut self) {
        if self.stack.facts.watch.is_none() {
            return;
        }
        self.stack.facts_mut().watch = None;
        let id = &self.stack.facts.id;
        self.desk.timers.clear(&Timer::Look(id.clone()));
        self.desk.timers.clear(&Timer::Watched(id.clone()));
    }

    /// Asks for the alarms' states.
    pub(crate) fn look_at_triggers(&mut self) {
        let facts = &self.stack.facts;
        let makes = facts.status.phase() == Some(Phase::Make);
        if facts.watch.is_none() || !makes || facts.failure.is_some() {
            return;
        }
        let names: Vec<&str> = facts.rollback.arns().map(name_of).collect();
        let input = json!({"AlarmNames": names, "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]});
        let ticket = self.desk.look_ticket(&facts.id);
        let timer = Timer::Look(facts.id.clone());
        self.desk.timers.set(timer, self.cx.now + BETWEEN_LOOKS, "a look at rollback triggers");
        self.cx.call(ticket, ServiceName::Platform, "cloudwatch:DescribeAlarms", input);
    }

    /// An alarm that is missing, or has gone to ALARM, fails the operation.
    pub(crate) fn saw_triggers(&mut self, reply: &Result<Value, ApiError>) {
        let facts = &self.stack.facts;
        let makes = facts.status.phase() == Some(Phase::Make);
        let Some(watch) = facts.watch.as_ref().filter(|_| makes) else { return };
        let wrong = facts.rollback.arns().find_map(|arn| {
            let Some(alarm) = found(reply, arn) else {
                return Some(format!("The rollback trigger {arn} does not exist."));
            };
            let since = alarm["StateUpdatedTimestamp"].as_str().and_then(Time::parse_iso8601);
            let new = since.is_none_or(|since| since >= watch.since);
            let went = alarm["StateValue"] == "ALARM" && new;
            went.then(|| format!("The rollback trigger {arn} went to ALARM."))
        });
        if let Some(wrong) = wrong {
            self.fail(Failure::Says(wrong));
        }
    }
}

fn name_of(arn: &str) -> &str {
    arn.split_once(":alarm:").map_or(arn, |(_, name)| name)
}

fn found<'r>(reply: &'r Result<Value, ApiError>, arn: &str) -> Option<&'r Value> {
    let reply = reply.as_ref().ok()?;
    let lists = ["MetricAlarms", "CompositeAlarms"];
    let alarms = lists.iter().filter_map(|list| reply[*list].as_array()).flatten();
    alarms.into_iter().find(|alarm| alarm["AlarmArn"] == arn)
}
