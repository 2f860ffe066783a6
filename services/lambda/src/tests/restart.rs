//! What a restart keeps: functions and events; what it does not: environments.

use standin_kernel::control::Record;
use standin_kernel::{Service, json};

use super::Bench;

#[test]
fn functions_and_events_come_back() {
    let mut bench = Bench::with(json!({}));
    bench.ok("PublishVersion", json!({"FunctionName": "f"}));
    bench.ok("CreateFunctionUrlConfig", json!({"FunctionName": "f", "AuthType": "NONE"}));
    let before = bench.ok("GetFunction", json!({"FunctionName": "f"}));
    let event = json!({"FunctionName": "f", "InvocationType": "Event", "Payload": "{\"n\":1}"});
    bench.ok("Invoke", event);
    bench.restart();
    assert_eq!(bench.ok("GetFunction", json!({"FunctionName": "f"})), before);
    bench.ok("GetFunctionUrlConfig", json!({"FunctionName": "f"}));
    bench.later_ms(1);
    let process = bench.last();
    assert_eq!(bench.next(process).1, "{\"n\":1}");
}

#[test]
fn a_record_that_cannot_be_read_is_told() {
    let mut bench = Bench::new();
    for kind in ["function", "event", "other"] {
        let document = Some(json!({"name": 7}));
        let record = Record { kind: kind.into(), id: "1".into(), document };
        assert!(bench.lambda.restore(&record).is_err());
    }
}
