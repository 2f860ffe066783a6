//! Change sets: a version of a stack with what it would change, worked out before anything is made
//! (CFN-CS-*).

use serde::{Deserialize, Serialize};
use standin_kernel::{Time, Value, json};

use crate::machine::watch::RollbackConfiguration;
use crate::revision::Revision;
use crate::state::OnFailure;

/// One change set of a stack, in one record.
#[derive(Clone, Debug)]
pub(crate) struct ChangeSet {
    pub(crate) facts: ChangeSetFacts,
    /// What the stack is to become.
    pub(crate) revision: Revision,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeSetFacts {
    /// The ARN: `arn:aws:cloudformation:REGION:ACCOUNT:changeSet/NAME/UUID`.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created: Time,
    /// Of a stack that is not there yet (type CREATE).
    pub(crate) creates: bool,
    pub(crate) description: Option<String>,
    /// What the caller said to recognise it by.
    pub(crate) token: Option<String>,
    /// OnStackFailure, if it was given.
    pub(crate) on_failure: Option<OnFailure>,
    #[serde(default)]
    pub(crate) role_arn: Option<String>,
    /// As it was given.
    #[serde(default)]
    pub(crate) rollback: Option<RollbackConfiguration>,
    pub(crate) status: ChangeSetStatus,
    pub(crate) reason: Option<String>,
    pub(crate) execution: ExecutionStatus,
    pub(crate) changes: Vec<ResourceChange>,
}

/// CFN-CS-02. What is deleted is forgotten at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ChangeSetStatus {
    CreatePending,
    CreateInProgress,
    CreateComplete,
    Failed,
}

/// CFN-CS-02. There is no OBSOLETE: operations come one after another, so no two race, and what an
/// update makes obsolete is deleted (CFN-CS-05).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ExecutionStatus {
    Unavailable,
    Available,
    ExecuteInProgress,
    ExecuteComplete,
    ExecuteFailed,
}

/// CFN-CS-03
pub(crate) const NO_CHANGES: &str = "The submitted information didn't contain changes. Submit \
                                     different information to create a change set.";

impl ChangeSetStatus {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::CreatePending => "CREATE_PENDING",
            Self::CreateInProgress => "CREATE_IN_PROGRESS",
            Self::CreateComplete => "CREATE_COMPLETE",
            Self::Failed => "FAILED",
        }
    }
}

impl ExecutionStatus {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "UNAVAILABLE",
            Self::Available => "AVAILABLE",
            Self::ExecuteInProgress => "EXECUTE_IN_PROGRESS",
            Self::ExecuteComplete => "EXECUTE_COMPLETE",
            Self::ExecuteFailed => "EXECUTE_FAILED",
        }
    }
}

/// What happens to one resource (CFN-CS-04).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourceChange {
    pub(crate) action: Action,
    pub(crate) logical_id: String,
    pub(crate) physical_id: Option<String>,
    pub(crate) type_name: String,
    /// Only of a Modify.
    pub(crate) replacement: Option<Replacement>,
    /// What becomes of the thing that goes: `Delete`, `ReplaceAndRetain`.
    pub(crate) policy: Option<String>,
    pub(crate) details: Vec<Detail>,
    /// The resource before and after, as `{"Properties": {...}}`.
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Action {
    Add,
    Modify,
    Remove,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Replacement {
    True,
    False,
    Conditional,
}

/// One reason why a resource changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Detail {
    pub(crate) attribute: Attribute,
    /// The property, for `Attribute::Properties`.
    pub(crate) name: Option<String>,
    /// Whether the change asks for a new thing: `Always`, or `Never`.
    pub(crate) recreates: bool,
    /// Whether the new value is known before the change set is executed: `Static`.
    pub(crate) known: bool,
    pub(crate) source: ChangeSource,
    /// `A`, `A.Arn`, or a parameter's name.
    pub(crate) cause: Option<String>,
    /// Texts; `None` for what is not there.
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Attribute {
    Properties,
    Metadata,
    DeletionPolicy,
    UpdateReplacePolicy,
    Tags,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ChangeSource {
    ResourceReference,
    ResourceAttribute,
    ParameterReference,
    DirectModification,
    /// A nested stack, whose template may have changed under the same address.
    Automatic,
}

impl ResourceChange {
    /// As DescribeChangeSet shows it; `values`: with IncludePropertyValues.
    pub(crate) fn shown(&self, values: bool) -> Value {
        let mut scope: Vec<Attribute> = self.details.iter().map(|one| one.attribute).collect();
        scope.sort();
        scope.dedup();
        let mut shown = json!({
            "Action": self.action,
            "LogicalResourceId": self.logical_id,
            "ResourceType": self.type_name,
            "Scope": scope,
            "Details": self.details.iter().map(|one| one.shown(values)).collect::<Vec<_>>(),
        });
        if let Some(replacement) = self.replacement {
            shown["Replacement"] = json!(replacement);
        }
        for (member, text) in
            [("PhysicalResourceId", &self.physical_id), ("PolicyAction", &self.policy)]
        {
            if let Some(text) = text {
                shown[member] = json!(text);
            }
        }
        let contexts = [("BeforeContext", &self.before), ("AfterContext", &self.after)];
        for (member, context) in contexts.into_iter().filter(|_| values) {
            if let Some(context) = context {
                shown[member] = json!(context.to_string());
            }
        }
        json!({"Type": "Resource", "ResourceChange": shown})
    }
}

impl Detail {
    fn shown(&self, values: bool) -> Value {
        let recreation = if self.recreates { "Always" } else { "Never" };
        let mut target = json!({"Attribute": self.attribute, "RequiresRecreation": recreation});
        if let Some(name) = &self.name {
            target["Name"] = json!(name);
        }
        if values {
            self.add_values(&mut target);
        }
        let evaluation = if self.known { "Static" } else { "Dynamic" };
        let mut shown = json!({
            "Target": target, "Evaluation": evaluation, "ChangeSource": self.source,
        });
        if let Some(cause) = &self.cause {
            shown["CausingEntity"] = json!(cause);
        }
        shown
    }

    fn add_values(&self, target: &mut Value) {
        let path = match (self.attribute, &self.name) {
            (Attribute::Properties, Some(name)) => format!("/Properties/{name}"),
            (Attribute::Tags, _) => "/Properties/Tags".to_owned(),
            (Attribute::Metadata, _) => "/Metadata".to_owned(),
            (Attribute::DeletionPolicy, _) => "/DeletionPolicy".to_owned(),
            (Attribute::UpdateReplacePolicy, _) => "/UpdateReplacePolicy".to_owned(),
            (Attribute::Properties, None) => "/Properties".to_owned(),
        };
        target["Path"] = json!(path);
        target["AttributeChangeType"] = json!(match (&self.before, &self.after) {
            (None, _) => "Add",
            (_, None) => "Remove",
            _ => "Modify",
        });
        for (member, text) in [("BeforeValue", &self.before), ("AfterValue", &self.after)] {
            if let Some(text) = text {
                target[member] = json!(text);
            }
        }
    }
}
