//! Stacks in stacks: made, changed, put back and deleted with the stack that nests them.

use super::*;

/// A parent with a child at `https://b.s3.amazonaws.com/child.yaml` and a thing that uses the
/// child's output; more resources may follow.
const PARENT: &str = "\
Parameters: {Size: {Type: String, Default: '1'}}
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: https://b.s3.amazonaws.com/child.yaml
      Parameters: {Size: !Ref Size}
  Own:
    Type: Test::Thing
    Properties: {Name: own, Text: !GetAtt Child.Outputs.Name}
";

const CHILD: &str = "\
Parameters: {Size: {Type: Number}}
Resources:
  A:
    Type: Test::Thing
    Properties: {Name: a, Size: !Ref Size}
Outputs:
  Name: {Value: !Sub 'called-${A}'}
";

fn world() -> World {
    let mut world = World::new();
    world.objects.insert("b/child.yaml".into(), CHILD.into());
    world
}

fn child(world: &mut World) -> Value {
    let shown = world.ok("DescribeStacks", json!({}));
    let stacks = shown["Stacks"].as_array().unwrap();
    stacks.iter().find(|stack| stack["ParentId"].is_string()).cloned().unwrap_or_default()
}

fn update(world: &mut World, size: &str) {
    let parameters = json!([{"ParameterKey": "Size", "ParameterValue": size}]);
    let input = json!({"StackName": "shop", "UsePreviousTemplate": true, "Parameters": parameters});
    world.ok("UpdateStack", input);
}

#[test]
fn cfn_ns_01_cfn_rs_56_a_child_has_parameters_outputs_and_a_parent() {
    let mut world = world();
    world.create("shop", PARENT);
    world.settle();
    assert_eq!(world.status("shop"), "CREATE_COMPLETE");
    assert_eq!(world.things["own"].properties()["Text"], "called-a");
    let child = child(&mut world);
    let parent = world.ok("DescribeStacks", json!({"StackName": "shop"}))["Stacks"][0].clone();
    assert_eq!((&child["ParentId"], &child["RootId"]), (&parent["StackId"], &parent["StackId"]));
    let name = child["StackName"].as_str().unwrap();
    assert!(name.starts_with("shop-Child-") && name.len() == "shop-Child-".len() + 12, "{name}");
    let resource = json!({"StackName": "shop", "LogicalResourceId": "Child"});
    let shown = world.ok("DescribeStackResource", resource);
    assert_eq!(shown["StackResourceDetail"]["PhysicalResourceId"], child["StackId"]);
    let listed = world.ok("ListStacks", json!({}));
    assert_eq!(listed["StackSummaries"][0]["ParentId"], parent["StackId"]);
    world.delete("shop");
    world.settle();
    assert_eq!(world.names(), [] as [&str; 0]);
    assert_eq!(world.ok("DescribeStacks", json!({}))["Stacks"], json!([]));
}

#[test]
fn an_update_reaches_the_child_and_its_template_is_read_again() {
    let mut world = world();
    world.create("shop", PARENT);
    world.settle();
    update(&mut world, "5");
    world.settle();
    assert_eq!(world.status("shop"), "UPDATE_COMPLETE");
    assert_eq!(child(&mut world)["StackStatus"], "UPDATE_COMPLETE");
    assert_eq!(world.things["a"].properties()["Size"], 5);
    // Nothing in the parent says that the child's template is another one.
    world.objects.insert("b/child.yaml".into(), CHILD.replace("called", "named"));
    world.update("shop", PARENT);
    world.settle();
    assert_eq!(world.things["own"].properties()["Text"], "named-a");
}

