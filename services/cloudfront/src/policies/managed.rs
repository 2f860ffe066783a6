//! The policies that AWS manages, by their ids (CF-POL-01 to -06, CF-ORP-01, CF-ORP-04).

use serde::de::DeserializeOwned;
use standin_kernel::{Value, json};

use super::{Document, Shelf};
use crate::state::State;

/// Puts them on the shelves.
pub(crate) fn install(state: &mut State) {
    for (id, name, ttls, compressed, key) in CACHE {
        let document = cache(name, *ttls, *compressed, key);
        put(&mut state.cache_policies, id, document);
    }
    for (id, name, headers, cookies, queries) in ORIGIN_REQUEST {
        let document = origin_request(name, *headers, cookies, queries);
        put(&mut state.origin_request_policies, id, document);
    }
    for (id, name, cors, security) in RESPONSE_HEADERS {
        let document = response_headers(name, *cors, *security);
        put(&mut state.response_headers_policies, id, document);
    }
}

fn put<D: Document + DeserializeOwned>(shelf: &mut Shelf<D>, id: &str, document: Value) {
    // Each of these is read back in a test.
    if let Ok(document) = serde_json::from_value(document) {
        shelf.manage(id, document);
    }
}

/// Headers, cookies and query strings of a key.
struct Key {
    headers: &'static [&'static str],
    cookies: &'static str,
    queries: &'static [&'static str],
    all_queries: bool,
}

const EMPTY: Key = Key { headers: &[], cookies: "none", queries: &[], all_queries: false };

const ORIGIN_DECIDES: &[&str] =
    &["Host", "Origin", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];

/// Id, name, TTLs in seconds (minimum, default, maximum), gzip and brotli, key.
type Cache = (&'static str, &'static str, [u64; 3], [bool; 2], Key);

const CACHE: &[Cache] = &[
    (
        "658327ea-f89d-4fab-a63d-7e88639e58f6",
        "Managed-CachingOptimized",
        [1, 86_400, 31_536_000],
        [true, true],
        EMPTY,
    ),
    (
        "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        "Managed-CachingDisabled",
        [0, 0, 0],
        [false, false],
        EMPTY,
    ),
    (
        "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
        "Managed-CachingOptimizedForUncompressedObjects",
        [1, 86_400, 31_536_000],
        [false, false],
        EMPTY,
    ),
    (
        "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
        "UseOriginCacheControlHeaders",
        [0, 0, 31_536_000],
        [true, true],
        Key { headers: ORIGIN_DECIDES, cookies: "all", queries: &[], all_queries: false },
    ),
    (
        "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
        "UseOriginCacheControlHeaders-QueryStrings",
        [0, 0, 31_536_000],
        [true, true],
        Key { headers: ORIGIN_DECIDES, cookies: "all", queries: &[], all_queries: true },
    ),
    (
        "2e54312d-136d-493c-8eb9-b001f22f67d2",
        "Managed-Amplify",
        [2, 2, 600],
        [true, true],
        Key {
            headers: &["Authorization", "CloudFront-Viewer-Country", "Host"],
            cookies: "all",
            queries: &[],
            all_queries: true,
        },
    ),
    (
        "08627262-05a9-4f76-9ded-b50ca2e3a84f",
        "Managed-Elemental-MediaPackage",
        [0, 86_400, 31_536_000],
        [true, false],
        Key {
            headers: &["Origin"],
            cookies: "none",
            queries: &["aws.manifestfilter", "start", "end", "m"],
            all_queries: false,
        },
    ),
];

fn cache(name: &str, ttls: [u64; 3], [gzip, brotli]: [bool; 2], key: &Key) -> Value {
    let queries = match (key.all_queries, key.queries) {
        (true, _) => json!({"QueryStringBehavior": "all"}),
        (_, []) => json!({"QueryStringBehavior": "none"}),
        (_, names) => json!({"QueryStringBehavior": "whitelist", "QueryStrings": list(names)}),
    };
    json!({
        "Name": name,
        "MinTTL": ttls[0],
        "DefaultTTL": ttls[1],
        "MaxTTL": ttls[2],
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": gzip,
            "EnableAcceptEncodingBrotli": brotli,
            "HeadersConfig": headers_config("whitelist", key.headers),
            "CookiesConfig": {"CookieBehavior": key.cookies},
            "QueryStringsConfig": queries,
        },
    })
}

