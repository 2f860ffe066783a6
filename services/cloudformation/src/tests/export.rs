//! Outputs, and exports that other stacks import.

use super::*;

/// A stack that exports the id of a thing called `name`.
fn exporter(name: &str) -> String {
    format!(
        "
Resources:
  A: {{Type: Test::Thing, Properties: {{Name: {name}}}}}
Outputs:
  Id:
    Description: Which thing
    Value: !Ref A
    Export: {{Name: !Sub '${{AWS::StackName}}-id'}}
  Arn: {{Value: !GetAtt A.Arn}}
"
    )
}

fn importer(name: &str) -> String {
    format!(
        "Resources: {{B: {{Type: Test::Thing, \
         Properties: {{Name: {name}, Uses: [!ImportValue base-id]}}}}}}"
    )
}

#[test]
fn cfn_ou_01_outputs_and_exports_are_shown() {
    let mut world = World::new();
    world.create("base", &exporter("a"));
    let described = world.ok("DescribeStacks", json!({"StackName": "base"}));
    assert_eq!(
        described["Stacks"][0]["Outputs"],
        json!([
            {
                "OutputKey": "Id", "OutputValue": "a",
                "Description": "Which thing", "ExportName": "base-id",
            },
            {"OutputKey": "Arn", "OutputValue": "arn:a"},
        ])
    );
    let id = world.cloudformation.stacks()[0].id.clone();
    assert_eq!(
        world.ok("ListExports", json!({})),
        json!({"Exports": [{"ExportingStackId": id, "Name": "base-id", "Value": "a"}]})
    );
}

#[test]
fn cfn_ou_01_an_export_name_in_use_fails_the_creation() {
    let mut world = World::new();
    world.create("base", &exporter("a"));
    let template = "
Resources:
  A: {Type: Test::Thing, Properties: {Name: x}}
Outputs:
  Id: {Value: !Ref A, Export: {Name: base-id}}
";
    world.create("other", template);
    assert_eq!(world.status("other"), "ROLLBACK_COMPLETE");
    let begun = "other ROLLBACK_IN_PROGRESS Export with name base-id is already exported by stack \
                 base. Rollback requested by user.";
    assert!(world.events("other").contains(&begun.to_owned()));
}

#[test]
fn cfn_st_13_outputs_are_not_shown_while_something_goes_on() {
    let mut world = World::new();
    world.create("base", &exporter("a"));
    let changed = exporter("a, Delay: 3");
    world.update("base", &changed);
    let described = world.ok("DescribeStacks", json!({"StackName": "base"}));
    assert_eq!(described["Stacks"][0]["StackStatus"], "UPDATE_IN_PROGRESS");
    assert_eq!(described["Stacks"][0].get("Outputs"), None);
    world.settle();
    let described = world.ok("DescribeStacks", json!({"StackName": "base"}));
    assert!(described["Stacks"][0].get("Outputs").is_some());
}

#[test]
fn cfn_ou_02_an_imported_export_can_neither_be_changed_nor_removed() {
    let mut world = World::new();
    world.create("base", &exporter("a"));
    world.create("user", &importer("b"));
    assert_eq!(world.things["b"].properties["Uses"], json!(["a"]));
    assert_eq!(
        world.ok("ListImports", json!({"ExportName": "base-id"})),
        json!({"Imports": ["user"]})
    );
    world.update("base", &exporter("z"));
    assert_eq!(world.status("base"), "UPDATE_ROLLBACK_COMPLETE");
    let reason = "base UPDATE_ROLLBACK_IN_PROGRESS Export base-id cannot be updated as it is \
                  in use by user";
    assert!(world.events("base").contains(&reason.to_owned()));
    world.update("base", &things("A: Name=a Size=1"));
    let reason = "base UPDATE_ROLLBACK_IN_PROGRESS Export base-id cannot be deleted as it is \
                  in use by user";
    assert!(world.events("base").contains(&reason.to_owned()));
    assert_eq!(world.names(), ["a", "b"]);
}

#[test]
fn cfn_ou_02_an_exporter_in_use_is_not_deleted() {
    let mut world = World::new();
    world.create("base", &exporter("a"));
    world.create("one", &importer("b"));
    world.create("two", &importer("c"));
    world.delete("base");
    let described = world.ok("DescribeStacks", json!({"StackName": "base"}));
    let reason = "Export base-id cannot be deleted as it is in use by one and two";
    let stack = &described["Stacks"][0];
    assert_eq!(stack["StackStatus"], "CREATE_COMPLETE", "it goes back to what it was");
    let mut reason_seen = stack["StackStatusReason"].as_str().unwrap().to_owned();
    // Stacks of one moment come in the order of their ids.
    reason_seen = reason_seen.replace("two and one", "one and two");
    assert_eq!(reason_seen, reason);
    world.delete("one");
    world.delete("two");
    world.delete("base");
    assert_eq!(world.names(), [""; 0]);
    let message = "Export 'base-id' is not imported by any stack.";
    assert_eq!(world.refused("ListImports", json!({"ExportName": "base-id"})), message);
}

#[test]
fn cfn_ou_03_an_unknown_import_fails_before_anything_is_made() {
    let mut world = World::new();
    world.create("user", &importer("b"));
    assert_eq!(
        world.events("user"),
        [
            "user CREATE_IN_PROGRESS User Initiated",
            "user ROLLBACK_IN_PROGRESS No export named base-id found. Rollback requested by user.",
            "user ROLLBACK_COMPLETE",
        ]
    );
    assert_eq!(world.done, [""; 0]);
    world.create("mine", &things("B: Name=b"));
    world.update("mine", &importer("b"));
    assert_eq!(world.status("mine"), "UPDATE_ROLLBACK_COMPLETE");
    let reason = "mine UPDATE_ROLLBACK_IN_PROGRESS No export named base-id found";
    assert!(world.events("mine").contains(&reason.to_owned()));
}

#[test]
fn cfn_in_04_an_output_that_cannot_be_worked_out_rolls_back() {
    let mut world = World::new();
    let template = "
Parameters:
  At: {Type: Number, Default: 5}
Resources:
  A: {Type: Test::Thing, Properties: {Name: a}}
Outputs:
  Part: {Value: !Select [!Ref At, !Split ['-', !Ref A]]}
";
    world.create("shop", template);
    assert_eq!(world.status("shop"), "ROLLBACK_COMPLETE");
    let events = world.events("shop");
    let begun = events.iter().find(|event| event.starts_with("shop ROLLBACK_IN_PROGRESS")).unwrap();
    assert!(begun.ends_with(". Rollback requested by user."), "{begun}");
    assert_eq!(world.names(), [""; 0]);
}
