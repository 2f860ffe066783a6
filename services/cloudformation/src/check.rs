//! A template without a stack: all that is wrong with it, and what becomes of every property.

use standin_kernel::resource::ResourceType;

use crate::revision::pseudo;
use crate::template::{PropertyReport, Template, TemplateError};

/// What `standin validate` tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TemplateReport {
    /// All mistakes found, in the order of the text; none means that a stack can be created.
    pub errors: Vec<TemplateError>,
    /// What becomes of every property; with parameter values, of those that exist with them.
    pub properties: Vec<PropertyReport>,
}

/// Checks a template as CreateStack does. `given`: parameter values; `None` leaves out what
/// depends on them.
pub fn check_template(
    file: &str,
    text: &str,
    types: &[&'static dyn ResourceType],
    given: Option<&[(String, String)]>,
) -> TemplateReport {
    let template = match Template::parse(file, text) {
        Ok(template) => template,
        Err(errors) => return TemplateReport { errors, properties: Vec::new() },
    };
    let mut errors = template.check(types);
    let mut scope = None;
    if let (Some(given), true) = (given, errors.is_empty()) {
        let stack = "arn:aws:cloudformation:ap-northeast-1:123456789012:stack/validate/validate";
        match template.bind(given, None, &pseudo(stack, &[])) {
            Ok(bound) => {
                errors.extend(template.plan(&bound).err().unwrap_or_default());
                scope = Some(bound);
            }
            Err(wrong) => errors = wrong,
        }
    }
    let properties = template.support(types, scope.as_ref());
    TemplateReport { errors, properties }
}
