//! The REST endpoint: addressing, reading, listings.

use standin_kernel::{Duration, Identity, Service, json};

use super::{Bench, REGION, allow, from_cloudfront, request, rest_host, site_host};

#[test]
fn s3_ep_01_xml_at_rest_html_at_the_website() {
    let mut bench = Bench::public();
    let website = json!({"IndexDocument": {"Suffix": "index.html"}});
    bench.ok("PutBucketWebsite", json!({"Bucket": "bkt", "WebsiteConfiguration": website}));
    let rest = bench.rest("/missing");
    assert_eq!(rest.header("Content-Type"), Some("application/xml"));
    assert_eq!(rest.code(), Some("AccessDenied"));
    let site = bench.site("/missing");
    assert!(site.header("Content-Type").unwrap().starts_with("text/html"));
    assert!(site.body.contains("<li>Code: AccessDenied</li>"), "{}", site.body);
}

#[test]
fn s3_ep_05_virtual_host_and_path_style_are_the_same() {
    let mut bench = Bench::public();
    bench.put("k", "body", json!({}));
    assert_eq!(bench.rest("/k").body, "body");
    let path_style = bench.get(&format!("s3.{REGION}.amazonaws.com"), "/bkt/k");
    assert_eq!((path_style.status, path_style.body.as_str()), (200, "body"));
    let local = bench.get(&format!("BKT.S3.{REGION}.amazonaws.com.localhost:8080"), "/k");
    assert_eq!(local.body, "body");
}

#[test]
fn s3_ep_05_another_region_is_301_with_the_right_one() {
    let mut bench = Bench::public();
    for (host, target) in
        [("s3.us-east-1.amazonaws.com", "/bkt/k"), ("bkt.s3.eu-west-1.amazonaws.com", "/k")]
    {
        let answer = bench.get(host, target);
        assert_eq!((answer.status, answer.code()), (301, Some("PermanentRedirect")));
        assert_eq!(answer.header("x-amz-bucket-region"), Some(REGION));
        assert!(answer.body.contains(&format!("<Endpoint>{}</Endpoint>", rest_host("bkt"))));
        assert_eq!(answer.header("Location"), None);
    }
    let mut signed = request("GET", "bkt.s3.eu-west-1.amazonaws.com", "/k", &[]);
    signed.identity = from_cloudfront("E1");
    let answer = bench.ask(signed);
    assert_eq!((answer.status, answer.code()), (400, Some("AuthorizationHeaderMalformed")));
}

#[test]
fn s3_ep_05_the_global_endpoint_learns_of_new_buckets_late() {
    let mut bench = Bench::public().slow();
    bench.put("k", "body", json!({}));
    let answer = bench.get("bkt.s3.amazonaws.com", "/k?x=1");
    assert_eq!((answer.status, answer.code()), (307, Some("TemporaryRedirect")));
    let expected = format!("http://{}/k?x=1", rest_host("bkt"));
    assert_eq!(answer.header("Location"), Some(expected.as_str()));
    bench.now = bench.now + Duration::from_secs(24 * 3600);
    assert_eq!(bench.get("bkt.s3.amazonaws.com", "/k").status, 200);
    let mut fast = Bench::public();
    fast.put("k", "body", json!({}));
    assert_eq!(fast.get("bkt.s3.amazonaws.com", "/k").status, 200);
}

#[test]
fn s3_ep_08_every_answer_has_the_three_headers() {
    let mut bench = Bench::public();
    bench.put("k", "body", json!({}));
    for (host, target) in [
        (rest_host("bkt"), "/k"),
        (rest_host("bkt"), "/x"),
        (site_host("bkt"), "/"),
        (rest_host("c"), "/"),
    ] {
        let answer = bench.get(&host, target);
        assert_eq!(answer.header("Server"), Some("AmazonS3"));
        assert_eq!(answer.header("x-amz-request-id").map(str::len), Some(16));
        assert_eq!(answer.header("x-amz-id-2").map(str::len), Some(76));
        assert_eq!(answer.header("Date"), Some("Fri, 15 Jan 2027 08:00:00 GMT"));
    }
}

#[test]
fn s3_get_01_a_missing_key_is_404_only_to_those_who_may_list() {
    let mut bench = Bench::public();
    let answer = bench.rest("/missing");
    assert_eq!((answer.status, answer.code()), (403, Some("AccessDenied")));
    assert!(bench.facts.iter().any(|fact| fact.row.as_deref() == Some("S3-GET-01")));
    bench.policy(&[
        allow("s3:GetObject", "arn:aws:s3:::bkt/*"),
        allow("s3:ListBucket", "arn:aws:s3:::bkt"),
    ]);
    let answer = bench.rest("/missing");
    assert_eq!((answer.status, answer.code()), (404, Some("NoSuchKey")));
    assert!(answer.body.contains("<Key>missing</Key>"));
}

