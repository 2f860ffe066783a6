//! Requests that bring a signature nobody has verified: whoever drives this machine verifies what
//! it can and says so with `Identity::Account`; all other signatures are those of unknown keys.

use standin_kernel::{Identity, Time};

use super::Visit;
use super::rest::Query;
use crate::error::{Refusal, Result, access_denied, invalid_argument, invalid_request};

/// How far a signer's clock may be off (S3-GET-09).
const SKEW_S: u64 = 15 * 60;
/// Longest life of a presigned URL (S3-ACC-07).
const EXPIRES_MAX_S: u64 = 604_800;

impl Visit<'_> {
    /// Refuses a signature of somebody unknown.
    pub(super) fn check_signature(&self, query: &Query<'_>) -> Result<()> {
        if self.request.identity != Identity::Anonymous {
            return Ok(());
        }
        if query.has("X-Amz-Signature") || query.has("X-Amz-Algorithm") {
            return Err(self.presigned(query));
        }
        match self.request.head.headers.get("Authorization") {
            Some(authorization) => Err(self.signed(authorization)),
            None => Ok(()),
        }
    }

    fn signed(&self, authorization: &str) -> Refusal {
        let (scheme, rest) = authorization.split_once(' ').unwrap_or((authorization, ""));
        match scheme {
            "AWS4-HMAC-SHA256" => {
                let headers = &self.request.head.headers;
                let at = headers.get("x-amz-date").and_then(amz_date);
                let at = at.or_else(|| headers.get("Date").and_then(Time::parse_http_date));
                match at {
                    Some(at) if at.seconds().abs_diff(self.asker.now.seconds()) > SKEW_S => {
                        self.too_skewed(at)
                    }
                    _ => unknown_key(credential(rest)),
                }
            }
            "AWS" => invalid_request(
                "The authorization mechanism you have provided is not supported. \
                 Please use AWS4-HMAC-SHA256.",
            ),
            _ => {
                let message = "Unsupported Authorization Type";
                invalid_argument(message, "Authorization", authorization)
            }
        }
    }

    fn too_skewed(&self, at: Time) -> Refusal {
        let message = "The difference between the request time and the current time is too large.";
        Refusal::new("RequestTimeTooSkewed", 403, message)
            .detail("RequestTime", at.iso8601())
            .detail("ServerTime", self.asker.now.iso8601())
            .detail("MaxAllowedSkewMilliseconds", (SKEW_S * 1000).to_string())
    }

    /// S3-ACC-07
    fn presigned(&self, query: &Query<'_>) -> Refusal {
        let wrong = |message| Refusal::new("AuthorizationQueryParametersError", 400, message);
        let needed = [
            "X-Amz-Algorithm",
            "X-Amz-Credential",
            "X-Amz-Signature",
            "X-Amz-Date",
            "X-Amz-SignedHeaders",
            "X-Amz-Expires",
        ];
        if !needed.iter().all(|name| query.has(name)) {
            return wrong(
                "Query-string authentication version 4 requires the X-Amz-Algorithm, \
                 X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and \
                 X-Amz-Expires parameters.",
            );
        }
        let text = |name| query.get(name).unwrap_or_default();
        if text("X-Amz-Algorithm") != "AWS4-HMAC-SHA256" {
            return wrong("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
        }
        let Some(at) = amz_date(&text("X-Amz-Date")) else {
            return wrong("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
        };
        let expires_s = match text("X-Amz-Expires").parse::<i64>() {
            Err(_) => return wrong("X-Amz-Expires should be a number"),
            Ok(number) => match u64::try_from(number) {
                Err(_) => return wrong("X-Amz-Expires must be non-negative"),
                Ok(number) if number > EXPIRES_MAX_S => {
                    return wrong(
                        "X-Amz-Expires must be less than a week (in seconds); \
                         that is, the given X-Amz-Expires must be less than 604800 seconds",
                    );
                }
                Ok(number) => number,
            },
        };
        let end = Time::from_seconds(at.seconds() + expires_s);
        if self.asker.now > end {
            let mut refusal = access_denied();
            refusal.message = "Request has expired".into();
            return refusal
                .detail("X-Amz-Expires", expires_s.to_string())
                .detail("Expires", end.iso8601())
                .detail("ServerTime", self.asker.now.iso8601());
        }
        unknown_key(text("X-Amz-Credential").split('/').next().unwrap_or(""))
    }
}

fn unknown_key(key: &str) -> Refusal {
    let message = "The AWS Access Key Id you provided does not exist in our records.";
    Refusal::new("InvalidAccessKeyId", 403, message).detail("AWSAccessKeyId", key)
}

/// The access key id of `Credential=AKIA.../20260101/...`.
fn credential(parameters: &str) -> &str {
    let after = parameters.split_once("Credential=").map_or("", |(_, after)| after);
    after.split(['/', ',']).next().unwrap_or("")
}

/// `20261124T083000Z`
fn amz_date(text: &str) -> Option<Time> {
    let parsed = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    let timestamp = jiff::tz::TimeZone::UTC.to_timestamp(parsed).ok()?;
    u64::try_from(timestamp.as_second()).ok().map(Time::from_seconds)
}
