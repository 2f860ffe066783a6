//! What is refused in a distribution's document.

use standin_kernel::{Value, json};

use super::{Bench, DISABLED, custom_origin, document, list};

/// A refusal of a document with `change` made to it.
#[track_caller]
fn refusal(change: impl FnOnce(&mut Value)) -> (String, String) {
    let mut wrong = document("1");
    change(&mut wrong);
    let input = json!({"DistributionConfig": wrong});
    let refused = Bench::new().refusal("CreateDistribution", input);
    (refused.code, refused.message)
}

#[track_caller]
fn code(change: impl FnOnce(&mut Value)) -> String {
    refusal(change).0
}

#[track_caller]
fn taken(change: impl FnOnce(&mut Value)) {
    let mut right = document("1");
    change(&mut right);
    Bench::new().create(right);
}

fn response(error: u16, page: &str, code: &str) -> Value {
    json!({"ErrorCode": error, "ResponsePagePath": page, "ResponseCode": code})
}

#[test]
fn a_quantity_is_the_number_of_items() {
    assert_eq!(code(|it| it["Origins"]["Quantity"] = json!(2)), "InconsistentQuantities");
    assert_eq!(code(|it| it["Aliases"] = json!({"Quantity": 1})), "InconsistentQuantities");
    let methods = json!({"Quantity": 3, "Items": ["GET", "HEAD"]});
    let behavior = |it: &mut Value| it["DefaultCacheBehavior"]["AllowedMethods"] = methods;
    assert_eq!(code(behavior), "InconsistentQuantities");
}

#[test]
fn a_member_that_is_not_known_is_refused_by_name() {
    let (code, message) = refusal(|it| it["Colour"] = json!("red"));
    assert_eq!(code, "ValidationError");
    assert!(message.contains("unknown field `Colour`"), "{message}");
}

