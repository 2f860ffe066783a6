//! Rows about what a stack makes of a template (CFN-AT-*, CFN-OU-*, CFN-RU-*), and places.

use super::*;

#[test]
fn cfn_dr_01_dynamic_references_are_kept_as_text_until_the_resource_is_made() {
    let reference = "{{resolve:ssm:/app/x}}";
    let written = value_of("", &format!("'{reference}'"));
    assert_eq!(written, Ok(Value::from(reference)));
    let put_together = value_of("", "!Join ['', ['{{res', 'olve:ssm:/app/x}}']]");
    assert_eq!(put_together, Ok(Value::from(reference)));
}

#[test]
fn cfn_at_01_order_is_by_every_kind_of_reference() {
    let template = parsed(
        "Resources:\n  C: {Type: AWS::SNS::Topic, Properties: {Name: !Sub 'x${B}'}}\n  B: {Type: \
            AWS::SNS::Topic, Properties: {Name: !GetAtt A.TopicArn}, DependsOn: [A]}\n  A: \
            {Type: AWS::SNS::Topic}",
    );
    let scope = bound(&template, &[]).expect("no parameters");
    let plan = template.plan(&scope).expect("a plan");
    let needs: Vec<(&str, Vec<&str>)> = plan
        .resources
        .iter()
        .map(|one| (&*one.logical_id, one.depends_on.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(needs, [("C", vec!["B"]), ("B", vec!["A"]), ("A", vec![])]);
}

#[test]
fn cfn_at_02_cfn_at_03_cfn_at_04_policies_and_their_defaults() {
    let template = parsed(
        "Resources:\n  A: {Type: X, DeletionPolicy: RetainExceptOnCreate, UpdateReplacePolicy: \
            Retain}\n  B: {Type: AWS::RDS::DBCluster}\n  C: {Type: AWS::RDS::DBInstance, \
            Properties: {DBClusterIdentifier: x}}",
    );
    let scope = bound(&template, &[]).expect("no parameters");
    let policies: Vec<_> = template
        .plan(&scope)
        .expect("a plan")
        .resources
        .iter()
        .map(|one| (one.deletion_policy, one.update_replace_policy))
        .collect();
    assert_eq!(
        policies,
        [
            (DeletionPolicy::RetainExceptOnCreate, UpdateReplacePolicy::Retain),
            (DeletionPolicy::Snapshot, UpdateReplacePolicy::Delete),
            (DeletionPolicy::Delete, UpdateReplacePolicy::Delete),
        ]
    );
    let text = "Resources: {A: {Type: X, DeletionPolicy: !Ref P}}";
    assert_eq!(refusal(text), "Template error: every DeletionPolicy member must be a string.");
}

#[test]
fn cfn_at_06_an_update_policy_is_reported_as_without_effect() {
    let template = parsed("Resources: {A: {Type: AWS::SNS::Topic, UpdatePolicy: {}}}");
    let report = &template.support(TYPES, None)[0];
    assert_eq!(report.path, "UpdatePolicy");
    assert!(matches!(report.verdict, Verdict::NoEffect(_)));
}

#[test]
fn cfn_st_17_capabilities_are_those_of_iam_resources() {
    let of = |text: &str| parsed(text).capabilities();
    assert_eq!(of("Resources: {A: {Type: X}}"), Capabilities::default());
    let iam = of("Resources: {A: {Type: AWS::IAM::Role}}");
    assert_eq!(iam.names, ["CAPABILITY_IAM"]);
    let reason = "The following resource(s) require capabilities: [AWS::IAM::Role]";
    assert_eq!(iam.reason.as_deref(), Some(reason));
    let named = of("Resources: {A: {Type: AWS::IAM::Role, Properties: {RoleName: r}}}");
    assert_eq!(named.names, ["CAPABILITY_NAMED_IAM"]);
}

#[test]
fn cfn_ou_01_exports_have_names_known_beforehand() {
    let sections =
        "Outputs: {O: {Value: !Ref T, Description: d, Export: {Name: !Sub '${AWS::StackName}-t'}}}";
    let template = parsed(&with(sections, "x"));
    let scope = bound(&template, &[]).expect("no parameters");
    let outputs = template.outputs(&scope, &same()).expect("outputs");
    assert_eq!(outputs[0].value, "id");
    assert_eq!(outputs[0].export_name.as_deref(), Some("mystack-t"));
    let bad = "Outputs: {O: {Value: x, Export: {Name: !Ref T}}}";
    assert!(refusal(&with(bad, "x")).contains("may not depend on any resources"));
}

#[test]
fn cfn_ou_03_an_import_of_nothing_is_refused() {
    assert_eq!(value_of("", "!ImportValue X"), Err("No export named X found".into()));
}

#[test]
fn cfn_ru_01_rules_are_checked_when_parameters_are_bound() {
    let sections = "\
        Parameters: {Stage: {Type: String}}\nRules: {R: {RuleCondition: !Equals [!Ref Stage, \
        prod], Assertions: [{Assert: !Equals [a, b], AssertDescription: never}]}}";
    let template = parsed(&with(sections, "x"));
    assert!(bound(&template, &[("Stage", "dev")]).is_ok());
    let wanted = Err("Template error: Rule R failed: never".to_owned());
    assert_eq!(bound(&template, &[("Stage", "prod")]), wanted);
}

#[test]
fn properties_are_found_where_they_are_written_or_near() {
    let template = parsed(concat!(
        "Resources:\n",
        "  T:\n",
        "    Type: AWS::SNS::Topic\n",
        "    Properties:\n",
        "      Any:\n",
        "        List:\n",
        "          - A: 1\n",
        "          - !If [C, {B: 2}, {A: 3}]\n",
        "Conditions: {C: !Equals [a, b]}\n",
    ));
    let at = |path: &str| {
        let place = template.locate("T", path).expect("a place");
        (place.line, place.column)
    };
    assert_eq!(at("Any.List[0].A"), (7, 13));
    assert_eq!(at("Any.List[1].A"), (8, 30));
    assert_eq!(at("Any.List[1]"), (8, 13));
    assert_eq!(at("Any.List[7].A"), (6, 9));
    assert_eq!(at("Any.Other"), (5, 7));
    assert_eq!(at("Missing"), (2, 3));
    assert_eq!(at(""), (2, 3));
    assert_eq!(template.locate("Nobody", ""), None);
    assert_eq!(
        template.locate("T", "Any.List[0].A").map(|p| p.text),
        Some("          - A: 1".into())
    );
}

#[test]
fn in_a_scope_indices_count_what_is_there() {
    let template = parsed(concat!(
        "Conditions: {Never: !Equals [a, b]}\n",
        "Resources:\n",
        "  T:\n",
        "    Type: AWS::SNS::Topic\n",
        "    Properties:\n",
        "      List:\n",
        "        - !If [Never, a, !Ref AWS::NoValue]\n",
        "        - !If [Never, {B: 1}, {A: 2}]\n",
        "        - b\n",
    ));
    let scope = bound(&template, &[]).expect("no parameters");
    let at = |path: &str| {
        let place = template.locate_in(&scope, "T", path).expect("a place");
        (place.line, place.column)
    };
    assert_eq!(at("List[0].A"), (8, 32));
    assert_eq!(at("List[0].B"), (8, 11));
    assert_eq!(at("List[1]"), (9, 11));
    assert_eq!(template.locate("T", "List[1]").map(|place| place.line), Some(8));
}

#[test]
fn errors_show_the_line_with_a_caret_under_the_column() {
    let text = "Resources:\n  T: {Type: AWS::SNS::Topic, Properties: {Name: 日本, Sise: 1}}\n";
    let error = &parsed(text).check(TYPES)[0];
    let shown = error.to_string();
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].starts_with("t.yaml:2:53: Property validation failure:"), "{shown}");
    assert_eq!(lines[1], format!(" 2 | {}", text.lines().nth(1).unwrap_or_default()));
    let blanks = format!("{}\u{3000}\u{3000}  ", " ".repeat(48));
    assert_eq!(lines[2], format!("   | {blanks}^ did you mean Size?"));
}

#[test]
fn with_a_scope_only_what_exists_is_reported() {
    let sections = "Conditions: {Never: !Equals [a, b]}";
    let text = with(sections, "x").replace("U: {", "U: {Condition: Never, ");
    let template =
        parsed(&text.replace("Name: n", "Name: n, Idle: true, Never: !If [Never, a, b]"));
    let scope = bound(&template, &[]).expect("no parameters");
    let paths = |scope: Option<&Scope>| -> Vec<String> {
        let reports = template.support(TYPES, scope);
        reports.iter().map(|one| format!("{} {}", one.logical_id, one.path)).collect()
    };
    assert_eq!(paths(Some(&scope)), ["T Name", "T Idle", "T Never", "T Any"]);
    assert_eq!(paths(None).last().map(String::as_str), Some("U Name"));
}
