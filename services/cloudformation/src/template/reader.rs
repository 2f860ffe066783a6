//! Reads a tree's functions into typed values, and says what shape a function must have.

use super::error::{Source, Stage, TemplateError};
use super::expr::{Expr, ExprKind, Field, Piece};
use super::sub;
use super::suggest::did_you_mean;
use super::tree::{Entry, Mark, Node, NodeKind};

/// Which functions may stand here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Where {
    Resources,
    Outputs,
    /// Those that need no resource (CFN-IN-12).
    Conditions,
}

const FUNCTIONS: [&str; 14] = [
    "Ref",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::FindInMap",
    "Fn::GetAtt",
    "Fn::GetAZs",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Length",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
];

const GET_ATT: &str = "\
    Template error: every Fn::GetAtt object requires two non-empty parameters, the resource \
    name and the resource attribute";
pub(super) const JOIN: &str = "\
    Template error: every Fn::Join object requires two parameters, (1) a string delimiter and \
    (2) a list of strings to be joined or a function that returns a list of strings (such as \
    Fn::GetAZs) to be joined.";
pub(super) const SPLIT: &str = "\
    Template error: every Fn::Split object requires two parameters, (1) a string delimiter and \
    (2) a string to be split or a function that returns a string to be split.";
pub(super) const SELECT: &str = "\
    Template error: Fn::Select requires a list argument with two elements: an integer index and \
    a list";
const FIND_IN_MAP: &str = "\
    Template error: every Fn::FindInMap object requires three parameters, the map name, map key \
    and the attribute for return value";
const SUB: &str = "\
    Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. \
    Specify a string as first argument, and an optional second argument to specify a mapping of \
    values to replace in the string";
const CIDR: &str = "\
    Template error: every Fn::Cidr object requires three parameters, an IP address block, the \
    number of CIDRs to make and the number of their host bits";
const IF: &str =
    "Template error: Fn::If requires a list argument with the first element being a condition";