#[test]
fn what_is_not_built_and_would_be_missed_is_refused() {
    let behavior = |member: &'static str, value: Value| {
        refusal(move |it| it["DefaultCacheBehavior"][member] = value)
    };
    let whole = |member: &'static str, value: Value| refusal(move |it| it[member] = value);
    let signers = json!({"Enabled": true, "Quantity": 1, "Items": ["self"]});
    let blocked = json!({"GeoRestriction":
        {"RestrictionType": "blacklist", "Quantity": 1, "Items": ["FR"]}});
    let refused = [
        ("TrustedSigners", behavior("TrustedSigners", signers.clone())),
        ("TrustedKeyGroups", behavior("TrustedKeyGroups", signers)),
        ("GrpcConfig", behavior("GrpcConfig", json!({"Enabled": true}))),
        ("SmoothStreaming", behavior("SmoothStreaming", json!(true))),
        ("FieldLevelEncryptionId", behavior("FieldLevelEncryptionId", json!("x"))),
        ("WebACLId", whole("WebACLId", json!("arn:aws:wafv2:x"))),
        ("Staging", whole("Staging", json!(true))),
        ("GeoRestriction", whole("Restrictions", blocked)),
        ("ConnectionMode", whole("ConnectionMode", json!("tenant-only"))),
        ("CacheTagConfig", whole("CacheTagConfig", json!({"HeaderName": "x"}))),
    ];
    for (member, (code, message)) in refused {
        assert_eq!(code, "InvalidArgument", "{member}");
        let start = format!("The parameter {member} is not supported by Standin: ");
        assert!(message.starts_with(&start), "{message}");
    }
    // Switched off, all of them are welcome.
    taken(|it| {
        it["WebACLId"] = json!("");
        it["Staging"] = json!(false);
        let none = json!({"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}});
        it["Restrictions"] = none;
        let behavior = &mut it["DefaultCacheBehavior"];
        behavior["FunctionAssociations"] = json!({"Quantity": 0});
        behavior["TrustedSigners"] = json!({"Enabled": false, "Quantity": 0});
        behavior["GrpcConfig"] = json!({"Enabled": false});
    });
}

#[test]
fn cf_beh_06_path_patterns() {
    let with = |pattern: String| {
        move |it: &mut Value| {
            let mut behavior = it["DefaultCacheBehavior"].clone();
            behavior["PathPattern"] = json!(pattern);
            it["CacheBehaviors"] = list(&[behavior]);
        }
    };
    assert_eq!(code(with("a".repeat(256))), "InvalidArgument");
    assert_eq!(code(with("a b".into())), "InvalidArgument");
    assert_eq!(code(with(String::new())), "InvalidArgument");
    taken(with("a".repeat(255)));
    taken(with("/img/*.jp?g$~\"'@:+&".into()));
    let same = |it: &mut Value| {
        let mut behavior = it["DefaultCacheBehavior"].clone();
        behavior["PathPattern"] = json!("/x/*");
        let mut again = behavior.clone();
        again["PathPattern"] = json!("x/*");
        it["CacheBehaviors"] = list(&[behavior, again]);
    };
    assert_eq!(code(same), "InvalidArgument");
    assert_eq!(
        code(|it| it["DefaultCacheBehavior"]["PathPattern"] = json!("*")),
        "InvalidArgument"
    );
}

#[test]
fn cf_beh_09_methods_come_in_three_sets() {
    let with = |allowed: &[&str], cached: &[&str]| {
        let methods = json!({
            "Quantity": allowed.len(), "Items": allowed,
            "CachedMethods": {"Quantity": cached.len(), "Items": cached},
        });
        move |it: &mut Value| it["DefaultCacheBehavior"]["AllowedMethods"] = methods
    };
    let get = &["GET", "HEAD"][..];
    let options = &["HEAD", "GET", "OPTIONS"][..];
    let all = &["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"][..];
    assert_eq!(code(with(&["GET", "HEAD", "POST"], get)), "InvalidArgument");
    assert_eq!(code(with(&["GET", "GET"], get)), "InvalidArgument");
    assert_eq!(code(with(get, options)), "InvalidArgument");
    assert_eq!(code(with(all, all)), "InvalidArgument");
    for (allowed, cached) in [(get, get), (options, options), (all, options), (all, get)] {
        taken(with(allowed, cached));
    }
}

#[test]
fn a_cache_policy_and_legacy_settings_exclude_each_other() {
    let forwarded = json!({"QueryString": true, "Cookies": {"Forward": "none"}});
    let both = forwarded.clone();
    let (code_both, message) = refusal(|it| it["DefaultCacheBehavior"]["ForwardedValues"] = both);
    assert_eq!(code_both, "InvalidArgument");
    let words = "The parameter ForwardedValues cannot be used when a cache policy is associated to \
                 the cache behavior.";
    assert_eq!(message, words);
    let (_, message) = refusal(|it| it["DefaultCacheBehavior"]["CachePolicyId"] = Value::Null);
    assert_eq!(message, "The parameter ForwardedValues is required.");
    let legacy = |more: Value| {
        let forwarded = forwarded.clone();
        move |it: &mut Value| {
            let behavior = it["DefaultCacheBehavior"].as_object_mut().unwrap();
            behavior.remove("CachePolicyId");
            behavior.insert("ForwardedValues".into(), forwarded);
            behavior.extend(more.as_object().unwrap().clone());
        }
    };
    taken(legacy(json!({"MinTTL": 0, "DefaultTTL": 60, "MaxTTL": 3600})));
    assert_eq!(code(legacy(json!({"MinTTL": 10, "DefaultTTL": 5}))), "InvalidTTLOrder");
    assert_eq!(code(legacy(json!({"MinTTL": 10, "MaxTTL": 5}))), "InvalidTTLOrder");
    let cookies = json!({"QueryString": false, "Cookies": {"Forward": "whitelist"}});
    assert_eq!(code(legacy(json!({"ForwardedValues": cookies}))), "InvalidForwardCookies");
}

#[test]
fn cf_cer_01_only_some_errors_can_be_replaced() {
    let (code, message) =
        refusal(|it| it["CustomErrorResponses"] = list(&[response(429, "/p", "503")]));
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("InvalidErrorCode", "An invalid error code was specified.")
    );
    for error in [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504] {
        taken(|it| it["CustomErrorResponses"] = list(&[response(error, "/p.html", "200")]));
    }
}

