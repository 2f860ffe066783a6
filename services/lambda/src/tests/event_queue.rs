//! Asynchronous invocations.

use standin_kernel::{Value, json};

use super::Bench;

fn event(bench: &mut Bench, payload: &str) {
    let input = json!({"FunctionName": "f", "InvocationType": "Event", "Payload": payload});
    bench.ok("Invoke", input);
    bench.later_ms(1);
}

/// The process that runs fails what it is given; its id.
fn fails(bench: &mut Bench) -> String {
    let process = bench.last();
    let (id, _) = bench.next(process);
    bench.posts(process, &format!("invocation/{id}/error"), "{\"errorType\":\"E\"}");
    id
}

#[test]
fn lam_as_01_a_failing_event_is_tried_after_one_and_two_minutes() {
    let mut bench = Bench::with(json!({}));
    event(&mut bench, "{}");
    let mut ids = vec![fails(&mut bench)];
    let process = bench.last();
    let mut waiting = bench.waits(process);
    for minutes in [1, 2] {
        bench.later_ms(minutes * 60_000 - 1);
        assert!(bench.work_given(waiting).is_none());
        bench.later_ms(1);
        let (id, _) = bench.work_given(waiting).expect("its time has come");
        bench.posts(process, &format!("invocation/{id}/error"), "{}");
        ids.push(id);
        waiting = bench.waits(process);
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    bench.later_ms(500_000);
    assert!(bench.work_given(waiting).is_none(), "three times are enough");
    assert!(!bench.records.keys().any(|(kind, _)| kind == "event"));
}

#[test]
fn lam_as_02_a_throttle_is_waited_out_and_counts_for_nothing() {
    let mut bench = Bench::with(json!({"Timeout": 60}));
    let config = json!({"FunctionName": "f", "MaximumRetryAttempts": 0});
    bench.ok("PutFunctionEventInvokeConfig", config);
    let reserve = json!({"FunctionName": "f", "ReservedConcurrentExecutions": 1});
    bench.ok("PutFunctionConcurrency", reserve);
    bench.invoke("{}");
    let process = bench.last();
    let (id, _) = bench.next(process);
    event(&mut bench, "{\"queued\":1}");
    bench.later_ms(30_000);
    bench.responds(process, &id, "1");
    let waiting = bench.waits(process);
    bench.later_ms(32_000);
    assert_eq!(bench.work_given(waiting).unwrap().1, "{\"queued\":1}");
}

#[test]
fn lam_as_02_an_event_that_is_too_old_is_given_up() {
    let mut bench = Bench::with(json!({"Timeout": 900}));
    let config = json!({"FunctionName": "f", "MaximumEventAgeInSeconds": 60});
    bench.ok("PutFunctionEventInvokeConfig", config);
    let reserve = json!({"FunctionName": "f", "ReservedConcurrentExecutions": 1});
    bench.ok("PutFunctionConcurrency", reserve);
    bench.invoke("{}");
    event(&mut bench, "{}");
    bench.later_ms(61_000);
    assert!(!bench.records.keys().any(|(kind, _)| kind == "event"));
}

#[test]
fn lam_as_04_a_destination_is_given_a_record() {
    let mut bench = Bench::with(json!({}));
    bench.create("rescue", json!({}));
    let rescue = "arn:aws:lambda:ap-northeast-1:123456789012:function:rescue";
    let config = json!({"FunctionName": "f", "DestinationConfig": {
        "OnFailure": {"Destination": rescue}, "OnSuccess": {"Destination": rescue},
    }});
    bench.ok("PutFunctionEventInvokeConfig", config);
    event(&mut bench, "{\"n\":1}");
    fails(&mut bench);
    let process = bench.last();
    for minutes in [1, 2] {
        let waiting = bench.waits(process);
        bench.later_ms(minutes * 60_000);
        let (id, _) = bench.work_given(waiting).unwrap();
        bench.posts(process, &format!("invocation/{id}/error"), "{\"errorType\":\"E\"}");
    }
    bench.later_ms(1);
    let process = bench.last();
    let (_, record) = bench.next(process);
    let record: Value = serde_json::from_str(&record).unwrap();
    let context = &record["requestContext"];
    assert_eq!(record["version"], "1.0");
    assert_eq!(context["condition"], "RetriesExhausted");
    assert_eq!(context["approximateInvokeCount"], 3);
    assert!(context["functionArn"].as_str().unwrap().ends_with(":function:f:$LATEST"));
    assert_eq!(record["requestPayload"], json!({"n": 1}));
    assert_eq!(record["responseContext"]["functionError"], "Unhandled");
    assert_eq!(record["responsePayload"], json!({"errorType": "E"}));
}

#[test]
fn lam_as_05_a_queue_as_destination_is_refused_by_name() {
    let mut bench = Bench::with(json!({}));
    let queue = "arn:aws:sqs:ap-northeast-1:123456789012:q";
    let config = json!({"FunctionName": "f", "DestinationConfig": {
        "OnFailure": {"Destination": queue},
    }});
    let (code, message) = bench.refused("PutFunctionEventInvokeConfig", config);
    assert_eq!(code, "InvalidParameterValueException");
    assert!(message.contains(queue), "{message}");
    let mut dead = super::creation("g");
    dead["DeadLetterConfig"] = json!({"TargetArn": queue});
    assert!(bench.refused("CreateFunction", dead).1.contains("DeadLetterConfig"));
}
