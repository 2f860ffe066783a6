//! The contract of a CloudFormation resource type: its properties and what becomes of each here,
//! and how it is created, updated and deleted through the public operations of its service.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::control::ApiError;
use crate::service::ServiceName;
use crate::time::Duration;

/// A property of a resource type, or of an object inside one. The table lists every property that
/// AWS documents; one that is not listed is refused.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    pub update: Update,
    pub support: Support,
}

/// The shape of a property's value.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Any string.
    Text,
    /// A string out of a set.
    Choice(&'static [&'static str]),
    /// A whole number within bounds, both included; CloudFormation takes `"30"` as well as `30`.
    Integer(i64, i64),
    /// Any number.
    Number,
    /// `true`, `false`, or the same as strings.
    Bool,
    /// Anything (a policy document).
    Json,
    List(&'static Self),
    /// An object with these properties.
    Object(&'static [Property]),
    /// An object with any keys.
    Map(&'static Self),
}

/// What an update of the property does (CloudFormation's words).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    InPlace,
    Replacement,
}

/// What becomes of the property here. There is no fourth way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    Honoured,
    /// Accepted and stored, without effect on this machine, and why:
    /// `"one machine has no zones to spread over"`.
    NoEffect(&'static str),
    /// Refused, and why: `"Lambda@Edge is not built yet"`.
    Refused(&'static str),
}

impl Property {
    /// An optional, honoured property that updates in place.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, required: false, update: Update::InPlace, support: Support::Honoured }
    }

    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Changing it replaces the resource.
    #[must_use]
    pub const fn replaces(mut self) -> Self {
        self.update = Update::Replacement;
        self
    }

    #[must_use]
    pub const fn no_effect(mut self, why: &'static str) -> Self {
        self.support = Support::NoEffect(why);
        self
    }

    #[must_use]
    pub const fn refused(mut self, why: &'static str) -> Self {
        self.support = Support::Refused(why);
        self
    }
}

/// What a resource type is asked to do, at one step of doing it.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    pub stack_name: &'a str,
    pub stack_id: &'a str,
    pub logical_id: &'a str,
    /// A name CloudFormation would generate for a resource the template does not name:
    /// `stack-logical-1AB2C3D4E5F6G`. The same at every step of one job.
    pub generated_name: &'a str,
    pub region: &'a str,
    pub account: &'a str,
    /// The properties, all intrinsics resolved. For a delete: those it has.
    pub properties: &'a Value,
    /// For an update: those it had.
    pub previous: Option<&'a Value>,
    /// `Metadata: Standin:` of the resource, or `Null`.
    pub hint: &'a Value,
    /// For a delete: the template wants a snapshot kept (DeletionPolicy Snapshot).
    pub keeps_snapshot: bool,
    /// The template's folder, for relative paths in hints.
    pub base_directory: &'a str,
    /// What `Ref` gives, once known (always for update and delete).
    pub physical_id: Option<&'a str>,
    /// 0 at first, then what the type said with `Progress::Call` or `Progress::Wait`.
    pub step: u32,
    /// What the type said at the step before; `Null` at first.
    pub context: &'a Value,
    /// The reply to the call of the step before.
    pub reply: Option<&'a Result<Value, ApiError>>,
}

/// What a resource type says at one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Call this operation and come back at `step` with the reply and `context`. The reply may be
    /// an error: the type decides what that means.
    Call { service: ServiceName, operation: &'static str, input: Value, step: u32, context: Value },
    /// Come back at `step` after `after` (waiting until a thing is stable). `physical_id` is known
    /// from here on, if it was not before.
    Wait { after: Duration, step: u32, context: Value, physical_id: Option<String> },
    /// Done. `attributes` are what `Fn::GetAtt` gives.
    Done { physical_id: String, attributes: BTreeMap<String, Value> },
    /// Not possible. The message goes into the stack event as AWS words it.
    Failed { message: String },
}

/// Where a type takes the tags that CloudFormation adds: the stack's, and its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tagging {
    /// The property, `Tags` nearly always.
    pub property: &'static str,
    /// Whether the resource gets CloudFormation's own tags too (`aws:cloudformation:stack-name`):
    /// `tagging.cloudFormationSystemTags` of the type's schema (CFN-TG-02).
    pub system_tags: bool,
}

