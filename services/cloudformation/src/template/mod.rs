//! The template language: text in; checked templates, bound parameters, plans and resolved
//! properties out. Pure; it knows no stack and no service, only resource types' tables.
//!
//! The order of use: [`Template::parse`], [`Template::check`], [`Template::bind`],
//! [`Template::plan`], then for each resource [`Template::resolve`] and [`coerce`], and at the end
//! [`Template::outputs`].
//!
//! The order of reading: `tree` (text with places) made by `yaml` and `json`; `expr` (values with
//! their functions) made by `reader`; `section` and the files of each section; `reference` and
//! `check` (what is wrong); `bind` (parameters and conditions), `plan`, `intrinsic` (evaluation),
//! `properties` (the kinds of a resource type's table), `locate`, `support` and `uses`.

mod bind;
mod capability;
mod check;
mod condition;
pub(crate) mod dynamic;
mod error;
mod expr;
mod graph;
mod intrinsic;
mod json;
mod locate;
mod mapping;
mod nested;
mod network;
mod output;
mod parameter;
mod pattern;
mod plan;
mod properties;
mod reader;
mod reference;
mod resource;
mod rule;
mod scalar;
mod section;
mod sub;
mod suggest;
mod support;
mod tree;
mod uses;
mod yaml;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use standin_kernel::Value;
use standin_kernel::resource::ResourceType;

pub use bind::{PseudoParameters, Scope};
pub use capability::Capabilities;
pub use error::{Place, Stage, TemplateError, api_message};
pub use nested::NestedTemplate;
pub use parameter::ParameterDecl;
pub use plan::{DeletionPolicy, Plan, PlannedResource, UpdateReplacePolicy};
pub(crate) use properties::coerce_one;
pub use properties::{PropertyProblem, coerce, status_reason};
pub use support::{PropertyReport, Verdict};
pub(crate) use uses::Use;

use error::Source;
use expr::BOTH;
use intrinsic::{Evaluation, text_of};

