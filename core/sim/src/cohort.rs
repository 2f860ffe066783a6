//! Viewers of one kind: what they ask for, over which connections, in which language, from where,
//! and how many of them there are.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Deserializer};
use standin_kernel::fault::parse_duration;
use standin_kernel::http::RequestHead;
use standin_kernel::{Duration, Method, Value};

use crate::arrival::Scheme;
use crate::resolver::Resolver;

/// A group of viewers who do the same. Every member may be left out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cohort {
    /// How many they are. Each asks as often as the drill's viewer does; they take turns evenly.
    pub count: u32,
    /// From the beginning of the story until the first of them asks.
    #[serde(deserialize_with = "duration")]
    pub phase: Duration,
    /// Nobody of them asks from then on: they are there for a while, as in a surge of traffic.
    #[serde(deserialize_with = "some_duration")]
    pub until: Option<Duration>,
    pub kind: Kind,
    pub connection: Connection,
    pub scheme: Scheme,
    /// `Accept-Language`: `ja`, `en-US,en;q=0.9`.
    pub language: Option<String>,
    /// The number of the point of presence they reach; each has a cache of its own.
    pub edge: u8,
    /// How they come by the addresses of names in hosted zones.
    pub resolver: Resolver,
    /// The address they come from, for allow lists.
    pub address: Option<IpAddr>,
    /// Further headers: a pass, a cookie.
    pub headers: BTreeMap<String, String>,
}

/// What a viewer does at each turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// GET and nothing else.
    #[default]
    Get,
    /// GET as a browser does it: then the style sheets, scripts and images that the page names.
    Page,
    /// POST of a form.
    Form,
    /// GET as a program that takes JSON.
    Api,
}

/// How a viewer reaches the edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Connection {
    /// A new one each time: it takes two trips more, one for TCP and one for TLS 1.3.
    #[default]
    New,
    /// A browser that keeps its connection.
    KeepAlive,
}

impl Default for Cohort {
    fn default() -> Self {
        Self {
            count: 1,
            phase: Duration::ZERO,
            until: None,
            kind: Kind::default(),
            connection: Connection::default(),
            scheme: Scheme::default(),
            language: None,
            edge: 0,
            resolver: Resolver::default(),
            address: None,
            headers: BTreeMap::new(),
        }
    }
}

impl Cohort {
    /// Why it makes no sense, if it does not.
    pub fn check(&self) -> Result<(), String> {
        if self.count == 0 {
            return Err("a cohort has at least one member".to_owned());
        }
        match self.until {
            Some(until) if until <= self.phase => {
                Err("until is not after phase, so nobody asks".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Who asks when within `lasts`, if each asks once in `every`, in order: the moment and the
    /// number of the member.
    pub fn turns(&self, every: Duration, lasts: Duration) -> Vec<(Duration, u32)> {
        let lasts = self.until.map_or(lasts, |until| until.min(lasts));
        let mut turns = Vec::new();
        let mut begin = self.phase;
        while begin < lasts && !every.is_zero() {
            for member in 0..self.count {
                let at = begin + every * member / self.count.max(1);
                if at < lasts {
                    turns.push((at, member));
                }
            }
            begin += every;
        }
        turns
    }

    /// The head of a request for `target`, and whether a body goes with it.
    pub fn head(&self, host: &str, target: &str) -> (RequestHead, bool) {
        let mut head = RequestHead::get(host, target);
        let lines = &mut head.headers;
        let browser = "Mozilla/5.0 (X11; Linux x86_64) Standin";
        let agent = if self.kind == Kind::Api { "standin-drill" } else { browser };
        lines.append("User-Agent", agent);
        match self.kind {
            Kind::Get => lines.append("Accept", "*/*"),
            Kind::Page => lines.append("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
            Kind::Api => lines.append("Accept", "application/json"),
            Kind::Form => {
                head.method = Method::Post;
                lines.append("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
                lines.append("Content-Type", "application/x-www-form-urlencoded");
            }
        }
        if let Some(language) = &self.language {
            lines.append("Accept-Language", language);
        }
        for (name, value) in &self.headers {
            lines.set(name, value);
        }
        (head, self.kind == Kind::Form)
    }
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    use serde::de::Error;
    let value = Value::deserialize(deserializer)?;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let wrong =
        || D::Error::custom(format!("'{text}' is not a length of time; use 20s, 500ms, 2m"));
    parse_duration(&text).ok_or_else(wrong)
}

fn some_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    duration(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use standin_kernel::json;

    use super::*;

    #[test]
    fn members_take_turns_from_their_phase_on() {
        let cohort = Cohort { count: 2, phase: Duration::from_millis(300), ..Cohort::default() };
        let turns = cohort.turns(Duration::from_secs(1), Duration::from_secs(2));
        let millis: Vec<_> = turns.iter().map(|(at, who)| (at.as_millis(), *who)).collect();
        assert_eq!(millis, [(300, 0), (800, 1), (1300, 0), (1800, 1)]);
        let surge = Cohort { until: Some(Duration::from_secs(1)), ..cohort };
        assert_eq!(surge.turns(Duration::from_secs(1), Duration::from_secs(9)).len(), 2);
        let never = Cohort { until: Some(surge.phase), ..surge };
        assert!(never.check().is_err());
    }

    #[test]
    fn what_it_asks_follows_its_kind() {
        let written = json!({
            "kind": "form", "language": "ja", "headers": {"X-Pass": "secret"},
        });
        let cohort: Cohort = serde_json::from_value(written).unwrap();
        let (head, body) = cohort.head("localhost", "/entries");
        assert_eq!((head.method, body), (Method::Post, true));
        assert_eq!(head.headers.get("Accept-Language"), Some("ja"));
        assert_eq!(head.headers.get("X-Pass"), Some("secret"));
        let api = Cohort { kind: Kind::Api, ..Cohort::default() };
        assert_eq!(api.head("h", "/").0.headers.get("Accept"), Some("application/json"));
    }

    #[test]
    fn unknown_members_are_refused_by_name() {
        let refused = serde_json::from_value::<Cohort>(json!({"langage": "ja"}));
        assert!(refused.unwrap_err().to_string().contains("unknown field `langage`"));
        assert!(Cohort { count: 0, ..Cohort::default() }.check().is_err());
    }
}
