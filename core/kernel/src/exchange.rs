//! The data plane's vocabulary: exchanges (a request served), legs (a request made), bodies that
//! are named rather than carried.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::http::{RequestHead, ResponseHead};
use crate::time::Duration;
use crate::workload::WorkloadId;

/// One request being served by a service; the engine gives them out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub u64);

/// On whose behalf a service asks another place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Caller {
    /// For an exchange the service is serving.
    Exchange(ExchangeId),
    /// On its own account (a health probe), under a number the service chose.
    Own(u64),
}

/// What a viewer, or another service, asks of a service.
#[derive(Clone, Debug)]
pub struct Request {
    pub head: RequestHead,
    /// The other end of the connection.
    pub peer: SocketAddr,
    /// Whether the connection carried TLS.
    pub tls: bool,
    /// Whether a body follows (it stays with the driver).
    pub has_body: bool,
    pub identity: Identity,
    /// Which port of the service was reached: a load balancer's listener port, 80 for the edge.
    pub port: u16,
}

/// Who asks, when it is not an anonymous viewer. Stands for the signature AWS would see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    #[default]
    Anonymous,
    /// An AWS service signing for a resource: principal `cloudfront.amazonaws.com`, the ARN of
    /// the distribution.
    Service { principal: &'static str, source_arn: Arc<str> },
    /// The account's own root, for calls on the API endpoint.
    Account,
    /// The process of a workload, at an address that only it is given (Lambda's Runtime API).
    Workload(WorkloadId),
}

/// Where a leg goes: a name the engine or the machine resolves, or an address as such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Name { host: Arc<str>, port: u16 },
    Socket(SocketAddr),
}

/// What a service asks of another place.
#[derive(Clone, Debug)]
pub struct LegRequest {
    pub to: Address,
    pub tls: bool,
    pub head: RequestHead,
    /// Send the body of the exchange on whose behalf this is.
    pub with_body: bool,
    pub identity: Identity,
    /// How long opening a connection may take (not used on a connection kept alive).
    pub connect_timeout: Duration,
    /// How long the answer's head may take, counted from when the request has been sent.
    pub response_timeout: Duration,
    /// Names of both ends, for faults and traces: distribution id and origin id, load balancer
    /// name and `ip:port` of the target.
    pub from: Arc<str>,
    pub link: Arc<str>,
}

/// Why a leg gave no usable answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkFailure {
    /// The name does not resolve.
    NameNotFound,
    /// The other end refused the connection (TCP reset on connect).
    Refused,
    /// No connection within the connect timeout.
    ConnectTimeout,
    /// No TLS session could be agreed on.
    Tls,
    /// The connection ended before a whole response head had come.
    Closed,
    /// No response head within the response timeout.
    ResponseTimeout,
    /// What came is not HTTP.
    BadResponse,
    /// The response head is larger than the limit.
    HeadTooLarge,
}

impl LinkFailure {
    /// In a few words, for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NameNotFound => "the name does not resolve",
            Self::Refused => "the connection was refused",
            Self::ConnectTimeout => "no connection within the connection timeout",
            Self::Tls => "no TLS session could be agreed on",
            Self::Closed => "the connection was closed before an answer came",
            Self::ResponseTimeout => "no answer within the response timeout",
            Self::BadResponse => "the answer was not HTTP",
            Self::HeadTooLarge => "the answer's headers were too large",
        }
    }
}

/// Names a stored body by its content: SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub [u8; 32]);

impl BlobId {
    /// As 64 hexadecimal digits.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The other way round; `None` for anything but 64 such digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let mut id = [0_u8; 32];
        for (at, byte) in id.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self(id))
    }
}

/// A body, named or small; the bytes of a relayed or stored one stay with the driver.
#[derive(Clone, Debug, Default)]
pub enum Body {
    #[default]
    Empty,
    Bytes(Bytes),
    /// `length` bytes from `offset` of a stored body.
    Blob {
        id: BlobId,
        offset: u64,
        length: u64,
    },
    /// What the leg's other end is sending. `length` when it said so. `keep`: hand a copy of the
    /// whole body to `Service::kept` of the service that asks, under this number.
    Relay {
        length: Option<u64>,
        keep: Option<u64>,
    },
}

impl Body {
    /// Its length in bytes, when known.
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Blob { length, .. } => Some(*length),
            Self::Relay { length, .. } => *length,
        }
    }

    pub const fn is_relay(&self) -> bool {
        matches!(self, Self::Relay { .. })
    }
}

/// What a service answers, or what a leg brought back. Framing headers (`Content-Length`,
/// `Transfer-Encoding`, `Connection`) are never in `head`: the driver writes them. The answer to
/// HEAD has `Body::Empty` and may carry the length in `head_length`.
#[derive(Clone, Debug)]
pub struct Response {
    pub head: ResponseHead,
    pub body: Body,
    /// The `Content-Length` an answer to HEAD announces.
    pub head_length: Option<u64>,
    /// Close the viewer's connection after this answer.
    pub close: bool,
    /// How the body is to be compressed on its way; the headers say so already.
    pub coding: Option<Coding>,
}

/// A content coding that is applied here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coding {
    Gzip,
    Brotli,
}

impl Coding {
    /// As `Content-Encoding` has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }
}

impl Response {
    pub const fn new(head: ResponseHead, body: Body) -> Self {
        Self { head, body, head_length: None, close: false, coding: None }
    }

    /// A whole small answer with its content type.
    pub fn text(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let mut head = ResponseHead::new(status);
        head.headers.append("Content-Type", content_type);
        Self::new(head, Body::Bytes(body.into()))
    }
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The answer went out whole.
    Complete { body_bytes: u64 },
    /// The viewer went away, before or while being answered.
    ViewerGone,
    /// The other end stopped in the middle of the body.
    OriginGone,
}
