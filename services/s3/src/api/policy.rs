//! `PutBucketPolicy` and what goes with it.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use super::{BucketOnly, nothing};
use crate::data::policy::Policy;
use crate::error::{Refusal, Result};
use crate::state::State;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Put {
    bucket: String,
    /// The document as text.
    policy: String,
}

pub(super) fn put(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: Put = input("PutBucketPolicy", value)?;
    let account = cx.env.account.clone();
    state.change(cx, &asked.bucket, |settings| {
        let policy = Policy::read(&asked.policy)?;
        policy.fits(&asked.bucket)?;
        // S3-ACC-03
        if settings.blocks().block_public_policy && policy.is_public() {
            return Err(public_policy(&account, &asked.bucket));
        }
        settings.policy = Some(policy);
        Ok(())
    })?;
    nothing()
}

fn public_policy(account: &str, bucket: &str) -> Refusal {
    let message = format!(
        "User: arn:aws:iam::{account}:root is not authorized to perform: s3:PutBucketPolicy on \
         resource: \"arn:aws:s3:::{bucket}\" because public policies are prevented by the \
         BlockPublicPolicy setting in S3 Block Public Access."
    );
    Refusal::new("AccessDenied", 403, message)
}

pub(super) fn get(state: &mut State, _cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("GetBucketPolicy", value)?;
    let policy = policy(state, &asked.bucket)?;
    Ok(json!({"Policy": policy.text()}))
}

fn policy<'s>(state: &'s State, bucket: &str) -> Result<&'s Policy> {
    let missing = || Refusal::new("NoSuchBucketPolicy", 404, "The bucket policy does not exist");
    state.bucket(bucket)?.settings.policy.as_ref().ok_or_else(missing)
}

pub(super) fn delete(state: &mut State, cx: &mut Cx<'_>, value: &Value) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("DeleteBucketPolicy", value)?;
    state.change(cx, &asked.bucket, |settings| {
        settings.policy = None;
        Ok(())
    })?;
    nothing()
}

pub(super) fn status(
    state: &mut State,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("GetBucketPolicyStatus", value)?;
    let policy = policy(state, &asked.bucket)?;
    Ok(json!({"PolicyStatus": {"IsPublic": policy.is_public()}}))
}
