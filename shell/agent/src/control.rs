//! Decides what may leave: by metric, tag and service, with what is taken out of texts, and when
//! nothing leaves at all.
//!
//! The Agent's own settings for that are read (`DD_METRIC_FILTERLIST`, `DD_APM_IGNORE_RESOURCES`
//! and so on). `STANDIN_AGENT_CONTROL` says the rest, for which the Agent has no setting:
//!
//! ```json
//! {"Metrics": {"Allow": ["diary.*"], "Deny": ["diary.debug.*"]},
//!  "Tags": {"Deny": ["user_id"]}, "Services": {"Deny": ["batch*"]},
//!  "Traces": [{"Service": "diary", "Rate": 0.1}],
//!  "Scrub": [{"Pattern": "card [0-9]+", "With": "card ***"}], "ScrubSecrets": true,
//!  "Quiet": {"WindowsPath": "/diary/maintenance/windows"}}
//! ```

mod scrub;
mod traces;
mod windows;

use serde::Deserialize;
use standin_kernel::pattern::matches;

pub use scrub::Scrub;
pub use traces::TraceRules;
pub use windows::Windows;

use crate::aggregate::Context;
use crate::settings::Wrong;

/// What may leave.
#[derive(Clone, Debug, Default)]
pub struct Control {
    metrics: Lists,
    tags: Lists,
    services: Lists,
    /// `DD_METRIC_FILTERLIST`: names as they are sent, suffixes and all (DD-CT-07).
    filterlist: Vec<String>,
    pub traces: TraceRules,
    pub scrub: Scrub,
    /// Parameters below this path are the windows in which nothing leaves.
    pub windows_path: Option<String>,
}

/// Patterns with `*` and `?`. What is denied does not leave; if something is allowed, nothing else
/// leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct Lists {
    allow: Vec<String>,
    deny: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct Written {
    metrics: Lists,
    tags: Lists,
    services: Lists,
    traces: Vec<traces::Share>,
    scrub: Vec<scrub::Written>,
    scrub_secrets: Option<bool>,
    quiet: Option<Quiet>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Quiet {
    windows_path: String,
}

impl Lists {
    fn let_pass(&self, name: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, name));
        !any(&self.deny) && (self.allow.is_empty() || any(&self.allow))
    }
}

const NAME: &str = "STANDIN_AGENT_CONTROL";

impl Control {
    pub(crate) fn read(value: &dyn Fn(&str) -> Option<String>) -> Result<Self, Wrong> {
        let wrong = |what| Wrong { name: NAME.into(), what };
        let written = match value(NAME) {
            None => Written::default(),
            Some(text) => serde_json::from_str(&text)
                .map_err(|_| wrong("must be a JSON object as docs/datadog.md has it"))?,
        };
        let mut filterlist = Vec::new();
        for name in ["DD_METRIC_FILTERLIST", "DD_STATSD_METRIC_BLOCKLIST"] {
            filterlist.extend(value(name).map(|text| words(&text)).unwrap_or_default());
        }
        let scrub = Scrub::new(written.scrub_secrets.unwrap_or(true), written.scrub)
            .map_err(|_| wrong("has a Scrub pattern that is no regular expression"))?;
        Ok(Self {
            metrics: written.metrics,
            tags: written.tags,
            services: written.services,
            filterlist,
            traces: TraceRules::read(value, written.traces)?,
            scrub,
            windows_path: written.quiet.map(|quiet| quiet.windows_path),
        })
    }

    /// Whether a series may leave, by its name as it is sent and the service its tags name.
    pub fn lets_pass(&self, context: &Context) -> bool {
        let service = context.tags.iter().find_map(|tag| tag.strip_prefix("service:"));
        self.metrics.let_pass(&context.name)
            && !self.filterlist.contains(&context.name)
            && service.is_none_or(|service| self.lets_service_pass(service))
    }

    pub fn lets_service_pass(&self, service: &str) -> bool {
        self.services.let_pass(service)
    }

    /// The tags that may leave, scrubbed; a list names a tag (`user_id`) or tag and value
    /// (`env:test`).
    pub fn tags(&self, tags: &mut Vec<String>) {
        let passes = |tag: &String| {
            let name = tag.split(':').next().unwrap_or_default();
            let any = |patterns: &[String]| {
                let fits = |pattern: &String| {
                    matches(pattern, if pattern.contains(':') { tag } else { name })
                };
                patterns.iter().any(fits)
            };
            !any(&self.tags.deny) && (self.tags.allow.is_empty() || any(&self.tags.allow))
        };
        tags.retain(passes);
        tags.iter_mut().for_each(|tag| self.scrub.clean(tag));
    }
}

/// A list as the Agent takes it: words, or JSON.
pub(crate) fn words(text: &str) -> Vec<String> {
    serde_json::from_str(text)
        .unwrap_or_else(|_| text.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests;