/// Behavior and names.
type Named = (&'static str, &'static [&'static str]);

/// Id, name, headers, behavior of cookies, behavior of query strings.
type OriginRequest = (&'static str, &'static str, Named, &'static str, &'static str);

const CLOUDFRONT_HEADERS_2022_06: &[&str] = &[
    "CloudFront-Forwarded-Proto",
    "CloudFront-Is-Android-Viewer",
    "CloudFront-Is-Desktop-Viewer",
    "CloudFront-Is-IOS-Viewer",
    "CloudFront-Is-Mobile-Viewer",
    "CloudFront-Is-SmartTV-Viewer",
    "CloudFront-Is-Tablet-Viewer",
    "CloudFront-Viewer-Address",
    "CloudFront-Viewer-ASN",
    "CloudFront-Viewer-City",
    "CloudFront-Viewer-Country",
    "CloudFront-Viewer-Country-Name",
    "CloudFront-Viewer-Country-Region",
    "CloudFront-Viewer-Country-Region-Name",
    "CloudFront-Viewer-Http-Version",
    "CloudFront-Viewer-Latitude",
    "CloudFront-Viewer-Longitude",
    "CloudFront-Viewer-Metro-Code",
    "CloudFront-Viewer-Postal-Code",
    "CloudFront-Viewer-Time-Zone",
    "CloudFront-Viewer-TLS",
];

const PREFLIGHT: &[&str] =
    &["Origin", "Access-Control-Request-Headers", "Access-Control-Request-Method"];

const PLAYER: &[&str] = &[
    "Origin",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "User-Agent",
    "X-Forwarded-For",
];

const ORIGIN_REQUEST: &[OriginRequest] = &[
    ("216adef6-5c7f-47e4-b989-5492eafa07d3", "Managed-AllViewer", ("allViewer", &[]), "all", "all"),
    (
        "b689b0a8-53d0-40ab-baf2-68738e2966ac",
        "Managed-AllViewerExceptHostHeader",
        ("allExcept", &["Host"]),
        "all",
        "all",
    ),
    (
        "33f36d7e-f396-46d9-90e0-52428a34d9dc",
        "Managed-AllViewerAndCloudFrontHeaders-2022-06",
        ("allViewerAndWhitelistCloudFront", CLOUDFRONT_HEADERS_2022_06),
        "all",
        "all",
    ),
    (
        "59781a5b-3903-41f3-afcb-af62929ccde1",
        "Managed-CORS-CustomOrigin",
        ("whitelist", &["Origin"]),
        "none",
        "none",
    ),
    (
        "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf",
        "Managed-CORS-S3Origin",
        ("whitelist", PREFLIGHT),
        "none",
        "none",
    ),
    (
        "775133bc-15f2-49f9-abea-afb2e0bf67d2",
        "Managed-Elemental-MediaTailor-PersonalizedManifests",
        ("whitelist", PLAYER),
        "none",
        "all",
    ),
    (
        "bf0718e1-ba1e-49d1-88b1-f726733018ae",
        "Managed-HostHeaderOnly",
        ("whitelist", &["Host"]),
        "none",
        "none",
    ),
    (
        "acba4595-bd28-49b8-b9fe-13317c0390fa",
        "Managed-UserAgentRefererHeaders",
        ("whitelist", &["User-Agent", "Referer"]),
        "none",
        "none",
    ),
];

fn origin_request(name: &str, headers: Named, cookies: &str, queries: &str) -> Value {
    json!({
        "Name": name,
        "HeadersConfig": headers_config(headers.0, headers.1),
        "CookiesConfig": {"CookieBehavior": cookies},
        "QueryStringsConfig": {"QueryStringBehavior": queries},
    })
}

/// What a managed policy says about requests from other origins.
#[derive(Clone, Copy)]
enum Sharing {
    Nothing,
    Simple,
    Preflight,
}

/// Id, name, sharing, whether security headers are set.
type ResponseHeaders = (&'static str, &'static str, Sharing, bool);

const RESPONSE_HEADERS: &[ResponseHeaders] = &[
    ("60669652-455b-4ae9-85a4-c4c02393f86c", "Managed-SimpleCORS", Sharing::Simple, false),
    (
        "5cc3b908-e619-4b99-88e5-2cf7f45965bd",
        "Managed-CORS-With-Preflight",
        Sharing::Preflight,
        false,
    ),
    (
        "67f7725c-6f97-4210-82d7-5512b31e9d03",
        "Managed-SecurityHeadersPolicy",
        Sharing::Nothing,
        true,
    ),
    (
        "e61eb60c-9c35-4d20-a928-2b84e02af89c",
        "Managed-CORS-and-SecurityHeadersPolicy",
        Sharing::Simple,
        true,
    ),
    (
        "eaab4381-ed33-4a86-88ca-d9558dc6cd63",
        "Managed-CORS-with-preflight-and-SecurityHeadersPolicy",
        Sharing::Preflight,
        true,
    ),
];

fn response_headers(name: &str, sharing: Sharing, security: bool) -> Value {
    let mut document = json!({"Name": name});
    let (methods, exposed): (&[&str], &[&str]) = match sharing {
        Sharing::Nothing | Sharing::Simple => (&[], &[]),
        Sharing::Preflight => {
            (&["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"], &["*"])
        }
    };
    if !matches!(sharing, Sharing::Nothing) {
        document["CorsConfig"] = json!({
            "AccessControlAllowOrigins": list(&["*"]),
            "AccessControlAllowHeaders": list(&[]),
            "AccessControlAllowMethods": list(methods),
            "AccessControlAllowCredentials": false,
            "AccessControlExposeHeaders": list(exposed),
            "OriginOverride": false,
        });
    }
    if security {
        document["SecurityHeadersConfig"] = json!({
            "XSSProtection": {"Override": false, "Protection": true, "ModeBlock": true},
            "FrameOptions": {"Override": false, "FrameOption": "SAMEORIGIN"},
            "ReferrerPolicy": {
                "Override": false,
                "ReferrerPolicy": "strict-origin-when-cross-origin",
            },
            "ContentTypeOptions": {"Override": true},
            "StrictTransportSecurity": {
                "Override": false,
                "AccessControlMaxAgeSec": 31_536_000,
            },
        });
    }
    document
}

fn headers_config(behavior: &str, names: &[&str]) -> Value {
    if names.is_empty() {
        let behavior = if behavior == "whitelist" { "none" } else { behavior };
        return json!({"HeaderBehavior": behavior});
    }
    json!({"HeaderBehavior": behavior, "Headers": list(names)})
}

fn list(names: &[&str]) -> Value {
    json!({"Quantity": names.len(), "Items": names})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{HeaderSet, NameSet};

    fn state() -> State {
        let mut state = State::default();
        install(&mut state);
        state
    }

    #[test]
    fn every_one_of_them_can_be_read() {
        let state = state();
        assert_eq!(state.cache_policies.all.len(), CACHE.len());
        assert_eq!(state.origin_request_policies.all.len(), ORIGIN_REQUEST.len());
        assert_eq!(state.response_headers_policies.all.len(), RESPONSE_HEADERS.len());
    }

    #[test]
    fn cf_pol_01_to_06_managed_cache_policies_have_aws_values() {
        let state = state();
        let of = |id: &str| state.cache_policies.get(id).unwrap().document.compiled();
        let optimized = of("658327ea-f89d-4fab-a63d-7e88639e58f6");
        let ttls = (optimized.min_ttl_s, optimized.default_ttl_s, optimized.max_ttl_s);
        assert_eq!(ttls, (1, 86_400, 31_536_000));
        assert!(optimized.gzip && optimized.brotli && optimized.key_headers.is_empty());
        assert!(of("4135ea2d-6df8-44a3-9df3-4b5a84be39ad").disabled());
        assert!(!of("b2884449-e4de-46a7-ac36-70bc7f1ddd6d").gzip);
        let origin_decides = of("83da9c7e-98b4-4e11-a168-04f0df8e2c65");
        assert_eq!(origin_decides.default_ttl_s, 0);
        assert_eq!(origin_decides.key_headers.len(), 5);
        assert_eq!(origin_decides.key_cookies, NameSet::All);
        assert_eq!(origin_decides.key_query_strings, NameSet::None);
        let queries = of("4cc15a8a-d715-48a4-82b8-cc0b614638fe").key_query_strings;
        assert_eq!(queries, NameSet::All);
        let amplify = of("2e54312d-136d-493c-8eb9-b001f22f67d2");
        assert_eq!((amplify.min_ttl_s, amplify.max_ttl_s), (2, 600));
        let package = of("08627262-05a9-4f76-9ded-b50ca2e3a84f");
        assert!(package.key_query_strings.has("start") && !package.key_query_strings.has("x"));
    }

    #[test]
    fn cf_orp_01_and_02_managed_origin_request_policies() {
        let state = state();
        let of = |id: &str| state.origin_request_policies.get(id).unwrap().document.compiled();
        let all = of("216adef6-5c7f-47e4-b989-5492eafa07d3");
        assert_eq!(all.headers, HeaderSet::AllViewer);
        assert_eq!((all.cookies, all.query_strings), (NameSet::All, NameSet::All));
        let except = of("b689b0a8-53d0-40ab-baf2-68738e2966ac");
        assert_eq!(except.headers, HeaderSet::AllExcept(vec!["Host".into()]));
        let host = of("bf0718e1-ba1e-49d1-88b1-f726733018ae");
        assert_eq!(host.headers, HeaderSet::Only(vec!["Host".into()]));
        assert!(host.cookies.is_none() && host.query_strings.is_none());
    }

    #[test]
    fn cf_orp_04_managed_response_headers_policies() {
        let state = state();
        let of = |id: &str| state.response_headers_policies.get(id).unwrap().document.compiled();
        let security = of("67f7725c-6f97-4210-82d7-5512b31e9d03");
        let has = |name: &str, value: &str, overrides: bool| {
            security
                .set
                .iter()
                .any(|line| (&*line.name, &*line.value, line.overrides) == (name, value, overrides))
        };
        assert!(has("Strict-Transport-Security", "max-age=31536000", false));
        assert!(has("X-Content-Type-Options", "nosniff", true));
        assert!(has("X-Frame-Options", "SAMEORIGIN", false));
        assert!(has("Referrer-Policy", "strict-origin-when-cross-origin", false));
        assert!(has("X-XSS-Protection", "1; mode=block", false));
        assert!(security.cors.is_none());
        let preflight = of("5cc3b908-e619-4b99-88e5-2cf7f45965bd").cors.unwrap();
        assert_eq!(preflight.expose_headers.as_deref(), Some("*"));
        assert!(preflight.allow_methods.unwrap().contains("PATCH"));
    }
}
