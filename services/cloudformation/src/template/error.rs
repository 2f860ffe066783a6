//! What is wrong with a template, where, and what would be right.

use std::fmt;

/// A place in a template, to be shown to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The line's text, without its end.
    pub text: String,
}

/// When AWS would find the mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// In any call that takes the template, ValidateTemplate included.
    Form,
    /// Likewise: a reference to nothing, a circle.
    Reference,
    /// When a stack or change set is created: a resource type that does not exist.
    Type,
    /// When a resource is created, in its status reason (CFN-TP-15).
    Property,
    /// When a stack or change set is created with these parameter values.
    Parameter,
    /// When properties or outputs are resolved.
    Resolve,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    pub stage: Stage,
    /// What AWS says, without a place.
    pub message: String,
    pub file: String,
    /// From 1; 0 when the mistake is not in the template (a parameter that was given).
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The offending line.
    pub text: String,
    /// What would be right, where that is known.
    pub hint: Option<String>,
}

impl TemplateError {
    /// An error without a place in the text.
    pub fn nowhere(file: &str, stage: Stage, message: impl Into<String>) -> Self {
        Self {
            stage,
            message: message.into(),
            file: file.to_owned(),
            line: 0,
            column: 0,
            text: String::new(),
            hint: None,
        }
    }
}

/// `template.yaml:12:7: message`, the line with a caret under it, and the hint.
impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return write!(f, "{}: {}", self.file, self.message);
        }
        writeln!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        let number = self.line.to_string();
        writeln!(f, " {number} | {}", self.text)?;
        let blank = " ".repeat(number.len());
        write!(f, " {blank} | {}^", " ".repeat(self.column.saturating_sub(1)))?;
        match &self.hint {
            Some(hint) => write!(f, " {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for TemplateError {}

/// The one message an API call answers with: that of the first error.
pub fn api_message(errors: &[TemplateError]) -> String {
    errors.first().map(|error| error.message.clone()).unwrap_or_default()
}
