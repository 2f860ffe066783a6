//! Updating stacks: in place, by replacement, what is left alone, what is cleaned up.

use super::*;

fn events_after(world: &mut World, stack: &str, template: &str) -> Vec<String> {
    let before = world.events(stack).len();
    world.update(stack, template);
    world.settle();
    world.events(stack).split_off(before)
}

#[test]
fn cfn_st_03_an_update_in_place_passes_through_cleanup() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a Size=1\nB: Name=b"));
    let events = events_after(&mut world, "shop", &things("A: Name=a Size=2\nB: Name=b"));
    assert_eq!(
        events,
        [
            "shop UPDATE_IN_PROGRESS User Initiated",
            "A UPDATE_IN_PROGRESS",
            "A UPDATE_COMPLETE",
            "shop UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "shop UPDATE_COMPLETE",
        ]
    );
    assert_eq!(world.things["a"].properties["Size"], 2);
    assert_eq!(world.done, ["Make a", "Make b", "Change a"]);
}

#[test]
fn cfn_up_02_a_replacement_makes_the_new_before_it_deletes_the_old() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a"));
    let events = events_after(&mut world, "shop", &things("A: Name=b"));
    assert_eq!(
        events,
        [
            "shop UPDATE_IN_PROGRESS User Initiated",
            "A UPDATE_IN_PROGRESS Requested update requires the creation of a new physical \
             resource; hence creating one.",
            "A UPDATE_IN_PROGRESS Resource creation Initiated",
            "A UPDATE_COMPLETE",
            "shop UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "A DELETE_IN_PROGRESS",
            "A DELETE_COMPLETE",
            "shop UPDATE_COMPLETE",
        ]
    );
    let page = world.ok("DescribeStackEvents", json!({"StackName": "shop"}));
    let ids = page["StackEvents"].as_array().unwrap()[..8].iter().rev();
    let ids: Vec<_> = ids
        .filter(|event| event["LogicalResourceId"] == "A")
        .map(|event| event["PhysicalResourceId"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["a", "b", "b", "a", "a"]);
    assert_eq!(world.done, ["Make a", "Make b", "Drop a"]);
    assert_eq!(world.resources("shop"), ["A UPDATE_COMPLETE"]);
}

#[test]
fn cfn_up_01_a_property_deep_inside_replaces_too() {
    let mut world = World::new();
    let template = |key: &str, weight: u8| {
        format!(
            "Resources: {{A: {{Type: Test::Thing, \
             Properties: {{Inner: {{Key: {key}, Weight: {weight}}}}}}}}}"
        )
    };
    world.create("shop", &template("x", 1));
    let first = world.names()[0].to_owned();
    world.update("shop", &template("x", 2));
    assert_eq!(world.names(), [&first], "in place");
    world.update("shop", &template("y", 2));
    assert_ne!(world.names(), [&first], "by a new one under a new generated name");
    assert_eq!(world.things.len(), 1);
}

#[test]
fn cfn_up_05_dependents_follow_a_replacement_and_others_are_left_alone() {
    let mut world = World::new();
    let template = |name: &str| {
        things(&format!(
            "A: Name={name}
             B: Name=b Uses=A
             C: Name=c Uses=B
             D: Name=d"
        ))
    };
    world.create("shop", &template("a Size=1"));
    let events = events_after(&mut world, "shop", &template("z Size=1"));
    assert_eq!(world.done[4..], ["Make z", "Change b", "Drop a"]);
    assert!(events.contains(&"B UPDATE_COMPLETE".to_owned()));
    assert!(!events.iter().any(|event| event.starts_with("C ") || event.starts_with("D ")));
    assert_eq!(world.violations, [""; 0]);
    // A change in place that leaves what is referred to as it was touches no dependent.
    let events = events_after(&mut world, "shop", &template("z Size=5"));
    assert!(!events.iter().any(|event| event.starts_with("B ")), "{events:?}");
}

#[test]
fn cfn_up_05_an_attribute_that_changes_changes_dependents() {
    let mut world = World::new();
    let template = |size: u8| {
        format!(
            "
Resources:
  A: {{Type: Test::Thing, Properties: {{Name: a, Size: {size}}}}}
  B: {{Type: Test::Thing, Properties: {{Name: b, Text: !GetAtt A.Size}}}}
"
        )
    };
    world.create("shop", &template(1));
    world.update("shop", &template(2));
    assert_eq!(world.things["b"].properties["Text"], "2");
}

