//! Reads the head of an HTTP/1 message and decides how its body is framed (RFC 9112, section 6).
//! What two readers could understand differently is refused: that is how requests are smuggled.

use super::{Headers, Method, RequestHead, ResponseHead, Version};
use crate::limits::{HEAD_BYTES_MAX, HEADERS_MAX};

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    None,
    Length(u64),
    Chunked,
    /// Until the connection ends; responses only.
    UntilClose,
}

impl Framing {
    pub const fn is_none(self) -> bool {
        matches!(self, Self::None | Self::Length(0))
    }
}

/// A head that was read whole.
#[derive(Debug)]
pub struct Read<H> {
    pub head: H,
    pub framing: Framing,
    /// The `Content-Length`, whether or not a body follows (after HEAD none does).
    pub announced: Option<u64>,
    /// Whether the other end wants to use the connection again.
    pub keep_alive: bool,
    /// `Upgrade` was asked for (requests) or agreed to (responses).
    pub upgrade: bool,
    /// The request waits for `100 Continue` before it sends its body.
    pub expects_continue: bool,
    /// How many bytes the head took.
    pub length: usize,
}

/// Why a head cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    #[error("not HTTP/1")]
    Malformed,
    #[error("the head is larger than {HEAD_BYTES_MAX} bytes or has more than {HEADERS_MAX} lines")]
    TooLarge,
    #[error(
        "the body's length is said twice, or in a way two readers could understand differently"
    )]
    Framing,
    #[error("an HTTP version other than 1.0 and 1.1")]
    Version,
    #[error("no Host, or more than one")]
    Host,
}

/// Reads a request head; `None` when more bytes are needed.
pub fn read_request(buffer: &[u8]) -> Result<Option<Read<RequestHead>>, HeadError> {
    let mut lines = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut lines);
    let Some(length) = whole(parsed.parse(buffer), buffer)? else {
        return Ok(None);
    };
    let version = if parsed.version == Some(0) { Version::Http10 } else { Version::Http11 };
    let sent = parsed.path.unwrap_or("/");
    let (target, authority) = origin_form(sent).ok_or(HeadError::Malformed)?;
    let mut headers = Headers::with_capacity(parsed.headers.len() + 8, length + 512);
    let mut scan = Scan::default();
    for line in parsed.headers.iter() {
        if !scan.line(line)? {
            headers.append(line.name, line.value);
        }
    }
    if let Some(authority) = authority {
        headers.set("Host", authority);
        scan.hosts = 1;
    }
    if scan.hosts > 1 || (scan.hosts == 0 && version == Version::Http11) {
        return Err(HeadError::Host);
    }
    let framing = scan.framing(version)?.unwrap_or(Framing::None);
    let head = RequestHead {
        method: Method::parse(parsed.method.unwrap_or("")),
        target: target.to_owned(),
        version,
        headers,
    };
    let keep_alive = scan.keep_alive(version);
    let Scan { upgrade, expects_continue, length: announced, .. } = scan;
    Ok(Some(Read { head, framing, announced, keep_alive, upgrade, expects_continue, length }))
}

/// Reads a response head; `None` when more bytes are needed. `to_head`: the request was a HEAD, so
/// no body follows whatever the head says.
pub fn read_response(
    buffer: &[u8],
    to_head: bool,
) -> Result<Option<Read<ResponseHead>>, HeadError> {
    let mut lines = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Response::new(&mut lines);
    let Some(length) = whole(parsed.parse(buffer), buffer)? else {
        return Ok(None);
    };
    let version = if parsed.version == Some(0) { Version::Http10 } else { Version::Http11 };
    let status = parsed.code.unwrap_or(0);
    if !(100..=999).contains(&status) {
        return Err(HeadError::Malformed);
    }
    let mut headers = Headers::with_capacity(parsed.headers.len() + 8, length + 512);
    let mut scan = Scan::default();
    for line in parsed.headers.iter() {
        if !scan.line(line)? {
            headers.append(line.name, line.value);
        }
    }
    let bodiless = to_head || status < 200 || status == 204 || status == 304;
    let said = scan.framing(version)?;
    let framing = match said {
        _ if bodiless => Framing::None,
        Some(framing) => framing,
        None => Framing::UntilClose,
    };
    let keep_alive = scan.keep_alive(version) && framing != Framing::UntilClose;
    let head = ResponseHead { status, headers };
    Ok(Some(Read {
        head,
        framing,
        announced: scan.length,
        keep_alive,
        upgrade: status == 101,
        expects_continue: false,
        length,
    }))
}

fn whole(
    parsed: Result<httparse::Status<usize>, httparse::Error>,
    buffer: &[u8],
) -> Result<Option<usize>, HeadError> {
    match parsed {
        Ok(httparse::Status::Complete(length)) if length <= HEAD_BYTES_MAX => Ok(Some(length)),
        Ok(httparse::Status::Complete(_)) => Err(HeadError::TooLarge),
        Ok(httparse::Status::Partial) if buffer.len() > HEAD_BYTES_MAX => Err(HeadError::TooLarge),
        Ok(httparse::Status::Partial) => Ok(None),
        Err(httparse::Error::TooManyHeaders) => Err(HeadError::TooLarge),
        Err(httparse::Error::Version) => Err(HeadError::Version),
        Err(_) => Err(HeadError::Malformed),
    }
}

