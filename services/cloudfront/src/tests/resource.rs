//! The CloudFormation types, driven as CloudFormation drives them.

use std::collections::BTreeSet;

use standin_kernel::resource::{Job, Kind, Progress, Property, ResourceType, Support, Update};
use standin_kernel::{Duration, Service, Value, json};

use super::{Bench, OPTIMIZED, text};
use crate::CloudFront;

const DISTRIBUTION: &str = "AWS::CloudFront::Distribution";

fn the_type(name: &str) -> &'static dyn ResourceType {
    let types = CloudFront::new().resource_types();
    *types.iter().find(|known| known.type_name() == name).unwrap()
}

/// What a resource is to the one who creates it.
struct Stack {
    kind: &'static dyn ResourceType,
    properties: Value,
    previous: Option<Value>,
    hint: Value,
    physical_id: Option<String>,
    /// How long the last run waited.
    waited: Duration,
    /// The operations of the last run.
    called: Vec<&'static str>,
}

impl Stack {
    fn new(name: &str, properties: Value) -> Self {
        Self {
            kind: the_type(name),
            properties,
            previous: None,
            hint: Value::Null,
            physical_id: None,
            waited: Duration::ZERO,
            called: Vec::new(),
        }
    }

    /// Goes through all steps; gives the attributes, or why it failed.
    fn run(
        &mut self,
        bench: &mut Bench,
        act: fn(&dyn ResourceType, &Job<'_>) -> Progress,
    ) -> Result<Value, String> {
        let (mut step, mut context, mut reply) = (0, Value::Null, None);
        (self.waited, self.called) = (Duration::ZERO, Vec::new());
        for _ in 0..500 {
            let job = Job {
                stack_name: "Stack",
                stack_id: "arn:aws:cloudformation:x",
                logical_id: "Site",
                generated_name: "Stack-Site-1AB2C3D4E5F6G",
                region: &bench.env.region.clone(),
                account: &bench.env.account.clone(),
                properties: &self.properties,
                previous: self.previous.as_ref(),
                hint: &self.hint,
                keeps_snapshot: false,
                base_directory: "/",
                physical_id: self.physical_id.as_deref(),
                step,
                context: &context,
                reply: reply.as_ref(),
            };
            match act(self.kind, &job) {
                Progress::Call { operation, input, step: next, context: kept, .. } => {
                    self.called.push(operation);
                    reply = Some(bench.call(operation, &input));
                    (step, context) = (next, kept);
                }
                Progress::Wait { after, step: next, context: kept, physical_id } => {
                    self.physical_id = self.physical_id.take().or(physical_id);
                    bench.pass(after);
                    self.waited += after;
                    reply = None;
                    (step, context) = (next, kept);
                }
                Progress::Done { physical_id, attributes } => {
                    self.physical_id = Some(physical_id);
                    return Ok(json!(attributes));
                }
                Progress::Failed { message } => return Err(message),
            }
        }
        panic!("it never ends");
    }

    fn create(&mut self, bench: &mut Bench) -> Result<Value, String> {
        self.run(bench, |kind, job| kind.create(job))
    }

    /// Updates to other properties.
    fn update(&mut self, bench: &mut Bench, properties: Value) -> Result<Value, String> {
        self.previous = Some(std::mem::replace(&mut self.properties, properties));
        self.run(bench, |kind, job| kind.update(job))
    }

    fn delete(&mut self, bench: &mut Bench) -> Result<Value, String> {
        self.run(bench, |kind, job| kind.delete(job))
    }

    fn id(&self) -> &str {
        self.physical_id.as_deref().unwrap()
    }
}

/// A distribution as templates write it: a balancer and a bucket with a sorry page.
fn site(cache_policy: &str, access_control: &str) -> Value {
    let sorry = |code: u16| {
        json!({
            "ErrorCode": code,
            "ResponseCode": 503,
            "ResponsePagePath": "/maintenance/sorry/index.html",
            "ErrorCachingMinTTL": 5,
        })
    };
    json!({
        "DistributionConfig": {
            "Enabled": true,
            "Comment": "a diary",
            "HttpVersion": "http2",
            "PriceClass": "PriceClass_200",
            "ViewerCertificate": {"CloudFrontDefaultCertificate": true},
            "Origins": [
                {
                    "Id": "diary",
                    "DomainName": "lb.ap-northeast-1.elb.amazonaws.com",
                    "ConnectionAttempts": 2,
                    "ConnectionTimeout": 2,
                    "CustomOriginConfig": {
                        "OriginProtocolPolicy": "http-only",
                        "HTTPPort": 80,
                        "OriginReadTimeout": 10,
                    },
                    "OriginCustomHeaders": [{"HeaderName": "X-Edge", "HeaderValue": "yes"}],
                },
                {
                    "Id": "pages",
                    "DomainName": "pages.s3.ap-northeast-1.amazonaws.com",
                    "OriginAccessControlId": access_control,
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                },
            ],
            "DefaultCacheBehavior": {
                "TargetOriginId": "diary",
                "ViewerProtocolPolicy": "redirect-to-https",
                "AllowedMethods": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
                "CachedMethods": ["GET", "HEAD", "OPTIONS"],
                "CachePolicyId": cache_policy,
                "OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3",
                "SmoothStreaming": "false",
                "GrpcConfig": {"Enabled": "false"},
            },
            "CacheBehaviors": [{
                "PathPattern": "/maintenance/*",
                "TargetOriginId": "pages",
                "ViewerProtocolPolicy": "redirect-to-https",
                "CachePolicyId": OPTIMIZED,
            }],
            "CustomErrorResponses": [sorry(500), sorry(502), sorry(503), sorry(504)],
            "Restrictions": {"GeoRestriction": {"RestrictionType": "none"}},
            "Logging": {"Bucket": "logs.s3.amazonaws.com"},
            "Staging": "false",
        },
        "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
    })
}

fn key_policy(name: &str) -> Value {
    json!({"CachePolicyConfig": {
        "Name": name,
        "Comment": "Nothing is kept but errors",
        "MinTTL": 0,
        "DefaultTTL": 0,
        "MaxTTL": 1,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": false,
            "EnableAcceptEncodingBrotli": false,
            "CookiesConfig": {"CookieBehavior": "none"},
            "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["Accept-Language"]},
            "QueryStringsConfig": {"QueryStringBehavior": "all"},
        },
    }})
}

