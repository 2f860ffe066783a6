//! Change sets: how they come to be, what they tell, what executing one does.

use super::*;

fn prepared(world: &mut World, kind: &str, name: &str, more: &Value) -> Value {
    let mut input = json!({"StackName": "shop", "ChangeSetName": name, "ChangeSetType": kind});
    let members = input.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    let made = world.ok("CreateChangeSet", input);
    world.settle();
    made
}

fn prepare(world: &mut World, kind: &str, name: &str, template: &str) {
    prepared(world, kind, name, &json!({"TemplateBody": template}));
}

fn look(world: &mut World, name: &str) -> Value {
    world.ok("DescribeChangeSet", json!({"StackName": "shop", "ChangeSetName": name}))
}

fn execute(world: &mut World, name: &str) {
    world.ok("ExecuteChangeSet", json!({"StackName": "shop", "ChangeSetName": name}));
}

/// `Modify A Conditional Properties.Uses<ResourceReference A Dynamic Never, ...`
fn lines(described: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let detail = |one: &Value| {
        let target = &one["Target"];
        [
            &target["Attribute"],
            &target["Name"],
            &target["RequiresRecreation"],
            &one["Evaluation"],
            &one["ChangeSource"],
            &one["CausingEntity"],
        ]
        .map(text)
        .join(" ")
    };
    let line = |change: &Value| {
        let change = &change["ResourceChange"];
        let details: Vec<String> =
            change["Details"].as_array().unwrap().iter().map(detail).collect();
        let head = ["Action", "LogicalResourceId", "Replacement"].map(|name| text(&change[name]));
        format!("{}: {}", head.join(" "), details.join(", "))
    };
    described["Changes"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn cfn_st_21_cfn_ev_01_a_change_set_creates_a_stack() {
    let mut world = World::new();
    prepare(&mut world, "CREATE", "first", &things("A: Name=a\nB: Name=b Uses=A"));
    assert_eq!(world.status("shop"), "REVIEW_IN_PROGRESS");
    let stack = world.ok("DescribeStacks", json!({"StackName": "shop"}));
    assert_eq!(stack["Stacks"][0]["StackStatusReason"], "User Initiated");
    assert!(stack["Stacks"][0]["Parameters"].is_null());
    assert!(world.names().is_empty());
    let seen = look(&mut world, "first");
    assert_eq!(
        (&seen["Status"], &seen["ExecutionStatus"]),
        (&json!("CREATE_COMPLETE"), &json!("AVAILABLE"))
    );
    assert_eq!(lines(&seen), ["Add A -: ", "Add B -: "]);
    execute(&mut world, "first");
    assert_eq!(world.status("shop"), "CREATE_COMPLETE");
    assert_eq!(look(&mut world, "first")["ExecutionStatus"], "EXECUTE_COMPLETE");
    let events = world.events("shop");
    assert_eq!(
        events[..3],
        [
            "shop REVIEW_IN_PROGRESS User Initiated",
            "shop CREATE_IN_PROGRESS User Initiated",
            "A CREATE_IN_PROGRESS",
        ]
    );
    assert_eq!(world.names(), ["a", "b"]);
}

#[test]
fn cfn_cs_01_the_type_must_suit_the_stack() {
    let mut world = World::new();
    let template = things("A: Name=a");
    let input = |kind: &str| {
        json!({
            "StackName": "shop", "ChangeSetName": "x", "ChangeSetType": kind,
            "TemplateBody": template,
        })
    };
    assert_eq!(world.refused("CreateChangeSet", input("UPDATE")), "Stack [shop] does not exist");
    world.create("shop", &template);
    assert_eq!(
        world.refused("CreateChangeSet", input("CREATE")),
        "Stack [shop] already exists and cannot be created again with the changeSet [x]."
    );
    let message = world.refused("CreateChangeSet", input("IMPORT"));
    assert_eq!(message, "ChangeSetType IMPORT is not supported by Standin");
    // UPDATE is what AWS takes when nothing is said.
    let plain = json!({"StackName": "shop", "ChangeSetName": "x", "TemplateBody": template});
    world.ok("CreateChangeSet", plain);
}

#[test]
fn cfn_cs_01_a_stack_under_review_takes_more_change_sets_but_no_update() {
    let mut world = World::new();
    prepare(&mut world, "CREATE", "first", &things("A: Name=a"));
    prepare(&mut world, "CREATE", "second", &things("B: Name=b"));
    let input = json!({"StackName": "shop", "TemplateBody": things("A: Name=a")});
    let message = world.refused("UpdateStack", input.clone());
    assert!(message.ends_with("is in REVIEW_IN_PROGRESS state and can not be updated."));
    assert_eq!(world.call("CreateStack", input).unwrap_err().code, "AlreadyExistsException");
    world.refused("GetTemplate", json!({"StackName": "shop"}));
    let template = world.ok("GetTemplate", json!({"StackName": "shop", "ChangeSetName": "second"}));
    assert_eq!(template["TemplateBody"], things("B: Name=b"));
    execute(&mut world, "second");
    assert_eq!(world.names(), ["b"]);
    let template = world.ok("GetTemplate", json!({"StackName": "shop"}));
    assert_eq!(template["TemplateBody"], things("B: Name=b"));
}

#[test]
fn cfn_cs_02_the_statuses_come_one_after_another() {
    let mut world = World::new();
    world.env.pace = standin_kernel::Pace::Aws;
    let template = things("A: Name=a");
    let input = json!({
        "StackName": "shop", "ChangeSetName": "x", "ChangeSetType": "CREATE",
        "TemplateBody": template,
    });
    world.ok("CreateChangeSet", input);
    let mut seen = Vec::new();
    loop {
        let now = look(&mut world, "x");
        seen.push(format!("{} {}", now["Status"], now["ExecutionStatus"]).replace('"', ""));
        let named = json!({"StackName": "shop", "ChangeSetName": "x"});
        if seen.len() < 3 {
            let refused = world.call("ExecuteChangeSet", named.clone()).unwrap_err();
            assert_eq!(refused.code, "InvalidChangeSetStatus");
            let refused = world.call("DeleteChangeSet", named).unwrap_err();
            assert_eq!(refused.code, "InvalidChangeSetStatus");
        }
        if !world.tick() {
            break;
        }
    }
    assert_eq!(
        seen,
        [
            "CREATE_PENDING UNAVAILABLE",
            "CREATE_IN_PROGRESS UNAVAILABLE",
            "CREATE_COMPLETE AVAILABLE"
        ]
    );
}

#[test]
fn cfn_cs_03_without_changes_a_change_set_fails_and_cannot_be_executed() {
    let mut world = World::new();
    let template = things("A: Name=a");
    world.create("shop", &template);
    prepare(&mut world, "UPDATE", "same", &template);
    let seen = look(&mut world, "same");
    assert_eq!(
        (&seen["Status"], &seen["ExecutionStatus"]),
        (&json!("FAILED"), &json!("UNAVAILABLE"))
    );
    assert_eq!(
        seen["StatusReason"],
        "The submitted information didn't contain changes. Submit different information to create \
         a change set."
    );
    let named = json!({"StackName": "shop", "ChangeSetName": "same"});
    let refused = world.call("ExecuteChangeSet", named).unwrap_err();
    assert_eq!(refused.code, "InvalidChangeSetStatus");
    let id = seen["ChangeSetId"].as_str().unwrap();
    assert_eq!(
        refused.message,
        format!("ChangeSet [{id}] cannot be executed in its current status of [FAILED]")
    );
    assert_eq!(world.status("shop"), "CREATE_COMPLETE");
}

#[test]
fn cfn_cs_04_what_changes_and_why() {
    let mut world = World::new();
    world.create(
        "shop",
        &things("A: Name=a Size=1\nB: Name=b Uses=A\nC: Name=c\nD: DeletionPolicy=Retain Name=d"),
    );
    let template = things("A: Name=z Size=2\nB: Name=b Uses=A\nC: Name=c\nE: Name=e");
    prepare(&mut world, "UPDATE", "x", &template);
    let seen = look(&mut world, "x");
    assert_eq!(
        lines(&seen),
        [
            "Modify A True: Properties Name Always Static DirectModification -, \
             Properties Size Never Static DirectModification -",
            "Modify B False: Properties Uses Never Dynamic ResourceReference A",
            "Add E -: ",
            "Remove D -: ",
        ]
    );
    let change = |at: usize| seen["Changes"][at]["ResourceChange"].clone();
    assert_eq!(change(0)["PolicyAction"], "ReplaceAndDelete");
    assert_eq!(change(0)["Scope"], json!(["Properties"]));
    assert_eq!(change(0)["PhysicalResourceId"], "a");
    assert_eq!(change(3)["PolicyAction"], "Retain");
    assert_eq!(world.names(), ["a", "b", "c", "d"], "nothing is done yet");
    execute(&mut world, "x");
    assert_eq!(world.status("shop"), "UPDATE_COMPLETE");
    assert_eq!(world.names(), ["b", "c", "d", "e", "z"]);
}

#[test]
fn cfn_cs_04_an_attribute_of_a_changed_resource_may_replace() {
    let mut world = World::new();
    let template = |size: u8| {
        format!(
            "
Resources:
  A: {{Type: Test::Thing, Properties: {{Name: a, Size: {size}}}}}
  B: {{Type: Test::Thing, Properties: {{Name: !Sub 'b-${{A.Size}}'}}}}
  C: {{Type: Test::Thing, Properties: {{Name: c, Size: !GetAtt A.Size}}}}
"
        )
    };
    world.create("shop", &template(1));
    prepare(&mut world, "UPDATE", "x", &template(2));
    let seen = look(&mut world, "x");
    assert_eq!(
        lines(&seen)[1..],
        [
            "Modify B Conditional: Properties Name Always Dynamic ResourceAttribute A.Size",
            "Modify C False: Properties Size Never Dynamic ResourceAttribute A.Size",
        ]
    );
    assert!(seen["Changes"][1]["ResourceChange"]["BeforeContext"].is_null());
    let seen = world.ok(
        "DescribeChangeSet",
        json!({"StackName": "shop", "ChangeSetName": "x", "IncludePropertyValues": true}),
    );
    let change = &seen["Changes"][1]["ResourceChange"];
    assert_eq!(change["BeforeContext"], r#"{"Properties":{"Name":"b-1"}}"#);
    let after = r#"{"Properties":{"Name":"b-{{changeSet:KNOWN_AFTER_APPLY}}"}}"#;
    assert_eq!(change["AfterContext"], after);
    let target = &change["Details"][0]["Target"];
    assert_eq!(target["Path"], "/Properties/Name");
    assert_eq!(
        (&target["BeforeValue"], &target["AttributeChangeType"]),
        (&json!("b-1"), &json!("Modify"))
    );
}

#[test]
fn cfn_cs_04_a_parameter_is_named_as_the_cause_and_noecho_hides_its_value() {
    let mut world = World::new();
    let template = "
Parameters:
  Secret: {Type: String, NoEcho: true}
Resources:
  A: {Type: Test::Thing, Metadata: {M: 1}, Properties: {Name: a, Text: !Ref Secret}}
";
    let given = |value: &str| json!([{"ParameterKey": "Secret", "ParameterValue": value}]);
    world.ok(
        "CreateStack",
        json!({"StackName": "shop", "TemplateBody": template, "Parameters": given("x")}),
    );
    let more = json!({"UsePreviousTemplate": true, "Parameters": given("y")});
    prepared(&mut world, "UPDATE", "x", &more);
    let named = json!({
        "StackName": "shop", "ChangeSetName": "x", "IncludePropertyValues": true,
    });
    let seen = world.ok("DescribeChangeSet", named);
    assert_eq!(
        lines(&seen),
        ["Modify A False: Properties Text Never Dynamic DirectModification -, \
          Properties Text Never Static ParameterReference Secret"]
    );
    assert_eq!(seen["Parameters"][0]["ParameterValue"], "****");
    let change = &seen["Changes"][0]["ResourceChange"];
    assert_eq!(
        change["AfterContext"],
        r#"{"Metadata":{"M":1},"Properties":{"Name":"a","Text":"****"}}"#
    );
    assert_eq!(change["Details"][0]["Target"]["AfterValue"], "****");
    execute(&mut world, "x");
    assert_eq!(world.things["a"].properties["Text"], "y");
}

#[test]
fn cfn_at_07_metadata_is_a_change_and_tags_of_the_stack_one_without_resources() {
    let mut world = World::new();
    let template = |m: u8| {
        format!(
            "Resources: {{A: {{Type: Test::Thing, Metadata: {{M: {m}}}, Properties: {{Name: a}}}}}}"
        )
    };
    world.create("shop", &template(1));
    prepare(&mut world, "UPDATE", "x", &template(2));
    let seen = look(&mut world, "x");
    assert_eq!(lines(&seen), ["Modify A False: Metadata - Never Static DirectModification -"]);
    let outputs = format!("{}\nOutputs: {{O: {{Value: 1}}}}", template(1));
    prepare(&mut world, "UPDATE", "y", &outputs);
    let seen = look(&mut world, "y");
    assert_eq!((&seen["Status"], lines(&seen).len()), (&json!("CREATE_COMPLETE"), 0));
}

#[test]
fn cfn_cs_05_executing_one_deletes_the_others_and_so_does_an_update() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a Size=1"));
    prepare(&mut world, "UPDATE", "x", &things("A: Name=a Size=2"));
    prepare(&mut world, "UPDATE", "y", &things("A: Name=a Size=3"));
    let names = |world: &mut World| -> Vec<String> {
        let listed = world.ok("ListChangeSets", json!({"StackName": "shop"}));
        let summaries = listed["Summaries"].as_array().unwrap();
        summaries.iter().map(|one| one["ChangeSetName"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&mut world).len(), 2);
    execute(&mut world, "x");
    assert_eq!(names(&mut world), ["x"]);
    let gone = json!({"StackName": "shop", "ChangeSetName": "y"});
    let refused = world.call("DescribeChangeSet", gone).unwrap_err();
    assert_eq!((refused.code.as_str(), refused.status), ("ChangeSetNotFound", 404));
    assert_eq!(refused.message, "ChangeSet [y] does not exist");
    let again = json!({"StackName": "shop", "ChangeSetName": "x"});
    let refused = world.call("ExecuteChangeSet", again).unwrap_err();
    assert_eq!(refused.code, "InvalidChangeSetStatus");
    prepare(&mut world, "UPDATE", "z", &things("A: Name=a Size=4"));
    world.update("shop", &things("A: Name=a Size=5"));
    assert_eq!(names(&mut world), [""; 0]);
}

#[test]
fn cfn_cs_06_a_failing_execution_rolls_back_unless_it_is_told_not_to() {
    let mut world = World::new();
    world.broken.insert("Make b".into());
    let template = things("A: Name=a\nB: Name=b Uses=A");
    prepare(&mut world, "CREATE", "x", &template);
    execute(&mut world, "x");
    assert_eq!(world.status("shop"), "ROLLBACK_COMPLETE");
    assert_eq!(look(&mut world, "x")["ExecutionStatus"], "EXECUTE_FAILED");
    let input = json!({"StackName": "shop", "ChangeSetName": "y", "TemplateBody": template});
    let message = world.refused("CreateChangeSet", input);
    assert!(message.ends_with("is in ROLLBACK_COMPLETE state and can not be updated."));
    world.delete("shop");

    prepare(&mut world, "CREATE", "x", &template);
    let named = json!({"StackName": "shop", "ChangeSetName": "x", "DisableRollback": true});
    world.ok("ExecuteChangeSet", named);
    assert_eq!(world.status("shop"), "CREATE_FAILED");
    assert_eq!(world.names(), ["a"]);
    // Tried again, once it is mended, with the same option.
    world.broken.clear();
    prepare(&mut world, "UPDATE", "again", &template);
    let mut named = json!({"StackName": "shop", "ChangeSetName": "again"});
    let message = world.refused("ExecuteChangeSet", named.clone());
    assert!(message.ends_with("is in CREATE_FAILED state and can not be updated."));
    named["DisableRollback"] = json!(true);
    world.ok("ExecuteChangeSet", named);
    assert_eq!(world.status("shop"), "UPDATE_COMPLETE");
}

#[test]
fn cfn_cs_06_on_stack_failure_belongs_to_the_change_set() {
    let mut world = World::new();
    world.broken.insert("Make a".into());
    let more = json!({"TemplateBody": things("A: Name=a"), "OnStackFailure": "DELETE"});
    let made = prepared(&mut world, "CREATE", "x", &more);
    let both = json!({"StackName": "shop", "ChangeSetName": "x", "DisableRollback": false});
    world.refused("ExecuteChangeSet", both);
    execute(&mut world, "x");
    let gone = world.ok("DescribeStacks", json!({"StackName": made["StackId"]}));
    assert_eq!(gone["Stacks"][0]["StackStatus"], "DELETE_COMPLETE");
}

#[test]
fn cfn_cs_07_deleting_a_change_set_leaves_the_stack_under_review() {
    let mut world = World::new();
    prepare(&mut world, "CREATE", "x", &things("A: Name=a"));
    let message = world.refused("DeleteChangeSet", json!({"ChangeSetName": "x"}));
    assert_eq!(message, "StackName must be specified if ChangeSetName is not specified as an ARN.");
    let named = json!({"StackName": "shop", "ChangeSetName": "x"});
    world.ok("DeleteChangeSet", named.clone());
    world.ok("DeleteChangeSet", named);
    assert_eq!(world.status("shop"), "REVIEW_IN_PROGRESS");
    world.delete("shop");
    world.refused("DescribeStacks", json!({"StackName": "shop"}));
    assert!(world.names().is_empty());
}

#[test]
fn cfn_cs_09_a_new_parameter_without_a_value_is_refused_at_once() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a"));
    let template = format!("Parameters: {{P: {{Type: String}}}}\n{}", things("A: Name=a"));
    let input = json!({"StackName": "shop", "ChangeSetName": "x", "TemplateBody": template});
    let message = world.refused("CreateChangeSet", input);
    assert_eq!(message, "Parameters: [P] must have values");
}

#[test]
fn a_repeated_name_is_refused_and_a_repeated_call_is_not() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a"));
    let input = |token: &str| {
        json!({
            "StackName": "shop", "ChangeSetName": "x", "ClientToken": token,
            "TemplateBody": things("A: Name=b"),
        })
    };
    let made = world.ok("CreateChangeSet", input("t"));
    assert_eq!(world.ok("CreateChangeSet", input("t")), made);
    let refused = world.call("CreateChangeSet", input("u")).unwrap_err();
    assert_eq!(refused.code, "AlreadyExistsException");
    let by_arn = json!({"ChangeSetName": made["Id"]});
    assert_eq!(world.ok("DescribeChangeSet", by_arn)["ChangeSetName"], "x");
}

#[test]
fn change_sets_survive_a_restart_at_every_step() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a Delay=2"));
    world.settle();
    let template = things("A: Name=a Size=2 Delay=2");
    let input = json!({"StackName": "shop", "ChangeSetName": "x", "TemplateBody": template});
    world.ok("CreateChangeSet", input);
    assert_eq!(look(&mut world, "x")["Status"], "CREATE_PENDING");
    world.restart();
    world.settle();
    let seen = look(&mut world, "x");
    assert_eq!(seen["Status"], "CREATE_COMPLETE");
    world.restart();
    assert_eq!(look(&mut world, "x"), seen);
    execute(&mut world, "x");
    assert_eq!(look(&mut world, "x")["ExecutionStatus"], "EXECUTE_IN_PROGRESS");
    world.restart();
    world.settle();
    assert_eq!(look(&mut world, "x")["ExecutionStatus"], "EXECUTE_COMPLETE");
    assert_eq!(world.status("shop"), "UPDATE_COMPLETE");
    world.delete("shop");
    world.settle();
    assert!(!world.records.keys().any(|(kind, _)| kind == "change-set"));
}

