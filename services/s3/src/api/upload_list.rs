//! `ListParts` and `ListMultipartUploads`.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use super::bucket::owner_id;
use super::list::{EncodingType, Show};
use super::upload::find;
use super::{present, quoted};
use crate::error::{Refusal, Result, invalid_argument};
use crate::state::{Part, State, Upload};

/// Most entries of one answer.
const ENTRIES_MAX: usize = 1000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Parts {
    bucket: String,
    key: String,
    upload_id: String,
    max_parts: Option<i64>,
    part_number_marker: Option<i64>,
}

pub(super) fn parts(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Parts = input("ListParts", value)?;
    let upload = find(state.bucket(&asked.bucket)?, &asked.key, &asked.upload_id)?;
    let max = limit(asked.max_parts, "max-parts")?;
    let marker = asked.part_number_marker.unwrap_or(0);
    let after = u16::try_from(marker).map_err(|_| {
        let message = "Provided part-number-marker not an integer or within integer range";
        invalid_argument(message, "part-number-marker", &marker.to_string())
    })?;
    let mut found = upload.parts.range(after.saturating_add(1)..);
    let page: Vec<(&u16, &Part)> = found.by_ref().take(max).collect();
    let more = found.next().is_some();
    let shown = |(number, part): &(&u16, &Part)| {
        json!({
            "PartNumber": number,
            "LastModified": part.modified.iso8601(),
            "ETag": quoted(&part.etag),
            "Size": part.length,
        })
    };
    let owner = json!({"ID": owner_id(&cx.env.account)});
    Ok(json!({
        "Bucket": asked.bucket,
        "Key": asked.key,
        "UploadId": asked.upload_id,
        "PartNumberMarker": marker,
        "NextPartNumberMarker": page.last().map_or(0, |(number, _)| **number),
        "MaxParts": max,
        "IsTruncated": more,
        "Parts": page.iter().map(shown).collect::<Vec<_>>(),
        "Initiator": owner,
        "Owner": owner,
        "StorageClass": upload.making.storage_class.as_deref().unwrap_or("STANDARD"),
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Uploads {
    bucket: String,
    prefix: Option<String>,
    key_marker: Option<String>,
    upload_id_marker: Option<String>,
    max_uploads: Option<i64>,
    encoding_type: Option<EncodingType>,
}

/// By key, those of one key in the order they began in.
pub(super) fn uploads(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Uploads = input("ListMultipartUploads", value)?;
    let bucket = state.bucket(&asked.bucket)?;
    let max = limit(asked.max_uploads, "max-uploads")?;
    let show = Show { encoded: asked.encoding_type.is_some() };
    let prefix = asked.prefix.as_deref().unwrap_or("");
    let mut all: Vec<(&String, &Upload)> =
        bucket.uploads.iter().filter(|(_, upload)| upload.key.starts_with(prefix)).collect();
    all.sort_by_key(|(id, upload)| (upload.key.as_str(), upload.initiated, id.as_str()));
    let key_marker = asked.key_marker.as_deref();
    let id_marker = asked.upload_id_marker.as_deref().filter(|_| key_marker.is_some());
    let at_marker = |(id, upload): &(&String, &Upload)| {
        Some(upload.key.as_str()) == key_marker && Some(id.as_str()) == id_marker
    };
    let start = match (key_marker, all.iter().position(at_marker)) {
        (None, _) => 0,
        (Some(_), Some(at)) => at + 1,
        (Some(marker), None) => all.partition_point(|(_, upload)| upload.key.as_str() <= marker),
    };
    let page = &all[start..(start + max).min(all.len())];
    let next = page.last().filter(|_| start + page.len() < all.len());
    let owner = json!({"ID": owner_id(&cx.env.account)});
    let shown = |(id, upload): &(&String, &Upload)| {
        json!({
            "UploadId": id,
            "Key": show.key(&upload.key),
            "Initiated": upload.initiated.iso8601(),
            "StorageClass": upload.making.storage_class.as_deref().unwrap_or("STANDARD"),
            "Owner": owner,
            "Initiator": owner,
        })
    };
    Ok(present(json!({
        "Bucket": asked.bucket,
        "KeyMarker": show.key(key_marker.unwrap_or("")),
        "UploadIdMarker": id_marker.unwrap_or(""),
        "NextKeyMarker": next.map(|(_, upload)| show.key(&upload.key)),
        "NextUploadIdMarker": next.map(|(id, _)| id),
        "Prefix": asked.prefix.as_deref().map(|prefix| show.key(prefix)),
        "EncodingType": show.encoded.then_some("url"),
        "MaxUploads": max,
        "IsTruncated": next.is_some(),
        "Uploads": page.iter().map(shown).collect::<Vec<_>>(),
    })))
}

fn limit(asked: Option<i64>, name: &str) -> Result<usize, Refusal> {
    let Some(asked) = asked else { return Ok(ENTRIES_MAX) };
    let wrong = |_| {
        let message = format!("Argument {name} must be an integer between 0 and 2147483647");
        invalid_argument(message, name, &asked.to_string())
    };
    usize::try_from(asked).map(|max| max.min(ENTRIES_MAX)).map_err(wrong)
}