#[test]
fn cf_cer_02_only_some_codes_can_be_sent() {
    for wrong in ["302", "410", "429", "x"] {
        let with =
            |it: &mut Value| it["CustomErrorResponses"] = list(&[response(503, "/p", wrong)]);
        assert_eq!(code(with), "InvalidResponseCode", "{wrong}");
    }
}

#[test]
fn cf_cer_03_page_and_code_go_together() {
    let one = |page: &'static str, code: &'static str| {
        move |it: &mut Value| it["CustomErrorResponses"] = list(&[response(503, page, code)])
    };
    let words = "Your request must specify both ResponsePagePath and ResponseCode together or none \
                 of them.";
    assert_eq!(refusal(one("/p", "")), ("InvalidArgument".into(), words.into()));
    assert_eq!(refusal(one("", "503")), ("InvalidArgument".into(), words.into()));
    assert_eq!(code(one("p.html", "503")), "InvalidRelativePath");
}

#[test]
fn cf_cer_28_and_cf_err_09_error_responses_at_creation_with_or_without_a_page() {
    let mut bench = Bench::new();
    let mut whole = document("1");
    let bare = json!({"ErrorCode": 503, "ErrorCachingMinTTL": 0});
    whole["CustomErrorResponses"] = list(&[bare, response(502, "/p.html", "503")]);
    let id = bench.create(whole);
    let edge = bench.service.state.distributions[&id].edge.as_ref().unwrap();
    let [first, second] = edge.config.error_responses.as_slice() else { panic!() };
    assert_eq!((first.error_code, first.caching_min_ttl_s, &first.page), (503, 0, &None));
    // CF-ERR-01
    assert_eq!(second.caching_min_ttl_s, 10);
    assert_eq!(second.page.as_ref().unwrap().response_code, 503);
}

#[test]
fn cf_root_04_a_root_object_of_the_wrong_kind() {
    assert_eq!(code(|it| it["DefaultRootObject"] = json!("a b")), "InvalidDefaultRootObject");
    let long = "a".repeat(256);
    assert_eq!(code(|it| it["DefaultRootObject"] = json!(long)), "InvalidDefaultRootObject");
    taken(|it| it["DefaultRootObject"] = json!("folder/index.html"));
}

#[test]
fn origins_have_names_and_one_kind() {
    let with =
        |change: fn(&mut Value)| move |it: &mut Value| change(&mut it["Origins"]["Items"][0]);
    let domain = |name: &'static str| {
        refusal(move |it| it["Origins"]["Items"][0]["DomainName"] = json!(name)).1
    };
    assert_eq!(domain("a.example.org:80"), "The parameter origin name cannot contain a colon.");
    assert_eq!(domain("10.0.0.1"), "The parameter origin name must be a domain name.");
    assert_eq!(domain("a/b.example.org"), "The parameter origin name must be a domain name.");
    let none = with(|origin| drop(origin.as_object_mut().unwrap().remove("CustomOriginConfig")));
    let (_, message) = refusal(none);
    assert!(message.starts_with("Exactly one of CustomOriginConfig"), "{message}");
    let bucket = with(|origin| {
        *origin = json!({"Id": "app", "DomainName": "app.example.org"});
        origin["S3OriginConfig"] = json!({"OriginAccessIdentity": ""});
    });
    let words = "The parameter Origin DomainName does not refer to a valid S3 bucket.";
    assert_eq!(refusal(bucket).1, words);
    let path = with(|origin| origin["OriginPath"] = json!("/a/"));
    assert_eq!(code(path), "InvalidArgument");
    let twice = |it: &mut Value| {
        let origin = it["Origins"]["Items"][0].clone();
        it["Origins"] = list(&[origin.clone(), origin]);
    };
    assert_eq!(code(twice), "InvalidArgument");
}

