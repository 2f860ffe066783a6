//! What IAM keeps. All of it survives a restart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use standin_kernel::control::Record;
use standin_kernel::{Time, Value};

use crate::shelf::Shelf;
use crate::tags::Tags;

#[derive(Clone, Debug)]
pub(crate) struct Iam {
    /// By name in lower case: names that differ in case only are the same to IAM.
    pub(super) roles: Shelf<Role>,
    /// The account's own, by ARN.
    pub(super) policies: Shelf<ManagedPolicy>,
    /// By name in lower case.
    pub(super) profiles: Shelf<InstanceProfile>,
}

impl Default for Iam {
    fn default() -> Self {
        Self {
            roles: Shelf::new("iam.role"),
            policies: Shelf::new("iam.policy"),
            profiles: Shelf::new("iam.instance-profile"),
        }
    }
}

/// Documents are kept as the text that was given.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Role {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) created: Time,
    pub(super) trust: String,
    pub(super) description: Option<String>,
    pub(super) max_session_s: u32,
    /// The ARN of a policy.
    pub(super) boundary: Option<String>,
    /// Documents by policy name.
    pub(super) inline: BTreeMap<String, String>,
    /// ARNs of policies, in the order of attaching.
    pub(super) attached: Vec<String>,
    pub(super) tags: Tags,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ManagedPolicy {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) description: Option<String>,
    pub(super) created: Time,
    pub(super) updated: Time,
    /// Oldest first; never empty.
    pub(super) versions: Vec<Version>,
    /// The number of the version that counts.
    pub(super) default: u32,
    /// The number of the next one.
    pub(super) next: u32,
    pub(super) tags: Tags,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) number: u32,
    pub(super) document: String,
    pub(super) created: Time,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct InstanceProfile {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) created: Time,
    /// The key of the role in it; at most one.
    pub(super) role: Option<String>,
    pub(super) tags: Tags,
}

impl Iam {
    /// Whether the role of that ARN is there and lets `service` assume it.
    pub(crate) fn trusts(&self, role_arn: &str, service: &str) -> bool {
        let role = self.roles.values().find(|role| role.arn == role_arn);
        let trust = role.and_then(|role| serde_json::from_str::<Value>(&role.trust).ok());
        let statements = trust.map(|mut trust| trust["Statement"].take()).unwrap_or_default();
        let one = std::slice::from_ref(&statements);
        statements.as_array().map_or(one, Vec::as_slice).iter().any(|statement| {
            let named = &statement["Principal"]["Service"];
            let listed = named.as_array().is_some_and(|names| names.iter().any(|n| n == service));
            statement["Effect"] == "Allow" && (named == service || listed)
        })
    }

    pub(crate) fn restore(&mut self, kind: &str, record: &Record) -> Result<bool, String> {
        match kind {
            "role" => self.roles.restore(record),
            "policy" => self.policies.restore(record),
            "instance-profile" => self.profiles.restore(record),
            _ => Ok(false),
        }
    }
}

/// The key of a role or profile by name.
pub(super) fn key(name: &str) -> String {
    name.to_ascii_lowercase()
}
