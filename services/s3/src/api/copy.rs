//! `CopyObject`: also the only way to change metadata (S3-META-04) and to bring an old version back
//! (S3-VER-03).

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Time, Value, json};

use super::body::taken;
use super::put::{
    check_key, content_type, encrypted, etag, object_acl, redirect, shown, storage_class,
    user_metadata, with_version, write,
};
use super::{present, tagging};
use crate::data::conditional::{Conditions, Outcome};
use crate::data::decode;
use crate::error::{
    Refusal, Result, deleted, invalid_request, no_such_key, no_such_version, precondition_failed,
};
use crate::state::{Acl, Content, Metadata, State, Versioning};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Asked {
    bucket: String,
    key: String,
    /// `bucket/key` or `bucket/key?versionId=id`, percent-encoded.
    copy_source: String,
    #[serde(rename = "ACL")]
    acl: Option<Acl>,
    #[serde(default)]
    metadata_directive: Directive,
    #[serde(default)]
    tagging_directive: Directive,
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Directive {
    #[default]
    Copy,
    Replace,
}

pub(super) fn copy(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let mut value = value.clone();
    let conditions = SourceConditions::take("CopyObject", &mut value)?;
    let asked: Asked = input("CopyObject", &value)?;
    check_key(&asked.key)?;
    let source = Source::read(&asked.copy_source)?;
    let found = source.find(state)?;
    conditions.check(&found)?;
    let source_version = found.shown_version();
    let original = found.content;
    let bucket = state.bucket_mut(&asked.bucket)?;
    let onto_itself = source.bucket == asked.bucket
        && source.key == asked.key
        && source.version.is_none()
        && asked.metadata_directive == Directive::Copy
        && asked.server_side_encryption.is_none()
        && asked.storage_class.is_none()
        && asked.website_redirect_location.is_none();
    if onto_itself {
        let message = "This copy request is illegal because it is trying to copy an object to \
            itself without changing the object's metadata, storage class, website redirect \
            location or encryption attributes.";
        return Err(invalid_request(message).into());
    }
    let settings = &bucket.settings;
    let acl = object_acl(settings, asked.acl)?;
    let wanted = asked.server_side_encryption.as_deref();
    let (encryption, bucket_key) =
        encrypted(settings, wanted, asked.kms_key_id.clone(), asked.bucket_key_enabled)?;
    let tags = match asked.tagging_directive {
        Directive::Copy => original.tags.clone(),
        Directive::Replace => tagging::from_query(asked.tagging.as_deref())?,
    };
    let key = asked.key.clone();
    let content = Content {
        etag: etag(cx, &encryption, original.etag.clone()),
        storage_class: storage_class(asked.storage_class.clone())?,
        metadata: metadata(asked, &original)?,
        encryption,
        bucket_key,
        acl,
        tags,
        ..original
    };
    let output = shown(&content);
    let result = json!({"ETag": output["ETag"], "LastModified": cx.now.iso8601()});
    let version = write(cx, bucket, &key, Some(content));
    let output = with_version(output, bucket, &version);
    Ok(answer(output, &result, source_version.as_deref()))
}

fn answer(mut output: Value, result: &Value, source_version: Option<&str>) -> Value {
    output["CopyObjectResult"] = result.clone();
    output["CopySourceVersionId"] = json!(source_version);
    if let Some(members) = output.as_object_mut() {
        members.remove("ETag");
    }
    present(output)
}

/// The original's metadata, or new.
fn metadata(asked: Asked, original: &Content) -> Result<Metadata> {
    let location = redirect(asked.website_redirect_location)?;
    if asked.metadata_directive == Directive::Copy {
        // The redirect is never copied.
        return Ok(Metadata { redirect: location, ..original.metadata.clone() });
    }
    Ok(Metadata {
        content_type: content_type(asked.content_type),
        cache_control: asked.cache_control,
        content_disposition: asked.content_disposition,
        content_encoding: asked.content_encoding,
        content_language: asked.content_language,
        expires: asked.expires,
        redirect: location,
        user: user_metadata(asked.metadata)?,
    })
}

/// What is copied.
#[derive(Debug)]
pub(super) struct Source {
    bucket: String,
    key: String,
    version: Option<String>,
}

impl Source {
    pub(super) fn read(text: &str) -> Result<Self> {
        let wrong = || {
            let message =
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey";
            Refusal::new("InvalidArgument", 400, message)
        };
        let (path, version) = match text.split_once("?versionId=") {
            Some((path, version)) => (path, Some(version.to_owned())),
            None => (text, None),
        };
        let path = decode(path.strip_prefix('/').unwrap_or(path), false).ok_or_else(wrong)?;
        let (bucket, key) = path.split_once('/').ok_or_else(wrong)?;
        if bucket.is_empty() || key.is_empty() {
            return Err(wrong());
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned(), version })
    }

    pub(super) fn find(&self, state: &State) -> Result<Found> {
        let bucket = state.bucket(&self.bucket)?;
        let object = bucket.objects.get(&self.key).ok_or_else(|| no_such_key(&self.key))?;
        let version = match &self.version {
            Some(id) => object.version(id).ok_or_else(|| no_such_version(&self.key, id))?,
            None => object.current().ok_or_else(|| no_such_key(&self.key))?,
        };
        let Some(content) = &version.content else {
            return Err(match &self.version {
                Some(_) => {
                    let message = "The source of a copy request may not specifically refer to a \
                        delete marker by version id.";
                    invalid_request(message)
                }
                None => deleted(&self.key, &version.id),
            });
        };
        Ok(Found {
            content: content.clone(),
            version: version.id.clone(),
            modified: version.modified,
            versioned: bucket.settings.versioning != Versioning::Never,
        })
    }
}

/// What a source comes to.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) content: Content,
    version: String,
    modified: Time,
    versioned: bool,
}

impl Found {
    /// The version's id, where there are versions.
    pub(super) fn shown_version(&self) -> Option<String> {
        self.versioned.then(|| self.version.clone())
    }
}

/// What must be so of a source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceConditions {
    #[serde(rename = "CopySourceIfMatch")]
    matches: Option<String>,
    #[serde(rename = "CopySourceIfNoneMatch")]
    none_matches: Option<String>,
    /// An HTTP date, as the one below.
    #[serde(rename = "CopySourceIfModifiedSince")]
    modified_since: Option<String>,
    #[serde(rename = "CopySourceIfUnmodifiedSince")]
    unmodified_since: Option<String>,
}

impl SourceConditions {
    /// Takes the conditions out of an operation's input.
    pub(super) fn take(operation: &str, value: &mut Value) -> Result<Self, ApiError> {
        const NAMES: [&str; 4] = [
            "CopySourceIfMatch",
            "CopySourceIfNoneMatch",
            "CopySourceIfModifiedSince",
            "CopySourceIfUnmodifiedSince",
        ];
        input(operation, &taken(value, &NAMES))
    }

    /// What would be "not modified" for a reader is a failed condition for a copy.
    pub(super) fn check(&self, found: &Found) -> Result<()> {
        let conditions = Conditions {
            if_match: self.matches.as_deref(),
            if_none_match: self.none_matches.as_deref(),
            if_modified_since: self.modified_since.as_deref(),
            if_unmodified_since: self.unmodified_since.as_deref(),
        };
        match conditions.check(&found.content.etag, found.modified) {
            Outcome::Give => Ok(()),
            Outcome::NotModified => Err(precondition_failed("x-amz-copy-source-If-None-Match")),
            Outcome::Failed(condition) => {
                Err(precondition_failed(&format!("x-amz-copy-source-{condition}")))
            }
        }
    }
}
