//! Rows about form, limits and parameters (CFN-TP-*, CFN-PA-*).

use standin_kernel::json;

use super::*;

#[test]
fn cfn_tp_02_the_version_is_2010_09_09_and_resources_alone_are_enough() {
    assert!(Template::parse("t", "Resources: {A: {Type: X}}").is_ok());
    let text = "AWSTemplateFormatVersion: 2011-01-01\nResources: {A: {Type: X}}";
    let wanted = "Template format error: unsupported value for AWSTemplateFormatVersion.";
    assert_eq!(refusal(text), wanted);
    assert_eq!(
        refusal("Resources: {A: {Type: X}}\nResorces: {}"),
        "Invalid template property or properties [Resorces]"
    );
}

#[test]
fn cfn_tp_03_resources_are_needed() {
    let wanted = "Template format error: At least one Resources member must be defined.";
    for text in ["{\"Parameters\":{}}", "Resources: {}", "Resources:", "", "{\"Resources\": {}}"] {
        assert_eq!(refusal(text), wanted, "{text:?}");
    }
}

#[test]
fn cfn_tp_04_a_resource_is_an_object_with_a_type() {
    assert_eq!(
        refusal("Resources: {A: text}"),
        "Template format error: Any Resources member must be an object."
    );
    assert_eq!(
        refusal("Resources: {A: {}}"),
        "Template format error: [/Resources/A] Every Resources object must contain a Type member."
    );
    assert_eq!(
        refusal("Resources: {A: {Type: X, Invalid: 1}}"),
        "Invalid template resource property 'Invalid'"
    );
}

#[test]
fn cfn_tp_05_bad_json_and_bad_yaml_are_told_apart() {
    let json = refusal("{\"Resources\":");
    assert_eq!(json, "Template format error: JSON not well-formed. (line 1, column 14)");
    let yaml = refusal("Resources:\n  A: [");
    assert!(yaml.starts_with("Template format error: YAML not well-formed."), "{yaml}");
}

#[test]
fn cfn_tp_06_outputs_need_a_value_and_null_is_none() {
    let resources = "Resources: {A: {Type: AWS::SNS::Topic}}\n";
    assert_eq!(
        refusal(&format!("{resources}Outputs: {{MyOutput: {{}}}}")),
        "Template format error: Every Outputs member must contain a Value object"
    );
    assert_eq!(
        refusal(&format!("{resources}Outputs: {{MyOutput: {{Value: null}}}}")),
        "[/Outputs/MyOutput/Value] 'null' values are not allowed in templates"
    );
}

#[test]
fn cfn_tp_07_names_are_alphanumeric() {
    let wanted = "Template format error: Resource name my-bucket is non alphanumeric.";
    assert_eq!(refusal("Resources: {my-bucket: {Type: X}}"), wanted);
    let wanted = "Template format error: Parameter name a_b is non alphanumeric.";
    assert_eq!(refusal("Parameters: {a_b: {Type: String}}\nResources: {A: {Type: X}}"), wanted);
}

#[test]
fn cfn_tp_08_references_to_nothing_are_named_by_block() {
    let wanted = "\
        Template format error: Unresolved resource dependencies [Missing] in the Resources \
        block of the template";
    for value in ["!Ref Missing", "!GetAtt Missing.Arn", "!Sub '${Missing}'", "!Sub '${Missing.A}'"]
    {
        assert_eq!(refusal(&with("", value)), wanted, "{value}");
    }
    let text = "Resources: {A: {Type: AWS::SNS::Topic, DependsOn: Missing, Properties: {Name: n}}}";
    assert_eq!(refusal(text), wanted);
    let text = with("Outputs: {O: {Value: !Ref Missing}}", "x");
    let wanted = "Unresolved resource dependencies [Missing] in the Outputs block of the template";
    assert_eq!(refusal(&text), wanted);
}

#[test]
fn cfn_tp_09_a_circle_is_refused_with_all_its_names() {
    let text = "\
        Resources:\n  A: {Type: AWS::SNS::Topic, DependsOn: B, Properties: {Name: n}}\n  B: \
        {Type: AWS::SNS::Topic, Properties: {Name: !Ref A}}";
    assert_eq!(refusal(text), "Circular dependency between resources: [A, B]");
}

