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
