//! Whether a request is signed as AWS asks for it (Signature Version 4): in the `Authorization`
//! header or in the query of a presigned URL, and chunk by chunk in an `aws-chunked` body.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use standin_kernel::{RequestHead, Time};

use crate::{form, text};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
pub const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
/// Longest life of a presigned URL (S3-ACC-07).
const EXPIRES_MAX_S: i64 = 604_800;

/// Whose signatures count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// Secrets by access key id.
    pub known: BTreeMap<String, String>,
    /// The secret of every other access key id.
    pub any: Option<String>,
}

impl Credentials {
    pub(crate) fn secret(&self, key: &str) -> Option<&str> {
        self.known.get(key).or(self.any.as_ref()).map(String::as_str)
    }
}

/// A signature as it stands in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub key: String,
    /// `20261124/ap-northeast-1/s3/aws4_request`
    pub scope: String,
    /// `20261124T083000Z`, as it was signed.
    pub date: String,
    pub at: Time,
    signed_headers: String,
    signature: String,
    /// Of a presigned URL: how long it is good for, in seconds.
    pub expires_s: Option<u64>,
}

/// Why a request is not taken for that of a known key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no signature at all.
    Missing,
    /// The signature cannot be read, and what is wrong with it.
    Malformed(String),
    /// The query of a presigned URL cannot be read, and why.
    BadQuery(&'static str),
    UnknownKey(String),
    TooSkewed {
        at: Time,
        date: String,
    },
    /// A presigned URL is over since then.
    Expired {
        end: Time,
    },
    Mismatch,
    /// The body is not the one that was signed.
    Body,
}

/// Reads the signature of a request; `None` when it has none.
pub fn read(head: &RequestHead) -> Result<Option<Signature>, Refused> {
    let query = form::pairs(head.query().unwrap_or(""));
    let field = |name: &str| query.iter().find(|(have, _)| have == name).map(|(_, v)| v.as_str());
    if field("X-Amz-Algorithm").is_some() || field("X-Amz-Signature").is_some() {
        return presigned(field).map(Some);
    }
    match head.headers.get("Authorization") {
        Some(header) => in_header(head, header).map(Some),
        None => Ok(None),
    }
}

fn in_header(head: &RequestHead, header: &str) -> Result<Signature, Refused> {
    let (algorithm, rest) = header.split_once(' ').unwrap_or((header, ""));
    if algorithm != ALGORITHM {
        return Err(Refused::Malformed(format!("Unsupported Authorization Type: {algorithm}")));
    }
    let part = |name: &str| {
        let mut parts = rest.split(',').filter_map(|part| part.trim().split_once('='));
        let missing =
            || Refused::Malformed(format!("Authorization header requires '{name}' parameter."));
        parts.find(|(have, _)| *have == name).map(|(_, value)| value).ok_or_else(missing)
    };
    let (key, scope) = credential(part("Credential")?)
        .ok_or_else(|| Refused::Malformed("Credential must have five parts.".into()))?;
    let date = head.headers.get("x-amz-date").unwrap_or_default();
    let at = moment(date).ok_or_else(|| {
        let message = "Authorization header requires existence of either a 'X-Amz-Date' or a \
            'Date' header.";
        Refused::Malformed(message.into())
    })?;
    Ok(Signature {
        key,
        scope,
        date: date.to_owned(),
        at,
        signed_headers: part("SignedHeaders")?.to_owned(),
        signature: part("Signature")?.to_owned(),
        expires_s: None,
    })
}

