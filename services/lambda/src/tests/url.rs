//! Functions behind a name of their own.

use standin_kernel::http::RequestHead;
use standin_kernel::{Method, Value, json};

use super::{Bench, text};

/// With a function URL that everybody may use; its host.
fn open(cors: Option<Value>) -> (Bench, String) {
    let mut bench = Bench::with(json!({}));
    let mut config = json!({"FunctionName": "f", "AuthType": "NONE"});
    if let Some(cors) = cors {
        config["Cors"] = cors;
    }
    let url = bench.ok("CreateFunctionUrlConfig", config)["FunctionUrl"].clone();
    let host = url.as_str().unwrap().trim_start_matches("https://").trim_end_matches('/');
    (bench, host.to_owned())
}

fn permit(bench: &mut Bench) {
    let by_url = json!({
        "FunctionName": "f", "StatementId": "1", "Action": "lambda:InvokeFunctionUrl",
        "Principal": "*", "FunctionUrlAuthType": "NONE",
    });
    bench.ok("AddPermission", by_url);
    let by_function = json!({
        "FunctionName": "f", "StatementId": "2", "Action": "lambda:InvokeFunction",
        "Principal": "*", "InvokedViaFunctionUrl": true,
    });
    bench.ok("AddPermission", by_function);
}

/// The answer to a result.
fn answered(result: &str) -> (u16, Option<String>, String) {
    let (mut bench, host) = open(None);
    permit(&mut bench);
    let exchange = bench.visit(RequestHead::get(&host, "/"), None);
    let process = bench.last();
    let (id, _) = bench.next(process);
    bench.responds(process, &id, result);
    let answer = bench.answers.remove(&exchange).unwrap();
    let kind = answer.head.headers.get("Content-Type").map(str::to_owned);
    (answer.head.status, kind, text(&answer))
}

#[test]
fn lam_ur_01_without_permission_nobody_comes_in() {
    let (mut bench, host) = open(None);
    let exchange = bench.visit(RequestHead::get(&host, "/"), None);
    let answer = bench.answers.remove(&exchange).unwrap();
    assert_eq!(answer.head.status, 403);
    assert_eq!(answer.head.headers.get("x-amzn-ErrorType"), Some("AccessDeniedException"));
    assert!(text(&answer).contains("{\"Message\":\"Forbidden."));
    let only_one = json!({
        "FunctionName": "f", "StatementId": "1", "Action": "lambda:InvokeFunctionUrl",
        "Principal": "*", "FunctionUrlAuthType": "NONE",
    });
    bench.ok("AddPermission", only_one);
    let exchange = bench.visit(RequestHead::get(&host, "/"), None);
    assert_eq!(bench.answers.remove(&exchange).unwrap().head.status, 403);
}

#[test]
fn lam_ur_02_a_request_becomes_an_event_of_format_2() {
    let (mut bench, host) = open(None);
    permit(&mut bench);
    let mut head = RequestHead::get(&host, "/a%20b?x=1&x=2&y=%41");
    head.method = Method::Post;
    for (name, value) in [
        ("X-A", "1"),
        ("x-a", "2"),
        ("Cookie", "c=1; d=2"),
        ("User-Agent", "me"),
        ("Content-Type", "text/plain"),
    ] {
        head.headers.append(name, value);
    }
    bench.visit(head, Some("hello"));
    let process = bench.last();
    let (_, event) = bench.next(process);
    let event: Value = serde_json::from_str(&event).unwrap();
    assert_eq!((&event["version"], &event["routeKey"]), (&json!("2.0"), &json!("$default")));
    assert_eq!(
        (&event["rawPath"], &event["rawQueryString"]),
        (&json!("/a%20b"), &json!("x=1&x=2&y=%41"))
    );
    assert_eq!(event["queryStringParameters"], json!({"x": "1,2", "y": "A"}));
    assert_eq!(event["headers"]["x-a"], "1,2");
    assert_eq!(event["cookies"], json!(["c=1", "d=2"]));
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("hello"), &json!(false)));
    let http = &event["requestContext"]["http"];
    assert_eq!((&http["method"], &http["path"]), (&json!("POST"), &json!("/a b")));
    assert_eq!((&http["sourceIp"], &http["userAgent"]), (&json!("192.0.2.7"), &json!("me")));
}

