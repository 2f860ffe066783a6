//! The body of `PutObject` and `UploadPart`: whoever calls has stored it and names it; here it is
//! held against what the caller said about it, and against what is there already.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, BlobId, Value, base64};

use crate::data::conditional::lists;
use crate::error::{Refusal, Result, no_such_key, precondition_failed};
use crate::state::{Bucket, Checksum, blob_hex};

/// What a caller says about a body.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Sent {
    standin: Stored,
    content_length: Option<u64>,
    #[serde(rename = "ContentMD5")]
    content_md5: Option<String>,
    #[serde(rename = "ChecksumSHA256")]
    checksum_sha256: Option<String>,
}

/// The body, as whoever called has stored it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Stored {
    #[serde(with = "blob_hex")]
    pub(super) blob: BlobId,
    /// Bytes.
    pub(super) length: u64,
    /// MD5, in hexadecimal digits.
    #[serde(rename = "ETag")]
    pub(super) etag: String,
    /// As the sender claimed it, and as it is.
    pub(super) checksum: Option<Checksum>,
}

/// Largest body of one call: 5 GiB (S3-PUT-05).
const BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024;

impl Sent {
    const MEMBERS: [&str; 4] = ["Standin", "ContentLength", "ContentMD5", "ChecksumSHA256"];

    /// Takes the members about the body out of an operation's input.
    pub(super) fn take(operation: &str, value: &mut Value) -> Result<Self, ApiError> {
        input(operation, &taken(value, &Self::MEMBERS))
    }

    /// The body, if it is what the caller said (S3-PUT-04).
    pub(super) fn checked(self) -> Result<Stored> {
        let stored = self.standin;
        let bad = |what: &str| {
            let message = format!("The {what} you specified did not match what we received.");
            Err(Refusal::new("BadDigest", 400, message))
        };
        if stored.length > BYTES_MAX {
            let message = "Your proposed upload exceeds the maximum allowed size";
            return Err(Refusal::new("EntityTooLarge", 400, message));
        }
        if self.content_length.is_some_and(|length| length != stored.length) {
            let message = "You did not provide the number of bytes specified by the Content-Length \
                HTTP header";
            return Err(Refusal::new("IncompleteBody", 400, message));
        }
        if let Some(wanted) = &self.content_md5 {
            if wanted.len() != 24 || !wanted.ends_with("==") {
                let message = "The Content-MD5 you specified was invalid";
                return Err(Refusal::new("InvalidDigest", 400, message));
            }
            if Some(wanted) != from_hex(&stored.etag).map(|md5| base64::encode(&md5)).as_ref() {
                return bad("Content-MD5");
            }
        }
        match &self.checksum_sha256 {
            Some(wanted) if *wanted != base64::encode(&stored.blob.0) => bad("SHA256"),
            _ => Ok(stored),
        }
    }
}

/// What must be so for a write (S3-PUT-03).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct WriteConditions {
    if_match: Option<String>,
    if_none_match: Option<String>,
}

impl WriteConditions {
    /// Takes the conditions out of an operation's input.
    pub(super) fn take(operation: &str, value: &mut Value) -> Result<Self, ApiError> {
        input(operation, &taken(value, &["IfMatch", "IfNoneMatch"]))
    }

    pub(super) fn check(&self, bucket: &Bucket, key: &str) -> Result<()> {
        let current = bucket.objects.get(key).and_then(|object| object.content());
        match (&self.if_match, current) {
            (Some(_), None) => return Err(no_such_key(key)),
            (Some(tags), Some((_, content))) if !lists(tags, &content.etag) => {
                return Err(precondition_failed("If-Match"));
            }
            _ => {}
        }
        match self.if_none_match.as_deref() {
            Some("*") if current.is_some() => Err(precondition_failed("If-None-Match")),
            None | Some("*") => Ok(()),
            Some(_) => {
                let message = "A header you provided implies functionality that is not implemented";
                Err(Refusal::new("NotImplemented", 501, message).detail("Header", "If-None-Match"))
            }
        }
    }
}

/// The members of these names, which `value` has no more.
pub(super) fn taken(value: &mut Value, names: &[&str]) -> Value {
    let mut apart = serde_json::Map::new();
    for name in names {
        if let Some((name, member)) = value.as_object_mut().and_then(|all| all.remove_entry(*name))
        {
            apart.insert(name, member);
        }
    }
    Value::Object(apart)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_come_in_pairs() {
        assert_eq!(from_hex("0aff"), Some(vec![10, 255]));
        assert_eq!(from_hex("0af"), None);
        assert_eq!(from_hex("é"), None);
    }
}