#[test]
fn cf_s3o_03_access_control_is_for_buckets_at_their_rest_endpoint() {
    let oac = |it: &mut Value| it["Origins"]["Items"][0]["OriginAccessControlId"] = json!("E1");
    assert_eq!(code(oac), "InvalidDomainNameForOriginAccessControl");
    let bucket = |name: &'static str| {
        move |it: &mut Value| {
            let config = json!({"OriginAccessIdentity": ""});
            let origin = json!({"Id": "app", "DomainName": name, "S3OriginConfig": config});
            it["Origins"] = list(&[origin]);
        }
    };
    let website = "b.s3-website-ap-northeast-1.amazonaws.com";
    assert_eq!(code(bucket(website)), "InvalidArgument");
    for rest in [
        "b.s3.amazonaws.com",
        "my.dotted.b.s3.ap-northeast-1.amazonaws.com",
        "b.s3-ap-northeast-1.amazonaws.com",
        "b.s3.dualstack.ap-northeast-1.amazonaws.com",
    ] {
        taken(bucket(rest));
    }
}

#[test]
fn cf_fwd_06_headers_that_cannot_be_set() {
    for name in ["Host", "cookie", "If-None-Match", "X-Amz-Date", "X-Edge-Y", "a b", ""] {
        let line = json!({"HeaderName": name, "HeaderValue": "v"});
        let with = |it: &mut Value| it["Origins"]["Items"][0]["CustomHeaders"] = list(&[line]);
        assert_eq!(code(with), "InvalidArgument", "{name}");
    }
}

#[test]
fn cf_fwd_07_limits_of_custom_headers() {
    let lines = |count: usize, length: usize| {
        let line =
            |n: usize| json!({"HeaderName": format!("x-{n}"), "HeaderValue": "v".repeat(length)});
        let lines: Vec<Value> = (0..count).map(line).collect();
        move |it: &mut Value| it["Origins"]["Items"][0]["CustomHeaders"] = list(&lines)
    };
    assert_eq!(code(lines(31, 1)), "TooManyOriginCustomHeaders");
    assert_eq!(code(lines(1, 1784)), "InvalidArgument");
    assert_eq!(code(lines(6, 1783)), "InvalidArgument");
    taken(lines(30, 300));
    taken(lines(5, 1783));
}

#[test]
fn cf_fwd_08_ports_of_an_origin() {
    let port = |port: u16| {
        move |it: &mut Value| {
            it["Origins"]["Items"][0]["CustomOriginConfig"]["HTTPPort"] = json!(port);
        }
    };
    assert_eq!(code(port(81)), "InvalidArgument");
    assert_eq!(code(port(0)), "InvalidArgument");
    taken(port(8080));
}

/// A document whose behavior leads to a group of two origins.
fn grouped(it: &mut Value) {
    it["Origins"] =
        list(&[custom_origin("app", "a.example.org"), custom_origin("spare", "b.example.org")]);
    let members = [json!({"OriginId": "app"}), json!({"OriginId": "spare"})];
    it["OriginGroups"] = list(&[json!({
        "Id": "both",
        "FailoverCriteria": {"StatusCodes": list(&[json!(503), json!(429)])},
        "Members": list(&members),
    })]);
    it["DefaultCacheBehavior"]["TargetOriginId"] = json!("both");
}

#[test]
fn cf_og_01_a_group_has_two_members_of_the_same_distribution() {
    taken(grouped);
    let members = |members: &'static [&'static str]| {
        move |it: &mut Value| {
            grouped(it);
            let members: Vec<Value> = members.iter().map(|id| json!({"OriginId": id})).collect();
            it["OriginGroups"]["Items"][0]["Members"] = list(&members);
        }
    };
    assert_eq!(code(members(&["app"])), "InvalidArgument");
    assert_eq!(code(members(&["app", "spare", "app"])), "InvalidArgument");
    assert_eq!(code(members(&["app", "app"])), "InvalidArgument");
    assert_eq!(code(members(&["app", "gone"])), "NoSuchOrigin");
    let many = |it: &mut Value| {
        grouped(it);
        let group = it["OriginGroups"]["Items"][0].clone();
        let groups: Vec<Value> = (0..11)
            .map(|n| {
                let mut group = group.clone();
                group["Id"] = json!(format!("g{n}"));
                group
            })
            .collect();
        it["OriginGroups"] = list(&groups);
    };
    assert_eq!(code(many), "TooManyOriginGroupsPerDistribution");
}

