//! VPCs, subnets, gateways, routes and addresses.

use proptest::prelude::*;
use standin_kernel::{Value, json};

use super::{Bench, Resource};

fn vpc(bench: &mut Bench, cidr: &str) -> String {
    let made = bench.ok("CreateVpc", json!({"CidrBlock": cidr}));
    made["Vpc"]["VpcId"].as_str().unwrap().to_owned()
}

fn subnet(bench: &mut Bench, vpc: &str, cidr: &str) -> String {
    let made = bench.ok("CreateSubnet", json!({"VpcId": vpc, "CidrBlock": cidr}));
    made["Subnet"]["SubnetId"].as_str().unwrap().to_owned()
}

/// An internet gateway, attached.
fn gateway(bench: &mut Bench, vpc: &str) -> String {
    let made = bench.ok("CreateInternetGateway", json!({}));
    let id = made["InternetGateway"]["InternetGatewayId"].as_str().unwrap().to_owned();
    bench.ok("AttachInternetGateway", json!({"VpcId": vpc, "InternetGatewayId": id}));
    id
}

fn refused(code: &str, message: impl Into<String>) -> (String, String) {
    (code.to_owned(), message.into())
}

#[test]
fn cfn_rs_37_a_vpc_and_its_attributes() {
    let mut bench = Bench::new();
    let properties = json!({"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": true});
    let mut vpc = Resource::new("AWS::EC2::VPC", "Vpc", properties).create(&mut bench);
    assert!(vpc.id().starts_with("vpc-0") && vpc.id().len() == 21, "{}", vpc.id());
    assert_eq!(vpc.attribute("VpcId"), vpc.id());
    assert_eq!(vpc.attribute("CidrBlock"), "10.0.0.0/16");
    assert_eq!(vpc.attribute("Ipv6CidrBlocks"), &json!([]));
    let starts = |name: &str, prefix: &str| {
        let value = vpc.attribute(name);
        let text = value[0].as_str().or(value.as_str()).unwrap().to_owned();
        assert!(text.starts_with(prefix), "{name} {text}");
    };
    starts("DefaultNetworkAcl", "acl-0");
    starts("DefaultSecurityGroup", "sg-0");
    starts("CidrBlockAssociations", "vpc-cidr-assoc-0");
    let hostnames = |bench: &mut Bench, id: &str| {
        let asked = json!({"VpcId": id, "Attribute": "enableDnsHostnames"});
        bench.ok("DescribeVpcAttribute", asked)["EnableDnsHostnames"]["Value"].clone()
    };
    assert_eq!(hostnames(&mut bench, vpc.id()), true);
    let tags = json!([{"Key": "Name", "Value": "diary"}]);
    vpc.update(&mut bench, json!({"CidrBlock": "10.0.0.0/16", "Tags": tags}));
    assert_eq!(hostnames(&mut bench, vpc.id()), false);
    let filters = json!([{"Name": "tag:Name", "Values": ["dia*"]}]);
    let seen = bench.ok("DescribeVpcs", json!({"Filters": filters}));
    assert_eq!(seen["Vpcs"][0]["Tags"], tags);
    vpc.update(&mut bench, json!({"CidrBlock": "10.0.0.0/16"}));
    assert_eq!(bench.ok("DescribeVpcs", json!({}))["Vpcs"][0]["Tags"], json!([]));
    vpc.delete(&mut bench);
    assert_eq!(bench.ok("DescribeVpcs", json!({}))["Vpcs"], json!([]));
}

