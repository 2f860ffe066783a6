//! What the edge compresses (CF-CMP-*): the headers say so and the answer is marked; what is kept
//! is the origin's.

use standin_kernel::Coding;
use standin_kernel::http::Version;

use super::*;

const BOTH: &str = "gzip, deflate, br";

/// An edge that compresses, and what viewers take.
fn bench() -> Bench {
    Bench::new(site_with(|site| {
        for behavior in &mut site.behaviors {
            behavior.compress = true;
            behavior.cache.gzip = true;
            behavior.cache.brotli = true;
        }
    }))
}

/// An answer of so many bytes.
fn text(status: u16, content_type: &str, length: usize) -> Response {
    let mut response = Response::text(status, content_type, "x".repeat(length));
    response.head.headers.append("ETag", "\"a\"");
    response
}

/// What a viewer who takes `accepted` gets of what the origin gives: the mark and three headers.
fn got(bench: &mut Bench, accepted: &str, given: Response) -> (Option<Coding>, [String; 2]) {
    let exchange = bench.send(head(Method::Get, "/a", &[("Accept-Encoding", accepted)]));
    if !bench.asked.is_empty() {
        bench.origin(given);
    }
    seen(bench, exchange)
}

fn seen(bench: &Bench, exchange: ExchangeId) -> (Option<Coding>, [String; 2]) {
    let response = &bench.answers[&exchange];
    let header = |name| response.head.headers.get(name).unwrap_or_default().to_owned();
    (response.coding, ["Content-Encoding", "ETag"].map(header))
}

fn coded(coding: Coding) -> (Option<Coding>, [String; 2]) {
    (Some(coding), [coding.as_str().to_owned(), "W/\"a\"".to_owned()])
}

fn plain() -> (Option<Coding>, [String; 2]) {
    (None, [String::new(), "\"a\"".to_owned()])
}

#[test]
fn cf_cmp_01_cf_cmp_03_what_is_compressed_and_how() {
    let css = || text(200, "text/css", 1_000);
    assert_eq!(got(&mut bench(), BOTH, css()), coded(Coding::Brotli));
    assert_eq!(got(&mut bench(), "gzip", css()), coded(Coding::Gzip));
    assert_eq!(got(&mut bench(), "identity", css()), plain());
    assert_eq!(got(&mut bench(), BOTH, text(200, "text/css", 999)), plain());
    assert_eq!(got(&mut bench(), BOTH, text(200, "text/css", 10_000_001)), plain());
    let mut weak = css();
    weak.head.headers.set("ETag", "W/\"a\"");
    assert_eq!(got(&mut bench(), BOTH, weak), coded(Coding::Brotli));
    let mut already = css();
    already.head.headers.append("Content-Encoding", "gzip");
    assert_eq!(got(&mut bench(), BOTH, already).0, None);
    let mut off = bench();
    Arc::make_mut(&mut off.site).behaviors[1].compress = false;
    assert_eq!(got(&mut off, BOTH, css()), plain());
    let mut uncached = bench();
    Arc::make_mut(&mut uncached.site).behaviors[1].cache = ttl(0, 0, 0);
    assert_eq!(got(&mut uncached, BOTH, css()), plain());
    let mut old = head(Method::Get, "/a", &[("Accept-Encoding", BOTH)]);
    old.version = Version::Http10;
    let mut bench = bench();
    let exchange = bench.send(old);
    bench.origin(css());
    assert_eq!(seen(&bench, exchange), plain());
}

#[test]
fn cf_cmp_02_only_three_statuses_are_compressed() {
    for status in [403, 404] {
        let given = text(status, "text/html", 5_000);
        assert_eq!(got(&mut bench(), BOTH, given), coded(Coding::Brotli), "{status}");
    }
    for status in [410, 500, 503] {
        let given = text(status, "text/html", 5_000);
        assert_eq!(got(&mut bench(), BOTH, given), plain(), "{status}");
    }
}

/// The page itself is compressed for who asks for it; as a 503 it is not.
#[test]
fn cf_cmp_02_an_error_page_with_503_is_not_compressed() {
    let mut bench = bench();
    Arc::make_mut(&mut bench.site).error_responses.push(page(503, 503, 10));
    let asks = [("Accept-Encoding", BOTH)];
    let direct = bench.send(head(Method::Get, "/errors/503.html", &asks));
    bench.origin(text(200, "text/html", 5_000));
    assert_eq!(seen(&bench, direct), coded(Coding::Brotli));
    let exchange = bench.send(head(Method::Get, "/a", &asks));
    bench.origin(text(503, "text/plain", 9));
    assert_eq!(bench.answers[&exchange].head.status, 503);
    let (coding, [encoding, _]) = seen(&bench, exchange);
    assert_eq!((coding, encoding.as_str()), (None, ""));
}

#[test]
fn cf_cmp_04_a_copy_stays_as_it_was_stored() {
    let mut bench = bench();
    Arc::make_mut(&mut bench.site).behaviors[1].compress = false;
    let css = || text(200, "text/css", 2_000);
    assert_eq!(got(&mut bench, BOTH, css()), plain());
    Arc::make_mut(&mut bench.site).behaviors[1].compress = true;
    assert_eq!(got(&mut bench, BOTH, css()), plain(), "it is a hit");
    // A 304 leaves it so, too, and a compressed one compressed; the origin hears the tag it gave.
    for (accepted, wanted) in [(BOTH, plain()), ("gzip", coded(Coding::Gzip))] {
        assert_eq!(got(&mut bench, accepted, css()), wanted, "{accepted}");
        bench.wait(61);
        let exchange = bench.send(head(Method::Get, "/a", &[("Accept-Encoding", accepted)]));
        let condition = bench.asked[0].1.head.headers.get("If-None-Match").map(str::to_owned);
        assert_eq!(condition.as_deref(), Some("\"a\""));
        bench.origin(answer(304, &[("ETag", "\"a\"")], ""));
        assert_eq!(seen(&bench, exchange), wanted, "{accepted}");
    }
}

#[test]
fn cf_cmp_05_types() {
    for listed in ["text/html; charset=utf-8", "IMAGE/SVG+XML", "application/wasm", "font/ttf"] {
        let given = text(200, listed, 5_000);
        assert_eq!(got(&mut bench(), BOTH, given), coded(Coding::Brotli), "{listed}");
    }
    for other in ["image/png", "application/zip", "font/woff2", "video/mp4"] {
        assert_eq!(got(&mut bench(), BOTH, text(200, other, 5_000)), plain(), "{other}");
    }
}

/// A part of what is compressed on its way is not known: the whole is sent.
#[test]
fn cf_rng_03_a_range_of_a_compressed_object_is_the_whole() {
    let mut bench = bench();
    got(&mut bench, BOTH, text(200, "text/css", 2_000));
    let asks = [("Accept-Encoding", BOTH), ("Range", "bytes=0-9")];
    let exchange = bench.send(head(Method::Get, "/a", &asks));
    assert_eq!(bench.answers[&exchange].head.status, 200);
    assert_eq!(seen(&bench, exchange), coded(Coding::Brotli));
}
