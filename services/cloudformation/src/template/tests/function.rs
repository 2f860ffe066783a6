//! Rows about functions, conditions and mappings (CFN-IN-*).

use standin_kernel::json;

use super::*;

#[test]
fn cfn_in_01_full_and_short_forms_may_be_mixed() {
    assert_eq!(value_of("", "{'Fn::Base64': !Sub x}"), Ok(json!("eA==")));
    assert!(refusal(&with("", "!Base64 !Sub x")).contains("YAML not well-formed"));
}

#[test]
fn cfn_in_02_ref_takes_a_literal_name() {
    let wanted = "Template error: every Ref object must have a single String value";
    assert_eq!(refusal(&with("", "{Ref: !Join ['', [T]]}")), wanted);
}

#[test]
fn cfn_in_03_get_att_has_three_forms_and_a_shape() {
    let sections = "Parameters: {A: {Type: String, Default: TopicArn}}";
    for value in ["!GetAtt U.TopicArn", "!GetAtt [U, TopicArn]", "!GetAtt [U, !Ref A]"] {
        assert_eq!(value_of(sections, value), Ok(json!("id")), "{value}");
    }
    let wanted = "\
        Template error: every Fn::GetAtt object requires two non-empty parameters, the resource \
        name and the resource attribute";
    for value in ["!GetAtt [U, '']", "!GetAtt U", "!GetAtt [U]", "!GetAtt ['', A]"] {
        assert_eq!(refusal(&with("", value)), wanted, "{value}");
    }
}

#[test]
fn cfn_in_04_an_attribute_that_is_not_fails_at_run_time() {
    let template = parsed(&with("Outputs: {InvalidOutput: {Value: !GetAtt T.Invalid}}", "x"));
    let scope = bound(&template, &[]).expect("no parameters");
    let error = template.outputs(&scope, &same()).expect_err("no such attribute");
    let wanted = "\
        [Error] /Outputs/InvalidOutput/Value/Fn::GetAtt: Resource type AWS::SNS::Topic does not \
        support attribute {Invalid}";
    assert_eq!(error.message, wanted);
    let found = &template.check(TYPES)[0];
    assert_eq!(found.stage, Stage::Resolve);
    assert!(found.message.contains("does not support attribute type Invalid"));
}

#[test]
fn cfn_in_05_sub_replaces_and_keeps_what_is_marked() {
    assert_eq!(
        value_of("", "!Sub '${!Literal} ${AWS::Region}'"),
        Ok(json!("${Literal} us-east-1"))
    );
    assert_eq!(value_of("", "!Sub ['${A}${U.TopicArn}', {A: 1}]"), Ok(json!("1id")));
    let list = value_of("", "!Sub '${AWS::NotificationARNs}'");
    assert_eq!(list, Err("Template error: every variable in Fn::Sub must be a string".into()));
}

#[test]
fn cfn_in_06_cfn_in_07_join_joins_strings_only() {
    assert_eq!(value_of("", "!Join [':', [a, b, c]]"), Ok(json!("a:b:c")));
    assert_eq!(value_of("", "!Join ['', []]"), Ok(json!("")));
    let wanted = "\
        Template error: every Fn::Join object requires two parameters, (1) a string delimiter \
        and (2) a list of strings to be joined or a function that returns a list of strings \
        (such as Fn::GetAZs) to be joined.";
    assert_eq!(refusal(&with("", "!Join [':', text]")), wanted);
    assert_eq!(value_of("", "!Join [':', [[a]]]"), Err(wanted.into()));
}

#[test]
fn cfn_in_08_split_keeps_empty_strings() {
    assert_eq!(value_of("", "!Split ['|', 'a||c|']"), Ok(json!(["a", "", "c", ""])));
    let wanted = "\
        Template error: every Fn::Split object requires two parameters, (1) a string delimiter \
        and (2) a string to be split or a function that returns a string to be split.";
    assert_eq!(refusal(&with("", "!Split ['|']")), wanted);
}

