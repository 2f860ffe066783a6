//! What CloudWatch keeps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use standin_kernel::control::Record;
use standin_kernel::{Time, Timers};

use super::alarm::{Alarm, History};
use super::composite::Composite;
use super::metric::Metrics;
use crate::shelf::Shelf;
use crate::tags::Tags;

#[derive(Clone, Debug)]
pub(crate) struct CloudWatch {
    pub(super) metrics: Metrics,
    /// By name.
    pub(super) alarms: Shelf<Alarm>,
    /// By name, which no metric alarm has.
    pub(super) composites: Shelf<Composite>,
    /// By the alarm's name.
    pub(super) histories: Shelf<History>,
    /// By name.
    pub(super) dashboards: Shelf<Dashboard>,
    /// When each alarm is looked at next, by its name.
    pub(super) timers: Timers<String>,
    /// Actions under way: the alarm's name and the function's ARN, by ticket.
    pub(super) actions: BTreeMap<u64, (String, String)>,
    pub(super) tickets: u64,
}

impl Default for CloudWatch {
    fn default() -> Self {
        Self {
            metrics: Metrics::default(),
            alarms: Shelf::new("cloudwatch.alarm"),
            composites: Shelf::new("cloudwatch.composite"),
            histories: Shelf::new("cloudwatch.history"),
            dashboards: Shelf::new("cloudwatch.dashboard"),
            timers: Timers::default(),
            actions: BTreeMap::new(),
            tickets: 0,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Dashboard {
    pub(super) name: String,
    pub(super) arn: String,
    /// The document as text.
    pub(super) body: String,
    pub(super) modified: Time,
    pub(super) tags: Tags,
}

impl CloudWatch {
    pub(crate) fn restore(&mut self, kind: &str, record: &Record) -> Result<bool, String> {
        match kind {
            "alarm" => self.alarms.restore(record),
            "composite" => self.composites.restore(record),
            "data" => self.metrics.restore(record),
            "history" => self.histories.restore(record),
            "dashboard" => self.dashboards.restore(record),
            _ => Ok(false),
        }
    }
}
