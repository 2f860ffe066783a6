//! Signatures of AWS, version 4: for one region, and (`aws`) the one for all regions that the key
//! value store asks for.

use std::fmt::Write as _;

use diary_switch::hmac_sha256;
use sha2::{Digest, Sha256};

/// Whose requests are signed.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) key_id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

/// What is signed, and for whom.
#[derive(Clone, Debug)]
pub(crate) struct Signing<'s> {
    /// The signing name: `ssm`.
    pub(crate) service: &'s str,
    /// `None`: for every region (version 4A).
    pub(crate) region: Option<&'s str>,
    /// `20261124T110000Z`
    pub(crate) time: &'s str,
    pub(crate) method: &'s str,
    pub(crate) host: &'s str,
    /// As it is sent, percent-encoded.
    pub(crate) path: &'s str,
    /// As it is sent.
    pub(crate) query: &'s str,
    pub(crate) body: &'s [u8],
}

/// The headers that sign a request.
pub(crate) fn headers(signing: &Signing<'_>, who: &Credentials) -> Vec<(String, String)> {
    let mut headers = vec![
        ("host".to_owned(), signing.host.to_owned()),
        ("x-amz-content-sha256".into(), hex(&Sha256::digest(signing.body))),
        ("x-amz-date".into(), signing.time.to_owned()),
    ];
    if signing.region.is_none() {
        headers.push(("x-amz-region-set".into(), "*".into()));
    }
    if let Some(token) = &who.token {
        headers.push(("x-amz-security-token".into(), token.clone()));
    }
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(";");
    let date = signing.time.get(..8).unwrap_or_default();
    let (service, region) = (signing.service, signing.region);
    let scope = match region {
        Some(region) => format!("{date}/{region}/{service}/aws4_request"),
        None => format!("{date}/{service}/aws4_request"),
    };
    let canonical = canonical(signing, &headers, &names);
    let algorithm = if region.is_some() { "AWS4-HMAC-SHA256" } else { ALGORITHM_A };
    let digest = hex(&Sha256::digest(canonical));
    let to_sign = format!("{algorithm}\n{}\n{scope}\n{digest}", signing.time);
    let signature = match region {
        Some(region) => {
            let steps = [date, region, service, "aws4_request"];
            let first = format!("AWS4{}", who.secret).into_bytes();
            let key =
                steps.iter().fold(first, |key, step| hmac_sha256(&key, step.as_bytes()).to_vec());
            hex(&hmac_sha256(&key, to_sign.as_bytes()))
        }
        None => for_all_regions(who, &to_sign),
    };
    let credential = format!("{}/{scope}", who.key_id);
    let authorization = format!(
        "{algorithm} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    );
    headers.retain(|(name, _)| name != "host");
    headers.push(("authorization".into(), authorization));
    headers
}

const ALGORITHM_A: &str = "AWS4-ECDSA-P256-SHA256";

fn canonical(signing: &Signing<'_>, headers: &[(String, String)], names: &str) -> String {
    // Every service but S3 has the path encoded once more.
    let path = match signing.service {
        "s3" => signing.path.to_owned(),
        _ => encode(signing.path, true),
    };
    let mut query: Vec<&str> = signing.query.split('&').filter(|pair| !pair.is_empty()).collect();
    query.sort_unstable();
    let mut lines = String::new();
    for (name, value) in headers {
        // Writing to a text never fails.
        let _ = writeln!(lines, "{name}:{}", value.trim());
    }
    let digest = hex(&Sha256::digest(signing.body));
    format!("{}\n{path}\n{}\n{lines}\n{names}\n{digest}", signing.method, query.join("&"))
}

/// Percent-encodes everything but letters, digits and `-._~`, and the slash if it is a path.
pub(crate) fn encode(text: &str, path: bool) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            b'/' if path => out.push('/'),
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Without the curve there is no such signature; an endpoint that checks it will say so.
#[cfg(not(feature = "aws"))]
fn for_all_regions(_who: &Credentials, _to_sign: &str) -> String {
    "none".into()
}

#[cfg(feature = "aws")]
fn for_all_regions(who: &Credentials, to_sign: &str) -> String {
    use p256::ecdsa::signature::Signer as _;

    let signature: p256::ecdsa::DerSignature = key(who).sign(to_sign.as_bytes());
    hex(signature.as_bytes())
}

/// The private key that follows from a secret: the first candidate below the order of the curve.
#[cfg(feature = "aws")]
fn key(who: &Credentials) -> p256::ecdsa::SigningKey {
    let secret = format!("AWS4A{}", who.secret);
    let mut counter = 1u8;
    loop {
        let mut message = 1u32.to_be_bytes().to_vec();
        message.extend_from_slice(ALGORITHM_A.as_bytes());
        message.push(0);
        message.extend_from_slice(who.key_id.as_bytes());
        message.push(counter);
        message.extend_from_slice(&256u32.to_be_bytes());
        let mut candidate = hmac_sha256(secret.as_bytes(), &message);
        // One more than the candidate, which must not be above the order less two.
        if candidate <= ORDER_LESS_2 {
            for byte in candidate.iter_mut().rev() {
                let (sum, carry) = byte.overflowing_add(1);
                *byte = sum;
                if !carry {
                    break;
                }
            }
            if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&candidate) {
                return key;
            }
        }
        counter = counter.wrapping_add(1);
    }
}

#[cfg(feature = "aws")]
const ORDER_LESS_2: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x4f,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(service: &str, method: &str, host: &str, path: &str, query: &str) -> String {
        let who = Credentials {
            key_id: "AKIDEXAMPLE".into(),
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            token: Some("token".into()),
        };
        let signing = Signing {
            service,
            region: Some("eu-west-1"),
            time: "20261124T110000Z",
            method,
            host,
            path,
            query,
            body: br#"{"a":1}"#,
        };
        let headers = headers(&signing, &who);
        let (_, authorization) = headers.iter().find(|(name, _)| name == "authorization").unwrap();
        authorization.rsplit('=').next().unwrap().to_owned()
    }

    /// The numbers are botocore's.
    #[test]
    fn requests_are_signed_as_the_sdks_sign_them() {
        let host = "scheduler.eu-west-1.amazonaws.com";
        let query = "groupName=x%2Fy&b=1";
        assert_eq!(
            signed("scheduler", "GET", host, "/schedules/a%3Ab", query),
            "e83f55b75febc4c224e14164e47277cde39b2d2f8aea2bb3b75fbce64034b845"
        );
        let host = "b.s3.eu-west-1.amazonaws.com";
        assert_eq!(
            signed("s3", "PUT", host, "/maintenance/a%20b.html", ""),
            "3649a9f55432be749f228690f92447c7e081ef05baedbd4d5f946e4b6c548a00"
        );
    }

    /// The vector that AWS's own libraries are tested with.
    #[cfg(feature = "aws")]
    #[test]
    fn the_key_for_all_regions_follows_from_the_secret() {
        let who = Credentials {
            key_id: "AKISORANDOMAASORANDOM".into(),
            secret: "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom".into(),
            token: None,
        };
        assert_eq!(
            hex(&key(&who).to_bytes()),
            "7fd3bd010c0d9c292141c2b77bfbde1042c92e6836fff749d1269ec890fca1bd"
        );
    }
}