#[test]
fn cfn_in_09_select_counts_from_zero() {
    assert_eq!(value_of("", "!Select ['0', [a, b]]"), Ok(json!("a")));
    let wanted = "\
        Template error: Fn::Select requires a list argument with two elements: an integer index \
        and a list";
    assert_eq!(refusal(&with("", "!Select [x, [a]]")), wanted);
    assert_eq!(
        value_of("", "!Select [3, [a, b, c]]"),
        Err("Template error: Fn::Select cannot select nonexistent value at index 3".into())
    );
}

#[test]
fn cfn_in_10_conditions_that_are_not_there_and_equals_of_one() {
    let wanted = "Template error: unresolved condition dependency MissingCondition in Fn::If";
    assert_eq!(refusal(&with("", "!If [MissingCondition, a, b]")), wanted);
    let wanted = "Template error: every Fn::Equals object requires a list of 2 string parameters.";
    assert_eq!(refusal(&with("Conditions: {C: !Equals [a]}", "x")), wanted);
}

#[test]
fn cfn_in_11_conditions_combine_two_to_ten_and_compare_as_strings() {
    let sections = "\
        Conditions:\n  Same: !Equals ['true', true]\n  Case: !Equals [A, a]\n  Both: !And \
        [!Condition Same, !Not [!Condition Case]]\n  One: !Or [!Condition Case, !Condition Both]";
    let template = parsed(&with(sections, "x"));
    let scope = bound(&template, &[]).expect("no parameters");
    for (name, value) in [("Same", true), ("Case", false), ("Both", true), ("One", true)] {
        assert_eq!(scope.condition(name), Some(value), "{name}");
    }
    for operands in [1, 11] {
        let list = vec!["!Equals [a, a]"; operands].join(", ");
        let message = refusal(&with(&format!("Conditions: {{C: !And [{list}]}}"), "x"));
        let wanted = "\
            Template error: every Fn::And object requires a list of at least 2 and at most 10 \
            boolean parameters.";
        assert_eq!(message, wanted);
    }
}

#[test]
fn cfn_in_12_conditions_do_not_refer_to_resources() {
    let wanted = "\
        Template format error: Unresolved dependencies [U]. Cannot reference resources in the \
        Conditions block of the template";
    for value in ["!GetAtt U.TopicArn", "!Ref U", "!Sub '${U}'", "!Sub '${U.TopicArn}'"] {
        let sections = format!("Conditions: {{C: !Equals [a, {value}]}}");
        assert_eq!(refusal(&with(&sections, "x")), wanted, "{value}");
    }
}

#[test]
fn cfn_in_13_what_is_not_there_cannot_be_referred_to() {
    let text = |value: &str| {
        format!(
            "Conditions: {{Never: !Equals [a, b]}}\nResources:\n  MyTopic: {{Type: \
                AWS::SNS::Topic, Condition: Never, Properties: {{Name: n}}}}\n  B: {{Type: \
                AWS::SNS::Topic, Properties: {{Name: {value}}}}}\nOutputs: {{O: {{Condition: \
                Never, Value: !Ref MyTopic}}}}"
        )
    };
    let wanted = "\
        Template format error: Unresolved resource dependencies [MyTopic] in the Resources \
        block of the template";
    assert_eq!(refusal(&text("!Ref MyTopic")), wanted);
    let template = parsed(&text("!If [Never, !Ref MyTopic, other]"));
    let scope = bound(&template, &[]).expect("no parameters");
    let plan = template.plan(&scope).expect("a plan");
    assert_eq!(plan.resources.len(), 1);
    assert_eq!(template.outputs(&scope, &same()), Ok(Vec::new()));
}

