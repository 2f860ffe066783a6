//! Tags of buckets and objects. Those of objects count in bucket policies
//! (`s3:ExistingObjectTag/name`).

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::resource::{is_system_tag, may_tag};
use standin_kernel::{ApiError, Cx, ServiceName, Value, json};

use super::put::with_version;
use super::{BucketOnly, nothing};
use crate::data::decode;
use crate::error::{Refusal, Result, no_such_key, no_such_version};
use crate::state::{Bucket, State};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutBucket {
    bucket: String,
    tagging: TagSet,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TagSet {
    tag_set: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tag {
    key: String,
    value: String,
}

const BUCKET_TAGS_MAX: usize = 50;
const OBJECT_TAGS_MAX: usize = 10;

fn checked(tags: Vec<Tag>, max: usize) -> Result<BTreeMap<String, String>> {
    let mut set = BTreeMap::new();
    let count = tags.iter().filter(|tag| !is_system_tag(&tag.key)).count();
    for Tag { key, value } in tags {
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            let message = "The TagKey or TagValue you have provided is invalid";
            return Err(Refusal::new("InvalidTag", 400, message));
        }
        if set.insert(key, value).is_some() {
            let message = "Cannot provide multiple Tags with the same key";
            return Err(Refusal::new("InvalidTag", 400, message));
        }
    }
    if count > max {
        let message = format!("Object tags cannot be greater than {max}");
        return Err(Refusal::new("BadRequest", 400, message));
    }
    Ok(set)
}

/// Reads the tags of `PutObject`: `a=b&c=d`, percent-encoded.
pub(super) fn from_query(text: Option<&str>) -> Result<BTreeMap<String, String>> {
    let wrong = || {
        let message = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL \
            query parameters without tag name duplicates.";
        Refusal::new("InvalidArgument", 400, message)
    };
    let mut tags = Vec::new();
    for pair in text.unwrap_or("").split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (decode(key, true), decode(value, true));
        let (key, value) = key.zip(value).ok_or_else(wrong)?;
        tags.push(Tag { key: key.into_owned(), value: value.into_owned() });
    }
    of_object(tags)
}

/// Objects have no tags of AWS's own.
fn of_object(tags: Vec<Tag>) -> Result<BTreeMap<String, String>> {
    if tags.iter().any(|tag| is_system_tag(&tag.key)) {
        let message = "Your TagKey cannot be prefixed with aws:";
        return Err(Refusal::new("InvalidTag", 400, message));
    }
    checked(tags, OBJECT_TAGS_MAX)
}

fn shown(tags: &BTreeMap<String, String>) -> Value {
    let tag = |(key, value): (&String, &String)| json!({"Key": key, "Value": value});
    tags.iter().map(tag).collect()
}

/// Who is no service writes AWS's own tags as they are, or none if there are none (CFN-TG-03).
fn system_tags_stay(
    asked_by: Option<ServiceName>,
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Result<()> {
    let held = |(key, value): (&String, &String), by: &BTreeMap<String, String>| {
        may_tag(asked_by, key) || by.get(key) == Some(value)
    };
    let message = if !after.iter().all(|tag| held(tag, before)) {
        "System tags cannot be added/updated by requester"
    } else if !before.iter().all(|tag| held(tag, after)) {
        "System tags cannot be removed by requester"
    } else {
        return Ok(());
    };
    Err(Refusal::new("InvalidTag", 400, message))
}

pub(super) fn put_bucket(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: PutBucket = input("PutBucketTagging", value)?;
    let tags = checked(asked.tagging.tag_set, BUCKET_TAGS_MAX)?;
    let asked_by = cx.asked_by;
    state.change(cx, &asked.bucket, |settings| {
        system_tags_stay(asked_by, &settings.tags, &tags)?;
        settings.tags = tags;
        Ok(())
    })?;
    nothing()
}

pub(super) fn get_bucket(
    state: &mut State,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("GetBucketTagging", value)?;
    let tags = &state.bucket(&asked.bucket)?.settings.tags;
    if tags.is_empty() {
        return Err(ApiError::new("NoSuchTagSet", 404, "The TagSet does not exist"));
    }
    Ok(json!({"TagSet": shown(tags)}))
}

pub(super) fn delete_bucket(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("DeleteBucketTagging", value)?;
    let asked_by = cx.asked_by;
    state.change(cx, &asked.bucket, |settings| {
        settings.tags.retain(|key, _| !may_tag(asked_by, key));
        Ok(())
    })?;
    nothing()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutObject {
    bucket: String,
    key: String,
    version_id: Option<String>,
    tagging: TagSet,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ObjectOnly {
    bucket: String,
    key: String,
    version_id: Option<String>,
}

pub(super) fn put_object(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: PutObject = input("PutObjectTagging", value)?;
    let tags = of_object(asked.tagging.tag_set)?;
    set(state, cx, &asked.bucket, &asked.key, asked.version_id.as_deref(), tags)
}

pub(super) fn delete_object(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: ObjectOnly = input("DeleteObjectTagging", value)?;
    let none = BTreeMap::new();
    set(state, cx, &asked.bucket, &asked.key, asked.version_id.as_deref(), none)
}

fn set(
    state: &mut State,
    cx: &mut Cx<'_>,
    bucket: &str,
    key: &str,
    version_id: Option<&str>,
    tags: BTreeMap<String, String>,
) -> Result<Value, ApiError> {
    let bucket = state.bucket_mut(bucket)?;
    let index = position(bucket, key, version_id)?;
    let mut id = String::new();
    let object = bucket.objects.get_mut(key);
    if let Some(version) = object.and_then(|object| object.versions.get_mut(index)) {
        id.clone_from(&version.id);
        if let Some(content) = &mut version.content {
            content.tags = tags;
            content.prepare(version.modified);
        }
    }
    bucket.store_object(cx, key);
    Ok(with_version(json!({}), bucket, &id))
}

pub(super) fn get_object(
    state: &mut State,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: ObjectOnly = input("GetObjectTagging", value)?;
    let bucket = state.bucket(&asked.bucket)?;
    let index = position(bucket, &asked.key, asked.version_id.as_deref())?;
    let version = bucket.objects.get(&asked.key).and_then(|object| object.versions.get(index));
    let content = version.and_then(|version| version.content.as_ref());
    let tags = content.map_or_else(|| json!([]), |content| shown(&content.tags));
    let id = version.map_or("", |version| version.id.as_str());
    Ok(with_version(json!({"TagSet": tags}), bucket, id))
}

/// Where a version with content is among the versions of its key.
fn position(bucket: &Bucket, key: &str, version_id: Option<&str>) -> Result<usize> {
    let object = bucket.objects.get(key).ok_or_else(|| no_such_key(key))?;
    let index = match version_id {
        Some(id) => object
            .versions
            .iter()
            .position(|version| version.id == id)
            .ok_or_else(|| no_such_version(key, id))?,
        None => object.versions.len().saturating_sub(1),
    };
    match object.versions.get(index).map(|version| &version.content) {
        Some(Some(_)) => Ok(index),
        _ => Err(no_such_key(key)),
    }
}