#[test]
fn added_and_removed_resources() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a\nB: Name=b Uses=A\nC: Name=c"));
    let events = events_after(&mut world, "shop", &things("C: Name=c\nD: Name=d Uses=C"));
    assert_eq!(
        events,
        [
            "shop UPDATE_IN_PROGRESS User Initiated",
            "D CREATE_IN_PROGRESS",
            "D CREATE_IN_PROGRESS Resource creation Initiated",
            "D CREATE_COMPLETE",
            "shop UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "B DELETE_IN_PROGRESS",
            "B DELETE_COMPLETE",
            "A DELETE_IN_PROGRESS",
            "A DELETE_COMPLETE",
            "shop UPDATE_COMPLETE",
        ]
    );
    assert_eq!(world.resources("shop"), ["C CREATE_COMPLETE", "D CREATE_COMPLETE"]);
    assert_eq!(world.violations, [""; 0]);
}

#[test]
fn cfn_ev_02_events_in_cleanup_have_uuids() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a\nB: Name=b"));
    world.update("shop", &things("A: Name=a"));
    let page = world.ok("DescribeStackEvents", json!({"StackName": "shop"}));
    let deleted = &page["StackEvents"][1];
    assert_eq!(deleted["ResourceStatus"], "DELETE_COMPLETE");
    let id = deleted["EventId"].as_str().unwrap();
    assert!(id.len() == 36 && !id.starts_with("B-"), "{id}");
}

#[test]
fn cfn_at_02_what_is_taken_out_of_the_template_obeys_its_deletion_policy() {
    let mut world = World::new();
    world.create(
        "shop",
        &things(
            "A: Name=a\nB: DeletionPolicy=Retain Name=b\n\
             C: DeletionPolicy=RetainExceptOnCreate Name=c",
        ),
    );
    let events = events_after(&mut world, "shop", &things("A: Name=a"));
    assert!(events.contains(&"B DELETE_SKIPPED".to_owned()), "{events:?}");
    assert!(events.contains(&"C DELETE_SKIPPED".to_owned()), "{events:?}");
    assert_eq!(world.names(), ["a", "b", "c"]);
    assert_eq!(world.resources("shop"), ["A CREATE_COMPLETE"]);
}

#[test]
fn cfn_at_04_update_replace_policy_retains_the_old_one() {
    let mut world = World::new();
    world.create("shop", &things("A: UpdateReplacePolicy=Retain Name=a"));
    let events = events_after(&mut world, "shop", &things("A: UpdateReplacePolicy=Retain Name=b"));
    assert!(events.contains(&"A DELETE_SKIPPED".to_owned()), "{events:?}");
    assert_eq!(world.names(), ["a", "b"]);
    // For a type without snapshots, Snapshot means Delete; and DeletionPolicy says nothing here.
    let template = "A: UpdateReplacePolicy=Snapshot DeletionPolicy=Retain Name=c";
    world.update("shop", &things(template));
    assert_eq!(world.names(), ["a", "c"]);
    // Where it keeps one, it is by this policy and not by the other.
    assert!(world.done.contains(&"Keep b".to_owned()), "{:?}", world.done);
    world.update("shop", &things("A: DeletionPolicy=Retain Name=d"));
    assert_eq!(world.done.last().map(String::as_str), Some("Drop c"));
}

#[test]
fn cfn_st_15_an_update_that_changes_nothing_is_refused() {
    let mut world = World::new();
    let template = things("A: Name=a Size=1\nB: Name=b Uses=A");
    world.create("shop", &template);
    let mut input = json!({"StackName": "shop", "TemplateBody": template});
    let nothing = "No updates are to be performed.";
    assert_eq!(world.refused("UpdateStack", input.clone()), nothing);
    assert_eq!(world.status("shop"), "CREATE_COMPLETE");
    let previous = json!({"StackName": "shop", "UsePreviousTemplate": true});
    assert_eq!(world.refused("UpdateStack", previous), nothing);
    input["Tags"] = json!([{"Key": "k", "Value": "v"}]);
    world.ok("UpdateStack", input);
    assert_eq!(world.status("shop"), "UPDATE_COMPLETE", "tags are a change");
}

#[test]
fn cfn_at_07_a_deletion_policy_alone_is_no_update_but_metadata_is() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a"));
    let template = things("A: DeletionPolicy=Retain Name=a");
    let input = json!({"StackName": "shop", "TemplateBody": template});
    assert_eq!(world.refused("UpdateStack", input), "No updates are to be performed.");
    let template = |size: u8| {
        format!(
            "Resources: {{A: {{Type: Test::Thing, Metadata: {{M: 1}}, \
             DeletionPolicy: Retain, Properties: {{Name: a, Size: {size}}}}}}}"
        )
    };
    let events = events_after(&mut world, "shop", &template(1));
    assert!(events.contains(&"A UPDATE_COMPLETE".to_owned()), "{events:?}");
    world.delete("shop");
    assert_eq!(world.names(), ["a"], "the new policy came along with the update");
}

