//! Which requests are let in, and what the edge answers by itself.

use standin_kernel::http::Version;
use standin_kernel::{Method, RequestHead};

use super::*;
use crate::config::ViewerProtocol;

fn bench(change: impl FnOnce(&mut Distribution)) -> Bench {
    Bench::new(site_with(change))
}

#[test]
fn cf_req_04_a_host_that_no_distribution_has_is_refused_with_the_built_in_page() {
    let mut bench = bench(|site| site.error_responses.push(page(403, 200, 10)));
    let exchange = ExchangeId(99);
    let head = head(Method::Get, "/", &[]);
    bench.with(|edge, cx| edge.request_at(cx, exchange, 0, request(head), None));
    let (status, x_cache, body) = bench.got(exchange);
    assert_eq!((status, x_cache), (403, "Error"));
    assert!(body.contains("Bad request"));
    assert_eq!(bench.headers(exchange).get("Server"), Some("CloudFront"));
    assert!(bench.asked.is_empty());
}

#[test]
fn cf_req_06_a_disabled_distribution_serves_nobody() {
    let mut bench = bench(|site| site.enabled = false);
    let exchange = bench.get("/");
    assert_eq!(bench.got(exchange).0, 403);
    assert!(bench.asked.is_empty());
}

#[test]
fn cf_req_07_the_redirect_comes_before_the_method() {
    let mut bench = bench(|site| {
        site.assume_https = false;
        site.behaviors[1].viewer_protocol = ViewerProtocol::RedirectToHttps;
        site.behaviors[1].allowed_methods = AllowedMethods::GetHead;
    });
    let exchange = bench.send(head(Method::Post, "/", &[]));
    assert_eq!(bench.got(exchange).0, 307);
}

#[test]
fn cf_req_09_http_is_redirected_and_never_reaches_the_origin() {
    let mut bench = bench(|site| {
        site.assume_https = false;
        site.behaviors[1].viewer_protocol = ViewerProtocol::RedirectToHttps;
    });
    let exchange = bench.get("/a?b=c");
    let (status, x_cache, _) = bench.got(exchange);
    assert_eq!((status, x_cache), (301, "Redirect"));
    let headers = bench.headers(exchange);
    assert_eq!(headers.get("Location"), Some("https://www.example.com/a?b=c"));
    let mut old = head(Method::Post, "/", &[]);
    old.version = Version::Http10;
    let exchange = bench.send(old);
    assert_eq!(bench.got(exchange).0, 403);
    assert!(bench.asked.is_empty());
}

#[test]
fn cf_req_10_https_only_refuses_http() {
    let mut bench = bench(|site| {
        site.assume_https = false;
        site.behaviors[1].viewer_protocol = ViewerProtocol::HttpsOnly;
    });
    let exchange = bench.get("/");
    assert_eq!(bench.got(exchange).0, 403);
    assert!(bench.asked.is_empty());
}

#[test]
fn cf_req_10_one_entry_serves_both_protocols() {
    let mut bench = bench(|site| site.assume_https = false);
    bench.visit("/", answer(200, &[], "x"));
    let site = Arc::clone(&bench.site);
    let mut over_tls = request(head(Method::Get, "/", &[]));
    over_tls.tls = true;
    bench.with(|edge, cx| edge.request_at(cx, ExchangeId(99), 0, over_tls, Some(site)));
    assert_eq!(bench.got(ExchangeId(99)).1, "Hit");
}

#[test]
fn a_viewer_counts_as_https_when_the_template_says_so() {
    let mut bench = bench(|site| {
        site.behaviors[1].viewer_protocol = ViewerProtocol::RedirectToHttps;
    });
    bench.get("/");
    assert_eq!(bench.asked.len(), 1);
}

#[test]
fn cf_req_15_the_third_distribution_of_a_chain_refuses() {
    let mut bench = bench(|_| {});
    let via = "1.1 aa.cloudfront.net (CloudFront), 1.1 bb.cloudfront.net (CloudFront)";
    let exchange = bench.send(head(Method::Get, "/", &[("Via", via)]));
    assert_eq!(bench.got(exchange).0, 403);
    bench.send(head(Method::Get, "/", &[("Via", "1.1 aa.cloudfront.net (CloudFront)")]));
    assert_eq!(bench.asked.len(), 1);
}