#[test]
fn cfn_tp_10_types_that_do_not_exist_are_named() {
    let text = "Resources: {A: {Type: AWS::Foo::Bar}}";
    let wanted = "Template format error: Unrecognized resource types: [AWS::Foo::Bar]";
    assert_eq!(refusal(text), wanted);
    let text = "Parameters: {P: {Type: Stringgg}}\nResources: {A: {Type: X}}";
    assert_eq!(refusal(text), "Template format error: Unrecognized parameter type: Stringgg");
}

#[test]
fn cfn_tp_11_sections_have_a_greatest_size() {
    let many = |count: usize, member: &str| -> String {
        (0..count).map(|index| format!("  M{index}: {member}\n")).collect()
    };
    let resources = |count| format!("Resources:\n{}", many(count, "{Type: X}"));
    assert!(Template::parse("t", &resources(500)).is_ok());
    assert_eq!(
        refusal(&resources(501)),
        "Template format error: Number of resources, 501, is greater than maximum allowed, 500"
    );
    for (section, member) in
        [("Parameters", "{Type: String}"), ("Outputs", "{Value: x}"), ("Mappings", "{A: {B: c}}")]
    {
        let text = |count| format!("{section}:\n{}{}", many(count, member), resources(1));
        assert!(Template::parse("t", &text(200)).is_ok(), "{section}");
        assert!(refusal(&text(201)).contains("is greater than maximum allowed, 200"), "{section}");
    }
    let long = format!("Description: {}\n{}", "x".repeat(1025), resources(1));
    let wanted = "Template format error: 'Description' length is greater than 1024";
    assert_eq!(refusal(&long), wanted);
    let value = "x".repeat(4097);
    let template = parsed(&with("Parameters: {P: {Type: String}}", "x"));
    assert!(bound(&template, &[("P", &value)]).is_err());
    assert!(bound(&template, &[("P", &value[1..])]).is_ok());
}

#[test]
fn cfn_tp_14_properties_are_not_a_matter_of_form() {
    let template = parsed("Resources: {A: {Type: AWS::SNS::Topic, Properties: {Foo: 1}}}");
    let stages: Vec<Stage> = template.check(TYPES).iter().map(|error| error.stage).collect();
    assert_eq!(stages, [Stage::Property, Stage::Property]);
    assert!(Stage::Property > Stage::Unsupported && Stage::Property > Stage::Type);
}

#[test]
fn cfn_tp_15_a_missing_property_is_a_status_reason() {
    let problems = coerce(&json!({}), TOPIC).expect_err("a name is needed");
    let wanted = "Property validation failure: [The property {/Name} is required]";
    assert_eq!(status_reason(&problems), wanted);
}

#[test]
fn cfn_pa_01_the_types_of_parameters_are_those_of_aws() {
    let parse = |type_name: &str| {
        let text = with(&format!("Parameters: {{P: {{Type: {type_name}}}}}"), "x");
        Template::parse("t", &text).map_err(|errors| (errors[0].stage, api_message(&errors)))
    };
    for type_name in [
        "String",
        "Number",
        "List<Number>",
        "CommaDelimitedList",
        "AWS::EC2::VPC::Id",
        "List<AWS::EC2::Subnet::Id>",
        "AWS::SSM::Parameter::Name",
        "AWS::SSM::Parameter::Value<String>",
        "AWS::SSM::Parameter::Value<List<String>>",
        "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
    ] {
        assert!(parse(type_name).is_ok(), "{type_name}");
    }
    for type_name in [
        "Stringgg",
        "List<CommaDelimitedList>",
        "AWS::EC2::Nothing::Id",
        "list",
        "AWS::SSM::Parameter::Value<Number>",
    ] {
        let wanted = format!("Template format error: Unrecognized parameter type: {type_name}");
        assert_eq!(parse(type_name).err(), Some((Stage::Form, wanted)), "{type_name}");
    }
}

