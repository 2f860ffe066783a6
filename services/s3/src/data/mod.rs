//! The data plane: one visit is one request, answered at once and without asking anybody.

pub(crate) mod access;
pub(crate) mod conditional;
pub(crate) mod cors;
pub(crate) mod endpoint;
mod error_document;
mod key;
pub(crate) mod listing;
pub(crate) mod policy;
pub(crate) mod range;
pub(crate) mod redirect;
mod rest;
mod signature;
mod website;

use std::borrow::Cow;

use standin_kernel::fault::Mode;
use standin_kernel::{
    Cx, Fact, Headers, Identity, Method, Request, Response, ResponseHead, Rng, ServiceName, Time,
};

use crate::error::{Result, access_denied, no_such_bucket, slow_down};
use crate::state::{Bucket, State};
use endpoint::{Endpoint, Kind};
use policy::Asker;

pub(crate) use key::{decode, encode};

/// Answers a request on either kind of endpoint.
pub(crate) fn answer(
    state: &State,
    date: &mut Date,
    cx: &mut Cx<'_>,
    request: &Request,
) -> Response {
    let host = lower(request.head.host().unwrap_or(""));
    let headers = &request.head.headers;
    let visit = Visit {
        state,
        request,
        ids: Ids::new(cx.rng),
        date: date.at(cx.now),
        asker: Asker {
            identity: &request.identity,
            account: &cx.env.account,
            tls: request.tls,
            source_ip: request.peer.ip().to_canonical(),
            user_agent: headers.get("User-Agent"),
            referer: headers.get("Referer"),
            now: cx.now,
        },
    };
    let at = Endpoint::parse(&host).unwrap_or_else(|| visit.own_domain(&host));
    let mut response = match at.kind {
        Kind::Rest => visit.rest(cx, &at),
        Kind::Website => visit.website(cx, &at),
    };
    response.head.headers.append("Server", "AmazonS3");
    response
}

/// Everything about one request.
#[derive(Debug)]
struct Visit<'a> {
    state: &'a State,
    request: &'a Request,
    ids: Ids,
    date: &'a str,
    asker: Asker<'a>,
}

impl<'a> Visit<'a> {
    /// A host that is not one of S3's names is read as a bucket's name: a website under its own
    /// domain (S3-EP-04), or a viewer's `Host` that a CDN passed on (S3-GET-08).
    fn own_domain<'h>(&self, host: &'h str) -> Endpoint<'h> {
        let website =
            self.state.buckets.get(host).is_some_and(|bucket| bucket.settings.website.is_some());
        let unsigned = self.request.identity == Identity::Anonymous;
        let kind = match website && unsigned && !self.request.tls {
            true => Kind::Website,
            false => Kind::Rest,
        };
        Endpoint { kind, bucket: Some(host), region: None }
    }

    /// The bucket of this name, unless it is gone on purpose.
    fn bucket(&self, cx: &mut Cx<'_>, name: &str) -> Result<&'a Bucket> {
        let bucket = self.state.bucket(name)?;
        match self.state.broken(name, None) {
            Some(Mode::Missing) => {
                cx.note(|| fact("fault", format!("the bucket {name} is missing on purpose")));
                Err(no_such_bucket(name))
            }
            Some(Mode::Status(503)) => {
                cx.note(|| {
                    let says = format!("too much is asked of the bucket {name} on purpose");
                    fact("fault", says).row("S3-GET-12")
                });
                Err(slow_down())
            }
            _ => Ok(bucket),
        }
    }

    /// Whether an object may be looked for: its bucket or itself may be forbidden on purpose.
    fn check_forbidden(&self, cx: &mut Cx<'_>, bucket: &Bucket, key: &str) -> Result<()> {
        let name = &bucket.settings.name;
        let broken = [None, Some(key)].map(|key| self.state.broken(name, key));
        if !broken.contains(&Some(Mode::Forbidden)) {
            return Ok(());
        }
        cx.note(|| fact("fault", format!("{name}/{key} is forbidden to everybody on purpose")));
        Err(access_denied())
    }

    /// A response head with what every answer has (S3-EP-08).
    fn head(&self, status: u16) -> ResponseHead {
        let mut headers = Headers::with_capacity(24, 1024);
        headers.append("x-amz-id-2", self.ids.host());
        headers.append("x-amz-request-id", self.ids.request());
        headers.append("Date", self.date);
        ResponseHead { status, headers }
    }

    fn is_head(&self) -> bool {
        self.request.head.method == Method::Head
    }

    /// The host as the viewer wrote it, with its port.
    fn host_and_port(&self) -> &'a str {
        self.request.head.headers.get("Host").unwrap_or("")
    }

    const fn scheme(&self) -> &'static str {
        if self.request.tls { "https" } else { "http" }
    }
}

/// A fact of this service.
pub(crate) fn fact(step: &'static str, says: String) -> Fact {
    Fact::new(ServiceName::S3, step, says)
}

fn lower(host: &str) -> Cow<'_, str> {
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(host.to_ascii_lowercase())
    } else {
        Cow::Borrowed(host)
    }
}

/// The `Date` header's value, written once a second.
#[derive(Clone, Debug, Default)]
pub(crate) struct Date {
    second: Option<u64>,
    text: String,
}

impl Date {
    fn at(&mut self, now: Time) -> &str {
        if self.second != Some(now.seconds()) {
            self.second = Some(now.seconds());
            self.text = now.http_date();
        }
        &self.text
    }
}

const REQUEST_ID: usize = 16;
const HOST_ID: usize = 76;

/// What AWS's support asks for: `x-amz-request-id` and `x-amz-id-2`.
#[derive(Debug)]
struct Ids {
    text: [u8; REQUEST_ID + HOST_ID],
}

impl Ids {
    fn new(rng: &mut Rng) -> Self {
        const UPPER: &[u8; 32] = b"ABCDEFGHJKMNPQRSTVWXYZ0123456789";
        const BASE64: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = [b'='; REQUEST_ID + HOST_ID];
        let mut bits = Bits { rng, pool: 0, left: 0 };
        for place in &mut text[..REQUEST_ID] {
            *place = UPPER[bits.take(5)];
        }
        for place in &mut text[REQUEST_ID..REQUEST_ID + HOST_ID - 1] {
            *place = BASE64[bits.take(6)];
        }
        Self { text }
    }

    fn request(&self) -> &str {
        std::str::from_utf8(&self.text[..REQUEST_ID]).unwrap_or("")
    }

    fn host(&self) -> &str {
        std::str::from_utf8(&self.text[REQUEST_ID..]).unwrap_or("")
    }
}

/// Random bits, a few at a time.
struct Bits<'r> {
    rng: &'r mut Rng,
    pool: u64,
    left: u32,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> usize {
        if self.left < count {
            (self.pool, self.left) = (self.rng.next_u64(), 60);
        }
        let taken = self.pool & ((1 << count) - 1);
        self.pool >>= count;
        self.left -= count;
        usize::try_from(taken).unwrap_or(0)
    }
}
