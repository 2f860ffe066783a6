//! Function URLs made, changed and deleted (LAM-UR-01, LAM-UR-06).

use serde::Deserialize;
use standin_kernel::{ApiError, Cx, Value, ids, json};

use super::name::Named;
use super::{nothing, present, read};
use crate::Lambda;
use crate::error::{conflict, invalid, not_found, validation};
use crate::state::{Cors, LATEST, Url};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Given {
    function_name: String,
    qualifier: Option<String>,
    auth_type: Option<String>,
    cors: Option<Cors>,
    invoke_mode: Option<String>,
}

impl Given {
    fn named(&self) -> Result<Named, ApiError> {
        let named = Named::read(&self.function_name, self.qualifier.as_deref())?;
        let version = |one: &str| one == LATEST || one.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(qualifier) = named.qualifier.as_deref().filter(|one| version(one)) {
            let constraint =
                "Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)";
            return Err(validation(qualifier, "qualifier", constraint));
        }
        if self.invoke_mode.as_deref() == Some("RESPONSE_STREAM") {
            return Err(invalid("Standin does not support InvokeMode RESPONSE_STREAM"));
        }
        Ok(named)
    }

    /// Whether callers must sign, if it says so.
    fn iam(&self) -> Result<Option<bool>, ApiError> {
        match self.auth_type.as_deref() {
            None => Ok(None),
            Some("AWS_IAM") => Ok(Some(true)),
            Some("NONE") => Ok(Some(false)),
            Some(other) => {
                let constraint = "Member must satisfy enum value set: [NONE, AWS_IAM]";
                Err(validation(other, "authType", constraint))
            }
        }
    }
}

pub(super) fn create(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Given = read("CreateFunctionUrlConfig", value)?;
    let named = asked.named()?;
    let Some(iam) = asked.iam()? else {
        return Err(validation("null", "authType", "Member must not be null"));
    };
    let (arn, id) = (named.arn(cx), ids::lower(cx.rng, 32));
    let qualifier = named.qualifier.clone().unwrap_or_default();
    let now = cx.now;
    let function = lambda.named_mut(cx, &named)?;
    if function.urls.contains_key(&qualifier) {
        return Err(conflict(format!(
            "Failed to create function url config for [functionArn = {arn}]. Error message: \
             FunctionUrlConfig exists for this Lambda function"
        )));
    }
    let url = Url { id, function_arn: arn, iam, cors: asked.cors, created: now, modified: now };
    let shown = show(cx, &url);
    function.urls.insert(qualifier, url);
    function.store(cx);
    Ok(shown)
}

pub(super) fn show(cx: &Cx<'_>, url: &Url) -> Value {
    present(json!({
        "FunctionUrl": format!("https://{}/", host(cx, url)),
        "FunctionArn": url.function_arn,
        "AuthType": if url.iam { "AWS_IAM" } else { "NONE" },
        "Cors": url.cors,
        "CreationTime": url.created.iso8601(),
        "LastModifiedTime": url.modified.iso8601(),
        "InvokeMode": "BUFFERED",
    }))
}

fn host(cx: &Cx<'_>, url: &Url) -> String {
    format!("{}.lambda-url.{}.on.aws", url.id, cx.env.region)
}

fn no_url() -> ApiError {
    not_found("The resource you requested does not exist.")
}

pub(super) fn get(lambda: &mut Lambda, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Given = read("GetFunctionUrlConfig", value)?;
    let named = asked.named()?;
    let function = lambda.named(cx, &named)?;
    let url = function.urls.get(named.qualifier.as_deref().unwrap_or(""));
    url.map(|url| show(cx, url)).ok_or_else(no_url)
}

pub(super) fn update(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Given = read("UpdateFunctionUrlConfig", value)?;
    let named = asked.named()?;
    let iam = asked.iam()?;
    let now = cx.now;
    let function = lambda.named_mut(cx, &named)?;
    let url = function.urls.get_mut(named.qualifier.as_deref().unwrap_or(""));
    let url = url.ok_or_else(no_url)?;
    url.iam = iam.unwrap_or(url.iam);
    url.modified = now;
    if asked.cors.is_some() {
        url.cors = asked.cors;
    }
    let shown = show(cx, url);
    function.store(cx);
    Ok(shown)
}

pub(super) fn delete(
    lambda: &mut Lambda,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: Given = read("DeleteFunctionUrlConfig", value)?;
    let named = asked.named()?;
    let function = lambda.named_mut(cx, &named)?;
    let url = function.urls.remove(named.qualifier.as_deref().unwrap_or(""));
    url.ok_or_else(no_url)?;
    function.store(cx);
    nothing()
}
