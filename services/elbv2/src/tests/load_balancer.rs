//! Load balancers through the operations.

use standin_kernel::{Duration, Service, json};

use super::{Bench, and, balancer, text};

#[test]
fn a_load_balancer_is_shown_as_on_aws() {
    let mut bench = Bench::new();
    let made = bench.ok("CreateLoadBalancer", balancer("web"));
    let made = &made["LoadBalancers"][0];
    let arn = text(&made["LoadBalancerArn"]);
    let start = "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:loadbalancer/app/web/";
    assert!(arn.starts_with(start) && arn.len() == start.len() + 16, "{arn}");
    assert_eq!(made["State"]["Code"], "provisioning");
    let shown = bench.ok("DescribeLoadBalancers", json!({"Names": ["web"]}));
    let shown = &shown["LoadBalancers"][0];
    let name = text(&shown["DNSName"]);
    let (number, rest) = name.strip_prefix("web-").unwrap().split_once('.').unwrap();
    assert!(number.parse::<u32>().is_ok_and(|number| number >= 100_000_000), "{name}");
    assert_eq!(rest, "ap-northeast-1.elb.amazonaws.com");
    assert_eq!(shown["CanonicalHostedZoneId"], "Z14GRHDCWA56QT");
    assert_eq!(shown["State"], json!({"Code": "active"}));
    assert_eq!(shown["Scheme"], "internet-facing");
    assert_eq!(shown["Type"], "application");
    assert_eq!(shown["IpAddressType"], "ipv4");
    assert_eq!(shown["VpcId"], "vpc-1");
    assert_eq!(shown["SecurityGroups"], json!(["sg-1"]));
    assert_eq!(shown["AvailabilityZones"][1]["ZoneName"], "ap-northeast-1c");
    assert_eq!(shown["AvailabilityZones"][1]["SubnetId"], "subnet-b");
    assert_eq!(shown["CreatedTime"], "2027-01-15T08:00:00.000Z");
}

#[test]
fn an_internal_one_says_so_in_its_name() {
    let mut bench = Bench::new();
    let made = bench.ok("CreateLoadBalancer", and(balancer("Web"), json!({"Scheme": "internal"})));
    let name = text(&made["LoadBalancers"][0]["DNSName"]);
    assert!(name.starts_with("internal-web-"), "{name}");
    assert!(bench.elbv2.serves(&name));
}

