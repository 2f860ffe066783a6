//! Which rule a request meets: from the lowest priority number to the highest, the default rule
//! last (ALB-RU-01).

use std::borrow::Cow;
use std::net::IpAddr;

use standin_kernel::{Request, RequestHead};

use super::path::normalized;
use crate::config::{Action, Condition, Listener, QueryPair, Rule};

/// What conditions look at, taken from the request as it came in.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    head: &'a RequestHead,
    /// The other end of the connection, never `X-Forwarded-For` (ALB-RU-13).
    peer: IpAddr,
    /// Of the first `Host` (ALB-RU-15), without port.
    host: &'a str,
    path: Cow<'a, str>,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(request: &'a Request) -> Self {
        let head = &request.head;
        Self {
            head,
            peer: request.peer.ip(),
            host: head.host().unwrap_or(""),
            path: normalized(head.path()),
        }
    }
}

impl Listener {
    /// The first rule whose conditions all hold, with its index; `None`: the default rule.
    pub(crate) fn rule(&self, asked: &Asked<'_>) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.conditions.iter().all(|one| one.holds(asked)))
    }

    /// What a rule, or with `None` the default rule, does.
    pub(crate) const fn action<'a>(&'a self, rule: Option<&'a Rule>) -> &'a Action {
        match rule {
            Some(rule) => &rule.action,
            None => &self.default_action,
        }
    }
}

impl Condition {
    pub(crate) fn holds(&self, asked: &Asked<'_>) -> bool {
        match self {
            Self::HostHeader(values) => values.iter().any(|value| value.matches(asked.host)),
            Self::PathPattern(values) => values.iter().any(|value| value.matches(&asked.path)),
            Self::HttpHeader { name, values } => asked
                .head
                .headers
                .iter()
                .filter(|(have, _)| have.eq_ignore_ascii_case(name))
                .any(|(_, sent)| values.iter().any(|value| value.matches(sent))),
            Self::HttpRequestMethod(values) => {
                let method = asked.head.method.as_str();
                values.iter().any(|value| **value == *method)
            }
            Self::QueryString(pairs) => {
                let query = asked.head.query().unwrap_or("");
                let mut sent = query.split('&').filter(|pair| !pair.is_empty());
                sent.any(|sent| pairs.iter().any(|pair| pair.holds(sent)))
            }
            Self::SourceIp(blocks) => blocks.iter().any(|block| block.contains(asked.peer)),
        }
    }

    /// As the template's `Field` names it.
    pub(crate) const fn field(&self) -> &'static str {
        match self {
            Self::HostHeader(_) => "host-header",
            Self::PathPattern(_) => "path-pattern",
            Self::HttpHeader { .. } => "http-header",
            Self::HttpRequestMethod(_) => "http-request-method",
            Self::QueryString(_) => "query-string",
            Self::SourceIp(_) => "source-ip",
        }
    }
}

impl QueryPair {
    /// `sent`: one `key=value` of the query string, as it was sent.
    fn holds(&self, sent: &str) -> bool {
        let (key, value) = sent.split_once('=').unwrap_or((sent, ""));
        self.key.as_ref().is_none_or(|wanted| wanted.matches(key)) && self.value.matches(value)
    }
}
