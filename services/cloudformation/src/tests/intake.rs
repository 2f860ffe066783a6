//! What is refused before anything is made, and in which words.

use super::*;

fn create(body: &str) -> Value {
    json!({"StackName": "shop", "TemplateBody": body})
}

#[test]
fn cfn_tp_10_unknown_types_are_refused() {
    let mut world = World::new();
    let template = "Resources: {A: {Type: AWS::Foo::Bar}, B: {Type: Test::Thing}}";
    let message = "Template format error: Unrecognized resource types: [AWS::Foo::Bar]";
    assert_eq!(world.refused("CreateStack", create(template)), message);
    assert!(world.cloudformation.stacks().is_empty());
}

#[test]
fn cfn_tp_09_a_circle_is_refused() {
    let mut world = World::new();
    let message = world.refused("CreateStack", create(&things("A: Uses=B\nB: DependsOn=A")));
    assert!(message.contains("Circular dependency between resources: ["), "{message}");
    assert!(world.cloudformation.stacks().is_empty());
}

#[test]
fn cfn_tp_12_stack_names_have_a_pattern() {
    let mut world = World::new();
    let mut input = create(&things("A: Name=a"));
    input["StackName"] = json!("1abc");
    let message = "1 validation error detected: Value '1abc' at 'stackName' failed to satisfy \
                   constraint: Member must satisfy regular expression pattern: \
                   [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*";
    assert_eq!(world.refused("CreateStack", input.clone()), message);
    input["StackName"] = json!("a".repeat(129));
    assert!(world.refused("CreateStack", input).contains("less than or equal to 128"));
}

#[test]
fn cfn_tp_11_a_long_template_is_refused_unless_it_comes_from_a_file() {
    let mut world = World::new();
    let template = format!("{}# {}", things("A: Name=a"), "x".repeat(51_200));
    let message = world.refused("CreateStack", create(&template));
    assert!(message.starts_with("1 validation error detected: Value '"), "{message}");
    assert!(message.ends_with(
        "at 'templateBody' failed to satisfy constraint: Member must have length less than or \
         equal to 51200"
    ));
    let mut input = create(&template);
    input["Standin"] = json!({"File": "template.yaml"});
    world.ok("CreateStack", input);
}

#[test]
fn cfn_tp_13_a_template_is_needed_and_urls_are_said_to_be_refused() {
    let mut world = World::new();
    let neither = json!({"StackName": "shop"});
    let message = "Either Template URL or Template Body must be specified.";
    assert_eq!(world.refused("CreateStack", neither), message);
    let url = |url: &str| json!({"StackName": "shop", "TemplateURL": url});
    let message = "TemplateURL must be a supported URL.";
    assert_eq!(world.refused("CreateStack", url("s3://bucket/key")), message);
    assert!(world.refused("CreateStack", url("https://x/y")).contains("not supported by Standin"));
}

#[test]
fn members_that_are_not_honoured_are_refused_by_name() {
    let mut world = World::new();
    let mut input = create(&things("A: Name=a"));
    input["RoleARN"] = json!("arn:aws:iam::123456789012:role/x");
    assert!(world.refused("CreateStack", input).contains("RoleARN"));
    let refused = world.call("CreateStackSet", json!({})).unwrap_err();
    assert_eq!(refused.code, "InvalidAction");
}

#[test]
fn wrong_properties_are_found_before_anything_is_made_with_their_place() {
    let mut world = World::new();
    let template = "Resources:\n  A:\n    Type: Test::Thing\n    Properties:\n      Sise: 3\n";
    let message = world.refused("CreateStack", create(template));
    assert!(message.starts_with("template:5:7: Property validation failure: ["), "{message}");
    let mut input = create(template);
    input["Standin"] = json!({"File": "shop.yaml", "BaseDirectory": "/x"});
    let message = world.refused("CreateStack", input);
    assert!(message.starts_with("shop.yaml:5:7: "), "{message}");
    assert!(message.contains(" 5 |       Sise: 3\n"), "{message}");
    let template = "Resources: {A: {Type: Test::Thing, Properties: {Never: x}}}";
    let message = world.refused("CreateStack", create(template));
    assert!(message.contains("it is only here to be refused"), "{message}");
    assert!(world.cloudformation.stacks().is_empty());
}

#[test]
fn cfn_st_14_names_that_are_taken_or_unknown() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a"));
    let refused = world.call("CreateStack", create(&things("A: Name=a"))).unwrap_err();
    assert_eq!(refused.code, "AlreadyExistsException");
    assert_eq!(refused.message, "Stack [shop] already exists");
    let unknown = json!({"StackName": "nope"});
    for operation in ["UpdateStack", "DescribeStackEvents", "CancelUpdateStack"] {
        let message = "Stack [nope] does not exist";
        assert_eq!(world.refused(operation, unknown.clone()), message, "{operation}");
    }
    for operation in ["DescribeStacks", "GetTemplate", "ListStackResources"] {
        let message = "Stack with id nope does not exist";
        assert_eq!(world.refused(operation, unknown.clone()), message, "{operation}");
    }
}