#[test]
fn a_stack_under_review_survives_a_restart() {
    let mut world = World::new();
    prepare(&mut world, "CREATE", "x", &things("A: Name=a"));
    let seen = world.ok("DescribeStacks", json!({}));
    world.restart();
    assert_eq!(world.ok("DescribeStacks", json!({})), seen);
    execute(&mut world, "x");
    assert_eq!(world.status("shop"), "CREATE_COMPLETE");
}

#[test]
fn long_change_sets_come_in_pages() {
    let mut world = World::new();
    let lines_of: Vec<String> = (0..130).map(|at| format!("A{at}: Name=n{at}")).collect();
    prepare(&mut world, "CREATE", "x", &things(&lines_of.join("\n")));
    let first = look(&mut world, "x");
    assert_eq!(first["Changes"].as_array().unwrap().len(), 100);
    let token = first["NextToken"].clone();
    let next = json!({"StackName": "shop", "ChangeSetName": "x", "NextToken": token});
    let second = world.ok("DescribeChangeSet", next);
    assert_eq!(second["Changes"].as_array().unwrap().len(), 30);
    assert!(second["NextToken"].is_null());
}

#[test]
fn cfn_pv_01_a_wrong_property_is_found_before_a_change_set_is_executed() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a"));
    let input = json!({
        "StackName": "shop", "ChangeSetName": "x", "TemplateBody": things("A: Name=a Sise=3"),
    });
    let message = world.refused("CreateChangeSet", input);
    assert!(message.contains("Encountered unsupported properties"), "{message}");
    assert_eq!(world.ok("ListChangeSets", json!({"StackName": "shop"}))["Summaries"], json!([]));
}

#[test]
fn cfn_st_22_nothing_is_imported() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a"));
    let input = json!({
        "StackName": "shop", "ChangeSetName": "x", "ChangeSetType": "IMPORT",
        "TemplateBody": things("A: Name=a\nB: Name=b"),
    });
    assert!(world.refused("CreateChangeSet", input).contains("IMPORT"));
    world.settle();
    assert!(world.events("shop").iter().all(|event| !event.contains("IMPORT_")));
}
