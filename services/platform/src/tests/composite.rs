//! Composite alarms.

use standin_kernel::{Value, json};

use super::{Bench, Resource};

const ARN: &str = "arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:";

/// A bench with the metric alarms `a` and `b`, without data.
fn bench() -> Bench {
    let mut bench = Bench::new();
    for name in ["a", "b"] {
        let alarm = json!({
            "AlarmName": name, "Namespace": "Diary", "MetricName": name, "Statistic": "Sum",
            "Period": 60, "EvaluationPeriods": 1, "Threshold": 5,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "ignore",
        });
        bench.ok("PutMetricAlarm", alarm);
    }
    bench
}

fn put(bench: &mut Bench, name: &str, rule: &str) {
    bench.ok("PutCompositeAlarm", json!({"AlarmName": name, "AlarmRule": rule}));
}

fn set(bench: &mut Bench, name: &str, state: &str) {
    let input = json!({"AlarmName": name, "StateValue": state, "StateReason": "a test"});
    bench.ok("SetAlarmState", input);
}

fn seen(bench: &mut Bench, name: &str) -> Value {
    let input = json!({"AlarmNames": [name], "AlarmTypes": ["CompositeAlarm"]});
    bench.ok("DescribeAlarms", input)["CompositeAlarms"][0].clone()
}

fn state(bench: &mut Bench, name: &str) -> String {
    seen(bench, name)["StateValue"].as_str().unwrap().to_owned()
}

#[test]
fn cw_ca_03_a_composite_alarm_is_evaluated_at_once_and_never_lacks_data() {
    let mut bench = bench();
    put(&mut bench, "c", "ALARM(a) OR ALARM(b)");
    let first = seen(&mut bench, "c");
    assert_eq!(first["StateValue"], "OK");
    let reason = format!("{ARN}c was created and its alarm rule evaluates to OK");
    assert_eq!(first["StateReason"], json!(reason));
    put(&mut bench, "c", "INSUFFICIENT_DATA(a)");
    let second = seen(&mut bench, "c");
    assert_eq!(second["StateValue"], "ALARM");
    let reason = format!("{ARN}c was updated and its alarm rule evaluates to ALARM");
    assert_eq!(second["StateReason"], json!(reason));
}

#[test]
fn cw_ca_04_it_changes_when_a_child_does_and_says_which() {
    let mut bench = bench();
    put(&mut bench, "c", &format!("ALARM(\"a\") AND NOT ALARM({ARN}b)"));
    bench.later(1);
    set(&mut bench, "a", "ALARM");
    let alarm = seen(&mut bench, "c");
    assert_eq!(alarm["StateValue"], "ALARM");
    let reason = format!("{ARN}a transitioned to ALARM at Friday 15 January, 2027 08:00:01 UTC");
    assert_eq!(alarm["StateReason"], json!(reason));
    let data: Value = serde_json::from_str(alarm["StateReasonData"].as_str().unwrap()).unwrap();
    assert_eq!(data["triggeringAlarms"][0]["arn"], json!(format!("{ARN}a")));
    assert_eq!(data["triggeringAlarms"][0]["state"]["value"], "ALARM");
    set(&mut bench, "b", "ALARM");
    assert_eq!(state(&mut bench, "c"), "OK");
}

#[test]
fn cw_ca_04_a_change_goes_up_through_composite_alarms_each_judged_once() {
    let mut bench = bench();
    // By name the parents stand before their children.
    put(&mut bench, "z", "ALARM(a)");
    put(&mut bench, "y", "OK(z)");
    put(&mut bench, "x", "ALARM(y) OR ALARM(z)");
    assert_eq!(state(&mut bench, "x"), "ALARM");
    bench.log.clear();
    set(&mut bench, "a", "ALARM");
    assert_eq!(["x", "y", "z"].map(|name| state(&mut bench, name)), ["ALARM", "OK", "ALARM"]);
    // One of the children of `x` is in ALARM before and after: it never turns between.
    assert!(!bench.log.iter().any(|line| line.contains("alarm x")), "{:?}", bench.log);
}

