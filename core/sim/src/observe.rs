//! What one viewer saw of one request, and what class of answer that is.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use standin_kernel::{Duration, ResponseHead};

use crate::drill::Drill;
use crate::reason::Reason;

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
    /// The headers that expectations are about.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// What the page names and a browser did not get.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// What decided the answer, in order.
    pub because: Vec<Reason>,
}

/// What a viewer got of one request.
#[derive(Clone, Debug)]
pub struct Got<'a> {
    pub answer: &'a Answer,
    pub head: Option<&'a ResponseHead>,
    /// What the page names and a browser did not get.
    pub missing: Vec<String>,
}

impl Observation {
    /// What the drill's viewer with this index saw. `(asked_at, took)` as in the fields.
    pub fn new(
        drill: &Drill,
        viewer: usize,
        (asked_at, took): (Duration, Duration),
        pages: &Pages,
        got: Got<'_>,
        because: Vec<Reason>,
    ) -> Self {
        let Got { answer, head, missing } = got;
        let outage_began = drill.outage_began(asked_at);
        let (patience, complete) = (drill.patience, missing.is_empty());
        let moment = Moment { asked_at, took, patience, outage_began, complete };
        let wanted = drill.expect.iter().flat_map(|expected| expected.header.keys());
        let header = |name: &String| {
            let value = head?.headers.get(name)?;
            Some((name.clone(), value.to_owned()))
        };
        Self {
            viewer: drill.viewers[viewer].name.clone(),
            asked_at,
            took,
            class: pages.classify(answer, moment),
            status: head.map(|head| head.status),
            headers: wanted.filter_map(header).collect(),
            missing,
            because,
        }
    }
}

/// The kind of an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// One of the drill's named pages.
    Named(String),
    /// Anything else below status 400.
    Page,
    /// A page of which something did not come that it names: it stands there without its styles.
    Incomplete,
    /// A page kept from before the fault that is still in force.
    Stale,
    /// An error nobody designed a page for.
    RawError,
    /// Whatever came, it came after the viewer's patience had ended; or nothing came in time.
    Hang,
    /// The connection was refused, or closed without a whole answer.
    NoAnswer,
}

/// The classes that are not pages of the drill's own.
pub const CLASSES: [&str; 6] = ["page", "incomplete", "stale", "raw-error", "hang", "no-answer"];

impl Class {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Page => "page",
            Self::Incomplete => "incomplete",
            Self::Stale => "stale",
            Self::RawError => "raw-error",
            Self::Hang => "hang",
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

/// What came back, and how long it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Response {
        status: u16,
        /// The header `Age`, which only an answer out of a cache carries (CF-TTL-17).
        age: Option<Duration>,
        body: Vec<u8>,
    },
    /// The connection was refused, or closed without a whole answer.
    Closed,
    /// Nothing had come when waiting ended.
    Silence,
}

impl Answer {
    /// A whole answer.
    pub fn of(head: &ResponseHead, body: Vec<u8>) -> Self {
        let age = head.headers.get("Age").and_then(|age| age.trim().parse().ok());
        Self::Response { status: head.status, age: age.map(Duration::from_secs), body }
    }
}

/// When an answer was asked for and came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub asked_at: Duration,
    pub took: Duration,
    /// How long the viewer waits before it is a hang.
    pub patience: Duration,
    /// When the earliest fault in force began.
    pub outage_began: Option<Duration>,
    /// Whether everything came that the page names, when the viewer asks for it.
    pub complete: bool,
}

/// The bodies by which answers are told apart.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    bodies: BTreeMap<String, Vec<u8>>,
    texts: BTreeMap<String, Vec<u8>>,
}

impl Pages {
    pub fn insert(&mut self, name: &str, body: Vec<u8>) {
        self.bodies.insert(name.to_owned(), body);
    }

    /// A page that is known by a text in it.
    pub fn insert_text(&mut self, name: &str, text: &str) {
        self.texts.insert(name.to_owned(), text.as_bytes().to_vec());
    }