fn control(name: &str) -> Value {
    json!({"OriginAccessControlConfig": {
        "Name": name,
        "OriginAccessControlOriginType": "s3",
        "SigningBehavior": "always",
        "SigningProtocol": "sigv4",
    }})
}

/// The whole of it, created.
fn built(bench: &mut Bench) -> (Stack, Stack, Stack) {
    let mut policy = Stack::new("AWS::CloudFront::CachePolicy", key_policy("pages"));
    policy.create(bench).unwrap();
    let mut access = Stack::new("AWS::CloudFront::OriginAccessControl", control("pages"));
    access.create(bench).unwrap();
    let mut site = Stack::new(DISTRIBUTION, site(policy.id(), access.id()));
    site.hint = json!({"ViewerProtocol": "assume-https"});
    site.create(bench).unwrap();
    (site, policy, access)
}

#[test]
fn cfn_rs_01_a_distribution_and_its_attributes() {
    let mut bench = Bench::new();
    let (mut site, ..) = built(&mut bench);
    let found = bench.get(site.id());
    let one = &found["Distribution"];
    assert_eq!((one["Id"].as_str(), &one["Status"]), (Some(site.id()), &json!("Deployed")));
    let attributes = site.update(&mut bench, site.properties.clone()).unwrap();
    assert_eq!(attributes, json!({"DomainName": one["DomainName"], "Id": site.id()}));
    let names: BTreeSet<&str> = site.kind.attributes().iter().copied().collect();
    assert_eq!(names, ["DomainName", "Id"].into());
    assert!(site.kind.properties().iter().all(|property| property.update == Update::InPlace));
}

#[test]
fn a_template_s_distribution_reaches_the_edge_whole() {
    let mut bench = Bench::new();
    let (site, ..) = built(&mut bench);
    let edge = bench.service.state.distributions[site.id()].edge.as_ref().unwrap();
    let config = &edge.config;
    assert!(config.assume_https && config.enabled && !config.http3);
    assert_eq!(config.origins[0].connection_attempts, 2);
    assert_eq!(config.origins[0].connection_timeout, Duration::from_secs(2));
    assert_eq!(config.origins[0].read_timeout, Duration::from_secs(10));
    assert_eq!(config.origins[0].custom_headers, [("X-Edge".into(), "yes".into())]);
    let signing = crate::config::Signing::Always;
    assert_eq!(config.origins[1].kind, crate::config::OriginKind::S3 { signing });
    assert_eq!(config.behaviors.len(), 2);
    assert_eq!(config.behaviors[0].pattern.as_str(), "/maintenance/*");
    let default = &config.behaviors[1];
    assert_eq!(&*default.property, "DistributionConfig.DefaultCacheBehavior");
    assert_eq!(default.cache.max_ttl_s, 1);
    assert_eq!(default.cache.key_headers, ["Accept-Language".into()]);
    assert!(default.caches_options);
    assert_eq!(config.error_responses.len(), 4);
    let page = config.error_responses[0].page.as_ref().unwrap();
    assert_eq!((&*page.path, page.response_code), ("/maintenance/sorry/index.html", 503));
    let document = &bench.service.state.distributions[site.id()].settings.config;
    assert_eq!(document.caller_reference, "Stack-Site-1AB2C3D4E5F6G");
}