/// A template whose form has been checked.
#[derive(Clone, Debug)]
pub struct Template {
    source: Source,
    description: Option<String>,
    metadata: Value,
    transforms: Vec<String>,
    parameters: Vec<ParameterDecl>,
    rules: Vec<rule::Rule>,
    mappings: Vec<mapping::Mapping>,
    /// Each behind those it names.
    conditions: Vec<condition::ConditionDecl>,
    resources: Vec<resource::Resource>,
    outputs: Vec<output::OutputDecl>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputValue {
    pub name: String,
    pub value: String,
    pub description: Option<String>,
    pub export_name: Option<String>,
}

/// Reads a text that is no template (a drill) with the same reader: YAML or JSON, each mistake with
/// its place.
pub fn read_value(file: &str, text: &str) -> Result<Value, Vec<TemplateError>> {
    section::tree(file, text).map(|(_, root)| root.to_value())
}

/// Where a member of a document is written, `viewers[0].get`, or its nearest ancestor that is.
pub fn locate_value(file: &str, text: &str, path: &str) -> Option<Place> {
    let (source, root) = section::tree(file, text).ok()?;
    Some(source.place(locate::in_tree(&root, path)?))
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

impl Template {
    /// Reads a template and checks its form. All errors found, in the order of the text.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<TemplateError>> {
        section::read(file, text)
    }

    /// Everything that can be said against the template without parameter values: unknown types,
    /// properties, references to nothing, circles. [`TemplateError::stage`] tells them apart.
    pub fn check(&self, types: &[&'static dyn ResourceType]) -> Vec<TemplateError> {
        check::check(self, types)
    }

    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The Metadata section, or `Null`.
    pub fn metadata(&self) -> &Value {
        &self.metadata
    }

    /// For `DeclaredTransforms`; those that Standin cannot carry out are refused by `parse`.
    pub fn transforms(&self) -> &[String] {
        &self.transforms
    }

    /// CFN-ST-17
    pub fn capabilities(&self) -> Capabilities {
        capability::capabilities(self)
    }

    pub fn parameters(&self) -> &[ParameterDecl] {
        &self.parameters
    }

    /// The logical id and type of every resource, whether its condition holds or not.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.resources.iter().map(|resource| (resource.id.as_str(), resource.type_name.as_str()))
    }

    /// Gives every parameter its value: out of `given`, else out of `previous` (the values of
    /// those with UsePreviousValue; names the template does not declare are passed over), else
    /// its default; and then decides every condition and checks every rule.
    pub fn bind(
        &self,
        given: &[(String, String)],
        previous: Option<&BTreeMap<String, String>>,
        env: &PseudoParameters,
    ) -> Result<Scope, Vec<TemplateError>> {
        bind::bind(self, given, previous, env, &BTreeMap::new())
    }

    /// The same with values out of the parameter store, by the names of the template's parameters.
    pub fn bind_stored(
        &self,
        given: &[(String, String)],
        previous: Option<&BTreeMap<String, String>>,
        env: &PseudoParameters,
        stored: &BTreeMap<String, String>,
    ) -> Result<Scope, Vec<TemplateError>> {
        bind::bind(self, given, previous, env, stored)
    }

    /// Whether a value keeps the constraints of the parameter it is for.
    pub fn allows(&self, declared: &ParameterDecl, value: &str) -> bool {
        bind::refused(self, declared, value).is_none()
    }

    /// The resources whose conditions hold, with their dependencies; no circles. To be called for
    /// a template that [`Self::check`] has nothing against.
    pub fn plan(&self, scope: &Scope) -> Result<Plan, Vec<TemplateError>> {
        plan::plan(self, scope)
    }

    /// The properties of a resource, all functions resolved and `AWS::NoValue` removed. Values
    /// keep the kind they are written with: [`coerce`] comes next.
    pub fn resolve(
        &self,
        logical_id: &str,
        scope: &Scope,
        resources: &dyn Resources,
    ) -> Result<Value, TemplateError> {
        let Some(resource) = self.resource(logical_id) else {
            let message = format!("Resource {logical_id} does not exist in the template");
            return Err(TemplateError::nowhere(&self.source.file, Stage::Resolve, message));
        };
        let path = ["Resources", logical_id, "Properties"].map(str::to_owned);
        let mut evaluation = Evaluation::new(self, scope, Some(resources), path.to_vec());
        let value = evaluation.value(&resource.properties)?;
        Ok(value.unwrap_or_else(|| Value::Object(serde_json::Map::new())))
    }

    /// The outputs whose conditions hold, in declared order.
    pub fn outputs(
        &self,
        scope: &Scope,
        resources: &dyn Resources,
    ) -> Result<Vec<OutputValue>, TemplateError> {
        let mut outputs = Vec::new();
        for output in &self.outputs {
            let condition = output.condition.as_ref();
            if condition.is_some_and(|(name, _)| scope.condition(name) != Some(true)) {
                continue;
            }
            let path = ["Outputs", &output.name, "Value"].map(str::to_owned);
            let mut evaluation = Evaluation::new(self, scope, Some(resources), path.to_vec());
            // An output that comes to AWS::NoValue is left out.
            let Some(value) = evaluation.value(&output.value)? else { continue };
            let Some(value) = text_of(&value) else {
                let mark = output.value.mark;
                return Err(self.source.error(Stage::Resolve, mark, output::NOT_TEXT));
            };
            let export_name = match &output.export {
                Some(name) => {
                    let message = output::malformed_export(&output.name);
                    Some(evaluation.string(name, &message)?)
                }
                None => None,
            };
            let (name, description) = (output.name.clone(), output.description.clone());
            outputs.push(OutputValue { name, value, description, export_name });
        }
        Ok(outputs)
    }

    /// Where `DistributionConfig.Origins[0].Id` of a resource is written, or its nearest ancestor
    /// that is. An empty path is the resource itself.
    pub fn locate(&self, logical_id: &str, property_path: &str) -> Option<Place> {
        let mark = locate::locate(self.resource(logical_id)?, property_path, BOTH);
        Some(self.source.place(mark))
    }

    /// The same in a scope: the branches of `Fn::If` that are taken, and indices as they are after
    /// `AWS::NoValue` is removed.
    pub fn locate_in(&self, scope: &Scope, logical_id: &str, property_path: &str) -> Option<Place> {
        let choose = |name: &str| scope.condition(name);
        let mark = locate::locate(self.resource(logical_id)?, property_path, &choose);
        Some(self.source.place(mark))
    }

    /// What becomes of every property the template writes, in written order; with a scope, only of
    /// those that exist in it.
    pub fn support(
        &self,
        types: &[&'static dyn ResourceType],
        scope: Option<&Scope>,
    ) -> Vec<PropertyReport> {
        let choose = |name: &str| scope.and_then(|scope| scope.condition(name));
        self.resources
            .iter()
            .filter(|resource| scope.is_none_or(|scope| scope.has(resource)))
            .flat_map(|resource| support::report(&self.source, resource, types, &choose))
            .collect()
    }

    fn resource(&self, logical_id: &str) -> Option<&resource::Resource> {
        self.resources.iter().find(|resource| resource.id == logical_id)
    }
}
