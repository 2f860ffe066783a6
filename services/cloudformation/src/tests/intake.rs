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
fn cfn_tp_13_a_template_is_needed_and_an_address_must_be_of_s3() {
    let mut world = World::new();
    let neither = json!({"StackName": "shop"});
    let message = "Either Template URL or Template Body must be specified.";
    assert_eq!(world.refused("CreateStack", neither), message);
    let url = |url: &str| json!({"StackName": "shop", "TemplateURL": url});
    let message = "S3 error: Domain name specified in s3://bucket/key is not a valid S3 domain";
    assert_eq!(world.refused("CreateStack", url("s3://bucket/key")), message);
    let message = world.refused("CreateStack", url("https://b.s3.amazonaws.com/none.yaml"));
    assert!(message.starts_with("S3 error: The specified key does not exist."), "{message}");
}

#[test]
fn cfn_tp_11_a_template_in_a_bucket_may_be_a_million_bytes_long() {
    let mut world = World::new();
    let long = format!("{}# {}", things("A: Name=a"), "x".repeat(60_000));
    world.objects.insert("b/shop.yaml".into(), long.clone());
    world.objects.insert("b/huge.yaml".into(), "#".repeat(1_000_001));
    world.objects.insert("b/policy.json".into(), "{\"Statement\": []}".into());
    let at = |key: &str| json!(format!("https://b.s3.ap-northeast-1.amazonaws.com/{key}"));
    let shown = world.ok("ValidateTemplate", json!({"TemplateURL": at("shop.yaml")}));
    assert_eq!(shown["Parameters"], json!([]));
    let shown = world.ok("GetTemplateSummary", json!({"TemplateURL": at("shop.yaml")}));
    assert_eq!(shown["ResourceTypes"], json!(["Test::Thing"]));
    let mut input = json!({"StackName": "shop", "TemplateURL": at("shop.yaml")});
    input["StackPolicyURL"] = at("policy.json");
    world.ok("CreateStack", input);
    world.settle();
    assert_eq!(world.status("shop"), "CREATE_COMPLETE");
    let shown = world.ok("GetTemplate", json!({"StackName": "shop"}));
    assert_eq!(shown["TemplateBody"], long);
    let shown = world.ok("GetStackPolicy", json!({"StackName": "shop"}));
    assert_eq!(shown["StackPolicyBody"], "{\"Statement\": []}");
    let message = world.refused("ValidateTemplate", json!({"TemplateURL": at("huge.yaml")}));
    assert_eq!(message, "Template may not exceed 1000000 bytes in size.");
    world.objects.insert("b/shop.yaml".into(), things("A: Name=a\nB: Name=b"));
    let input = json!({
        "StackName": "shop", "ChangeSetName": "more", "TemplateURL": at("shop.yaml"),
    });
    world.ok("CreateChangeSet", input);
    world.settle();
    world.ok("ExecuteChangeSet", json!({"StackName": "shop", "ChangeSetName": "more"}));
    assert_eq!(world.names(), ["a", "b"]);
}

/// A template whose thing has a size out of the parameter store.
const STORED: &str = "\
Parameters:
  Size:
    Type: AWS::SSM::Parameter::Value<String>
    AllowedPattern: '/shop/.*'
    Default: /shop/size
Resources:
  A: {Type: Test::Thing, Properties: {Name: a, Size: !Ref Size}}
";

#[test]
fn cfn_pa_09_a_stored_value_is_read_at_every_operation_and_fixed_in_a_change_set() {
    let mut world = World::new();
    let unknown = world.refused("CreateStack", create(STORED));
    let message = "Unable to fetch parameters [/shop/size] from parameter store for this account.";
    assert_eq!(unknown, message);
    world.parameters.insert("/shop/size".into(), ("String", "3".into()));
    world.ok("CreateStack", create(STORED));
    assert_eq!(world.things["a"].properties()["Size"], 3);
    let shown = world.ok("DescribeStacks", json!({"StackName": "shop"}));
    let wanted = json!([
        {"ParameterKey": "Size", "ParameterValue": "/shop/size", "ResolvedValue": "3"},
    ]);
    assert_eq!(shown["Stacks"][0]["Parameters"], wanted);
    world.parameters.insert("/shop/size".into(), ("String", "4".into()));
    let parameters = json!([{"ParameterKey": "Size", "UsePreviousValue": true}]);
    let update =
        json!({"StackName": "shop", "UsePreviousTemplate": true, "Parameters": parameters});
    world.ok("UpdateStack", update.clone());
    assert_eq!(world.things["a"].properties()["Size"], 4);
    assert_eq!(world.refused("UpdateStack", update.clone()), "No updates are to be performed.");
    // Constraints are the name's.
    let mut other = update.clone();
    other["Parameters"] = json!([{"ParameterKey": "Size", "ParameterValue": "/elsewhere"}]);
    assert!(world.refused("UpdateStack", other).contains("must match pattern"));
    world.parameters.insert("/shop/size".into(), ("String", "5".into()));
    let mut planned = update;
    planned["ChangeSetName"] = json!("five");
    world.ok("CreateChangeSet", planned);
    world.settle();
    world.parameters.insert("/shop/size".into(), ("String", "6".into()));
    world.restart();
    world.ok("ExecuteChangeSet", json!({"StackName": "shop", "ChangeSetName": "five"}));
    world.settle();
    assert_eq!(world.things["a"].properties()["Size"], 5);
}

