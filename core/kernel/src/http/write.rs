//! Writes heads of HTTP/1, with the framing the driver decided on.

use super::{Framing, RequestHead, ResponseHead, Version, reason};

/// Appends a request head. Framing and `Connection` lines are written here and nowhere else.
pub fn write_request(out: &mut Vec<u8>, head: &RequestHead, framing: Framing) {
    out.extend_from_slice(head.method.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(head.target.as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\n");
    write_lines(out, head.headers.iter());
    write_framing(out, framing);
    out.extend_from_slice(b"\r\n");
}

/// Appends a response head to a viewer that speaks `version`. `close`: the connection ends after
/// it.
pub fn write_response(
    out: &mut Vec<u8>,
    head: &ResponseHead,
    version: Version,
    framing: Framing,
    close: bool,
) {
    out.extend_from_slice(b"HTTP/1.1 ");
    write_number(out, u64::from(head.status));
    out.push(b' ');
    out.extend_from_slice(reason(head.status).as_bytes());
    out.extend_from_slice(b"\r\n");
    write_lines(out, head.headers.iter());
    let bodiless = head.status < 200 || head.status == 204 || head.status == 304;
    if !bodiless || !framing.is_none() {
        write_framing(out, framing);
    }
    if close {
        out.extend_from_slice(b"Connection: close\r\n");
    } else if head.status >= 200 && version == Version::Http10 {
        out.extend_from_slice(b"Connection: keep-alive\r\n");
    }
    out.extend_from_slice(b"\r\n");
}

fn write_lines<'a>(out: &mut Vec<u8>, lines: impl Iterator<Item = (&'a str, &'a [u8])>) {
    for (name, value) in lines {
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    }
}

fn write_framing(out: &mut Vec<u8>, framing: Framing) {
    match framing {
        Framing::Length(length) => {
            out.extend_from_slice(b"Content-Length: ");
            write_number(out, length);
            out.extend_from_slice(b"\r\n");
        }
        Framing::Chunked => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
        Framing::None | Framing::UntilClose => {}
    }
}

fn write_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::super::{Method, read_request};
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let mut head = RequestHead::get("x.example", "/a?b=c");
        head.method = Method::Post;
        head.headers.append("X-Y", "z");
        let mut out = Vec::new();
        write_request(&mut out, &head, Framing::Length(120));
        let read = read_request(&out).unwrap().unwrap();
        assert_eq!((read.head, read.framing), (head, Framing::Length(120)));
    }

    #[test]
    fn a_204_says_no_length() {
        let mut out = Vec::new();
        write_response(&mut out, &ResponseHead::new(204), Version::Http11, Framing::None, false);
        assert_eq!(out, b"HTTP/1.1 204 No Content\r\n\r\n");
    }
}
