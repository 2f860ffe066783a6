//! `PutObject`: the bytes are stored already; here they become the current version of a key.

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use super::body::{Sent, WriteConditions};
use super::settings::encryption;
use super::{delivery, present, quoted, tagging};
use crate::error::{
    KEY_BYTES_MAX, Refusal, Result, access_denied, acl_not_supported, key_too_long, not_built,
};
use crate::state::{
    Acl, Bucket, Checksum, Content, Encryption, Making, Metadata, NULL_VERSION, Settings, State,
    Version, Versioning,
};

/// What a writer says about an object besides its body: `PutObject`, `CreateMultipartUpload`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Described {
    pub(super) bucket: String,
    pub(super) key: String,
    #[serde(rename = "ACL")]
    acl: Option<Acl>,
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

impl Described {
    /// What an object in a bucket with these settings is made with.
    pub(super) fn making(self, settings: &Settings) -> Result<Making> {
        check_key(&self.key)?;
        let acl = object_acl(settings, self.acl)?;
        let wanted = self.server_side_encryption.as_deref();
        let (encryption, bucket_key) =
            encrypted(settings, wanted, self.kms_key_id, self.bucket_key_enabled)?;
        let metadata = Metadata {
            content_type: content_type(self.content_type),
            cache_control: self.cache_control,
            content_disposition: self.content_disposition,
            content_encoding: self.content_encoding,
            content_language: self.content_language,
            expires: self.expires,
            redirect: redirect(self.website_redirect_location)?,
            user: user_metadata(self.metadata)?,
        };
        let storage_class = storage_class(self.storage_class)?;
        let tags = tagging::from_query(self.tagging.as_deref())?;
        Ok(Making { metadata, encryption, bucket_key, acl, storage_class, tags })
    }
}

pub(super) fn put(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let mut value = value.clone();
    delivery::receive(state, cx, &mut value)?;
    let sent = Sent::take("PutObject", &mut value)?;
    let conditions = WriteConditions::take("PutObject", &mut value)?;
    let asked: Described = input("PutObject", &value)?;
    let bucket = state.bucket_mut(&asked.bucket)?;
    check_key(&asked.key)?;
    let stored = sent.checked()?;
    conditions.check(bucket, &asked.key)?;
    let key = asked.key.clone();
    let making = asked.making(&bucket.settings)?;
    let etag = etag(cx, &making.encryption, stored.etag);
    let mut content = making.content(stored.blob, stored.length, etag);
    content.checksum = stored.checksum;
    let mut shown = shown(&content);
    add_checksum(&mut shown, content.checksum.as_ref());
    let version = write(cx, bucket, &key, Some(content));
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

/// Adds `ChecksumCRC32` and such.
pub(super) fn add_checksum(shown: &mut Value, checksum: Option<&Checksum>) {
    if let Some(Checksum { algorithm, value }) = checksum {
        shown[format!("Checksum{algorithm}")] = json!(value);
        shown["ChecksumType"] = json!("FULL_OBJECT");
    }
}

pub(super) fn check_key(key: &str) -> Result<()> {
    match key.len() {
        0 => Err(Refusal::new("InvalidArgument", 400, "A key has at least one character")),
        length if length > KEY_BYTES_MAX => Err(key_too_long(length)),
        _ => Ok(()),
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
