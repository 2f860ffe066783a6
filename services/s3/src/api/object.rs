//! `GetObject` and `HeadObject` (a document that names the body), `DeleteObject`, `DeleteObjects`.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use super::present;
use super::put::{add_checksum, shown, with_version, write};
use crate::data::conditional::{Conditions, Outcome};
use crate::data::range::{self, content_range};
use crate::error::{
    Result, deleted, is_delete_marker, no_such_key, no_such_version, precondition_failed,
};
use crate::state::{Bucket, Content, Object, State, Version, Versioning, blob_hex};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum ChecksumMode {
    Enabled,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Get {
    bucket: String,
    key: String,
    version_id: Option<String>,
    range: Option<String>,
    part_number: Option<i64>,
    checksum_mode: Option<ChecksumMode>,
    if_match: Option<String>,
    if_none_match: Option<String>,
    /// An HTTP date, as the one below.
    if_modified_since: Option<String>,
    if_unmodified_since: Option<String>,
    response_cache_control: Option<String>,
    response_content_disposition: Option<String>,
    response_content_encoding: Option<String>,
    response_content_language: Option<String>,
    response_content_type: Option<String>,
    response_expires: Option<String>,
}

pub(super) fn get(state: &mut State, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Get = input("GetObject", value)?;
    let (bucket, version, content) = find(state, &asked, "GET")?;
    let (mut document, part) = describe(bucket, version, content, &asked)?;
    let (offset, length) = part.unwrap_or((0, content.length));
    let body = blob_hex::text(content.blob);
    document["Standin"] = json!({"Blob": body, "Offset": offset, "Length": length});
    Ok(document)
}

/// Errors of HEAD have a status and no body, so SDKs know no code but the status (S3-GET-06).
pub(super) fn head(state: &mut State, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Get = input("HeadObject", value)?;
    let bodiless = |error: ApiError| match error.status {
        404 => ApiError::new("NotFound", 404, "Not Found"),
        status => {
            let reason = standin_kernel::http::reason(status);
            ApiError::new(&status.to_string(), status, reason)
        }
    };
    let described = find(state, &asked, "HEAD")
        .map_err(ApiError::from)
        .and_then(|(bucket, version, content)| Ok(describe(bucket, version, content, &asked)?.0));
    described.map_err(bodiless)
}

fn find<'s>(
    state: &'s State,
    asked: &Get,
    method: &str,
) -> Result<(&'s Bucket, &'s Version, &'s Content)> {
    let bucket = state.bucket(&asked.bucket)?;
    let object = bucket.objects.get(&asked.key);
    let version = match &asked.version_id {
        Some(id) => object
            .and_then(|object| object.version(id))
            .ok_or_else(|| no_such_version(&asked.key, id))?,
        None => object.and_then(Object::current).ok_or_else(|| no_such_key(&asked.key))?,
    };
    match (&version.content, &asked.version_id) {
        (Some(content), _) => Ok((bucket, version, content)),
        (None, Some(id)) => Err(is_delete_marker(method, id, version.modified)),
        (None, None) => Err(deleted(&asked.key, &version.id)),
    }
}

