//! What S3 refuses and in which words (S3-GET-11): one value that both an SDK's error and the data
//! plane's XML or HTML are made from.

use std::borrow::Cow;

use standin_kernel::{ApiError, Time};

pub(crate) type Result<T, E = Refusal> = std::result::Result<T, E>;

/// A refusal, with what stands beside code and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    /// The HTTP status it travels with.
    pub(crate) status: u16,
    pub(crate) message: Cow<'static, str>,
    /// Further elements of the error document: `Key`, `BucketName`.
    pub(crate) details: Vec<(&'static str, String)>,
    /// Further response headers: `x-amz-delete-marker`.
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(
        code: &'static str,
        status: u16,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let message = message.into();
        Self { code, status, message, details: Vec::new(), headers: Vec::new() }
    }

    pub(crate) fn detail(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code, refusal.status, refusal.message)
    }
}

pub(crate) fn access_denied() -> Refusal {
    Refusal::new("AccessDenied", 403, "Access Denied")
}

pub(crate) fn no_such_bucket(bucket: &str) -> Refusal {
    Refusal::new("NoSuchBucket", 404, "The specified bucket does not exist")
        .detail("BucketName", bucket)
}

pub(crate) fn no_such_key(key: &str) -> Refusal {
    Refusal::new("NoSuchKey", 404, "The specified key does not exist.").detail("Key", key)
}

pub(crate) fn no_such_version(key: &str, version: &str) -> Refusal {
    Refusal::new("NoSuchVersion", 404, "The specified version does not exist.")
        .detail("Key", key)
        .detail("VersionId", version)
}

/// S3-GET-12
pub(crate) fn slow_down() -> Refusal {
    Refusal::new("SlowDown", 503, "Please reduce your request rate.")
}

/// S3-VER-02: the latest version is a delete marker.
pub(crate) fn deleted(key: &str, version: &str) -> Refusal {
    no_such_key(key).header("x-amz-delete-marker", "true").header("x-amz-version-id", version)
}

/// S3-VER-02: a delete marker asked for by its version.
pub(crate) fn is_delete_marker(method: &str, version: &str, modified: Time) -> Refusal {
    method_not_allowed(method, "DeleteMarker")
        .header("Allow", "DELETE")
        .header("Last-Modified", modified.http_date())
        .header("x-amz-delete-marker", "true")
        .header("x-amz-version-id", version)
}

/// `of` is what was asked: `OBJECT`, `BUCKET`.
pub(crate) fn method_not_allowed(method: &str, of: &str) -> Refusal {
    let message = "The specified method is not allowed against this resource.";
    Refusal::new("MethodNotAllowed", 405, message)
        .detail("Method", method)
        .detail("ResourceType", of)
}

pub(crate) fn precondition_failed(condition: &str) -> Refusal {
    let message = "At least one of the pre-conditions you specified did not hold";
    Refusal::new("PreconditionFailed", 412, message).detail("Condition", condition)
}

pub(crate) fn invalid_range(asked: &str, length: u64) -> Refusal {
    Refusal::new("InvalidRange", 416, "The requested range is not satisfiable")
        .detail("RangeRequested", asked)
        .detail("ActualObjectSize", length.to_string())
}

/// S3-GET-14
pub(crate) fn invalid_part_number(asked: &str, parts: usize) -> Refusal {
    Refusal::new("InvalidPartNumber", 416, "The requested partnumber is not satisfiable")
        .detail("PartNumberRequested", asked)
        .detail("ActualPartCount", parts.to_string())
}

pub(crate) fn invalid_request(message: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::new("InvalidRequest", 400, message)
}

pub(crate) fn invalid_argument(
    message: impl Into<Cow<'static, str>>,
    name: &str,
    value: &str,
) -> Refusal {
    Refusal::new("InvalidArgument", 400, message)
        .detail("ArgumentName", name)
        .detail("ArgumentValue", value)
}

/// S3-GET-07: a key has at most 1,024 bytes.
pub(crate) fn key_too_long(bytes: usize) -> Refusal {
    Refusal::new("KeyTooLongError", 400, "Your key is too long")
        .detail("Size", bytes.to_string())
        .detail("MaxSizeAllowed", KEY_BYTES_MAX.to_string())
}

/// S3-ACC-05
pub(crate) fn acl_not_supported() -> Refusal {
    Refusal::new("AccessControlListNotSupported", 400, "The bucket does not allow ACLs")
}

/// Legal on AWS, not built here.
pub(crate) fn not_built(what: &str) -> Refusal {
    Refusal::new("NotImplemented", 501, format!("{what} is not supported by Standin"))
}

/// Longest key, in bytes of its UTF-8 form.
pub(crate) const KEY_BYTES_MAX: usize = 1024;
