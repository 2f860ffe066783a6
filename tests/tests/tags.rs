//! The tags of a stack on what it makes: which services show them, what an update does to them, and
//! that nobody but CloudFormation writes its own.

// A test that cannot go on panics.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use standin_kernel::{ApiError, Env, ServiceName, Value, json};
use standin_sim::World;

const TEMPLATE: &str = "
Resources:
  Pages:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: diary-pages
      Tags: [{Key: team, Value: pages}]
  Cluster:
    Type: AWS::ECS::Cluster
    Properties: {ClusterName: main}
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {Name: blue, TargetType: ip, VpcId: !Ref Vpc, Protocol: HTTP, Port: 80}
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.0.0.0/16}
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: /diary}
  Setting:
    Type: AWS::SSM::Parameter
    Properties: {Name: /diary/mode, Type: String, Value: open}
  Access:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins:
          - {Id: a, DomainName: a.example, CustomOriginConfig: {OriginProtocolPolicy: http-only}}
        DefaultCacheBehavior:
          TargetOriginId: a
          ViewerProtocolPolicy: allow-all
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
  Tick:
    Type: AWS::Events::Rule
    Properties: {Name: tick, ScheduleExpression: rate(1 day)}
  Zone:
    Type: AWS::Route53::HostedZone
    Properties: {Name: diary.example}
";

struct Stack {
    world: World,
    tags: Value,
}

impl Stack {
    fn new(tags: Value) -> Self {
        let mut stack = Self { world: World::new(Env::default(), 1), tags };
        stack.deploy("CreateStack", "CREATE_COMPLETE");
        stack
    }

    fn deploy(&mut self, operation: &str, status: &str) {
        let input = json!({"StackName": "diary", "TemplateBody": TEMPLATE, "Tags": self.tags});
        self.call(ServiceName::CloudFormation, operation, input).unwrap();
        let going = |world: &mut World| !status_of(world).ends_with(status);
        assert!(self.world.run_while(going), "it ends as {}", status_of(&mut self.world));
    }

    fn call(
        &mut self,
        service: ServiceName,
        operation: &str,
        input: Value,
    ) -> Result<Value, ApiError> {
        self.world.call(service, operation, input)
    }

    /// The tags that an operation shows, in whatever case it writes its members.
    fn shown(&mut self, service: ServiceName, operation: &str, input: Value) -> Tags {
        let reply = self.call(service, operation, input).unwrap();
        let mut tags = Tags::new();
        gather(&reply, &mut tags);
        tags
    }

    fn id(&mut self, logical_id: &str) -> String {
        let input = json!({"StackName": "diary", "LogicalResourceId": logical_id});
        let reply = self.call(ServiceName::CloudFormation, "DescribeStackResource", input).unwrap();
        reply["StackResourceDetail"]["PhysicalResourceId"].as_str().unwrap().to_owned()
    }

    /// The tags of every resource, by its logical id.
    fn all(&mut self) -> BTreeMap<&'static str, Tags> {
        use ServiceName::{CloudFront, Ecs, Elbv2, Platform, Route53, S3};
        let arn = |service: &str, rest: &str| {
            format!("arn:aws:{service}:ap-northeast-1:123456789012:{rest}")
        };
        let (group, vpc) = (self.id("Group"), self.id("Vpc"));
        let (zone, access) = (self.id("Zone"), self.id("Access"));
        let edge = format!("arn:aws:cloudfront::123456789012:distribution/{access}");
        let mine = json!([{"Name": "resource-id", "Values": [vpc]}]);
        [
            ("Pages", S3, "GetBucketTagging", json!({"Bucket": "diary-pages"})),
            (
                "Cluster",
                Ecs,
                "ListTagsForResource",
                json!({"resourceArn": arn("ecs", "cluster/main")}),
            ),
            ("Group", Elbv2, "DescribeTags", json!({"ResourceArns": [group]})),
            ("Vpc", Platform, "ec2:DescribeTags", json!({"Filters": mine})),
            (
                "Logs",
                Platform,
                "logs:ListTagsForResource",
                json!({"resourceArn": arn("logs", "log-group:/diary")}),
            ),
            (
                "Setting",
                Platform,
                "ssm:ListTagsForResource",
                json!({"ResourceType": "Parameter", "ResourceId": "/diary/mode"}),
            ),
            (
                "Tick",
                Platform,
                "events:ListTagsForResource",
                json!({"ResourceARN": arn("events", "rule/tick")}),
            ),
            ("Access", CloudFront, "ListTagsForResource", json!({"Resource": edge})),
            (
                "Zone",
                Route53,
                "ListTagsForResource",
                json!({"ResourceType": "hostedzone", "ResourceId": zone}),
            ),
        ]
        .map(|(id, service, operation, input)| (id, self.shown(service, operation, input)))
        .into()
    }
}

type Tags = BTreeMap<String, String>;

fn status_of(world: &mut World) -> String {
    let input = json!({"StackName": "diary"});
    let reply = world.call(ServiceName::CloudFormation, "DescribeStacks", input).unwrap();
    reply["Stacks"][0]["StackStatus"].as_str().unwrap().to_owned()
}