#[test]
fn lam_ur_03_a_plain_result_is_the_body() {
    let json = Some("application/json".to_owned());
    assert_eq!(answered("\"hello\""), (200, json.clone(), "hello".into()));
    assert_eq!(answered("3.1"), (200, json.clone(), "3.1".into()));
    assert_eq!(answered("{\"a\":[1]}"), (200, json, "{\"a\":[1]}".into()));
}

#[test]
fn lam_ur_04_a_result_with_a_status_is_the_answer() {
    let (status, kind, body) = answered(
        "{\"statusCode\":201,\"headers\":{\"content-type\":\"text/css\"},\"cookies\":[\"a=1\"],\
          \"body\":\"eA==\",\"isBase64Encoded\":true}",
    );
    assert_eq!((status, kind.as_deref(), body.as_str()), (201, Some("text/css"), "x"));
    let (status, kind, body) = answered("{\"statusCode\":200,\"body\":\"x\"}");
    assert_eq!((status, kind.as_deref(), body.as_str()), (200, Some("application/json"), "x"));
}

#[test]
fn lam_ur_05_throttles_are_429_and_errors_502() {
    assert_eq!(answered("not json").0, 502);
    assert_eq!(answered("{\"statusCode\":\"many\"}").0, 502);
    let (mut bench, host) = open(None);
    permit(&mut bench);
    let exchange = bench.visit(RequestHead::get(&host, "/"), None);
    let process = bench.last();
    let (id, _) = bench.next(process);
    bench.posts(process, &format!("invocation/{id}/error"), "{}");
    let answer = bench.answers.remove(&exchange).unwrap();
    assert_eq!((answer.head.status, text(&answer)), (502, "Internal Server Error".into()));
    let none = json!({"FunctionName": "f", "ReservedConcurrentExecutions": 0});
    bench.ok("PutFunctionConcurrency", none);
    let exchange = bench.visit(RequestHead::get(&host, "/"), None);
    assert_eq!(bench.answers.remove(&exchange).unwrap().head.status, 429);
}

#[test]
fn lam_ur_06_preflights_are_answered_without_the_function() {
    let (mut bench, host) = open(Some(json!({"AllowOrigins": ["*"], "AllowMethods": ["GET"]})));
    permit(&mut bench);
    let mut head = RequestHead::get(&host, "/");
    head.method = Method::Options;
    head.headers.append("Origin", "https://a.example");
    head.headers.append("Access-Control-Request-Method", "GET");
    let exchange = bench.visit(head, None);
    let answer = bench.answers.remove(&exchange).unwrap();
    assert_eq!(answer.head.headers.get("Access-Control-Allow-Origin"), Some("*"));
    assert_eq!(answer.head.headers.get("Access-Control-Allow-Methods"), Some("GET"));
    assert!(bench.launched.is_empty());
    let mut head = RequestHead::get(&host, "/");
    head.headers.append("Origin", "https://a.example");
    let exchange = bench.visit(head, None);
    let process = bench.last();
    let (id, _) = bench.next(process);
    let own = "{\"statusCode\":200,\"headers\":{\"access-control-allow-origin\":\"own\"}}";
    bench.responds(process, &id, own);
    let answer = bench.answers.remove(&exchange).unwrap();
    let origins: Vec<_> = answer.head.headers.get_all("Access-Control-Allow-Origin").collect();
    assert_eq!(origins, ["*"]);
}

#[test]
fn lam_ur_07_the_answers_request_id_is_that_of_the_log() {
    let (mut bench, host) = open(None);
    permit(&mut bench);
    let exchange = bench.visit(RequestHead::get(&host, "/"), None);
    let process = bench.last();
    let (id, event) = bench.next(process);
    bench.responds(process, &id, "1");
    let answer = bench.answers.remove(&exchange).unwrap();
    assert_eq!(answer.head.headers.get("x-amzn-RequestId"), Some(id.as_str()));
    assert!(bench.lines.contains(&format!("END RequestId: {id}")));
    assert!(event.contains("\"x-forwarded-proto\":\"https\""));
}
