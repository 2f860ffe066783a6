//! Evaluates values: every function of the language given parameters, conditions and what the
//! resources turned out to be (CFN-IN-*).

use serde_json::Map;
use standin_kernel::{Value, base64};

use super::dynamic::{self, misplaced};
use super::error::{Stage, TemplateError};
use super::expr::{Expr, ExprKind, Field, NO_VALUE, Piece};
use super::reader::{JOIN, SELECT, SPLIT};
use super::tree::Mark;
use super::{Resources, Scope, Template, condition, mapping, network};

pub(super) struct Evaluation<'a> {
    template: &'a Template,
    scope: &'a Scope,
    /// `None` where no resource may be referred to.
    resources: Option<&'a dyn Resources>,
    /// Where in the template, for messages: `/Outputs/Url/Value`.
    path: Vec<String>,
}

type Evaluated<T> = Result<T, TemplateError>;

impl<'a> Evaluation<'a> {
    pub(super) const fn new(
        template: &'a Template,
        scope: &'a Scope,
        resources: Option<&'a dyn Resources>,
        path: Vec<String>,
    ) -> Self {
        Self { template, scope, resources, path }
    }

    pub(super) fn error(
        &self,
        stage: Stage,
        mark: Mark,
        message: impl Into<String>,
    ) -> TemplateError {
        self.template.source.error(stage, mark, message)
    }

    /// The value, or `None` for `AWS::NoValue` (CFN-PA-14).
    pub(super) fn value(&mut self, expr: &Expr) -> Evaluated<Option<Value>> {
        let mark = expr.mark;
        let value = match &expr.kind {
            ExprKind::Text(text) => Value::from(text.as_str()),
            ExprKind::Integer(number) => Value::from(*number),
            ExprKind::Float(number) => Value::from(*number),
            ExprKind::Bool(truth) => Value::from(*truth),
            ExprKind::List(items) => self.list(items)?,
            ExprKind::Map(fields) => self.object(fields)?,
            ExprKind::Ref(name) if name == NO_VALUE => return Ok(None),
            ExprKind::Ref(name) => self.reference(mark, name)?,
            ExprKind::GetAtt { resource, attribute } => {
                let attribute = self.string(
                    attribute,
                    "Template error: the attribute in Fn::GetAtt must be a string",
                )?;
                self.attribute(mark, resource, &attribute)?
            }
            ExprKind::Sub { pieces, values } => self.sub(pieces, values)?,
            ExprKind::Join { delimiter, list } => self.join(mark, delimiter, list)?,
            ExprKind::Split { delimiter, text } => {
                let text = self.string(text, SPLIT)?;
                text.split(delimiter.as_str()).collect()
            }
            ExprKind::Select { index, list } => self.select(mark, index, list)?,
            ExprKind::FindInMap { map, top, second, default } => {
                return self.find_in_map(mark, [map, top, second], default.as_deref());
            }
            ExprKind::Base64(text) => {
                let text = self.string(
                    text,
                    "Template error: every Fn::Base64 object must have a String-typed value.",
                )?;
                base64::encode(text.as_bytes()).into()
            }
            ExprKind::Cidr { block, count, bits } => self.cidr(mark, block, count, bits)?,
            ExprKind::GetAzs(region) => self.zones(region)?,
            ExprKind::ImportValue(name) => self.import(mark, name)?,
            ExprKind::If { condition, then, otherwise } => {
                let chosen = self.chosen(mark, condition)?;
                return self.value(if chosen { then } else { otherwise });
            }
            ExprKind::Length(list) => match self.value(list)? {
                Some(Value::Array(items)) => Value::from(items.len()),
                _ => return Err(self.resolve(mark, "Template error: Fn::Length needs a list")),
            },
            ExprKind::ToJsonString(inner) => match self.value(inner)? {
                Some(value @ (Value::Array(_) | Value::Object(_))) => value.to_string().into(),
                _ => {
                    let message = "Template error: Fn::ToJsonString needs an object or a list";
                    return Err(self.resolve(mark, message));
                }
            },
        };
        self.dynamic(mark, &value)?;
        Ok(Some(value))
    }

