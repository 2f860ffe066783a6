//! `aws-chunked` bodies: pieces with their lengths and signatures, as SDKs upload objects.

use standin_kernel::ApiError;

/// Whether a body is in pieces, by the header `x-amz-content-sha256` or the content encoding.
pub fn is_chunked(content_sha256: Option<&str>, content_encoding: Option<&str>) -> bool {
    content_sha256.is_some_and(|hash| hash.starts_with("STREAMING-"))
        || content_encoding
            .is_some_and(|coding| coding.split(',').any(|c| c.trim() == "aws-chunked"))
}

/// The body without its framing; signatures and trailers are dropped.
pub fn decode(body: &[u8]) -> Result<Vec<u8>, ApiError> {
    let wrong = || {
        let message = "The request body is not in aws-chunked encoding";
        ApiError::new("IncompleteBody", 400, message)
    };
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").ok_or_else(wrong)?;
        let line = std::str::from_utf8(&rest[..end]).map_err(|_| wrong())?;
        let size = line.split(';').next().unwrap_or(line).trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| wrong())?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Ok(out);
        }
        out.extend_from_slice(rest.get(..size).ok_or_else(wrong)?);
        rest = rest[size..].strip_prefix(b"\r\n").ok_or_else(wrong)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_put_together() {
        let body =
            b"5;chunk-signature=abc\r\nhello\r\n3\r\n, w\r\n0\r\nx-amz-checksum-crc32:a\r\n\r\n";
        assert_eq!(decode(body).unwrap(), b"hello, w");
        for wrong in [&b""[..], b"5\r\nhell", b"zz\r\n", b"ffffffffffffffff\r\nab\r\n0\r\n\r\n"] {
            assert_eq!(decode(wrong).unwrap_err().code, "IncompleteBody");
        }
    }

    #[test]
    fn chunked_bodies_say_so() {
        assert!(is_chunked(Some("STREAMING-UNSIGNED-PAYLOAD-TRAILER"), None));
        assert!(is_chunked(None, Some("gzip, aws-chunked")));
        assert!(!is_chunked(Some("UNSIGNED-PAYLOAD"), Some("gzip")));
    }
}
