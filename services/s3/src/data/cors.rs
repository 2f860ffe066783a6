//! What a bucket tells browsers about use from other sites: the first rule that fits a request's
//! origin and method.

use serde::{Deserialize, Serialize};
use standin_kernel::{Headers, pattern};

use crate::error::{Refusal, Result, invalid_request};

/// A rule as `PutBucketCors` takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct CorsRule {
    #[serde(rename = "ID", default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    pub(crate) allowed_methods: Vec<String>,
    /// At most one `*` in each.
    pub(crate) allowed_origins: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowed_headers: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) expose_headers: Vec<String>,
    /// How long a browser keeps the answer to a preflight.
    #[serde(rename = "MaxAgeSeconds", default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_age_s: Option<u32>,
}

impl CorsRule {
    /// Whether the rule is one AWS takes.
    pub(crate) fn check(&self) -> Result<()> {
        const METHODS: [&str; 5] = ["GET", "PUT", "POST", "DELETE", "HEAD"];
        for method in &self.allowed_methods {
            if !METHODS.contains(&method.as_str()) {
                let message = format!(
                    "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
                );
                return Err(invalid_request(message));
            }
        }
        for (list, name) in
            [(&self.allowed_origins, "AllowedOrigin"), (&self.allowed_headers, "AllowedHeader")]
        {
            if let Some(item) = list.iter().find(|item| item.matches('*').count() > 1) {
                let message = format!("{name} \"{item}\" can not have more than one wildcard.");
                return Err(invalid_request(message));
            }
        }
        if self.allowed_methods.is_empty() || self.allowed_origins.is_empty() {
            let message = "The XML you provided was not well-formed or did not validate against \
                our published schema";
            return Err(Refusal::new("MalformedXML", 400, message));
        }
        Ok(())
    }

    fn fits(&self, origin: &str, method: &str) -> bool {
        self.allowed_methods.iter().any(|allowed| allowed == method)
            && self.allowed_origins.iter().any(|allowed| pattern::matches(allowed, origin))
    }

    fn allows_headers(&self, asked: &str) -> bool {
        asked.split(',').map(str::trim).filter(|name| !name.is_empty()).all(|name| {
            self.allowed_headers.iter().any(|allowed| pattern::matches_ignore_case(allowed, name))
        })
    }

    /// What the rule says about `origin`.
    fn say(&self, headers: &mut Headers, origin: &str) {
        if self.allowed_origins.iter().any(|allowed| allowed == "*") {
            headers.append("Access-Control-Allow-Origin", "*");
        } else {
            headers.append("Access-Control-Allow-Origin", origin);
        }
        headers.append("Access-Control-Allow-Methods", self.allowed_methods.join(", "));
        if !self.expose_headers.is_empty() {
            headers.append("Access-Control-Expose-Headers", self.expose_headers.join(", "));
        }
        if let Some(max_age_s) = self.max_age_s {
            headers.append("Access-Control-Max-Age", max_age_s.to_string());
        }
        if !self.allowed_origins.iter().any(|allowed| allowed == "*") {
            headers.append("Access-Control-Allow-Credentials", "true");
        }
    }
}

const VARY: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/// Adds what the rules say about an ordinary request from another site; gives the rule's index.
pub(crate) fn tell(
    rules: &[CorsRule],
    origin: &str,
    method: &str,
    headers: &mut Headers,
) -> Option<usize> {
    let at = rules.iter().position(|rule| rule.fits(origin, method))?;
    rules[at].say(headers, origin);
    headers.append("Vary", VARY);
    Some(at)
}

/// Answers a preflight, or refuses it.
pub(crate) fn preflight(
    rules: &[CorsRule],
    asked: &Headers,
    headers: &mut Headers,
) -> Result<usize> {
    let refused = |message: &'static str| {
        Refusal::new("AccessForbidden", 403, format!("CORSResponse: {message}"))
    };
    let Some(origin) = asked.get("Origin") else {
        let message = "Insufficient information. Origin request header needed.";
        return Err(Refusal::new("BadRequest", 400, message));
    };
    let Some(method) = asked.get("Access-Control-Request-Method") else {
        return Err(Refusal::new("BadRequest", 400, "Invalid Access-Control-Request-Method: null"));
    };
    if rules.is_empty() {
        return Err(refused("CORS is not enabled for this bucket."));
    }
    let wanted = asked.get("Access-Control-Request-Headers");
    let fits = |rule: &CorsRule| {
        rule.fits(origin, method) && wanted.is_none_or(|names| rule.allows_headers(names))
    };
    let at = rules.iter().position(fits).ok_or_else(|| {
        refused(
            "This CORS request is not allowed. This is usually because the evalution of Origin, \
             request method / Access-Control-Request-Method or Access-Control-Request-Headers are \
             not whitelisted by the resource's CORS spec.",
        )
    })?;
    rules[at].say(headers, origin);
    if let Some(names) = wanted {
        headers.append("Access-Control-Allow-Headers", names.to_ascii_lowercase());
    }
    headers.append("Vary", VARY);
    Ok(at)
}
