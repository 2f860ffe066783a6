//! The website endpoint.

use standin_kernel::json;

use super::{Bench, allow, request, site_host};

/// A public website with an index, an error document and rules.
fn site(rules: standin_kernel::Value) -> Bench {
    let mut bench = Bench::public();
    let mut website = json!({
        "IndexDocument": {"Suffix": "index.html"},
        "ErrorDocument": {"Key": "error.html"},
    });
    if rules.is_array() {
        website["RoutingRules"] = rules;
    }
    bench.ok("PutBucketWebsite", json!({"Bucket": "bkt", "WebsiteConfiguration": website}));
    let html = json!({"ContentType": "text/html"});
    bench.put("index.html", "front", html.clone());
    bench.put("docs/index.html", "docs", html.clone());
    bench.put("error.html", "sorry", html);
    bench
}

/// The same, and a missing key is 404.
fn listed(rules: standin_kernel::Value) -> Bench {
    let mut bench = site(rules);
    bench.policy(&[
        allow("s3:GetObject", "arn:aws:s3:::bkt/*"),
        allow("s3:ListBucket", "arn:aws:s3:::bkt"),
    ]);
    bench
}

#[test]
fn s3_ep_03_a_tls_connection_gets_no_page() {
    let mut bench = site(json!(null));
    let mut asked = request("GET", &site_host("bkt"), "/", &[]);
    asked.tls = true;
    let answer = bench.ask(asked);
    assert!(answer.status == 400 && answer.close, "{answer:?}");
}

#[test]
fn s3_ep_04_an_own_domain_finds_the_bucket_of_that_name() {
    let mut bench = Bench::new();
    let bucket = "www.example.com";
    bench.ok("CreateBucket", json!({"Bucket": bucket}));
    bench.ok("DeletePublicAccessBlock", json!({"Bucket": bucket}));
    let website = json!({"IndexDocument": {"Suffix": "index.html"}});
    bench.ok("PutBucketWebsite", json!({"Bucket": bucket, "WebsiteConfiguration": website}));
    let policy = json!({"Statement": [allow("s3:*", "arn:aws:s3:::www.example.com/*")]});
    bench.ok("PutBucketPolicy", json!({"Bucket": bucket, "Policy": policy.to_string()}));
    let stored = bench.store("front");
    bench.ok("PutObject", json!({"Bucket": bucket, "Key": "index.html", "Standin": stored}));
    assert_eq!(bench.get("www.example.com", "/").body, "front");
    let other = bench.get("shop.example.com", "/");
    assert!(other.status == 404 && other.body.contains("NoSuchBucket"));
}

#[test]
fn s3_ep_06_the_bare_host_and_the_wrong_region() {
    let mut bench = site(json!(null));
    let answer = bench.get("s3-website.ap-northeast-1.amazonaws.com", "/");
    assert_eq!(
        (answer.status, answer.header("Location")),
        (301, Some("https://aws.amazon.com/s3/"))
    );
    let answer = bench.get("bkt.s3-website-us-east-1.amazonaws.com", "/");
    assert_eq!(
        (answer.status, answer.header("x-amz-error-code")),
        (400, Some("IncorrectEndpoint"))
    );
}

#[test]
fn s3_ep_07_kms_objects_are_403() {
    let mut bench = site(json!(null));
    bench.put("secret.html", "x", json!({"ServerSideEncryption": "aws:kms"}));
    assert_eq!(bench.site("/secret.html").status, 403);
}

#[test]
fn s3_web_01_the_index_document_stands_for_the_folder() {
    let mut bench = site(json!(null));
    for (path, body) in [("/", "front"), ("/docs/", "docs"), ("/docs/index.html", "docs")] {
        let answer = bench.site(path);
        assert_eq!((answer.status, answer.body.as_str()), (200, body), "{path}");
    }
    let wrong = json!({"IndexDocument": {"Suffix": "a/index.html"}});
    let refusal =
        bench.refusal("PutBucketWebsite", json!({"Bucket": "bkt", "WebsiteConfiguration": wrong}));
    assert_eq!(refusal, ("InvalidArgument".into(), 400));
}

