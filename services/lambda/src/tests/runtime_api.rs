//! The Runtime API as a process sees it.

use standin_kernel::workload::WorkloadEvent;
use standin_kernel::{Bytes, Method, json};

use super::Bench;

#[test]
fn lam_rt_01_next_waits_until_there_is_an_event() {
    let mut bench = Bench::with(json!({}));
    let call = bench.invoke("{}");
    let process = bench.last();
    let (id, _) = bench.next(process);
    bench.responds(process, &id, "1");
    bench.reply(call);
    let waiting = bench.waits(process);
    bench.later_ms(300_000);
    assert!(bench.work_given(waiting).is_none());
    bench.invoke("{\"late\":true}");
    assert_eq!(bench.work_given(waiting).unwrap().1, "{\"late\":true}");
}

#[test]
fn lam_rt_02_an_event_comes_with_its_headers() {
    let mut bench = Bench::with(json!({"Timeout": 3}));
    let context = json!({"FunctionName": "f", "ClientContext": "eyJhIjoxfQ=="});
    bench.start("Invoke", &context);
    let process = bench.last();
    let exchange = bench.asks(process, Method::Get, "invocation/next", None);
    let now = bench.now;
    let response = bench.answers.remove(&exchange).unwrap();
    let header = |name: &str| response.head.headers.get(name).unwrap().to_owned();
    assert_eq!(header("Lambda-Runtime-Deadline-Ms"), (now.millis() + 3000).to_string());
    let arn = "arn:aws:lambda:ap-northeast-1:123456789012:function:f";
    assert_eq!(header("Lambda-Runtime-Invoked-Function-Arn"), arn);
    assert!(header("Lambda-Runtime-Trace-Id").starts_with("Root=1-"));
    assert_eq!(header("Lambda-Runtime-Client-Context"), "{\"a\":1}");
    assert_eq!(header("Lambda-Runtime-Aws-Request-Id").len(), 36);
}

#[test]
fn lam_rt_03_a_response_is_accepted_and_given_verbatim() {
    let mut bench = Bench::with(json!({}));
    let call = bench.invoke("{}");
    let process = bench.last();
    let (id, _) = bench.next(process);
    let path = format!("invocation/{id}/response");
    let body = Some(Bytes::from_static(b"{ \"a\" :1}"));
    let exchange = bench.asks(process, Method::Post, &path, body);
    let answer = bench.answers.remove(&exchange).unwrap();
    assert_eq!((answer.head.status, super::text(&answer)), (202, "{\"status\":\"OK\"}".into()));
    assert_eq!(bench.reply(call)["Payload"], "{ \"a\" :1}");
}

#[test]
fn lam_rt_04_a_failed_init_is_tried_again_and_then_told() {
    let mut bench = Bench::with(json!({}));
    let call = bench.invoke("{}");
    let error = "{\"errorMessage\":\"x\",\"errorType\":\"Init.Bad\"}";
    let first = bench.last();
    assert_eq!(bench.posts(first, "init/error", error), 202);
    assert_eq!(bench.killed, [first]);
    let second = bench.last();
    assert_ne!(first, second);
    assert_eq!(bench.posts(second, "init/error", error), 202);
    let reply = bench.reply(call);
    assert_eq!((&reply["FunctionError"], &reply["Payload"]), (&json!("Unhandled"), &json!(error)));
    bench.invoke("{}");
    assert_eq!(bench.launched.len(), 3, "the next one starts a new process");
}

#[test]
fn lam_rt_05_a_posted_error_is_the_payload() {
    let mut bench = Bench::with(json!({}));
    let call = bench.invoke("{}");
    let process = bench.last();
    let (id, _) = bench.next(process);
    let error = "{\"errorMessage\":\"m\",\"errorType\":\"T\",\"stackTrace\":[]}";
    bench.posts(process, &format!("invocation/{id}/error"), error);
    let reply = bench.reply(call);
    assert_eq!((&reply["FunctionError"], &reply["Payload"]), (&json!("Unhandled"), &json!(error)));
}

#[test]
fn lam_rt_06_a_response_given_twice_and_a_call_out_of_order_are_refused() {
    let mut bench = Bench::with(json!({}));
    bench.invoke("{}");
    let process = bench.last();
    let (id, _) = bench.next(process);
    let busy = bench.asks(process, Method::Get, "invocation/next", None);
    assert_eq!(bench.answers.remove(&busy).unwrap().head.status, 403);
    assert_eq!(bench.posts(process, "init/error", "{}"), 403);
    bench.responds(process, &id, "1");
    assert_eq!(bench.posts(process, &format!("invocation/{id}/response"), "2"), 400);
    assert_eq!(bench.posts(process, "invocation/nobody/response", "2"), 400);
}

