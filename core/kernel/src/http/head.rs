//! Heads of requests and responses as values.

use super::{Headers, Method};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    Http10,
    #[default]
    Http11,
    Http2,
}

impl Version {
    /// As `Via` writes it: `1.0`, `1.1`, `2.0`.
    pub const fn digits(self) -> &'static str {
        match self {
            Self::Http10 => "1.0",
            Self::Http11 => "1.1",
            Self::Http2 => "2.0",
        }
    }
}

/// A request's head. `target` is path and query as sent (`/a/b?c=d`), or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHead {
    pub method: Method,
    pub target: String,
    pub version: Version,
    pub headers: Headers,
}

impl RequestHead {
    /// A GET of `target` at `host`.
    pub fn get(host: &str, target: &str) -> Self {
        let mut headers = Headers::with_capacity(8, 256);
        headers.append("Host", host);
        Self { method: Method::Get, target: target.into(), version: Version::Http11, headers }
    }

    /// The path without the query.
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(&self.target, |(path, _)| path)
    }

    /// What stands after the question mark, if there is one.
    pub fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// The first `Host`, without port and final dot. As sent otherwise: compare without case.
    pub fn host(&self) -> Option<&str> {
        let host = self.headers.get("Host")?;
        Some(host_without_port(host))
    }
}

/// `Example.com:8080` gives `Example.com`; `[::1]:80` gives `[::1]`.
pub fn host_without_port(host: &str) -> &str {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') => {
            name
        }
        _ => host,
    };
    name.strip_suffix('.').unwrap_or(name)
}

/// A response's head; see [`crate::Response`] for what is never among the headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    pub status: u16,
    pub headers: Headers,
}

impl ResponseHead {
    pub fn new(status: u16) -> Self {
        Self { status, headers: Headers::new() }
    }
}

/// The reason phrase that goes with a status.
pub const fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        101 => "Switching Protocols",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Requested Range Not Satisfiable",
        421 => "Misdirected Request",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        460 => "Client Closed",
        463 => "Too Many Forwarded",
        494 => "Request Header Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        507 => "Insufficient Storage",
        _ => "",
    }
}