#[test]
fn a_caller_that_did_not_hear_the_answer_may_ask_again() {
    let mut world = World::new();
    let mut input = create(&things("A: Name=a Delay=2"));
    input["ClientRequestToken"] = json!("t1");
    let first = world.ok("CreateStack", input.clone());
    assert_eq!(world.ok("CreateStack", input.clone()), first);
    input["ClientRequestToken"] = json!("t2");
    assert!(world.call("CreateStack", input).is_err());
}

const PARAMETERS: &str = "
Parameters:
  Size: {Type: Number, Default: 3}
  Word: {Type: String, NoEcho: true}
Resources:
  A: {Type: Test::Thing, Properties: {Name: a, Size: !Ref Size, Text: !Ref Word}}
Outputs:
  Word: {Value: !Ref Word}
";

fn word(value: &Value) -> Value {
    let mut input = create(PARAMETERS);
    input["Parameters"] = json!([value]);
    input
}

#[test]
fn cfn_pa_07_no_echo_is_masked_where_parameters_are_shown() {
    let mut world = World::new();
    let given = json!({"ParameterKey": "Word", "ParameterValue": "secret"});
    world.ok("CreateStack", word(&given));
    let described = world.ok("DescribeStacks", json!({"StackName": "shop"}));
    let stack = &described["Stacks"][0];
    assert_eq!(
        stack["Parameters"],
        json!([
            {"ParameterKey": "Size", "ParameterValue": "3"},
            {"ParameterKey": "Word", "ParameterValue": "****"},
        ])
    );
    assert_eq!(stack["Outputs"][0]["OutputValue"], "secret");
    assert_eq!(world.things["a"].properties["Text"], "secret");
}

#[test]
fn cfn_pa_02_and_12_missing_and_unknown_parameters() {
    let mut world = World::new();
    let message = "Parameters: [Word] must have values";
    assert_eq!(world.refused("CreateStack", create(PARAMETERS)), message);
    // There is no value before the first one.
    let previous = json!({"ParameterKey": "Word", "UsePreviousValue": true});
    assert_eq!(world.refused("CreateStack", word(&previous)), message);
    let unknown = json!({"ParameterKey": "X", "ParameterValue": "x"});
    let message = "Parameters: [X] do not exist in the template";
    assert_eq!(world.refused("CreateStack", word(&unknown)), message);
}

#[test]
fn previous_values_stay_when_asked_for() {
    let mut world = World::new();
    world.ok("CreateStack", word(&json!({"ParameterKey": "Word", "ParameterValue": "one"})));
    let mut input = json!({"StackName": "shop", "UsePreviousTemplate": true});
    assert_eq!(world.refused("UpdateStack", input.clone()), "Parameters: [Word] must have values");
    input["Parameters"] = json!([
        {"ParameterKey": "Word", "UsePreviousValue": true},
        {"ParameterKey": "Size", "ParameterValue": "4"},
    ]);
    world.ok("UpdateStack", input);
    assert_eq!(world.things["a"].properties, json!({"Name": "a", "Size": 4, "Text": "one"}));
}

#[test]
fn hints_are_relative_to_the_folder_of_the_template() {
    let mut world = World::new();
    let template = "Resources: {A: {Type: Test::Thing, Metadata: {Standin: {Suffix: x}}, \
                    Properties: {Name: a}}}";
    let mut input = create(template);
    input["Standin"] = json!({"File": "shop.yaml", "BaseDirectory": "/shop"});
    world.ok("CreateStack", input);
    let resource = world.cloudformation.resource(Some("shop"), "A").unwrap();
    assert_eq!(resource.hint, json!({"Suffix": "x"}));
    assert_eq!(world.names(), ["a-x"]);
}

#[test]
fn check_template_tells_everything_without_a_stack() {
    let types = types::all();
    let report = crate::check_template("t.yaml", "Resources: {", &types, None);
    assert_eq!(report.errors.len(), 1);
    let report = crate::check_template("t.yaml", PARAMETERS, &types, None);
    assert!(report.errors.is_empty());
    assert_eq!(report.properties.len(), 3);
    let report = crate::check_template("t.yaml", PARAMETERS, &types, Some(&[]));
    assert_eq!(report.errors[0].message, "Parameters: [Word] must have values");
    let given = [("Word".to_owned(), "x".to_owned())];
    let report = crate::check_template("t.yaml", PARAMETERS, &types, Some(&given));
    assert!(report.errors.is_empty());
}
