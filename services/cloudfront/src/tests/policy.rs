//! Policies and origin access controls.

use standin_kernel::{Value, json};

use super::{Bench, OPTIMIZED, document, list, text};

pub(super) fn cache_policy(name: &str) -> Value {
    json!({"CachePolicyConfig": {
        "Name": name,
        "MinTTL": 0,
        "DefaultTTL": 60,
        "MaxTTL": 3600,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": false,
            "HeadersConfig":
                {"HeaderBehavior": "whitelist", "Headers": list(&[json!("Accept-Language")])},
            "CookiesConfig": {"CookieBehavior": "none"},
            "QueryStringsConfig": {"QueryStringBehavior": "all"},
        },
    }})
}

pub(super) fn origin_request_policy(name: &str) -> Value {
    json!({"OriginRequestPolicyConfig": {
        "Name": name,
        "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": list(&[json!("X-A")])},
        "CookiesConfig": {"CookieBehavior": "allExcept", "Cookies": list(&[json!("secret")])},
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
    }})
}

pub(super) fn response_headers_policy(name: &str) -> Value {
    json!({"ResponseHeadersPolicyConfig": {
        "Name": name,
        "CustomHeadersConfig":
            list(&[json!({"Header": "Retry-After", "Value": "3600", "Override": true})]),
        "RemoveHeadersConfig": list(&[json!({"Header": "Server"})]),
        "SecurityHeadersConfig": {
            "StrictTransportSecurity": {
                "Override": false, "AccessControlMaxAgeSec": 60,
                "IncludeSubdomains": true, "Preload": true,
            },
        },
    }})
}

