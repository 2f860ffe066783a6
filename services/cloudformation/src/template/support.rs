//! What becomes of every property that a template writes: honoured, without effect, or refused.

use standin_kernel::resource::{Kind, Property, ResourceType, Support};

use super::error::{Place, Source};
use super::expr::{Choose, Expr, ExprKind};
use super::resource::Resource;
use super::suggest::did_you_mean;
use super::tree::Mark;

/// What becomes of a property that a template writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Honoured,
    /// Accepted, and why nothing comes of it.
    NoEffect(String),
    /// The stack will fail, and why.
    Refused(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyReport {
    pub logical_id: String,
    pub type_name: String,
    /// `DistributionConfig.CustomErrorResponses[2].ErrorCachingMinTTL`; empty for the resource as
    /// a whole, `UpdatePolicy` and the like for what stands beside the properties.
    pub path: String,
    pub verdict: Verdict,
    pub place: Place,
}

/// The type of that name.
pub(super) fn type_named(
    types: &[&'static dyn ResourceType],
    name: &str,
) -> Option<&'static dyn ResourceType> {
    types.iter().copied().find(|known| known.type_name() == name)
}

/// The reports on one resource, in written order.
pub(super) fn report(
    source: &Source,
    resource: &Resource,
    types: &[&'static dyn ResourceType],
    choose: Choose<'_>,
) -> Vec<PropertyReport> {
    let mut reporter = Reporter { source, resource, choose, reports: Vec::new() };
    match type_named(types, &resource.type_name) {
        Some(known) => reporter.object(&resource.properties, known.properties(), ""),
        None => {
            let names = types.iter().map(|known| known.type_name());
            let meant = did_you_mean(&resource.type_name, names);
            let why = meant.unwrap_or_else(|| "Standin has no such type".to_owned());
            reporter.add(String::new(), Verdict::Refused(why), resource.type_mark);
        }
    }
    for (name, mark) in &resource.idle {
        let why = format!("{name} does nothing for {}", resource.type_name);
        reporter.add(name.clone(), Verdict::NoEffect(why), *mark);
    }
    let mut reports = reporter.reports;
    reports.sort_by_key(|report| (report.place.line, report.place.column));
    reports
}

struct Reporter<'a> {
    source: &'a Source,
    resource: &'a Resource,
    choose: Choose<'a>,
    reports: Vec<PropertyReport>,
}

impl Reporter<'_> {
    fn add(&mut self, path: String, verdict: Verdict, mark: Mark) {
        self.reports.push(PropertyReport {
            logical_id: self.resource.id.clone(),
            type_name: self.resource.type_name.clone(),
            path,
            verdict,
            place: self.source.place(mark),
        });
    }

    fn object(&mut self, expr: &Expr, table: &'static [Property], path: &str) {
        match &expr.kind {
            ExprKind::Map(fields) => {
                for field in fields {
                    let path = match path {
                        "" => field.key.clone(),
                        path => format!("{path}.{}", field.key),
                    };
                    let property = table.iter().find(|property| property.name == field.key);
                    self.property(&field.value, property, table, path, field.key_mark);
                }
            }
            ExprKind::If { condition, then, otherwise } => {
                let chosen = (self.choose)(condition);
                if chosen != Some(false) {
                    self.object(then, table, path);
                }
                if chosen != Some(true) {
                    self.object(otherwise, table, path);
                }
            }
            _ => {}
        }
    }

    fn property(
        &mut self,
        value: &Expr,
        property: Option<&'static Property>,
        table: &'static [Property],
        path: String,
        mark: Mark,
    ) {
        let Some(property) = property else {
            let name = path.rsplit('.').next().unwrap_or_default();
            let meant = did_you_mean(name, table.iter().map(|property| property.name));
            let why = meant.unwrap_or_else(|| "there is no such property".to_owned());
            return self.add(path, Verdict::Refused(why), mark);
        };
        match property.support {
            Support::Refused(why) => self.add(path, Verdict::Refused(why.to_owned()), mark),
            Support::NoEffect(why) => self.add(path, Verdict::NoEffect(why.to_owned()), mark),
            Support::Honoured => {
                self.add(path.clone(), Verdict::Honoured, mark);
                self.inner(value, &property.kind, &path);
            }
        }
    }

    fn inner(&mut self, value: &Expr, kind: &'static Kind, path: &str) {
        match (kind, &value.kind) {
            (Kind::Object(table), _) => self.object(value, table, path),
            (Kind::List(kind), ExprKind::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.inner(item, kind, &format!("{path}[{index}]"));
                }
            }
            (Kind::Map(kind), ExprKind::Map(fields)) => {
                for field in fields {
                    self.inner(&field.value, kind, &format!("{path}.{}", field.key));
                }
            }
            (Kind::List(_) | Kind::Map(_), ExprKind::If { condition, then, otherwise }) => {
                let chosen = (self.choose)(condition);
                if chosen != Some(false) {
                    self.inner(then, kind, path);
                }
                if chosen != Some(true) {
                    self.inner(otherwise, kind, path);
                }
            }
            _ => {}
        }
    }
}
