//! Functions at the edge, through the service's door: what they are given is what the evaluator is
//! handed, what they return is written here.

use standin_kernel::evaluation::{FailureKind, OriginCall, OriginHelper};
use standin_kernel::{
    Body, Caller, Evaluated, Evaluation, ExchangeId, Method, Out, Response, Service, Value, json,
};

use super::{Bench, Outcome, document, list, page, text};
use standin_kernel::base64;

/// Creates and publishes a function; gives its ARN.
pub(crate) fn published(bench: &mut Bench, name: &str, code: &str) -> String {
    let made = bench.ok("CreateFunction", input(name, code));
    let arn = text(&made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]);
    bench.ok("PublishFunction", json!({"Name": name, "IfMatch": made["ETag"]}));
    arn
}

fn input(name: &str, code: &str) -> Value {
    json!({
        "Name": name,
        "FunctionConfig": {"Comment": "", "Runtime": "cloudfront-js-2.0"},
        "FunctionCode": base64::encode(code.as_bytes()),
    })
}

/// A site whose default behavior calls `f` for the event; its host.
fn site(bench: &mut Bench, event: &str) -> String {
    let arn = published(bench, "f", "function handler(e) { return e.request; }");
    let mut document = document("1");
    let association = json!({"FunctionARN": arn, "EventType": event});
    document["DefaultCacheBehavior"]["FunctionAssociations"] = list(&[association]);
    document["CustomErrorResponses"] = list(&[json!({
        "ErrorCode": 503, "ResponseCode": "503", "ResponsePagePath": "/sorry.html",
        "ErrorCachingMinTTL": 10,
    })]);
    let id = bench.create(document);
    text(&bench.get(&id)["Distribution"]["DomainName"])
}

/// What a viewer's request makes the edge do first.
fn evaluation(bench: &mut Bench, host: &str, target: &str) -> (ExchangeId, Evaluation) {
    let exchange = ExchangeId(1000 + bench.next_exchange());
    let request = bench.request_of(host, target);
    let ((), out) = bench.with(|service, cx| service.request(cx, exchange, request));
    (exchange, evaluation_of(out))
}

fn evaluation_of(out: Vec<Out>) -> Evaluation {
    let found = out.into_iter().find_map(|one| match one {
        Out::Evaluate { evaluation, .. } => Some(*evaluation),
        _ => None,
    });
    found.expect("a function is run")
}

fn returns(bench: &mut Bench, exchange: ExchangeId, result: Value) -> Outcome {
    let evaluated = Evaluated {
        result: Ok(result),
        origin_calls: Vec::new(),
        console: Vec::new(),
        utilization_percent: 1,
    };
    comes(bench, exchange, &evaluated)
}

fn comes(bench: &mut Bench, exchange: ExchangeId, evaluated: &Evaluated) -> Outcome {
    let ((), out) = bench.with(|service, cx| service.evaluated(cx, exchange.0, evaluated));
    super::outcome(exchange, out)
}

#[track_caller]
fn answered(outcome: Outcome) -> Response {
    match outcome {
        Outcome::Answered(response) => response,
        Outcome::Asked(..) => panic!("an origin is asked"),
    }
}

/// Status and `X-Cache`.
#[track_caller]
fn shown(outcome: Outcome) -> (u16, String) {
    let response = answered(outcome);
    let x_cache = response.head.headers.get("X-Cache").unwrap_or_default().to_owned();
    (response.head.status, x_cache)
}

#[test]
fn cf_fn_03_cf_fn_04_what_a_function_is_given() {
    let mut bench = Bench::new();
    let host = site(&mut bench, "viewer-request");
    let exchange = ExchangeId(900);
    let mut request = bench.request_of(&host.to_uppercase(), "/a%20b?x=1&x=2&y");
    for (name, value) in [("X-A", "1"), ("x-a", "2"), ("Cookie", "c=1; d=2"), ("X-Edge-A", "no")] {
        request.head.headers.append(name, value);
    }
    let ((), out) = bench.with(|service, cx| service.request(cx, exchange, request));
    let Evaluation { event, raw_query, .. } = evaluation_of(out);
    assert_eq!(event["version"], "1.0");
    assert_eq!(event["context"]["eventType"], "viewer-request");
    assert_eq!(event["context"]["distributionDomainName"], host);
    assert_eq!(event["viewer"], json!({"ip": "203.0.113.9"}));
    let request = &event["request"];
    assert_eq!((&request["method"], &request["uri"]), (&json!("GET"), &json!("/a%20b")));
    let both = json!({"value": "1", "multiValue": [{"value": "1"}, {"value": "2"}]});
    assert_eq!(request["headers"]["x-a"], both);
    // CF-REQ-13
    assert_eq!(request["headers"]["host"]["value"], host);
    assert_eq!(request["querystring"], json!({"x": both, "y": {"value": ""}}));
    assert_eq!(request["cookies"], json!({"c": {"value": "1"}, "d": {"value": "2"}}));
    assert!(request["headers"].get("cookie").is_none());
    assert!(request["headers"].get("x-edge-a").is_none());
    assert_eq!(raw_query.as_deref(), Some("x=1&x=2&y"));
}

