//! One HTTP request on a connection of its own, over plain TCP or (for AWS) TLS.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) tls: bool,
    /// Without port.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    /// Of `http://127.0.0.1:4566` or `https://ssm.eu-west-1.amazonaws.com`.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let tls = match scheme {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let authority = rest.split('/').next()?;
        let usual = if tls { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, usual),
        };
        Some(Self { tls, host: host.to_owned(), port })
    }

    /// As the Host header has it.
    pub(crate) fn authority(&self) -> String {
        match (self.tls, self.port) {
            (true, 443) | (false, 80) => self.host.clone(),
            (_, port) => format!("{}:{port}", self.host),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Request<'r> {
    pub(crate) method: &'r str,
    /// Path and query.
    pub(crate) target: &'r str,
    pub(crate) headers: &'r [(String, String)],
    pub(crate) body: &'r [u8],
    /// None waits for as long as it takes.
    pub(crate) timeout: Option<Duration>,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(have, _)| have.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

/// Sends a request and reads the whole answer.
pub(crate) fn send(address: &Address, request: &Request<'_>) -> std::io::Result<Response> {
    let tcp = TcpStream::connect((address.host.as_str(), address.port))?;
    tcp.set_read_timeout(request.timeout)?;
    tcp.set_write_timeout(request.timeout)?;
    tcp.set_nodelay(true)?;
    let mut stream: Box<dyn Stream> =
        if address.tls { tls(&address.host, tcp)? } else { Box::new(tcp) };
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
    // Writing to a text never fails.
    let _ = write!(head, "Host: {}\r\nConnection: close\r\n", address.authority());
    if !request.body.is_empty() || request.method != "GET" {
        let _ = write!(head, "Content-Length: {}\r\n", request.body.len());
    }
    for (name, value) in request.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(request.body);
    stream.write_all(&bytes)?;
    stream.flush()?;
    let mut answer = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        if let Some(response) = whole(&answer)? {
            return Ok(response);
        }
        match stream.read(&mut chunk)? {
            0 => return at_end(&answer),
            count => answer.extend_from_slice(&chunk[..count]),
        }
    }
}

fn wrong(what: impl Into<String>) -> std::io::Error {
    std::io::Error::other(what.into())
}

/// Status, headers, and where the body begins.
fn head(bytes: &[u8]) -> std::io::Result<Option<(Response, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Response::new(&mut headers);
    let status = parsed.parse(bytes).map_err(|error| wrong(format!("no HTTP answer: {error}")))?;
    let httparse::Status::Complete(length) = status else { return Ok(None) };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = parsed.headers.iter().map(|one| (one.name.to_owned(), text(one.value))).collect();
    let status = parsed.code.unwrap_or(0);
    Ok(Some((Response { status, headers, body: Vec::new() }, length)))
}

/// The answer, if it is all there and says so itself.
fn whole(bytes: &[u8]) -> std::io::Result<Option<Response>> {
    let Some((mut response, from)) = head(bytes)? else { return Ok(None) };
    let rest = &bytes[from..];
    if response.header("Transfer-Encoding").is_some_and(|value| value.contains("chunked")) {
        let body = unchunked(rest)?;
        return Ok(body.map(|body| Response { body, ..response }));
    }
    let bodiless = matches!(response.status, 204 | 304);
    let length = match response.header("Content-Length") {
        _ if bodiless => Some(0),
        Some(length) => Some(length.trim().parse().map_err(|_| wrong("no Content-Length"))?),
        None => None,
    };
    match length {
        Some(length) if rest.len() >= length => {
            response.body = rest[..length].to_vec();
            Ok(Some(response))
        }
        _ => Ok(None),
    }
}

/// The answer whose end is that of the connection.
fn at_end(bytes: &[u8]) -> std::io::Result<Response> {
    match head(bytes)? {
        Some((mut response, from)) if response.header("Content-Length").is_none() => {
            response.body = bytes[from..].to_vec();
            Ok(response)
        }
        _ => Err(wrong("the connection ended within the answer")),
    }
}

fn unchunked(mut rest: &[u8]) -> std::io::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let Some(end) = rest.windows(2).position(|two| two == b"\r\n") else { return Ok(None) };
        let line = String::from_utf8_lossy(&rest[..end]);
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| wrong("no size of a chunk"))?;
        let from = end + 2;
        if size == 0 {
            return Ok(Some(body));
        }
        let Some(chunk) = rest.get(from..from + size) else { return Ok(None) };
        body.extend_from_slice(chunk);
        let Some(after) = rest.get(from + size + 2..) else { return Ok(None) };
        rest = after;
    }
}

#[cfg(not(feature = "aws"))]
fn tls(host: &str, _tcp: TcpStream) -> std::io::Result<Box<dyn Stream>> {
    Err(wrong(format!("{host} wants TLS: build the switch with --features aws")))
}

#[cfg(feature = "aws")]
fn tls(host: &str, tcp: TcpStream) -> std::io::Result<Box<dyn Stream>> {
    use std::sync::Arc;

    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

    let mut roots = RootCertStore::empty();
    // Amazon Linux, then Debian.
    let files = ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt"];
    let found = files.iter().find(|file| std::path::Path::new(file).exists());
    let file = found.ok_or_else(|| wrong("no certificates to trust were found"))?;
    for certificate in CertificateDer::pem_file_iter(file).map_err(std::io::Error::other)? {
        // A bundle may hold some that rustls does not read; the others do.
        let _ = roots.add(certificate.map_err(std::io::Error::other)?);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(std::io::Error::other)?;
    let connection =
        ClientConnection::new(Arc::new(config), name).map_err(std::io::Error::other)?;
    Ok(Box::new(StreamOwned::new(connection, tcp)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_whole_by_length_or_chunks() {
        let text = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
        assert!(whole(&text[..text.len() - 1]).unwrap().is_none());
        assert_eq!(whole(text).unwrap().unwrap().body, b"abc");
        let text =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
        assert_eq!(whole(text).unwrap().unwrap().body, b"abc");
        assert!(whole(&text[..text.len() - 8]).unwrap().is_none());
        let text = b"HTTP/1.1 200 OK\r\n\r\nabc";
        assert!(whole(text).unwrap().is_none());
        assert_eq!(at_end(text).unwrap().body, b"abc");
    }

    #[test]
    fn addresses_have_their_usual_ports() {
        let read =
            |url: &str| Address::parse(url).map(|address| (address.authority(), address.tls));
        assert_eq!(read("http://127.0.0.1:4566/"), Some(("127.0.0.1:4566".into(), false)));
        assert_eq!(read("https://ssm.aws"), Some(("ssm.aws".into(), true)));
        assert_eq!(read("ssm.aws"), None);
    }
}
