//! Alarms in the virtual world, and what follows them.

use standin_kernel::{Env, ServiceName, Value, json};
use standin_sim::function::Handlers;
use standin_sim::{Drill, Stage, World, judge, play};

use crate::stage::TEMPLATE;

const ALARMS: &str = r#"
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/ApplicationELB
      MetricName: HTTPCode_ELB_5XX_Count
      Dimensions: [{Name: LoadBalancer, Value: !GetAtt LoadBalancer.LoadBalancerFullName}]
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: notBreaching
  Closed:
    Type: AWS::CloudWatch::CompositeAlarm
    Properties:
      AlarmRule: !Sub 'ALARM("${Errors}")'
  Check:
    Type: AWS::Route53::HealthCheck
    Properties:
      HealthCheckConfig:
        Type: CLOUDWATCH_METRIC
        AlarmIdentifier: {Name: !Ref Errors, Region: !Ref AWS::Region}
        InsufficientDataHealthStatus: Healthy
"#;

/// All tasks are lost at 60 s, and are not replaced before 180 s.
fn story(expect: &Value) -> Drill {
    Drill::from_value(json!({
        "name": "alarms", "template": "t", "duration": "10m",
        "viewers": [{"name": "v", "get": "/", "every": "5s"}],
        "faults": [{"at": "60s", "break": "Service", "mode": "stop", "for": "120s"}],
        "expect": expect,
    }))
    .unwrap()
}

fn played(drill: &Drill) -> (World, Vec<standin_sim::Verdict>) {
    let mut world = World::new(Env::default(), 7);
    let stage = Stage {
        stack: json!({"StackName": "site", "TemplateBody": format!("{TEMPLATE}{ALARMS}")}),
        objects: Vec::new(),
        keys: standin_sim::Keys::default(),
        evaluator: None,
        handlers: Handlers::default(),
    };
    let run = play(&mut world, drill, &stage).unwrap();
    (world, judge(drill, &run))
}

#[test]
fn a_drill_expects_alarms_to_change() {
    let drill = story(&json!([
        {"after": 0, "until": "60s", "alarm": "Errors", "in": "OK"},
        {"after": "60s", "within": "70s", "until": "180s", "alarm": "Errors", "in": "ALARM"},
        {"after": "60s", "within": "70s", "until": "180s", "alarm": "Closed", "in": "ALARM"},
        {"after": "180s", "within": "5m", "alarm": "Closed", "in": "OK"},
        {"after": 0, "alarm": "Errors", "in": "OK"},
    ]));
    let (mut world, verdicts) = played(&drill);
    let met: Vec<bool> = verdicts.iter().map(|verdict| verdict.met).collect();
    assert_eq!(met, [true, true, true, true, false], "{verdicts:#?}");
    let said = verdicts[4].first_against.as_deref().unwrap();
    assert!(said.starts_with("Errors at ") && said.ends_with(": ALARM"), "{said}");
    // R53-HC-17: the health check followed the metric, there and back.
    let view = &world.engine().services().cloudformation;
    let check = view.resource(None, "Check").unwrap().physical_id.clone();
    let input = json!({
        "Namespace": "AWS/Route53", "MetricName": "HealthCheckStatus", "Period": 60,
        "Dimensions": [{"Name": "HealthCheckId", "Value": check}], "Statistics": ["Minimum"],
        "StartTime": world.now().seconds() - 1200, "EndTime": world.now().seconds(),
    });
    let seen = world.call(ServiceName::Platform, "GetMetricStatistics", input).unwrap();
    let points = seen["Datapoints"].as_array().unwrap();
    let lows = points.iter().filter(|point| point["Minimum"] == 0.0).count();
    assert!((2..8).contains(&lows), "{points:?}");
}

#[test]
fn a_check_that_follows_an_alarm_has_no_checkers_to_break() {
    let (mut world, _) = played(&story(&json!([])));
    let act = standin_sim::drill::Act::Break {
        target: "Check".into(),
        mode: "stop".parse().unwrap(),
        lasts: None,
    };
    let refused = world.act(&act).unwrap_err();
    assert_eq!(refused.code, "InvalidTarget");
    assert!(refused.message.contains("no checkers"), "{}", refused.message);
}

#[test]
fn a_drill_about_an_alarm_that_is_not_there_is_refused() {
    let drill = story(&json!([{"after": 0, "alarm": "None", "in": "OK"}]));
    let mut world = World::new(Env::default(), 7);
    let stage = Stage {
        stack: json!({"StackName": "site", "TemplateBody": TEMPLATE}),
        objects: Vec::new(),
        keys: standin_sim::Keys::default(),
        evaluator: None,
        handlers: Handlers::default(),
    };
    let refused = play(&mut world, &drill, &stage).unwrap_err().to_string();
    assert_eq!(refused, "expect[0].alarm: there is no alarm None");
}