#[test]
fn alb_ls_12_the_same_again_is_the_same_and_other_settings_are_refused() {
    let mut bench = Bench::new();
    let first = bench.balancer();
    assert_eq!(bench.balancer(), first);
    for other in [
        json!({"Scheme": "internal"}),
        json!({"SecurityGroups": ["sg-2"]}),
        json!({"Subnets": ["subnet-a", "subnet-c"]}),
        json!({"Tags": [{"Key": "a", "Value": "b"}]}),
    ] {
        let error = bench.err("CreateLoadBalancer", and(balancer("web"), other));
        assert_eq!(error.code, "DuplicateLoadBalancerName");
        let message =
            "A load balancer with the same name 'web' exists, but with different settings";
        assert_eq!((error.message.as_str(), error.status), (message, 400));
    }
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn alb_tg_01_names_have_letters_digits_and_hyphens() {
    let mut bench = Bench::new();
    let long = "x".repeat(33);
    for name in ["", "-a", "a-", "a_b", "internal-a", long.as_str()] {
        assert_eq!(bench.refusal("CreateLoadBalancer", balancer(name)), "ValidationError");
    }
    let error = bench.err("CreateLoadBalancer", balancer(&long));
    let message = format!("The load balancer name '{long}' cannot be longer than '32' characters");
    assert_eq!(error.message, message);
    bench.balancer_named(&"x".repeat(32));
}

#[test]
fn alb_ls_14_it_stands_in_two_zones_of_one_network() {
    let mut bench = Bench::new();
    for subnets in [json!([]), json!(["subnet-a"])] {
        let error =
            bench.err("CreateLoadBalancer", and(balancer("web"), json!({"Subnets": subnets})));
        let message = "At least two subnets in two different Availability Zones must be specified";
        assert_eq!((error.code.as_str(), error.message.as_str()), ("ValidationError", message));
    }
    let twice = json!({"Subnets": ["subnet-a", "subnet-a"]});
    let code = bench.refusal("CreateLoadBalancer", and(balancer("web"), twice));
    assert_eq!(code, "InvalidConfigurationRequest");
    // What only EC2 knows comes a moment later, as a state.
    for (name, other, reason) in [
        ("one", "subnet-a2", "multiple subnets in the same Availability Zone"),
        ("two", "subnet-far", "All subnets must belong to the same VPC"),
        ("three", "subnet-none", "The subnet ID \"subnet-none\" does not exist"),
    ] {
        let subnets = json!({"Subnets": ["subnet-a", other]});
        bench.ok("CreateLoadBalancer", and(balancer(name), subnets));
        let shown = bench.ok("DescribeLoadBalancers", json!({"Names": [name]}));
        let state = &shown["LoadBalancers"][0]["State"];
        assert_eq!(state["Code"], "failed");
        assert!(text(&state["Reason"]).contains(reason), "{state}");
    }
    assert_eq!(bench.logs.len(), 3);
}

#[test]
fn alb_ls_14_it_is_provisioned_before_it_is_active() {
    let mut bench = Bench::slow();
    let (balancer, ..) = bench.site();
    let host = bench.dns_name(&balancer);
    let code = |bench: &mut Bench| {
        let shown = bench.ok("DescribeLoadBalancers", json!({}));
        text(&shown["LoadBalancers"][0]["State"]["Code"])
    };
    assert_eq!(code(&mut bench), "provisioning");
    assert!(bench.elbv2.serves(&host) && !bench.elbv2.has_listener(&host, 80));
    bench.pass(Duration::from_secs(149));
    assert!(!bench.elbv2.has_listener(&host, 80));
    bench.restart();
    bench.pass(Duration::from_secs(1));
    assert_eq!(code(&mut bench), "active");
    assert!(bench.elbv2.has_listener(&host, 80));
}

#[test]
fn set_subnets_moves_it_or_leaves_it_where_it_is() {
    let mut bench = Bench::new();
    let arn = bench.balancer();
    let zones = |bench: &mut Bench| {
        let shown = bench.ok("DescribeLoadBalancers", json!({"LoadBalancerArns": [arn]}));
        let shown = shown["LoadBalancers"][0].clone();
        let zones: Vec<String> = shown["AvailabilityZones"]
            .as_array()
            .unwrap()
            .iter()
            .map(|zone| text(&zone["SubnetId"]))
            .collect();
        (zones.join(" "), shown["State"].clone())
    };
    let to = |subnets: &[&str]| json!({"LoadBalancerArn": arn, "Subnets": subnets});
    let answer = bench.ok("SetSubnets", to(&["subnet-c", "subnet-b"]));
    assert_eq!(answer["AvailabilityZones"][0]["SubnetId"], "subnet-c");
    assert_eq!(zones(&mut bench), ("subnet-c subnet-b".into(), json!({"Code": "active"})));
    bench.ok("SetSubnets", to(&["subnet-a", "subnet-a2"]));
    let (standing, state) = zones(&mut bench);
    assert_eq!((standing.as_str(), &state["Code"]), ("subnet-c subnet-b", &json!("active")));
    assert!(text(&state["Reason"]).contains("same Availability Zone"));
    let mapped = json!([{"SubnetId": "subnet-a"}, {"SubnetId": "subnet-b"}]);
    bench.ok("SetSubnets", json!({"LoadBalancerArn": arn, "SubnetMappings": mapped}));
    assert_eq!(zones(&mut bench), ("subnet-a subnet-b".into(), json!({"Code": "active"})));
    assert_eq!(bench.refusal("SetSubnets", to(&["subnet-a"])), "ValidationError");
    let nobody = json!({"LoadBalancerArn": "x", "Subnets": ["subnet-a", "subnet-b"]});
    assert_eq!(bench.refusal("SetSubnets", nobody), "LoadBalancerNotFound");
}

#[test]
fn security_groups_and_address_type_change() {
    let mut bench = Bench::new();
    let arn = bench.balancer();
    let groups = json!({"LoadBalancerArn": arn, "SecurityGroups": ["sg-2", "sg-3"]});
    let answer = bench.ok("SetSecurityGroups", groups);
    assert_eq!(answer["SecurityGroupIds"], json!(["sg-2", "sg-3"]));
    let to = |wanted: &str| json!({"LoadBalancerArn": arn, "IpAddressType": wanted});
    assert_eq!(bench.ok("SetIpAddressType", to("dualstack"))["IpAddressType"], "dualstack");
    assert_eq!(bench.refusal("SetIpAddressType", to("ipv5")), "ValidationError");
    let shown = bench.ok("DescribeLoadBalancers", json!({}));
    assert_eq!(shown["LoadBalancers"][0]["SecurityGroups"][1], "sg-3");
    assert_eq!(shown["LoadBalancers"][0]["IpAddressType"], "dualstack");
}

#[test]
fn security_groups_are_those_named_or_the_default_one() {
    let mut bench = Bench::new();
    let plain = json!({"Name": "plain", "Subnets": ["subnet-a", "subnet-b"]});
    bench.ok("CreateLoadBalancer", plain.clone());
    let shown = bench.ok("DescribeLoadBalancers", json!({"Names": ["plain"]}));
    assert_eq!(shown["LoadBalancers"][0]["SecurityGroups"], json!(["sg-default-of-vpc-1"]));
    let again = bench.ok("CreateLoadBalancer", plain);
    assert_eq!(again, shown);
    let wrong = json!({"SecurityGroups": ["sg-1", "sg-none"]});
    bench.ok("CreateLoadBalancer", and(balancer("web"), wrong));
    let shown = bench.ok("DescribeLoadBalancers", json!({"Names": ["web"]}));
    let state = &shown["LoadBalancers"][0]["State"];
    assert_eq!(state["Code"], "failed");
    let reason = text(&state["Reason"]);
    assert!(reason.starts_with("One or more security groups are invalid"), "{reason}");
}

#[test]
fn alb_ls_13_deletion_takes_the_listeners_along_unless_it_is_protected() {
    let mut bench = Bench::new();
    let (balancer, listener, group) = bench.site();
    let rule = bench.rule(&listener, 1, "/a");
    let host = bench.dns_name(&balancer);
    let protect = |on: &str| {
        let attribute = json!({"Key": "deletion_protection.enabled", "Value": on});
        json!({"LoadBalancerArn": balancer, "Attributes": [attribute]})
    };
    let of = json!({"LoadBalancerArn": balancer});
    bench.ok("ModifyLoadBalancerAttributes", protect("true"));
    let error = bench.err("DeleteLoadBalancer", of.clone());
    assert_eq!(error.code, "OperationNotPermitted");
    assert!(error.message.contains("because deletion protection is enabled"));
    assert!(bench.elbv2.has_listener(&host, 80));
    bench.ok("ModifyLoadBalancerAttributes", protect("false"));
    bench.ok("DeleteLoadBalancer", of.clone());
    bench.ok("DeleteLoadBalancer", of);
    assert!(!bench.elbv2.serves(&host) && !bench.elbv2.has_listener(&host, 80));
    let gone = json!({"ListenerArns": [listener]});
    assert_eq!(bench.refusal("DescribeListeners", gone), "ListenerNotFound");
    assert_eq!(bench.refusal("DescribeRules", json!({"RuleArns": [rule]})), "RuleNotFound");
    bench.ok("DeleteTargetGroup", json!({"TargetGroupArn": group}));
    assert!(bench.records.is_empty(), "{:?}", bench.records);
    let nonsense = json!({"LoadBalancerArn": "web"});
    assert_eq!(bench.refusal("DeleteLoadBalancer", nonsense), "ValidationError");
}

#[test]
fn alb_ls_11_there_are_fifty_at_most_shown_in_pages() {
    let mut bench = Bench::new();
    for number in 0..50 {
        bench.balancer_named(&format!("web-{number}"));
    }
    let code = bench.refusal("CreateLoadBalancer", balancer("one-more"));
    assert_eq!(code, "TooManyLoadBalancers");
    let mut names = Vec::new();
    let mut marker = json!(null);
    for _ in 0..3 {
        let page = bench.ok("DescribeLoadBalancers", json!({"PageSize": 20, "Marker": marker}));
        let items = page["LoadBalancers"].as_array().unwrap();
        names.extend(items.iter().map(|one| text(&one["LoadBalancerName"])));
        marker = page["NextMarker"].clone();
    }
    assert!(marker.is_null());
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 50);
    for (size, marker) in [(0, "0"), (401, "0"), (1, "x"), (1, "51")] {
        let page = json!({"PageSize": size, "Marker": marker});
        assert_eq!(bench.refusal("DescribeLoadBalancers", page), "ValidationError");
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    let mut bench = Bench::new();
    let error = bench.err("DescribeLoadBalancers", json!({"Names": ["web"]}));
    assert_eq!(error.code, "LoadBalancerNotFound");
    assert_eq!(error.message, "Load balancers '[web]' not found");
    let of = json!({"LoadBalancerArns": ["arn:x"]});
    let error = bench.err("DescribeLoadBalancers", of);
    assert_eq!(error.message, "One or more load balancers not found");
    let both = json!({"LoadBalancerArns": ["arn:x"], "Names": ["web"]});
    assert_eq!(bench.refusal("DescribeLoadBalancers", both), "ValidationError");
    assert_eq!(bench.refusal("DescribeTrustStores", json!({})), "InvalidAction");
}

#[test]
fn other_kinds_of_load_balancer_are_refused_by_name() {
    let mut bench = Bench::new();
    for kind in ["network", "gateway"] {
        let error = bench.err("CreateLoadBalancer", and(balancer("web"), json!({"Type": kind})));
        assert_eq!(error.code, "InvalidConfigurationRequest");
        assert!(error.message.contains(kind), "{error}");
    }
    for wrong in [
        json!({"Type": "classic"}),
        json!({"Scheme": "public"}),
        json!({"IpAddressType": "ipv9"}),
        json!({"CustomerOwnedIpv4Pool": "ipv4pool-coip-1"}),
    ] {
        let code = bench.refusal("CreateLoadBalancer", and(balancer("web"), wrong));
        assert_eq!(code, "ValidationError");
    }
}