#[test]
fn cw_ca_04_a_metric_alarm_that_is_evaluated_carries_it_along() {
    let mut bench = bench();
    put(&mut bench, "c", "ALARM(a)");
    let data = json!([{"MetricName": "a", "Value": 9}]);
    bench.ok("PutMetricData", json!({"Namespace": "Diary", "MetricData": data}));
    bench.pass(bench.now + standin_kernel::Duration::from_secs(61));
    assert_eq!(state(&mut bench, "c"), "ALARM");
    bench.restart();
    assert_eq!(state(&mut bench, "c"), "ALARM");
}

#[test]
fn cw_ca_05_what_leads_back_to_itself_is_not_evaluated() {
    let mut bench = bench();
    put(&mut bench, "c", "ALARM(a)");
    put(&mut bench, "d", "ALARM(c)");
    put(&mut bench, "e", "ALARM(d)");
    put(&mut bench, "c", "ALARM(d) OR ALARM(a)");
    assert!(bench.log.iter().any(|line| line.contains("leads back to itself")));
    set(&mut bench, "a", "ALARM");
    assert_eq!(["c", "d", "e"].map(|name| state(&mut bench, name)), ["OK"; 3]);
    for name in ["c", "d"] {
        let (code, _) = bench.refused("DeleteAlarms", json!({"AlarmNames": [name]}));
        assert_eq!(code, "ValidationError", "{name}");
    }
    // The way out that AWS names.
    put(&mut bench, "c", "FALSE");
    set(&mut bench, "a", "OK");
    for name in ["e", "d", "c"] {
        bench.ok("DeleteAlarms", json!({"AlarmNames": [name]}));
    }
}

