//! `Invoke` and what limits it.

use standin_kernel::json;

use super::Bench;
use standin_kernel::base64;

#[test]
fn lam_in_01_in_step_as_an_event_or_dry() {
    let mut bench = Bench::with(json!({}));
    let kind = |kind: &str| json!({"FunctionName": "f", "InvocationType": kind, "Payload": "{}"});
    assert_eq!(bench.ok("Invoke", kind("DryRun")), json!({"StatusCode": 204}));
    assert_eq!(bench.ok("Invoke", kind("Event"))["StatusCode"], 202);
    assert!(bench.launched.is_empty(), "an event is tried when its time has come");
    let call = bench.invoke("{\"a\":1}");
    let process = bench.last();
    let (id, event) = bench.next(process);
    assert_eq!(event, "{\"a\":1}");
    bench.event(process, standin_kernel::workload::WorkloadEvent::Output { text: "hi\n".into() });
    bench.responds(process, &id, "\"done\"");
    let reply = bench.reply(call);
    assert_eq!(reply["Standin"]["RequestId"], id.as_str());
    assert_eq!((&reply["StatusCode"], &reply["Payload"]), (&json!(200), &json!("\"done\"")));
    assert_eq!(
        (&reply["ExecutedVersion"], &reply["FunctionError"]),
        (&json!("$LATEST"), &json!(null))
    );
    let log = base64::decode(reply["LogResult"].as_str().unwrap()).unwrap();
    let log = String::from_utf8(log).unwrap();
    let lines: Vec<_> = log.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(lines, ["START RequestId", "hi", "END RequestId", "REPORT RequestId"]);
}

#[test]
fn lam_in_02_an_error_of_the_function_is_a_200() {
    let mut bench = Bench::with(json!({}));
    let call = bench.invoke("{}");
    let process = bench.last();
    let (id, _) = bench.next(process);
    let error = "{\"errorMessage\":\"no\",\"errorType\":\"ValueError\"}";
    assert_eq!(bench.posts(process, &format!("invocation/{id}/error"), error), 202);
    let reply = bench.reply(call);
    assert_eq!((&reply["StatusCode"], &reply["FunctionError"]), (&json!(200), &json!("Unhandled")));
    assert_eq!(reply["Payload"], error);
}

#[test]
fn lam_in_03_events_have_their_largest_size() {
    let mut bench = Bench::with(json!({}));
    let large = |bytes: usize| format!("\"{}\"", "x".repeat(bytes));
    let event = json!({
        "FunctionName": "f", "InvocationType": "Event", "Payload": large(1_100_000),
    });
    assert_eq!(bench.refused("Invoke", event).0, "RequestEntityTooLargeException");
    let call = bench.invoke(&large(1_100_000));
    assert!(!bench.replies.contains_key(&call), "in step there may be 6 MB");
    let event = json!({"FunctionName": "f", "Payload": large(6_291_556)});
    assert_eq!(bench.refused("Invoke", event).0, "RequestEntityTooLargeException");
}

#[test]
fn lam_in_04_an_unknown_function_and_an_event_that_is_no_json() {
    let mut bench = Bench::with(json!({}));
    let (code, message) =
        bench.refused("Invoke", json!({"FunctionName": "g", "Qualifier": "live"}));
    let arn = "arn:aws:lambda:ap-northeast-1:123456789012:function:g:live";
    assert_eq!(
        (code.as_str(), message),
        ("ResourceNotFoundException", format!("Function not found: {arn}"))
    );
    let (code, message) = bench.refused("Invoke", json!({"FunctionName": "f", "Payload": "x"}));
    assert_eq!(code, "InvalidRequestContentException");
    assert!(message.starts_with("Could not parse request body into json"), "{message}");
}

#[test]
fn lam_in_05_nothing_returned_is_null() {
    let mut bench = Bench::with(json!({}));
    let call = bench.invoke("{}");
    let process = bench.last();
    let (id, _) = bench.next(process);
    bench.responds(process, &id, "null");
    assert_eq!(bench.reply(call)["Payload"], "null");
    let event = json!({"FunctionName": "f", "InvocationType": "Event"});
    assert_eq!(bench.ok("Invoke", event)["Payload"], "");
}

#[test]
fn lam_in_06_a_run_beyond_the_reservation_is_throttled() {
    let mut bench = Bench::with(json!({}));
    let reserve = json!({"FunctionName": "f", "ReservedConcurrentExecutions": 1});
    bench.ok("PutFunctionConcurrency", reserve);
    let first = bench.invoke("{}");
    let (code, message) = bench.refused("Invoke", json!({"FunctionName": "f"}));
    assert_eq!((code.as_str(), message.as_str()), ("TooManyRequestsException", "Rate Exceeded."));
    let process = bench.last();
    let (id, _) = bench.next(process);
    bench.responds(process, &id, "1");
    assert_eq!(bench.reply(first)["Payload"], "1");
    let again = bench.invoke("{}");
    assert!(!bench.replies.contains_key(&again), "there is room again");
}

