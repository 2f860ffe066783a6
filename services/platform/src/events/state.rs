//! What EventBridge keeps of rules, and what is under way.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use standin_kernel::control::Record;
use standin_kernel::{Time, Timers};

use crate::scheduler::{Dialect, Expression};
use crate::shelf::Shelf;
use crate::tags::Tags;

#[derive(Clone, Debug)]
pub(crate) struct Events {
    /// By name, all on the default bus.
    pub(super) rules: Shelf<Rule>,
    pub(super) timers: Timers<Timer>,
    /// The moments that the timers of rules are set for.
    pub(super) planned: BTreeMap<String, Time>,
    /// Calls under way or to be made again, by ticket.
    pub(super) calls: BTreeMap<u64, Call>,
    pub(super) tickets: u64,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            rules: Shelf::new("events.rule"),
            timers: Timers::default(),
            planned: BTreeMap::new(),
            calls: BTreeMap::new(),
            tickets: 0,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    Due(String),
    Again(u64),
}

/// One event on its way to one target.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) rule: String,
    pub(super) target: Target,
    pub(super) payload: String,
    pub(super) began: Time,
    pub(super) attempts: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) expression: String,
    pub(super) enabled: bool,
    pub(super) description: Option<String>,
    pub(super) role: Option<String>,
    /// A rate counts from here.
    pub(super) set: Time,
    /// By id.
    pub(super) targets: BTreeMap<String, Target>,
    pub(super) tags: Tags,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) input: Option<String>,
    /// Beyond the first.
    pub(super) attempts_max: u32,
    pub(super) age_max_s: u32,
}

impl Rule {
    pub(super) fn next(&self, after: Time) -> Option<Time> {
        let expression = Expression::parse(&self.expression, Dialect::Rule)?;
        expression.next(after, self.set, &TimeZone::UTC)
    }
}

impl Events {
    pub(crate) fn restore(&mut self, kind: &str, record: &Record) -> Result<bool, String> {
        match kind {
            "rule" => self.rules.restore(record),
            _ => Ok(false),
        }
    }
}