#[test]
fn s3_web_02_a_folder_without_slash_is_302() {
    let mut bench = site(json!(null));
    let answer = bench.site("/docs");
    assert_eq!((answer.status, answer.header("Location")), (302, Some("/docs/")));
    bench.put("docs", "an object of that name", json!({}));
    assert_eq!(bench.site("/docs").status, 200);
    assert_eq!(bench.site("/nothing").status, 403);
}

#[test]
fn s3_web_03_missing_things_are_404_and_private_ones_403() {
    let mut bench = Bench::open();
    let answer = bench.site("/");
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("x-amz-error-code"), Some("NoSuchWebsiteConfiguration"));
    assert_eq!(
        bench.get(&site_host("other"), "/").header("x-amz-error-code"),
        Some("NoSuchBucket")
    );
    let mut bench = listed(json!(null));
    assert_eq!(bench.site("/missing").status, 404);
    bench.policy(&[allow("s3:ListBucket", "arn:aws:s3:::bkt")]);
    let answer = bench.site("/index.html");
    assert_eq!((answer.status, answer.header("x-amz-error-code")), (403, Some("AccessDenied")));
}

#[test]
fn s3_web_04_without_list_right_a_missing_key_is_403() {
    let mut bench = site(json!(null));
    let answer = bench.site("/missing");
    assert_eq!((answer.status, answer.body.as_str()), (403, "sorry"));
    assert_eq!(answer.header("x-amz-error-code"), Some("AccessDenied"));
}

#[test]
fn s3_web_05_the_error_document_keeps_the_status() {
    let mut bench = listed(json!(null));
    let answer = bench.site("/missing");
    assert_eq!((answer.status, answer.body.as_str()), (404, "sorry"));
    assert_eq!(answer.header("Content-Type"), Some("text/html"));
    assert_eq!(answer.header("x-amz-error-code"), Some("NoSuchKey"));
    assert_eq!(answer.header("x-amz-error-detail-Key"), Some("missing"));
    let head = bench.ask(request("HEAD", &site_host("bkt"), "/missing", &[]));
    assert_eq!((head.status, head.head_length, head.body.as_str()), (404, Some(5), ""));
}

#[test]
fn s3_web_06_a_missing_error_document_is_named() {
    let mut bench = listed(json!(null));
    bench.ok("DeleteObject", json!({"Bucket": "bkt", "Key": "error.html"}));
    let answer = bench.site("/missing");
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("<title>404 Not Found</title>"));
    assert!(answer.body.contains("Retrieve a Custom Error Document"));
    assert!(answer.body.contains("<li>Key: error.html</li>"));
}

#[test]
fn s3_web_07_no_website_answers_503() {
    let rule = json!([{"Redirect": {"HttpRedirectCode": "503"}}]);
    let website = json!({"IndexDocument": {"Suffix": "index.html"}, "RoutingRules": rule});
    let mut bench = Bench::open();
    let input = json!({"Bucket": "bkt", "WebsiteConfiguration": website});
    assert_eq!(bench.refusal("PutBucketWebsite", input).0, "InvalidRequest");
}