#[test]
fn cf_beh_10_a_method_that_is_not_allowed_is_refused() {
    let mut bench = bench(|site| site.behaviors[1].allowed_methods = AllowedMethods::GetHead);
    let exchange = bench.send(head(Method::Post, "/", &[]));
    let (status, x_cache, body) = bench.got(exchange);
    assert_eq!((status, x_cache), (403, "Error"));
    assert!(body.contains("method"));
    assert!(bench.asked.is_empty());
}

#[test]
fn cf_beh_12_exotic_methods_are_always_refused() {
    let mut bench = bench(|_| {});
    for name in ["TRACE", "CONNECT", "PROPFIND"] {
        let exchange = bench.send(head(Method::Other(name.into()), "/", &[]));
        assert_eq!(bench.got(exchange).0, 403);
    }
    assert!(bench.asked.is_empty());
}

#[test]
fn cf_beh_13_get_with_a_body_is_refused() {
    let mut bench = bench(|_| {});
    let site = Arc::clone(&bench.site);
    let mut with_body = request(head(Method::Get, "/", &[]));
    with_body.has_body = true;
    bench.with(|edge, cx| edge.request_at(cx, ExchangeId(99), 0, with_body, Some(site)));
    assert_eq!(bench.got(ExchangeId(99)).0, 403);
}

#[test]
fn cf_org_10_a_url_of_8193_bytes_is_too_long() {
    let mut bench = bench(|_| {});
    let exchange = bench.get(&format!("/{}", "a".repeat(8192)));
    assert_eq!(bench.got(exchange).0, 414);
    bench.get(&format!("/{}", "a".repeat(8191)));
    assert_eq!(bench.asked.len(), 1);
}

#[test]
fn cf_cer_20_an_unreadable_request_gets_the_built_in_page() {
    let mut bench = bench(|site| site.error_responses.push(page(400, 200, 10)));
    let mut response = None;
    bench.with(|edge, cx| response = Some(edge.generated_error(cx, 400)));
    let response = response.unwrap();
    assert_eq!((response.head.status, response.close), (400, true));
    assert_eq!(response.head.headers.get("X-Cache"), Some("Error from cloudfront"));
}

#[test]
fn cf_beh_05_and_07_the_origin_gets_the_raw_path() {
    let mut bench = bench(|site| site.behaviors[1].cache.key_query_strings = NameSet::All);
    bench.get("/a/b/..?c=/errors/x");
    let (_, leg) = bench.take_asked();
    assert_eq!((host(&leg), leg.head.target.as_str()), ("app.example.com", "/a/b/..?c=/errors/x"));
}

#[test]
fn cf_root_01_and_03_the_root_object_for_every_method() {
    let mut bench = bench(|site| site.default_root_object = Some("index.html".into()));
    for method in [Method::Get, Method::Post] {
        bench.send(head(method.clone(), "/", &[]));
        let (_, leg) = bench.take_asked();
        assert_eq!((leg.head.method, leg.head.target.as_str()), (method, "/index.html"));
    }
    bench.get("/install/");
    assert_eq!(bench.take_asked().1.head.target, "/install/");
}

fn sent(change: impl FnOnce(&mut Distribution), head: RequestHead) -> LegRequest {
    let mut bench = bench(change);
    bench.send(head);
    bench.take_asked().1
}

fn names(names: &[&str]) -> Vec<Box<str>> {
    names.iter().map(|name| Box::from(*name)).collect()
}

#[test]
fn cf_fwd_01_what_every_origin_request_has() {
    let leg = sent(|_| {}, head(Method::Get, "/a", &[("User-Agent", "curl/8")]));
    let headers = &leg.head.headers;
    assert_eq!(headers.get("Host"), Some("app.example.com"));
    assert_eq!(headers.get("User-Agent"), Some("Amazon CloudFront"));
    assert_eq!(headers.get("X-Forwarded-For"), Some("203.0.113.9"));
    assert_eq!(headers.get("X-Amz-Cf-Id").map(str::len), Some(56));
    assert!(headers.get("Via").is_some_and(|via| via.ends_with("(CloudFront)")));
    assert_eq!(leg.head.version, Version::Http11);
    assert_eq!((&*leg.from, &*leg.link), ("E1", "app"));
}

