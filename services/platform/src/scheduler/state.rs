//! What EventBridge Scheduler keeps, and what is under way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use standin_kernel::control::Record;
use standin_kernel::{Duration, Time, Timers};

use super::expression::{Dialect, Expression, zone};
use crate::shelf::Shelf;
use crate::tags::Tags;

#[derive(Clone, Debug)]
pub(crate) struct Scheduler {
    /// By name; `default` is always there and is not kept.
    pub(super) groups: Shelf<Group>,
    /// By `group/name`.
    pub(super) schedules: Shelf<Schedule>,
    pub(super) timers: Timers<Timer>,
    /// The moments that the timers of schedules are set for.
    pub(super) planned: BTreeMap<String, Time>,
    /// Calls under way and calls to be tried again, by ticket.
    pub(super) invocations: BTreeMap<u64, Invocation>,
    pub(super) tickets: u64,
}

impl Default for Scheduler {
    fn default() -> Self {
        Self {
            groups: Shelf::new("scheduler.group"),
            schedules: Shelf::new("scheduler.schedule"),
            timers: Timers::default(),
            planned: BTreeMap::new(),
            invocations: BTreeMap::new(),
            tickets: 0,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// A schedule's moment has come.
    Due(String),
    /// The target is called, for the first time or again.
    Attempt(u64),
}

/// One run of a schedule.
#[derive(Clone, Debug)]
pub(super) struct Invocation {
    pub(super) schedule: String,
    pub(super) execution: String,
    /// The moment the schedule means, whenever the call is.
    pub(super) scheduled: Time,
    /// How often the target was called.
    pub(super) attempts: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) created: Time,
    pub(super) modified: Time,
    pub(super) tags: Tags,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Schedule {
    pub(super) group: String,
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) expression: String,
    pub(super) timezone: String,
    pub(super) start: Option<Time>,
    pub(super) end: Option<Time>,
    /// 0: the mode is `OFF`.
    pub(super) window_min: u32,
    pub(super) enabled: bool,
    pub(super) description: Option<String>,
    pub(super) delete_after: bool,
    pub(super) target: Target,
    pub(super) created: Time,
    pub(super) modified: Time,
    /// How long after its moment the target is called at AWS's pace, below one minute.
    pub(super) lag_ms: u64,
    /// The last moment that was carried out.
    pub(super) ran: Option<Time>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) arn: String,
    pub(super) role: String,
    pub(super) input: Option<String>,
    /// Beyond the first.
    pub(super) attempts_max: u32,
    pub(super) age_max_s: u32,
}

impl Schedule {
    pub(super) fn key(&self) -> String {
        format!("{}/{}", self.group, self.name)
    }

    pub(super) fn expression(&self) -> Option<Expression> {
        Expression::parse(&self.expression, Dialect::Scheduler)
    }

    /// The first moment after `after`, whether it is enabled or not.
    pub(super) fn next(&self, after: Time) -> Option<Time> {
        let (expression, zone) = (self.expression()?, zone(&self.timezone)?);
        if expression.is_once() {
            // A start and an end mean nothing to it (SCH-EX-06).
            return expression.next(after, self.modified, &zone);
        }
        let before = |time: Time| time - Duration::from_nanos(1);
        let after = self.start.map_or(after, |start| after.max(before(start)));
        let next = expression.next(after, self.start.unwrap_or(self.modified), &zone)?;
        self.end.is_none_or(|end| next < end).then_some(next)
    }
}

impl Scheduler {
    pub(crate) fn restore(&mut self, kind: &str, record: &Record) -> Result<bool, String> {
        match kind {
            "group" => self.groups.restore(record),
            "schedule" => self.schedules.restore(record),
            _ => Ok(false),
        }
    }
}
