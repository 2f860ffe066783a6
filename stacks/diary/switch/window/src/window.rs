//! A window as it lies in the parameter store: one JSON document each.

use serde::{Deserialize, Serialize};

use crate::{Moment, Network};

/// Why the diary is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Announced work.
    #[default]
    Planned,
    /// Somebody pulled the cord.
    Emergency,
}

/// What readers are told besides the times; empty when there is nothing to add.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Message {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ja: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub en: String,
}

/// The diary is closed from `from` (included) to `until` (excluded); without `until`, until
/// somebody opens it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Letters, digits, `-`, `_` and `.`; the last part of its parameter's name.
    #[serde(skip)]
    pub id: String,
    #[serde(default)]
    pub kind: Kind,
    pub from: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    #[serde(default, skip_serializing_if = "Message::is_empty")]
    pub message: Message,
    /// Whoever comes from here sees the diary all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operators: Vec<Network>,
}

impl Message {
    pub fn is_empty(&self) -> bool {
        self.ja.is_empty() && self.en.is_empty()
    }
}

/// A document that is no window.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongWindow {
    #[error("window {id}: {why}")]
    Document { id: String, why: String },
    #[error("window {id} ends at {until}, which is not after its start at {from}")]
    EndsBeforeItStarts { id: String, from: Moment, until: Moment },
    #[error("window {id}: the message in {language} has more than {MESSAGE_MAX} characters")]
    LongMessage { id: String, language: &'static str },
    #[error("window {id}: at most {OPERATORS_MAX} addresses of operators fit to the edge")]
    ManyOperators { id: String },
    #[error("{0:?} is no name of a window: use letters, digits, '-', '_' and '.'")]
    Id(String),
}

/// Characters of a message; three bytes each must fit into one value at the edge (1 KB).
pub const MESSAGE_MAX: usize = 200;
/// Addresses in one value at the edge.
pub const OPERATORS_MAX: usize = 8;

impl Window {
    /// Reads the document of the parameter whose name ends in `id`.
    pub fn parse(id: &str, document: &str) -> Result<Self, WrongWindow> {
        let why = |wrong: serde_json::Error| WrongWindow::Document {
            id: id.to_owned(),
            why: wrong.to_string(),
        };
        let mut window: Self = serde_json::from_str(document).map_err(why)?;
        id.clone_into(&mut window.id);
        window.check()?;
        Ok(window)
    }

    /// The document for the parameter store.
    pub fn document(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What is wrong with it by itself.
    pub fn check(&self) -> Result<(), WrongWindow> {
        let id = || self.id.clone();
        let fine = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        if self.id.is_empty() || self.id.len() > 64 || !self.id.chars().all(fine) {
            return Err(WrongWindow::Id(id()));
        }
        if let Some(until) = self.until.filter(|until| *until <= self.from) {
            return Err(WrongWindow::EndsBeforeItStarts { id: id(), from: self.from, until });
        }
        for (language, text) in [("ja", &self.message.ja), ("en", &self.message.en)] {
            if text.chars().count() > MESSAGE_MAX {
                return Err(WrongWindow::LongMessage { id: id(), language });
            }
        }
        if self.operators.len() > OPERATORS_MAX {
            return Err(WrongWindow::ManyOperators { id: id() });
        }
        Ok(())
    }

    /// Whether the diary is closed by this window at `now`.
    pub fn has(&self, now: Moment) -> bool {
        self.from <= now && self.until.is_none_or(|until| now < until)
    }

    pub fn is_over(&self, now: Moment) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// Whether there is a moment in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.until.is_none_or(|until| other.from < until)
            && other.until.is_none_or(|until| self.from < until)
    }
}