#[test]
fn cf_dep_03_creation_waits_until_it_is_deployed() {
    let mut bench = Bench::slow();
    let (mut site, ..) = built(&mut bench);
    assert!(site.waited >= Duration::from_secs(240), "{:?}", site.waited);
    assert!(site.waited < Duration::from_secs(250), "{:?}", site.waited);
    assert!(site.called.len() < 80);
    let mut changed = site.properties.clone();
    changed["DistributionConfig"]["Comment"] = json!("other");
    site.update(&mut bench, changed).unwrap();
    assert!(site.waited >= Duration::from_secs(240), "{:?}", site.waited);
}

#[test]
fn an_update_changes_document_hint_and_tags_in_place() {
    let mut bench = Bench::new();
    let (mut site, ..) = built(&mut bench);
    let id = site.id().to_owned();
    let mut changed = site.properties.clone();
    changed["DistributionConfig"]["DefaultRootObject"] = json!("index.html");
    changed["DistributionConfig"].as_object_mut().unwrap().remove("CustomErrorResponses");
    changed["Tags"] = json!([{"Key": "b", "Value": "3"}]);
    site.hint = Value::Null;
    site.update(&mut bench, changed).unwrap();
    assert_eq!(site.id(), id);
    let edge = bench.service.state.distributions[&id].edge.as_ref().unwrap();
    assert_eq!(edge.config.default_root_object.as_deref(), Some("index.html"));
    assert!(edge.config.error_responses.is_empty() && !edge.config.assume_https);
    let arn = text(&bench.get(&id)["Distribution"]["ARN"]);
    let tags = bench.ok("ListTagsForResource", json!({"Resource": arn}));
    assert_eq!(tags["Tags"]["Items"], json!([{"Key": "b", "Value": "3"}]));
    // Without a change of tags they are not touched.
    site.update(&mut bench, site.properties.clone()).unwrap();
    assert!(!site.called.contains(&"TagResource") && !site.called.contains(&"UntagResource"));
    let mut bare = site.properties.clone();
    bare.as_object_mut().unwrap().remove("Tags");
    site.update(&mut bench, bare).unwrap();
    let tags = bench.ok("ListTagsForResource", json!({"Resource": arn}));
    assert_eq!(tags["Tags"]["Items"], json!([]));
}

#[test]
fn cf_dep_06_deletion_disables_waits_and_deletes() {
    let mut bench = Bench::slow();
    let (mut site, mut policy, mut access) = built(&mut bench);
    let failed = policy.delete(&mut bench).unwrap_err();
    assert!(failed.contains("Cannot delete the cache policy"), "{failed}");
    site.delete(&mut bench).unwrap();
    assert!(site.waited >= Duration::from_secs(240), "{:?}", site.waited);
    assert_eq!(site.called.last(), Some(&"DeleteDistribution"));
    policy.delete(&mut bench).unwrap();
    access.delete(&mut bench).unwrap();
    assert!(bench.records.is_empty());
    // What is gone already is deleted.
    for mut gone in [site, policy, access] {
        gone.delete(&mut bench).unwrap();
    }
}

#[test]
fn deletion_of_what_is_disabled_already() {
    let mut bench = Bench::new();
    let (mut site, ..) = built(&mut bench);
    let mut off = site.properties.clone();
    off["DistributionConfig"]["Enabled"] = json!(false);
    site.update(&mut bench, off).unwrap();
    site.delete(&mut bench).unwrap();
    assert!(!site.called.contains(&"UpdateDistribution"));
}

