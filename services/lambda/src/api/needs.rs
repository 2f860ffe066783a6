//! What has to be known before a function is made or changed: that its role lets Lambda assume it
//! (LAM-FN-04), and what its code's object is.

use standin_kernel::need::Answer;
use standin_kernel::{ApiError, Heard, Need, ServiceName, Value, json};

use crate::error::invalid;

/// The next thing to hear.
pub(crate) fn needs(operation: &str, input: &Value, heard: &[Heard]) -> Option<Need> {
    let code = match operation {
        "CreateFunction" => &input["Code"],
        "UpdateFunctionCode" => input,
        "UpdateFunctionConfiguration" => &Value::Null,
        _ => return None,
    };
    let role = role_name(input["Role"].as_str()).map(|name| Need::Reply {
        service: ServiceName::Platform,
        operation: "iam:GetRole".into(),
        input: json!({"RoleName": name}),
    });
    let object = object(code).map(|input| Need::Reply {
        service: ServiceName::S3,
        operation: "GetObject".into(),
        input,
    });
    role.into_iter().chain(object).nth(heard.len())
}

fn object(code: &Value) -> Option<Value> {
    let (bucket, key) = (code["S3Bucket"].as_str()?, code["S3Key"].as_str()?);
    let mut input = json!({"Bucket": bucket, "Key": key});
    if let Some(version) = code["S3ObjectVersion"].as_str() {
        input["VersionId"] = json!(version);
    }
    Some(input)
}

/// The name in `arn:aws:iam::123456789012:role/path/name`.
fn role_name(arn: Option<&str>) -> Option<&str> {
    let (_, path) = arn?.split_once(":role/")?;
    path.rsplit('/').next()
}

/// The reply of one service among what was heard.
fn reply(heard: &[Heard], of: ServiceName) -> Option<&Result<Value, ApiError>> {
    heard.iter().find_map(|one| match (&one.need, &one.answer) {
        (Need::Reply { service, .. }, Answer::Reply(reply)) if *service == of => Some(reply),
        _ => None,
    })
}

/// LAM-FN-04.
pub(super) fn check_role(role: &str, heard: &[Heard]) -> Result<(), ApiError> {
    if role_name(Some(role)).is_none() {
        let constraint = "Member must satisfy regular expression pattern: \
                          arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+";
        return Err(crate::error::validation(role, "role", constraint));
    }
    let trusts = match reply(heard, ServiceName::Platform) {
        Some(Ok(reply)) => trusts_lambda(&reply["Role"]["AssumeRolePolicyDocument"]),
        Some(Err(_)) => false,
        None => true,
    };
    if trusts {
        return Ok(());
    }
    Err(invalid("The role defined for the function cannot be assumed by Lambda."))
}

fn trusts_lambda(document: &Value) -> bool {
    // As a document, as text, or as text with escapes, like an SDK would read it.
    let text = document.as_str().map_or_else(|| document.to_string(), str::to_owned);
    text.contains("lambda.amazonaws.com")
}

/// Blob and length of the code's object.
pub(super) fn object_heard(heard: &[Heard]) -> Result<Option<(String, u64)>, ApiError> {
    match reply(heard, ServiceName::S3) {
        None => Ok(None),
        Some(Ok(reply)) => {
            let blob = reply["Standin"]["Blob"].as_str().unwrap_or_default().to_owned();
            Ok(Some((blob, reply["Standin"]["Length"].as_u64().unwrap_or(0))))
        }
        Some(Err(error)) => Err(invalid(format!(
            "Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}",
            error.code, error.message
        ))),
    }
}
