//! Security groups and their rules.

use standin_kernel::{Value, json};

use super::{Bench, Resource};

fn vpc(bench: &mut Bench) -> Value {
    bench.ok("CreateVpc", json!({"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"].clone()
}

fn group(bench: &mut Bench, id: &str) -> Value {
    bench.ok("DescribeSecurityGroups", json!({"GroupIds": [id]}))["SecurityGroups"][0].clone()
}

fn from_anywhere(port: u16) -> Value {
    json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "0.0.0.0/0"})
}

#[test]
fn cfn_rs_39_a_security_group_and_its_rules() {
    let mut bench = Bench::new();
    let vpc = vpc(&mut bench);
    let mut properties = json!({
        "GroupDescription": "web", "VpcId": vpc,
        "SecurityGroupIngress": [from_anywhere(80), from_anywhere(443)],
    });
    let kind = "AWS::EC2::SecurityGroup";
    let mut made = Resource::new(kind, "Web", properties.clone()).create(&mut bench);
    assert!(made.id().starts_with("sg-0"));
    assert_eq!(made.attribute("GroupId"), made.id());
    assert_eq!(*made.attribute("VpcId"), vpc);
    let seen = group(&mut bench, made.id());
    assert_eq!(seen["GroupName"], "Stack-Web-1AB2C3D4E5F6");
    assert_eq!(seen["IpPermissions"][0]["FromPort"], 80);
    assert_eq!(seen["IpPermissions"][1]["IpRanges"][0]["CidrIp"], "0.0.0.0/0");
    assert_eq!(seen["IpPermissionsEgress"][0]["IpProtocol"], "-1");
    properties["SecurityGroupIngress"] = json!([from_anywhere(443), from_anywhere(8080)]);
    properties["SecurityGroupEgress"] = json!([from_anywhere(5432)]);
    properties["Tags"] = json!([{"Key": "a", "Value": "b"}]);
    made.update(&mut bench, properties.clone());
    let seen = group(&mut bench, made.id());
    let ports = |list: &Value| {
        let list = list.as_array().unwrap().iter();
        list.map(|one| one["FromPort"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ports(&seen["IpPermissions"]), [443, 8080]);
    assert_eq!(ports(&seen["IpPermissionsEgress"]), [5432]);
    assert_eq!(seen["Tags"][0]["Key"], "a");
    properties["SecurityGroupEgress"] = Value::Null;
    made.update(&mut bench, properties);
    assert_eq!(group(&mut bench, made.id())["IpPermissionsEgress"][0]["IpProtocol"], "-1");
    made.delete(&mut bench);
}

#[test]
fn cfn_rs_40_two_groups_name_each_other_through_rules_of_their_own() {
    let mut bench = Bench::new();
    let vpc = vpc(&mut bench);
    let mut make = |name: &'static str| {
        let properties = json!({"GroupDescription": name, "VpcId": vpc});
        Resource::new("AWS::EC2::SecurityGroup", name, properties).create(&mut bench)
    };
    let (mut one, mut other) = (make("One"), make("Other"));
    let mut properties = json!({
        "GroupId": one.id(), "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80,
        "SourceSecurityGroupId": other.id(), "Description": "first",
    });
    let kind = "AWS::EC2::SecurityGroupIngress";
    let mut ingress = Resource::new(kind, "In", properties.clone()).create(&mut bench);
    let egress = json!({
        "GroupId": other.id(), "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80,
        "DestinationSecurityGroupId": one.id(),
    });
    let kind = "AWS::EC2::SecurityGroupEgress";
    let mut egress = Resource::new(kind, "Out", egress).create(&mut bench);
    assert!(ingress.id().starts_with("sgr-0"));
    assert_eq!(ingress.attribute("Id"), ingress.id());
    properties["Description"] = json!("second");
    ingress.update(&mut bench, properties);
    let pairs = group(&mut bench, one.id())["IpPermissions"][0]["UserIdGroupPairs"].clone();
    assert_eq!(pairs[0]["GroupId"], other.id());
    assert_eq!(pairs[0]["Description"], "second");
    let used = bench.refused("DeleteSecurityGroup", json!({"GroupId": one.id()}));
    let message = format!("resource {} has a dependent object", one.id());
    assert_eq!(used, ("DependencyViolation".to_owned(), message));
    let mut properties = egress.properties.clone();
    properties["Description"] = json!("out");
    egress.update(&mut bench, properties);
    let permissions = group(&mut bench, other.id())["IpPermissionsEgress"].clone();
    assert_eq!(permissions[1]["UserIdGroupPairs"][0]["Description"], "out");
    for resource in [&mut ingress, &mut egress, &mut one, &mut other] {
        resource.delete(&mut bench);
        resource.delete(&mut bench);
    }
    assert_eq!(bench.records.len(), 3);
}

#[test]
fn the_same_rule_twice_is_refused_in_aws_words() {
    let mut bench = Bench::new();
    let vpc = vpc(&mut bench);
    let input = json!({"GroupName": "web", "Description": "web", "VpcId": vpc});
    let id = bench.ok("CreateSecurityGroup", input.clone())["GroupId"].clone();
    let duplicate = bench.refused("CreateSecurityGroup", input);
    let message =
        format!("The security group 'web' already exists for VPC '{}'", vpc.as_str().unwrap());
    assert_eq!(duplicate, ("InvalidGroup.Duplicate".to_owned(), message));
    let mut rule = from_anywhere(80);
    rule["GroupId"] = id.clone();
    let added = bench.ok("AuthorizeSecurityGroupIngress", rule.clone());
    assert_eq!(added["SecurityGroupRules"][0]["CidrIpv4"], "0.0.0.0/0");
    let (code, message) = bench.refused("AuthorizeSecurityGroupIngress", rule.clone());
    assert_eq!(code, "InvalidPermission.Duplicate");
    assert_eq!(
        message,
        "the specified rule \"peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW\" already \
         exists"
    );
    bench.ok("RevokeSecurityGroupIngress", rule.clone());
    assert_eq!(bench.code("RevokeSecurityGroupIngress", rule), "InvalidPermission.NotFound");
    let default = bench.ok(
        "DescribeSecurityGroups",
        json!({"Filters": [
            {"Name": "group-name", "Values": ["default"]},
        ]}),
    );
    let default = default["SecurityGroups"][0]["GroupId"].clone();
    assert_eq!(bench.code("DeleteSecurityGroup", json!({"GroupId": default})), "CannotDelete");
}

#[test]
fn wrong_rules_are_refused() {
    let mut bench = Bench::new();
    let vpc = vpc(&mut bench);
    let input = json!({"GroupName": "web", "Description": "web", "VpcId": vpc});
    let id = bench.ok("CreateSecurityGroup", input)["GroupId"].clone();
    let mut wrong = |rule: Value| {
        let input = json!({"GroupId": id, "IpPermissions": [rule]});
        bench.code("AuthorizeSecurityGroupIngress", input)
    };
    let ranges = json!([{"CidrIp": "0.0.0.0/0"}]);
    let cases = [
        (json!({"IpProtocol": "tcp", "IpRanges": ranges}), "InvalidParameterValue"),
        (json!({"IpProtocol": "tpc", "IpRanges": ranges}), "InvalidParameterValue"),
        (
            json!({"IpProtocol": "tcp", "FromPort": 90, "ToPort": 80, "IpRanges": ranges}),
            "InvalidParameterValue",
        ),
        (
            json!({"IpProtocol": "udp", "FromPort": 0, "ToPort": 65_536, "IpRanges": ranges}),
            "InvalidParameterValue",
        ),
        (json!({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "x"}]}), "InvalidParameterValue"),
        (json!({"IpProtocol": "-1"}), "MissingParameter"),
        (
            json!({"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-1"}]}),
            "InvalidGroup.NotFound",
        ),
        (
            json!({"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "x"}]}),
            "InvalidPrefixListId.Malformed",
        ),
        (
            json!({
                "IpProtocol": "-1",
                "IpRanges": [{"CidrIp": "1.2.3.4/32", "Description": "é"}],
            }),
            "InvalidParameterValue",
        ),
    ];
    for (rule, code) in cases {
        assert_eq!(wrong(rule.clone()), code, "{rule}");
    }
    let ranges = json!([{"CidrIpv6": "2001:db8::1/32"}]);
    let rule = json!({"IpProtocol": "icmpv6", "Ipv6Ranges": ranges});
    let input = json!({"GroupId": id, "IpPermissions": [rule]});
    let added = bench.ok("AuthorizeSecurityGroupIngress", input);
    assert_eq!(added["SecurityGroupRules"][0]["CidrIpv6"], "2001:db8::/32");
    let rules = bench.ok(
        "DescribeSecurityGroupRules",
        json!({"Filters": [
            {"Name": "group-id", "Values": [id]},
        ]}),
    );
    assert_eq!(rules["SecurityGroupRules"].as_array().unwrap().len(), 2);
}
