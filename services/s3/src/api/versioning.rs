//! `PutBucketVersioning` and `GetBucketVersioning` (S3-VER-01).

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use super::{BucketOnly, nothing};
use crate::error::Result;
use crate::state::{State, Versioning};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Put {
    bucket: String,
    versioning_configuration: Configuration,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Configuration {
    status: Status,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum Status {
    Enabled,
    Suspended,
}

pub(super) fn put(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Put = input("PutBucketVersioning", value)?;
    state.change(cx, &asked.bucket, |settings| {
        settings.versioning = match asked.versioning_configuration.status {
            Status::Enabled => Versioning::Enabled,
            Status::Suspended => Versioning::Suspended,
        };
        Ok(())
    })?;
    nothing()
}

pub(super) fn get(state: &mut State, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("GetBucketVersioning", value)?;
    Ok(match state.bucket(&asked.bucket)?.settings.versioning {
        Versioning::Never => json!({}),
        Versioning::Enabled => json!({"Status": "Enabled"}),
        Versioning::Suspended => json!({"Status": "Suspended"}),
    })
}