/// Path and query of a request target, and the authority of an absolute one.
fn origin_form(target: &str) -> Option<(&str, Option<&str>)> {
    if target.starts_with('/') || target == "*" {
        return Some((target, None));
    }
    let rest = target.strip_prefix("http://").or_else(|| target.strip_prefix("https://"))?;
    match rest.find('/') {
        Some(at) => Some((&rest[at..], Some(&rest[..at]))),
        None => Some(("/", Some(rest))),
    }
}

/// What the framing and connection headers of one message said.
#[derive(Default)]
struct Scan {
    length: Option<u64>,
    chunked: bool,
    close: bool,
    keep: bool,
    upgrade: bool,
    expects_continue: bool,
    hosts: u32,
}

impl Scan {
    /// Looks at one line; says whether it is the driver's own business and not part of the head.
    fn line(&mut self, line: &httparse::Header<'_>) -> Result<bool, HeadError> {
        let name = line.name.as_bytes();
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
        match name.len() {
            4 if is("Host") => self.hosts += 1,
            6 if is("Expect") => self.expects_continue = lower(line.value).contains("100-continue"),
            10 if is("Connection") => {
                let value = lower(line.value);
                self.close |= value.split(',').any(|token| token.trim() == "close");
                self.keep |= value.split(',').any(|token| token.trim() == "keep-alive");
                self.upgrade |= value.split(',').any(|token| token.trim() == "upgrade");
            }
            10 if is("Keep-Alive") => {}
            14 if is("Content-Length") => {
                let length = content_length(line.value).ok_or(HeadError::Framing)?;
                if self.length.is_some_and(|said| said != length) {
                    return Err(HeadError::Framing);
                }
                self.length = Some(length);
            }
            17 if is("Transfer-Encoding") => {
                if self.chunked || lower(line.value).trim() != "chunked" {
                    return Err(HeadError::Framing);
                }
                self.chunked = true;
            }
            _ => return Ok(false),
        }
        Ok(!is("Host"))
    }

    fn framing(&self, version: Version) -> Result<Option<Framing>, HeadError> {
        match (self.chunked, self.length) {
            (true, Some(_)) => Err(HeadError::Framing),
            (true, None) if version == Version::Http10 => Err(HeadError::Framing),
            (true, None) => Ok(Some(Framing::Chunked)),
            (false, length) => Ok(length.map(Framing::Length)),
        }
    }

    fn keep_alive(&self, version: Version) -> bool {
        !self.close && (version == Version::Http11 || self.keep)
    }
}

fn lower(value: &[u8]) -> String {
    String::from_utf8_lossy(value).to_ascii_lowercase()
}

/// Digits only: `+5`, `5, 5` and an empty value are all refused.
fn content_length(value: &[u8]) -> Option<u64> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(value).ok()?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> Result<Option<Read<RequestHead>>, HeadError> {
        read_request(text.as_bytes())
    }

    fn refused(text: &str) -> HeadError {
        request(text).expect_err("must be refused")
    }

    #[test]
    fn reads_a_request_and_keeps_framing_out_of_the_headers() {
        let read = request("POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
        let read = read.unwrap().unwrap();
        assert_eq!((read.head.path(), read.head.query()), ("/a", Some("b")));
        assert_eq!(read.framing, Framing::Length(3));
        assert_eq!(read.head.headers.len(), 1);
        assert!(read.keep_alive);
        assert_eq!(request("GET / HTTP/1.1\r\nHost: x\r\n").unwrap().map(|r| r.length), None);
    }

    #[test]
    fn refuses_what_two_readers_could_understand_differently() {
        let both =
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(refused(both), HeadError::Framing);
        let two = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n";
        assert_eq!(refused(two), HeadError::Framing);
        let plus = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\n";
        assert_eq!(refused(plus), HeadError::Framing);
        let hosts = "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n";
        assert_eq!(refused(hosts), HeadError::Host);
        assert_eq!(refused("GET / HTTP/1.1\r\n\r\n"), HeadError::Host);
        assert_eq!(refused("\u{16}\u{3}\u{1} TLS"), HeadError::Malformed);
        assert_eq!(refused("GET / HTTP/3.7\r\n\r\n"), HeadError::Version);
    }

    #[test]
    fn refuses_an_oversized_head() {
        let long =
            format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "a".repeat(HEAD_BYTES_MAX));
        assert_eq!(refused(&long), HeadError::TooLarge);
    }

    #[test]
    fn an_absolute_target_gives_the_host() {
        let read =
            request("GET http://a.example/b HTTP/1.1\r\nHost: other\r\n\r\n").unwrap().unwrap();
        assert_eq!((read.head.host(), read.head.path()), (Some("a.example"), "/b"));
    }

    #[test]
    fn a_response_without_length_lasts_until_close() {
        let read = read_response(b"HTTP/1.1 200 OK\r\n\r\n", false).unwrap().unwrap();
        assert_eq!(read.framing, Framing::UntilClose);
        assert!(!read.keep_alive);
        let read = read_response(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", true).unwrap();
        assert_eq!(read.map(|r| r.framing), Some(Framing::None));
    }
}