pub(super) fn access_control(name: &str) -> Value {
    json!({"OriginAccessControlConfig": {
        "Name": name,
        "SigningProtocol": "sigv4",
        "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }})
}

/// Creates, reads, changes, lists and deletes one of a kind.
fn whole_life(noun: &str, lists: &str, make: fn(&str) -> Value) {
    let mut bench = Bench::new();
    let config = format!("{noun}Config");
    let made = bench.ok(&format!("Create{noun}"), make("first"));
    let id = text(&made[noun]["Id"]);
    assert_eq!(made[noun][&config]["Name"], "first");
    let refused = bench.refusal(&format!("Create{noun}"), make("first"));
    assert_eq!((refused.code, refused.status), (format!("{noun}AlreadyExists"), 409));
    let get = bench.ok(&format!("Get{noun}"), json!({"Id": id}));
    assert_eq!((&get["ETag"], &get[noun]), (&made["ETag"], &made[noun]));
    let read = bench.ok(&format!("Get{config}"), json!({"Id": id}));
    assert_eq!(read[&config], made[noun][&config]);
    // What was read is good for an update.
    let mut input = json!({"Id": id, &config: read[&config]});
    input[&config]["Name"] = json!("second");
    let refused = bench.refusal(&format!("Update{noun}"), input.clone());
    assert_eq!(refused.code, "InvalidIfMatchVersion");
    input["IfMatch"] = made["ETag"].clone();
    let updated = bench.ok(&format!("Update{noun}"), input.clone());
    assert_eq!(updated[noun][&config]["Name"], "second");
    assert_eq!(bench.refusal(&format!("Update{noun}"), input).code, "PreconditionFailed");
    let all = bench.ok(lists, json!({})).to_string();
    assert!(all.contains("\"second\"") && all.contains(&id), "{all}");
    let delete = json!({"Id": id, "IfMatch": updated["ETag"]});
    bench.ok(&format!("Delete{noun}"), delete.clone());
    let refused = bench.refusal(&format!("Delete{noun}"), delete);
    assert_eq!((refused.code, refused.status), (format!("NoSuch{noun}"), 404));
    assert!(bench.records.is_empty());
    let mut wrong = make("x");
    wrong[&config]["Colour"] = json!("red");
    assert!(bench.refusal(&format!("Create{noun}"), wrong).message.contains("Colour"));
    let mut wrong = make("x");
    wrong["Colour"] = json!("red");
    assert!(bench.refusal(&format!("Create{noun}"), wrong).message.contains("Colour"));
}

#[test]
fn the_life_of_each_kind() {
    whole_life("CachePolicy", "ListCachePolicies", cache_policy);
    whole_life("OriginRequestPolicy", "ListOriginRequestPolicies", origin_request_policy);
    whole_life("ResponseHeadersPolicy", "ListResponseHeadersPolicies", response_headers_policy);
    whole_life("OriginAccessControl", "ListOriginAccessControls", access_control);
}

#[test]
fn managed_policies_are_listed_apart_and_stay_as_they_are() {
    let mut bench = Bench::new();
    bench.ok("CreateCachePolicy", cache_policy("own"));
    let of = |bench: &mut Bench, kind: &str| {
        bench.ok("ListCachePolicies", json!({"Type": kind}))["CachePolicyList"].clone()
    };
    assert_eq!(of(&mut bench, "custom")["Quantity"], 1);
    let managed = of(&mut bench, "managed");
    assert_eq!(managed["Quantity"], 7);
    assert_eq!(managed["Items"][0]["Type"], "managed");
    let found = bench.ok("GetCachePolicy", json!({"Id": OPTIMIZED}));
    let config = &found["CachePolicy"]["CachePolicyConfig"];
    assert_eq!(config["Name"], "Managed-CachingOptimized");
    let version = json!({"Id": OPTIMIZED, "IfMatch": found["ETag"]});
    assert_eq!(bench.refusal("DeleteCachePolicy", version.clone()).code, "IllegalDelete");
    let mut change = version;
    change["CachePolicyConfig"] = config.clone();
    assert_eq!(bench.refusal("UpdateCachePolicy", change).code, "IllegalUpdate");
}

#[test]
fn cf_pol_07_ttls_that_are_not_given() {
    let mut bench = Bench::new();
    let ttls = |bench: &mut Bench, name: &str, least: u64| {
        let config = json!({"Name": name, "MinTTL": least});
        let made = bench.ok("CreateCachePolicy", json!({"CachePolicyConfig": config}));
        let config = made["CachePolicy"]["CachePolicyConfig"].clone();
        (config["DefaultTTL"].clone(), config["MaxTTL"].clone())
    };
    assert_eq!(ttls(&mut bench, "a", 0), (json!(86_400), json!(31_536_000)));
    assert_eq!(ttls(&mut bench, "b", 100_000), (json!(100_000), json!(31_536_000)));
    assert_eq!(ttls(&mut bench, "c", 40_000_000), (json!(40_000_000), json!(40_000_000)));
    let config = json!({"Name": "d", "MinTTL": 10, "MaxTTL": 5});
    let refused = bench.refusal("CreateCachePolicy", json!({"CachePolicyConfig": config}));
    assert_eq!(refused.code, "InvalidArgument");
}

#[test]
fn cf_pol_08_without_caching_there_is_no_key() {
    let mut bench = Bench::new();
    let mut refused = |change: fn(&mut Value)| {
        let mut policy = cache_policy("p");
        let config = &mut policy["CachePolicyConfig"];
        config["DefaultTTL"] = json!(0);
        config["MaxTTL"] = json!(0);
        let key = &mut config["ParametersInCacheKeyAndForwardedToOrigin"];
        key["HeadersConfig"] = json!({"HeaderBehavior": "none"});
        key["QueryStringsConfig"] = json!({"QueryStringBehavior": "none"});
        change(key);
        bench.call("CreateCachePolicy", &policy).map_err(|error| (error.code, error.message))
    };
    let is = |result: Result<Value, (String, String)>, member: &str| {
        let words = format!("The parameter {member} is invalid for policy with caching disabled.");
        assert_eq!(result.unwrap_err(), ("InvalidArgument".to_owned(), words));
    };
    is(refused(|key| key["EnableAcceptEncodingGzip"] = json!(true)), "EnableAcceptEncodingGzip");
    let brotli = refused(|key| key["EnableAcceptEncodingBrotli"] = json!(true));
    is(brotli, "EnableAcceptEncodingBrotli");
    let headers = |key: &mut Value| {
        key["HeadersConfig"] =
            json!({"HeaderBehavior": "whitelist", "Headers": list(&[json!("A")])});
    };
    is(refused(headers), "HeaderBehavior");
    let cookies = |key: &mut Value| key["CookiesConfig"] = json!({"CookieBehavior": "all"});
    is(refused(cookies), "CookieBehavior");
    let queries =
        |key: &mut Value| key["QueryStringsConfig"] = json!({"QueryStringBehavior": "all"});
    is(refused(queries), "QueryStringBehavior");
    refused(|_| ()).unwrap();
}

#[test]
fn names_belong_to_the_behaviors_that_list_them() {
    let mut bench = Bench::new();
    let mut with = |headers: Value| {
        let mut policy = cache_policy("p");
        let key = &mut policy["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"];
        key["HeadersConfig"] = headers;
        key["EnableAcceptEncodingGzip"] = json!(true);
        bench.refusal("CreateCachePolicy", policy)
    };
    let names =
        |count: usize| list(&(0..count).map(|n| json!(format!("X-{n}"))).collect::<Vec<_>>());
    assert_eq!(with(json!({"HeaderBehavior": "whitelist"})).code, "InvalidArgument");
    let idle = with(json!({"HeaderBehavior": "none", "Headers": names(1)}));
    assert_eq!(idle.code, "InvalidArgument");
    // CF-LIM-01
    let many = with(json!({"HeaderBehavior": "whitelist", "Headers": names(11)}));
    assert_eq!(many.code, "TooManyHeadersInCachePolicy");
    let encoding = list(&[json!("accept-encoding")]);
    let refused = with(json!({"HeaderBehavior": "whitelist", "Headers": encoding}));
    let words = "The parameter Headers contains accept-encoding that is not allowed.";
    assert_eq!(refused.message, words);
}

#[test]
fn an_origin_request_policy_does_not_list_authorization() {
    let mut bench = Bench::new();
    let mut policy = origin_request_policy("p");
    let headers = &mut policy["OriginRequestPolicyConfig"]["HeadersConfig"];
    headers["Headers"] = list(&[json!("Authorization")]);
    let refused = bench.refusal("CreateOriginRequestPolicy", policy);
    assert_eq!(
        refused.message,
        "The parameter Headers contains Authorization that is not allowed."
    );
    let mut policy = origin_request_policy("p");
    policy["OriginRequestPolicyConfig"]["HeadersConfig"] = json!({
        "HeaderBehavior": "allViewerAndWhitelistCloudFront",
        "Headers": list(&[json!("X-Other")]),
    });
    assert_eq!(bench.refusal("CreateOriginRequestPolicy", policy).code, "InvalidArgument");
}

#[test]
fn cf_rhp_03_headers_that_stay_and_how_many_can_be_added() {
    let mut bench = Bench::new();
    for name in ["X-Cache", "via", "X-Amz-Cf-Id", "Content-Length"] {
        let mut policy = response_headers_policy("p");
        policy["ResponseHeadersPolicyConfig"]["RemoveHeadersConfig"] =
            list(&[json!({"Header": name})]);
        let refused = bench.refusal("CreateResponseHeadersPolicy", policy);
        assert_eq!(refused.code, "InvalidArgument", "{name}");
    }
    let mut policy = response_headers_policy("p");
    let line = |n: usize| json!({"Header": format!("X-{n}"), "Value": "v", "Override": false});
    policy["ResponseHeadersPolicyConfig"]["CustomHeadersConfig"] =
        list(&(0..11).map(line).collect::<Vec<_>>());
    let refused = bench.refusal("CreateResponseHeadersPolicy", policy);
    assert_eq!(refused.code, "TooManyCustomHeadersInResponseHeadersPolicy");
}

#[test]
fn cf_rhp_01_what_a_response_headers_policy_comes_to() {
    let mut bench = Bench::new();
    let mut policy = response_headers_policy("p");
    let config = &mut policy["ResponseHeadersPolicyConfig"];
    config["CorsConfig"] = json!({
        "AccessControlAllowOrigins": list(&[json!("https://a.example.com")]),
        "AccessControlAllowHeaders": list(&[json!("X-A"), json!("X-B")]),
        "AccessControlAllowMethods": list(&[json!("ALL")]),
        "AccessControlAllowCredentials": false,
        "AccessControlMaxAgeSec": 600,
        "OriginOverride": true,
    });
    config["SecurityHeadersConfig"]["XSSProtection"] =
        json!({"Override": true, "Protection": true, "ReportUri": "/r"});
    let made = bench.ok("CreateResponseHeadersPolicy", policy);
    let id = text(&made["ResponseHeadersPolicy"]["Id"]);
    let config = bench.service.state.response_headers_policies.get(&id).unwrap();
    let compiled = config.document.compiled();
    assert_eq!(compiled.remove, ["Server".into()]);
    let lines: Vec<_> = compiled
        .set
        .iter()
        .map(|line| format!("{}: {} {}", line.name, line.value, line.overrides))
        .collect();
    let expected = [
        "X-XSS-Protection: 1; report=/r true",
        "Strict-Transport-Security: max-age=60; includeSubDomains; preload false",
        "Retry-After: 3600 true",
    ];
    assert_eq!(lines, expected);
    let cors = compiled.cors.unwrap();
    assert_eq!(cors.allow_headers.as_deref(), Some("X-A, X-B"));
    let all = "GET, POST, OPTIONS, PUT, DELETE, PATCH, HEAD";
    assert_eq!(cors.allow_methods.as_deref(), Some(all));
    assert_eq!((cors.max_age_s, cors.overrides, cors.expose_headers), (Some(600), true, None));
}

#[test]
fn credentials_and_stars_exclude_each_other() {
    let mut bench = Bench::new();
    let mut policy = response_headers_policy("p");
    policy["ResponseHeadersPolicyConfig"]["CorsConfig"] = json!({
        "AccessControlAllowOrigins": list(&[json!("*")]),
        "AccessControlAllowHeaders": list(&[json!("X-A")]),
        "AccessControlAllowMethods": list(&[json!("GET")]),
        "AccessControlAllowCredentials": true,
        "OriginOverride": true,
    });
    assert_eq!(bench.refusal("CreateResponseHeadersPolicy", policy).code, "InvalidArgument");
}

#[test]
fn cf_s3o_02_only_signing_for_buckets_is_built() {
    let mut bench = Bench::new();
    for (member, value) in [
        ("OriginAccessControlOriginType", "lambda"),
        ("SigningProtocol", "sigv4a"),
        ("OriginAccessControlOriginType", "other"),
        ("SigningProtocol", "other"),
    ] {
        let mut control = access_control("a");
        control["OriginAccessControlConfig"][member] = json!(value);
        let refused = bench.refusal("CreateOriginAccessControl", control);
        assert_eq!(refused.code, "InvalidArgument");
        assert!(refused.message.contains(member), "{}", refused.message);
    }
}

#[test]
fn a_policy_in_use_stays_and_its_changes_reach_the_edge() {
    let mut bench = Bench::new();
    let made = bench.ok("CreateCachePolicy", cache_policy("p"));
    let policy = text(&made["CachePolicy"]["Id"]);
    let mut whole = document("1");
    whole["DefaultCacheBehavior"]["CachePolicyId"] = json!(policy);
    let id = bench.create(whole);
    let refused =
        bench.refusal("DeleteCachePolicy", json!({"Id": policy, "IfMatch": made["ETag"]}));
    assert_eq!((refused.code.as_str(), refused.status), ("CachePolicyInUse", 409));
    let ttl = |bench: &Bench| {
        let edge = bench.service.state.distributions[&id].edge.as_ref().unwrap();
        edge.config.behaviors[0].cache.default_ttl_s
    };
    assert_eq!(ttl(&bench), 60);
    let mut change = cache_policy("p");
    change["Id"] = json!(policy);
    change["IfMatch"] = made["ETag"].clone();
    change["CachePolicyConfig"]["DefaultTTL"] = json!(120);
    bench.ok("UpdateCachePolicy", change);
    assert_eq!(ttl(&bench), 120);
}

#[test]
fn cf_lim_01_twenty_policies_of_a_kind() {
    let mut bench = Bench::new();
    for n in 0..20 {
        bench.ok("CreateCachePolicy", cache_policy(&format!("p{n}")));
    }
    let refused = bench.refusal("CreateCachePolicy", cache_policy("more"));
    assert_eq!(refused.code, "TooManyCachePolicies");
}
