//! Decides which answers the edge compresses (CF-CMP-*). Whoever sends the body compresses it; what
//! is kept is the origin's.

use standin_kernel::http::Version;
use standin_kernel::{Coding, Cx, Method, Response};

use super::fetch::Visit;
use super::{encoding, fact};

/// Sizes of bodies that are compressed, in bytes.
const SIZES: std::ops::RangeInclusive<u64> = 1_000..=10_000_000;

/// CF-CMP-05.
const TYPES: [&str; 47] = [
    "application/dash+xml",
    "application/eot",
    "application/font",
    "application/font-sfnt",
    "application/javascript",
    "application/json",
    "application/opentype",
    "application/otf",
    "application/pdf",
    "application/pkcs7-mime",
    "application/protobuf",
    "application/rss+xml",
    "application/truetype",
    "application/ttf",
    "application/vnd.apple.mpegurl",
    "application/vnd.mapbox-vector-tile",
    "application/vnd.ms-fontobject",
    "application/wasm",
    "application/x-font-opentype",
    "application/x-font-truetype",
    "application/x-font-ttf",
    "application/x-httpd-cgi",
    "application/x-javascript",
    "application/x-mpegurl",
    "application/x-opentype",
    "application/x-otf",
    "application/x-perl",
    "application/x-ttf",
    "application/xhtml+xml",
    "application/xml",
    "font/eot",
    "font/opentype",
    "font/otf",
    "font/ttf",
    "font/x-woff",
    "image/svg+xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "text/js",
    "text/plain",
    "text/richtext",
    "text/tab-separated-values",
    "text/x-component",
    "text/x-script",
    "text/xml",
];

/// Whether an answer with this status is compressed (CF-CMP-02).
const fn compresses(status: u16) -> bool {
    matches!(status, 200 | 403 | 404)
}

/// Has an origin's answer compressed for this viewer, and for all who are given the copy of it.
pub(super) fn apply(cx: &mut Cx<'_>, visit: &Visit, response: &mut Response) {
    let Some(coding) = coding(visit, response) else { return };
    response.coding = Some(coding);
    let headers = &mut response.head.headers;
    headers.set("Content-Encoding", coding.as_str());
    if let Some(etag) = headers.get("ETag").map(weak) {
        headers.set("ETag", etag);
    }
    cx.note(|| {
        let behavior = &visit.viewer.distribution.behaviors[visit.wanted.behavior];
        let says = format!("compressed with {}", coding.as_str());
        fact("compression", says)
            .setting(&visit.viewer.distribution.id, format!("{}.Compress", behavior.property))
            .row("CF-CMP-01")
    });
}

/// Leaves an answer as the origin gave it, for a status that is not compressed.
pub(super) fn undo(response: &mut Response) {
    if !compresses(response.head.status) && response.coding.take().is_some() {
        response.head.headers.remove("Content-Encoding");
    }
}

/// A tag made weak, if it is not (CF-CMP-03).
pub(super) fn weak(etag: &str) -> String {
    if etag.starts_with("W/") { etag.to_owned() } else { format!("W/{etag}") }
}

fn coding(visit: &Visit, response: &Response) -> Option<Coding> {
    let viewer = &visit.viewer;
    let behavior = &viewer.distribution.behaviors[visit.wanted.behavior];
    let headers = &response.head.headers;
    let asked = &viewer.request.head;
    let length = response.body.length().filter(|length| *length > 0).or(response.head_length);
    let may = behavior.compress
        && visit.wanted.cacheable
        && matches!(visit.wanted.method, Method::Get | Method::Head)
        && asked.version == Version::Http11
        && !asked.headers.contains("Range")
        && compresses(response.head.status)
        && !headers.contains("Content-Encoding")
        && length.is_some_and(|length| SIZES.contains(&length))
        && headers.get("Content-Type").is_some_and(is_listed);
    if !may {
        return None;
    }
    let accepted = asked.headers.get("Accept-Encoding");
    let cache = &behavior.cache;
    // Brotli wants a cache policy.
    let brotli = cache.brotli && !behavior.origin_request.legacy;
    match encoding::normalise(accepted, cache.gzip, brotli) {
        "" => None,
        "gzip" => Some(Coding::Gzip),
        _ => Some(Coding::Brotli),
    }
}

fn is_listed(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    TYPES.iter().any(|listed| kind.eq_ignore_ascii_case(listed))
}
