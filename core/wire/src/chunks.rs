//! `aws-chunked` bodies: pieces with their lengths and signatures, as SDKs upload objects.

use crate::sigv4::{Chunks, Refused};

/// Whether a body is in pieces, by the header `x-amz-content-sha256` or the content encoding.
pub fn is_chunked(content_sha256: Option<&str>, content_encoding: Option<&str>) -> bool {
    content_sha256.is_some_and(|hash| hash.starts_with("STREAMING-"))
        || content_encoding
            .is_some_and(|coding| coding.split(',').any(|c| c.trim() == "aws-chunked"))
}

/// A body without its framing, and what stood behind its last chunk.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    pub body: Vec<u8>,
    /// Names in lower case: `x-amz-checksum-crc32`.
    pub trailer: Vec<(String, String)>,
}

/// Takes the framing off. `seal` checks the chunks' signatures, where they have to be signed.
pub fn decode(body: &[u8], mut seal: Option<&mut Chunks>) -> Result<Decoded, Wrong> {
    let mut decoded = Decoded { body: Vec::with_capacity(body.len()), trailer: Vec::new() };
    let mut rest = body;
    loop {
        let line = line(&mut rest)?;
        let (size, extension) = line.split_once(';').unwrap_or((line, ""));
        let size = usize::from_str_radix(size.trim(), 16).map_err(|_| Wrong::Framing)?;
        let chunk = rest.get(..size).ok_or(Wrong::Framing)?;
        if let Some(seal) = seal.as_mut().filter(|seal| seal.signed()) {
            let signature = extension.trim().strip_prefix("chunk-signature=");
            seal.chunk(chunk, signature).map_err(Wrong::Signature)?;
        }
        if size == 0 {
            decoded.trailer = trailer(rest, seal)?;
            return Ok(decoded);
        }
        decoded.body.extend_from_slice(chunk);
        rest = rest[size..].strip_prefix(b"\r\n").ok_or(Wrong::Framing)?;
    }
}

/// Why a body in pieces cannot be taken.
#[derive(Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is not in `aws-chunked` encoding.
    Framing,
    Signature(Refused),
}

fn line<'b>(rest: &mut &'b [u8]) -> Result<&'b str, Wrong> {
    let end = rest.windows(2).position(|two| two == b"\r\n").ok_or(Wrong::Framing)?;
    let line = std::str::from_utf8(&rest[..end]).map_err(|_| Wrong::Framing)?;
    *rest = &rest[end + 2..];
    Ok(line)
}

/// The headers behind the last chunk. Some clients leave out the empty line that ends them.
fn trailer(mut rest: &[u8], seal: Option<&mut Chunks>) -> Result<Vec<(String, String)>, Wrong> {
    let mut headers = Vec::new();
    let mut signed = String::new();
    let mut signature = None;
    while !rest.is_empty() {
        let line = line(&mut rest)?;
        let Some((name, value)) = line.split_once(':') else { break };
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        if name == "x-amz-trailer-signature" {
            signature = Some(value);
            continue;
        }
        signed.push_str(&format!("{name}:{value}\n"));
        headers.push((name, value.to_owned()));
    }
    if let Some(seal) = seal.filter(|seal| seal.signed() && !headers.is_empty()) {
        seal.trailer(signed.as_bytes(), signature).map_err(Wrong::Signature)?;
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_put_together() {
        let body =
            b"5;chunk-signature=abc\r\nhello\r\n3\r\n, w\r\n0\r\nx-amz-checksum-crc32:a\r\n\r\n";
        let decoded = decode(body, None).unwrap();
        assert_eq!(decoded.body, b"hello, w");
        assert_eq!(decoded.trailer, [("x-amz-checksum-crc32".to_owned(), "a".to_owned())]);
        assert_eq!(decode(b"1\r\na\r\n0\r\n", None).unwrap().body, b"a");
        for wrong in [&b""[..], b"5\r\nhell", b"zz\r\n", b"ffffffffffffffff\r\nab\r\n0\r\n\r\n"] {
            assert_eq!(decode(wrong, None).unwrap_err(), Wrong::Framing);
        }
    }

    #[test]
    fn chunked_bodies_say_so() {
        assert!(is_chunked(Some("STREAMING-UNSIGNED-PAYLOAD-TRAILER"), None));
        assert!(is_chunked(None, Some("gzip, aws-chunked")));
        assert!(!is_chunked(Some("UNSIGNED-PAYLOAD"), Some("gzip")));
    }
}