    /// The name of the page that a body is.
    fn name(&self, body: &[u8]) -> Option<&String> {
        let has = |text: &[u8]| body.windows(text.len()).any(|part| part == text);
        let same = self.bodies.iter().find(|(_, page)| page.as_slice() == body);
        let similar = || self.texts.iter().find(|(_, text)| has(text));
        same.or_else(similar).map(|(name, _)| name)
    }

    pub fn classify(&self, answer: &Answer, moment: Moment) -> Class {
        let (status, age, body) = match answer {
            Answer::Response { status, age, body } => (*status, *age, body),
            Answer::Closed => return Class::NoAnswer,
            Answer::Silence => return Class::Hang,
        };
        if moment.took > moment.patience {
            return Class::Hang;
        }
        match self.name(body) {
            Some(_) if !moment.complete => Class::Incomplete,
            Some(name) => Class::Named(name.clone()),
            None if status >= 400 => Class::RawError,
            None if !moment.complete => Class::Incomplete,
            None if moment.is_stale(age) => Class::Stale,
            None => Class::Page,
        }
    }
}

impl Moment {
    /// Whether an answer of this age left its origin before the outage began. `Age` counts whole
    /// seconds, rounded down, so what looks older is older.
    fn is_stale(self, age: Option<Duration>) -> bool {
        match (age, self.outage_began) {
            (Some(age), Some(began)) => began + age > self.asked_at + self.took,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(asked_at_s: u64) -> Moment {
        Moment {
            asked_at: Duration::from_secs(asked_at_s),
            took: Duration::ZERO,
            patience: Duration::from_secs(10),
            outage_began: None,
            complete: true,
        }
    }

    fn answer(status: u16, age_s: Option<u64>, body: &[u8]) -> Answer {
        Answer::Response { status, age: age_s.map(Duration::from_secs), body: body.to_vec() }
    }

    #[test]
    fn a_page_is_known_by_its_body_whatever_its_status() {
        let mut pages = Pages::default();
        pages.insert("sorry-page", b"sorry".to_vec());
        let class = |status, body: &[u8]| {
            pages.classify(&answer(status, None, body), at(1)).as_str().to_owned()
        };
        assert_eq!(class(503, b"sorry"), "sorry-page");
        assert_eq!(class(200, b"sorry"), "sorry-page");
        assert_eq!(class(200, b"diary"), "page");
        assert_eq!(class(502, b"<html>"), "raw-error");
        assert_eq!(pages.classify(&Answer::Closed, at(1)), Class::NoAnswer);
    }

    #[test]
    fn whatever_comes_after_the_viewers_patience_is_a_hang() {
        let pages = Pages::default();
        let late = Moment { took: Duration::from_millis(10_001), ..at(1) };
        assert_eq!(pages.classify(&answer(200, None, b"diary"), late), Class::Hang);
        let in_time = Moment { took: Duration::from_secs(10), ..at(1) };
        assert_eq!(pages.classify(&answer(200, None, b"diary"), in_time), Class::Page);
        assert_eq!(pages.classify(&Answer::Silence, at(1)), Class::Hang);
    }

    #[test]
    fn a_page_without_its_styles_is_not_the_page() {
        let mut pages = Pages::default();
        pages.insert("sorry-page", b"sorry".to_vec());
        let moment = Moment { complete: false, ..at(1) };
        let class = |status, body: &[u8]| pages.classify(&answer(status, None, body), moment);
        assert_eq!(class(503, b"sorry"), Class::Incomplete);
        assert_eq!(class(200, b"diary"), Class::Incomplete);
        assert_eq!(class(502, b"<html>"), Class::RawError);
    }

    #[test]
    fn a_copy_from_before_the_outage_is_stale_until_it_is_mended() {
        let pages = Pages::default();
        let outage =
            |asked_at_s| Moment { outage_began: Some(Duration::from_secs(20)), ..at(asked_at_s) };
        let class = |age_s, moment| pages.classify(&answer(200, age_s, b"diary"), moment);
        assert_eq!(class(Some(11), outage(30)), Class::Stale);
        assert_eq!(class(Some(10), outage(30)), Class::Page);
        assert_eq!(class(None, outage(30)), Class::Page);
        assert_eq!(class(Some(11), at(30)), Class::Page);
    }
}
