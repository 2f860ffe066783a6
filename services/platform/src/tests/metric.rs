//! Metrics that are put and asked for, and alarms on them.

use standin_kernel::{Duration, Time, Value, json};

use super::Bench;

/// The beginning of a minute.
const START: u64 = 1_800_000_000;

/// A bench at the beginning of a minute.
fn bench() -> Bench {
    let mut bench = Bench::new();
    assert_eq!(START % 60, 0);
    bench.now = Time::from_seconds(START);
    bench
}

fn put(bench: &mut Bench, value: f64) {
    let data = json!([{"MetricName": "Errors", "Value": value, "Unit": "Count"}]);
    bench.ok("PutMetricData", json!({"Namespace": "Diary", "MetricData": data}));
}

fn after(seconds: u64) -> Time {
    Time::from_seconds(START + seconds)
}

fn with(mut object: Value, more: Value) -> Value {
    if let (Value::Object(members), Value::Object(more)) = (&mut object, more) {
        members.extend(more);
    }
    object
}

fn alarm(more: Value) -> Value {
    let alarm = json!({
        "AlarmName": "errors", "Namespace": "Diary", "MetricName": "Errors", "Statistic": "Sum",
        "Period": 60, "EvaluationPeriods": 1, "Threshold": 5,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching",
    });
    with(alarm, more)
}

fn seen(bench: &mut Bench) -> Value {
    bench.ok("DescribeAlarms", json!({}))["MetricAlarms"][0].clone()
}

fn state(bench: &mut Bench) -> String {
    seen(bench)["StateValue"].as_str().unwrap().to_owned()
}

fn query(id: &str, more: Value) -> Value {
    with(json!({"Id": id}), more)
}