#[test]
fn cfn_pa_02_parameters_without_a_value_are_all_named() {
    let sections = "Parameters: {KeyName: {Type: String}, Other: {Type: String}}";
    let template = parsed(&with(sections, "x"));
    let wanted = "Parameters: [KeyName, Other] must have values";
    assert_eq!(bound(&template, &[]), Err(wanted.to_owned()));
    assert!(bound(&template, &[("KeyName", "a"), ("Other", "")]).is_ok());
}

#[test]
fn cfn_pa_03_a_number_is_one() {
    let template = parsed(&with("Parameters: {Value: {Type: Number}}", "!Ref Value"));
    for bad in ["abc", "", "NaN", "inf", "1 2"] {
        let wanted = Err("Parameter 'Value' must be a number.".to_owned());
        assert_eq!(bound(&template, &[("Value", bad)]), wanted, "{bad:?}");
    }
    for good in ["1", "-1.5", "007", "1e3"] {
        assert!(bound(&template, &[("Value", good)]).is_ok(), "{good}");
    }
}

#[test]
fn cfn_pa_05_constraints_have_their_messages() {
    for (constraint, value, wanted) in [
        ("AllowedPattern: '[a-z]+'", "abc1", "Parameter 'X' must match pattern [a-z]+"),
        ("MinLength: 3", "ab", "Parameter 'X' must contain at least 3 characters"),
        ("MaxLength: 1", "ab", "Parameter 'X' must contain at most 1 characters"),
        ("AllowedValues: [a, b]", "c", "Parameter 'X' must be one of AllowedValues"),
        (
            "AllowedPattern: '[a-z]+', ConstraintDescription: only letters",
            "1",
            "Parameter X failed to satisfy constraint: only letters",
        ),
    ] {
        let sections = format!("Parameters: {{X: {{Type: String, {constraint}}}}}");
        let template = parsed(&with(&sections, "x"));
        assert_eq!(bound(&template, &[("X", value)]), Err(wanted.to_owned()));
    }
}

#[test]
fn cfn_pa_06_ref_gives_strings_and_trimmed_lists() {
    let sections = "\
        Parameters: {N: {Type: Number, Default: 8}, L: {Type: CommaDelimitedList, Default: ' a, \
        b ,c'}}";
    assert_eq!(value_of(sections, "!Ref N"), Ok(json!("8")));
    assert_eq!(value_of(sections, "!Select [1, !Ref L]"), Ok(json!("b")));
    assert_eq!(value_of(sections, "!Ref L"), Ok(json!(["a", "b", "c"])));
}

#[test]
fn cfn_pa_07_no_echo_is_declared_and_outputs_show_the_value() {
    let sections = "\
        Parameters: {P: {Type: String, NoEcho: true, Default: secret}}\nOutputs: {O: {Value: \
        !Ref P}}";
    let template = parsed(&with(sections, "x"));
    assert!(template.parameters()[0].no_echo);
    let scope = bound(&template, &[]).expect("a default");
    assert_eq!(template.outputs(&scope, &same()).expect("outputs")[0].value, "secret");
}

#[test]
fn cfn_pa_12_a_parameter_that_is_not_declared_is_refused() {
    let template = parsed(&with("", "x"));
    let wanted = Err("Parameters: [X] do not exist in the template".to_owned());
    assert_eq!(bound(&template, &[("X", "1")]), wanted);
}

#[test]
fn cfn_pa_13_cfn_pa_14_pseudo_parameters_have_values_and_no_value_removes() {
    let value = "!Sub '${AWS::Partition}:${AWS::URLSuffix}:${AWS::StackName}'";
    assert_eq!(value_of("", value), Ok(json!("aws:amazonaws.com:mystack")));
    assert_eq!(value_of("", "!Ref AWS::NotificationARNs"), Ok(json!(["arn:n"])));
    let sections = "Conditions: {C: !Equals [a, b]}";
    assert_eq!(value_of(sections, "!If [C, x, !Ref AWS::NoValue]"), Ok(Value::Null));
    assert_eq!(value_of(sections, "[!If [C, x, !Ref AWS::NoValue], y]"), Ok(json!(["y"])));
}
