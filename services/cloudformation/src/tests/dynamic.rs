//! Values kept elsewhere, read when a resource is created or updated.

use super::*;

/// A thing with a secret in its text and a size out of the parameter store.
const TEMPLATE: &str = "\
Parameters: {Other: {Type: Number, Default: 1}}
Resources:
  A:
    Type: Test::Thing
    Properties:
      Name: a
      Size: '{{resolve:ssm:/shop/size}}'
      Text: !Sub 'user:{{resolve:secretsmanager:S:SecretString:password}}@${AWS::Region}'
  B: {Type: Test::Thing, Properties: {Name: b, Size: !Ref Other}}
";

fn world() -> World {
    let mut world = World::new();
    world.parameters.insert("/shop/size".into(), ("String", "3".into()));
    world.parameters.insert("S".into(), ("", r#"{"password": "hush"}"#.into()));
    world
}

fn update(template: &str, other: u32) -> Value {
    let parameters = json!([{"ParameterKey": "Other", "ParameterValue": other.to_string()}]);
    json!({"StackName": "shop", "TemplateBody": template, "Parameters": parameters})
}

#[test]
fn cfn_dr_02_cfn_dr_04_values_come_to_the_resource_and_to_nobody_else() {
    let mut world = world();
    world.create("shop", TEMPLATE);
    assert_eq!(world.status("shop"), "CREATE_COMPLETE");
    let properties = world.things["a"].properties();
    assert_eq!(properties["Text"], "user:hush@ap-northeast-1");
    assert_eq!(properties["Size"], 3);
    let stored: Vec<String> = world.records.values().map(Value::to_string).collect();
    assert!(stored.iter().all(|record| !record.contains("hush")));
    let events = world.ok("DescribeStackEvents", json!({"StackName": "shop"}));
    assert!(!events.to_string().contains("hush"));
}

#[test]
fn cfn_dr_05_cfn_dr_06_a_changed_secret_alone_changes_nothing() {
    let mut world = world();
    world.create("shop", TEMPLATE);
    world.parameters.insert("S".into(), ("", r#"{"password": "new"}"#.into()));
    let same = update(TEMPLATE, 1);
    assert_eq!(world.refused("UpdateStack", same), "No updates are to be performed.");
    world.ok("UpdateStack", update(TEMPLATE, 2));
    assert_eq!(world.things["a"].properties()["Text"], "user:hush@ap-northeast-1");
    world.ok("UpdateStack", update(&TEMPLATE.replace("user:", "admin:"), 2));
    assert_eq!(world.things["a"].properties()["Text"], "admin:new@ap-northeast-1");
}

#[test]
fn a_value_is_read_again_after_a_restart() {
    let mut world = world();
    world.create("shop", &TEMPLATE.replace("Name: a\n", "Name: a\n      Delay: 9\n"));
    world.run_for(Duration::from_secs(2));
    world.restart();
    world.settle();
    assert_eq!(world.status("shop"), "CREATE_COMPLETE");
    assert_eq!(world.things["a"].properties()["Text"], "user:hush@ap-northeast-1");
}

#[test]
fn cfn_dr_04_a_member_that_is_not_there_fails_the_resource() {
    let mut world = world();
    world.parameters.insert("S".into(), ("", r#"{"pass": "hush"}"#.into()));
    world.create("shop", TEMPLATE);
    assert_eq!(world.status("shop"), "ROLLBACK_COMPLETE");
    let wanted = "A CREATE_FAILED Could not find a value associated with JSONKey in SecretString";
    assert!(
        world.events("shop").iter().any(|event| event == wanted),
        "{:#?}",
        world.events("shop")
    );
}

#[test]
fn cfn_dr_02_a_secure_parameter_needs_the_other_prefix_and_a_default_its_version() {
    let mut world = world();
    world.parameters.insert("/shop/size".into(), ("SecureString", "3".into()));
    world.create("shop", TEMPLATE);
    assert_eq!(world.status("shop"), "ROLLBACK_COMPLETE");
    world.delete("shop");
    let unversioned = TEMPLATE.replace(
        "{Type: Number, Default: 1}",
        "{Type: String, Default: '{{resolve:ssm:/shop/size}}'}",
    );
    let message = world.refused("CreateStack", update(&unversioned, 1));
    assert!(message.contains("needs a version"), "{message}");
}

#[test]
fn cfn_dr_03_secure_values_are_for_listed_properties_only() {
    let mut world = world();
    let template = TEMPLATE.replace("{{resolve:ssm:", "{{resolve:ssm-secure:");
    let wanted = "SSM Secure reference is not supported in: [Test::Thing/Properties/Size]";
    let message = world.refused("CreateStack", update(&template, 1));
    assert_eq!(message, wanted);
}