/// S3-ACC-07
fn presigned<'q>(field: impl Fn(&str) -> Option<&'q str>) -> Result<Signature, Refused> {
    let needed = |name: &str| {
        field(name).ok_or(Refused::BadQuery(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, \
             X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and \
             X-Amz-Expires parameters.",
        ))
    };
    let algorithm = needed("X-Amz-Algorithm")?;
    let whose = credential(needed("X-Amz-Credential")?);
    let signature = needed("X-Amz-Signature")?.to_owned();
    let date = needed("X-Amz-Date")?;
    let signed_headers = needed("X-Amz-SignedHeaders")?.to_owned();
    let expires = needed("X-Amz-Expires")?;
    if algorithm != ALGORITHM {
        return Err(Refused::BadQuery("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\""));
    }
    let (key, scope) = whose.ok_or(Refused::BadQuery(
        "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting \
         \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
    ))?;
    let at = moment(date).ok_or(Refused::BadQuery(
        "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
    ))?;
    let expires_s = match expires.parse::<i64>() {
        Err(_) => Err("X-Amz-Expires should be a number"),
        Ok(number) if number > EXPIRES_MAX_S => {
            Err("X-Amz-Expires must be less than a week (in seconds); that is, the given \
             X-Amz-Expires must be less than 604800 seconds")
        }
        Ok(number) => u64::try_from(number).map_err(|_| "X-Amz-Expires must be non-negative"),
    };
    let expires_s = Some(expires_s.map_err(Refused::BadQuery)?);
    let date = date.to_owned();
    Ok(Signature { key, scope, date, at, signed_headers, signature, expires_s })
}

/// Key and scope of `AKID/20261124/REGION/SERVICE/aws4_request`.
fn credential(text: &str) -> Option<(String, String)> {
    let (key, scope) = text.split_once('/')?;
    let whole = scope.split('/').count() == 4 && scope.ends_with("/aws4_request");
    (whole && !key.is_empty()).then(|| (key.to_owned(), scope.to_owned()))
}

/// `20261124T083000Z`
fn moment(text: &str) -> Option<Time> {
    let parsed = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    let timestamp = jiff::tz::TimeZone::UTC.to_timestamp(parsed).ok()?;
    u64::try_from(timestamp.as_second()).ok().map(Time::from_seconds)
}

impl Signature {
    /// Whether it is the right time for this signature. A presigned URL is good until it ends,
    /// however it was made; other signatures only around their own time, `skew_s` off at most.
    pub fn check_time(&self, now: Time, skew_s: u64) -> Result<(), Refused> {
        let ahead = self.at.seconds().saturating_sub(now.seconds()) > skew_s;
        let too_skewed = || Err(Refused::TooSkewed { at: self.at, date: self.date.clone() });
        match self.expires_s {
            Some(_) if ahead => too_skewed(),
            Some(expires_s) => {
                let end = Time::from_seconds(self.at.seconds() + expires_s);
                if now > end { Err(Refused::Expired { end }) } else { Ok(()) }
            }
            None if self.at.seconds().abs_diff(now.seconds()) > skew_s => too_skewed(),
            None => Ok(()),
        }
    }

    /// Whether the request was signed with the secret of its key. `encoded_once`: S3's paths are
    /// signed as they travel, those of others are encoded once more. Gives what chunks are
    /// checked with.
    pub fn check(
        &self,
        head: &RequestHead,
        body: &[u8],
        credentials: &Credentials,
        encoded_once: bool,
    ) -> Result<Chunks, Refused> {
        let unknown = || Refused::UnknownKey(self.key.clone());
        let secret = credentials.secret(&self.key).ok_or_else(unknown)?;
        let said = head.headers.get("x-amz-content-sha256");
        let payload = match (said, self.expires_s) {
            (Some(said), _) => said.to_owned(),
            (None, Some(_)) if encoded_once => UNSIGNED.to_owned(),
            (None, _) => hash(body),
        };
        let canonical = canonical(head, &self.signed_headers, &payload, encoded_once)
            .ok_or(Refused::Mismatch)?;
        let key = signing_key(secret, &self.scope);
        let to_sign =
            format!("{ALGORITHM}\n{}\n{}\n{}", self.date, self.scope, hash(canonical.as_bytes()));
        if !signed(&key, to_sign.as_bytes(), &self.signature) {
            return Err(Refused::Mismatch);
        }
        let is_hash = payload.len() == 64 && payload.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hash && payload != hash(body) {
            return Err(Refused::Body);
        }
        Ok(Chunks {
            signed: payload.starts_with("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
            key,
            stem: format!("{}\n{}", self.date, self.scope),
            previous: self.signature.clone(),
        })
    }
}

/// Checks the signatures within an `aws-chunked` body, each of which covers the one before.
#[derive(Clone, Debug)]
pub struct Chunks {
    signed: bool,
    key: Vec<u8>,
    stem: String,
    previous: String,
}

impl Chunks {
    /// Whether chunks have to be signed at all.
    pub const fn signed(&self) -> bool {
        self.signed
    }