#[test]
fn blocks_of_a_vpc_have_16_to_28_bits() {
    let mut bench = Bench::new();
    for cidr in ["10.0.0.0/15", "10.0.0.0/29"] {
        let message = format!("The CIDR '{cidr}' is invalid.");
        let seen = bench.refused("CreateVpc", json!({"CidrBlock": cidr}));
        assert_eq!(seen, refused("InvalidVpc.Range", message));
    }
    let seen = bench.refused("CreateVpc", json!({"CidrBlock": "10.0.0/16"}));
    let message =
        "Value (10.0.0/16) for parameter cidrBlock is invalid. This is not a valid CIDR block.";
    assert_eq!(seen, refused("InvalidParameterValue", message));
    let made = bench.ok("CreateVpc", json!({"CidrBlock": "10.0.3.4/16"}));
    assert_eq!(made["Vpc"]["CidrBlock"], "10.0.0.0/16");
    let seen = bench.refused("CreateVpc", json!({}));
    let message = "The request must contain the parameter cidrBlock";
    assert_eq!(seen, refused("MissingParameter", message));
    let ipv6 = json!({"CidrBlock": "10.0.0.0/16", "AmazonProvidedIpv6CidrBlock": true});
    assert_eq!(bench.code("CreateVpc", ipv6), "UnknownParameter");
}

#[test]
fn cfn_rs_38_a_subnet_and_its_attributes() {
    let mut bench = Bench::new();
    let vpc = vpc(&mut bench, "10.0.0.0/16");
    let mut properties = json!({
        "VpcId": vpc, "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "ap-northeast-1c",
        "MapPublicIpOnLaunch": true,
    });
    let made = Resource::new("AWS::EC2::Subnet", "Subnet", properties.clone());
    let mut subnet = made.create(&mut bench);
    assert_eq!(subnet.attribute("SubnetId"), subnet.id());
    assert_eq!(subnet.attribute("VpcId"), &json!(vpc));
    assert_eq!(subnet.attribute("AvailabilityZone"), "ap-northeast-1c");
    assert_eq!(subnet.attribute("AvailabilityZoneId"), "apne1-az2");
    assert_eq!(subnet.attribute("CidrBlock"), "10.0.1.0/24");
    let association = subnet.attribute("NetworkAclAssociationId").as_str().unwrap();
    assert!(association.starts_with("aclassoc-0"));
    let seen = bench.ok("DescribeSubnets", json!({"SubnetIds": [subnet.id()]}));
    assert_eq!(seen["Subnets"][0]["AvailableIpAddressCount"], 251);
    assert_eq!(seen["Subnets"][0]["MapPublicIpOnLaunch"], true);
    properties["MapPublicIpOnLaunch"] = json!(false);
    properties["PrivateDnsNameOptionsOnLaunch"] = json!({"HostnameType": "resource-name"});
    subnet.update(&mut bench, properties);
    let seen = bench.ok("DescribeSubnets", json!({}))["Subnets"][0].clone();
    assert_eq!(seen["MapPublicIpOnLaunch"], false);
    assert_eq!(seen["PrivateDnsNameOptionsOnLaunch"]["HostnameType"], "resource-name");
}

