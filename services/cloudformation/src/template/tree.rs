//! A template's text as a tree in which everything knows where it is written.

use standin_kernel::Value;

/// Where something is written; both from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    pub(super) line: usize,
    pub(super) column: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) mark: Mark,
    pub(super) kind: NodeKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum NodeKind {
    Null,
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A member of a map, in written order. Keys are unique: the readers see to that.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_mark: Mark,
    pub(super) value: Node,
}

/// How deep lists and maps may lie within each other: far beyond any real template, and small
/// enough that walking a tree never exhausts the stack.
pub(super) const DEEPEST: usize = 100;

impl Node {
    pub(super) const fn new(mark: Mark, kind: NodeKind) -> Self {
        Self { mark, kind }
    }

    /// The members, if it is a map.
    pub(super) fn entries(&self) -> Option<&[Entry]> {
        match &self.kind {
            NodeKind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    pub(super) fn items(&self) -> Option<&[Self]> {
        match &self.kind {
            NodeKind::List(items) => Some(items),
            _ => None,
        }
    }

    /// The text, if it is a string.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A string, number or truth value as CloudFormation writes it into a string.
    pub(super) fn as_string(&self) -> Option<String> {
        match &self.kind {
            NodeKind::Text(text) => Some(text.clone()),
            NodeKind::Integer(number) => Some(number.to_string()),
            NodeKind::Float(number) => Some(float_text(*number)),
            NodeKind::Bool(truth) => Some(truth.to_string()),
            NodeKind::Null | NodeKind::List(_) | NodeKind::Map(_) => None,
        }
    }

    /// As JSON, functions as they are written.
    pub(super) fn to_value(&self) -> Value {
        match &self.kind {
            NodeKind::Null => Value::Null,
            NodeKind::Text(text) => Value::from(text.as_str()),
            NodeKind::Integer(number) => Value::from(*number),
            NodeKind::Float(number) => Value::from(*number),
            NodeKind::Bool(truth) => Value::from(*truth),
            NodeKind::List(items) => items.iter().map(Self::to_value).collect(),
            NodeKind::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_value()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
}

/// 1.0 stays `1.0`, and 7.10 is 7.1: the number counts, not how it was written.
pub(super) fn float_text(number: f64) -> String {
    format!("{number:?}")
}

/// A mistake in the text itself, found while the tree was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) mark: Mark,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}