#[test]
fn cf_beh_08_a_changed_uri_changes_neither_behavior_nor_origin() {
    let mut bench = Bench::new();
    let host = site(&mut bench, "viewer-request");
    let (exchange, evaluation) = evaluation(&mut bench, &host, "/a?b=1");
    let mut request = evaluation.event["request"].clone();
    request["uri"] = json!("/maint/x");
    request["headers"]["x-robots-tag"] = json!({"value": "none"});
    let Outcome::Asked(_, leg) = returns(&mut bench, exchange, request) else { panic!() };
    assert_eq!(leg.head.target, "/maint/x");
    let standin_kernel::Address::Name { host, .. } = &leg.to else { panic!() };
    assert_eq!(&**host, "app.example.org");
}

#[test]
fn cf_fn_05_cf_fn_06_cf_fn_07_a_function_answers_and_nothing_stands_in_for_it() {
    let mut bench = Bench::new();
    let host = site(&mut bench, "viewer-request");
    for _ in 0..2 {
        // Nothing is cached: the second time it runs again.
        let (exchange, _) = evaluation(&mut bench, &host, "/");
        let answer = json!({
            "statusCode": 503,
            "statusDescription": "Closed",
            "headers": {
                "retry-after": {"value": "120"}, "cache-control": {"value": "no-store"},
            },
            "cookies": {"a": {"value": "1", "attributes": "Secure; Path=/"}},
            "body": {"encoding": "base64", "data": "aGk="},
        });
        let response = answered(returns(&mut bench, exchange, answer));
        let header = |name: &str| response.head.headers.get(name);
        assert_eq!(response.head.status, 503);
        assert_eq!(header("X-Cache"), Some("FunctionGeneratedResponse from cloudfront"));
        assert_eq!(header("Retry-After"), Some("120"));
        assert_eq!(header("Set-Cookie"), Some("a=1; Secure; Path=/"));
        assert!(header("X-Amz-Cf-Id").is_some() && header("Via").is_some());
        assert!(matches!(&response.body, Body::Bytes(bytes) if &bytes[..] == b"hi"));
    }
}

#[test]
fn cf_fn_10_cf_fn_11_what_may_not_be_returned_is_a_502() {
    let wrong = [
        json!(null),
        json!("text"),
        json!({"statusCode": "200"}),
        json!({"statusCode": 99}),
        json!({"statusCode": 200, "headers": {"x-cache": {"value": "Hit"}}}),
        json!({"statusCode": 200, "headers": {"via": {"value": "me"}}}),
        json!({"statusCode": 200, "headers": {"X-Upper": {"value": "1"}}}),
        json!({"statusCode": 200, "headers": {"a": {"value": 1}}}),
        json!({"statusCode": 200, "headers": {"a": "1"}}),
        json!({"statusCode": 200, "body": {"encoding": "base64", "data": "?"}}),
        json!({"uri": "no-slash", "headers": {}}),
        json!({"uri": "/", "method": "POST", "headers": {}}),
        json!({"uri": "/", "headers": {"host": {"value": "other.example"}}}),
        json!({"uri": "/", "headers": {"x-amz-cf-id": {"value": "1"}}}),
    ];
    let mut bench = Bench::new();
    let host = site(&mut bench, "viewer-request");
    for result in wrong {
        let (exchange, _) = evaluation(&mut bench, &host, "/");
        let expected = (502, "FunctionValidationError from cloudfront".to_owned());
        assert_eq!(shown(returns(&mut bench, exchange, result.clone())), expected, "{result}");
    }
}

#[test]
fn cf_fn_11_what_goes_wrong_in_it_is_a_503_without_custom_page() {
    let mut bench = Bench::new();
    let host = site(&mut bench, "viewer-request");
    for kind in [FailureKind::Thrown, FailureKind::Syntax, FailureKind::Time, FailureKind::Memory] {
        let (exchange, _) = evaluation(&mut bench, &host, "/");
        let failed = Evaluated::failed(kind, "Error: no");
        let expected = (503, "FunctionExecutionError from cloudfront".to_owned());
        assert_eq!(shown(comes(&mut bench, exchange, &failed)), expected);
        let fact = bench.facts.last().unwrap();
        assert!(fact.says.starts_with("f fails, ") && fact.says.ends_with("Error: no"), "{fact:?}");
        let property = &fact.setting.as_ref().unwrap().property;
        assert_eq!(property, "DistributionConfig.DefaultCacheBehavior.FunctionAssociations[0]");
    }
}

