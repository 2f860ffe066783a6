//! Reads the rules about traces: which are dropped, what is replaced in them (DD-CT-05), and the
//! share that is kept of a service's.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;
use standin_kernel::pattern::matches;

use super::words;
use crate::settings::Wrong;

/// `{"Service": "batch*", "Rate": 0.1}`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Share {
    service: String,
    rate: f64,
}

/// What is replaced where; `*` is every tag.
#[derive(Clone, Debug)]
struct Replace {
    name: String,
    pattern: Regex,
    with: String,
}

#[derive(Deserialize)]
struct WrittenReplace {
    name: String,
    pattern: String,
    repl: String,
}

#[derive(Clone, Debug, Default)]
pub struct TraceRules {
    ignore_resources: Vec<Regex>,
    /// Tag and value, or a tag with any value.
    require: Vec<(String, Option<String>)>,
    reject: Vec<(String, Option<String>)>,
    replace: Vec<Replace>,
    shares: Vec<Share>,
}

impl TraceRules {
    pub(super) fn read(
        value: &dyn Fn(&str) -> Option<String>,
        shares: Vec<Share>,
    ) -> Result<Self, Wrong> {
        let wrong = |name: &str, what| Wrong { name: name.into(), what };
        const IGNORE: &str = "DD_APM_IGNORE_RESOURCES";
        let ignored = value(IGNORE).unwrap_or_default();
        let ignore_resources = ignored
            .split(',')
            .map(|pattern| pattern.trim().trim_matches('"'))
            .filter(|pattern| !pattern.is_empty())
            .map(Regex::new)
            .collect::<Result<_, _>>()
            .map_err(|_| wrong(IGNORE, "must be regular expressions with commas between them"))?;
        const REPLACE: &str = "DD_APM_REPLACE_TAGS";
        const SHAPE: &str = r#"must be [{"name": "..", "pattern": "..", "repl": ".."}]"#;
        let written: Vec<WrittenReplace> = match value(REPLACE) {
            None => Vec::new(),
            Some(text) => serde_json::from_str(&text).map_err(|_| wrong(REPLACE, SHAPE))?,
        };
        let mut replace = Vec::new();
        for WrittenReplace { name, pattern, repl } in written {
            let pattern = Regex::new(&pattern).map_err(|_| wrong(REPLACE, SHAPE))?;
            replace.push(Replace { name, pattern, with: repl });
        }
        if shares.iter().any(|share| !(0.0..=1.0).contains(&share.rate)) {
            return Err(wrong(super::NAME, "has a Rate that is not between 0 and 1"));
        }
        let tags = |name: &str| {
            let list = value(name).map(|text| words(&text)).unwrap_or_default();
            list.into_iter().map(|tag| match tag.split_once(':') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (tag, None),
            })
        };
        Ok(Self {
            ignore_resources,
            require: tags("DD_APM_FILTER_TAGS_REQUIRE").collect(),
            reject: tags("DD_APM_FILTER_TAGS_REJECT").collect(),
            replace,
            shares,
        })
    }

    /// Whether a trace is taken at all, by its root span's resource and tags.
    pub fn takes(&self, resource: &str, meta: &BTreeMap<String, String>) -> bool {
        let has = |(name, value): &(String, Option<String>)| match (meta.get(name), value) {
            (Some(found), Some(value)) => found == value,
            (found, None) => found.is_some(),
            (None, Some(_)) => false,
        };
        !self.ignore_resources.iter().any(|pattern| pattern.is_match(resource))
            && self.require.iter().all(has)
            && !self.reject.iter().any(has)
    }

    /// Replaces in one tag of a span; the resource is the tag `resource.name`.
    pub fn replace(&self, name: &str, value: &mut String) {
        for rule in &self.replace {
            if (rule.name == "*" || rule.name == name) && rule.pattern.is_match(value) {
                *value = rule.pattern.replace_all(value, rule.with.as_str()).into_owned();
            }
        }
    }

    /// Which share of a service's traces is kept whatever else holds; 1 when no rule names it.
    pub fn share(&self, service: &str) -> f64 {
        let share = self.shares.iter().find(|share| matches(&share.service, service));
        share.map_or(1.0, |share| share.rate)
    }
}