/// The document, and which part of the body was asked for.
fn describe(
    bucket: &Bucket,
    version: &Version,
    content: &Content,
    asked: &Get,
) -> Result<(Value, Option<(u64, u64)>), ApiError> {
    let conditions = Conditions {
        if_match: asked.if_match.as_deref(),
        if_none_match: asked.if_none_match.as_deref(),
        if_modified_since: asked.if_modified_since.as_deref(),
        if_unmodified_since: asked.if_unmodified_since.as_deref(),
    };
    match conditions.check(&content.etag, version.modified) {
        Outcome::Give => {}
        Outcome::NotModified => return Err(ApiError::new("304", 304, "Not Modified")),
        Outcome::Failed(condition) => return Err(precondition_failed(condition).into()),
    }
    let size = content.length;
    let number = asked.part_number.map(|number| number.to_string());
    let part = range::asked(content, asked.range.as_deref(), number.as_deref())?;
    let parts = content.parts.len();
    let metadata = &content.metadata;
    let or = |over: &Option<String>, own: &Option<String>| over.clone().or_else(|| own.clone());
    let kind = asked.response_content_type.as_ref().unwrap_or(&metadata.content_type);
    let own = json!({
        "AcceptRanges": "bytes",
        "LastModified": version.modified.iso8601(),
        "ContentLength": part.map_or(size, |(_, length)| length),
        "ContentRange": part.map(|(offset, length)| content_range(offset, length, size)),
        "ContentType": kind,
        "CacheControl": or(&asked.response_cache_control, &metadata.cache_control),
        "ContentDisposition":
            or(&asked.response_content_disposition, &metadata.content_disposition),
        "ContentEncoding": or(&asked.response_content_encoding, &metadata.content_encoding),
        "ContentLanguage": or(&asked.response_content_language, &metadata.content_language),
        "Expires": or(&asked.response_expires, &metadata.expires),
        "WebsiteRedirectLocation": metadata.redirect,
        "Metadata": metadata.user,
        "StorageClass": content.storage_class,
        "PartsCount": (number.is_some() && parts > 0).then_some(parts),
        "TagCount": (!content.tags.is_empty()).then_some(content.tags.len()),
    });
    let mut document = present(own);
    if let (Some(members), Value::Object(more)) = (document.as_object_mut(), shown(content)) {
        members.extend(more);
    }
    // It is one over the whole, so a part goes without.
    if asked.checksum_mode.is_some() && part.is_none() {
        add_checksum(&mut document, content.checksum.as_ref());
    }
    Ok((with_version(document, bucket, &version.id), part))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    bucket: String,
    key: String,
    version_id: Option<String>,
}

pub(super) fn delete(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Delete = input("DeleteObject", value)?;
    let bucket = state.bucket_mut(&asked.bucket)?;
    Ok(remove(cx, bucket, &asked.key, asked.version_id.as_deref()))
}

/// Without a version id a versioned bucket gets a delete marker; what is not there is deleted too.
fn remove(cx: &mut Cx<'_>, bucket: &mut Bucket, key: &str, version_id: Option<&str>) -> Value {
    if let Some(id) = version_id {
        let Some(object) = bucket.objects.get_mut(key) else {
            return json!({"VersionId": id});
        };
        let marker = object.version(id).is_some_and(|version| version.content.is_none());
        object.versions.retain(|version| version.id != id);
        bucket.store_object(cx, key);
        return present(json!({"VersionId": id, "DeleteMarker": marker.then_some(true)}));
    }
    if bucket.settings.versioning == Versioning::Never {
        if bucket.objects.remove(key).is_some() {
            bucket.store_object(cx, key);
        }
        return json!({});
    }
    let id = write(cx, bucket, key, None);
    json!({"DeleteMarker": true, "VersionId": id})
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DeleteMany {
    bucket: String,
    delete: ToDelete,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ToDelete {
    objects: Vec<One>,
    #[serde(default)]
    quiet: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct One {
    key: String,
    version_id: Option<String>,
}

/// Most objects of one `DeleteObjects`.
const DELETE_MAX: usize = 1000;

pub(super) fn delete_many(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: DeleteMany = input("DeleteObjects", value)?;
    let bucket = state.bucket_mut(&asked.bucket)?;
    let objects = asked.delete.objects;
    if objects.is_empty() || objects.len() > DELETE_MAX {
        let message = "The XML you provided was not well-formed or did not validate against our \
            published schema";
        return Err(ApiError::new("MalformedXML", 400, message));
    }
    let mut all = Vec::new();
    for One { key, version_id } in objects {
        let removed = remove(cx, bucket, &key, version_id.as_deref());
        let marker = removed["DeleteMarker"].clone();
        let made = if version_id.is_none() || marker == json!(true) {
            removed["VersionId"].clone()
        } else {
            Value::Null
        };
        all.push(present(json!({
            "Key": key,
            "VersionId": version_id,
            "DeleteMarker": marker,
            "DeleteMarkerVersionId": made,
        })));
    }
    if asked.delete.quiet {
        all.clear();
    }
    Ok(json!({"Deleted": all}))
}