#[test]
fn cf_fn_08_cf_fn_09_a_viewer_response_function_changes_good_answers_only() {
    let mut bench = Bench::new();
    let host = site(&mut bench, "viewer-response");
    let Outcome::Asked(exchange, _) = bench.ask(&host, "/a") else { panic!() };
    let caller = Caller::Exchange(exchange);
    let ((), out) = bench.with(|service, cx| service.response(cx, caller, page("whole")));
    let event = evaluation_of(out).event;
    assert_eq!(event["response"]["statusCode"], 200);
    assert_eq!(event["response"]["headers"]["content-type"]["value"], "text/html");
    assert!(event["response"].get("body").is_none());
    let mut response = event["response"].clone();
    response["statusCode"] = json!(503);
    response["headers"]["x-a"] = json!({"value": "1"});
    response["headers"].as_object_mut().unwrap().remove("content-type");
    response["body"] = json!("other");
    let given = answered(returns(&mut bench, exchange, response));
    assert_eq!(given.head.status, 503);
    assert_eq!(given.head.headers.get("X-A"), Some("1"));
    assert!(!given.head.headers.contains("Content-Type"));
    assert!(matches!(&given.body, Body::Bytes(bytes) if &bytes[..] == b"other"));
    // What is cached is the origin's, and the function runs for it, too.
    let exchange = ExchangeId(901);
    let request = bench.request_of(&host, "/a");
    let ((), out) = bench.with(|service, cx| service.request(cx, exchange, request));
    assert_eq!(evaluation_of(out).event["response"]["statusCode"], 200);
    // An error goes to the viewer as it is.
    let Outcome::Asked(exchange, _) = bench.ask(&host, "/b") else { panic!() };
    let error = Response::text(500, "text/plain", "no");
    assert_eq!(bench.answer(exchange, error).head.status, 500);
}

#[test]
fn cf_cer_14_the_error_page_is_fetched_and_given_without_functions() {
    let mut bench = Bench::new();
    let host = site(&mut bench, "viewer-response");
    let Outcome::Asked(exchange, _) = bench.ask(&host, "/a") else { panic!() };
    let caller = Caller::Exchange(exchange);
    let error = Response::text(503, "text/plain", "no");
    let ((), out) = bench.with(|service, cx| service.response(cx, caller, error));
    assert!(matches!(super::outcome(exchange, out), Outcome::Asked(..)));
    let given = bench.answer(exchange, page("sorry"));
    assert_eq!(given.head.status, 503);
}

#[test]
fn cf_fn_15_cf_fn_16_a_function_sends_a_request_elsewhere() {
    let mut bench = Bench::new();
    let host = site(&mut bench, "viewer-request");
    let mut sent = |argument: Value| {
        let (exchange, evaluation) = evaluation(&mut bench, &host, "/a");
        let helper = OriginHelper::UpdateRequestOrigin;
        let evaluated = Evaluated {
            result: Ok(evaluation.event["request"].clone()),
            origin_calls: vec![OriginCall { helper, argument }],
            console: Vec::new(),
            utilization_percent: 1,
        };
        comes(&mut bench, exchange, &evaluated)
    };
    let to = sent(json!({
        "domainName": "Other.example.org", "originPath": "/v2", "timeouts": {"readTimeout": 7},
        "customOriginConfig": {"port": 8080, "protocol": "http"},
    }));
    let Outcome::Asked(_, leg) = to else { panic!() };
    let standin_kernel::Address::Name { host, port } = &leg.to else { panic!() };
    assert_eq!((&**host, *port, leg.head.target.as_str()), ("other.example.org", 8080, "/v2/a"));
    assert_eq!(leg.head.headers.get("Host"), Some("other.example.org"));
    assert_eq!(leg.response_timeout.as_secs(), 7);
    for wrong in [
        json!({"domainName": "other.example.org:80"}),
        json!({"domainName": "10.0.0.1"}),
        json!({"connectionAttempts": 4}),
        json!({"timeouts": {"connectionTimeout": 11}}),
        json!({"domain": "x"}),
    ] {
        let (status, x_cache) = shown(sent(wrong.clone()));
        assert_eq!(
            (status, &*x_cache),
            (502, "FunctionValidationError from cloudfront"),
            "{wrong}"
        );
    }
}