#[test]
fn cfn_in_14_depends_on_what_is_not_there_is_passed_over() {
    let template = parsed(
        "Conditions: {Never: !Equals [a, b]}\nResources:\n  A: {Type: AWS::SNS::Topic, \
            Condition: Never}\n  B: {Type: AWS::SNS::Topic, DependsOn: A}",
    );
    let scope = bound(&template, &[]).expect("no parameters");
    let plan = template.plan(&scope).expect("a plan");
    assert_eq!(plan.resources.len(), 1);
    assert_eq!(plan.resources[0].depends_on, Vec::<String>::new());
}

const MAPS: &str = "\
    Mappings: {TopicSuffixMap: {A: {Suffix: a, List: [x, y]}}}\nParameters: {K: {Type: String, \
    Default: C}, A: {Type: String, Default: A}}";

#[test]
fn cfn_in_15_a_map_gives_what_it_has() {
    assert_eq!(value_of(MAPS, "!FindInMap [TopicSuffixMap, !Ref A, Suffix]"), Ok(json!("a")));
    assert_eq!(value_of(MAPS, "!FindInMap [TopicSuffixMap, A, List]"), Ok(json!(["x", "y"])));
    let wanted = "Template error: Unable to get mapping for TopicSuffixMap::C::Suffix";
    assert_eq!(value_of(MAPS, "!FindInMap [TopicSuffixMap, !Ref K, Suffix]"), Err(wanted.into()));
    assert_eq!(refusal(&with(MAPS, "!FindInMap [TopicSuffixMap, C, Suffix]")), wanted);
}

#[test]
fn cfn_in_16_a_default_value_needs_the_extensions() {
    let value = "!FindInMap [TopicSuffixMap, C, Suffix, {DefaultValue: x}]";
    let extended = format!("Transform: AWS::LanguageExtensions\n{MAPS}");
    assert_eq!(value_of(&extended, value), Ok(json!("x")));
    assert!(refusal(&with(MAPS, value)).contains("AWS::LanguageExtensions"));
}

#[test]
fn cfn_in_17_maps_hold_literals() {
    let wanted = "Template format error: Every Mappings attribute must be a String or a List.";
    assert_eq!(refusal(&with("Mappings: {M: {A: {B: !Ref X}}}", "x")), wanted);
    let wanted = "Template format error: Every Mappings member A must be a map";
    assert_eq!(refusal(&with("Mappings: {M: {A: x}}", "x")), wanted);
}

#[test]
fn cfn_in_18_an_import_does_not_depend_on_resources() {
    assert_eq!(value_of("", "!ImportValue known"), Ok(json!("id")));
    let wanted = "\
        Template error: the attribute in Fn::ImportValue must not depend on any resources, \
        imported values, or Fn::GetAZs";
    assert_eq!(refusal(&with("", "{'Fn::ImportValue': !Ref U}")), wanted);
}

#[test]
fn cfn_in_19_cfn_in_20_cfn_in_21_networks_and_base64() {
    let blocks = value_of("", "!Cidr ['192.168.0.0/24', 6, 5]").expect("blocks");
    assert_eq!(blocks[0], "192.168.0.0/27");
    assert_eq!(blocks.as_array().map(Vec::len), Some(6));
    let own = value_of("", "!GetAZs ''").expect("zones");
    assert_eq!(Ok(own), value_of("", "{'Fn::GetAZs': !Ref AWS::Region}"));
    assert_eq!(value_of("", "!Base64 abc"), Ok(json!("YWJj")));
}

#[test]
fn cfn_in_22_cfn_in_24_length_and_json_need_the_extensions() {
    let extended = "Transform: AWS::LanguageExtensions";
    assert_eq!(value_of(extended, "{'Fn::Length': [1, 2, 3]}"), Ok(json!(3)));
    assert_eq!(
        value_of(extended, "{'Fn::ToJsonString': {a: [1, b]}}"),
        Ok(json!("{\"a\":[1,\"b\"]}"))
    );
    assert!(refusal(&with("", "{'Fn::Length': [1]}")).contains("needs AWS::LanguageExtensions"));
    assert!(refusal(&with(extended, "!Length [1]")).contains("YAML not well-formed"));
}