    /// The next chunk, the last and empty one too.
    pub fn chunk(&mut self, bytes: &[u8], signature: Option<&str>) -> Result<(), Refused> {
        let (stem, before) = (&self.stem, &self.previous);
        let (nothing, content) = (hash(b""), hash(bytes));
        self.next(
            &format!("{ALGORITHM}-PAYLOAD\n{stem}\n{before}\n{nothing}\n{content}"),
            signature,
        )
    }

    /// The headers behind the last chunk: `name:value\n` each.
    pub fn trailer(&mut self, lines: &[u8], signature: Option<&str>) -> Result<(), Refused> {
        let (stem, before) = (&self.stem, &self.previous);
        self.next(&format!("{ALGORITHM}-TRAILER\n{stem}\n{before}\n{}", hash(lines)), signature)
    }

    fn next(&mut self, to_sign: &str, signature: Option<&str>) -> Result<(), Refused> {
        let given = signature.filter(|given| signed(&self.key, to_sign.as_bytes(), given));
        self.previous = given.ok_or(Refused::Mismatch)?.to_owned();
        Ok(())
    }
}

/// What is signed of a request; `None` when a header that must be signed is not.
fn canonical(head: &RequestHead, names: &str, payload: &str, encoded_once: bool) -> Option<String> {
    if !names.split(';').any(|name| name == "host") {
        return None;
    }
    let path = match encoded_once {
        true => escape(&text::unescape_bytes(head.path()), true),
        false => escape(head.path().as_bytes(), true),
    };
    let mut query: Vec<(String, String)> = Vec::new();
    for pair in head.query().unwrap_or("").split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let again = |text: &str| escape(&text::unescape_bytes(text), false);
        query.push((again(name), again(value)));
    }
    query.retain(|(name, _)| name != "X-Amz-Signature");
    query.sort_unstable();
    let query: Vec<String> =
        query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut headers = String::new();
    for name in names.split(';') {
        let values = head.headers.iter().filter(|(have, _)| have.eq_ignore_ascii_case(name));
        let values: Vec<String> = values.map(|(_, value)| trimmed(value)).collect();
        headers.push_str(&format!("{name}:{}\n", values.join(",")));
    }
    let method = head.method.as_str();
    Some(format!("{method}\n{path}\n{}\n{headers}\n{names}\n{payload}", query.join("&")))
}

/// A header's value without spaces around it, and with single ones within.
fn trimmed(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    text.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Percent-encoded but for letters, digits and `-._~` (and `/` in a path).
fn escape(bytes: &[u8], path: bool) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            b'/' if path => out.push('/'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn mac(key: &[u8], bytes: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(bytes);
    Some(mac)
}

/// Whether `signature` is that of `bytes`; compared in a time that tells nothing.
fn signed(key: &[u8], bytes: &[u8], signature: &str) -> bool {
    let given: Option<Vec<u8>> = (0..signature.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(signature.get(at..at + 2)?, 16).ok())
        .collect();
    match (mac(key, bytes), given) {
        (Some(mac), Some(given)) => mac.verify_slice(&given).is_ok(),
        _ => false,
    }
}

fn signing_key(secret: &str, scope: &str) -> Vec<u8> {
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in scope.split('/') {
        // A key of any length will do, so there always is a code.
        key = mac(&key, part.as_bytes())
            .map(|mac| mac.finalize().into_bytes().to_vec())
            .unwrap_or_default();
    }
    key
}