#[test]
fn cf_fwd_02_the_viewers_address_joins_the_list() {
    let leg = sent(|_| {}, head(Method::Get, "/", &[("X-Forwarded-For", "1.1.1.1")]));
    assert_eq!(leg.head.headers.get("X-Forwarded-For"), Some("1.1.1.1,203.0.113.9"));
}

#[test]
fn cf_fwd_03_without_a_policy_the_viewers_own_headers_stay_behind() {
    let lines = [
        ("Accept-Language", "de"),
        ("Referer", "x"),
        ("X-Own", "1"),
        ("Cookie", "a=1"),
        ("Authorization", "Basic x"),
        ("Upgrade", "h2c"),
        ("X-Edge-Thing", "1"),
        ("X-Forwarded-Proto", "https"),
    ];
    let leg = sent(|_| {}, head(Method::Get, "/", &lines));
    for (name, _) in lines {
        assert!(!leg.head.headers.contains(name), "{name}");
    }
    let post = sent(|_| {}, head(Method::Post, "/", &[lines[4], ("Content-Type", "text/plain")]));
    assert!(post.head.headers.contains("Authorization") && post.with_body);
    assert_eq!(post.head.headers.get("Content-Type"), Some("text/plain"));
}

#[test]
fn cf_fwd_03_legacy_settings_let_own_headers_pass() {
    let lines = [("Accept-Language", "de"), ("X-Own", "1"), ("TE", "trailers"), ("Accept", "*/*")];
    let legacy = |site: &mut Distribution| {
        site.behaviors[1].origin_request.legacy = true;
        site.behaviors[1].cache.key_headers = names(&["Accept"]);
    };
    let leg = sent(legacy, head(Method::Get, "/", &lines));
    let headers = &leg.head.headers;
    assert!(headers.contains("X-Own") && headers.contains("Accept"));
    assert!(!headers.contains("Accept-Language") && !headers.contains("TE"));
}

#[test]
fn cf_orp_01_all_viewer_sends_headers_host_cookies_and_query() {
    let lines = [("X-Own", "1"), ("Cookie", "a=1; b=2"), ("User-Agent", "curl/8")];
    let change = |site: &mut Distribution| site.behaviors[1].origin_request = all_viewer();
    let leg = sent(change, head(Method::Get, "/a?b=c", &lines));
    let headers = &leg.head.headers;
    assert_eq!(headers.get("Host"), Some("www.example.com"));
    assert_eq!(headers.get("Cookie"), Some("a=1; b=2"));
    assert_eq!(headers.get_all("User-Agent").collect::<Vec<_>>(), ["curl/8"]);
    assert!(headers.contains("X-Own"));
    assert_eq!(leg.head.target, "/a?b=c");
}

#[test]
fn cf_orp_02_all_viewer_except_host() {
    let change = |site: &mut Distribution| {
        let headers = HeaderSet::AllExcept(names(&["host"]));
        site.behaviors[1].origin_request = OriginRequestSettings { headers, ..all_viewer() };
    };
    let leg = sent(change, head(Method::Get, "/", &[("X-Own", "1")]));
    assert_eq!(leg.head.headers.get("Host"), Some("app.example.com"));
    assert!(leg.head.headers.contains("X-Own"));
}

#[test]
fn cf_key_03_what_is_in_the_key_is_sent() {
    let change = |site: &mut Distribution| {
        site.behaviors[1].cache.key_headers = names(&["Accept-Language"]);
        site.behaviors[1].cache.key_cookies = NameSet::Only(names(&["c"]));
        site.behaviors[1].cache.key_query_strings = NameSet::Only(names(&["q"]));
    };
    let lines = [("Accept-Language", "de"), ("Cookie", "c=1; d=2")];
    let leg = sent(change, head(Method::Get, "/?q=1&r=2", &lines));
    assert_eq!(leg.head.headers.get("Accept-Language"), Some("de"));
    assert_eq!(leg.head.headers.get("Cookie"), Some("c=1"));
    assert_eq!(leg.head.target, "/?q=1");
}

