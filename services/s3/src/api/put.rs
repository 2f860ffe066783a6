//! `PutObject`: the bytes are stored already; here they become the current version of a key.

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, BlobId, Cx, Value, json};

use super::settings::encryption;
use super::{present, quoted, tagging};
use crate::data::conditional::lists;
use crate::error::{
    KEY_BYTES_MAX, Refusal, Result, access_denied, acl_not_supported, key_too_long, no_such_key,
    not_built, precondition_failed,
};
use crate::state::{
    Acl, Bucket, Content, Encryption, Metadata, NULL_VERSION, Settings, State, Version, Versioning,
    blob_hex,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Put {
    bucket: String,
    key: String,
    #[serde(rename = "ACL")]
    acl: Option<Acl>,
    standin: Stored,
    content_length: Option<u64>,
    #[serde(rename = "ContentMD5")]
    content_md5: Option<String>,
    #[serde(rename = "ChecksumSHA256")]
    checksum_sha256: Option<String>,
    if_match: Option<String>,
    if_none_match: Option<String>,
    content_type: Option<String>,
    cache_control: Option<String>,
    content_disposition: Option<String>,
    content_encoding: Option<String>,
    content_language: Option<String>,
    expires: Option<String>,
    website_redirect_location: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    server_side_encryption: Option<String>,
    #[serde(rename = "SSEKMSKeyId")]
    kms_key_id: Option<String>,
    bucket_key_enabled: Option<bool>,
    storage_class: Option<String>,
    tagging: Option<String>,
}

/// The body, as whoever called has stored it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Stored {
    #[serde(with = "blob_hex")]
    blob: BlobId,
    /// Bytes.
    length: u64,
    /// MD5, in hexadecimal digits.
    #[serde(rename = "ETag")]
    etag: String,
}

/// Largest body of one call: 5 GiB (S3-PUT-05).
const BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024;

pub(super) fn put(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Put = input("PutObject", value)?;
    let bucket = state.bucket_mut(&asked.bucket)?;
    check_key(&asked.key)?;
    check_body(&asked)?;
    check_conditions(bucket, &asked)?;
    let settings = &bucket.settings;
    let acl = object_acl(settings, asked.acl)?;
    let wanted = asked.server_side_encryption.as_deref();
    let (encryption, bucket_key) =
        encrypted(settings, wanted, asked.kms_key_id, asked.bucket_key_enabled)?;
    let metadata = Metadata {
        content_type: content_type(asked.content_type),
        cache_control: asked.cache_control,
        content_disposition: asked.content_disposition,
        content_encoding: asked.content_encoding,
        content_language: asked.content_language,
        expires: asked.expires,
        redirect: redirect(asked.website_redirect_location)?,
        user: user_metadata(asked.metadata)?,
    };
    let content = Content {
        blob: asked.standin.blob,
        length: asked.standin.length,
        etag: etag(cx, &encryption, asked.standin.etag),
        metadata,
        encryption,
        bucket_key,
        acl,
        storage_class: storage_class(asked.storage_class)?,
        tags: tagging::from_query(asked.tagging.as_deref())?,
        lines: standin_kernel::Headers::new(),
    };
    let shown = shown(&content);
    let version = write(cx, bucket, &asked.key, Some(content));
    Ok(with_version(shown, bucket, &version))
}

/// Makes `content` (or a delete marker) the current version of a key; gives the version's id
/// (S3-VER-01).
pub(super) fn write(
    cx: &mut Cx<'_>,
    bucket: &mut Bucket,
    key: &str,
    content: Option<Content>,
) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
    let id = match bucket.settings.versioning {
        Versioning::Enabled => cx.rng.text(32, ALPHABET),
        Versioning::Never | Versioning::Suspended => NULL_VERSION.to_owned(),
    };
    let mut version = Version { id: id.clone(), modified: cx.now, content };
    if let Some(content) = &mut version.content {
        content.prepare(cx.now);
    }
    let object = bucket.objects.entry(key.to_owned()).or_default();
    if id == NULL_VERSION {
        object.versions.retain(|version| version.id != NULL_VERSION);
    }
    object.versions.push(version);
    bucket.store_object(cx, key);
    id
}

/// Adds `VersionId` where there are versions.
pub(super) fn with_version(mut shown: Value, bucket: &Bucket, version: &str) -> Value {
    if bucket.settings.versioning != Versioning::Never {
        shown["VersionId"] = json!(version);
    }
    shown
}

/// What every answer about an object's content says of its making.
pub(super) fn shown(content: &Content) -> Value {
    present(json!({
        "ETag": quoted(&content.etag),
        "ServerSideEncryption": content.encryption.algorithm(),
        "SSEKMSKeyId": content.encryption.key(),
        "BucketKeyEnabled": content.bucket_key.then_some(true),
    }))
}

pub(super) fn check_key(key: &str) -> Result<()> {
    match key.len() {
        0 => Err(Refusal::new("InvalidArgument", 400, "A key has at least one character")),
        length if length > KEY_BYTES_MAX => Err(key_too_long(length)),
        _ => Ok(()),
    }
}

