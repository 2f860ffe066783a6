//! Where a request came from, for those behind the load balancer (ALB-HD-01, ALB-HD-02).

use std::fmt::Write;
use std::net::SocketAddr;

use standin_kernel::Headers;

/// More addresses than this in `X-Forwarded-For` are answered 463 (ALB-ER-10).
pub(crate) const ADDRESSES_MAX: usize = 30;

/// How many addresses came in `X-Forwarded-For`, over all its lines.
pub(crate) fn addresses(headers: &Headers) -> usize {
    headers
        .get_all("X-Forwarded-For")
        .flat_map(|line| line.split(','))
        .filter(|address| !address.trim().is_empty())
        .count()
}

/// What came, and the other end of the connection after it.
pub(crate) fn for_chain(sent: &Headers, peer: SocketAddr, with_port: bool) -> String {
    let mut chain = String::with_capacity(64);
    for line in sent.get_all("X-Forwarded-For").filter(|line| !line.trim().is_empty()) {
        chain.push_str(line);
        chain.push_str(", ");
    }
    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
    let _ = match with_port {
        true => write!(chain, "{peer}"),
        false => write!(chain, "{}", peer.ip()),
    };
    chain
}

/// The decimal digits of a port.
pub(crate) fn port_digits(buffer: &mut [u8; 5], port: u16) -> &[u8] {
    let mut rest = port;
    let mut at = buffer.len();
    loop {
        at -= 1;
        buffer[at] = b"0123456789"[usize::from(rest % 10)];
        rest /= 10;
        if rest == 0 {
            return &buffer[at..];
        }
    }
}

/// Whether a header's name is one that `drop_invalid_header_fields` lets through (ALB-HD-10).
pub(crate) fn is_valid_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte == b'-' || byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_written_in_decimal() {
        for port in [0, 7, 80, 443, 8080, 65535] {
            let mut buffer = [0; 5];
            assert_eq!(port_digits(&mut buffer, port), port.to_string().as_bytes());
        }
    }

    #[test]
    fn alb_er_10_addresses_are_counted_over_all_lines() {
        let lines = [("X-Forwarded-For", "1.1.1.1, 2.2.2.2"), ("x-forwarded-for", "3.3.3.3,")];
        assert_eq!(addresses(&Headers::from_iter(lines)), 3);
        assert_eq!(addresses(&Headers::new()), 0);
    }
}
