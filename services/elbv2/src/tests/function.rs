//! Target groups with a Lambda function: made, filled, asked.

use std::net::SocketAddr;

use standin_kernel::need::Answer;
use standin_kernel::{
    ApiError, Body, Bytes, Duration, ExchangeId, Finish, Heard, Identity, Method, Need, Out,
    Request, RequestHead, Response, Service, ServiceName, Value, json,
};

use super::{Bench, and, text};

const FUNCTION: &str = "arn:aws:lambda:ap-northeast-1:123456789012:function:page";
const EXCHANGE: ExchangeId = ExchangeId(1);

/// A site whose listener leads to a group with the function: the load balancer's name, the group.
fn site(bench: &mut Bench, settings: Value) -> (String, String) {
    let balancer = bench.balancer();
    let asked = and(json!({"Name": "page", "TargetType": "lambda"}), settings);
    let made = bench.ok("CreateTargetGroup", asked);
    let group = text(&made["TargetGroups"][0]["TargetGroupArn"]);
    bench.listener(&balancer, 80, &group);
    register(bench, &group, FUNCTION, Ok(json!({"StatusCode": 204}))).unwrap();
    (bench.dns_name(&balancer), group)
}

/// Registers a function of which Lambda says this.
fn register(
    bench: &mut Bench,
    group: &str,
    function: &str,
    says: Result<Value, ApiError>,
) -> Result<Value, ApiError> {
    let input = json!({"TargetGroupArn": group, "Targets": [{"Id": function}]});
    let need = bench.elbv2.needs("RegisterTargets", &input, &[]);
    let heard: Vec<Heard> =
        need.map(|need| Heard { need, answer: Answer::Reply(says) }).into_iter().collect();
    assert_eq!(bench.elbv2.needs("RegisterTargets", &input, &heard), None);
    bench.with(|elbv2, cx| elbv2.call_knowing(cx, "RegisterTargets", &input, &heard))
}

fn health(bench: &mut Bench, group: &str) -> Value {
    let shown = bench.ok("DescribeTargetHealth", json!({"TargetGroupArn": group}));
    shown["TargetHealthDescriptions"][0].clone()
}

fn request(host: &str, method: Method, target: &str, headers: &[(&str, &str)]) -> Request {
    let mut head = RequestHead { method, ..RequestHead::get(host, target) };
    for (name, value) in headers {
        head.headers.append(name, value);
    }
    let peer = SocketAddr::from(([203, 0, 113, 9], 40_000));
    Request { head, peer, tls: false, has_body: true, identity: Identity::Anonymous, port: 80 }
}

/// What is asked of Lambda now: the ticket and the input.
fn invocation(bench: &mut Bench) -> Option<(u64, Value)> {
    std::mem::take(&mut bench.outs).into_iter().find_map(|out| match out {
        Out::Call { ticket, service: ServiceName::Lambda, operation, input } => {
            assert_eq!(operation, "Invoke");
            Some((ticket, input))
        }
        _ => None,
    })
}

fn response(bench: &mut Bench) -> Option<(u16, Response)> {
    std::mem::take(&mut bench.outs).into_iter().find_map(|out| match out {
        Out::Respond { exchange: EXCHANGE, response } => Some((response.head.status, *response)),
        _ => None,
    })
}

/// Asks with a body; the ticket and the input of the invocation.
fn asks(bench: &mut Bench, request: Request, body: &[u8]) -> (u64, Value) {
    let host = request.head.host().unwrap().to_owned();
    bench.with(|elbv2, cx| elbv2.request_at(cx, EXCHANGE, &host, request));
    let limit = bench.outs.iter().find_map(|out| match out {
        Out::Collect { exchange: EXCHANGE, limit_bytes } => Some(*limit_bytes),
        _ => None,
    });
    assert_eq!(limit, Some(1024 * 1024));
    let body = Bytes::copy_from_slice(body);
    bench.with(|elbv2, cx| elbv2.collected(cx, EXCHANGE, Some(body)));
    invocation(bench).expect("an invocation")
}

/// The event of a request.
fn event(bench: &mut Bench, request: Request, body: &[u8]) -> Value {
    let (_, input) = asks(bench, request, body);
    bench.with(|elbv2, cx| elbv2.finished(cx, EXCHANGE, Finish::ViewerGone));
    serde_json::from_str(input["Payload"].as_str().unwrap()).unwrap()
}