#[test]
fn s3_get_02_the_etag_is_the_md5_in_quotes() {
    let mut bench = Bench::public();
    let md5 = "0cc175b9c0f1b6a831c399e269772661";
    let mut stored = bench.store("a");
    stored["ETag"] = json!(md5);
    let put = bench.ok("PutObject", json!({"Bucket": "bkt", "Key": "k", "Standin": stored}));
    assert_eq!(put["ETag"], format!("\"{md5}\""));
    assert_eq!(bench.rest("/k").header("ETag"), Some(format!("\"{md5}\"").as_str()));
    let kms = json!({"ServerSideEncryption": "aws:kms"});
    let put = bench.put("secret", "a", kms);
    assert_ne!(put["ETag"], format!("\"{md5}\""));
}

#[test]
fn s3_get_03_an_equal_tag_is_304_without_body() {
    let mut bench = Bench::public();
    let tag = bench.put("k", "body", json!({"CacheControl": "max-age=5"}))["ETag"].clone();
    let tag = tag.as_str().unwrap();
    let answer = bench.ask(request("GET", &rest_host("bkt"), "/k", &[("If-None-Match", tag)]));
    assert_eq!((answer.status, answer.body.as_str()), (304, ""));
    assert_eq!(answer.header("ETag"), Some(tag));
    assert_eq!(answer.header("Cache-Control"), Some("max-age=5"));
    assert_eq!(answer.header("Content-Type"), None);
    let answer = bench.ask(request("GET", &rest_host("bkt"), "/k", &[("If-Match", "\"x\"")]));
    assert_eq!((answer.status, answer.code()), (412, Some("PreconditionFailed")));
}

#[test]
fn s3_get_04_one_range_is_206_and_beyond_the_end_416() {
    let mut bench = Bench::public();
    bench.put("k", "0123456789", json!({}));
    let host = rest_host("bkt");
    let part = bench.ask(request("GET", &host, "/k", &[("Range", "bytes=2-4")]));
    assert_eq!((part.status, part.body.as_str()), (206, "234"));
    assert_eq!(part.header("Content-Range"), Some("bytes 2-4/10"));
    let head = bench.ask(request("HEAD", &host, "/k", &[("Range", "bytes=2-4")]));
    assert_eq!((head.status, head.head_length, head.body.as_str()), (206, Some(3), ""));
    let beyond = bench.ask(request("GET", &host, "/k", &[("Range", "bytes=20-")]));
    assert_eq!((beyond.status, beyond.code()), (416, Some("InvalidRange")));
    assert!(beyond.body.contains("<ActualObjectSize>10</ActualObjectSize>"));
    let many = bench.ask(request("GET", &host, "/k", &[("Range", "bytes=0-1,3-4")]));
    assert_eq!((many.status, many.body.as_str()), (200, "0123456789"));
    let other = [("Range", "bytes=2-4"), ("If-Range", "\"other\"")];
    assert_eq!(bench.ask(request("GET", &host, "/k", &other)).status, 200);
}

#[test]
fn s3_get_05_response_headers_are_overridden_only_for_the_signed() {
    let mut bench = Bench::public();
    bench.put("k", "body", json!({"ContentType": "text/plain"}));
    let target = "/k?response-content-type=image%2Fpng";
    let answer = bench.rest(target);
    assert_eq!((answer.status, answer.code()), (400, Some("InvalidRequest")));
    let mut signed = request("GET", &rest_host("bkt"), target, &[]);
    signed.identity = Identity::Account;
    assert_eq!(bench.ask(signed.clone()).header("Content-Type"), Some("image/png"));
    signed.head.headers.append("Range", "bytes=0-1");
    assert_eq!(bench.ask(signed).header("Content-Type"), Some("text/plain"));
}

#[test]
fn s3_get_06_head_mirrors_get_without_body() {
    let mut bench = Bench::public();
    bench.put("k", "body", json!({"ContentType": "text/html"}));
    let answer = bench.ask(request("HEAD", &rest_host("bkt"), "/k", &[]));
    assert_eq!((answer.status, answer.head_length), (200, Some(4)));
    assert_eq!((answer.body.as_str(), answer.header("Content-Type")), ("", Some("text/html")));
    let answer = bench.ask(request("HEAD", &rest_host("bkt"), "/missing", &[]));
    assert_eq!((answer.status, answer.body.as_str()), (403, ""));
}