/// Reads values of one place of a template; errors are collected and something harmless stands in.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    source: &'a Source,
    errors: &'a mut Vec<TemplateError>,
    place: Where,
    /// Whether the template has `Transform: AWS::LanguageExtensions` (CFN-IN-22).
    extensions: bool,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(
        source: &'a Source,
        errors: &'a mut Vec<TemplateError>,
        place: Where,
        extensions: bool,
    ) -> Self {
        Self { source, errors, place, extensions }
    }

    pub(super) fn expr(&mut self, node: &Node) -> Expr {
        let kind = match &node.kind {
            NodeKind::Text(text) => ExprKind::Text(text.clone()),
            NodeKind::Integer(number) => ExprKind::Integer(*number),
            NodeKind::Float(number) => ExprKind::Float(*number),
            NodeKind::Bool(truth) => ExprKind::Bool(*truth),
            NodeKind::List(items) => {
                ExprKind::List(items.iter().map(|item| self.expr(item)).collect())
            }
            NodeKind::Map(entries) => match entries.as_slice() {
                [only] if is_function(&only.key) => self.function(node.mark, only),
                entries => self.object(entries),
            },
            // Refused before, with its path (CFN-TP-06).
            NodeKind::Null => nothing(),
        };
        Expr::new(node.mark, kind)
    }

    fn object(&mut self, entries: &[Entry]) -> ExprKind {
        if let Some(entry) = entries.iter().find(|entry| is_function(&entry.key)) {
            let message = format!(
                "Template format error: {} must be the only member of its object",
                entry.key
            );
            let hint = "a function takes the place of the whole value";
            self.wrong(entry.key_mark, message, Some(hint));
        }
        ExprKind::Map(self.fields(entries))
    }

    fn fields(&mut self, entries: &[Entry]) -> Vec<Field> {
        entries
            .iter()
            .map(|entry| Field {
                key: entry.key.clone(),
                key_mark: entry.key_mark,
                value: self.expr(&entry.value),
            })
            .collect()
    }

    fn function(&mut self, mark: Mark, entry: &Entry) -> ExprKind {
        let argument = &entry.value;
        if !self.allowed(mark, entry) {
            return nothing();
        }
        match entry.key.as_str() {
            "Ref" => self.reference(mark, argument),
            "Fn::GetAtt" => self.get_att(mark, argument),
            "Fn::Sub" => self.sub(mark, argument),
            "Fn::Join" => self.join(mark, argument),
            "Fn::Split" => self.split(mark, argument),
            "Fn::Select" => self.select(mark, argument),
            "Fn::FindInMap" => self.find_in_map(mark, argument),
            "Fn::Base64" => ExprKind::Base64(self.string_argument(mark, "Base64", argument)),
            "Fn::GetAZs" => ExprKind::GetAzs(self.string_argument(mark, "GetAZs", argument)),
            "Fn::ImportValue" => {
                ExprKind::ImportValue(self.string_argument(mark, "ImportValue", argument))
            }
            "Fn::Cidr" => self.cidr(mark, argument),
            "Fn::If" => self.branch(mark, argument),
            "Fn::Length" => ExprKind::Length(self.boxed(argument)),
            "Fn::ToJsonString" => ExprKind::ToJsonString(self.boxed(argument)),
            name => self.unknown(mark, name),
        }
    }

    /// Whether the function may stand here at all; says so if not.
    fn allowed(&mut self, mark: Mark, entry: &Entry) -> bool {
        let name = entry.key.as_str();
        match (name, self.place) {
            ("Fn::ImportValue" | "Fn::If", Where::Conditions) => {
                self.wrong(mark, format!("Template error: Cannot use {name} in Conditions."), None);
                false
            }
            ("Fn::GetAtt", Where::Conditions) => {
                let resource = entry.value.as_string().unwrap_or_default();
                let items = entry.value.items().unwrap_or_default();
                let resource = match items.first().and_then(Node::text) {
                    Some(first) => first,
                    None => resource.split('.').next().unwrap_or_default(),
                };
                let message = super::reference::in_conditions(resource);
                self.wrong(mark, message, None);
                false
            }
            ("Fn::Length" | "Fn::ToJsonString", _) if !self.extensions => {
                let message = format!("Template error: {name} needs AWS::LanguageExtensions");
                self.wrong(mark, message, Some("write Transform: AWS::LanguageExtensions"));
                false
            }
            _ => true,
        }
    }

    fn unknown(&mut self, mark: Mark, name: &str) -> ExprKind {
        if name == "Fn::Transform" || name.starts_with("Fn::ForEach::") {
            let message = format!("{name} is not supported by Standin");
            self.errors.push(
                self.source
                    .error(Stage::Unsupported, mark, message)
                    .with_hint("write out what it would make"),
            );
            return nothing();
        }
        let message = format!(
            "Template error: Encountered unsupported function: {name} Supported functions are: \
                [{}]",
            FUNCTIONS.join(", ")
        );
        let hint = match name {
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" => {
                Some("write it in Conditions and choose with Fn::If".to_owned())
            }
            _ => did_you_mean(name, FUNCTIONS),
        };
        self.wrong(mark, message, hint.as_deref());
        nothing()
    }

    fn reference(&mut self, mark: Mark, argument: &Node) -> ExprKind {
        if let Some(name) = argument.text() {
            return ExprKind::Ref(name.to_owned());
        }
        let message = "Template error: every Ref object must have a single String value";
        self.wrong(mark, message, Some("a literal name; functions are not allowed here"));
        nothing()
    }

    fn get_att(&mut self, mark: Mark, argument: &Node) -> ExprKind {
        let pair = match (&argument.kind, argument.items()) {
            (NodeKind::Text(text), _) => text.split_once('.').map(|(resource, attribute)| {
                let attribute = ExprKind::Text(attribute.to_owned());
                (resource.to_owned(), Expr::new(argument.mark, attribute))
            }),
            (_, Some([resource, attribute])) => {
                resource.text().map(|resource| (resource.to_owned(), self.expr(attribute)))
            }
            _ => None,
        };
        match pair {
            Some((resource, attribute))
                if !resource.is_empty()
                    && match &attribute.kind {
                        ExprKind::Text(text) => !text.is_empty(),
                        ExprKind::Ref(_) => true,
                        _ => self.extensions,
                    } =>
            {
                ExprKind::GetAtt { resource, attribute: Box::new(attribute) }
            }
            _ => {
                self.wrong(mark, GET_ATT, Some("!GetAtt Resource.Attribute"));
                nothing()
            }
        }
    }

    fn sub(&mut self, mark: Mark, argument: &Node) -> ExprKind {
        let (text, entries) = match argument.items() {
            Some([text, values]) => (text, values.entries()),
            _ => (argument, Some(&[] as &[Entry])),
        };
        let (Some(written), Some(entries)) = (text.as_string(), entries) else {
            self.wrong(mark, SUB, Some("!Sub text, or !Sub [text, {Name: value}]"));
            return nothing();
        };
        let values = self.fields(entries);
        let names: Vec<&str> = values.iter().map(|field| field.key.as_str()).collect();
        let from = text.mark;
        let at = |needle: &str| self.source.find(from, needle);
        match sub::pieces(&written, &names, &at) {
            Ok(pieces) => ExprKind::Sub { pieces, values },
            Err(needle) => {
                let mark = self.source.find(from, &needle);
                self.wrong(mark, sub::BAD_NAME, Some("${!Name} stands for the text ${Name}"));
                ExprKind::Sub { pieces: vec![Piece::Text(written)], values }
            }
        }
    }

    fn join(&mut self, mark: Mark, argument: &Node) -> ExprKind {
        match argument.items() {
            Some([delimiter, list]) if delimiter.text().is_some() && could_be_list(list) => {
                let delimiter = delimiter.text().unwrap_or_default().to_owned();
                ExprKind::Join { delimiter, list: self.boxed(list) }
            }
            _ => {
                self.wrong(mark, JOIN, Some("!Join [\",\", [a, b]]"));
                nothing()
            }
        }
    }

    fn split(&mut self, mark: Mark, argument: &Node) -> ExprKind {
        match argument.items() {
            Some([delimiter, text])
                if delimiter.text().is_some_and(|text| !text.is_empty())
                    && text.items().is_none() =>
            {
                let delimiter = delimiter.text().unwrap_or_default().to_owned();
                ExprKind::Split { delimiter, text: self.boxed(text) }
            }
            _ => {
                self.wrong(mark, SPLIT, Some("!Split [\",\", text]"));
                nothing()
            }
        }
    }

    fn select(&mut self, mark: Mark, argument: &Node) -> ExprKind {
        match argument.items() {
            Some([index, list])
                if could_be_list(list)
                    && index.items().is_none()
                    && index.text().is_none_or(|text| text.parse::<u32>().is_ok()) =>
            {
                ExprKind::Select { index: self.boxed(index), list: self.boxed(list) }
            }
            _ => {
                self.wrong(mark, SELECT, Some("!Select [0, [a, b]]"));
                nothing()
            }
        }
    }

    fn find_in_map(&mut self, mark: Mark, argument: &Node) -> ExprKind {
        let (names, default) = match argument.items() {
            Some([map, top, second]) => ([map, top, second], None),
            Some([map, top, second, last]) if self.extensions => {
                match last.entries().unwrap_or_default() {
                    [only] if only.key == "DefaultValue" => {
                        ([map, top, second], Some(self.boxed(&only.value)))
                    }
                    _ => {
                        let hint = "the fourth is {DefaultValue: value}";
                        self.wrong(last.mark, FIND_IN_MAP, Some(hint));
                        return nothing();
                    }
                }
            }
            Some([_, _, _, last]) => {
                let message =
                    "Template error: Fn::FindInMap with DefaultValue needs AWS::LanguageExtensions";
                let hint = "write Transform: AWS::LanguageExtensions";
                self.wrong(last.mark, message, Some(hint));
                return nothing();
            }
            _ => {
                self.wrong(mark, FIND_IN_MAP, Some("!FindInMap [Map, Key, Attribute]"));
                return nothing();
            }
        };
        let [map, top, second] = names.map(|name| self.expr(name));
        for name in [&map, &top, &second] {
            self.map_key(name);
        }
        let [map, top, second] = [map, top, second].map(Box::new);
        ExprKind::FindInMap { map, top, second, default }
    }

    /// Names in a map are literals, `Ref` or `Fn::FindInMap`; more with the transform.
    fn map_key(&mut self, name: &Expr) {
        let simple = matches!(
            name.kind,
            ExprKind::Text(_)
                | ExprKind::Integer(_)
                | ExprKind::Float(_)
                | ExprKind::Bool(_)
                | ExprKind::Ref(_)
                | ExprKind::FindInMap { .. }
        );
        let list = matches!(name.kind, ExprKind::List(_) | ExprKind::Map(_));
        if list || !simple && !self.extensions {
            let hint = "a literal, Ref or Fn::FindInMap; other functions need Transform: \
                AWS::LanguageExtensions";
            self.wrong(name.mark, FIND_IN_MAP, Some(hint));
        }
    }

    fn cidr(&mut self, mark: Mark, argument: &Node) -> ExprKind {
        let Some([block, count, bits]) = argument.items() else {
            self.wrong(mark, CIDR, Some("!Cidr [10.0.0.0/16, 6, 8]"));
            return nothing();
        };
        let [block, count, bits] = [block, count, bits].map(|node| self.boxed(node));
        ExprKind::Cidr { block, count, bits }
    }

    fn branch(&mut self, mark: Mark, argument: &Node) -> ExprKind {
        match argument.items() {
            Some([condition, then, otherwise]) if condition.text().is_some() => {
                let condition = condition.text().unwrap_or_default().to_owned();
                let (then, otherwise) = (self.boxed(then), self.boxed(otherwise));
                ExprKind::If { condition, then, otherwise }
            }
            other => {
                let quoted = other.and_then(<[Node]>::first).and_then(super::resource::quote);
                let hint = "!If [Condition, value if true, value if false]";
                self.wrong(mark, IF, Some(quoted.as_deref().unwrap_or(hint)));
                nothing()
            }
        }
    }

    fn string_argument(&mut self, mark: Mark, name: &str, argument: &Node) -> Box<Expr> {
        let expr = self.expr(argument);
        if matches!(expr.kind, ExprKind::List(_) | ExprKind::Map(_)) {
            let message =
                format!("Template error: every Fn::{name} object must have a String-typed value.");
            self.wrong(mark, message, Some("a string, or a function that gives one"));
        }
        Box::new(expr)
    }

    fn boxed(&mut self, node: &Node) -> Box<Expr> {
        Box::new(self.expr(node))
    }

    fn wrong(&mut self, mark: Mark, message: impl Into<String>, hint: Option<&str>) {
        let error = self.source.error(Stage::Form, mark, message);
        self.errors.push(error.hinted(hint.map(str::to_owned)));
    }
}

/// Whether a map with this one key is a function and not an object.
pub(super) fn is_function(key: &str) -> bool {
    key == "Ref" || key.starts_with("Fn::")
}

/// A list, or a function (which may give one).
fn could_be_list(node: &Node) -> bool {
    match &node.kind {
        NodeKind::List(_) => true,
        NodeKind::Map(entries) => matches!(entries.as_slice(), [only] if is_function(&only.key)),
        _ => false,
    }
}

/// Stands for what could not be read; an error goes with it, so it is never used.
fn nothing() -> ExprKind {
    ExprKind::Text(String::new())
}