#[test]
fn cf_fn_14_a_change_counts_once_it_is_published() {
    let mut bench = Bench::new();
    let host = site(&mut bench, "viewer-request");
    let before = evaluation(&mut bench, &host, "/").1.program;
    let etag = bench.ok("DescribeFunction", json!({"Name": "f"}))["ETag"].clone();
    let mut change = input("f", "function handler() { return {statusCode: 204}; }");
    change["IfMatch"] = etag.clone();
    let updated = bench.ok("UpdateFunction", change.clone());
    assert_eq!(evaluation(&mut bench, &host, "/").1.program, before);
    assert_eq!(bench.refusal("UpdateFunction", change).code, "PreconditionFailed");
    bench.ok("PublishFunction", json!({"Name": "f", "IfMatch": updated["ETag"]}));
    let after = evaluation(&mut bench, &host, "/").1.program;
    assert!(after.code.contains("204"));
    bench.restart();
    assert_eq!(evaluation(&mut bench, &host, "/").1.program, after);
}

#[test]
fn cf_fn_01_cf_fn_02_what_is_refused() {
    let mut bench = Bench::new();
    let long = format!("function handler() {{}}//{}", "x".repeat(10_240));
    let refused = bench.refusal("CreateFunction", input("long", &long));
    assert_eq!((refused.code.as_str(), refused.status), ("FunctionSizeLimitExceeded", 413));
    let made = bench.ok("CreateFunction", input("g", "function handler() {}"));
    let arn = &made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"];
    assert_eq!(bench.refusal("CreateFunction", input("g", "x")).code, "FunctionAlreadyExists");
    let with = |associations: &[Value]| {
        let mut document = document("2");
        document["DefaultCacheBehavior"]["FunctionAssociations"] = list(associations);
        document
    };
    let association = |event: &str| json!({"FunctionARN": arn, "EventType": event});
    // It was never published.
    assert_eq!(bench.code(with(&[association("viewer-request")])), "InvalidFunctionAssociation");
    bench.ok("PublishFunction", json!({"Name": "g", "IfMatch": made["ETag"]}));
    let two = [association("viewer-request"), association("viewer-request")];
    assert_eq!(bench.code(with(&two)), "InvalidFunctionAssociation");
    assert_eq!(bench.code(with(&[association("origin-request")])), "InvalidFunctionAssociation");
    bench.create(with(&[association("viewer-request"), association("viewer-response")]));
    let etag = bench.ok("DescribeFunction", json!({"Name": "g"}))["ETag"].clone();
    let delete = json!({"Name": "g", "IfMatch": etag});
    assert_eq!(bench.refusal("DeleteFunction", delete).code, "FunctionInUse");
}

#[test]
fn cf_req_07_a_redirect_to_https_runs_no_function() {
    let mut bench = Bench::new();
    let arn = published(&mut bench, "f", "function handler(e) { return e.request; }");
    let mut document = document("1");
    let behavior = &mut document["DefaultCacheBehavior"];
    behavior["ViewerProtocolPolicy"] = json!("redirect-to-https");
    behavior["FunctionAssociations"] =
        list(&[json!({"FunctionARN": arn, "EventType": "viewer-request"})]);
    let id = bench.create(document);
    let host = text(&bench.get(&id)["Distribution"]["DomainName"]);
    let mut request = bench.request_of(&host, "/");
    request.tls = false;
    let exchange = ExchangeId(902);
    let ((), out) = bench.with(|service, cx| service.request(cx, exchange, request));
    assert_eq!(answered(super::outcome(exchange, out)).head.status, 301);
}

#[test]
fn a_head_gets_no_body_and_a_viewer_who_left_gets_nothing() {
    let mut bench = Bench::new();
    let host = site(&mut bench, "viewer-request");
    let exchange = ExchangeId(903);
    let mut request = bench.request_of(&host, "/");
    request.head.method = Method::Head;
    bench.with(|service, cx| service.request(cx, exchange, request));
    let answer = json!({"statusCode": 200, "body": "text"});
    let response = answered(returns(&mut bench, exchange, answer.clone()));
    assert!(matches!(response.body, Body::Empty));
    let (exchange, _) = evaluation(&mut bench, &host, "/");
    let gone = standin_kernel::Finish::ViewerGone;
    bench.with(|service, cx| service.finished(cx, exchange, gone));
    let evaluated = Evaluated::failed(FailureKind::Time, "");
    let ((), out) = bench.with(|service, cx| service.evaluated(cx, exchange.0, &evaluated));
    assert!(out.is_empty());
}