#[test]
fn cw_ca_06_composite_alarms_are_shown_to_whom_asks_for_them() {
    let mut bench = bench();
    put(&mut bench, "c", "ALARM(a) OR ALARM(b)");
    put(&mut bench, "d", "ALARM(c)");
    let names = |bench: &mut Bench, input: Value| -> Vec<String> {
        let shown = bench.ok("DescribeAlarms", input);
        let all = ["MetricAlarms", "CompositeAlarms"].map(|list| shown[list].clone());
        let all = all.iter().flat_map(|list| list.as_array().unwrap().clone());
        all.map(|one| one["AlarmName"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&mut bench, json!({})), ["a", "b"]);
    let both = json!({"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]});
    assert_eq!(names(&mut bench, both), ["a", "b", "c", "d"]);
    assert_eq!(names(&mut bench, json!({"ChildrenOfAlarmName": "c"})), ["a", "b"]);
    assert_eq!(names(&mut bench, json!({"ParentsOfAlarmName": "c"})), ["d"]);
    let none = json!({"ChildrenOfAlarmName": "none"});
    assert_eq!(bench.code("DescribeAlarms", none), "ResourceNotFound");
    let composite = json!({"AlarmTypes": ["CompositeAlarm"]});
    let history = bench.ok("DescribeAlarmHistory", composite);
    assert_eq!(history["AlarmHistoryItems"][0]["AlarmType"], "CompositeAlarm");
    let history = bench.ok("DescribeAlarmHistory", json!({"AlarmName": "c"}));
    assert_eq!(history["AlarmHistoryItems"], json!([]));
}

#[test]
fn cw_ca_07_an_alarm_that_a_rule_names_stays() {
    let mut bench = bench();
    put(&mut bench, "c", "ALARM(a) OR ALARM(b)");
    let (code, message) = bench.refused("DeleteAlarms", json!({"AlarmNames": ["a"]}));
    assert_eq!(code, "ValidationError");
    assert_eq!(message, "Cannot delete a as there are composite alarm(s) depending on it.");
    let (_, message) = bench.refused("DeleteAlarms", json!({"AlarmNames": ["a", "b"]}));
    assert_eq!(message, "Cannot delete a,b as there are composite alarm(s) depending on them.");
    bench.ok("DeleteAlarms", json!({"AlarmNames": ["a", "b", "c"]}));
}

#[test]
fn cw_ca_08_a_rule_names_alarms_that_are_there() {
    let mut bench = bench();
    let mut wrong = |more: Value| {
        let mut input = json!({"AlarmName": "c", "AlarmRule": "TRUE"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        bench.refused("PutCompositeAlarm", input)
    };
    let (code, message) = wrong(json!({"AlarmRule": "ALARM(a) OR ALARM(x) OR ALARM(y)"}));
    assert_eq!(code, "ValidationError");
    assert_eq!(
        message,
        "Could not save the composite alarm as alarms [x, y] in the alarm rule do not exist"
    );
    let elsewhere = "ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:a)";
    assert!(wrong(json!({"AlarmRule": elsewhere})).1.contains("do not exist"));
    let (_, message) = wrong(json!({"AlarmRule": "()"}));
    assert_eq!(message, "Error in AlarmRule [Unsupported token ')' at char 1]");
    assert!(wrong(json!({"AlarmName": "a"})).1.contains("metric alarm"));
    assert!(wrong(json!({"ActionsSuppressor": "a"})).1.contains("ActionsSuppressor"));
    put(&mut bench, "c", "TRUE");
    let input = json!({
        "AlarmName": "c", "Namespace": "Diary", "MetricName": "c", "Statistic": "Sum",
        "Period": 60, "EvaluationPeriods": 1, "Threshold": 5,
        "ComparisonOperator": "GreaterThanThreshold",
    });
    assert!(bench.refused("PutMetricAlarm", input).1.contains("composite alarm"));
}

#[test]
fn cw_ca_09_its_actions_are_functions_too() {
    let mut bench = bench();
    let function = "arn:aws:lambda:ap-northeast-1:123456789012:function:close";
    let input = json!({"AlarmName": "c", "AlarmRule": "ALARM(a)", "AlarmActions": [function]});
    bench.ok("PutCompositeAlarm", input);
    set(&mut bench, "a", "ALARM");
    let (ticket, call) = bench.calls.pop().unwrap();
    assert_eq!(call["FunctionName"], function);
    let event: Value = serde_json::from_str(call["Payload"].as_str().unwrap()).unwrap();
    assert_eq!(event["alarmData"]["configuration"]["alarmRule"], "ALARM(a)");
    assert_eq!(event["alarmData"]["state"]["value"], "ALARM");
    bench.with(|platform, cx| {
        standin_kernel::Service::reply(platform, cx, ticket, Ok(json!({})));
    });
    bench.ok("DisableAlarmActions", json!({"AlarmNames": ["c"]}));
    set(&mut bench, "a", "OK");
    set(&mut bench, "a", "ALARM");
    assert!(bench.calls.is_empty());
}

#[test]
fn a_composite_alarm_is_made_by_a_stack_changed_and_deleted() {
    let mut bench = bench();
    let rule = |rule: &str| json!({"AlarmRule": rule, "Tags": [{"Key": "rule", "Value": rule}]});
    let kind = "AWS::CloudWatch::CompositeAlarm";
    let mut made = Resource::new(kind, "Any", rule("ALARM(a)")).create(&mut bench);
    let arn = format!("{ARN}Stack-Any-1AB2C3D4E5F6");
    assert_eq!(made.attribute("Arn"), &json!(arn));
    made.update(&mut bench, rule("OK(a)"));
    let name = made.id().to_owned();
    assert_eq!(seen(&mut bench, &name)["AlarmRule"], "OK(a)");
    let tags = bench.ok("cloudwatch:ListTagsForResource", json!({"ResourceARN": arn}));
    assert_eq!(tags["Tags"][0]["Value"], "OK(a)");
    made.delete(&mut bench);
    assert_eq!(seen(&mut bench, &name), Value::Null);
    let missing = Resource::new(kind, "Any", rule("ALARM(none)")).fails(&mut bench);
    assert!(missing.contains("do not exist"), "{missing}");
}
