//! Where a function's code comes from: a zip in a bucket here, a zip that was sent, a template's
//! inline source, or what a hint says.

use serde::Deserialize;
use sha2::{Digest, Sha256};
use standin_kernel::function::FunctionCode;
use standin_kernel::{ApiError, Heard, Value};

use super::needs::object_heard;
use crate::error::invalid;
use crate::state::Code;
use standin_kernel::base64;

/// Largest code, unpacked, in bytes (LAM-FN-01).
const UNPACKED_BYTES_MAX: u64 = 262_144_000;
/// Largest zip that is sent with the call, in bytes.
const SENT_BYTES_MAX: u64 = 50 * 1024 * 1024;

/// The members about code, of `Code` and of `UpdateFunctionCode`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub(super) struct Given {
    pub(super) zip_file: Option<String>,
    pub(super) s3_bucket: Option<String>,
    pub(super) s3_key: Option<String>,
    /// Read where the object is asked for.
    pub(super) s3_object_version: Option<String>,
    /// A copy is made in any case.
    #[serde(rename = "S3ObjectStorageMode")]
    pub(super) s3_object_storage_mode: Option<String>,
    pub(super) image_uri: Option<String>,
    #[serde(rename = "SourceKMSKeyArn")]
    pub(super) source_kms_key_arn: Option<String>,
    pub(super) standin: Standin,
}

/// What stands for the code here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub(super) struct Standin {
    blob: Option<String>,
    length: u64,
    /// Of a zip that was sent, when it is known.
    unpacked: Option<u64>,
    source: Option<String>,
    /// The template's hint, which says where the code is.
    local: Value,
    /// The template's hint, which says other things only.
    hint: Value,
}

impl Given {
    /// The code, which must come from one place.
    pub(super) fn code(mut self, heard: &[Heard]) -> Result<Code, ApiError> {
        let hint = self.standin.hint.take();
        let code = self.found(heard)?;
        Ok(if hint.is_null() { code } else { Code { local: hint, ..code } })
    }

    fn found(self, heard: &[Heard]) -> Result<Code, ApiError> {
        if self.image_uri.is_some() {
            return Err(invalid("Standin does not run functions from container images"));
        }
        if self.source_kms_key_arn.is_some() {
            return Err(invalid("Standin keeps no code under a KMS key"));
        }
        let standin = self.standin;
        if !standin.local.is_null() {
            let text = standin.local.to_string();
            let sha256 = sha256(text.as_bytes());
            let source = FunctionCode::Local;
            return Ok(Code { source, local: standin.local, bytes: text.len() as u64, sha256 });
        }
        if let Some(source) = standin.source {
            let (bytes, sha256) = (source.len() as u64, sha256(source.as_bytes()));
            let source = FunctionCode::Source(source);
            return Ok(Code { source, local: Value::Null, bytes, sha256 });
        }
        if let Some(blob) = standin.blob {
            if standin.length > SENT_BYTES_MAX {
                return Err(crate::error::too_large(format!(
                    "Request must be smaller than {SENT_BYTES_MAX} bytes for the CreateFunction \
                     operation"
                )));
            }
            if standin.unpacked.is_some_and(|bytes| bytes > UNPACKED_BYTES_MAX) {
                let message =
                    format!("Unzipped size must be smaller than {UNPACKED_BYTES_MAX} bytes");
                return Err(invalid(message));
            }
            return Ok(archive(blob, standin.length));
        }
        match (object_heard(heard)?, self.zip_file) {
            (Some((blob, length)), _) => Ok(archive(blob, length)),
            (None, Some(_)) => Err(invalid(
                "Could not unzip uploaded file. Please check your \
                file, then try to upload again.",
            )),
            (None, None) => Err(invalid("Please provide a source for function code.")),
        }
    }
}

fn archive(blob: String, bytes: u64) -> Code {
    // A stored body is named by its SHA-256.
    let digest: Vec<u8> = blob
        .as_bytes()
        .chunks_exact(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let sha256 = base64::encode(&digest);
    Code { source: FunctionCode::Archive(blob), local: Value::Null, bytes, sha256 }
}

fn sha256(bytes: &[u8]) -> String {
    base64::encode(&Sha256::digest(bytes))
}
