//! Decides what is taken out of texts before they leave: what looks like a secret, and what rules
//! name.

use regex::Regex;
use serde::Deserialize;

/// Names of secrets, when a value follows; addresses with a password; keys by their form.
const SECRETS: &[(&str, &str)] = &[
    (
        concat!(
            r"(?i)\b([a-z0-9_.-]*(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key))",
            r#"(["']?\s*[=:]\s*["']?)[^\s,;&"']+"#,
        ),
        "${1}${2}***",
    ),
    (r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}", "${1} ***"),
    (r"://([^/\s:@]+):[^/\s@]+@", "://${1}:***@"),
    (r"\b(AKIA|ASIA)[A-Z0-9]{16}\b", "${1}***"),
];

/// A rule of `STANDIN_AGENT_CONTROL`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Written {
    pattern: String,
    with: String,
}

/// What is replaced, by what, in order.
#[derive(Clone, Debug, Default)]
pub struct Scrub(Vec<(Regex, String)>);

impl Scrub {
    pub(super) fn new(secrets: bool, written: Vec<Written>) -> Result<Self, regex::Error> {
        let usual = SECRETS.iter().filter(|_| secrets);
        let usual = usual.map(|(pattern, with)| ((*pattern).to_owned(), (*with).to_owned()));
        let own = written.into_iter().map(|rule| (rule.pattern, rule.with));
        let compiled = usual.chain(own).map(|(pattern, with)| Ok((Regex::new(&pattern)?, with)));
        compiled.collect::<Result<_, _>>().map(Self)
    }

    pub fn clean(&self, text: &mut String) {
        for (pattern, with) in &self.0 {
            if pattern.is_match(text) {
                *text = pattern.replace_all(text, with.as_str()).into_owned();
            }
        }
    }
}