#[test]
fn cf_og_02_failover_criteria() {
    let criteria = |codes: &'static [u16]| {
        move |it: &mut Value| {
            grouped(it);
            let codes: Vec<Value> = codes.iter().map(|code| json!(code)).collect();
            it["OriginGroups"]["Items"][0]["FailoverCriteria"]["StatusCodes"] = list(&codes);
        }
    };
    assert_eq!(code(criteria(&[501])), "InvalidArgument");
    assert_eq!(code(criteria(&[])), "InvalidArgument");
    taken(criteria(&[400, 403, 404, 416, 429, 500, 502, 503, 504]));
}

#[test]
fn cf_og_04_a_group_takes_no_writing_methods() {
    let all = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"];
    let (code, message) = refusal(|it| {
        grouped(it);
        it["DefaultCacheBehavior"]["AllowedMethods"] = json!({"Quantity": 7, "Items": all});
    });
    assert_eq!(code, "InvalidArgument");
    let words = "The parameter AllowedMethods cannot include POST, PUT, PATCH, or DELETE for a \
                 cached behavior associated with an origin group.";
    assert_eq!(message, words);
}

#[test]
fn cf_og_11_cf_og_12_cf_og_15_cf_og_16_bounds_of_attempts_and_timeouts() {
    let origin = |member: &'static str, value: u64| {
        move |it: &mut Value| it["Origins"]["Items"][0][member] = json!(value)
    };
    let custom = |member: &'static str, value: u64| {
        move |it: &mut Value| {
            it["Origins"]["Items"][0]["CustomOriginConfig"][member] = json!(value);
        }
    };
    assert_eq!(code(origin("ConnectionAttempts", 4)), "InvalidArgument");
    assert_eq!(code(origin("ConnectionAttempts", 0)), "InvalidArgument");
    assert_eq!(code(origin("ConnectionTimeout", 11)), "InvalidArgument");
    assert_eq!(code(custom("OriginReadTimeout", 121)), "InvalidOriginReadTimeout");
    assert_eq!(code(custom("OriginReadTimeout", 0)), "InvalidOriginReadTimeout");
    assert_eq!(code(custom("OriginKeepaliveTimeout", 301)), "InvalidOriginKeepaliveTimeout");
    assert_eq!(code(origin("ResponseCompletionTimeout", 29)), "InvalidArgument");
    taken(origin("ResponseCompletionTimeout", 30));
    taken(custom("OriginReadTimeout", 120));
}

#[test]
fn cf_og_21_media_groups_are_refused() {
    let criteria = |name: &'static str| {
        move |it: &mut Value| {
            grouped(it);
            it["OriginGroups"]["Items"][0]["SelectionCriteria"] = json!(name);
        }
    };
    assert_eq!(code(criteria("media-quality-based")), "InvalidArgument");
    assert_eq!(code(criteria("other")), "InvalidArgument");
    taken(criteria("default"));
}

#[test]
fn cf_lim_01_quotas_of_one_distribution() {
    let behaviors = |count: usize| {
        move |it: &mut Value| {
            let default = it["DefaultCacheBehavior"].clone();
            let one = |n: usize| {
                let mut behavior = default.clone();
                behavior["PathPattern"] = json!(format!("/{n}/*"));
                behavior["CachePolicyId"] = json!(DISABLED);
                behavior
            };
            it["CacheBehaviors"] = list(&(0..count).map(one).collect::<Vec<_>>());
        }
    };
    assert_eq!(code(behaviors(75)), "TooManyCacheBehaviors");
    taken(behaviors(74));
    let origins = |count: usize| {
        move |it: &mut Value| {
            let one = |n: usize| match n {
                0 => custom_origin("app", "app.example.org"),
                n => custom_origin(&format!("o{n}"), "app.example.org"),
            };
            it["Origins"] = list(&(0..count).map(one).collect::<Vec<_>>());
        }
    };
    assert_eq!(code(origins(101)), "TooManyOrigins");
    taken(origins(100));
}
