//! Decides which of the origin's headers reach the viewer and what the edge adds (CF-HDR-*,
//! CF-TTL-17, CF-CER-21).

use standin_kernel::{Headers, Method, Response};

use super::names::EdgeNames;
use super::response_headers;
use super::viewer::Viewer;
use crate::config::{Behavior, HeaderSet, NameSet, Origin, OriginKind};

/// The values of `X-Cache`.
pub(crate) const HIT: &str = "Hit from cloudfront";
pub(crate) const MISS: &str = "Miss from cloudfront";
pub(crate) const REFRESH_HIT: &str = "RefreshHit from cloudfront";
pub(crate) const ERROR: &str = "Error from cloudfront";

/// Never passed on to a viewer. `Age` counts from this edge (CF-TTL-17).
const REMOVED: [&str; 15] = [
    "Connection",
    "Keep-Alive",
    "Proxy-Connection",
    "Proxy-Authenticate",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Content-Length",
    "Upgrade",
    "Via",
    "X-Cache",
    "X-Amz-Cf-Id",
    "X-Amz-Cf-Pop",
    "Age",
    "Vary",
];

/// S3's own names for a request (CF-HDR-06).
const REMOVED_OF_S3: [&str; 2] = ["x-amz-id-2", "x-amz-request-id"];

/// Takes out of an origin's headers what viewers do not get, and adds what all answers of this edge
/// have but `X-Cache`, `Age` and the request's id.
pub(crate) fn clean(
    headers: &mut Headers,
    behavior: &Behavior,
    origin: &Origin,
    names: &EdgeNames,
) {
    let cookies_pass = forwards_cookies(behavior);
    let s3 = matches!(origin.kind, OriginKind::S3 { .. });
    let vary = vary(headers, behavior, cookies_pass);
    headers.retain(|name, _| {
        let is = |list: &[&str]| list.iter().any(|one| name.eq_ignore_ascii_case(one));
        !(is(&REMOVED)
            || (!cookies_pass && name.eq_ignore_ascii_case("Set-Cookie"))
            || (s3 && is(&REMOVED_OF_S3)))
    });
    if let Some(vary) = vary {
        headers.append("Vary", vary);
    }
    if !headers.contains("Date") {
        headers.append("Date", names.date());
    }
    if !headers.contains("Server") {
        headers.append("Server", "CloudFront");
    }
    headers.append("Via", names.via());
    headers.append("X-Amz-Cf-Pop", names.pop());
}

/// Whether cookies go to the origin, and its cookies to the viewer. Where they do, requests are
/// not collapsed (CF-TTL-15) and copies are refreshed in full (CF-TTL-09).
pub(crate) const fn forwards_cookies(behavior: &Behavior) -> bool {
    !(matches!(behavior.cache.key_cookies, NameSet::None)
        && matches!(behavior.origin_request.cookies, NameSet::None))
}

/// `Vary` without the names that choose nothing here (CF-HDR-06, CF-HDR-07).
fn vary(headers: &Headers, behavior: &Behavior, cookies_pass: bool) -> Option<String> {
    let mut kept = String::new();
    for name in headers.get_all("Vary").flat_map(|line| line.split(',')).map(str::trim) {
        let keep = name.eq_ignore_ascii_case("Accept-Encoding")
            || (cookies_pass && name.eq_ignore_ascii_case("Cookie"))
            || forwarded(behavior, name);
        if keep {
            if !kept.is_empty() {
                kept.push_str(", ");
            }
            kept.push_str(name);
        }
    }
    (!kept.is_empty()).then_some(kept)
}

fn forwarded(behavior: &Behavior, name: &str) -> bool {
    let named = |names: &[Box<str>]| names.iter().any(|one| one.eq_ignore_ascii_case(name));
    named(&behavior.cache.key_headers)
        || match &behavior.origin_request.headers {
            HeaderSet::None => false,
            HeaderSet::Only(names) => named(names),
            HeaderSet::AllViewer | HeaderSet::AllViewerAnd(_) => !name.is_empty(),
            HeaderSet::AllExcept(names) => !named(names),
        }
}

/// Finishes an answer: the request's id, the response headers policy of the viewer's behavior
/// (CF-CER-16), `Alt-Svc`; a body only where the method has one.
pub(crate) fn finish(mut response: Response, viewer: &Viewer) -> Response {
    let headers = &mut response.head.headers;
    headers.append("X-Amz-Cf-Id", viewer.id.as_str());
    if viewer.distribution.http3 {
        headers.set("Alt-Svc", "h3=\":443\"; ma=86400");
    }
    if let Some(policy) = &viewer.behavior().response_headers {
        response_headers::apply(policy, headers, &viewer.request.head.headers);
    }
    if *viewer.method() == Method::Head { without_body(response) } else { response }
}

/// The answer to HEAD: the length the body would have, and no body.
pub(crate) fn without_body(mut response: Response) -> Response {
    let length = std::mem::take(&mut response.body).length();
    if response.coding.take().is_some() {
        // Nobody has compressed it to know.
        response.head_length = None;
        return response;
    }
    if response.head_length.is_none() {
        response.head_length = length.filter(|length| *length > 0);
    }
    response
}

/// Whether the connection is closed after a custom error page with this status (CF-CER-21).
pub(crate) const fn closes_after_page(status: u16) -> bool {
    matches!(status, 400 | 405 | 414 | 416 | 500 | 501)
}
