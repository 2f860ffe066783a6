//! Brings property values into the kinds that a resource type's table asks for, and says what is
//! wrong with those that do not fit (CFN-TP-15).

use serde_json::Map;
use standin_kernel::Value;
use standin_kernel::resource::{Kind, Property, Support};

use super::dynamic;
use super::expr::{Expr, ExprKind};
use super::intrinsic::text_of;
use super::suggest::{did_you_mean, one_of};

/// A property value that its type does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyProblem {
    /// As [`super::Template::locate`] takes it; empty for the properties as a whole.
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

/// Brings resolved properties into the kinds the table asks for: `"30"` becomes 30 where a number
/// is wanted, 30 becomes `"30"` where text is. All that is wrong, in the order of the table.
pub fn coerce(
    properties: &Value,
    table: &'static [Property],
) -> Result<Value, Vec<PropertyProblem>> {
    let mut fitting = Fitting::default();
    let value = fitting.object(Known::of_value(properties), table);
    if fitting.problems.is_empty() {
        Ok(value.unwrap_or_else(|| Value::Object(Map::new())))
    } else {
        Err(fitting.problems)
    }
}

/// One value in its kind, if it fits.
pub(crate) fn coerce_one(value: &Value, kind: &'static Kind) -> Option<Value> {
    let mut fitting = Fitting::default();
    let fit = fitting.value(Known::of_value(value), kind);
    fit.filter(|_| fitting.problems.is_empty())
}

/// What can be said against properties as they are written, without resolving functions.
pub(super) fn check(properties: &Expr, table: &'static [Property]) -> Vec<PropertyProblem> {
    let mut fitting = Fitting::default();
    fitting.object(Known::of_expr(properties), table);
    fitting.problems
}

/// As much of a value as is known.
enum Known {
    /// What a function gives.
    Unknown,
    /// `AWS::NoValue`
    Absent,
    Scalar(Value),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
    /// One of the two branches of `Fn::If`.
    Either(Box<Self>, Box<Self>),
}

impl Known {
    fn of_value(value: &Value) -> Self {
        match value {
            Value::Array(items) => Self::List(items.iter().map(Self::of_value).collect()),
            Value::Object(members) => {
                let known =
                    |(name, value): (&String, &Value)| (name.clone(), Self::of_value(value));
                Self::Map(members.iter().map(known).collect())
            }
            Value::Null => Self::Absent,
            scalar => Self::Scalar(scalar.clone()),
        }
    }

    fn of_expr(expr: &Expr) -> Self {
        match &expr.kind {
            ExprKind::Text(text) => Self::Scalar(Value::from(text.as_str())),
            ExprKind::Integer(number) => Self::Scalar(Value::from(*number)),
            ExprKind::Float(number) => Self::Scalar(Value::from(*number)),
            ExprKind::Bool(truth) => Self::Scalar(Value::from(*truth)),
            ExprKind::List(items) => Self::List(items.iter().map(Self::of_expr).collect()),
            ExprKind::Map(fields) => Self::Map(
                fields.iter().map(|one| (one.key.clone(), Self::of_expr(&one.value))).collect(),
            ),
            ExprKind::If { then, otherwise, .. } => {
                Self::Either(Box::new(Self::of_expr(then)), Box::new(Self::of_expr(otherwise)))
            }
            _ if expr.is_no_value() => Self::Absent,
            _ => Self::Unknown,
        }
    }
}

#[derive(Default)]
struct Fitting {
    problems: Vec<PropertyProblem>,
    path: Vec<Step>,
}

enum Step {
    Name(String),
    Index(usize),
}

impl Fitting {
    /// The value in its kind; `None` when it is absent, not known, or wrong.
    fn value(&mut self, known: Known, kind: &'static Kind) -> Option<Value> {
        match known {
            Known::Unknown | Known::Absent => None,
            Known::Either(then, otherwise) => {
                self.value(*then, kind);
                self.value(*otherwise, kind)
            }
            Known::Scalar(value) => self.scalar(&value, kind),
            Known::List(items) => match kind {
                Kind::List(kind) => self.list(items, kind),
                Kind::Json => self.list(items, &Kind::Json),
                _ => self.mismatch(kind, "a list"),
            },
            Known::Map(members) => match kind {
                Kind::Object(table) => self.object(Known::Map(members), table),
                Kind::Map(kind) => Some(self.map(members, kind)),
                Kind::Json => Some(self.map(members, &Kind::Json)),
                _ => self.mismatch(kind, "an object"),
            },
        }
    }

