//! Names of operations: with the service before them, and without.

use standin_kernel::json;

use super::Bench;

#[test]
fn an_operation_is_called_with_or_without_its_service() {
    let mut bench = Bench::new();
    let bare = bench.ok("GetCallerIdentity", json!({}));
    assert_eq!(bench.ok("sts:GetCallerIdentity", json!({})), bare);
    assert_eq!(bare["Account"], "123456789012");
    assert_eq!(bare["Arn"], "arn:aws:iam::123456789012:root");
}

#[test]
fn what_is_not_supported_is_said_by_name() {
    let mut bench = Bench::new();
    let (code, message) = bench.refused("ec2:RunInstances", json!({}));
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("InvalidAction", "ec2:RunInstances is not supported by Standin")
    );
    let (_, message) = bench.refused("RunInstances", json!({}));
    assert_eq!(message, "platform:RunInstances is not supported by Standin");
    let (_, message) = bench.refused("sqs:SendMessage", json!({}));
    assert_eq!(message, "sqs:SendMessage is not supported by Standin");
}

#[test]
fn a_name_that_several_services_have_needs_its_service() {
    let mut bench = Bench::new();
    let (code, message) = bench.refused("TagResource", json!({}));
    assert_eq!(code, "InvalidAction");
    let wanted = "TagResource is an operation of several services: write logs:TagResource or \
                  secretsmanager:TagResource";
    assert_eq!(message, wanted);
}

#[test]
fn the_same_request_again_gives_the_same_thing() {
    let mut bench = Bench::new();
    let vpc = bench.ok("CreateVpc", json!({"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"].clone();
    let subnet = bench.ok("CreateSubnet", json!({"VpcId": vpc, "CidrBlock": "10.0.0.0/24"}));
    let subnet = subnet["Subnet"]["SubnetId"].clone();
    let token = "0123456789abcdef0123456789abcdef";
    let private = json!({
        "SubnetId": subnet, "ConnectivityType": "private", "ClientToken": token,
    });
    let cases = [
        ("CreateRouteTable", json!({"VpcId": vpc, "ClientToken": token})),
        ("CreateNatGateway", private),
        ("RequestCertificate", json!({"DomainName": "a.example.com", "IdempotencyToken": token})),
        ("CreateSecret", json!({"Name": "s", "SecretString": "x", "ClientRequestToken": token})),
    ];
    for (operation, input) in cases {
        let first = bench.ok(operation, input.clone());
        assert_eq!(bench.ok(operation, input), first, "{operation}");
    }
    let other = json!({"Name": "s", "SecretString": "y", "ClientRequestToken": token});
    assert_eq!(bench.code("CreateSecret", other), "ResourceExistsException");
    bench.later(3600);
    let certificate = json!({"DomainName": "a.example.com", "IdempotencyToken": token});
    bench.ok("RequestCertificate", certificate);
    let all = bench.ok("ListCertificates", json!({}));
    assert_eq!(all["CertificateSummaryList"].as_array().unwrap().len(), 2);
}
