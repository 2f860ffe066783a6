//! A machine that is killed in the middle of an operation, and goes on.

use super::*;

#[test]
fn a_stack_at_rest_is_as_it_was() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a Size=3\nB: Name=b Uses=A"));
    let described = world.ok("DescribeStacks", json!({}));
    let events = world.ok("DescribeStackEvents", json!({"StackName": "shop"}));
    let resources = world.ok("DescribeStackResources", json!({"StackName": "shop"}));
    world.restart();
    assert_eq!(world.ok("DescribeStacks", json!({})), described);
    assert_eq!(world.ok("DescribeStackEvents", json!({"StackName": "shop"})), events);
    assert_eq!(world.ok("DescribeStackResources", json!({"StackName": "shop"})), resources);
    let input = json!({"StackName": "shop", "UsePreviousTemplate": true});
    assert_eq!(world.refused("UpdateStack", input), "No updates are to be performed.");
    world.update("shop", &things("A: Name=a Size=4"));
    assert_eq!(world.names(), ["a"]);
}

#[test]
fn a_creation_goes_on_where_it_was() {
    let mut world = World::new();
    world.create("shop", &things("A: Delay=4\nB: Name=b Uses=A"));
    world.run_for(Duration::from_secs(2));
    let name = world.names()[0].to_owned();
    world.restart();
    world.settle();
    assert_eq!(world.status("shop"), "CREATE_COMPLETE");
    assert_eq!(world.done, [format!("Make {name}"), "Make b".to_owned()]);
    assert_eq!(world.now.since(START), Duration::from_secs(4), "not a second later");
}

#[test]
fn an_update_an_its_rollback_go_on() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a Delay=2\nB: Name=b Uses=A"));
    world.settle();
    let before = world.things.clone();
    world.update("shop", &things("A: Name=a Delay=3\nB: Name=b Uses=A\nC: Name=c Uses=B"));
    world.restart();
    world.broken.insert("Make c".into());
    world.run_for(Duration::from_secs(3));
    assert_eq!(world.status("shop"), "UPDATE_ROLLBACK_IN_PROGRESS");
    world.restart();
    world.settle();
    assert_eq!(world.status("shop"), "UPDATE_ROLLBACK_COMPLETE");
    let same = |things: &BTreeMap<String, Thing>| -> Vec<Value> {
        things.values().map(|thing| thing.properties.clone()).collect()
    };
    assert_eq!(same(&world.things), same(&before));
}

#[test]
fn a_cleanup_that_was_to_be_tried_again_is() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a\nB: Name=b"));
    world.broken.insert("Drop b".into());
    world.update("shop", &things("A: Name=a"));
    assert_eq!(world.status("shop"), "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
    world.restart();
    world.broken.clear();
    world.settle();
    assert_eq!(world.status("shop"), "UPDATE_COMPLETE");
    assert_eq!(world.names(), ["a"]);
}

#[test]
fn cfn_st_07_a_timeout_still_counts_from_the_beginning() {
    let mut world = World::new();
    let template = things("A: Name=a Delay=90");
    let input = json!({"StackName": "shop", "TemplateBody": template, "TimeoutInMinutes": 1});
    world.ok("CreateStack", input);
    world.run_for(Duration::from_secs(30));
    world.restart();
    world.settle();
    assert_eq!(world.status("shop"), "ROLLBACK_COMPLETE");
    assert_eq!(world.now.since(START), Duration::from_secs(60));
}

#[test]
fn an_unanswered_call_is_made_again_under_the_same_name() {
    let mut world = World::new();
    world.create("shop", &things("A: Size=1 Delay=2"));
    let name = world.names()[0].to_owned();
    // As if the driver had died between the call and its reply.
    for ((kind, _), document) in &mut world.records {
        if kind == "resource" {
            document["job"]["step"] = json!(0);
            document["job"]["context"] = Value::Null;
        }
    }
    world.restart();
    world.settle();
    assert_eq!(world.status("shop"), "CREATE_COMPLETE");
    assert_eq!(world.names(), [name]);
    assert_eq!(world.done.len(), 2);
}

#[test]
fn records_that_cannot_be_read_are_named() {
    let mut cloudformation = CloudFormation::new(types::all());
    let record = |kind: &str, document: Value| Record {
        kind: kind.into(),
        id: "x".into(),
        document: Some(document),
    };
    assert!(cloudformation.restore(&record("stack", json!({}))).is_err());
    assert!(cloudformation.restore(&record("nothing", json!({}))).is_err());
}