#[test]
fn s3_get_07_keys_are_taken_as_they_are() {
    let mut bench = Bench::public();
    bench.put("a//b", "two slashes", json!({}));
    bench.put("A", "large", json!({}));
    bench.put("日本", "utf-8", json!({}));
    assert_eq!(bench.rest("/a//b").body, "two slashes");
    assert_eq!(bench.rest("/a/b").status, 403);
    assert_eq!(bench.rest("/a").status, 403);
    assert_eq!(bench.rest("/%E6%97%A5%E6%9C%AC").body, "utf-8");
    let answer = bench.rest(&format!("/{}", "x".repeat(1025)));
    assert_eq!((answer.status, answer.code()), (400, Some("KeyTooLongError")));
}

#[test]
fn s3_get_08_a_foreign_host_is_read_as_a_bucket() {
    let mut bench = Bench::public();
    bench.put("k", "body", json!({}));
    let answer = bench.get("www.example.com", "/k");
    assert_eq!((answer.status, answer.code()), (404, Some("NoSuchBucket")));
    assert!(answer.body.contains("<BucketName>www.example.com</BucketName>"));
    assert!(!bench.s3.serves("www.example.com"));
}

#[test]
fn s3_get_09_private_buckets_and_unknown_signers_are_403() {
    let mut bench = Bench::open();
    bench.put("k", "body", json!({}));
    let answer = bench.rest("/k");
    assert_eq!((answer.status, answer.code()), (403, Some("AccessDenied")));
    let key = "AWS4-HMAC-SHA256 Credential=AKIAX/20270115/x/s3/aws4_request, SignedHeaders=host, \
        Signature=0";
    let mut signed = |date: &str| {
        let lines = [("Authorization", key), ("x-amz-date", date)];
        bench.ask(request("GET", &rest_host("bkt"), "/k", &lines))
    };
    let answer = signed("20270115T081600Z");
    assert_eq!((answer.status, answer.code()), (403, Some("RequestTimeTooSkewed")));
    let answer = signed("20270115T080100Z");
    assert_eq!((answer.status, answer.code()), (403, Some("InvalidAccessKeyId")));
    let basic = [("Authorization", "Basic abc")];
    let answer = bench.ask(request("GET", &rest_host("bkt"), "/k", &basic));
    assert_eq!((answer.status, answer.code()), (400, Some("InvalidArgument")));
}

#[test]
fn s3_get_10_errors_are_xml_that_cannot_be_broken_out_of() {
    let mut bench = Bench::public();
    bench.policy(&[allow("s3:*", "arn:aws:s3:::bkt/*"), allow("s3:*", "arn:aws:s3:::bkt")]);
    let answer = bench.rest("/%3Cb%3E%26%22");
    let start = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code>\
        <Message>The specified key does not exist.</Message><Key>&lt;b&gt;&amp;&quot;</Key>\
        <RequestId>";
    assert!(answer.body.starts_with(start), "{}", answer.body);
    assert!(answer.body.ends_with("</HostId></Error>"));
}

#[test]
fn s3_get_11_methods_and_codes() {
    let mut bench = Bench::public();
    bench.put("k", "body", json!({}));
    // CF-S3O-08
    let table = [
        ("POST", 405, "MethodNotAllowed"),
        ("PUT", 403, "AccessDenied"),
        ("PATCH", 403, "AccessDenied"),
        ("DELETE", 403, "AccessDenied"),
        ("PROPFIND", 405, "MethodNotAllowed"),
    ];
    for (method, status, code) in table {
        let answer = bench.ask(request(method, &rest_host("bkt"), "/k", &[]));
        assert_eq!((answer.status, answer.code()), (status, Some(code)), "{method}");
    }
    let answer = bench.rest("/k?versionId=x");
    assert_eq!((answer.status, answer.code()), (403, Some("AccessDenied")));
    let answer = bench.rest("/k?acl");
    assert_eq!((answer.status, answer.code()), (403, Some("AccessDenied")));
    let answer = bench.get("s3.amazonaws.com", "/");
    assert_eq!(answer.status, 307);
}

#[test]
fn s3_get_12_a_bucket_of_which_too_much_is_asked_says_slow_down() {
    let mut bench = Bench::public();
    bench.put("k", "x", json!({}));
    let limited = vec![("bkt".to_owned(), None, standin_kernel::fault::Mode::Status(503))];
    bench.s3.set_broken(limited);
    let answer = bench.rest("/k");
    assert_eq!((answer.status, answer.code()), (503, Some("SlowDown")));
    assert!(answer.body.contains("<Message>Please reduce your request rate.</Message>"));
    assert_eq!(bench.site("/k").status, 503);
    bench.s3.set_broken(Vec::new());
    assert_eq!(bench.rest("/k").status, 200);
}

