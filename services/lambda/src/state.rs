//! What Lambda keeps across restarts: functions with their versions, and events that wait for an
//! asynchronous invocation. Environments are live only: a restart begins cold.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use standin_kernel::control::Record;
use standin_kernel::function::FunctionCode;
use standin_kernel::{Cx, Env, Time, Value, ids};

use crate::data::event_queue::Event;
use crate::error::unknown_record;

const FUNCTION: &str = "function";
const EVENT: &str = "event";

/// The version whose code and settings can change.
pub(crate) const LATEST: &str = "$LATEST";

/// All that is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) functions: BTreeMap<String, Function>,
    /// Events not yet done with, by number.
    pub(crate) events: BTreeMap<u64, Event>,
}

/// A function: one record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Without qualifier.
    pub(crate) arn: String,
    pub(crate) latest: Config,
    pub(crate) versions: BTreeMap<u32, Config>,
    /// The number the next version gets; numbers are not given twice.
    pub(crate) next_version: u32,
    pub(crate) aliases: BTreeMap<String, Alias>,
    /// Statements by qualifier; without one, by the empty text.
    pub(crate) policies: BTreeMap<String, Policy>,
    /// Function URLs by qualifier, as above.
    pub(crate) urls: BTreeMap<String, Url>,
    /// How events are tried, by qualifier.
    pub(crate) event_invoke: BTreeMap<String, EventInvoke>,
    pub(crate) reserved_concurrency: Option<u32>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// Code and settings of one version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Config {
    /// `$LATEST` or a number.
    pub(crate) version: String,
    pub(crate) runtime: String,
    pub(crate) handler: String,
    pub(crate) role: String,
    pub(crate) description: String,
    pub(crate) timeout_s: u32,
    pub(crate) memory_mb: u32,
    pub(crate) ephemeral_mb: u32,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) code: Code,
    pub(crate) architecture: String,
    pub(crate) tracing: String,
    pub(crate) kms_key: Option<String>,
    /// `VpcConfig` as given, or `Null`.
    pub(crate) vpc: Value,
    pub(crate) log_group: String,
    pub(crate) modified: Time,
    pub(crate) revision: String,
    /// Changes whenever environments must be new ones.
    pub(crate) generation: u64,
    /// It is `Pending`, or its last update in progress, until then.
    pub(crate) settles: Time,
    /// Whether it is new, so that it is `Pending` until then.
    pub(crate) new: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) source: FunctionCode,
    /// The hint of the template, or `Null`.
    pub(crate) local: Value,
    pub(crate) bytes: u64,
    /// In base64.
    pub(crate) sha256: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Alias {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: String,
    /// A second version and the part of the invocations it gets, 0 to 1.
    pub(crate) weights: BTreeMap<String, f64>,
    pub(crate) revision: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(crate) statements: Vec<Statement>,
    pub(crate) revision: String,
}

/// One permission, as `AddPermission` had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Statement {
    pub(crate) sid: String,
    pub(crate) action: String,
    pub(crate) principal: String,
    pub(crate) source_arn: Option<String>,
    pub(crate) source_account: Option<String>,
    pub(crate) url_auth_type: Option<String>,
    pub(crate) via_url: Option<bool>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Url {
    /// The first label of its host name.
    pub(crate) id: String,
    /// The function's, with the alias if there is one.
    pub(crate) function_arn: String,
    /// Whether callers must sign (`AWS_IAM`).
    pub(crate) iam: bool,
    pub(crate) cors: Option<Cors>,
    pub(crate) created: Time,
    pub(crate) modified: Time,
}

/// CORS settings of a function URL, which answers preflight requests itself (LAM-UR-06).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub(crate) struct Cors {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allow_credentials: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allow_headers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allow_methods: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allow_origins: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) expose_headers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_age: Option<u32>,
}

/// How an event's failures are dealt with (LAM-AS-01, LAM-AS-02).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventInvoke {
    pub(crate) retries: Option<u32>,
    pub(crate) age_s: Option<u32>,
    /// ARNs of functions.
    pub(crate) on_success: Option<String>,
    pub(crate) on_failure: Option<String>,
    pub(crate) modified: Time,
}

impl Function {
    pub(crate) fn store(&self, cx: &mut Cx<'_>) {
        cx.store(FUNCTION, &self.name, serde_json::to_value(self).ok());
    }

    /// `$LATEST` or a numbered version.
    pub(crate) fn version(&self, version: &str) -> Option<&Config> {
        if version == LATEST {
            return Some(&self.latest);
        }
        self.versions.get(&version.parse().ok()?)
    }

    /// The version a qualifier leads to; of an alias with weights, one by chance. Without a
    /// qualifier, `$LATEST`.
    pub(crate) fn resolve(&self, cx: &mut Cx<'_>, qualifier: Option<&str>) -> Option<&Config> {
        let qualifier = qualifier.unwrap_or(LATEST);
        let Some(alias) = self.aliases.get(qualifier) else { return self.version(qualifier) };
        let mut drawn = per_million(cx.rng.below(1_000_000));
        for (version, weight) in &alias.weights {
            if drawn < *weight {
                return self.version(version);
            }
            drawn -= weight;
        }
        self.version(&alias.version)
    }

    /// Whether there is such a version or alias.
    pub(crate) fn has(&self, qualifier: &str) -> bool {
        self.aliases.contains_key(qualifier) || self.version(qualifier).is_some()
    }

    /// With the qualifier, if there is one.
    pub(crate) fn qualified_arn(&self, qualifier: Option<&str>) -> String {
        match qualifier {
            Some(qualifier) => format!("{}:{qualifier}", self.arn),
            None => self.arn.clone(),
        }
    }
}

fn per_million(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(0)) / 1_000_000.0
}

/// `arn:aws:lambda:{region}:{account}:function:{name}`
pub(crate) fn function_arn(env: &Env, name: &str) -> String {
    ids::arn(env, "lambda", &format!("function:{name}"))
}

impl State {
    /// Forgets a function.
    pub(crate) fn forget(&mut self, cx: &mut Cx<'_>, name: &str) -> Option<Function> {
        cx.store(FUNCTION, name, None);
        self.functions.remove(name)
    }

    pub(crate) fn store_event(&self, cx: &mut Cx<'_>, number: u64) {
        let event = self.events.get(&number).and_then(|event| serde_json::to_value(event).ok());
        cx.store(EVENT, &format!("{number:020}"), event);
    }

    /// Takes back a record from before a restart.
    pub(crate) fn restore(&mut self, record: &Record) -> Result<(), String> {
        let document = record.document.clone().ok_or("a record without document")?;
        let wrong = |error: serde_json::Error| error.to_string();
        match record.kind.as_str() {
            FUNCTION => {
                let function: Function = serde_json::from_value(document).map_err(wrong)?;
                self.functions.insert(record.id.clone(), function);
            }
            EVENT => {
                let event: Event = serde_json::from_value(document).map_err(wrong)?;
                let number = record.id.parse().map_err(|_| "an event without number")?;
                self.events.insert(number, event);
            }
            other => return Err(unknown_record(other)),
        }
        Ok(())
    }
}