#[test]
fn cfn_pa_10_secure_strings_are_refused() {
    let mut world = World::new();
    world.parameters.insert("/shop/size".into(), ("SecureString", "3".into()));
    let message = "Parameters [/shop/size] referenced by template have types not supported by \
                   CloudFormation.";
    assert_eq!(world.refused("CreateStack", create(STORED)), message);
}

#[test]
fn an_account_counts_as_prepared_for_cdk() {
    let mut world = World::new();
    let template = STORED.replace("/shop/size", "/cdk-bootstrap/hnb659fds/version");
    world.ok("CreateStack", create(&template.replace("/shop/.*", ".*")));
    assert_eq!(world.things["a"].properties()["Size"], 30);
}

#[test]
fn cfn_st_18_a_role_stays_until_another_is_given() {
    let mut world = World::new();
    let role = |name: &str| json!(format!("arn:aws:iam::123456789012:role/{name}"));
    let mut input = create(&things("A: Name=a"));
    input["RoleARN"] = json!("arn:aws:iam::123456789012:user/x");
    let message = "Role arn:aws:iam::123456789012:user/x is invalid or cannot be assumed";
    assert_eq!(world.refused("CreateStack", input.clone()), message);
    input["RoleARN"] = role("one");
    world.ok("CreateStack", input);
    world.update("shop", &things("A: Name=a Size=2"));
    let shown = |world: &mut World| {
        world.ok("DescribeStacks", json!({"StackName": "shop"}))["Stacks"][0]["RoleARN"].clone()
    };
    assert_eq!(shown(&mut world), role("one"));
    let mut input = create(&things("A: Name=a Size=3"));
    input["RoleARN"] = role("two");
    world.ok("UpdateStack", input);
    world.restart();
    assert_eq!(shown(&mut world), role("two"));
}

#[test]
fn topics_are_shown_and_known_to_the_template() {
    let mut world = World::new();
    let template = "Resources: {A: {Type: Test::Thing, Properties: {Name: a, \
                    Text: !Select [0, !Ref 'AWS::NotificationARNs']}}}";
    let mut input = create(template);
    input["NotificationARNs"] = json!(["arn:aws:sns:ap-northeast-1:123456789012:t"]);
    world.ok("CreateStack", input.clone());
    let shown = world.ok("DescribeStacks", json!({"StackName": "shop"}));
    assert_eq!(shown["Stacks"][0]["NotificationARNs"], input["NotificationARNs"]);
    assert_eq!(world.things["a"].properties()["Text"], input["NotificationARNs"][0]);
}

#[test]
fn members_that_are_not_honoured_are_refused_by_name() {
    let mut world = World::new();
    let mut input = create(&things("A: Name=a"));
    input["ResourceTypes"] = json!(["Test::Thing"]);
    assert!(world.refused("CreateStack", input).contains("ResourceTypes"));
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
fn a_folder_in_a_template_without_a_place_is_not_read_and_the_event_says_so() {
    let template = "Resources: {A: {Type: Test::Thing, Metadata: {Standin: {Folder: pages}}, \
                    Properties: {Name: a}}}";
    let mut events = Vec::new();
    for folder in ["", "/shop"] {
        let mut world = World::new();
        let mut input = create(template);
        if !folder.is_empty() {
            input["Standin"] = json!({"File": "shop.yaml", "BaseDirectory": folder});
        }
        world.ok("CreateStack", input);
        events.extend(world.events("shop").into_iter().filter(|one| one.contains("A CREATE_COM")));
    }
    let said = "A CREATE_COMPLETE Created empty: Metadata: Standin: Folder (pages) is relative to \
                the file that standin up reads, and this template came in a call. Use aws s3 sync, \
                as on AWS.";
    assert_eq!(events, [said, "A CREATE_COMPLETE"]);
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
