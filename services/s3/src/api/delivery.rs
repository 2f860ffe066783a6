//! Logs that other services deliver into a bucket: whether they may, and how the text becomes an
//! object (S3-LOG-01, S3-LOG-05).

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use md5::{Digest, Md5};
use serde::Deserialize;
use sha2::Sha256;
use standin_kernel::control::input;
use standin_kernel::{ApiError, BlobId, Bytes, Cx, Identity, Out, Value, json};

use crate::data::policy::{Asker, Decision, Detail, Question};
use crate::error::{Result, access_denied};
use crate::state::{Bucket, Encryption, State, blob_hex};

/// `Standin.Delivery` of a `PutObject`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delivery {
    /// The service that delivers: `logdelivery.elasticloadbalancing.amazonaws.com`.
    principal: String,
    /// The resource that the log is about.
    source_arn: String,
    /// An account of AWS's own that older bucket policies name in the service's place.
    account: Option<String>,
    /// By an ACL of the bucket, in the place of its policy.
    #[serde(default)]
    by_acl: bool,
    /// What is delivered; compressed when the key ends with `.gz`.
    text: String,
}

/// Takes a delivery out of the input of `PutObject` and names the stored body in its place.
pub(super) fn receive(
    state: &mut State,
    cx: &mut Cx<'_>,
    value: &mut Value,
) -> std::result::Result<(), ApiError> {
    let Some(delivery) = value.pointer_mut("/Standin/Delivery").map(Value::take) else {
        return Ok(());
    };
    let delivery: Delivery = input("PutObject", &delivery)?;
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let (bucket, key) = (text("Bucket"), text("Key"));
    allowed(cx, state.bucket_mut(&bucket)?, &key, &delivery)?;
    let bytes = match key.ends_with(".gz") {
        true => compressed(&delivery.text),
        false => delivery.text.into_bytes(),
    };
    let bytes = Bytes::from(bytes);
    let blob = BlobId(Sha256::digest(&bytes).into());
    let etag: String = Md5::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let length = bytes.len();
    value["Standin"] = json!({"Blob": blob_hex::text(blob), "Length": length, "ETag": etag});
    cx.emit(Out::Write { blob, bytes });
    Ok(())
}

/// Whether the bucket lets the service write.
fn allowed(cx: &Cx<'_>, bucket: &Bucket, key: &str, delivery: &Delivery) -> Result<()> {
    let settings = &bucket.settings;
    let may = if delivery.by_acl {
        settings.acls_enabled()
    } else {
        let service = Identity::Service {
            // The names of the services that deliver are few; a policy compares their text.
            principal: principal(&delivery.principal),
            source_arn: Arc::from(delivery.source_arn.as_str()),
        };
        let by_account = delivery.account.as_deref();
        let readable = !matches!(settings.encryption, Encryption::Kms { .. });
        readable
            && (says_yes(cx, bucket, key, &service, &cx.env.account)
                || by_account
                    .is_some_and(|account| says_yes(cx, bucket, key, &Identity::Account, account)))
    };
    if may { Ok(()) } else { Err(access_denied()) }
}

fn principal(name: &str) -> &'static str {
    const KNOWN: [&str; 1] = ["logdelivery.elasticloadbalancing.amazonaws.com"];
    KNOWN.into_iter().find(|known| *known == name).unwrap_or_default()
}

fn says_yes(cx: &Cx<'_>, bucket: &Bucket, key: &str, identity: &Identity, account: &str) -> bool {
    let Some(policy) = &bucket.settings.policy else { return false };
    let asker = Asker {
        identity,
        account,
        tls: true,
        source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        user_agent: None,
        referer: None,
        now: cx.now,
    };
    let resource = format!("arn:aws:s3:::{}/{key}", bucket.settings.name);
    let detail = Detail::default();
    let question = Question { asker: &asker, action: "s3:PutObject", resource: &resource, detail };
    matches!(policy.decide(&question), Decision::Allowed { .. })
}

fn compressed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    let _ = encoder.write_all(text.as_bytes());
    encoder.finish().unwrap_or_default()
}