#[test]
fn s3_web_08_deep_links_of_a_maintenance_site_are_404_with_the_page() {
    let mut bench = listed(json!(null));
    let website =
        json!({"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "index.html"}});
    bench.ok("PutBucketWebsite", json!({"Bucket": "bkt", "WebsiteConfiguration": website}));
    let answer = bench.site("/product/1");
    assert_eq!((answer.status, answer.body.as_str()), (404, "front"));
}

#[test]
fn s3_web_09_rules_redirect_before_and_after_an_error() {
    let rules = json!([
        {"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "docs/"}},
        {"Condition": {"HttpErrorCodeReturnedEquals": "404"},
         "Redirect": {"ReplaceKeyWith": "index.html", "HttpRedirectCode": "302"}},
    ]);
    let mut bench = listed(rules);
    let host = site_host("bkt");
    let answer = bench.site("/old/page");
    assert_eq!(answer.status, 301);
    assert_eq!(answer.header("Location"), Some(format!("http://{host}/docs/page").as_str()));
    let answer = bench.site("/missing");
    assert_eq!(answer.status, 302);
    assert_eq!(answer.header("Location"), Some(format!("http://{host}/index.html").as_str()));
    let setting = bench.facts.iter().find_map(|fact| fact.setting.as_ref()).unwrap();
    assert!(setting.resource == "bkt");
    let many: Vec<_> = (0..51).map(|_| json!({"Redirect": {"HostName": "x"}})).collect();
    let website = json!({"IndexDocument": {"Suffix": "i"}, "RoutingRules": many});
    let input = json!({"Bucket": "bkt", "WebsiteConfiguration": website});
    assert_eq!(bench.refusal("PutBucketWebsite", input).0, "InvalidRequest");
    let both = json!([{"Redirect": {"ReplaceKeyWith": "a", "ReplaceKeyPrefixWith": "bkt"}}]);
    let website = json!({"IndexDocument": {"Suffix": "i"}, "RoutingRules": both});
    let input = json!({"Bucket": "bkt", "WebsiteConfiguration": website});
    assert_eq!(bench.refusal("PutBucketWebsite", input).0, "InvalidRequest");
}

#[test]
fn s3_web_10_all_requests_go_elsewhere_with_path_and_query() {
    let mut bench = Bench::open();
    let all = json!({"RedirectAllRequestsTo": {"HostName": "new.example", "Protocol": "https"}});
    bench.ok("PutBucketWebsite", json!({"Bucket": "bkt", "WebsiteConfiguration": all}));
    let answer = bench.site("/a?b");
    assert_eq!((answer.status, answer.header("Location")), (301, Some("https://new.example/a?b")));
    let mut mixed = all;
    mixed["IndexDocument"] = json!({"Suffix": "i"});
    let input = json!({"Bucket": "bkt", "WebsiteConfiguration": mixed});
    assert_eq!(bench.refusal("PutBucketWebsite", input).0, "InvalidRequest");
}

#[test]
fn s3_web_11_an_object_can_be_a_redirect() {
    let mut bench = site(json!(null));
    bench.put("moved", "x", json!({"WebsiteRedirectLocation": "https://other.example/"}));
    let answer = bench.site("/moved");
    assert_eq!((answer.status, answer.header("Location")), (301, Some("https://other.example/")));
    let rest = bench.rest("/moved");
    assert_eq!((rest.status, rest.body.as_str()), (200, "x"));
}

#[test]
fn s3_web_12_only_get_and_head() {
    let mut bench = site(json!(null));
    for method in ["POST", "PUT", "DELETE"] {
        let answer = bench.ask(request(method, &site_host("bkt"), "/", &[]));
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("x-amz-error-code"), Some("MethodNotAllowed"));
    }
}

#[test]
fn s3_web_13_queries_do_not_find_keys() {
    let mut bench = site(json!(null));
    assert_eq!(bench.site("/index.html?x=1").body, "front");
    assert_eq!(bench.site("/?versionId=x").body, "front");
}

#[test]
fn pages_have_conditions_and_ranges_too() {
    let mut bench = site(json!(null));
    let range = [("Range", "bytes=1-2")];
    let answer = bench.ask(request("GET", &site_host("bkt"), "/", &range));
    assert_eq!((answer.status, answer.body.as_str()), (206, "ro"));
    let tag = answer.header("ETag").unwrap().to_owned();
    let answer = bench.ask(request("GET", &site_host("bkt"), "/", &[("If-None-Match", &tag)]));
    assert_eq!(answer.status, 304);
}
