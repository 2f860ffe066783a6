//! The template language: text in, checked templates, bound parameters, plans and resolved
//! properties out. Pure; it knows no stack and no service, only resource types' tables.
//!
//! The order of use: [`Template::parse`], [`Template::check`], [`Template::bind`],
//! [`Template::plan`], then for each resource [`Template::resolve`] and [`coerce`], and at the end
//! [`Template::outputs`].

mod error;

use std::collections::BTreeMap;

use standin_kernel::Value;
use standin_kernel::resource::{Property, ResourceType};

pub use error::{Place, Stage, TemplateError, api_message};

/// A template whose form has been checked.
#[derive(Clone, Debug)]
pub struct Template {
    file: String,
}

/// What the pseudo parameters (`AWS::Region` and so on) stand for (CFN-PA-13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PseudoParameters {
    pub account_id: String,
    pub region: String,
    pub stack_id: String,
    pub stack_name: String,
    pub notification_arns: Vec<String>,
}

/// A template's parameter, as written.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterDecl {
    pub name: String,
    /// `String`, `Number`, `AWS::EC2::VPC::Id`, as written.
    pub type_name: String,
    /// As one string; lists joined with commas.
    pub default: Option<String>,
    pub no_echo: bool,
    pub description: Option<String>,
    pub allowed_values: Vec<String>,
    pub allowed_pattern: Option<String>,
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub min_value: Option<f64>,
    pub max_value: Option<f64>,
    pub constraint_description: Option<String>,
}

/// Parameters with their values, and conditions with theirs.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    values: BTreeMap<String, String>,
    conditions: BTreeMap<String, bool>,
}

impl Scope {
    /// Every parameter's value as it is given to the API (lists joined with commas), for
    /// DescribeStacks and for `previous` of a later [`Template::bind`]. `NoEcho` is not applied.
    pub fn parameters(&self) -> &BTreeMap<String, String> {
        &self.values
    }

    /// The value of a condition of the template.
    pub fn condition(&self, name: &str) -> Option<bool> {
        self.conditions.get(name).copied()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionPolicy {
    Delete,
    Retain,
    RetainExceptOnCreate,
    Snapshot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateReplacePolicy {
    Delete,
    Retain,
    Snapshot,
}

/// The resources that exist in a scope, in declared order.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub resources: Vec<PlannedResource>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlannedResource {
    pub logical_id: String,
    pub type_name: String,
    /// Logical ids of resources in the plan that must be there before this one, each once:
    /// `DependsOn`, `Ref`, `Fn::GetAtt` and `Fn::Sub` (CFN-AT-01).
    pub depends_on: Vec<String>,
    pub deletion_policy: DeletionPolicy,
    pub update_replace_policy: UpdateReplacePolicy,
    /// `Metadata` with its intrinsics as written (`{"Ref": "X"}`), or `Null`; for comparing two
    /// versions of a template (CFN-AT-07).
    pub metadata: Value,
    /// `Metadata: Standin:`, resolved against parameters, or `Null`.
    pub hint: Value,
    pub condition: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputValue {
    pub name: String,
    pub value: String,
    pub description: Option<String>,
    pub export_name: Option<String>,
}

/// What the stack knows of its resources and of other stacks while properties are resolved.
pub trait Resources {
    /// What `Ref` gives.
    fn physical_id(&self, logical: &str) -> Option<&str>;
    /// What `Fn::GetAtt` gives; names with dots come as one (`Outputs.Url`).
    fn attribute(&self, logical: &str, name: &str) -> Option<&Value>;
    /// The value exported under `name` by any stack of the account and region.
    fn export(&self, name: &str) -> Option<&Value>;
}

/// What becomes of a property that a template writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Honoured,
    NoEffect(String),
    Refused(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyReport {
    pub logical_id: String,
    pub type_name: String,
    /// `DistributionConfig.CustomErrorResponses[2].ErrorCachingMinTTL`
    pub path: String,
    pub verdict: Verdict,
    pub place: Place,
}

/// A property value that its type does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyProblem {
    /// As [`Template::locate`] takes it; empty for the properties as a whole.
    pub path: String,
    /// As AWS words it: `The property {/Type} is required`.
    pub message: String,
    /// What would be right, where that is known.
    pub hint: Option<String>,
}

/// `Property validation failure: [...]`, the status reason of a resource (CFN-TP-15).
pub fn status_reason(problems: &[PropertyProblem]) -> String {
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    format!("Property validation failure: [{}]", messages.join(", "))
}

/// Brings resolved properties into the kinds the table asks for (`"30"` becomes 30).
pub fn coerce(
    _properties: &Value,
    _table: &'static [Property],
) -> Result<Value, Vec<PropertyProblem>> {
    let message = "properties cannot be converted yet".to_owned();
    Err(vec![PropertyProblem { path: String::new(), message, hint: None }])
}

impl Template {
    /// Reads a template and checks its form. All errors found, in the order of the text.
    pub fn parse(file: &str, _text: &str) -> Result<Self, Vec<TemplateError>> {
        Err(vec![TemplateError::nowhere(file, Stage::Form, "templates cannot be read yet")])
    }

    /// Everything that can be said against the template without parameter values: unknown types,
    /// properties, references to nothing, circles. `TemplateError::stage` tells them apart.
    pub fn check(&self, _types: &[&'static dyn ResourceType]) -> Vec<TemplateError> {
        self.not_yet()
    }

    pub fn description(&self) -> Option<&str> {
        None
    }

    pub fn parameters(&self) -> &[ParameterDecl] {
        &[]
    }

    /// Gives every parameter its value: out of `given`, else out of `previous` (the values of
    /// those with UsePreviousValue; names the template does not declare are passed over), else
    /// its default; and then every condition.
    pub fn bind(
        &self,
        _given: &[(String, String)],
        _previous: Option<&BTreeMap<String, String>>,
        _env: &PseudoParameters,
    ) -> Result<Scope, Vec<TemplateError>> {
        Err(self.not_yet())
    }

    /// The resources whose conditions hold, with their dependencies; no circles.
    pub fn plan(&self, _scope: &Scope) -> Result<Plan, Vec<TemplateError>> {
        Err(self.not_yet())
    }

    /// The properties of a resource, all intrinsics resolved and `AWS::NoValue` removed.
    pub fn resolve(
        &self,
        _logical_id: &str,
        _scope: &Scope,
        _resources: &dyn Resources,
    ) -> Result<Value, TemplateError> {
        Err(TemplateError::nowhere(&self.file, Stage::Resolve, "not built yet"))
    }

    /// The outputs whose conditions hold, in declared order.
    pub fn outputs(
        &self,
        _scope: &Scope,
        _resources: &dyn Resources,
    ) -> Result<Vec<OutputValue>, TemplateError> {
        Err(TemplateError::nowhere(&self.file, Stage::Resolve, "not built yet"))
    }

    /// Where `DistributionConfig.Origins[0].Id` of a resource is written, or its nearest ancestor
    /// that is. An empty path is the resource itself.
    pub fn locate(&self, _logical_id: &str, _property_path: &str) -> Option<Place> {
        None
    }

    /// What becomes of every property the template writes; with a scope, only of those that exist.
    pub fn support(
        &self,
        _types: &[&'static dyn ResourceType],
        _scope: Option<&Scope>,
    ) -> Vec<PropertyReport> {
        Vec::new()
    }

    fn not_yet(&self) -> Vec<TemplateError> {
        vec![TemplateError::nowhere(&self.file, Stage::Form, "not built yet")]
    }
}
