//! The operations, by AWS's names. All of them are the account's own: a bucket policy guards the
//! data plane, not them.
//!
//! Bodies are not here. Whoever calls `PutObject` has stored the body before and names it in the
//! member `Standin: {Blob: SHA-256, Length: bytes, ETag: MD5}`; `GetObject` names it in the same
//! way. `CompleteMultipartUpload` and `UploadPartCopy` without that member answer what the body is
//! to be put together from, `Standin: {Join: [{Blob, Offset, Length, MD5}]}`, and are called again
//! with it. A service that delivers a log brings its text, and S3 stores that (`delivery`).

mod body;
mod bucket;
mod copy;
mod cors;
mod delivery;
mod list;
mod object;
mod policy;
mod put;
mod settings;
mod tagging;
mod upload;
mod upload_list;
mod versioning;
mod website;

use standin_kernel::{ApiError, Cx, Value, json};

use crate::error::Result;
use crate::state::State;

type Operation = fn(&mut State, &mut Cx<'_>, &Value) -> Result<Value, ApiError>;

/// Carries out an operation.
pub(crate) fn call(
    state: &mut State,
    cx: &mut Cx<'_>,
    operation: &str,
    input: &Value,
) -> Result<Value, ApiError> {
    let known = OPERATIONS.iter().find(|(name, _)| *name == operation);
    let (_, carry_out) = known.ok_or_else(|| ApiError::unsupported_operation("s3", operation))?;
    match addressed(cx, input)? {
        Some(rest) => carry_out(state, cx, &rest),
        None => carry_out(state, cx, input),
    }
}

/// Members that every operation takes: whose the buckets must be, and who pays. The input without
/// them, if there are any. All buckets are the account's own, and none lets its requesters pay.
fn addressed(cx: &Cx<'_>, input: &Value) -> Result<Option<Value>, ApiError> {
    const OWNERS: [&str; 2] = ["ExpectedBucketOwner", "ExpectedSourceBucketOwner"];
    let other = |owner: &str| input[owner].as_str().is_some_and(|owner| owner != cx.env.account);
    if OWNERS.into_iter().any(other) {
        return Err(crate::error::access_denied().into());
    }
    let mut rest = input.clone();
    let names = [OWNERS[0], OWNERS[1], "RequestPayer"];
    let payer = &input["RequestPayer"];
    if !payer.is_null() && payer != "requester" {
        let message = "The request payer must be requester";
        return Err(ApiError::new("InvalidArgument", 400, message));
    }
    let some = body::taken(&mut rest, &names).as_object().is_some_and(|taken| !taken.is_empty());
    Ok(some.then_some(rest))
}

const OPERATIONS: &[(&str, Operation)] = &[
    ("CreateBucket", bucket::create),
    ("DeleteBucket", bucket::delete),
    ("HeadBucket", bucket::head),
    ("ListBuckets", bucket::list),
    ("GetBucketLocation", bucket::location),
    ("PutObject", put::put),
    ("CopyObject", copy::copy),
    ("GetObject", object::get),
    ("HeadObject", object::head),
    ("DeleteObject", object::delete),
    ("DeleteObjects", object::delete_many),
    ("CreateMultipartUpload", upload::create),
    ("UploadPart", upload::part),
    ("UploadPartCopy", upload::part_copy),
    ("CompleteMultipartUpload", upload::complete),
    ("AbortMultipartUpload", upload::abort),
    ("ListParts", upload_list::parts),
    ("ListMultipartUploads", upload_list::uploads),
    ("ListObjects", list::first),
    ("ListObjectsV2", list::second),
    ("ListObjectVersions", list::versions),
    ("PutBucketPolicy", policy::put),
    ("GetBucketPolicy", policy::get),
    ("DeleteBucketPolicy", policy::delete),
    ("GetBucketPolicyStatus", policy::status),
    ("PutPublicAccessBlock", settings::put_public_access_block),
    ("GetPublicAccessBlock", settings::get_public_access_block),
    ("DeletePublicAccessBlock", settings::delete_public_access_block),
    ("PutBucketOwnershipControls", settings::put_ownership),
    ("GetBucketOwnershipControls", settings::get_ownership),
    ("DeleteBucketOwnershipControls", settings::delete_ownership),
    ("PutBucketAcl", settings::put_acl),
    ("PutBucketEncryption", settings::put_encryption),
    ("GetBucketEncryption", settings::get_encryption),
    ("DeleteBucketEncryption", settings::delete_encryption),
    ("PutBucketWebsite", website::put),
    ("GetBucketWebsite", website::get),
    ("DeleteBucketWebsite", website::delete),
    ("PutBucketCors", cors::put),
    ("GetBucketCors", cors::get),
    ("DeleteBucketCors", cors::delete),
    ("PutBucketVersioning", versioning::put),
    ("GetBucketVersioning", versioning::get),
    ("PutBucketTagging", tagging::put_bucket),
    ("GetBucketTagging", tagging::get_bucket),
    ("DeleteBucketTagging", tagging::delete_bucket),
    ("PutObjectTagging", tagging::put_object),
    ("GetObjectTagging", tagging::get_object),
    ("DeleteObjectTagging", tagging::delete_object),
];

/// Input of operations that only name a bucket.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct BucketOnly {
    bucket: String,
}

/// The output of operations that have nothing to say.
fn nothing() -> Result<Value, ApiError> {
    Ok(json!({}))
}

/// Drops the members of an object that are `null`.
fn present(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}

/// `"abc"`, as ETags are written.
fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}
