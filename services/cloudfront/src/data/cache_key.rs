//! Decides which requests share one cache entry: distribution and path, and whatever else the cache
//! policy puts into the key (CF-KEY-*).
//!
//! Layout: distribution id, NUL, path and the query strings of the key as a URL, NUL, `G` or `O`,
//! then headers, cookies, `Accept-Encoding` and the point of presence. So an invalidation is a
//! range of keys (CF-INV-02).

use standin_kernel::{Headers, Method};

use super::viewer::{Viewer, is_cloudfront_header};
use super::{cookies, encoding, query};
use crate::config::{CacheSettings, NameSet};

/// What is looked up: a path with its query, asked with a method.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
}

/// Writes the key into `key`, which is emptied first.
pub(crate) fn write(
    key: &mut Vec<u8>,
    distribution_id: &str,
    asked: Asked<'_>,
    settings: &CacheSettings,
    viewer: &Viewer,
) {
    key.clear();
    begin(key, distribution_id);
    key.extend_from_slice(asked.path.as_bytes());
    if let Some(text) = asked.query {
        query::write(key, text, &[&settings.key_query_strings]);
    }
    key.push(0);
    // OPTIONS has entries of its own (CF-KEY-07); GET and HEAD share one.
    key.push(if *asked.method == Method::Options { b'O' } else { b'G' });
    for name in &settings.key_headers {
        key.push(0);
        write_header(key, name, viewer);
    }
    if !matches!(settings.key_cookies, NameSet::None) {
        key.push(0);
        cookies::write_sorted(key, &viewer.request.head.headers, &settings.key_cookies);
    }
    if settings.gzip || settings.brotli {
        key.push(0);
        let accepted = viewer.request.head.headers.get("Accept-Encoding");
        let normal = encoding::normalise(accepted, settings.gzip, settings.brotli);
        key.extend_from_slice(normal.as_bytes());
    }
    // Other points of presence know nothing of what this one keeps.
    if viewer.edge != 0 {
        key.extend_from_slice(&[0, viewer.edge]);
    }
}

/// The beginning that all keys of a distribution share.
pub(crate) fn begin(key: &mut Vec<u8>, distribution_id: &str) {
    key.extend_from_slice(distribution_id.as_bytes());
    key.push(0);
}

/// All lines under the name, joined; a header that is not there differs from an empty one.
fn write_header(key: &mut Vec<u8>, name: &str, viewer: &Viewer) {
    if let Some(made) = viewer.cloudfront_header(name) {
        key.push(b'=');
        key.extend_from_slice(made.as_bytes());
        return;
    }
    // What only the edge may say is not taken from the viewer.
    if is_cloudfront_header(name) {
        return;
    }
    let headers: &Headers = &viewer.request.head.headers;
    let lines = headers.iter().filter(|(have, _)| have.eq_ignore_ascii_case(name));
    for (_, value) in lines {
        key.push(b'=');
        key.extend_from_slice(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::tests::viewer;

    fn key(target: &str, lines: &[(&str, &str)], settings: &CacheSettings) -> Vec<u8> {
        key_of(&Method::Get, target, lines, settings)
    }

    fn key_of(
        method: &Method,
        target: &str,
        lines: &[(&str, &str)],
        settings: &CacheSettings,
    ) -> Vec<u8> {
        let viewer = viewer(target, lines);
        let mut key = Vec::new();
        let head = &viewer.request.head;
        let asked = Asked { method, path: head.path(), query: head.query() };
        write(&mut key, "E1", asked, settings, &viewer);
        key
    }

    fn only(names: &[&str]) -> NameSet {
        NameSet::Only(names.iter().map(|name| Box::from(*name)).collect())
    }

    #[test]
    fn cf_key_01_by_default_distribution_and_path() {
        let settings = CacheSettings::default();
        let one = key("/a?x=1", &[("Cookie", "a=1"), ("Accept-Encoding", "gzip")], &settings);
        assert_eq!(one, key("/a?x=2", &[("Accept-Language", "de")], &settings));
        assert_ne!(one, key("/A", &[], &settings));
    }

    #[test]
    fn cf_key_04_query_strings_order_and_case_matter() {
        let all = CacheSettings { key_query_strings: NameSet::All, ..CacheSettings::default() };
        assert_ne!(key("/?a=1&b=2", &[], &all), key("/?b=2&a=1", &[], &all));
        assert_ne!(key("/?a=1", &[], &all), key("/?A=1", &[], &all));
        assert_ne!(key("/?a=1", &[], &all), key("/?a=1&a=1", &[], &all));
        let some = CacheSettings { key_query_strings: only(&["a"]), ..CacheSettings::default() };
        assert_eq!(key("/?a=1&b=2", &[], &some), key("/?b=3&a=1", &[], &some));
        assert_ne!(key("/?a=1&b=2", &[], &some), key("/?A=1&b=2", &[], &some));
    }

    #[test]
    fn cf_key_05_cookies_are_sorted_and_header_values_keep_their_case() {
        let cookies = CacheSettings { key_cookies: only(&["a", "b"]), ..CacheSettings::default() };
        let one = key("/", &[("Cookie", "a=1; b=2; c=9")], &cookies);
        assert_eq!(one, key("/", &[("Cookie", "b=2; a=1")], &cookies));
        assert_ne!(one, key("/", &[("Cookie", "b=2; a=3")], &cookies));
        let headers = CacheSettings { key_headers: vec!["X-A".into()], ..CacheSettings::default() };
        assert_ne!(key("/", &[("x-a", "v")], &headers), key("/", &[("X-A", "V")], &headers));
        assert_ne!(key("/", &[("x-a", "")], &headers), key("/", &[], &headers));
    }

    #[test]
    fn a_viewer_cannot_forge_what_only_the_edge_says() {
        let settings = CacheSettings {
            key_headers: vec!["CloudFront-Viewer-Country".into()],
            ..CacheSettings::default()
        };
        let forged = key("/", &[("CloudFront-Viewer-Country", "XX")], &settings);
        assert_eq!(forged, key("/", &[], &settings));
    }

    #[test]
    fn cf_key_06_accept_encoding_is_normalised() {
        let both = CacheSettings { gzip: true, brotli: true, ..CacheSettings::default() };
        let one = key("/", &[("Accept-Encoding", "gzip, deflate, br")], &both);
        assert_eq!(one, key("/", &[("Accept-Encoding", "br;q=1.0, gzip")], &both));
        assert_ne!(one, key("/", &[("Accept-Encoding", "gzip")], &both));
    }

    #[test]
    fn cf_key_07_options_apart_from_get_and_head() {
        let settings = CacheSettings::default();
        let get = key_of(&Method::Get, "/", &[], &settings);
        assert_eq!(get, key_of(&Method::Head, "/", &[], &settings));
        assert_ne!(get, key_of(&Method::Options, "/", &[], &settings));
    }
}
