//! Updates that fail, and what becomes of them.

use super::*;

fn shop(world: &mut World) -> &'static str {
    world.create("shop", &things("A: Name=a Size=1\nB: Name=b Uses=A\nC: Name=c"));
    "shop"
}

#[test]
fn cfn_up_03_what_changed_is_put_back_and_what_is_new_deleted() {
    let mut world = World::new();
    let stack = shop(&mut world);
    let before = world.things.clone();
    world.broken.insert("Make e".into());
    let template = "A: Name=z Size=1
                    B: Name=b Uses=A
                    C: Name=c Size=2 Uses=D
                    D: Name=d
                    E: Name=e Uses=B,C";
    world.update(stack, &things(template));
    world.settle();
    assert_eq!(world.status(stack), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(world.things, before);
    assert_eq!(world.violations, [""; 0]);
    let all = ["A UPDATE_COMPLETE", "B UPDATE_COMPLETE", "C UPDATE_COMPLETE"];
    assert_eq!(world.resources(stack), all);
    let template = world.ok("GetTemplate", json!({"StackName": stack}));
    assert!(!template["TemplateBody"].as_str().unwrap().contains("Name: z"));
}

#[test]
fn cfn_ev_04_events_of_an_update_that_fails() {
    let mut world = World::new();
    let stack = shop(&mut world);
    let before = world.things.clone();
    let seen = world.events(stack).len();
    world.broken.insert("Make d".into());
    world.update(
        stack,
        &things("A: Name=a Size=2 Delay=9\nB: Name=b Uses=A\nC: Name=x\nD: Name=d Uses=C"),
    );
    world.settle();
    let mut events = world.events(stack).split_off(seen);
    let from = events.iter().position(|event| event.contains("D CREATE_FAILED")).unwrap();
    let events = events.split_off(from + 1);
    assert_eq!(
        events,
        [
            "A UPDATE_FAILED Resource update cancelled",
            "shop UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [D]. \
             The following resource(s) failed to update: [A].",
            "A UPDATE_IN_PROGRESS",
            "C UPDATE_IN_PROGRESS",
            "C UPDATE_COMPLETE",
            "A UPDATE_COMPLETE",
            "shop UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "D DELETE_COMPLETE",
            "C DELETE_IN_PROGRESS",
            "C DELETE_COMPLETE",
            "shop UPDATE_ROLLBACK_COMPLETE",
        ]
    );
    assert_eq!(world.things, before);
    let all = ["A UPDATE_COMPLETE", "B CREATE_COMPLETE", "C UPDATE_COMPLETE"];
    assert_eq!(world.resources(stack), all);
}

#[test]
fn cfn_st_04_a_rollback_that_fails_can_be_continued() {
    let mut world = World::new();
    let stack = shop(&mut world);
    let before = world.things.clone();
    world.broken.insert("Look a".into());
    world.update(stack, &things("A: Name=a Size=2 Delay=3\nB: Name=b Uses=A\nC: Name=c Size=7"));
    world.broken.insert("Change a".into());
    world.settle();
    assert_eq!(world.status(stack), "UPDATE_ROLLBACK_FAILED");
    let input = json!({"StackName": stack, "TemplateBody": things("A: Name=a")});
    let message = world.refused("UpdateStack", input);
    assert!(message.ends_with("is in UPDATE_ROLLBACK_FAILED state and can not be updated."));
    world.broken.clear();
    world.ok("ContinueUpdateRollback", json!({"StackName": stack}));
    assert_eq!(world.status(stack), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(world.things, before);
    world.update(stack, &things("A: Name=a Size=3"));
    assert_eq!(world.status(stack), "UPDATE_COMPLETE", "it can be updated again");
}

#[test]
fn cfn_st_05_resources_that_cannot_be_put_back_can_be_skipped() {
    let mut world = World::new();
    let stack = shop(&mut world);
    world.broken.insert("Look a".into());
    world.update(stack, &things("A: Name=a Size=2 Delay=3\nB: Name=b Uses=A\nC: Name=c"));
    world.broken.insert("Change a".into());
    world.settle();
    let skip = |id: &str| json!({"StackName": stack, "ResourcesToSkip": [id]});
    world.refused("ContinueUpdateRollback", skip("B"));
    world.ok("ContinueUpdateRollback", skip("A"));
    assert_eq!(world.status(stack), "UPDATE_ROLLBACK_COMPLETE");
    let all = ["A UPDATE_COMPLETE", "B CREATE_COMPLETE", "C CREATE_COMPLETE"];
    assert_eq!(world.resources(stack), all);
    assert_eq!(world.things["a"].properties["Size"], 2, "though it differs");
}

#[test]
fn cfn_st_12_an_update_can_be_cancelled_and_nothing_else() {
    let mut world = World::new();
    let stack = shop(&mut world);
    let before = world.things.clone();
    let input = json!({"StackName": stack});
    world.refused("CancelUpdateStack", input.clone());
    world.update(stack, &things("A: Name=a Size=2 Delay=9\nB: Name=b Uses=A\nC: Name=c"));
    world.run_for(Duration::from_secs(2));
    world.ok("CancelUpdateStack", input);
    assert_eq!(world.status(stack), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(world.things, before);
}

#[test]
fn cfn_st_08_a_kept_failure_can_be_rolled_back_later() {
    let mut world = World::new();
    let stack = shop(&mut world);
    let before = world.things.clone();
    world.broken.insert("Make d".into());
    let template = things("A: Name=a2\nB: Name=b Uses=A\nC: Name=c Size=2\nD: Name=d Uses=C");
    let mut input = json!({"StackName": stack, "TemplateBody": template, "DisableRollback": true});
    world.ok("UpdateStack", input.clone());
    world.settle();
    assert_eq!(world.status(stack), "UPDATE_FAILED");
    // A second try fails elsewhere and has replaced A once more.
    let template = things("A: Name=a3\nB: Name=b Uses=A\nC: Name=c Size=3\nD: Name=d Uses=C");
    input["TemplateBody"] = json!(template);
    world.ok("UpdateStack", input);
    world.settle();
    assert_eq!(world.status(stack), "UPDATE_FAILED");
    assert_eq!(world.names(), ["a", "a2", "a3", "b", "c"]);
    world.ok("RollbackStack", json!({"StackName": stack}));
    world.settle();
    assert_eq!(world.status(stack), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(world.things, before);
    assert_eq!(world.violations, [""; 0]);
}

#[test]
fn cfn_st_08_a_stack_that_never_was_is_rolled_back_to_nothing() {
    let mut world = World::new();
    world.broken.insert("Make b".into());
    let input = json!({
        "StackName": "shop", "TemplateBody": things("A: Name=a\nB: Name=b"),
        "OnFailure": "DO_NOTHING",
    });
    world.ok("CreateStack", input);
    assert_eq!(world.status("shop"), "CREATE_FAILED");
    world.ok("RollbackStack", json!({"StackName": "shop"}));
    assert_eq!(world.status("shop"), "ROLLBACK_COMPLETE");
    assert_eq!(world.names(), [""; 0]);
}

#[test]
fn cfn_st_06_a_failed_update_in_place_is_tried_again() {
    let mut world = World::new();
    let stack = shop(&mut world);
    world.broken.insert("Look a".into());
    let changed = things("A: Name=a Size=2 Delay=1\nB: Name=b Uses=A\nC: Name=c");
    let original = things("A: Name=a Size=1\nB: Name=b Uses=A\nC: Name=c");
    let with = |template: &str| -> Value {
        json!({"StackName": stack, "TemplateBody": template, "DisableRollback": true})
    };
    world.ok("UpdateStack", with(&changed));
    world.settle();
    assert_eq!(world.status(stack), "UPDATE_FAILED");
    // Back to the old template: the thing is no longer what the stack thinks it was.
    world.ok("UpdateStack", with(&original));
    world.settle();
    assert_eq!(world.status(stack), "UPDATE_COMPLETE");
    assert_eq!(world.things["a"].properties, json!({"Name": "a", "Size": 1}));
}

#[test]
fn new_resources_obey_their_deletion_policy_in_a_rollback() {
    let template = things(
        "A: DeletionPolicy=Retain Name=a
         B: DeletionPolicy=RetainExceptOnCreate Name=b
         C: Name=c
         D: Name=d Uses=A,B,C",
    );
    let mut world = World::new();
    world.broken.insert("Make d".into());
    world.create("shop", &template);
    assert_eq!(world.names(), ["a"]);
    let mut world = World::new();
    world.broken.insert("Make d".into());
    let input = json!({
        "StackName": "shop", "TemplateBody": template, "RetainExceptOnCreate": true,
    });
    world.ok("CreateStack", input);
    assert_eq!(world.names(), [""; 0]);
}