    /// The value as a string; lists, objects and nothing are refused with `message`.
    pub(super) fn string(&mut self, expr: &Expr, message: &str) -> Evaluated<String> {
        match self.value(expr)?.as_ref().and_then(text_of) {
            Some(text) => Ok(text),
            None => Err(self.resolve(expr.mark, message)),
        }
    }

    /// The value as a list of strings.
    pub(super) fn strings(&mut self, expr: &Expr) -> Evaluated<Vec<String>> {
        let texts: Option<Vec<String>> = match self.value(expr)? {
            Some(Value::Array(items)) => items.iter().map(text_of).collect(),
            _ => None,
        };
        texts.ok_or_else(|| self.resolve(expr.mark, "Template error: a list of strings is needed"))
    }

    fn resolve(&self, mark: Mark, message: impl Into<String>) -> TemplateError {
        self.error(Stage::Resolve, mark, message)
    }

    fn list(&mut self, items: &[Expr]) -> Evaluated<Value> {
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            self.path.push(index.to_string());
            values.extend(self.value(item)?);
            self.path.pop();
        }
        Ok(Value::Array(values))
    }

    fn object(&mut self, fields: &[Field]) -> Evaluated<Value> {
        let mut members = Map::new();
        for field in fields {
            self.path.push(field.key.clone());
            if let Some(value) = self.value(&field.value)? {
                members.insert(field.key.clone(), value);
            }
            self.path.pop();
        }
        Ok(Value::Object(members))
    }

    fn reference(&self, mark: Mark, name: &str) -> Evaluated<Value> {
        if let Some(value) = self.scope.reference(name) {
            return Ok(value);
        }
        self.resource_there(mark, name)?;
        match self.resources.and_then(|resources| resources.physical_id(name)) {
            Some(id) => Ok(Value::from(id)),
            None => Err(self.not_there(mark, name)),
        }
    }

    fn attribute(&self, mark: Mark, name: &str, attribute: &str) -> Evaluated<Value> {
        self.resource_there(mark, name)?;
        let Some(resources) = self.resources else { return Err(self.not_there(mark, name)) };
        if let Some(value) = resources.attribute(name, attribute) {
            return Ok(value.clone());
        }
        if resources.physical_id(name).is_none() {
            return Err(self.not_there(mark, name));
        }
        // CFN-IN-04
        let declared = self.template.resource(name);
        let type_name = declared.map_or("", |resource| resource.type_name.as_str());
        let message = format!(
            "[Error] /{}/Fn::GetAtt: Resource type {type_name} does not support attribute \
                {{{attribute}}}",
            self.path.join("/")
        );
        Err(self.resolve(mark, message))
    }

    /// CFN-IN-13: only what is declared, and whose condition holds, can be referred to.
    fn resource_there(&self, mark: Mark, name: &str) -> Evaluated<()> {
        let there = self.template.resource(name).is_some_and(|resource| self.scope.has(resource));
        if there { Ok(()) } else { Err(self.not_there(mark, name)) }
    }

    fn not_there(&self, mark: Mark, name: &str) -> TemplateError {
        let message = match self.path.first().map(String::as_str) {
            Some("Outputs") => super::reference::in_outputs(name),
            Some("Conditions") => super::reference::in_conditions(name),
            _ => super::reference::in_resources(name),
        };
        self.resolve(mark, message)
    }

    fn sub(&mut self, pieces: &[Piece], values: &[Field]) -> Evaluated<Value> {
        let mut text = String::new();
        for piece in pieces {
            let (value, mark) = match piece {
                Piece::Text(plain) => {
                    text.push_str(plain);
                    continue;
                }
                Piece::Ref(name, mark) if name == NO_VALUE => (None, *mark),
                Piece::Ref(name, mark) => (Some(self.reference(*mark, name)?), *mark),
                Piece::GetAtt(name, attribute, mark) => {
                    (Some(self.attribute(*mark, name, attribute)?), *mark)
                }
                Piece::Value(index, mark) => match values.get(*index) {
                    Some(field) => (self.value(&field.value)?, *mark),
                    None => (None, *mark),
                },
            };
            match value.as_ref().and_then(text_of) {
                Some(value) => text.push_str(&value),
                None => {
                    let message = "Template error: every variable in Fn::Sub must be a string";
                    let error = self.resolve(mark, message);
                    return Err(error.with_hint("a list is put together with Fn::Join first"));
                }
            }
        }
        Ok(Value::from(text))
    }

    fn join(&mut self, mark: Mark, delimiter: &str, list: &Expr) -> Evaluated<Value> {
        let texts: Option<Vec<String>> = match self.value(list)? {
            Some(Value::Array(items)) => items.iter().map(text_of).collect(),
            _ => None,
        };
        match texts {
            Some(texts) => Ok(Value::from(texts.join(delimiter))),
            None => Err(self.resolve(mark, JOIN).with_hint("every member must be a string")),
        }
    }

    fn select(&mut self, mark: Mark, index: &Expr, list: &Expr) -> Evaluated<Value> {
        let written = self.string(index, SELECT)?;
        let Ok(index) = written.parse::<usize>() else {
            return Err(self.resolve(mark, SELECT));
        };
        let Some(Value::Array(mut items)) = self.value(list)? else {
            return Err(self.resolve(mark, SELECT));
        };
        if index < items.len() {
            return Ok(items.swap_remove(index));
        }
        let message =
            format!("Template error: Fn::Select cannot select nonexistent value at index {index}");
        let hint = format!("the list has {} members, counted from 0", items.len());
        Err(self.resolve(mark, message).with_hint(hint))
    }

    fn find_in_map(
        &mut self,
        mark: Mark,
        names: [&Expr; 3],
        default: Option<&Expr>,
    ) -> Evaluated<Option<Value>> {
        let mut texts = [String::new(), String::new(), String::new()];
        for (text, name) in texts.iter_mut().zip(names) {
            *text =
                self.string(name, "Template error: the names in Fn::FindInMap must be strings")?;
        }
        let [map, top, second] = &texts;
        match (mapping::find(&self.template.mappings, map, top, second), default) {
            (Ok(value), _) => Ok(Some(value.clone())),
            (Err(_), Some(default)) => self.value(default),
            (Err(message), None) => Err(self.resolve(mark, message)),
        }
    }

    fn cidr(&mut self, mark: Mark, block: &Expr, count: &Expr, bits: &Expr) -> Evaluated<Value> {
        let message =
            "Template error: the parameters of Fn::Cidr are an IP address block and two numbers";
        let block = self.string(block, message)?;
        let count = self.string(count, message)?.parse();
        let bits = self.string(bits, message)?.parse();
        let (Ok(count), Ok(bits)) = (count, bits) else {
            return Err(self.resolve(mark, message));
        };
        match network::cidr(&block, count, bits) {
            Ok(blocks) => Ok(blocks.into_iter().collect()),
            Err(message) => Err(self.resolve(mark, message)),
        }
    }

    fn zones(&mut self, region: &Expr) -> Evaluated<Value> {
        let message = "Template error: every Fn::GetAZs object must have a String-typed value.";
        let region = self.string(region, message)?;
        let own = self.scope.region();
        Ok(network::zones(if region.is_empty() { own } else { &region }).into_iter().collect())
    }

    fn import(&mut self, mark: Mark, name: &Expr) -> Evaluated<Value> {
        let message =
            "Template error: every Fn::ImportValue object must have a String-typed value.";
        let name = self.string(name, message)?;
        match self.resources.and_then(|resources| resources.export(&name)) {
            Some(value) => Ok(value.clone()),
            // CFN-OU-03
            None => Err(self.resolve(mark, format!("No export named {name} found"))),
        }
    }

    fn chosen(&self, mark: Mark, condition: &str) -> Evaluated<bool> {
        self.scope
            .condition(condition)
            .ok_or_else(|| self.resolve(mark, condition::unresolved(condition, "Fn::If")))
    }

    /// A dynamic reference may be put together by functions; where nobody reads its value, it is
    /// not passed on as text.
    fn dynamic(&self, mark: Mark, value: &Value) -> Evaluated<()> {
        if self.path.first().is_some_and(|section| section == "Resources") {
            return Ok(());
        }
        match value.as_str().and_then(dynamic::first) {
            Some(reference) => Err(self.error(Stage::Unsupported, mark, misplaced(reference))),
            None => Ok(()),
        }
    }
}

/// A string, number or truth value as text.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
