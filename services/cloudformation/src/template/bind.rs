//! Gives every parameter its value, and decides every condition (CFN-PA-*).

use std::collections::BTreeMap;

use standin_kernel::Value;

use super::error::{Stage, TemplateError};
use super::intrinsic::Evaluation;
use super::parameter::{ParameterDecl, ParameterKind};
use super::resource::Resource;
use super::suggest::did_you_mean;
use super::{Template, condition, pattern, rule};

/// What the pseudo parameters (`AWS::Region` and so on) stand for (CFN-PA-13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PseudoParameters {
    pub account_id: String,
    pub region: String,
    pub stack_id: String,
    pub stack_name: String,
    pub notification_arns: Vec<String>,
}

/// Parameters with their values, and conditions with theirs.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// As given to the API.
    parameters: BTreeMap<String, String>,
    /// As `Ref` gives them.
    references: BTreeMap<String, Value>,
    conditions: BTreeMap<String, bool>,
    pseudo: PseudoParameters,
}

/// CFN-TP-11
const LONGEST_VALUE: usize = 4096;

impl Scope {
    /// Every parameter's value as it is given to the API (lists joined with commas), for
    /// DescribeStacks and for `previous` of a later [`Template::bind`]. `NoEcho` is not applied.
    pub fn parameters(&self) -> &BTreeMap<String, String> {
        &self.parameters
    }

    /// The value of a condition of the template.
    pub fn condition(&self, name: &str) -> Option<bool> {
        self.conditions.get(name).copied()
    }

    /// What `Ref` gives for a parameter or pseudo parameter.
    pub(super) fn reference(&self, name: &str) -> Option<Value> {
        let pseudo = &self.pseudo;
        let china = pseudo.region.starts_with("cn-");
        Some(match name {
            "AWS::AccountId" => Value::from(pseudo.account_id.as_str()),
            "AWS::Region" => Value::from(pseudo.region.as_str()),
            "AWS::StackId" => Value::from(pseudo.stack_id.as_str()),
            "AWS::StackName" => Value::from(pseudo.stack_name.as_str()),
            "AWS::NotificationARNs" => pseudo.notification_arns.iter().cloned().collect(),
            "AWS::Partition" if china => Value::from("aws-cn"),
            "AWS::Partition" if pseudo.region.starts_with("us-gov-") => Value::from("aws-us-gov"),
            "AWS::Partition" => Value::from("aws"),
            "AWS::URLSuffix" if china => Value::from("amazonaws.com.cn"),
            "AWS::URLSuffix" => Value::from("amazonaws.com"),
            _ => return self.references.get(name).cloned(),
        })
    }

    pub(super) fn region(&self) -> &str {
        &self.pseudo.region
    }

    /// Whether a resource exists: it has no condition, or one that holds.
    pub(super) fn has(&self, resource: &Resource) -> bool {
        resource.condition.as_ref().is_none_or(|(name, _)| self.condition(name) == Some(true))
    }
}

pub(super) fn bind(
    template: &Template,
    given: &[(String, String)],
    previous: Option<&BTreeMap<String, String>>,
    env: &PseudoParameters,
    stored: &BTreeMap<String, String>,
) -> Result<Scope, Vec<TemplateError>> {
    unknown(template, given)?;
    let mut values = BTreeMap::new();
    let mut missing = Vec::new();
    for declared in &template.parameters {
        let value = given
            .iter()
            .rev()
            .find(|(name, _)| *name == declared.name)
            .map(|(_, value)| value)
            .or_else(|| previous.and_then(|values| values.get(&declared.name)))
            .or(declared.default.as_ref());
        match value {
            Some(value) => {
                values.insert(declared.name.clone(), value.clone());
            }
            None => {
                // CFN-PA-02
                let message = format!("Parameters: [{}] must have values", declared.name);
                let error = template.source.error(Stage::Parameter, declared.mark, message);
                missing.push(error.listing());
            }
        }
    }
    if !missing.is_empty() {
        return Err(missing);
    }
    let errors: Vec<TemplateError> = template
        .parameters
        .iter()
        .filter_map(|declared| refused(template, declared, values.get(&declared.name)?))
        .collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    decided(template, values, env, stored)
}

