//! Rollback triggers.

use super::*;

pub(super) fn arn(alarm: &str) -> String {
    format!("arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:{alarm}")
}

fn configuration(alarms: &[&str], minutes: u32) -> Value {
    let trigger = |alarm: &&str| json!({"Arn": arn(alarm), "Type": "AWS::CloudWatch::Alarm"});
    let triggers: Vec<Value> = alarms.iter().map(trigger).collect();
    json!({"RollbackTriggers": triggers, "MonitoringTimeInMinutes": minutes})
}

fn with(mut input: Value, configuration: Value) -> Value {
    input["RollbackConfiguration"] = configuration;
    input
}

fn update(template: &str) -> Value {
    json!({"StackName": "shop", "TemplateBody": things(template)})
}

/// A stack of two things whose update to a new `B` watches the alarm `errors` for a minute.
fn updating() -> World {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a\nB: Name=b"));
    world.alarms.insert("errors".into(), ("OK", world.now));
    world.run_for(Duration::from_secs(60));
    let input = with(update("A: Name=a\nB: Name=x"), configuration(&["errors"], 1));
    world.ok("UpdateStack", input);
    world
}

#[test]
fn cfn_st_19_what_is_old_goes_when_the_monitoring_time_is_over() {
    let mut world = updating();
    world.run_for(Duration::from_secs(59));
    assert_eq!(world.status("shop"), "UPDATE_IN_PROGRESS");
    assert_eq!(world.names(), ["a", "b", "x"]);
    world.run_for(Duration::from_secs(2));
    assert_eq!(world.status("shop"), "UPDATE_COMPLETE");
    assert_eq!(world.names(), ["a", "x"]);
    world.settle();
    let shown = world.ok("DescribeStacks", json!({"StackName": "shop"}));
    assert_eq!(shown["Stacks"][0]["RollbackConfiguration"], configuration(&["errors"], 1));
}

#[test]
fn cfn_st_19_an_alarm_in_that_time_rolls_the_update_back() {
    let mut world = updating();
    world.run_for(Duration::from_secs(30));
    world.alarms.insert("errors".into(), ("ALARM", world.now));
    world.settle();
    assert_eq!(world.status("shop"), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(world.names(), ["a", "b"]);
    let wanted = format!(
        "shop UPDATE_ROLLBACK_IN_PROGRESS The rollback trigger {} went to ALARM.",
        arn("errors")
    );
    assert!(world.events("shop").contains(&wanted), "{:?}", world.events("shop"));
}

#[test]
fn cfn_st_19_an_alarm_while_things_are_made_rolls_back_without_a_monitoring_time() {
    let mut world = World::new();
    world.alarms.insert("errors".into(), ("OK", world.now));
    let input =
        json!({"StackName": "shop", "TemplateBody": things("A: Name=a\nB: Name=b Delay=90")});
    world.ok("CreateStack", with(input, configuration(&["errors"], 0)));
    world.run_for(Duration::from_secs(20));
    world.alarms.insert("errors".into(), ("ALARM", world.now));
    world.settle();
    assert_eq!(world.status("shop"), "ROLLBACK_COMPLETE");
    assert!(world.names().is_empty());
}

#[test]
fn cfn_st_19_a_missing_alarm_fails_the_operation() {
    let mut world = updating();
    world.alarms.clear();
    world.settle();
    assert_eq!(world.status("shop"), "UPDATE_ROLLBACK_COMPLETE");
    assert!(world.events("shop").iter().any(|event| event.contains("does not exist")));
}

#[test]
fn cfn_st_19_an_alarm_from_before_is_none_that_goes_to_alarm() {
    let mut world = World::new();
    world.alarms.insert("errors".into(), ("ALARM", world.now));
    world.run_for(Duration::from_secs(60));
    let input = json!({"StackName": "shop", "TemplateBody": things("A: Name=a")});
    world.ok("CreateStack", with(input, configuration(&["errors"], 1)));
    world.settle();
    assert_eq!(world.status("shop"), "CREATE_COMPLETE");
}

#[test]
fn cfn_st_19_triggers_stay_until_others_or_none_are_given() {
    let mut world = updating();
    world.settle();
    world.ok("UpdateStack", update("A: Name=a\nB: Name=y"));
    world.run_for(Duration::from_secs(10));
    world.alarms.insert("errors".into(), ("ALARM", world.now));
    world.settle();
    assert_eq!(world.status("shop"), "UPDATE_ROLLBACK_COMPLETE");
    world.ok("UpdateStack", with(update("A: Name=a\nB: Name=y"), configuration(&[], 0)));
    world.settle();
    assert_eq!(world.status("shop"), "UPDATE_COMPLETE");
}

#[test]
fn cfn_st_19_a_monitored_update_can_be_cancelled_and_outlives_a_restart() {
    let mut world = updating();
    world.run_for(Duration::from_secs(30));
    world.restart();
    world.run_for(Duration::from_secs(20));
    assert_eq!(world.status("shop"), "UPDATE_IN_PROGRESS");
    world.ok("CancelUpdateStack", json!({"StackName": "shop"}));
    world.settle();
    assert_eq!(world.status("shop"), "UPDATE_ROLLBACK_COMPLETE");
    let mut world = updating();
    world.run_for(Duration::from_secs(30));
    world.restart();
    world.alarms.insert("errors".into(), ("ALARM", world.now));
    world.settle();
    assert_eq!(world.status("shop"), "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn cfn_st_19_a_change_set_brings_its_triggers() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a"));
    world.alarms.insert("errors".into(), ("OK", world.now));
    let mut input = with(update("A: Name=b"), configuration(&["errors"], 1));
    input["ChangeSetName"] = json!("watched");
    world.ok("CreateChangeSet", input);
    world.settle();
    let name = json!({"ChangeSetName": "watched", "StackName": "shop"});
    let shown = world.ok("DescribeChangeSet", name.clone());
    assert_eq!(shown["RollbackConfiguration"], configuration(&["errors"], 1));
    world.ok("ExecuteChangeSet", name);
    world.run_for(Duration::from_secs(30));
    assert_eq!(world.status("shop"), "UPDATE_IN_PROGRESS");
    world.alarms.insert("errors".into(), ("ALARM", world.now));
    world.settle();
    assert_eq!(world.names(), ["a"]);
}

#[test]
fn cfn_st_19_what_is_no_trigger_is_refused() {
    let mut world = World::new();
    let mut refused = |configuration: Value| {
        let input = json!({"StackName": "shop", "TemplateBody": things("A: Name=a")});
        world.refused("CreateStack", with(input, configuration))
    };
    let many = configuration(&["a", "b", "c", "d", "e", "f"], 0);
    assert!(refused(many).contains("At most 5"));
    assert!(refused(configuration(&[], 181)).contains("less than or equal to 180"));
    let topic = json!({"RollbackTriggers": [{"Arn": arn("a"), "Type": "AWS::SNS::Topic"}]});
    assert!(refused(topic).contains("AWS::SNS::Topic"));
    let name = json!({"RollbackTriggers": [{"Arn": "a", "Type": "AWS::CloudWatch::Alarm"}]});
    assert!(refused(name).contains("Invalid rollback trigger ARN"));
}