fn measure(id: &str, name: &str, stat: &str, period: u32) -> Value {
    let metric = json!({"Namespace": "Diary", "MetricName": name});
    query(id, json!({"MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}))
}

fn ask(bench: &mut Bench, queries: Value) -> Value {
    let mut input = json!({
        "StartTime": START, "EndTime": "2027-01-15T08:10:00Z", "ScanBy": "TimestampAscending",
    });
    input["MetricDataQueries"] = queries;
    bench.ok("GetMetricData", input)["MetricDataResults"].clone()
}

#[test]
fn cw_mt_01_a_metric_is_its_namespace_its_name_and_its_dimensions() {
    let mut bench = bench();
    let dimensions =
        |value: &str| json!([{"Name": "B", "Value": value}, {"Name": "A", "Value": "1"}]);
    let data = json!([
        {"MetricName": "Errors", "Value": 1, "Dimensions": dimensions("x")},
        {"MetricName": "Errors", "Value": 2, "Dimensions": dimensions("y")},
        {"MetricName": "Errors", "Value": 4},
    ]);
    bench.ok("PutMetricData", json!({"Namespace": "Diary", "MetricData": data}));
    let list = |bench: &mut Bench, input: Value| {
        bench.ok("ListMetrics", input)["Metrics"].as_array().unwrap().len()
    };
    assert_eq!(list(&mut bench, json!({"Namespace": "Diary"})), 3);
    assert_eq!(list(&mut bench, json!({"Dimensions": [{"Name": "B"}]})), 2);
    assert_eq!(list(&mut bench, json!({"Dimensions": [{"Name": "B", "Value": "y"}]})), 1);
    assert_eq!(list(&mut bench, json!({"MetricName": "Other"})), 0);
    bench.later(4 * 60 * 60);
    assert_eq!(list(&mut bench, json!({"RecentlyActive": "PT3H"})), 0);
    let statistics = bench.ok(
        "GetMetricStatistics",
        json!({
            "Namespace": "Diary", "MetricName": "Errors", "Dimensions": dimensions("y"),
            "StartTime": START, "EndTime": START + 60, "Period": 60, "Statistics": ["Sum"],
        }),
    );
    let point = json!({"Timestamp": "2027-01-15T08:00:00.000Z", "Sum": 2.0, "Unit": "None"});
    assert_eq!(statistics["Datapoints"], json!([point]));
}

#[test]
fn cw_mt_02_what_is_no_datum_is_refused() {
    let mut bench = bench();
    let mut code = |namespace: &str, datum: Value| {
        bench.code("PutMetricData", json!({"Namespace": namespace, "MetricData": [datum]}))
    };
    let datum = json!({"MetricName": "a", "Value": 1});
    assert_eq!(code("AWS/ELB", datum.clone()), "InvalidParameterValue");
    assert_eq!(code("", datum), "InvalidParameterValue");
    let with = |more: Value| query("x", more);
    for (more, wanted) in [
        (json!({"MetricName": "a"}), "InvalidParameterCombination"),
        (json!({"MetricName": "a", "Value": 1, "Values": [1]}), "InvalidParameterCombination"),
        (
            json!({"MetricName": "a", "Values": [1], "Counts": [1, 2]}),
            "InvalidParameterCombination",
        ),
        (json!({"MetricName": "a", "Values": [1], "Counts": [0]}), "InvalidParameterValue"),
        (json!({"MetricName": "a", "Value": 1, "Unit": "Apples"}), "InvalidParameterValue"),
        (
            json!({"MetricName": "a", "Value": 1, "Timestamp": START + 9000}),
            "InvalidParameterValue",
        ),
        (json!({"MetricName": "a", "Value": 1, "StorageResolution": 5}), "InvalidParameterValue"),
        (json!({"MetricName": "", "Value": 1}), "InvalidParameterValue"),
    ] {
        let mut datum = with(more);
        datum.as_object_mut().unwrap().remove("Id");
        assert_eq!(code("Diary", datum.clone()), wanted, "{datum}");
    }
}

#[test]
fn cw_mt_03_data_are_joined_by_periods() {
    let mut bench = bench();
    for value in [1.0, 2.0, 3.0] {
        put(&mut bench, value);
        bench.later(40);
    }
    let results = ask(&mut bench, json!([measure("m1", "Errors", "Sum", 60)]));
    assert_eq!(results[0]["Values"], json!([3.0, 3.0]));
    assert_eq!(results[0]["Timestamps"][1], "2027-01-15T08:01:00.000Z");
    assert_eq!(
        (&results[0]["Label"], &results[0]["StatusCode"]),
        (&json!("Errors"), &json!("Complete"))
    );
    let results = ask(&mut bench, json!([measure("m1", "Errors", "p100", 300)]));
    assert_eq!(results[0]["Values"], json!([3.0]));
    let wrong = json!([measure("m1", "Errors", "Sum", 61)]);
    let input = json!({"MetricDataQueries": wrong, "StartTime": START, "EndTime": START + 60});
    assert_eq!(bench.code("GetMetricData", input), "ValidationError");
}

#[test]
fn cw_mm_01_expressions_refer_to_metrics_and_to_each_other() {
    let mut bench = bench();
    put(&mut bench, 5.0);
    let data = json!([{"MetricName": "Requests", "Value": 50}]);
    bench.ok("PutMetricData", json!({"Namespace": "Diary", "MetricData": data}));
    let hidden = |mut query: Value| {
        query["ReturnData"] = json!(false);
        query
    };
    let queries = json!([
        query("rate", json!({"Expression": "share * 100", "Label": "error rate"})),
        hidden(query("share", json!({"Expression": "m1 / m2"}))),
        hidden(measure("m1", "Errors", "Sum", 60)),
        hidden(measure("m2", "Requests", "Sum", 60)),
    ]);
    let results = ask(&mut bench, queries);
    assert_eq!(results.as_array().unwrap().len(), 1);
    assert_eq!(
        (&results[0]["Values"], &results[0]["Label"]),
        (&json!([10.0]), &json!("error rate"))
    );
    let round = json!([
        query("a", json!({"Expression": "b + 1"})),
        query("b", json!({"Expression": "a + 1"})),
    ]);
    let input = json!({"MetricDataQueries": round, "StartTime": START, "EndTime": START + 60});
    let (code, message) = bench.refused("GetMetricData", input);
    assert_eq!(code, "ValidationError");
    assert!(message.contains("a, b"), "{message}");
}

#[test]
fn cw_mt_06_metrics_and_states_survive_a_restart_and_metrics_are_kept_a_day() {
    let mut bench = bench();
    bench.ok("PutMetricAlarm", alarm(json!({})));
    put(&mut bench, 7.0);
    bench.pass(after(90));
    assert_eq!(state(&mut bench), "ALARM");
    bench.restart();
    assert_eq!(state(&mut bench), "ALARM");
    let results = ask(&mut bench, json!([measure("m1", "Errors", "Sum", 60)]));
    assert_eq!(results[0]["Values"], json!([7.0]));
    bench.pass(after(400));
    assert_eq!(state(&mut bench), "OK", "alarms are looked at after a restart");
    bench.pass(after(86_500));
    put(&mut bench, 1.0);
    let data = bench.records.keys().filter(|(kind, _)| kind == "cloudwatch.data");
    assert_eq!(data.count(), 1);
    let results = ask(&mut bench, json!([measure("m1", "Errors", "Sum", 60)]));
    assert_eq!(results[0]["Values"], json!([]));
}

#[test]
fn cw_al_01_cw_al_04_an_alarm_is_looked_at_every_minute() {
    let mut bench = bench();
    bench.later(20);
    bench.ok("PutMetricAlarm", alarm(json!({})));
    assert_eq!(seen(&mut bench)["StateReason"], "Unchecked: Initial alarm creation");
    put(&mut bench, 5.0);
    bench.pass(after(60));
    assert_eq!(state(&mut bench), "INSUFFICIENT_DATA");
    bench.pass(after(61));
    let alarm = seen(&mut bench);
    assert_eq!(alarm["StateValue"], "ALARM");
    assert_eq!(
        alarm["StateReason"],
        "Threshold Crossed: 1 datapoint [5.0 (15/01/27 08:00:00)] was greater than or equal to \
         the threshold (5.0) (minimum 1 datapoint for INSUFFICIENT_DATA -> ALARM transition)."
    );
    assert_eq!(alarm["StateUpdatedTimestamp"], "2027-01-15T08:01:01.000Z");
    // The datum stands in for two missing ones, then it is out of the range.
    bench.pass(after(239));
    assert_eq!(state(&mut bench), "ALARM");
    bench.pass(after(241));
    assert_eq!(state(&mut bench), "OK");
    assert!(bench.log.iter().any(|line| line.starts_with("alarm errors: ALARM -> OK: ")));
}

#[test]
fn cw_al_02_longer_periods_slide_minute_by_minute() {
    let mut bench = bench();
    bench.ok("PutMetricAlarm", alarm(json!({"Period": 300})));
    bench.pass(after(130));
    put(&mut bench, 3.0);
    bench.pass(after(190));
    assert_eq!(state(&mut bench), "OK");
    put(&mut bench, 3.0);
    bench.pass(after(241));
    assert_eq!(state(&mut bench), "ALARM");
}

#[test]
fn cw_al_01_short_periods_are_looked_at_every_ten_seconds() {
    let mut bench = bench();
    bench.ok("PutMetricAlarm", alarm(json!({"Period": 10})));
    let data = json!([{"MetricName": "Errors", "Value": 9, "StorageResolution": 1}]);
    bench.ok("PutMetricData", json!({"Namespace": "Diary", "MetricData": data}));
    bench.pass(after(11));
    assert_eq!(state(&mut bench), "ALARM");
    bench.pass(after(45));
    assert_eq!(state(&mut bench), "OK");
}

#[test]
fn cw_al_07_an_alarm_may_watch_an_expression() {
    let mut bench = bench();
    let mut watched = measure("m1", "Errors", "Sum", 60);
    watched["ReturnData"] = json!(false);
    let metrics = json!([watched, query("twice", json!({"Expression": "FILL(m1, 0) * 2"}))]);
    let mut input = alarm(json!({"Metrics": metrics}));
    for name in ["Namespace", "MetricName", "Statistic", "Period"] {
        input.as_object_mut().unwrap().remove(name);
    }
    bench.ok("PutMetricAlarm", input.clone());
    put(&mut bench, 3.0);
    bench.pass(after(61));
    assert_eq!(state(&mut bench), "ALARM");
    bench.pass(after(121));
    assert_eq!(state(&mut bench), "OK");
    input["Metrics"][0]["ReturnData"] = json!(true);
    assert_eq!(bench.code("PutMetricAlarm", input.clone()), "ValidationError");
    input["Metrics"] = json!([query("band", json!({"Expression": "SEARCH('x', 'Sum')"}))]);
    bench.ok("PutMetricAlarm", input);
    assert!(
        bench.log.iter().any(|line| line.contains("SEARCH is not supported")),
        "{:?}",
        bench.log
    );
}

#[test]
fn cw_al_10_a_function_is_called_and_other_actions_have_no_effect() {
    let mut bench = bench();
    let function = "arn:aws:lambda:ap-northeast-1:123456789012:function:switch";
    let topic = "arn:aws:sns:ap-northeast-1:123456789012:ops";
    bench.ok("PutMetricAlarm", alarm(json!({"AlarmActions": [topic, function]})));
    assert!(bench.log[0].contains("has no effect here"), "{:?}", bench.log);
    put(&mut bench, 5.0);
    bench.pass(after(61));
    let (ticket, call) = bench.calls.pop().unwrap();
    assert!(bench.calls.is_empty());
    assert_eq!(call["FunctionName"], function);
    assert_eq!(call["Standin"]["Principal"], "lambda.alarms.cloudwatch.amazonaws.com");
    let event: Value = serde_json::from_str(call["Payload"].as_str().unwrap()).unwrap();
    assert_eq!(event["source"], "aws.cloudwatch");
    let data = &event["alarmData"];
    assert_eq!(data["state"]["value"], "ALARM");
    assert_eq!(data["previousState"]["value"], "OK");
    let stat = &data["configuration"]["metrics"][0]["metricStat"];
    assert_eq!((&stat["metric"]["name"], &stat["stat"]), (&json!("Errors"), &json!("Sum")));
    bench.with(|platform, cx| {
        use standin_kernel::Service;
        platform.reply(cx, ticket, Ok(json!({})));
    });
    let history = bench.ok("DescribeAlarmHistory", json!({"AlarmName": "errors"}));
    let items = history["AlarmHistoryItems"].as_array().unwrap();
    let summaries: Vec<&str> =
        items.iter().map(|item| item["HistorySummary"].as_str().unwrap()).collect();
    assert!(summaries[0].starts_with("Successfully executed action arn:aws:lambda"));
    assert!(summaries.contains(&"Alarm updated from OK to ALARM"));
    assert_eq!(*summaries.last().unwrap(), "Alarm \"errors\" created");
    let only = json!({"HistoryItemType": "StateUpdate", "ScanBy": "TimestampAscending"});
    let history = bench.ok("DescribeAlarmHistory", only);
    assert_eq!(history["AlarmHistoryItems"].as_array().unwrap().len(), 2);
}

#[test]
fn cw_mt_07_too_many_points_are_refused() {
    let mut bench = bench();
    let statistics = json!({
        "Namespace": "Diary", "MetricName": "Errors", "StartTime": START,
        "EndTime": START + 2000 * 60, "Period": 60, "Statistics": ["Sum"],
    });
    let (code, message) = bench.refused("GetMetricStatistics", statistics);
    assert_eq!(code, "InvalidParameterCombination");
    assert!(message.contains("2000") && message.contains("1440"), "{message}");
    let queries = json!([measure("m1", "Errors", "Sum", 1)]);
    let end = START + 100_900;
    let data = json!({"MetricDataQueries": queries, "StartTime": START, "EndTime": end});
    assert_eq!(bench.code("GetMetricData", data), "ValidationError");
}

#[test]
fn cw_al_12_a_state_that_is_set_lasts_until_the_next_look() {
    let mut bench = bench();
    let function = "arn:aws:lambda:ap-northeast-1:123456789012:function:switch";
    bench.ok("PutMetricAlarm", alarm(json!({"AlarmActions": [function]})));
    let set = json!({"AlarmName": "errors", "StateValue": "ALARM", "StateReason": "a drill"});
    bench.ok("SetAlarmState", set.clone());
    assert_eq!((state(&mut bench), bench.calls.len()), ("ALARM".to_owned(), 1));
    assert_eq!(seen(&mut bench)["StateReason"], "a drill");
    bench.pass(after(61));
    assert_eq!(state(&mut bench), "OK");
    bench.ok("DisableAlarmActions", json!({"AlarmNames": ["errors"]}));
    bench.ok("SetAlarmState", set);
    assert_eq!((state(&mut bench), bench.calls.len()), ("ALARM".to_owned(), 1));
    let wrong = json!({"AlarmName": "errors", "StateValue": "RED", "StateReason": ""});
    assert_eq!(bench.code("SetAlarmState", wrong), "ValidationError");
    let absent = json!({"AlarmName": "none", "StateValue": "OK", "StateReason": ""});
    assert_eq!(bench.code("SetAlarmState", absent), "ResourceNotFound");
    let by_state = |bench: &mut Bench, state: &str| {
        let shown = bench.ok("DescribeAlarms", json!({"StateValue": state}));
        shown["MetricAlarms"].as_array().unwrap().len()
    };
    assert_eq!((by_state(&mut bench, "ALARM"), by_state(&mut bench, "OK")), (1, 0));
    let of = json!({"Namespace": "Diary", "MetricName": "Errors", "Statistic": "Sum"});
    let found = bench.ok("DescribeAlarmsForMetric", of);
    assert_eq!(found["MetricAlarms"][0]["AlarmName"], "errors");
}

#[test]
fn cw_al_11_an_alarm_looks_back_a_day_at_most() {
    let mut bench = bench();
    let two_days = alarm(json!({"Period": 3600, "EvaluationPeriods": 48}));
    let (code, message) = bench.refused("PutMetricAlarm", two_days);
    assert_eq!(code, "ValidationError");
    assert!(message.contains("86400"), "{message}");
    bench.ok("PutMetricAlarm", alarm(json!({"Period": 3600, "EvaluationPeriods": 24})));
}

#[test]
fn cw_al_09_percentiles_of_few_samples_may_be_ignored() {
    let mut bench = bench();
    let percentile = json!({
        "Statistic": null, "ExtendedStatistic": "p90", "TreatMissingData": "ignore",
        "EvaluateLowSampleCountPercentile": "ignore",
    });
    let mut input = alarm(percentile);
    bench.ok("PutMetricAlarm", input.clone());
    put(&mut bench, 9.0);
    bench.pass(after(61));
    assert_eq!(state(&mut bench), "INSUFFICIENT_DATA");
    input["EvaluateLowSampleCountPercentile"] = json!("evaluate");
    bench.ok("PutMetricAlarm", input);
    bench.now = bench.now + Duration::from_secs(1);
    bench.pass(after(121));
    assert_eq!(state(&mut bench), "ALARM");
}
