//! `ListObjectsV2`, `ListObjects`, `ListObjectVersions`.

use std::borrow::Cow;

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use super::bucket::owner_id;
use super::{present, quoted};
use crate::data::encode;
use crate::data::listing::{Ask, Entry, KEYS_MAX, Page, page, read_token, token};
use crate::error::{Refusal, Result, invalid_argument};
use crate::state::State;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Second {
    bucket: String,
    prefix: Option<String>,
    delimiter: Option<String>,
    max_keys: Option<i64>,
    start_after: Option<String>,
    continuation_token: Option<String>,
    #[serde(default)]
    fetch_owner: bool,
    encoding_type: Option<EncodingType>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum EncodingType {
    Url,
}

pub(super) fn second(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Second = input("ListObjectsV2", value)?;
    let bucket = state.bucket(&asked.bucket)?;
    let after = match &asked.continuation_token {
        Some(token) => Some(read_token(token)?),
        None => asked.start_after.clone(),
    };
    let max = max_keys(asked.max_keys)?;
    let page = page(&bucket.objects, &ask(&asked.prefix, &asked.delimiter, after.as_deref(), max));
    let show = Show { encoded: asked.encoding_type.is_some() };
    let owner = asked.fetch_owner.then(|| owner_id(&cx.env.account));
    Ok(present(json!({
        "Name": asked.bucket,
        "Prefix": show.key(asked.prefix.as_deref().unwrap_or("")),
        "Delimiter": asked.delimiter.as_deref().map(|by| show.key(by)),
        "StartAfter": asked.start_after.as_deref().map(|start| show.key(start)),
        "ContinuationToken": asked.continuation_token,
        "NextContinuationToken": page.next.map(token),
        "KeyCount": page.entries.len() + page.prefixes.len(),
        "MaxKeys": max,
        "EncodingType": show.encoded.then_some("url"),
        "IsTruncated": page.next.is_some(),
        "Contents": show.contents(&page, owner.as_deref()),
        "CommonPrefixes": show.prefixes(&page),
    })))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct First {
    bucket: String,
    prefix: Option<String>,
    delimiter: Option<String>,
    max_keys: Option<i64>,
    marker: Option<String>,
    encoding_type: Option<EncodingType>,
}

pub(super) fn first(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: First = input("ListObjects", value)?;
    let bucket = state.bucket(&asked.bucket)?;
    let max = max_keys(asked.max_keys)?;
    let ask = ask(&asked.prefix, &asked.delimiter, asked.marker.as_deref(), max);
    let page = page(&bucket.objects, &ask);
    let show = Show { encoded: asked.encoding_type.is_some() };
    let owner = owner_id(&cx.env.account);
    let next = page.next.filter(|_| asked.delimiter.is_some());
    Ok(present(json!({
        "Name": asked.bucket,
        "Prefix": show.key(asked.prefix.as_deref().unwrap_or("")),
        "Delimiter": asked.delimiter.as_deref().map(|by| show.key(by)),
        "Marker": show.key(asked.marker.as_deref().unwrap_or("")),
        "NextMarker": next.map(|next| show.key(next)),
        "MaxKeys": max,
        "EncodingType": show.encoded.then_some("url"),
        "IsTruncated": page.next.is_some(),
        "Contents": show.contents(&page, Some(&owner)),
        "CommonPrefixes": show.prefixes(&page),
    })))
}

fn ask<'a>(
    prefix: &'a Option<String>,
    delimiter: &'a Option<String>,
    after: Option<&'a str>,
    max: usize,
) -> Ask<'a> {
    Ask {
        prefix: Cow::Borrowed(prefix.as_deref().unwrap_or("")),
        delimiter: delimiter.as_deref().filter(|by| !by.is_empty()).map(Cow::Borrowed),
        after: after.map(Cow::Borrowed),
        max,
    }
}