/// What the client gets when an invocation is replied to like this.
fn answered(bench: &mut Bench, host: &str, reply: Result<Value, ApiError>) -> (u16, Response) {
    let (ticket, _) = asks(bench, request(host, Method::Get, "/", &[]), b"");
    assert_eq!(bench.elbv2.concerns(ticket), Some(EXCHANGE));
    bench.with(|elbv2, cx| elbv2.reply(cx, ticket, reply));
    let answer = response(bench).expect("an answer");
    bench.with(|elbv2, cx| elbv2.finished(cx, EXCHANGE, Finish::Complete { body_bytes: 0 }));
    answer
}

/// The reply to an invocation with this result.
fn result(value: &Value) -> Result<Value, ApiError> {
    Ok(json!({"StatusCode": 200, "Payload": value.to_string()}))
}

fn body(response: &Response) -> String {
    match &response.body {
        Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Body::Empty => String::new(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn alb_la_01_and_03_the_event_is_the_request() {
    let mut bench = Bench::new();
    let (host, group) = site(&mut bench, json!({}));
    let headers = [("X-A", "1"), ("x-a", "2"), ("Content-Type", "application/json")];
    let asked = request(&host, Method::Post, "/p%20q?a=%20b&a=2&c", &headers);
    let event = event(&mut bench, asked, b"{\"k\":1}");
    assert_eq!(event["requestContext"], json!({"elb": {"targetGroupArn": group}}));
    assert_eq!((&event["httpMethod"], &event["path"]), (&json!("POST"), &json!("/p%20q")));
    assert_eq!(event["queryStringParameters"], json!({"a": "2", "c": ""}));
    assert_eq!(event["headers"]["x-a"], "2", "ALB-LA-02: the last one");
    assert_eq!(event["headers"]["x-forwarded-for"], "203.0.113.9");
    assert_eq!(event["headers"]["host"], json!(host));
    assert!(event["headers"]["x-amzn-trace-id"].is_string());
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("{\"k\":1}"), &json!(false)));
    for headers in [
        &[("Content-Type", "application/octet-stream")][..],
        &[("Content-Type", "text/plain"), ("Content-Encoding", "gzip")],
        &[],
    ] {
        let asked = request(&host, Method::Post, "/", headers);
        let event = self::event(&mut bench, asked, b"abc");
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("YWJj"), &json!(true)));
    }
    let none = self::event(&mut bench, request(&host, Method::Get, "/", &[]), b"");
    assert_eq!((&none["body"], &none["isBase64Encoded"]), (&json!(""), &json!(false)));
}

