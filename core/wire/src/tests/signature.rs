//! Signatures that botocore computed for key `AKID`, secret `secret`, at 2026-11-24T08:30:00Z.

use standin_kernel::{Method, RequestHead, Time};

use crate::auth;
use crate::chunks::{self, Wrong};
use crate::model::entry;
use crate::sigv4::{Credentials, Refused};

const THEN: Time = Time(1_795_509_000_000_000_000);
const FORM: &str = "Action=DescribeRules&Version=2015-12-01";
const PRESIGNED: &str = "/pages/a%20b?response-content-type=text%2Fplain\
    &X-Amz-Algorithm=AWS4-HMAC-SHA256\
    &X-Amz-Credential=AKID%2F20261124%2Fap-northeast-1%2Fs3%2Faws4_request\
    &X-Amz-Date=20261124T083000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host\
    &X-Amz-Signature=062ab2c3ab7cd4300d788ca47f9446499f6a2f630dc1a9c9b632e58a395a66cd";

fn credentials() -> Credentials {
    let known = [("AKID".to_owned(), "secret".to_owned())].into();
    Credentials { known, any: None }
}

fn head(method: &str, target: &str, headers: &[(&str, &str)]) -> RequestHead {
    let mut head = RequestHead::get("127.0.0.1:4566", target);
    head.method = Method::parse(method);
    for (name, value) in headers {
        head.headers.append(name, value);
    }
    head
}

fn authorization(service: &str, region: &str, headers: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKID/20261124/{region}/{service}/aws4_request, \
         SignedHeaders={headers}, Signature={signature}"
    )
}

fn query(signature: &str) -> RequestHead {
    let authorization = authorization(
        "elasticloadbalancing",
        "ap-northeast-1",
        "content-type;host;x-amz-date",
        signature,
    );
    let headers = [
        ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
        ("X-Amz-Date", "20261124T083000Z"),
        ("Authorization", &authorization),
    ];
    head("POST", "/", &headers)
}

const QUERY: &str = "5c84f5102c38388cf2fab72ea499b8cd7e005139f0bce9ed865807e3c34f5a31";

/// The code of what is said, or `let through`.
fn said(service: &str, head: &RequestHead, body: &[u8], after_s: u64) -> String {
    let now = THEN + standin_kernel::Duration::from_secs(after_s);
    let entry = entry(service).unwrap();
    match auth::check(entry, head, body, now, Some(&credentials())) {
        Ok(_) => "let through".into(),
        Err(error) => format!("{} {}", error.status, error.code),
    }
}

#[test]
fn botocores_signatures_are_let_through() {
    assert_eq!(said("elbv2", &query(QUERY), FORM.as_bytes(), 0), "let through");
    let signature = "cb5007f740582d5c9a823789f186c821984a9c53482ef0ce42c0f681a42bdcf8";
    let signed = authorization("cloudfront", "us-east-1", "host;x-amz-date;x-two", signature);
    let headers =
        [("X-Two", "  a   b "), ("X-Amz-Date", "20261124T083000Z"), ("Authorization", &signed)];
    let target = "/2020-05-31/key%20value/a%2Fb?Marker=a%20b&Empty";
    assert_eq!(said("cloudfront", &head("GET", target, &headers), b"", 0), "let through");
    let signature = "c22395912a93c7e427a1ef2254ebb256af541f4c516c87682509ee1ac9f74bf0";
    let names = "host;x-amz-content-sha256;x-amz-date";
    let signed = authorization("s3", "ap-northeast-1", names, signature);
    let sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let headers = [
        ("X-Amz-Date", "20261124T083000Z"),
        ("X-Amz-Content-SHA256", sha256),
        ("Authorization", &signed),
    ];
    let put = head("PUT", "/pages/a%20%E6%97%A5~%2B%281%29", &headers);
    assert_eq!(said("s3", &put, b"hello", 0), "let through");
    assert_eq!(said("s3", &put, b"hallo", 0), "400 XAmzContentSHA256Mismatch");
}

#[test]
fn s3_get_09_what_is_signed_wrong_or_at_another_time_is_refused() {
    let body = FORM.as_bytes();
    assert_eq!(said("elbv2", &query(QUERY), b"Action=Other", 0), "403 SignatureDoesNotMatch");
    assert_eq!(said("elbv2", &query("00"), body, 0), "403 SignatureDoesNotMatch");
    assert_eq!(said("elbv2", &query("not hex"), body, 0), "403 SignatureDoesNotMatch");
    assert_eq!(said("elbv2", &query(QUERY), body, 300), "let through");
    assert_eq!(said("elbv2", &query(QUERY), body, 301), "403 SignatureDoesNotMatch");
    assert_eq!(said("ecs", &query(QUERY), body, 301), "400 InvalidSignatureException");
    let skewed = head(
        "GET",
        "/pages/a",
        &[
            ("X-Amz-Date", "20261124T083000Z"),
            ("Authorization", &authorization("s3", "ap-northeast-1", "host;x-amz-date", "00")),
        ],
    );
    assert_eq!(said("s3", &skewed, b"", 16 * 60), "403 RequestTimeTooSkewed");
    assert_eq!(said("s3", &skewed, b"", 0), "403 SignatureDoesNotMatch");
}

