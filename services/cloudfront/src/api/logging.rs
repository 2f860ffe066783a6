//! Whether the bucket of a distribution's log takes it: one with ACLs (S3-LOG-01).

use serde::Deserialize;
use standin_kernel::{Answer, ApiError, Heard, Need, ServiceName, Value, json};

use super::document::Logging;
use crate::error::invalid_argument;

/// The log that an operation on a distribution asks for.
fn asked(operation: &str, input: &Value) -> Option<Logging> {
    let document = match operation {
        "CreateDistribution" | "UpdateDistribution" => &input["DistributionConfig"],
        "CreateDistributionWithTags" => &input["DistributionConfigWithTags"]["DistributionConfig"],
        _ => return None,
    };
    let logging = Logging::deserialize(document.get("Logging")?).ok()?;
    logging.compiled().is_some().then_some(logging)
}

/// S3 is asked for the bucket's ownership controls.
pub(super) fn needs(operation: &str, input: &Value, heard: &[Heard]) -> Option<Need> {
    let logging = asked(operation, input)?;
    heard.is_empty().then(|| Need::Reply {
        service: ServiceName::S3,
        operation: "GetBucketOwnershipControls".into(),
        input: json!({"Bucket": logging.bucket_name()}),
    })
}

/// Refuses a bucket that is not there, or that has no ACLs.
pub(super) fn check(operation: &str, input: &Value, heard: &[Heard]) -> Result<(), ApiError> {
    let (Some(logging), [one]) = (asked(operation, input), heard) else { return Ok(()) };
    let wrong = |what: &str| {
        let bucket = logging.bucket();
        let message =
            format!("The S3 bucket that you specified for CloudFront logs {what}: {bucket}");
        Err(invalid_argument(message))
    };
    match &one.answer {
        Answer::Reply(Ok(controls)) => {
            let rule = &controls["OwnershipControls"]["Rules"][0]["ObjectOwnership"];
            if rule == "BucketOwnerEnforced" {
                return wrong("does not enable ACL access");
            }
            Ok(())
        }
        Answer::Reply(Err(error)) if error.code == "NoSuchBucket" => wrong("does not exist"),
        _ => Ok(()),
    }
}
