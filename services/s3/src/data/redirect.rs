//! The website configuration of a bucket, and where its routing rules send a visitor (S3-WEB-09,
//! S3-WEB-10).

use serde::{Deserialize, Serialize};

use super::key::encode;

/// What a bucket does as a website.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Website {
    Pages {
        /// What is appended to `/` and to every path that ends in `/`; without slash (S3-WEB-01).
        index: String,
        /// The key of the error document.
        error: Option<String>,
        rules: Vec<RoutingRule>,
    },
    /// S3-WEB-10
    RedirectAll { host: String, protocol: Option<Protocol> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Protocol {
    Http,
    Https,
}

impl Protocol {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// A rule; a condition that is absent holds for everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoutingRule {
    pub(crate) key_prefix: Option<String>,
    /// The status the visitor would get without the rule.
    pub(crate) error_code: Option<u16>,
    pub(crate) host: Option<String>,
    pub(crate) protocol: Option<Protocol>,
    /// 301 when the rule does not say.
    pub(crate) redirect_code: Option<u16>,
    pub(crate) replace: Replace,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Replace {
    Nothing,
    Prefix(String),
    Key(String),
}

impl RoutingRule {
    /// Whether the rule is for `key` before anything went wrong (`error` is `None`), or after.
    pub(crate) fn fits(&self, key: &str, error: Option<u16>) -> bool {
        self.error_code == error
            && self.key_prefix.as_deref().is_none_or(|prefix| key.starts_with(prefix))
    }

    pub(crate) fn status(&self) -> u16 {
        self.redirect_code.unwrap_or(301)
    }

    /// Where `key` goes, seen from `scheme` and `host` of the request.
    pub(crate) fn location(&self, key: &str, scheme: &str, host: &str) -> String {
        let scheme = self.protocol.as_ref().map_or(scheme, |protocol| protocol.as_str());
        let host = self.host.as_deref().unwrap_or(host);
        let key = match &self.replace {
            Replace::Nothing => encode(key),
            Replace::Key(other) => encode(other),
            Replace::Prefix(other) => {
                let prefix = self.key_prefix.as_deref().unwrap_or("");
                encode(&format!("{other}{}", key.strip_prefix(prefix).unwrap_or(key)))
            }
        };
        format!("{scheme}://{host}/{key}")
    }
}

/// The first rule that fits, and its index.
pub(crate) fn first<'r>(
    rules: &'r [RoutingRule],
    key: &str,
    error: Option<u16>,
) -> Option<(usize, &'r RoutingRule)> {
    rules.iter().enumerate().find(|(_, rule)| rule.fits(key, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(key_prefix: Option<&str>, error_code: Option<u16>, replace: Replace) -> RoutingRule {
        RoutingRule {
            key_prefix: key_prefix.map(str::to_owned),
            error_code,
            host: None,
            protocol: None,
            redirect_code: None,
            replace,
        }
    }

    fn to(rule: &RoutingRule, key: &str) -> String {
        rule.location(key, "http", "site:8080")
    }

    #[test]
    fn s3_web_09_prefix_and_key_are_replaced() {
        let prefix = rule(Some("docs/"), None, Replace::Prefix("documents/".into()));
        assert_eq!(to(&prefix, "docs/a b.html"), "http://site:8080/documents/a%20b.html");
        let key = rule(None, None, Replace::Key("index.html".into()));
        assert_eq!(to(&key, "x/y"), "http://site:8080/index.html");
        let mut elsewhere = rule(None, None, Replace::Nothing);
        elsewhere.host = Some("other.example".into());
        elsewhere.protocol = Some(Protocol::Https);
        assert_eq!(to(&elsewhere, "x/y"), "https://other.example/x/y");
        assert_eq!(elsewhere.status(), 301);
    }

    #[test]
    fn s3_web_09_the_first_rule_that_fits_wins() {
        let rules = [
            rule(Some("a/"), Some(404), Replace::Key("one".into())),
            rule(Some("a/"), None, Replace::Key("two".into())),
            rule(None, Some(404), Replace::Key("three".into())),
        ];
        let index = |key, error| first(&rules, key, error).map(|(index, _)| index);
        assert_eq!(index("a/x", None), Some(1));
        assert_eq!(index("a/x", Some(404)), Some(0));
        assert_eq!(index("b", Some(404)), Some(2));
        assert_eq!(index("b", Some(403)), None);
        assert_eq!(index("b", None), None);
    }
}
