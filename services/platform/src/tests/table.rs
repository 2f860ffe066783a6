//! The property tables.

use standin_kernel::Service;
use standin_kernel::resource::{Kind, Property, Support, Update};

use super::the_type;
use crate::Platform;

fn look(properties: &[Property], of: &str) {
    let mut names: Vec<_> = properties.iter().map(|property| property.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), properties.len(), "{of}");
    for property in properties {
        match property.support {
            Support::Honoured => {}
            Support::NoEffect(why) | Support::Refused(why) => assert!(!why.is_empty(), "{of}"),
        }
        let mut kind = &property.kind;
        while let Kind::List(inner) | Kind::Map(inner) = kind {
            kind = inner;
        }
        if let Kind::Object(inner) = kind {
            look(inner, of);
        }
    }
}

#[test]
fn what_is_not_honoured_says_why() {
    let platform = Platform::new();
    let mut names: Vec<&str> =
        platform.resource_types().iter().map(|kind| kind.type_name()).collect();
    for kind in platform.resource_types() {
        look(kind.properties(), kind.type_name());
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[track_caller]
fn replacing(name: &str, expected: &[&str]) {
    let properties = the_type(name).properties().iter();
    let replacing: Vec<&str> = properties
        .filter(|property| property.update == Update::Replacement)
        .map(|property| property.name)
        .collect();
    assert_eq!(replacing, expected, "{name}");
}

#[test]
fn what_replaces_is_as_the_ledger_says() {
    replacing("AWS::EC2::RouteTable", &["VpcId"]);
    replacing(
        "AWS::EC2::Route",
        &[
            "DestinationCidrBlock",
            "DestinationIpv6CidrBlock",
            "DestinationPrefixListId",
            "RouteTableId",
        ],
    );
    replacing("AWS::EC2::SubnetRouteTableAssociation", &["RouteTableId", "SubnetId"]);
    replacing("AWS::EC2::InternetGateway", &[]);
    replacing("AWS::EC2::VPCGatewayAttachment", &["VpcId"]);
    replacing("AWS::EC2::SecurityGroup", &["GroupDescription", "GroupName", "VpcId"]);
    replacing("AWS::EC2::EIP", &["Address", "IpamPoolId", "NetworkBorderGroup", "TransferAddress"]);
    replacing("AWS::IAM::Role", &["Path", "RoleName"]);
    replacing("AWS::IAM::Policy", &[]);
    replacing("AWS::IAM::ManagedPolicy", &["Description", "ManagedPolicyName", "Path"]);
    replacing("AWS::Logs::LogGroup", &["LogGroupName"]);
    replacing("AWS::CloudWatch::Alarm", &["AlarmName"]);
    replacing("AWS::SSM::Parameter", &["Name"]);
    replacing("AWS::SecretsManager::Secret", &["Name"]);
}
