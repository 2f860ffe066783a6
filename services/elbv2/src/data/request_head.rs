//! What a target reads: the client's request with the headers that the load balancer adds, changes
//! and keeps to itself.

use standin_kernel::{Headers, Request, RequestHead, Rng, Time};

use super::x_forwarded::{for_chain, port_digits};
use super::{trace_id, x_forwarded};
use crate::config::{Listener, LoadBalancer, XffMode};

/// The head that goes to the target. The path is passed on as it was sent.
pub(crate) fn for_target(
    request: Request,
    balancer: &LoadBalancer,
    listener: &Listener,
    rng: &mut Rng,
    now: Time,
) -> RequestHead {
    let attributes = &balancer.attributes;
    let Request { head, peer, .. } = request;
    let sent = &head.headers;
    let mut headers = Headers::with_capacity(sent.len() + 5, 1024);
    if attributes.xff_header_processing == XffMode::Append {
        let chain = for_chain(sent, peer, attributes.xff_client_port);
        headers.append("X-Forwarded-For", chain);
    }
    headers.append("X-Forwarded-Proto", listener.protocol.scheme());
    let mut digits = [0; 5];
    headers.append("X-Forwarded-Port", port_digits(&mut digits, listener.port));
    host(&mut headers, &head, balancer, listener);
    trace_id::add(&mut headers, sent, rng, now);
    let drop_invalid = attributes.drop_invalid_header_fields;
    let preserve_xff = attributes.xff_header_processing == XffMode::Preserve;
    for (name, value) in sent.iter() {
        let keep = match name.len() {
            4 => !name.eq_ignore_ascii_case("Host"),
            15 if name.eq_ignore_ascii_case("X-Forwarded-For") => preserve_xff,
            15 => !name.eq_ignore_ascii_case(trace_id::NAME),
            16 if name.eq_ignore_ascii_case("X-Forwarded-Port") => false,
            17 if name.eq_ignore_ascii_case("X-Forwarded-Proto") => false,
            _ => !is_hop_by_hop(name),
        };
        if keep && (!drop_invalid || x_forwarded::is_valid_name(name)) {
            headers.append(name, value);
        }
    }
    RequestHead { headers, ..head }
}

/// `Host` as sent, or in the load balancer's form: lower case, with the listener's port unless that
/// is 80 or 443 (ALB-HD-06). A request without one gets the load balancer's name (ALB-HD-07).
fn host(headers: &mut Headers, head: &RequestHead, balancer: &LoadBalancer, listener: &Listener) {
    if balancer.attributes.preserve_host_header
        && let Some(sent) = head.headers.get_bytes("Host")
    {
        headers.append("Host", sent);
        return;
    }
    let name = head.host().unwrap_or(&balancer.dns_name);
    let mut host = String::with_capacity(name.len() + 6);
    host.push_str(name);
    host.make_ascii_lowercase();
    if !matches!(listener.port, 80 | 443) {
        let mut digits = [0; 5];
        host.push(':');
        host.push_str(std::str::from_utf8(port_digits(&mut digits, listener.port)).unwrap_or(""));
    }
    headers.append("Host", host);
}

/// Headers that are about one connection, in either direction. `Upgrade` is passed on: that is how
/// a WebSocket is asked for (ALB-WS-01). `Expect` is answered before a target is asked (ALB-HD-09).
pub(crate) fn is_hop_by_hop(name: &str) -> bool {
    let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
    match name.len() {
        2 => is("TE"),
        6 => is("Expect"),
        10 => is("Connection") || is("Keep-Alive"),
        14 => is("Content-Length"),
        16 => is("Proxy-Connection"),
        17 => is("Transfer-Encoding"),
        _ => false,
    }
}
