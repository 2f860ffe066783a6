//! Stack policies in updates, and a stack's tags on its resources.

use super::*;

fn policy(deny: &str, id: &str) -> String {
    json!({"Statement": [
        {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
        {
            "Effect": "Deny", "Action": deny, "Principal": "*",
            "Resource": format!("LogicalResourceId/{id}"),
        },
    ]})
    .to_string()
}

fn protected(deny: &str) -> World {
    let mut world = World::new();
    let template = things("A: Name=a Size=1\nB: Name=b");
    let body = policy(deny, "A");
    let input = json!({"StackName": "shop", "TemplateBody": template, "StackPolicyBody": body});
    world.ok("CreateStack", input);
    let kept = world.ok("GetStackPolicy", json!({"StackName": "shop"}));
    assert_eq!(kept["StackPolicyBody"], policy(deny, "A"));
    world
}

fn failure(world: &mut World, id: &str) -> String {
    let head = format!("{id} UPDATE_FAILED ");
    let events = world.events("shop");
    let failed = events.iter().rev().find(|event| event.starts_with(&head));
    failed.unwrap()[head.len()..].to_owned()
}

#[test]
fn cfn_sp_01_a_denied_replacement_fails_the_update_and_rolls_back() {
    let mut world = protected("Update:Replace");
    world.update("shop", &things("A: Name=a Size=2\nB: Name=b"));
    assert_eq!(world.status("shop"), "UPDATE_COMPLETE", "it may be modified");
    world.update("shop", &things("A: Name=z Size=2\nB: Name=b"));
    assert_eq!(world.status("shop"), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(
        failure(&mut world, "A"),
        "Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for \
         resource [LogicalResourceId/A];"
    );
    assert_eq!(world.names(), ["a", "b"]);
    assert_eq!(world.resources("shop"), ["A UPDATE_COMPLETE", "B CREATE_COMPLETE"]);
}

#[test]
fn cfn_sp_01_a_denied_modification_and_a_denied_deletion() {
    let mut world = protected("Update:Modify");
    world.update("shop", &things("A: Name=a Size=2\nB: Name=b"));
    assert_eq!(world.status("shop"), "UPDATE_ROLLBACK_COMPLETE");
    let mut world = protected("Update:Delete");
    world.restart();
    world.update("shop", &things("B: Name=b"));
    assert_eq!(world.status("shop"), "UPDATE_ROLLBACK_COMPLETE");
    assert!(failure(&mut world, "A").contains("[Update:Delete]"));
    assert_eq!(world.names(), ["a", "b"]);
    world.delete("shop");
    assert!(world.names().is_empty(), "a stack policy keeps nobody from deleting the stack");
}

#[test]
fn cfn_sp_01_another_policy_for_one_update() {
    let mut world = protected("Update:*");
    let during = json!({"Statement": [
        {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
    ]});
    let mut input = json!({
        "StackName": "shop", "TemplateBody": things("A: Name=a Size=2\nB: Name=b"),
        "StackPolicyDuringUpdateBody": during.to_string(),
    });
    world.ok("UpdateStack", input.clone());
    assert_eq!(world.status("shop"), "UPDATE_COMPLETE");
    input["TemplateBody"] = json!(things("A: Name=a Size=3\nB: Name=b"));
    input.as_object_mut().unwrap().remove("StackPolicyDuringUpdateBody");
    world.ok("UpdateStack", input);
    assert_eq!(world.status("shop"), "UPDATE_ROLLBACK_COMPLETE", "it was for one update only");
}

#[test]
fn cfn_cs_05_a_change_set_obeys_the_stack_policy() {
    let mut world = protected("Update:Modify");
    let template = things("A: Name=a Size=2\nB: Name=b");
    let input = json!({"StackName": "shop", "ChangeSetName": "x", "TemplateBody": template});
    world.ok("CreateChangeSet", input);
    world.settle();
    world.ok("ExecuteChangeSet", json!({"StackName": "shop", "ChangeSetName": "x"}));
    assert_eq!(world.status("shop"), "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn cfn_sp_02_what_set_stack_policy_refuses() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a"));
    assert_eq!(world.ok("GetStackPolicy", json!({"StackName": "shop"})), json!({}));
    let body = |text: &str| json!({"StackName": "shop", "StackPolicyBody": text});
    let message = world.refused("SetStackPolicy", body("x"));
    assert_eq!(message, "Error validating stack policy: Invalid stack policy");
    let message = world.refused("SetStackPolicy", body(&policy("Update:*", "X")));
    assert!(message.starts_with("Error validating stack policy: Unknown logical id"));
    let mut both = body(&policy("Update:*", "A"));
    world.ok("SetStackPolicy", both.clone());
    both["StackPolicyURL"] = json!("https://bucket.s3.amazonaws.com/policy");
    let message = world.refused("SetStackPolicy", both);
    assert_eq!(message, "You cannot specify both StackPolicyURL and StackPolicyBody");
    let message = world.refused("GetStackPolicy", json!({"StackName": "none"}));
    assert_eq!(message, "Stack [none] does not exist");
}

#[test]
fn a_stacks_tags_come_to_its_resources_and_go_with_them() {
    let mut world = World::new();
    let template = "
Resources:
  A: {Type: Test::Thing, Properties: {Name: a, Tags: [{Key: k, Value: own}]}}
  B: {Type: Test::Fixed, Properties: {Name: b}}
";
    let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
    let tags = json!([tag("k", "stack"), tag("team", "night")]);
    let input = json!({"StackName": "shop", "TemplateBody": template, "Tags": tags});
    world.ok("CreateStack", input);
    let own = json!([tag("k", "own"), tag("team", "night")]);
    assert_eq!(world.things["a"].properties["Tags"], own);
    assert!(world.things["b"].properties["Tags"].is_null(), "it takes no such tags");
    let input = json!({
        "StackName": "shop", "ChangeSetName": "x", "UsePreviousTemplate": true, "Tags": [],
    });
    world.ok("CreateChangeSet", input);
    world.settle();
    let named = json!({"StackName": "shop", "ChangeSetName": "x"});
    let seen = world.ok("DescribeChangeSet", named.clone());
    let change = &seen["Changes"][0]["ResourceChange"];
    assert_eq!((&change["LogicalResourceId"], &change["Scope"]), (&json!("A"), &json!(["Tags"])));
    let target = json!({"Attribute": "Tags", "RequiresRecreation": "Never"});
    assert_eq!(change["Details"][0]["Target"], target);
    assert!(seen["Changes"][1].is_null());
    world.ok("ExecuteChangeSet", named);
    assert_eq!(world.things["a"].properties["Tags"], json!([tag("k", "own")]));
}
