//! Decides what the origin is asked: address, protocol, path, and which of the viewer's headers,
//! cookies and query strings it sees (CF-FWD-*, CF-S3O-01, CF-S3O-02).

use std::fmt::Write as _;
use std::sync::Arc;

use standin_kernel::http::Version;
use standin_kernel::{Address, Headers, Identity, LegRequest, Method, RequestHead};

use super::cache_key::Asked;
use super::names::EdgeNames;
use super::viewer::{Viewer, is_cloudfront_header};
use super::{cookies, encoding, query};
use crate::config::{
    Behavior, Distribution, HeaderSet, Origin, OriginKind, OriginProtocol, Signing,
};

/// What makes a request conditional: from the cached copy, or as the viewer sent it, or neither.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions<'a> {
    /// `ETag` and `Last-Modified` of the stale copy (CF-TTL-09).
    pub(crate) copy: Option<(Option<&'a str>, Option<&'a str>)>,
    /// Pass the viewer's `If-*` and `Range` on.
    pub(crate) viewers: bool,
}

/// One request to an origin, still in the terms of the distribution.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) viewer: &'a Viewer,
    /// The behavior that is asked through: the viewer's, or the error page's.
    pub(crate) behavior: &'a Behavior,
    pub(crate) origin: &'a Origin,
    pub(crate) asked: Asked<'a>,
    pub(crate) conditions: Conditions<'a>,
    /// Send the viewer's body along.
    pub(crate) with_body: bool,
}

pub(crate) fn build(ask: &Ask<'_>, names: &EdgeNames) -> LegRequest {
    let Ask { viewer, origin, asked, .. } = *ask;
    let (tls, port) = endpoint(origin, viewer.https);
    let viewers_authorization = asked_authorization(ask);
    let signs = match origin.kind {
        OriginKind::S3 { signing: Signing::Always } => true,
        OriginKind::S3 { signing: Signing::NoOverride } => !viewers_authorization,
        _ => false,
    };
    let mut headers = headers(ask, names, viewers_authorization && !signs);
    for (name, value) in &origin.custom_headers {
        headers.set(name, &**value);
    }
    let head = RequestHead {
        method: asked.method.clone(),
        target: target(ask),
        version: Version::Http11,
        headers,
    };
    LegRequest {
        to: Address::Name { host: origin.domain_name.clone(), port },
        tls,
        head,
        with_body: ask.with_body,
        identity: if signs { signature(&viewer.distribution) } else { Identity::Anonymous },
        connect_timeout: origin.connection_timeout,
        response_timeout: origin.read_timeout,
        from: viewer.distribution.id.clone(),
        link: origin.id.clone(),
    }
}

/// TLS or not, and the port (CF-FWD-08). A bucket that is signed for is asked over HTTPS
/// (CF-S3O-02).
const fn endpoint(origin: &Origin, viewer_https: bool) -> (bool, u16) {
    let (http_port, https_port, tls) = match origin.kind {
        OriginKind::S3 { signing: Signing::Never } => (80, 443, viewer_https),
        OriginKind::S3 { .. } => (80, 443, true),
        OriginKind::Custom { http_port, https_port, protocol } => {
            let tls = match protocol {
                OriginProtocol::HttpOnly => false,
                OriginProtocol::HttpsOnly => true,
                OriginProtocol::MatchViewer => viewer_https,
            };
            (http_port, https_port, tls)
        }
    };
    (tls, if tls { https_port } else { http_port })
}

fn signature(distribution: &Distribution) -> Identity {
    Identity::Service {
        principal: "cloudfront.amazonaws.com",
        source_arn: Arc::clone(&distribution.arn),
    }
}

/// Origin path, path as the viewer sent it (CF-BEH-07), and the query strings of either policy.
fn target(ask: &Ask<'_>) -> String {
    let Ask { behavior, origin, asked, .. } = ask;
    let query_length = asked.query.map_or(0, str::len);
    let capacity = origin.path.len() + asked.path.len() + query_length + 1;
    let mut target = Vec::with_capacity(capacity);
    target.extend_from_slice(origin.path.as_bytes());
    target.extend_from_slice(asked.path.as_bytes());
    if let Some(text) = asked.query {
        let sets = [&behavior.cache.key_query_strings, &behavior.origin_request.query_strings];
        query::write(&mut target, text, &sets);
    }
    String::from_utf8(target).unwrap_or_default()
}

fn headers(ask: &Ask<'_>, names: &EdgeNames, authorization: bool) -> Headers {
    let Ask { viewer, behavior, origin, .. } = *ask;
    let theirs = &viewer.request.head.headers;
    let mut ours = Headers::with_capacity(theirs.len() + 10, 1024);
    let forwards_host = forwards(behavior, "Host");
    let host = theirs.get("Host").filter(|_| forwards_host).unwrap_or(&origin.domain_name);
    ours.append("Host", origin.host_header.as_deref().unwrap_or(host));
    for (name, value) in theirs.iter() {
        if passes(ask, name, authorization) {
            ours.append(name, value);
        }
    }
    if !forwards(behavior, "User-Agent") {
        ours.append("User-Agent", "Amazon CloudFront");
    }
    let sets = [&behavior.cache.key_cookies, &behavior.origin_request.cookies];
    if let Some(line) = cookies::forwarded(theirs, sets) {
        ours.append("Cookie", line);
    }
    accept_encoding(ask, &mut ours);
    edge_headers(ask, names, &mut ours);
    conditions(ask, &mut ours);
    ours
}

