//! Environments from their start to their end.

use standin_kernel::json;
use standin_kernel::workload::WorkloadEvent;

use super::Bench;

#[test]
fn lam_lc_01_a_slow_init_is_begun_again_on_the_functions_time() {
    let mut bench = Bench::with(json!({"Timeout": 20}));
    let call = bench.invoke("{}");
    let first = bench.last();
    bench.later_ms(9_999);
    assert!(bench.killed.is_empty());
    bench.later_ms(1);
    assert_eq!(bench.killed, [first]);
    let second = bench.last();
    bench.later_ms(12_000);
    let (id, _) = bench.next(second);
    bench.responds(second, &id, "1");
    assert_eq!(bench.reply(call)["Payload"], "1");
    let mut bench = Bench::with(json!({"Timeout": 3}));
    let call = bench.invoke("{}");
    bench.later_ms(13_000);
    let payload = bench.reply(call)["Payload"].as_str().unwrap().to_owned();
    assert!(payload.contains("Task timed out after 3.00 seconds"), "{payload}");
}

#[test]
fn lam_lc_01_an_init_that_ends_is_begun_again() {
    let mut bench = Bench::with(json!({}));
    let call = bench.invoke("{}");
    let first = bench.last();
    bench.event(first, WorkloadEvent::Exited { code: 1 });
    let second = bench.last();
    assert_ne!(first, second);
    bench.event(second, WorkloadEvent::Exited { code: 1 });
    let payload = bench.reply(call)["Payload"].as_str().unwrap().to_owned();
    assert!(payload.contains("Runtime exited with error: exit status 1"), "{payload}");
    assert_eq!(bench.launched.len(), 2);
}

#[test]
fn lam_lc_02_a_timeout_is_between_1_and_900_seconds_and_3_by_itself() {
    let mut bench = Bench::with(json!({}));
    let shown = bench.ok("GetFunctionConfiguration", json!({"FunctionName": "f"}));
    assert_eq!(shown["Timeout"], 3);
    let mut input = super::creation("g");
    input["Timeout"] = json!(901);
    let (code, message) = bench.refused("CreateFunction", input);
    assert_eq!(code, "ValidationException");
    assert!(message.contains("'timeout'"), "{message}");
}

#[test]
fn lam_lc_03_a_run_that_takes_too_long() {
    let mut bench = Bench::with(json!({"Timeout": 1}));
    let call = bench.invoke("{}");
    let process = bench.last();
    bench.later_ms(5_000);
    let (id, _) = bench.next(process);
    bench.later_ms(999);
    assert!(!bench.replies.contains_key(&call), "the init does not count");
    bench.later_ms(1);
    let reply = bench.reply(call);
    let expected = json!({"errorType": "Sandbox.Timedout", "errorMessage":
        format!("RequestId: {id} Error: Task timed out after 1.00 seconds")});
    assert_eq!((&reply["StatusCode"], &reply["FunctionError"]), (&json!(200), &json!("Unhandled")));
    assert_eq!(reply["Payload"], expected.to_string());
    assert_eq!(bench.killed, [process]);
    assert!(bench.lines.iter().any(|line| line.ends_with("Status: timeout")), "{:?}", bench.lines);
}

