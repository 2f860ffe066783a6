//! Multipart uploads: `CreateMultipartUpload`, `UploadPart`, `UploadPartCopy`,
//! `CompleteMultipartUpload`, `AbortMultipartUpload` (S3-PUT-05).

use std::collections::BTreeMap;

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use super::body::{Sent, Stored, WriteConditions};
use super::copy::{Source, SourceConditions};
use super::put::{Described, etag, shown, with_version, write};
use super::{nothing, present, quoted};
use crate::data::range;
use crate::error::{Refusal, Result, invalid_argument, invalid_request};
use crate::state::{Bucket, Content, Encryption, Part, State, Upload, blob_hex};

/// Highest number of a part.
const PARTS_MAX: u16 = 10_000;
/// Smallest part but the last, in bytes.
const PART_BYTES_MIN: u64 = 5 * 1024 * 1024;

pub(super) fn create(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
    let asked: Described = input("CreateMultipartUpload", value)?;
    let bucket = state.bucket_mut(&asked.bucket)?;
    let name = asked.bucket.clone();
    let key = asked.key.clone();
    let making = asked.making(&bucket.settings)?;
    let id = cx.rng.text(96, ALPHABET);
    let mut answer = made_with(&making.encryption, making.bucket_key);
    answer["Bucket"] = json!(name);
    answer["Key"] = json!(key);
    answer["UploadId"] = json!(id);
    let upload = Upload { key, initiated: cx.now, making, parts: BTreeMap::new() };
    bucket.uploads.insert(id.clone(), upload);
    bucket.store_upload(cx, &id);
    Ok(answer)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OnePart {
    bucket: String,
    key: String,
    upload_id: String,
    part_number: i64,
}

pub(super) fn part(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let mut value = value.clone();
    let sent = Sent::take("UploadPart", &mut value)?;
    let asked: OnePart = input("UploadPart", &value)?;
    let bucket = state.bucket_mut(&asked.bucket)?;
    let number = part_number(asked.part_number)?;
    find(bucket, &asked.key, &asked.upload_id)?;
    let stored = sent.checked()?;
    Ok(keep(cx, bucket, &asked.upload_id, number, stored)?.1)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CopiedPart {
    bucket: String,
    key: String,
    upload_id: String,
    part_number: i64,
    copy_source: String,
    /// `bytes=0-9`
    copy_source_range: Option<String>,
    /// As whoever called has cut it out.
    standin: Option<Stored>,
}

pub(super) fn part_copy(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let mut value = value.clone();
    let conditions = SourceConditions::take("UploadPartCopy", &mut value)?;
    let asked: CopiedPart = input("UploadPartCopy", &value)?;
    find(state.bucket(&asked.bucket)?, &asked.key, &asked.upload_id)?;
    let number = part_number(asked.part_number)?;
    let source = Source::read(&asked.copy_source)?;
    let found = source.find(state)?;
    conditions.check(&found)?;
    let Some(stored) = asked.standin else {
        return Ok(to_cut(&found.content, asked.copy_source_range.as_deref())?);
    };
    let bucket = state.bucket_mut(&asked.bucket)?;
    let (part, made) = keep(cx, bucket, &asked.upload_id, number, stored)?;
    let mut answer = made;
    if let Some(members) = answer.as_object_mut() {
        members.remove("ETag");
    }
    let result = json!({"ETag": quoted(&part.etag), "LastModified": part.modified.iso8601()});
    answer["CopyPartResult"] = result;
    answer["CopySourceVersionId"] = json!(found.shown_version());
    Ok(present(answer))
}

/// Which bytes of the source a part is to be made from.
fn to_cut(content: &Content, asked: Option<&str>) -> Result<Value> {
    let (offset, length) = match asked {
        None => (0, content.length),
        Some(text) => {
            let wrong = || {
                let message = "The x-amz-copy-source-range value must be of the form \
                    bytes=first-last where first and last are the zero-based offsets of the first \
                    and last bytes to copy";
                invalid_argument(message, "x-amz-copy-source-range", text)
            };
            let last = text.rsplit_once('-').and_then(|(_, last)| last.parse::<u64>().ok());
            let last = last.ok_or_else(wrong)?;
            match range::part(text, content.length) {
                range::Part::Bytes { offset, length } if offset + length > last => (offset, length),
                range::Part::Whole => return Err(wrong()),
                _ => {
                    let message = format!(
                        "Range specified is not valid for source object of size: {}",
                        content.length
                    );
                    return Err(invalid_argument(message, "x-amz-copy-source-range", text));
                }
            }
        }
    };
    let blob = blob_hex::text(content.blob);
    Ok(json!({"Standin": {"Join": [{"Blob": blob, "Offset": offset, "Length": length}]}}))
}

/// Takes a part in, instead of one of the same number; gives the answer's members too.
fn keep(
    cx: &mut Cx<'_>,
    bucket: &mut Bucket,
    id: &str,
    number: u16,
    stored: Stored,
) -> Result<(Part, Value)> {
    let upload = bucket.uploads.get_mut(id).ok_or_else(no_such_upload)?;
    let checksum = stored.checksum.clone();
    let making = &upload.making;
    let part = Part {
        blob: stored.blob,
        length: stored.length,
        etag: etag(cx, &making.encryption, stored.etag.clone()),
        md5: stored.etag,
        modified: cx.now,
    };
    let mut answer = made_with(&making.encryption, making.bucket_key);
    answer["ETag"] = json!(quoted(&part.etag));
    if let Some(checksum) = checksum {
        answer[format!("Checksum{}", checksum.algorithm)] = json!(checksum.value);
    }
    upload.parts.insert(number, part.clone());
    bucket.store_part(cx, id, number);
    Ok((part, answer))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Complete {
    bucket: String,
    key: String,
    upload_id: String,
    #[serde(default)]
    multipart_upload: Listed,
    mpu_object_size: Option<u64>,
    /// As whoever called has put the parts together; the MD5 is that of all the parts' MD5s.
    standin: Option<Stored>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Listed {
    #[serde(default)]
    parts: Vec<ListedPart>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListedPart {
    #[serde(rename = "ETag")]
    etag: Option<String>,
    part_number: i64,
}

pub(super) fn complete(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let mut value = value.clone();
    let conditions = WriteConditions::take("CompleteMultipartUpload", &mut value)?;
    let asked: Complete = input("CompleteMultipartUpload", &value)?;
    let bucket = state.bucket_mut(&asked.bucket)?;
    let upload = find(bucket, &asked.key, &asked.upload_id)?;
    let parts = listed(upload, &asked.multipart_upload.parts)?;
    let size: u64 = parts.iter().map(|part| part.length).sum();
    if asked.mpu_object_size.is_some_and(|said| said != size) {
        let said = asked.mpu_object_size.unwrap_or_default();
        let message = format!(
            "The provided 'x-amz-mp-object-size' header value {said} does not match what was \
             computed: {size}"
        );
        return Err(invalid_request(message).into());
    }
    conditions.check(bucket, &asked.key)?;
    let Some(stored) = asked.standin else {
        let join: Vec<Value> = parts.iter().map(|part| to_join(part)).collect();
        return Ok(json!({"Standin": {"Join": join}}));
    };
    let lengths: Vec<u64> = parts.iter().map(|part| part.length).collect();
    let making = upload.making.clone();
    let etag = format!("{}-{}", etag(cx, &making.encryption, stored.etag), lengths.len());
    let mut content = making.content(stored.blob, stored.length, etag);
    content.parts = lengths;
    let mut answer = shown(&content);
    let version = write(cx, bucket, &asked.key, Some(content));
    bucket.end_upload(cx, &asked.upload_id);
    let settings = &bucket.settings;
    let host = crate::data::endpoint::regional(&settings.name, &settings.region);
    answer["Location"] = json!(format!("https://{host}/{}", crate::data::encode(&asked.key)));
    answer["Bucket"] = json!(asked.bucket);
    answer["Key"] = json!(asked.key);
    Ok(with_version(answer, bucket, &version))
}

fn to_join(part: &Part) -> Value {
    let blob = blob_hex::text(part.blob);
    json!({"Blob": blob, "Offset": 0, "Length": part.length, "MD5": part.md5})
}

/// The parts an object is to be made of, as the caller lists them.
fn listed<'u>(upload: &'u Upload, asked: &[ListedPart]) -> Result<Vec<&'u Part>> {
    if asked.is_empty() {
        let message = "The XML you provided was not well-formed or did not validate against our \
            published schema";
        return Err(Refusal::new("MalformedXML", 400, message));
    }
    if !asked.is_sorted_by(|one, next| one.part_number < next.part_number) {
        let message = "The list of parts was not in ascending order. Parts must be ordered by \
            part number.";
        return Err(Refusal::new("InvalidPartOrder", 400, message));
    }
    let mut parts = Vec::new();
    for one in asked {
        let number = u16::try_from(one.part_number).ok();
        let found = number.and_then(|number| upload.parts.get(&number));
        let same = |part: &&Part| match &one.etag {
            None => true,
            Some(etag) => etag.trim_matches('"') == part.etag,
        };
        let invalid = || {
            let message = "One or more of the specified parts could not be found.  The part may \
                not have been uploaded, or the specified entity tag may not match the part's \
                entity tag.";
            Refusal::new("InvalidPart", 400, message)
                .detail("PartNumber", one.part_number.to_string())
        };
        parts.push(found.filter(same).ok_or_else(invalid)?);
    }
    let (_, all_but_last) = parts.split_last().ok_or_else(no_such_upload)?;
    if let Some(small) = all_but_last.iter().find(|part| part.length < PART_BYTES_MIN) {
        let message = "Your proposed upload is smaller than the minimum allowed size";
        return Err(Refusal::new("EntityTooSmall", 400, message)
            .detail("ProposedSize", small.length.to_string())
            .detail("MinSizeAllowed", PART_BYTES_MIN.to_string()));
    }
    Ok(parts)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Abort {
    bucket: String,
    key: String,
    upload_id: String,
}

pub(super) fn abort(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Abort = input("AbortMultipartUpload", value)?;
    let bucket = state.bucket_mut(&asked.bucket)?;
    find(bucket, &asked.key, &asked.upload_id)?;
    bucket.end_upload(cx, &asked.upload_id);
    nothing()
}

/// The upload, if it is for this key.
pub(super) fn find<'b>(bucket: &'b Bucket, key: &str, id: &str) -> Result<&'b Upload> {
    bucket.uploads.get(id).filter(|upload| upload.key == key).ok_or_else(no_such_upload)
}

pub(super) fn no_such_upload() -> Refusal {
    let message = "The specified upload does not exist. The upload ID may be invalid, or the \
        upload may have been aborted or completed.";
    Refusal::new("NoSuchUpload", 404, message)
}

fn part_number(asked: i64) -> Result<u16> {
    let number = u16::try_from(asked).ok().filter(|number| (1..=PARTS_MAX).contains(number));
    number.ok_or_else(|| {
        let message = "Part number must be an integer between 1 and 10000, inclusive";
        invalid_argument(message, "partNumber", &asked.to_string())
    })
}

fn made_with(encryption: &Encryption, bucket_key: bool) -> Value {
    present(json!({
        "ServerSideEncryption": encryption.algorithm(),
        "SSEKMSKeyId": encryption.key(),
        "BucketKeyEnabled": bucket_key.then_some(true),
    }))
}
