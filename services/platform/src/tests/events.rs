//! Rules that follow a schedule.

use standin_kernel::{Time, Value, json};

use super::{Bench, Resource};

const FUNCTION: &str = "arn:aws:lambda:ap-northeast-1:123456789012:function:tick";
const RULE: &str = "arn:aws:events:ap-northeast-1:123456789012:rule/tick";

/// 2027-01-15T08:00:00Z, where the bench begins.
const START: u64 = 1_800_000_000;

fn rule(expression: &str) -> Value {
    json!({
        "Name": "tick", "ScheduleExpression": expression,
        "Targets": [{"Id": "one", "Arn": FUNCTION}, {"Id": "two", "Arn": FUNCTION,
            "Input": "{\"a\":1}"}],
    })
}

#[test]
fn evr_ex_01_a_schedule_is_for_the_default_bus_only() {
    let mut bench = Bench::new();
    let input = json!({"Name": "a", "ScheduleExpression": "rate(1 hour)", "EventBusName": "own"});
    let (code, message) = bench.refused("PutRule", input);
    assert_eq!(code, "ValidationException");
    assert_eq!(message, "ScheduleExpression is supported only on the default event bus.");
}

#[test]
fn evr_ex_02_what_is_no_expression_is_refused() {
    let mut bench = Bench::new();
    for wrong in ["rate(1 hours)", "rate(5 minute)", "cron(INVALID)", "at(2031-01-01T00:00:00)"] {
        let input = json!({"Name": "a", "ScheduleExpression": wrong});
        let (code, message) = bench.refused("PutRule", input);
        assert_eq!(code, "ValidationException", "{wrong}");
        assert_eq!(message, "Parameter ScheduleExpression is not valid.");
    }
}

#[test]
fn evr_ex_03_evr_ex_04_targets_get_the_event_or_their_own_input() {
    let mut bench = Bench::new();
    let mut made = Resource::new("AWS::Events::Rule", "Tick", rule("rate(5 minutes)"));
    made = made.create(&mut bench);
    assert_eq!((made.id(), made.attribute("Arn")), ("tick", &json!(RULE)));
    bench.pass(Time::from_seconds(START + 299));
    assert_eq!(bench.calls.len(), 0);
    bench.pass(Time::from_seconds(START + 300));
    let [(_, one), (_, two)] = bench.calls.as_slice() else { panic!("{:?}", bench.calls) };
    let event: Value = serde_json::from_str(one["Payload"].as_str().unwrap()).unwrap();
    assert_eq!(event["detail"], json!({}));
    assert_eq!((&event["source"], &event["resources"]), (&json!("aws.events"), &json!([RULE])));
    assert_eq!(event["time"], "2027-01-15T08:05:00Z");
    assert_eq!(two["Payload"], r#"{"a":1}"#);
    assert_eq!(one["Standin"]["Principal"], "events.amazonaws.com");

    let mut changed = rule("rate(5 minutes)");
    changed["State"] = json!("DISABLED");
    changed["Targets"].as_array_mut().unwrap().pop();
    made.update(&mut bench, changed);
    let listed = bench.ok("ListTargetsByRule", json!({"Rule": "tick"}));
    assert_eq!(listed["Targets"].as_array().unwrap().len(), 1);
    bench.pass(Time::from_seconds(START + 3000));
    assert_eq!(bench.calls.len(), 2, "a rule that is off calls nobody");
    assert_eq!(bench.code("DeleteRule", json!({"Name": "tick"})), "ValidationException");
    made.delete(&mut bench);
    assert_eq!(bench.code("DescribeRule", json!({"Name": "tick"})), "ResourceNotFoundException");
}

#[test]
fn a_rule_goes_on_after_a_restart() {
    let mut bench = Bench::new();
    bench.ok("PutRule", json!({"Name": "tick", "ScheduleExpression": "cron(0 9 * * ? *)"}));
    let targets = json!({"Rule": "tick", "Targets": [{"Id": "one", "Arn": FUNCTION}]});
    bench.ok("PutTargets", targets);
    bench.restart();
    bench.pass(Time::from_seconds(START + 3600));
    assert_eq!(bench.calls.len(), 1);
}
