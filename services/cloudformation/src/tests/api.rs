//! What the describing operations show, and what other parts of Standin ask.

use super::*;

const TEMPLATE: &str = "
Description: A shop
Metadata: {Owner: me}
Parameters:
  Size: {Type: Number, Default: 3, MinValue: 1, Description: How large}
Resources:
  A:
    Type: Test::Thing
    Metadata: {M: 1}
    Properties:
      Name: a
      Size: !Ref Size
  B: {Type: Test::Fixed, Properties: {Name: !Sub '${A}-2'}}
";

fn world() -> World {
    let mut world = World::new();
    let input = json!({
        "StackName": "shop", "TemplateBody": TEMPLATE, "TimeoutInMinutes": 5,
        "Tags": [{"Key": "k", "Value": "v"}], "Capabilities": ["CAPABILITY_IAM"],
    });
    world.create("elsewhere", &things("X: Name=x"));
    world.now = world.now + Duration::from_secs(5);
    world.ok("CreateStack", input);
    world
}

#[test]
fn describe_stacks_shows_what_aws_shows() {
    let mut world = world();
    let described = world.ok("DescribeStacks", json!({}));
    let stacks = described["Stacks"].as_array().unwrap();
    let names: Vec<_> = stacks.iter().map(|stack| stack["StackName"].as_str().unwrap()).collect();
    assert_eq!(names, ["shop", "elsewhere"], "newest first");
    let mut stack = stacks[0].clone();
    let id = stack["StackId"].as_str().unwrap().to_owned();
    assert!(id.starts_with("arn:aws:cloudformation:ap-northeast-1:123456789012:stack/shop/"));
    stack.as_object_mut().unwrap().remove("StackId");
    let created = (START + Duration::from_secs(5)).iso8601();
    assert_eq!(
        stack,
        json!({
            "StackName": "shop",
            "Description": "A shop",
            "Parameters": [{"ParameterKey": "Size", "ParameterValue": "3"}],
            "CreationTime": created,
            "RollbackConfiguration": {},
            "StackStatus": "CREATE_COMPLETE",
            "DisableRollback": false,
            "NotificationARNs": [],
            "TimeoutInMinutes": 5,
            "Capabilities": ["CAPABILITY_IAM"],
            "Tags": [{"Key": "k", "Value": "v"}],
            "EnableTerminationProtection": false,
            "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        })
    );
    assert_eq!(
        world.ok("DescribeStacks", json!({"StackName": id}))["Stacks"][0]["StackName"],
        "shop"
    );
}

#[test]
fn resources_are_described_in_the_three_ways() {
    let mut world = world();
    let at = (START + Duration::from_secs(5)).iso8601();
    let by_name = json!({"StackName": "shop"});
    let listed = world.ok("ListStackResources", by_name.clone());
    assert_eq!(
        listed["StackResourceSummaries"][0],
        json!({
            "LogicalResourceId": "A",
            "PhysicalResourceId": "a",
            "ResourceType": "Test::Thing",
            "LastUpdatedTimestamp": at,
            "ResourceStatus": "CREATE_COMPLETE",
            "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
        })
    );
    let described = world.ok("DescribeStackResources", by_name);
    let resources = described["StackResources"].as_array().unwrap();
    assert_eq!(resources.len(), 2);
    assert_eq!(resources[1]["PhysicalResourceId"], "a-2");
    assert_eq!(resources[0]["Timestamp"], at);
    assert_eq!(resources[0]["StackName"], "shop");
    let one = json!({"StackName": "shop", "LogicalResourceId": "A"});
    let detail = world.ok("DescribeStackResource", one)["StackResourceDetail"].clone();
    assert_eq!(detail["Metadata"], r#"{"M":1}"#);
    assert_eq!(detail["LastUpdatedTimestamp"], at);
    let missing = json!({"StackName": "shop", "LogicalResourceId": "Z"});
    let message = "Resource Z does not exist for stack shop";
    assert_eq!(world.refused("DescribeStackResource", missing), message);
    let found = world.ok("DescribeStackResources", json!({"PhysicalResourceId": "x"}));
    assert_eq!(found["StackResources"][0]["StackName"], "elsewhere");
    let message = "Stack for y does not exist";
    assert_eq!(
        world.refused("DescribeStackResources", json!({"PhysicalResourceId": "y"})),
        message
    );
}

#[test]
fn list_stacks_filters_by_status() {
    let mut world = world();
    world.delete("elsewhere");
    let filtered = world.ok("ListStacks", json!({"StackStatusFilter": ["DELETE_COMPLETE"]}));
    let summaries = filtered["StackSummaries"].as_array().unwrap();
    assert_eq!(summaries.len(), 1);
    assert_eq!(summaries[0]["StackName"], "elsewhere");
    assert!(summaries[0].get("DeletionTime").is_some());
}

#[test]
fn cfn_tp_14_validate_template_does_not_look_at_properties() {
    let mut world = World::new();
    let template = "
Description: d
Parameters: {P: {Type: String, Default: x, NoEcho: true}}
Resources: {A: {Type: Test::Thing, Properties: {Foo: 1}}}
";
    let answer = world.ok("ValidateTemplate", json!({"TemplateBody": template}));
    assert_eq!(
        answer,
        json!({
            "Description": "d",
            "Parameters": [{"ParameterKey": "P", "DefaultValue": "x", "NoEcho": true}],
            "DeclaredTransforms": [],
        })
    );
    let message = world.refused("ValidateTemplate", json!({"TemplateBody": "Resources: {}"}));
    assert_eq!(message, "Template format error: At least one Resources member must be defined.");
}

#[test]
fn get_template_and_its_summary() {
    let mut world = world();
    let template = world.ok("GetTemplate", json!({"StackName": "shop"}));
    assert_eq!(template["TemplateBody"], TEMPLATE);
    let summary = world.ok("GetTemplateSummary", json!({"StackName": "shop"}));
    assert_eq!(
        summary,
        json!({
            "Description": "A shop",
            "Metadata": r#"{"Owner":"me"}"#,
            "Version": "2010-09-09",
            "DeclaredTransforms": [],
            "ResourceTypes": ["Test::Thing", "Test::Fixed"],
            "Parameters": [{
                "ParameterKey": "Size", "ParameterType": "Number", "DefaultValue": "3",
                "NoEcho": false, "Description": "How large",
                "ParameterConstraints": {"MinValue": "1"},
            }],
        })
    );
    let body = world.ok("GetTemplateSummary", json!({"TemplateBody": TEMPLATE}));
    assert_eq!(body, summary);
}

#[test]
fn cfn_ev_02_events_come_in_pages() {
    let mut world = World::new();
    world.create("shop", &things("A: Name=a"));
    for size in 0..300 {
        world.update("shop", &things(&format!("A: Name=a Size={}", size % 2)));
    }
    let mut input = json!({"StackName": "shop"});
    let mut ids = Vec::new();
    loop {
        let page = world.ok("DescribeStackEvents", input.clone());
        let events = page["StackEvents"].as_array().unwrap();
        ids.extend(events.iter().map(|event| event["EventId"].as_str().unwrap().to_owned()));
        match page.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(ids.len(), 5 + 300 * 5);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn others_can_ask_whose_a_physical_id_is_and_where_a_setting_is_written() {
    let world = world();
    let cloudformation = &world.cloudformation;
    assert_eq!(cloudformation.find_physical("x"), Some(("elsewhere".into(), "X".into())));
    assert_eq!(cloudformation.find_physical("nope"), None);
    let resource = cloudformation.resource(None, "A").unwrap();
    assert_eq!(resource.physical_id, "a");
    assert_eq!(resource.resource_type, "Test::Thing");
    assert_eq!(resource.attributes["Arn"], "arn:a");
    assert_eq!(cloudformation.resource(Some("elsewhere"), "A"), None);
    assert_eq!(cloudformation.resources().count(), 3);
    let place = cloudformation.locate("a", "Size").unwrap();
    assert_eq!((place.line, place.text.as_str()), (12, "      Size: !Ref Size"));
    let names: Vec<_> = cloudformation.stacks().into_iter().map(|stack| stack.name).collect();
    assert_eq!(names, ["elsewhere", "shop"], "oldest first");
}
