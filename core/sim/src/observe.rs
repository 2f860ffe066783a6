//! What one viewer saw of one request, and what class of answer that is.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use standin_kernel::Duration;

/// One request of one viewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Observation {
    pub viewer: String,
    /// When it was asked, from the beginning of the story.
    pub asked_at: Duration,
    pub took: Duration,
    pub class: Class,
    /// `None` when no answer came.
    pub status: Option<u16>,
    /// What decided the answer, in order.
    pub because: Vec<String>,
}

/// The kind of an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// One of the drill's named pages.
    Named(String),
    /// Anything else below status 400.
    Page,
    /// An error nobody designed a page for.
    RawError,
    /// The connection was refused or closed, or no answer came in time.
    NoAnswer,
}

impl Class {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Page => "page",
            Self::RawError => "raw-error",
            Self::NoAnswer => "no-answer",
        }
    }
}

impl Serialize for Class {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Response { status: u16, body: Vec<u8> },
    None,
}

/// The bodies by which answers are told apart.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    bodies: BTreeMap<String, Vec<u8>>,
}

impl Pages {
    pub fn insert(&mut self, name: &str, body: Vec<u8>) {
        self.bodies.insert(name.to_owned(), body);
    }

    pub fn classify(&self, answer: &Answer) -> Class {
        let Answer::Response { status, body } = answer else { return Class::NoAnswer };
        let named = self.bodies.iter().find(|(_, page)| *page == body);
        match named {
            Some((name, _)) => Class::Named(name.clone()),
            None if *status < 400 => Class::Page,
            None => Class::RawError,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_known_by_its_body_whatever_its_status() {
        let mut pages = Pages::default();
        pages.insert("sorry-page", b"sorry".to_vec());
        let class = |status, body: &[u8]| {
            pages.classify(&Answer::Response { status, body: body.to_vec() }).as_str().to_owned()
        };
        assert_eq!(class(503, b"sorry"), "sorry-page");
        assert_eq!(class(200, b"sorry"), "sorry-page");
        assert_eq!(class(200, b"diary"), "page");
        assert_eq!(class(502, b"<html>"), "raw-error");
        assert_eq!(pages.classify(&Answer::None), Class::NoAnswer);
    }
}
