//! What a template says, without parameters and functions, about other files: templates it nests,
//! and `Metadata: Standin:` of its resources.

use standin_kernel::Value;

use super::Template;
use super::error::Place;
use super::expr::ExprKind;
use crate::resources::NESTED_STACK;

/// A template that another nests, as far as its address is written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NestedTemplate {
    pub logical_id: String,
    /// An address of S3, or a path from the folder of the template that names it.
    pub url: String,
    pub place: Place,
}

impl NestedTemplate {
    /// Whether it is a file, as before `aws cloudformation package`.
    pub fn is_file(&self) -> bool {
        !self.url.is_empty() && !self.url.contains("://")
    }
}

impl Template {
    /// The stacks it nests by a literal TemplateURL.
    pub fn nested(&self) -> Vec<NestedTemplate> {
        let nested = self.resources.iter().filter(|one| one.type_name == NESTED_STACK);
        nested
            .filter_map(|resource| {
                let ExprKind::Map(fields) = &resource.properties.kind else { return None };
                let url = &fields.iter().find(|field| field.key == "TemplateURL")?.value;
                Some(NestedTemplate {
                    logical_id: resource.id.clone(),
                    url: url.literal()?.to_owned(),
                    place: self.source.place(url.mark),
                })
            })
            .collect()
    }

    /// `Metadata: Standin:` of every resource that has one, as written.
    pub fn hints(&self) -> impl Iterator<Item = (&str, Value)> {
        self.resources.iter().filter_map(|resource| {
            let (metadata, _) = resource.metadata.as_ref()?;
            let hint = metadata.to_value().get("Standin")?.clone();
            Some((resource.id.as_str(), hint))
        })
    }
}
