//! What viewers see of a page that changes in its bucket.

// A test that cannot go on panics.
#![allow(clippy::unwrap_used)]

use standin_kernel::{Bytes, Duration, Env, ServiceName, Value, json};
use standin_sim::World;

const TEMPLATE: &str = "
Resources:
  Pages:
    Type: AWS::S3::Bucket
    Properties: {BucketName: diary-pages}
  Access:
    Type: AWS::CloudFront::OriginAccessControl
    Properties:
      OriginAccessControlConfig:
        {Name: pages, OriginAccessControlOriginType: s3, SigningBehavior: always,
         SigningProtocol: sigv4}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Pages
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: cloudfront.amazonaws.com}
            Action: s3:GetObject
            Resource: !Sub 'arn:aws:s3:::${Pages}/*'
  Edge:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins:
          - Id: pages
            DomainName: !GetAtt Pages.RegionalDomainName
            OriginAccessControlId: !GetAtt Access.Id
            S3OriginConfig: {OriginAccessIdentity: ''}
        DefaultCacheBehavior:
          TargetOriginId: pages
          ViewerProtocolPolicy: allow-all
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6 # CachingOptimized: a day
Outputs:
  Id: {Value: !Ref Edge}
  Name: {Value: !GetAtt Edge.DomainName}
";

fn status(world: &mut World) -> Value {
    let input = json!({"StackName": "diary"});
    let reply = world.call(ServiceName::CloudFormation, "DescribeStacks", input).unwrap();
    reply["Stacks"][0].clone()
}

fn put(world: &mut World, page: &'static str) {
    world.put_object("diary-pages", "sorry.html", "text/html", Bytes::from(page)).unwrap();
}

fn seen(world: &mut World, host: &str) -> String {
    let exchange = world.ask(host, "/sorry.html", false);
    world.run_until(world.now() + Duration::from_secs(5));
    let (head, body) = world.seen(exchange).unwrap().answer.unwrap();
    assert_eq!(head.status, 200);
    String::from_utf8(body.to_vec()).unwrap()
}

#[test]
fn s3_ver_04_a_new_page_is_not_seen_before_its_time_or_an_invalidation() {
    let mut world = World::new(Env::default(), 1);
    let input = json!({"StackName": "diary", "TemplateBody": TEMPLATE});
    world.call(ServiceName::CloudFormation, "CreateStack", input).unwrap();
    assert!(world.run_while(|world| status(world)["StackStatus"] != "CREATE_COMPLETE"));
    let outputs = status(&mut world)["Outputs"].clone();
    let output = |name: &str| {
        let mut all = outputs.as_array().unwrap().iter();
        let one = all.find(|one| one["OutputKey"] == name).unwrap();
        one["OutputValue"].as_str().unwrap().to_owned()
    };
    let (id, host) = (output("Id"), output("Name"));
    put(&mut world, "one");
    assert_eq!(seen(&mut world, &host), "one");
    put(&mut world, "two");
    world.run_until(world.now() + Duration::from_secs(3600));
    assert_eq!(seen(&mut world, &host), "one");
    let batch = json!({
        "CallerReference": "1", "Paths": {"Quantity": 1, "Items": ["/sorry.html"]},
    });
    let input = json!({"DistributionId": id, "InvalidationBatch": batch});
    world.call(ServiceName::CloudFront, "CreateInvalidation", input).unwrap();
    world.run_until(world.now() + Duration::from_secs(60));
    assert_eq!(seen(&mut world, &host), "two");
    put(&mut world, "three");
    assert_eq!(seen(&mut world, &host), "two");
    // The time of the copy ends a day after it was fetched.
    world.run_until(world.now() + Duration::from_secs(24 * 3600));
    assert_eq!(seen(&mut world, &host), "three");
}
