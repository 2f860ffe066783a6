//! What CloudWatch Logs keeps: groups and streams; the events only while the program runs.

use serde::{Deserialize, Serialize};
use standin_kernel::Time;
use standin_kernel::control::Record;

use super::events::Written;
use crate::shelf::Shelf;
use crate::tags::Tags;

#[derive(Clone, Debug)]
pub(crate) struct Logs {
    /// By name.
    pub(super) groups: Shelf<LogGroup>,
    /// By `group:stream`; neither name has a colon.
    pub(super) streams: Shelf<LogStream>,
    pub(super) written: Written,
}

impl Default for Logs {
    fn default() -> Self {
        Self {
            groups: Shelf::new("logs.group"),
            streams: Shelf::new("logs.stream"),
            written: Written::new(),
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LogGroup {
    pub(super) name: String,
    /// Without the `:*` that most answers put behind it.
    pub(super) arn: String,
    pub(super) created: Time,
    /// `None`: for ever.
    pub(super) retention_days: Option<u32>,
    pub(super) class: Class,
    pub(super) kms_key: Option<String>,
    pub(super) deletion_protection: bool,
    pub(super) tags: Tags,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Class {
    #[default]
    Standard,
    InfrequentAccess,
    Delivery,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LogStream {
    pub(super) group: String,
    pub(super) name: String,
    pub(super) created: Time,
}

impl Logs {
    pub(crate) fn restore(&mut self, kind: &str, record: &Record) -> Result<bool, String> {
        match kind {
            "group" => self.groups.restore(record),
            "stream" => self.streams.restore(record),
            _ => Ok(false),
        }
    }
}
