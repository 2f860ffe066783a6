//! What each service says to a request whose signature does not count, in AWS's words.

use standin_kernel::{ApiError, RequestHead, Time};

use crate::chunks::Wrong;
use crate::model::{Entry, Protocol};
use crate::sigv2;
use crate::sigv4::{self, Chunks, Credentials, Refused};

/// How far a signer's clock may be off, in seconds: with S3 (S3-GET-09), and with all others.
const S3_SKEW_S: u64 = 15 * 60;
const SKEW_S: u64 = 5 * 60;

/// Lets a request through, or not. The end of a presigned URL is looked at always, signatures
/// only with `required` credentials; then what comes back checks the chunks of the body.
pub fn check(
    entry: &Entry,
    head: &RequestHead,
    body: &[u8],
    now: Time,
    required: Option<&Credentials>,
) -> Result<Option<Chunks>, ApiError> {
    let s3 = entry.name == "s3";
    let skew_s = if s3 { S3_SKEW_S } else { SKEW_S };
    let checked = || -> Result<Option<Chunks>, Refused> {
        if s3 && let Some(signature) = sigv2::read(head)? {
            signature.check_time(now)?;
            return match required {
                Some(credentials) => signature.check(head, credentials).map(|()| None),
                None => Ok(None),
            };
        }
        let Some(credentials) = required else {
            // Without credentials to hold it against, a signature that cannot be read is none.
            match sigv4::read(head) {
                Ok(Some(signature)) if signature.expires_s.is_some() => {
                    signature.check_time(now, skew_s)?;
                }
                Err(refused @ Refused::BadQuery(_)) => return Err(refused),
                _ => {}
            }
            return Ok(None);
        };
        let signature = sigv4::read(head)?.ok_or(Refused::Missing)?;
        signature.check_time(now, skew_s)?;
        signature.check(head, body, credentials, s3).map(Some)
    };
    checked().map_err(|refused| error(entry, &refused, now))
}

/// A body in pieces that cannot be taken, as S3 says it.
pub fn body_error(entry: &Entry, wrong: &Wrong, now: Time) -> ApiError {
    match wrong {
        Wrong::Framing => {
            let message = "The request body is not in aws-chunked encoding";
            ApiError::new("IncompleteBody", 400, message)
        }
        Wrong::Signature(refused) => error(entry, refused, now),
    }
}

fn error(entry: &Entry, refused: &Refused, now: Time) -> ApiError {
    if entry.name == "s3" {
        return s3(refused);
    }
    match entry.model().protocol {
        Protocol::Json | Protocol::Cbor => json(refused, now, 400),
        Protocol::RestJson => json(refused, now, 403),
        Protocol::Ec2 => match refused {
            Refused::UnknownKey(_) | Refused::Missing => {
                let message = "AWS was not able to validate the provided access credentials";
                ApiError::new("AuthFailure", 401, message)
            }
            _ => query(refused, now),
        },
        Protocol::Query | Protocol::RestXml => query(refused, now),
    }
}

fn s3(refused: &Refused) -> ApiError {
    match refused {
        Refused::Missing => ApiError::new("AccessDenied", 403, "Access Denied"),
        Refused::Malformed(what) => {
            let message = format!("The authorization header is malformed; {what}");
            ApiError::new("AuthorizationHeaderMalformed", 400, message)
        }
        Refused::BadQuery(what) => ApiError::new("AuthorizationQueryParametersError", 400, *what),
        Refused::UnknownKey(_) => {
            let message = "The AWS Access Key Id you provided does not exist in our records.";
            ApiError::new("InvalidAccessKeyId", 403, message)
        }
        Refused::TooSkewed { .. } => {
            let message =
                "The difference between the request time and the current time is too large.";
            ApiError::new("RequestTimeTooSkewed", 403, message)
        }
        Refused::Expired { .. } => ApiError::new("AccessDenied", 403, "Request has expired"),
        Refused::Mismatch => {
            let message = "The request signature we calculated does not match the signature you \
                provided. Check your key and signing method.";
            ApiError::new("SignatureDoesNotMatch", 403, message)
        }
        Refused::Body => {
            let message = "The provided 'x-amz-content-sha256' header does not match what was \
                computed.";
            ApiError::new("XAmzContentSHA256Mismatch", 400, message)
        }
    }
}

const BAD_TOKEN: &str = "The security token included in the request is invalid.";
const MISMATCH: &str = "The request signature we calculated does not match the signature you \
    provided. Check your AWS Secret Access Key and signing method. Consult the service \
    documentation for details.";

fn query(refused: &Refused, now: Time) -> ApiError {
    match refused {
        Refused::Missing => {
            let message = "Request is missing Authentication Token";
            ApiError::new("MissingAuthenticationToken", 403, message)
        }
        Refused::Malformed(what) => ApiError::new("IncompleteSignature", 400, what),
        Refused::BadQuery(what) => ApiError::new("IncompleteSignature", 400, *what),
        Refused::UnknownKey(_) => ApiError::new("InvalidClientTokenId", 403, BAD_TOKEN),
        other => ApiError::new("SignatureDoesNotMatch", 403, mismatch(other, now)),
    }
}

fn json(refused: &Refused, now: Time, status: u16) -> ApiError {
    match refused {
        Refused::Missing => {
            let message = "Missing Authentication Token";
            ApiError::new("MissingAuthenticationTokenException", status, message)
        }
        Refused::Malformed(what) => ApiError::new("IncompleteSignatureException", status, what),
        Refused::BadQuery(what) => ApiError::new("IncompleteSignatureException", status, *what),
        Refused::UnknownKey(_) => ApiError::new("UnrecognizedClientException", status, BAD_TOKEN),
        other => ApiError::new("InvalidSignatureException", status, mismatch(other, now)),
    }
}

/// The right words for a signature of the wrong time, or a wrong one.
fn mismatch(refused: &Refused, now: Time) -> String {
    let minutes = SKEW_S / 60;
    let skew = standin_kernel::Duration::from_secs(SKEW_S);
    let here = basic(now);
    match refused {
        Refused::TooSkewed { at, date } if *at > now => format!(
            "Signature not yet current: {date} is still later than {} ({here} + {minutes} min.)",
            basic(now + skew)
        ),
        Refused::TooSkewed { date, .. } => {
            let earliest = Time::from_seconds(now.seconds().saturating_sub(SKEW_S));
            format!(
                "Signature expired: {date} is now earlier than {} ({here} - {minutes} min.)",
                basic(earliest)
            )
        }
        Refused::Expired { end } => {
            format!("Signature expired: {} is now earlier than {here}", basic(*end))
        }
        _ => MISMATCH.to_owned(),
    }
}

/// `20261124T083000Z`
fn basic(time: Time) -> String {
    let text = time.iso8601();
    let (whole, _) = text.split_once('.').unwrap_or((&text, ""));
    format!("{}Z", whole.trim_end_matches('Z').replace(['-', ':'], ""))
}