    fn list(&mut self, items: Vec<Known>, kind: &'static Kind) -> Option<Value> {
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            self.path.push(Step::Index(index));
            values.extend(self.value(item, kind));
            self.path.pop();
        }
        Some(Value::Array(values))
    }

    fn map(&mut self, members: Vec<(String, Known)>, kind: &'static Kind) -> Value {
        let mut values = Map::new();
        for (name, member) in members {
            self.path.push(Step::Name(name.clone()));
            if let Some(value) = self.value(member, kind) {
                values.insert(name, value);
            }
            self.path.pop();
        }
        Value::Object(values)
    }

    fn object(&mut self, known: Known, table: &'static [Property]) -> Option<Value> {
        let mut members = match known {
            Known::Map(members) => members,
            Known::Unknown => return None,
            Known::Absent => Vec::new(),
            Known::Either(then, otherwise) => {
                self.object(*then, table);
                return self.object(*otherwise, table);
            }
            Known::Scalar(_) | Known::List(_) => {
                let message =
                    format!("Value of property {{{}}} does not match type {{Map}}", self.slashes());
                self.problem(message, None);
                return None;
            }
        };
        self.unknown(&members, table);
        let mut values = Map::new();
        for property in table {
            let at = members.iter().position(|(name, _)| name == property.name);
            let member = at.map(|at| members.swap_remove(at).1);
            self.path.push(Step::Name(property.name.to_owned()));
            match (member, property.support) {
                (Some(Known::Absent) | None, _) if property.required => {
                    let message = format!("The property {{{}}} is required", self.slashes());
                    let hint = kind_hint(&property.kind).map(|kind| format!("add it: {kind}"));
                    self.problem(message, hint);
                }
                (Some(Known::Absent) | None, _) => {}
                (Some(_), Support::Refused(why)) => {
                    let path = self.slashes();
                    let message =
                        format!("The property {{{path}}} is not supported by Standin: {why}");
                    self.problem(message, None);
                }
                (Some(member), _) => {
                    if let Some(value) = self.value(member, &property.kind) {
                        values.insert(property.name.to_owned(), value);
                    }
                }
            }
            self.path.pop();
        }
        Some(Value::Object(values))
    }

    fn unknown(&mut self, members: &[(String, Known)], table: &'static [Property]) {
        let names = || table.iter().map(|property| property.name);
        let parent = self.slashes();
        for (name, _) in members.iter().filter(|(name, _)| !names().any(|known| known == name)) {
            let message = format!("Encountered unsupported properties in {{{parent}}}: [{name}]");
            let hint = did_you_mean(name, names()).or_else(|| one_of(names()));
            self.path.push(Step::Name(name.clone()));
            self.problem(message, hint);
            self.path.pop();
        }
    }

    fn scalar(&mut self, value: &Value, kind: &'static Kind) -> Option<Value> {
        let text = text_of(value).unwrap_or_default();
        // What it stands for is known, and looked at, when the resource is made (CFN-DR-05).
        let scalar = !matches!(kind, Kind::List(_) | Kind::Object(_) | Kind::Map(_));
        if scalar && dynamic::first(&text).is_some() {
            return Some(Value::from(text));
        }
        match kind {
            Kind::Json => Some(value.clone()),
            Kind::Text => Some(Value::from(text)),
            Kind::Choice(names) => self.choice(text, names),
            Kind::Integer(least, most) => self.integer(value, &text, kind, *least, *most),
            Kind::Number => match (value, text.parse::<f64>()) {
                (Value::Number(_), _) => Some(value.clone()),
                (Value::String(_), Ok(number)) if number.is_finite() => {
                    Some(number_value(&text, number))
                }
                _ => self.mismatch(kind, &shown(value)),
            },
            Kind::Bool => match text.as_str() {
                "true" => Some(Value::from(true)),
                "false" => Some(Value::from(false)),
                _ => self.mismatch(kind, &shown(value)),
            },
            Kind::List(_) | Kind::Object(_) | Kind::Map(_) => self.mismatch(kind, &shown(value)),
        }
    }

    fn choice(&mut self, text: String, names: &[&str]) -> Option<Value> {
        if names.contains(&text.as_str()) {
            return Some(Value::from(text));
        }
        let path = self.slashes();
        let message = format!("Value of property {{{path}}} must be one of [{}]", names.join(", "));
        let hint = did_you_mean(&text, names.iter().copied());
        self.problem(message, hint.or_else(|| Some(format!("not {text:?}"))))
    }

    fn integer(
        &mut self,
        value: &Value,
        text: &str,
        kind: &'static Kind,
        least: i64,
        most: i64,
    ) -> Option<Value> {
        let number = match value {
            Value::Bool(_) => None,
            // 30.0 is a whole number too.
            _ => text.strip_suffix(".0").unwrap_or(text).parse::<i64>().ok(),
        };
        match number {
            Some(number) if (least..=most).contains(&number) => Some(Value::from(number)),
            Some(number) => {
                let path = self.slashes();
                let range = if most == i64::MAX {
                    format!("at least {least}")
                } else {
                    format!("from {least} to {most}")
                };
                let message = format!("Value of property {{{path}}} must be {range}, not {number}");
                self.problem(message, None)
            }
            None => self.mismatch(kind, &shown(value)),
        }
    }

    fn mismatch(&mut self, kind: &'static Kind, given: &str) -> Option<Value> {
        let name = match kind {
            Kind::Text | Kind::Choice(_) => "String",
            Kind::Integer(..) => "Integer",
            Kind::Number => "Number",
            Kind::Bool => "Boolean",
            Kind::List(_) => "List",
            Kind::Json | Kind::Object(_) | Kind::Map(_) => "Map",
        };
        let path = self.slashes();
        let message = format!("Value of property {{{path}}} does not match type {{{name}}}");
        let wanted = kind_hint(kind).unwrap_or_else(|| name.to_owned());
        self.problem(message, Some(format!("not {given}, but {wanted}")))
    }

    fn problem(&mut self, message: String, hint: Option<String>) -> Option<Value> {
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Name(name) if path.is_empty() => path.push_str(name),
                Step::Name(name) => path.push_str(&format!(".{name}")),
                Step::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        self.problems.push(PropertyProblem { path, message, hint });
        None
    }

    /// The path as AWS writes it: `/DistributionConfig/Origins/0/Id`.
    fn slashes(&self) -> String {
        if self.path.is_empty() {
            return "/".to_owned();
        }
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Name(name) => path.push_str(&format!("/{name}")),
                Step::Index(index) => path.push_str(&format!("/{index}")),
            }
        }
        path
    }
}

fn number_value(text: &str, number: f64) -> Value {
    text.parse::<i64>().map_or_else(|_| Value::from(number), Value::from)
}

fn shown(value: &Value) -> String {
    value.to_string()
}

/// What a kind takes, in words.
fn kind_hint(kind: &Kind) -> Option<String> {
    Some(match kind {
        Kind::Text => "a string".to_owned(),
        Kind::Choice(names) => format!("one of: {}", names.join(", ")),
        Kind::Integer(i64::MIN, i64::MAX) => "a whole number".to_owned(),
        Kind::Integer(least, i64::MAX) => format!("a whole number of at least {least}"),
        Kind::Integer(least, most) => format!("a whole number from {least} to {most}"),
        Kind::Number => "a number".to_owned(),
        Kind::Bool => "true or false".to_owned(),
        Kind::Json => return None,
        Kind::List(_) => "a list".to_owned(),
        Kind::Object(table) => {
            let names: Vec<&str> = table.iter().filter(|p| p.required).map(|p| p.name).collect();
            match names.as_slice() {
                [] => "an object".to_owned(),
                names => format!("an object with {}", names.join(", ")),
            }
        }
        Kind::Map(_) => "an object".to_owned(),
    })
}
