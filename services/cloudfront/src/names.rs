//! Which distribution a host name means (CF-REQ-01 to -03): its own name, an alternate domain name,
//! the most specific one first; or none.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::Distribution;

/// Names to distributions, as the edge has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    exact: BTreeMap<Box<str>, Arc<Distribution>>,
    /// `.example.com` for `*.example.com`, the longest first.
    wildcards: Vec<(Box<str>, Arc<Distribution>)>,
    /// The oldest distribution: what this machine itself shows.
    first: Option<Arc<Distribution>>,
}

/// A resolver may append it; it is no part of a name.
const LOCAL: &str = ".localhost";

/// A host without what a resolver of this machine appends.
pub(crate) fn bare(host: &str) -> &str {
    host.strip_suffix(LOCAL).unwrap_or(host)
}

impl Names {
    /// From each distribution with its names, the oldest first.
    pub(crate) fn new<'n>(all: impl Iterator<Item = (Arc<Distribution>, Vec<&'n str>)>) -> Self {
        let mut names = Self::default();
        for (distribution, of) in all {
            for name in of {
                match name.strip_prefix('*') {
                    Some(end) => names.wildcards.push((end.into(), distribution.clone())),
                    None => {
                        names.exact.insert(name.into(), distribution.clone());
                    }
                }
            }
            names.first.get_or_insert(distribution);
        }
        names.wildcards.sort_by_key(|(end, _)| std::cmp::Reverse(end.len()));
        names
    }

    /// The distribution that lists `host` (lower case, without port).
    pub(crate) fn listed(&self, host: &str) -> Option<&Arc<Distribution>> {
        let host = bare(host);
        if let Some(found) = self.exact.get(host) {
            return Some(found);
        }
        let fits = |end: &str| host.len() > end.len() && host.ends_with(end);
        self.wildcards.iter().find(|(end, _)| fits(end)).map(|(_, found)| found)
    }

    /// The distribution that a viewer's `Host` means (without port, in any case). The machine's own
    /// names mean the oldest one.
    pub(crate) fn of_viewer(&self, host: &str) -> Option<&Arc<Distribution>> {
        // CF-REQ-12: the case of a host does not count.
        let lower;
        let host = if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
            lower = host.to_ascii_lowercase();
            &lower
        } else {
            host
        };
        match self.listed(host) {
            None if matches!(host, "localhost" | "127.0.0.1" | "[::1]") => self.first.as_ref(),
            found => found,
        }
    }
}
