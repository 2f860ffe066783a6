//! What is wrong with a template, where, and what would be right.

use std::fmt;

use super::tree::Mark;

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

/// When AWS would find the mistake. An operation that takes a template refuses what is at most
/// [`Stage::Type`]; ValidateTemplate what is at most [`Stage::Unsupported`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// In any call that takes the template, ValidateTemplate included.
    Form,
    /// Likewise: a reference to nothing, a circle.
    Reference,
    /// Never: AWS takes it, Standin does not. Refused wherever the template is taken.
    Unsupported,
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
    /// Whether AWS puts the names of all such mistakes into the brackets of one message.
    listing: bool,
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
            listing: false,
        }
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With a hint, if there is one.
    #[must_use]
    pub(super) fn hinted(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }

    /// Marks the name in the message's brackets as one of possibly several: AWS answers with all
    /// such names in one message.
    #[must_use]
    pub(super) const fn listing(mut self) -> Self {
        self.listing = true;
        self
    }

    /// The message around its brackets, and what is in them.
    fn listed(&self) -> Option<(&str, &str, &str)> {
        let (before, rest) = self.message.split_once('[').filter(|_| self.listing)?;
        let (name, after) = rest.split_once(']')?;
        Some((before, name, after))
    }
}

/// `template.yaml:12:7: message`, the line with a caret under it, and the hint.
impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}", self.file, self.message)?;
            return match &self.hint {
                Some(hint) => write!(f, " ({hint})"),
                None => Ok(()),
            };
        }
        writeln!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        let number = self.line.to_string();
        writeln!(f, " {number} | {}", self.text)?;
        let blank = " ".repeat(number.len());
        let before: String =
            self.text.chars().take(self.column.saturating_sub(1)).map(blank_as_wide).collect();
        write!(f, " {blank} | {before}^")?;
        match &self.hint {
            Some(hint) => write!(f, " {hint}"),
            None => Ok(()),
        }
    }
}

/// A blank as wide as `letter`, so that a caret stands under its column.
fn blank_as_wide(letter: char) -> char {
    match letter {
        '\t' => '\t',
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => '\u{3000}',
        _ => ' ',
    }
}

impl std::error::Error for TemplateError {}

/// The one message an API call answers with: that of the first error of the earliest stage, with
/// the names of all others of its kind in its brackets
/// (`Unresolved resource dependencies [A, B] in ...`).
pub fn api_message(errors: &[TemplateError]) -> String {
    let Some(first) = errors.iter().min_by_key(|error| error.stage) else {
        return String::new();
    };
    let Some((before, _, after)) = first.listed() else { return first.message.clone() };
    let mut names: Vec<&str> = Vec::new();
    for (start, name, end) in errors.iter().filter_map(TemplateError::listed) {
        if (start, end) == (before, after) && !names.contains(&name) {
            names.push(name);
        }
    }
    format!("{before}[{}]{after}", names.join(", "))
}

/// The text of a template, which turns marks into places and errors.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) file: String,
    lines: Vec<String>,
}

impl Source {
    pub(super) fn new(file: &str, text: &str) -> Self {
        Self { file: file.to_owned(), lines: text.lines().map(str::to_owned).collect() }
    }

    pub(super) fn place(&self, mark: Mark) -> Place {
        let text = self.line(mark.line).to_owned();
        Place { file: self.file.clone(), line: mark.line, column: mark.column, text }
    }

    pub(super) fn error(
        &self,
        stage: Stage,
        mark: Mark,
        message: impl Into<String>,
    ) -> TemplateError {
        let mut error = TemplateError::nowhere(&self.file, stage, message);
        error.line = mark.line;
        error.column = mark.column;
        self.line(mark.line).clone_into(&mut error.text);
        error
    }

    /// Where `needle` is first written at or after `from`; a block of text does not know where
    /// its parts are.
    pub(super) fn find(&self, from: Mark, needle: &str) -> Mark {
        let skip = from.line.saturating_sub(1);
        for (index, line) in self.lines.iter().enumerate().skip(skip) {
            let start = if index == skip { from.column.saturating_sub(1) } else { 0 };
            let offset = line.char_indices().nth(start).map_or(line.len(), |(at, _)| at);
            if let Some(at) = line[offset..].find(needle) {
                let column = line[..offset + at].chars().count() + 1;
                return Mark { line: index + 1, column };
            }
        }
        from
    }

    fn line(&self, number: usize) -> &str {
        number.checked_sub(1).and_then(|index| self.lines.get(index)).map_or("", String::as_str)
    }
}
