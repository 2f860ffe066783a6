//! What a usual web stack declares, created and deleted in CloudFormation's order.

use standin_kernel::json;

use super::{Bench, Resource, trust};

fn make(
    bench: &mut Bench,
    kind: &str,
    name: &'static str,
    properties: standin_kernel::Value,
) -> Resource {
    Resource::new(kind, name, properties).create(bench)
}

#[test]
fn a_web_stack_comes_and_goes() {
    let mut bench = Bench::new();
    let mut all = web_stack(&mut bench);
    all.extend(settings(&mut bench));
    for mut one in all.into_iter().rev() {
        one.delete(&mut bench);
        // What is gone already is deleted.
        one.delete(&mut bench);
    }
    assert!(bench.records.is_empty(), "{:?}", bench.records);
}

/// The network, roles and log group of the reference stack.
pub(super) fn web_stack(bench: &mut Bench) -> Vec<Resource> {
    let mut all = Vec::new();
    let vpc = make(
        bench,
        "AWS::EC2::VPC",
        "Vpc",
        json!({
            "CidrBlock": "10.20.0.0/16", "EnableDnsSupport": true, "EnableDnsHostnames": true,
            "Tags": [{"Key": "Name", "Value": "diary"}],
        }),
    );
    let network = vpc.id().to_owned();
    let gateway = make(bench, "AWS::EC2::InternetGateway", "InternetGateway", json!({}));
    let internet = gateway.id().to_owned();
    let attachment = make(
        bench,
        "AWS::EC2::VPCGatewayAttachment",
        "Attachment",
        json!({
            "VpcId": network, "InternetGatewayId": internet,
        }),
    );
    assert_eq!(attachment.id(), format!("IGW|{network}"));
    all.extend([vpc, gateway, attachment]);
    let table = make(bench, "AWS::EC2::RouteTable", "RouteTable", json!({"VpcId": network}));
    let routes = table.id().to_owned();
    let route = make(
        bench,
        "AWS::EC2::Route",
        "Route",
        json!({
            "RouteTableId": routes, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": internet,
        }),
    );
    assert_eq!(route.id(), format!("{routes}|0.0.0.0/0"));
    all.extend([table, route]);
    for (zone, cidr) in [("ap-northeast-1a", "10.20.0.0/24"), ("ap-northeast-1c", "10.20.1.0/24")] {
        let subnet = make(
            bench,
            "AWS::EC2::Subnet",
            "Subnet",
            json!({
                "VpcId": network, "CidrBlock": cidr, "AvailabilityZone": zone,
                "MapPublicIpOnLaunch": true,
            }),
        );
        let id = subnet.id().to_owned();
        all.push(subnet);
        let of = json!({"RouteTableId": routes, "SubnetId": id});
        all.push(make(bench, "AWS::EC2::SubnetRouteTableAssociation", "Association", of));
    }
    groups(bench, &network, &mut all);
    all
}

/// Groups, log group, role, and what does nothing.
fn groups(bench: &mut Bench, network: &str, all: &mut Vec<Resource>) {
    let front = make(
        bench,
        "AWS::EC2::SecurityGroup",
        "Front",
        json!({
            "GroupDescription": "What reaches the load balancer", "VpcId": network,
            "SecurityGroupIngress": [{
                "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80,
                "SourcePrefixListId": "pl-58a04531",
                "Description": "CloudFront",
            }],
        }),
    );
    let back = make(
        bench,
        "AWS::EC2::SecurityGroup",
        "Back",
        json!({
            "GroupDescription": "What reaches the tasks", "VpcId": network,
            "SecurityGroupIngress": [{
                "IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080,
                "SourceSecurityGroupId": front.id(),
            }],
        }),
    );
    all.extend([front, back]);
    all.push(make(bench, "AWS::Logs::LogGroup", "LogGroup", json!({"RetentionInDays": 14})));
    all.push(make(
        bench,
        "AWS::IAM::Role",
        "ExecutionRole",
        json!({
            "AssumeRolePolicyDocument": trust(),
            "ManagedPolicyArns": [
                "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
            ],
        }),
    ));
    all.push(make(bench, "AWS::CloudFormation::WaitConditionHandle", "Handle", json!({})));
    all.push(make(
        bench,
        "AWS::CDK::Metadata",
        "CDKMetadata",
        json!({"Analytics": "v2:deflate64:"}),
    ));
}

/// What else a web stack often declares.
pub(super) fn settings(bench: &mut Bench) -> Vec<Resource> {
    let service = "service/web/app";
    let target = json!({
        "ResourceId": service, "ScalableDimension": "ecs:service:DesiredCount",
        "ServiceNamespace": "ecs", "MinCapacity": 2, "MaxCapacity": 4,
    });
    let target = make(bench, "AWS::ApplicationAutoScaling::ScalableTarget", "Target", target);
    let policy = json!({
        "PolicyName": "cpu", "PolicyType": "TargetTrackingScaling", "ScalingTargetId": target.id(),
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 60.0},
    });
    let alarm = json!({
        "MetricName": "HTTPCode_ELB_5XX_Count", "Namespace": "AWS/ApplicationELB",
        "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    });
    vec![
        target,
        make(bench, "AWS::ApplicationAutoScaling::ScalingPolicy", "Policy", policy),
        make(bench, "AWS::CloudWatch::Alarm", "Alarm", alarm),
        make(bench, "AWS::CloudWatch::Dashboard", "Dashboard", json!({"DashboardBody": "{}"})),
        make(bench, "AWS::SSM::Parameter", "Parameter", json!({"Type": "String", "Value": "x"})),
        make(bench, "AWS::SecretsManager::Secret", "Secret", json!({"GenerateSecretString": {}})),
        make(
            bench,
            "AWS::CertificateManager::Certificate",
            "Certificate",
            json!({"DomainName": "diary.example.com", "ValidationMethod": "DNS"}),
        ),
    ]
}