#[test]
fn lam_lc_04_after_a_timeout_the_process_is_new_and_its_files_are_not() {
    use standin_kernel::workload::WorkloadKind;
    let mut bench = Bench::with(json!({"Timeout": 1}));
    let call = bench.invoke("{}");
    let process = bench.last();
    bench.next(process);
    bench.later_ms(1_000);
    bench.reply(call);
    bench.invoke("{}");
    let scratch = |at: usize| match &bench.launched[at].kind {
        WorkloadKind::Function(spec) => spec.scratch.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(bench.launched.len(), 2);
    assert_eq!(scratch(0), scratch(1));
}

#[test]
fn lam_lc_05_one_after_the_other_reuses_a_process_and_two_at_once_are_two() {
    let mut bench = Bench::with(json!({}));
    for turn in 0..3 {
        let call = bench.invoke("{}");
        let process = bench.last();
        let (id, _) = bench.next(process);
        bench.responds(process, &id, &turn.to_string());
        bench.reply(call);
    }
    assert_eq!(bench.launched.len(), 1);
    bench.invoke("{}");
    bench.invoke("{}");
    assert_eq!(bench.launched.len(), 2);
}

#[test]
fn an_environment_without_work_ends() {
    let mut bench = Bench::with(json!({}));
    bench.invoke("{}");
    let process = bench.last();
    let (id, _) = bench.next(process);
    bench.responds(process, &id, "1");
    bench.waits(process);
    bench.later_ms(599_999);
    assert!(bench.killed.is_empty());
    bench.later_ms(1);
    assert_eq!(bench.killed, [process]);
}

#[test]
fn new_code_is_run_by_new_processes() {
    let mut bench = Bench::with(json!({}));
    bench.invoke("{}");
    let process = bench.last();
    let (id, _) = bench.next(process);
    bench.responds(process, &id, "1");
    bench.waits(process);
    let change = json!({"FunctionName": "f", "Description": "other"});
    bench.ok("UpdateFunctionConfiguration", change);
    assert_eq!(bench.killed, [process]);
}

#[test]
fn lam_lc_06_without_extensions_there_is_no_time_to_shut_down() {
    let mut bench = Bench::with(json!({}));
    bench.invoke("{}");
    let process = bench.last();
    let (id, _) = bench.next(process);
    bench.responds(process, &id, "1");
    bench.waits(process);
    bench.ok("DeleteFunction", json!({"FunctionName": "f"}));
    // The bench takes SIGKILL only.
    assert_eq!(bench.killed, [process]);
}

#[test]
fn lam_lc_07_the_lines_about_a_run() {
    let mut bench = Bench::with(json!({}));
    for _ in 0..2 {
        bench.invoke("{}");
        let process = bench.last();
        bench.later_ms(120);
        let (id, _) = bench.next(process);
        bench.later_ms(30);
        bench.responds(process, &id, "1");
    }
    let reports: Vec<_> = bench.lines.iter().filter(|line| line.starts_with("REPORT")).collect();
    let times = "\tDuration: 30.00 ms\tBilled Duration: 150 ms\t";
    let cold = format!("{times}Memory Size: 128 MB\tInit Duration: 120.00 ms");
    assert!(reports[0].ends_with(&cold), "{reports:?}");
    assert!(
        reports[1].contains("\tDuration: ") && !reports[1].contains("Init Duration"),
        "{reports:?}"
    );
    let starts = bench.lines.iter().filter(|line| line.starts_with("START RequestId: "));
    assert_eq!(starts.filter(|line| line.ends_with(" Version: $LATEST")).count(), 2);
    let ends = bench.lines.iter().filter(|line| line.starts_with("END RequestId: "));
    assert_eq!(ends.count(), 2);
}

#[test]
fn lam_lc_08_memory_is_between_128_and_10240() {
    let mut bench = Bench::new();
    for memory in [127, 10_241] {
        let mut input = super::creation("f");
        input["MemorySize"] = json!(memory);
        let (code, message) = bench.refused("CreateFunction", input);
        assert_eq!(code, "ValidationException");
        assert!(message.contains("'memorySize'"), "{message}");
    }
}

#[test]
fn lam_lc_09_a_new_function_is_pending_first() {
    let mut bench = Bench::new();
    let created = bench.ok("CreateFunction", super::creation("f"));
    assert_eq!(
        (&created["State"], &created["StateReasonCode"]),
        (&json!("Pending"), &json!("Creating"))
    );
    let (code, message) = bench.refused("Invoke", json!({"FunctionName": "f"}));
    assert_eq!(code, "ResourceConflictException");
    assert!(message.ends_with("following state: Pending"), "{message}");
    bench.later_ms(20);
    let shown = bench.ok("GetFunction", json!({"FunctionName": "f"}))["Configuration"].clone();
    assert_eq!(
        (&shown["State"], &shown["LastUpdateStatus"]),
        (&json!("Active"), &json!("Successful"))
    );
}