fn decided(
    template: &Template,
    parameters: BTreeMap<String, String>,
    env: &PseudoParameters,
    stored: &BTreeMap<String, String>,
) -> Result<Scope, Vec<TemplateError>> {
    let references = template
        .parameters
        .iter()
        .filter_map(|declared| {
            let given = parameters.get(&declared.name)?;
            // Without the parameter store, its name has to do.
            let value = stored.get(&declared.name).filter(|_| declared.stored).unwrap_or(given);
            let value = reference(declared.kind, value);
            Some((declared.name.clone(), value))
        })
        .collect();
    let conditions = BTreeMap::new();
    let mut scope = Scope { parameters, references, conditions, pseudo: env.clone() };
    let path = vec!["Conditions".to_owned()];
    let mut evaluation = Evaluation::new(template, &scope, None, path.clone());
    let conditions = condition::decide(&template.conditions, &mut evaluation)?;
    let mut evaluation = Evaluation::new(template, &scope, None, path);
    let broken = rule::broken(&template.rules, &conditions, &mut evaluation);
    if !broken.is_empty() {
        return Err(broken);
    }
    scope.conditions = conditions;
    Ok(scope)
}

/// CFN-PA-12
fn unknown(template: &Template, given: &[(String, String)]) -> Result<(), Vec<TemplateError>> {
    let names = || template.parameters.iter().map(|declared| declared.name.as_str());
    let errors: Vec<TemplateError> = given
        .iter()
        .filter(|(name, _)| !names().any(|declared| declared == name))
        .map(|(name, _)| {
            let message = format!("Parameters: [{name}] do not exist in the template");
            TemplateError::nowhere(&template.source.file, Stage::Parameter, message)
                .listing()
                .hinted(did_you_mean(name, names()))
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// CFN-PA-06: a number is a string; members of lists are trimmed.
fn reference(kind: ParameterKind, value: &str) -> Value {
    if kind.is_list() { members(value).into_iter().collect() } else { Value::from(value) }
}

fn members(value: &str) -> Vec<&str> {
    value.split(',').map(str::trim).collect()
}

/// Why a value is not allowed, if it is not.
pub(super) fn refused(
    template: &Template,
    declared: &ParameterDecl,
    value: &str,
) -> Option<TemplateError> {
    // CFN-PA-09: for a stored value, constraints are the name's.
    let list = declared.kind.is_list() && !declared.stored;
    let parts = if list { members(value) } else { vec![value] };
    let numbers = matches!(declared.kind, ParameterKind::Number | ParameterKind::NumberList);
    let number = numbers && !declared.stored;
    let name = &declared.name;
    let (message, hint) = if value.len() > LONGEST_VALUE {
        let message = format!("Parameter '{name}' must contain at most {LONGEST_VALUE} bytes");
        (message, None)
    } else if number && !parts.iter().all(|part| is_number(part)) {
        // CFN-PA-03
        (format!("Parameter '{name}' must be a number."), Some(format!("not {value:?}")))
    } else {
        let (must, hint) = parts.iter().find_map(|part| broken_constraint(declared, part))?;
        match &declared.constraint_description {
            // CFN-PA-05
            Some(why) => {
                (format!("Parameter {name} failed to satisfy constraint: {why}"), Some(must))
            }
            None => (format!("Parameter '{name}' {must}"), hint),
        }
    };
    let error = template.source.error(Stage::Parameter, declared.mark, message);
    Some(error.hinted(hint))
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
        && text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
}

/// CFN-PA-04: what the value must do and does not, and a hint.
fn broken_constraint(declared: &ParameterDecl, value: &str) -> Option<(String, Option<String>)> {
    let allowed = &declared.allowed_values;
    if !allowed.is_empty() && !allowed.iter().any(|one| one == value) {
        let hint = format!("one of: {}", allowed.join(", "));
        return Some(("must be one of AllowedValues".to_owned(), Some(hint)));
    }
    if let Some(written) = &declared.allowed_pattern
        && !pattern::compile(written).is_ok_and(|pattern| pattern::fits(&pattern, value))
    {
        return Some((format!("must match pattern {written}"), Some(format!("not {value:?}"))));
    }
    if matches!(declared.kind, ParameterKind::Number | ParameterKind::NumberList) {
        let number: f64 = value.parse().ok()?;
        return match (declared.min_value, declared.max_value) {
            (Some(least), _) if number < least => {
                Some((format!("must be a number not less than {least}"), None))
            }
            (_, Some(most)) if number > most => {
                Some((format!("must be a number not greater than {most}"), None))
            }
            _ => None,
        };
    }
    let length = value.chars().count() as u64;
    match (declared.min_length, declared.max_length) {
        (Some(least), _) if length < least => {
            Some((format!("must contain at least {least} characters"), None))
        }
        (_, Some(most)) if length > most => {
            Some((format!("must contain at most {most} characters"), None))
        }
        _ => None,
    }
}