#[test]
fn a_refusal_fails_the_resource_in_aws_words() {
    let mut bench = Bench::new();
    let (site, ..) = built(&mut bench);
    let mut named = site.properties.clone();
    named["DistributionConfig"]["Aliases"] = json!(["www.example.com"]);
    let failed = Stack::new(DISTRIBUTION, named).create(&mut bench).unwrap_err();
    let start = "Resource handler returned message: \"Invalid request provided: \
                 AWS::CloudFront::Distribution: The caller reference";
    assert!(failed.starts_with(start), "{failed}");
    let mut bench = Bench::new();
    let mut lost = site.properties.clone();
    lost["DistributionConfig"]["DefaultCacheBehavior"]["TargetOriginId"] = json!("x");
    lost["DistributionConfig"]["DefaultCacheBehavior"]["CachePolicyId"] = json!(OPTIMIZED);
    lost["DistributionConfig"]["Origins"][1]["OriginAccessControlId"] = json!("");
    let failed = Stack::new(DISTRIBUTION, lost).create(&mut bench).unwrap_err();
    assert!(failed.contains("One or more of your origins or origin groups do not exist."));
    assert!(failed.contains("HandlerErrorCode: NotFound"), "{failed}");
}

#[test]
fn a_hint_that_nobody_knows_is_refused_by_name() {
    let mut bench = Bench::new();
    let mut site = Stack::new(DISTRIBUTION, site(OPTIMIZED, ""));
    site.hint = json!({"Colour": "red"});
    let failed = site.create(&mut bench).unwrap_err();
    assert!(failed.contains("unknown field `Colour`"), "{failed}");
    site.hint = json!({"ViewerProtocol": "http"});
    assert!(site.create(&mut bench).unwrap_err().contains("unknown variant `http`"));
    let mut access = Stack::new("AWS::CloudFront::OriginAccessControl", control("a"));
    access.hint = json!({"Colour": "red"});
    assert!(access.create(&mut bench).unwrap_err().contains("Colour"));
    assert!(bench.records.is_empty());
}

#[test]
fn cf_ttl_12_legacy_settings_of_a_template() {
    let mut bench = Bench::new();
    let mut old = site(OPTIMIZED, "");
    let behavior = &mut old["DistributionConfig"]["DefaultCacheBehavior"];
    let members = behavior.as_object_mut().unwrap();
    members.remove("CachePolicyId");
    members.remove("OriginRequestPolicyId");
    behavior["Compress"] = json!(true);
    behavior["ForwardedValues"] = json!({
        "QueryString": true,
        "QueryStringCacheKeys": ["page"],
        "Headers": ["Origin"],
        "Cookies": {"Forward": "whitelist", "WhitelistedNames": ["session"]},
    });
    behavior["MinTTL"] = json!(5);
    let mut site = Stack::new(DISTRIBUTION, old.clone());
    site.create(&mut bench).unwrap();
    let last = |bench: &Bench, id: &str| {
        bench.service.state.distributions[id].edge.as_ref().unwrap().config.behaviors[1].clone()
    };
    use crate::config::{HeaderSet, NameSet};
    let legacy = last(&bench, site.id());
    let ttls = (legacy.cache.min_ttl_s, legacy.cache.default_ttl_s, legacy.cache.max_ttl_s);
    assert_eq!(ttls, (5, 86_400, 31_536_000), "CF-TTL-12");
    assert_eq!(legacy.cache.key_headers, ["Origin".into()]);
    assert_eq!(legacy.cache.key_query_strings, NameSet::Only(vec!["page".into()]));
    assert_eq!(legacy.origin_request.query_strings, NameSet::All);
    assert_eq!(legacy.cache.key_cookies, NameSet::Only(vec!["session".into()]));
    assert!(legacy.origin_request.legacy && legacy.cache.gzip && legacy.cache.brotli);
    let all = &mut old["DistributionConfig"]["DefaultCacheBehavior"];
    all["ForwardedValues"] = json!({"QueryString": false, "Headers": ["*"]});
    site.update(&mut bench, old).unwrap();
    let legacy = last(&bench, site.id());
    assert!(legacy.cache.disabled() && legacy.cache.key_headers.is_empty());
    assert_eq!(legacy.origin_request.headers, HeaderSet::AllViewer);
    assert!(legacy.cache.key_cookies.is_none() && legacy.cache.key_query_strings.is_none());
}

#[test]
fn an_origin_group_of_a_template() {
    let mut bench = Bench::new();
    let mut grouped = site(OPTIMIZED, "");
    let config = &mut grouped["DistributionConfig"];
    config["OriginGroups"] = json!({"Quantity": 1, "Items": [{
        "Id": "both",
        "FailoverCriteria": {"StatusCodes": {"Quantity": 2, "Items": [500, 503]}},
        "Members": {"Quantity": 2, "Items": [{"OriginId": "pages"}, {"OriginId": "diary"}]},
    }]});
    config["CacheBehaviors"][0]["TargetOriginId"] = json!("both");
    let mut site = Stack::new(DISTRIBUTION, grouped);
    site.create(&mut bench).unwrap();
    let edge = bench.service.state.distributions[site.id()].edge.as_ref().unwrap();
    let group = &edge.config.origin_groups[0];
    assert_eq!((group.primary, group.secondary), (1, 0));
    assert_eq!(group.status_codes, [500, 503]);
    assert_eq!(edge.config.behaviors[0].target, crate::config::Target::Group(0));
}

