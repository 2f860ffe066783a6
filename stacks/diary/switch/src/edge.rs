//! What the edge is told: two windows and their pages, as keys of its key value store.
//!
//! The edge judges the time itself, by the windows it was told beforehand. So the page comes and
//! goes on its second even if this function does not run at that second, and nobody is locked in
//! the page when it fails.

use std::collections::BTreeMap;

use diary_window::{Judgement, Moment, Open, Window, judge, render};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Bytes of one value; a store takes 1,024.
const VALUE_MAX: usize = 1000;

/// The keys and values of the store, but for the one that signs cookies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    pub keys: BTreeMap<String, String>,
}

/// The key with the windows: a list of at most two, the first of which holds when both do.
pub(crate) const WINDOWS: &str = "windows";
/// The key that signs operators' cookies.
pub(crate) const PASS: &str = "pass";

/// What the edge must know at `now`: the open window and the one that comes next.
pub fn edge(now: Moment, windows: &[Window], zone: &TimeZone) -> Edge {
    let Judgement { open, next, .. } = judge(now, windows);
    let then = next.and_then(|next| judge(next.from, windows).open.map(|open| (next.from, open)));
    let mut edge = Edge::default();
    let mut entries = Vec::new();
    for (from, open) in open.map(|open| (open.window.from, open)).into_iter().chain(then) {
        let mut entry = edge.add(from, &open, zone);
        let with = json!([entries.as_slice(), &[entry.clone()]].concat()).to_string();
        if with.len() > VALUE_MAX {
            // Rather no operator than no page.
            entry["a"] = json!([]);
        }
        entries.push(entry);
    }
    edge.keys.insert(WINDOWS.into(), Value::Array(entries).to_string());
    edge
}

impl Edge {
    /// Adds the page of a window; what the list of windows says about it. `f` from, `u` until,
    /// `r` what programs are told to wait without an end, `a` operators' addresses, `p` the page,
    /// `ja` and `en` into how many values it is cut.
    fn add(&mut self, from: Moment, open: &Open<'_>, zone: &TimeZone) -> Value {
        let page = render(open, zone);
        let digest = Sha256::digest(format!("{}{}", page.ja, page.en));
        let name = hex(&digest[..6]);
        let mut cut = |language: &str, text: &str| {
            let pieces = pieces(text);
            for (index, piece) in pieces.iter().enumerate() {
                self.keys.insert(format!("{name}.{language}.{index}"), (*piece).to_owned());
            }
            pieces.len()
        };
        json!({
            "f": from.0,
            "u": open.until.map(|until| until.0),
            "r": open.retry_after_s(from),
            "a": open.operators,
            "p": name,
            "ja": cut("ja", &page.ja),
            "en": cut("en", &page.en),
        })
    }

    /// The changes that bring a store with `there` to this: what to put, what to delete.
    pub(crate) fn changes(&self, there: &BTreeMap<String, String>) -> (Vec<Value>, Vec<Value>) {
        let put = self.keys.iter().filter(|(key, value)| there.get(*key) != Some(value));
        let put = put.map(|(key, value)| json!({"Key": key, "Value": value}));
        let gone = there.keys().filter(|key| !self.keys.contains_key(*key) && *key != PASS);
        (put.collect(), gone.map(|key| json!({"Key": key})).collect())
    }
}

/// A text in pieces that fit into a value, none cut inside a character.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(VALUE_MAX));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
