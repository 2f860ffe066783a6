//! Block Public Access, object ownership, ACLs and encryption of a bucket.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{ApiError, Cx, Value, json};

use super::{BucketOnly, nothing, present};
use crate::error::{Refusal, Result, access_denied, acl_not_supported};
use crate::state::{Acl, Encryption, Ownership, PublicAccessBlock, Settings, State};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutPublicAccessBlock {
    bucket: String,
    public_access_block_configuration: PublicAccessBlock,
}

pub(super) fn put_public_access_block(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: PutPublicAccessBlock = input("PutPublicAccessBlock", value)?;
    state.change(cx, &asked.bucket, |settings| {
        settings.public_access_block = Some(asked.public_access_block_configuration);
        Ok(())
    })?;
    nothing()
}

pub(super) fn get_public_access_block(
    state: &mut State,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("GetPublicAccessBlock", value)?;
    let block = state.bucket(&asked.bucket)?.settings.public_access_block.ok_or_else(|| {
        let message = "The public access block configuration was not found";
        ApiError::new("NoSuchPublicAccessBlockConfiguration", 404, message)
    })?;
    Ok(json!({"PublicAccessBlockConfiguration": block}))
}

pub(super) fn delete_public_access_block(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("DeletePublicAccessBlock", value)?;
    state.change(cx, &asked.bucket, |settings| {
        settings.public_access_block = None;
        Ok(())
    })?;
    nothing()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutOwnership {
    bucket: String,
    ownership_controls: OwnershipControls,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OwnershipControls {
    rules: [OwnershipRule; 1],
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OwnershipRule {
    object_ownership: Ownership,
}

pub(super) fn put_ownership(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: PutOwnership = input("PutBucketOwnershipControls", value)?;
    let [OwnershipRule { object_ownership }] = asked.ownership_controls.rules;
    state.change(cx, &asked.bucket, |settings| {
        if object_ownership == Ownership::BucketOwnerEnforced && settings.acl != Acl::Private {
            return Err(acl_with_ownership());
        }
        settings.ownership = Some(object_ownership);
        Ok(())
    })?;
    nothing()
}

pub(super) fn get_ownership(
    state: &mut State,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("GetBucketOwnershipControls", value)?;
    let ownership = state.bucket(&asked.bucket)?.settings.ownership.ok_or_else(|| {
        let message = "The bucket ownership controls were not found";
        ApiError::new("OwnershipControlsNotFoundError", 404, message)
    })?;
    Ok(json!({"OwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]}}))
}

pub(super) fn delete_ownership(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("DeleteBucketOwnershipControls", value)?;
    state.change(cx, &asked.bucket, |settings| {
        settings.ownership = None;
        Ok(())
    })?;
    nothing()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutAcl {
    bucket: String,
    #[serde(rename = "ACL")]
    acl: Acl,
}

pub(super) fn put_acl(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: PutAcl = input("PutBucketAcl", value)?;
    state.change(cx, &asked.bucket, |settings| {
        if !settings.acls_enabled() && asked.acl != Acl::BucketOwnerFullControl {
            return Err(acl_not_supported());
        }
        set_acl(settings, asked.acl)
    })?;
    nothing()
}

/// Gives a bucket a list, unless the bucket has none or blocks public ones (S3-ACC-03, S3-ACC-05).
pub(super) fn set_acl(settings: &mut Settings, acl: Acl) -> Result<()> {
    let harmless = matches!(acl, Acl::Private | Acl::BucketOwnerFullControl);
    if !harmless && !settings.acls_enabled() {
        return Err(acl_with_ownership());
    }
    if acl.is_public() && settings.blocks().block_public_acls {
        return Err(access_denied());
    }
    settings.acl = acl;
    Ok(())
}

fn acl_with_ownership() -> Refusal {
    let message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
    Refusal::new("InvalidBucketAclWithObjectOwnership", 400, message)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutEncryption {
    bucket: String,
    server_side_encryption_configuration: EncryptionConfiguration,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct EncryptionConfiguration {
    rules: [EncryptionRule; 1],
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct EncryptionRule {
    apply_server_side_encryption_by_default: Option<ByDefault>,
    #[serde(default)]
    bucket_key_enabled: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ByDefault {
    #[serde(rename = "SSEAlgorithm")]
    algorithm: String,
    #[serde(rename = "KMSMasterKeyID")]
    key: Option<String>,
}

pub(super) fn put_encryption(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: PutEncryption = input("PutBucketEncryption", value)?;
    let [rule] = asked.server_side_encryption_configuration.rules;
    let encryption = match rule.apply_server_side_encryption_by_default {
        Some(wanted) => encryption(&wanted.algorithm, wanted.key)?,
        None => Encryption::Sse,
    };
    state.change(cx, &asked.bucket, |settings| {
        (settings.encryption, settings.bucket_key) = (encryption, rule.bucket_key_enabled);
        Ok(())
    })?;
    nothing()
}

/// `AES256`, `aws:kms` or `aws:kms:dsse`, with a key or the account's own.
pub(super) fn encryption(algorithm: &str, key: Option<String>) -> Result<Encryption> {
    match algorithm {
        "AES256" if key.is_some() => {
            let message = "a KMSMasterKeyID is not applicable if the default sse algorithm is not \
                aws:kms or aws:kms:dsse";
            Err(Refusal::new("InvalidArgument", 400, message))
        }
        "AES256" => Ok(Encryption::Sse),
        "aws:kms" => Ok(Encryption::Kms { key, dual_layer: false }),
        "aws:kms:dsse" => Ok(Encryption::Kms { key, dual_layer: true }),
        _ => Err(Refusal::new(
            "InvalidEncryptionAlgorithmError",
            400,
            "The encryption request you specified is not valid. Supported value: AES256, aws:kms.",
        )),
    }
}

pub(super) fn get_encryption(
    state: &mut State,
    _cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("GetBucketEncryption", value)?;
    let settings = &state.bucket(&asked.bucket)?.settings;
    let wanted = present(json!({
        "SSEAlgorithm": settings.encryption.algorithm(),
        "KMSMasterKeyID": settings.encryption.key(),
    }));
    let rule = json!({
        "ApplyServerSideEncryptionByDefault": wanted,
        "BucketKeyEnabled": settings.bucket_key,
    });
    Ok(json!({"ServerSideEncryptionConfiguration": {"Rules": [rule]}}))
}

/// Buckets are always encrypted: back to SSE-S3.
pub(super) fn delete_encryption(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &Value,
) -> Result<Value, ApiError> {
    let asked: BucketOnly = input("DeleteBucketEncryption", value)?;
    state.change(cx, &asked.bucket, |settings| {
        (settings.encryption, settings.bucket_key) = (Encryption::Sse, false);
        Ok(())
    })?;
    nothing()
}
