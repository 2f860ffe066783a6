//! Decides whether a viewer's own copy is as good as the cached one: then 304.

use standin_kernel::{Body, Headers, Response, Time};

/// Turns a 200 into a 304 when the viewer's `If-None-Match` or `If-Modified-Since` allows it; a
/// condition on the tag makes the one on the time meaningless (RFC 9110, 13.2.2).
pub(crate) fn check(mut response: Response, asked: &Headers) -> Response {
    if response.head.status != 200 || !not_modified(&response.head.headers, asked) {
        return response;
    }
    response.head.status = 304;
    response.head.headers.retain(|name, _| {
        !["Content-Type", "Content-Encoding", "Content-Language", "Content-Range"]
            .iter()
            .any(|one| name.eq_ignore_ascii_case(one))
    });
    response.body = Body::Empty;
    response.head_length = None;
    response.coding = None;
    response
}

fn not_modified(ours: &Headers, asked: &Headers) -> bool {
    if let Some(known) = asked.get("If-None-Match") {
        let Some(etag) = ours.get("ETag") else { return false };
        return known
            .split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || opaque(tag) == opaque(etag));
    }
    let Some(since) = asked.get("If-Modified-Since") else { return false };
    let Some(modified) = ours.get("Last-Modified") else { return false };
    if since == modified {
        return true;
    }
    match (Time::parse_http_date(modified), Time::parse_http_date(since)) {
        (Some(modified), Some(since)) => modified <= since,
        _ => false,
    }
}

/// Whether the viewer's `Range` counts: with `If-Range` only when its copy is the one we have.
pub(crate) fn range_counts(ours: &Headers, asked: &Headers) -> bool {
    let Some(condition) = asked.get("If-Range") else { return true };
    ours.get("ETag") == Some(condition) || ours.get("Last-Modified") == Some(condition)
}

/// Weak comparison looks at what stands in the quotes.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(asked: &[(&str, &str)]) -> u16 {
        let mut response = Response::text(200, "text/plain", "x");
        response.head.headers.append("ETag", "\"abc\"");
        let modified = Time::from_seconds(1_795_509_000).http_date();
        response.head.headers.append("Last-Modified", modified);
        check(response, &asked.iter().copied().collect()).head.status
    }

    #[test]
    fn a_viewer_that_has_the_copy_gets_304() {
        let at = |seconds: u64| Time::from_seconds(1_795_509_000 + seconds).http_date();
        assert_eq!(status(&[]), 200);
        assert_eq!(status(&[("If-None-Match", "\"x\", W/\"abc\"")]), 304);
        assert_eq!(status(&[("If-None-Match", "\"x\"")]), 200);
        assert_eq!(status(&[("If-Modified-Since", &at(0))]), 304);
        assert_eq!(status(&[("If-Modified-Since", &at(9))]), 304);
        let before = Time::from_seconds(1_795_508_000).http_date();
        assert_eq!(status(&[("If-Modified-Since", &before)]), 200);
        assert_eq!(status(&[("If-None-Match", "\"x\""), ("If-Modified-Since", &at(9))]), 200);
    }
}
