//! Presigned URLs of Signature Version 2, which SDKs still make for S3 at an endpoint of its own
//! name: `?AWSAccessKeyId=KEY&Expires=SECONDS&Signature=BASE64`.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use standin_kernel::{RequestHead, Time};

use crate::form;
use crate::sigv4::{Credentials, Refused};
use crate::text::base64;

/// Words of the query that are signed along with the path.
const SIGNED_WORDS: [&str; 34] = [
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "delete",
    "encryption",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "partNumber",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
];

/// A signature as it stands in a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    key: String,
    /// When the URL ends.
    end: Time,
    expires: String,
    signature: String,
}

/// Reads the signature of a presigned URL; `None` when it has none of this version.
pub fn read(head: &RequestHead) -> Result<Option<Signature>, Refused> {
    // `+` is a digit of the signature here, and no space.
    let query = head.query().unwrap_or("").replace('+', "%2B");
    let mut pairs = form::pairs(&query);
    let mut take = |name: &str| {
        let at = pairs.iter().position(|(have, _)| have == name)?;
        Some(pairs.swap_remove(at).1)
    };
    match (take("AWSAccessKeyId"), take("Expires"), take("Signature")) {
        (Some(key), Some(expires), Some(signature)) => {
            let end = expires.parse().map(Time::from_seconds).map_err(|_| {
                Refused::Malformed(format!(
                    "Invalid date (should be seconds since epoch): {expires}"
                ))
            })?;
            Ok(Some(Signature { key, end, expires, signature }))
        }
        (None, None, None) => Ok(None),
        _ => Err(Refused::Missing),
    }
}

impl Signature {
    pub fn check_time(&self, now: Time) -> Result<(), Refused> {
        if now > self.end { Err(Refused::Expired { end: self.end }) } else { Ok(()) }
    }

    pub fn check(&self, head: &RequestHead, credentials: &Credentials) -> Result<(), Refused> {
        let unknown = || Refused::UnknownKey(self.key.clone());
        let secret = credentials.secret(&self.key).ok_or_else(unknown)?;
        let mut mac =
            Hmac::<Sha1>::new_from_slice(secret.as_bytes()).map_err(|_| Refused::Mismatch)?;
        mac.update(canonical(head, &self.expires).as_bytes());
        let given = base64(&self.signature).ok_or(Refused::Mismatch)?;
        mac.verify_slice(&given).map_err(|_| Refused::Mismatch)
    }
}

/// What is signed of a request.
fn canonical(head: &RequestHead, expires: &str) -> String {
    let header = |name: &str| head.headers.get(name).unwrap_or("");
    let mut own: Vec<String> = head
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), String::from_utf8_lossy(value)))
        .filter(|(name, _)| name.starts_with("x-amz-"))
        .map(|(name, value)| format!("{name}:{}\n", value.trim()))
        .collect();
    own.sort_unstable();
    let mut words: Vec<String> = form::pairs(head.query().unwrap_or(""))
        .into_iter()
        .filter(|(name, _)| SIGNED_WORDS.contains(&name.as_str()))
        .map(|(name, value)| if value.is_empty() { name } else { format!("{name}={value}") })
        .collect();
    words.sort_unstable();
    let words = if words.is_empty() { String::new() } else { format!("?{}", words.join("&")) };
    format!(
        "{}\n{}\n{}\n{expires}\n{}{}{words}",
        head.method.as_str(),
        header("Content-MD5"),
        header("Content-Type"),
        own.concat(),
        head.path(),
    )
}