fn gather(value: &Value, tags: &mut Tags) {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, tags)),
        Value::Object(members) => {
            let pair = [("Key", "Value"), ("key", "value")]
                .into_iter()
                .find_map(|(key, of)| Some((text(members.get(key)?)?, text(members.get(of)?)?)));
            if let Some((key, value)) = pair {
                tags.insert(key, value);
            } else if let Some(Value::Object(map)) = members.get("tags") {
                tags.extend(map.iter().filter_map(|(key, of)| Some((key.clone(), text(of)?))));
            } else {
                members.values().for_each(|member| gather(member, tags));
            }
        }
        _ => {}
    }
}

#[test]
fn cfn_tg_01_the_tags_of_a_stack_are_on_what_it_makes_and_follow_its_updates() {
    let mut stack =
        Stack::new(json!([{"Key": "team", "Value": "a"}, {"Key": "cost", "Value": "1"}]));
    for (id, tags) in stack.all() {
        let team = if id == "Pages" { "pages" } else { "a" };
        assert_eq!(tags.get("team").map(String::as_str), Some(team), "{id}: {tags:?}");
        assert_eq!(tags.get("cost").map(String::as_str), Some("1"), "{id}: {tags:?}");
    }
    stack.tags = json!([{"Key": "team", "Value": "b"}]);
    stack.deploy("UpdateStack", "UPDATE_COMPLETE");
    for (id, tags) in stack.all() {
        let team = if id == "Pages" { "pages" } else { "b" };
        assert_eq!(tags.get("team").map(String::as_str), Some(team), "{id}: {tags:?}");
        assert_eq!(tags.get("cost"), None, "{id}: {tags:?}");
    }
}

#[test]
fn cfn_tg_02_cloudformation_adds_its_own_where_the_type_takes_them() {
    let mut stack = Stack::new(json!([]));
    for (id, tags) in stack.all() {
        let own = !["Access", "Zone"].contains(&id);
        let of = |name: &str| tags.get(&format!("aws:cloudformation:{name}")).map(String::as_str);
        assert_eq!(of("stack-name"), own.then_some("diary"), "{id}: {tags:?}");
        assert_eq!(of("logical-id"), own.then_some(id), "{id}: {tags:?}");
        assert_eq!(of("stack-id").is_some_and(|arn| arn.contains(":stack/diary/")), own);
    }
    // They are no change of the template's, and stay when its tags change.
    stack.tags = json!([{"Key": "team", "Value": "b"}]);
    stack.deploy("UpdateStack", "UPDATE_COMPLETE");
    assert_eq!(stack.all()["Cluster"].len(), 4);
    assert_eq!(stack.all()["Pages"].len(), 4);
}

#[test]
fn cfn_tg_03_nobody_else_writes_them() {
    let mut stack = Stack::new(json!([]));
    let before = stack.all();
    let pair = json!([{"Key": "aws:cloudformation:stack-name", "Value": "mine"}]);
    let keys = json!(["aws:cloudformation:stack-name"]);
    let cluster = "arn:aws:ecs:ap-northeast-1:123456789012:cluster/main";
    let group = stack.id("Group");
    let vpc = stack.id("Vpc");
    let logs = "arn:aws:logs:ap-northeast-1:123456789012:log-group:/diary";
    let small = json!([{"key": "aws:x", "value": "1"}]);
    use ServiceName::{CloudFormation, Ecs, Elbv2, Platform, S3};
    let calls = [
        (S3, "PutBucketTagging", json!({"Bucket": "diary-pages", "Tagging": {"TagSet": pair}})),
        (S3, "PutBucketTagging", json!({"Bucket": "diary-pages", "Tagging": {"TagSet": []}})),
        (Ecs, "TagResource", json!({"resourceArn": cluster, "tags": small})),
        (Ecs, "UntagResource", json!({"resourceArn": cluster, "tagKeys": keys})),
        (Elbv2, "AddTags", json!({"ResourceArns": [group], "Tags": pair})),
        (Elbv2, "RemoveTags", json!({"ResourceArns": [group], "TagKeys": keys})),
        (Platform, "ec2:CreateTags", json!({"Resources": [vpc], "Tags": pair})),
        (Platform, "ec2:DeleteTags", json!({"Resources": [vpc], "Tags": [{"Key": keys[0]}]})),
        (Platform, "logs:TagResource", json!({"resourceArn": logs, "tags": {"AWS:x": "1"}})),
        (Platform, "logs:UntagResource", json!({"resourceArn": logs, "tagKeys": keys})),
        (
            CloudFormation,
            "CreateStack",
            json!({"StackName": "two", "TemplateBody": TEMPLATE, "Tags": pair}),
        ),
    ];
    for (service, operation, input) in calls {
        let refused = stack.call(service, operation, input.clone()).unwrap_err();
        assert_eq!(refused.status, 400, "{operation} {input}: {refused}");
    }
    assert_eq!(stack.all(), before);
    // All of the account's own go, AWS's stay.
    stack.call(S3, "DeleteBucketTagging", json!({"Bucket": "diary-pages"})).unwrap();
    stack.call(Platform, "ec2:DeleteTags", json!({"Resources": [vpc]})).unwrap();
    let after = stack.all();
    assert_eq!((after["Pages"].len(), &after["Vpc"]), (3, &before["Vpc"]));
    // A template writes none either.
    let body = TEMPLATE.replace("Key: team", "Key: 'aws:team'").replace("diary-pages", "other");
    let input = json!({"StackName": "diary", "TemplateBody": body});
    stack.call(CloudFormation, "UpdateStack", input).unwrap();
    let end = |world: &mut World| status_of(world) != "UPDATE_ROLLBACK_COMPLETE";
    assert!(stack.world.run_while(end));
}