#[test]
fn keys_that_nobody_knows_and_requests_without_one_are_refused_in_each_services_words() {
    let none = head("POST", "/", &[]);
    let said_to = |head: &RequestHead| {
        ["s3", "elbv2", "cloudfront", "ecs", "ec2"].map(|service| said(service, head, b"", 0))
    };
    assert_eq!(
        said_to(&none),
        [
            "403 AccessDenied",
            "403 MissingAuthenticationToken",
            "403 MissingAuthenticationToken",
            "400 MissingAuthenticationTokenException",
            "401 AuthFailure",
        ]
    );
    let stranger = authorization("x", "r", "host", "00").replace("AKID", "STRANGER");
    let headers = [("X-Amz-Date", "20261124T083000Z"), ("Authorization", &*stranger)];
    assert_eq!(
        said_to(&head("POST", "/", &headers)),
        [
            "403 InvalidAccessKeyId",
            "403 InvalidClientTokenId",
            "403 InvalidClientTokenId",
            "400 UnrecognizedClientException",
            "401 AuthFailure",
        ]
    );
    let bearer = head("POST", "/", &[("Authorization", "Bearer x")]);
    assert_eq!(said("s3", &bearer, b"", 0), "400 AuthorizationHeaderMalformed");
    assert_eq!(said("elbv2", &bearer, b"", 0), "400 IncompleteSignature");
}

#[test]
fn s3_acc_07_a_presigned_url_is_good_until_it_ends_whoever_asks() {
    let presigned = head("GET", PRESIGNED, &[]);
    assert_eq!(said("s3", &presigned, b"", 60), "let through");
    assert_eq!(said("s3", &presigned, b"", 61), "403 AccessDenied");
    let entry = entry("s3").unwrap();
    let later = THEN + standin_kernel::Duration::from_secs(61);
    let refused = auth::check(entry, &presigned, b"", later, None).unwrap_err();
    assert_eq!(refused.message, "Request has expired");
    let other = head("GET", &PRESIGNED.replace("a%20b", "other"), &[]);
    assert_eq!(said("s3", &other, b"", 0), "403 SignatureDoesNotMatch");
    assert!(auth::check(entry, &other, b"", THEN, None).is_ok());
    let forever = PRESIGNED.replace("Expires=60", "Expires=604801");
    let refused = auth::check(entry, &head("GET", &forever, &[]), b"", THEN, None).unwrap_err();
    assert_eq!(refused.code, "AuthorizationQueryParametersError");
}

#[test]
fn presigned_urls_of_version_2_are_checked_too() {
    let target = "/pages/a%20b%2B?response-content-type=text%2Fplain&versionId=x\
        &AWSAccessKeyId=AKID&Signature=YK5Bp0CMgOaA68cdqJ64ybArkyI%3D&Expires=1795509060";
    assert_eq!(said("s3", &head("GET", target, &[]), b"", 60), "let through");
    assert_eq!(said("s3", &head("GET", target, &[]), b"", 61), "403 AccessDenied");
    assert_eq!(said("s3", &head("PUT", target, &[]), b"", 0), "403 SignatureDoesNotMatch");
    let other = target.replace("versionId=x", "versionId=y");
    assert_eq!(said("s3", &head("GET", &other, &[]), b"", 0), "403 SignatureDoesNotMatch");
    let stranger = target.replace("AKID", "STRANGER");
    assert_eq!(said("s3", &head("GET", &stranger, &[]), b"", 0), "403 InvalidAccessKeyId");
    let half = target.replace("&Expires=1795509060", "");
    assert_eq!(said("s3", &head("GET", &half, &[]), b"", 0), "403 AccessDenied");
}

#[test]
fn chunks_and_trailers_are_checked_one_after_the_other() {
    let names = "host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length";
    let signature = "b55b3bcd7fb61bca2255ebec7e31475899b48a9ec3c384881a29434f6cd76690";
    let signed = authorization("s3", "ap-northeast-1", names, signature);
    let head = head(
        "PUT",
        "/pages/chunks",
        &[
            ("X-Amz-Content-SHA256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"),
            ("X-Amz-Decoded-Content-Length", "8"),
            ("X-Amz-Date", "20261124T083000Z"),
            ("Authorization", &signed),
        ],
    );
    let body = "5;chunk-signature=b1cc3e9f1c8fd79fd34c9b4c92226844af93ea7131de572722f8bc0f5cf02f20\
        \r\nhello\r\n\
        3;chunk-signature=f5273dae70f32a47436a66f887eafd1030d84639aa0ad6761c2029c408812d1e\
        \r\n, w\r\n\
        0;chunk-signature=d73b558d3b985f5aef9afda2f3ed06258ba60795607d82ecc551b07af3e5dceb\r\n\
        x-amz-checksum-crc32:AAAAAA==\r\n\
        x-amz-trailer-signature:7cc03594a7108d17711e2335e0f382f410c562a4045ffc43b55cedf6adefb946\
        \r\n\r\n";
    let decode = |body: &str| {
        let entry = entry("s3").unwrap();
        let mut seal =
            auth::check(entry, &head, body.as_bytes(), THEN, Some(&credentials())).unwrap();
        chunks::decode(body.as_bytes(), seal.as_mut())
    };
    let decoded = decode(body).unwrap();
    assert_eq!(decoded.body, b"hello, w");
    assert_eq!(decoded.trailer[0].1, "AAAAAA==");
    for (from, to) in [("hello", "hallo"), (", w", ". w"), ("AAAAAA", "AAAAAB")] {
        let refused = decode(&body.replace(from, to)).unwrap_err();
        assert_eq!(refused, Wrong::Signature(Refused::Mismatch), "{from}");
    }
    assert!(decode(&body.replace(";chunk-signature=", ";")).is_err());
}
