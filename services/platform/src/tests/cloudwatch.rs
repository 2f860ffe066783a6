//! Alarms and dashboards.

use standin_kernel::{Value, json};

use super::{Bench, Resource};

fn alarm() -> Value {
    json!({
        "MetricName": "UnHealthyHostCount", "Namespace": "AWS/ApplicationELB",
        "Dimensions": [{"Name": "TargetGroup", "Value": "targetgroup/a/1"}],
        "Statistic": "Maximum", "Period": 60, "EvaluationPeriods": 2, "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching",
        "AlarmActions": ["arn:aws:sns:ap-northeast-1:123456789012:ops"],
        "Tags": [{"Key": "a", "Value": "b"}],
    })
}

#[test]
fn cfn_rs_49_an_alarm_is_made_changed_and_deleted() {
    let mut bench = Bench::new();
    let mut made = Resource::new("AWS::CloudWatch::Alarm", "Alarm", alarm()).create(&mut bench);
    let name = "Stack-Alarm-1AB2C3D4E5F6";
    let arn = format!("arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:{name}");
    assert_eq!((made.id(), made.attribute("Arn")), (name, &json!(arn)));
    let seen = |bench: &mut Bench| {
        bench.ok("DescribeAlarms", json!({"AlarmNames": [name]}))["MetricAlarms"][0].clone()
    };
    let first = seen(&mut bench);
    assert_eq!(first["StateValue"], "INSUFFICIENT_DATA");
    assert_eq!((&first["Threshold"], &first["ActionsEnabled"]), (&json!(1.0), &json!(true)));
    let mut changed = alarm();
    changed["Threshold"] = json!(2);
    changed["Tags"] = Value::Null;
    bench.later(5);
    made.update(&mut bench, changed);
    let second = seen(&mut bench);
    assert_eq!(second["Threshold"], 2.0);
    assert_eq!(second["StateUpdatedTimestamp"], first["StateUpdatedTimestamp"]);
    let tags = bench.ok("cloudwatch:ListTagsForResource", json!({"ResourceARN": arn}));
    assert_eq!(tags["Tags"], json!([]));
    bench.ok("DisableAlarmActions", json!({"AlarmNames": [name, "none"]}));
    assert_eq!(seen(&mut bench)["ActionsEnabled"], false);
    bench.ok("EnableAlarmActions", json!({"AlarmNames": [name]}));
    assert_eq!(seen(&mut bench)["ActionsEnabled"], true);
    made.update(&mut bench, alarm());
    let tags = bench.ok("cloudwatch:ListTagsForResource", json!({"ResourceARN": arn}));
    assert_eq!(tags["Tags"][0]["Key"], "a");
    let both = json!({"AlarmNames": [name, "none"]});
    assert_eq!(bench.code("DeleteAlarms", both), "ResourceNotFound");
    made.delete(&mut bench);
    made.delete(&mut bench);
}

#[test]
fn an_alarm_watches_one_thing() {
    let mut bench = Bench::new();
    let mut with = |member: &str, value: Value| {
        let mut input = alarm();
        input["AlarmName"] = json!("a");
        input[member] = value;
        bench.call("PutMetricAlarm", &input).map_err(|error| error.code)
    };
    let refused = Err("ValidationError".to_owned());
    assert_eq!(with("Namespace", Value::Null), refused);
    assert_eq!(with("Period", json!(61)), refused);
    assert_eq!(with("ExtendedStatistic", json!("p99")), refused);
    assert_eq!(with("EvaluationPeriods", json!(0)), refused);
    assert_eq!(with("DatapointsToAlarm", json!(3)), refused);
    assert_eq!(with("ComparisonOperator", json!("Equal")), refused);
    assert_eq!(with("Metrics", json!([{"Id": "m"}])), refused);
    assert_eq!(with("TreatMissingData", json!("no")), refused);
    assert_eq!(with("Colour", json!("red")), refused);
    assert_eq!(with("Unit", json!("Count")), Ok(json!({})));
}

#[test]
fn a_dashboard_is_a_json_object() {
    let mut bench = Bench::new();
    let kind = "AWS::CloudWatch::Dashboard";
    let body = |text: &str| json!({"DashboardName": "web", "DashboardBody": text});
    let mut made = Resource::new(kind, "Dashboard", body("{}")).create(&mut bench);
    made.update(&mut bench, body("{\"widgets\": []}"));
    let seen = bench.ok("GetDashboard", json!({"DashboardName": "web"}));
    assert_eq!(seen["DashboardBody"], "{\"widgets\": []}");
    assert_eq!(seen["DashboardArn"], "arn:aws:cloudwatch::123456789012:dashboard/web");
    assert_eq!(bench.code("PutDashboard", body("[]")), "InvalidParameterInput");
    made.delete(&mut bench);
    assert_eq!(bench.code("GetDashboard", json!({"DashboardName": "web"})), "ResourceNotFound");
}
