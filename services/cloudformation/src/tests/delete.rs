//! Deleting stacks: order, policies, failures, protection.

use super::*;

#[test]
fn cfn_st_09_deleted_stacks_are_found_by_arn_only() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a Delay=1\nB: Name=b Uses=A"));
    world.settle();
    let id = world.cloudformation.stacks()[0].id.clone();
    let before = world.events("shop").len();
    world.delete("shop");
    assert_eq!(
        world.events(&id)[before..],
        [
            "shop DELETE_IN_PROGRESS User Initiated",
            "B DELETE_IN_PROGRESS",
            "B DELETE_COMPLETE",
            "A DELETE_IN_PROGRESS",
            "A DELETE_COMPLETE",
            "shop DELETE_COMPLETE",
        ]
    );
    let by_name = json!({"StackName": "shop"});
    let message = "Stack with id shop does not exist";
    assert_eq!(world.refused("DescribeStacks", by_name.clone()), message);
    assert_eq!(world.status(&id), "DELETE_COMPLETE");
    assert_eq!(world.ok("DeleteStack", by_name), json!({}), "what is not there is deleted");
    world.create("shop", &things("A: Name=a"));
    assert_eq!(world.status("shop"), "CREATE_COMPLETE", "the name is free again");
    assert_eq!(world.ok("DescribeStacks", json!({}))["Stacks"].as_array().unwrap().len(), 1);
    assert_eq!(world.ok("ListStacks", json!({}))["StackSummaries"].as_array().unwrap().len(), 2);
}

#[test]
fn cfn_st_09_deleted_stacks_are_forgotten_after_90_days() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a"));
    let id = world.cloudformation.stacks()[0].id.clone();
    world.delete("shop");
    world.now = world.now + Duration::from_secs(89 * 24 * 3600);
    world.delete("other");
    assert_eq!(world.status(&id), "DELETE_COMPLETE");
    world.now = world.now + Duration::from_secs(2 * 24 * 3600);
    world.delete("other");
    assert!(world.call("DescribeStacks", json!({"StackName": id})).is_err());
    assert!(world.records.is_empty(), "{:?}", world.records.keys());
}

#[test]
fn cfn_at_02_retained_resources_stay() {
    let mut world = World::new();
    let template = "A: DeletionPolicy=Retain Name=a
                    B: DeletionPolicy=RetainExceptOnCreate Name=b
                    C: DeletionPolicy=Delete Name=c Uses=A";
    world.create("shop", &things(template));
    let id = world.cloudformation.stacks()[0].id.clone();
    world.delete("shop");
    assert_eq!(world.names(), ["a", "b"]);
    let events = world.events(&id);
    assert!(events.contains(&"A DELETE_SKIPPED".to_owned()), "{events:?}");
    assert_eq!(world.status(&id), "DELETE_COMPLETE");
}

#[test]
fn cfn_at_02_snapshot_is_refused_for_types_without() {
    let mut world = World::new();
    let input = json!({
        "StackName": "shop", "TemplateBody": things("A: DeletionPolicy=Snapshot Name=a"),
    });
    let message =
        "Template error: resource type Test::Thing does not support deletion policy Snapshot";
    assert_eq!(world.refused("CreateStack", input), message);
}

#[test]
fn cfn_st_10_a_deletion_that_fails_can_be_tried_again_or_given_up() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a\nB: Name=b Uses=A\nC: Name=c"));
    let retain = json!({"StackName": "shop", "RetainResources": ["B"]});
    world.refused("DeleteStack", retain.clone());
    let id = world.cloudformation.stacks()[0].id.clone();
    world.broken.insert("Drop b".into());
    world.delete("shop");
    assert_eq!(world.status("shop"), "DELETE_FAILED");
    let described = world.ok("DescribeStacks", json!({"StackName": "shop"}));
    let reason = "The following resource(s) failed to delete: [B]. ";
    assert_eq!(described["Stacks"][0]["StackStatusReason"], reason);
    assert_eq!(world.names(), ["a", "b"], "what B needs is not touched, the others are gone");
    world.delete("shop");
    assert_eq!(world.status("shop"), "DELETE_FAILED");
    world.refused("DeleteStack", json!({"StackName": "shop", "RetainResources": ["X"]}));
    world.ok("DeleteStack", retain);
    assert_eq!(world.status(&id), "DELETE_COMPLETE");
    assert_eq!(world.names(), ["b"]);
    assert!(world.events(&id).contains(&"B DELETE_SKIPPED".to_owned()));
}

#[test]
fn cfn_st_10_force_leaves_behind_what_cannot_be_deleted() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a\nB: Name=b Uses=A"));
    let id = world.cloudformation.stacks()[0].id.clone();
    let force = json!({"StackName": "shop", "DeletionMode": "FORCE_DELETE_STACK"});
    world.refused("DeleteStack", force.clone());
    world.broken.insert("Drop b".into());
    world.delete("shop");
    world.ok("DeleteStack", force);
    assert_eq!(world.status(&id), "DELETE_COMPLETE");
    assert_eq!(world.names(), ["b"]);
}

#[test]
fn cfn_st_11_termination_protection_keeps_a_stack() {
    let mut world = World::new();
    let input = json!({
        "StackName": "shop", "TemplateBody": things("A: Name=a"),
        "EnableTerminationProtection": true,
    });
    world.ok("CreateStack", input);
    let delete = json!({"StackName": "shop"});
    let message = "Stack [shop] cannot be deleted while TerminationProtection is enabled";
    assert_eq!(world.refused("DeleteStack", delete.clone()), message);
    assert_eq!(world.status("shop"), "CREATE_COMPLETE");
    let off = json!({"StackName": "shop", "EnableTerminationProtection": false});
    world.ok("UpdateTerminationProtection", off);
    world.ok("DeleteStack", delete);
    assert_eq!(world.names(), [""; 0]);
}

#[test]
fn a_stack_being_created_can_be_deleted_and_one_being_updated_cannot() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a Delay=5\nB: Name=b\nC: Name=c Uses=A"));
    world.run_for(Duration::from_secs(2));
    let id = world.cloudformation.stacks()[0].id.clone();
    world.delete("shop");
    world.settle();
    assert_eq!(world.status(&id), "DELETE_COMPLETE");
    assert_eq!(world.names(), [""; 0]);
    assert_eq!(world.done, ["Make a", "Make b", "Drop b", "Drop a"]);

    world.create("shop", &things("A: Name=a"));
    world.update("shop", &things("A: Name=a Delay=5"));
    let id = world.cloudformation.stacks()[0].id.clone();
    let message = format!("Stack [{id}] cannot be deleted while in status UPDATE_IN_PROGRESS");
    assert_eq!(world.refused("DeleteStack", json!({"StackName": "shop"})), message);
}

#[test]
fn a_stack_being_rolled_back_can_be_deleted() {
    let mut world = World::new();
    world.broken.extend(["Make b".to_owned(), "Drop a".to_owned()]);
    world.create("shop", &things("A: Name=a\nB: Name=b Uses=A"));
    assert_eq!(world.status("shop"), "ROLLBACK_FAILED");
    world.broken.remove("Drop a");
    let id = world.cloudformation.stacks()[0].id.clone();
    world.delete("shop");
    assert_eq!(world.status(&id), "DELETE_COMPLETE");
    assert_eq!(world.names(), [""; 0]);
}