#[test]
fn cf_key_06_the_origin_sees_the_normal_form_of_accept_encoding() {
    let change = |site: &mut Distribution| {
        site.behaviors[1].cache.gzip = true;
        site.behaviors[1].cache.brotli = true;
        site.behaviors[1].origin_request = all_viewer();
    };
    let leg = sent(change, head(Method::Get, "/", &[("Accept-Encoding", "zstd, br, gzip;q=0.5")]));
    let sent = leg.head.headers.get_all("Accept-Encoding").collect::<Vec<_>>();
    assert_eq!(sent, ["br,gzip"]);
}

#[test]
fn cf_fwd_05_the_origin_path_stands_in_front() {
    let leg = sent(
        |site| {
            site.origins[0].path = "/prod".into();
            site.default_root_object = Some("index.html".into());
        },
        head(Method::Get, "/", &[]),
    );
    assert_eq!(leg.head.target, "/prod/index.html");
}

#[test]
fn cf_fwd_06_custom_headers_overwrite_the_viewers() {
    let change = |site: &mut Distribution| {
        site.origins[0].custom_headers.push(("X-Secret".into(), "ours".into()));
        site.behaviors[1].origin_request = all_viewer();
    };
    let leg = sent(change, head(Method::Get, "/", &[("x-secret", "theirs")]));
    let sent = leg.head.headers.get_all("X-Secret").collect::<Vec<_>>();
    assert_eq!(sent, ["ours"]);
}

#[test]
fn cf_fwd_08_protocol_and_port() {
    let to = |protocol, assume_https| {
        let leg = sent(
            |site| {
                site.assume_https = assume_https;
                let (http_port, https_port) = (8080, 8443);
                site.origins[0].kind = OriginKind::Custom { http_port, https_port, protocol };
            },
            head(Method::Get, "/", &[]),
        );
        let Address::Name { port, .. } = leg.to else { panic!("{:?}", leg.to) };
        (leg.tls, port)
    };
    assert_eq!(to(OriginProtocol::HttpOnly, true), (false, 8080));
    assert_eq!(to(OriginProtocol::HttpsOnly, false), (true, 8443));
    assert_eq!(to(OriginProtocol::MatchViewer, false), (false, 8080));
    assert_eq!(to(OriginProtocol::MatchViewer, true), (true, 8443));
}

#[test]
fn cf_fwd_09_cloudfront_headers_only_when_a_policy_lists_them() {
    let forged = [("CloudFront-Viewer-Http-Version", "9")];
    let leg = sent(|_| {}, head(Method::Get, "/", &forged));
    assert!(!leg.head.headers.contains("CloudFront-Viewer-Http-Version"));
    let change = |site: &mut Distribution| {
        let listed = names(&["CloudFront-Viewer-Http-Version"]);
        site.behaviors[1].origin_request.headers = HeaderSet::AllViewerAnd(listed);
    };
    let leg = sent(change, head(Method::Get, "/", &forged));
    let sent = leg.head.headers.get_all("CloudFront-Viewer-Http-Version").collect::<Vec<_>>();
    assert_eq!(sent, ["1.1"]);
}

#[test]
fn cf_s3o_01_a_bucket_is_asked_as_the_distribution() {
    let leg = sent(|_| {}, head(Method::Get, "/errors/a.html", &[]));
    let Identity::Service { principal, source_arn } = &leg.identity else {
        panic!("{:?}", leg.identity)
    };
    assert_eq!(*principal, "cloudfront.amazonaws.com");
    assert_eq!(&**source_arn, "arn:aws:cloudfront::123456789012:distribution/E1");
    assert!(leg.tls);
}

#[test]
fn cf_s3o_02_signing_behavior() {
    let signed = |signing, lines: &[(&str, &str)]| {
        let change = |site: &mut Distribution| {
            site.origins[1].kind = OriginKind::S3 { signing };
            site.behaviors[0].cache.key_headers = names(&["Authorization"]);
        };
        let leg = sent(change, head(Method::Get, "/errors/a.html", lines));
        (leg.identity != Identity::Anonymous, leg.head.headers.contains("Authorization"))
    };
    let own = [("Authorization", "Basic x")];
    assert_eq!(signed(Signing::Always, &own), (true, false));
    assert_eq!(signed(Signing::NoOverride, &own), (false, true));
    assert_eq!(signed(Signing::NoOverride, &[]), (true, false));
    assert_eq!(signed(Signing::Never, &own), (false, true));
}
