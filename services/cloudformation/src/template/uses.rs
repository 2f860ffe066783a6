//! What a single property of a resource refers to, and what it comes to: for telling why a property
//! would change (CFN-CS-04).

use standin_kernel::Value;

use super::expr::{By, Expr, ExprKind, Field};
use super::intrinsic::Evaluation;
use super::{Resources, Scope, Template};

/// Something a property refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// A parameter, a pseudo parameter, or the identifier of a resource.
    Ref(String),
    /// A resource's attribute; without its name where that depends on a parameter.
    Attribute(String, Option<String>),
}

impl Template {
    /// What a property refers to in the branches that are taken, each once.
    pub(crate) fn uses(&self, scope: &Scope, logical_id: &str, property: &str) -> Vec<Use> {
        let Some(field) = self.fields(logical_id).iter().find(|field| field.key == property) else {
            return Vec::new();
        };
        let mut uses = Vec::new();
        for reference in field.value.references(&|name| scope.condition(name)) {
            let name = reference.name.to_owned();
            let found = match reference.by {
                By::GetAtt(attribute) => Use::Attribute(name, attribute.map(str::to_owned)),
                By::Ref | By::DependsOn => Use::Ref(name),
            };
            if !uses.contains(&found) {
                uses.push(found);
            }
        }
        uses
    }

    /// Every property by itself; `None` for one that cannot be resolved. Those that come to
    /// `AWS::NoValue` are left out.
    pub(crate) fn resolve_each(
        &self,
        logical_id: &str,
        scope: &Scope,
        resources: &dyn Resources,
    ) -> Vec<(String, Option<Value>)> {
        let path = ["Resources", logical_id, "Properties"].map(str::to_owned);
        let resolve =
            |expr: &Expr| Evaluation::new(self, scope, Some(resources), path.to_vec()).value(expr);
        let fields = self.fields(logical_id).iter();
        fields
            .filter_map(|field| match resolve(&field.value) {
                Ok(None) => None,
                Ok(Some(value)) => Some((field.key.clone(), Some(value))),
                Err(_) => Some((field.key.clone(), None)),
            })
            .collect()
    }

    fn fields(&self, logical_id: &str) -> &[Field] {
        match self.resource(logical_id).map(|resource| &resource.properties.kind) {
            Some(ExprKind::Map(fields)) => fields,
            _ => &[],
        }
    }
}