#[test]
fn cfn_ns_02_children_keep_what_is_old_until_all_are_updated() {
    let mut world = world();
    let parent = PARENT.replace(
        "  Own:",
        "  Slow: {Type: Test::Thing, Properties: {Name: slow, Delay: 9, Size: !Ref Size}}\n  Own:",
    );
    world
        .objects
        .insert("b/child.yaml".into(), CHILD.replace("Name: a,", "Name: !Sub 'a${Size}',"));
    world.create("shop", &parent);
    world.settle();
    update(&mut world, "2");
    world.run_for(Duration::from_secs(5));
    assert_eq!(world.status("shop"), "UPDATE_IN_PROGRESS");
    assert_eq!(child(&mut world)["StackStatus"], "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
    assert_eq!(world.names(), ["a1", "a2", "own", "slow"]);
    world.restart();
    world.settle();
    assert_eq!(world.status("shop"), "UPDATE_COMPLETE");
    assert_eq!(child(&mut world)["StackStatus"], "UPDATE_COMPLETE");
    assert_eq!(world.names(), ["a2", "own", "slow"]);
}

#[test]
fn cfn_ns_02_a_child_that_was_updated_is_put_back_with_its_parent() {
    let mut world = world();
    world
        .objects
        .insert("b/child.yaml".into(), CHILD.replace("Name: a,", "Name: !Sub 'a${Size}',"));
    world.create("shop", PARENT);
    world.settle();
    let before = world.things.clone();
    world.broken.insert("Change own".into());
    update(&mut world, "2");
    world.settle();
    assert_eq!(world.status("shop"), "UPDATE_ROLLBACK_FAILED", "own cannot be put back either");
    world.broken.clear();
    world.ok("ContinueUpdateRollback", json!({"StackName": "shop"}));
    world.settle();
    assert_eq!(world.status("shop"), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(child(&mut world)["StackStatus"], "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(world.things, before);
    // And it is not stuck.
    update(&mut world, "3");
    world.settle();
    assert_eq!(world.names(), ["a3", "own"]);
}

#[test]
fn cfn_ns_03_a_child_that_fails_fails_its_parent_in_aws_words() {
    let mut world = world();
    world.broken.insert("Make a".into());
    world.create("shop", PARENT);
    let id = child(&mut world)["StackId"].as_str().unwrap().to_owned();
    world.settle();
    assert_eq!(world.status("shop"), "ROLLBACK_COMPLETE");
    let wanted = format!(
        "Child CREATE_FAILED Embedded stack {id} was not successfully created: The following \
         resource(s) failed to create: [A]."
    );
    let events = world.events("shop");
    assert!(events.contains(&wanted), "{events:#?}");
    assert_eq!(world.names(), [] as [&str; 0]);
    let gone = world.ok("DescribeStacks", json!({"StackName": id}));
    assert_eq!(gone["Stacks"][0]["StackStatus"], "DELETE_COMPLETE");
}

#[test]
fn cfn_ns_03_a_child_that_cannot_be_updated_is_put_back() {
    let mut world = world();
    world.create("shop", PARENT);
    world.settle();
    world.broken.insert("Change a".into());
    update(&mut world, "2");
    world.run_for(Duration::from_millis(100));
    world.broken.clear();
    world.settle();
    assert_eq!(world.status("shop"), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(child(&mut world)["StackStatus"], "UPDATE_ROLLBACK_COMPLETE");
    let id = child(&mut world)["StackId"].as_str().unwrap().to_owned();
    let wanted = format!(
        "Child UPDATE_FAILED Embedded stack {id} was not successfully updated. Currently in \
         UPDATE_ROLLBACK_"
    );
    let events = world.events("shop");
    assert!(events.iter().any(|event| event.starts_with(&wanted)), "{events:#?}");
    assert_eq!(world.things["a"].properties()["Size"], 1);
}

#[test]
fn a_child_of_a_child_and_templates_that_are_files() {
    let mut world = World::new();
    let nest = |path: &str| {
        format!(
            "Resources: {{Next: {{Type: 'AWS::CloudFormation::Stack', Properties: \
             {{TemplateURL: {path}}}}}}}"
        )
    };
    let templates = json!({
        "/work/parts/middle.yaml": nest("../leaf.yaml"),
        "/work/leaf.yaml": things("Leaf: Name=leaf"),
    });
    let standin = json!({
        "File": "site.yaml", "BaseDirectory": "/work", "Templates": templates,
    });
    let input = json!({
        "StackName": "site", "TemplateBody": nest("./parts/middle.yaml"), "Standin": standin,
    });
    world.ok("CreateStack", input);
    world.settle();
    assert_eq!(world.status("site"), "CREATE_COMPLETE");
    assert_eq!(world.names(), ["leaf"]);
    let shown = world.ok("ListStacks", json!({}));
    let root = &shown["StackSummaries"][2]["StackId"];
    assert!((0..2).all(|at| shown["StackSummaries"][at]["RootId"] == *root), "{shown:#}");
    world.restart();
    world.delete("site");
    world.settle();
    assert_eq!(world.names(), [] as [&str; 0]);
    let shown = world.ok("DescribeStacks", json!({}));
    assert_eq!(shown["Stacks"], json!([]));
}

#[test]
fn deleting_a_parent_that_is_being_made_takes_the_child_along() {
    let mut world = world();
    world.objects.insert("b/child.yaml".into(), CHILD.replace("Name: a,", "Name: a, Delay: 50,"));
    world.create("shop", PARENT);
    world.run_for(Duration::from_secs(3));
    world.delete("shop");
    world.settle();
    assert_eq!(world.names(), [] as [&str; 0]);
    assert_eq!(world.ok("DescribeStacks", json!({}))["Stacks"], json!([]));
}

#[test]
fn a_change_set_names_the_child_and_changes_it() {
    let mut world = world();
    world.create("shop", PARENT);
    world.settle();
    world.objects.insert("b/child.yaml".into(), CHILD.replace("called", "named"));
    let mut input = json!({
        "StackName": "shop", "ChangeSetName": "x", "UsePreviousTemplate": true,
        "IncludeNestedStacks": true,
    });
    let message = world.refused("CreateChangeSet", input.clone());
    assert_eq!(message, "IncludeNestedStacks is not supported by Standin");
    input["IncludeNestedStacks"] = json!(false);
    world.ok("CreateChangeSet", input);
    world.settle();
    let name = json!({"StackName": "shop", "ChangeSetName": "x"});
    let shown = world.ok("DescribeChangeSet", name.clone());
    let change = &shown["Changes"][0]["ResourceChange"];
    assert_eq!(change["Details"][0]["ChangeSource"], "Automatic");
    assert_eq!(
        (&change["Action"], &change["LogicalResourceId"]),
        (&json!("Modify"), &json!("Child"))
    );
    world.ok("ExecuteChangeSet", name);
    world.settle();
    assert_eq!(world.things["own"].properties()["Text"], "named-a");
}