impl Tagging {
    /// `Tags`, with the stack's tags and CloudFormation's own.
    pub const ALL: Self = Self { property: "Tags", system_tags: true };
    /// The stack's tags alone, in the property of this name.
    pub const fn without_system_tags(property: &'static str) -> Self {
        Self { property, system_tags: false }
    }
}

/// What services say to an account that writes a tag of AWS's own.
pub const RESERVED_TAG: &str = "aws: prefixed tag key names are not allowed for external use.";

/// Whether a tag's key is one of AWS's own.
pub fn is_system_tag(key: &str) -> bool {
    key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
}

/// Whether who calls (`Cx::asked_by`) may write or take away a tag with this key: AWS's own are for
/// services alone (CFN-TG-03).
pub fn may_tag(asked_by: Option<ServiceName>, key: &str) -> bool {
    asked_by.is_some() || !is_system_tag(key)
}

/// An operation and its input.
pub type Call = (&'static str, Value);

impl Job<'_> {
    /// The tags, a list of keys and values; those of CloudFormation are among them.
    pub fn tags(&self, property: &str) -> Vec<Value> {
        self.properties[property].as_array().cloned().unwrap_or_default()
    }

    /// For an update: the keys of the tags that the template has no more.
    pub fn tag_keys_gone(&self, property: &str) -> Vec<Value> {
        let keys = |properties: &Value| -> Vec<Value> {
            let tags = properties[property].as_array().into_iter().flatten();
            tags.map(|tag| tag["Key"].clone()).collect()
        };
        let kept = keys(self.properties);
        let had = self.previous.map(keys).unwrap_or_default();
        had.into_iter().filter(|key| !kept.contains(key)).collect()
    }

    /// Makes the next of the calls, which begin at step `first`; `then` comes after the last.
    pub fn go_on(
        &self,
        service: ServiceName,
        first: u32,
        calls: Vec<Call>,
        then: impl FnOnce() -> Progress,
    ) -> Progress {
        let index = usize::try_from(self.step.saturating_sub(first)).unwrap_or(usize::MAX);
        match calls.into_iter().nth(index) {
            Some((operation, input)) => {
                let step = self.step + 1;
                Progress::Call { service, operation, input, step, context: Value::Null }
            }
            None => then(),
        }
    }
}

impl Progress {
    /// Done, with what `Fn::GetAtt` gives.
    pub fn done<const N: usize>(physical_id: &str, attributes: [(&str, Value); N]) -> Self {
        let attributes =
            attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self::Done { physical_id: physical_id.to_owned(), attributes }
    }

    /// Passes an operation's refusal on as AWS's resource handlers word it.
    pub fn refused(error: &ApiError, service: &str) -> Self {
        let message = format!(
            "Resource handler returned message: \"{} (Service: {service}, Status Code: {}, \
             Request ID: standin)\" (HandlerErrorCode: {})",
            error.message,
            error.status,
            handler_error_code(error),
        );
        Self::Failed { message }
    }
}

fn handler_error_code(error: &ApiError) -> &'static str {
    let code = error.code.as_str();
    if code.contains("NotFound") || code.starts_with("NoSuch") {
        "NotFound"
    } else if code.contains("AlreadyExists") || code.starts_with("Duplicate") {
        "AlreadyExists"
    } else if code.contains("LimitExceeded") || code.starts_with("TooMany") {
        "ServiceLimitExceeded"
    } else if code.contains("AccessDenied") {
        "AccessDenied"
    } else {
        "InvalidRequest"
    }
}

/// A CloudFormation resource type: one file `resources/x.rs` in its service each.
pub trait ResourceType: fmt::Debug + Sync {
    /// `AWS::ElasticLoadBalancingV2::TargetGroup`
    fn type_name(&self) -> &'static str;
    fn properties(&self) -> &'static [Property];
    /// The names `Fn::GetAtt` takes (`DNSName`), as AWS documents them.
    fn attributes(&self) -> &'static [&'static str];
    /// Which of CloudFormation's tags it gets, if it has the property for them.
    fn tagging(&self) -> Tagging {
        Tagging::ALL
    }
    fn create(&self, job: &Job<'_>) -> Progress;
    /// Changes in place; called only when no changed property asks for replacement.
    fn update(&self, job: &Job<'_>) -> Progress;
    fn delete(&self, job: &Job<'_>) -> Progress;
}