/// S3-PUT-04
fn check_body(asked: &Put) -> Result<()> {
    let stored = &asked.standin;
    let bad = |what: &str| {
        let message = format!("The {what} you specified did not match what we received.");
        Err(Refusal::new("BadDigest", 400, message))
    };
    if stored.length > BYTES_MAX {
        let message = "Your proposed upload exceeds the maximum allowed size";
        return Err(Refusal::new("EntityTooLarge", 400, message));
    }
    if asked.content_length.is_some_and(|length| length != stored.length) {
        let message = "You did not provide the number of bytes specified by the Content-Length \
            HTTP header";
        return Err(Refusal::new("IncompleteBody", 400, message));
    }
    if let Some(wanted) = &asked.content_md5 {
        if wanted.len() != 24 || !wanted.ends_with("==") {
            let message = "The Content-MD5 you specified was invalid";
            return Err(Refusal::new("InvalidDigest", 400, message));
        }
        if Some(wanted) != from_hex(&stored.etag).map(|md5| base64(&md5)).as_ref() {
            return bad("Content-MD5");
        }
    }
    match &asked.checksum_sha256 {
        Some(wanted) if *wanted != base64(&stored.blob.0) => bad("SHA256"),
        _ => Ok(()),
    }
}

/// S3-PUT-03
fn check_conditions(bucket: &Bucket, asked: &Put) -> Result<()> {
    let current = bucket.objects.get(&asked.key).and_then(|object| object.content());
    match (&asked.if_match, current) {
        (Some(_), None) => return Err(no_such_key(&asked.key)),
        (Some(tags), Some((_, content))) if !lists(tags, &content.etag) => {
            return Err(precondition_failed("If-Match"));
        }
        _ => {}
    }
    match asked.if_none_match.as_deref() {
        Some("*") if current.is_some() => Err(precondition_failed("If-None-Match")),
        None | Some("*") => Ok(()),
        Some(_) => {
            let message = "A header you provided implies functionality that is not implemented";
            Err(Refusal::new("NotImplemented", 501, message).detail("Header", "If-None-Match"))
        }
    }
}

/// S3-ACC-03, S3-ACC-05
pub(super) fn object_acl(settings: &Settings, acl: Option<Acl>) -> Result<Acl> {
    let Some(acl) = acl else { return Ok(Acl::Private) };
    if !settings.acls_enabled() && acl != Acl::BucketOwnerFullControl {
        return Err(acl_not_supported());
    }
    if acl.is_public() && settings.blocks().block_public_acls {
        return Err(access_denied());
    }
    Ok(acl)
}

/// What was asked for, or what the bucket does by default; and whether a bucket key is used.
pub(super) fn encrypted(
    settings: &Settings,
    algorithm: Option<&str>,
    key: Option<String>,
    bucket_key: Option<bool>,
) -> Result<(Encryption, bool)> {
    let encryption = match algorithm {
        None => settings.encryption.clone(),
        Some(algorithm) => encryption(algorithm, key)?,
    };
    let kms = encryption != Encryption::Sse;
    Ok((encryption, kms && bucket_key.unwrap_or(settings.bucket_key)))
}

/// MD5 only where the bytes at rest are not under a KMS key (S3-GET-02).
pub(super) fn etag(cx: &mut Cx<'_>, encryption: &Encryption, md5: String) -> String {
    match encryption {
        Encryption::Sse => md5,
        Encryption::Kms { .. } => cx.rng.hex(32),
    }
}

/// S3-META-02
pub(super) fn content_type(given: Option<String>) -> String {
    given.filter(|kind| !kind.is_empty()).unwrap_or_else(|| "binary/octet-stream".to_owned())
}

pub(super) fn redirect(location: Option<String>) -> Result<Option<String>> {
    let Some(location) = location else { return Ok(None) };
    if ["/", "http://", "https://"].iter().any(|start| location.starts_with(start)) {
        return Ok(Some(location));
    }
    let message =
        "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.";
    Err(Refusal::new("InvalidRedirectLocation", 400, message))
}

/// S3-META-03: names in lower case, 2 KB together.
pub(super) fn user_metadata(given: BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    const BYTES_MAX: usize = 2048;
    let size: usize = given.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > BYTES_MAX {
        let message = "Your metadata headers exceed the maximum allowed metadata size";
        return Err(Refusal::new("MetadataTooLarge", 400, message)
            .detail("Size", size.to_string())
            .detail("MaxSizeAllowed", BYTES_MAX.to_string()));
    }
    let token = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':')
    };
    if let Some(name) = given.keys().find(|name| !token(name)) {
        let message = format!("a metadata name cannot be a header name: {name:?}");
        return Err(Refusal::new("InvalidArgument", 400, message));
    }
    Ok(given.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect())
}

pub(super) fn storage_class(given: Option<String>) -> Result<Option<String>> {
    match given.as_deref() {
        None | Some("STANDARD") => Ok(None),
        Some(
            "REDUCED_REDUNDANCY"
            | "STANDARD_IA"
            | "ONEZONE_IA"
            | "INTELLIGENT_TIERING"
            | "GLACIER_IR",
        ) => Ok(given),
        Some(class @ ("GLACIER" | "DEEP_ARCHIVE")) => {
            Err(not_built(&format!("the storage class {class}")))
        }
        Some(_) => {
            let message = "The storage class you specified is not valid";
            Err(Refusal::new("InvalidStorageClass", 400, message))
        }
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(byte).collect()
}

/// Base64 with padding (RFC 4648, 4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        let bits = bits << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[bits >> (18 - 6 * place) & 63];
            text.push(if place > chunk.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_in_rfc_4648() {
        let table =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")];
        for (plain, expected) in table {
            assert_eq!(base64(plain.as_bytes()), expected);
        }
        assert_eq!(from_hex("0aff"), Some(vec![10, 255]));
        assert_eq!(from_hex("0af"), None);
        assert_eq!(from_hex("é"), None);
    }
}
