//! What Systems Manager keeps.

use serde::{Deserialize, Serialize};
use standin_kernel::Time;
use standin_kernel::control::Record;

use crate::confidential::Confidential;
use crate::shelf::Shelf;
use crate::tags::Tags;

#[derive(Clone, Debug)]
pub(crate) struct Ssm {
    /// By name.
    pub(super) parameters: Shelf<Parameter>,
}

impl Default for Ssm {
    fn default() -> Self {
        Self { parameters: Shelf::new("ssm.parameter") }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) kind: Type,
    /// Oldest first, at most 100; never empty.
    pub(super) versions: Vec<Version>,
    pub(super) tags: Tags,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) number: u64,
    pub(super) value: Confidential,
    /// What is shown of an encrypted value.
    pub(super) cipher: Option<String>,
    pub(super) key_id: Option<String>,
    pub(super) description: Option<String>,
    pub(super) allowed_pattern: Option<String>,
    pub(super) tier: Tier,
    pub(super) modified: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Type {
    String,
    StringList,
    SecureString,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Tier {
    Standard,
    Advanced,
    /// Only asked for; becomes one of the others.
    #[serde(rename = "Intelligent-Tiering")]
    Intelligent,
}

impl Ssm {
    pub(crate) fn restore(&mut self, kind: &str, record: &Record) -> Result<bool, String> {
        match kind {
            "parameter" => self.parameters.restore(record),
            _ => Ok(false),
        }
    }
}