#[test]
fn alb_la_02_all_values_when_the_attribute_says_so() {
    let mut bench = Bench::new();
    let (host, group) = site(&mut bench, json!({}));
    let shown = bench.ok("DescribeTargetGroupAttributes", json!({"TargetGroupArn": group}));
    let key = "lambda.multi_value_headers.enabled";
    assert_eq!(shown["Attributes"], json!([{"Key": key, "Value": "false"}]));
    let other = json!([{"Key": "stickiness.enabled", "Value": "true"}]);
    let wrong = json!({"TargetGroupArn": group, "Attributes": other});
    assert_eq!(bench.refusal("ModifyTargetGroupAttributes", wrong), "ValidationError");
    let attributes = json!([{"Key": key, "Value": "true"}]);
    let change = json!({"TargetGroupArn": group, "Attributes": attributes});
    bench.ok("ModifyTargetGroupAttributes", change);
    let asked = request(&host, Method::Get, "/?a=1&a=2", &[("X-A", "1"), ("X-A", "2")]);
    let event = event(&mut bench, asked, b"");
    assert_eq!(event["multiValueHeaders"]["x-a"], json!(["1", "2"]));
    assert_eq!(event["multiValueQueryStringParameters"], json!({"a": ["1", "2"]}));
    assert!(event.get("headers").is_none() && event.get("queryStringParameters").is_none());
    let cookies = json!({"statusCode": 200, "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}});
    let (status, response) = answered(&mut bench, &host, result(&cookies));
    let set: Vec<&str> = response.head.headers.get_all("Set-Cookie").collect();
    assert_eq!((status, set), (200, vec!["a=1", "b=2"]));
    // ALB-LA-07: the other name is not read.
    let other = json!({"statusCode": 200, "headers": {"X-B": "1"}});
    let (status, response) = answered(&mut bench, &host, result(&other));
    assert_eq!((status, response.head.headers.get("X-B")), (200, None));
}

#[test]
fn alb_la_04_alb_la_07_a_result_is_an_answer_or_a_502() {
    let mut bench = Bench::new();
    let (host, _) = site(&mut bench, json!({}));
    let whole = json!({
        "statusCode": 201, "statusDescription": "201 Created", "isBase64Encoded": true,
        "headers": {"Content-Type": "text/plain", "Transfer-Encoding": "chunked", "X-A": "1"},
        "body": "YWJj",
    });
    let (status, response) = answered(&mut bench, &host, result(&whole));
    let header = |name: &str| response.head.headers.get(name);
    assert_eq!((status, body(&response)), (201, "abc".to_owned()));
    assert_eq!((header("X-A"), header("Content-Type")), (Some("1"), Some("text/plain")));
    assert_eq!((header("Server"), header("Transfer-Encoding")), (Some("awselb/2.0"), None));
    // ALB-LA-07: what is left out has a default.
    let (status, response) = answered(&mut bench, &host, result(&json!({"statusCode": 200})));
    let kind = response.head.headers.get("Content-Type");
    assert_eq!((status, kind), (200, Some("application/octet-stream")));
    let wrong = [
        json!("hello"),
        json!(null),
        json!({"body": "x"}),
        json!({"statusCode": "200"}),
        json!({"statusCode": 99}),
        json!({"statusCode": 200, "headers": null}),
        json!({"statusCode": 200, "headers": {"X-A": true}}),
        json!({"statusCode": 200, "statusDescription": null}),
        json!({"statusCode": 200, "isBase64Encoded": "true"}),
        json!({"statusCode": 200, "isBase64Encoded": true, "body": "%"}),
        json!({"statusCode": 200, "body": {"a": 1}}),
        json!({"statusCode": 200, "body": "x".repeat(1024 * 1024)}),
    ];
    for value in &wrong {
        let (status, response) = answered(&mut bench, &host, result(value));
        let shown = value.to_string();
        assert_eq!(status, 502, "{}", &shown[..shown.len().min(80)]);
        assert!(body(&response).contains("502 Bad Gateway"));
    }
    let failed = Ok(json!({"FunctionError": "Unhandled", "Payload": "{\"statusCode\":200}"}));
    assert_eq!(answered(&mut bench, &host, failed).0, 502);
    let throttled = Err(ApiError::new("TooManyRequestsException", 429, "Rate Exceeded."));
    assert_eq!(answered(&mut bench, &host, throttled).0, 502);
    assert!(bench.facts.iter().any(|fact| fact.says.contains("Rate Exceeded.")));
}

#[test]
fn alb_er_08_alb_ws_02_what_a_function_is_not_asked() {
    let mut bench = Bench::new();
    let (host, _) = site(&mut bench, json!({}));
    let asked = request(&host, Method::Post, "/", &[]);
    bench.with(|elbv2, cx| elbv2.request_at(cx, EXCHANGE, &host, asked));
    bench.with(|elbv2, cx| elbv2.collected(cx, EXCHANGE, None));
    assert_eq!(response(&mut bench).unwrap().0, 413);
    bench.with(|elbv2, cx| elbv2.finished(cx, EXCHANGE, Finish::Complete { body_bytes: 0 }));
    let upgrade = request(&host, Method::Get, "/", &[("Upgrade", "websocket")]);
    bench.with(|elbv2, cx| elbv2.request_at(cx, EXCHANGE, &host, upgrade));
    assert_eq!(response(&mut bench).unwrap().0, 400);
    assert!(invocation(&mut bench).is_none());
}

#[test]
fn alb_la_05_lambda_has_to_permit_it() {
    let mut bench = Bench::new();
    let made = bench.ok("CreateTargetGroup", json!({"Name": "page", "TargetType": "lambda"}));
    let group = text(&made["TargetGroups"][0]["TargetGroupArn"]);
    let input = json!({"TargetGroupArn": group, "Targets": [{"Id": FUNCTION}]});
    let Some(Need::Reply { service, operation, input }) =
        bench.elbv2.needs("RegisterTargets", &input, &[])
    else {
        panic!("nothing is asked");
    };
    assert_eq!((service, operation.as_str()), (ServiceName::Lambda, "Invoke"));
    let asking = json!({"Principal": "elasticloadbalancing.amazonaws.com", "SourceArn": group});
    assert_eq!((&input["InvocationType"], &input["Standin"]), (&json!("DryRun"), &asking));
    let denied = Err(ApiError::new("AccessDeniedException", 403, "no"));
    let error = register(&mut bench, &group, FUNCTION, denied).unwrap_err();
    assert_eq!(error.code, "AccessDenied");
    assert!(error.message.contains("does not have permission to invoke"), "{error}");
    let unknown = Err(ApiError::new("ResourceNotFoundException", 404, "Function not found: x"));
    let error = register(&mut bench, &group, FUNCTION, unknown).unwrap_err();
    assert_eq!(error.code, "InvalidTarget");
    let error = register(&mut bench, &group, "127.0.0.1", Ok(Value::Null)).unwrap_err();
    assert_eq!(error.code, "InvalidTarget");
}

#[test]
fn alb_tg_03_alb_hc_14_a_group_holds_one_function_that_nobody_checks() {
    let mut bench = Bench::new();
    let (host, group) = site(&mut bench, json!({}));
    let shown = bench.ok("DescribeTargetGroups", json!({"TargetGroupArns": [group]}));
    let shown = &shown["TargetGroups"][0];
    assert_eq!(shown["HealthCheckEnabled"], false);
    let numbers = ["HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds"];
    assert_eq!(numbers.map(|name| shown[name].as_u64()), [Some(35), Some(30)]);
    assert_eq!(shown["UnhealthyThresholdCount"], 5);
    assert!(shown["Port"].is_null() && shown["Protocol"].is_null() && shown["VpcId"].is_null());
    let seen = health(&mut bench, &group);
    assert_eq!(seen["Target"], json!({"Id": FUNCTION, "AvailabilityZone": "all"}));
    let state = json!({
        "State": "unavailable", "Reason": "Target.HealthCheckDisabled",
        "Description": "Health checks are not enabled for this target",
    });
    assert_eq!(seen["TargetHealth"], state);
    assert!(bench.elbv2.is_fit_for_dns(&host));
    let other = FUNCTION.replace("page", "other");
    let error = register(&mut bench, &group, &other, Ok(Value::Null)).unwrap_err();
    assert_eq!(error.code, "TooManyTargets");
    bench.restart();
    assert_eq!(health(&mut bench, &group)["TargetHealth"]["State"], "unavailable");
    for (name, value) in [("Port", json!(80)), ("Protocol", json!("HTTP"))] {
        let asked = and(json!({"Name": "x", "TargetType": "lambda"}), json!({name: value}));
        assert_eq!(bench.refusal("CreateTargetGroup", asked), "ValidationError", "{name}");
    }
}

#[test]
fn alb_hc_14_with_checks_the_function_is_asked_for_them() {
    let mut bench = Bench::new();
    let settings = json!({
        "HealthCheckEnabled": true, "HealthCheckPath": "/healthz",
        "UnhealthyThresholdCount": 2, "HealthyThresholdCount": 2,
    });
    let (_, group) = site(&mut bench, settings);
    bench.outs.clear();
    let check = |bench: &mut Bench, reply: Result<Value, ApiError>| {
        let ticket = loop {
            bench.pass(Duration::from_secs(1));
            if let Some((ticket, input)) = invocation(bench) {
                let event: Value = serde_json::from_str(&text(&input["Payload"])).unwrap();
                assert_eq!((&event["path"], &event["body"]), (&json!("/healthz"), &json!("")));
                let agent = json!({"user-agent": "ELB-HealthChecker/2.0"});
                assert_eq!(event["headers"], agent);
                break ticket;
            }
        };
        bench.with(|elbv2, cx| elbv2.reply(cx, ticket, reply));
        text(&health(bench, &group)["TargetHealth"]["State"])
    };
    let good = || result(&json!({"statusCode": 200}));
    assert_eq!(check(&mut bench, good()), "healthy");
    assert_eq!(check(&mut bench, result(&json!({"statusCode": 500}))), "healthy");
    assert_eq!(check(&mut bench, result(&json!("nonsense"))), "unhealthy");
    assert_eq!(check(&mut bench, good()), "unhealthy");
    assert_eq!(check(&mut bench, good()), "healthy");
    // Turned off, and nobody asks any more.
    let off = json!({"TargetGroupArn": group, "HealthCheckEnabled": false});
    bench.ok("ModifyTargetGroup", off);
    assert_eq!(health(&mut bench, &group)["TargetHealth"]["State"], "unavailable");
    bench.pass(Duration::from_secs(100));
    assert!(invocation(&mut bench).is_none());
}

#[test]
fn alb_la_06_who_is_deregistered_owes_a_502() {
    let mut bench = Bench::new();
    let (host, group) = site(&mut bench, json!({}));
    let (ticket, _) = asks(&mut bench, request(&host, Method::Get, "/", &[]), b"");
    let gone = json!({"TargetGroupArn": group, "Targets": [{"Id": FUNCTION}]});
    bench.ok("DeregisterTargets", gone);
    assert_eq!(response(&mut bench).unwrap().0, 502);
    // The late result changes nothing.
    bench.with(|elbv2, cx| elbv2.reply(cx, ticket, result(&json!({"statusCode": 200}))));
    assert!(response(&mut bench).is_none());
    let shown = bench.ok("DescribeTargetHealth", json!({"TargetGroupArn": group}));
    assert_eq!(shown["TargetHealthDescriptions"], json!([]));
}