/// Created, changed and deleted; gives what `Fn::GetAtt` gives.
fn whole_life(name: &str, first: Value, second: Value) {
    let mut bench = Bench::new();
    let mut stack = Stack::new(name, first);
    let attributes = stack.create(&mut bench).unwrap();
    let id = stack.id().to_owned();
    assert_eq!(attributes["Id"], id.as_str());
    let names: BTreeSet<&str> = stack.kind.attributes().iter().copied().collect();
    let given: BTreeSet<&str> =
        attributes.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, given, "{name}");
    assert!(attributes.as_object().unwrap().values().all(Value::is_string), "{attributes}");
    stack.update(&mut bench, second).unwrap();
    assert_eq!(stack.id(), id);
    stack.delete(&mut bench).unwrap();
    assert!(bench.records.is_empty());
}

#[test]
fn cfn_rs_02_cfn_rs_05_cfn_rs_06_cfn_rs_07_policies_and_access_controls() {
    whole_life("AWS::CloudFront::CachePolicy", key_policy("a"), key_policy("b"));
    whole_life("AWS::CloudFront::OriginAccessControl", control("a"), control("b"));
    let request = |name: &str| {
        json!({"OriginRequestPolicyConfig": {
            "Name": name,
            "HeadersConfig": {"HeaderBehavior": "allExcept", "Headers": ["Host"]},
            "CookiesConfig": {"CookieBehavior": "all"},
            "QueryStringsConfig":
                {"QueryStringBehavior": "whitelist", "QueryStrings": ["page", "size"]},
        }})
    };
    whole_life("AWS::CloudFront::OriginRequestPolicy", request("a"), request("b"));
    let response = |name: &str| {
        json!({"ResponseHeadersPolicyConfig": {
            "Name": name,
            "CorsConfig": {
                "AccessControlAllowOrigins": {"Items": ["*"]},
                "AccessControlAllowHeaders": {"Items": ["*"]},
                "AccessControlAllowMethods": {"Items": ["GET", "HEAD"]},
                "AccessControlAllowCredentials": false,
                "OriginOverride": true,
            },
            "CustomHeadersConfig":
                {"Items": [{"Header": "X-A", "Value": "b", "Override": false}]},
            "RemoveHeadersConfig": {"Items": [{"Header": "Server"}]},
            "ServerTimingHeadersConfig": {"Enabled": true, "SamplingRate": 50},
        }})
    };
    whole_life("AWS::CloudFront::ResponseHeadersPolicy", response("a"), response("b"));
}

#[test]
fn an_origin_access_identity_is_refused_with_a_way_out() {
    let mut bench = Bench::new();
    let config = json!({"CloudFrontOriginAccessIdentityConfig": {"Comment": "x"}});
    let name = "AWS::CloudFront::CloudFrontOriginAccessIdentity";
    let mut identity = Stack::new(name, config);
    let failed = identity.create(&mut bench).unwrap_err();
    assert!(failed.contains("AWS::CloudFront::OriginAccessControl"), "{failed}");
    assert!(matches!(identity.kind.properties()[0].support, Support::Refused(_)));
}

/// Visits every property of a table, nested ones too.
fn visit(table: &'static [Property], path: &str, look: &mut impl FnMut(&str, &Property)) {
    let mut names = BTreeSet::new();
    for property in table {
        let path = format!("{path}.{}", property.name);
        assert!(names.insert(property.name), "twice: {path}");
        look(&path, property);
        let mut kind = &property.kind;
        while let Kind::List(inner) | Kind::Map(inner) = kind {
            kind = inner;
        }
        if let Kind::Object(table) = kind {
            visit(table, &path, look);
        }
    }
}

#[test]
fn what_is_not_honoured_says_why() {
    for kind in CloudFront::new().resource_types() {
        visit(kind.properties(), kind.type_name(), &mut |path, property| {
            // All but the names of functions and key value stores.
            let replaces =
                path.ends_with("::Function.Name") || path.ends_with("KeyValueStore.Name");
            assert_eq!(property.update == Update::Replacement, replaces, "{path}");
            match property.support {
                Support::Honoured => {}
                Support::NoEffect(why) | Support::Refused(why) => {
                    assert!(why.len() > 10 || why.starts_with("give"), "{path}: {why}");
                }
            }
        });
    }
}
