//! `PublishVersion`: a version is what `$LATEST` was when it was published, for good.

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value};

use super::name::Named;
use super::{read, show};
use crate::Lambda;
use crate::error::{conflict, invalid, stale_revision};
use crate::state::Config;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Publish {
    function_name: String,
    #[serde(rename = "CodeSha256")]
    code_sha256: Option<String>,
    description: Option<String>,
    revision_id: Option<String>,
}

pub(super) fn publish(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Publish = read("PublishVersion", value)?;
    let named = Named::read(&asked.function_name, None)?;
    let latest = &lambda.named(cx, &named)?.latest;
    if asked.revision_id.is_some_and(|revision| revision != latest.revision) {
        return Err(stale_revision());
    }
    if let Some(sha256) = asked.code_sha256
        && sha256 != latest.code.sha256
    {
        let message = format!(
            "CodeSHA256 ({sha256}) is different from current CodeSHA256 in $LATEST ({}). Please \
             try again with the CodeSHA256 in $LATEST.",
            latest.code.sha256
        );
        return Err(invalid(message));
    }
    if latest.settles > cx.now && !latest.new {
        let message = "The operation cannot be performed at this time. An update is in progress \
                       for resource";
        return Err(conflict(message));
    }
    let version = publish_now(lambda, cx, &named.name, asked.description)?;
    let function = lambda.named(cx, &named)?;
    function.store(cx);
    let config = function.version(&version).unwrap_or(&function.latest);
    Ok(show::configuration(cx, function, config, Some(&version)))
}

/// The new version's number; without a change since the last one, that one's.
pub(super) fn publish_now(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    name: &str,
    description: Option<String>,
) -> Result<String, ApiError> {
    let named = Named { name: name.to_owned(), qualifier: None };
    let function = lambda.named_mut(cx, &named)?;
    if let Some((number, last)) = function.versions.last_key_value()
        && same(last, &function.latest)
    {
        return Ok(number.to_string());
    }
    let number = function.next_version;
    function.next_version += 1;
    let mut config = function.latest.clone();
    config.version = number.to_string();
    if let Some(description) = description {
        config.description = description;
    }
    function.versions.insert(number, config);
    Ok(number.to_string())
}

fn same(version: &Config, latest: &Config) -> bool {
    version.generation == latest.generation
}