/// What the edge adds to every request (CF-FWD-01, CF-FWD-02) and what policies ask it to add.
fn edge_headers(ask: &Ask<'_>, names: &EdgeNames, ours: &mut Headers) {
    let Ask { viewer, behavior, .. } = *ask;
    let theirs = &viewer.request.head.headers;
    let mut via = String::new();
    for before in theirs.get_all("Via") {
        via.push_str(before);
        via.push_str(", ");
    }
    via.push_str(names.via());
    ours.append("Via", via);
    ours.append("X-Amz-Cf-Id", viewer.id.as_str());
    let mut addresses = String::new();
    for before in theirs.get_all("X-Forwarded-For") {
        addresses.push_str(before);
        addresses.push(',');
    }
    let _ = write!(addresses, "{}", viewer.request.peer.ip().to_canonical());
    ours.append("X-Forwarded-For", addresses);
    let mut made = |name: &str| {
        if let Some(value) = viewer.cloudfront_header(name) {
            ours.set(name, value.as_bytes());
        }
    };
    behavior.cache.key_headers.iter().for_each(|name| made(name));
    match &behavior.origin_request.headers {
        HeaderSet::Only(names) | HeaderSet::AllViewerAnd(names) => {
            names.iter().for_each(|name| made(name));
        }
        HeaderSet::None | HeaderSet::AllViewer | HeaderSet::AllExcept(_) => {}
    }
}

/// With a compression flag the normal form; otherwise a header like any other (CF-KEY-06).
fn accept_encoding(ask: &Ask<'_>, ours: &mut Headers) {
    let settings = &ask.behavior.cache;
    if settings.gzip || settings.brotli {
        let accepted = ask.viewer.request.head.headers.get("Accept-Encoding");
        let normal = encoding::normalise(accepted, settings.gzip, settings.brotli);
        if !normal.is_empty() {
            ours.append("Accept-Encoding", normal);
        }
    }
}

fn conditions(ask: &Ask<'_>, ours: &mut Headers) {
    if let Some((etag, modified)) = ask.conditions.copy {
        if let Some(etag) = etag {
            ours.append("If-None-Match", etag);
        }
        if let Some(modified) = modified {
            ours.append("If-Modified-Since", modified);
        }
    }
}

/// Whether the cache policy or the origin request policy names this header of the viewer.
fn forwards(behavior: &Behavior, name: &str) -> bool {
    let named = |names: &[Box<str>]| names.iter().any(|one| one.eq_ignore_ascii_case(name));
    named(&behavior.cache.key_headers)
        || match &behavior.origin_request.headers {
            HeaderSet::None => false,
            HeaderSet::Only(names) => named(names),
            HeaderSet::AllViewer | HeaderSet::AllViewerAnd(_) => true,
            HeaderSet::AllExcept(names) => !named(names),
        }
}

/// Whether the viewer's `Authorization` would go to the origin: kept on writes, on reads only when
/// a policy says so (CF-FWD-03).
fn asked_authorization(ask: &Ask<'_>) -> bool {
    let writes = match ask.asked.method {
        Method::Get | Method::Head => false,
        Method::Options => !ask.behavior.caches_options,
        _ => true,
    };
    let passes = writes || forwards(ask.behavior, "Authorization");
    passes && ask.viewer.request.head.headers.contains("Authorization")
}

fn is_one_of(name: &str, list: &[&str]) -> bool {
    list.iter().any(|one| name.eq_ignore_ascii_case(one))
}

/// Never passed on, or written by the edge itself.
const REMOVED: [&str; 22] = [
    "Connection",
    "Keep-Alive",
    "Transfer-Encoding",
    "Content-Length",
    "Expect",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Upgrade",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "Host",
    "Cookie",
    "Via",
    "X-Forwarded-For",
    "X-Amz-Cf-Id",
    "Authorization",
    "Request-Range",
    "Max-Forwards",
    "HTTP2-Settings",
];

/// Passed on by the legacy settings only when they are named (CF-FWD-03).
const LEGACY_REMOVED: [&str; 7] = [
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Referer",
    "User-Agent",
    "X-HTTP-Method-Override",
];

const CONDITIONAL: [&str; 6] =
    ["If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "If-Range", "Range"];

fn passes(ask: &Ask<'_>, name: &str, authorization: bool) -> bool {
    if name.eq_ignore_ascii_case("Authorization") {
        return authorization;
    }
    if is_one_of(name, &REMOVED) || begins(name, "X-Edge-") || is_cloudfront_header(name) {
        return false;
    }
    if is_one_of(name, &CONDITIONAL) {
        return ask.conditions.viewers;
    }
    if begins(name, "Content-") {
        return ask.with_body;
    }
    let settings = &ask.behavior.cache;
    if (settings.gzip || settings.brotli) && name.eq_ignore_ascii_case("Accept-Encoding") {
        return false;
    }
    forwards(ask.behavior, name)
        || (ask.behavior.origin_request.legacy && !is_one_of(name, &LEGACY_REMOVED))
}

fn begins(name: &str, with: &str) -> bool {
    name.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with))
}