fn max_keys(asked: Option<i64>) -> Result<usize, Refusal> {
    let Some(asked) = asked else { return Ok(KEYS_MAX) };
    let wrong = |_| {
        let message = "Argument maxKeys must be an integer between 0 and 2147483647";
        invalid_argument(message, "maxKeys", &asked.to_string())
    };
    usize::try_from(asked).map(|max| max.min(KEYS_MAX)).map_err(wrong)
}

/// How keys are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Show {
    pub(super) encoded: bool,
}

impl Show {
    pub(super) fn key(self, key: &str) -> String {
        if self.encoded { encode(key) } else { key.to_owned() }
    }

    fn contents(self, page: &Page<'_>, owner: Option<&str>) -> Vec<Value> {
        let shown = |entry: &Entry<'_>| {
            present(json!({
                "Key": self.key(entry.key),
                "LastModified": entry.version.modified.iso8601(),
                "ETag": quoted(&entry.content.etag),
                "Size": entry.content.length,
                "StorageClass": entry.content.storage_class.as_deref().unwrap_or("STANDARD"),
                "Owner": owner.map(|id| json!({"ID": id})),
            }))
        };
        page.entries.iter().map(shown).collect()
    }

    fn prefixes(self, page: &Page<'_>) -> Option<Vec<Value>> {
        let shown = |prefix: &&str| json!({"Prefix": self.key(prefix)});
        (!page.prefixes.is_empty()).then(|| page.prefixes.iter().map(shown).collect())
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Versions {
    bucket: String,
    prefix: Option<String>,
    max_keys: Option<i64>,
    key_marker: Option<String>,
    version_id_marker: Option<String>,
    encoding_type: Option<EncodingType>,
}

/// Keys in order, the newest version of each first.
pub(super) fn versions(
    state: &mut State,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Versions = input("ListObjectVersions", value)?;
    let bucket = state.bucket(&asked.bucket)?;
    let max = max_keys(asked.max_keys)?;
    let show = Show { encoded: asked.encoding_type.is_some() };
    let prefix = asked.prefix.as_deref().unwrap_or("");
    let (key_marker, id_marker) = (asked.key_marker.as_deref(), asked.version_id_marker.as_deref());
    let (mut versions, mut markers) = (Vec::new(), Vec::new());
    let mut next = None;
    let mut last = None;
    let mut behind = key_marker.is_none();
    'keys: for (key, object) in bucket.objects.iter().filter(|(key, _)| key.starts_with(prefix)) {
        if key_marker.is_some_and(|marker| key.as_str() < marker) {
            continue;
        }
        let at_marker = key_marker == Some(key.as_str());
        if at_marker && id_marker.is_none() {
            continue;
        }
        behind |= !at_marker;
        for (index, version) in object.versions.iter().rev().enumerate() {
            if !behind {
                behind = id_marker == Some(version.id.as_str());
                continue;
            }
            if versions.len() + markers.len() == max {
                next = last;
                break 'keys;
            }
            let shown = json!({
                "Key": show.key(key),
                "VersionId": version.id,
                "IsLatest": index == 0,
                "LastModified": version.modified.iso8601(),
                "ETag": version.content.as_ref().map(|content| quoted(&content.etag)),
                "Size": version.content.as_ref().map(|content| content.length),
            });
            match version.content {
                Some(_) => versions.push(present(shown)),
                None => markers.push(present(shown)),
            }
            last = Some((key, &version.id));
        }
    }
    Ok(present(json!({
        "Name": asked.bucket,
        "Prefix": show.key(prefix),
        "EncodingType": show.encoded.then_some("url"),
        "KeyMarker": show.key(key_marker.unwrap_or("")),
        "VersionIdMarker": id_marker.unwrap_or(""),
        "NextKeyMarker": next.map(|(key, _)| show.key(key)),
        "NextVersionIdMarker": next.map(|(_, id)| id),
        "MaxKeys": max,
        "IsTruncated": next.is_some(),
        "Versions": versions,
        "DeleteMarkers": markers,
    })))
}