#[test]
fn a_changed_hint_replaces_only_what_cannot_change_in_place() {
    let mut world = World::new();
    let template = |suffix: &str| {
        format!(
            "
Resources:
  A: {{Type: Test::Thing, Metadata: {{Standin: {{Suffix: {suffix}}}}}, Properties: {{Name: a}}}}
  F: {{Type: Test::Fixed, Metadata: {{Standin: {{Suffix: {suffix}}}}}, Properties: {{Name: f}}}}
"
        )
    };
    world.create("shop", &template("x"));
    assert_eq!(world.names(), ["a-x", "f-x"]);
    world.update("shop", &template("y"));
    assert_eq!(world.names(), ["a-x", "f-y"]);
    assert_eq!(world.status("shop"), "UPDATE_COMPLETE");
}

#[test]
fn a_logical_id_keeps_its_type() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a"));
    let template = "Resources: {A: {Type: Test::Fixed, Properties: {Name: a}}}";
    let input = json!({"StackName": "shop", "TemplateBody": template});
    let message = "Update of resource type is not permitted. The new template modifies resource \
                   type of the following resources: [A]";
    assert_eq!(world.refused("UpdateStack", input), message);
}

#[test]
fn cfn_st_20_what_cleanup_cannot_delete_is_left_behind_after_three_tries() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a\nB: Name=b"));
    world.broken.insert("Drop b".into());
    let events = events_after(&mut world, "shop", &things("A: Name=a"));
    let failed = events.iter().filter(|event| event.starts_with("B DELETE_FAILED")).count();
    assert_eq!(failed, 3);
    assert_eq!(
        events.last().map(String::as_str),
        Some("shop UPDATE_COMPLETE Update successful. One or more resources could not be deleted.")
    );
    assert_eq!(world.names(), ["a", "b"]);
    assert_eq!(world.resources("shop"), ["A CREATE_COMPLETE"], "the stack knows it no more");
    world.delete("shop");
    assert_eq!(world.names(), ["b"]);
}

#[test]
fn cfn_tp_16_a_named_resource_cannot_be_replaced_under_its_name() {
    let mut world = World::new();
    let template = |key: &str| {
        format!(
            "Resources: {{A: {{Type: Test::Thing, \
             Properties: {{Name: a, Inner: {{Key: {key}}}}}}}}}"
        )
    };
    world.create("shop", &template("x"));
    let events = events_after(&mut world, "shop", &template("y"));
    let failed = events.iter().find(|event| event.starts_with("A UPDATE_FAILED")).unwrap();
    assert!(failed.contains("a already exists"), "{failed}");
    assert_eq!(world.status("shop"), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(world.names(), ["a"]);
}

#[test]
fn cfn_st_16_an_update_during_an_update_is_refused() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a"));
    world.update("shop", &things("A: Name=a Delay=5"));
    let input = json!({"StackName": "shop", "TemplateBody": things("B: Name=b")});
    let message = world.refused("UpdateStack", input);
    assert!(
        message.starts_with("Stack:arn:aws:cloudformation:ap-northeast-1:123456789012:stack/shop/")
    );
    assert!(message.ends_with(" is in UPDATE_IN_PROGRESS state and can not be updated."));
    world.settle();
    assert_eq!(world.status("shop"), "UPDATE_COMPLETE");
}

#[test]
fn a_condition_that_turns_removes_and_adds() {
    let mut world = World::new();
    let template = "
Parameters:
  Wide: {Type: String, Default: 'no'}
Conditions:
  IsWide: !Equals [!Ref Wide, 'yes']
Resources:
  A: {Type: Test::Thing, Properties: {Name: a}}
  B: {Type: Test::Thing, Condition: IsWide, Properties: {Name: b}}
";
    world.create("shop", template);
    assert_eq!(world.names(), ["a"]);
    let with = |value: &str| {
        json!({
            "StackName": "shop", "UsePreviousTemplate": true,
            "Parameters": [{"ParameterKey": "Wide", "ParameterValue": value}],
        })
    };
    world.ok("UpdateStack", with("yes"));
    assert_eq!(world.names(), ["a", "b"]);
    world.ok("UpdateStack", with("no"));
    assert_eq!(world.names(), ["a"]);
}
