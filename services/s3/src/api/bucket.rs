//! `CreateBucket`, `DeleteBucket`, `HeadBucket`, `ListBuckets`, `GetBucketLocation`.

use std::net::Ipv4Addr;

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use super::{BucketOnly, nothing, present};
use crate::data::listing::{read_token, token};
use crate::error::{Refusal, Result, invalid_argument};
use crate::state::{Acl, Bucket, Ownership, Settings, State};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    bucket: String,
    #[serde(rename = "ACL")]
    acl: Option<Acl>,
    create_bucket_configuration: Option<Configuration>,
    object_ownership: Option<Ownership>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Configuration {
    location_constraint: Option<String>,
}

pub(super) fn create(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Create = input("CreateBucket", value)?;
    let name = &asked.bucket;
    if !is_valid_name(name) {
        let refusal = Refusal::new("InvalidBucketName", 400, "The specified bucket is not valid.");
        return Err(refusal.detail("BucketName", name).into());
    }
    let region = cx.env.region.clone();
    let constraint = asked.create_bucket_configuration.and_then(|asked| asked.location_constraint);
    if let Some(constraint) = constraint.filter(|constraint| *constraint != region) {
        let message = format!(
            "The {constraint} location constraint is incompatible for the region specific endpoint \
             this request was sent to."
        );
        return Err(ApiError::new("IllegalLocationConstraintException", 400, message));
    }
    if state.buckets.contains_key(name) {
        let message =
            "Your previous request to create the named bucket succeeded and you already own it.";
        return Err(ApiError::new("BucketAlreadyOwnedByYou", 409, message));
    }
    let mut settings = Settings::new(name, &region, cx.now);
    if let Some(ownership) = asked.object_ownership {
        settings.ownership = Some(ownership);
    }
    super::settings::set_acl(&mut settings, asked.acl.unwrap_or_default())?;
    settings.store(cx);
    cx.log("s3", format!("bucket {name} created"));
    state.buckets.insert(asked.bucket.clone(), Bucket::new(settings));
    Ok(json!({
        "Location": format!("http://{}.s3.amazonaws.com/", asked.bucket),
        "BucketArn": format!("arn:aws:s3:::{}", asked.bucket),
    }))
}

/// The rules for names of general purpose buckets.
fn is_valid_name(name: &str) -> bool {
    const PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
    const SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    let outer = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let inner = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
    };
    (3..=63).contains(&name.len())
        && name.bytes().all(inner)
        && outer(name.as_bytes().first())
        && outer(name.as_bytes().last())
        && !name.contains("..")
        && name.parse::<Ipv4Addr>().is_err()
        && !PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        && !SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

pub(super) fn delete(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("DeleteBucket", value)?;
    let bucket = state.bucket(&asked.bucket)?;
    if !bucket.objects.is_empty() {
        let versions = bucket.objects.values().all(|object| object.content().is_none());
        let message = match versions {
            true => {
                "The bucket you tried to delete is not empty. You must delete all versions in the \
                 bucket."
            }
            false => "The bucket you tried to delete is not empty",
        };
        return Err(ApiError::new("BucketNotEmpty", 409, message));
    }
    if let Some(mut bucket) = state.buckets.remove(&asked.bucket) {
        // Uploads under way do not keep a bucket.
        let uploads: Vec<String> = bucket.uploads.keys().cloned().collect();
        uploads.iter().for_each(|id| bucket.end_upload(cx, id));
        bucket.settings.forget(cx);
    }
    cx.log("s3", format!("bucket {} deleted", asked.bucket));
    nothing()
}

pub(super) fn head(state: &mut State, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("HeadBucket", value)?;
    let Ok(bucket) = state.bucket(&asked.bucket) else {
        return Err(ApiError::new("NotFound", 404, "Not Found"));
    };
    Ok(json!({
        "BucketArn": format!("arn:aws:s3:::{}", asked.bucket),
        "BucketRegion": bucket.settings.region,
        "AccessPointAlias": false,
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    prefix: Option<String>,
    bucket_region: Option<String>,
    max_buckets: Option<i64>,
    continuation_token: Option<String>,
}

/// Most buckets of one answer.
const BUCKETS_MAX: i64 = 10_000;

pub(super) fn list(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: List = input("ListBuckets", value)?;
    let prefix = asked.prefix.as_deref().unwrap_or("");
    let max = asked.max_buckets.unwrap_or(BUCKETS_MAX);
    let max = usize::try_from(max).ok().filter(|_| (1..=BUCKETS_MAX).contains(&max));
    let max = max.ok_or_else(|| {
        let message = "The value of max-buckets must be between 1 and 10000";
        invalid_argument(message, "max-buckets", &asked.max_buckets.unwrap_or_default().to_string())
    })?;
    let after = asked.continuation_token.as_deref().map(read_token).transpose()?;
    let wanted = |settings: &&Settings| {
        settings.name.starts_with(prefix)
            && after.as_ref().is_none_or(|after| settings.name > *after)
            && asked.bucket_region.as_ref().is_none_or(|region| *region == settings.region)
    };
    let mut found = state.buckets.values().map(|bucket| &bucket.settings).filter(wanted);
    let page: Vec<&Settings> = found.by_ref().take(max).collect();
    let next = found.next().and(page.last()).map(|last| token(&last.name));
    let buckets: Vec<Value> = page
        .iter()
        .map(|settings| {
            json!({
                "Name": settings.name,
                "CreationDate": settings.created.iso8601(),
                "BucketRegion": settings.region,
                "BucketArn": format!("arn:aws:s3:::{}", settings.name),
            })
        })
        .collect();
    Ok(present(json!({
        "Buckets": buckets,
        "Owner": {"ID": owner_id(&cx.env.account)},
        "Prefix": asked.prefix,
        "ContinuationToken": next,
    })))
}

pub(super) fn location(
    state: &mut State,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("GetBucketLocation", value)?;
    let region = &state.bucket(&asked.bucket)?.settings.region;
    // The oldest Region has no name here.
    let constraint = if region == "us-east-1" { Value::Null } else { json!(region) };
    Ok(json!({"LocationConstraint": constraint}))
}

/// The account's canonical user id, as long as AWS's: made from the account's number.
pub(super) fn owner_id(account: &str) -> String {
    account.chars().cycle().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::is_valid_name;

    #[test]
    fn names_follow_aws_rules() {
        for name in ["abc", "a-b.c", "pages-1ab2c3", &"x".repeat(63)] {
            assert!(is_valid_name(name), "{name}");
        }
        let wrong = [
            "ab",
            "Abc",
            "a_b",
            "-abc",
            "abc-",
            "a..b",
            "192.168.0.1",
            "xn--abc",
            "abc-s3alias",
            "",
        ];
        for name in wrong {
            assert!(!is_valid_name(name), "{name}");
        }
    }
}