#[test]
fn subnets_lie_in_their_vpc_and_beside_each_other() {
    let mut bench = Bench::new();
    let vpc = vpc(&mut bench, "10.0.0.0/16");
    subnet(&mut bench, &vpc, "10.0.0.0/24");
    let mut create =
        |cidr: &str| bench.refused("CreateSubnet", json!({"VpcId": vpc, "CidrBlock": cidr}));
    let range =
        |cidr: &str| refused("InvalidSubnet.Range", format!("The CIDR '{cidr}' is invalid."));
    assert_eq!(create("10.1.0.0/24"), range("10.1.0.0/24"));
    assert_eq!(create("10.0.9.0/29"), range("10.0.9.0/29"));
    let message = "The CIDR '10.0.0.128/25' conflicts with another subnet";
    assert_eq!(create("10.0.0.128/25"), refused("InvalidSubnet.Conflict", message));
    let elsewhere =
        json!({"VpcId": vpc, "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "ap-northeast-1b"});
    let message = "Value (ap-northeast-1b) for parameter availabilityZone is invalid. Subnets can \
                   currently only be created in the following availability zones: \
                   ap-northeast-1a, ap-northeast-1c, ap-northeast-1d.";
    assert_eq!(bench.refused("CreateSubnet", elsewhere), refused("InvalidParameterValue", message));
    let nowhere = json!({"VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24"});
    let message = "The vpc ID 'vpc-1' does not exist";
    assert_eq!(bench.refused("CreateSubnet", nowhere), refused("InvalidVpcID.NotFound", message));
}

proptest! {
    /// Whatever is asked for, subnets that were made never overlap and lie in their VPC.
    #[test]
    fn subnets_never_overlap(asked in prop::collection::vec((0u8..4, 0u8..=255, 15u8..30), 1..20)) {
        let mut bench = Bench::new();
        let vpc = vpc(&mut bench, "10.0.0.0/16");
        for (second, third, prefix) in asked {
            let cidr = format!("10.{}.{third}.0/{prefix}", second / 3);
            let _ = bench.call("CreateSubnet", &json!({"VpcId": vpc, "CidrBlock": cidr}));
        }
        let seen = bench.ok("DescribeSubnets", json!({}));
        let ranges: Vec<(u64, u64)> =
            seen["Subnets"].as_array().unwrap().iter().map(|it| range(&it["CidrBlock"])).collect();
        for (index, one) in ranges.iter().enumerate() {
            prop_assert!(one.0 >= range(&json!("10.0.0.0/16")).0);
            prop_assert!(one.1 <= range(&json!("10.0.0.0/16")).1);
            for other in &ranges[index + 1..] {
                prop_assert!(one.1 < other.0 || other.1 < one.0);
            }
        }
    }
}

/// First and last address as numbers.
fn range(cidr: &Value) -> (u64, u64) {
    let (address, prefix) = cidr.as_str().unwrap().split_once('/').unwrap();
    let first = address.split('.').fold(0, |sum, part| sum * 256 + part.parse::<u64>().unwrap());
    (first, first + (1 << (32 - prefix.parse::<u32>().unwrap())) - 1)
}

#[test]
fn what_is_in_use_cannot_be_deleted() {
    let mut bench = Bench::new();
    let vpc = vpc(&mut bench, "10.0.0.0/16");
    let delete_vpc = json!({"VpcId": vpc});
    let in_vpc = refused(
        "DependencyViolation",
        format!("The vpc '{vpc}' has dependencies and cannot be deleted."),
    );
    let gateway = gateway(&mut bench, &vpc);
    assert_eq!(bench.refused("DeleteVpc", delete_vpc.clone()), in_vpc);
    let attached = json!({"InternetGatewayId": gateway});
    assert_eq!(bench.code("DeleteInternetGateway", attached.clone()), "DependencyViolation");
    let both = json!({"InternetGatewayId": gateway, "VpcId": vpc});
    let again = bench.refused("AttachInternetGateway", both.clone());
    let message = format!("resource {gateway} is already attached to network {vpc}");
    assert_eq!(again, refused("Resource.AlreadyAssociated", message));
    bench.ok("DetachInternetGateway", both.clone());
    assert_eq!(bench.code("DetachInternetGateway", both), "Gateway.NotAttached");
    bench.ok("DeleteInternetGateway", attached);
    let made = bench.ok("CreateRouteTable", json!({"VpcId": vpc}));
    let table = made["RouteTable"]["RouteTableId"].clone();
    let subnet = subnet(&mut bench, &vpc, "10.0.0.0/24");
    let both = json!({"RouteTableId": table, "SubnetId": subnet});
    let first = bench.ok("AssociateRouteTable", both.clone());
    assert_eq!(bench.ok("AssociateRouteTable", both), first);
    assert_eq!(
        bench.code("DeleteRouteTable", json!({"RouteTableId": table})),
        "DependencyViolation"
    );
    bench.ok("DeleteSubnet", json!({"SubnetId": subnet}));
    assert_eq!(bench.refused("DeleteVpc", delete_vpc.clone()), in_vpc);
    bench.ok("DeleteRouteTable", json!({"RouteTableId": table}));
    bench.ok("DeleteVpc", delete_vpc);
    assert!(bench.records.is_empty());
}

#[test]
fn cfn_rs_42_a_route_needs_a_gateway_in_its_own_network() {
    let mut bench = Bench::new();
    let (here, there) = (vpc(&mut bench, "10.0.0.0/16"), vpc(&mut bench, "10.1.0.0/16"));
    let gateway_there = gateway(&mut bench, &there);
    let made = bench.ok("CreateRouteTable", json!({"VpcId": here}));
    let table = made["RouteTable"]["RouteTableId"].as_str().unwrap().to_owned();
    let route = |gateway: &str| {
        json!({
            "RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway,
        })
    };
    let message = format!(
        "route table {table} and network gateway {gateway_there} belong to different networks"
    );
    let failed = Resource::new("AWS::EC2::Route", "Route", route(&gateway_there));
    let failed = failed.fails(&mut bench);
    assert!(failed.contains(&message) && failed.contains("Service: Ec2"), "{failed}");
    let gateway = gateway(&mut bench, &here);
    let mut made = Resource::new("AWS::EC2::Route", "Route", route(&gateway)).create(&mut bench);
    assert_eq!(made.attribute("CidrBlock"), "0.0.0.0/0");
    let message = "The route identified by 0.0.0.0/0 already exists.";
    let again = bench.refused("CreateRoute", route(&gateway));
    assert_eq!(again, refused("RouteAlreadyExists", message));
    let states = |bench: &mut Bench| {
        let seen = bench.ok("DescribeRouteTables", json!({"RouteTableIds": [table]}));
        let routes = seen["RouteTables"][0]["Routes"].as_array().unwrap().clone();
        routes.iter().map(|route| route["State"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states(&mut bench), ["active", "active"]);
    bench.ok("DetachInternetGateway", json!({"VpcId": here, "InternetGatewayId": gateway}));
    assert_eq!(states(&mut bench), ["active", "blackhole"]);
    made.delete(&mut bench);
    assert_eq!(states(&mut bench), ["active"]);
    let local = json!({
        "RouteTableId": table, "DestinationCidrBlock": "10.0.0.0/16", "GatewayId": gateway,
    });
    assert_eq!(bench.code("CreateRoute", local), "InvalidParameterValue");
}

#[test]
fn cfn_rs_43_a_subnet_has_one_route_table() {
    let mut bench = Bench::new();
    let vpc = vpc(&mut bench, "10.0.0.0/16");
    let subnet = subnet(&mut bench, &vpc, "10.0.0.0/24");
    let table = |bench: &mut Bench| {
        let kind = "AWS::EC2::RouteTable";
        Resource::new(kind, "Table", json!({"VpcId": vpc})).create(bench).id().to_owned()
    };
    let (one, other) = (table(&mut bench), table(&mut bench));
    let kind = "AWS::EC2::SubnetRouteTableAssociation";
    let both = |table: &str| json!({"RouteTableId": table, "SubnetId": subnet});
    let mut made = Resource::new(kind, "First", both(&one)).create(&mut bench);
    assert!(made.id().starts_with("rtbassoc-0"));
    assert_eq!(made.attribute("Id"), made.id());
    let failed = Resource::new(kind, "Second", both(&other)).fails(&mut bench);
    assert!(failed.contains("conflicts with an existing association"), "{failed}");
    let replaced = bench.ok(
        "ReplaceRouteTableAssociation",
        json!({"AssociationId": made.id(), "RouteTableId": other}),
    );
    let filters = json!([{"Name": "association.subnet-id", "Values": [subnet]}]);
    let seen = bench.ok("DescribeRouteTables", json!({"Filters": filters}));
    assert_eq!(seen["RouteTables"][0]["RouteTableId"], json!(other));
    let new = &seen["RouteTables"][0]["Associations"][0]["RouteTableAssociationId"];
    assert_eq!(*new, replaced["NewAssociationId"]);
    made.delete(&mut bench);
}

#[test]
fn cfn_rs_46_a_nat_gateway_is_created_when_available_and_deleted_when_gone() {
    let mut bench = Bench::slow();
    let vpc = vpc(&mut bench, "10.0.0.0/16");
    let subnet = subnet(&mut bench, &vpc, "10.0.0.0/24");
    let eip = Resource::new("AWS::EC2::EIP", "Ip", json!({"Domain": "vpc"})).create(&mut bench);
    let allocation = eip.attribute("AllocationId").clone();
    let properties = json!({"SubnetId": subnet, "AllocationId": allocation});
    let nat = || Resource::new("AWS::EC2::NatGateway", "Nat", properties.clone());
    let failed = nat().fails(&mut bench);
    assert!(failed.contains("has no Internet gateway attached"), "{failed}");
    gateway(&mut bench, &vpc);
    let mut nat = nat().create(&mut bench);
    assert!(nat.waits > 10, "{}", nat.waits);
    assert_eq!(nat.attribute("NatGatewayId"), nat.id());
    let seen = bench.ok("DescribeNatGateways", json!({}))["NatGateways"][0].clone();
    assert_eq!((&seen["State"], &seen["VpcId"]), (&json!("available"), &json!(vpc)));
    let address = &seen["NatGatewayAddresses"][0];
    assert_eq!(
        (&address["PublicIp"], &address["PrivateIp"]),
        (&json!(eip.id()), &json!("10.0.0.4"))
    );
    let release = json!({"AllocationId": allocation});
    assert_eq!(bench.code("ReleaseAddress", release.clone()), "InvalidIPAddress.InUse");
    let both = json!({"SubnetId": subnet, "AllocationId": allocation});
    assert_eq!(bench.code("CreateNatGateway", both), "Resource.AlreadyAssociated");
    assert_eq!(bench.code("DeleteSubnet", json!({"SubnetId": subnet})), "DependencyViolation");
    nat.delete(&mut bench);
    assert!(nat.waits > 30, "{}", nat.waits);
    bench.ok("ReleaseAddress", release);
    let states =
        |bench: &mut Bench| bench.ok("DescribeNatGateways", json!({}))["NatGateways"].clone();
    assert_eq!(states(&mut bench)[0]["State"], "deleted");
    bench.later(3600);
    assert_eq!(states(&mut bench), json!([]));
}

#[test]
fn cfn_rs_47_an_elastic_ip_address() {
    let mut bench = Bench::new();
    let tags = json!([{"Key": "a", "Value": "b"}]);
    let properties = json!({"Domain": "vpc", "Tags": tags});
    let mut eip = Resource::new("AWS::EC2::EIP", "Ip", properties).create(&mut bench);
    assert_eq!(eip.attribute("PublicIp"), eip.id());
    assert!(eip.attribute("AllocationId").as_str().unwrap().starts_with("eipalloc-0"));
    eip.update(&mut bench, json!({"Tags": [{"Key": "c", "Value": "d"}]}));
    let seen = bench.ok("DescribeAddresses", json!({"PublicIps": [eip.id()]}));
    assert_eq!(seen["Addresses"][0]["Tags"], json!([{"Key": "c", "Value": "d"}]));
    eip.delete(&mut bench);
    for _ in 0..508 {
        bench.ok("AllocateAddress", json!({}));
    }
    assert_eq!(bench.code("AllocateAddress", json!({})), "AddressLimitExceeded");
}

#[test]
fn a_gateway_endpoint_puts_its_routes() {
    let mut bench = Bench::new();
    let vpc = vpc(&mut bench, "10.0.0.0/16");
    let made = bench.ok("CreateRouteTable", json!({"VpcId": vpc}));
    let table = made["RouteTable"]["RouteTableId"].clone();
    let service = "com.amazonaws.ap-northeast-1.s3";
    let mut properties = json!({"VpcId": vpc, "ServiceName": service, "RouteTableIds": [table]});
    let kind = "AWS::EC2::VPCEndpoint";
    let mut endpoint = Resource::new(kind, "S3", properties.clone()).create(&mut bench);
    let routes = |bench: &mut Bench| {
        let seen = bench.ok("DescribeRouteTables", json!({"RouteTableIds": [table]}));
        seen["RouteTables"][0]["Routes"].clone()
    };
    let seen = routes(&mut bench);
    let lists = bench.ok(
        "DescribeManagedPrefixLists",
        json!({"Filters": [
            {"Name": "prefix-list-name", "Values": [service]},
        ]}),
    );
    assert_eq!(seen[1]["DestinationPrefixListId"], lists["PrefixLists"][0]["PrefixListId"]);
    assert_eq!(
        (&seen[1]["GatewayId"], &seen[1]["State"]),
        (&json!(endpoint.id()), &json!("active"))
    );
    properties["RouteTableIds"] = json!([]);
    endpoint.update(&mut bench, properties.clone());
    assert_eq!(routes(&mut bench).as_array().unwrap().len(), 1);
    endpoint.delete(&mut bench);
    properties["ServiceName"] = json!("com.amazonaws.ap-northeast-1.logs");
    let failed = Resource::new(kind, "Logs", properties.clone()).fails(&mut bench);
    assert!(failed.contains("does not match available types ([Interface])"), "{failed}");
    properties["VpcEndpointType"] = json!("Interface");
    properties["SubnetIds"] = json!([subnet(&mut bench, &vpc, "10.0.0.0/24")]);
    let endpoint = Resource::new(kind, "Logs", properties).create(&mut bench);
    assert_eq!(endpoint.attribute("NetworkInterfaceIds").as_array().unwrap().len(), 1);
}

#[test]
fn the_default_vpc_is_made_on_request() {
    let mut bench = Bench::new();
    let group = json!({"GroupName": "web", "Description": "web"});
    let none = refused("VPCIdNotSpecified", "No default VPC for this user");
    assert_eq!(bench.refused("CreateSecurityGroup", group.clone()), none);
    let vpc = bench.ok("CreateDefaultVpc", json!({}))["Vpc"].clone();
    assert_eq!((&vpc["CidrBlock"], &vpc["IsDefault"]), (&json!("172.31.0.0/16"), &json!(true)));
    assert_eq!(bench.code("CreateDefaultVpc", json!({})), "DefaultVpcAlreadyExists");
    let filters = json!([{"Name": "default-for-az", "Values": ["true"]}]);
    let seen = bench.ok("DescribeSubnets", json!({"Filters": filters}));
    assert_eq!(seen["Subnets"].as_array().unwrap().len(), 3);
    bench.ok("CreateSecurityGroup", group);
    let properties = json!({"GroupDescription": "old", "GroupName": "old", "Tags": []});
    let mut old = Resource::new("AWS::EC2::SecurityGroup", "Old", properties).create(&mut bench);
    assert_eq!(old.id(), "old");
    assert_eq!(*old.attribute("VpcId"), vpc["VpcId"]);
    assert!(old.attribute("GroupId").as_str().unwrap().starts_with("sg-0"));
    old.delete(&mut bench);
}

#[test]
fn dry_runs_do_nothing() {
    let mut bench = Bench::new();
    let seen = bench.call("CreateVpc", &json!({"CidrBlock": "10.0.0.0/16", "DryRun": true}));
    let error = seen.unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("DryRunOperation", 412));
    bench.ok("CreateVpc", json!({"CidrBlock": "10.0.0.0/16", "DryRun": false}));
    assert_eq!(bench.records.len(), 3);
}

#[test]
fn lists_come_in_pages_and_through_filters() {
    let mut bench = Bench::new();
    for _ in 0..5 {
        vpc(&mut bench, "10.0.0.0/16");
    }
    let first = bench.ok("DescribeVpcs", json!({"MaxResults": 3}));
    assert_eq!(first["Vpcs"].as_array().unwrap().len(), 3);
    let second = bench.ok("DescribeVpcs", json!({"NextToken": first["NextToken"]}));
    assert_eq!(second["Vpcs"].as_array().unwrap().len(), 2);
    assert_eq!(second["NextToken"], Value::Null);
    assert_eq!(bench.code("DescribeVpcs", json!({"NextToken": "x"})), "InvalidNextToken");
    let unknown = json!({"Filters": [{"Name": "colour", "Values": ["red"]}]});
    let message = "The filter 'colour' is invalid";
    assert_eq!(bench.refused("DescribeVpcs", unknown), refused("InvalidParameterValue", message));
    assert_eq!(bench.code("DescribeVpcs", json!({"VpcIds": ["vpc-1"]})), "InvalidVpcID.NotFound");
}

#[test]
fn tags_are_put_described_and_taken_away() {
    let mut bench = Bench::new();
    let vpc = vpc(&mut bench, "10.0.0.0/16");
    let tags = json!([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]);
    bench.ok("CreateTags", json!({"Resources": [vpc], "Tags": tags}));
    let seen = bench.ok("DescribeTags", json!({"Filters": [{"Name": "key", "Values": ["a"]}]}));
    let expected = json!([{"ResourceType": "vpc", "ResourceId": vpc, "Key": "a", "Value": "1"}]);
    assert_eq!(seen["Tags"], expected);
    bench.ok("DeleteTags", json!({"Resources": [vpc], "Tags": [{"Key": "a", "Value": "2"}]}));
    bench.ok("DeleteTags", json!({"Resources": [vpc], "Tags": [{"Key": "b"}]}));
    assert_eq!(bench.ok("DescribeTags", json!({}))["Tags"], expected);
    let reserved = json!({"Resources": [vpc], "Tags": [{"Key": "aws:x", "Value": "1"}]});
    let message = "Tag keys starting with 'aws:' are reserved for internal use";
    assert_eq!(bench.refused("CreateTags", reserved), refused("InvalidParameterValue", message));
    let wrong = json!({
        "CidrBlock": "10.0.0.0/16",
        "TagSpecifications": [{"ResourceType": "subnet", "Tags": tags}],
    });
    assert_eq!(bench.code("CreateVpc", wrong), "InvalidParameterValue");
}

#[test]
fn a_region_has_its_zones() {
    let mut bench = Bench::new();
    let zones = bench.ok("DescribeAvailabilityZones", json!({}))["AvailabilityZones"].clone();
    let ids: Vec<&Value> = zones.as_array().unwrap().iter().map(|zone| &zone["ZoneId"]).collect();
    assert_eq!(ids, ["apne1-az1", "apne1-az2", "apne1-az3"]);
    let one = json!({"ZoneNames": ["ap-northeast-1d"]});
    let seen = bench.ok("DescribeAvailabilityZones", one)["AvailabilityZones"].clone();
    assert_eq!(seen.as_array().unwrap().len(), 1);
    let none = json!({"ZoneNames": ["ap-northeast-1b"]});
    assert_eq!(bench.code("DescribeAvailabilityZones", none), "InvalidParameterValue");
    let regions = bench.ok("DescribeRegions", json!({"AllRegions": false}))["Regions"].clone();
    assert_eq!(regions[0]["RegionName"], "ap-northeast-1");
    assert_eq!(
        bench.code("DescribeRegions", json!({"RegionNames": ["x"]})),
        "InvalidParameterValue"
    );
    let none = json!({"PrefixListIds": ["pl-1"]});
    assert_eq!(bench.code("DescribeManagedPrefixLists", none), "InvalidPrefixListID.NotFound");
}

#[test]
fn a_route_is_turned_to_another_gateway() {
    let mut bench = Bench::new();
    let vpc = vpc(&mut bench, "10.0.0.0/16");
    let subnet = subnet(&mut bench, &vpc, "10.0.0.0/24");
    let internet = gateway(&mut bench, &vpc);
    let private = json!({"SubnetId": subnet, "ConnectivityType": "private"});
    let nat = bench.ok("CreateNatGateway", private)["NatGateway"]["NatGatewayId"].clone();
    let made = bench.ok("CreateRouteTable", json!({"VpcId": vpc}));
    let table = made["RouteTable"]["RouteTableId"].clone();
    let mut properties = json!({
        "RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": internet,
    });
    let replace = bench.refused("ReplaceRoute", properties.clone());
    assert_eq!(replace.0, "InvalidRoute.NotFound");
    let mut route = Resource::new("AWS::EC2::Route", "Route", properties.clone());
    route = route.create(&mut bench);
    properties["GatewayId"] = Value::Null;
    properties["NatGatewayId"] = nat.clone();
    route.update(&mut bench, properties);
    let seen = bench.ok("DescribeRouteTables", json!({"RouteTableIds": [table]}));
    let route = &seen["RouteTables"][0]["Routes"][1];
    assert_eq!((&route["NatGatewayId"], &route["GatewayId"]), (&nat, &Value::Null));
}

#[test]
fn the_tenancy_of_a_vpc_only_goes_back_to_default() {
    let mut bench = Bench::new();
    let properties = json!({"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "dedicated"});
    let mut vpc = Resource::new("AWS::EC2::VPC", "Vpc", properties).create(&mut bench);
    let tenancy = |bench: &mut Bench| {
        bench.ok("DescribeVpcs", json!({}))["Vpcs"][0]["InstanceTenancy"].clone()
    };
    assert_eq!(tenancy(&mut bench), "dedicated");
    vpc.update(&mut bench, json!({"CidrBlock": "10.0.0.0/16"}));
    assert_eq!(tenancy(&mut bench), "default");
    let back = json!({"VpcId": vpc.id(), "InstanceTenancy": "dedicated"});
    assert_eq!(bench.code("ModifyVpcTenancy", back), "InvalidParameterValue");
}

#[test]
fn cfn_rs_41_a_route_table_and_its_tags() {
    let mut bench = Bench::new();
    let vpc = vpc(&mut bench, "10.0.0.0/16");
    let properties = |value: &str| json!({"VpcId": vpc, "Tags": [{"Key": "a", "Value": value}]});
    let kind = "AWS::EC2::RouteTable";
    let mut table = Resource::new(kind, "Routes", properties("1")).create(&mut bench);
    assert!(table.id().starts_with("rtb-0"), "{}", table.id());
    assert_eq!(table.attribute("RouteTableId"), table.id());
    table.update(&mut bench, properties("2"));
    let seen = bench.ok("DescribeRouteTables", json!({"RouteTableIds": [table.id()]}));
    assert_eq!(seen["RouteTables"][0]["Tags"][0]["Value"], "2");
    assert_eq!(seen["RouteTables"][0]["Routes"][0]["DestinationCidrBlock"], "10.0.0.0/16");
}

#[test]
fn cfn_rs_44_cfn_rs_45_a_gateway_and_its_attachment() {
    let mut bench = Bench::new();
    let vpc = vpc(&mut bench, "10.0.0.0/16");
    let mut make =
        || Resource::new("AWS::EC2::InternetGateway", "Gateway", json!({})).create(&mut bench);
    let (one, other) = (make(), make());
    assert!(one.id().starts_with("igw-0"), "{}", one.id());
    assert_eq!(one.attribute("InternetGatewayId"), one.id());
    let of = |gateway: &str| json!({"VpcId": vpc, "InternetGatewayId": gateway});
    let kind = "AWS::EC2::VPCGatewayAttachment";
    let mut attachment = Resource::new(kind, "Attachment", of(one.id())).create(&mut bench);
    assert_eq!(attachment.id(), format!("IGW|{vpc}"));
    let failed = Resource::new(kind, "Second", of(other.id())).fails(&mut bench);
    assert!(failed.contains("already has an internet gateway attached"), "{failed}");
    attachment.update(&mut bench, of(other.id()));
    let filters = json!([{"Name": "attachment.vpc-id", "Values": [vpc]}]);
    let seen = bench.ok("DescribeInternetGateways", json!({"Filters": filters}));
    assert_eq!(seen["InternetGateways"][0]["InternetGatewayId"], other.id());
    assert_eq!(seen["InternetGateways"].as_array().unwrap().len(), 1);
    attachment.delete(&mut bench);
    attachment.delete(&mut bench);
}
