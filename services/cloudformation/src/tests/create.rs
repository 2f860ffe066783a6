//! Creating stacks: order, events, names, failures.

use super::*;

#[test]
fn cfn_ev_01_events_of_a_creation_come_in_order() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a Size=3"));
    assert_eq!(
        world.events("shop"),
        [
            "shop CREATE_IN_PROGRESS User Initiated",
            "A CREATE_IN_PROGRESS",
            "A CREATE_IN_PROGRESS Resource creation Initiated",
            "A CREATE_COMPLETE",
            "shop CREATE_COMPLETE",
        ]
    );
    let page = world.ok("DescribeStackEvents", json!({"StackName": "shop"}));
    let events = page["StackEvents"].as_array().unwrap();
    let physical: Vec<_> = events.iter().map(|event| &event["PhysicalResourceId"]).collect();
    let id = &events[0]["StackId"];
    assert_eq!(physical, [id, &json!("a"), &json!("a"), &json!(""), id]);
    assert_eq!(world.log[1], "shop A CREATE_IN_PROGRESS (Test::Thing)");
    let last = "shop A CREATE_COMPLETE (Test::Thing a)";
    assert!(world.log.iter().any(|line| line == last), "{:?}", world.log);
}

#[test]
fn cfn_ev_02_events_are_newest_first_with_their_members() {
    let mut world = World::new();
    let input = json!({
        "StackName": "shop",
        "TemplateBody": things("A: Name=a Size=3"),
        "ClientRequestToken": "token-1",
    });
    world.ok("CreateStack", input);
    let page = world.ok("DescribeStackEvents", json!({"StackName": "shop"}));
    let event = &page["StackEvents"][1];
    assert_eq!(event["ResourceStatus"], "CREATE_COMPLETE");
    let id = event["EventId"].as_str().unwrap();
    assert!(id.starts_with("A-CREATE_COMPLETE-2027-"), "{id}");
    assert_eq!(event["StackName"], "shop");
    assert_eq!(event["LogicalResourceId"], "A");
    assert_eq!(event["ResourceType"], "Test::Thing");
    assert_eq!(event["Timestamp"], START.iso8601());
    assert_eq!(event["ResourceProperties"], r#"{"Name":"a","Size":3}"#);
    assert_eq!(event["ClientRequestToken"], "token-1");
    let events = page["StackEvents"].as_array().unwrap();
    let distinct: BTreeSet<&str> =
        events.iter().map(|event| event["EventId"].as_str().unwrap()).collect();
    assert_eq!(distinct.len(), events.len(), "events of one moment have ids of their own");
}

#[test]
fn cfn_at_01_dependencies_first_and_independent_ones_side_by_side() {
    let mut world = World::new();
    world.create(
        "shop",
        &things(
            "C: Name=c Uses=B Delay=1
             B: Name=b Uses=A
             A: Name=a Delay=3
             D: Name=d Delay=3
             E: Name=e DependsOn=D",
        ),
    );
    assert_eq!(world.done, ["Make a", "Make d"]);
    world.settle();
    assert_eq!(world.done, ["Make a", "Make d", "Make b", "Make e", "Make c"]);
    assert_eq!(world.now.since(START), Duration::from_secs(4), "A and D waited at the same time");
    assert_eq!(world.status("shop"), "CREATE_COMPLETE");
    assert_eq!(world.violations, [""; 0]);
    world.delete("shop");
    let dropped: Vec<_> = world.done[5..].iter().map(String::as_str).collect();
    let at = |name: &str| dropped.iter().position(|one| *one == name).unwrap();
    assert!(at("Drop c") < at("Drop b") && at("Drop b") < at("Drop a"), "{dropped:?}");
    assert!(at("Drop e") < at("Drop d"), "{dropped:?}");
}

#[test]
fn cfn_tp_16_a_physical_name_has_stack_logical_id_and_a_random_part() {
    let mut world = World::new();
    world.create("shop", &things("Bag: Size=1 Delay=2\nBox: Size=1"));
    world.settle();
    let names = world.names();
    assert!(names[0].starts_with("shop-Bag-") && names[0].len() == "shop-Bag-".len() + 12);
    assert_ne!(names[0].rsplit('-').next(), names[1].rsplit('-').next());
    assert_eq!(world.done.len(), 2, "the name stays the same at every step");
    let mut other = World::new();
    other.create("shop", &things("Bag: Size=1 Delay=2\nBox: Size=1"));
    assert_eq!(other.names(), names, "the same seed gives the same names");
}

#[test]
fn cfn_ev_03_a_failure_cancels_the_others_and_rolls_back() {
    let mut world = World::new();
    world.broken.insert("Look b".into());
    world.create(
        "shop",
        &things(
            "A: Name=a Delay=9
             B: Name=b Delay=2
             C: Name=c
             D: Name=d Uses=B",
        ),
    );
    world.settle();
    let reason = "Resource handler returned message: \"b is broken (Service: Test, Status Code: \
                  400, Request ID: standin)\" (HandlerErrorCode: InvalidRequest)";
    let events = world.events("shop");
    let failed = events.iter().position(|event| event.contains("FAILED")).unwrap();
    assert_eq!(
        events[failed..],
        [
            &format!("B CREATE_FAILED {reason}"),
            "A CREATE_FAILED Resource creation cancelled",
            "shop ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [A, B]. \
             Rollback requested by user.",
            "C DELETE_IN_PROGRESS",
            "B DELETE_IN_PROGRESS",
            "A DELETE_IN_PROGRESS",
            "C DELETE_COMPLETE",
            "B DELETE_COMPLETE",
            "A DELETE_COMPLETE",
            "shop ROLLBACK_COMPLETE",
        ]
    );
    assert_eq!(world.names(), [""; 0]);
    let gone = ["A DELETE_COMPLETE", "B DELETE_COMPLETE", "C DELETE_COMPLETE"];
    assert_eq!(world.resources("shop"), gone, "D was never begun");
}

#[test]
fn cfn_st_01_a_stack_that_cannot_be_created_ends_rolled_back() {
    let mut world = World::new();
    world.broken.insert("Make b".into());
    world.create("shop", &things("A: Name=a\nB: Name=b Uses=A"));
    assert_eq!(world.status("shop"), "ROLLBACK_COMPLETE");
    assert_eq!(world.done, ["Make a", "Drop a"]);
    let events = world.events("shop");
    assert!(events.contains(&"B DELETE_COMPLETE".to_owned()), "{events:?}");
}

#[test]
fn cfn_st_02_a_stack_rolled_back_can_only_be_deleted() {
    let mut world = World::new();
    world.broken.insert("Make a".into());
    world.create("shop", &things("A: Name=a"));
    let input = json!({"StackName": "shop", "TemplateBody": things("B: Name=b")});
    let id =
        world.ok("DescribeStacks", json!({"StackName": "shop"}))["Stacks"][0]["StackId"].clone();
    let id = id.as_str().unwrap();
    let message = format!("Stack:{id} is in ROLLBACK_COMPLETE state and can not be updated.");
    assert_eq!(world.refused("UpdateStack", input), message);
    world.delete("shop");
    assert_eq!(world.status(id), "DELETE_COMPLETE");
}

#[test]
fn cfn_st_01_what_cannot_be_rolled_back_ends_rollback_failed() {
    let mut world = World::new();
    world.broken.extend(["Make b".to_owned(), "Drop a".to_owned()]);
    world.create("shop", &things("A: Name=a\nB: Name=b Uses=A"));
    assert_eq!(world.status("shop"), "ROLLBACK_FAILED");
    let described = world.ok("DescribeStacks", json!({"StackName": "shop"}));
    let reason = "The following resource(s) failed to delete: [A]. ";
    assert_eq!(described["Stacks"][0]["StackStatusReason"], reason);
    world.broken.clear();
    world.delete("shop");
    assert_eq!(world.names(), [""; 0]);
}

#[test]
fn cfn_st_06_disable_rollback_keeps_what_was_made_and_an_update_mends_it() {
    let mut world = World::new();
    world.broken.insert("Make b".into());
    let template = things("A: Name=a Delay=5\nB: Name=b\nC: Name=c Uses=A\nD: Name=d Uses=B");
    let input = json!({
        "StackName": "shop", "TemplateBody": template, "DisableRollback": true,
    });
    world.ok("CreateStack", input);
    world.settle();
    assert_eq!(world.status("shop"), "CREATE_FAILED");
    assert_eq!(world.names(), ["a", "c"], "independent paths go on to their end");
    let last = world.events("shop").pop().unwrap();
    assert_eq!(last, "shop CREATE_FAILED The following resource(s) failed to create: [B].");
    let mut input = json!({"StackName": "shop", "TemplateBody": template});
    assert!(world.refused("UpdateStack", input.clone()).contains("can not be updated"));
    world.broken.clear();
    input["DisableRollback"] = json!(true);
    world.ok("UpdateStack", input);
    world.settle();
    assert_eq!(world.status("shop"), "UPDATE_COMPLETE");
    assert_eq!(world.names(), ["a", "b", "c", "d"]);
    assert_eq!(world.done, ["Make a", "Make c", "Make b", "Make d"], "A and C stayed as they were");
}

#[test]
fn cfn_st_06_what_a_kept_failure_left_goes_before_it_is_made_again() {
    let mut world = World::new();
    world.broken.insert("Look a".into());
    let template = things("A: Name=a Delay=1");
    let input = json!({
        "StackName": "shop", "TemplateBody": template, "DisableRollback": true,
    });
    world.ok("CreateStack", input.clone());
    world.settle();
    assert_eq!(world.status("shop"), "CREATE_FAILED");
    assert_eq!(world.names(), ["a"]);
    world.broken.clear();
    world.ok("UpdateStack", input);
    world.settle();
    assert_eq!(world.status("shop"), "UPDATE_COMPLETE");
    assert_eq!(world.done, ["Make a", "Drop a", "Make a"]);
}

#[test]
fn cfn_st_07_on_failure_delete_and_its_exclusion() {
    let mut world = World::new();
    world.broken.insert("Make b".into());
    let template = things("A: Name=a\nB: Name=b Uses=A");
    let mut input = json!({
        "StackName": "shop", "TemplateBody": template,
        "OnFailure": "DELETE", "DisableRollback": false,
    });
    world.refused("CreateStack", input.clone());
    input.as_object_mut().unwrap().remove("DisableRollback");
    let id = world.ok("CreateStack", input)["StackId"].clone();
    assert_eq!(world.status(id.as_str().unwrap()), "DELETE_COMPLETE");
    let events = world.events(id.as_str().unwrap());
    let begun = "shop DELETE_IN_PROGRESS The following resource(s) failed to create: [B]. Delete \
                 requested by user.";
    assert!(events.contains(&begun.to_owned()), "{events:?}");
    assert_eq!(world.names(), [""; 0]);
}

#[test]
fn cfn_st_07_a_creation_that_takes_too_long_is_rolled_back() {
    let mut world = World::new();
    let template = things("A: Name=a Delay=90");
    let input = json!({"StackName": "shop", "TemplateBody": template, "TimeoutInMinutes": 1});
    world.ok("CreateStack", input);
    world.run_for(Duration::from_secs(59));
    assert_eq!(world.status("shop"), "CREATE_IN_PROGRESS");
    world.settle();
    assert_eq!(world.now.since(START), Duration::from_secs(60));
    assert_eq!(world.status("shop"), "ROLLBACK_COMPLETE");
    let events = world.events("shop");
    let begun = "shop ROLLBACK_IN_PROGRESS Stack creation time exceeded the specified timeout. \
                 Rollback requested by user.";
    assert!(events.contains(&begun.to_owned()), "{events:?}");
    assert_eq!(world.names(), [""; 0]);
}

#[test]
fn cfn_tp_15_values_known_only_late_fail_the_resource() {
    let mut world = World::new();
    let template = "
Resources:
  A:
    Type: Test::Thing
    Properties: {Name: a}
  B:
    Type: Test::Thing
    Properties: {Name: b, Size: !Ref A}
";
    world.create("shop", template);
    assert_eq!(world.status("shop"), "ROLLBACK_COMPLETE");
    let events = world.events("shop");
    let failed = events.iter().find(|event| event.starts_with("B CREATE_FAILED")).unwrap();
    assert!(failed.contains("Property validation failure: ["), "{failed}");
    assert_eq!(world.names(), [""; 0]);
}
