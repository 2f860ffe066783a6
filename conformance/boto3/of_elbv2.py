from words import client, name, pages, refused, waiter

elb = client("elbv2")
ec2 = client("ec2")


def network():
    vpc = ec2.create_vpc(CidrBlock="10.91.0.0/16")["Vpc"]["VpcId"]
    zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
    subnets = []
    for number, zone in enumerate(zones[:2]):
        made = ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.91.{number}.0/24", AvailabilityZone=zone
        )
        subnets.append(made["Subnet"]["SubnetId"])
    return vpc, subnets


def short(stem):
    return name(stem)[-32:].strip("-")


def balancer():
    vpc, subnets = network()
    made = elb.create_load_balancer(Name=short("lb"), Subnets=subnets, Scheme="internal")
    return made["LoadBalancers"][0], vpc


def group(vpc, **more):
    made = elb.create_target_group(
        Name=short("tg"), Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip", **more
    )
    return made["TargetGroups"][0]


def listener(of, target, port=80):
    made = elb.create_listener(
        LoadBalancerArn=of["LoadBalancerArn"], Protocol="HTTP", Port=port,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target["TargetGroupArn"]}],
    )
    return made["Listeners"][0]


def check_load_balancers():
    one, _ = balancer()
    arn = one["LoadBalancerArn"]
    assert one["Type"] == "application" and one["DNSName"].endswith(".elb.amazonaws.com")
    waiter(elb, "load_balancer_available")(LoadBalancerArns=[arn])
    waiter(elb, "load_balancer_exists")(Names=[one["LoadBalancerName"]])
    _, subnets = network()
    refused(
        "DuplicateLoadBalancerName", elb.create_load_balancer, Name=one["LoadBalancerName"],
        Subnets=subnets,
    )
    attributes = elb.modify_load_balancer_attributes(
        LoadBalancerArn=arn, Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "30"}]
    )["Attributes"]
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "30"} in attributes
    refused(
        "ValidationError", elb.modify_load_balancer_attributes, LoadBalancerArn=arn,
        Attributes=[{"Key": "none", "Value": "1"}],
    )
    protect = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=protect)
    refused("OperationNotPermitted", elb.delete_load_balancer, LoadBalancerArn=arn)
    protect[0]["Value"] = "false"
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=protect)
    elb.delete_load_balancer(LoadBalancerArn=arn)
    waiter(elb, "load_balancers_deleted")(LoadBalancerArns=[arn])
    refused("LoadBalancerNotFound", elb.describe_load_balancers, LoadBalancerArns=[arn])


def check_load_balancers_in_pages():
    wanted = {balancer()[0]["LoadBalancerArn"] for _ in range(3)}
    found, count = pages(
        elb, "describe_load_balancers", "LoadBalancers", PaginationConfig={"PageSize": 2}
    )
    assert wanted <= {one["LoadBalancerArn"] for one in found} and count >= 2


def check_target_groups():
    vpc, _ = network()
    one = group(vpc, HealthCheckPath="/up", Matcher={"HttpCode": "200-299"})
    arn = one["TargetGroupArn"]
    assert (one["HealthCheckPath"], one["HealthyThresholdCount"]) == ("/up", 5)
    changed = elb.modify_target_group(TargetGroupArn=arn, HealthCheckIntervalSeconds=10)
    assert changed["TargetGroups"][0]["HealthCheckIntervalSeconds"] == 10
    attributes = elb.modify_target_group_attributes(
        TargetGroupArn=arn,
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "5"}],
    )["Attributes"]
    assert {"Key": "deregistration_delay.timeout_seconds", "Value": "5"} in attributes
    refused(
        "DuplicateTargetGroupName", elb.create_target_group, Name=one["TargetGroupName"],
        Protocol="HTTP", Port=81, VpcId=vpc, TargetType="ip",
    )
    elb.delete_target_group(TargetGroupArn=arn)
    refused("TargetGroupNotFound", elb.describe_target_groups, TargetGroupArns=[arn])


def check_targets():
    one, vpc = balancer()
    target = group(vpc)
    arn = target["TargetGroupArn"]
    unused = {"Id": "10.91.0.9", "Port": 80}
    elb.register_targets(TargetGroupArn=arn, Targets=[unused])
    health = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    assert health[0]["Target"]["Id"] == "10.91.0.9"
    assert health[0]["TargetHealth"]["State"] == "unused"
    assert health[0]["TargetHealth"]["Reason"] == "Target.NotInUse"
    listener(one, target)
    outside = {"Id": "192.168.1.1", "Port": 80, "AvailabilityZone": "all"}
    elb.register_targets(TargetGroupArn=arn, Targets=[outside])
    health = elb.describe_target_health(TargetGroupArn=arn, Targets=[outside])
    assert health["TargetHealthDescriptions"][0]["Target"]["AvailabilityZone"] == "all"
    elb.deregister_targets(TargetGroupArn=arn, Targets=[unused])
    refused("ResourceInUse", elb.delete_target_group, TargetGroupArn=arn)


def check_listeners_and_rules():
    one, vpc = balancer()
    target = group(vpc)
    first = listener(one, target)
    arn = first["ListenerArn"]
    assert listener(one, target)["ListenerArn"] == arn
    sorry = [{
        "Type": "fixed-response",
        "FixedResponseConfig": {"StatusCode": "503", "ContentType": "text/plain"},
    }]
    refused(
        "DuplicateListener", elb.create_listener, LoadBalancerArn=one["LoadBalancerArn"],
        Protocol="HTTP", Port=80, DefaultActions=sorry,
    )
    path = [{"Field": "path-pattern", "Values": ["/closed/*"]}]
    rule = elb.create_rule(ListenerArn=arn, Priority=10, Conditions=path, Actions=sorry)["Rules"][0]
    assert rule["Priority"] == "10" and not rule["IsDefault"]
    refused(
        "PriorityInUse", elb.create_rule, ListenerArn=arn, Priority=10, Conditions=path,
        Actions=sorry,
    )
    elb.set_rule_priorities(RulePriorities=[{"RuleArn": rule["RuleArn"], "Priority": 20}])
    rules = elb.describe_rules(ListenerArn=arn)["Rules"]
    assert [one["Priority"] for one in rules] == ["20", "default"]
    forward = [{"Type": "forward", "TargetGroupArn": target["TargetGroupArn"]}]
    changed = elb.modify_rule(RuleArn=rule["RuleArn"], Actions=forward)["Rules"][0]
    assert changed["Actions"][0]["Type"] == "forward"
    default = next(one for one in rules if one["IsDefault"])
    refused("OperationNotPermitted", elb.delete_rule, RuleArn=default["RuleArn"])
    elb.delete_rule(RuleArn=rule["RuleArn"])
    refused("RuleNotFound", elb.delete_rule, RuleArn=rule["RuleArn"])
    changed = elb.modify_listener(ListenerArn=arn, DefaultActions=sorry)["Listeners"][0]
    assert changed["DefaultActions"][0]["Type"] == "fixed-response"
    elb.delete_listener(ListenerArn=arn)
    refused("ListenerNotFound", elb.describe_listeners, ListenerArns=[arn])


def check_tags():
    one, _ = balancer()
    arn = one["LoadBalancerArn"]
    elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "who", "Value": "me"}])
    tags = elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]
    assert tags == [{"Key": "who", "Value": "me"}]
    elb.remove_tags(ResourceArns=[arn], TagKeys=["who"])
    assert elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"] == []


def check_account_limits():
    limits, _ = pages(elb, "describe_account_limits", "Limits")
    assert any(one["Name"] == "application-load-balancers" for one in limits)