#[test]
fn lam_in_07_a_hundred_must_stay_unreserved() {
    let mut bench = Bench::with(json!({}));
    let reserve = |number| json!({"FunctionName": "f", "ReservedConcurrentExecutions": number});
    let (code, message) = bench.refused("PutFunctionConcurrency", reserve(901));
    assert_eq!(code, "InvalidParameterValueException");
    assert!(message.ends_with("below its minimum value of [100]."), "{message}");
    bench.ok("PutFunctionConcurrency", reserve(900));
    bench.create("g", json!({}));
    let other = json!({"FunctionName": "g", "ReservedConcurrentExecutions": 1});
    assert_eq!(bench.refused("PutFunctionConcurrency", other).0, "InvalidParameterValueException");
    bench.ok("PutFunctionConcurrency", reserve(800));
    let limit = bench.ok("GetAccountSettings", json!({}))["AccountLimit"].clone();
    assert_eq!(limit["UnreservedConcurrentExecutions"], 200);
}

#[test]
fn lam_in_08_reserved_zero_stops_everything() {
    let mut bench = Bench::with(json!({}));
    bench.create("rescue", json!({}));
    let on_failure = json!({"OnFailure": {
        "Destination": "arn:aws:lambda:ap-northeast-1:123456789012:function:rescue",
    }});
    let config = json!({"FunctionName": "f", "DestinationConfig": on_failure});
    bench.ok("PutFunctionEventInvokeConfig", config);
    let none = json!({"FunctionName": "f", "ReservedConcurrentExecutions": 0});
    bench.ok("PutFunctionConcurrency", none);
    assert_eq!(bench.refused("Invoke", json!({"FunctionName": "f"})).0, "TooManyRequestsException");
    bench.ok(
        "Invoke",
        json!({"FunctionName": "f", "InvocationType": "Event", "Payload": "{\"n\":7}"}),
    );
    bench.later_ms(10);
    let process = bench.last();
    assert_eq!(bench.launched.len(), 1, "only the destination runs");
    let (_, event) = bench.next(process);
    let record: standin_kernel::Value = serde_json::from_str(&event).unwrap();
    assert_eq!(record["requestPayload"], json!({"n": 7}));
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 0);
}

#[test]
fn a_function_is_broken_on_purpose() {
    use standin_kernel::Duration;
    use standin_kernel::fault::Mode;
    let mut bench = Bench::with(json!({}));
    let broken = |bench: &mut Bench, mode| bench.lambda.set_broken(vec![("f".into(), mode)]);
    broken(&mut bench, Mode::Status(500));
    let call = bench.invoke("{}");
    let reply = bench.reply(call);
    assert_eq!(reply["FunctionError"], "Unhandled");
    broken(&mut bench, Mode::Status(429));
    assert_eq!(bench.refused("Invoke", json!({"FunctionName": "f"})).0, "TooManyRequestsException");
    broken(&mut bench, Mode::Hang);
    let call = bench.invoke("{}");
    bench.later_ms(2_999);
    assert!(!bench.replies.contains_key(&call));
    bench.later_ms(1);
    let reply = bench.reply(call);
    assert!(reply["Payload"].as_str().unwrap().contains("Task timed out after 3.00 seconds"));
    broken(&mut bench, Mode::Slow(Duration::from_secs(1)));
    bench.invoke("{}");
    assert!(bench.launched.is_empty());
    bench.later_ms(1_000);
    assert_eq!(bench.launched.len(), 1);
}

#[test]
fn cw_mt_09_runs_errors_throttles_and_durations_are_told_every_minute() {
    use standin_kernel::fault::Mode;
    let mut bench = Bench::with(json!({}));
    let call = bench.invoke("{}");
    let process = bench.last();
    let (id, _) = bench.next(process);
    bench.later_ms(120);
    bench.responds(process, &id, "1");
    assert_eq!(bench.reply(call)["Payload"], "1");
    bench.lambda.set_broken(vec![("f".into(), Mode::Status(500))]);
    bench.invoke("{}");
    bench.lambda.set_broken(vec![("f".into(), Mode::Status(429))]);
    bench.refused("Invoke", json!({"FunctionName": "f"}));
    bench.later_ms(60_000);
    let put = bench.metrics.pop().expect("a minute is told");
    assert_eq!(put["Namespace"], "AWS/Lambda");
    let of = |name: &str| {
        let data = put["MetricData"].as_array().unwrap();
        data.iter().find(|datum| datum["MetricName"] == name).unwrap().clone()
    };
    assert_eq!(of("Invocations")["StatisticValues"]["Sum"], 2.0);
    let errors = of("Errors");
    assert_eq!(errors["StatisticValues"]["SampleCount"], 2.0);
    assert_eq!(errors["StatisticValues"]["Sum"], 1.0);
    assert_eq!(errors["Dimensions"], json!([{"Name": "FunctionName", "Value": "f"}]));
    assert_eq!(of("Throttles")["StatisticValues"]["Sum"], 1.0);
    assert_eq!(of("Duration")["Values"], json!([120.0]));
}