#[test]
fn s3_get_13_a_kms_object_needs_a_key_the_reader_may_use() {
    let mut bench = Bench::public();
    bench.put("aws", "body", json!({"ServerSideEncryption": "aws:kms"}));
    let own = json!({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "arn:aws:kms:x:1:key/2"});
    bench.put("own", "body", own);
    let mut ask = |key: &str, identity: Identity| {
        let mut request = request("GET", &rest_host("bkt"), key, &[]);
        request.identity = identity;
        bench.ask(request)
    };
    let answer = ask("/aws", Identity::Anonymous);
    assert_eq!((answer.status, answer.code()), (400, Some("InvalidArgument")));
    let answer = ask("/aws", from_cloudfront("E1"));
    assert_eq!((answer.status, answer.code()), (403, Some("AccessDenied")));
    let answer = ask("/own", from_cloudfront("E1"));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-amz-server-side-encryption"), Some("aws:kms"));
    assert_eq!(ask("/aws", Identity::Account).status, 200);
}

#[test]
fn s3_acc_02_with_list_right_the_bucket_itself_is_a_listing() {
    let mut bench = Bench::public();
    for key in ["a/1", "a/2", "b & c"] {
        bench.put(key, "body", json!({}));
    }
    assert_eq!(bench.rest("/").status, 403);
    bench.policy(&[allow("s3:ListBucket", "arn:aws:s3:::bkt")]);
    let answer = bench.rest("/");
    assert_eq!((answer.status, answer.header("Content-Type")), (200, Some("application/xml")));
    assert_eq!(answer.body.matches("<Contents>").count(), 3);
    assert!(answer.body.contains("<Key>b &amp; c</Key>"));
    let answer = bench.rest("/?list-type=2&delimiter=/&max-keys=1");
    assert!(answer.body.contains("<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"));
    assert!(answer.body.contains("<IsTruncated>true</IsTruncated>"));
    let token = answer.body.split_once("<NextContinuationToken>").unwrap().1;
    let token = token.split_once('<').unwrap().0;
    let answer = bench.rest(&format!("/?list-type=2&delimiter=/&continuation-token={token}"));
    assert!(answer.body.contains("<KeyCount>1</KeyCount>"), "{}", answer.body);
    let answer = bench.rest("/?prefix=a/&encoding-type=url&marker=a/1");
    assert_eq!(answer.body.matches("<Contents>").count(), 1);
}

#[test]
fn s3_acc_07_presigned_urls_end() {
    let mut bench = Bench::public();
    bench.put("k", "body", json!({}));
    let mut ask = |date: &str, expires: &str| {
        let target = format!(
            "/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAX%2F20270115\
             &X-Amz-Date={date}&X-Amz-Expires={expires}&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
        );
        let answer = bench.rest(&target);
        (answer.status, answer.code().unwrap().to_owned(), answer.body)
    };
    let (status, code, body) = ask("20270115T075958Z", "1");
    assert_eq!((status, code.as_str()), (403, "AccessDenied"));
    assert!(body.contains("<Message>Request has expired</Message>"));
    assert_eq!(ask("20270115T075958Z", "604801").1, "AuthorizationQueryParametersError");
    assert_eq!(ask("yesterday", "60").1, "AuthorizationQueryParametersError");
    // Nobody's key is known to this machine.
    assert_eq!(ask("20270115T075958Z", "60").1, "InvalidAccessKeyId");
    assert_eq!(bench.rest("/k?X-Amz-Signature=0").status, 400);
}