#[test]
fn lam_rt_07_a_response_that_is_too_large() {
    let mut bench = Bench::with(json!({}));
    let call = bench.invoke("{}");
    let process = bench.last();
    let (id, _) = bench.next(process);
    let path = format!("invocation/{id}/response");
    let fits = "x".repeat(6_291_556);
    assert_eq!(bench.posts(process, &path, &format!("{fits}x")), 413);
    let reply = bench.reply(call);
    assert_eq!(reply["FunctionError"], "Unhandled");
    assert_eq!(
        reply["Payload"],
        json!({"errorType": "Function.ResponseSizeTooLarge", "errorMessage":
            "Response payload size exceeded maximum allowed payload size (6291556 bytes)."})
        .to_string()
    );
    let call = bench.invoke("{}");
    let (id, _) = bench.next(process);
    bench.responds(process, &id, &fits);
    assert_eq!(bench.reply(call)["Payload"].as_str().unwrap().len(), 6_291_556);
}

#[test]
fn lam_rt_10_a_bootstrap_that_is_not_there() {
    let mut bench = Bench::with(json!({}));
    let call = bench.invoke("{}");
    let why = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";
    let reason = format!("Runtime.InvalidEntrypoint: {why}");
    let process = bench.last();
    bench.event(process, WorkloadEvent::FailedToStart { reason });
    let payload = bench.reply(call)["Payload"].as_str().unwrap().to_owned();
    assert!(payload.contains("\"errorType\":\"Runtime.InvalidEntrypoint\""), "{payload}");
    assert!(payload.contains(why), "{payload}");
}

#[test]
fn lam_rt_11_a_process_that_ends_in_the_middle() {
    let says = |code| {
        let mut bench = Bench::with(json!({}));
        let call = bench.invoke("{}");
        let process = bench.last();
        let (id, _) = bench.next(process);
        bench.event(process, WorkloadEvent::Exited { code });
        let reply = bench.reply(call);
        let error: standin_kernel::Value =
            serde_json::from_str(reply["Payload"].as_str().unwrap()).unwrap();
        assert_eq!(error["errorType"], "Runtime.ExitError");
        error["errorMessage"].as_str().unwrap().replace(&id, "ID")
    };
    let text = "RequestId: ID Error: Runtime exited";
    assert_eq!(says(127), format!("{text} with error: exit status 127"));
    assert_eq!(says(0), format!("{text} without providing a reason"));
    assert_eq!(says(137), format!("{text} with error: signal: killed"));
}

#[test]
fn lam_rt_12_what_the_runtime_sets() {
    let variables = json!({"Variables": {"COLOUR": "blue"}});
    let mut bench = Bench::with(json!({"Environment": variables, "MemorySize": 256}));
    bench.invoke("{}");
    let spec = bench.launched.last().unwrap();
    let get = |name: &str| {
        let found = spec.environment.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(get("COLOUR"), Some("blue"));
    assert_eq!(get("AWS_LAMBDA_FUNCTION_NAME"), Some("f"));
    assert_eq!(get("AWS_LAMBDA_FUNCTION_VERSION"), Some("$LATEST"));
    assert_eq!(get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), Some("256"));
    assert_eq!(get("AWS_LAMBDA_LOG_GROUP_NAME"), Some("/aws/lambda/f"));
    assert_eq!(get("AWS_LAMBDA_INITIALIZATION_TYPE"), Some("on-demand"));
    assert_eq!(get("AWS_REGION"), Some("ap-northeast-1"));
    assert_eq!(get("TZ"), Some(":UTC"));
    assert_eq!(get("AWS_EXECUTION_ENV"), None, "not for OS-only runtimes");
    let api = format!("{}:9001", spec.address);
    assert_eq!(get("AWS_LAMBDA_RUNTIME_API"), Some(api.as_str()));
    let mut input = super::creation("g");
    input["Environment"] = json!({"Variables": {"AWS_REGION": "x"}});
    let (code, message) = bench.refused("CreateFunction", input);
    assert_eq!(code, "InvalidParameterValueException");
    assert!(message.ends_with("Reserved keys used in this request: AWS_REGION"), "{message}");
}

#[test]
fn lam_rt_13_variables_have_4_kb_together() {
    let mut bench = Bench::new();
    let mut input = super::creation("f");
    input["Environment"] = json!({"Variables": {"A": "x".repeat(5000)}});
    let (code, message) = bench.refused("CreateFunction", input);
    assert_eq!(code, "InvalidParameterValueException");
    assert!(message.contains("exceeded the 4KB limit. String measured: {\"A\":\"xxx"), "{message}");
}
