//! Values of a template with their functions read once into typed form: what is left to go wrong
//! afterwards is what they refer to.

use super::tree::Mark;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expr {
    pub(super) mark: Mark,
    pub(super) kind: ExprKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum ExprKind {
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    List(Vec<Expr>),
    Map(Vec<Field>),
    /// Of a parameter, pseudo parameter or resource.
    Ref(String),
    GetAtt {
        resource: String,
        /// A literal, or a `Ref` to a parameter (CFN-IN-03).
        attribute: Box<Expr>,
    },
    Sub {
        pieces: Vec<Piece>,
        /// The map of the second form; its names win (CFN-IN-05).
        values: Vec<Field>,
    },
    Join {
        delimiter: String,
        list: Box<Expr>,
    },
    Split {
        delimiter: String,
        text: Box<Expr>,
    },
    Select {
        index: Box<Expr>,
        list: Box<Expr>,
    },
    FindInMap {
        map: Box<Expr>,
        top: Box<Expr>,
        second: Box<Expr>,
        /// Only with AWS::LanguageExtensions (CFN-IN-16).
        default: Option<Box<Expr>>,
    },
    Base64(Box<Expr>),
    Cidr {
        block: Box<Expr>,
        count: Box<Expr>,
        /// Host bits: 8 gives a /24 (CFN-IN-19).
        bits: Box<Expr>,
    },
    /// Of a region; the empty string is the stack's own.
    GetAzs(Box<Expr>),
    ImportValue(Box<Expr>),
    If {
        condition: String,
        then: Box<Expr>,
        otherwise: Box<Expr>,
    },
    /// With AWS::LanguageExtensions, as is the next.
    Length(Box<Expr>),
    ToJsonString(Box<Expr>),
}

/// A member of an object, in written order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) key: String,
    pub(super) key_mark: Mark,
    pub(super) value: Expr,
}

/// A part of the text of `Fn::Sub`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// `${Name}`: of a parameter, pseudo parameter or resource.
    Ref(String, Mark),
    /// `${Resource.Attribute}`
    GetAtt(String, String, Mark),
    /// `${Name}`, the place of the name in the map of the second form.
    Value(usize, Mark),
}

/// A condition function (CFN-IN-11), or a rule function (CFN-RU-01).
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Equals(Expr, Expr),
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Named(String, Mark),
    /// Whether the list has the value.
    Contains(Expr, Expr),
    /// Whether every member of the first list is in the second.
    EachMemberIn(Expr, Expr),
    /// Whether every member of the list is the value.
    EachMemberEquals(Expr, Expr),
}

/// Something a value refers to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reference<'a> {
    pub(super) name: &'a str,
    pub(super) mark: Mark,
    pub(super) by: By<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum By<'a> {
    Ref,
    /// With the attribute where it is written as a literal.
    GetAtt(Option<&'a str>),
    DependsOn,
}

pub(super) const NO_VALUE: &str = "AWS::NoValue";

/// Which branch of `Fn::If` counts; both where the condition's value is not known.
pub(super) type Choose<'a> = &'a dyn Fn(&str) -> Option<bool>;

/// For [`Choose`]: nothing is known.
pub(super) const BOTH: Choose<'static> = &|_| None;

impl Expr {
    pub(super) const fn new(mark: Mark, kind: ExprKind) -> Self {
        Self { mark, kind }
    }

    /// The string, if it is one written as such.
    pub(super) fn literal(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is `Ref: AWS::NoValue`.
    pub(super) fn is_no_value(&self) -> bool {
        matches!(&self.kind, ExprKind::Ref(name) if name == NO_VALUE)
    }

    /// Shows this and all within it to `visit`, outer before inner, in written order.
    pub(super) fn walk<'a>(&'a self, choose: Choose<'_>, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        if let ExprKind::If { condition, then, otherwise } = &self.kind {
            let chosen = choose(condition);
            if chosen != Some(false) {
                then.walk(choose, visit);
            }
            if chosen != Some(true) {
                otherwise.walk(choose, visit);
            }
            return;
        }
        for child in self.children() {
            child.walk(choose, visit);
        }
    }

    fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Text(_)
            | ExprKind::Integer(_)
            | ExprKind::Float(_)
            | ExprKind::Bool(_)
            | ExprKind::Ref(_) => Vec::new(),
            ExprKind::List(items) => items.iter().collect(),
            ExprKind::Map(fields) | ExprKind::Sub { values: fields, .. } => {
                fields.iter().map(|field| &field.value).collect()
            }
            ExprKind::GetAtt { attribute: inner, .. }
            | ExprKind::Join { list: inner, .. }
            | ExprKind::Split { text: inner, .. }
            | ExprKind::Base64(inner)
            | ExprKind::GetAzs(inner)
            | ExprKind::ImportValue(inner)
            | ExprKind::Length(inner)
            | ExprKind::ToJsonString(inner) => vec![inner],
            ExprKind::Select { index, list } => vec![index, list],
            ExprKind::FindInMap { map, top, second, default } => {
                [map, top, second].into_iter().chain(default).map(AsRef::as_ref).collect()
            }
            ExprKind::Cidr { block, count, bits } => vec![block, count, bits],
            ExprKind::If { then, otherwise, .. } => vec![then, otherwise],
        }
    }

    /// Everything this refers to, in written order; `AWS::NoValue` refers to nothing.
    pub(super) fn references(&self, choose: Choose<'_>) -> Vec<Reference<'_>> {
        let mut found = Vec::new();
        self.walk(choose, &mut |expr| match &expr.kind {
            ExprKind::Ref(name) if name != NO_VALUE => {
                found.push(Reference { name, mark: expr.mark, by: By::Ref });
            }
            ExprKind::GetAtt { resource, attribute } => {
                let by = By::GetAtt(attribute.literal());
                found.push(Reference { name: resource, mark: expr.mark, by });
            }
            ExprKind::Sub { pieces, .. } => {
                found.extend(pieces.iter().filter_map(Piece::reference));
            }
            _ => {}
        });
        found
    }
}

impl Piece {
    fn reference(&self) -> Option<Reference<'_>> {
        match self {
            Self::Text(_) | Self::Value(..) => None,
            Self::Ref(name, mark) => Some(Reference { name, mark: *mark, by: By::Ref }),
            Self::GetAtt(name, attribute, mark) => {
                Some(Reference { name, mark: *mark, by: By::GetAtt(Some(attribute)) })
            }
        }
    }
}

impl Test {
    /// Shows all values within it to `visit`.
    pub(super) fn values<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match self {
            Self::Equals(a, b)
            | Self::Contains(a, b)
            | Self::EachMemberIn(a, b)
            | Self::EachMemberEquals(a, b) => {
                visit(a);
                visit(b);
            }
            Self::And(tests) | Self::Or(tests) => {
                tests.iter().for_each(|test| test.values(visit));
            }
            Self::Not(test) => test.values(visit),
            Self::Named(..) => {}
        }
    }

    /// The other conditions it names.
    pub(super) fn named(&self) -> Vec<(&str, Mark)> {
        match self {
            Self::Named(name, mark) => vec![(name, *mark)],
            Self::And(tests) | Self::Or(tests) => tests.iter().flat_map(Self::named).collect(),
            Self::Not(test) => test.named(),
            _ => Vec::new(),
        }
    }
}