#[test]
fn s3_meta_01_stored_headers_come_back() {
    let mut bench = Bench::public();
    let all = json!({
        "ContentType": "text/html",
        "CacheControl": "no-store",
        "ContentDisposition": "inline",
        "ContentEncoding": "gzip",
        "ContentLanguage": "ja",
        "Expires": "0",
        "WebsiteRedirectLocation": "/other",
        "Metadata": {"Owner": "Saburo"},
    });
    bench.put("k", "body", all);
    let answer = bench.rest("/k");
    let expected = [
        ("Content-Type", "text/html"),
        ("Cache-Control", "no-store"),
        ("Content-Disposition", "inline"),
        ("Content-Encoding", "gzip"),
        ("Content-Language", "ja"),
        ("Expires", "0"),
        // S3-WEB-11
        ("x-amz-website-redirect-location", "/other"),
        // S3-META-03
        ("x-amz-meta-owner", "Saburo"),
        ("Accept-Ranges", "bytes"),
        ("Last-Modified", "Fri, 15 Jan 2027 08:00:00 GMT"),
        ("x-amz-server-side-encryption", "AES256"),
    ];
    assert_eq!(answer.status, 200);
    for (name, value) in expected {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
}

#[test]
fn s3_meta_02_without_a_type_it_is_octets() {
    let mut bench = Bench::public();
    bench.put("k", "body", json!({}));
    let answer = bench.rest("/k");
    assert_eq!(answer.header("Content-Type"), Some("binary/octet-stream"));
    // S3-META-05
    assert_eq!(answer.header("Cache-Control"), None);
}

#[test]
fn s3_meta_05_no_cache_control_of_its_own() {
    let mut bench = Bench::public();
    bench.put("k", "body", json!({"ContentType": "text/html"}));
    assert_eq!(bench.rest("/k").header("Cache-Control"), None);
    assert_eq!(bench.rest("/missing").header("Cache-Control"), None);
}

#[test]
fn s3_meta_06_languages_are_not_negotiated() {
    let mut bench = Bench::public();
    bench.put("k", "english", json!({"ContentLanguage": "en"}));
    bench.put("k.de", "deutsch", json!({"ContentLanguage": "de"}));
    let answer = bench.ask(request("GET", &rest_host("bkt"), "/k", &[("Accept-Language", "de")]));
    assert_eq!((answer.body.as_str(), answer.header("Content-Language")), ("english", Some("en")));
}

#[test]
fn s3_meta_07_encoded_bodies_go_to_everybody() {
    let mut bench = Bench::public();
    bench.put("k", "zipped", json!({"ContentEncoding": "gzip"}));
    let plain = [("Accept-Encoding", "identity")];
    let answer = bench.ask(request("GET", &rest_host("bkt"), "/k", &plain));
    assert_eq!((answer.body.as_str(), answer.header("Content-Encoding")), ("zipped", Some("gzip")));
}

#[test]
fn browsers_of_other_sites_are_told_the_rules() {
    let mut bench = Bench::public();
    bench.put("font", "body", json!({}));
    let rules = json!([
        {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://*.example.com"],
         "MaxAgeSeconds": 60, "AllowedHeaders": ["x-*"], "ExposeHeaders": ["ETag"]},
        {"AllowedMethods": ["HEAD"], "AllowedOrigins": ["*"]},
    ]);
    bench.ok("PutBucketCors", json!({"Bucket": "bkt", "CORSConfiguration": {"CORSRules": rules}}));
    let host = rest_host("bkt");
    let origin = ("Origin", "https://www.example.com");
    let answer = bench.ask(request("GET", &host, "/font", &[origin]));
    assert_eq!(answer.header("Access-Control-Allow-Origin"), Some(origin.1));
    assert_eq!(answer.header("Access-Control-Expose-Headers"), Some("ETag"));
    let stranger = [("Origin", "https://other.example")];
    let answer = bench.ask(request("GET", &host, "/font", &stranger));
    assert_eq!(answer.header("Access-Control-Allow-Origin"), None);
    assert_eq!(answer.status, 200);
    let answer = bench.ask(request("HEAD", &host, "/font", &stranger));
    assert_eq!(answer.header("Access-Control-Allow-Origin"), Some("*"));
    let preflight = |method, header| {
        let lines = [
            origin,
            ("Access-Control-Request-Method", method),
            ("Access-Control-Request-Headers", header),
        ];
        request("OPTIONS", &host, "/font", &lines)
    };
    let answer = bench.ask(preflight("GET", "X-Own"));
    assert_eq!((answer.status, answer.header("Access-Control-Max-Age")), (200, Some("60")));
    assert_eq!(answer.header("Access-Control-Allow-Headers"), Some("x-own"));
    let answer = bench.ask(preflight("PUT", "X-Own"));
    assert_eq!((answer.status, answer.code()), (403, Some("AccessForbidden")));
    let answer = bench.ask(preflight("GET", "Other"));
    assert_eq!(answer.status, 403);
}

#[test]
fn s3_ep_03_websites_have_no_tls_port() {
    let bench = Bench::new();
    let site = format!("bkt.s3-website-{REGION}.amazonaws.com");
    assert!(bench.s3.listens(&site, 80));
    assert!(!bench.s3.listens(&site, 443));
    assert!(bench.s3.listens(&rest_host("bkt"), 443));
    assert!(bench.s3.serves(&site) && bench.s3.serves(&rest_host("bkt")));
}
